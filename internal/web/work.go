package web

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/app"
	"github.com/wardbook/wardbook/internal/store"
	"github.com/wardbook/wardbook/internal/worklist"
)

func (s *Server) workRoutes() []route {
	return []route{
		{pattern: "GET /work", who: member, page: "work", read: s.workLists},
		{pattern: "GET /work/export", who: member, do: s.exportWork, long: true},
		{pattern: "POST /work/import", who: decider, do: s.importWork, upload: true},
		{pattern: "GET /worklists/{list}", who: decider, page: "work-merge", read: s.mergePage},
		{pattern: "POST /worklists/{list}", who: decider, do: s.applyMerge},
		{pattern: "GET /work/{id}", who: member, page: "work-line", read: s.workLine},
		{pattern: "POST /work/{id}/set/{state}", who: decider, do: s.setWork},
		{pattern: "POST /work/{id}/plan", who: analyst, do: s.planWork},
		{pattern: "POST /work/{id}/comment", who: decider, do: s.sayOfWork},
		{pattern: "GET /risks/{id}/work", who: analyst, page: "work-make", read: s.makeWorkPage},
		{pattern: "POST /risks/{id}/work", who: analyst, do: s.makeWork},
	}
}

// A workRow is a line of a work list as lists show it.
type workRow struct {
	store.Stored[wardbook.Work]
	Ward, Risk string // the risk by its title
	Count      map[wardbook.WorkState]int
	Open       int
}

func (r workRow) overdue(today string) bool { return r.Value.Overdue(today) }

// readWork reads the lines, each with the title of its risk.
func readWork(tx *store.Tx, o store.ListOptions) ([]workRow, error) {
	var out []workRow
	risks := map[string]string{}
	o.Limit = 1000
	for {
		page, err := store.List[wardbook.Work](tx, o)
		if err != nil {
			return nil, err
		}
		for _, w := range page.Items {
			id := w.Value.Risk.ID
			if _, ok := risks[id]; !ok {
				r, err := tx.Revision(wardbook.Risk{}.RecordKind(), id)
				if err != nil {
					return nil, err
				}
				risks[id] = r.Title
			}
			out = append(out, workRow{Stored: w, Ward: w.Value.Ward(), Risk: risks[id], Count: w.Value.Count(), Open: w.Value.Open()})
		}
		if o.After = page.Next; page.Next == "" {
			return out, nil
		}
	}
}

// workListView is the page of the work lists. With a ward it is that of the ward,
// with its devices, to be printed.
type workListView struct {
	*table
	Ward    string
	Export  string // address of the workbook; empty: there is nothing to do
	Bring   bool   // who asks may bring a list back
	Reason  string
	Fault   string
	Devices *table
	More    int // devices that are not shown
	Count   []stateCount
}

type stateCount struct {
	State string
	N     int
	Href  string
}

func (s *Server) workLists(q *request, tx *store.Tx) (any, error) { return s.workPage(q, tx, "") }

func (s *Server) workPage(q *request, tx *store.Tx, fault string) (*workListView, error) {
	rows, err := readWork(tx, store.ListOptions{})
	if err != nil {
		return nil, err
	}
	who, err := readPeople(tx)
	if err != nil {
		return nil, err
	}
	u := q.r.URL.Query()
	today := q.today()
	var wards []string
	for _, r := range rows {
		wards = append(wards, r.Ward)
	}
	slices.Sort(wards)
	l := q.workList(who)
	l.All = slices.Values(rows)
	f := workFilter{text: u.Get("q"), show: u.Get("show"), ward: u.Get("ward"), owner: u.Get("owner"), risk: u.Get("risk"), me: q.session.User, today: today}
	l.Fits = f.fits
	riskTitle := ""
	for _, r := range rows {
		if r.Value.Risk.ID == f.risk {
			riskTitle = r.Risk
		}
	}
	l.Filters = []filter{
		{Name: "show", Label: "Show", All: "all", Chips: true, Options: []option{{Value: "open", Label: "to do"}, {Value: "mine", Label: "mine"}, {Value: "overdue", Label: "overdue"}, {Value: "verify", Label: "to verify"}, {Value: "accepted", Label: "accepted"}}},
		{Name: "ward", Label: "Ward", All: "All wards", Options: options(slices.Compact(wards))},
		{Name: "owner", Label: "Owner", All: "Anybody", Options: append([]option{{Value: "me", Label: "me"}, {Value: "none", Label: "nobody"}}, who.all...)},
		{Name: "risk", Label: "Risk", Linked: true, Show: riskTitle},
	}
	for i := range l.Filters[1].Options {
		l.Filters[1].Options[i].Label = l.Filters[1].Options[i].Value
	}
	t, err := l.show(q)
	if err != nil {
		return nil, err
	}
	v := &workListView{table: t, Ward: f.ward, Fault: fault, Bring: q.at.IsZero() && decider.allows(q.seat.Roles)}
	count := map[wardbook.WorkState]int{}
	var shown []workRow
	for _, r := range rows {
		if f.fits(r) {
			shown = append(shown, r)
			for st, n := range r.Count {
				count[st] += n
			}
		}
	}
	for _, st := range wardbook.WorkStates {
		v.Count = append(v.Count, stateCount{State: words(string(st)), N: count[st]})
	}
	if len(shown) > 0 && q.at.IsZero() {
		v.Export = with("/work/export", keepOnly(u, "ward", "risk", "show", "owner", "q"))
	}
	if f.ward != "" {
		err = v.readDevices(q, tx, shown)
	}
	return v, err
}

// keepOnly are these parameters of an address.
func keepOnly(u map[string][]string, names ...string) map[string][]string {
	out := map[string][]string{}
	for _, n := range names {
		if len(u[n]) > 0 && u[n][0] != "" {
			out[n] = u[n][:1]
		}
	}
	return out
}

// readDevices lists the devices of a ward for its people, what is to do first.
func (v *workListView) readDevices(q *request, tx *store.Tx, lines []workRow) error {
	var all []workDevice
	for _, w := range lines {
		for _, d := range w.Value.Devices {
			all = append(all, workDevice{DeviceWork: d, Line: w})
		}
	}
	slices.SortStableFunc(all, func(a, b workDevice) int {
		return cmp.Compare(slices.Index(wardbook.WorkStates, a.State), slices.Index(wardbook.WorkStates, b.State))
	})
	v.More = max(len(all)-maxShown, 0)
	all = all[:len(all)-v.More]
	if err := readPlaces(tx, all); err != nil {
		return err
	}
	v.Devices = q.workDeviceList(people{}, true).of(all)
	return nil
}

type workFilter struct{ text, show, ward, owner, risk, me, today string }

func (f workFilter) fits(r workRow) bool {
	if f.ward != "" && f.ward != r.Ward || f.risk != "" && f.risk != r.Value.Risk.ID {
		return false
	}
	if f.owner == "me" {
		f.owner = f.me
	}
	if f.owner != "" && f.owner != r.Value.Owner && (f.owner != "none" || r.Value.Owner != "") {
		return false
	}
	all := strings.ToLower(r.Value.Action + "\n" + r.Short() + "\n" + r.Ward + "\n" + r.Risk)
	for _, w := range strings.Fields(strings.ToLower(f.text)) {
		if !strings.Contains(all, w) {
			return false
		}
	}
	switch f.show {
	case "open":
		return r.Open > 0
	case "mine":
		return r.Value.Owner == f.me
	case "overdue":
		return r.overdue(f.today)
	case "verify":
		return r.Count[wardbook.WorkDone] > 0
	case "accepted":
		return r.Count[wardbook.WorkAccepted] > 0
	}
	return true
}

// workList are lines of work lists as lists show them, the soonest due first.
func (q *request) workList(who people) list[workRow] {
	today := q.today()
	l := list[workRow]{
		Name: "work", Label: "Work", Search: "Action, ward, risk, number", Empty: "Nothing is on the work lists here. Work is made on the page of a risk.",
		ID: func(r workRow) string { return r.ID }, Late: func(r workRow) bool { return r.overdue(today) },
		Order: func(a, b workRow) int {
			return cmp.Or(cmp.Compare(cmp.Or(a.Value.Due, "9"), cmp.Or(b.Value.Due, "9")), cmp.Compare(a.Ward, b.Ward), cmp.Compare(a.Number, b.Number))
		},
		Columns: []column[workRow]{
			{Head: "Work", Sub: "Number", Class: "title", Cell: func(r workRow) cell {
				return cell{Text: r.Value.Action, Href: q.link("/work/" + r.ID), Sub: &cell{Text: r.Short(), Look: "id"}}
			}, Sort: "work", Compare: by(func(r workRow) string { return r.Value.Action })},
			{Head: "Ward", Class: "ward", Cell: func(r workRow) cell {
				if r.Ward == "" {
					return known("")
				}
				return cell{Text: r.Ward, Href: q.link("/work", "ward", r.Ward)}
			}, Sort: "ward", Compare: by(func(r workRow) string { return r.Ward })},
			{Head: "Risk", Class: "clip", Wide: 2, Cell: func(r workRow) cell { return cell{Text: r.Risk, Href: q.link("/risks/" + r.Value.Risk.ID)} }, Sort: "risk", Compare: by(func(r workRow) string { return r.Risk })},
		},
	}
	for _, st := range wardbook.WorkStates {
		l.Columns = append(l.Columns, column[workRow]{Head: words(string(st)), Class: "r fit", Wide: 2, Cell: func(r workRow) cell { return q.count(r.Count[st]) }, Sort: string(st), Down: true, Compare: byNumber(func(r workRow) int { return r.Count[st] })})
	}
	l.Columns[3].Wide = 0
	l.Columns = append(l.Columns,
		column[workRow]{Head: "Due", Class: "nb", Wide: 1, Cell: func(r workRow) cell {
			switch {
			case r.overdue(today):
				return cell{Text: r.Value.Due + ", overdue", Look: "clock", Tone: "late"}
			case r.Value.Due == "":
				return cell{Text: "none set", Look: "dim"}
			}
			return cell{Text: r.Value.Due}
		}, Sort: "due", Compare: by(func(r workRow) string { return cmp.Or(r.Value.Due, "9") })},
		column[workRow]{Head: "Owner", Class: "nb", Wide: 3, Cell: func(r workRow) cell {
			if r.Value.Owner == "" {
				return cell{Text: "nobody", Look: "dim"}
			}
			return cell{Text: who.name(r.Value.Owner)}
		}, Sort: "owner", Compare: by(func(r workRow) string { return who.name(r.Value.Owner) })})
	return l
}

// exportWork sends the lines that the list shows as a workbook to be filled in.
func (s *Server) exportWork(q *request) error {
	u := q.r.URL.Query()
	f := workFilter{text: u.Get("q"), show: u.Get("show"), ward: u.Get("ward"), owner: u.Get("owner"), risk: u.Get("risk"), me: q.session.User, today: q.today()}
	var b bytes.Buffer
	name := "work"
	err := q.view(func(tx *store.Tx) error {
		rows, err := readWork(tx, store.ListOptions{})
		if err != nil {
			return err
		}
		var lines []store.Stored[wardbook.Work]
		for _, r := range rows {
			if f.fits(r) && (u.Get("line") == "" || u.Get("line") == r.ID) {
				lines = append(lines, r.Stored)
			}
		}
		l, err := app.WorkList(tx, lines)
		if err != nil {
			return err
		}
		if l.Ward != "" {
			name += " " + strings.ReplaceAll(l.Ward, " / ", " ")
		}
		return worklist.Write(&b, l)
	})
	if err != nil {
		return err
	}
	q.download(name+" "+q.today()+".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
	q.copy(&b)
	return nil
}
