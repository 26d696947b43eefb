package web

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/store"
)

func isNotFound(err error) bool { return errors.Is(err, wardbook.ErrNotFound) }

// risksView is a page of the register.
type risksView struct {
	*overview
	*table
	Matrices []matrixView
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
	f := riskFilter{Text: u.Get("q"), Ward: u.Get("ward"), Show: u.Get("show"), Key: wardbook.KeyProperty(u.Get("key"))}
	f.Severity, _ = strconv.Atoi(u.Get("severity"))
	f.Likelihood, _ = strconv.Atoi(u.Get("likelihood"))
	l := q.riskList()
	l.Search = "Title, number, product"
	l.All = slices.Values(o.Risks)
	l.Fits = func(r riskRow) bool { return f.fits(r, q.today()) }
	l.Filters = []filter{
		{Name: "show", Label: "Show", All: "all", Chips: true, Options: []option{
			{Value: "open", Label: "open"}, {Value: "unacceptable", Label: "unacceptable"}, {Value: "overdue", Label: "overdue"}, {Value: "unknown", Label: "level unknown"},
		}},
		{Name: "ward", Label: "Ward", All: "All wards", Options: options(o.Wards)},
		{Name: "key", Label: "In", Linked: true, Show: f.Cell(), Also: []string{"severity", "likelihood"}},
	}
	t, err := l.show(q)
	return risksView{overview: o, table: t, Matrices: q.matrices(o)}, err
}

// riskList are risks as lists show them, the worst first.
func (q *request) riskList() list[riskRow] {
	l := list[riskRow]{
		Name: "risks", Label: "Risks", Empty: "No risk fits.",
		ID:   func(r riskRow) string { return r.ID },
		Late: func(r riskRow) bool { return r.Overdue(q.today()) },
		Columns: []column[riskRow]{{Head: "Risk", Sub: "Number", Class: "title", Cell: func(r riskRow) cell {
			return cell{Text: r.Title, Href: q.link("/risks/" + r.ID), Sub: &cell{Text: r.Short(), Look: "id"}}
		}, Sort: "title", Compare: by(func(r riskRow) string { return r.Title })}},
	}
	for i, k := range wardbook.KeyProperties {
		head := keyTitle(k)
		title := head
		if k == wardbook.Effectiveness {
			head = "Effect."
		}
		l.Columns = append(l.Columns, column[riskRow]{Head: head, Title: title, Class: "fit", Cell: func(r riskRow) cell {
			return cell{Text: r.Level[i].Name, Look: "tile", Tone: r.Level[i].Tone}
		}, Sort: string(k), Down: true, Compare: byNumber(func(r riskRow) int { return r.Level[i].Rank })})
	}
	l.Columns = append(l.Columns,
		column[riskRow]{Head: "Devices", Class: "r", Wide: 2, Cell: func(r riskRow) cell { return q.count(r.Devices) }, Sort: "devices", Down: true, Compare: byNumber(func(r riskRow) int { return r.Devices })},
		column[riskRow]{Head: "State", Class: "nb", Wide: 2, Cell: func(r riskRow) cell { return cell{Text: words(r.State), Look: "chip"} }, Sort: "state", Compare: by(func(r riskRow) string { return r.State })},
		column[riskRow]{Head: "Due", Class: "nb", Wide: 2, Cell: func(r riskRow) cell {
			switch {
			case r.Overdue(q.today()):
				return cell{Text: r.Due + ", overdue", Look: "clock", Tone: "late"}
			case r.Due == "":
				return cell{Text: "none set", Look: "dim"}
			}
			return cell{Text: r.Due}
		}, Sort: "due", Compare: by(due)})
	return l
}
