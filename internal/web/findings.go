package web

import (
	"cmp"
	"slices"
	"strings"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/store"
)

// A findingRow is a finding as lists show it.
type findingRow struct {
	store.KeptFinding
	ProductName string
	Risks       []riskRow
	KEVGiven    bool // the catalogue of known exploited vulnerabilities was there to look in
}

func (o *overview) findingRow(f store.KeptFinding) findingRow {
	row := findingRow{KeptFinding: f, ProductName: o.Products[f.Product], KEVGiven: o.kevGiven()}
	for _, i := range o.byFinding[f.ID] {
		row.Risks = append(row.Risks, o.Risks[i])
	}
	return row
}

// sortFindings puts what asks most of people first.
func sortFindings(list []findingRow) {
	score := func(f findingRow) float64 {
		if f.CVSS == nil {
			return 0
		}
		return f.CVSS.Score
	}
	slices.SortStableFunc(list, func(a, b findingRow) int {
		return cmp.Or(slices.Index(wardbook.Statuses, a.Status)-slices.Index(wardbook.Statuses, b.Status),
			cmp.Compare(score(b), score(a)), strings.Compare(a.Vulnerability, b.Vulnerability))
	})
}

// findingsView is a page of findings and what they can be filtered by.
type findingsView struct {
	*overview
	Items    []findingRow
	Next     string
	Statuses []wardbook.Status
	Filter   struct{ Status, Vulnerability, Product, ProductName string }
}

func (s *Server) findings(q *request, tx *store.Tx) (any, error) {
	o, err := s.overview(tx)
	if err != nil {
		return nil, err
	}
	u := q.r.URL.Query()
	v := findingsView{overview: o, Statuses: wardbook.Statuses}
	v.Filter.Status, v.Filter.Product = u.Get("status"), u.Get("product")
	v.Filter.Vulnerability = strings.ToUpper(strings.TrimSpace(u.Get("vulnerability")))
	v.Filter.ProductName = o.Products[v.Filter.Product]
	page, err := tx.Findings(store.FactOptions{
		Group: v.Filter.Product, Vulnerability: v.Filter.Vulnerability, Status: v.Filter.Status, Limit: pageSize, After: u.Get("after"),
	})
	if err != nil {
		return nil, err
	}
	for _, f := range page.Items {
		v.Items = append(v.Items, o.findingRow(f.Value))
	}
	v.Next = page.Next
	return v, nil
}

// findingView is one finding with its proof.
type findingView struct {
	Finding     wardbook.Finding
	ProductName string
	Devices     []wardbook.Device // at most maxShown of them
	Risks       []riskRow
	History     []factChange
}

// A factChange is one state of a finding.
type factChange struct {
	Began   wardbook.Entry
	Ended   *wardbook.Entry
	Status  wardbook.Status
	Devices int
}

// maxShown bounds the devices on the page of a finding or risk.
const maxShown = 200

func (s *Server) finding(q *request, tx *store.Tx) (any, error) {
	f, err := tx.Finding(q.r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	o, err := s.overview(tx)
	if err != nil {
		return nil, err
	}
	v := findingView{Finding: f.Value, ProductName: o.Products[f.Value.Product]}
	for _, i := range o.byFinding[f.Value.ID] {
		v.Risks = append(v.Risks, o.Risks[i])
	}
	if v.Devices, err = devicesOf(tx, f.Value.Devices); err != nil {
		return nil, err
	}
	history, err := tx.FindingHistory(f.Value.Product, f.Value.ID)
	if err != nil {
		return nil, err
	}
	for _, h := range history {
		c := factChange{Status: h.Value.Status, Devices: h.Value.Affected}
		if c.Began, err = tx.Entry(h.Position); err != nil {
			return nil, err
		}
		if h.Until > 0 {
			e, err := tx.Entry(h.Until)
			if err != nil {
				return nil, err
			}
			c.Ended = &e
		}
		v.History = append(v.History, c)
	}
	return v, nil
}

// devicesOf reads the first devices of a list; one that is no longer there
// keeps its id.
func devicesOf(tx *store.Tx, ids []string) ([]wardbook.Device, error) {
	var out []wardbook.Device
	for _, id := range ids[:min(len(ids), maxShown)] {
		d, err := tx.Device(id)
		if isNotFound(err) {
			d.Value, err = wardbook.Device{ID: id}, nil
		}
		if err != nil {
			return nil, err
		}
		out = append(out, d.Value)
	}
	return out, nil
}
