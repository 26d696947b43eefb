package web

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/app"
	"github.com/wardbook/wardbook/internal/store"
)

type sourceRecord = store.Stored[wardbook.Source]

// allSources are the sources of the organization.
func allSources(tx *store.Tx) (out []sourceRecord, err error) {
	o := store.ListOptions{Limit: 1000}
	for {
		page, err := store.List[wardbook.Source](tx, o)
		if err != nil {
			return nil, err
		}
		out = append(out, page.Items...)
		if o.After = page.Next; page.Next == "" {
			return out, nil
		}
	}
}

// sourcesView is a page of sources.
type sourcesView struct {
	*table
	Waiting []sourceRecord // for a person
	Any     bool
}

func (s *Server) sources(q *request, tx *store.Tx) (any, error) {
	all, err := allSources(tx)
	if err != nil {
		return nil, err
	}
	names, err := memberNames(tx)
	if err != nil {
		return nil, err
	}
	v := sourcesView{Any: len(all) > 0}
	var kinds []option
	for _, k := range kindsBrought {
		if slices.ContainsFunc(all, func(r sourceRecord) bool { return r.Value.Kind == k }) {
			kinds = append(kinds, option{Value: string(k), Label: kindName(k)})
		}
	}
	for _, r := range all {
		if r.Value.State == wardbook.SourceReview {
			v.Waiting = append(v.Waiting, r)
		}
	}
	u := q.r.URL.Query()
	kind, state, text := u.Get("kind"), u.Get("state"), strings.Fields(strings.ToLower(u.Get("q")))
	l := q.sourceList(names)
	l.All = slices.Values(all)
	l.Fits = func(r sourceRecord) bool {
		if kind != "" && string(r.Value.Kind) != kind || state != "" && string(r.Value.State) != state {
			return false
		}
		in := strings.ToLower(r.Value.Name + "\n" + r.Value.File + "\n" + r.Value.Format)
		return !slices.ContainsFunc(text, func(w string) bool { return !strings.Contains(in, w) })
	}
	var states []string
	for _, st := range wardbook.SourceStates {
		states = append(states, string(st))
	}
	l.Filters = []filter{
		{Name: "state", Label: "State", All: "all", Chips: true, Options: options(states)},
		{Name: "kind", Label: "Kind", All: "All kinds", Options: kinds},
	}
	v.table, err = l.show(q)
	return v, err
}

// sourceList are sources as lists show them.
func (q *request) sourceList(names map[string]string) list[sourceRecord] {
	value := func(of func(wardbook.Source) string) func(a, b sourceRecord) int {
		return by(func(r sourceRecord) string { return of(r.Value) })
	}
	return list[sourceRecord]{
		Name: "sources", Label: "Sources", Empty: "No source fits.", Search: "Name, file, format", Sort: "-changed",
		ID: func(r sourceRecord) string { return r.ID },
		Order: func(a, b sourceRecord) int {
			return cmp.Or(b.Time.Compare(a.Time), strings.Compare(a.ID, b.ID))
		},
		Columns: []column[sourceRecord]{
			{Head: "Source", Sub: "File", Class: "clip", Cell: func(r sourceRecord) cell {
				return cell{Text: r.Value.Name, Href: q.link("/sources/" + r.ID), Sub: &cell{Text: r.Value.File}}
			}, Sort: "name", Compare: value(func(s wardbook.Source) string { return s.Name })},
			{Head: "Kind", Sub: "Format", Cell: func(r sourceRecord) cell {
				return cell{Text: kindName(r.Value.Kind), Sub: &cell{Text: r.Value.Format}}
			}, Sort: "kind", Compare: value(func(s wardbook.Source) string { return string(s.Kind) })},
			{Head: "State", Class: "fit", Cell: sourceState, Sort: "state", Compare: value(func(s wardbook.Source) string { return string(s.State) })},
			{Head: "Data of", Title: "Date of the newest datum inside", Class: "nb", Wide: 2, Cell: func(r sourceRecord) cell { return q.age(r.Value.AsOf) }, Sort: "asof", Compare: value(func(s wardbook.Source) string { return s.AsOf })},
			{Head: "Records", Class: "r", Wide: 2, Cell: func(r sourceRecord) cell { return q.count(r.Value.Records) }, Sort: "records", Down: true, Compare: byNumber(func(r sourceRecord) int { return r.Value.Records })},
			{Head: "Problems", Class: "r", Wide: 3, Cell: func(r sourceRecord) cell {
				if r.Value.Faults == 0 {
					return cell{Text: "none", Look: "dim", Value: 0}
				}
				return q.count(r.Value.Faults)
			}, Sort: "problems", Down: true, Compare: byNumber(func(r sourceRecord) int { return r.Value.Faults })},
			{Head: "Brought by", Wide: 3, Cell: func(r sourceRecord) cell { return cell{Text: nameOr(names, r.Actor)} }},
			{Head: "Changed", Class: "nb", Wide: 1, Cell: func(r sourceRecord) cell { return q.moment(r.Time) }, Sort: "changed", Down: true, Compare: func(a, b sourceRecord) int { return a.Time.Compare(b.Time) }},
		},
	}
}

// age is the date of data, or that it is not known.
func (q *request) age(asOf string) cell {
	if asOf == "" {
		return known("")
	}
	return cell{Text: asOf}
}

func sourceState(r sourceRecord) cell {
	c := cell{Text: words(string(r.Value.State)), Look: "chip"}
	switch r.Value.State {
	case wardbook.SourceCurrent:
		c.Text, c.Tone = "holds", "good"
	case wardbook.SourceReview:
		c.Text, c.Tone = "waits for a person", "warn"
	case wardbook.SourceRefused:
		c.Tone = "bad"
	}
	return c
}

// sourceView is one source: what it is, what it changes, how it is read, and
// all that it was.
type sourceView struct {
	Source    sourceRecord
	State     cell
	Kind      string
	Who       string
	Held      *wardbook.Source // what holds while newer bytes wait
	Samples   []sampleGroup
	Problems  *table
	Columns   *app.Columns
	Fault     string
	Readable  bool // the bytes are there
	History   []sourceChange
	May       bool // who asks may act
	Can       map[string]bool
	Confirms  []confirmation
	Revision  int64
	Inventory bool
}

// A sampleGroup is what a source changes, of one sort.
type sampleGroup struct {
	What  string
	Count int
	Items []wardbook.ChangeSample
}

// More is how many are not shown.
func (g sampleGroup) More() int { return g.Count - len(g.Items) }

// A sourceChange is one revision of a source.
type sourceChange struct {
	wardbook.Revision
	Who   string
	Value wardbook.Source
	State cell
}

func (s *Server) source(q *request, tx *store.Tx) (any, error) {
	return s.sourcePage(q, tx, "")
}

func (s *Server) sourcePage(q *request, tx *store.Tx, fault string) (*sourceView, error) {
	im, err := s.importer()
	if err != nil {
		return nil, err
	}
	r, err := store.Get[wardbook.Source](tx, q.r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	names, err := memberNames(tx)
	if err != nil {
		return nil, err
	}
	v := &sourceView{
		Source: r, State: sourceState(r), Kind: kindName(r.Value.Kind), Who: nameOr(names, r.Actor), Fault: fault, Revision: r.Revision.Revision,
		Inventory: r.Value.Kind == wardbook.InputInventory, May: q.at.IsZero() && importer.allows(q.seat.Roles), Can: map[string]bool{},
	}
	if v.Held, err = app.LastHeld(tx, r); err != nil {
		return nil, err
	}
	if e, err := tx.Evidence(r.Value.SHA256); err == nil {
		v.Readable = !e.Redacted
	} else if !errors.Is(err, wardbook.ErrNotFound) {
		return nil, err
	}
	v.Samples = sampleGroups(r.Value.Change)
	v.Problems = problemList().of(r.Value.Problems)
	if v.Columns, err = im.ColumnsOf(q.r.Context(), tx, r.Value); err != nil {
		return nil, err
	}
	v.acts()
	revs, err := tx.History(r.Kind, r.ID, 0, 50)
	if err != nil {
		return nil, err
	}
	for _, rev := range revs {
		old, err := store.Decode[wardbook.Source](rev)
		if err != nil {
			return nil, err
		}
		v.History = append(v.History, sourceChange{Revision: rev, Who: nameOr(names, rev.Actor), Value: old.Value, State: sourceState(old)})
	}
	return v, nil
}

// acts are what can be done with the source as it stands.
func (v *sourceView) acts() {
	if v.Source.Value.Kind == wardbook.InputPolicy {
		return
	}
	hidden := func(act app.SourceAct) [][2]string {
		return [][2]string{{"act", string(act)}, {"revision", strconv.FormatInt(v.Revision, 10)}}
	}
	to := "/sources/" + v.Source.ID + "/act"
	for act, c := range map[app.SourceAct]confirmation{
		app.Refuse:    {ID: "refuse", Label: "Refuse", Question: "What it would change is not made. What held before goes on to hold.", Submit: "Refuse", Danger: true},
		app.Withdraw:  {ID: "withdraw", Label: "Withdraw", Question: "It no longer counts: what rests on it is assessed anew. The past keeps it, and it can be brought back.", Submit: "Withdraw", Danger: true},
		app.BringBack: {ID: "bring-back", Label: "Bring back", Question: "Its bytes are read again and it counts again.", Submit: "Bring back"},
	} {
		v.Can[string(act)] = act.Can(v.Source.Value.State)
		if v.Can[string(act)] {
			c.Action, c.Reason, c.Hidden = to, true, hidden(act)
			v.Confirms = append(v.Confirms, c)
		}
	}
	slices.SortFunc(v.Confirms, func(a, b confirmation) int { return strings.Compare(a.ID, b.ID) })
	v.Can[string(app.Apply)] = app.Apply.Can(v.Source.Value.State)
}

func sampleGroups(c *wardbook.SourceChange) (out []sampleGroup) {
	if c == nil {
		return nil
	}
	for _, g := range []sampleGroup{{What: "gone", Count: c.Gone}, {What: "changed", Count: c.Changed}, {What: "new", Count: c.New}, {What: "back", Count: c.Back}} {
		for _, x := range c.Samples {
			if x.What == g.What {
				g.Items = append(g.Items, x)
			}
		}
		if g.Count > 0 {
			out = append(out, g)
		}
	}
	return out
}

func problemList() list[wardbook.Problem] {
	return list[wardbook.Problem]{
		Name: "problems", Label: "Problems", Empty: "Nothing was wrong with it.",
		Columns: []column[wardbook.Problem]{
			{Head: "Place", Class: "nb", Cell: func(p wardbook.Problem) cell { return cell{Text: cmp.Or(p.Place, "the whole")} }},
			{Head: "What is wrong", Cell: func(p wardbook.Problem) cell { return cell{Text: p.Message} }},
		},
	}
}

// problemsView lists all problems of a source.
type problemsView struct {
	*table
	Source sourceRecord
}

func (s *Server) problems(q *request, tx *store.Tx) (any, error) {
	im, err := s.importer()
	if err != nil {
		return nil, err
	}
	r, err := store.Get[wardbook.Source](tx, q.r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	all, err := im.Problems(q.r.Context(), tx, r.Value)
	if err != nil {
		return nil, err
	}
	type numbered struct {
		wardbook.Problem
		n int
	}
	text := strings.ToLower(strings.TrimSpace(q.r.URL.Query().Get("q")))
	base := problemList()
	l := list[numbered]{
		Name: base.Name, Label: base.Label, Empty: base.Empty, Search: "Place, message",
		ID:    func(p numbered) string { return strconv.Itoa(p.n) },
		Order: byNumber(func(p numbered) int { return p.n }),
		All: func(yield func(numbered) bool) {
			for i, p := range all {
				if !yield(numbered{p, i}) {
					return
				}
			}
		},
		Fits: func(p numbered) bool { return text == "" || strings.Contains(strings.ToLower(p.String()), text) },
	}
	for _, c := range base.Columns {
		l.Columns = append(l.Columns, column[numbered]{Head: c.Head, Class: c.Class, Cell: func(p numbered) cell { return c.Cell(p.Problem) }})
	}
	t, err := l.show(q)
	return problemsView{t, r}, err
}

// actOnSource applies, refuses, withdraws or brings back.
func (s *Server) actOnSource(q *request) error {
	im, err := s.importer()
	if err != nil {
		return err
	}
	if err := q.parse(); err != nil {
		return err
	}
	id, act := q.r.PathValue("id"), app.SourceAct(q.r.PostForm.Get("act"))
	ev := wardbook.Event{Actor: q.session.User, Reason: q.r.PostForm.Get("reason")}
	job, err := im.Act(q.r.Context(), q.seat.Organization, id, q.revision(), act, ev)
	if err != nil {
		return s.sourceAgain(q, err)
	}
	if job != "" {
		return q.done("/jobs/"+job, "")
	}
	return q.done("/sources/"+id, map[app.SourceAct]string{app.Refuse: "Refused. What held before goes on to hold.", app.Withdraw: "Withdrawn. What rests on it is being assessed anew."}[act])
}

// saveColumns reads an inventory anew with other columns.
func (s *Server) saveColumns(q *request) error {
	im, err := s.importer()
	if err != nil {
		return err
	}
	if err := q.parse(); err != nil {
		return err
	}
	ev := wardbook.Event{Actor: q.session.User, Reason: q.r.PostForm.Get("reason")}
	job, err := im.Remap(q.r.Context(), q.seat.Organization, q.r.PathValue("id"), q.revision(), q.r.PostForm["field"], ev)
	if err != nil {
		return s.sourceAgain(q, err)
	}
	return q.done("/jobs/"+job, "")
}

// sourceAgain shows the page of a source with what could not be done; another
// error is given back.
func (s *Server) sourceAgain(q *request, err error) error {
	status, fault := http.StatusUnprocessableEntity, ""
	var conflict *wardbook.EditConflict
	var invalid *wardbook.Invalid
	switch {
	case errors.As(err, &conflict):
		status, fault = conflictStatus, "Somebody changed this source while you had the page open. This is how it stands now; nothing of yours was done."
	case errors.As(err, &invalid):
		fault = invalid.Error()
	default:
		return err
	}
	return q.view(func(tx *store.Tx) error {
		v, err := s.sourcePage(q, tx, fault)
		if err != nil {
			return err
		}
		return q.render(status, "source", v)
	})
}
