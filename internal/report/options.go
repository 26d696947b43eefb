package report

import (
	"slices"

	"github.com/wardbook/wardbook"
)

var controlKinds = map[wardbook.ControlKind]string{
	wardbook.Inherent: "1 Inherent", wardbook.Protective: "2 Protective", wardbook.Information: "3 Information",
}

// maxOptions is how many options of one risk are shown.
const maxOptions = 10

// options lists what can be done, in the order of ISO 14971:2019, 7.1, and
// marks options that help one property and harm another.
func (b *builder) options(r *wardbook.Risk) []block {
	h := heading{Depth: 3, Text: "What can be done"}
	if len(r.Options) == 0 {
		return []block{h, para{Text: styled(unknown, "No option is known: neither the maker nor the catalogue offers one.")}}
	}
	list := slices.Clone(r.Options)
	slices.SortStableFunc(list, func(x, y wardbook.ControlOption) int {
		return slices.Index(wardbook.ControlKinds, x.Kind) - slices.Index(wardbook.ControlKinds, y.Kind)
	})
	t := table{Caption: "Options for " + r.ID, Compact: true, Cols: []column{{"Kind", 24, false}, {"Option", 67, false}, {"From", 29, false}, {"Safety", 17, false}, {"Effect.", 17, false}, {"Security", 17, false}}}
	for _, o := range list[:min(len(list), maxOptions)] {
		text := txt(o.Text)
		if conflicting(o) {
			text = text.line().add(warn, "Trade-off to record: it helps one property and harms another.")
		}
		from := txt(o.Source)
		if o.URL != "" {
			from = rich{}.link(plain, orUnknown(o.Source), o.URL)
		}
		if o.Control != "" {
			from = from.line().add(dim, named(b.Controls, o.Control))
		}
		kind := controlKinds[o.Kind]
		if kind == "" {
			kind = orUnknown(string(o.Kind))
		}
		t.Rows = append(t.Rows, row{Cells: []cell{{Text: txt(kind)}, {Text: text}, {Text: from},
			{Text: effect(o, wardbook.Safety)}, {Text: effect(o, wardbook.Effectiveness)}, {Text: effect(o, wardbook.Security)}}})
	}
	if n := len(list) - maxOptions; n > 0 {
		t.More = "and " + count(n, "more option", "more options") + ": see assessment.json"
	}
	return []block{h, t}
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
