package advisory

import (
	"net/url"
	"strings"

	"github.com/wardbook/wardbook"
)

// vers reads the rest of a "vers:" URI: scheme/constraints (purl-spec,
// VERSION-RANGE-SPEC). What only looks like one, such as CISA's
// "all/>=V5.4<V5.5 SP1", goes on as free text.
func (p *rangeParser) vers(s string) {
	scheme, text, ok := strings.Cut(s, "/")
	if !ok {
		p.text(s)
		return
	}
	switch scheme = strings.ToLower(strings.TrimSpace(scheme)); scheme {
	case "all", "generic", "unknown", "none", "other", "":
	default:
		p.r.Scheme = scheme
	}
	text = strings.TrimSpace(text)
	if text == "*" {
		p.star = true
		return
	}
	var items []item
	for c := range strings.SplitSeq(text, "|") {
		it, ok := constraint(strings.TrimSpace(c))
		if !ok {
			// Not the plain syntax: a list of constraints of any kind.
			p.versText = true
			p.text(text)
			return
		}
		items = append(items, it)
	}
	for _, it := range items {
		if it.op == "!=" {
			p.except(it.v)
		} else {
			p.add(it.op, it.v)
		}
	}
}

// constraint reads one comparator and version; the version is percent-decoded.
func constraint(s string) (item, bool) {
	op, rest := operator(s)
	if op == "=" {
		op = ""
	}
	rest = strings.TrimSpace(rest)
	if rest == "" || strings.ContainsAny(rest, "<>=!*() ,") || strings.HasPrefix(rest, "|") {
		return item{}, false
	}
	if v, err := url.PathUnescape(rest); err == nil {
		rest = v
	}
	if strings.HasSuffix(strings.ToLower(rest), ".x") || strings.ContainsAny(rest, "_ ") {
		return item{}, false
	}
	return item{op: op, v: rest}, true
}

// operator splits a leading comparator off.
func operator(s string) (op, rest string) {
	for _, op := range []string{"<=", ">=", "!=", "<", ">", "="} {
		if strings.HasPrefix(s, op) {
			return op, s[len(op):]
		}
	}
	return "", s
}

// An item is one comparison of a range, before they are joined to intervals.
type item struct {
	op string // "", "<", "<=", ">", ">="
	v  string
}

func (i item) lower() bool { return strings.HasPrefix(i.op, ">") }
func (i item) upper() bool { return strings.HasPrefix(i.op, "<") }

// combine joins the items: a lower and an upper bound beside each other are
// one interval, anything else is a union.
func (p *rangeParser) combine() {
	r := p.r
	openUpper := false // an upper bound without a lower one came before
	uppers := map[string]int{}
	for i := 0; i < len(p.items); i++ {
		it := p.items[i]
		var next item
		if i+1 < len(p.items) {
			next = p.items[i+1]
		}
		switch {
		case it.lower() && next.upper() && compareVersions(it.v, next.v) <= 0,
			it.upper() && next.lower() && sameSeries(it.v, next.v) && compareVersions(next.v, it.v) < 0:
			if it.upper() {
				it, next = next, it
			}
			r.Intervals = append(r.Intervals, wardbook.Interval{
				Min: it.v, MinInclusive: it.op == ">=", Max: next.v, MaxInclusive: next.op == "<="})
			openUpper = false
			i++
		case it.lower():
			if next.lower() && sameSeries(it.v, next.v) {
				p.unclear("two lower bounds, " + it.v + " and " + next.v)
			}
			r.Intervals = append(r.Intervals, wardbook.Interval{Min: it.v, MinInclusive: it.op == ">="})
		case it.upper():
			openUpper = true
			uppers[series(it.v)]++
			r.Intervals = append(r.Intervals, wardbook.Interval{Max: it.v, MaxInclusive: it.op == "<="})
		default:
			if openUpper && p.items[0].upper() {
				p.unclear("whether " + it.v + " is a version or one more bound")
			}
			r.Versions = append(r.Versions, it.v)
		}
	}
	for _, n := range uppers {
		if n > 1 {
			p.unclear("several upper bounds: each may hold for its own release line only")
			break
		}
	}
}

// series is the letters that a version begins with ("U" of "U61"): versions
// of different series are not ordered.
func series(v string) string {
	i := 0
	for i < len(v) && (v[i]|0x20) >= 'a' && (v[i]|0x20) <= 'z' {
		i++
	}
	if i == len(v) || !isDigit(v[i]) {
		return "" // a letter alone, or before a dot, is a revision, and those are ordered
	}
	return strings.ToUpper(v[:i])
}

func sameSeries(a, b string) bool { return series(a) == series(b) }

// compareVersions orders two versions by their numbers and letters, well
// enough to tell which of two bounds of one range is the lower. The order that
// decides about devices is internal/match's.
func compareVersions(a, b string) int {
	for a != "" && b != "" {
		var x, y string
		x, a = chunk(a)
		y, b = chunk(b)
		if c := compareChunks(x, y); c != 0 {
			return c
		}
	}
	return len(a) - len(b)
}

// chunk cuts the first run of digits or of letters off.
func chunk(s string) (first, rest string) {
	s = strings.TrimLeft(s, ".-_ :+~()")
	i := 0
	for i < len(s) && isDigit(s[i]) == isDigit(s[0]) && !strings.ContainsRune(".-_ :+~()", rune(s[i])) {
		i++
	}
	return s[:i], s[i:]
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func compareChunks(x, y string) int {
	if x != "" && y != "" && isDigit(x[0]) && isDigit(y[0]) {
		x, y = strings.TrimLeft(x, "0"), strings.TrimLeft(y, "0")
		if len(x) != len(y) {
			return len(x) - len(y)
		}
	}
	return strings.Compare(strings.ToLower(x), strings.ToLower(y))
}
