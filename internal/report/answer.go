package report

import (
	"fmt"
	"strings"

	"github.com/wardbook/wardbook"
)

var properties = map[wardbook.KeyProperty]string{
	wardbook.Safety: "Safety", wardbook.Effectiveness: "Effectiveness", wardbook.Security: "Security",
}

var statusNames = map[wardbook.Status]string{
	wardbook.Affected: "Affected", wardbook.PossiblyAffected: "Possibly affected", wardbook.UnderInvestigation: "Under investigation",
	wardbook.NotAffected: "Not affected", wardbook.Fixed: "Fixed",
}

// status writes a VEX status for people, with its weight.
func status(s wardbook.Status) span {
	kinds := map[wardbook.Status]spanKind{
		wardbook.Affected: bad, wardbook.PossiblyAffected: unknown, wardbook.UnderInvestigation: warn,
		wardbook.NotAffected: good, wardbook.Fixed: good,
	}
	n := statusNames[s]
	if n == "" {
		n = orUnknown(string(s))
	}
	return span{Text: n, Kind: kinds[s]}
}

// onePageWards is how many care areas fit on the page of the answer.
const onePageWards = 4

// answer is the section that a reader with one minute reads: it is made to
// fit one printed page, and its long lists follow on the next.
func (b *builder) answer() []block {
	s := &b.a.Summary
	out := []block{
		para{Lead: true, Text: b.verdict()},
		metrics{Items: b.metrics()},
		b.matrices(),
		heading{Depth: 2, ID: "first", Text: "What to do first"},
	}
	if len(s.First) == 0 {
		out = append(out, para{Text: txt("Nothing is proposed.")})
	} else {
		out = append(out, b.todos())
	}
	out = append(out, b.worstWards())
	if len(s.First) > 0 {
		out = append(out, heading{Depth: 2, ID: "first-why", Text: "Why these come first, and all their wards", Outline: true}, b.whyFirst())
	}
	out = append(out,
		heading{Depth: 2, ID: "wards", Text: "All wards with open findings, worst first", Outline: true}, b.wards(min(b.lim.Wards, len(s.Wards))))
	return append(out, b.exploited()...)
}

// verdict says the answer in two sentences.
func (b *builder) verdict() rich {
	s := &b.a.Summary
	var r rich
	switch s.Unacceptable {
	case 0:
		r = txt("No risk is proposed as unacceptable under the policy. ")
		if unk := b.unrated(); unk > 0 {
			r = r.add(unknown, fmt.Sprintf("%s could not be rated in full. ", count(unk, "risk", "risks")))
		}
	case 1:
		r = styled(bold, "1 risk is proposed as unacceptable under the policy. ")
	default:
		r = styled(bold, group(s.Unacceptable)+" risks are proposed as unacceptable under the policy. ")
	}
	wards := 0
	for _, w := range s.Wards {
		if w.Unacceptable > 0 {
			wards++
		}
	}
	if wards > 0 {
		r = r.add(plain, fmt.Sprintf("They touch devices in %s. ", count(wards, "care area", "care areas")))
	}
	r = r.add(plain, fmt.Sprintf("%s of %s are affected", group(s.DevicesAffected), count(s.Devices, "device", "devices")))
	if s.DevicesPossibly > 0 {
		r = r.add(plain, fmt.Sprintf(" and %s may be", group(s.DevicesPossibly)))
	}
	r = r.add(plain, ".")
	if s.Overdue > 0 {
		r = r.add(bad, fmt.Sprintf(" %s overdue.", count(s.Overdue, "risk is", "risks are")))
	}
	return r
}

// unrated counts risks with at least one evaluation without a level.
func (b *builder) unrated() int {
	n := 0
	for i := range b.a.Risks {
		for _, k := range wardbook.KeyProperties {
			if b.a.Risks[i].Evaluation(k).Level == "" {
				n++
				break
			}
		}
	}
	return n
}

func (b *builder) metrics() []metric {
	s := &b.a.Summary
	loud := func(n int, k spanKind) spanKind {
		if n == 0 {
			return plain
		}
		return k
	}
	exploited := metric{"Known exploited", group(s.KnownExploited), "open findings on CISA’s list", loud(s.KnownExploited, bad)}
	if !b.has(wardbook.InputKEV) && s.KnownExploited == 0 {
		exploited = metric{"Known exploited", "?", "no KEV catalogue was given", unknown}
	}
	return []metric{
		{"Unacceptable risks", group(s.Unacceptable), "of " + group(s.Risks) + " proposed", loud(s.Unacceptable, bad)},
		{"Devices affected", group(s.DevicesAffected), group(s.DevicesPossibly) + " more possibly", plain},
		exploited,
		{"Version unknown", group(s.DevicesNoVersion), "devices, not counted as good", loud(s.DevicesNoVersion, unknown)},
		{"Questions for people", group(s.Questions), "answers make this sharper", loud(s.Questions, unknown)},
	}
}

// matrices are the three pictures of open risks.
func (b *builder) matrices() block {
	f := figures{}
	for _, k := range wardbook.KeyProperties {
		f.Items = append(f.Items, b.s.matrixFigure(k, b.a.Summary.Matrices[k]))
	}
	for _, l := range b.s.Levels {
		f.Legend = append(f.Legend, span{Kind: tile, Level: l.ID, Text: l.Name + ", " + acceptability(l)}, span{Text: "    "})
	}
	f.Legend = append(f.Legend, span{Kind: tile, Text: "not rated"})
	return f
}

func acceptability(l levelStyle) string {
	switch l.Acceptable {
	case wardbook.Yes:
		return "acceptable"
	case wardbook.No:
		return "unacceptable"
	default:
		return "a person decides"
	}
}

// late reports whether a date lies before another.
func late(due, at string) bool {
	d, ok1 := date(due)
	n, ok2 := date(at)
	return ok1 && ok2 && d.Before(n)
}

// few joins the first n of a list and says how many more there are.
func few(list []string, n int) string {
	if len(list) <= n {
		return strings.Join(list, "; ")
	}
	return fmt.Sprintf("%s; and %s more", strings.Join(list[:n], "; "), group(len(list)-n))
}

// ref is a text that leads to the place of an id in the report, where it has
// one.
func (b *builder) ref(k spanKind, id, text string) rich {
	if b.shown[id] {
		return rich{}.link(k, text, id)
	}
	return styled(k, text)
}

// worstWards names the worst care areas in a few lines.
func (b *builder) worstWards() block {
	all := b.a.Summary.Wards
	if len(all) == 0 {
		return para{Text: txt("No care area has an open finding.")}
	}
	r := styled(bold, "Devices with an unacceptable risk, by ward:   ")
	for _, w := range all[:min(len(all), onePageWards)] {
		r = append(r, span{Kind: tile, Level: w.Worst, Text: wardName(w.Site, w.Location) + ":\u00a0" + group(w.Unacceptable)}, span{Text: "   "})
	}
	if n := len(all) - onePageWards; n > 0 {
		r = r.add(dim, "and "+group(n)+" more wards in the table that follows.")
	}
	return para{Small: true, Text: r}
}

func (b *builder) wards(n int) block {
	t := table{Caption: "Wards", Compact: true, Line: true, Cols: []column{{"Site and ward", 66, false}, {"Worst", 28, false}, {"Devices", 16, true}, {"Affected", 17, true}, {"Possibly", 17, true}, {"With an unacceptable risk", 40, true}}}
	for _, w := range b.a.Summary.Wards[:n] {
		u := txt(group(w.Unacceptable))
		if w.Unacceptable > 0 {
			u = styled(bad, group(w.Unacceptable))
		}
		t.Rows = append(t.Rows, row{Cells: []cell{
			{Text: txt(wardName(w.Site, w.Location))}, {Text: rich{{Kind: level, Level: w.Worst}}},
			{Text: txt(group(w.Devices))}, {Text: txt(group(w.Affected))}, {Text: txt(group(w.Possibly))}, {Text: u},
		}})
	}
	t.More = andMore(len(b.a.Summary.Wards), n, "Wards")
	if len(t.Rows) == 0 {
		return para{Text: txt("There are none.")}
	}
	return t
}

// wardName names a care area as risks do.
func wardName(site, location string) string {
	switch {
	case site == "" && location == "":
		return "Ward unknown"
	case site == "":
		return location
	case location == "":
		return site + " / ward unknown"
	}
	return site + " / " + location
}

// maxExploited is how many known exploited vulnerabilities are listed.
const maxExploited = 40

// exploited lists the vulnerabilities that are known to be exploited and open.
func (b *builder) exploited() []block {
	out := []block{heading{Depth: 2, ID: "exploited", Text: "Known to be exploited by attackers", Outline: true}}
	t := table{Caption: "Known to be exploited", Cols: []column{{"Vulnerability", 30, false}, {"Product", 62, false}, {"Status", 28, false}, {"Listed since", 22, false}, {"Ransomware", 20, false}, {"Devices", 14, true}}, Compact: true}
	all := 0
	for i := range b.a.Findings {
		f := &b.a.Findings[i]
		if f.KEV == nil || !f.Status.Open() {
			continue
		}
		if all++; all > maxExploited {
			continue
		}
		ransom := styled(dim, "not known")
		if f.KEV.Ransomware == wardbook.Yes {
			ransom = styled(bad, "known use")
		}
		t.Rows = append(t.Rows, row{Cells: []cell{
			{Text: b.ref(mono, f.ID, f.Vulnerability)}, {Text: txt(b.productName(f.Product))}, {Text: rich{status(f.Status)}},
			{Text: txt(shortDate(f.KEV.DateAdded))}, {Text: ransom}, {Text: txt(group(len(f.Devices)))},
		}})
	}
	t.More = andMore(all, len(t.Rows), "Findings")
	if all == 0 {
		text := "No open finding is in the catalogue of known exploited vulnerabilities that was given."
		if !b.has(wardbook.InputKEV) {
			text = "Unknown: no catalogue of known exploited vulnerabilities (KEV) was given."
		}
		return append(out, para{Text: txt(text)})
	}
	return append(out, t)
}

// has reports whether an input of a kind was given.
func (b *builder) has(k wardbook.InputKind) bool {
	for _, in := range b.a.Inputs {
		if in.Kind == k {
			return true
		}
	}
	return false
}
