package catalog

import (
	"github.com/wardbook/wardbook"
)

// A Hazard is one row of the hazards of connected health IT.
type Hazard struct {
	wardbook.Hazard `yaml:",inline"`
	Provenance      `yaml:",inline"`
}

// Hazard returns the hazard with that id, nil where there is none.
func (c *Catalog) Hazard(id string) *Hazard {
	if i, ok := c.risk.hazard[id]; ok {
		return &c.Hazards[i]
	}
	return nil
}

func (c *Catalog) loadHazards(src source, ps *wardbook.Problems) {
	c.Hazards = read[Hazard](src, "hazards.yaml", ps)
	c.risk.hazard = map[string]int{}
	for i, h := range c.Hazards {
		if _, ok := c.risk.hazard[h.ID]; ok {
			ps.Add(h.Place, "the id %q is there twice", h.ID)
		}
		c.risk.hazard[h.ID] = i
		if err := h.Validate(); err != nil {
			ps.Add(h.Place, "%v", err)
		}
		if h.Source == "" {
			ps.Add(h.Place, "source is needed")
		}
	}
}
