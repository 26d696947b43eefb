package match

import (
	"math/bits"
	"sort"
	"strconv"
	"strings"
)

// mask marks words of a device's name by their position.
type mask uint64

const maxWords = 64

// A deviceName is the maker and model that an inventory states, read for
// matching.
type deviceName struct {
	text       string
	words      []string
	kinds      []kind
	stated     int  // how many words the inventory states: those behind are what its numbers stand for
	explain    bool // somebody asks why it is not a product
	modelWords int  // how many of the words the model has, before those of its number
	seps       []byte
	sorts      mask         // words that tell the sort of a product
	noise      mask         // version words, sizes: neither asked for nor missed
	numbers    []numberForm // the forms that have digits
	heard      map[*productName]*heard
	vendors    map[string]related // by the vendor of an advisory
	canon      string             // the key of questions about it, once it was asked for
	forms      map[string]mask    // every form in which a word, or words together, can be asked for
	makers     []makerRef
	makerBy    string // how the maker was told: "column", "model", "brand", ""
	former     *brand // a brand of the model that another maker had before
	numbered   mask   // words that are catalogue numbers which the ledger knows
	hints      mask   // words of the description and of the version's text
	cut        string // the last word, where the field's length may have cut it
}

// deviceName reads what an inventory states of a device.
func (l *ledger) deviceName(id Identity) *deviceName {
	d := &deviceName{text: strings.TrimSpace(id.Model), forms: map[string]mask{}}
	modelTokens := tokens(fold(id.Model))
	model := words(modelTokens)
	skip := d.findMakers(l, id, model)
	for i, t := range modelTokens {
		if !skip[i] {
			d.addWord(l, t)
		}
	}
	if len(d.words) == 0 { // the whole model is a maker's name: keep it as words
		for _, t := range modelTokens {
			d.addWord(l, t)
		}
	}
	d.modelWords = len(d.words)
	if id.ModelNumber != "" && fold(id.ModelNumber) != fold(id.Model) {
		start := len(d.words)
		for i, t := range tokens(fold(id.ModelNumber)) {
			if i == 0 {
				t.sep = ';'
			}
			d.addWord(l, t)
		}
		for i := start; i < len(d.words); i++ {
			d.noise |= 1 << i
		}
	}
	d.addHints(l, id)
	d.cut = cutWord(id.Model, d)
	d.addForms()
	// Words of the maker can be asked for too ("MicroDicom DICOM Viewer"), but
	// are not missed.
	for i, t := range modelTokens {
		if skip[i] {
			d.addMakerWord(t.text)
		}
	}
	for _, t := range tokens(fold(id.Manufacturer)) {
		d.addMakerWord(t.text)
	}
	if b, ok := l.brandMaker(model); ok && b.former >= 0 {
		d.former = &b
	}
	d.addNumbers(l)
	d.numbers = numberForms(d.forms)
	return d
}

// findMakers tells who may make the device: by the maker's column, the model,
// the model number or a brand. It returns which words of the model are a maker's.
func (d *deviceName) findMakers(l *ledger, id Identity, model []string) []bool {
	skip := make([]bool, len(model))
	if id.Manufacturer != "" {
		d.makers, d.makerBy = l.resolveVendor(id.Manufacturer), "column"
	}
	refs, taken := l.find(model)
	switch {
	case len(refs) > 0 && (len(d.makers) == 0 || d.makers[0].maker < 0):
		if len(d.makers) == 0 {
			d.makerBy = "model"
		}
		d.makers = append(d.makers, refs...)
		skip = taken
	case len(refs) > 0:
		// The model repeats the maker, or names the owner or the unit.
		skip = taken
		d.makers = append(d.makers, refs...)
	}
	if len(d.makers) == 0 {
		if m, ok := l.numberMaker(append(model, words(tokens(fold(id.ModelNumber)))...)); ok {
			d.makers, d.makerBy = []makerRef{{maker: m, words: l.makers[m].ID}}, "number"
		}
	}
	if len(d.makers) == 0 {
		if b, ok := l.brandMaker(model); ok {
			d.makers, d.makerBy = []makerRef{{maker: b.maker, words: strings.Join(b.words, " ")}}, "brand"
		}
	}
	return skip
}

// addHints adds what the description and the text of the version say: a model
// may stand there. Hints are not missed.
func (d *deviceName) addHints(l *ledger, id Identity) {
	for _, text := range []string{id.Type, id.Version} {
		for i, t := range tokens(fold(text)) {
			if i == 0 {
				t.sep = ';'
			}
			if text == id.Version && (hasDigit(t.text) || len(t.text) < 5) || versionWords[t.text] {
				continue
			}
			if _, there := d.known(l.plain(t.text)); there || len(d.words) >= maxWords {
				continue
			}
			d.hints |= 1 << len(d.words)
			d.noise |= 1 << len(d.words)
			d.addWord(l, t)
		}
	}
	d.sorts &^= d.hints
}

func (d *deviceName) known(w string) (int, bool) {
	for i, x := range d.words {
		if x == w {
			return i, true
		}
	}
	return 0, false
}

// cutWord returns the last word of a model that is long enough to have been cut
// by its field.
func cutWord(model string, d *deviceName) string {
	n := len([]rune(strings.TrimSpace(model)))
	if n < 18 || d.modelWords == 0 || strings.HasSuffix(model, ")") {
		return ""
	}
	w := d.words[d.modelWords-1]
	if hasDigit(w) {
		return ""
	}
	return w
}

// askShort is ask for words that the inventory writes short: "collab" for
// "collaboration".
func (d *deviceName) askShort(g *group) (alt string, m mask, ok bool) {
	if g.kind != brandWord {
		return "", 0, false
	}
	for _, a := range g.alts {
		for i, w := range d.words {
			if d.kinds[i] == brandWord && len(w) >= 5 && len(a) > len(w)+1 && strings.HasPrefix(a, w) {
				return a, 1 << i, true
			}
		}
	}
	return "", 0, false
}

// askCut is ask for a name that was cut: the last word begins one of the
// group's.
func (d *deviceName) askCut(g *group) (alt string, m mask, ok bool) {
	if d.cut == "" {
		return "", 0, false
	}
	for _, a := range g.alts {
		if len(a) > len(d.cut) && strings.HasPrefix(a, d.cut) {
			return a, 1 << (d.modelWords - 1), true
		}
	}
	return "", 0, false
}

func (d *deviceName) addMakerWord(w string) {
	if _, there := d.forms[w]; !there {
		d.forms[w] = 0
	}
}

func (d *deviceName) addWord(l *ledger, t token) {
	if len(d.words) >= maxWords {
		return
	}
	w := l.plain(t.text)
	if l.sort[w] {
		d.sorts |= 1 << len(d.words)
	}
	d.words = append(d.words, w)
	d.kinds = append(d.kinds, l.kindOf(w))
	d.seps = append(d.seps, t.sep)
}

// addForms makes every form of the words that a name can ask for: the words,
// neighbours written together, and the parts of mixed words.
func (d *deviceName) addForms() {
	put := func(s string, m mask) {
		if old, ok := d.forms[s]; !ok || bits.OnesCount64(uint64(m)) < bits.OnesCount64(uint64(old)) {
			d.forms[s] = m
		}
	}
	for i, w := range d.words {
		put(w, 1<<i)
		d.markNoise(i)
		if i+1 < len(d.words) {
			next := d.words[i+1]
			mixed := hasDigit(w) != hasDigit(next) || !hasDigit(w) && (len(w) <= 3 || len(next) <= 3)
			if mixed || hasDigit(w) && hasDigit(next) && d.seps[i+1] == '-' {
				put(w+next, 3<<i)
			}
			if i+2 < len(d.words) && len(w) <= 3 && (len(d.words[i+2]) <= 2 || len(next) <= 3 && isDigits(d.words[i+2])) {
				put(w+next+d.words[i+2], 7<<i)
			}
			if d.kinds[i] == brandWord && d.kinds[i+1] != designator {
				put(w+next, 3<<i) // "med station" for "medstation"
			}
		}
		if p, n, s := splitDesignator(w); p != "" && n != "" {
			if len(p) >= 3 {
				put(p, 1<<i)
				put(n+s, 1<<i)
			}
		}
	}
}

// markNoise marks words that state a version or a size: what follows "rev" or
// "sw", "v2.1", "15in".
func (d *deviceName) markNoise(i int) {
	w := d.words[i]
	switch w {
	case "rev", "revision", "ver", "version", "software", "firmware", "release", "rel":
		d.noise |= 1 << i
		if i+1 < len(d.words) && (hasDigit(d.words[i+1]) || len(d.words[i+1]) == 1) {
			for j := i + 1; j < len(d.words) && (hasDigit(d.words[j]) || len(d.words[j]) == 1); j++ {
				d.noise |= 1 << j
			}
		}
	}
	if len(w) > 1 && w[0] == 'v' && isDigits(w[1:]) && len(w) <= 4 && i > 0 {
		d.noise |= 1 << i
		for j := i + 1; j < len(d.words) && isDigits(d.words[j]); j++ {
			d.noise |= 1 << j
		}
	}
	if i > 0 && d.seps[i] == '.' && hasDigit(w) && hasDigit(d.words[i-1]) {
		d.noise |= 1 << i // "4.1": a version
		if i > 1 {
			d.noise |= 1 << (i - 1)
		}
	}
	if p, n, s := splitDesignator(w); p == "" && n != "" && (s == "in" || s == "inch" || s == "cm" || s == "mm") {
		d.noise |= 1 << i
	}
}

// addNumbers looks up catalogue numbers among the words and adds the words of
// what they stand for.
func (d *deviceName) addNumbers(l *ledger) {
	var stands []string
	for form, m := range d.forms {
		for _, n := range l.numbers[form] {
			for _, r := range d.makers {
				if how, _ := l.relation(r, makerRef{maker: n.maker}); how != "" {
					stands = append(stands, n.is)
					d.numbered |= m
					break
				}
			}
		}
	}
	sort.Strings(stands)
	d.stated = len(d.words)
	for _, is := range stands {
		refs, taken := l.find(words(tokens(fold(is))))
		for i, t := range tokens(fold(is)) {
			w := l.plain(t.text)
			if _, there := d.forms[w]; there || len(d.words) >= maxWords || len(refs) > 0 && taken[i] {
				continue
			}
			d.addWord(l, t)
			d.forms[w] = 1 << (len(d.words) - 1)
		}
	}
}

// unused counts the identifying ones of the first n words outside used.
func (d *deviceName) unused(used mask, n int) int {
	c := 0
	for i := range n {
		if (used|d.noise|d.numbered)&(1<<i) == 0 && d.kinds[i] != generic {
			c++
		}
	}
	return c
}

// left returns the words that stand outside used and are not noise or generic.
func (d *deviceName) left(used mask) (rest []string, kinds [4]int) {
	stated := mask(1)<<d.stated - 1
	words := d.words
	if used&stated&^d.hints != 0 && d.unused(used, d.stated) == 0 {
		words = words[:d.stated] // all that is stated is explained: what its numbers stand for is not missed
	}
	for i, w := range words {
		if (used|d.noise|d.numbered)&(1<<i) == 0 && d.kinds[i] != generic {
			rest = append(rest, w)
			kinds[d.kinds[i]]++
		}
	}
	return rest, kinds
}

// ask returns the words of d that fit one of g's alternatives.
func (d *deviceName) ask(g *group) (alt string, m mask, ok bool) {
	for _, a := range g.alts {
		if m, ok := d.forms[a]; ok {
			return a, m, true
		}
	}
	if g.hi > 0 {
		for i := range d.numbers {
			f := &d.numbers[i]
			if f.prefix == g.prefix && len(f.suffix) <= 2 {
				if v, err := strconv.Atoi(f.digits); err == nil && v >= g.lo && v <= g.hi {
					return f.text, f.mask, true
				}
			}
		}
	}
	return "", 0, false
}

// askNear is ask with one slip of the hand, for words of their own.
func (d *deviceName) askNear(g *group) (alt string, m mask, ok bool) {
	if g.kind != brandWord {
		return "", 0, false
	}
	for _, a := range g.alts {
		for i, w := range d.words {
			if nearly(a, w) {
				return a, 1 << i, true
			}
		}
	}
	return "", 0, false
}

// hasNumber reports whether d has a catalogue number that is known to stand
// for something else than what used covers.
func (d *deviceName) hasNumber(used mask) bool { return d.numbered&^used != 0 }

// askPart is ask for designators that are written without, or with, a letter
// at their end: "m3002" for "m3002a", "2090w" for "2090".
func (d *deviceName) askPart(g *group) (alt string, m mask, ok bool) {
	if g.kind != designator {
		return "", 0, false
	}
	for _, a := range g.alts {
		for i := range d.numbers { // the shorter one has digits, so the longer one has
			m := d.numbers[i].mask
			long, short := a, d.numbers[i].text
			if len(short) > len(long) {
				long, short = short, long
			}
			if len(short) >= 4 && hasDigit(short) && len(long)-len(short) <= 2 && strings.HasPrefix(long, short) && isLetters(long[len(short):]) {
				return a, m, true
			}
		}
	}
	return "", 0, false
}

// otherSort reports whether d tells a sort of product that p's name does not
// have.
func (d *deviceName) otherSort(p *productName, used mask) bool {
	for m := d.sorts &^ used; m != 0; m &= m - 1 {
		if !p.sorts[d.words[bits.TrailingZeros64(uint64(m))]] {
			return true
		}
	}
	return false
}
