package vulndb

import (
	"slices"
	"strings"

	"github.com/google/osv-scalibr/semantic"
	"github.com/wardbook/wardbook"
)

// osvMember reads the value of a top-level member of an OSV record (OSV
// schema 1.7) that no other format has.
func (r *reader) osvMember(key []byte, v *wardbook.Vulnerability, p *parts) (bool, error) {
	switch string(key) {
	case "schema_version":
		return true, r.dec.SkipValue()
	case "modified":
		return true, r.time(&v.Modified)
	case "withdrawn":
		v.Withdrawn = r.dec.PeekKind() != 'n'
		return true, r.dec.SkipValue()
	case "aliases":
		return true, r.texts(&v.Aliases)
	case "related":
		return true, r.texts(&v.Related)
	case "upstream":
		return true, r.texts(&v.Upstream)
	case "summary":
		return true, r.prose(&p.summary)
	case "details":
		return true, r.prose(&p.details)
	case "severity":
		return true, r.osvSeverity(v)
	case "affected":
		return true, r.osvAffected(v)
	}
	return false, nil
}

// osvSpecific reads the database_specific members that several databases
// share: GitHub's cwe_ids and severity, Bitnami's cpes and severity.
func (r *reader) osvSpecific(v *wardbook.Vulnerability, p *parts) error {
	if r.dec.PeekKind() != '{' {
		return r.dec.SkipValue()
	}
	return r.object(func(key []byte) error {
		switch string(key) {
		case "cwe_ids":
			return r.texts(&v.CWEs)
		case "cpes":
			return r.texts(&p.cpes)
		case "severity":
			if r.dec.PeekKind() == '"' {
				return r.word(&v.Rating)
			}
		}
		return r.dec.SkipValue()
	})
}

func (r *reader) osvSeverity(v *wardbook.Vulnerability) error {
	var typ, score string
	return r.objects(
		func() { typ, score = "", "" },
		func(key []byte) error {
			switch string(key) {
			case "type":
				return r.word(&typ)
			case "score":
				return r.text(&score)
			}
			return r.dec.SkipValue()
		},
		func() {
			if strings.HasPrefix(typ, "CVSS") {
				r.addScore(v, "", score, 0, "OSV")
			} else if v.Rating == "" {
				v.Rating = score // Ubuntu's priority and the like
			}
		})
}

func (r *reader) osvAffected(v *wardbook.Vulnerability) error {
	var a wardbook.AffectedPackage
	git := false
	return r.objects(
		func() { a, git = wardbook.AffectedPackage{}, false },
		func(key []byte) error {
			switch string(key) {
			case "package":
				return r.object(func(key []byte) error {
					switch string(key) {
					case "ecosystem":
						return r.word(&a.Ecosystem)
					case "name":
						return r.text(&a.Package)
					case "purl":
						return r.text(&a.Purl)
					}
					return r.dec.SkipValue()
				})
			case "versions":
				return r.texts(&a.Versions)
			case "ranges":
				return r.osvRanges(&a, &git)
			case "severity":
				return r.osvSeverity(v)
			}
			return r.dec.SkipValue()
		},
		func() {
			a.AllVersions = len(a.Ranges) == 0 && len(a.Versions) == 0
			if a.Package == "" && !git {
				r.fault("affected entry without a package name; it can match nothing")
			}
			v.Affected = append(v.Affected, a)
		})
}

// An osvEvent is one event of a range: a version and what it starts or ends.
type osvEvent struct {
	kind    string // introduced, fixed, last_affected, limit
	version string
}

func (r *reader) osvRanges(a *wardbook.AffectedPackage, git *bool) error {
	var typ, repo string
	var events []osvEvent
	return r.objects(
		func() { typ, repo, events = "", "", events[:0] },
		func(key []byte) error {
			switch string(key) {
			case "type":
				return r.word(&typ)
			case "repo":
				return r.text(&repo)
			case "events":
				return r.array(func() error {
					return r.object(func(key []byte) error {
						e := osvEvent{kind: r.intern(key)}
						switch e.kind {
						case "introduced", "fixed", "last_affected", "limit":
							if err := r.text(&e.version); err != nil {
								return err
							}
							events = append(events, e)
							return nil
						}
						return r.dec.SkipValue()
					})
				})
			}
			return r.dec.SkipValue()
		},
		func() {
			if typ == "GIT" {
				*git = true
			}
			if len(events) == 0 {
				r.fault("range without events; left out")
				return
			}
			ranges, ok := pairEvents(events, typ, a.Ecosystem)
			if !ok {
				r.fault("the events of the range are not in order and their versions cannot be ordered; read as they stand")
			}
			for i := range ranges {
				ranges[i].Type, ranges[i].Repo = typ, repo
			}
			a.Ranges = append(a.Ranges, ranges...)
		})
}

// pairEvents turns events into ranges. Events that alternate between a start
// and an end are paired as they stand, which is what nearly all records do;
// others are first put into the order of their versions (OSV schema,
// "Evaluation"). A git range may have several ends for one start: one range
// for each. It reports false when the order could not be found.
func pairEvents(events []osvEvent, typ, ecosystem string) (out []wardbook.Range, ordered bool) {
	ordered = true
	if !alternate(events) && typ != "GIT" {
		ordered = sortEvents(events, typ, ecosystem)
	}
	var open *wardbook.Range
	start, started := "", false
	for _, e := range events {
		if e.kind == "introduced" {
			start, started = e.version, true
			if start == "0" {
				start = ""
			}
			if open != nil && open.Fixed == "" && open.LastAffected == "" && open.Limit == "" && typ != "GIT" {
				continue // a second start inside an open range changes nothing
			}
			out = append(out, wardbook.Range{Introduced: start})
			open = &out[len(out)-1]
			continue
		}
		if e.version == "*" {
			continue // limit "*": no limit
		}
		if open == nil {
			if started && typ != "GIT" {
				continue // already ended by an earlier version
			}
			out = append(out, wardbook.Range{Introduced: start})
			open = &out[len(out)-1]
		}
		switch e.kind {
		case "fixed":
			open.Fixed = e.version
		case "last_affected":
			open.LastAffected = e.version
		case "limit":
			open.Limit = e.version
		}
		open, started = nil, true
	}
	return out, ordered
}

func alternate(events []osvEvent) bool {
	for i, e := range events {
		if (e.kind == "introduced") != (i%2 == 0) {
			return false
		}
	}
	return true
}

func sortEvents(events []osvEvent, typ, ecosystem string) bool {
	base := ecosystemBase(ecosystem)
	if typ == "SEMVER" {
		base = "npm" // plain Semantic Versioning 2.0
	}
	rank := func(e osvEvent) int { // at one version, the start comes first, a last affected one after all
		return slices.Index([]string{"introduced", "fixed", "limit", "last_affected"}, e.kind)
	}
	ok := true
	slices.SortStableFunc(events, func(a, b osvEvent) int {
		switch {
		case a.version == b.version:
			return rank(a) - rank(b)
		case a.version == "0" || b.version == "*":
			return -1
		case b.version == "0" || a.version == "*":
			return 1
		}
		va, err := semantic.Parse(a.version, base)
		if err != nil {
			ok = false
			return 0
		}
		c, err := va.CompareStr(b.version)
		if err != nil {
			ok = false
		}
		return c
	})
	return ok
}
