package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/store"
)

// An Edit says who changes which revision of a risk, and why. Everything that
// people do with a risk starts from one: what is done is checked against the
// roles, the state and the policy in the same transaction that writes it, and
// an edit of an old revision is a *wardbook.EditConflict. What is not allowed is
// a *Refused.
type Edit struct {
	Organization string
	Actor        string          // id of the user
	Roles        []wardbook.Role // that they have in the organization
	Risk         string          // id of the record
	Revision     int64           // that they had before them
	Reason       string          // in their words
	program      bool            // the program itself, which has no roles
}

// Refused is the error of a step that is not allowed.
type Refused struct {
	Why  string // in a sentence
	Role bool   // another role may
}

func (e *Refused) Error() string { return e.Why }

// A step is something that is done with a risk: may says in a sentence why it is
// not allowed (empty: it is), do changes the risk. Neither writes.
type step struct {
	action string // of the event
	roles  []wardbook.Role
	reason bool // one is needed
	may    func(*change) string
	do     func(*change) error
}

// A change is one risk while something is done with it.
type change struct {
	tx     *store.Tx
	edit   Edit
	risk   wardbook.Risk
	policy *wardbook.Policy // nil: not known
	work   []wardbook.Work  // of the risk
	now    time.Time
}

// register is what people did with the risk so far.
func (c *change) register() *wardbook.Register {
	if c.risk.Register == nil {
		c.risk.Register = &wardbook.Register{}
	}
	return c.risk.Register
}

// move notes that the risk goes to a state; where it is in it already, that its
// values were estimated.
func (c *change) move(to wardbook.RiskState) *wardbook.RiskDecision {
	g := c.register()
	g.Decided = append(g.Decided, wardbook.RiskDecision{From: c.risk.State, To: to, By: c.edit.Actor, At: c.now, Reason: c.edit.Reason})
	c.risk.State = to
	return &g.Decided[len(g.Decided)-1]
}

// event is what the book says of a step.
func (st step) event(e Edit, target string) wardbook.Event {
	return wardbook.Event{Actor: e.Actor, Action: st.action, Target: target, Reason: strings.TrimSpace(e.Reason)}
}

// do makes one step in one Update.
func (e Edit) do(ctx context.Context, s *store.Store, st step) error {
	return s.Update(ctx, e.Organization, st.event(e, "risk/"+e.Risk), func(tx *store.Tx) error {
		policy, err := PolicyInForce(tx)
		if err != nil {
			return err
		}
		return e.write(tx, policy, st)
	})
}

// write makes one step within an Update.
func (e Edit) write(tx *store.Tx, policy *wardbook.Policy, st step) error {
	e.Reason = strings.TrimSpace(e.Reason)
	c, err := e.prepare(tx, policy, st)
	if err != nil {
		return err
	}
	if err := st.do(c); err != nil {
		return err
	}
	_, err = tx.Put(e.Risk, e.Revision, c.risk)
	return err
}

// prepare reads the risk and says whether the step is allowed.
func (e Edit) prepare(tx *store.Tx, policy *wardbook.Policy, st step) (*change, error) {
	c, revision, err := load(tx, e, policy)
	if err != nil {
		return nil, err
	}
	if revision != e.Revision {
		return nil, stale(tx, e, c.risk)
	}
	if why := c.refuse(st); why != nil {
		return nil, why
	}
	if st.reason && e.Reason == "" {
		var ps wardbook.Problems
		ps.Add("reason", "say why: the book keeps it")
		return nil, ps.Err()
	}
	return c, nil
}

// refuse says why a step is not allowed, and is nil where it is.
func (c *change) refuse(st step) error {
	if !c.edit.program && !(wardbook.Membership{Roles: c.edit.Roles}).Has(st.roles...) {
		return &Refused{Why: "this is for " + rolesText(st.roles), Role: true}
	}
	if st.may == nil {
		return nil
	}
	if why := st.may(c); why != "" {
		return &Refused{Why: why}
	}
	return nil
}

// System is the actor of what the program does by itself.
const System = "system"

func rolesText(roles []wardbook.Role) string {
	var names []string
	for _, r := range roles {
		names = append(names, string(r)+"s")
	}
	return strings.Join(names, " and ")
}

// load reads a risk with what the rules look at.
func load(tx *store.Tx, e Edit, policy *wardbook.Policy) (*change, int64, error) {
	r, err := store.Get[wardbook.Risk](tx, e.Risk)
	if err != nil {
		return nil, 0, err
	}
	c := &change{tx: tx, edit: e, risk: r.Value, policy: policy, now: tx.Time().UTC()}
	if c.work, err = workOf(tx, e.Risk); err != nil {
		return nil, 0, err
	}
	return c, r.Revision.Revision, nil
}

// workOf lists the work on a risk.
func workOf(tx *store.Tx, risk string) ([]wardbook.Work, error) {
	lines, err := linesOf(tx, risk)
	var out []wardbook.Work
	for _, l := range lines {
		out = append(out, l.Value)
	}
	return out, err
}

// stale is the *wardbook.EditConflict of an edit of an old revision, also one
// that would have changed nothing.
func stale(tx *store.Tx, e Edit, r wardbook.Risk) error {
	current, err := tx.Revision(r.RecordKind(), e.Risk)
	if err != nil {
		return err
	}
	c := &wardbook.EditConflict{Kind: current.Kind, ID: e.Risk, Expected: e.Revision, Current: &current}
	base, err := tx.RevisionAt(current.Kind, e.Risk, e.Revision)
	if err == nil {
		c.Base = &base
	} else if !errors.Is(err, wardbook.ErrNotFound) {
		return err
	}
	return c
}

// name is what people call the user who edits.
func (c *change) name() string {
	m, err := c.tx.Revision(wardbook.Membership{}.RecordKind(), c.edit.Actor)
	if err != nil || m.Title == "" {
		return c.edit.Actor
	}
	return m.Title
}

// all does the same step with many risks in one Update: with all of them, or
// with none where one may not; the error is then that one's. They are edits of
// one person for one reason, and one entry of the book.
func all(ctx context.Context, s *store.Store, edits []Edit, st step) error {
	if len(edits) == 0 {
		return nil
	}
	target := "risk/" + edits[0].Risk
	if len(edits) > 1 {
		target = fmt.Sprintf("%d risks", len(edits)) // the entry names each with its revision
	}
	return s.Update(ctx, edits[0].Organization, st.event(edits[0], target), func(tx *store.Tx) error { return writeAll(tx, edits, st) })
}

// writeAll is all within an Update.
func writeAll(tx *store.Tx, edits []Edit, st step) error {
	policy, err := PolicyInForce(tx)
	if err != nil {
		return err
	}
	for _, e := range edits {
		if err := e.write(tx, policy, st); err != nil {
			return &OfRisk{Risk: e.Risk, Err: err}
		}
	}
	return nil
}

// OfRisk is the error of one among many.
type OfRisk struct {
	Risk string // id of the record
	Err  error
}

func (e *OfRisk) Error() string { return fmt.Sprintf("risk %s: %v", e.Risk, e.Err) }
func (e *OfRisk) Unwrap() error { return e.Err }

// ConfirmAll confirms many proposals, all or none; see Confirm.
func ConfirmAll(ctx context.Context, s *store.Store, edits []Edit) error {
	return all(ctx, s, edits, confirmStep())
}

// DismissAll dismisses many proposals, all or none.
func DismissAll(ctx context.Context, s *store.Store, edits []Edit) error {
	return all(ctx, s, edits, dismissStep())
}

// AssignAll gives many risks the same owner, all or none.
func AssignAll(ctx context.Context, s *store.Store, edits []Edit, owner string) error {
	return all(ctx, s, edits, assignStep(strings.TrimSpace(owner)))
}

// Say adds a comment to a risk.
func Say(ctx context.Context, s *store.Store, e Edit, text string) error {
	ev := wardbook.Event{Actor: e.Actor, Action: "risk.comment", Target: "risk/" + e.Risk}
	return s.Update(ctx, e.Organization, ev, func(tx *store.Tx) error {
		c, _, err := load(tx, e, nil) // a comment asks for no policy
		if err != nil {
			return err
		}
		if err := c.refuse(commentStep()); err != nil {
			return err
		}
		m := wardbook.Comment{Risk: wardbook.Ref[wardbook.Risk]{ID: e.Risk}, Text: strings.TrimSpace(text), By: e.Actor, At: c.now}
		_, err = tx.Put(wardbook.NewID(), 0, m)
		return err
	})
}

// A Possible step is one that the state of a risk knows, with why who asks may
// not take it now.
type Possible struct {
	Do      string             // confirm, values, dismiss, move, accept, treat, assign, due, take, keep, reopen or comment
	To      wardbook.RiskState // of move and accept
	Refused string             // in a sentence; empty: they may
	Role    bool               // another role may
	Reason  bool               // one has to be given
}

// PossibleSteps lists what can be done with the risk of e, in the order in which
// pages show it.
func PossibleSteps(tx *store.Tx, e Edit) ([]Possible, error) {
	policy, err := PolicyInForce(tx)
	if err != nil {
		return nil, err
	}
	c, _, err := load(tx, e, policy)
	if err != nil {
		return nil, err
	}
	var out []Possible
	add := func(do string, to wardbook.RiskState, st step) {
		p := Possible{Do: do, To: to, Reason: st.reason}
		var r *Refused
		if errors.As(c.refuse(st), &r) {
			p.Refused, p.Role = r.Why, r.Role
		}
		out = append(out, p)
	}
	state := c.risk.State
	if state == wardbook.RiskProposed {
		add("confirm", wardbook.RiskEvaluated, confirmStep())
		add("dismiss", wardbook.RiskDismissed, dismissStep())
	}
	if g := c.risk.Register; g != nil && g.Proposed != nil && !state.Final() {
		add("take", "", takeStep())
		add("keep", "", keepStep())
	}
	if to := acceptedFrom(state); to != "" {
		add("accept", to, acceptStep(Acceptance{}))
	}
	for _, to := range state.Next() {
		switch to {
		case wardbook.RiskIdentified, wardbook.RiskDismissed, wardbook.RiskAccepted, wardbook.RiskAcceptedWithBenefit:
		case wardbook.RiskReopened:
			add("reopen", to, reopenStep())
		default:
			add("move", to, moveStep(to))
		}
	}
	if !state.Final() {
		add("values", "", valuesStep(nil))
		add("treat", "", treatStep(Treatment{}))
		add("assign", "", assignStep(""))
		add("due", "", dueStep(""))
	}
	add("comment", "", commentStep())
	return out, nil
}

// DueJob is the kind of the job that reopens risks whose acceptance has ended.
const DueJob = "due"

// ReopenEnded reopens every risk of an organization whose acceptance ended
// before today (RFC 3339 date), each with an event of the program. It returns
// their ids.
func ReopenEnded(ctx context.Context, s *store.Store, org, today string) ([]string, error) {
	var edits []Edit
	err := s.View(ctx, org, func(tx *store.Tx) error {
		o := store.ListOptions{States: []string{string(wardbook.RiskAccepted), string(wardbook.RiskAcceptedWithBenefit)}, Limit: 1000}
		for {
			page, err := store.List[wardbook.Risk](tx, o)
			if err != nil {
				return err
			}
			for _, r := range page.Items {
				if g := r.Value.Register; g != nil && g.AcceptedUntil != "" && g.AcceptedUntil < today {
					edits = append(edits, Edit{Organization: org, Actor: System, program: true, Risk: r.ID, Revision: r.Revision.Revision, Reason: "the acceptance ended on " + g.AcceptedUntil})
				}
			}
			if o.After = page.Next; page.Next == "" {
				return nil
			}
		}
	})
	if err != nil {
		return nil, err
	}
	var done []string
	for _, e := range edits {
		err := e.do(ctx, s, reopenStep())
		var conflict *wardbook.EditConflict
		switch {
		case errors.As(err, &conflict):
			continue // somebody was faster; the next run looks again
		case err != nil:
			return done, err
		}
		done = append(done, e.Risk)
	}
	return done, nil
}

// ReopenDue is the handler of DueJob. Each acceptance asks for one, for the day
// after its end; whichever comes first ends all that have ended, of risks and of
// devices on work lists.
func ReopenDue(ctx context.Context, t *Task) error {
	j := t.Job()
	today := time.Now()
	if err := t.worker.Store.View(ctx, j.Organization, func(tx *store.Tx) error { today = tx.Time(); return nil }); err != nil {
		return err
	}
	day := today.UTC().Format(time.DateOnly)
	done, err := ReopenEnded(ctx, t.worker.Store, j.Organization, day)
	if err != nil {
		return err
	}
	devices, err := EndWork(ctx, t.worker.Store, j.Organization, day)
	t.Progress("risks reopened and devices to do again", int64(len(done)+devices), int64(len(done)+devices))
	return err
}
