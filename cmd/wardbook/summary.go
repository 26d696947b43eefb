package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/gather"
)

// printSummary ends assess with what a person can act on.
func printSummary(w io.Writer, a *wardbook.Assessment, g *gather.Gathered, out string, files []string) {
	s := &a.Summary
	for _, doc := range g.Inventories {
		fmt.Fprintf(w, "%s: %s, %d devices\n%s\n", doc.Name, doc.Format, doc.Count, indent(doc.Mapping.String()))
	}
	printInputs(w, a)
	fmt.Fprintf(w, "\nAs of %s, under policy %s %s:\n", a.At, a.Policy.ID, a.Policy.Version)
	fmt.Fprintf(w, "  %d of %d devices in service are affected, %d more are possibly affected.\n", s.DevicesAffected, s.Devices-s.DevicesRetired, s.DevicesPossibly)
	fmt.Fprintf(w, "  %d risks are proposed, %d of them unacceptable, %d overdue. %d open findings are known to be exploited.\n", s.Risks, s.Unacceptable, s.Overdue, s.KnownExploited)
	printFirst(w, a)
	printWards(w, a)
	printDevices(w, a)
	printQuestions(w, a)
	if c := a.Changes; c != nil {
		fmt.Fprintf(w, "\nSince %s: %d findings new, %d gone, %d changed; %d risks new, %d gone, %d changed; %d questions answered.\n",
			c.Since, len(c.New), len(c.Gone), len(c.Changed), len(c.NewRisks), len(c.GoneRisks), len(c.ChangedRisks), len(c.AnsweredQuestions))
	}
	if len(s.Unknowns) > 0 {
		fmt.Fprintf(w, "\nNot known:\n")
		for _, u := range s.Unknowns {
			paragraph(w, "  - ", u)
		}
	}
	fmt.Fprintf(w, "\nWritten: %s\n", strings.Join(files, ", "))
	fmt.Fprintf(w, "The proof of a finding, risk or question: wardbook why ID --out %s\n", out)
}

// printFirst prints what to do first, each with where, by when and why.
func printFirst(w io.Writer, a *wardbook.Assessment) {
	if len(a.Summary.First) == 0 {
		return
	}
	fmt.Fprintf(w, "\nTo do first:\n")
	for i, t := range a.Summary.First {
		paragraph(w, fmt.Sprintf("%3d. ", i+1), t.Title)
		paragraph(w, "     do:    ", t.Action)
		paragraph(w, "     where: ", countText(t.Devices, "device")+wardsOf(t.Wards))
		if t.Due != "" {
			paragraph(w, "     by:    ", t.Due)
		}
		paragraph(w, "     why:   ", t.Reason+" ["+t.Risk+"]")
	}
}

func countText(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// lineWidth is where lines of text are broken: what a terminal beside another
// window still shows.
const lineWidth = 100

// paragraph prints text behind a label, the further lines under its beginning.
func paragraph(w io.Writer, label, text string) {
	hang := strings.Repeat(" ", len(label))
	line := label
	empty := true
	for _, word := range strings.Fields(text) {
		if !empty && len(line)+1+len(word) > lineWidth {
			fmt.Fprintln(w, line)
			line, empty = hang, true
		}
		if !empty {
			line += " "
		}
		line += word
		empty = false
	}
	fmt.Fprintln(w, line)
}

func indent(s string) string {
	return "  " + strings.ReplaceAll(strings.TrimRight(s, "\n"), "\n", "\n  ")
}

func wardsOf(ws []string) string {
	const shown = 4
	switch {
	case len(ws) == 0:
		return ""
	case len(ws) > shown:
		return fmt.Sprintf(": %s and %d more", strings.Join(ws[:shown], "; "), len(ws)-shown)
	}
	return ": " + strings.Join(ws, "; ")
}

// printInputs counts what was read and names what was not.
func printInputs(w io.Writer, a *wardbook.Assessment) {
	type count struct{ files, records, problems int }
	counts := map[wardbook.InputKind]*count{}
	var order []wardbook.InputKind
	for _, in := range a.Inputs {
		c := counts[in.Kind]
		if c == nil {
			c = &count{}
			counts[in.Kind] = c
			order = append(order, in.Kind)
		}
		c.files++
		c.records += in.Records
		c.problems += len(in.Problems)
	}
	fmt.Fprintln(w, "Read:")
	for _, k := range order {
		c := counts[k]
		fmt.Fprintf(w, "  %-16s %5d files %8d records %6d problems\n", k, c.files, c.records, c.problems)
	}
	shown, more := 0, 0
	for _, in := range a.Inputs {
		for _, p := range in.Problems {
			if shown < 10 {
				fmt.Fprintf(w, "    %s: %s\n", in.Path, p)
				shown++
			} else {
				more++
			}
		}
	}
	if more > 0 {
		fmt.Fprintf(w, "    and %d more problems: see the sheet Problems or inputs[] of assessment.json\n", more)
	}
}

func printWards(w io.Writer, a *wardbook.Assessment) {
	if len(a.Summary.Wards) == 0 {
		return
	}
	fmt.Fprintf(w, "\nCare areas, worst first:\n")
	tw := tabwriter.NewWriter(w, 2, 2, 2, ' ', 0)
	fmt.Fprintln(tw, "  site\tcare area\tdevices\twith unacceptable risk\taffected\tpossibly\tworst")
	for i, x := range a.Summary.Wards {
		if i == 12 {
			fmt.Fprintf(tw, "  and %d more\n", len(a.Summary.Wards)-i)
			break
		}
		fmt.Fprintf(tw, "  %s\t%s\t%d\t%d\t%d\t%d\t%s\n", orDash(x.Site), orDash(x.Location), x.Devices, x.Unacceptable, x.Affected, x.Possibly, orDash(x.Worst))
	}
	tw.Flush()
}

func printDevices(w io.Writer, a *wardbook.Assessment) {
	if len(a.Summary.TopDevices) == 0 {
		return
	}
	names := map[string]string{}
	for i := range a.Products {
		names[a.Products[i].ID] = productName(&a.Products[i])
	}
	fmt.Fprintf(w, "\nDevices with the worst risks:\n")
	tw := tabwriter.NewWriter(w, 2, 2, 2, ' ', 0)
	for i, d := range a.Summary.TopDevices {
		if i == 5 {
			break
		}
		fmt.Fprintf(tw, "  %s\t%s\t%s\t%d open findings\t%s\n", d.Device, names[d.Product], orDash(joinNonEmpty(" / ", d.Site, d.Location)), d.Findings, orDash(d.Worst))
	}
	tw.Flush()
}

func printQuestions(w io.Writer, a *wardbook.Assessment) {
	if len(a.Questions) == 0 {
		return
	}
	fmt.Fprintf(w, "\nQuestions for a person (%d; answer in answers.yaml, then run again with --answers):\n", len(a.Questions))
	for i, q := range a.Questions {
		if i == 5 {
			fmt.Fprintf(w, "  and %d more\n", len(a.Questions)-i)
			break
		}
		paragraph(w, "  - ", fmt.Sprintf("%s (%s)", q.Text, countText(len(q.Devices), "device")))
	}
}

func productName(p *wardbook.Product) string {
	return joinNonEmpty(" ", p.Manufacturer, p.Name, p.Version)
}

func orDash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}
