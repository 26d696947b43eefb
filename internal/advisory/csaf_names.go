package advisory

import (
	"slices"
	"strings"

	"github.com/wardbook/wardbook"
)

// checkName holds the version branch of p against its full product name,
// which in documents that were made from web pages is the older text. A zero
// that got lost ("2.2" for 2.20, as numbers lose theirs) is put back as a
// second version; any other contradiction is for a person.
func (d *decoder) checkName(p *wardbook.AdvisoryProduct, place string) {
	r := &p.Versions
	if len(r.Versions)+len(r.Intervals) == 0 || !hasDigit(p.Name) {
		return
	}
	stated := slices.Clone(r.Versions)
	for _, i := range r.Intervals {
		stated = append(stated, i.Min, i.Max)
	}
	named, written := dottedNumbers(p.Name), dottedNumbers(r.Raw)
	missing := slices.DeleteFunc(stated, func(v string) bool { return !dottedNumber(v) || slices.Contains(named, v) })
	if len(missing) == 0 {
		return
	}
	for _, n := range named {
		if slices.Contains(written, n) || strings.Contains(p.Product, n) || strings.Contains(p.Family, n) {
			continue
		}
		for _, v := range missing {
			switch {
			case strings.Count(n, ".") != strings.Count(v, "."):
			case strings.TrimRight(n, "0") == strings.TrimRight(v, "0") && slices.Contains(r.Versions, v):
				d.problem(place, "the branch says %s, the full product name %s; both count", v, n)
				r.Versions = append(slices.Clone(r.Versions), n)
			default:
				d.problem(place, "the branch says %s, the full product name %s", v, n)
				if r.Unclear == "" {
					r.Unclear = "the branch says " + v + ", the full product name " + n
				}
			}
		}
	}
}

// dottedNumber reports whether v is digits and dots, with a dot inside.
func dottedNumber(v string) bool {
	return strings.Contains(v, ".") && strings.Trim(v, "0123456789.") == "" && dotted(v)
}

// dottedNumbers are the dotted numbers in a text.
func dottedNumbers(s string) []string {
	var out []string
	for word := range strings.FieldsFuncSeq(s, func(r rune) bool { return (r < '0' || r > '9') && r != '.' }) {
		if word = strings.Trim(word, "."); dottedNumber(word) {
			out = append(out, word)
		}
	}
	return out
}
