package match

import (
	"fmt"
	"sort"

	"github.com/wardbook/wardbook"
)

// Explain says, product by product, how id fits what the indexed advisories
// name, also where it does not: the answer to "why not". The nearest products
// come first; at most n are given.
func (a *Advisories) Explain(id Identity, n int) []wardbook.Step {
	d := a.ledger.deviceName(id)
	d.explain = true
	type line struct {
		wardbook.Step
		near float64
	}
	var lines []line
	for i := range a.products {
		x := &a.products[i]
		adv := a.list[x.advisory].ID
		how, _, vendor := a.makerRelation(d, x)
		c := x.name.compare(d)
		near := float64(c.hits)
		text := fmt.Sprintf("%q of %q: ", x.name.text, vendor)
		if how == "" {
			text += fmt.Sprintf("%s is not known to be that maker; ", quoteMaker(id, d))
		} else {
			near += .5
			text += how + "; "
		}
		if phrase := x.excludes(d); phrase != "" {
			text += fmt.Sprintf("the document excludes %q; ", phrase)
		}
		text += fmt.Sprintf("name: %s (%s)", c.reason, c.rule)
		if f, ok := a.identify(id, d, x); ok {
			near += 10
			a.version(id, a.list[x.advisory], &f)
			text += "; version: " + f.versionWhy
		}
		lines = append(lines, line{wardbook.Step{Step: adv, Detail: text}, near})
	}
	sort.SliceStable(lines, func(i, j int) bool { return lines[i].near > lines[j].near })
	out := make([]wardbook.Step, 0, n)
	for _, l := range lines[:min(n, len(lines))] {
		out = append(out, l.Step)
	}
	return out
}
