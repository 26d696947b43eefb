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
	"github.com/wardbook/wardbook/internal/store"
)

func (s *Server) decisionRoutes() []route {
	return []route{
		{pattern: "GET /decisions", who: member, page: "decisions", read: s.decisions},
		{pattern: "GET /decisions/{id}", who: member, page: "decision", read: s.decision},
		{pattern: "POST /decisions/{id}/withdraw", who: decider, do: s.withdrawDecision},
		{pattern: "GET /findings/{id}/decide", who: decider, page: "decide", read: s.decidePage},
		{pattern: "POST /findings/{id}/decide", who: decider, do: s.decide},
	}
}

// decisionsView is a page of decisions.
type decisionsView struct{ *table }

type decisionRecord = store.Stored[wardbook.Decision]

func (s *Server) decisions(q *request, tx *store.Tx) (any, error) {
	names, err := memberNames(tx)
	if err != nil {
		return nil, err
	}
	u := q.r.URL.Query()
	state, text := u.Get("state"), strings.Fields(strings.ToLower(u.Get("q")))
	var all []decisionRecord
	for opts := (store.ListOptions{Limit: 1000}); ; {
		page, err := store.List[wardbook.Decision](tx, opts)
		if err != nil {
			return nil, err
		}
		all = append(all, page.Items...)
		if opts.After = page.Next; page.Next == "" {
			break
		}
	}
	today := q.today()
	l := list[decisionRecord]{
		Name: "decisions", Label: "Decisions", Search: "Vulnerability, product, reason", Empty: "No decision fits.",
		ID: func(d decisionRecord) string { return d.ID }, All: slices.Values(all),
		Fits: func(d decisionRecord) bool {
			in := strings.ToLower(d.Title + "\n" + d.Value.Reason + "\n" + d.Short())
			return (state == "" || decisionState(d.Value, today) == state) && !slices.ContainsFunc(text, func(w string) bool { return !strings.Contains(in, w) })
		},
		Order: func(a, b decisionRecord) int {
			return cmp.Or(b.Value.At.Compare(a.Value.At), strings.Compare(a.ID, b.ID))
		},
		Columns: []column[decisionRecord]{
			{Head: "Decision", Sub: "Reason", Class: "title", Cell: func(d decisionRecord) cell {
				return cell{Text: d.Title, Href: q.link("/decisions/" + d.ID), Sub: &cell{Text: d.Value.Reason}}
			}},
			{Head: "Number", Class: "nb", Wide: 3, Cell: func(d decisionRecord) cell { return cell{Text: d.Short(), Look: "id"} }},
			{Head: "State", Class: "fit", Cell: func(d decisionRecord) cell { return cell{Text: words(decisionState(d.Value, today)), Look: "chip"} }},
			{Head: "Until", Class: "nb", Wide: 2, Cell: func(d decisionRecord) cell { return cell{Text: cmp.Or(d.Value.Until, "withdrawn")} }, Sort: "until", Compare: by(func(d decisionRecord) string { return cmp.Or(d.Value.Until, "9999") })},
			{Head: "By", Wide: 2, Cell: func(d decisionRecord) cell { return cell{Text: nameOr(names, d.Value.By)} }},
			{Head: "At", Class: "nb", Wide: 2, Cell: func(d decisionRecord) cell { return q.moment(d.Value.At) }, Sort: "at", Down: true, Compare: func(a, b decisionRecord) int { return a.Value.At.Compare(b.Value.At) }},
		},
		Filters: []filter{{Name: "state", Label: "State", All: "all", Chips: true, Options: options([]string{"active", "ended", "withdrawn"})}},
	}
	t, err := l.show(q)
	return decisionsView{t}, err
}

// decisionState is "ended" where the last day is over, else what the record says.
func decisionState(d wardbook.Decision, today string) string {
	if d.State == wardbook.DecisionActive && !d.Holds(today) {
		return "ended"
	}
	return string(d.State)
}

// decisionView is one decision.
type decisionView struct {
	Decision decisionRecord
	State    string
	Who      string
	Covers   []string
	Where    []string
	Findings *table
	Withdraw *confirmation
	History  []answerChange
}

func (s *Server) decision(q *request, tx *store.Tx) (any, error) {
	d, err := store.Get[wardbook.Decision](tx, q.r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	names, err := memberNames(tx)
	if err != nil {
		return nil, err
	}
	o, err := s.overview(tx)
	if err != nil {
		return nil, err
	}
	v := decisionView{Decision: d, State: decisionState(d.Value, q.today()), Who: nameOr(names, d.Value.By)}
	for _, x := range d.Value.Subjects {
		text := strings.TrimSpace(x.Vendor + " " + x.Name)
		if x.Versions != nil {
			text += ", version " + cmp.Or(x.Versions.Raw, strings.Join(x.Versions.Versions, ", "))
		} else {
			text += ", every version"
		}
		v.Covers = append(v.Covers, text)
	}
	v.Where = slices.Concat(d.Value.Sites, d.Value.Wards, d.Value.Zones)
	rows, err := settledBy(tx, o, d)
	if err != nil {
		return nil, err
	}
	v.Findings = q.findingList().of(rows)
	revs, err := tx.History(d.Kind, d.ID, 0, 50)
	if err != nil {
		return nil, err
	}
	for _, r := range revs {
		v.History = append(v.History, answerChange{Revision: r, Who: nameOr(names, r.Actor), Answer: r.State})
	}
	if q.at.IsZero() && decider.allows(q.seat.Roles) && d.Value.State == wardbook.DecisionActive {
		v.Withdraw = &confirmation{ID: "withdraw", Label: "Withdraw", Question: "The findings that it settled are as they were without it. The past keeps it.", Action: "/decisions/" + d.ID + "/withdraw", Submit: "Withdraw", Danger: true, Reason: true,
			Hidden: [][2]string{{"revision", strconv.FormatInt(d.Revision.Revision, 10)}}}
	}
	return v, nil
}

// settledBy are the findings whose proof names the decision.
func settledBy(tx *store.Tx, o *overview, d decisionRecord) (rows []findingRow, err error) {
	for _, f := range o.All {
		about := slices.Contains(d.Value.Vulnerabilities, f.Vulnerability) || d.Value.Advisory != "" && d.Value.Advisory == f.Advisory ||
			slices.ContainsFunc(f.Aliases, func(a string) bool { return slices.Contains(d.Value.Vulnerabilities, a) })
		if !about || len(rows) == maxShown {
			continue
		}
		whole, err := tx.Finding(f.ID)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(whole.Value.Why, func(w wardbook.Step) bool { return strings.Contains(w.Detail, d.Short()) }) {
			rows = append(rows, f)
		}
	}
	return rows, nil
}

func (s *Server) withdrawDecision(q *request) error {
	if err := q.parse(); err != nil {
		return err
	}
	id := q.r.PathValue("id")
	err := app.Undecide(context.WithoutCancel(q.r.Context()), s.store, q.seat.Organization, q.session.User, id, q.revision(), q.r.PostForm.Get("reason"))
	var invalid *wardbook.Invalid
	var refused *app.Refused
	var conflict *wardbook.EditConflict
	switch {
	case errors.As(err, &invalid):
		return &refusal{http.StatusUnprocessableEntity, invalid.Error()}
	case errors.As(err, &refused):
		return &refusal{http.StatusConflict, refused.Why}
	case errors.As(err, &conflict):
		return &refusal{http.StatusConflict, "Somebody else changed the decision meanwhile. Look at it again."}
	case err != nil:
		return err
	}
	return q.done("/decisions/"+id, "The decision is withdrawn.")
}

// decideView asks for a decision about a finding.
type decideView struct {
	Finding     wardbook.Finding
	ProductName string
	Devices     int
	Form        *form
}

func (s *Server) decidePage(q *request, tx *store.Tx) (any, error) {
	f, err := tx.Finding(q.r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	o, err := s.overview(tx)
	if err != nil {
		return nil, err
	}
	p, err := tx.Product(f.Value.Product)
	if err != nil && !isNotFound(err) {
		return nil, err
	}
	v := &decideView{Finding: f.Value, ProductName: o.Products[f.Value.Product], Devices: len(f.Value.Devices)}
	v.Form, err = s.decideForm(tx, f.Value, p.Value)
	if err == nil && q.r.URL.Query().Get("status") != "" {
		v.Form.Field("status").Value = q.r.URL.Query().Get("status")
	}
	return v, err
}

// decideForm asks what is decided and how far it reaches.
func (s *Server) decideForm(tx *store.Tx, f wardbook.Finding, p wardbook.Product) (*form, error) {
	wards, zones := map[string]bool{}, map[string]bool{}
	for _, id := range f.Devices[:min(len(f.Devices), 20_000)] {
		d, err := tx.Device(id)
		if isNotFound(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		wards[ward(d.Value)], zones[d.Value.Zone] = true, true
		if len(wards) > 200 {
			break
		}
	}
	var statuses, why []option
	for _, st := range []wardbook.Status{wardbook.NotAffected, wardbook.Affected, wardbook.Fixed, wardbook.UnderInvestigation} {
		statuses = append(statuses, option{Value: string(st), Label: words(string(st))})
	}
	for _, j := range wardbook.Justifications {
		why = append(why, option{Value: string(j), Label: words(string(j))})
	}
	versions := []option{{Value: "all", Label: "every version of the product"}}
	if p.Version != "" {
		versions = append([]option{{Value: "this", Label: "version " + p.Version + " only"}}, versions...)
	}
	form := &form{Action: "/findings/" + f.ID + "/decide", Submit: "Decide", Fields: []*field{
		{Name: "status", Label: "The product is", Type: "choice", Required: true, Options: statuses},
		{Name: "justification", Label: "Because", Type: "select", Options: why, Hint: "Needed where it is not affected."},
		{Name: "versions", Label: "For", Type: "choice", Required: true, Options: versions, Value: versions[0].Value},
	}}
	if f.Component != nil {
		form.Fields = append(form.Fields, &field{Name: "component", Label: "In", Type: "choice", Required: true, Value: "this", Options: []option{{Value: "this", Label: "the component " + *f.Component}, {Value: "all", Label: "the product as a whole"}}})
	}
	for _, c := range []struct {
		name, label string
		of          map[string]bool
	}{{"wards", "Only on these wards", wards}, {"zones", "Only in these network zones", zones}} {
		delete(c.of, "")
		if len(c.of) > 1 {
			var of []string
			for v := range c.of {
				of = append(of, v)
			}
			slices.Sort(of)
			var opts []option
			for _, v := range of {
				opts = append(opts, option{Value: v, Label: v})
			}
			form.Fields = append(form.Fields, &field{Name: c.name, Label: c.label, Type: "checks", Options: opts, Hint: "None ticked: everywhere."})
		}
	}
	form.Fields = append(form.Fields,
		&field{Name: "configuration", Label: "What it rests on", Hint: "Such as a port that is closed here. Look at it again when that changes."},
		&field{Name: "until", Label: "Until", Type: "date", Hint: "The last day; empty: until it is withdrawn."},
		&field{Name: "reason", Label: "Why", Type: "textarea", Required: true, Hint: "The book keeps it."})
	return form, nil
}

func (s *Server) decide(q *request) error {
	var v *decideView
	var p wardbook.Product
	err := q.view(func(tx *store.Tx) error {
		data, err := s.decidePage(q, tx)
		if err != nil {
			return err
		}
		v = data.(*decideView)
		got, err := tx.Product(v.Finding.Product)
		if isNotFound(err) {
			err = nil
		}
		p = got.Value
		return err
	})
	if err != nil {
		return err
	}
	if err := q.fill(v.Form); err != nil {
		return err
	}
	if v.Form.OK() {
		id, err := app.Decide(context.WithoutCancel(q.r.Context()), s.store, q.seat.Organization, q.session.User, decisionOf(v.Form, v.Finding, p))
		if err == nil {
			return q.done("/decisions/"+id, "Decided. It holds for the findings of now and of later that it covers.")
		}
		if err := v.Form.take(err); err != nil {
			return err
		}
	}
	return q.again("decide", v)
}

// decisionOf makes the decision that a form asks for.
func decisionOf(f *form, x wardbook.Finding, p wardbook.Product) wardbook.Decision {
	subject := wardbook.StatementSubject{Vendor: p.Manufacturer, Name: p.Name}
	if f.Get("versions") == "this" && p.Version != "" {
		subject.Versions = &wardbook.VersionRange{Raw: p.Version, Versions: []string{p.Version}}
	}
	if x.Component != nil && f.Get("component") != "all" {
		part := wardbook.StatementSubject{Name: *x.Component}
		if strings.HasPrefix(*x.Component, "pkg:") {
			part = wardbook.StatementSubject{Purls: []string{*x.Component}}
		}
		subject.Components = []wardbook.StatementSubject{part}
	}
	d := wardbook.Decision{
		Vulnerabilities: []string{x.Vulnerability}, Advisory: x.Advisory, Subjects: []wardbook.StatementSubject{subject},
		Status: wardbook.Status(f.Get("status")), Justification: wardbook.Justification(f.Get("justification")),
		Configuration: f.Get("configuration"), Until: f.Get("until"), Reason: f.Get("reason"),
	}
	if d.Status != wardbook.NotAffected {
		d.Justification = ""
	}
	for name, to := range map[string]*[]string{"wards": &d.Wards, "zones": &d.Zones} {
		for _, v := range f.Field(name).Values {
			if v != "" {
				*to = append(*to, v)
			}
		}
	}
	return d
}
