package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/app"
	"github.com/wardbook/wardbook/internal/store"
)

// riskRoutes are the pages of the register and what is done on them. Each step
// has an address of its own; which roles may take it the register itself checks
// once more, with the state of the risk.
func (s *Server) riskRoutes() []route {
	out := []route{
		{pattern: "GET /risks", who: member, page: "risks", read: s.risks},
		{pattern: "GET /risks/{id}", who: member, page: "risk", read: s.risk},
		{pattern: "POST /risks/{id}/comment", who: decider, do: s.sayOfRisk},
		{pattern: "POST /risks/many/confirm", who: analyst, do: s.confirmRisks},
		{pattern: "POST /risks/many/dismiss", who: analyst, do: s.dismissRisks},
		{pattern: "POST /risks/many/assign", who: decider, do: s.assignRisks},
	}
	for _, st := range riskSteps {
		out = append(out, route{pattern: "POST /risks/{id}/" + st.name, who: st.who, do: func(q *request) error { return s.stepOfRisk(q, st) }})
	}
	return out
}

// A riskStep is one thing to do with a risk: its form, and what the form does.
type riskStep struct {
	name string
	who  access
	done string // said when it is
	form func(r *wardbook.Risk, o *overview, who people) []*field
	do   func(ctx context.Context, s *store.Store, e app.Edit, f *form) error
}

var riskSteps = []riskStep{
	{"confirm", analyst, "The proposal is in the register now.", noFields, func(ctx context.Context, s *store.Store, e app.Edit, _ *form) error { return app.Confirm(ctx, s, e) }},
	{"values", analyst, "The values are written.", valueFields, func(ctx context.Context, s *store.Store, e app.Edit, f *form) error {
		return app.ChangeValues(ctx, s, e, valuesOf(f))
	}},
	{"dismiss", analyst, "The proposal is dismissed. It stays in the book with your reason.", onlyReason("Why is the proposal wrong?"), func(ctx context.Context, s *store.Store, e app.Edit, _ *form) error { return app.Dismiss(ctx, s, e) }},
	{"move", decider, "", moveFields, func(ctx context.Context, s *store.Store, e app.Edit, f *form) error {
		return app.Move(ctx, s, e, wardbook.RiskState(f.Get("to")))
	}},
	{"accept", approver, "The risk is accepted.", acceptFields, func(ctx context.Context, s *store.Store, e app.Edit, f *form) error {
		return app.Accept(ctx, s, e, app.Acceptance{Until: f.Get("until"), Authority: f.Get("authority")})
	}},
	{"treat", analyst, "What is done is written.", treatFields, func(ctx context.Context, s *store.Store, e app.Edit, f *form) error {
		t := app.Treatment{Text: f.Get("text")}
		for _, v := range f.Field("selected").Values {
			index, _, _ := strings.Cut(v, "-")
			if n, err := strconv.Atoi(index); err == nil {
				t.Selected = append(t.Selected, n)
			}
		}
		return app.Treat(ctx, s, e, t)
	}},
	{"assign", decider, "The owner is written.", assignFields, func(ctx context.Context, s *store.Store, e app.Edit, f *form) error {
		return app.Assign(ctx, s, e, f.Get("owner"))
	}},
	{"due", decider, "The date is written.", dueFields, func(ctx context.Context, s *store.Store, e app.Edit, f *form) error {
		return app.SetDue(ctx, s, e, f.Get("due"))
	}},
	{"take", analyst, "The newer values are taken.", noFields, func(ctx context.Context, s *store.Store, e app.Edit, _ *form) error {
		return app.TakeProposal(ctx, s, e)
	}},
	{"keep", analyst, "The values stay, and the book says why.", onlyReason("Why are the newer values not taken?"), func(ctx context.Context, s *store.Store, e app.Edit, _ *form) error {
		return app.KeepValues(ctx, s, e)
	}},
	{"reopen", decider, "The risk is open again.", onlyReason("Why is it opened again?"), func(ctx context.Context, s *store.Store, e app.Edit, _ *form) error { return app.Reopen(ctx, s, e) }},
}

func stepNamed(name string) (riskStep, bool) {
	i := slices.IndexFunc(riskSteps, func(s riskStep) bool { return s.name == name })
	if i < 0 {
		return riskStep{}, false
	}
	return riskSteps[i], true
}

func noFields(*wardbook.Risk, *overview, people) []*field { return nil }

func onlyReason(label string) func(*wardbook.Risk, *overview, people) []*field {
	return func(*wardbook.Risk, *overview, people) []*field {
		return []*field{{Name: "reason", Label: label, Type: "textarea", Hint: "The book keeps it.", Required: true}}
	}
}

// valueFields ask for the steps of each key property, with a reason for each
// that is another than before.
func valueFields(r *wardbook.Risk, o *overview, _ people) []*field {
	var out []*field
	for _, k := range wardbook.KeyProperties {
		e := r.Evaluation(k)
		m := o.grid(k, func(cellOf) int { return 0 })
		out = append(out,
			&field{Name: string(k) + "/severity", Label: "Severity", Type: "select", Required: true, Value: strconv.Itoa(e.Severity), Options: stepOptions(m.Severity)},
			&field{Name: string(k) + "/likelihood", Label: "Likelihood", Type: "select", Required: true, Value: strconv.Itoa(e.Likelihood), Options: stepOptions(m.Likely)},
			&field{Name: string(k) + "/rationale", Label: "Why other than before", Type: "textarea"})
	}
	return append(out, &field{Name: "reason", Label: "Why, in a sentence", Hint: "Needed where no value differs: then it says why they stay."})
}

func stepOptions(names []string) []option {
	out := []option{{Value: "0", Label: "unknown"}}
	for i := range wardbook.Steps {
		out = append(out, option{Value: strconv.Itoa(i + 1), Label: stepName(names, i+1)})
	}
	return out
}

func valuesOf(f *form) []app.Value {
	var out []app.Value
	for _, k := range wardbook.KeyProperties {
		v := app.Value{Key: k, Rationale: f.Get(string(k) + "/rationale")}
		v.Severity, _ = strconv.Atoi(f.Get(string(k) + "/severity"))
		v.Likelihood, _ = strconv.Atoi(f.Get(string(k) + "/likelihood"))
		out = append(out, v)
	}
	return out
}

func moveFields(r *wardbook.Risk, _ *overview, _ people) []*field {
	var to []option
	for _, s := range r.State.Next() {
		to = append(to, option{Value: string(s), Label: words(string(s))})
	}
	return []*field{{Name: "to", Label: "Next state", Type: "select", Options: to, Required: true}, {Name: "reason", Label: "Why", Type: "textarea", Hint: "The book keeps it."}}
}

func acceptFields(r *wardbook.Risk, o *overview, _ people) []*field {
	who := app.AuthorityFor(o.Policy, r)
	return []*field{
		{Name: "authority", Label: "In whose name", Type: "checks", Options: []option{{Value: who, Label: "I accept in the name of " + cmp.Or(who, "nobody") + ", as the policy asks for this level"}}},
		{Name: "until", Label: "Accepted until the end of", Type: "date", Required: true, Hint: "The day after, the risk is opened again by itself."},
		{Name: "reason", Label: "Why it is accepted", Type: "textarea", Hint: "The book keeps it.", Required: true},
	}
}

func treatFields(r *wardbook.Risk, _ *overview, _ people) []*field {
	f := &field{Name: "selected", Label: "What is done", Type: "checks"}
	text := &field{Name: "text", Label: "In your words", Type: "textarea", Max: 20_000, Hint: "Needed where only information is chosen although more could be done, and where a control helps one key property and harms another."}
	for i, o := range r.Options {
		label := fmt.Sprintf("%s (%s)", o.Text, o.Kind)
		if o.Conflict {
			label += " · a trade-off"
		}
		f.Options = append(f.Options, option{Value: optionValue(i, o), Label: label})
	}
	if g := r.Register; g != nil {
		text.Value = g.Treatment
		for _, i := range g.Selected {
			f.Values = append(f.Values, optionValue(i, r.Options[i]))
		}
	}
	return []*field{f, text}
}

// optionValue stands for an option in a form: its index, and what tells whether
// the options are still those that were shown.
func optionValue(i int, o wardbook.ControlOption) string {
	h := fnv.New32a()
	_, _ = io.WriteString(h, o.Control+"\x1f"+o.Text)
	return fmt.Sprintf("%d-%08x", i, h.Sum32())
}

func assignFields(r *wardbook.Risk, _ *overview, who people) []*field {
	f := &field{Name: "owner", Label: "Who answers for it", Type: "select", Options: who.all}
	if r.Register != nil {
		f.Value = r.Register.Owner
	}
	return []*field{f, {Name: "reason", Label: "Why", Hint: "If there is something to say."}}
}

func dueFields(r *wardbook.Risk, _ *overview, _ people) []*field {
	return []*field{{Name: "due", Label: "Due", Type: "date", Value: r.Due, Hint: "Empty: no date. " + r.DueRule}, reasonField(true)}
}

// newForm is the form of a step on a risk.
func (st riskStep) newForm(id string, revision int64, r *wardbook.Risk, o *overview, who people) *form {
	f := &form{Action: "/risks/" + id + "/" + st.name, Fields: st.form(r, o, who), Danger: st.name == "dismiss"}
	f.setRevision(revision)
	return f
}

// stepOfRisk does what a form on the page of a risk asks for. What could not be
// done is shown on the same page, with all that was typed.
func (s *Server) stepOfRisk(q *request, st riskStep) error {
	if err := q.parse(); err != nil {
		return err
	}
	id := q.r.PathValue("id")
	var f *form
	var names people
	var o *overview
	err := q.view(func(tx *store.Tx) error {
		r, err := store.Get[wardbook.Risk](tx, id)
		if err != nil {
			return err
		}
		if o, err = s.overview(tx); err != nil {
			return err
		}
		if names, err = readPeople(tx); err != nil {
			return err
		}
		f = st.newForm(id, q.revision(), &r.Value, o, names)
		return nil
	})
	if err != nil {
		return err
	}
	if err := q.fill(f); err != nil {
		return err
	}
	status := http.StatusUnprocessableEntity
	if f.OK() {
		e := app.Edit{Organization: q.seat.Organization, Actor: q.session.User, Roles: q.seat.Roles, Risk: id, Revision: q.revision(), Reason: f.Get("reason")}
		err := st.do(q.r.Context(), s.store, e, f)
		if err == nil {
			return q.done("/risks/"+id, cmp.Or(st.done, "The risk is "+words(f.Get("to"))+" now."))
		}
		if status, err = s.tell(f, err, o, names); err != nil {
			return err
		}
	}
	var v riskPage
	err = q.view(func(tx *store.Tx) (err error) {
		v, err = s.riskPage(q, tx, st.name, f)
		return err
	})
	if err != nil {
		return err
	}
	return q.render(status, "risk", v)
}

// tell puts what went wrong into the form; an error that no person can mend is
// given back.
func (s *Server) tell(f *form, err error, o *overview, who people) (status int, _ error) {
	cause := err
	var no *app.Refused
	if errors.As(err, &no) {
		f.fault("", sentence(no.Why))
		if no.Role {
			return http.StatusForbidden, nil
		}
		return http.StatusUnprocessableEntity, nil
	}
	if err = f.take(err); err == nil {
		return http.StatusUnprocessableEntity, nil
	}
	var c *wardbook.EditConflict
	if err := f.conflict(err, who.name, theirsOf); err != nil || !errors.As(cause, &c) || c.Base == nil {
		return conflictStatus, err
	}
	was, err := store.Decode[wardbook.Risk](*c.Base)
	if err != nil {
		return conflictStatus, err
	}
	is, err := store.Decode[wardbook.Risk](*c.Current)
	if err != nil {
		return conflictStatus, err
	}
	f.Conflict.Changes = o.riskChanges(who, &was.Value, &is.Value)
	return conflictStatus, nil
}

// theirsOf is what the fields of the forms hold in a revision.
func theirsOf(rev wardbook.Revision) (map[string]string, error) {
	r, err := store.Decode[wardbook.Risk](rev)
	if err != nil {
		return nil, err
	}
	out := map[string]string{"due": r.Value.Due}
	for _, k := range wardbook.KeyProperties {
		e := r.Value.Evaluation(k)
		out[string(k)+"/severity"], out[string(k)+"/likelihood"] = strconv.Itoa(e.Severity), strconv.Itoa(e.Likelihood)
	}
	if g := r.Value.Register; g != nil {
		var selected []string
		for _, i := range g.Selected {
			selected = append(selected, optionValue(i, r.Value.Options[i]))
		}
		out["owner"], out["text"], out["selected"] = g.Owner, g.Treatment, strings.Join(selected, ", ")
	}
	return out, nil
}

// sentence makes a sentence of a reason.
func sentence(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:] + "."
}

// steps lists what who asks may do with the risk, and opens the form of one.
func (v *riskPage) steps(q *request, tx *store.Tx, o *overview, who people, do string, f *form) error {
	if !q.at.IsZero() {
		return nil // the past cannot be changed
	}
	e := app.Edit{Organization: q.seat.Organization, Actor: q.session.User, Roles: q.seat.Roles, Risk: v.ID, Revision: v.Revision.Revision}
	all, err := app.PossibleSteps(tx, e)
	if err != nil {
		return err
	}
	to := wardbook.RiskState(q.r.URL.Query().Get("to"))
	if f != nil {
		to = wardbook.RiskState(f.Get("to"))
	}
	page := "/risks/" + v.ID
	foreign := 0
	for _, p := range all {
		label := stepLabel(p.Do, p.To, v.Risk.State)
		switch {
		case p.Role:
			foreign++
			continue
		case p.Refused != "":
			if p.Do != "take" && p.Do != "keep" {
				v.Refused = append(v.Refused, label+": "+p.Refused+".")
			}
			continue
		case p.Do == "comment":
			v.Say = &form{Action: page + "/comment", Submit: "Say it", Fields: []*field{{Name: "text", Label: "Your comment", Type: "textarea", Max: 20_000, Required: true}}}
			continue
		}
		b := actionView{Label: label, Revision: v.Revision.Revision, Primary: p.Do == "confirm" || p.Do == "accept" || p.Do == "take", Link: page + "?do=" + p.Do}
		if p.Do == "move" {
			b.Link += "&to=" + string(p.To)
		}
		b.Open = p.Do == do && (p.Do != "move" || p.To == to)
		if p.Do == "confirm" || p.Do == "take" {
			b.Post = page + "/" + p.Do
		}
		if b.Open {
			v.open(p, o, who)
		}
		v.Buttons = append(v.Buttons, b)
	}
	if s := v.Risk.State; analyst.allows(q.seat.Roles) && s != wardbook.RiskProposed && !s.Final() && v.Work.Devices < len(v.Risk.Devices) {
		v.Buttons = append(v.Buttons, actionView{Label: "Put on the work lists", Link: page + "/work"})
	}
	if foreign > 0 {
		v.Refused = append(v.Refused, foreignText(foreign, q.seat.Roles))
	}
	if f != nil {
		f.Submit = cmp.Or(f.Submit, stepLabel(do, to, v.Risk.State))
		v.Do, v.Form = do, f
	}
	return nil
}

func foreignText(n int, roles []wardbook.Role) string {
	m := wardbook.Membership{Roles: roles}
	switch {
	case m.Has(wardbook.Analyst):
		return "Approvers decide on what remains: accept, reject, transfer, close."
	case m.Has(wardbook.Approver):
		return "Analysts say what the risk is and what is done about it."
	}
	return plural(n, "step is", "steps are") + " for analysts and approvers."
}

// open makes the form of a step that may be taken.
func (v *riskPage) open(p app.Possible, o *overview, who people) {
	st, ok := stepNamed(p.Do)
	if !ok || v.Form != nil {
		return
	}
	f := st.newForm(v.ID, v.Revision.Revision, &v.Risk, o, who)
	if p.Do == "move" {
		f.Hidden = append(f.Hidden, [2]string{"to", string(p.To)})
		f.Fields = f.Fields[1:]
		f.Fields[0].Required = p.Reason
	}
	f.Submit = stepLabel(p.Do, p.To, v.Risk.State)
	v.Do, v.Form = p.Do, f
}

// stepLabel is what the button of a step says.
func stepLabel(do string, to, from wardbook.RiskState) string {
	switch do {
	case "confirm":
		return "Confirm the proposal"
	case "values":
		if from == wardbook.RiskProposed {
			return "Confirm with other values"
		}
		return "Estimate anew"
	case "dismiss":
		return "Dismiss"
	case "accept":
		if to == wardbook.RiskAcceptedWithBenefit {
			return "Accept for its benefit"
		}
		return "Accept"
	case "treat":
		return "Choose what is done"
	case "assign":
		return "Owner"
	case "due":
		return "Due date"
	case "take":
		return "Take the newer values"
	case "keep":
		return "Keep ours"
	case "reopen":
		return "Open again"
	case "comment":
		return "Comment"
	}
	return moveLabels[to]
}

var moveLabels = map[wardbook.RiskState]string{
	wardbook.RiskAnalysed: "Analysed", wardbook.RiskEvaluated: "Evaluate", wardbook.RiskToControl: "To be controlled", wardbook.RiskControlling: "Start controlling",
	wardbook.RiskControlled: "Controlled and verified", wardbook.RiskResidualEvaluated: "Evaluate what remains", wardbook.RiskBenefitRisk: "Weigh against the benefit",
	wardbook.RiskRejected: "Reject", wardbook.RiskTransferred: "Transfer", wardbook.RiskClosed: "Close",
}

// sayOfRisk adds a comment.
func (s *Server) sayOfRisk(q *request) error {
	f := &form{Fields: []*field{{Name: "text", Label: "Your comment", Type: "textarea", Max: 20_000, Required: true}}}
	if err := q.fill(f); err != nil {
		return err
	}
	id := q.r.PathValue("id")
	e := app.Edit{Organization: q.seat.Organization, Actor: q.session.User, Roles: q.seat.Roles, Risk: id}
	if f.OK() {
		err := app.Say(q.r.Context(), s.store, e, f.Get("text"))
		if err == nil {
			return q.done("/risks/"+id+"#talk", "Your comment is in the book.")
		}
		if err = f.take(err); err != nil {
			return err
		}
	}
	var v riskPage
	err := q.view(func(tx *store.Tx) (err error) {
		v, err = s.riskPage(q, tx, "", nil)
		return err
	})
	if err != nil {
		return err
	}
	if v.Say != nil {
		f.Action, f.Submit = v.Say.Action, v.Say.Submit
		v.Say = f
	}
	return q.again("risk", v)
}
