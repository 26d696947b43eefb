package assess

import (
	"slices"
	"testing"

	"github.com/wardbook/wardbook"
)

// A labelled device has the product and the class that a run gives it.
func TestLabelsAreThoseOfARun(t *testing.T) {
	in := inputs(t)
	in.Devices = append(in.Devices, wardbook.Device{ID: "B1", Manufacturer: "PHILIPS", Model: "IntelliVue MX450", Version: "M.00"}, wardbook.Device{ID: "B2", Manufacturer: "Philips Healthcare", Model: "Intellivue MX-450", Version: "M.00"}, wardbook.Device{ID: "B3"})
	in.Answers = []wardbook.Answer{{Kind: wardbook.AskClass, Key: classKey(in.Devices[0]), Answer: in.Catalog.DeviceClasses[0].ID}}
	labelled := slices.Clone(in.Devices)
	l := NewLabeller(in.Catalog, in.Answers)
	for i := range labelled {
		l.Label(&labelled[i])
	}
	classes := 0
	for i, d := range runOn(t, in).Devices {
		if labelled[i].Product != d.Product || labelled[i].DeviceClass != d.DeviceClass {
			t.Errorf("%s: %s %q, a run says %s %q", d.ID, labelled[i].Product, labelled[i].DeviceClass, d.Product, d.DeviceClass)
		}
		if d.DeviceClass != "" {
			classes++
		}
	}
	if classes < 2 || labelled[0].Product != labelled[1].Product {
		t.Errorf("%+v", labelled)
	}
}
