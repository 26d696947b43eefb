package score

import (
	"slices"
	"strings"
	"testing"

	"github.com/wardbook/wardbook"
)

// Findings of one product with the same advisory and consequence are one risk;
// another consequence, component, product or kind is another.
func TestGroups(t *testing.T) {
	in := one(t, func(*wardbook.Product, *wardbook.Device, *wardbook.Finding) {})
	in.Devices = append(in.Devices,
		wardbook.Device{ID: "A2", Product: "P-1", Site: "North", Location: "ICU", Zone: "DMZ"},
		wardbook.Device{ID: "A3", Product: "P-1", Site: "South", Location: "Store", Service: wardbook.Retired},
		wardbook.Device{ID: "B1", Product: "P-2", Service: wardbook.Retired})
	in.Products = append(in.Products, wardbook.Product{ID: "P-2", Manufacturer: "Acme", Name: "Old", DeviceClass: "ct"})
	lib, other := "pkg:npm/left@1", "openssl@1.0"
	add := func(id, product, advisory string, component *string, kind wardbook.FindingKind, status wardbook.Status, vector string, devices ...string) {
		in.Findings = append(in.Findings, wardbook.Finding{ID: id, Product: product, Advisory: advisory, Component: component, Kind: kind,
			Status: status, Vulnerability: "CVE-" + id, Devices: devices, CVSS: &wardbook.CVSS{Vector: vector}})
	}
	adv, comp, eos := wardbook.FindingAdvisory, wardbook.FindingComponent, wardbook.FindingSupport
	add("2", "P-1", "ICSMA-26-001-01", nil, adv, wardbook.PossiblyAffected, openVector, "A2", "A3")
	add("3", "P-1", "ICSMA-26-001-01", nil, adv, wardbook.Affected, readVector, "A1")
	add("4", "P-1", "ICSMA-26-001-01", nil, adv, wardbook.Fixed, openVector, "A1")
	add("5", "P-1", "", &lib, comp, wardbook.Affected, openVector, "A1")
	add("6", "P-1", "", &lib, comp, wardbook.Affected, openVector, "A1")
	add("7", "P-1", "", &other, comp, wardbook.Affected, openVector, "A1")
	add("8", "P-1", "", &other, eos, wardbook.Affected, "", "A1")
	add("9", "P-2", "ICSMA-26-001-01", nil, adv, wardbook.Affected, openVector, "B1")
	add("10", "P-1", "ICSMA-26-001-01", nil, adv, wardbook.Affected, "", "A1")
	risks, _ := Risks(in)
	var got []string
	for i := range risks {
		ids := slices.Clone(risks[i].Findings)
		slices.Sort(ids)
		got = append(got, strings.Join(ids, "+"))
		if strings.Contains(strings.Join(ids, "+"), "F-1+") || ids[0] == "2" {
			r := &risks[i]
			if !slices.Equal(r.Devices, []string{"A1", "A2"}) {
				t.Errorf("devices %v, want those in service", r.Devices)
			}
			if !slices.Equal(r.Wards, []string{"North / ICU", "North / Ward 3"}) {
				t.Errorf("wards %v", r.Wards)
			}
			if r.Certainty != wardbook.Affected {
				t.Errorf("certainty %s, want the strongest", r.Certainty)
			}
			if r.Security.Likelihood != 5 {
				t.Errorf("likelihood %d: the device in the DMZ decides", r.Security.Likelihood)
			}
		}
	}
	slices.Sort(got)
	want := []string{"10", "2+F-1", "3", "5+6", "7", "8"}
	if !slices.Equal(got, want) {
		t.Errorf("risks of %v, want %v (a group of retired devices only gives none)", got, want)
	}
}

// The maker's remediations come first, then the catalogue's controls, each in
// the order inherent, protective, information; conflicts are marked.
func TestOptionsInOrder(t *testing.T) {
	in := one(t, func(_ *wardbook.Product, _ *wardbook.Device, f *wardbook.Finding) {
		f.Remediations = []wardbook.Remediation{
			{Category: "none_available", Details: "None."}, {Category: "mitigation", Details: "Close it."},
			{Category: "vendor_fix", Details: "Update."}, {Category: "vendor_fix", Details: "Update."},
		}
	})
	risks, _ := Risks(in)
	options := risks[0].Options
	var texts []string
	rank, catalogue := 0, false
	for i, o := range options {
		if o.Control == "" {
			texts = append(texts, o.Text)
			if catalogue {
				t.Errorf("option %d: a remediation after a catalogue control", i)
			}
			continue
		}
		if !catalogue {
			catalogue, rank = true, 0
		}
		n := slices.Index(wardbook.ControlKinds, o.Kind)
		if n < rank {
			t.Errorf("option %d: %s after a later kind", i, o.Kind)
		}
		rank = n
		if o.Conflict != wardbook.Conflict(o.Effect) || len(o.Effect) != 3 {
			t.Errorf("%s: conflict %v, effects %v", o.Control, o.Conflict, o.Effect)
		}
		if o.Control == "CTL-patch" || o.Control == "CTL-disconnect" {
			t.Errorf("%s: the maker has spoken, and pumps have a control of their own", o.Control)
		}
	}
	if want := []string{"Update.", "Close it.", "None."}; !slices.Equal(texts, want) {
		t.Errorf("remediations %q, want %q", texts, want)
	}
}

func TestDue(t *testing.T) {
	for _, c := range []struct {
		name, seen, kev, want, rule string
		overdue                     bool
	}{
		{"by the level, from today", "", "none", "2026-03-15", "levels.intolerable", false},
		{"from the first assessment", "2026-01-10", "none", "2026-01-24", "first assessed on 2026-01-10", true},
		{"a later first date is not believed", "2027-01-01", "none", "2026-03-15", "levels", false},
		{"known exploited, the catalogue's date lies ahead", "", "2026-03-04", "2026-03-04", "due.kev_date", false},
		{"known exploited, the catalogue's date is long gone", "", "2021-01-01", "2026-03-15", "levels", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := one(t, func(_ *wardbook.Product, _ *wardbook.Device, f *wardbook.Finding) {
				if c.kev != "none" {
					f.KEV = &wardbook.KEV{CVE: f.Vulnerability, DueDate: c.kev}
				}
			})
			first, _ := Risks(in)
			in.FirstSeen = map[string]string{first[0].ID: c.seen}
			risks, _ := Risks(in)
			r := risks[0]
			if r.Due != c.want || r.Overdue != c.overdue || !strings.Contains(r.DueRule, c.rule) {
				t.Errorf("due %s (%s), overdue %v; want %s, %v by %s", r.Due, r.DueRule, r.Overdue, c.want, c.overdue, c.rule)
			}
		})
	}
}
