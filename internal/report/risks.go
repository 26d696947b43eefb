package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/wardbook/wardbook"
)

// ordered returns the risks of the things to do first, in their order, then
// unacceptable ones, then by the worst level, then by due date. The order
// inside is the assessment's own.
func (b *builder) ordered() []*wardbook.Risk {
	first := map[string]int{}
	for i, d := range b.a.Summary.First {
		first[d.Risk] = i - len(b.a.Summary.First)
	}
	out := make([]*wardbook.Risk, len(b.a.Risks))
	for i := range b.a.Risks {
		out[i] = &b.a.Risks[i]
	}
	slices.SortStableFunc(out, func(x, y *wardbook.Risk) int {
		return cmp.Or(cmp.Compare(first[x.ID], first[y.ID]), -boolean(x.Unacceptable(), y.Unacceptable()), cmp.Compare(b.worst(y), b.worst(x)), dueOrder(x.Due, y.Due))
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
			for _, id := range b.proven(r) {
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
	intro := fmt.Sprintf("%s: those of the things to do first, then unacceptable ones by their worst level. Each shows how the hazard can lead to harm, three evaluations that are never averaged, the rule behind each value, where the devices are, the proof, and what can be done.", count(len(all), "risk", "risks"))
	if told < len(all) {
		intro += fmt.Sprintf(" The first %s are told in full here, the others are listed after them and stand with every detail in assessment.xlsx, sheet Risks, and in assessment.json.", group(told))
	}
	out := []block{para{Text: txt(intro)}, b.riskTable("Risks told in full", all[:told], func(r *wardbook.Risk) rich { return b.ref(plain, r.ID, shortTitle(r.Title)) })}
	proven := map[string]bool{}
	for _, r := range all[:told] {
		out = append(out, b.risk(r, proven)...)
	}
	rest := all[told:]
	if len(rest) == 0 {
		return out
	}
	t := b.riskTable("Further risks", rest[:min(len(rest), b.lim.Listed)], furtherTitle)
	t.More = andMore(len(rest), len(t.Rows), "Risks")
	bad := 0
	for _, r := range rest {
		if r.Unacceptable() {
			bad++
		}
	}
	text := fmt.Sprintf("%s, %s of them unacceptable: they come first. The proof of one: wardbook why and its id.", count(len(rest), "risk", "risks"), group(bad))
	return append(out, heading{Depth: 2, ID: "further-risks", Text: "Further risks", Outline: true}, para{Text: txt(text)}, t)
}

// shortTitle leaves the component out of a title that ends with the weakness.
func shortTitle(s string) string {
	i, j := strings.Index(s, " through "), strings.LastIndex(s, " (")
	if i < 0 || j < i {
		return s
	}
	return s[:i] + s[j:]
}

// riskTable lists risks, one line each.
func (b *builder) riskTable(caption string, list []*wardbook.Risk, title func(*wardbook.Risk) rich) table {
	t := table{Caption: caption, Tight: true, Line: true, Cols: []column{{caption, 124, false}, {"Safety", 11, false}, {"Effect.", 11, false}, {"Security", 13, false}, {"Devices", 13, true}}}
	for _, r := range list {
		c := []cell{{Text: title(r)}}
		for _, k := range wardbook.KeyProperties {
			c = append(c, cell{Text: rich{{Kind: tile, Level: r.Evaluation(k).Level}}})
		}
		t.Rows = append(t.Rows, row{Cells: append(c, cell{Text: txt(group(len(r.Devices)))})})
	}
	return t
}

// furtherTitle is the title of a risk that is only listed.
func furtherTitle(r *wardbook.Risk) rich {
	t := txt(r.Title)
	if r.Due != "" {
		t = t.add(dim, " · due "+shortDate(r.Due))
	}
	return t.add(mono, "  "+r.ID)
}

// risk tells one risk. A finding that was proven under an earlier risk is
// only pointed to.
func (b *builder) risk(r *wardbook.Risk, proven map[string]bool) []block {
	h := heading{Depth: 2, ID: r.ID, Text: r.Title, Outline: true}
	for _, k := range wardbook.KeyProperties {
		h.Tags = append(h.Tags, span{Text: properties[k] + " ", Kind: dim}, span{Kind: tile, Level: r.Evaluation(k).Level}, span{Text: "   "})
	}
	rule, _ := dueRule(r)
	h.Tags = h.Tags.add(mono, r.ID).add(dim, " · state: "+orUnknown(string(r.State))).add(mono, after("  ", rule))
	out := []block{h, pairs{Rows: b.meta(r), Compact: true}, b.chain(r), b.evaluations(r)}
	out = append(out, b.riskWards(r)...)
	out = append(out, b.proofs(r, proven)...)
	return append(out, b.options(r)...)
}

// meta are the facts under the title of a risk.
func (b *builder) meta(r *wardbook.Risk) []pair {
	due := txt(shortDate(r.Due))
	switch {
	case r.Due == "":
		due = styled(dim, "the policy sets none")
	case r.Overdue:
		due = styled(bad, shortDate(r.Due)+", overdue")
	}
	if _, why := dueRule(r); why != "" {
		due = due.add(dim, " · "+why)
	}
	var out []pair
	if name := b.productName(r.Product); !strings.Contains(r.Title, name) {
		out = append(out, pair{"Product", txt(name)})
	}
	if class := named(b.Classes, r.DeviceClass); class != "" || r.ClinicalFunction != "" {
		out = append(out, pair{"Device", txt(class).add(dim, after(" · ", r.ClinicalFunction))})
	}
	switch do, until := doUntil(r.Action); until {
	case "":
		out = append(out, pair{"To do", txt(orUnknown(do))})
	default:
		out = append(out, pair{"At once", txt(until)}, pair{"Then", txt(do)})
	}
	return append(out, pair{"Due", due})
}

// dueRule splits the rule of a due date into its id in the policy and the
// words.
func dueRule(r *wardbook.Risk) (id, why string) {
	id, why, ok := strings.Cut(r.DueRule, ": ")
	if !ok {
		return "", r.DueRule
	}
	return id, why
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
	switch n := named(b.Hazards, r.Hazard); {
	case n == "" || n == c.Hazard:
	case strings.HasPrefix(c.Hazard, n+": "):
		hazard.Title, hazard.Lines = n, []string{c.Hazard[len(n)+2:]}
	default:
		hazard.Lines = []string{n}
	}
	situation := chainLink{Cap: "Hazardous situation", Title: orUnknown(c.Situation)}
	if first, rest, ok := strings.Cut(c.Situation, ". "); ok {
		situation.Title, situation.Lines = first+".", []string{rest}
	}
	return chain{Links: []chainLink{hazard, seq, situation, {Cap: "Harm", Title: orUnknown(c.Harm), Harm: true}}}
}

// evaluations sets the three evaluations side by side: what they say, and
// under it, smaller, how each value came about.
func (b *builder) evaluations(r *wardbook.Risk) block {
	t := table{Caption: "Evaluations of " + r.ID, Tight: true}
	what, why := row{}, row{}
	for _, k := range wardbook.KeyProperties {
		e := r.Evaluation(k)
		width := 53.0
		if k == wardbook.Security {
			width = 68 // its likelihood has most steps
		}
		t.Cols = append(t.Cols, column{properties[k], width, false})
		first := cell{Text: rich{{Kind: level, Level: e.Level}}.line()}
		if f, ok := b.s.positionFigure(k, e); ok {
			first.Fig = &f
		}
		first.Text = append(append(first.Text, b.position("Severity ", e.Severity, b.s.Severity[k])...), span{Kind: newline})
		first.Text = append(append(first.Text, b.position("Likelihood ", e.Likelihood, b.s.Likelihood[k])...), span{Kind: newline})
		first.Text = append(first.Text, acceptable(e)...)
		if e.Authority != "" {
			first.Text = first.Text.line().add(dim, "To accept: "+e.Authority)
		}
		what.Cells = append(what.Cells, first)
		why.Cells = append(why.Cells, cell{Text: ruleText(e.Why), Fine: true})
	}
	t.Rows = []row{what, why}
	return t
}

// ruleNames say in words what kind of rule a step of an evaluation is, by the
// beginning of its id.
var ruleNames = map[string]string{
	"device_class": "Kind of device", "matrices": "Matrix", "severity": "Severity", "clinical_likelihood": "Likelihood",
	"certainty": "Certainty", "exploitability": "Exploitability", "zones": "Network", "cvss": "CVSS score",
	"evidence": "Evidence", "support_end": "End of support",
}

// ruleText writes the steps of an evaluation: words first, then the rule's id
// in the policy for who wants to look it up.
func ruleText(why []wardbook.Step) rich {
	var r rich
	for _, w := range why {
		head, _, _ := strings.Cut(w.Step, ".")
		detail := w.Detail
		if head == "matrices" {
			detail, _, _ = strings.Cut(detail, ": ") // the level's meaning stands with the method
		}
		if n := ruleNames[head]; n != "" {
			r = r.line().add(bold, n+": ").add(plain, detail).add(mono, "  "+w.Step)
			continue
		}
		r = r.line().add(bold, capital(w.Step)+": ").add(plain, w.Detail)
	}
	if len(r) == 0 {
		return styled(unknown, "No rule is recorded.")
	}
	return r
}

func (b *builder) position(axis string, n int, scale []step) rich {
	if n == 0 {
		return styled(dim, axis).add(unknown, "unknown")
	}
	r := styled(dim, axis).add(bold, fmt.Sprint(n))
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
		return styled(good, "Acceptable, as proposed")
	case wardbook.No:
		return styled(bad, "Not acceptable")
	}
	return styled(unknown, "Unknown whether it is acceptable")
}

// maxRiskWards is how many wards of one risk are listed.
const maxRiskWards = 4

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
	t := table{Caption: "Devices of " + r.ID, Tight: true, Line: true, Cols: []column{{"Ward", 66, false}, {"Devices", 16, true}, {"Which", 92, false}}}
	for _, w := range wards[:min(len(wards), maxRiskWards)] {
		ids := byWard[w]
		which := styled(mono, strings.Join(ids[:min(len(ids), b.lim.PerWard)], ", "))
		if n := len(ids) - b.lim.PerWard; n > 0 {
			which = which.add(dim, fmt.Sprintf(" and %s more", group(n)))
		}
		t.Rows = append(t.Rows, row{Cells: []cell{{Text: txt(w)}, {Text: txt(group(len(ids)))}, {Text: which}}})
	}
	if n := len(wards) - len(t.Rows); n > 0 {
		t.More = "and " + count(n, "more ward", "more wards") + ": see assessment.xlsx, sheet Devices"
	}
	if len(wards) == 0 {
		return []block{para{Text: styled(unknown, "No device is recorded for this risk.")}}
	}
	t.Cols[0].Head = fmt.Sprintf("%s in %s (all: sheet Devices)", count(len(r.Devices), "device", "devices"), count(len(wards), "ward", "wards"))
	return []block{t}
}

// proofs proves the findings of a risk.
func (b *builder) proofs(r *wardbook.Risk, proven map[string]bool) []block {
	t := table{Caption: "Findings of " + r.ID, Tight: true, Line: true, Cols: []column{{"Finding", 42, false}, {"What is known", 50, false}, {"Proof", 82, false}}}
	worst := b.worstFindings(r)
	for _, f := range worst[:min(len(worst), b.lim.PerRisk)] {
		rw := row{Cells: []cell{{Text: b.findingName(f)}, {Text: facts(f)}, {Text: proof(f), Fine: true}}}
		if !proven[f.ID] {
			rw.ID, proven[f.ID] = f.ID, true
		}
		t.Rows = append(t.Rows, rw)
	}
	if n := len(r.Findings) - len(t.Rows); n > 0 {
		var names []string
		for _, f := range worst[len(t.Rows):] {
			names = append(names, f.Vulnerability)
		}
		t.More = fmt.Sprintf("and %s more: %s: see assessment.xlsx, sheet Findings", group(n), few(names, 8))
	}
	if len(t.Rows) == 0 {
		return []block{para{Text: styled(unknown, "No finding is recorded for this risk.")}}
	}
	t.Cols[0].Head = count(len(r.Findings), "finding", "findings")
	return []block{t}
}

// worstFindings are the findings of a risk: known exploited ones first, then
// by score.
func (b *builder) worstFindings(r *wardbook.Risk) []*wardbook.Finding {
	out := make([]*wardbook.Finding, 0, len(r.Findings))
	for _, id := range r.Findings {
		if f := b.findings[id]; f != nil {
			out = append(out, f)
		}
	}
	slices.SortStableFunc(out, func(x, y *wardbook.Finding) int {
		return cmp.Or(boolean(x.KEV == nil, y.KEV == nil), cmp.Compare(score(y), score(x)))
	})
	return out
}

// proven are the ids of the findings that a risk told in full proves.
func (b *builder) proven(r *wardbook.Risk) []string {
	var ids []string
	worst := b.worstFindings(r)
	for _, f := range worst[:min(len(worst), b.lim.PerRisk)] {
		ids = append(ids, f.ID)
	}
	return ids
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
		t = t.line().add(plain, fmt.Sprintf("Severity score %.1f of 10 (CVSS %s)", f.CVSS.Score, f.CVSS.Version)).line().add(mono, f.CVSS.Vector)
	} else {
		t = t.line().add(unknown, "Severity score (CVSS) unknown")
	}
	if f.KEV != nil {
		t = t.line().add(bad, "Known to be exploited").add(dim, " · listed (KEV) "+shortDate(f.KEV.DateAdded))
	}
	if f.EPSS != nil {
		t = t.line().add(plain, "Probability of exploitation within 30 days (EPSS): "+probability(f.EPSS.Probability)).add(dim, fmt.Sprintf(" · higher than %d %% of all", int(f.EPSS.Percentile*100)))
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
