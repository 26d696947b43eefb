package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/catalog"
	"github.com/wardbook/wardbook/internal/advisory"
	"github.com/wardbook/wardbook/internal/assess"
	"github.com/wardbook/wardbook/internal/gather"
	"github.com/wardbook/wardbook/internal/intake"
	"github.com/wardbook/wardbook/internal/sbom"
)

func newWhy() *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use: "why ID", Short: "Print the proof of a finding, risk or question of an assessment",
		Example: "  wardbook why F-0123456789ab --out answer",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			a, err := openAssessment(out)
			if err != nil {
				return err
			}
			return why(cmd.OutOrStdout(), a, args[0])
		},
	}
	cmd.Flags().StringVar(&out, "out", "wardbook-out", "output folder `DIR` of wardbook assess")
	return cmd
}

func newWhyNot() *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use: "why-not VULNERABILITY DEVICE", Short: "Explain why a device is not affected by a vulnerability or advisory",
		Example: "  wardbook why-not CVE-2020-25165 BME-00017 --out answer\n  wardbook why-not ICSMA-20-317-01 BME-00017 --out answer",
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			a, err := openAssessment(out)
			if err != nil {
				return err
			}
			return whyNot(cmd.OutOrStdout(), a, out, args[0], args[1])
		},
	}
	cmd.Flags().StringVar(&out, "out", "wardbook-out", "output folder `DIR` of wardbook assess")
	return cmd
}

func openAssessment(dir string) (*wardbook.Assessment, error) {
	path := filepath.Join(dir, "assessment.json")
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, failed("give the output folder of wardbook assess with --out; it must have been written with the format json", err)
	}
	a, err := gather.ReadAssessment(bytes.NewReader(b))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return a, nil
}

func why(w io.Writer, a *wardbook.Assessment, id string) error {
	for i := range a.Findings {
		if a.Findings[i].ID == id {
			whyFinding(w, a, &a.Findings[i])
			return nil
		}
	}
	for i := range a.Risks {
		if a.Risks[i].ID == id {
			whyRisk(w, a, &a.Risks[i])
			return nil
		}
	}
	for i := range a.Questions {
		if q := &a.Questions[i]; q.ID == id {
			fmt.Fprintf(w, "%s (%s)\n%s\n", q.ID, q.Kind, q.Text)
			list(w, "choices", q.Choices)
			list(w, "devices", q.Devices)
			list(w, "findings", q.Findings)
			fmt.Fprintf(w, "answer with kind %q and key %q\n", q.Kind, q.Key)
			return nil
		}
	}
	return failed("ids stand in assessment.json and in the report", fmt.Errorf("%s is no finding, risk or question of this assessment", id))
}

func productByID(a *wardbook.Assessment, id string) *wardbook.Product {
	for i := range a.Products {
		if a.Products[i].ID == id {
			return &a.Products[i]
		}
	}
	return &wardbook.Product{ID: id}
}

func whyFinding(w io.Writer, a *wardbook.Assessment, f *wardbook.Finding) {
	fmt.Fprintf(w, "%s: %s\n", f.ID, joinNonEmpty(", ", f.Vulnerability, f.Advisory))
	if f.Title != "" {
		fmt.Fprintf(w, "  %s\n", f.Title)
	}
	fmt.Fprintf(w, "product:    %s (%s)\n", productName(productByID(a, f.Product)), f.Product)
	if f.Component != nil {
		fmt.Fprintf(w, "component:  %s\n", *f.Component)
	}
	fmt.Fprintf(w, "status:     %s, confidence %.2f\n", strings.ReplaceAll(string(f.Status), "_", " "), f.Confidence)
	if f.Justification != "" {
		fmt.Fprintf(w, "because:    %s\n", strings.ReplaceAll(string(f.Justification), "_", " "))
	}
	list(w, "devices", f.Devices)
	fmt.Fprintln(w, "proof:")
	for i, s := range f.Why {
		fmt.Fprintf(w, "  %d. %s: %s\n", i+1, s.Step, s.Detail)
	}
	for _, c := range f.Conflicts {
		fmt.Fprintf(w, "  against: %s says %s\n", c.Origin, c.Status)
	}
	for _, c := range f.Scores {
		fmt.Fprintf(w, "score:      CVSS %s %.1f %s (%s)\n", c.Version, c.Score, c.Vector, orDash(c.Source))
	}
	if f.CVSS == nil {
		fmt.Fprintln(w, "score:      unknown")
	}
	if f.KEV != nil {
		fmt.Fprintf(w, "exploited:  in KEV since %s\n", f.KEV.DateAdded)
	}
	if f.EPSS != nil {
		fmt.Fprintf(w, "epss:       %.4f (percentile %.3f)\n", f.EPSS.Probability, f.EPSS.Percentile)
	}
	for _, r := range f.Remediations {
		fmt.Fprintf(w, "%s: %s\n", strings.ReplaceAll(r.Category, "_", " "), joinNonEmpty(" ", r.Details, r.URL))
	}
	for i := range a.Risks {
		if slices.Contains(a.Risks[i].Findings, f.ID) {
			fmt.Fprintf(w, "risk:       %s %s\n", a.Risks[i].ID, a.Risks[i].Title)
		}
	}
}

func whyRisk(w io.Writer, a *wardbook.Assessment, r *wardbook.Risk) {
	fmt.Fprintf(w, "%s: %s (%s)\n", r.ID, r.Title, r.State)
	fmt.Fprintf(w, "product:    %s\n", productName(productByID(a, r.Product)))
	fmt.Fprintf(w, "hazard:     %s %s\nsequence:   %s\nsituation:  %s\nharm:       %s\n", r.Hazard, r.Chain.Hazard, strings.Join(r.Chain.Sequence, " → "), r.Chain.Situation, r.Chain.Harm)
	for _, k := range wardbook.KeyProperties {
		e := r.Evaluation(k)
		fmt.Fprintf(w, "%s: severity %s, likelihood %s, level %s, acceptable: %s\n", k, stepText(e.Severity), stepText(e.Likelihood), orUnknown(e.Level), orUnknown(string(e.Acceptable)))
		for _, s := range e.Why {
			fmt.Fprintf(w, "  - %s: %s\n", s.Step, s.Detail)
		}
	}
	fmt.Fprintf(w, "action:     %s\n", r.Action)
	if r.Due != "" {
		fmt.Fprintf(w, "due:        %s (%s)\n", r.Due, r.DueRule)
	}
	for _, o := range r.Options {
		fmt.Fprintf(w, "option:     %s: %s (%s)\n", o.Kind, joinNonEmpty(" ", o.Text, o.URL), o.Source)
	}
	list(w, "care areas", r.Wards)
	list(w, "devices", r.Devices)
	list(w, "findings", r.Findings)
}

func stepText(n int) string {
	if n == 0 {
		return "unknown"
	}
	return fmt.Sprint(n)
}

func orUnknown(s string) string {
	if s == "" {
		return "unknown"
	}
	return s
}

func list(w io.Writer, name string, items []string) {
	const shown = 12
	if len(items) == 0 {
		return
	}
	more := ""
	if len(items) > shown {
		more = fmt.Sprintf(" and %d more", len(items)-shown)
		items = items[:shown]
	}
	fmt.Fprintf(w, "%-11s %s%s\n", name+":", strings.Join(items, ", "), more)
}

// whyNot answers from the assessment where it has a finding, else by holding
// the device against the inputs again and telling where each rule ended.
func whyNot(w io.Writer, a *wardbook.Assessment, out, vuln, device string) error {
	var d *wardbook.Device
	for i := range a.Devices {
		if a.Devices[i].ID == device {
			d = &a.Devices[i]
		}
	}
	if d == nil {
		return failed("the ids of devices stand in devices[] of assessment.json", fmt.Errorf("%s is no device of this assessment", device))
	}
	p := productByID(a, d.Product)
	fmt.Fprintf(w, "%s: %s\n", d.ID, productName(p))
	told := false
	for i := range a.Findings {
		f := &a.Findings[i]
		if f.Product == d.Product && names(f, vuln) {
			told = true
			fmt.Fprintln(w)
			whyFinding(w, a, f)
		}
	}
	if told {
		return nil
	}
	cat, err := catalog.Load()
	if err != nil {
		return err
	}
	ev := evidence{a: a, dir: filepath.Join(out, "evidence")}
	named, err := ev.explainAdvisories(w, cat, d, vuln)
	if err != nil {
		return err
	}
	inRecords, err := ev.explainRecords(w, p, vuln)
	if err != nil {
		return err
	}
	if !named && !inRecords {
		fmt.Fprintf(w, "Nothing that was given names %s. That is not a proof that the device is not affected.\n", vuln)
	}
	return nil
}

func names(f *wardbook.Finding, vuln string) bool {
	return strings.EqualFold(f.Vulnerability, vuln) || strings.EqualFold(f.Advisory, vuln) ||
		slices.ContainsFunc(f.Aliases, func(x string) bool { return strings.EqualFold(x, vuln) })
}

// evidence reads the inputs of an assessment again: the copies that were kept,
// else the files at their paths.
type evidence struct {
	a   *wardbook.Assessment
	dir string
}

// paths are the places of the inputs of a kind. Members of a zip are reached
// through the zip.
func (e evidence) paths(kind wardbook.InputKind) []string {
	var out []string
	for _, in := range e.a.Inputs {
		if in.Kind != kind {
			continue
		}
		kept := filepath.Join(e.dir, in.SHA256)
		path := in.Path
		if _, err := os.Stat(kept); err == nil {
			path = kept
		} else if i := strings.IndexByte(path, '!'); i > 0 {
			path = path[:i]
		}
		if !slices.Contains(out, path) {
			out = append(out, path)
		}
	}
	return out
}

// each decodes every file of a kind; what cannot be read any more is told.
func (e evidence) each(w io.Writer, kind wardbook.InputKind, fn func(b []byte)) {
	for _, path := range e.paths(kind) {
		err := intake.Walk(path, intake.Limits{}, func(f *intake.File) error {
			r, err := f.Open()
			if err != nil {
				return err
			}
			defer r.Close()
			b, err := io.ReadAll(r)
			if err == nil {
				fn(b)
			}
			return err
		})
		if err != nil {
			fmt.Fprintf(w, "%s cannot be read again: %v\n", path, err)
		}
	}
}

func (e evidence) explainAdvisories(w io.Writer, cat *catalog.Catalog, d *wardbook.Device, vuln string) (bool, error) {
	var docs []*wardbook.Advisory
	e.each(w, wardbook.InputAdvisory, func(b []byte) {
		doc, err := advisory.Decode(bytes.NewReader(b), advisory.Options{})
		if err == nil && doc.Advisory != nil && assess.Names(doc.Advisory, vuln) {
			docs = append(docs, doc.Advisory)
		}
	})
	if len(docs) == 0 {
		return false, nil
	}
	var x assess.Absence
	x.ExplainAdvisories(cat, docs, d, vuln)
	fmt.Fprintf(w, "%s for %s; the products nearest to the device:\n", countText(x.Documents, "document"), vuln)
	for _, s := range x.Nearest {
		fmt.Fprintf(w, "  - %s: %s\n", s.Step, s.Detail)
	}
	return true, nil
}

// explainRecords holds the components of the product's SBOMs against the
// records of the vulnerability.
func (e evidence) explainRecords(w io.Writer, p *wardbook.Product, vuln string) (bool, error) {
	recs := recordsOf(w, e, vuln)
	if len(recs) == 0 {
		return false, nil
	}
	fmt.Fprintf(w, "%s for %s:\n", countText(len(recs), "vulnerability record"), vuln)
	for _, r := range recs {
		state := ""
		if r.Withdrawn {
			state = " (withdrawn: it matches nothing)"
		}
		fmt.Fprintf(w, "  - %s %s names %s%s\n", r.Source, r.ID, affectedNames(r), state)
	}
	if len(p.SBOMs) == 0 {
		fmt.Fprintln(w, "No SBOM of the product was given: its components are unknown, so these records cannot be held against it.")
		return true, nil
	}
	for _, in := range e.a.Inputs {
		if in.Kind != wardbook.InputSBOM || !slices.Contains(p.SBOMs, in.Path) {
			continue
		}
		one := evidence{a: &wardbook.Assessment{Inputs: []wardbook.Input{in}}, dir: e.dir}
		one.each(w, wardbook.InputSBOM, func(b []byte) {
			doc, err := sbom.Decode(bytes.NewReader(b), sbom.Options{})
			if err != nil {
				return
			}
			x := assess.Absence{Records: recs}
			if x.ExplainSBOM(&assess.SBOM{Path: in.Path, CPEs: doc.Product.CPEs, Components: doc.Components}, recordLookup(recs)) != nil {
				return
			}
			held := x.SBOMs[0].Held
			if len(held) == 0 {
				fmt.Fprintf(w, "  none of the %d components of %s is named by them\n", len(doc.Components), in.Path)
			}
			for _, m := range held {
				fmt.Fprintf(w, "  %s: %s\n", m.Component, strings.ReplaceAll(string(m.Status), "_", " "))
				for _, s := range m.Why {
					fmt.Fprintf(w, "    - %s: %s\n", s.Step, s.Detail)
				}
			}
		})
	}
	return true, nil
}
