package catalog

import (
	"github.com/wardbook/wardbook"
)

// riskTables are what is looked up while risks are proposed.
type riskTables struct {
	hazard map[string]int
	class  map[string]int
	treats map[string][]int // hazard → controls
	index  classIndex
}

// loadRisk reads hazards, device classes, controls and the default policy, in
// the order in which they refer to each other.
func (c *Catalog) loadRisk(src source, ps *wardbook.Problems) {
	c.loadHazards(src, ps)
	c.loadClasses(src, ps)
	c.loadControls(src, ps)
	c.loadPolicy(src, ps)
}
