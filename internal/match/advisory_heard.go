package match

import (
	"slices"
	"strings"
)

// heard is what holding one device against one product's name gave. Products
// of many advisories, and all version branches of one, share a name, so it is
// found out once for a device.
type heard struct {
	comparison
	related
}

// related says how two makers are one; how is empty where they are not known to
// be.
type related struct {
	how        string
	confidence float64
}

// ofOtherMaker reports whether the maker of d is known, so that a product of a
// maker that is not related cannot be it.
func (d *deviceName) ofOtherMaker() bool { return len(d.makers) > 0 && d.makers[0].maker >= 0 }

// apart is heard where the makers decide: the names need not be compared.
var apart = heard{comparison: comparison{fit: noFit}}

func (a *Advisories) hear(d *deviceName, x *indexed) *heard {
	if h, ok := d.heard[x.name]; ok {
		return h
	}
	if d.heard == nil {
		d.heard = map[*productName]*heard{}
	}
	how, confidence, vendor := a.makerRelation(d, x)
	h := &apart
	if how != "" || vendor == "" || !a.answers.none() || !d.ofOtherMaker() && (len(d.makers) == 0 || x.name.wordIn(d)) {
		h = &heard{x.name.compare(d), related{how, confidence}}
	}
	d.heard[x.name] = h
	return h
}

// wordIn reports whether a word of p stands in d, not only a designator. With
// none, the names are never so close that makers that are not related do not
// matter.
func (p *productName) wordIn(d *deviceName) bool {
	if _, ok := d.forms[p.acronym]; ok {
		return true
	}
	for i := range p.groups {
		g := &p.groups[i]
		if g.kind != brandWord && g.kind != qualifier {
			continue
		}
		if _, _, ok := d.ask(g); ok {
			return true
		}
		if _, _, ok := d.askNear(g); ok {
			return true
		}
	}
	for _, j := range p.joins {
		form := j.form
		if _, ok := d.forms[form]; ok {
			return true
		}
	}
	return false
}

// A numberForm is a form of a device's words that has digits, and its parts.
type numberForm struct {
	text, prefix, digits, suffix string
	mask                         mask
}

// numberForms lists the forms that have digits, in order.
func numberForms(forms map[string]mask) []numberForm {
	var out []numberForm
	for f, m := range forms {
		if p, n, s := splitDesignator(f); n != "" {
			out = append(out, numberForm{f, p, n, s, m})
		}
	}
	slices.SortFunc(out, func(a, b numberForm) int { return strings.Compare(a.text, b.text) })
	return out
}
