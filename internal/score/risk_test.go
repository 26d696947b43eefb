package score

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/catalog"
)

func mustCatalog(t testing.TB) *catalog.Catalog {
	t.Helper()
	c, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var at = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

const (
	openVector    = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
	readVector    = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"
	stopVector    = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"
	localVector   = "CVSS:3.1/AV:P/AC:H/PR:L/UI:R/S:U/C:L/I:L/A:N"
	nothingVector = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N"
)

// one is an input of one product with one device and one finding, to be
// changed by the case.
func one(t testing.TB, change func(*wardbook.Product, *wardbook.Device, *wardbook.Finding)) Input {
	c := mustCatalog(t)
	p := wardbook.Product{ID: "P-1", Manufacturer: "Acme", Name: "Infuser", Version: "1.2", DeviceClass: "pump_lvp", Devices: 1}
	d := wardbook.Device{ID: "A1", Manufacturer: "Acme", Model: "Infuser", Site: "North", Location: "Ward 3", Product: "P-1"}
	f := wardbook.Finding{
		ID: "F-1", Kind: wardbook.FindingAdvisory, Product: "P-1", Devices: []string{"A1"}, Vulnerability: "CVE-2026-1",
		Advisory: "ICSMA-26-001-01", Status: wardbook.Affected, Confidence: 1,
		CVSS: &wardbook.CVSS{Version: "3.1", Vector: openVector},
	}
	change(&p, &d, &f)
	return Input{
		Products: []wardbook.Product{p}, Devices: []wardbook.Device{d}, Findings: []wardbook.Finding{f},
		Policy: c.Policy, Catalog: c, At: at,
	}
}

// vector changes the finding's score only.
func vector(s string) func(*wardbook.Product, *wardbook.Device, *wardbook.Finding) {
	return func(_ *wardbook.Product, _ *wardbook.Device, f *wardbook.Finding) { f.CVSS.Vector = s }
}

var riskCases = []struct {
	name   string
	change func(*wardbook.Product, *wardbook.Device, *wardbook.Finding)
	// severity, likelihood and level of safety, effectiveness and security
	safety, effectiveness, security string
	action                          string // part of it
	asks                            []wardbook.QuestionKind
}{
	{name: "a pump that anybody on the network can command", change: vector(openVector),
		safety: "5 3 intolerable", effectiveness: "4 4 intolerable", security: "5 4 intolerable",
		action: "Ask Acme for a fix of ICSMA-26-001-01 on the one device of Acme Infuser 1.2, and until that is done"},
	{name: "it only gives out data", change: vector(readVector),
		safety: "1 3 low", effectiveness: "1 4 low", security: "2 4 medium"},
	{name: "it can only be stopped", change: vector(stopVector),
		safety: "4 3 high", effectiveness: "4 4 intolerable", security: "4 4 intolerable"},
	{name: "only by hand, partly", change: vector(localVector),
		safety: "4 1 low", effectiveness: "3 1 low", security: "4 1 low"},
	{name: "in a segment of its own", change: func(_ *wardbook.Product, d *wardbook.Device, f *wardbook.Finding) { d.Zone = "Clinical VLAN 12" },
		safety: "5 3 intolerable", effectiveness: "4 3 high", security: "5 3 intolerable"},
	{name: "isolated", change: func(_ *wardbook.Product, d *wardbook.Device, f *wardbook.Finding) { d.Zone = "air-gapped" },
		safety: "5 2 high", effectiveness: "4 2 medium", security: "5 2 high"},
	{name: "open to the internet", change: func(_ *wardbook.Product, d *wardbook.Device, f *wardbook.Finding) { d.Zone = "DMZ" },
		safety: "5 4 intolerable", effectiveness: "4 5 intolerable", security: "5 5 intolerable"},
	{name: "known exploited, though isolated", change: func(_ *wardbook.Product, d *wardbook.Device, f *wardbook.Finding) {
		d.Zone = "air-gapped"
		f.KEV = &wardbook.KEV{CVE: f.Vulnerability, DateAdded: "2026-01-01"}
	}, safety: "5 4 intolerable", effectiveness: "4 5 intolerable", security: "5 5 intolerable"},
	{name: "EPSS raises by one", change: func(_ *wardbook.Product, d *wardbook.Device, f *wardbook.Finding) {
		d.Zone = "air-gapped"
		f.EPSS = &wardbook.EPSS{Probability: 0.2}
	}, safety: "5 3 intolerable", effectiveness: "4 3 high", security: "5 3 intolerable"},
	{name: "EPSS and a proof of concept raise once", change: func(_ *wardbook.Product, d *wardbook.Device, f *wardbook.Finding) {
		d.Zone = "air-gapped"
		f.EPSS = &wardbook.EPSS{Percentile: 0.99}
		f.SSVC = &wardbook.SSVC{Exploitation: "poc"}
	}, safety: "5 3 intolerable", effectiveness: "4 3 high", security: "5 3 intolerable"},
	{name: "no score is a question and never low", change: func(_ *wardbook.Product, d *wardbook.Device, f *wardbook.Finding) { f.CVSS = nil },
		safety: "5 0 ", effectiveness: "4 0 ", security: "5 0 ", action: "Ask Acme how exploitable",
		asks: []wardbook.QuestionKind{wardbook.AskScore}},
	{name: "a vector that does not parse is no score", change: vector("CVSS:3.1/AV:N/oops"),
		safety: "5 0 ", effectiveness: "4 0 ", security: "5 0 ", asks: []wardbook.QuestionKind{wardbook.AskScore}},
	{name: "no score but known exploited", change: func(_ *wardbook.Product, d *wardbook.Device, f *wardbook.Finding) {
		f.CVSS = nil
		f.KEV = &wardbook.KEV{CVE: f.Vulnerability}
	}, safety: "5 4 intolerable", effectiveness: "4 5 intolerable", security: "5 5 intolerable", asks: []wardbook.QuestionKind{wardbook.AskScore}},
	{name: "no score but likely to be exploited stays unknown", change: func(_ *wardbook.Product, d *wardbook.Device, f *wardbook.Finding) {
		f.CVSS = nil
		f.EPSS = &wardbook.EPSS{Probability: 0.9}
	}, safety: "5 0 ", effectiveness: "4 0 ", security: "5 0 ", asks: []wardbook.QuestionKind{wardbook.AskScore}},
	{name: "a vector that takes nothing", change: vector(nothingVector),
		safety: "0 3 ", effectiveness: "0 4 ", security: "0 4 ", asks: []wardbook.QuestionKind{wardbook.AskScore}},
	{name: "unknown class", change: func(p *wardbook.Product, d *wardbook.Device, f *wardbook.Finding) { p.DeviceClass, p.Name = "", "X" },
		safety: "0 0 ", effectiveness: "0 0 ", security: "5 4 intolerable", asks: []wardbook.QuestionKind{wardbook.AskClass}},
	{name: "the class is told from the names", change: func(p *wardbook.Product, d *wardbook.Device, f *wardbook.Finding) {
		p.DeviceClass, p.Manufacturer, p.Name = "", "BD", "Alaris PCU"
	}, safety: "5 3 intolerable", effectiveness: "4 4 intolerable", security: "5 4 intolerable"},
	{name: "a monitor on a ward", change: func(p *wardbook.Product, d *wardbook.Device, f *wardbook.Finding) { p.DeviceClass = "monitor_patient" },
		safety: "4 3 high", effectiveness: "4 4 intolerable", security: "4 4 intolerable"},
	{name: "a monitor in intensive care", change: func(p *wardbook.Product, d *wardbook.Device, f *wardbook.Finding) {
		p.DeviceClass, d.Location = "monitor_patient", "ICU-2 bed 4"
	}, safety: "5 3 intolerable", effectiveness: "5 4 intolerable", security: "4 4 intolerable"},
	{name: "life support by the inventory", change: func(p *wardbook.Product, d *wardbook.Device, f *wardbook.Finding) {
		p.DeviceClass, d.LifeSupport = "monitor_patient", wardbook.Yes
	}, safety: "5 3 intolerable", effectiveness: "4 4 intolerable", security: "4 4 intolerable"},
	{name: "a replacement helps against stopping", change: func(p *wardbook.Product, d *wardbook.Device, f *wardbook.Finding) {
		f.CVSS.Vector, d.Redundancy, d.Zone = stopVector, wardbook.Yes, "segmented"
	}, safety: "4 2 medium", effectiveness: "4 3 high", security: "4 3 high"},
	{name: "a replacement does not help against tampering", change: func(p *wardbook.Product, d *wardbook.Device, f *wardbook.Finding) {
		d.Redundancy, d.Zone = wardbook.Yes, "segmented"
	}, safety: "5 3 intolerable", effectiveness: "4 3 high", security: "5 3 intolerable"},
	{name: "past its support end", change: func(p *wardbook.Product, d *wardbook.Device, f *wardbook.Finding) {
		f.Kind, f.CVSS, f.Advisory, f.Vulnerability = wardbook.FindingSupport, nil, "", "EOS:Windows 7"
	}, safety: "4 2 medium", effectiveness: "3 2 medium", security: "4 2 medium", action: "Plan the replacement"},
	{name: "the update that the advisory names", change: func(p *wardbook.Product, d *wardbook.Device, f *wardbook.Finding) {
		f.Remediations = []wardbook.Remediation{{Category: "vendor_fix", Details: "Update to 2.0"}}
	}, safety: "5 3 intolerable", effectiveness: "4 4 intolerable", security: "5 4 intolerable",
		action: "Get the update that ICSMA-26-001-01 names from Acme and install it on the one device"},
	{name: "not certain", change: func(p *wardbook.Product, d *wardbook.Device, f *wardbook.Finding) {
		f.Status = wardbook.PossiblyAffected
	},
		safety: "5 3 intolerable", effectiveness: "4 4 intolerable", security: "5 4 intolerable", action: "Find out whether"},
}

func TestRisk(t *testing.T) {
	for _, c := range riskCases {
		t.Run(c.name, func(t *testing.T) {
			risks, questions := Risks(one(t, c.change))
			if len(risks) != 1 {
				t.Fatalf("%d risks", len(risks))
			}
			r := &risks[0]
			for _, k := range wardbook.KeyProperties {
				ev := r.Evaluation(k)
				want := map[wardbook.KeyProperty]string{
					wardbook.Safety: c.safety, wardbook.Effectiveness: c.effectiveness, wardbook.Security: c.security}[k]
				if got := fmt.Sprintf("%d %d %s", ev.Severity, ev.Likelihood, ev.Level); got != want {
					t.Errorf("%s: %q, want %q\n%v", k, got, want, ev.Why)
				}
				if len(ev.Why) < 2 {
					t.Errorf("%s: no rule named: %v", k, ev.Why)
				}
			}
			if !strings.Contains(r.Action, c.action) || strings.Count(r.Action, ". ") > 0 || !strings.HasSuffix(r.Action, ".") {
				t.Errorf("action %q, want one sentence with %q", r.Action, c.action)
			}
			var asks []wardbook.QuestionKind
			for _, q := range questions {
				asks = append(asks, q.Kind)
			}
			if fmt.Sprint(asks) != fmt.Sprint(c.asks) {
				t.Errorf("asks %v, want %v", asks, c.asks)
			}
			if r.State != wardbook.RiskProposed || r.Due == "" || r.DueRule == "" || r.Hazard == "" || r.Chain.Harm == "" || len(r.Options) == 0 {
				t.Errorf("incomplete: %+v", r)
			}
		})
	}
}
