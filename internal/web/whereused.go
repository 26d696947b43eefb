package web

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/fleet"
	"github.com/wardbook/wardbook/internal/store"
)

// A useRow is a component in a product.
type useRow struct {
	wardbook.Component
	Product  string // id
	Devices  int
	Findings int // open ones
	Worst    float64
}

// whereUsedView says which products hold a component, on which devices and
// wards.
type whereUsedView struct {
	*table
	Name, Version string
	Products      int
	Devices       int
	Wards         *table
}

// uses finds a component by its name in all products, in one version or in any.
func (s *Server) uses(tx *store.Tx, name, version string) (rows []useRow, ids []string, err error) {
	if name == "" {
		return nil, nil, nil
	}
	o, err := s.overview(tx)
	if err != nil {
		return nil, nil, err
	}
	snap, err := s.fleets.at(tx)
	if err != nil {
		return nil, nil, err
	}
	for opts := (store.FactOptions{Name: name, Limit: 1000}); ; {
		page, err := tx.Components(opts)
		if err != nil {
			return nil, nil, err
		}
		for _, c := range page.Items {
			if version == "" || c.Value.Version == version {
				rows = append(rows, useRow{Component: c.Value, Product: c.Group, Devices: snap.CountOfProduct(c.Group), Worst: -1})
			}
		}
		if opts.After = page.Next; page.Next == "" {
			break
		}
	}
	at, products := map[[2]string][]int{}, map[string]bool{}
	for i, r := range rows {
		at[[2]string{r.Product, r.Key()}] = append(at[[2]string{r.Product, r.Key()}], i)
		if !products[r.Product] {
			products[r.Product] = true
			ids = slices.AppendSeq(ids, snap.OfProduct(r.Product))
		}
	}
	for _, f := range o.All {
		if !f.Status.Open() {
			continue
		}
		for _, i := range at[[2]string{f.Product, f.component()}] {
			rows[i].Findings++
			rows[i].Worst = max(rows[i].Worst, f.score())
		}
	}
	slices.Sort(ids)
	return rows, ids, nil
}

func (s *Server) whereUsed(q *request, tx *store.Tx) (any, error) {
	u := q.r.URL.Query()
	v := whereUsedView{Name: strings.TrimSpace(u.Get("name")), Version: strings.TrimSpace(u.Get("version"))}
	rows, ids, err := s.uses(tx, v.Name, v.Version)
	if err != nil {
		return nil, err
	}
	o, err := s.overview(tx)
	if err != nil {
		return nil, err
	}
	snap, err := s.fleets.at(tx)
	if err != nil {
		return nil, err
	}
	products := map[string]bool{}
	for _, r := range rows {
		products[r.Product] = true
	}
	v.Products, v.Devices = len(products), len(ids)
	l := list[useRow]{
		Name: "uses", Label: "Where it is", Empty: "No product that an SBOM describes has a component of that name.",
		ID: func(r useRow) string { return r.Product + " " + r.Key() + " " + r.Ref }, All: slices.Values(rows),
		Order: func(a, b useRow) int {
			return cmp.Or(b.Findings-a.Findings, b.Devices-a.Devices, strings.Compare(a.Product, b.Product))
		},
		Columns: []column[useRow]{
			{Head: "Product", Sub: "Package", Class: "title", Cell: func(r useRow) cell {
				return cell{Text: cmp.Or(o.Products[r.Product], r.Product), Href: q.link("/products/" + url.PathEscape(r.Product)), Sub: &cell{Text: r.Key()}}
			}, Sort: "product", Compare: by(func(r useRow) string { return o.Products[r.Product] })},
			{Head: "Version", Class: "nb", Cell: func(r useRow) cell {
				if r.Version == "" {
					return known("")
				}
				return cell{Text: r.Version, Href: q.link("/components", "name", r.Name, "version", r.Version)}
			}, Sort: "version", Compare: by(func(r useRow) string { return r.Version })},
			{Head: "Devices", Class: "r", Cell: func(r useRow) cell {
				c := q.count(r.Devices)
				c.Href = q.link("/inventory", "product", r.Product)
				return c
			}, Sort: "devices", Down: true, Compare: byNumber(func(r useRow) int { return r.Devices })},
			{Head: "Findings", Title: "Open findings", Class: "r", Wide: 2, Cell: func(r useRow) cell { return q.count(r.Findings) }, Sort: "findings", Down: true, Compare: byNumber(func(r useRow) int { return r.Findings })},
			{Head: "Licence", Wide: 3, Cell: func(r useRow) cell { return known(strings.Join(r.Licences, ", ")) }},
		},
	}
	if v.Version != "" {
		l.Filters = []filter{{Name: "version", Label: "Version", Linked: true}}
	}
	if v.table, err = l.show(q); err != nil {
		return nil, err
	}
	if ids == nil {
		ids = []string{}
	}
	wards := q.wardList("")
	wards.Columns = []column[wardRow]{
		{Head: "Ward", Class: "title", Cell: func(w wardRow) cell {
			return cell{Text: cmp.Or(w.Ward, "ward unknown"), Href: q.link("/components/devices", "name", v.Name, "version", v.Version, "ward", cmp.Or(w.Ward, "unknown"))}
		}},
		{Head: "Devices", Class: "r", Cell: func(w wardRow) cell { return q.count(w.Other) }},
	}
	v.Wards = wards.of(wardRows(snap, nil, ids))
	return v, nil
}

// componentDevicesView is the list of the devices with a component.
type componentDevicesView struct {
	*table
	Name, Version string
}

func (s *Server) componentDevices(q *request, tx *store.Tx) (any, error) {
	u := q.r.URL.Query()
	_, ids, err := s.uses(tx, u.Get("name"), u.Get("version"))
	if err != nil {
		return nil, err
	}
	t, err := s.deviceTable(q, tx, ids)
	return componentDevicesView{t, u.Get("name"), u.Get("version")}, err
}

// supportView lists what is past its support end.
type supportView struct {
	*table
	Ended, Products, Devices int
	Unsure                   int // ends that a person has to settle
}

func (s *Server) support(q *request, tx *store.Tx) (any, error) {
	o, err := s.overview(tx)
	if err != nil {
		return nil, err
	}
	snap, err := s.fleets.at(tx)
	if err != nil {
		return nil, err
	}
	sets := deviceSets{tx: tx, kept: map[string][]string{}}
	var rows []findingRow
	products := map[string]map[string]int{}
	v := supportView{}
	for _, f := range o.All {
		if f.Kind != wardbook.FindingSupport || !f.Status.Open() {
			continue
		}
		rows = append(rows, f)
		if f.Status != wardbook.Affected {
			v.Unsure++
		}
		if products[f.Product] == nil {
			products[f.Product] = map[string]int{}
		}
		products[f.Product][f.DeviceSet] = f.Affected
	}
	v.Ended, v.Products = len(rows), len(products)
	if v.Devices, err = sets.size(products); err != nil {
		return nil, err
	}
	text := strings.Fields(strings.ToLower(q.r.URL.Query().Get("q")))
	l := list[findingRow]{
		Name: "support", Label: "End of support", Search: "Product, system, component", Empty: "Nothing fits.",
		ID: func(f findingRow) string { return f.ID }, All: slices.Values(rows),
		Fits: func(f findingRow) bool {
			in := strings.ToLower(f.Title + " " + f.ProductName + " " + f.component())
			return !slices.ContainsFunc(text, func(w string) bool { return !strings.Contains(in, w) })
		},
		Order: func(a, b findingRow) int {
			return cmp.Or(strings.Compare(cmp.Or(a.Published, "~"), cmp.Or(b.Published, "~")), b.Affected-a.Affected, strings.Compare(a.ID, b.ID))
		},
		Columns: []column[findingRow]{
			{Head: "Out of support", Sub: "In", Class: "title", Cell: func(f findingRow) cell {
				return cell{Text: strings.TrimPrefix(f.Vulnerability, "EOS:"), Href: q.link("/findings/" + url.PathEscape(f.ID)), Sub: &cell{Text: cmp.Or(f.ProductName, f.Product)}}
			}, Sort: "what", Compare: by(func(f findingRow) string { return f.Vulnerability })},
			{Head: "Since", Class: "nb", Cell: func(f findingRow) cell { return known(f.Published) }, Sort: "since", Compare: by(func(f findingRow) string { return cmp.Or(f.Published, "~") })},
			{Head: "Component", Class: "clip", Wide: 3, Cell: func(f findingRow) cell { return cell{Text: f.component(), Look: "id"} }},
			{Head: "Status", Class: "fit", Wide: 2, Cell: func(f findingRow) cell { return statusCell(f.Status) }},
			{Head: "Devices", Class: "r", Cell: func(f findingRow) cell {
				c := q.count(f.Affected)
				c.Href = q.link("/inventory", "product", f.Product)
				return c
			}, Sort: "devices", Down: true, Compare: byNumber(func(f findingRow) int { return f.Affected })},
			{Head: "Wards", Wide: 3, Cell: func(f findingRow) cell { return wardsCell(snap, sets.get(f.DeviceSet)) }},
		},
	}
	if v.table, err = l.show(q); err != nil {
		return nil, err
	}
	return v, sets.err
}

// wardsCell names the first wards of devices.
func wardsCell(snap *fleet.Snapshot, ids []string) cell {
	if len(ids) == 0 {
		return cell{}
	}
	counts := snap.Counts(fleet.Query{Devices: ids}, fleet.Ward)
	c := cell{Text: cmp.Or(counts[0].Value, "ward unknown")}
	if more := len(counts) - 1; more > 0 {
		c.Sub = &cell{Text: "and " + plural(more, "more", "more")}
	}
	return c
}
