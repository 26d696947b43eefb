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
	out := []block{para{Text: txt(fmt.Sprintf("%s: %s. Findings that a statement or a version range settles are listed too. CVSS is the severity score, of 10. Under “exploited” stands “known” where the vulnerability is on the list of known exploited ones (KEV), and the probability of exploitation within 30 days (EPSS).", count(len(b.a.Findings), "finding", "findings"), strings.Join(parts, ", ")))}}
	if len(b.a.Findings) == 0 {
		return out
	}
	// The anchor of a finding is its proof under a risk, else its row here.
	proven := map[string]bool{}
	for _, r := range b.ordered()[:b.told()] {
		for _, id := range b.proven(r) {
			proven[id] = true
		}
	}
	t := table{Caption: "Findings", Tight: true, Cols: []column{{"Vulnerability", 27, false}, {"Product and component", 53, false}, {"Status", 24, false}, {"CVSS", 11, true}, {"Exploited", 17, false}, {"Devices", 14, true}, {"Advisory", 28, false}}}
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
			exploit = styled(bad, "known")
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
