package web

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/catalog"
	"github.com/wardbook/wardbook/internal/app"
	"github.com/wardbook/wardbook/internal/store"
)

// riskPage is one risk: what it is, what people said it is, what is done about
// it, and what who asks may do with it now.
type riskPage struct {
	riskRow
	Risk     wardbook.Risk
	Hazard   string
	Chain    chainView
	Evals    []evalView
	Options  []optionView
	Owner    string
	Newer    *wardbook.Proposal
	Places   *table // the devices, at most maxShown
	More     int    // devices that are not shown
	Findings *table
	Work     workView
	Comments []commentView
	History  []revisionView
	Older    int64 // revision before which the history goes on; 0: it is whole

	Do      string // the step whose form is open
	Form    *form
	Buttons []actionView // what who asks may do
	Refused []string     // what they may not, with why
	Say     *form        // a comment; nil: they may not

	who people
}

// An actionView is a step that can be taken: at once, or by way of its form.
type actionView struct {
	Label, Link string
	Post        string // address to post to at once; empty: Link opens the form
	Primary     bool
	Revision    int64
	Open        bool
}

// An evalView is the evaluation for one key property: as it was at first, as it
// is, and as the program proposes it now.
type evalView struct {
	wardbook.Evaluation
	Key     wardbook.KeyProperty
	Title   string
	Matrix  matrixView
	Level   levelView
	Rows    []evalRow // initial, current, proposed, as far as there are
	Move    *moveView // from the initial to the current place
	Newer   *dotView  // where the program proposes it
	Changed bool
}

type evalRow struct {
	Name, Severity, Likelihood string
	Level                      levelView
	Current                    bool
}

type dotView struct{ X, Y int }

// A moveView is an arrow from one cell to another, drawn short of the bubble.
type moveView struct {
	From dotView
	Path string
}

type optionView struct {
	wardbook.ControlOption
	Chosen bool
}

type workView struct {
	Lines, Devices, Open int
	Link                 string
}

type commentView struct {
	Who  string
	At   wardbook.Revision
	Text string
}

// A revisionView is one revision of the risk and what it changed.
type revisionView struct {
	wardbook.Revision
	Who     string
	What    string
	Changes []change
}

// Who is what people call a user.
func (v riskPage) Who(id string) string { return v.who.name(id) }

// shownHistory is how many revisions a page lists.
const shownHistory = 30

func (s *Server) risk(q *request, tx *store.Tx) (any, error) {
	return s.riskPage(q, tx, q.r.URL.Query().Get("do"), nil)
}

// riskPage is the page of a risk with the form of one step open: a new one, or
// the one that could not be carried out.
func (s *Server) riskPage(q *request, tx *store.Tx, do string, f *form) (riskPage, error) {
	id := q.r.PathValue("id")
	r, err := store.Get[wardbook.Risk](tx, id)
	if err != nil {
		return riskPage{}, err
	}
	o, err := s.overview(tx)
	if err != nil {
		return riskPage{}, err
	}
	who, err := readPeople(tx)
	if err != nil {
		return riskPage{}, err
	}
	v := riskPage{riskRow: o.row(r), Risk: r.Value, Hazard: r.Value.Hazard, who: who}
	if c, err := catalog.Load(); err == nil {
		if h := c.Hazard(r.Value.Hazard); h != nil {
			v.Hazard = h.Name
		}
	}
	v.Chain = chain(&r.Value, v.Hazard)
	for _, k := range wardbook.KeyProperties {
		v.Evals = append(v.Evals, o.evaluation(k, &r.Value))
	}
	g := r.Value.Register
	if g == nil {
		g = &wardbook.Register{}
	}
	v.Owner, v.Newer = who.name(g.Owner), g.Proposed
	for i, c := range r.Value.Options {
		v.Options = append(v.Options, optionView{c, slices.Contains(g.Selected, i)})
	}
	for _, read := range []func() error{
		func() error { return v.readAround(q, tx, o, r) },
		func() error { return v.readTalk(tx, who, r) },
		func() error { return v.readHistory(q, tx, o, who, r) },
		func() error { return v.steps(q, tx, o, who, do, f) },
	} {
		if err := read(); err != nil {
			return riskPage{}, err
		}
	}
	return v, nil
}

// readAround reads the devices and the findings of the risk.
func (v *riskPage) readAround(q *request, tx *store.Tx, o *overview, r store.Stored[wardbook.Risk]) error {
	places, err := devicesOf(tx, r.Value.Devices)
	if err != nil {
		return err
	}
	v.Places, v.More = q.deviceList().of(places), len(r.Value.Devices)-len(places)
	var findings []findingRow
	for _, id := range r.Value.Findings[:min(len(r.Value.Findings), maxShown)] {
		f, err := tx.Finding(id)
		if isNotFound(err) {
			continue // it no longer holds: the revision keeps its id
		}
		if err != nil {
			return err
		}
		kept := store.KeptFinding{Finding: f.Value, Affected: len(f.Value.Devices)}
		kept.Devices = nil
		findings = append(findings, o.findingRow(kept))
	}
	slices.SortStableFunc(findings, urgency)
	v.Findings = q.findingList().of(findings)
	return nil
}

// readTalk reads what refers to the risk: comments and work.
func (v *riskPage) readTalk(tx *store.Tx, who people, r store.Stored[wardbook.Risk]) error {
	refs, err := tx.LinksTo(r.Kind, r.ID)
	if err != nil {
		return err
	}
	for _, ref := range refs {
		switch ref.Kind {
		case wardbook.Comment{}.RecordKind():
			c, err := store.Decode[wardbook.Comment](ref.Revision)
			if err != nil {
				return err
			}
			v.Comments = append(v.Comments, commentView{who.name(c.Value.By), ref.Revision, c.Value.Text})
		case wardbook.Work{}.RecordKind():
			w, err := store.Decode[wardbook.Work](ref.Revision)
			if err != nil {
				return err
			}
			v.Work.Lines++
			v.Work.Link = "/work?risk=" + r.ID
			for _, d := range w.Value.Devices {
				v.Work.Devices++
				if d.State.Open() {
					v.Work.Open++
				}
			}
		}
	}
	slices.SortFunc(v.Comments, func(a, b commentView) int { return cmp.Compare(a.At.Position, b.At.Position) })
	return nil
}

// readHistory reads the newest revisions, each with what it changed.
func (v *riskPage) readHistory(q *request, tx *store.Tx, o *overview, who people, r store.Stored[wardbook.Risk]) error {
	all, err := tx.History(r.Kind, r.ID, before(q), shownHistory+1)
	if err != nil {
		return err
	}
	for i, rev := range all[:min(len(all), shownHistory)] {
		row := revisionView{Revision: rev, Who: who.name(rev.Actor), What: eventText(rev.Action)}
		if i+1 < len(all) {
			is, err := store.Decode[wardbook.Risk](rev)
			if err != nil {
				return err
			}
			was, err := store.Decode[wardbook.Risk](all[i+1])
			if err != nil {
				return err
			}
			row.Changes = o.riskChanges(who, &was.Value, &is.Value)
		}
		v.History = append(v.History, row)
	}
	if len(all) > shownHistory {
		v.Older = all[shownHistory-1].Revision
	}
	return nil
}

// eventText says in words what was done with a risk.
func eventText(action string) string {
	if t, ok := eventTexts[action]; ok {
		return t
	}
	return verb(action)
}

var eventTexts = map[string]string{
	"risk.confirm": "confirmed the proposal", "risk.estimate": "estimated", "risk.dismiss": "dismissed it", "risk.move": "moved it", "risk.evaluate": "held it against the policy",
	"risk.accept": "accepted it", "risk.treat": "chose what is done", "risk.assign": "named the owner", "risk.due": "set the date", "risk.keep": "kept the values", "risk.reopen": "opened it again",
	"triage.affected": "confirmed the proposal in the inbox", "assessment.keep": "kept an assessment", "assessment.run": "assessed again",
}

// before is the revision from which the page of the history goes back.
func before(q *request) int64 {
	var n int64
	if _, err := fmt.Sscan(q.r.URL.Query().Get("before"), &n); err != nil || n < 0 {
		return 0
	}
	return n
}

// people are the members of the organization by their ids.
type people struct {
	names map[string]string
	all   []option // who has a role now, by name
}

func readPeople(tx *store.Tx) (people, error) {
	p := people{names: map[string]string{app.System: "Wardbook"}}
	o := store.ListOptions{Limit: 1000, Sort: store.ByTitle}
	for {
		page, err := store.List[wardbook.Membership](tx, o)
		if err != nil {
			return p, err
		}
		for _, m := range page.Items {
			p.names[m.ID] = m.Value.Name
			if len(m.Value.Roles) > 0 {
				p.all = append(p.all, option{Value: m.ID, Label: m.Value.Name})
			}
		}
		if o.After = page.Next; page.Next == "" {
			return p, nil
		}
	}
}

// name is what people call a user; somebody who never was a member is called
// what the book calls them.
func (p people) name(id string) string {
	if n := p.names[id]; n != "" {
		return n
	}
	return id
}

// evaluation shows the evaluation of r for k beside the first one and the one
// that the program proposes now.
func (o *overview) evaluation(k wardbook.KeyProperty, r *wardbook.Risk) evalView {
	e := *r.Evaluation(k)
	v := evalView{Evaluation: e, Key: k, Title: keyTitle(k), Level: o.level(e.Level)}
	v.Matrix = o.grid(k, func(cellOf) int { return 0 })
	row := func(name string, e wardbook.Evaluation) evalRow {
		return evalRow{Name: name, Level: o.level(e.Level), Severity: stepName(v.Matrix.Severity, e.Severity), Likelihood: stepName(v.Matrix.Likely, e.Likelihood)}
	}
	g := r.Register
	name := "Proposed"
	if g != nil && g.Initial != nil {
		first := *g.Initial.Evaluation(k)
		v.Rows = append(v.Rows, row("Initial", first))
		v.Move = move(first, e)
		v.Changed = first.Level != e.Level
		name = "Current"
	}
	now := row(name, e)
	now.Current = true
	v.Rows = append(v.Rows, now)
	if g != nil && g.Proposed != nil {
		next := *g.Proposed.Evaluation(k)
		v.Rows = append(v.Rows, row("Proposed now", next))
		if next.Severity > 0 && next.Likelihood > 0 && (next.Severity != e.Severity || next.Likelihood != e.Likelihood) {
			d := dot(next)
			v.Newer = &d
		}
	}
	for i := range v.Matrix.Cells {
		c := &v.Matrix.Cells[i]
		c.Mark = c.Severity == e.Severity && c.Likelihood == e.Likelihood
	}
	return v
}

// dot is the middle of the cell of an evaluation.
func dot(e wardbook.Evaluation) dotView {
	return dotView{(e.Likelihood-1)*cellSize + cellInner/2, (wardbook.Steps-e.Severity)*cellSize + cellInner/2}
}

// move is the arrow between two evaluations, nil where they lie in one cell or
// one lies nowhere.
func move(from, to wardbook.Evaluation) *moveView {
	if from.Severity == 0 || from.Likelihood == 0 || to.Severity == 0 || to.Likelihood == 0 || from.Severity == to.Severity && from.Likelihood == to.Likelihood {
		return nil
	}
	a, b := dot(from), dot(to)
	return &moveView{From: a, Path: arrow(a, b, 5, 10)}
}

// riskChanges lists in words what differs between two revisions of a risk.
func (o *overview) riskChanges(who people, a, b *wardbook.Risk) []change {
	var out []change
	add := func(what, was, is string) {
		if was != is {
			out = append(out, change{what, was, is})
		}
	}
	add("State", words(string(a.State)), words(string(b.State)))
	add("Title", a.Title, b.Title)
	for _, k := range wardbook.KeyProperties {
		v := o.grid(k, func(cellOf) int { return 0 })
		x, y := a.Evaluation(k), b.Evaluation(k)
		add(keyTitle(k)+", severity", stepName(v.Severity, x.Severity), stepName(v.Severity, y.Severity))
		add(keyTitle(k)+", likelihood", stepName(v.Likely, x.Likelihood), stepName(v.Likely, y.Likelihood))
		add(keyTitle(k)+", level", o.level(x.Level).Name, o.level(y.Level).Name)
		add(keyTitle(k)+", acceptable", string(x.Acceptable), string(y.Acceptable))
	}
	add("Due", a.Due, b.Due)
	g, h := a.Register, b.Register
	if g == nil {
		g = &wardbook.Register{}
	}
	if h == nil {
		h = &wardbook.Register{}
	}
	add("Owner", who.name(g.Owner), who.name(h.Owner))
	add("Chosen", chosenText(a, g), chosenText(b, h))
	add("What is done", g.Treatment, h.Treatment)
	add("Accepted until", g.AcceptedUntil, h.AcceptedUntil)
	add("Proposed now", proposalText(g.Proposed), proposalText(h.Proposed))
	add("Nothing supports it since", g.Gone, h.Gone)
	add("Proposed first", a.Action, b.Action)
	add("Devices", setText(a.Devices, b.Devices), setText(b.Devices, a.Devices))
	add("Wards", setText(a.Wards, b.Wards), setText(b.Wards, a.Wards))
	add("Findings", setText(a.Findings, b.Findings), setText(b.Findings, a.Findings))
	add("Options", fmt.Sprint(len(a.Options)), fmt.Sprint(len(b.Options)))
	for _, c := range []struct{ what, was, is string }{
		{"Hazard", a.Chain.Hazard, b.Chain.Hazard}, {"Sequence of events", strings.Join(a.Chain.Sequence, "; "), strings.Join(b.Chain.Sequence, "; ")},
		{"Hazardous situation", a.Chain.Situation, b.Chain.Situation}, {"Harm", a.Chain.Harm, b.Chain.Harm},
	} {
		add(c.what, c.was, c.is)
	}
	return out
}

func chosenText(r *wardbook.Risk, g *wardbook.Register) string {
	var out []string
	for _, i := range g.Selected {
		if i < len(r.Options) {
			out = append(out, r.Options[i].Text)
		}
	}
	return strings.Join(out, "; ")
}

func proposalText(p *wardbook.Proposal) string {
	if p == nil {
		return ""
	}
	return p.Why
}

// setText names of a set what the other lacks, and how many there are: of a
// thousand devices only those that differ are of interest.
func setText(set, other []string) string {
	there := make(map[string]bool, len(other))
	for _, s := range other {
		there[s] = true
	}
	var only []string
	for _, s := range set {
		if !there[s] {
			only = append(only, s)
		}
	}
	const shown = 10
	text := fmt.Sprint(len(set))
	switch {
	case len(only) == 0:
		return text
	case len(only) > shown:
		return text + ", among them " + strings.Join(only[:shown], ", ") + fmt.Sprintf(" and %d more", len(only)-shown)
	}
	return text + ", among them " + strings.Join(only, ", ")
}
