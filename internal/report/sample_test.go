package report

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/catalog"
)

// size says how large a sample is.
type size struct{ Products, Wards, Findings, Risks, Devices int }

// usual is a sample like a real hospital's.
var usual = size{Products: 60, Wards: 25, Findings: 200, Risks: 80, Devices: 2500}

// some is a sample that is quick to print.
var some = size{Products: 20, Wards: 8, Findings: 50, Risks: 12, Devices: 300}

// sampleData is an invented assessment under the default policy. The same
// size gives the same data.
func sampleData(t testing.TB, n size) Data {
	t.Helper()
	p, err := catalog.ReadPolicy(catalog.DefaultPolicy(), "policy-default.yaml")
	if err != nil {
		t.Fatal(err)
	}
	g := &generator{r: rand.New(rand.NewPCG(7, 11)), p: p, a: &wardbook.Assessment{
		Schema: wardbook.AssessmentSchema, Program: "wardbook 0.2.0", At: "2026-11-24", Policy: p.Ref(),
		Catalog: fmt.Sprintf("%064x", 77),
	}}
	g.inputs()
	g.fleet(n)
	g.findings(n)
	g.risks(n)
	g.questions()
	g.summary()
	return Data{Assessment: g.a, Policy: p, Organization: "St. Example Hospital",
		Hazards:  map[string]string{"unauthenticated-access": "Functions answer without a check of who asks"},
		Controls: map[string]string{"segment": "Network segment of its own"}}
}

type generator struct {
	r     *rand.Rand
	p     *wardbook.Policy
	a     *wardbook.Assessment
	wards [][2]string
}

func pick[T any](g *generator, list []T) T { return list[g.r.IntN(len(list))] }

func (g *generator) inputs() {
	for i, in := range []wardbook.Input{
		{Path: "demo/inventory-north.csv", Kind: wardbook.InputInventory, Format: "CSV, semicolon, Windows-1252", Records: 1612, AsOf: "2026-11-20",
			Problems: []wardbook.Problem{{Place: "row 17", Message: "No maker and no model: the row cannot be matched."}, {Place: "row 203", Message: "The UDI has a wrong check digit (expected 4, is 7); it is kept as text and not used."},
				{Place: "row 611", Message: "The asset id P-1044 was used before; this one is now P-1044#2."}}},
		{Path: "demo/inventory-south.xlsx", Kind: wardbook.InputInventory, Format: "XLSX", Records: 888, AsOf: "2026-11-18"},
		{Path: "demo/sboms.zip!infusion/pump-station-4.2.1.cdx.json", Kind: wardbook.InputSBOM, Format: "CycloneDX 1.5 JSON", Records: 214},
		{Path: "demo/sboms.zip!monitor/central-monitor-C.01.spdx.json", Kind: wardbook.InputSBOM, Format: "SPDX 2.3 JSON", Records: 97,
			Problems: []wardbook.Problem{{Place: "/packages/41/versionInfo", Message: "Empty version: the component is kept without one."}}},
		{Path: "demo/advisories", Kind: wardbook.InputAdvisory, Format: "CSAF 2.0", Records: 143, AsOf: "2026-11-12"},
		{Path: "demo/osv.zip", Kind: wardbook.InputVulnerabilities, Format: "OSV", Records: 5120, AsOf: "2026-11-21"},
		{Path: "demo/known_exploited.json", Kind: wardbook.InputKEV, Format: "KEV JSON", Records: 1480, AsOf: "2026-11-23"},
		{Path: "demo/epss.csv.gz", Kind: wardbook.InputEPSS, Format: "EPSS CSV", Records: 301200, AsOf: "2026-09-30"},
		{Path: "demo/policy.yaml", Kind: wardbook.InputPolicy, Format: "YAML", Records: 1},
	} {
		in.SHA256, in.Size = fmt.Sprintf("%08x%056x", 0xdeadbeef*uint64(i+1)&0xffffffff, 1<<40+i), int64(1000*(i+1))
		g.a.Inputs = append(g.a.Inputs, in)
	}
}

var (
	makers = []string{"B. Braun", "Becton Dickinson", "Philips", "GE HealthCare", "Dräger", "Baxter", "Medtronic", "Siemens Healthineers", "Hillrom", "Ωmega Ιατρική", "Медтехника"}
	things = []string{"Infusion Pump", "Syringe Pump", "Patient Monitor", "Central Station", "Ventilator", "Anaesthesia Workstation", "Ultrasound System", "CT Console", "Lab Analyser", "Telemetry Hub", "Imaging Gateway"}
	areas  = []string{"ICU 1", "ICU 2", "Neonatal ICU", "Emergency", "Theatre 1–4", "Recovery", "Cardiology", "Oncology Day Unit", "Radiology", "Ward 3A", "Ward 3B", "Ward 4A", "Dialysis", "Laboratory", "Endoscopy"}
	sites  = []string{"North", "South", "Children’s"}
)

func (g *generator) fleet(n size) {
	for i := range n.Products {
		p := wardbook.Product{ID: fmt.Sprintf("p%03d", i), Manufacturer: pick(g, makers), Name: fmt.Sprintf("%s %d%c", pick(g, things), 100+i*7, 'A'+rune(i%6)), DeviceClass: "infusion-pump"}
		if i%5 != 0 {
			p.Version = fmt.Sprintf("%d.%d.%d", 1+i%6, i%9, i%4)
		}
		if i%4 == 0 {
			p.Components, p.SBOMs = 40+i, []string{"demo/sboms.zip!infusion/pump-station-4.2.1.cdx.json"}
		}
		g.a.Products = append(g.a.Products, p)
	}
	for i := range n.Wards {
		g.wards = append(g.wards, [2]string{sites[i%len(sites)], areas[i%len(areas)] + []string{"", " West"}[i/len(areas)%2]})
	}
	for i := range n.Devices {
		p := &g.a.Products[g.r.IntN(len(g.a.Products))]
		p.Devices++
		w := pick(g, g.wards)
		g.a.Devices = append(g.a.Devices, wardbook.Device{ID: fmt.Sprintf("AST-%05d", 10000+i), Manufacturer: p.Manufacturer, Model: p.Name, Version: p.Version,
			Site: w[0], Location: w[1], Product: p.ID, DeviceClass: p.DeviceClass, Service: wardbook.InService, Place: fmt.Sprintf("inventory-north.csv row %d", i+2)})
	}
}

func (g *generator) of(product string) []string {
	var ids []string
	for i := range g.a.Devices {
		if g.a.Devices[i].Product == product {
			ids = append(ids, g.a.Devices[i].ID)
		}
	}
	return ids
}

func (g *generator) findings(n size) {
	for i := range n.Findings {
		p := g.a.Products[i%len(g.a.Products)]
		f := wardbook.Finding{ID: fmt.Sprintf("F-%012x", 0x9e3779b97f4a*uint64(i+1)&0xffffffffffff), Kind: wardbook.FindingAdvisory, Product: p.ID, Devices: g.of(p.ID),
			Vulnerability: fmt.Sprintf("CVE-%d-%d", 2019+i%8, 10000+i*37), Aliases: []string{}, Title: "Missing check of the origin of a command",
			Advisory: fmt.Sprintf("ICSMA-%02d-%03d-01", 19+i%8, i), Status: wardbook.Statuses[[]int{0, 0, 0, 1, 1, 3, 4, 0, 2, 0}[i%10]], Confidence: 0.6 + float64(i%4)/10,
			Why: []wardbook.Step{
				{Step: "maker by alias", Detail: fmt.Sprintf("%q is %q in the ledger of makers (row aliases/%d)", p.Manufacturer, p.Manufacturer+" Inc.", i)},
				{Step: "model by name", Detail: fmt.Sprintf("%q equals product_name %q after normalising", p.Name, p.Name)},
				{Step: "version in range", Detail: fmt.Sprintf("%s lies in %q (vendor order)", orUnknown(p.Version), "< 9.9")}},
			Remediations: []wardbook.Remediation{{Category: "vendor_fix", Details: "Update to 9.9 or later.", URL: "https://example.org/fix"}}, Published: "2025-03-04"}
		if i%3 == 1 {
			c := fmt.Sprintf("pkg:generic/openssl-libraries-with-a-long-name/libcrypto@1.0.2%c-long-build-identifier-20190423", 'a'+rune(i%20))
			f.Component, f.Kind, f.Advisory = &c, wardbook.FindingComponent, ""
		}
		if i%7 != 3 {
			f.CVSS = &wardbook.CVSS{Version: "3.1", Vector: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", Score: 4 + float64(i%60)/10}
		}
		if i%11 == 0 {
			f.KEV = &wardbook.KEV{CVE: f.Vulnerability, DateAdded: "2024-05-06", Ransomware: []wardbook.Ternary{wardbook.Yes, wardbook.Unknown}[i%2]}
		}
		if i%2 == 0 {
			f.EPSS = &wardbook.EPSS{Probability: float64(i%50) / 300, Percentile: float64(i%100) / 100, Date: "2026-09-30"}
		}
		if i%13 == 5 {
			f.Conflicts = []wardbook.Claim{{Statement: "S1", Origin: "the maker’s VEX of 3 May 2026", Status: wardbook.NotAffected, Detail: "the module is not built in"}}
		}
		g.a.Findings = append(g.a.Findings, f)
	}
}

func (g *generator) evaluation(k wardbook.KeyProperty, sev, lik int) wardbook.Evaluation {
	e := wardbook.Evaluation{Severity: sev, Likelihood: lik, Why: []wardbook.Step{
		{Step: "worst credible consequence of the device class", Detail: "infusion pump, integrity: serious"},
		{Step: "likelihood from exploitability", Detail: "CVSS 3.1 exploitability 3.9 in zone “clinical”: step 4; KEV raises to 5"}}}
	if l := g.p.LevelAt(k, sev, lik); l != nil {
		e.Level, e.Acceptable, e.Authority = l.ID, l.Acceptable, l.Authority
	} else {
		e.Why = append(e.Why, wardbook.Step{Step: "unknown", Detail: "no score is known; a question asks for it"})
	}
	return e
}

func (g *generator) risks(n size) {
	titles := []string{"Infusion rate changed through the network module", "Alarms do not reach the central station", "Patient data readable on the ward network", "Ventilator settings altered during service", "Images delayed because the gateway stops"}
	for i := range n.Risks {
		f := g.a.Findings[i*len(g.a.Findings)/n.Risks]
		r := wardbook.Risk{ID: fmt.Sprintf("R-%012x", 0x51ed270b7a3f*uint64(i+3)&0xffffffffffff), Title: titles[i%len(titles)] + ", " + productName(&g.a.Products[i%len(g.a.Products)]),
			State: wardbook.RiskProposed, Product: f.Product, Devices: f.Devices, Hazard: "unauthenticated-access", ClinicalFunction: "delivers drugs continuously",
			Chain: wardbook.Chain{Hazard: "The pump’s module takes commands from anybody on the network", Sequence: []string{"Somebody reaches the ward network", "A forged command changes the configuration", "Staff start an infusion and do not see the change"},
				Situation: "A vasopressor runs at another rate than ordered, and no alarm sounds", Harm: "Blood pressure crisis with lasting injury"},
			Action: "Update the network module to 9.9 or later; until then close the port on the ward’s firewall.", Certainty: wardbook.Affected,
			DueRule: "14 days for an intolerable risk"}
		for _, x := range g.a.Findings {
			if x.Product == f.Product && x.Status.Open() {
				r.Findings = append(r.Findings, x.ID)
			}
		}
		r.Safety = g.evaluation(wardbook.Safety, (i*3+1)%6, 1+(i*2)%5)
		r.Effectiveness = g.evaluation(wardbook.Effectiveness, 1+i%4, 1+i%5)
		r.Security = g.evaluation(wardbook.Security, 1+(i+2)%5, (1+i)%6)
		if i%9 != 8 {
			r.Due = fmt.Sprintf("2026-12-%02d", 1+i%28)
		}
		if i%12 == 0 {
			r.Due, r.Overdue = "2026-11-02", true
		}
		better := map[wardbook.KeyProperty]wardbook.Effect{wardbook.Safety: wardbook.Better, wardbook.Effectiveness: wardbook.NoEffect, wardbook.Security: wardbook.Better}
		mixed := map[wardbook.KeyProperty]wardbook.Effect{wardbook.Safety: wardbook.NoEffect, wardbook.Effectiveness: wardbook.Worse, wardbook.Security: wardbook.Better}
		r.Options = []wardbook.ControlOption{
			{Kind: wardbook.Protective, Control: "segment", Text: "Put the pumps into a network segment that only the pump server reaches.", Source: "catalogue", Effect: mixed},
			{Kind: wardbook.Inherent, Text: "Update to 9.9 or later.", Source: f.Advisory, URL: "https://example.org/advisory/with/a/long/path", Effect: better},
			{Kind: wardbook.Information, Text: "Two people check rate and drug before each start.", Source: "catalogue"}}
		for _, id := range r.Devices {
			for j := range g.a.Devices {
				if g.a.Devices[j].ID == id {
					if w := g.a.Devices[j].Site + " / " + g.a.Devices[j].Location; !slices.Contains(r.Wards, w) {
						r.Wards = append(r.Wards, w)
					}
				}
			}
		}
		g.a.Risks = append(g.a.Risks, r)
	}
}

func (g *generator) questions() {
	for i := range 34 {
		p := g.a.Products[i%len(g.a.Products)]
		g.a.Questions = append(g.a.Questions, wardbook.Question{ID: fmt.Sprintf("Q-%010x", 0xabcdef1*uint64(i+5)), Kind: []wardbook.QuestionKind{wardbook.AskVersion, wardbook.AskMaker, wardbook.AskRange}[i%3],
			Key: p.ID, Text: fmt.Sprintf("Which version runs on the %s? The advisory is about versions below 9.9.", productName(&p)), Devices: g.of(p.ID), Choices: []string{"below 9.9", "9.9 or later"}})
	}
}

func (g *generator) summary() {
	s := &g.a.Summary
	s.Devices, s.Findings, s.Matrices = len(g.a.Devices), map[wardbook.Status]int{}, map[wardbook.KeyProperty]wardbook.MatrixCount{}
	s.DevicesRetired, s.DevicesAffected, s.DevicesPossibly, s.DevicesNoVersion, s.DevicesNoMaker, s.DevicesClean = 31, len(g.a.Devices)*5/10, len(g.a.Devices)/7, len(g.a.Devices)/5, 3, len(g.a.Devices)/4
	for i := range g.a.Findings {
		s.Findings[g.a.Findings[i].Status]++
		if g.a.Findings[i].KEV != nil && g.a.Findings[i].Status.Open() {
			s.KnownExploited++
		}
	}
	for _, k := range wardbook.KeyProperties {
		m := wardbook.MatrixCount{Cells: make([][]int, 5)}
		for i := range m.Cells {
			m.Cells[i] = make([]int, 5)
		}
		for i := range g.a.Risks {
			if e := g.a.Risks[i].Evaluation(k); e.Level == "" {
				m.Unknown++
			} else {
				m.Cells[e.Severity-1][e.Likelihood-1]++
			}
		}
		s.Matrices[k] = m
	}
	s.Risks, s.Questions = len(g.a.Risks), len(g.a.Questions)
	for i := range g.a.Risks {
		r := &g.a.Risks[i]
		if !r.Unacceptable() {
			continue
		}
		s.Unacceptable++
		if r.Overdue {
			s.Overdue++
		}
		if len(s.First) < 10 {
			s.First = append(s.First, wardbook.Todo{Risk: r.ID, Title: r.Title, Action: r.Action, Reason: "intolerable for safety, known exploited", Due: r.Due, Devices: len(r.Devices), Wards: r.Wards})
		}
	}
	for i, w := range g.wards {
		s.Wards = append(s.Wards, wardbook.WardCount{Site: w[0], Location: w[1], Devices: 100 - i, Affected: 60 - 2*i, Possibly: 9, Unacceptable: max(0, 22-i), Worst: []string{"intolerable", "high", "medium", "low", ""}[i*5/len(g.wards)]})
	}
	s.DataAge = []wardbook.DataAge{{Source: "KEV", AsOf: "2026-11-23", Days: 1}, {Source: "EPSS", AsOf: "2026-09-30", Days: 55, Note: "older than 30 days"}, {Source: "Advisories", Days: -1}}
	s.Unknowns = []string{"500 devices have no version in the inventory; where a range decides they are possibly affected.", "45 of 60 products have no SBOM: vulnerabilities of their components are not known.", "The zone of 212 devices is not recognised; vectors count as they are."}
	g.a.Changes = &wardbook.Changes{Since: "2026-10-01", Path: "out-october", New: []string{g.a.Findings[0].ID}, NewRisks: []string{g.a.Risks[0].ID}, GoneRisks: []wardbook.GoneFinding{{ID: "R-00", Title: "Old pump firmware"}},
		ChangedRisks: []wardbook.ChangedFinding{{ID: g.a.Risks[1].ID, Field: "security.likelihood", From: "3", To: "5"}}, NewDevices: []string{"AST-10007", "AST-10008"}}
}

// TestWriteSample writes the sample's files to the directory in
// WARDBOOK_REPORT_OUT, for looking at.
func TestWriteSample(t *testing.T) {
	dir := os.Getenv("WARDBOOK_REPORT_OUT")
	if dir == "" {
		t.Skip("WARDBOOK_REPORT_OUT is not set")
	}
	d := sampleData(t, usual)
	for name, fn := range writers {
		f, err := os.Create(dir + "/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if err := fn(f, d); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
