package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/wardbook/wardbook"
)

// A rule is one distinct Step.Step with how often it was used, and where.
type rule struct {
	Text  string
	Used  string // "findings", "safety", …, joined by ", "
	Count int
	order int
}

// rules collects every rule that an assessment used, the most used first.
func rules(a *wardbook.Assessment) []rule {
	type use struct {
		count int
		where map[string]bool
	}
	uses := map[string]*use{}
	note := func(steps []wardbook.Step, where string) {
		for _, s := range steps {
			u := uses[s.Step]
			if u == nil {
				u = &use{where: map[string]bool{}}
				uses[s.Step] = u
			}
			u.count++
			u.where[where] = true
		}
	}
	for i := range a.Findings {
		note(a.Findings[i].Why, "findings")
	}
	for i := range a.Risks {
		for _, k := range wardbook.KeyProperties {
			note(a.Risks[i].Evaluation(k).Why, string(k))
		}
		if d := a.Risks[i].DueRule; d != "" {
			note([]wardbook.Step{{Step: d}}, "due dates")
		}
	}
	places := []string{"findings", "safety", "effectiveness", "security", "due dates"}
	out := make([]rule, 0, len(uses))
	for text, u := range uses {
		r := rule{Text: text, Count: u.count, order: len(places)}
		var where []string
		for i, p := range places {
			if u.where[p] {
				where = append(where, p)
				r.order = min(r.order, i)
			}
		}
		r.Used = strings.Join(where, ", ")
		out = append(out, r)
	}
	slices.SortFunc(out, func(x, y rule) int {
		return cmp.Or(cmp.Compare(x.order, y.order), cmp.Compare(y.Count, x.Count), cmp.Compare(x.Text, y.Text))
	})
	return out
}

// method is the section with the policy and every rule used.
func (b *builder) method() []block {
	out := []block{
		para{Text: txt("Inputs are decoded and matched by identifiers, names and versions; each match keeps its proof. Findings that share a cause and a consequence are put together into one risk. Each risk is judged for safety, effectiveness and security by the tables of the policy; the three are never averaged. What is absent is unknown and asked, never low.")},
		heading{Depth: 2, Text: "The policy: levels", Outline: true},
	}
	if len(b.s.Levels) == 0 {
		out = append(out, para{Text: styled(unknown, "The policy is not at hand.")})
	} else {
		t := table{Caption: "Levels", Compact: true, Cols: []column{{"Level", 36, false}, {"Acceptable", 34, false}, {"Who may accept", 52, false}, {"Meaning", 52, false}}}
		for _, l := range slices.Backward(b.s.Levels) {
			t.Rows = append(t.Rows, row{Cells: []cell{{Text: rich{{Kind: level, Level: l.ID}}}, {Text: txt(acceptability(l))}, {Text: txt(l.Authority)}, {Text: txt(l.Text)}}})
		}
		out = append(out, t)
	}
	out = append(out, b.scales()...)
	out = append(out, b.measureTable()...)
	out = append(out, glossary()...)
	return append(out, b.ruleTable()...)
}

// glossary explains the abbreviations of the report.
func glossary() []block {
	return []block{heading{Depth: 2, ID: "words", Text: "Words of this report", Outline: true}, pairs{Compact: true, Rows: []pair{
		{"Key properties", txt("Safety: no harm to people. Effectiveness: care goes on as intended. Security: data and systems are protected (IEC 80001-1).")},
		{"Risk", txt("How a weakness can lead to harm, with how severe and how likely that is. What is unknown stays unknown.")},
		{"Advisory", txt("A maker’s or an authority’s notice of weaknesses in products (CSAF).")},
		{"SBOM", txt("Software bill of materials: the list of the software parts in a device.")},
		{"VEX", txt("A statement whether a product is affected by a weakness, and why not.")},
		{"CVE, CVSS", txt("The public number of a weakness, and its severity score from 0 to 10.")},
		{"KEV, EPSS", txt("The list of weaknesses that attackers are known to use, and the estimated probability that one is used within 30 days.")},
	}}}
}

// scales shows the matrices of the policy and the steps of their axes.
func (b *builder) scales() []block {
	var f figures
	var out []block
	for _, k := range wardbook.KeyProperties {
		if len(b.s.Matrix[k]) > 0 {
			f.Items = append(f.Items, b.s.policyFigure(k))
		}
	}
	if len(f.Items) > 0 {
		out = append(out, heading{Depth: 2, Text: "The policy: matrices", Outline: true}, f)
	}
	for _, axis := range []struct {
		title string
		steps map[wardbook.KeyProperty][]step
	}{{"Severity", b.s.Severity}, {"Likelihood (security: exploitability and exposure)", b.s.Likelihood}} {
		t := table{Caption: axis.title, Compact: true, Cols: []column{{"Step", 10, true}, {"Safety", 54, false}, {"Effectiveness", 54, false}, {"Security", 54, false}}}
		n := 0
		for _, k := range wardbook.KeyProperties {
			n = max(n, len(axis.steps[k]))
		}
		for i := n; i >= 1; i-- {
			r := row{Cells: []cell{{Text: styled(bold, fmt.Sprint(i))}}}
			for _, k := range wardbook.KeyProperties {
				r.Cells = append(r.Cells, cell{Text: stepText(axis.steps[k], i)})
			}
			t.Rows = append(t.Rows, r)
		}
		if n > 0 {
			out = append(out, heading{Depth: 3, Text: axis.title}, t)
		}
	}
	return out
}

func stepText(scale []step, i int) rich {
	if i > len(scale) {
		return nil
	}
	s := scale[i-1]
	r := styled(bold, s.Name)
	if s.Text != "" && s.Text != s.Name {
		r = r.line().add(dim, s.Text)
	}
	return r
}

func (b *builder) ruleTable() []block {
	all := rules(b.a)
	out := []block{heading{Depth: 2, ID: "rules", Text: "Every rule that was used", Outline: true}}
	if len(all) == 0 {
		return append(out, para{Text: txt("No rule was used.")})
	}
	t := table{Caption: "Rules", Tight: true, Cols: []column{{"Rule", 110, false}, {"Used for", 44, false}, {"Times", 16, true}}}
	for _, r := range all[:min(len(all), b.lim.Rules)] {
		t.Rows = append(t.Rows, row{Cells: []cell{{Text: txt(r.Text)}, {Text: txt(r.Used)}, {Text: txt(group(r.Count))}}})
	}
	t.More = andMore(len(all), len(t.Rows), "Method")
	return append(out, para{Text: txt("Counts are of steps in proofs and evaluations.")}, t)
}

// unknowns is the section on what is not known and how old the data is.
func (b *builder) unknowns() []block {
	s := &b.a.Summary
	out := []block{heading{Depth: 2, Text: "What is not known", Outline: true}}
	l := list{}
	for _, u := range s.Unknowns {
		l.Items = append(l.Items, txt(u))
	}
	if len(l.Items) == 0 {
		l.Items = append(l.Items, txt("The assessment names nothing that it could not know."))
	}
	out = append(out, l,
		heading{Depth: 2, Text: "The fleet as the inventory knows it", Outline: true}, b.fleet(),
		heading{Depth: 2, Text: "How old the data is", Outline: true})
	if len(s.DataAge) == 0 {
		return append(out, para{Text: styled(unknown, "Unknown: no source of facts says how old it is.")})
	}
	t := table{Caption: "Age of the data", Compact: true, Cols: []column{{"Source", 50, false}, {"Data of", 30, false}, {"Age", 24, false}, {"Remark", 68, false}}}
	for _, d := range s.DataAge {
		age := styled(unknown, "unknown")
		switch {
		case d.Days > oldData:
			age = styled(warn, count(d.Days, "day", "days"))
		case d.Days >= 0:
			age = txt(count(d.Days, "day", "days"))
		}
		asOf := styled(unknown, "unknown")
		if d.AsOf != "" {
			asOf = txt(shortDate(d.AsOf))
		}
		t.Rows = append(t.Rows, row{Cells: []cell{{Text: txt(d.Source)}, {Text: asOf}, {Text: age}, {Text: txt(d.Note)}}})
	}
	return append(out, t)
}

// fleet says what is known of the devices, as a bar and in numbers.
func (b *builder) fleet() block {
	s := &b.a.Summary
	other := max(0, s.Devices-s.DevicesAffected-s.DevicesPossibly-s.DevicesClean)
	return figures{Items: []figure{barFigure("Devices", []barPart{
		{"affected", s.DevicesAffected, "U", "Uink"}, {"possibly affected", s.DevicesPossibly, "Q", "Qink"},
		{"with settled or other findings", other, "M", "Mink"}, {"named by nothing that was given, which is not “safe”", s.DevicesClean, "sunken", "ink2"},
	})}, Legend: txt(fmt.Sprintf("%s; %s retired. Without a version: %s. Without a maker or model: %s.",
		count(s.Devices, "device", "devices"), group(s.DevicesRetired), group(s.DevicesNoVersion), group(s.DevicesNoMaker)))}
}

// check is the section on how to check the report.
func (b *builder) check() []block {
	return []block{
		para{Text: txt("The whole answer stands in assessment.json; this report and assessment.xlsx are written from it. Whoever has the inputs can repeat the assessment and must come to the same bytes.")},
		pairs{Rows: []pair{
			{"assessment.json", styled(mono, b.Digest).line().add(dim, "SHA-256; compare with: sha256sum assessment.json")},
			{"Policy", styled(mono, b.a.Policy.SHA256).line().add(dim, "SHA-256 of "+strings.TrimSpace(b.a.Policy.ID+" "+version(b.a.Policy.Version)))},
			{"Catalogue", styled(mono, b.a.Catalog).line().add(dim, "digest of makers, aliases, device classes, hazards and controls")},
			{"Inputs", txt("SHA-256 of each: section “" + inputsTitle + "”, and assessment.xlsx, sheet Inputs")},
			{"Program", txt(b.a.Program)},
			{"Day", txt(b.a.At).add(dim, " · give it with --at to repeat due dates and ages")},
		}},
		para{Text: txt("Why a finding is there: wardbook why FINDING. Why something is not: wardbook why-not VULNERABILITY DEVICE.")},
	}
}
