package web

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/app"
	"github.com/wardbook/wardbook/internal/fleet"
	"github.com/wardbook/wardbook/internal/store"
)

// hidden says what of a matter somebody has before them: who handles it later
// than somebody else, or when it has changed, is told.
func (m *matter) hidden() [][2]string {
	revision := "0"
	if m.Triage != nil {
		revision = strconv.FormatInt(m.Triage.Revision.Revision, 10)
	}
	return [][2]string{{"revision", revision}, {"seen", wardbook.TriageDigest(m.seen)}}
}

// riskAt names a risk at the revision that somebody has before them.
func riskAt(r riskRow) string { return strconv.FormatInt(r.Revision.Revision, 10) + " " + r.ID }

// handling reads what the posted form is about. Where the findings are others
// than those that the person saw, nothing is done.
func (s *Server) handling(q *request) (app.Handling, *matter, error) {
	h := app.Handling{Organization: q.seat.Organization, Actor: q.session.User, Roles: q.seat.Roles, About: q.r.PathValue("id")}
	if err := q.parse(); err != nil {
		return h, nil, err
	}
	var m *matter
	err := q.view(func(tx *store.Tx) error {
		o, err := s.overview(tx)
		if err == nil {
			m = o.matter(h.About)
		}
		return err
	})
	switch {
	case err != nil:
		return h, nil, err
	case m == nil:
		return h, nil, wardbook.ErrNotFound
	case q.r.PostForm.Get("seen") != wardbook.TriageDigest(m.seen):
		return h, m, &refusal{http.StatusConflict, m.About + " has changed since you opened it. Nothing was done: look at it again."}
	}
	h.Revision, h.Reason, h.Findings = q.revision(), q.r.PostForm.Get("reason"), m.seen
	return h, m, nil
}

// handled answers a post of the inbox.
func (q *request) handled(err error, m *matter, text string) error {
	var refused *app.Refused
	var conflict *wardbook.EditConflict
	var invalid *wardbook.Invalid
	switch {
	case errors.As(err, &refused) && refused.Role:
		return &refusal{http.StatusForbidden, "Your roles do not allow this: " + refused.Why + "."}
	case errors.As(err, &refused):
		return &refusal{http.StatusConflict, refused.Why}
	case errors.As(err, &conflict):
		return &refusal{http.StatusConflict, "Somebody else handled " + m.About + " meanwhile, or changed one of its risks. Look at it again."}
	case errors.As(err, &invalid):
		return &refusal{http.StatusUnprocessableEntity, invalid.Error()}
	case err != nil:
		return err
	}
	return q.done(q.back("/inbox"), m.About+": "+text)
}

func (s *Server) matterAffected(q *request) error {
	h, m, err := s.handling(q)
	if err != nil {
		return err
	}
	var edits []app.Edit
	for _, v := range q.r.PostForm["risk"] {
		revision, id, _ := strings.Cut(v, " ")
		n, err := strconv.ParseInt(revision, 10, 64)
		if err != nil {
			return &refusal{http.StatusBadRequest, "This form was not made by this server."}
		}
		edits = append(edits, app.Edit{Organization: h.Organization, Actor: h.Actor, Roles: h.Roles, Risk: id, Revision: n, Reason: h.Reason})
	}
	err = h.Affected(context.WithoutCancel(q.r.Context()), s.store, edits)
	return q.handled(err, m, "affected. "+plural(len(edits), "proposed risk is", "proposed risks are")+" in the register now.")
}

func (s *Server) matterLater(q *request) error {
	h, m, err := s.handling(q)
	if err != nil {
		return err
	}
	until := q.r.PostForm.Get("until")
	return q.handled(h.Later(context.WithoutCancel(q.r.Context()), s.store, until), m, "put off until "+until+".")
}

func (s *Server) matterUndo(q *request) error {
	h, m, err := s.handling(q)
	if err != nil {
		return err
	}
	text := "it waits again."
	if m.Triage != nil && len(m.Triage.Value.Decisions) > 0 {
		text += " " + plural(len(m.Triage.Value.Decisions), "decision is", "decisions are") + " withdrawn."
	}
	if m.Triage != nil && len(m.Triage.Value.Risks) > 0 {
		text += " The risks that were confirmed stay in the register."
	}
	return q.handled(h.Undo(context.WithoutCancel(q.r.Context()), s.store), m, text)
}

// laterForm puts a matter off.
func laterForm(m *matter) *form {
	return &form{Action: m.path("/later"), Submit: "Put off", Hidden: m.hidden(), Fields: []*field{
		{Name: "until", Label: "Until the end of", Type: "date", Required: true},
		{Name: "reason", Label: "Why", Hint: "The book keeps it."},
	}}
}

// notAffectedView asks why none of the findings of a matter affects us.
type notAffectedView struct {
	Matter   *matter
	Products []string
	Findings *table
	Form     *form
}

func (s *Server) notAffectedPage(q *request, tx *store.Tx) (any, error) {
	o, err := s.overview(tx)
	if err != nil {
		return nil, err
	}
	m := o.matter(q.r.PathValue("id"))
	if m == nil {
		return nil, wardbook.ErrNotFound
	}
	_, all, err := m.devices(tx, o)
	if err != nil {
		return nil, err
	}
	snap, err := s.fleets.at(tx)
	if err != nil {
		return nil, err
	}
	v := &notAffectedView{Matter: m, Form: notAffectedForm(m, snap, all)}
	var rows []findingRow
	for _, i := range m.Findings {
		if f := o.All[i]; f.Status.Open() {
			rows = append(rows, f)
		}
	}
	v.Findings = q.findingList().of(rows[:min(len(rows), maxShown)])
	return v, nil
}

func notAffectedForm(m *matter, snap *fleet.Snapshot, devices []string) *form {
	why, wards := []option{{Label: "choose why"}}, []option(nil)
	for _, j := range wardbook.Justifications {
		why = append(why, option{Value: string(j), Label: words(string(j))})
	}
	f := &form{Action: m.path("/not-affected"), Submit: "Not affected", Hidden: m.hidden(), Fields: []*field{
		{Name: "justification", Label: "Because", Type: "select", Required: true, Options: why},
		{Name: "versions", Label: "For", Type: "choice", Required: true, Value: "this", Options: []option{{Value: "this", Label: "the versions that we have"}, {Value: "all", Label: "every version of these products"}}},
	}}
	for _, r := range wardRows(snap, nil, devices) {
		if r.Ward != "" {
			wards = append(wards, option{Value: r.Ward, Label: r.Ward})
		}
	}
	if len(wards) > 1 && len(wards) <= 200 {
		slices.SortFunc(wards, func(a, b option) int { return strings.Compare(a.Label, b.Label) })
		f.Fields = append(f.Fields, &field{Name: "wards", Label: "Only on these wards", Type: "checks", Options: wards, Hint: "None ticked: everywhere. The devices on other wards go on waiting."})
	}
	f.Fields = append(f.Fields,
		&field{Name: "configuration", Label: "What it rests on", Hint: "Such as a port that is closed here. Look at it again when that changes."},
		&field{Name: "until", Label: "Until", Type: "date", Hint: "The last day; empty: until it is withdrawn."},
		&field{Name: "reason", Label: "Why", Type: "textarea", Required: true, Hint: "The book keeps it."})
	return f
}

func (s *Server) notAffected(q *request) error {
	h, m, err := s.handling(q)
	if err != nil {
		return err
	}
	var v *notAffectedView
	var decisions []wardbook.Decision
	err = q.view(func(tx *store.Tx) error {
		data, err := s.notAffectedPage(q, tx)
		if err != nil {
			return err
		}
		v = data.(*notAffectedView)
		if err := q.fill(v.Form); err != nil {
			return err
		}
		o, err := s.overview(tx)
		decisions = o.decisionsOf(m, v.Form)
		return err
	})
	if err != nil {
		return err
	}
	if v.Form.OK() {
		err := h.NotAffected(context.WithoutCancel(q.r.Context()), s.store, decisions)
		var invalid *wardbook.Invalid
		if !errors.As(err, &invalid) {
			return q.handled(err, m, "not affected. The findings are assessed anew.")
		}
		if err := v.Form.take(err); err != nil {
			return err
		}
	}
	return q.again("not-affected", v)
}

// decisionsOf makes a decision for each product, and each component of it, in
// which a matter has open findings: it covers what was seen there and no other
// combination.
func (o *overview) decisionsOf(m *matter, f *form) []wardbook.Decision {
	at := map[[2]string]int{}
	var out []wardbook.Decision
	for _, i := range m.Findings {
		x := &o.All[i]
		if !x.Status.Open() {
			continue
		}
		key := [2]string{x.Product, x.component()}
		n, ok := at[key]
		if !ok {
			n, at[key] = len(out), len(out)
			d := decisionOf(f, x.Finding, o.products[x.Product])
			d.Vulnerabilities, d.Status = nil, wardbook.NotAffected
			d.Justification = wardbook.Justification(f.Get("justification"))
			out = append(out, d)
		}
		if !slices.Contains(out[n].Vulnerabilities, x.Vulnerability) {
			out[n].Vulnerabilities = append(out[n].Vulnerabilities, x.Vulnerability)
		}
	}
	for i := range out {
		slices.SortFunc(out[i].Vulnerabilities, cmp.Compare[string])
	}
	return out
}
