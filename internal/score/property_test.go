package score

import (
	"encoding/json"
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/wardbook/wardbook"
)

// drawInput is a small hospital with findings of every sort.
func drawInput(t *rapid.T, tb testing.TB) Input {
	c := mustCatalog(tb)
	in := Input{Policy: c.Policy, Catalog: c, At: at}
	class := []string{"", "", "generic_printer"}
	for _, d := range c.DeviceClasses {
		class = append(class, d.ID)
	}
	ternary := rapid.SampledFrom([]wardbook.Ternary{"", "", wardbook.Yes, wardbook.No})
	for p := range rapid.IntRange(1, 3).Draw(t, "products") {
		pid := fmt.Sprint("P-", p)
		in.Products = append(in.Products, wardbook.Product{ID: pid, Manufacturer: "Acme", Name: fmt.Sprint("Thing ", p),
			DeviceClass: rapid.SampledFrom(class).Draw(t, "class")})
		var ids []string
		for d := range rapid.IntRange(0, 3).Draw(t, "devices") {
			id := fmt.Sprint("A", p, d)
			ids = append(ids, id)
			in.Devices = append(in.Devices, wardbook.Device{
				ID: id, Product: pid, Site: "N", Location: rapid.SampledFrom([]string{"", "Ward 3", "ICU 1", "ED"}).Draw(t, "place"),
				Zone:        rapid.SampledFrom([]string{"", "clinical", "DMZ", "isolated", "offline", "VLAN 7"}).Draw(t, "zone"),
				LifeSupport: ternary.Draw(t, "life"), Redundancy: ternary.Draw(t, "redundancy"),
			})
		}
		for f := range rapid.IntRange(1, 4).Draw(t, "findings") {
			in.Findings = append(in.Findings, drawFinding(t, fmt.Sprint("F-", p, f), pid, ids))
		}
	}
	return in
}

func drawFinding(t *rapid.T, id, product string, devices []string) wardbook.Finding {
	f := wardbook.Finding{ID: id, Product: product, Devices: devices, Vulnerability: "CVE-" + id,
		Kind:   rapid.SampledFrom([]wardbook.FindingKind{wardbook.FindingAdvisory, wardbook.FindingComponent, wardbook.FindingSupport}).Draw(t, "kind"),
		Status: rapid.SampledFrom(wardbook.Statuses).Draw(t, "status")}
	if f.Kind == wardbook.FindingAdvisory {
		f.Advisory = rapid.SampledFrom([]string{"ICSMA-1", "ICSMA-2"}).Draw(t, "advisory")
	} else if rapid.Bool().Draw(t, "component") {
		key := "pkg:npm/left@1"
		f.Component = &key
	}
	if rapid.IntRange(0, 3).Draw(t, "scored") > 0 {
		f.CVSS = &wardbook.CVSS{Vector: drawVector(t)}
	}
	if rapid.IntRange(0, 3).Draw(t, "kev") == 0 {
		f.KEV = &wardbook.KEV{CVE: f.Vulnerability, DueDate: rapid.SampledFrom([]string{"", "2020-01-01", "2026-03-05", "x"}).Draw(t, "kevdue")}
	}
	if rapid.Bool().Draw(t, "epss") {
		f.EPSS = &wardbook.EPSS{Probability: rapid.Float64Range(0, 1).Draw(t, "probability")}
	}
	if rapid.IntRange(0, 3).Draw(t, "ssvc") == 0 {
		f.SSVC = &wardbook.SSVC{Exploitation: rapid.SampledFrom([]string{"none", "poc", "active"}).Draw(t, "exploitation")}
	}
	return f
}

func byID(risks []wardbook.Risk) map[string]*wardbook.Risk {
	m := make(map[string]*wardbook.Risk, len(risks))
	for i := range risks {
		m[risks[i].ID] = &risks[i]
	}
	return m
}

// Evidence of exploitation never lowers a value, and never takes a risk away.
func TestEvidenceOnlyRaises(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		in := drawInput(rt, t)
		before, _ := Risks(in)
		more := in
		more.Findings = slices.Clone(in.Findings)
		f := &more.Findings[rapid.IntRange(0, len(more.Findings)-1).Draw(rt, "which")]
		switch rapid.IntRange(0, 2).Draw(rt, "evidence") {
		case 0:
			if f.KEV == nil {
				f.KEV = &wardbook.KEV{CVE: f.Vulnerability}
			}
		case 1:
			p := 0.0
			if f.EPSS != nil {
				p = f.EPSS.Probability
			}
			f.EPSS = &wardbook.EPSS{Probability: rapid.Float64Range(p, 1).Draw(rt, "p")}
		case 2:
			f.SSVC = &wardbook.SSVC{Exploitation: "active"}
		}
		after, _ := Risks(more)
		now := byID(after)
		if len(after) != len(before) {
			rt.Fatalf("%d risks, were %d", len(after), len(before))
		}
		for i := range before {
			b, a := &before[i], now[before[i].ID]
			if a == nil {
				rt.Fatalf("risk %s is gone", b.ID)
			}
			for _, k := range wardbook.KeyProperties {
				x, y := b.Evaluation(k), a.Evaluation(k)
				if y.Severity < x.Severity || y.Likelihood < x.Likelihood || in.Policy.Rank(y.Level) < in.Policy.Rank(x.Level) {
					rt.Fatalf("%s went down: %+v, was %+v", k, y, x)
				}
			}
			if _, l := b.Worst(in.Policy); l != nil && a.Due > b.Due {
				rt.Fatalf("due %s, was %s", a.Due, b.Due)
			}
		}
	})
}

// Nothing that is missing makes a risk acceptable; a level comes from the
// matrix alone; every open finding is in exactly one risk; nothing is accepted.
func TestRisksAreHonest(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		in := drawInput(rt, t)
		risks, _ := Risks(in)
		count := map[string]int{}
		for i := range risks {
			r := &risks[i]
			for _, id := range r.Findings {
				count[id]++
			}
			if r.State != wardbook.RiskProposed {
				rt.Fatalf("state %s", r.State)
			}
			for _, k := range wardbook.KeyProperties {
				ev := r.Evaluation(k)
				if ev.Severity == 0 || ev.Likelihood == 0 {
					if ev.Level != "" || ev.Acceptable != wardbook.Unknown {
						rt.Fatalf("%s: unknown, yet %+v", k, ev)
					}
					continue
				}
				l := in.Policy.LevelAt(k, ev.Severity, ev.Likelihood)
				if l.ID != ev.Level || l.Authority != ev.Authority {
					rt.Fatalf("%s: %+v is not what the matrix says: %+v", k, ev, l)
				}
				if ev.Acceptable == wardbook.Yes && (l.Acceptable != wardbook.Yes || r.DeviceClass == "") {
					rt.Fatalf("%s: acceptable: %+v", k, ev)
				}
				if l.Acceptable == wardbook.No && ev.Acceptable != wardbook.No {
					rt.Fatalf("%s: not acceptable, yet %+v", k, ev)
				}
			}
			if r.Safety.Severity == 5 && r.Safety.Likelihood >= 3 && !r.Unacceptable() {
				rt.Fatalf("acceptable: %+v", r.Safety)
			}
			if i > 0 && rankOf(in, &risks[i-1]) < rankOf(in, r) {
				rt.Fatal("the worst does not come first")
			}
			if _, l := r.Worst(in.Policy); l != nil && l.DueDays > 0 && r.Due > at.AddDate(0, 0, l.DueDays).Format(time.DateOnly) {
				rt.Fatalf("due %s is later than level %s allows", r.Due, l.ID)
			}
		}
		for _, f := range in.Findings {
			want := 0
			if f.Status.Open() {
				want = 1
			}
			if count[f.ID] != want {
				rt.Fatalf("finding %s (%s) is in %d risks", f.ID, f.Status, count[f.ID])
			}
		}
	})
}

func rankOf(in Input, r *wardbook.Risk) int {
	if _, l := r.Worst(in.Policy); l != nil {
		return in.Policy.Rank(l.ID)
	}
	return 0
}

// The same input in another order gives the same risks.
func TestRisksDoNotDependOnOrder(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		in := drawInput(rt, t)
		a, qa := Risks(in)
		before, _ := json.Marshal(in.Findings)
		b, qb := Risks(in)
		if !reflect.DeepEqual(a, b) || !reflect.DeepEqual(qa, qb) {
			rt.Fatal("two runs differ")
		}
		if after, _ := json.Marshal(in.Findings); string(after) != string(before) {
			rt.Fatal("the input was changed")
		}
		in.Findings = slices.Clone(in.Findings)
		slices.Reverse(in.Findings)
		c, _ := Risks(in)
		other := byID(c)
		for i := range a {
			r := other[a[i].ID]
			if r == nil || r.Safety.Level != a[i].Safety.Level || r.Security.Level != a[i].Security.Level || r.Due != a[i].Due {
				rt.Fatalf("risk %s differs in another order", a[i].ID)
			}
		}
	})
}

// large is a big hospital: 100,000 devices of 1,000 products, 20,000 findings.
func large(t testing.TB) Input {
	c := mustCatalog(t)
	in := Input{Policy: c.Policy, Catalog: c, At: at}
	vectors := []string{openVector, readVector, stopVector, localVector, "AV:N/AC:L/Au:N/C:P/I:P/A:P", ""}
	for p := range 1000 {
		pid := fmt.Sprint("P-", p)
		in.Products = append(in.Products, wardbook.Product{ID: pid, Manufacturer: "Acme", Name: fmt.Sprint("Model ", p),
			DeviceClass: c.DeviceClasses[p%len(c.DeviceClasses)].ID})
		ids := make([]string, 0, 100)
		for d := range 100 {
			id := fmt.Sprint("A", p, "-", d)
			ids = append(ids, id)
			in.Devices = append(in.Devices, wardbook.Device{ID: id, Product: pid, Site: fmt.Sprint("Site ", d%5),
				Location: fmt.Sprint("Ward ", d%40), Zone: []string{"", "clinical", "LAN"}[d%3]})
		}
		for f := range 20 {
			v := vectors[f%len(vectors)]
			in.Findings = append(in.Findings, wardbook.Finding{ID: fmt.Sprint("F-", p, "-", f), Kind: wardbook.FindingAdvisory, Product: pid,
				Devices: ids, Vulnerability: fmt.Sprint("CVE-2026-", f), Advisory: fmt.Sprint("ICSMA-", f/3), Status: wardbook.Affected,
				CVSS: &wardbook.CVSS{Vector: v}, Remediations: []wardbook.Remediation{{Category: "mitigation", Details: "Close the port."}}})
		}
	}
	return in
}

func TestRisksOfALargeHospital(t *testing.T) {
	in := large(t)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	risks, questions := Risks(in)
	took := time.Since(start)
	runtime.ReadMemStats(&after)
	t.Logf("%d devices, %d findings: %d risks, %d questions in %v, %d MiB allocated", len(in.Devices), len(in.Findings),
		len(risks), len(questions), took, (after.TotalAlloc-before.TotalAlloc)>>20)
	if took > 30*time.Second {
		t.Errorf("took %v", took) // BenchmarkRisks measures; this finds what does not end
	}
}

func BenchmarkRisks(b *testing.B) {
	in := large(b)
	for b.Loop() {
		Risks(in)
	}
}
