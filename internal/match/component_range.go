package match

import (
	"fmt"
	"slices"
	"strings"

	"github.com/google/osv-scalibr/semantic"

	"github.com/wardbook/wardbook"
)

// versionHit says whether version is one of those that a hits, in the order
// of scheme (an OSV ecosystem, or "" for a maker's own). It follows the
// evaluation of the OSV schema: a listed version or any range hits.
func (m *Matcher) versionHit(scheme, version string, a *wardbook.AffectedPackage) hit {
	if version == "" {
		h := hit{status: wardbook.Affected, confidence: sureRange, fixed: fixesOf(a.Ranges)}
		h.doubt(doubtful, wardbook.AskVersion, "version", "the SBOM gives no version that can be compared; hit are "+rangesText(a))
		return h
	}
	if slices.Contains(a.Versions, version) || m.listed(scheme, version, a.Versions) {
		return hit{
			status: wardbook.Affected, confidence: sureRange, fixed: m.fixesAbove(scheme, version, a.Ranges),
			why: []wardbook.Step{{Step: "version", Detail: version + " is listed"}},
		}
	}
	unsure := ""
	for i := range a.Ranges {
		r := &a.Ranges[i]
		f, why := m.inRange(scheme, version, r)
		switch f {
		case fitYes:
			return hit{
				status: wardbook.Affected, confidence: sureRange, fixed: m.fixesAbove(scheme, version, a.Ranges),
				why: []wardbook.Step{{Step: "version", Detail: version + " is in " + rangeText(r)}},
			}
		case fitMaybe:
			unsure = why
		}
	}
	switch {
	case a.AllVersions && len(a.Ranges) == 0 && len(a.Versions) == 0:
		h := hit{status: wardbook.Affected, confidence: sureProduct, why: []wardbook.Step{{Step: "version", Detail: "every version is hit"}}}
		if scheme != "" {
			// OSV wants versions; a record without any says little.
			h.doubt(likely, wardbook.AskVersion, "version", "the record names no versions")
		}
		return h
	case unsure != "":
		h := hit{status: wardbook.Affected, confidence: sureRange, fixed: fixesOf(a.Ranges)}
		h.doubt(likely, wardbook.AskVersion, "version", unsure)
		return h
	case a.Unknown:
		h := hit{status: wardbook.Affected, confidence: sureRange}
		h.doubt(doubtful, wardbook.AskVersion, "version", "the record says nothing about version "+version)
		return h
	}
	return hit{}.outside("version", version+" is not in "+rangesText(a))
}

// listed compares with single versions whose spelling differs, where the
// ecosystem counts that as equal ("1.0" and "1.0.0" of PyPI).
func (m *Matcher) listed(scheme, version string, versions []string) bool {
	if scheme != "PyPI" || len(versions) == 0 {
		return false
	}
	v, ok := m.parsed("PyPI", version)
	if !ok {
		return false
	}
	for _, s := range versions {
		if w, ok := m.parsed("PyPI", s); ok {
			if c, err := v.Compare(w); err == nil && c == 0 {
				return true
			}
		}
	}
	return false
}

// inRange evaluates one range.
func (m *Matcher) inRange(scheme, version string, r *wardbook.Range) (fit, string) {
	if r.Type == "GIT" || r.Type == "git" {
		commit := strings.ToLower(version)
		if len(commit) == 40 && (commit == strings.ToLower(r.Introduced) || commit == strings.ToLower(r.LastAffected)) {
			return fitYes, ""
		}
		return fitNo, ""
	}
	if scheme == "" && r.Type != "SEMVER" && r.Type != "ECOSYSTEM" {
		scheme = r.Type // a CVE 5 versionType
	}
	for _, b := range [...]struct {
		bound string
		out   func(c int) bool
	}{
		{r.Introduced, func(c int) bool { return c < 0 }},
		{r.Fixed, func(c int) bool { return c >= 0 }},
		{r.Limit, func(c int) bool { return c >= 0 }},
		{r.LastAffected, func(c int) bool { return c > 0 }},
	} {
		if b.bound == "" || b.bound == "0" && b.bound == r.Introduced {
			continue
		}
		c, ok := 0, true
		if version != b.bound {
			c, ok = m.compare(scheme, version, b.bound)
		}
		if !ok {
			return fitMaybe, fmt.Sprintf("%s cannot be compared with %s", version, b.bound)
		}
		if b.out(c) {
			return fitNo, ""
		}
	}
	return fitYes, ""
}

// compare is CompareVersions with parsed versions kept.
func (m *Matcher) compare(scheme, a, b string) (int, bool) {
	name := orderName(scheme)
	if name == "" {
		return m.key(a).Compare(m.key(b))
	}
	va, ok := m.parsed(name, a)
	if !ok {
		return 0, false
	}
	vb, ok := m.parsed(name, b)
	if !ok {
		return 0, false
	}
	c, err := va.Compare(vb)
	return c, err == nil
}

func (m *Matcher) parsed(name, s string) (semantic.Version, bool) {
	k := versionKey{name, s}
	if p, ok := m.versions.get(k); ok {
		return p.v, p.ok
	}
	v, err := parseVersion(name, s)
	m.versions.put(k, parsedVersion{v, err == nil}, 1)
	return v, err == nil
}

func (m *Matcher) key(s string) Key {
	if k, ok := m.keys.get(s); ok {
		return k
	}
	k, _ := MakerKey(s)
	m.keys.put(s, k, 1)
	return k
}

func fixesOf(rs []wardbook.Range) (out []string) {
	for _, r := range rs {
		if r.Fixed != "" && !strings.EqualFold(r.Type, "git") {
			out = append(out, r.Fixed)
		}
	}
	return out
}

// fixesAbove gives the fixed versions that are later than version.
func (m *Matcher) fixesAbove(scheme, version string, rs []wardbook.Range) (out []string) {
	for _, f := range fixesOf(rs) {
		if c, ok := m.compare(scheme, version, f); !ok || c < 0 {
			out = append(out, f)
		}
	}
	return out
}

func rangeText(r *wardbook.Range) string {
	var parts []string
	if r.Introduced != "" && r.Introduced != "0" {
		parts = append(parts, ">= "+r.Introduced)
	}
	if r.Fixed != "" {
		parts = append(parts, "< "+r.Fixed)
	}
	if r.Limit != "" {
		parts = append(parts, "< "+r.Limit)
	}
	if r.LastAffected != "" {
		parts = append(parts, "<= "+r.LastAffected)
	}
	if len(parts) == 0 {
		return "all versions"
	}
	return strings.Join(parts, " and ")
}

// rangesText is rangeText for all of a, cut to what a person reads.
func rangesText(a *wardbook.AffectedPackage) string {
	const shown = 8
	var parts []string
	for i := range a.Ranges {
		parts = append(parts, rangeText(&a.Ranges[i]))
	}
	parts = append(parts, a.Versions...)
	switch {
	case len(parts) == 0:
		return "no version that the record names"
	case len(parts) > shown:
		return strings.Join(parts[:shown], ", ") + fmt.Sprintf(" and %d more", len(parts)-shown)
	}
	return strings.Join(parts, ", ")
}
