package web

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/app"
	"github.com/wardbook/wardbook/internal/fleet"
	"github.com/wardbook/wardbook/internal/store"
)

func (s *Server) productRoutes() []route {
	return []route{
		{pattern: "GET /products", who: member, page: "products", read: s.productList},
		{pattern: "GET /products/{id}", who: member, page: "product", read: s.product},
		{pattern: "GET /components", who: member, page: "components", read: s.whereUsed},
		{pattern: "GET /components/devices", who: member, page: "component-devices", read: s.componentDevices},
		{pattern: "GET /support", who: member, page: "support", read: s.support},
		{pattern: "GET /vulnerabilities/{id}", who: member, page: "vulnerability", read: s.vulnerability},
		{pattern: "GET /vulnerabilities/{id}/devices", who: member, page: "vulnerability-devices", read: s.vulnerabilityDevices},
		{pattern: "GET /vulnerabilities/{id}/why-not", who: member, do: s.whyNot},
	}
}

// A productRow is a product as lists show it.
type productRow struct {
	wardbook.Product
	Open    int // findings that are
	Ended   int // of them ends of support
	KEV     bool
	Score   float64 // the highest CVSS base score, -1: unknown
	Risks   map[int]bool
	Worst   levelView
	Now     int // devices
	SBOM    bool
	Support string // the RFC 3339 date of its soonest end of support, empty: none is known
}

// productRows sums up all products.
func (o *overview) productRows(snap *fleet.Snapshot) []productRow {
	at := make(map[string]int, len(o.products))
	out := make([]productRow, 0, len(o.products))
	for id, p := range o.products {
		at[id] = len(out)
		out = append(out, productRow{Product: p, Score: -1, Now: snap.CountOfProduct(id), SBOM: len(p.SBOMs) > 0, Worst: levelView{Tone: "?", Name: "Unknown"}, Risks: map[int]bool{}})
	}
	for i := range o.All {
		f := &o.All[i]
		n, ok := at[f.Product]
		if !ok || !f.Status.Open() {
			continue
		}
		r := &out[n]
		r.Open++
		r.KEV, r.Score = r.KEV || f.KEV != nil, max(r.Score, f.score())
		if f.Kind == wardbook.FindingSupport {
			r.Ended++
			if f.Published != "" && (r.Support == "" || f.Published < r.Support) {
				r.Support = f.Published
			}
		}
		for _, k := range o.byFinding[f.ID] {
			if o.Risks[k].Open {
				r.Risks[k] = true
				if w := worst(o.Risks[k]); w.Rank > r.Worst.Rank {
					r.Worst = w
				}
			}
		}
	}
	return out
}

// productsView is a page of products.
type productsView struct{ *table }

func (s *Server) productList(q *request, tx *store.Tx) (any, error) {
	o, err := s.overview(tx)
	if err != nil {
		return nil, err
	}
	snap, err := s.fleets.at(tx)
	if err != nil {
		return nil, err
	}
	u := q.r.URL.Query()
	text, show := strings.Fields(strings.ToLower(u.Get("q"))), u.Get("show")
	l := list[productRow]{
		Name: "products", Label: "Products", Search: "Maker, name, version", Empty: "No product fits.",
		ID: func(p productRow) string { return p.ID }, All: slices.Values(o.productRows(snap)),
		Fits: func(p productRow) bool {
			if show == "sbom" && !p.SBOM || show == "no-sbom" && p.SBOM || show == "support" && p.Ended == 0 {
				return false
			}
			in := strings.ToLower(p.Manufacturer + " " + p.Product.Name + " " + p.Version + " " + p.ModelNumber + " " + p.UDIDI)
			return !slices.ContainsFunc(text, func(w string) bool { return !strings.Contains(in, w) })
		},
		Order: func(a, b productRow) int {
			return cmp.Or(b.Worst.Rank-a.Worst.Rank, b.Open-a.Open, b.Now-a.Now, strings.Compare(a.ID, b.ID))
		},
		Columns: []column[productRow]{
			{Head: "Product", Sub: "Maker", Class: "title", Cell: func(p productRow) cell {
				return cell{Text: cmp.Or(p.Product.Name, p.ID), Href: q.link("/products/" + url.PathEscape(p.ID)), Sub: &cell{Text: cmp.Or(p.Manufacturer, "maker unknown")}}
			}, Sort: "name", Compare: by(func(p productRow) string { return strings.ToLower(p.Product.Name) })},
			{Head: "Version", Wide: 1, Cell: func(p productRow) cell { return known(p.Version) }, Sort: "version", Compare: by(func(p productRow) string { return p.Version })},
			{Head: "Worst", Title: "Worst level of its open risks", Class: "fit", Cell: func(p productRow) cell { return cell{Text: p.Worst.Name, Look: "level", Tone: p.Worst.Tone} }, Sort: "worst", Down: true, Compare: byNumber(func(p productRow) int { return p.Worst.Rank })},
			{Head: "Open", Title: "Open findings", Class: "r", Cell: func(p productRow) cell { return q.count(p.Open) }, Sort: "open", Down: true, Compare: byNumber(func(p productRow) int { return p.Open })},
			{Head: "Devices", Class: "r", Wide: 2, Cell: func(p productRow) cell { return q.count(p.Now) }, Sort: "devices", Down: true, Compare: byNumber(func(p productRow) int { return p.Now })},
			{Head: "Components", Class: "r", Wide: 2, Cell: func(p productRow) cell {
				if !p.SBOM {
					return known("")
				}
				return q.count(p.Components)
			}, Sort: "components", Down: true, Compare: byNumber(func(p productRow) int { return p.Components })},
			{Head: "Support", Title: "Since when the product, its system or a component is past its support end", Class: "nb", Wide: 3, Cell: func(p productRow) cell {
				if p.Ended == 0 {
					return cell{Text: "no end known", Look: "dim"}
				}
				return cell{Text: "ended " + p.Support, Look: "chip", Tone: "warn"}
			}, Sort: "support", Compare: by(func(p productRow) string { return cmp.Or(p.Support, "~") })},
			{Head: "Class", Wide: 3, Cell: func(p productRow) cell {
				if p.DeviceClass == "" {
					return known("")
				}
				return cell{Text: className(p.DeviceClass)}
			}},
		},
		Filters: []filter{{Name: "show", Label: "Show", All: "all", Chips: true, Options: []option{{Value: "sbom", Label: "with SBOM"}, {Value: "no-sbom", Label: "without SBOM"}, {Value: "support", Label: "past support"}}}},
	}
	t, err := l.show(q)
	return productsView{t}, err
}

// productView is one product.
type productView struct {
	*table   // components
	Product  wardbook.Product
	Row      productRow
	SBOMs    []productSBOM
	Findings *table
	More     int // findings that are not shown
	Risks    *table
	Wards    *table
	Ends     []findingRow
}

// A productSBOM is a document that lists the components of a product.
type productSBOM struct {
	Name   string
	Source *store.Stored[wardbook.Source] // nil: it is not in the book
	Tree   *app.ComponentTree             // nil: it says nothing of what needs what
}

// A componentRow is a component of a product with its open findings.
type componentRow struct {
	wardbook.Component
	Findings int
	Worst    float64 // CVSS base score, -1: unknown
	KEV      bool
}

func (s *Server) product(q *request, tx *store.Tx) (any, error) {
	id := q.r.PathValue("id")
	o, err := s.overview(tx)
	if err != nil {
		return nil, err
	}
	p, ok := o.products[id]
	if !ok {
		return nil, wardbook.ErrNotFound
	}
	snap, err := s.fleets.at(tx)
	if err != nil {
		return nil, err
	}
	v := productView{Product: p}
	for _, r := range o.productRows(snap) {
		if r.ID == id {
			v.Row = r
		}
	}
	var findings []findingRow
	for _, f := range o.All {
		if f.Product == id {
			findings = append(findings, f)
			if f.Kind == wardbook.FindingSupport && f.Status.Open() {
				v.Ends = append(v.Ends, f)
			}
		}
	}
	slices.SortStableFunc(findings, urgency)
	if v.table, err = q.componentTable(tx, id, findings); err != nil || v.file != "" {
		return v, err
	}
	v.More = max(0, len(findings)-shownFindings)
	v.Findings = q.findingList().of(findings[:min(len(findings), shownFindings)])
	var risks []riskRow
	for i := range o.Risks {
		if v.Row.Risks[i] {
			risks = append(risks, o.Risks[i])
		}
	}
	v.Risks = q.riskList().of(risks[:min(len(risks), 12)])
	ids := slices.Sorted(snap.OfProduct(id))
	if ids == nil {
		ids = []string{}
	}
	l := q.wardList("/inventory?product=" + url.QueryEscape(id))
	l.Columns = []column[wardRow]{
		{Head: "Ward", Class: "title", Cell: func(w wardRow) cell {
			return cell{Text: cmp.Or(w.Ward, "ward unknown"), Href: q.link("/inventory", "product", id, "ward", cmp.Or(w.Ward, "unknown"))}
		}},
		{Head: "Devices", Class: "r", Cell: func(w wardRow) cell { return q.count(w.Other) }},
	}
	v.Wards = l.of(wardRows(snap, nil, ids))
	return v, v.readSBOMs(tx)
}

// shownFindings is how many findings the page of a product shows.
const shownFindings = 50

func (v *productView) readSBOMs(tx *store.Tx) error {
	for _, name := range v.Product.SBOMs {
		d := productSBOM{Name: name}
		page, err := store.List[wardbook.Source](tx, store.ListOptions{Text: name, Limit: 100})
		if err != nil {
			return err
		}
		for _, src := range page.Items {
			if src.Value.Kind == wardbook.InputSBOM && src.Value.Name == name {
				d.Source = &src
			}
		}
		if d.Source != nil {
			if d.Tree, err = app.Tree(tx, *d.Source); err != nil {
				return err
			}
		}
		v.SBOMs = append(v.SBOMs, d)
	}
	return nil
}

// componentTable lists the components of a product.
func (q *request) componentTable(tx *store.Tx, product string, findings []findingRow) (*table, error) {
	at := map[string][]findingRow{}
	for _, f := range findings {
		if f.Status.Open() {
			at[f.component()] = append(at[f.component()], f)
		}
	}
	var rows []componentRow
	for c, err := range tx.EachComponent(product) {
		if err != nil {
			return nil, err
		}
		r := componentRow{Component: c.Value, Worst: -1}
		for _, f := range at[c.Value.Key()] {
			r.Findings++
			r.Worst, r.KEV = max(r.Worst, f.score()), r.KEV || f.KEV != nil
		}
		rows = append(rows, r)
	}
	text := strings.Fields(strings.ToLower(q.r.URL.Query().Get("q")))
	l := list[componentRow]{
		Name: "components", Label: "Components", Search: "Component, supplier, licence", Empty: "No component fits.",
		ID: func(c componentRow) string { return c.Key() + " " + c.Ref }, All: slices.Values(rows),
		Fits: func(c componentRow) bool {
			in := strings.ToLower(c.FullName() + " " + c.Version + " " + c.Purl + " " + c.Supplier + " " + strings.Join(c.Licences, " "))
			return !slices.ContainsFunc(text, func(w string) bool { return !strings.Contains(in, w) })
		},
		Order: func(a, b componentRow) int {
			return cmp.Or(b.Findings-a.Findings, strings.Compare(a.FullName(), b.FullName()))
		},
		Columns: []column[componentRow]{
			{Head: "Component", Sub: "Package", Class: "title", Cell: func(c componentRow) cell {
				return cell{Text: c.FullName(), Href: q.link("/components", "name", c.Name), Sub: &cell{Text: cmp.Or(c.Purl, c.Type)}}
			}, Sort: "name", Compare: by(func(c componentRow) string { return strings.ToLower(c.FullName()) })},
			{Head: "Version", Class: "nb", Cell: func(c componentRow) cell { return known(c.Version) }},
			{Head: "Findings", Title: "Open findings", Class: "r", Cell: func(c componentRow) cell { return q.count(c.Findings) }, Sort: "findings", Down: true, Compare: byNumber(func(c componentRow) int { return c.Findings })},
			{Head: "Licence", Wide: 2, Cell: func(c componentRow) cell { return known(strings.Join(c.Licences, ", ")) }, Sort: "licence", Compare: by(func(c componentRow) string { return strings.Join(c.Licences, ", ") })},
			{Head: "Supplier", Wide: 2, Cell: func(c componentRow) cell { return known(c.Supplier) }, Sort: "supplier", Compare: by(func(c componentRow) string { return c.Supplier })},
			{Head: "Support", Class: "nb", Wide: 3, Cell: func(c componentRow) cell { return known(cmp.Or(c.SupportEnd, c.SupportNote)) }, Sort: "support", Compare: by(func(c componentRow) string { return cmp.Or(c.SupportEnd, "~") })},
		},
	}
	return l.show(q)
}
