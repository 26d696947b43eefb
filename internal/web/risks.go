package web

import (
	"errors"
	"fmt"
	"net/url"
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
	Matrices  []matrixView
	Open      bool // a cell is chosen: the matrices are unfolded
	Selection bool // the matrices are of a part of the register
}

// A riskFilter picks risks. Empty fields pick all, except those that nothing
// supports any more.
type riskFilter struct {
	Text, Ward, Show     string
	State, Owner         string // Owner: an id, or "none"
	Key                  wardbook.KeyProperty
	Severity, Likelihood int
	me                   string // who asks
}

// riskFilter reads a filter from the parameters of a list.
func (q *request) riskFilter(u url.Values) riskFilter {
	f := riskFilter{Text: u.Get("q"), Ward: u.Get("ward"), Show: u.Get("show"), State: u.Get("state"), Owner: u.Get("owner"), Key: wardbook.KeyProperty(u.Get("key")), me: q.session.User}
	f.Severity, _ = strconv.Atoi(u.Get("severity"))
	f.Likelihood, _ = strconv.Atoi(u.Get("likelihood"))
	if f.Owner == "me" {
		f.Owner = f.me
	}
	return f
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
	if f.State != "" && r.State != f.State || f.Owner != "" && f.Owner != r.Owner && (f.Owner != "none" || r.Owner != "") {
		return false
	}
	if (r.Gone != "") != (f.Show == "gone") && f.Show != "every" {
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
	case "todo":
		return r.ToDo()
	case "newer":
		return r.Newer
	case "ending":
		return r.Ending(today)
	case "decide":
		return r.Decidable() && r.Estimator != f.me
	}
	return true
}

// Decidable reports whether somebody with authority can accept the risk now.
func (r riskRow) Decidable() bool {
	if !r.Open || r.Newer {
		return false
	}
	known := true
	for _, l := range r.Level {
		known = known && l.Rank > 0
	}
	switch wardbook.RiskState(r.State) {
	case wardbook.RiskEvaluated, wardbook.RiskResidualEvaluated:
		return known && !r.Refused
	case wardbook.RiskBenefitRisk:
		return known
	}
	return false
}

// endingDays is from when before its end an acceptance is called ending.
const endingDays = 30

// Ending reports whether its acceptance ends soon.
func (r riskRow) Ending(today string) bool {
	days, ok := daysBetween(today, r.Accepted)
	return ok && days <= endingDays
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
	who, err := readPeople(tx)
	if err != nil {
		return nil, err
	}
	u := q.r.URL.Query()
	f := q.riskFilter(u)
	today := q.today()
	l := q.riskList()
	l.Search = "Title, number, product"
	l.All = slices.Values(o.Risks)
	l.Fits = func(r riskRow) bool { return f.fits(r, today) }
	l.Filters = []filter{
		{Name: "show", Label: "Show", All: "all", Chips: true, Options: []option{
			{Value: "open", Label: "open"}, {Value: "todo", Label: "to do"}, {Value: "unacceptable", Label: "unacceptable"}, {Value: "overdue", Label: "overdue"}, {Value: "unknown", Label: "level unknown"},
			{Value: "decide", Label: "to decide"}, {Value: "newer", Label: "changed since decided"}, {Value: "ending", Label: "acceptance ends"}, {Value: "gone", Label: "gone"},
		}},
		{Name: "state", Label: "State", All: "any state", Chips: true, Options: stateOptions(o.Risks)},
		{Name: "owner", Label: "Owner", All: "Anybody", Options: append([]option{{Value: "me", Label: "me"}, {Value: "none", Label: "nobody"}}, who.all...)},
		{Name: "ward", Label: "Ward", All: "All wards", Options: options(o.Wards)},
		{Name: "key", Label: "In", Linked: true, Show: f.Cell(), Also: []string{"severity", "likelihood"}},
	}
	l.Columns = append(l.Columns, column[riskRow]{Head: "Owner", Class: "nb", Wide: 3, Cell: func(r riskRow) cell {
		if r.Owner == "" {
			return cell{Text: "nobody", Look: "dim"}
		}
		return cell{Text: who.name(r.Owner)}
	}, Sort: "owner", Compare: by(func(r riskRow) string { return who.name(r.Owner) })})
	l.ID = tick
	for _, b := range []struct {
		who access
		bulk
	}{
		{analyst, bulk{Label: "Confirm", Action: "/risks/many/confirm"}},
		{decider, bulk{Label: "Assign", Action: "/risks/many/assign"}},
		{analyst, bulk{Label: "Dismiss", Action: "/risks/many/dismiss", Danger: true}},
	} {
		if b.who.allows(q.seat.Roles) {
			l.Bulk = append(l.Bulk, b.bulk)
		}
	}
	t, err := l.show(q)
	if err != nil {
		return nil, err
	}
	anyCell := f
	anyCell.Key, anyCell.Severity, anyCell.Likelihood = "", 0, 0
	selected := func(yield func(riskRow) bool) {
		for _, r := range o.Risks {
			if anyCell.fits(r, today) && !yield(r) {
				return
			}
		}
	}
	clean := keyless(u)
	v := risksView{overview: o, table: t, Open: f.Key != "", Selection: len(clean) > 0}
	v.Matrices = o.matrices(selected, func(pairs ...string) string { return with("/risks", clean, pairs...) })
	return v, nil
}

// keyless are the parameters of the list without the cell of a matrix and what
// is no filter.
func keyless(u url.Values) url.Values {
	out := url.Values{}
	for _, n := range []string{"q", "show", "state", "owner", "ward", "at"} {
		if v := u.Get(n); v != "" {
			out.Set(n, v)
		}
	}
	return out
}

// stateOptions are the states that risks are in, each with how many.
func stateOptions(rows []riskRow) []option {
	counts := map[string]int{}
	for _, r := range rows {
		if r.Gone == "" {
			counts[r.State]++
		}
	}
	var out []option
	for _, s := range stateOrder {
		if n := counts[string(s)]; n > 0 {
			out = append(out, option{Value: string(s), Label: words(string(s)) + " " + number(n)})
		}
	}
	return out
}

// stateOrder is the order in which a risk comes to its states.
var stateOrder = []wardbook.RiskState{
	wardbook.RiskProposed, wardbook.RiskIdentified, wardbook.RiskAnalysed, wardbook.RiskEvaluated, wardbook.RiskToControl, wardbook.RiskControlling, wardbook.RiskControlled,
	wardbook.RiskResidualEvaluated, wardbook.RiskBenefitRisk, wardbook.RiskAccepted, wardbook.RiskAcceptedWithBenefit, wardbook.RiskRejected, wardbook.RiskReopened,
	wardbook.RiskTransferred, wardbook.RiskDismissed, wardbook.RiskClosed,
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
		column[riskRow]{Head: "State", Class: "nb", Wide: 2, Cell: stateCell, Sort: "state", Compare: by(func(r riskRow) string { return r.State })},
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

// stateCell is the state of a risk, with what came after it was decided.
func stateCell(r riskRow) cell {
	c := cell{Text: words(r.State), Look: "chip"}
	switch {
	case r.Gone != "":
		c.Sub = &cell{Text: "gone since " + r.Gone, Look: "unknown"}
	case r.Newer:
		c.Sub = &cell{Text: "changed since decided", Look: "clock", Tone: "soon"}
	case r.Accepted != "":
		c.Sub = &cell{Text: "until " + r.Accepted}
	}
	return c
}
