package match

import (
	"fmt"
	"strings"

	"github.com/wardbook/wardbook"
)

// Verdict is whether a version lies in a range. The zero value is undecided:
// a question for a person.
type Verdict int

const (
	Undecided Verdict = iota
	Inside
	Outside
)

func (v Verdict) String() string {
	return [...]string{"undecided", "inside", "outside"}[v]
}

// InRange says whether version lies in r, and why.
//
// It decides only what follows from the two texts. A version that is shorter
// than a bound which begins with it ("2" against "< 2.3", "12.1" against
// "<= 12.1.3") is undecided, since inventories cut versions short; so is one
// that is longer than an inclusive bound which begins it ("12.1.4" against
// "<= 12.1"), since advisories do too. An exclusive upper bound is clear
// ("12.1.4" is not "< 12.1"). Versions of different letter series, words, and
// dates against numbers are undecided; but where one interval of r is of the
// version's series, intervals of other series do not count. An empty version
// is inside only where every version is.
//
// Models and ExceptModels are for the caller: a range that has only models
// holds every version of them.
func InRange(r wardbook.VersionRange, version string) (Verdict, string) {
	v, why := inListed(r, version)
	if v != Inside {
		if r.Unclear != "" {
			return Undecided, "part of the range was not understood: " + r.Unclear
		}
		return v, why
	}
	switch e, ewhy := inExcept(r, version); e {
	case Inside:
		return Outside, "excluded: " + ewhy
	case Undecided:
		return Undecided, "may be excluded: " + ewhy
	}
	if r.Unclear != "" {
		return Undecided, why + ", but part of the range was not understood: " + r.Unclear
	}
	if len(r.Conditions) > 0 {
		return Undecided, why + ", under a condition: " + strings.Join(r.Conditions, "; ")
	}
	return Inside, why
}

func inExcept(r wardbook.VersionRange, version string) (Verdict, string) {
	if len(r.Except) == 0 {
		return Outside, ""
	}
	if !known(version) {
		return Undecided, "the version is not known"
	}
	return anyInterval(r.Scheme, r.Except, version)
}

// inListed is InRange without exclusions, conditions and unclear text.
func inListed(r wardbook.VersionRange, version string) (Verdict, string) {
	if r.All {
		return Inside, "all versions"
	}
	if len(r.Intervals) == 0 && len(r.Versions) == 0 {
		if len(r.Models)+len(r.ExceptModels) > 0 {
			return Inside, "all versions of the named models"
		}
		return Undecided, "no versions are given"
	}
	if !known(version) {
		return Undecided, "the version is not known"
	}
	all := make([]wardbook.Interval, 0, len(r.Intervals)+len(r.Versions))
	for _, s := range r.Versions {
		all = append(all, wardbook.Interval{Min: s, Max: s, MinInclusive: true, MaxInclusive: true})
	}
	all = append(all, r.Intervals...)
	return anyInterval(r.Scheme, all, version)
}

// anyInterval is inside where any interval holds version, outside where none
// does.
func anyInterval(scheme string, is []wardbook.Interval, version string) (Verdict, string) {
	result, reason := Outside, ""
	comparable, series := false, ""
	for _, i := range is {
		v, why, failed := inInterval(scheme, i, version)
		switch {
		case v == Inside:
			return v, why
		case failed == whySeries:
			if series == "" {
				series = why
			}
			continue
		}
		comparable = true
		if v == Undecided && result == Outside {
			result, reason = v, why
		} else if reason == "" {
			reason = why
		}
	}
	if !comparable && series != "" {
		return Undecided, series
	}
	return result, reason
}

// inInterval decides one interval. failed says why the order failed, where it
// did.
func inInterval(scheme string, i wardbook.Interval, version string) (v Verdict, why, failed string) {
	text := fmt.Sprintf("%s is %%s %s", version, intervalText(i))
	o := orderIn(scheme, version)
	var lo, hi Verdict
	switch {
	case i.Prefix:
		lo, why = o.starts(i.Min)
		hi = Inside
	case i.Min != "" && i.Min == i.Max && i.MinInclusive && i.MaxInclusive:
		lo, why = o.equals(i.Min)
		hi = Inside
	default:
		lo, hi = Inside, Inside
		var w string
		if i.Min != "" {
			lo, why = o.above(i.Min, i.MinInclusive)
		}
		if i.Max != "" {
			hi, w = o.below(i.Max, i.MaxInclusive)
		}
		if why == "" || lo == Inside {
			why = w
		}
	}
	switch {
	case lo == Outside || hi == Outside:
		return Outside, fmt.Sprintf(text, "outside"), ""
	case lo == Inside && hi == Inside:
		return Inside, fmt.Sprintf(text, "in"), ""
	}
	return Undecided, fmt.Sprintf(text, "not surely in") + ": " + why, why
}

func intervalText(i wardbook.Interval) string {
	switch {
	case i.Prefix:
		return i.Min + ".x"
	case i.Min != "" && i.Min == i.Max:
		return "= " + i.Min
	case i.Min == "" && i.Max == "":
		return "all versions"
	}
	var parts []string
	if i.Min != "" {
		parts = append(parts, map[bool]string{true: ">= ", false: "> "}[i.MinInclusive]+i.Min)
	}
	if i.Max != "" {
		parts = append(parts, map[bool]string{true: "<= ", false: "< "}[i.MaxInclusive]+i.Max)
	}
	return strings.Join(parts, " and ")
}

// order compares one version with bounds.
type order struct {
	scheme  string
	version string
	key     Key
}

func orderIn(scheme, version string) order {
	k, _ := MakerKey(version)
	return order{scheme: scheme, version: version, key: k}
}

const (
	whyShort = "it may be cut short"
	whyBound = "the bound may stand for all versions that begin so"
)

// compare compares the version with a bound.
func (o order) compare(bound string) (c int, rel relation, b Key, why string) {
	b, _ = MakerKey(bound)
	c, rel, why = o.key.compare(b)
	if o.scheme != "" && b.wild == exact && o.key.wild == exact {
		if sc, ok := CompareVersions(o.scheme, o.version, bound); ok {
			c, why = sc, ""
		}
	}
	// "5.x" is cut short against everything that begins with 5, and a bound
	// of which half a part is known begins nothing surely.
	if o.key.wild != exact && rel == same && o.key.text != b.text {
		rel = shorter
	}
	return c, rel, b, why
}

func (o order) below(bound string, inclusive bool) (Verdict, string) {
	c, rel, b, why := o.compare(bound)
	begins := rel == same || rel == longer
	switch {
	case why != "":
		return Undecided, why
	case b.wild == partPart && begins:
		return Undecided, whyBound
	case b.wild == anyPart && begins:
		return when(inclusive), ""
	case rel == same:
		return when(inclusive), ""
	case rel == shorter:
		if c == 0 && !inclusive && b.wild == exact {
			return Outside, "" // "12.1" is not "< 12.1.0", whatever follows
		}
		return Undecided, whyShort
	case rel == longer && c > 0 && inclusive:
		return Undecided, whyBound
	}
	return when(c < 0 || c == 0 && inclusive), ""
}

func (o order) above(bound string, inclusive bool) (Verdict, string) {
	c, rel, b, why := o.compare(bound)
	begins := rel == same || rel == longer
	switch {
	case why != "":
		return Undecided, why
	case b.wild == partPart && begins:
		return Undecided, whyBound
	case b.wild == anyPart && begins:
		return when(inclusive), ""
	case rel == same:
		return when(inclusive), ""
	case rel == shorter:
		if c == 0 && inclusive {
			return Inside, "" // "12.1" is ">= 12.1.0", whatever follows
		}
		return Undecided, whyShort
	case rel == longer && c > 0 && !inclusive:
		return Undecided, whyBound
	}
	return when(c > 0 || c == 0 && inclusive), ""
}

func (o order) equals(bound string) (Verdict, string) {
	c, rel, b, why := o.compare(bound)
	switch {
	case rel == same || rel == longer && b.wild == anyPart:
		return Inside, ""
	case rel == shorter:
		return Undecided, whyShort
	case why != "":
		return Undecided, why
	case rel == longer && c != 0, b.wild == partPart && rel == longer:
		return Undecided, whyBound
	}
	return when(c == 0), ""
}

func (o order) starts(prefix string) (Verdict, string) {
	_, rel, b, why := o.compare(prefix)
	switch {
	case b.wild == partPart && rel != differ:
		return Undecided, whyBound
	case rel == same || rel == longer:
		return Inside, ""
	case rel == shorter:
		return Undecided, whyShort
	case why != "":
		return Undecided, why
	}
	return Outside, ""
}

func when(inside bool) Verdict {
	if inside {
		return Inside
	}
	return Outside
}
