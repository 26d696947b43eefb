package web

import (
	"cmp"
	"net/url"
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

// urgency compares findings: what asks most of people comes first.
func urgency(a, b findingRow) int {
	return cmp.Or(slices.Index(wardbook.Statuses, a.Status)-slices.Index(wardbook.Statuses, b.Status),
		cmp.Compare(b.score(), a.score()), strings.Compare(a.Vulnerability, b.Vulnerability))
}

// score is the CVSS base score, -1 where it is not known.
func (f findingRow) score() float64 {
	if f.CVSS == nil {
		return -1
	}
	return f.CVSS.Score
}

// component is the key of the component that it is in, empty: none is named.
func (f findingRow) component() string {
	if f.Component == nil {
		return ""
	}
	return *f.Component
}

// exploited is 2 for what is in KEV, 1 for what is not, 0 where that is not known.
func (f findingRow) exploited() int {
	switch {
	case f.KEV != nil:
		return 2
	case f.KEVGiven:
		return 1
	}
	return 0
}

// findingsView is a page of findings.
type findingsView struct {
	*overview
	*table
}

func (s *Server) findings(q *request, tx *store.Tx) (any, error) {
	o, err := s.overview(tx)
	if err != nil {
		return nil, err
	}
	u := q.r.URL.Query()
	status, product, kev := wardbook.Status(u.Get("status")), u.Get("product"), u.Get("kev")
	vulnerability := strings.ToUpper(strings.TrimSpace(u.Get("vulnerability")))
	text := strings.Fields(strings.ToLower(u.Get("q")))
	l := q.findingList()
	l.Search = "CVE, title, product, component"
	l.All = slices.Values(o.All)
	l.Fits = func(f findingRow) bool {
		if status != "" && f.Status != status || product != "" && f.Product != product || vulnerability != "" && !strings.EqualFold(f.Vulnerability, vulnerability) ||
			kev != "" && (kev == "yes") != (f.KEV != nil) {
			return false
		}
		all := ""
		if len(text) > 0 {
			all = strings.ToLower(f.Vulnerability + "\n" + f.Title + "\n" + f.Advisory + "\n" + f.ProductName + "\n" + f.component() + "\n" + strings.Join(f.Aliases, "\n"))
		}
		return !slices.ContainsFunc(text, func(w string) bool { return !strings.Contains(all, w) })
	}
	var statuses []string
	for _, v := range wardbook.Statuses {
		statuses = append(statuses, string(v))
	}
	l.Filters = []filter{
		{Name: "status", Label: "Status", All: "all", Chips: true, Options: options(statuses)},
		{Name: "kev", Label: "Exploited", All: "Exploited or not", Options: []option{{Value: "yes", Label: "in KEV"}, {Value: "no", Label: "not in KEV, or unknown"}}},
		{Name: "product", Label: "Product", Linked: true, Show: o.Products[product]},
		{Name: "vulnerability", Label: "Vulnerability", Linked: true},
	}
	t, err := l.show(q)
	return findingsView{o, t}, err
}

// findingList are findings as lists show them.
func (q *request) findingList() list[findingRow] {
	return list[findingRow]{
		Name: "findings", Label: "Findings", Empty: "No finding fits.",
		ID: func(f findingRow) string { return f.ID }, Order: urgency,
		Columns: []column[findingRow]{
			{Head: "Vulnerability", Sub: "Title", Class: "clip", Cell: func(f findingRow) cell {
				return cell{Text: f.Vulnerability, Href: q.link("/findings/" + url.PathEscape(f.ID)), Sub: &cell{Text: cmp.Or(f.Title, f.Advisory)}}
			}, Sort: "vulnerability", Compare: by(func(f findingRow) string { return f.Vulnerability })},
			{Head: "Status", Class: "fit", Cell: func(f findingRow) cell { return statusCell(f.Status) }, Sort: "status", Compare: byNumber(func(f findingRow) int { return slices.Index(wardbook.Statuses, f.Status) })},
			{Head: "Product", Sub: "Component", Wide: 2, Cell: func(f findingRow) cell {
				return cell{Text: cmp.Or(f.ProductName, f.Product), Sub: &cell{Text: f.component()}}
			}, Sort: "product", Compare: by(func(f findingRow) string { return f.ProductName + "\n" + f.component() })},
			{Head: "CVSS", Title: "CVSS base score", Class: "r nb", Cell: func(f findingRow) cell {
				if f.CVSS == nil {
					return known("")
				}
				return cell{Text: q.style().decimal(f.CVSS.Score, 1), Value: f.CVSS.Score}
			}, Sort: "cvss", Down: true, Compare: byNumber(findingRow.score)},
			{Head: "Exploited", Class: "nb", Wide: 2, Cell: func(f findingRow) cell {
				return []cell{known(""), {Text: "not in KEV", Look: "dim"}, {Text: "in KEV", Look: "chip", Tone: "bad"}}[f.exploited()]
			}, Sort: "exploited", Down: true, Compare: byNumber(findingRow.exploited)},
			{Head: "Devices", Class: "r", Wide: 2, Cell: func(f findingRow) cell { return q.count(f.Affected) }, Sort: "devices", Down: true, Compare: byNumber(func(f findingRow) int { return f.Affected })},
			{Head: "Risk", Wide: 3, Cell: func(f findingRow) cell {
				var c cell
				for _, r := range f.Risks {
					c.Parts = append(c.Parts, cell{Text: r.Short(), Href: q.link("/risks/" + r.ID), Look: "id"})
				}
				return c
			}},
		},
	}
}

// findingView is one finding with its proof.
type findingView struct {
	Finding     wardbook.Finding
	ProductName string
	Devices     *table // at most maxShown of them
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
	devices, err := devicesOf(tx, f.Value.Devices)
	if err != nil {
		return nil, err
	}
	v.Devices = q.deviceList().of(devices)
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
