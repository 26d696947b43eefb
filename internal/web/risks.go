package web

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/catalog"
	"github.com/wardbook/wardbook/internal/store"
)

func isNotFound(err error) bool { return errors.Is(err, wardbook.ErrNotFound) }

// risksView is a page of the register.
type risksView struct {
	*overview
	Matrices []matrixView
	Items    []riskRow
	Total    int // that fit the filter
	Next     string
	Filter   riskFilter
	Wards    []string
}

// A riskFilter picks risks. Empty fields pick all.
type riskFilter struct {
	Text, Ward, Show     string
	Key                  wardbook.KeyProperty
	Severity, Likelihood int
}

func (f riskFilter) fits(r riskRow, today string) bool {
	if f.Text != "" {
		all := strings.ToLower(r.Title + "\n" + r.Short() + "\n" + r.Revision.Key + "\n" + r.Product)
		for _, w := range strings.Fields(strings.ToLower(f.Text)) {
			if !strings.Contains(all, w) {
				return false
			}
		}
	}
	if f.Ward != "" && !strings.Contains("\n"+strings.Join(r.Wards, "\n")+"\n", "\n"+f.Ward+"\n") {
		return false
	}
	bad, unknown := r.Refused, r.Worst == 0
	for i, k := range wardbook.KeyProperties {
		if k != f.Key {
			continue
		}
		bad, unknown = r.Bad[i], r.Eval[i].Severity == 0 || r.Eval[i].Likelihood == 0
		if !r.Open || f.Severity > 0 && r.Eval[i].Severity != f.Severity || f.Likelihood > 0 && r.Eval[i].Likelihood != f.Likelihood {
			return false
		}
	}
	switch f.Show {
	case "unacceptable":
		return r.Open && bad
	case "overdue":
		return r.Overdue(today)
	case "unknown":
		return r.Open && unknown
	case "open":
		return r.Open
	}
	return true
}

// Cell says in words which cell of which matrix is shown.
func (f riskFilter) Cell() string {
	if f.Severity == 0 && f.Likelihood == 0 {
		if f.Key.Valid() {
			return keyTitle(f.Key)
		}
		return ""
	}
	return fmt.Sprintf("%s, severity %d, likelihood %d", keyTitle(f.Key), f.Severity, f.Likelihood)
}

func (s *Server) risks(q *request, tx *store.Tx) (any, error) {
	o, err := s.overview(tx)
	if err != nil {
		return nil, err
	}
	u := q.r.URL.Query()
	v := risksView{overview: o, Matrices: q.matrices(o), Wards: o.Wards}
	v.Filter = riskFilter{Text: u.Get("q"), Ward: u.Get("ward"), Show: u.Get("show"), Key: wardbook.KeyProperty(u.Get("key"))}
	v.Filter.Severity, _ = strconv.Atoi(u.Get("severity"))
	v.Filter.Likelihood, _ = strconv.Atoi(u.Get("likelihood"))
	// The key of a page is the record after which it begins, so that it stays
	// where it is when risks come in before it.
	after := u.Get("after")
	started := after == ""
	for _, r := range o.Risks {
		if v.Filter.fits(r, q.today()) {
			v.Total++
			switch {
			case started && len(v.Items) < pageSize:
				v.Items = append(v.Items, r)
			case started && v.Next == "":
				v.Next = v.Items[pageSize-1].ID
			}
		}
		if r.ID == after {
			started = true
		}
	}
	return v, nil
}

// riskView is one risk.
type riskView struct {
	riskRow
	Risk     wardbook.Risk
	Policy   *wardbook.Policy
	Hazard   string
	Evals    []evalView
	Places   []wardbook.Device // where it is: the devices, at most maxShown
	More     int               // devices that are not shown
	Findings []findingRow
	History  []wardbook.Revision
}

// An evalView is the evaluation for one key property.
type evalView struct {
	wardbook.Evaluation
	Matrix               matrixView
	Level                levelView
	Severity, Likelihood string
}

func (s *Server) risk(q *request, tx *store.Tx) (any, error) {
	r, err := store.Get[wardbook.Risk](tx, q.r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	o, err := s.overview(tx)
	if err != nil {
		return nil, err
	}
	v := riskView{riskRow: o.row(r), Risk: r.Value, Policy: o.Policy, Hazard: r.Value.Hazard}
	if c, err := catalog.Load(); err == nil {
		if h := c.Hazard(r.Value.Hazard); h != nil {
			v.Hazard = h.Name
		}
	}
	for _, k := range wardbook.KeyProperties {
		v.Evals = append(v.Evals, o.evaluation(k, *r.Value.Evaluation(k)))
	}
	if v.Places, err = devicesOf(tx, r.Value.Devices); err != nil {
		return nil, err
	}
	v.More = len(r.Value.Devices) - len(v.Places)
	for _, id := range r.Value.Findings[:min(len(r.Value.Findings), maxShown)] {
		f, err := tx.Finding(id)
		if isNotFound(err) {
			continue // it no longer holds: the revision keeps its id
		}
		if err != nil {
			return nil, err
		}
		kept := store.KeptFinding{Finding: f.Value, Affected: len(f.Value.Devices)}
		kept.Devices = nil
		v.Findings = append(v.Findings, o.findingRow(kept))
	}
	sortFindings(v.Findings)
	v.History, err = tx.History(r.Kind, r.ID, 0, 50)
	return v, err
}

func (o *overview) evaluation(k wardbook.KeyProperty, e wardbook.Evaluation) evalView {
	v := evalView{Evaluation: e, Level: o.level(e.Level)}
	v.Matrix = o.grid(k, func(cellOf) int { return 0 })
	for i := range v.Matrix.Cells {
		c := &v.Matrix.Cells[i]
		c.Mark = c.Severity == e.Severity && c.Likelihood == e.Likelihood
	}
	v.Severity, v.Likelihood = stepName(v.Matrix.Severity, e.Severity), stepName(v.Matrix.Likely, e.Likelihood)
	return v
}
