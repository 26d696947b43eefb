package catalog

import (
	"io/fs"

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
func (c *Catalog) loadRisk(fsys fs.FS, ps *wardbook.Problems) {
	c.loadHazards(fsys, ps)
	c.loadClasses(fsys, ps)
	c.loadControls(fsys, ps)
	c.loadPolicy(fsys, ps)
}
