package web

import (
	"slices"
	"strings"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/store"
)

const pageSize = 50

// inventoryView is a page of devices and what they can be filtered by.
type inventoryView struct {
	*overview
	Items    []wardbook.Device
	Next     string
	Filter   deviceFilter
	Services []wardbook.ServiceState
}

// A deviceFilter picks devices. Empty fields pick all.
type deviceFilter struct{ Text, Site, Ward, Class, Service string }

// fits reports whether every word of the text stands in the device, and the
// rest is as asked.
func (f deviceFilter) fits(d wardbook.Device) bool {
	if f.Site != "" && d.Site != f.Site || f.Ward != "" && ward(d) != f.Ward ||
		f.Class != "" && orUnknown(d.DeviceClass) != f.Class || f.Service != "" && orUnknown(string(d.Service)) != f.Service {
		return false
	}
	if f.Text == "" {
		return true
	}
	all := strings.ToLower(strings.Join([]string{d.ID, d.Manufacturer, d.Model, d.ModelNumber, d.Version, d.Serial, d.UDI, d.Type, d.Site, d.Location, d.Zone, d.IP, d.MAC, d.OS}, "\n"))
	for _, w := range strings.Fields(strings.ToLower(f.Text)) {
		if !strings.Contains(all, w) {
			return false
		}
	}
	return true
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
	v := inventoryView{
		overview: o, Services: []wardbook.ServiceState{wardbook.InService, wardbook.Spare, wardbook.Retired},
		Filter: deviceFilter{Text: u.Get("q"), Site: u.Get("site"), Ward: u.Get("ward"), Class: u.Get("class"), Service: u.Get("service")},
	}
	// The store knows the order, the filter is ours: pages of it are read until
	// one of ours is full. One more than shown says whether there is a next.
	opts := store.FactOptions{Limit: 1000, After: u.Get("after")}
	if v.Filter == (deviceFilter{}) {
		opts.Limit = pageSize
	}
	for {
		page, err := tx.Devices(opts)
		if err != nil {
			return nil, err
		}
		for _, d := range page.Items {
			if !v.Filter.fits(d.Value) {
				continue
			}
			if len(v.Items) == pageSize {
				v.Next = v.Items[pageSize-1].ID
				return v, nil
			}
			v.Items = append(v.Items, d.Value)
		}
		opts.After = page.Next
		if v.Filter == (deviceFilter{}) || page.Next == "" {
			v.Next = page.Next
			return v, nil
		}
	}
}

// deviceView is one device: what it is, what is known of it, what it was.
type deviceView struct {
	Device   wardbook.Device
	Findings []findingRow
	Risks    []riskRow
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
	if v.Findings, err = deviceFindings(tx, o, d.Value); err != nil {
		return nil, err
	}
	seen := map[int]bool{}
	for _, f := range v.Findings {
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
				v.Risks = append(v.Risks, o.Risks[i])
			}
		}
	}
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
	sortFindings(out)
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
