package advisory

import (
	"strings"

	"github.com/wardbook/wardbook"
)

// rangeParser reads one text into r. Its steps: text splits alternatives,
// alternative takes conditions and exceptions out and hands the words to
// words, which turns phrases into comparisons (add); finish joins these.
type rangeParser struct {
	r          *wardbook.VersionRange
	single     bool // a text without comparison may be a model number
	product    *wardbook.AdvisoryProduct
	contextual bool // a name of product had a say

	items     []item
	names     []string // single words or numbers that may be versions or models
	all       bool     // "all versions", which a bound after it narrows
	star      bool     // "*", which nothing narrows
	dated     bool     // a bound was a date
	modelList bool     // the text began with "model", "product id" or the like
	versText  bool     // inside a vers: URI that was no plain one
	doubts    []string
}

func (p *rangeParser) unclear(what string) {
	for _, d := range p.doubts {
		if d == what {
			return
		}
	}
	p.doubts = append(p.doubts, what)
}

func (p *rangeParser) condition(s string) {
	s = strings.Trim(s, " ,;.|")
	for strings.HasPrefix(s, "(") && strings.HasSuffix(s, ")") {
		s = strings.TrimSpace(s[1 : len(s)-1])
	}
	if s != "" {
		p.r.Conditions = append(p.r.Conditions, s)
	}
}

// text reads a whole free text.
func (p *rangeParser) text(s string) {
	for _, alt := range splitTop(s, '|') {
		if alt = strings.TrimSpace(alt); alt != "" {
			p.alternative(alt)
		}
	}
}

// splitTop splits at sep outside parentheses. A parenthesis that is never
// closed holds the rest.
func splitTop(s string, sep byte) []string {
	var out []string
	depth, from := 0, 0
	for i := range len(s) {
		switch c := s[i]; {
		case c == '(':
			depth++
		case c == ')' && depth > 0:
			depth--
		case c == sep && depth == 0:
			out = append(out, s[from:i])
			from = i + 1
		}
	}
	return append(out, s[from:])
}

// alternative reads one alternative: comparisons that belong together.
func (p *rangeParser) alternative(s string) {
	low := strings.ToLower(s)
	for _, mark := range []string{"serial no", "serial number", "production date", "production_date", "manufactured", "numbers ending", "digits of"} {
		if strings.Contains(low, mark) {
			// It is about the instance, not about its version.
			p.all = true
			p.condition(s)
			return
		}
	}
	s = p.groups(s)
	for _, mark := range exceptions {
		if i := indexWord(strings.ToLower(s), mark); i >= 0 {
			p.excepted(s[i+len(mark):])
			s = s[:i]
		}
	}
	p.words(strings.TrimSpace(s))
}

var exceptions = []string{"with the exception of", "not including", "excluding", "except for", "except", "other than", "but not"}

// indexWord finds phrase at word boundaries.
func indexWord(s, phrase string) int {
	for from := 0; ; {
		i := strings.Index(s[from:], phrase)
		if i < 0 {
			return -1
		}
		i += from
		end := i + len(phrase)
		if (i == 0 || !isLetter(s[i-1])) && (end == len(s) || !isLetter(s[end])) {
			return i
		}
		from = end
	}
}

func isLetter(c byte) bool { return (c|0x20) >= 'a' && (c|0x20) <= 'z' }

// groups takes the parentheses out of s and reads what is in them.
func (p *rangeParser) groups(s string) string {
	if !strings.Contains(s, "(") {
		return strings.ReplaceAll(s, ")", "")
	}
	var out strings.Builder
	for {
		i := strings.IndexByte(s, '(')
		if i < 0 {
			break
		}
		inside, rest := closing(s[i+1:])
		head := s[:i]
		out.WriteString(head)
		attached := i > 0 && s[i-1] != ' ' && !strings.ContainsAny(s[i-1:i], "<>=")
		switch {
		case attached && !strings.Contains(inside, " ") && inside != "":
			out.WriteString("(" + inside + ")") // 15.2(5)EA, MMT-522(K)
		default:
			out.WriteString(" " + p.group(inside, strings.TrimSpace(head)) + " ")
		}
		s = rest
	}
	out.WriteString(strings.ReplaceAll(s, ")", ""))
	return out.String()
}

// closing cuts s at the parenthesis that ends the one before it.
func closing(s string) (inside, rest string) {
	depth := 1
	for i := range len(s) {
		switch s[i] {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return s[:i], s[i+1:]
			}
		}
	}
	return s, ""
}

// regions say where a version is sold: the version itself tells it already.
var regions = map[string]bool{"global": true, "u.s.": true, "us": true, "usa": true, "united states": true, "eu": true,
	"worldwide": true, "outside the united states": true, "canada": true, "international": true}

// notes begin a remark that neither widens nor narrows the versions.
var notes = []string{"formerly", "including", "incl.", "incl ", "part of", "these products are sold", "eol", "versions removed",
	"replaced by", "also ", "end of life", "not distributed", "impacted by cve", "only affected by cve", "with affected"}

// group reads one parenthesis after head and returns what of it goes on as
// part of the text.
func (p *rangeParser) group(inside, head string) string {
	inside = strings.TrimSpace(inside)
	low := strings.ToLower(inside)
	switch {
	case inside == "" || regions[low]:
		return ""
	case low == "including" || low == "inclusive" || low == "included":
		return " inclusive "
	case low == "excluding" || low == "exclusive" || low == "excluded":
		return " exclusive "
	case strings.HasPrefix(low, "build") || digits(inside):
		return strings.NewReplacer("Nr.", "", "Nr .", "", "Nr", "").Replace(inside)
	case head == "" || strings.HasSuffix(head, "<") || strings.HasSuffix(head, ">") || strings.HasSuffix(head, "="):
		if hasDigit(inside) && !strings.Contains(low, " for ") {
			return inside // the version itself stands in parentheses
		}
	case strings.HasPrefix(low, "and possibly"), strings.HasPrefix(low, "or possibly"):
		p.unclear(inside)
		return ""
	}
	for _, mark := range exceptions {
		if strings.HasPrefix(low, mark) {
			p.excepted(inside[len(mark):])
			return ""
		}
	}
	for _, note := range notes {
		if strings.HasPrefix(low, note) {
			return ""
		}
	}
	if v := bareVersion(inside); hasDigit(v) && !strings.Contains(v, " ") && strings.Contains(head, leading(v)) {
		return "" // the same version more exactly: 9.90 SP5 (v9.90.196)
	}
	if strings.HasPrefix(low, "10-pack") {
		return ""
	}
	p.condition(inside)
	return ""
}

// leading is the number that v begins with.
func leading(v string) string {
	first, _, _ := strings.Cut(v, ".")
	return first
}

// excepted reads what is excluded from the range.
func (p *rangeParser) excepted(s string) {
	s = strings.Trim(s, " :")
	if strings.Contains(strings.ToLower(s), "subsequent") {
		p.unclear("excluding " + s)
		return
	}
	s = strings.NewReplacer(" and ", "|", " or ", "|", ",", "|", "/", "|", "Versions ", "|", "Version ", "|", "versions ", "|", "version ", "|").Replace(" " + s + " ")
	for part := range strings.SplitSeq(s, "|") {
		if part = bareVersion(strings.TrimSpace(part)); part == "" || strings.EqualFold(part, "the") {
			continue
		}
		if rest, ok := cutModel(part); ok {
			p.r.ExceptModels = append(p.r.ExceptModels, rest)
			continue
		}
		p.except(part)
	}
}

func (p *rangeParser) except(v string) {
	op, rest := operator(v)
	v = bareVersion(rest)
	switch {
	case !hasDigit(v) || strings.Count(v, " ") > 3:
		if v != "" {
			p.condition("not " + v)
		}
	case op == "<" || op == "<=":
		p.r.Except = append(p.r.Except, wardbook.Interval{Max: v, MaxInclusive: op == "<="})
	case op == ">" || op == ">=":
		p.r.Except = append(p.r.Except, wardbook.Interval{Min: v, MinInclusive: op == ">="})
	default:
		if stem, ok := wildcard(v); ok {
			p.r.Except = append(p.r.Except, wardbook.Interval{Min: stem, MinInclusive: true, Prefix: true})
			return
		}
		p.r.Except = append(p.r.Except, wardbook.Interval{Min: v, Max: v, MinInclusive: true, MaxInclusive: true})
	}
}

// cutModel splits a word off that says that a model number follows.
func cutModel(s string) (string, bool) {
	low := strings.ToLower(s)
	for _, mark := range []string{"models", "model number", "model no.", "model no", "model", "part numbers", "part number", "part no.", "part #:", "part #", "product id", "ref"} {
		if strings.HasPrefix(low, mark) && len(s) > len(mark) && !isLetter(s[len(mark)]) {
			return strings.Trim(s[len(mark):], " :#."), true
		}
	}
	return "", false
}

// finish joins what was read.
func (p *rangeParser) finish() {
	p.combine()
	p.resolveNames()
	r := p.r
	bounded := len(r.Intervals) > 0 || len(r.Versions) > 0
	if (p.star || p.all && !bounded) && len(p.doubts) == 0 {
		r.All = true
	}
	if !bounded && (p.dated || len(r.Models) > 0 && len(p.doubts) == 0) {
		r.All = true // all versions of those models, or of what the condition says
	}
	if !bounded && !r.All && len(r.Models) == 0 && len(p.doubts) == 0 {
		if len(r.Except) > 0 || len(r.ExceptModels) > 0 {
			r.All = true
		} else {
			p.unclear(r.Raw)
		}
	}
	r.Unclear = strings.Join(p.doubts, "; ")
}
