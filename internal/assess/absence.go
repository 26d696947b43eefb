package assess

import (
	"slices"
	"strings"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/catalog"
	"github.com/wardbook/wardbook/internal/match"
)

// An Absence explains why a vulnerability is no finding of a device: what was
// held against it, and where each rule ended.
type Absence struct {
	Documents int             // advisories that name the vulnerability
	Nearest   []wardbook.Step // their products that are nearest to the device
	Records   []*wardbook.Vulnerability
	SBOMs     []HeldSBOM // of the product, held against Records
}

// Told reports whether anything that was given names the vulnerability.
func (a *Absence) Told() bool { return a.Documents+len(a.Records) > 0 }

// HeldSBOM says how the components of an SBOM were held against records.
type HeldSBOM struct {
	Path       string
	Components int
	Held       []HeldComponent // that the records name
}

// HeldComponent is one component that a record names, with how it came out.
type HeldComponent struct {
	Component string // its key
	Status    wardbook.Status
	Why       []wardbook.Step
}

// nearest is how many products of advisories an Absence tells of.
const nearest = 8

// ExplainAdvisories holds a device against those of the advisories that name a
// vulnerability, by the id of either.
func (a *Absence) ExplainAdvisories(cat *catalog.Catalog, list []*wardbook.Advisory, d *wardbook.Device, vuln string) {
	var named []*wardbook.Advisory
	for _, adv := range list {
		if Names(adv, vuln) {
			named = append(named, adv)
		}
	}
	if a.Documents = len(named); len(named) == 0 {
		return
	}
	id := match.Identity{Manufacturer: d.Manufacturer, Model: d.Model, ModelNumber: d.ModelNumber, Version: d.Version, UDIDI: d.UDIDI, OS: d.OS}
	a.Nearest = match.NewAdvisories(named, cat, nil).Explain(id, nearest)
}

// Names reports whether an advisory has that id, or a vulnerability with it.
func Names(a *wardbook.Advisory, vuln string) bool {
	if strings.EqualFold(a.ID, vuln) {
		return true
	}
	for i := range a.Vulnerabilities {
		v := &a.Vulnerabilities[i]
		if strings.EqualFold(v.ID, vuln) || strings.EqualFold(v.CVE, vuln) || slices.ContainsFunc(v.IDs, func(x string) bool { return strings.EqualFold(x, vuln) }) {
			return true
		}
	}
	return false
}

// ExplainSBOM holds the components of an SBOM against the records that by finds;
// matches with others than a.Records do not count.
func (a *Absence) ExplainSBOM(b *SBOM, by match.Lookup) error {
	ms, err := match.Components(b.Components, by, match.Options{Platforms: b.CPEs, Outside: true})
	if err != nil {
		return err
	}
	out := HeldSBOM{Path: b.Path, Components: len(b.Components)}
	for _, m := range ms {
		if !slices.ContainsFunc(m.Records, func(r *wardbook.Vulnerability) bool { return a.has(r.ID) }) && len(m.Records) > 0 {
			continue
		}
		out.Held = append(out.Held, HeldComponent{Component: b.Components[m.Component].Key(), Status: m.Status, Why: m.Why})
	}
	a.SBOMs = append(a.SBOMs, out)
	return nil
}

func (a *Absence) has(id string) bool {
	return slices.ContainsFunc(a.Records, func(r *wardbook.Vulnerability) bool { return r.ID == id })
}
