package assess

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/catalog"
)

var today = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

// records is vulnerability data in memory.
type records []*wardbook.Vulnerability

func (r records) ByPackage(ecosystem, name string) ([]*wardbook.Vulnerability, error) {
	var out []*wardbook.Vulnerability
	for _, v := range r {
		if slices.ContainsFunc(v.Affected, func(a wardbook.AffectedPackage) bool { return a.Ecosystem == ecosystem && a.Package == name }) {
			out = append(out, v)
		}
	}
	return out, nil
}

func (r records) ByProduct(string, string) ([]*wardbook.Vulnerability, error) { return nil, nil }

func (r records) ByID(id string) ([]*wardbook.Vulnerability, error) {
	var out []*wardbook.Vulnerability
	for _, v := range r {
		if v.ID == id || slices.Contains(v.Aliases, id) {
			out = append(out, v)
		}
	}
	return out, nil
}

const networkVector = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"

func pump(id, version, ward string) wardbook.Device {
	return wardbook.Device{ID: id, Manufacturer: "Acme Medical", Model: "Infuser 9", Type: "Infusion pump", Version: version, Site: "North", Location: ward, Service: wardbook.InService}
}

func acmeAdvisory() *wardbook.Advisory {
	r := wardbook.VersionRange{Raw: "< 2.0", Intervals: []wardbook.Interval{{Max: "2.0"}}}
	return &wardbook.Advisory{
		ID: "ACME-26-01", Title: "Acme Infuser 9", Publisher: "Acme", Published: today.AddDate(0, -1, 0), Updated: today.AddDate(0, -1, 0),
		Products: []wardbook.AdvisoryProduct{{ID: "P1", Name: "Acme Infuser 9 < 2.0", Vendor: "Acme Medical", Product: "Infuser 9", Versions: r}},
		Vulnerabilities: []wardbook.AdvisoryVulnerability{{
			ID: "CVE-2026-0001", CVE: "CVE-2026-0001", Status: map[wardbook.Status][]string{wardbook.Affected: {"P1"}},
			Scores:       []wardbook.AdvisoryScore{{CVSS: wardbook.CVSS{Version: "3.1", Vector: networkVector, Score: 9.8}}},
			Remediations: []wardbook.AdvisoryRemediation{{Remediation: wardbook.Remediation{Category: "vendor_fix", Details: "Update to 2.0."}}},
		}},
	}
}

func inputs(t *testing.T) Inputs {
	t.Helper()
	cat, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	return Inputs{
		Program: "test", At: today, Catalog: cat, Policy: cat.Policy, HasInventory: true,
		Devices:    []wardbook.Device{pump("A1", "1.5", "ICU"), pump("A2", "v1.5", "ICU"), pump("A3", "2.0", "Ward 3"), pump("A4", "", "Ward 3")},
		Advisories: []*wardbook.Advisory{acmeAdvisory()},
	}
}

func runOn(t *testing.T, in Inputs) *wardbook.Assessment {
	t.Helper()
	in.Devices = slices.Clone(in.Devices)
	a, err := Run(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// statusOf is the status of a device for a vulnerability; "" where there is no
// finding.
func statusOf(a *wardbook.Assessment, device, vuln string) wardbook.Status {
	for _, f := range a.Findings {
		if f.Vulnerability == vuln && slices.Contains(f.Devices, device) {
			return f.Status
		}
	}
	return ""
}

// A version inside the range is affected, one outside is not, one that is not
// known is possibly affected, with a question; devices that are written
// differently are one product.
func TestAdvisoryDecides(t *testing.T) {
	a := runOn(t, inputs(t))
	got := map[string]wardbook.Status{}
	for _, d := range a.Devices {
		got[d.ID] = statusOf(a, d.ID, "CVE-2026-0001")
	}
	want := map[string]wardbook.Status{"A1": wardbook.Affected, "A2": wardbook.Affected, "A3": wardbook.NotAffected, "A4": wardbook.PossiblyAffected}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("statuses (-want +got):\n%s", diff)
	}
	if a.Devices[0].Product != a.Devices[1].Product || a.Devices[0].Product == a.Devices[2].Product {
		t.Error("1.5 and v1.5 are one product, 2.0 is another")
	}
	if len(a.Questions) != 1 || a.Questions[0].Kind != wardbook.AskVersion || !slices.Equal(a.Questions[0].Devices, []string{"A4"}) {
		t.Errorf("questions: %+v", a.Questions)
	}
	s := a.Summary
	if s.DevicesAffected != 2 || s.DevicesPossibly != 1 || s.DevicesNoVersion != 1 {
		t.Errorf("summary: %+v", s)
	}
	if len(a.Risks) != 2 || a.Risks[0].State != wardbook.RiskProposed || len(a.Risks[0].Devices) != 2 {
		t.Errorf("risks: %+v", a.Risks)
	}
}

// An answer settles the question, for all devices of the same name.
func TestAnswerSettles(t *testing.T) {
	in := inputs(t)
	q := runOn(t, in).Questions[0]
	in.Answers = []wardbook.Answer{{Kind: q.Kind, Key: q.Key, Answer: "1.9"}}
	a := runOn(t, in)
	if got := statusOf(a, "A4", "CVE-2026-0001"); got != wardbook.Affected || len(a.Questions) != 0 {
		t.Errorf("status %s, questions %+v", got, a.Questions)
	}
}

// Retired devices count, but are at no risk.
func TestRetired(t *testing.T) {
	in := inputs(t)
	in.Devices = []wardbook.Device{pump("A1", "1.5", "ICU")}
	in.Devices[0].Service = wardbook.Retired
	a := runOn(t, in)
	if a.Summary.DevicesRetired != 1 || len(a.Risks) != 0 || len(a.Summary.Wards) != 0 {
		t.Errorf("retired %d, risks %d, wards %d", a.Summary.DevicesRetired, len(a.Risks), len(a.Summary.Wards))
	}
}

func zlibSBOM() SBOM {
	return SBOM{Path: "pump.json", Serial: "urn:uuid:1", Manufacturer: "Acme", Name: "Infuser 9", Version: "1.5", Components: []wardbook.Component{
		{Ref: "z", Name: "left-pad", Version: "1.0.0", Purl: "pkg:npm/left-pad@1.0.0"},
	}}
}

func leftPad() records {
	return records{{ID: "GHSA-x", Aliases: []string{"CVE-2026-0002"}, Source: "OSV", Scores: []wardbook.CVSS{{Version: "3.1", Vector: networkVector, Score: 9.8}},
		Affected: []wardbook.AffectedPackage{{Ecosystem: "npm", Package: "left-pad", Ranges: []wardbook.Range{{Type: "SEMVER", Introduced: "0", Fixed: "1.1.0"}}}}}}
}

// An SBOM joins the devices of its product and version; other versions stay
// unknown, and say so. A statement about the component settles its finding.
func TestSBOMAndStatement(t *testing.T) {
	in := inputs(t)
	in.Advisories = nil
	in.SBOMs = []SBOM{zlibSBOM()}
	in.Records = leftPad()
	a := runOn(t, in)
	if got := statusOf(a, "A1", "CVE-2026-0002"); got != wardbook.Affected {
		t.Errorf("version 1.5 has the SBOM: %q", got)
	}
	if got := statusOf(a, "A3", "CVE-2026-0002"); got != "" {
		t.Errorf("version 2.0 has no SBOM: %q", got)
	}
	if got := statusOf(a, "A4", "CVE-2026-0002"); got != wardbook.PossiblyAffected {
		t.Errorf("the version of A4 is not known: %q", got)
	}
	if !strings.Contains(strings.Join(a.Summary.Unknowns, "\n"), "no SBOM was given") {
		t.Errorf("unknowns: %q", a.Summary.Unknowns)
	}
	in.Statements = []wardbook.Statement{{
		ID: "vex#1", Format: "OpenVEX", Document: "vex", Author: "Acme", Time: today, Vulnerability: "CVE-2026-0002", Status: wardbook.NotAffected, Justification: wardbook.VulnerableCodeNotInPath,
		Products: []wardbook.StatementSubject{{Purls: []string{"pkg:npm/left-pad@1.0.0"}}},
	}}
	a = runOn(t, in)
	if got := statusOf(a, "A1", "CVE-2026-0002"); got != wardbook.NotAffected {
		t.Errorf("after the statement: %q", got)
	}
}

// A component that stands twice in an SBOM, or in two SBOMs of one product, is
// one finding: ids are unique.
func TestComponentTwiceIsOneFinding(t *testing.T) {
	in := inputs(t)
	in.Advisories = nil
	twice := zlibSBOM()
	twice.Components = append(slices.Clone(twice.Components), twice.Components...)
	second := zlibSBOM()
	second.Path = "again.json"
	in.SBOMs, in.Records = []SBOM{twice, second}, leftPad()
	a := runOn(t, in)
	seen := map[string]bool{}
	for _, f := range a.Findings {
		if seen[f.ID] {
			t.Errorf("%s stands there twice", f.ID)
		}
		seen[f.ID] = true
	}
	if got := statusOf(a, "A1", "CVE-2026-0002"); got != wardbook.Affected {
		t.Errorf("A1 is %q", got)
	}
}

// Without an inventory each SBOM is one device.
func TestSBOMAlone(t *testing.T) {
	in := inputs(t)
	in.HasInventory, in.Devices, in.Advisories = false, nil, nil
	in.SBOMs, in.Records = []SBOM{zlibSBOM()}, leftPad()
	a := runOn(t, in)
	if len(a.Devices) != 1 || len(a.Products) != 1 || statusOf(a, "pump.json", "CVE-2026-0002") != wardbook.Affected {
		t.Errorf("devices %+v, findings %+v", a.Devices, a.Findings)
	}
}

// An operating system past its support end is a finding of its own kind.
func TestSupportEnd(t *testing.T) {
	in := inputs(t)
	in.Devices[0].OS = "WIN 7 PRO SP1"
	a := runOn(t, in)
	i := slices.IndexFunc(a.Findings, func(f wardbook.Finding) bool { return f.Kind == wardbook.FindingSupport })
	if i < 0 || !slices.Contains(a.Findings[i].Devices, "A1") || !strings.HasPrefix(a.Findings[i].Vulnerability, "EOS:Windows 7") {
		t.Fatalf("findings: %+v", a.Findings)
	}
}

// The answer does not depend on the order of what comes in, and ids are the
// same from run to run.
func TestOrderDoesNotMatter(t *testing.T) {
	in := inputs(t)
	in.SBOMs, in.Records = []SBOM{zlibSBOM()}, leftPad()
	a := runOn(t, in)
	slices.Reverse(in.Devices)
	b := runOn(t, in)
	ids := func(a *wardbook.Assessment) (out []string) {
		for _, f := range a.Findings {
			out = append(out, f.ID+string(f.Status))
		}
		for _, r := range a.Risks {
			out = append(out, r.ID)
		}
		slices.Sort(out)
		return out
	}
	if diff := cmp.Diff(ids(a), ids(b)); diff != "" {
		t.Errorf("ids differ:\n%s", diff)
	}
}

// An earlier assessment tells what is new, gone and changed, and since when a
// risk is known.
func TestChanges(t *testing.T) {
	in := inputs(t)
	old := runOn(t, in)
	in.At = today.AddDate(0, 0, 10)
	in.Devices = append(in.Devices, pump("A5", "1.4", "ER"))
	in.KEV = func(cve string) (wardbook.KEV, bool) { return wardbook.KEV{CVE: cve, DateAdded: "2026-03-05"}, true }
	in.Earlier, in.EarlierPath = old, "before"
	a := runOn(t, in)
	c := a.Changes
	if c == nil || !slices.Equal(c.NewDevices, []string{"A5"}) || len(c.New) != 1 || len(c.Gone) != 0 {
		t.Fatalf("changes: %+v", c)
	}
	if !slices.ContainsFunc(c.Changed, func(x wardbook.ChangedFinding) bool { return x.Field == "known exploited" && x.To == "true" }) {
		t.Errorf("changed: %+v", c.Changed)
	}
	for _, r := range a.Risks {
		want := today.Format(time.DateOnly)
		if slices.Contains(c.NewRisks, r.ID) {
			want = in.At.Format(time.DateOnly)
		}
		if r.FirstSeen != want {
			t.Errorf("risk %s first seen %s, want %s", r.ID, r.FirstSeen, want)
		}
	}
}
