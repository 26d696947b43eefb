package main

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wardbook/wardbook"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestSampleHospital assesses examples/st-example and holds the counts against a
// golden file, so that a change of the rules shows what it does to a whole
// hospital: go test ./cmd/wardbook -run SampleHospital -update
func TestSampleHospital(t *testing.T) {
	a := assessSample(t)
	t.Run("counts", func(t *testing.T) {
		got := counts(a)
		golden := filepath.Join("testdata", "st-example.golden")
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("-want +got; if it is meant so, run with -update:\n%s", diff)
		}
	})
	t.Run("holds together", func(t *testing.T) { checkWhole(t, a) })
}

func assessSample(t *testing.T) *wardbook.Assessment {
	t.Helper()
	dir, err := filepath.Abs("../../examples/st-example")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	out := filepath.Join(t.TempDir(), "out")
	var stdout, stderr bytes.Buffer
	code := run([]string{
		"assess", "--inventory", "inventory/cmms-export.csv", "--inventory", "inventory/imaging.xlsx", "--sbom", "sbom",
		"--advisories", "advisories", "--vulns", "vulns", "--vex", "vex", "--kev", "kev.json", "--epss", "epss.csv",
		"--at", "2025-09-01", "--cache", t.TempDir(), "--format", "json", "--no-evidence", "--out", out,
	}, &stdout, &stderr)
	if code != exitDone {
		t.Fatalf("exit %d: %s", code, &stderr)
	}
	a, err := openAssessment(out)
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(filepath.Join(dir, "../../cmd/wardbook"))
	return a
}

// counts tells what an assessment found, one figure a line.
func counts(a *wardbook.Assessment) string {
	var b bytes.Buffer
	line := func(name string, n int) { fmt.Fprintf(&b, "%-40s %d\n", name, n) }
	s := &a.Summary
	for _, in := range a.Inputs {
		if in.Kind == wardbook.InputInventory || in.Kind == wardbook.InputVulnerabilities {
			line("records of "+in.Path, in.Records)
			line("problems of "+in.Path, len(in.Problems))
		}
	}
	line("inputs", len(a.Inputs))
	line("devices", s.Devices)
	line("devices retired", s.DevicesRetired)
	line("devices affected", s.DevicesAffected)
	line("devices possibly affected", s.DevicesPossibly)
	line("devices without a finding", s.DevicesClean)
	line("devices without a version", s.DevicesNoVersion)
	line("devices without maker or model", s.DevicesNoMaker)
	line("products", len(a.Products))
	for _, status := range slices.Sorted(maps.Keys(s.Findings)) {
		line("findings "+string(status), s.Findings[status])
	}
	line("open findings in KEV", s.KnownExploited)
	line("risks", s.Risks)
	line("risks unacceptable", s.Unacceptable)
	line("risks overdue", s.Overdue)
	line("care areas", len(s.Wards))
	unacceptable := 0
	for _, w := range s.Wards {
		unacceptable += w.Unacceptable
	}
	line("devices with an unacceptable risk", unacceptable)
	byKind := map[wardbook.QuestionKind]int{}
	for _, q := range a.Questions {
		byKind[q.Kind]++
	}
	for _, kind := range slices.Sorted(maps.Keys(byKind)) {
		line("questions of "+string(kind), byKind[kind])
	}
	return b.String()
}

// checkWhole holds what is true of every assessment: nothing points nowhere,
// nothing is claimed without proof, what is unknown is not called acceptable.
func checkWhole(t *testing.T, a *wardbook.Assessment) {
	ids := map[string]bool{}
	once := func(id string) {
		if id == "" || ids[id] {
			t.Errorf("the id %q is empty or stands for two things", id)
		}
		ids[id] = true
	}
	devices, products, findings := map[string]bool{}, map[string]bool{}, map[string]bool{}
	inUse := map[string]bool{} // products with a device that is not retired
	for _, d := range a.Devices {
		once(d.ID)
		devices[d.ID] = true
		inUse[d.Product] = inUse[d.Product] || d.Service != wardbook.Retired
	}
	for _, p := range a.Products {
		once(p.ID)
		products[p.ID] = true
	}
	for _, d := range a.Devices {
		if !products[d.Product] {
			t.Errorf("device %s is of product %q, which is not there", d.ID, d.Product)
		}
	}
	for _, f := range a.Findings {
		once(f.ID)
		findings[f.ID] = true
		if len(f.Why) == 0 || f.Confidence <= 0 || f.Confidence > 1 || !products[f.Product] || !f.Status.Valid() {
			t.Errorf("finding %s: %d steps of proof, confidence %g, product %q, status %q", f.ID, len(f.Why), f.Confidence, f.Product, f.Status)
		}
		for _, id := range f.Devices {
			if !devices[id] {
				t.Errorf("finding %s names the device %q, which is not there", f.ID, id)
			}
		}
	}
	inRisk := map[string]bool{}
	for i := range a.Risks {
		r := &a.Risks[i]
		once(r.ID)
		if r.State != wardbook.RiskProposed || r.Action == "" || r.Chain.Harm == "" || len(r.Findings) == 0 {
			t.Errorf("risk %s: state %q, action %q, harm %q, %d findings", r.ID, r.State, r.Action, r.Chain.Harm, len(r.Findings))
		}
		for _, id := range r.Findings {
			inRisk[id] = true
			if !findings[id] {
				t.Errorf("risk %s names the finding %q, which is not there", r.ID, id)
			}
		}
		for _, k := range wardbook.KeyProperties {
			e := r.Evaluation(k)
			if (e.Severity == 0 || e.Likelihood == 0) && e.Acceptable == wardbook.Yes {
				t.Errorf("risk %s: %s is acceptable although a step is unknown", r.ID, k)
			}
			if len(e.Why) == 0 {
				t.Errorf("risk %s: %s has no reason", r.ID, k)
			}
		}
	}
	for _, f := range a.Findings {
		if f.Status.Open() && inUse[f.Product] && !inRisk[f.ID] {
			t.Errorf("the open finding %s (%s) is in no risk", f.ID, f.Vulnerability)
		}
	}
	for _, q := range a.Questions {
		once(q.ID)
	}
}
