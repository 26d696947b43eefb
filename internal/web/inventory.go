package web

import (
	"net/url"
	"slices"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/fleet"
	"github.com/wardbook/wardbook/internal/store"
)

// pageSize rows stand on a page of a list.
const pageSize = 50

// inventoryView is a page of devices.
type inventoryView struct {
	*overview
	*table
}

func orUnknown(s string) string {
	if s == "" {
		return "unknown"
	}
	return s
}

func (s *Server) inventory(q *request, tx *store.Tx) (any, error) {
	o, err := s.overview(tx)
	if err != nil {
		return nil, err
	}
	u := q.r.URL.Query()
	snap, err := s.fleets.at(tx)
	if err != nil {
		return nil, err
	}
	is := map[fleet.Column]string{fleet.Site: u.Get("site"), fleet.Ward: u.Get("ward"), fleet.Class: u.Get("class"), fleet.Service: u.Get("service"), fleet.Product: u.Get("product")}
	l := q.deviceList()
	l.Read = func(w window) (part[wardbook.Device], error) { return devices(tx, snap, w, is) }
	l.Search = "Asset, model, serial, address"
	classes := []option{{Value: "unknown", Label: "class unknown"}}
	for _, c := range o.Classes {
		classes = append(classes, option{Value: c, Label: className(c)})
	}
	service := options([]string{string(wardbook.InService), string(wardbook.Spare), string(wardbook.Retired)})
	l.Filters = []filter{
		{Name: "site", Label: "Site", All: "All sites", Options: options(o.Sites)},
		{Name: "ward", Label: "Ward", All: "All wards", Options: options(o.Wards)},
		{Name: "class", Label: "Class", All: "All classes", Options: classes},
		{Name: "product", Label: "Product", Linked: true, Show: o.Products[u.Get("product")]},
		{Name: "service", Label: "Service", All: "In service or not", Options: append(service, option{Value: "unknown", Label: "service unknown"})},
	}
	t, err := l.show(q)
	return inventoryView{o, t}, err
}

// deviceList are devices as lists show them.
func (q *request) deviceList() list[wardbook.Device] {
	type device = wardbook.Device
	return list[device]{
		Name: "devices", Label: "Devices", Empty: "No device fits.",
		ID: func(d device) string { return d.ID },
		Columns: []column[device]{
			{Head: "Asset", Class: "fit", Cell: func(d device) cell {
				return cell{Text: d.ID, Href: q.link("/inventory/" + url.PathEscape(d.ID)), Look: "main id"}
			}, Sort: "id"},
			{Head: "Device", Sub: "Maker", Class: "title", Cell: func(d device) cell {
				c := known(d.Model)
				c.Sub = &cell{Text: d.Manufacturer}
				return c
			}, Sort: "model"},
			{Head: "Version", Wide: 1, Cell: func(d device) cell { return known(d.Version) }, Sort: "version"},
			{Head: "Ward", Sub: "Site", Class: "ward", Cell: func(d device) cell {
				c := known(d.Location)
				c.Sub = &cell{Text: d.Site}
				return c
			}, Sort: "ward"},
			{Head: "Class", Wide: 2, Cell: func(d device) cell {
				c := known(className(d.DeviceClass))
				if d.DeviceClass == "" {
					c.Look = "unknown"
				}
				return c
			}, Sort: "class"},
			{Head: "Service", Class: "nb", Wide: 3, Cell: func(d device) cell {
				if d.Service == "" || d.Service == "unknown" {
					return known("")
				}
				return cell{Text: words(string(d.Service))}
			}, Sort: "service"},
			{Head: "Address", Class: "fit", Wide: 3, Cell: func(d device) cell { return cell{Text: d.IP, Look: "id"} }},
		},
		Sort: "id",
	}
}

// deviceView is one device: what it is, what is known of it, what it was.
type deviceView struct {
	Device   wardbook.Device
	Findings *table
	Risks    *table
	History  []deviceChange
}

// A deviceChange is one state of a device with what differs from the one before.
type deviceChange struct {
	Began   wardbook.Entry
	Ended   *wardbook.Entry // nil: it holds
	Changed []string
	First   bool
}

func (s *Server) device(q *request, tx *store.Tx) (any, error) {
	d, err := tx.Device(q.r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	o, err := s.overview(tx)
	if err != nil {
		return nil, err
	}
	v := deviceView{Device: d.Value}
	findings, err := deviceFindings(tx, o, d.Value)
	if err != nil {
		return nil, err
	}
	v.Findings = q.findingList().of(findings)
	var risks []riskRow
	seen := map[int]bool{}
	for _, f := range findings {
		for _, i := range o.byFinding[f.ID] {
			if seen[i] {
				continue
			}
			seen[i] = true
			r, err := store.Get[wardbook.Risk](tx, o.Risks[i].ID)
			if err != nil {
				return nil, err
			}
			if slices.Contains(r.Value.Devices, d.Value.ID) {
				risks = append(risks, o.Risks[i])
			}
		}
	}
	v.Risks = q.riskList().of(risks)
	v.History, err = deviceHistory(tx, d.Value.ID)
	return v, err
}

// deviceFindings are the findings of the device's product in whose set of
// devices it is.
func deviceFindings(tx *store.Tx, o *overview, d wardbook.Device) ([]findingRow, error) {
	if d.Product == "" {
		return nil, nil
	}
	var out []findingRow
	in := map[string]bool{} // by digest of the set
	opts := store.FactOptions{Group: d.Product, Limit: 1000}
	for {
		page, err := tx.Findings(opts)
		if err != nil {
			return nil, err
		}
		for _, f := range page.Items {
			has, known := in[f.Value.DeviceSet]
			if !known && f.Value.Affected > 0 {
				set, err := tx.DeviceSet(f.Value.DeviceSet)
				if err != nil {
					return nil, err
				}
				_, has = slices.BinarySearch(set, d.ID)
				in[f.Value.DeviceSet] = has
			}
			if has {
				out = append(out, o.findingRow(f.Value))
			}
		}
		if opts.After = page.Next; page.Next == "" {
			break
		}
	}
	slices.SortStableFunc(out, urgency)
	return out, nil
}

func deviceHistory(tx *store.Tx, id string) ([]deviceChange, error) {
	facts, err := tx.DeviceHistory(id)
	if err != nil {
		return nil, err
	}
	var out []deviceChange
	for i, f := range facts {
		c := deviceChange{First: i == len(facts)-1}
		if c.Began, err = tx.Entry(f.Position); err != nil {
			return nil, err
		}
		if f.Until > 0 {
			e, err := tx.Entry(f.Until)
			if err != nil {
				return nil, err
			}
			c.Ended = &e
		}
		if !c.First {
			c.Changed = deviceDiff(facts[i+1].Value, f.Value)
		}
		out = append(out, c)
	}
	return out, nil
}

// deviceDiff says in words what differs.
func deviceDiff(was, is wardbook.Device) []string {
	var out []string
	for _, f := range []struct{ name, was, is string }{
		{"maker", was.Manufacturer, is.Manufacturer}, {"model", was.Model, is.Model}, {"version", was.Version, is.Version},
		{"serial number", was.Serial, is.Serial}, {"site", was.Site, is.Site}, {"location", was.Location, is.Location},
		{"zone", was.Zone, is.Zone}, {"IP address", was.IP, is.IP}, {"service", string(was.Service), string(is.Service)},
		{"operating system", was.OS, is.OS}, {"class", was.DeviceClass, is.DeviceClass}, {"product", was.Product, is.Product},
	} {
		if f.was != f.is {
			out = append(out, f.name+": "+orUnknown(f.was)+" → "+orUnknown(f.is))
		}
	}
	return out
}
