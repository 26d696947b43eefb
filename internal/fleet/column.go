package fleet

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/wardbook/wardbook"
)

// A Column is a property of devices that a Query filters and sorts by.
type Column uint8

// The columns. Ward is "Site / Location", as everywhere in the program.
const (
	ID Column = iota // sorts only; each device has its own
	Manufacturer
	Model
	ModelNumber
	Version
	Type
	Site
	Ward
	Zone
	Class
	Service
	LifeSupport
	OS
	Product
	Inventory
	columns
)

var names = [columns]string{
	"id", "manufacturer", "model", "model_number", "version", "type", "site", "ward", "zone", "class", "service", "life_support", "os", "product", "inventory",
}

// String is the name that addresses use.
func (c Column) String() string { return names[c] }

// ColumnOf is the column with that name.
func ColumnOf(name string) (Column, bool) {
	i := slices.Index(names[:], name)
	return Column(max(i, 0)), i >= 0
}

// WardOf is how the program names the ward of a device.
func WardOf(d *wardbook.Device) string {
	switch {
	case d.Site == "":
		return d.Location
	case d.Location == "":
		return d.Site
	}
	return d.Site + " / " + d.Location
}

// values are those of a device, by column.
func values(r *Row) [columns]string {
	d := &r.Device
	return [columns]string{
		Manufacturer: d.Manufacturer, Model: d.Model, ModelNumber: d.ModelNumber, Version: d.Version, Type: d.Type, Site: d.Site, Ward: WardOf(d),
		Zone: d.Zone, Class: d.DeviceClass, Service: string(d.Service), LifeSupport: string(d.LifeSupport), OS: d.OS, Product: d.Product, Inventory: r.Inventory,
	}
}

// A dict numbers the different values of a column. It only grows; snapshots
// that share one see a prefix of it.
type dict struct {
	values []string
	codes  map[string]uint32
}

// code is the number of v, a new one where v is new. The first change after
// the dict was handed to another snapshot copies the map: readers use it.
func (d *dict) code(v string, shared *bool) uint32 {
	if c, ok := d.codes[v]; ok {
		return c
	}
	if *shared {
		d.codes, d.values, *shared = maps.Clone(d.codes), slices.Clip(d.values), false
	}
	v = strings.Clone(v) // not the whole row that it was cut from
	c := uint32(len(d.values))
	d.values = append(d.values, v)
	d.codes[v] = c
	return c
}

// ranks gives the place of each code in the order that people expect: without
// case, then with it, and unknown last.
func (d *dict) ranks() []uint32 {
	order := make([]uint32, len(d.values))
	folded := make([]string, len(d.values))
	for i, v := range d.values {
		order[i], folded[i] = uint32(i), strings.ToLower(v)
	}
	slices.SortFunc(order, func(a, b uint32) int {
		x, y := d.values[a], d.values[b]
		if (x == "") != (y == "") {
			return cmp.Compare(y, x) // the empty one last
		}
		return cmp.Or(cmp.Compare(folded[a], folded[b]), cmp.Compare(x, y))
	})
	ranks := make([]uint32, len(order))
	for place, c := range order {
		ranks[c] = uint32(place)
	}
	return ranks
}
