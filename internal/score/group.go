package score

import (
	"slices"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/catalog"
)

// A group is what one risk is about: open findings of one product with the
// same advisory or component and the same consequence.
type group struct {
	pid         string
	product     *wardbook.Product // nil: the assessment does not list it
	class       *catalog.DeviceClass
	classWhy    string
	advisory    string
	component   *string
	subject     string // advisory, component or what is out of support
	support     bool   // all findings are of kind end_of_support
	consequence wardbook.Impact
	scored      bool
	findings    []*wardbook.Finding
	certainty   wardbook.Status
}

type groupKey struct {
	product, subject string
	consequence      wardbook.Impact
	support          bool
	// A finding without a vector stands apart from those with one: what is
	// not known about it must not hide behind what is known about them.
	scored bool
}

// groups gathers the open findings in their order.
func (e *engine) groups() []*group {
	byKey := map[groupKey]*group{}
	var list []*group
	for i := range e.in.Findings {
		f := &e.in.Findings[i]
		if !f.Status.Open() {
			continue
		}
		class := e.class(f.Product, f.Devices)
		k := groupKey{
			product:     f.Product,
			subject:     subject(f),
			consequence: e.consequence(f, class.class),
			support:     f.Kind == wardbook.FindingSupport,
			scored:      e.vector(f) != nil,
		}
		g := byKey[k]
		if g == nil {
			g = &group{
				pid: f.Product, product: e.productOf(f.Product), class: class.class, classWhy: class.why,
				subject: k.subject, consequence: k.consequence, support: k.support, scored: k.scored, certainty: f.Status,
			}
			if f.Advisory != "" && !k.support {
				g.advisory = f.Advisory
			} else {
				g.component = f.Component
			}
			byKey[k] = g
			list = append(list, g)
		}
		g.findings = append(g.findings, f)
		if slices.Index(certainties, f.Status) < slices.Index(certainties, g.certainty) {
			g.certainty = f.Status
		}
	}
	return list
}

// subject is what the findings of a risk have in common.
func subject(f *wardbook.Finding) string {
	switch {
	case f.Advisory != "" && f.Kind != wardbook.FindingSupport:
		return f.Advisory
	case f.Component != nil && *f.Component != "":
		return *f.Component
	default:
		return f.Vulnerability
	}
}

func (e *engine) productOf(id string) *wardbook.Product {
	if i, ok := e.product[id]; ok {
		return &e.in.Products[i]
	}
	return nil
}

// consequence is the loss that a finding's vector can do most harm by: the
// severest under the class, without one the largest, in the order of
// wardbook.Impacts. It is empty where no vector says what is lost.
func (e *engine) consequence(f *wardbook.Finding, class *catalog.DeviceClass) wardbook.Impact {
	v := e.vector(f)
	if v == nil {
		return ""
	}
	var worst wardbook.Impact
	weight := 0
	for _, im := range wardbook.Impacts {
		a := v.Impact(im)
		if a == AmountNone {
			continue
		}
		w := int(a)
		if class != nil {
			c := class.Consequence[im]
			less := 0
			if a == AmountLow {
				less = e.pol.Severity.LowImpact
			}
			w += 100*(max(c.Safety, c.Effectiveness, c.Security)-less) + 10*c.Safety + 1000
		}
		if w > weight {
			worst, weight = im, w
		}
	}
	return worst
}

// classAnswer is the class of a product and by which words it was told.
type classAnswer struct {
	class *catalog.DeviceClass
	why   string
}

// class is the device class of a product: as the assessment set it, for the
// product or for its devices, else as the catalogue tells it from the names.
func (e *engine) class(pid string, devices []string) *classAnswer {
	if a := e.classes[pid]; a != nil {
		return a
	}
	a := &classAnswer{}
	e.classes[pid] = a
	p := e.productOf(pid)
	if p != nil && p.DeviceClass != "" {
		a.class, a.why = e.cat.Class(p.DeviceClass), "as the assessment has it for the product"
		if a.class == nil {
			a.why = "the catalogue has no class " + p.DeviceClass
		}
		return a
	}
	var like wardbook.Device
	if p != nil {
		like = wardbook.Device{Manufacturer: p.Manufacturer, Model: p.Name, ModelNumber: p.ModelNumber}
	}
	for _, id := range devices {
		i, ok := e.device[id]
		if !ok {
			continue
		}
		d := &e.in.Devices[i]
		if c := e.cat.Class(d.DeviceClass); c != nil {
			a.class, a.why = c, "as the assessment has it for "+d.ID
			return a
		}
		if like.Type == "" {
			like.Type = d.Type
		}
		if p == nil {
			like = *d
		}
	}
	a.class, a.why = e.cat.Classify(like)
	return a
}
