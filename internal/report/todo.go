package report

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/wardbook/wardbook"
)

// briefAction is how many characters of an action stand on the page of the
// answer; the whole stands with the risk.
const briefAction = 90

// todos are the things to do first, each with what can be done at once and
// what is to follow, sized so that ten fit on the page of the answer.
func (b *builder) todos() block {
	t := table{Caption: "What to do first", Tight: true, Cols: []column{{"", 6, true}, {"What can happen, and where", 71, false}, {"What to do", 79, false}, {"Due", 18, false}}}
	for i := range b.a.Summary.First {
		d := &b.a.Summary.First[i]
		due := txt(shortDate(d.Due))
		if d.Due == "" {
			due = styled(dim, "not set")
		} else if late(d.Due, b.a.At) {
			due = styled(bad, shortDate(d.Due)).line().add(bad, "overdue")
		}
		what := b.ref(bold, d.Risk, b.headline(d)).add(dim, "  "+briefWards(d.Wards))
		t.Rows = append(t.Rows, row{Cells: []cell{
			{Text: txt(fmt.Sprint(i + 1))}, {Text: what}, {Text: b.briefSteps(d)},
			{Text: due.line().add(dim, count(d.Devices, "device", "devices"))},
		}})
	}
	return t
}

// headline is a title without the weakness behind it, which the action names.
func (b *builder) headline(d *wardbook.Todo) string {
	s := d.Title
	if i := strings.Index(s, " through "); i > 0 {
		return s[:i]
	}
	if i := strings.LastIndex(s, " ("); i > 0 && strings.HasSuffix(s, ")") {
		return s[:i]
	}
	return s
}

// doUntil splits a proposed action into what to do in the end and what to do
// until then; the second is empty where nothing is proposed.
func doUntil(action string) (do, until string) {
	do, until, ok := strings.Cut(action, ", and until that is done ")
	if !ok {
		return action, ""
	}
	return do + ".", capital(until)
}

func capital(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}

// briefSteps says in two short sentences what to do.
func (b *builder) briefSteps(d *wardbook.Todo) rich {
	do, until := doUntil(d.Action)
	r := b.riskByID(d.Risk)
	short := brief(b.unnamed(do, r), briefAction)
	if until == "" {
		return txt(orUnknown(short))
	}
	return styled(bold, "At once: ").add(plain, brief(control(until, r), briefAction)).line().add(bold, "Then: ").add(plain, short)
}

// control is the name of the catalogue's control that an interim step is, or
// the step as it stands.
func control(until string, r *wardbook.Risk) string {
	if r == nil {
		return until
	}
	for _, o := range r.Options {
		name, text, ok := strings.Cut(o.Text, ": ")
		if ok && o.Control != "" && strings.EqualFold(strings.TrimSuffix(text, "."), strings.TrimSuffix(until, ".")) {
			return name + "."
		}
	}
	return until
}

// unnamed drops maker and model from an action that stands beside them.
func (b *builder) unnamed(do string, r *wardbook.Risk) string {
	if r == nil || b.products[r.Product] == nil {
		return do
	}
	p := b.products[r.Product]
	model := strings.TrimSpace(p.Name + " " + p.Version)
	maker := p.Manufacturer
	if maker == "" {
		maker = "\x00"
	}
	return strings.NewReplacer(
		" of "+productName(p), "", " of "+maker+" "+model, "", " of "+model, "",
		"Ask "+maker+" ", "Ask the maker ", " that is not open to ", " without ", " from "+maker+" ", " from the maker ",
	).Replace(do)
}

func (b *builder) riskByID(id string) *wardbook.Risk {
	for i := range b.a.Risks {
		if b.a.Risks[i].ID == id {
			return &b.a.Risks[i]
		}
	}
	return nil
}

// briefWards names the first two wards; the site of the second is left out
// where it is that of the first.
func briefWards(wards []string) string {
	if len(wards) == 0 {
		return "ward unknown"
	}
	s := wards[0]
	if len(wards) > 1 {
		second := wards[1]
		if site, _, ok := strings.Cut(wards[0], " / "); ok {
			second = strings.TrimPrefix(second, site+" / ")
		}
		s += ", " + second
	}
	if n := len(wards) - 2; n > 0 {
		s += fmt.Sprintf(" and %s more", group(n))
	}
	return s
}

// brief cuts a text after a word, and shows that it did.
func brief(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	r := []rune(s)[:n-1]
	for i := len(r) - 1; i > n/2; i-- {
		if r[i] == ' ' {
			r = r[:i]
			break
		}
	}
	return strings.TrimRight(string(r), " ,;:") + " …"
}

// whyFirst says for each of the things to do why it comes first, and where all
// its devices are. What to do stands on the page before and with the risk.
func (b *builder) whyFirst() block {
	t := table{Caption: "Why these come first", Tight: true, Cols: []column{{"", 6, true}, {"Devices of", 42, false}, {"Safety", 11, false}, {"Effect.", 11, false}, {"Security", 13, false}, {"Why", 42, false}, {"Wards", 49, false}}}
	for i := range b.a.Summary.First {
		d := &b.a.Summary.First[i]
		name := b.ref(plain, d.Risk, b.headline(d))
		cells := []cell{{Text: txt(fmt.Sprint(i + 1))}}
		var tiles []cell
		if r := b.riskByID(d.Risk); r != nil {
			name = b.ref(bold, d.Risk, b.productName(r.Product))
			for _, k := range wardbook.KeyProperties {
				tiles = append(tiles, cell{Text: rich{{Kind: tile, Level: r.Evaluation(k).Level}}})
			}
		} else {
			tiles = make([]cell, len(wardbook.KeyProperties))
		}
		cells = append(append(cells, cell{Text: name}), tiles...)
		t.Rows = append(t.Rows, row{Cells: append(cells, cell{Text: b.reasons(d.Reason)}, cell{Text: txt(few(d.Wards, 6))})})
	}
	return t
}

// reasons are the parts of a reason that the levels beside it do not say.
func (b *builder) reasons(s string) rich {
	var out rich
	for _, part := range strings.FieldsFunc(s, func(r rune) bool { return r == ';' || r == '.' }) {
		part = strings.TrimSpace(part)
		if part != "" && !b.tellsLevel(part) {
			out = out.line().add(plain, capital(part)+".")
		}
	}
	if len(out) == 0 {
		return txt(s)
	}
	return out
}

// tellsLevel reports whether a part of a reason only says which property is of
// which level.
func (b *builder) tellsLevel(part string) bool {
	for _, l := range b.s.Levels {
		if strings.HasPrefix(strings.ToLower(part), strings.ToLower(l.Name)+" for ") {
			return true
		}
	}
	return false
}
