package catalog

import (
	"slices"

	"github.com/wardbook/wardbook"
)

// A Control is one row of the controls that a hospital can choose from.
type Control struct {
	ID      string                                   `yaml:"id"` // "CTL-…"
	Kind    wardbook.ControlKind                     `yaml:"kind"`
	Name    string                                   `yaml:"name"`
	Text    string                                   `yaml:"text"` // what to do, a sentence
	Effect  map[wardbook.KeyProperty]wardbook.Effect `yaml:"effect"`
	Hazards []string                                 `yaml:"hazards"` // ids of what it treats
	Impacts []wardbook.Impact                        `yaml:"impacts"` // against which loss it helps
	// InHouse: it needs the hospital's own network, rooms or staff around the
	// device, and is of no use for what patients carry.
	InHouse bool `yaml:"in_house"`
	// Classes limits it to devices of these classes; none: any.
	Classes []string `yaml:"classes"`
	// Replaces is the id of the general control in whose place it stands for
	// its classes.
	Replaces   string `yaml:"replaces"`
	Provenance `yaml:",inline"`
}

// Control returns the control with that id, nil where there is none.
func (c *Catalog) Control(id string) *Control {
	for i := range c.Controls {
		if c.Controls[i].ID == id {
			return &c.Controls[i]
		}
	}
	return nil
}

// ControlsFor returns the controls that treat any of the hazards against a
// loss of that impact on a device of that class, in the order inherent,
// protective, information, and within a kind those first that treat a hazard
// that stands earlier. Controls that need the hospital around the device are
// left out for what patients carry. An empty impact leaves the impact open.
func (c *Catalog) ControlsFor(hazards []string, impact wardbook.Impact, class string) []*Control {
	var found []*Control
	d := c.Class(class)
	outside := d != nil && d.Outside
	for _, kind := range wardbook.ControlKinds {
		for _, h := range hazards {
			for _, i := range c.risk.treats[h] {
				k := &c.Controls[i]
				switch {
				case k.Kind != kind, slices.Contains(found, k):
				case impact != "" && !slices.Contains(k.Impacts, impact):
				case k.InHouse && outside:
				case len(k.Classes) > 0 && !slices.Contains(k.Classes, class):
				default:
					found = append(found, k)
				}
			}
		}
	}
	return slices.DeleteFunc(found, func(k *Control) bool {
		return slices.ContainsFunc(found, func(o *Control) bool { return o.Replaces == k.ID })
	})
}

func (c *Catalog) loadControls(src source, ps *wardbook.Problems) {
	c.Controls = read[Control](src, "controls.yaml", ps)
	c.risk.treats = map[string][]int{}
	seen := map[string]bool{}
	for i, k := range c.Controls {
		if seen[k.ID] {
			ps.Add(k.Place, "the id %q is there twice", k.ID)
		}
		seen[k.ID] = true
		if k.ID == "" || k.Name == "" || k.Text == "" || k.Source == "" {
			ps.Add(k.Place, "id, name, text and source are needed")
		}
		if !k.Kind.Valid() {
			ps.Add(k.Place, "the kind %q is none of inherent, protective, information", k.Kind)
		}
		for _, p := range wardbook.KeyProperties {
			if !k.Effect[p].Valid() {
				ps.Add(k.Place, "the effect %q on %s is none of better, none, worse", k.Effect[p], p)
			}
		}
		if len(k.Hazards) == 0 || len(k.Impacts) == 0 {
			ps.Add(k.Place, "hazards and impacts are needed")
		}
		for _, id := range k.Hazards {
			if c.Hazard(id) == nil {
				ps.Add(k.Place, "there is no hazard %q", id)
			}
			c.risk.treats[id] = append(c.risk.treats[id], i)
		}
		for _, im := range k.Impacts {
			if !slices.Contains(wardbook.Impacts, im) {
				ps.Add(k.Place, "%q is no impact", im)
			}
		}
		for _, id := range k.Classes {
			if c.Class(id) == nil {
				ps.Add(k.Place, "there is no device class %q", id)
			}
		}
	}
	for _, k := range c.Controls {
		if k.Replaces != "" && (!seen[k.Replaces] || len(k.Classes) == 0) {
			ps.Add(k.Place, "replaces %q: that needs a control with this id, and classes", k.Replaces)
		}
	}
	for _, h := range c.Hazards {
		if len(c.risk.treats[h.ID]) == 0 {
			ps.Add(h.Place, "no control treats %s", h.ID)
		}
	}
}
