package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/wardbook/wardbook"
)

// ordered returns the risks with unacceptable ones first, then by the worst
// level, then by due date. The order inside is the assessment's own.
func (b *builder) ordered() []*wardbook.Risk {
	out := make([]*wardbook.Risk, len(b.a.Risks))
	for i := range b.a.Risks {
		out[i] = &b.a.Risks[i]
	}
	slices.SortStableFunc(out, func(x, y *wardbook.Risk) int {
		return cmp.Or(-boolean(x.Unacceptable(), y.Unacceptable()), cmp.Compare(b.worst(y), b.worst(x)), dueOrder(x.Due, y.Due))
	})
	return out
}

func boolean(x, y bool) int {
	switch {
	case x == y:
		return 0
	case x:
		return 1
	}
	return -1
}

// dueOrder puts earlier dates first and no date last.
func dueOrder(x, y string) int {
	if (x == "") != (y == "") {
		return boolean(x == "", y == "")
	}
	return strings.Compare(x, y)
}

// worst is the rank of the worst of the three levels.
func (b *builder) worst(r *wardbook.Risk) int {
	w := -1
	for _, k := range wardbook.KeyProperties {
		w = max(w, b.s.rank(r.Evaluation(k).Level))
	}
	return w
}

// chooseShown decides which risks are told in full, and so where links lead.
func (b *builder) chooseShown() {
	for i, r := range b.ordered() {
		if i < b.told() {
			b.shown[r.ID] = true
			for _, id := range r.Findings[:min(len(r.Findings), b.lim.PerRisk)] {
				b.shown[id] = true
			}
		}
	}
	for i, f := range b.listedFindings() {
		if i < b.lim.Findings {
			b.shown[f.ID] = true
		}
	}
	for i := range b.a.Questions[:min(len(b.a.Questions), b.lim.Questions)] {
		b.shown[b.a.Questions[i].ID] = true
	}
}

// told is how many risks are told in full.
func (b *builder) told() int { return min(len(b.a.Risks), b.lim.Risks) }

// risks is the section with one sheet per risk.
func (b *builder) risks() []block {
	all := b.ordered()
	if len(all) == 0 {
		return []block{para{Text: txt("No risk is proposed.")}}
	}
	told := b.told()
	out := []block{para{Text: txt(fmt.Sprintf("%s: unacceptable ones first, then by their worst level. Each shows how the hazard can lead to harm, three evaluations that are never averaged, the rule behind each value, where the devices are, the proof, and what can be done.", count(len(all), "risk", "risks")))}}
	proven := map[string]bool{}
	for _, r := range all[:told] {
		out = append(out, b.risk(r, proven)...)
	}
	rest := all[told:]
	if len(rest) == 0 {
		return out
	}
	t := table{Caption: "Further risks", Compact: true, Cols: []column{{"Id", 28, false}, {"Risk", 67, false}, {"Safety", 14, false}, {"Effect.", 14, false}, {"Security", 15, false}, {"Due", 20, false}, {"Devices", 16, true}}}
	for _, r := range rest[:min(len(rest), b.lim.Listed)] {
		t.Rows = append(t.Rows, row{Cells: []cell{
			{Text: styled(mono, r.ID)}, {Text: furtherTitle(r)}, {Text: rich{{Kind: tile, Level: r.Safety.Level}}}, {Text: rich{{Kind: tile, Level: r.Effectiveness.Level}}},
			{Text: rich{{Kind: tile, Level: r.Security.Level}}}, {Text: txt(shortDate(r.Due))}, {Text: txt(group(len(r.Devices)))},
		}})
	}
	t.More = andMore(len(rest), len(t.Rows), "Risks")
	return append(out, heading{Depth: 2, ID: "further-risks", Text: "Further risks", Outline: true},
		para{Text: txt("These are less severe or equally so; unacceptable ones among them are marked. Their rules and proofs stand in assessment.xlsx, sheet Risks, and in assessment.json.")}, t)
}

// furtherTitle is the title of a risk that is only listed.
func furtherTitle(r *wardbook.Risk) rich {
	if r.Unacceptable() {
		return txt(r.Title).add(bad, " · unacceptable")
	}
	return txt(r.Title)
}

// risk tells one risk. A finding that was proven under an earlier risk is
// only pointed to.
func (b *builder) risk(r *wardbook.Risk, proven map[string]bool) []block {
	h := heading{Depth: 2, ID: r.ID, Text: r.Title, Outline: true}
	for _, k := range wardbook.KeyProperties {
		h.Tags = append(h.Tags, span{Text: properties[k] + " ", Kind: dim}, span{Kind: tile, Level: r.Evaluation(k).Level}, span{Text: "   "})
	}
	due := txt(shortDate(r.Due))
	switch {
	case r.Due == "":
		due = styled(dim, "the policy sets none")
	case r.Overdue:
		due = styled(bad, shortDate(r.Due)+", overdue")
	}
	if r.DueRule != "" {
		due = due.add(dim, " · "+r.DueRule)
	}
	meta := []pair{
		{"Id", styled(mono, r.ID).add(dim, " · state: "+orUnknown(string(r.State)))},
		{"Product", txt(b.productName(r.Product)).add(dim, b.clinical(r))},
	}
	meta = append(meta, pair{"Proposed first", styled(bold, orUnknown(r.Action))}, pair{"Due", due})
	out := []block{h, pairs{Rows: meta}, b.chain(r), b.evaluations(r)}
	out = append(out, b.riskWards(r)...)
	out = append(out, b.proofs(r, proven)...)
	return append(out, b.options(r)...)
}

func (b *builder) clinical(r *wardbook.Risk) string {
	if r.ClinicalFunction == "" {
		return ""
	}
	return " · clinical function: " + r.ClinicalFunction
}

func (b *builder) chain(r *wardbook.Risk) block {
	c := r.Chain
	seq := chainLink{Cap: "Sequence of events"}
	switch len(c.Sequence) {
	case 0:
		seq.Title = "unknown"
	case 1:
		seq.Title = c.Sequence[0]
	default:
		for i, s := range c.Sequence {
			seq.Lines = append(seq.Lines, fmt.Sprintf("%d  %s", i+1, s))
		}
	}
	hazard := chainLink{Cap: "Hazard", Title: orUnknown(c.Hazard)}
	if n := named(b.Hazards, r.Hazard); n != "" && n != c.Hazard {
		hazard.Lines = []string{n}
	}
	return chain{Links: []chainLink{hazard, seq, {Cap: "Hazardous situation", Title: orUnknown(c.Situation)}, {Cap: "Harm", Title: orUnknown(c.Harm), Harm: true}}}
}

// evaluations sets the three evaluations side by side.
func (b *builder) evaluations(r *wardbook.Risk) block {
	t := table{Caption: "Evaluations of " + r.ID, Cols: []column{{"", 27, false}}}
	rows := make([]row, 6)
	for i, l := range []string{"Level", "Severity", "Likelihood", "Acceptable", "Who may accept", "Rules"} {
		rows[i].Cells = []cell{{Text: styled(dim, l)}}
	}
	for _, k := range wardbook.KeyProperties {
		e := r.Evaluation(k)
		t.Cols = append(t.Cols, column{properties[k], 50, false})
		first := cell{Text: rich{{Kind: level, Level: e.Level}}}
		if f, ok := b.s.positionFigure(k, e); ok {
			first.Fig = &f
		}
		why := rich{}
		for _, w := range e.Why {
			why = why.line().add(bold, w.Step+" ").add(plain, w.Detail)
		}
		if len(why) == 0 {
			why = styled(unknown, "none recorded")
		}
		values := []cell{first,
			{Text: b.position(e.Severity, b.s.Severity[k])}, {Text: b.position(e.Likelihood, b.s.Likelihood[k])},
			{Text: acceptable(e)}, {Text: txt(e.Authority)}, {Text: why}}
		if e.Authority == "" {
			values[4].Text = styled(dim, "–")
		}
		for i := range rows {
			rows[i].Cells = append(rows[i].Cells, values[i])
		}
	}
	t.Rows = rows
	return t
}

func (b *builder) position(n int, scale []step) rich {
	if n == 0 {
		return styled(unknown, "unknown")
	}
	r := styled(bold, fmt.Sprint(n))
	if len(scale) > 0 {
		r = r.add(dim, fmt.Sprintf(" of %d", len(scale)))
	}
	if s := name(scale, n); s != "" {
		r = r.add(plain, "  "+s)
	}
	return r
}

func acceptable(e *wardbook.Evaluation) rich {
	switch e.Acceptable {
	case wardbook.Yes:
		return styled(good, "yes, as proposed")
	case wardbook.No:
		return styled(bad, "no")
	}
	return styled(unknown, "unknown")
}

// maxRiskWards is how many wards of one risk are listed.
const maxRiskWards = 8

// riskWards lists the devices of a risk by ward.
func (b *builder) riskWards(r *wardbook.Risk) []block {
	byWard := map[string][]string{}
	var wards []string
	for _, id := range r.Devices {
		w := "Ward unknown"
		if d := b.devices[id]; d != nil {
			w = wardName(d.Site, d.Location)
		}
		if byWard[w] == nil {
			wards = append(wards, w)
		}
		byWard[w] = append(byWard[w], id)
	}
	slices.SortStableFunc(wards, func(x, y string) int { return cmp.Compare(len(byWard[y]), len(byWard[x])) })
	t := table{Caption: "Devices of " + r.ID, Compact: true, Cols: []column{{"Ward", 56, false}, {"Devices", 16, true}, {"Which", 102, false}}}
	for _, w := range wards[:min(len(wards), maxRiskWards)] {
		ids := byWard[w]
		which := styled(mono, strings.Join(ids[:min(len(ids), b.lim.PerWard)], ", "))
		if m := andMore(len(ids), b.lim.PerWard, "Devices"); m != "" {
			which = which.line().add(dim, m)
		}
		t.Rows = append(t.Rows, row{Cells: []cell{{Text: txt(w)}, {Text: txt(group(len(ids)))}, {Text: which}}})
	}
	t.More = andMore(len(wards), len(t.Rows), "Devices")
	h := heading{Depth: 3, Text: fmt.Sprintf("%s in %s", count(len(r.Devices), "device", "devices"), count(len(wards), "ward", "wards"))}
	if len(wards) == 0 {
		return []block{h, para{Text: styled(unknown, "No device is recorded for this risk.")}}
	}
	return []block{h, t}
}

// proofs proves the findings of a risk.
func (b *builder) proofs(r *wardbook.Risk, proven map[string]bool) []block {
	t := table{Caption: "Findings of " + r.ID, Compact: true, Cols: []column{{"Finding", 46, false}, {"What is known", 46, false}, {"Proof", 82, false}}}
	for _, id := range r.Findings {
		f := b.findings[id]
		if f == nil || len(t.Rows) == b.lim.PerRisk {
			continue
		}
		rw := row{Cells: []cell{{Text: b.findingName(f)}, {Text: facts(f)}, {Text: proof(f)}}}
		if !proven[id] {
			rw.ID, proven[id] = id, true
		}
		t.Rows = append(t.Rows, rw)
	}
	t.More = andMore(len(r.Findings), len(t.Rows), "Findings")
	summary := count(len(r.Findings), "finding", "findings") + " with proof"
	if len(t.Rows) == 0 {
		return []block{heading{Depth: 3, Text: summary}, para{Text: styled(unknown, "No finding is recorded for this risk.")}}
	}
	return []block{details{Summary: summary, Blocks: []block{t}}}
}

func (b *builder) findingName(f *wardbook.Finding) rich {
	t := styled(bold, f.Vulnerability)
	if f.Title != "" {
		t = t.line().add(plain, f.Title)
	}
	if f.Component != nil && *f.Component != "" {
		t = t.line().add(dim, "component ").add(mono, *f.Component)
	}
	if f.Advisory != "" {
		t = t.line().add(dim, "advisory "+f.Advisory)
	}
	return t.line().add(mono, f.ID)
}

// facts are the scores of a finding.
func facts(f *wardbook.Finding) rich {
	t := rich{status(f.Status)}.add(dim, fmt.Sprintf(" · confidence %d %%", percent(f.Confidence)))
	if f.CVSS != nil {
		t = t.line().add(plain, fmt.Sprintf("CVSS %s: %.1f", f.CVSS.Version, f.CVSS.Score)).line().add(mono, f.CVSS.Vector)
	} else {
		t = t.line().add(unknown, "CVSS unknown")
	}
	if f.KEV != nil {
		t = t.line().add(bad, "known exploited").add(dim, " · KEV "+shortDate(f.KEV.DateAdded))
	}
	if f.EPSS != nil {
		t = t.line().add(plain, "EPSS "+probability(f.EPSS.Probability)).add(dim, fmt.Sprintf(" · percentile %d", int(f.EPSS.Percentile*100)))
	}
	return t
}

// percent never rounds up to certainty.
func percent(p float64) int { return int(p * 100) }

func probability(p float64) string {
	if p > 0 && p < 0.001 {
		return "< 0.1 %"
	}
	return fmt.Sprintf("%.1f %%", p*100)
}

// proof writes the steps that led to a status, and what speaks against it.
func proof(f *wardbook.Finding) rich {
	var t rich
	for i, w := range f.Why {
		t = t.line().add(dim, fmt.Sprintf("%d  ", i+1)).add(bold, w.Step).add(plain, ": "+w.Detail)
	}
	if len(t) == 0 {
		t = styled(unknown, "none recorded")
	}
	for _, c := range f.Conflicts {
		t = t.line().add(warn, "but "+c.Origin+" says ").add(bold, strings.ToLower(status(c.Status).Text)).add(plain, after(": ", c.Detail))
	}
	return t
}

// after puts a mark before a text that is not empty.
func after(mark, s string) string {
	if s == "" {
		return ""
	}
	return mark + s
}
