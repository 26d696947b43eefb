package advisory

import (
	"strings"
)

// token is one word of a text, or a comparator, and where it begins.
type token struct {
	text, low string
	at        int
}

// tokenize splits s into words, commas and comparators.
func tokenize(s string) []token {
	var out []token
	for i := 0; i < len(s); {
		if s[i] == ' ' {
			i++
			continue
		}
		n := 1
		if op, _ := operator(s[i:]); op != "" {
			n = len(op)
		} else if !strings.ContainsRune("!,;&", rune(s[i])) {
			if n = strings.IndexAny(s[i:], " <>=!,;&"); n < 0 {
				n = len(s) - i
			}
		}
		out = append(out, token{s[i : i+n], strings.ToLower(s[i : i+n]), i})
		i += n
	}
	return out
}

// phrase is words that mean a comparator before a version.
type phrase struct {
	words []string
	op    string
}

var prefixes = makePhrases(
	"<=", "up to and including", "through and including", "up to", "upto", "no later than", "not later than", "until", "till", "through", "thru", "to", "-",
	"<", "up to but not including", "up to but excluding", "prior to", "before", "earlier than", "older than", "lower than", "below", "less than", "prior",
	">=", "starting from", "starting with", "beginning with", "from", "since", "as of", "between", "at least",
	">", "later than", "newer than", "higher than", "greater than", "after", "above",
)

// makePhrases reads a list of comparators, each followed by its phrases.
func makePhrases(list ...string) []phrase {
	var out []phrase
	op := ""
	for _, s := range list {
		if o, rest := operator(s); rest == "" {
			op = o
			continue
		}
		out = append(out, phrase{strings.Fields(s), op})
	}
	return out
}

// matchPrefix finds the longest phrase that ts begins with.
func matchPrefix(ts []token) (op string, n int) {
	for _, ph := range prefixes {
		if len(ph.words) <= n || len(ph.words) > len(ts) {
			continue
		}
		ok := true
		for i, w := range ph.words {
			if ts[i].low != w {
				ok = false
				break
			}
		}
		if ok {
			op, n = ph.op, len(ph.words)
		}
	}
	return op, n
}

var suffixes = map[string]string{
	"prior": "<=", "earlier": "<=", "older": "<=", "below": "<=", "lower": "<=", "previous": "<=", "before": "<=", "under": "<=",
	"later": ">=", "newer": ">=", "above": ">=", "higher": ">=", "up": ">=", "greater": ">=", "onward": ">=", "onwards": ">=",
	"subsequent": ">=", "after": ">=", "following": ">=", "beyond": ">=",
}

// matchSuffix reads "and prior", "or all later versions", "onwards": what
// makes the version before it a bound.
func matchSuffix(ts []token) (op string, n int) {
	i := 0
	if i < len(ts) && (ts[i].low == "and" || ts[i].low == "or" || ts[i].low == "&" || ts[i].low == "and/or") {
		i++
	}
	lead := i > 0
	for i < len(ts) && (ts[i].low == "all" || ts[i].low == "any" || ts[i].low == "every") {
		i++
	}
	if i == len(ts) {
		return "", 0
	}
	op = suffixes[ts[i].low]
	if op == "" || !lead && ts[i].low != "onward" && ts[i].low != "onwards" {
		return "", 0
	}
	i++
	if i < len(ts) && (ts[i].low == "to" || ts[i].low == "than") {
		return "", 0 // "and prior to 3": a comparison of its own
	}
	for i < len(ts) && noise[ts[i].low] {
		i++
	}
	if i < len(ts) && hasDigit(ts[i].low) {
		return "", 0
	}
	return op, i
}

// noise only says that a version follows.
var noise = map[string]bool{"version": true, "versions": true, "ver": true, "ver.": true, "v": true, "v.": true, "release": true,
	"releases": true, "software": true, "sw": true, "firmware": true, "revision": true, "revisions": true, "rev": true, "rev.": true,
	"the": true, "including": true, "series": true, "version:": true, "system": true, "firmwares": true, "rev:": true}

// conditional words begin a condition that goes on to the end.
var conditional = map[string]bool{"on": true, "with": true, "running": true, "only": true, "if": true, "when": true, "using": true,
	"installed": true, "in": true, "for": true, "of": true, "affected": true, "that": true, "without": true, "utilizes": true,
	"packaged": true, "where": true, "containing": true, "deployed": true, "could": true, "including": true, "while": true, "unless": true, "based": true}

// words reads the words of one alternative.
func (p *rangeParser) words(s string) {
	w := wordReader{p: p, s: s, ts: tokenize(s), model: p.modelList}
	w.read()
}

type wordReader struct {
	p       *rangeParser
	s       string
	ts      []token
	i       int
	op      string   // the comparator that waits for its version
	cur     []string // the words of the version so far
	between bool     // "between" came, its "and" is to come
	// model collects model numbers instead of versions.
	model bool
}

func (w *wordReader) read() {
	for w.i < len(w.ts) {
		if !w.step() {
			return
		}
	}
	w.flush()
}

// step reads one token or phrase; false ends the alternative.
func (w *wordReader) step() bool {
	p, rest := w.p, w.ts[w.i:]
	t := rest[0]
	if op, _ := operator(t.low); op != "" {
		w.compare(op, 1)
		return true
	}
	if len(w.cur) > 0 || w.op != "" {
		if op, n := matchSuffix(rest); n > 0 && len(w.cur) > 0 {
			w.suffix(op, n)
			return true
		}
	}
	if n := allVersions(rest); n > 0 {
		w.flush()
		p.all = true
		w.allOf(rest[:n])
		w.i += n
		return true
	}
	if n := modelMark(rest); n > 0 {
		w.flush()
		w.model = true
		p.modelList = p.modelList || w.i == 0
		w.i += n
		return true
	}
	w.between = w.between || t.low == "between"
	if op, n := matchPrefix(rest); n > 0 && !(t.low == "-" && (len(w.cur) == 0 || w.op != "" || len(rest) == 1)) {
		w.compare(op, n)
		return true
	}
	switch {
	case t.low == "inclusive" || t.low == "exclusive":
		w.clusive(t.low == "inclusive")
	case w.dateGoesOn(t.low):
	case t.low == "and" && w.between:
		w.flush()
		w.op, w.between = "<=", false
	case isSeparator(t.low), t.low == "-":
		w.flush()
	case conditional[t.low] && (len(rest) > 1 || t.low == "only"):
		op := ""
		if len(w.cur) == 0 && w.op != "" {
			op, w.op = w.op+" ", "" // "< with CMC 23.4": the bound is the condition's
		}
		w.flush()
		if !p.bounded() {
			p.all = true
		}
		p.condition(op + w.s[t.at:])
		return false
	case len(rest) == 1 && len(t.low) == 1 && w.op != "" && len(w.cur) == 0:
		w.cur = append(w.cur, t.text) // "<= V": the letter is the version
	case noise[t.low] && (len(w.cur) == 0 || isNoiseInside(t.low)):
		if len(w.cur) > 0 {
			w.named()
		}
	case t.low == "all" && len(w.cur) == 0 && len(rest) == 1:
		p.all = true
	case t.low == "*":
		w.star()
	case t.low == "...":
		p.unclear(p.r.Raw)
	default:
		w.word(t.text)
	}
	w.i++
	return true
}

// word adds a word to the version that is being read.
func (w *wordReader) word(s string) {
	if n := len(w.cur); n > 0 && dotted(w.cur[n-1]) && dotted(s) {
		w.flush() // "2.51 2.52" lacks its bar
	}
	w.cur = append(w.cur, s)
}

// allOf reads the words of "all BIOS versions": versions of a part.
func (w *wordReader) allOf(ts []token) {
	for _, t := range ts[1 : len(ts)-1] {
		if !noise[t.low] && t.low != "product" && t.low != "of" {
			w.component(t.text)
		}
	}
}

// star reads "*": alone it is every version, after a version it is a wildcard.
func (w *wordReader) star() {
	if len(w.cur) == 0 {
		w.p.star = true
		return
	}
	if last := w.cur[len(w.cur)-1]; !looksLikeModel(last) {
		w.cur[len(w.cur)-1] = last + ".*"
	}
}

// dateGoesOn reports whether the comma is the one in "March 13, 2019".
func (w *wordReader) dateGoesOn(t string) bool {
	if t != "," {
		return false
	}
	_, ok := readDate(strings.Join(w.cur, " "))
	return ok
}

// named drops what stands before "version": it is a name, and a condition
// where the product's own names do not have it.
func (w *wordReader) named() {
	if w.op != "" {
		w.flush()
		return
	}
	name := strings.Join(w.cur, " ")
	if digits(name) && len(name) >= 5 {
		w.cur = nil
		w.p.addModel(name)
		return
	}
	if !hasDigit(name) || looksLikeModel(name) {
		w.cur = nil
		if looksLikeModel(name) {
			w.p.r.Models = append(w.p.r.Models, name)
			return
		}
		if !w.p.inNames(name) {
			w.p.condition(name)
		}
	}
}

func isNoiseInside(s string) bool {
	return strings.HasPrefix(s, "version") || s == "firmware" || s == "software"
}

// dotted reports whether s is a version with a dot, or its wildcard.
func dotted(s string) bool {
	return s != "" && isDigit(s[0]) && strings.Contains(s, ".") && !strings.HasSuffix(s, ".")
}

func isSeparator(s string) bool {
	return s == "," || s == ";" || s == "&" || s == "and" || s == "or" || s == "/" || s == "+" || s == "!"
}

// allVersions matches "all", "all versions", "all firmware versions", "any version", "*".
func allVersions(ts []token) int {
	if ts[0].low != "all" && ts[0].low != "any" && ts[0].low != "every" {
		return 0
	}
	for i := 1; i < len(ts) && i < 4; i++ {
		if strings.HasPrefix(ts[i].low, "version") || strings.HasPrefix(ts[i].low, "release") || strings.HasPrefix(ts[i].low, "deployment") {
			return i + 1
		}
	}
	return 0
}

// modelMark matches what says that model or part numbers follow.
func modelMark(ts []token) int {
	for _, mark := range [][]string{{"part", "#:"}, {"part", "#"}, {"part", "number:"}, {"part", "number"}, {"part", "numbers"}, {"part", "no."},
		{"product", "id/reorder", "number"}, {"product", "id"}, {"udi/model/ndc", "number"}, {"model", "number"}, {"model", "numbers"}, {"model"}, {"models"}, {"mlfb"}} {
		if len(ts) <= len(mark) {
			continue
		}
		ok := true
		for i, m := range mark {
			ok = ok && ts[i].low == m
		}
		if ok {
			return len(mark)
		}
	}
	return 0
}

// compare takes a comparator of n tokens. A version that waits is the lower
// bound before an upper one ("1.2 < 3", "A.01 <= C.0x", "1.0 through 2.3").
func (w *wordReader) compare(op string, n int) {
	if op == "=" || op == "!=" {
		w.flush()
		if op == "!=" {
			w.p.unclear("!= inside a text")
		}
		w.i += n
		return
	}
	if v := strings.Join(w.cur, " "); v != "" && w.op == "" {
		if next := w.peekVersion(n); op[0] == '<' && orderable(bareVersion(v)) && (next == "" || series(bareVersion(v)) == series(next) || !isLetter(bareVersion(v)[0])) {
			w.op = ">="
		} else if !w.model {
			w.cur = nil
			w.component(v)
		}
	}
	w.flush()
	if w.op != "" {
		w.p.unclear("the comparison " + w.op + " has no version")
	}
	w.op, w.i = op, w.i+n
}

// component is a name before a comparison: a part of the product that has
// versions of its own, or a model.
func (w *wordReader) component(name string) {
	name = strings.TrimRight(name, ": ")
	switch {
	case w.p.inNames(name):
	case looksLikeModel(name):
		w.p.r.Models = append(w.p.r.Models, name)
	default:
		w.p.condition("version of " + name)
	}
}

// peekVersion is the word after the comparator, bare.
func (w *wordReader) peekVersion(n int) string {
	for i := w.i + n; i < len(w.ts); i++ {
		if !noise[w.ts[i].low] {
			return bareVersion(w.ts[i].text)
		}
	}
	return ""
}

func (w *wordReader) suffix(op string, n int) {
	if w.op == "" {
		w.op = op
	} else if w.op != op {
		w.p.unclear(w.s)
	}
	w.flush()
	w.i += n
}

// clusive applies "(including)" or "(excluding)" to the bound before it.
func (w *wordReader) clusive(in bool) {
	w.flush()
	if n := len(w.p.items); n > 0 && w.p.items[n-1].op != "" {
		it := &w.p.items[n-1]
		it.op = it.op[:1]
		if in {
			it.op += "="
		}
	}
}

func (w *wordReader) flush() {
	v := strings.Join(w.cur, " ")
	w.cur = nil
	switch {
	case v == "":
		if w.i >= len(w.ts) && w.op != "" {
			w.p.unclear("the comparison " + w.op + " has no version")
		}
		return
	case w.model:
		w.p.addModel(v)
	default:
		w.p.add(w.op, v)
	}
	w.op = ""
}
