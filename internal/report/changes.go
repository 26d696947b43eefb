package report

import (
	"fmt"
	"strings"

	"github.com/wardbook/wardbook"
)

// maxChanged is how many rows each list of changes shows.
const maxChanged = 60

// changes is the section on what differs from an earlier assessment.
func (b *builder) changes() []block {
	c := b.a.Changes
	if c == nil {
		return []block{para{Text: txt("No earlier assessment was given, so nothing can be compared. Give one with --since.")}}
	}
	out := []block{
		para{Lead: true, Text: txt(fmt.Sprintf("Compared with the assessment as of %s (%s).", longDate(c.Since), c.Path))},
		table{Caption: "Counts", Compact: true, Cols: []column{{"", 60, false}, {"New", 20, true}, {"Gone", 20, true}, {"Changed", 20, true}}, Rows: []row{
			counts("Risks", len(c.NewRisks), len(c.GoneRisks), len(c.ChangedRisks)),
			counts("Findings", len(c.New), len(c.Gone), len(c.Changed)),
			counts("Devices", len(c.NewDevices), len(c.GoneDevices), -1),
			counts("Questions (gone: answered)", len(c.NewQuestions), len(c.AnsweredQuestions), -1),
		}},
	}
	risks := map[string]string{}
	for i := range b.a.Risks {
		risks[b.a.Risks[i].ID] = b.a.Risks[i].Title
	}
	findings := func(id string) string {
		if f := b.findings[id]; f != nil {
			return f.Vulnerability + " in " + b.productName(f.Product)
		}
		return ""
	}
	out = append(out, b.newThings("New risks", c.NewRisks, func(id string) string { return risks[id] })...)
	out = append(out, changedThings("Changed risks", c.ChangedRisks, func(id string) string { return risks[id] })...)
	out = append(out, goneThings("Risks that are gone", c.GoneRisks)...)
	out = append(out, b.newThings("New findings", c.New, findings)...)
	out = append(out, changedThings("Changed findings", c.Changed, findings)...)
	out = append(out, goneThings("Findings that are gone", c.Gone)...)
	out = append(out, idList("New devices", c.NewDevices)...)
	out = append(out, idList("Devices that are gone", c.GoneDevices)...)
	return out
}

func counts(what string, n ...int) row {
	r := row{Cells: []cell{{Text: txt(what)}}}
	for _, v := range n {
		if v < 0 {
			r.Cells = append(r.Cells, cell{Text: styled(dim, "–")})
			continue
		}
		r.Cells = append(r.Cells, cell{Text: txt(group(v))})
	}
	return r
}

// moreChanges is the line under a list of changes that was cut.
func moreChanges(all int) string {
	if all <= maxChanged {
		return ""
	}
	return fmt.Sprintf("and %s more: see changes in assessment.json", group(all-maxChanged))
}

func (b *builder) newThings(title string, ids []string, what func(string) string) []block {
	if len(ids) == 0 {
		return nil
	}
	t := table{Caption: title, Compact: true, Cols: []column{{"Id", 34, false}, {"What", 140, false}}, More: moreChanges(len(ids))}
	for _, id := range ids[:min(len(ids), maxChanged)] {
		t.Rows = append(t.Rows, row{Cells: []cell{{Text: b.ref(mono, id, id)}, {Text: txt(what(id))}}})
	}
	return []block{heading{Depth: 2, Text: title}, t}
}

func goneThings(title string, gone []wardbook.GoneFinding) []block {
	if len(gone) == 0 {
		return nil
	}
	t := table{Caption: title, Compact: true, Cols: []column{{"Id", 34, false}, {"What", 140, false}}, More: moreChanges(len(gone))}
	for _, g := range gone[:min(len(gone), maxChanged)] {
		t.Rows = append(t.Rows, row{Cells: []cell{{Text: styled(mono, g.ID)}, {Text: txt(g.Title)}}})
	}
	return []block{heading{Depth: 2, Text: title}, t}
}

func changedThings(title string, list []wardbook.ChangedFinding, what func(string) string) []block {
	if len(list) == 0 {
		return nil
	}
	t := table{Caption: title, Compact: true, Cols: []column{{"Id", 34, false}, {"What", 60, false}, {"Field", 30, false}, {"Was", 25, false}, {"Is", 25, false}}, More: moreChanges(len(list))}
	for _, c := range list[:min(len(list), maxChanged)] {
		t.Rows = append(t.Rows, row{Cells: []cell{
			{Text: rich{}.link(mono, c.ID, c.ID)}, {Text: txt(what(c.ID))}, {Text: txt(c.Field)}, {Text: txt(orUnknown(c.From))}, {Text: styled(bold, orUnknown(c.To))},
		}})
	}
	return []block{heading{Depth: 2, Text: title}, t}
}

func idList(title string, ids []string) []block {
	if len(ids) == 0 {
		return nil
	}
	text := strings.Join(ids[:min(len(ids), maxChanged)], ", ")
	out := []block{heading{Depth: 2, Text: title}, para{Text: styled(mono, text)}}
	if m := moreChanges(len(ids)); m != "" {
		out = append(out, para{Small: true, Text: txt(m)})
	}
	return out
}
