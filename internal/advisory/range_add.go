package advisory

import (
	"strings"

	"github.com/wardbook/wardbook"
)

func (p *rangeParser) bounded() bool {
	return len(p.items) > 0 || len(p.r.Intervals) > 0 || len(p.names) > 0
}

// add takes one comparison of a version.
func (p *rangeParser) add(op, text string) {
	v := p.withoutNames(bareVersion(text))
	switch {
	case v == "":
		p.unclear(p.r.Raw)
		return
	case v == "*":
		p.all = true
		return
	case isCommit(v):
		p.unclear(v + " is a commit, which has no order")
		return
	}
	if d, ok := readDate(v); ok {
		p.addDate(op, d)
		return
	}
	if stem, ok := wildcard(v); ok {
		p.addWildcard(op, v, stem)
		return
	}
	if op == "" && p.single && !p.versText {
		p.addSingle(v)
		return
	}
	switch {
	case !orderable(v):
		p.unclear(strings.TrimSpace(op + " " + v))
	case middleWildcard(v):
		p.unclear(v + " has a wildcard inside")
	default:
		if op == "" && looksLikeModel(v) {
			p.r.Models = append(p.r.Models, v)
			return
		}
		p.items = append(p.items, item{op, v})
	}
}

// orderable reports whether v can be a bound: it has a number, or is a
// revision letter or two, and does not read like a sentence.
func orderable(v string) bool {
	strange := 0
	for w := range strings.FieldsSeq(v) {
		if letters := strings.Trim(w, "0123456789.-_()"); isWord(letters) && len(letters) > 2 && !isVersionWord(letters) && !hasDigit(w) {
			strange++
		}
	}
	if hasDigit(v) {
		return strange <= 2
	}
	return isWord(v) && len(v) <= 2
}

// wildcard splits "5.x.x", "14.*", "7-based" into the stem that all have.
func wildcard(v string) (string, bool) {
	s := v
	if t, ok := strings.CutSuffix(strings.ToLower(s), "-based"); ok && hasDigit(t) {
		return s[:len(t)], true
	}
	cut := false
	for {
		n := len(s)
		if n >= 2 && (s[n-1] == 'x' || s[n-1] == 'X' || s[n-1] == '*') && (s[n-2] == '.' || s[n-2] == '-') {
			s, cut = s[:n-2], true
			continue
		}
		break
	}
	if !cut || !hasDigit(s) && !(isWord(s) && len(s) <= 2) {
		return "", false
	}
	return s, true
}

func middleWildcard(v string) bool {
	for part := range strings.FieldsFuncSeq(v, func(r rune) bool { return r == '.' || r == ' ' || r == '-' }) {
		if part == "x" || part == "X" || part == "*" || strings.Contains(part, "*") || strings.EqualFold(part, "vx") || strings.Contains(part, "XX") {
			return true
		}
	}
	return false
}

// addWildcard takes "3.x" after a comparator. All of 11.x is in "<= 11.x",
// none of 3.x in "< 3.x".
func (p *rangeParser) addWildcard(op, v, stem string) {
	switch op {
	case "":
		p.r.Intervals = append(p.r.Intervals, wardbook.Interval{Min: stem, MinInclusive: true, Prefix: true})
	case "<", ">=":
		p.items = append(p.items, item{op, stem})
	case "<=":
		p.items = append(p.items, item{"<", stem})
		p.r.Intervals = append(p.r.Intervals, wardbook.Interval{Min: stem, MinInclusive: true, Prefix: true})
	default:
		p.unclear(op + " " + v)
	}
}

// addDate takes a bound that is a date, which no version is compared with.
func (p *rangeParser) addDate(op string, d date) {
	if d.year == "" {
		p.unclear("a date without a year: " + d.text)
		return
	}
	p.dated = true
	words := map[string]string{"<": "dated before ", "<=": "dated not after ", ">": "dated after ", ">=": "dated not before ", "": "dated "}
	p.condition(words[op] + d.String())
}

// addSingle takes a text without comparison under product_version.
func (p *rangeParser) addSingle(v string) {
	if hw, ok := letterOnly(v); ok && p.r.Raw != v && strings.Contains(strings.ToLower(p.r.Raw), "firmware") {
		p.condition("version " + hw)
		return
	}
	p.names = append(p.names, v)
}

func letterOnly(v string) (string, bool) { return v, len(v) == 1 && isLetter(v[0]) }

func (p *rangeParser) addModel(v string) {
	if strings.EqualFold(v, "N/A") {
		return
	}
	p.r.Models = append(p.r.Models, v)
}

// commitLen is the shortest abbreviation of a commit that Git shows.
const commitLen = 7

// isCommit reports whether v is a Git commit: hexadecimal, with letters and
// digits, and long.
func isCommit(v string) bool {
	if len(v) < commitLen || v != strings.ToLower(v) || !strings.ContainsAny(v, "abcdef") || !hasDigit(v) {
		return false
	}
	letters := 0
	for i := range len(v) {
		switch c := v[i]; {
		case c >= '0' && c <= '9':
		case c >= 'a' && c <= 'f':
			letters++
		default:
			return false
		}
	}
	return letters > 1 || len(v) == 40
}

// withoutNames drops words before a version that are the product's own name
// ("FortiOS 6.4.0" under FortiOS).
func (p *rangeParser) withoutNames(v string) string {
	for {
		word, rest, ok := strings.Cut(v, " ")
		if !ok || p.product == nil || !hasDigit(rest) || hasDigit(word) || isVersionWord(word) || len(word) < 3 {
			return v
		}
		if !p.inNames(word) {
			return v
		}
		v = bareVersion(rest)
	}
}

// inNames reports whether s is in the names of the product.
func (p *rangeParser) inNames(s string) bool {
	if p.product == nil || s == "" {
		return false
	}
	p.contextual = true
	s = strings.ToLower(s)
	for _, n := range []string{p.product.Product, p.product.Family, p.product.Vendor} {
		if indexWord(strings.ToLower(n), s) >= 0 {
			return true
		}
	}
	return false
}
