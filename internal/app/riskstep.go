package app

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/store"
)

// Who does what with a risk: analysts say what it is and what is done about it,
// approvers decide on what remains. Administrators have no part in it.
var (
	analysts  = []wardbook.Role{wardbook.Analyst}
	approvers = []wardbook.Role{wardbook.Approver}
	deciders  = []wardbook.Role{wardbook.Analyst, wardbook.Approver}
)

// Confirm takes a proposal into the register with the proposed values, which
// become the initial ones: it is identified, analysed and evaluated at once.
func Confirm(ctx context.Context, s *store.Store, e Edit) error { return e.do(ctx, s, confirmStep()) }

func confirmStep() step {
	return step{action: "risk.confirm", roles: analysts, may: onlyProposed, do: func(c *change) error {
		c.takeIn()
		return nil
	}}
}

func onlyProposed(c *change) string {
	if c.risk.State != wardbook.RiskProposed {
		return "only a proposal is confirmed or dismissed; this risk is " + stateText(c.risk.State)
	}
	return ""
}

// takeIn brings a proposal into the register with the values that it has.
func (c *change) takeIn() {
	c.evaluate()
	g := c.register()
	initial := c.risk.Evaluations()
	if c.policy != nil {
		initial.Policy = c.policy.Ref()
	}
	g.Initial, g.Proposed = &initial, nil
	if g.Seen == nil {
		g.Seen = &wardbook.Proposal{Evaluations: c.risk.Evaluations(), Due: c.risk.Due, Since: c.risk.FirstSeen, Why: "the first proposal"}
	}
	for _, to := range []wardbook.RiskState{wardbook.RiskIdentified, wardbook.RiskAnalysed, wardbook.RiskEvaluated} {
		c.move(to)
	}
}

// Dismiss says that a proposal is wrong, and why. It is kept as dismissed.
func Dismiss(ctx context.Context, s *store.Store, e Edit) error { return e.do(ctx, s, dismissStep()) }

func dismissStep() step {
	return step{action: "risk.dismiss", roles: analysts, reason: true, may: onlyProposed, do: func(c *change) error {
		c.move(wardbook.RiskDismissed)
		return nil
	}}
}

// Move takes a risk to another state. Confirm, Dismiss, Accept and Reopen are
// moves of their own. What a state asks for before it is entered is checked
// here: see moveNeeds.
func Move(ctx context.Context, s *store.Store, e Edit, to wardbook.RiskState) error {
	switch to {
	case wardbook.RiskIdentified, wardbook.RiskDismissed, wardbook.RiskAccepted, wardbook.RiskAcceptedWithBenefit, wardbook.RiskReopened:
		return &Refused{Why: "to " + stateText(to) + " leads a step of its own, not a plain move"}
	}
	return e.do(ctx, s, moveStep(to))
}

func moveStep(to wardbook.RiskState) step {
	st := step{action: "risk.move", roles: analysts, may: func(c *change) string {
		if why := c.risk.State.ForbiddenMove(to); why != "" {
			return why
		}
		return c.moveNeeds(to)
	}, do: func(c *change) error {
		if isOneOf(to, wardbook.RiskEvaluated, wardbook.RiskResidualEvaluated) {
			c.evaluate()
		}
		c.move(to)
		return nil
	}}
	switch to {
	case wardbook.RiskClosed, wardbook.RiskRejected, wardbook.RiskTransferred:
		st.roles, st.reason = approvers, true
	case wardbook.RiskBenefitRisk:
		st.reason = true
	case wardbook.RiskEvaluated, wardbook.RiskResidualEvaluated:
		st.action = "risk.evaluate"
	}
	return st
}

// moveNeeds is what a state asks for before it is entered (IEC 80001-1:2021,
// 6.1.3 and 6.1.4, in our reading).
func (c *change) moveNeeds(to wardbook.RiskState) string {
	g := c.register()
	switch to {
	case wardbook.RiskAnalysed:
		if c.risk.State == wardbook.RiskReopened && !c.estimatedSince(wardbook.RiskReopened) {
			return "a reopened risk is estimated anew first: change its values, or say why they stay"
		}
	case wardbook.RiskEvaluated:
		if c.policy == nil {
			return "the policy is not known, so nothing can be held against it"
		}
	case wardbook.RiskControlling:
		switch {
		case len(g.Selected) == 0 && g.Treatment == "":
			return "choose first what is done about the risk"
		case g.Owner == "":
			return "name first who answers for it"
		case c.risk.Due == "":
			return "set first by when it is done"
		}
	case wardbook.RiskControlled:
		if n := c.unverified(); n > 0 {
			return fmt.Sprintf("the work on %s is not verified yet", countText(n, "device", "devices"))
		}
	case wardbook.RiskResidualEvaluated:
		if !c.estimatedSince(wardbook.RiskControlled) {
			return "estimate first what remains: change the values, or say why they stay"
		}
		if day := c.lastVerified(); day > c.lastEstimate().At.Format(time.DateOnly) {
			return "a device was verified on " + day + ", after the estimate: estimate anew what remains"
		}
	}
	return ""
}

// unverified counts devices whose work nobody has looked at.
func (c *change) unverified() (n int) {
	for _, w := range c.work {
		for _, d := range w.Devices {
			if d.State.Open() || d.State == wardbook.WorkDone {
				n++
			}
		}
	}
	return n
}

// lastVerified is the newest date of a verification; empty: there is none.
func (c *change) lastVerified() (day string) {
	for _, w := range c.work {
		for _, d := range w.Devices {
			if d.State == wardbook.WorkVerified {
				day = max(day, d.Date)
			}
		}
	}
	return day
}

// estimatedSince reports whether the values were estimated after the risk last
// came to a state.
func (c *change) estimatedSince(state wardbook.RiskState) bool {
	for _, d := range slices.Backward(c.register().Decided) {
		if d.From == d.To {
			return true
		}
		if d.To == state {
			return false
		}
	}
	return false
}

// lastEstimate is the step with which the values were said last; zero: none.
func (c *change) lastEstimate() wardbook.RiskDecision {
	for _, d := range slices.Backward(c.register().Decided) {
		if d.Estimates() {
			return d
		}
	}
	return wardbook.RiskDecision{}
}

// An Acceptance says until when a risk is accepted (RFC 3339 date of the last
// day) and in whose name: what the policy names for its level.
type Acceptance struct {
	Until     string
	Authority string
}

// Accept accepts a risk until a date: what the policy calls acceptable, and what
// it does not only after the benefit was weighed against it. Who accepts is an
// approver and somebody else than who estimated last. A job reopens the risk
// when the acceptance has ended.
func Accept(ctx context.Context, s *store.Store, e Edit, a Acceptance) error {
	return e.do(ctx, s, acceptStep(a))
}

// acceptedFrom is the state that an acceptance in state s leads to, empty where
// there is none.
func acceptedFrom(s wardbook.RiskState) wardbook.RiskState {
	for _, to := range s.Next() {
		if to.Accepted() {
			return to
		}
	}
	return ""
}

func acceptStep(a Acceptance) step {
	return step{action: "risk.accept", roles: approvers, reason: true, may: (*change).mayAccept, do: func(c *change) error {
		authority := AuthorityFor(c.policy, &c.risk)
		var ps wardbook.Problems
		if t, err := time.Parse(time.DateOnly, a.Until); err != nil {
			ps.Add("until", "say until when it is accepted, such as %s", c.now.AddDate(1, 0, 0).Format(time.DateOnly))
		} else if a.Until <= c.now.Format(time.DateOnly) || t.After(c.now.AddDate(10, 0, 0)) {
			ps.Add("until", "%s is not a day from tomorrow on, within ten years", a.Until)
		}
		if a.Authority != authority {
			ps.Add("authority", "the policy asks for %s at this level: say that you accept in that name", authority)
		}
		if err := ps.Err(); err != nil {
			return err
		}
		c.move(acceptedFrom(c.risk.State)).Authority = authority
		c.register().AcceptedUntil = a.Until
		return c.askForEnd(a.Until)
	}}
}

// askForEnd asks for the job that reopens the risk on the day after.
func (c *change) askForEnd(until string) error {
	day, err := time.Parse(time.DateOnly, until)
	if err != nil {
		return err
	}
	args, err := json.Marshal(map[string]string{"risk": c.edit.Risk})
	if err != nil {
		return err
	}
	_, err = c.tx.Enqueue(wardbook.Job{Kind: DueJob, Args: args, Unique: c.edit.Risk + " " + until, RunAt: day.AddDate(0, 0, 1)})
	return err
}

func (c *change) mayAccept() string {
	to := acceptedFrom(c.risk.State)
	if to == "" {
		return c.risk.State.ForbiddenMove(wardbook.RiskAccepted)
	}
	if c.policy == nil {
		return "the policy is not known, so nobody can say what is acceptable"
	}
	if c.register().Proposed != nil {
		return "a newer proposal waits: take it, or say first why not"
	}
	for _, k := range wardbook.KeyProperties {
		e := c.risk.Evaluation(k)
		l := c.policy.LevelAt(k, e.Severity, e.Likelihood)
		switch {
		case l == nil:
			return "the level of " + string(k) + " is unknown, and unknown is not acceptable: estimate it first"
		case l.ID != e.Level:
			return "the policy gives " + string(k) + " the level " + l.Name + " now: estimate it anew"
		case e.Acceptable == wardbook.Unknown:
			return "whether the level of " + string(k) + " is acceptable is unknown: estimate it first"
		case e.Acceptable == wardbook.Yes:
		case c.risk.State == wardbook.RiskEvaluated:
			return l.Name + " is not acceptable for " + string(k) + ": the risk is controlled first"
		case to == wardbook.RiskAccepted:
			return l.Name + " is not acceptable for " + string(k) + ": the residual risk is weighed against the benefit first"
		case l.Authority == "":
			return "the policy names nobody who may accept " + l.Name
		}
	}
	if by := c.lastEstimate().By; by == c.edit.Actor {
		return "you estimated this risk last: somebody else accepts it"
	}
	return ""
}

// AuthorityFor is in whose name a risk is accepted under a policy: what it names
// for the highest of the three levels. It is empty where no level is known.
func AuthorityFor(p *wardbook.Policy, r *wardbook.Risk) string {
	if p == nil {
		return ""
	}
	_, l := r.Worst(p)
	if l == nil {
		return ""
	}
	return l.Authority
}

// Reopen takes an accepted or transferred risk up again.
func Reopen(ctx context.Context, s *store.Store, e Edit) error { return e.do(ctx, s, reopenStep()) }

func reopenStep() step {
	return step{action: "risk.reopen", roles: deciders, reason: true, may: func(c *change) string {
		return c.risk.State.ForbiddenMove(wardbook.RiskReopened)
	}, do: func(c *change) error {
		c.move(wardbook.RiskReopened)
		c.register().AcceptedUntil = ""
		return nil
	}}
}

func commentStep() step { return step{action: "risk.comment", roles: deciders} }

func stateText(s wardbook.RiskState) string { return strings.ReplaceAll(string(s), "_", " ") }

func countText(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func isOneOf[T comparable](v T, list ...T) bool { return slices.Contains(list, v) }
