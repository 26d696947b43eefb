package report

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/wardbook/wardbook"
)

var controlKinds = map[wardbook.ControlKind]string{
	wardbook.Inherent: "1 Inherent", wardbook.Protective: "2 Protective", wardbook.Information: "3 Information",
}

// How many options of one risk are shown: of the maker's, of the catalogue's,
// and of both, so that a risk stays on its page.
const (
	maxMakers    = 3
	maxCatalogue = 4
	maxOptions   = 5
)

// maxOptionText is how many characters of an option are shown.
const maxOptionText = 320

// chosen are the options that are shown: the maker's, and the best of the
// catalogue. Best are those that harm no property, then the order of ISO
// 14971:2019, 7.1.
func chosen(all []wardbook.ControlOption) []wardbook.ControlOption {
	kind := func(o wardbook.ControlOption) int { return slices.Index(wardbook.ControlKinds, o.Kind) }
	var makers, catalogue []wardbook.ControlOption
	for _, o := range all {
		if o.Control == "" {
			makers = append(makers, o)
		} else {
			catalogue = append(catalogue, o)
		}
	}
	slices.SortStableFunc(makers, func(x, y wardbook.ControlOption) int { return kind(x) - kind(y) })
	slices.SortStableFunc(catalogue, func(x, y wardbook.ControlOption) int {
		return cmp.Or(boolean(conflicting(x), conflicting(y)), kind(x)-kind(y))
	})
	makers = makers[:min(len(makers), maxMakers)]
	out := slices.Concat(makers, catalogue[:min(len(catalogue), maxCatalogue, maxOptions-len(makers))])
	slices.SortStableFunc(out, func(x, y wardbook.ControlOption) int { return kind(x) - kind(y) })
	return out
}

// options lists what can be done, in the order of ISO 14971:2019, 7.1, and
// marks options that help one property and harm another.
func (b *builder) options(r *wardbook.Risk) []block {
	if len(r.Options) == 0 {
		return []block{para{Text: styled(unknown, "No option is known: neither the maker nor the catalogue offers one.")}}
	}
	list := chosen(r.Options)
	t := table{Caption: "Options for " + r.ID, Tight: true, Line: true, Cols: []column{{"What can be done", 113, false}, {"Kind", 19, false}, {"Safety", 14, false}, {"Effect.", 14, false}, {"Security", 14, false}}}
	for _, o := range list {
		text := b.optionText(o)
		if conflicting(o) {
			text = text.add(warn, " · trade-off to record: it helps one property and harms another")
		}
		kind := controlKinds[o.Kind]
		if kind == "" {
			kind = orUnknown(string(o.Kind))
		}
		t.Rows = append(t.Rows, row{Cells: []cell{{Text: text}, {Text: styled(dim, kind)},
			{Text: effect(o, wardbook.Safety)}, {Text: effect(o, wardbook.Effectiveness)}, {Text: effect(o, wardbook.Security)}}})
	}
	if n := len(r.Options) - len(list); n > 0 {
		t.More = "and " + count(n, "more option", "more options") + ": see assessment.json, or wardbook why " + r.ID
	}
	return []block{t}
}

// optionText is what an option says and who says it: a control of the
// catalogue by its name, which leads to its text; the maker's as it stands.
func (b *builder) optionText(o wardbook.ControlOption) rich {
	if o.Control != "" {
		name, text, ok := strings.Cut(o.Text, ": ")
		if !ok {
			return txt(o.Text)
		}
		b.measures[o.Control] = measure{name, text}
		return rich{}.link(plain, name, o.Control)
	}
	text := txt(brief(o.Text, maxOptionText)).add(dim, " · ")
	if o.URL != "" {
		return text.link(plain, orUnknown(o.Source), o.URL)
	}
	return text.add(dim, orUnknown(o.Source))
}

// A measure is a control of the catalogue that the report names.
type measure struct{ name, text string }

// measureTable tells the controls of the catalogue that risks only name.
func (b *builder) measureTable() []block {
	if len(b.measures) == 0 {
		return nil
	}
	t := table{Caption: "Measures of the catalogue", Tight: true, Cols: []column{{"Measure", 50, false}, {"What it means", 124, false}}}
	for _, id := range slices.Sorted(maps.Keys(b.measures)) {
		m := b.measures[id]
		t.Rows = append(t.Rows, row{ID: id, Cells: []cell{{Text: styled(bold, m.name)}, {Text: txt(m.text).add(mono, "  "+id)}}})
	}
	return []block{heading{Depth: 2, ID: "measures", Text: "Measures of the catalogue that risks name", Outline: true}, t}
}

func effect(o wardbook.ControlOption, k wardbook.KeyProperty) rich {
	switch o.Effect[k] {
	case wardbook.Better:
		return styled(good, "↓ better")
	case wardbook.Worse:
		return styled(bad, "↑ worse")
	case wardbook.NoEffect:
		return styled(dim, "none")
	}
	return styled(unknown, "unknown")
}

// conflicting reports whether an option helps one property and harms another.
func conflicting(o wardbook.ControlOption) bool {
	var better, worse bool
	for _, e := range o.Effect {
		better = better || e == wardbook.Better
		worse = worse || e == wardbook.Worse
	}
	return better && worse
}
