package report

import (
	"iter"
	"strings"

	"github.com/wardbook/wardbook"
)

// Tables gives every list of an assessment, in the order of the workbook's
// sheets: Summary, To do, Risks, Findings, Devices, Wards, Products,
// Questions, Inputs, Problems, Method.
func Tables(d Data) ([]Table, error) {
	b, err := newBuilder(d)
	if err != nil {
		return nil, err
	}
	return []Table{
		b.summarySheet(), b.todoSheet(), b.riskSheet(), b.findingSheet(), b.deviceSheet(), b.wardSheet(),
		b.productSheet(), b.questionSheet(), b.inputSheet(), b.problemSheet(), b.methodSheet(),
	}, nil
}

// sheetOf makes a table of one row per element.
func sheetOf[T any](name string, cols []Column, list []T, cells func(*T) []any) Table {
	return Table{Name: name, Columns: cols, Len: len(list), Rows: func(yield func([]any) bool) {
		for i := range list {
			if !yield(cells(&list[i])) {
				return
			}
		}
	}}
}

// fixedSheet makes a table of rows at hand.
func fixedSheet(name string, cols []Column, rows [][]any) Table {
	return sheetOf(name, cols, rows, func(r *[]any) []any { return *r })
}

func (b *builder) summarySheet() Table {
	s := &b.a.Summary
	rows := [][]any{
		{"Assessment", "Organization", b.Organization}, {"Assessment", "As of", Date(b.a.At)}, {"Assessment", "Program", b.a.Program},
		{"Assessment", "SHA-256 of assessment.json", b.Digest},
		{"Policy", "Title", b.a.Policy.Title}, {"Policy", "Id and version", b.a.Policy.ID + " " + b.a.Policy.Version}, {"Policy", "SHA-256", b.a.Policy.SHA256},
		{"Catalogue", "Digest", b.a.Catalog},
		{"Devices", "All", s.Devices}, {"Devices", "Retired", s.DevicesRetired}, {"Devices", "Affected", s.DevicesAffected}, {"Devices", "Possibly affected", s.DevicesPossibly},
		{"Devices", "Without a version", s.DevicesNoVersion}, {"Devices", "Without maker or model", s.DevicesNoMaker}, {"Devices", "Named by nothing that was given (not “safe”)", s.DevicesClean},
	}
	for _, st := range wardbook.Statuses {
		rows = append(rows, []any{"Findings", statusNames[st], s.Findings[st]})
	}
	rows = append(rows, []any{"Findings", "Open and known exploited", s.KnownExploited}, []any{"Risks", "All", s.Risks}, []any{"Risks", "Unacceptable", s.Unacceptable},
		[]any{"Risks", "Overdue", s.Overdue}, []any{"Questions", "For people", s.Questions})
	for _, k := range wardbook.KeyProperties {
		m := s.Matrices[k]
		for i := len(m.Cells) - 1; i >= 0; i-- {
			for j, n := range m.Cells[i] {
				if n > 0 {
					rows = append(rows, []any{"Matrix: " + string(k), cellName(i+1, name(b.s.Severity[k], i+1), j+1, name(b.s.Likelihood[k], j+1), b.s.level(b.s.at(k, i, j))), n})
				}
			}
		}
		rows = append(rows, []any{"Matrix: " + string(k), "unknown", m.Unknown})
	}
	for _, d := range s.DataAge {
		rows = append(rows, []any{"Age of the data, days", d.Source + after(": ", d.Note), ageCell(d)})
	}
	for _, u := range s.Unknowns {
		rows = append(rows, []any{"Unknown", u, nil})
	}
	return fixedSheet("Summary", []Column{{"Part", 26}, {"What", 70}, {"Value", 40}}, rows)
}

func cellName(sev int, sevName string, lik int, likName string, l levelStyle) string {
	return strings.TrimSpace("severity "+group(sev)+" "+sevName) + ", " + strings.TrimSpace("likelihood "+group(lik)+" "+likName) + ": " + l.Name
}

func ageCell(d wardbook.DataAge) any {
	if d.Days < 0 {
		return "unknown"
	}
	return d.Days
}

func (b *builder) todoSheet() Table {
	n := 0
	return sheetOf("To do", []Column{{"No.", 6}, {"Title", 50}, {"Action", 60}, {"Reason", 40}, {"Due", 12}, {"Devices", 10}, {"Wards", 50}, {"Risk", 18}}, b.a.Summary.First,
		func(t *wardbook.Todo) []any {
			n = n%max(1, len(b.a.Summary.First)) + 1
			return []any{n, t.Title, t.Action, t.Reason, Date(t.Due), t.Devices, strings.Join(t.Wards, "; "), t.Risk}
		})
}

func (b *builder) riskSheet() Table {
	cols := []Column{{"Id", 18}, {"Title", 50}, {"State", 12}, {"Unacceptable", 13}, {"Product", 36}}
	for _, k := range wardbook.KeyProperties {
		p := properties[k]
		cols = append(cols, Column{p + " level", 14}, Column{p + " severity", 11}, Column{p + " likelihood", 11}, Column{p + " acceptable", 12}, Column{p + " authority", 24}, Column{p + " rules", 50})
	}
	cols = append(cols, Column{"Hazard", 36}, Column{"Sequence of events", 50}, Column{"Hazardous situation", 40}, Column{"Harm", 36}, Column{"Action", 50}, Column{"Due", 12}, Column{"Overdue", 10}, Column{"Due by rule", 30},
		Column{"Devices", 10}, Column{"Wards", 50}, Column{"Findings", 10}, Column{"Finding ids", 40}, Column{"Options", 60})
	return sheetOf("Risks", cols, b.ordered(), func(p **wardbook.Risk) []any {
		r := *p
		row := []any{r.ID, r.Title, string(r.State), yesNo(r.Unacceptable()), b.productName(r.Product)}
		for _, k := range wardbook.KeyProperties {
			e := r.Evaluation(k)
			row = append(row, b.s.level(e.Level).Name, stepCell(e.Severity), stepCell(e.Likelihood), orUnknown(string(e.Acceptable)), e.Authority, steps(e.Why))
		}
		var options []string
		for _, o := range r.Options {
			options = append(options, string(o.Kind)+": "+o.Text+bracket(o.Source))
		}
		return append(row, r.Chain.Hazard, strings.Join(r.Chain.Sequence, "\n"), r.Chain.Situation, r.Chain.Harm, r.Action, Date(r.Due), yesNo(r.Overdue), r.DueRule,
			len(r.Devices), strings.Join(r.Wards, "; "), len(r.Findings), strings.Join(r.Findings, " "), strings.Join(options, "\n"))
	})
}

func stepCell(n int) any {
	if n == 0 {
		return "unknown"
	}
	return n
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// steps writes a proof into one cell.
func steps(why []wardbook.Step) string {
	lines := make([]string, len(why))
	for i, w := range why {
		lines[i] = w.Step + ": " + w.Detail
	}
	return strings.Join(lines, "\n")
}

func (b *builder) findingSheet() Table {
	cols := []Column{{"Id", 18}, {"Kind", 14}, {"Status", 18}, {"Confidence", 11}, {"Vulnerability", 20}, {"Aliases", 24}, {"Title", 44}, {"Advisory", 22}, {"Product", 36}, {"Component", 44}, {"Justification", 24},
		{"CVSS", 8}, {"CVSS version", 9}, {"CVSS vector", 40}, {"In KEV since", 12}, {"Ransomware", 12}, {"EPSS", 9}, {"EPSS percentile", 10}, {"Published", 12}, {"Devices", 10}, {"Device ids", 44}, {"Proof", 70}, {"Remediations", 60}, {"Statements that disagree", 50}}
	return sheetOf("Findings", cols, b.listedFindings(), func(p **wardbook.Finding) []any {
		f := *p
		row := []any{f.ID, string(f.Kind), statusNames[f.Status], f.Confidence, f.Vulnerability, strings.Join(f.Aliases, " "), f.Title, f.Advisory, b.productName(f.Product)}
		component := ""
		if f.Component != nil {
			component = *f.Component
		}
		row = append(row, component, string(f.Justification))
		if f.CVSS != nil {
			row = append(row, f.CVSS.Score, f.CVSS.Version, f.CVSS.Vector)
		} else {
			row = append(row, "unknown", nil, nil)
		}
		if f.KEV != nil {
			row = append(row, Date(f.KEV.DateAdded), orUnknown(string(f.KEV.Ransomware)))
		} else {
			row = append(row, nil, nil)
		}
		if f.EPSS != nil {
			row = append(row, f.EPSS.Probability, f.EPSS.Percentile)
		} else {
			row = append(row, nil, nil)
		}
		var fix, but []string
		for _, r := range f.Remediations {
			fix = append(fix, r.Category+": "+r.Details+after(" ", r.URL))
		}
		for _, c := range f.Conflicts {
			but = append(but, c.Origin+": "+string(c.Status)+after(": ", c.Detail))
		}
		return append(row, Date(f.Published), len(f.Devices), strings.Join(f.Devices, " "), steps(f.Why), strings.Join(fix, "\n"), strings.Join(but, "\n"))
	})
}

// deviceFacts is what the assessment says of one device.
type deviceFacts struct {
	open, affected, possibly, risks int
	worst                           string // level id
	rank                            int
	unacceptable                    bool
}

// perDevice counts findings and risks of all devices in one pass.
func (b *builder) perDevice() map[string]*deviceFacts {
	out := make(map[string]*deviceFacts, len(b.a.Devices))
	at := func(id string) *deviceFacts {
		f := out[id]
		if f == nil {
			f = &deviceFacts{rank: -1}
			out[id] = f
		}
		return f
	}
	for i := range b.a.Findings {
		f := &b.a.Findings[i]
		if !f.Status.Open() {
			continue
		}
		for _, id := range f.Devices {
			d := at(id)
			d.open++
			switch f.Status {
			case wardbook.Affected:
				d.affected++
			case wardbook.PossiblyAffected:
				d.possibly++
			}
		}
	}
	for i := range b.a.Risks {
		r := &b.a.Risks[i]
		level, rank := "", -1
		for _, k := range wardbook.KeyProperties {
			if l := r.Evaluation(k).Level; b.s.rank(l) > rank {
				level, rank = l, b.s.rank(l)
			}
		}
		for _, id := range r.Devices {
			d := at(id)
			d.risks++
			d.unacceptable = d.unacceptable || r.Unacceptable()
			if rank > d.rank {
				d.worst, d.rank = level, rank
			}
		}
	}
	return out
}

func (b *builder) deviceSheet() Table {
	cols := []Column{{"Id", 18}, {"Manufacturer", 24}, {"Model", 28}, {"Version", 14}, {"Serial", 18}, {"UDI", 30}, {"Site", 16}, {"Ward", 24}, {"Zone", 16}, {"In service", 12}, {"Device class", 24}, {"Product", 36},
		{"Worst level", 14}, {"Unacceptable", 13}, {"Risks", 8}, {"Open findings", 9}, {"Affected", 9}, {"Possibly affected", 9}, {"Place", 30}}
	var facts map[string]*deviceFacts
	nothing := &deviceFacts{rank: -1}
	t := sheetOf("Devices", cols, b.a.Devices, func(d *wardbook.Device) []any {
		f := facts[d.ID]
		if f == nil {
			f = nothing
		}
		worst := ""
		if f.risks > 0 {
			worst = b.s.level(f.worst).Name
		}
		product := ""
		if d.Product != "" {
			product = b.productName(d.Product)
		}
		return []any{d.ID, d.Manufacturer, d.Model, d.Version, d.Serial, d.UDI, d.Site, d.Location, d.Zone, string(d.Service), named(b.Classes, d.DeviceClass), product,
			worst, yesNo(f.unacceptable), f.risks, f.open, f.affected, f.possibly, d.Place}
	})
	t.Rows = once(t.Rows, func() { facts = b.perDevice() })
	return t
}

// once runs a preparation before rows are first asked for.
func once(rows iter.Seq[[]any], prepare func()) iter.Seq[[]any] {
	done := false
	return func(yield func([]any) bool) {
		if !done {
			prepare()
			done = true
		}
		rows(yield)
	}
}

func (b *builder) wardSheet() Table {
	return sheetOf("Wards", []Column{{"Site", 20}, {"Ward", 30}, {"Worst level", 14}, {"Devices", 10}, {"Affected", 10}, {"Possibly affected", 10}, {"Devices with an unacceptable risk", 16}, {"Risks", 60}}, b.a.Summary.Wards,
		func(w *wardbook.WardCount) []any {
			return []any{w.Site, w.Location, b.s.level(w.Worst).Name, w.Devices, w.Affected, w.Possibly, w.Unacceptable, strings.Join(w.Risks, " ")}
		})
}

func (b *builder) productSheet() Table {
	return sheetOf("Products", []Column{{"Id", 18}, {"Manufacturer", 26}, {"Name", 36}, {"Version", 16}, {"Model number", 18}, {"UDI-DI", 20}, {"Device class", 26}, {"Devices", 10}, {"Components", 12}, {"SBOMs", 50}}, b.a.Products,
		func(p *wardbook.Product) []any {
			return []any{p.ID, p.Manufacturer, p.Name, p.Version, p.ModelNumber, p.UDIDI, named(b.Classes, p.DeviceClass), p.Devices, p.Components, strings.Join(p.SBOMs, "\n")}
		})
}

func (b *builder) questionSheet() Table {
	return sheetOf("Questions", []Column{{"Id", 18}, {"Kind", 16}, {"Key", 36}, {"Question", 80}, {"Choices", 40}, {"Devices", 10}, {"Device ids", 50}, {"Findings", 40}}, b.a.Questions,
		func(q *wardbook.Question) []any {
			return []any{q.ID, string(q.Kind), q.Key, q.Text, strings.Join(q.Choices, "\n"), len(q.Devices), strings.Join(q.Devices, " "), strings.Join(q.Findings, " ")}
		})
}

func (b *builder) inputSheet() Table {
	return sheetOf("Inputs", []Column{{"Path", 60}, {"Kind", 18}, {"Format", 28}, {"Records", 11}, {"Data of", 12}, {"Bytes", 14}, {"Problems", 10}, {"SHA-256", 68}, {"Quality", 60}}, b.a.Inputs,
		func(in *wardbook.Input) []any {
			return []any{in.Path, inputKind(in.Kind), in.Format, in.Records, Date(in.AsOf), int(in.Size), len(in.Problems), in.SHA256, in.Quality}
		})
}

func (b *builder) problemSheet() Table {
	var rows [][]any
	for _, in := range b.a.Inputs {
		for _, p := range in.Problems {
			rows = append(rows, []any{in.Path, p.Place, p.Message})
		}
	}
	return fixedSheet("Problems", []Column{{"Input", 50}, {"Place", 36}, {"Problem", 90}}, rows)
}

func (b *builder) methodSheet() Table {
	var rows [][]any
	for _, l := range b.s.Levels {
		rows = append(rows, []any{"level", l.Name, acceptability(l) + after("; may accept: ", l.Authority) + after("; ", l.Text), nil})
	}
	for _, k := range wardbook.KeyProperties {
		for i, s := range b.s.Severity[k] {
			rows = append(rows, []any{"severity, " + string(k), group(i+1) + " " + s.Name, s.Text, nil})
		}
		for i, s := range b.s.Likelihood[k] {
			rows = append(rows, []any{"likelihood, " + string(k), group(i+1) + " " + s.Name, s.Text, nil})
		}
		for i, r := range b.s.Matrix[k] {
			var names []string
			for _, id := range r {
				names = append(names, b.s.level(id).Name)
			}
			rows = append(rows, []any{"matrix, " + string(k), "severity " + group(i+1) + ", likelihood 1 to " + group(len(r)), strings.Join(names, ", "), nil})
		}
	}
	for _, r := range rules(b.a) {
		rows = append(rows, []any{"rule", r.Text, "used for " + r.Used, r.Count})
	}
	return fixedSheet("Method", []Column{{"Kind", 24}, {"Name", 60}, {"Text", 70}, {"Times used", 12}}, rows)
}

// bracket puts a text that is not empty into brackets.
func bracket(s string) string {
	if s == "" {
		return ""
	}
	return " (" + s + ")"
}
