package vulndb

import (
	"strings"

	"github.com/wardbook/wardbook"
)

// A cveVersion is one entry of a CVE 5 affected[].versions list.
type cveVersion struct {
	version, lessThan, lessThanOrEqual, status, typ string
	changes                                         []cveChange
}

// A cveChange says that from a version on the status is another.
type cveChange struct{ at, status string }

func (r *reader) cveVersions(dst *[]cveVersion) error {
	var e cveVersion
	return r.objects(
		func() { e = cveVersion{} },
		func(key []byte) error {
			switch string(key) {
			case "version":
				return r.text(&e.version)
			case "lessThan":
				return r.text(&e.lessThan)
			case "lessThanOrEqual":
				return r.text(&e.lessThanOrEqual)
			case "status":
				return r.word(&e.status)
			case "versionType":
				return r.word(&e.typ)
			case "changes":
				var c cveChange
				return r.objects(
					func() { c = cveChange{} },
					func(key []byte) error {
						switch string(key) {
						case "at":
							return r.text(&c.at)
						case "status":
							return r.word(&c.status)
						}
						return r.dec.SkipValue()
					},
					func() { e.changes = append(e.changes, c) })
			}
			return r.dec.SkipValue()
		},
		func() { *dst = append(*dst, e) })
}

// applyVersions puts the entries of a CVE 5 affected element, and the status of
// versions that are not listed, into a (CVE JSON 5 schema, "versions" and
// "defaultStatus").
func applyVersions(a *wardbook.AffectedPackage, entries []cveVersion, defaultStatus, repo string) {
	switch defaultStatus {
	case "affected":
		a.AllVersions = true
	case "unaffected":
	default:
		a.Unknown = true
	}
	for _, e := range entries {
		single := e.lessThan == "" && e.lessThanOrEqual == ""
		if single && len(e.changes) == 0 {
			applySingle(a, e, repo)
			continue
		}
		for _, seg := range segments(e) {
			seg.Type = rangeType(e.typ)
			if seg.Type == "GIT" {
				seg.Repo = repo
			}
			switch seg.status {
			case "affected":
				a.Ranges = append(a.Ranges, seg.Range)
			case "unaffected":
				if a.AllVersions || a.Unknown || len(a.Ranges) > 0 {
					a.Except = append(a.Except, seg.Range)
				}
			default:
				a.Unknown = true
			}
		}
	}
	dropIdleExceptions(a)
}

// dropIdleExceptions removes exceptions from an element of which nothing is
// hit anyhow.
func dropIdleExceptions(a *wardbook.AffectedPackage) {
	if !a.AllVersions && !a.Unknown && len(a.Ranges) == 0 && len(a.Unclear) == 0 {
		a.Except, a.ExceptVersions = nil, nil
	}
}

// applySingle puts an entry without bounds into a.
func applySingle(a *wardbook.AffectedPackage, e cveVersion, repo string) {
	v := strings.TrimSpace(e.version)
	word := strings.ToLower(v)
	all := word == "*" || word == "all" || word == "all versions" || word == "all version"
	switch {
	case e.status == "unaffected":
		if all || isNone(v) {
			return // nothing that an exception could be read from
		}
		if ranges, ok := comparisons(v, e.typ); ok {
			a.Except = append(a.Except, ranges...)
			return
		}
		a.ExceptVersions = append(a.ExceptVersions, v)
	case e.status != "affected":
		a.Unknown = true
	case all:
		a.AllVersions = true
	case isNone(v):
		a.Unknown = true
	case rangeType(e.typ) == "GIT":
		a.Ranges = append(a.Ranges, wardbook.Range{Type: "GIT", Introduced: v, Repo: repo})
	default:
		if ranges, ok := comparisons(v, e.typ); ok {
			a.Ranges = append(a.Ranges, ranges...)
			return
		}
		if strings.ContainsAny(v, " <>=,;|") {
			a.Unclear = append(a.Unclear, v)
			return
		}
		a.Versions = append(a.Versions, v)
	}
}

// A segment is a stretch of versions with one status.
type segment struct {
	wardbook.Range
	status string
}

// segments cuts a version range at its changes, which the schema asks to be in
// the order of versions.
func segments(e cveVersion) []segment {
	start := e.version
	if isNone(start) || start == "0" || start == "*" {
		start = ""
	}
	out := []segment{{wardbook.Range{Introduced: start}, e.status}}
	for _, c := range e.changes {
		last := &out[len(out)-1]
		if isNone(c.at) || c.status == last.status {
			continue
		}
		last.Fixed = c.at
		out = append(out, segment{wardbook.Range{Introduced: c.at}, c.status})
	}
	last := &out[len(out)-1]
	switch {
	case e.lessThan != "" && !isOpen(e.lessThan):
		// A change may stand at the very end of its range ("fixed in the
		// version that the range is less than"): nothing is left then.
		if len(out) > 1 && last.Introduced == e.lessThan {
			return out[:len(out)-1]
		}
		last.Fixed = e.lessThan
	case e.lessThanOrEqual != "" && !isOpen(e.lessThanOrEqual):
		last.LastAffected = e.lessThanOrEqual
	}
	return out
}

// isOpen reports whether an upper bound is none.
func isOpen(s string) bool { return s == "*" || isNone(s) }

// rangeType spells a CVE 5 versionType as Range.Type does.
func rangeType(versionType string) string {
	if t := strings.ToLower(versionType); t != "git" {
		return t
	}
	return "GIT"
}

// comparisons reads ">= 4.0.0, < 4.1.2", "< 2.3", "<= 7", "> 1, < 2" or "= 1.0",
// the form that GitHub's CNA and others put into a version. It reports false
// for anything else.
func comparisons(s, typ string) ([]wardbook.Range, bool) {
	if !strings.HasPrefix(s, "<") && !strings.HasPrefix(s, ">") && !strings.HasPrefix(s, "=") {
		return nil, false
	}
	r := wardbook.Range{Type: rangeType(typ)}
	for part := range strings.SplitSeq(s, ",") {
		part = strings.TrimSpace(part)
		n := 0
		for n < len(part) && strings.IndexByte("<>=", part[n]) >= 0 {
			n++
		}
		version := strings.TrimSpace(part[n:])
		if version == "" || strings.ContainsAny(version, " <>=|;") {
			return nil, false
		}
		lower := r.Introduced == ""
		upper := r.Fixed == "" && r.LastAffected == ""
		switch op := part[:n]; {
		case op == ">=" && lower:
			r.Introduced = version
		case op == ">" && lower:
			r.Introduced, r.Exclusive = version, true
		case op == "<" && upper:
			r.Fixed = version
		case op == "<=" && upper:
			r.LastAffected = version
		case (op == "=" || op == "==") && lower && upper:
			r.Introduced, r.LastAffected = version, version
		default:
			return nil, false
		}
	}
	return []wardbook.Range{r}, true
}
