package assess

import (
	"fmt"

	"github.com/wardbook/wardbook"
)

// countOf fills in the counts of devices.
func countOf(s *wardbook.Summary, a *wardbook.Assessment, states *deviceStates) {
	for i := range a.Devices {
		d := &a.Devices[i]
		st := states.list[i]
		if d.Service == wardbook.Retired {
			s.DevicesRetired++
			continue
		}
		switch {
		case st.affected:
			s.DevicesAffected++
		case st.possibly:
			s.DevicesPossibly++
		case !st.any:
			s.DevicesClean++
		}
		if d.Version == "" {
			s.DevicesNoVersion++
		}
		if d.Manufacturer == "" || d.Model == "" {
			s.DevicesNoMaker++
		}
	}
}

// unknowns says in sentences what is not known and why.
func (r *run) unknowns(s *wardbook.Summary, a *wardbook.Assessment) []string {
	var out []string
	add := func(n int, one, many, rest string) {
		if n > 0 {
			out = append(out, plural(n, one, many)+" "+rest)
		}
	}
	add(s.DevicesNoVersion, "device in service has", "devices in service have", "no software version in the inventory: against an advisory with a version range they are possibly affected.")
	add(s.DevicesNoMaker, "device in service has", "devices in service have", "no maker or no model in the inventory: most advisories cannot be held against them.")
	add(s.DevicesClean, "device in service is", "devices in service are", "named by nothing that was given. That is not a proof that nothing is wrong with them.")
	noClass, noScore, withSBOM := 0, 0, 0
	for i := range a.Devices {
		if a.Devices[i].DeviceClass == "" && a.Devices[i].Service != wardbook.Retired {
			noClass++
		}
	}
	for i := range a.Findings {
		f := &a.Findings[i]
		if f.Status.Open() && f.CVSS == nil && f.Kind != wardbook.FindingSupport {
			noScore++
		}
	}
	for i := range a.Products {
		if len(a.Products[i].SBOMs) > 0 {
			withSBOM++
		}
	}
	add(noClass, "device in service is", "devices in service are", "of no class that the catalogue knows: what a fault can mean for patients is unknown for them.")
	add(noScore, "open finding has", "open findings have", "no CVSS score from any source: how exploitable it is, is unknown.")
	if r.HasInventory && len(a.Products) > 0 {
		out = append(out, fmt.Sprintf("%s of %d in the inventory %s an SBOM: the components of the others are unknown.", plural(withSBOM, "product", "products"), len(a.Products), map[bool]string{true: "has", false: "have"}[withSBOM == 1]))
	}
	if r.KEV == nil {
		out = append(out, "No KEV catalogue was given: whether a vulnerability is known to be exploited is unknown.")
	}
	if r.EPSS == nil {
		out = append(out, "No EPSS scores were given: the probability of exploitation is unknown.")
	}
	if r.noAdvisories {
		out = append(out, "No advisories were given: what makers and authorities say is unknown.")
	}
	return out
}
