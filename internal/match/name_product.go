package match

import (
	"slices"
	"strconv"
	"strings"

	"github.com/wardbook/wardbook"
)

// kind says what a word of a product's name does.
type kind int

const (
	generic    kind = iota // tells nothing: "monitor", "system"
	brandWord              // a word of its own: "intellivue"
	qualifier              // tells one member of a line from another: "es", "ii", "xl"
	designator             // has digits: "mx450", "8015"
)

// A group is one thing that a product's name asks for: any of its
// alternatives. Slash lists, ranges and rows of designators are one group.
type group struct {
	alts []string
	// lo and hi bound a numbered range after prefix ("MP20-MP90"); hi is 0
	// when the group is no range.
	prefix string
	lo, hi int
	kind   kind
	// optional groups stand in parentheses: they identify when they are there
	// and are not missed when they are not.
	optional bool
}

// A join is the form of two neighbouring groups written together, the first of
// them at index first.
type join struct {
	form  string
	first int
}

// A productName is the name of a product of an advisory, read for matching.
type productName struct {
	text           string
	folded         string // its words, with a space around each
	groups         []group
	makers         []makerRef          // makers that the name itself holds
	joins          []join              // two neighbours written together
	versions       []wardbook.Interval // versions that the name itself states ("7.0.x")
	acronym        string              // "csm" of "Connex Spot Monitor (CSM)": stands for all groups
	condition      string              // "enabled with iBed Wireless": holds for some only
	conditionWords []string
	unique         map[string]bool // words that no other product's name has; set by the index
	family         bool            // names a whole line: "Family", "Series", or a plural
	sorts          map[string]bool
	fromText       bool // the name says nothing, the words come from the advisory's title
	excluded       map[string]bool
}

// identifying reports whether the name has a word that tells a product.
func (p *productName) identifying() bool {
	for _, g := range p.groups {
		if g.kind != generic && !g.optional {
			return true
		}
	}
	return false
}

var familyWords = map[string]bool{
	"family": true, "series": true, "families": true, "line": true, "monitors": true, "pumps": true, "systems": true,
	"devices": true, "models": true, "ventilators": true, "beds": true, "scanners": true, "electrocardiographs": true, "cardiographs": true, "machines": true,
}

// excludeWords start a phrase that takes products out of a name.
var excludeWords = map[string]bool{"excluding": true, "except": true, "without": true}

// productName reads the name of an advisory's product. makerWords are the
// words that name its vendor: they are left out.
func (l *ledger) productName(text string, vendor []makerRef) *productName {
	p := &productName{text: text, excluded: map[string]bool{}, sorts: map[string]bool{}}
	p.folded = " " + normal(text) + " "
	text, p.versions = cutVersions(text)
	ts := tokens(fold(text))
	p.makers, _ = l.find(words(ts))
	skip := l.vendorTokens(ts, vendor)
	excluding := false
	for i := 0; i < len(ts); i++ {
		ts[i].text = unglue(ts[i].text)
		t := ts[i]
		word := l.plain(t.text)
		if familyWords[t.text] && !t.paren {
			p.family = true
		}
		if l.sort[word] {
			p.sorts[word] = true
		}
		if excludeWords[word] || word == "not" && i+1 < len(ts) && strings.HasPrefix(ts[i+1].text, "includ") {
			excluding = true
			continue
		}
		if excluding {
			if l.kindOf(word) != generic {
				p.excluded[word] = true
			}
			if !t.paren && t.sep == '(' {
				excluding = false
			}
			continue
		}
		if skip[i] {
			continue
		}
		if g, n, ok := l.rangeAt(ts, i); ok {
			p.add(g)
			i += n - 1
			continue
		}
		if n, ok := l.platformAt(ts, i); ok && n < len(ts) {
			i += n - 1
			continue
		}
		g, n := l.groupAt(ts, i)
		for _, alt := range g.alts {
			if l.sort[alt] {
				p.sorts[alt] = true
			}
		}
		if n == 1 && g.kind == qualifier && l.lineAt(ts, i) {
			g.prefix, g.lo, g.hi, g.kind = g.alts[0], 0, 1<<30, designator
		}
		p.add(g)
		i += n - 1
	}
	p.acronym = acronymOf(text)
	p.condition, p.conditionWords = l.conditionOf(text)
	for i := 1; i < len(p.groups); i++ {
		a, b := p.groups[i-1], p.groups[i]
		if a.kind != designator && len(a.alts) == 1 && len(b.alts) == 1 {
			p.joins = append(p.joins, join{a.alts[0] + b.alts[0], i - 1})
			if b.kind == generic && len(a.alts[0]) <= 3 {
				p.joins = append(p.joins, join{a.alts[0] + b.alts[0][:1], i - 1}) // "pcu" of "PC Unit"
			}
		}
	}
	return p
}

// vendorTokens marks the words that name the vendor itself. A word that also
// is the whole name stays.
func (l *ledger) vendorTokens(ts []token, vendor []makerRef) []bool {
	refs, taken := l.find(words(ts))
	skip := make([]bool, len(ts))
	own := map[string]bool{}
	for _, r := range refs {
		for _, v := range vendor {
			if how, _ := l.relation(r, v); how != "" {
				for _, w := range strings.Fields(r.words) {
					own[w] = true
				}
			}
		}
	}
	for _, v := range vendor {
		if v.maker < 0 {
			for _, w := range strings.Fields(v.words) {
				own[w] = true
			}
		}
	}
	left := 0
	for i, t := range ts {
		skip[i] = own[t.text] && (taken[i] || i < 3)
		if !skip[i] && l.kindOf(l.plain(t.text)) != generic {
			left++
		}
	}
	if left == 0 {
		return make([]bool, len(ts))
	}
	return skip
}

// plain is the full word of an abbreviation, and a common word in the singular.
func (l *ledger) plain(w string) string {
	if full, ok := l.abbrev[w]; ok {
		return full
	}
	if one, ok := strings.CutSuffix(w, "s"); ok && len(one) >= 4 && l.generic[one] {
		return one
	}
	return w
}

func (l *ledger) kindOf(w string) kind {
	switch {
	case hasDigit(w):
		return designator
	case l.generic[w]:
		return generic
	case len(w) <= 3:
		return qualifier
	}
	return brandWord
}

// add appends g, merging rows of designators of one series ("TC10 TC20").
func (p *productName) add(g group) {
	if n := len(p.groups); n > 0 && g.kind == designator && g.hi == 0 && len(g.alts) > 0 {
		last := &p.groups[n-1]
		if last.kind == designator && last.hi == 0 && last.optional == g.optional && len(last.alts) > 0 {
			a, _, _ := splitDesignator(last.alts[0])
			b, _, _ := splitDesignator(g.alts[0])
			if a == b && (a != "" || g.optional || len(last.alts) > 1) {
				last.alts = append(last.alts, g.alts...)
				return
			}
		}
	}
	if n := len(p.groups); n > 1 && g.kind == designator && len(g.alts) == 1 && isDigits(g.alts[0]) {
		// "5210, 5230 and 5232": a row of numbers of one length.
		last := n - 1
		if w := p.groups[last].alts; len(w) == 1 && (w[0] == "and" || w[0] == "or") {
			last--
		}
		if l := &p.groups[last]; l.kind == designator && l.hi == 0 && isDigits(l.alts[0]) && len(l.alts[0]) == len(g.alts[0]) && l.optional == g.optional && len(g.alts[0]) >= 3 {
			l.alts = append(l.alts, g.alts...)
			return
		}
	}
	p.groups = append(p.groups, g)
}

// rangeAt reads a range of designators: "mp20-mp90", "mx400-550".
func (l *ledger) rangeAt(ts []token, i int) (group, int, bool) {
	if i+1 >= len(ts) || ts[i+1].sep != '-' {
		return group{}, 0, false
	}
	pa, da, sa := splitDesignator(ts[i].text)
	pb, db, sb := splitDesignator(ts[i+1].text)
	if pa == "" || da == "" || sa != "" || sb != "" || pb != "" && pb != pa || len(da) > 3 || len(db) > 3 || len(db) < len(da) {
		return group{}, 0, false
	}
	if pb == "" && len(da) == 1 && len(db) > 2 {
		return group{}, 0, false // "s7-300" is one of the s7, no range
	}
	lo, _ := strconv.Atoi(da)
	hi, _ := strconv.Atoi(db)
	if hi <= lo {
		return group{}, 0, false
	}
	return group{prefix: pa, lo: lo, hi: hi, kind: designator, optional: ts[i].paren, alts: []string{ts[i].text, pa + db}}, 2, true
}

// groupAt reads a word, or a slash list of words, with the short forms of
// designators spelled out: "865240/41/42", "mp5/5sc", "m8001a/2a/10a".
func (l *ledger) groupAt(ts []token, i int) (group, int) {
	first := l.plain(ts[i].text)
	n := 1
	g := group{alts: []string{first}, kind: l.kindOf(first), optional: ts[i].paren}
	// "mx-450", "mx 450" and "mx450" are one designator: letters of three or
	// less before digits belong together.
	if g.kind == qualifier && i+1 < len(ts) && ts[i+1].sep == '-' && isDigits(ts[i+1].text) {
		g.alts, g.kind, n = []string{first + ts[i+1].text}, designator, 2
	}
	if lo, hi, ok := openDigits(ts[i].text); ok {
		g.prefix, _, _ = splitDesignator(ts[i].text)
		g.lo, g.hi = lo, hi
	} else if i+1 < len(ts) && ts[i+1].sep == '-' && isLetters(first) && len(first) <= 5 {
		if lo, hi, ok := openDigits(ts[i+1].text); ok && ts[i+1].text[0] <= '9' {
			return group{alts: []string{first + ts[i+1].text}, prefix: first, lo: lo, hi: hi, kind: designator, optional: ts[i].paren}, 2
		}
	}
	for i+n < len(ts) && ts[i+n].sep == '/' && ts[i+n].paren == ts[i].paren {
		w := l.plain(ts[i+n].text)
		if g.kind == designator && hasDigit(w) {
			w = expand(g.alts[len(g.alts)-1], w)
		}
		g.alts = append(g.alts, w)
		g.kind = max(g.kind, l.kindOf(w))
		n++
	}
	return g, n
}

// openDigits reads a number whose last digits are left open: "22xx" is 2200 to
// 2299.
func openDigits(w string) (lo, hi int, ok bool) {
	_, digits, rest := splitDesignator(w)
	if digits == "" || rest == "" || strings.Trim(rest, "x") != "" || len(digits)+len(rest) < 3 || len(digits)+len(rest) > 6 {
		return 0, 0, false
	}
	lo, _ = strconv.Atoi(digits)
	hi = lo
	for range rest {
		lo, hi = lo*10, hi*10+9
	}
	return lo, hi, true
}

// expand spells out the short form of a designator that follows another.
func expand(before, short string) string {
	bp, bd, _ := splitDesignator(before)
	sp, sd, ss := splitDesignator(short)
	if sp != "" || bd == "" {
		return short
	}
	if len(sd) < len(bd) {
		sd = bd[:len(bd)-len(sd)] + sd
	}
	return bp + sd + ss
}

// acronymOf returns the acronym that a name gives in parentheses, folded.
func acronymOf(text string) string {
	for rest := text; ; {
		i := strings.IndexByte(rest, '(')
		if i < 0 {
			return ""
		}
		j := strings.IndexByte(rest[i:], ')')
		if j < 0 {
			return ""
		}
		in := strings.ReplaceAll(rest[i+1:i+j], " ", "")
		if len(in) >= 3 && len(in) <= 6 && isLetters(fold(in)) && upperShare(in) >= 2 && strings.ContainsRune(strings.TrimSpace(rest[:i]), ' ') {
			return fold(in)
		}
		rest = rest[i+j:]
	}
}

func upperShare(s string) int {
	n := 0
	for i := 0; i < len(s); i++ {
		if s[i] >= 'A' && s[i] <= 'Z' {
			n++
		}
	}
	return n
}

// unglue drops a word that was glued to a designator ("includingmp2").
func unglue(w string) string {
	if rest, ok := strings.CutPrefix(w, "including"); ok && hasDigit(rest) {
		return rest
	}
	return w
}

var versionInName = pattern(`(?i)\b\d+(?:\.\d+)*(?:\.x)+\b`)

// cutVersions takes versions such as "7.0.x" out of a product's name.
func cutVersions(text string) (string, []wardbook.Interval) {
	var out []wardbook.Interval
	rest := versionInName().ReplaceAllStringFunc(text, func(v string) string {
		low := strings.ToLower(v)
		out = append(out, wardbook.Interval{Min: low[:strings.Index(low, ".x")], Prefix: true})
		return ""
	})
	return strings.TrimSpace(rest), out
}

// platformAt reads an operating system that a product is told to run on
// ("Windows 7-Based"): it is no part of the name, unless it is all of it.
func (l *ledger) platformAt(ts []token, i int) (int, bool) {
	if ts[i].text != "windows" || i == 0 {
		return 0, false
	}
	n := 1
	for i+n < len(ts) && (hasDigit(ts[i+n].text) || ts[i+n].text == "xp" || ts[i+n].text == "based" || ts[i+n].text == "vista") {
		n++
	}
	return n, true
}

// lineAt reports whether the short word at i names a line of numbered
// products: "MP Series".
func (l *ledger) lineAt(ts []token, i int) bool {
	if i+1 >= len(ts) || !isLetters(ts[i].text) {
		return false
	}
	next := ts[i+1]
	return next.text == "series" || next.text == "family"
}

var conditionInName = pattern(`(?i)\(((?:enabled|equipped|used|running|configured|shipped|integrated) [^()]+)\)`)

// conditionBehind finds a condition that ends a name without parentheses.
var conditionBehind = pattern(`(?i)\b((?:used with|running on|when used with|only with) [^()]+)$`)

// conditionOf reads a condition of a product's name that an inventory rarely
// answers, and the words that would answer it.
func (l *ledger) conditionOf(text string) (string, []string) {
	m := conditionInName().FindStringSubmatch(text)
	if m == nil {
		m = conditionBehind().FindStringSubmatch(text)
	}
	if m == nil {
		return "", nil
	}
	var ws []string
	for _, t := range tokens(fold(m[1])) {
		if w := l.plain(t.text); l.kindOf(w) != generic {
			ws = append(ws, w)
		}
	}
	return m[1], ws
}

// asks reports whether w is a word that the name asks for.
func (p *productName) asks(w string) bool {
	for i := range p.groups {
		if slices.Contains(p.groups[i].alts, w) {
			return true
		}
	}
	return false
}
