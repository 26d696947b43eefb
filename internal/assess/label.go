package assess

import (
	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/catalog"
	"github.com/wardbook/wardbook/internal/match"
)

// A Labeller gives devices the product and the class that a Run would give
// them: both follow from the device, the catalogue and the answers alone. Who
// takes devices in labels them, so that an assessment has nothing to write
// about them. It is not for use by several goroutines.
type Labeller struct {
	r       run
	spelled map[match.Identity]string // product ids
	classes map[[4]string]string
	groups  match.Groups
}

// NewLabeller makes one.
func NewLabeller(cat *catalog.Catalog, answers []wardbook.Answer) *Labeller {
	return &Labeller{
		r:       run{Inputs: Inputs{Catalog: cat}, answers: match.NewAnswers(answers)},
		spelled: map[match.Identity]string{}, classes: map[[4]string]string{}, groups: match.NewGroups(cat),
	}
}

// Label sets Product and DeviceClass of d.
func (l *Labeller) Label(d *wardbook.Device) {
	ident := identityOf(d)
	product, ok := l.spelled[ident]
	if !ok {
		product = productID(l.groups.Key(ident))
		l.spelled[ident] = product
	}
	ckey := classOf(d)
	class, ok := l.classes[ckey]
	if !ok {
		class = l.r.classify(d)
		l.classes[ckey] = class
	}
	d.Product, d.DeviceClass = product, class
}

// productID is the id of the product that a key of match.Groups stands for.
func productID(key string) string { return id("P-", key) }

// classOf is what the class of a device follows from.
func classOf(d *wardbook.Device) [4]string {
	return [4]string{d.Manufacturer, d.Model, d.ModelNumber, d.Type}
}
