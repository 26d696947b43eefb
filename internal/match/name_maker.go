package match

import (
	"fmt"
	"strings"

	"github.com/wardbook/wardbook/catalog"
)

// ledger is the catalogue's knowledge of names in the form that matching asks
// of it.
type ledger struct {
	makers    []catalog.Maker
	root      []int          // maker → its topmost owner
	spelling  map[string]int // joined tokens of a spelling → maker
	longest   int            // tokens of the longest spelling
	single    []string       // spellings of one word, for slips of the hand
	generic   map[string]bool
	sort      map[string]bool // generic words that tell the sort of a product
	abbrev    map[string]string
	brands    map[string][]brand // by first token
	numbers   map[string][]number
	legalForm map[string]bool
}

type brand struct {
	words  []string
	maker  int
	former int // the maker that had it before; -1: none
}

type number struct {
	maker int
	is    string
}

func newLedger(n catalog.Names) *ledger {
	l := &ledger{
		makers: n.Makers, root: make([]int, len(n.Makers)),
		spelling: map[string]int{}, generic: map[string]bool{}, sort: map[string]bool{}, abbrev: map[string]string{},
		brands: map[string][]brand{}, numbers: map[string][]number{}, legalForm: map[string]bool{},
	}
	for _, w := range strings.Fields("inc incorporated corp corporation co company llc ltd limited gmbh ag kg se sa spa srl bv nv oy ab as aps plc pty kk pvt private") {
		l.legalForm[w] = true
	}
	byID := map[string]int{}
	for i, m := range n.Makers {
		byID[m.ID] = i
		for _, s := range append([]string{m.Name}, m.Spellings...) {
			l.addSpelling(s, i)
		}
	}
	for i := range n.Makers {
		r := i
		for n.Makers[r].PartOf != "" {
			r = byID[n.Makers[r].PartOf]
		}
		l.root[i] = r
	}
	for _, w := range n.Words {
		for _, g := range w.Words {
			l.generic[g] = true
		}
		for _, g := range w.Sorts {
			l.generic[g], l.sort[g] = true, true
		}
		for a, full := range w.Abbreviations {
			l.abbrev[a] = full
		}
	}
	for _, m := range n.Models {
		maker := byID[m.Maker]
		if m.Brand != "" {
			w := words(tokens(fold(m.Brand)))
			former := -1
			if m.Former != "" {
				former = byID[m.Former]
			}
			l.brands[w[0]] = append(l.brands[w[0]], brand{w, maker, former})
			continue
		}
		k := strings.Join(words(tokens(fold(m.Number))), "")
		l.numbers[k] = append(l.numbers[k], number{maker, m.Is})
	}
	return l
}

func (l *ledger) addSpelling(s string, maker int) {
	w := l.makerWords(s)
	if len(w) == 0 {
		return
	}
	l.longest = max(l.longest, len(w))
	if _, taken := l.spelling[strings.Join(w, " ")]; !taken {
		l.spelling[strings.Join(w, " ")] = maker
	}
	if len(w) == 1 && len(w[0]) >= 6 {
		l.single = append(l.single, w[0])
	}
}

func words(ts []token) []string {
	out := make([]string, len(ts))
	for i, t := range ts {
		out[i] = t.text
	}
	return out
}

// makerWords are the words of a maker's name without legal forms; the first
// word always stays.
func (l *ledger) makerWords(s string) []string {
	w := words(tokens(fold(s)))
	out := w[:0]
	for i, x := range w {
		if i == 0 || !l.legalForm[x] && x != "and" && x != "the" {
			out = append(out, x)
		}
	}
	return out
}

// A makerRef is a maker as a text names it: one of the ledger, or an unknown
// one by its words.
type makerRef struct {
	maker int    // index in the ledger; -1: not in it
	words string // joined words of the text that named it
	slip  bool   // found with one slip of the hand
}

// find returns the makers that stand in ws, the longest spellings first, and
// which words they take.
func (l *ledger) find(ws []string) (refs []makerRef, taken []bool) {
	taken = make([]bool, len(ws))
	for i := 0; i < len(ws); {
		n := min(l.longest, len(ws)-i)
		for ; n > 0; n-- {
			if m, ok := l.spelling[strings.Join(ws[i:i+n], " ")]; ok {
				refs = append(refs, makerRef{maker: m, words: strings.Join(ws[i:i+n], " ")})
				for k := i; k < i+n; k++ {
					taken[k] = true
				}
				break
			}
		}
		i += max(n, 1)
	}
	return refs, taken
}

// resolve reads a text that should name a maker, or several.
func (l *ledger) resolve(text string) []makerRef {
	ws := l.makerWords(text)
	if len(ws) == 0 {
		return nil
	}
	refs, _ := l.find(ws)
	if len(refs) > 0 {
		return refs
	}
	if m, ok := l.beginning(ws); ok {
		return []makerRef{{maker: m, words: strings.Join(ws, " ")}}
	}
	for _, s := range l.single {
		if near(ws[0], s) {
			return []makerRef{{maker: l.spelling[s], words: ws[0], slip: true}}
		}
	}
	return []makerRef{{maker: -1, words: strings.Join(ws, " ")}}
}

// beginning finds the one maker whose spelling begins with ws, where ws is long
// enough to tell.
func (l *ledger) beginning(ws []string) (int, bool) {
	text := strings.Join(ws, " ")
	if len(text) < 6 || len(ws) == 1 && l.generic[ws[0]] {
		return 0, false
	}
	found := -1
	for s, m := range l.spelling {
		if strings.HasPrefix(s, text+" ") {
			if found >= 0 && found != m {
				return 0, false
			}
			found = m
		}
	}
	return found, found >= 0
}

// resolveVendor reads the vendor of an advisory, which may hold several makers.
func (l *ledger) resolveVendor(text string) []makerRef {
	ws := l.makerWords(text)
	refs, taken := l.find(ws)
	all := true
	for _, t := range taken {
		all = all && t
	}
	if all && len(refs) > 0 || !strings.ContainsAny(text, ",/;&") && !strings.Contains(text, " and ") {
		return l.resolve(text)
	}
	for _, part := range strings.FieldsFunc(strings.ReplaceAll(text, " and ", ","), func(r rune) bool { return strings.ContainsRune(",/;&", r) }) {
		refs = append(refs, l.resolve(part)...)
	}
	return refs
}

// name is what people call the maker.
func (l *ledger) name(r makerRef) string {
	if r.maker < 0 {
		return r.words
	}
	return l.makers[r.maker].Name
}

// relation says how a and b are one maker. An unknown maker is related to
// another with the same words, or with the same first word when that is long
// enough to tell.
func (l *ledger) relation(a, b makerRef) (how string, confidence float64) {
	switch {
	case a.maker >= 0 && a.maker == b.maker:
		if a.slip || b.slip {
			return "same maker with a slip of the hand in its name", .93
		}
		return "same maker", 1
	case a.maker >= 0 && b.maker >= 0:
		if l.root[a.maker] == l.root[b.maker] {
			return fmt.Sprintf("both belong to %s (%s)", l.makers[l.root[a.maker]].Name, l.link(a.maker, b.maker)), .96
		}
		return "", 0
	case a.maker < 0 && b.maker < 0:
		if a.words == b.words || plainWords(a.words) == plainWords(b.words) {
			return "same name", 1
		}
		fa, _, _ := strings.Cut(a.words, " ")
		fb, _, _ := strings.Cut(b.words, " ")
		if fa == fb && len(fa) >= 4 && !l.generic[fa] {
			return "same first word of the name", .9
		}
		if !l.generic[fa] && near(fa, fb) {
			return "same first word of the name but for a slip of the hand", .85
		}
	}
	return "", 0
}

// codeOf reports whether code looks like a short code for a maker's name, as
// inventories use them: its beginning ("PHIL"), or its letters without some
// ("MDTRNC").
func codeOf(code, name string) bool {
	if len(code) < 4 || len(code) > 8 || len(code) >= len(name) || code[0] != name[0] || strings.Contains(code, " ") || hasDigit(code) {
		return false
	}
	if strings.HasPrefix(name, code) {
		return true
	}
	i := 0
	for j := 0; j < len(name) && i < len(code); j++ {
		if name[j] == code[i] {
			i++
		}
	}
	return i == len(code) && 3*len(code) >= 2*consonants(name)
}

func consonants(s string) int {
	n := 0
	for i := range len(s) {
		if !strings.ContainsRune("aeiouy ", rune(s[i])) {
			n++
		}
	}
	return n
}

// code returns the name that an unknown maker's name looks like a code of.
func (l *ledger) code(a, vendor makerRef) (name string, ok bool) {
	if a.maker >= 0 {
		return "", false
	}
	names := []string{vendor.words}
	if vendor.maker >= 0 {
		names = append(names, strings.Join(l.makerWords(l.makers[vendor.maker].Name), " "))
	}
	for _, n := range names {
		first, _, _ := strings.Cut(n, " ")
		if codeOf(a.words, first) {
			return n, true
		}
	}
	return "", false
}

// plainWords writes a name as one word without umlauts: "Geutebrueck" and
// "Geutebrück", "Control By Web" and "ControlByWeb".
func plainWords(s string) string {
	return strings.NewReplacer(" ", "", "ae", "a", "oe", "o", "ue", "u").Replace(s)
}

// link tells the ledger rows that relate two makers.
func (l *ledger) link(a, b int) string {
	var rows []string
	for _, m := range []int{a, b} {
		if row := l.makers[m]; row.PartOf != "" {
			rows = append(rows, fmt.Sprintf("%s: %s, %s", row.Name, strings.ReplaceAll(row.How, "_", " "), row.Source))
		}
	}
	return strings.Join(rows, "; ")
}

// brandMaker returns the maker whose brand stands in ws.
func (l *ledger) brandMaker(ws []string) (b brand, ok bool) {
	for i, w := range ws {
		for _, b := range l.brands[w] {
			if len(ws)-i >= len(b.words) && strings.Join(ws[i:i+len(b.words)], " ") == strings.Join(b.words, " ") {
				return b, true
			}
		}
	}
	return brand{}, false
}

// numberMaker returns the maker whose catalogue number stands in ws, where the
// number is long enough to be of one maker.
func (l *ledger) numberMaker(ws []string) (int, bool) {
	for _, w := range ws {
		if len(w) < 5 || !hasDigit(w) {
			continue
		}
		if rows := l.numbers[w]; len(rows) > 0 {
			return rows[0].maker, true
		}
	}
	return 0, false
}

// Makers tells makers by the names that texts begin with.
type Makers struct{ l *ledger }

// NewMakers reads the catalogue's ledger of makers.
func NewMakers(cat *catalog.Catalog) Makers { return Makers{newLedger(cat.Names)} }

// Split cuts a text that begins with the name of a known maker
// ("Philips IntelliVue MX450") into the maker's name and the rest.
func (m Makers) Split(text string) (maker, rest string, ok bool) {
	fields := strings.Fields(text)
	for n := min(m.l.longest, len(fields)); n > 0; n-- {
		head := strings.Join(fields[:n], " ")
		if _, known := m.l.spelling[strings.Join(words(tokens(fold(head))), " ")]; known {
			return head, strings.Join(fields[n:], " "), true
		}
	}
	return "", text, false
}
