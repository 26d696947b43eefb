package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/wardbook/wardbook"
)

// listedFindings are all findings: open ones first, then by score.
func (b *builder) listedFindings() []*wardbook.Finding {
	out := make([]*wardbook.Finding, len(b.a.Findings))
	for i := range b.a.Findings {
		out[i] = &b.a.Findings[i]
	}
	slices.SortStableFunc(out, func(x, y *wardbook.Finding) int {
		return cmp.Or(
			cmp.Compare(slices.Index(wardbook.Statuses, x.Status), slices.Index(wardbook.Statuses, y.Status)),
			boolean(x.KEV == nil, y.KEV == nil), cmp.Compare(score(y), score(x)))
	})
	return out
}

func score(f *wardbook.Finding) float64 {
	if f.CVSS == nil {
		return -1
	}
	return f.CVSS.Score
}

// findingTable is the section with all findings, settled ones too.
func (b *builder) findingTable() []block {
	n := b.a.Summary.Findings
	var parts []string
	for _, s := range wardbook.Statuses {
		parts = append(parts, group(n[s])+" "+strings.ToLower(statusNames[s]))
	}
	out := []block{para{Text: txt(fmt.Sprintf("%s: %s. Findings that a statement or a version range settles are listed too.", count(len(b.a.Findings), "finding", "findings"), strings.Join(parts, ", ")))}}
	if len(b.a.Findings) == 0 {
		return out
	}
	// The anchor of a finding is its proof under a risk, else its row here.
	proven := map[string]bool{}
	for _, r := range b.ordered()[:b.told()] {
		for _, id := range r.Findings[:min(len(r.Findings), b.lim.PerRisk)] {
			proven[id] = true
		}
	}
	t := table{Caption: "Findings", Compact: true, Cols: []column{{"Vulnerability", 30, false}, {"Product and component", 52, false}, {"Status", 25, false}, {"CVSS", 11, true}, {"KEV, EPSS", 16, false}, {"Devices", 15, true}, {"Advisory", 29, false}}}
	for _, f := range b.listedFindings()[:min(len(b.a.Findings), b.lim.Findings)] {
		r := row{}
		id := styled(bold, f.Vulnerability)
		if proven[f.ID] {
			id = rich{}.link(bold, f.Vulnerability, f.ID)
		} else {
			r.ID = f.ID
		}
		product := txt(b.productName(f.Product))
		if f.Component != nil && *f.Component != "" {
			product = product.line().add(mono, *f.Component)
		}
		state := rich{status(f.Status)}.line().add(dim, fmt.Sprintf("%d %%", percent(f.Confidence)))
		if f.Justification != "" {
			state = state.add(dim, ", "+strings.ReplaceAll(string(f.Justification), "_", " "))
		}
		if len(f.Conflicts) > 0 {
			state = state.line().add(warn, "statements disagree")
		}
		cvss := styled(unknown, "?")
		if f.CVSS != nil {
			cvss = txt(fmt.Sprintf("%.1f", f.CVSS.Score))
		}
		var exploit rich
		if f.KEV != nil {
			exploit = styled(bad, "in KEV")
		}
		if f.EPSS != nil {
			exploit = exploit.line().add(plain, probability(f.EPSS.Probability))
		}
		r.Cells = []cell{{Text: id.line().add(mono, f.ID)}, {Text: product}, {Text: state}, {Text: cvss}, {Text: exploit}, {Text: txt(group(len(f.Devices)))}, {Text: txt(f.Advisory)}}
		t.Rows = append(t.Rows, r)
	}
	t.More = andMore(len(b.a.Findings), len(t.Rows), "Findings")
	return append(out, t)
}

var questionKinds = map[wardbook.QuestionKind]string{
	wardbook.AskMaker: "Maker", wardbook.AskProduct: "Product", wardbook.AskVersion: "Version", wardbook.AskRange: "Range",
	wardbook.AskCondition: "Condition", wardbook.AskComponent: "Component", wardbook.AskClass: "Device class",
	wardbook.AskScore: "Score", wardbook.AskConflict: "Conflict",
}

// perQuestion is how many devices of one question are named.
const perQuestion = 6

// questions is the section with what only a person can settle.
func (b *builder) questions() []block {
	if len(b.a.Questions) == 0 {
		return []block{para{Text: txt("There are none.")}}
	}
	out := []block{para{Text: txt(fmt.Sprintf("%s. A doubtful match is asked, never dropped and never stated as fact. Answers go into the file that the program writes for them, and apply to all matches.", count(len(b.a.Questions), "question", "questions")))}}
	t := table{Caption: "Questions", Cols: []column{{"Kind", 26, false}, {"Question", 86, false}, {"Devices", 16, true}, {"Which", 46, false}}, Compact: true}
	for i := range b.a.Questions[:min(len(b.a.Questions), b.lim.Questions)] {
		q := &b.a.Questions[i]
		kind := questionKinds[q.Kind]
		if kind == "" {
			kind = string(q.Kind)
		}
		text := txt(q.Text)
		if len(q.Choices) > 0 {
			text = text.line().add(dim, "Choices: "+few(q.Choices, 8))
		}
		which := styled(mono, strings.Join(q.Devices[:min(len(q.Devices), perQuestion)], ", "))
		if m := andMore(len(q.Devices), perQuestion, "Questions"); m != "" {
			which = which.line().add(dim, m)
		}
		t.Rows = append(t.Rows, row{ID: q.ID, Cells: []cell{
			{Text: styled(bold, kind).line().add(mono, q.ID)}, {Text: text}, {Text: txt(group(len(q.Devices)))}, {Text: which}}})
	}
	t.More = andMore(len(b.a.Questions), len(t.Rows), "Questions")
	return append(out, t)
}
