package assess

import (
	"context"
	"fmt"
	"sort"
	"strings"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/match"
	"github.com/wardbook/wardbook/internal/score"
)

// A product is a product of the assessment with what it is matched by.
type product struct {
	wardbook.Product
	identity match.Identity
	devices  []int    // indexes of its devices
	ids      []string // ids of its devices that are not retired, else of all
	sboms    []joined
}

// joined is an SBOM of a product. It is certain, or a person has to settle it.
type joined struct {
	sbom   int
	match  match.SubjectMatch
	doubts []match.Doubt
}

// deviceOfSBOM makes a device of an SBOM: without an inventory the SBOMs are the
// fleet.
func deviceOfSBOM(i int, s *SBOM) wardbook.Device {
	return wardbook.Device{
		ID: s.Path, Manufacturer: s.Manufacturer, Model: firstOf(s.Name, s.Path), ModelNumber: s.ModelNumber, Version: s.Version, UDIDI: s.UDIDI, Place: fmt.Sprintf("SBOM %d", i+1),
	}
}

func identityOf(d *wardbook.Device) match.Identity {
	return match.Identity{Manufacturer: d.Manufacturer, Model: d.Model, ModelNumber: d.ModelNumber, Version: d.Version, UDIDI: d.UDIDI, OS: d.OS, Type: d.Type}
}

// groupDevices makes products of devices that an inventory describes alike, and
// finds their classes.
func (r *run) groupDevices(ctx context.Context) error {
	byKey, groups, spelledAs, classes := map[string]int{}, r.Memo.groups, r.Memo.spelled, r.Memo.classes
	spelled := []map[[2]string]int{}
	for i := range r.Devices {
		d := &r.Devices[i]
		ident := identityOf(d)
		key, ok := spelledAs[ident]
		if !ok {
			key = groups.Key(ident)
			spelledAs[ident] = key
		}
		n, have := byKey[key]
		if !have {
			n = len(r.products)
			byKey[key] = n
			r.products = append(r.products, product{
				Product:  wardbook.Product{ID: productID(key), Version: d.Version, ModelNumber: d.ModelNumber, UDIDI: d.UDIDI},
				identity: ident,
			})
			spelled = append(spelled, map[[2]string]int{})
		}
		p := &r.products[n]
		p.devices = append(p.devices, i)
		spelled[n][[2]string{d.Manufacturer, d.Model}]++
		d.Product = p.ID
		ckey := classOf(d)
		class, ok := classes[ckey]
		if !ok {
			class = r.classify(d)
			classes[ckey] = class
		}
		d.DeviceClass = class
		if p.DeviceClass == "" {
			p.DeviceClass = class
		}
		if i%20_000 == 0 {
			r.progress("devices", i, len(r.Devices))
			if ctx.Err() != nil {
				return ctx.Err()
			}
		}
	}
	for n := range r.products {
		p := &r.products[n]
		p.Manufacturer, p.Name = mostSpelled(spelled[n])
		p.identity.Manufacturer, p.identity.Model = p.Manufacturer, p.Name
		p.Devices = len(p.devices)
		p.ids = r.deviceIDs(p)
	}
	return nil
}

// classify asks the catalogue, after the people.
func (r *run) classify(d *wardbook.Device) string {
	if a, ok := r.answers.Get(wardbook.AskClass, classKey(*d)); ok && r.Catalog.Class(a) != nil {
		return a
	}
	if c, _ := r.Catalog.Classify(*d); c != nil {
		return c.ID
	}
	return ""
}

// classKey is what an answer about the class of a device refers to.
func classKey(d wardbook.Device) string { return score.ClassKey(d.Manufacturer, d.Model) }

// deviceIDs lists the devices in service, or all where none is.
func (r *run) deviceIDs(p *product) []string {
	var in, all []string
	for _, i := range p.devices {
		d := &r.Devices[i]
		all = append(all, d.ID)
		if d.Service != wardbook.Retired {
			in = append(in, d.ID)
		}
	}
	if len(in) > 0 {
		return in
	}
	return all
}

// mostSpelled picks the spelling of most devices; one in mixed case is taken
// where it is at least half as common, since it reads better.
func mostSpelled(m map[[2]string]int) (maker, model string) {
	weight := func(k [2]string) int {
		n := 2 * m[k]
		if text := k[0] + k[1]; text != strings.ToUpper(text) && text != strings.ToLower(text) {
			n *= 2
		}
		return n
	}
	best, n := [2]string{}, 0
	for k := range m {
		if c := weight(k); c > n || c == n && (k[0] < best[0] || k[0] == best[0] && k[1] < best[1]) {
			best, n = k, c
		}
	}
	return best[0], best[1]
}

func fold(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }

// joinSBOMs finds which products the SBOMs describe. An SBOM of no device is a
// product without devices: its findings are shown, its risks have nobody.
func (r *run) joinSBOMs(ctx context.Context) error {
	subjects := make([]match.Subject, len(r.SBOMs))
	for i, s := range r.SBOMs {
		subjects[i] = match.Subject{Document: s.Path, Manufacturer: s.Manufacturer, Name: s.Name, Version: s.Version, ModelNumber: s.ModelNumber, UDIDI: s.UDIDI}
	}
	idx := match.NewSubjects(subjects, r.Catalog, r.answers)
	used := make([]bool, len(r.SBOMs))
	otherVersion := make([]map[string]int, len(r.SBOMs))
	for n := range r.products {
		p := &r.products[n]
		if ctx.Err() != nil {
			return ctx.Err()
		}
		for _, m := range idx.Match(p.identity) {
			switch m.Status {
			case wardbook.Affected, wardbook.PossiblyAffected:
				used[m.Subject] = true
				p.addSBOM(r.SBOMs, joined{sbom: m.Subject, match: m, doubts: m.Doubts})
			case wardbook.NotAffected:
				if otherVersion[m.Subject] == nil {
					otherVersion[m.Subject] = map[string]int{}
				}
				otherVersion[m.Subject][p.Version] += len(p.devices)
			}
		}
	}
	for i, s := range r.SBOMs {
		if len(otherVersion[i]) > 0 {
			r.notes = append(r.notes, fmt.Sprintf("The SBOM %s describes %s %s. Of %s no SBOM was given: their components are unknown.", s.Path, s.Name, s.Version, countDevices(otherVersion[i])))
		}
		if !used[i] {
			r.addProductOfSBOM(i)
		}
	}
	return nil
}

func countDevices(byVersion map[string]int) string {
	var versions []string
	n := 0
	for v, c := range byVersion {
		n += c
		versions = append(versions, v)
	}
	sort.Strings(versions)
	return fmt.Sprintf("%s of other versions (%s)", plural(n, "device", "devices"), strings.Join(versions, ", "))
}

// addProductOfSBOM keeps an SBOM that describes no device of the inventory.
func (r *run) addProductOfSBOM(i int) {
	s := r.SBOMs[i]
	name := s.Name
	if name == "" {
		name = s.Path
	}
	p := product{
		Product:  wardbook.Product{ID: id("P-", "sbom", s.Path, s.Serial, s.Name, s.Version), Manufacturer: s.Manufacturer, Name: name, Version: s.Version, ModelNumber: s.ModelNumber, UDIDI: s.UDIDI},
		identity: match.Identity{Manufacturer: s.Manufacturer, Model: s.Name, ModelNumber: s.ModelNumber, Version: s.Version, UDIDI: s.UDIDI},
	}
	p.addSBOM(r.SBOMs, joined{sbom: i, match: match.SubjectMatch{Status: wardbook.Affected, Confidence: 1}})
	r.products = append(r.products, p)
	r.notes = append(r.notes, fmt.Sprintf("The SBOM %s describes %s %s, which matches no device of the inventory.", s.Path, name, s.Version))
}

func (p *product) addSBOM(all []SBOM, j joined) {
	p.sboms = append(p.sboms, j)
	p.SBOMs = append(p.SBOMs, all[j.sbom].Path)
	p.Components += len(all[j.sbom].Components)
}
