package advisory

import (
	"slices"
	"strings"

	"github.com/wardbook/wardbook"
)

// twoSpellings reports whether v joins two versions of one release, such as
// 4.04E_v10.95.210.01: which of them an inventory has cannot be told.
func twoSpellings(v string) bool {
	first, second, ok := strings.Cut(v, "_")
	second = bareVersion(second)
	return ok && dotted(first) && second != "" && strings.Count(second, ".") >= 2 && isDigit(second[0]) && !strings.Contains(second, "_")
}

// releaseLines splits "36.011_v35.013_v34.014", one version for each line.
func releaseLines(v string) []string {
	lines := strings.FieldsFunc(strings.ToLower(v), func(r rune) bool { return r == '_' })
	if len(lines) < 3 {
		return nil
	}
	for i, l := range lines {
		lines[i] = bareVersion(l)
		if lines[i] == "" || !dotted(lines[i]) || i > 0 && lines[i] == l {
			return nil
		}
	}
	return lines
}

// named splits the name of a part off a version ("HiOS 07.0.02"). Where the
// product's own names have it, it says nothing; else it is a condition.
func (p *rangeParser) named(op, v string) string {
	name, rest := splitName(v)
	if name == "" || op == "" && (!strings.Contains(rest, ".") || len(name) <= 3) {
		return v
	}
	if !p.inNames(name) {
		p.condition("version of " + name)
	}
	return bareVersion(rest)
}

// splitName finds the words before the first that begins like a version.
func splitName(v string) (name, rest string) {
	at := 0
	for word := range strings.FieldsSeq(v) {
		i := at + strings.Index(v[at:], word)
		bare := strings.TrimLeft(word, "vVrR")
		if i > 0 && bare != "" && isDigit(bare[0]) && len(word)-len(bare) <= 1 {
			return strings.TrimSpace(v[:i]), v[i:]
		}
		letters := strings.Trim(word, "0123456789.,-_/()")
		if at > 0 && isWord(word) && isWord(v[:at]) {
			at = i + len(word) // "Advanced Edition V2.8"
			continue
		}
		if len(letters) < 2 || isVersionWord(letters) || isDigit(word[0]) {
			return "", v
		}
		at = i + len(word)
	}
	return "", v
}

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
	case strings.HasPrefix(v, "CVE-") || strings.HasPrefix(v, "ICSA-") || strings.HasPrefix(v, "SSA-"):
		p.unclear(v + " is no version")
		return
	case twoSpellings(v):
		p.unclear("two versions in one: " + v)
	case releaseLines(v) != nil:
		for _, line := range releaseLines(v) {
			p.add(op, line)
		}
		return
	case isCommit(v):
		p.unclear(v + " is a commit, which has no order")
		return
	}
	if d, ok := readDate(v); ok {
		p.addDate(op, d)
		return
	}
	if v = p.named(op, v); v == "" {
		return
	}
	if stem, ok := wildcard(v); ok {
		p.addWildcard(op, v, stem)
		return
	}
	if lo, hi, ok := stretch(v); ok && op == "" {
		p.items = append(p.items, item{">=", lo}, item{"<=", hi})
		return
	}
	if lo, hi, ok := digitWildcard(v); ok {
		p.addDigits(op, lo, hi)
		return
	}
	if op == "" && !p.versText && (p.single || classify(v) != isVersion) {
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

// digitWildcard reads an x in place of the last digit: "C.0x" is C.00 to C.09.
// A capital X may be a revision letter.
func digitWildcard(v string) (lo, hi string, ok bool) {
	n := len(v)
	if n < 2 || v[n-1] != 'x' || !isDigit(v[n-2]) {
		return "", "", false
	}
	return v[:n-1] + "0", v[:n-1] + "9", true
}

func (p *rangeParser) addDigits(op, lo, hi string) {
	switch op {
	case "":
		p.items = append(p.items, item{">=", lo}, item{"<=", hi})
	case "<", ">=":
		p.items = append(p.items, item{op, lo})
	default:
		p.items = append(p.items, item{op, hi})
	}
}

// stretch reads "J-M", "2014-2016" and "01.14.000 -01.47.000": two versions of
// one shape with a dash between them.
func stretch(v string) (lo, hi string, ok bool) {
	lo, hi, ok = strings.Cut(v, "-")
	spaced := strings.HasSuffix(lo, " ") || strings.HasPrefix(hi, " ")
	lo, hi = bareVersion(lo), bareVersion(hi)
	if !ok || lo == "" || hi == "" || strings.Contains(hi, "-") || compareVersions(lo, hi) >= 0 {
		return "", "", false
	}
	letters := len(lo) == 1 && len(hi) == 1 && isLetter(lo[0]) && isLetter(hi[0])
	years := isYear(lo) && isYear(hi) && digits(lo) && digits(hi)
	revisions := isLetter(lo[len(lo)-1]) && isLetter(hi[len(hi)-1]) && strings.Contains(lo, ".") && strings.Count(lo, ".") == strings.Count(hi, ".")
	return lo, hi, letters || years || revisions || spaced && orderable(lo) && orderable(hi) && hasDigit(lo) && hasDigit(hi)
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
	if strings.EqualFold(v, "N/A") || slices.Contains(p.r.Models, v) {
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
