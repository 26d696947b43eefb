package vulndb

import (
	"slices"
	"strings"

	"github.com/wardbook/wardbook"
)

// cveMember reads the value of a top-level member of a CVE record (CVE JSON
// 5.0–5.2).
func (r *reader) cveMember(key []byte, v *wardbook.Vulnerability, p *parts) (bool, error) {
	switch string(key) {
	case "dataType":
		return true, r.word(&p.dataType)
	case "dataVersion":
		return true, r.word(&p.dataVersion)
	case "cveMetadata":
		return true, r.object(func(key []byte) error {
			switch string(key) {
			case "cveId":
				return r.text(&v.ID)
			case "state":
				var state string
				err := r.word(&state)
				v.Withdrawn = state == "REJECTED"
				return err
			case "datePublished":
				return r.time(&v.Published)
			case "dateUpdated":
				return r.time(&v.Modified)
			}
			return r.dec.SkipValue()
		})
	case "containers":
		return true, r.object(func(key []byte) error {
			switch string(key) {
			case "cna":
				return r.cveContainer(v, p, true)
			case "adp":
				return r.array(func() error { return r.cveContainer(v, p, false) })
			}
			return r.dec.SkipValue()
		})
	}
	return false, nil
}

// cveContainer reads what one voice says: the CNA that assigned the CVE, or an
// authorized data publisher such as CISA's.
func (r *reader) cveContainer(v *wardbook.Vulnerability, p *parts, cna bool) error {
	first, firstScore := len(v.Affected), len(v.Scores)
	var by, title, description string
	err := r.object(func(key []byte) error {
		switch string(key) {
		case "providerMetadata":
			return r.object(func(key []byte) error {
				if string(key) == "shortName" {
					return r.word(&by)
				}
				return r.dec.SkipValue()
			})
		case "title":
			return r.prose(&title)
		case "descriptions", "rejectedReasons":
			return r.english(&description)
		case "affected":
			return r.cveAffected(v)
		case "metrics":
			return r.cveMetrics(v)
		case "problemTypes":
			return r.cveProblemTypes(v)
		case "cpeApplicability":
			return r.configurations(v)
		case "tags":
			return r.tags(v)
		}
		return r.dec.SkipValue()
	})
	for i := first; i < len(v.Affected); i++ {
		v.Affected[i].By = by
	}
	for i := firstScore; i < len(v.Scores); i++ {
		v.Scores[i].Source = by
	}
	if cna {
		p.summary, p.details = title, description
	}
	return err
}

// english keeps the first English text of a list of {lang, value}, else the
// first.
func (r *reader) english(dst *string) error {
	var lang, value string
	found := false
	return r.objects(
		func() { lang, value = "", "" },
		func(key []byte) error {
			switch string(key) {
			case "lang":
				return r.word(&lang)
			case "value":
				return r.prose(&value)
			}
			return r.dec.SkipValue()
		},
		func() {
			en := strings.HasPrefix(strings.ToLower(lang), "en")
			if value != "" && (*dst == "" || en && !found) {
				*dst, found = value, en
			}
		})
}

// tags looks for "disputed" in a list of texts.
func (r *reader) tags(v *wardbook.Vulnerability) error {
	var tags []string
	err := r.texts(&tags)
	v.Disputed = v.Disputed || slices.Contains(tags, "disputed")
	return err
}

func (r *reader) cveProblemTypes(v *wardbook.Vulnerability) error {
	return r.objects(func() {}, func(key []byte) error {
		if string(key) != "descriptions" {
			return r.dec.SkipValue()
		}
		var cwe, text string
		return r.objects(func() { cwe, text = "", "" }, func(key []byte) error {
			switch string(key) {
			case "cweId":
				return r.word(&cwe)
			case "description":
				return r.prose(&text)
			}
			return r.dec.SkipValue()
		}, func() {
			if cwe == "" { // older records have it in the text only: "CWE-79 …"
				cwe, _, _ = strings.Cut(text, " ")
				cwe = strings.TrimRight(cwe, ":")
			}
			r.addCWE(v, cwe)
		})
	}, func() {})
}

// addCWE keeps an id such as CWE-79, once.
func (r *reader) addCWE(v *wardbook.Vulnerability, cwe string) {
	digits := strings.TrimPrefix(cwe, "CWE-")
	if digits == cwe || digits == "" || strings.Trim(digits, "0123456789") != "" || slices.Contains(v.CWEs, cwe) {
		return
	}
	v.CWEs = append(v.CWEs, cwe)
}

func (r *reader) cveMetrics(v *wardbook.Vulnerability) error {
	return r.objects(func() {}, func(key []byte) error {
		switch string(key) {
		case "cvssV2_0", "cvssV3_0", "cvssV3_1", "cvssV4_0":
			return r.cvssData(v, "")
		case "other":
			return r.cveOther(v)
		}
		return r.dec.SkipValue()
	}, func() {})
}

// cvssData reads one CVSS object in FIRST's JSON form (CVE 5, NVD).
func (r *reader) cvssData(v *wardbook.Vulnerability, source string) error {
	var version, vector string
	var base float64
	err := r.object(func(key []byte) error {
		switch string(key) {
		case "version":
			return r.word(&version)
		case "vectorString":
			return r.text(&vector)
		case "baseScore":
			return r.number(&base)
		}
		return r.dec.SkipValue()
	})
	if err == nil {
		r.addScore(v, version, vector, base, source)
	}
	return err
}

// cveOther reads the metrics that are not CVSS: CISA's SSVC decision points
// and KEV mark, and Red Hat's severity word.
func (r *reader) cveOther(v *wardbook.Vulnerability) error {
	var typ, rating, added string
	var ssvc wardbook.SSVC
	option := func(key []byte) error {
		switch string(key) {
		case "Exploitation":
			return r.word(&ssvc.Exploitation)
		case "Automatable":
			return r.word(&ssvc.Automatable)
		case "Technical Impact":
			return r.word(&ssvc.TechnicalImpact)
		}
		return r.dec.SkipValue()
	}
	err := r.object(func(key []byte) error {
		switch string(key) {
		case "type":
			return r.word(&typ)
		case "content":
			return r.object(func(key []byte) error {
				switch string(key) {
				case "options":
					return r.objects(func() {}, option, func() {})
				case "timestamp":
					return r.time(&ssvc.Timestamp)
				case "dateAdded":
					return r.text(&added)
				case "value":
					return r.word(&rating)
				}
				return r.dec.SkipValue()
			})
		}
		return r.dec.SkipValue()
	})
	switch {
	case typ == "ssvc" && (v.SSVC == nil || ssvc.Timestamp.After(v.SSVC.Timestamp)):
		v.SSVC = &ssvc
	case typ == "kev":
		v.KEV = &wardbook.KEV{DateAdded: added}
	case strings.HasSuffix(typ, "severity rating") && v.Rating == "":
		v.Rating = rating
	}
	return err
}

func (r *reader) cveAffected(v *wardbook.Vulnerability) error {
	var a wardbook.AffectedPackage
	var status, collection, repo string
	var entries []cveVersion
	return r.objects(
		func() {
			a, status, collection, repo, entries = wardbook.AffectedPackage{}, "unknown", "", "", nil
		},
		func(key []byte) error {
			switch string(key) {
			case "vendor":
				return r.text(&a.Vendor)
			case "product":
				return r.text(&a.Product)
			case "packageName":
				return r.text(&a.Package)
			case "collectionURL":
				return r.word(&collection)
			case "packageURL":
				return r.text(&a.Purl)
			case "repo":
				return r.text(&repo)
			case "cpes":
				return r.texts(&a.CPEs)
			case "platforms":
				return r.texts(&a.Platforms)
			case "defaultStatus":
				return r.word(&status)
			case "versions":
				return r.cveVersions(&entries)
			}
			return r.dec.SkipValue()
		},
		func() {
			a.Ecosystem = collectionEcosystem(collection)
			if ecosystem, name := purlPackage(a.Purl); ecosystem != "" && (a.Ecosystem == "" || a.Package == "") {
				a.Ecosystem, a.Package = ecosystem, name
			}
			if isNone(a.Vendor) {
				a.Vendor = ""
			}
			if isNone(a.Product) {
				a.Product = ""
			}
			if a.Vendor == "" && a.Product == "" && a.Package == "" && len(a.CPEs) == 0 && a.Purl == "" {
				return // "n/a": the record names nothing that could be matched
			}
			applyVersions(&a, entries, status, repo)
			v.Affected = append(v.Affected, a)
		})
}

// isNone reports whether s is one of the words for "nothing stated".
func isNone(s string) bool {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "", "n/a", "na", "none", "unknown", "unspecified", "not specified", "undefined", "tbd", "-", "[unknown]", "see references":
		return true
	}
	return false
}
