package assess

import (
	"cmp"
	"slices"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/match"
)

// A Hit says that an advisory speaks of a product of the newest run.
type Hit struct {
	Product       string   // id
	Devices       []string // ids; not to be changed
	Vulnerability string
	Component     string // key of the component that is meant; empty: the product itself
	Status        wardbook.Status
	Confidence    float64 // 0–1
}

// fleet is what a Memo knows of the products of the newest run.
type fleet struct {
	products []product
	sboms    []SBOM
	byName   map[match.Identity][]int32 // products
	byPart   map[match.Part][]int32     // products with a component; nil until it is needed
}

func newFleet(r *run) *fleet {
	f := &fleet{products: r.products, sboms: r.SBOMs, byName: make(map[match.Identity][]int32, len(r.products))}
	for n := range r.products {
		id := r.products[n].identity
		f.byName[id] = append(f.byName[id], int32(n))
	}
	return f
}

// parts files the products under their components.
func (f *fleet) parts() map[match.Part][]int32 {
	if f.byPart != nil {
		return f.byPart
	}
	f.byPart = map[match.Part][]int32{}
	for n := range f.products {
		for _, j := range f.products[n].sboms {
			b := &f.sboms[j.sbom]
			for i := range b.Components {
				key := match.PartOf(&b.Components[i])
				if list := f.byPart[key]; len(list) == 0 || list[len(list)-1] != int32(n) {
					f.byPart[key] = append(list, int32(n))
				}
			}
		}
	}
	return f.byPart
}

// Hits says which products of the newest run one more advisory would speak of,
// or another state of a known one, before it is taken in. What VEX and own
// decisions say is not in it. The order is by product, vulnerability and
// component.
func (m *Memo) Hits(adv *wardbook.Advisory) []Hit {
	if m.fleet == nil {
		return nil
	}
	var out []Hit
	for _, h := range m.advisories.Try(adv) {
		products, component := m.fleet.byName[h.Identity], ""
		if h.Part != (match.Part{}) {
			products, component = m.fleet.parts()[h.Part], wardbook.Component{Purl: h.Part.Purl, Name: h.Part.Name, Version: h.Part.Version}.Key()
		}
		for _, n := range products {
			p := &m.fleet.products[n]
			for _, x := range h.Matches {
				out = append(out, Hit{Product: p.ID, Devices: p.ids, Vulnerability: x.Vulnerability.ID, Component: component, Status: x.Status, Confidence: x.Confidence})
			}
		}
	}
	slices.SortFunc(out, func(a, b Hit) int {
		return cmp.Or(cmp.Compare(a.Product, b.Product), cmp.Compare(a.Vulnerability, b.Vulnerability), cmp.Compare(a.Component, b.Component))
	})
	return out
}
