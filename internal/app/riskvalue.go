package app

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/store"
)

// A Value is what a person says that severity and likelihood of a risk are for
// one key property: steps of the policy's scales, 0 where they do not know.
// Rationale says why, where it is another than before.
type Value struct {
	Key                  wardbook.KeyProperty
	Severity, Likelihood int
	Rationale            string
}

// ChangeValues estimates a risk. Level, acceptability and authority follow from
// the policy. A proposal comes into the register with these values as its
// initial ones. Values that stay as they are count as estimated anew, with the
// reason.
func ChangeValues(ctx context.Context, s *store.Store, e Edit, values []Value) error {
	if strings.TrimSpace(e.Reason) == "" {
		var why []string
		for _, v := range values {
			if text := strings.TrimSpace(v.Rationale); text != "" {
				why = append(why, string(v.Key)+": "+text)
			}
		}
		e.Reason = strings.Join(why, "; ")
	}
	return e.do(ctx, s, valuesStep(values))
}

func valuesStep(values []Value) step {
	return step{action: "risk.estimate", roles: analysts, may: mayEstimate, do: func(c *change) error {
		before := c.risk.Evaluations()
		proposed := wardbook.Proposal{Evaluations: before, Due: c.risk.Due, Since: c.risk.FirstSeen, Why: "the first proposal"}
		changed, err := c.setValues(values)
		if err != nil {
			return err
		}
		if !changed && c.edit.Reason == "" {
			var ps wardbook.Problems
			ps.Add("reason", "nothing differs: say why the values stay")
			return ps.Err()
		}
		if c.risk.State == wardbook.RiskProposed {
			c.register().Seen = &proposed
			c.takeIn()
			return nil
		}
		c.move(c.risk.State)
		if g := c.register(); g.Proposed != nil {
			if now := c.risk.Evaluations(); !now.Differs(&g.Proposed.Evaluations) {
				g.Seen, g.Proposed = g.Proposed, nil
			}
		}
		c.dueOfLevel(&before)
		return nil
	}}
}

func mayEstimate(c *change) string {
	s := c.risk.State
	switch {
	case s.Final():
		return "a " + stateText(s) + " risk is not estimated any more"
	case s.Accepted() || s == wardbook.RiskTransferred:
		return "a risk that is " + stateText(s) + " is reopened before its values change"
	case c.policy == nil:
		return "the policy is not known, so no level can be told"
	}
	return ""
}

// setValues takes the values over and reports whether one differs.
func (c *change) setValues(values []Value) (changed bool, _ error) {
	var ps wardbook.Problems
	seen := map[wardbook.KeyProperty]bool{}
	for _, v := range values {
		e := c.risk.Evaluation(v.Key)
		if e == nil || seen[v.Key] {
			ps.Add(string(v.Key), "is no key property, or stands there twice")
			continue
		}
		seen[v.Key] = true
		for place, n := range map[string]int{"severity": v.Severity, "likelihood": v.Likelihood} {
			if n < 0 || n > wardbook.Steps {
				ps.Add(string(v.Key)+"/"+place, "%d is no step: 1 to %d, or 0 for unknown", n, wardbook.Steps)
			}
		}
		why := strings.TrimSpace(v.Rationale)
		if v.Severity == e.Severity && v.Likelihood == e.Likelihood && why == "" {
			continue // with a rationale it is an estimate of its own, also where it says the same
		}
		changed = true
		if why == "" {
			ps.Add(string(v.Key)+"/rationale", "say why the values of %s are others", v.Key)
		}
		c.estimate(v, e, why)
	}
	return changed, ps.Err()
}

const estimateStep = "estimate"

// estimate writes a person's values into an evaluation. The steps that explain
// the values before are kept in the revision before.
func (c *change) estimate(v Value, e *wardbook.Evaluation, why string) {
	was := fmt.Sprintf("severity %s and likelihood %s", stepText(e.Severity), stepText(e.Likelihood))
	e.Severity, e.Likelihood = v.Severity, v.Likelihood
	e.Why = []wardbook.Step{{Step: estimateStep, Detail: fmt.Sprintf("%s, %s: severity %s and likelihood %s, before %s. %s",
		c.name(), c.now.Format(time.DateOnly), stepText(v.Severity), stepText(v.Likelihood), was, why)}}
	c.level(v.Key, e)
}

func stepText(n int) string {
	if n == 0 {
		return "unknown"
	}
	return fmt.Sprint(n)
}

// level looks up in the policy what follows from the steps of an evaluation.
func (c *change) level(k wardbook.KeyProperty, e *wardbook.Evaluation) {
	place := "matrices." + string(k)
	e.Why = slices.DeleteFunc(e.Why, func(s wardbook.Step) bool { return s.Step == place })
	e.Level, e.Acceptable, e.Authority = "", wardbook.Unknown, ""
	l := c.policy.LevelAt(k, e.Severity, e.Likelihood)
	if l == nil {
		e.Why = append(e.Why, wardbook.Step{Step: place, Detail: "no level: a step is not known"})
		return
	}
	e.Level, e.Acceptable, e.Authority = l.ID, l.Acceptable, l.Authority
	e.Why = append(e.Why, wardbook.Step{Step: place, Detail: fmt.Sprintf("severity %d and likelihood %d give %s under policy %s %s: %s",
		e.Severity, e.Likelihood, l.Name, c.policy.ID, c.policy.Version, l.Condition)})
}

// evaluate holds the values against the policy in force: a level that it gives
// another name by now is looked up anew.
func (c *change) evaluate() {
	if c.policy == nil {
		return
	}
	for _, k := range wardbook.KeyProperties {
		e := c.risk.Evaluation(k)
		l := c.policy.LevelAt(k, e.Severity, e.Likelihood)
		if l == nil && e.Level == "" || l != nil && l.ID == e.Level && (l.Acceptable == e.Acceptable || e.Acceptable == wardbook.Unknown) {
			continue
		}
		c.level(k, e)
	}
}

// dueOfLevel moves the due date with the worst level, where the date came from
// one: the days of the policy from when the risk was first seen.
func (c *change) dueOfLevel(before *wardbook.Evaluations) {
	now := c.risk.Evaluations()
	if !now.Differs(before) || c.risk.DueRule != "" && !strings.HasPrefix(c.risk.DueRule, "levels.") && !strings.HasPrefix(c.risk.DueRule, "due.unknown_days") {
		return
	}
	k, l := c.risk.Worst(c.policy)
	first, err := time.Parse(time.DateOnly, c.risk.FirstSeen)
	if l == nil || err != nil {
		return
	}
	c.risk.Due, c.risk.DueRule = "", ""
	if l.DueDays > 0 {
		c.risk.Due = first.AddDate(0, 0, l.DueDays).Format(time.DateOnly)
		c.risk.DueRule = fmt.Sprintf("levels.%s.due_days: %s is %s, %d days, first assessed on %s", l.ID, k, l.Name, l.DueDays, c.risk.FirstSeen)
	}
	c.risk.Overdue = c.risk.Due != "" && c.risk.Due < c.now.Format(time.DateOnly)
}

// TakeProposal takes the values that the program proposes now. An accepted risk
// is reopened by it: what was accepted is another risk.
func TakeProposal(ctx context.Context, s *store.Store, e Edit) error {
	return e.do(ctx, s, takeStep())
}

func takeStep() step {
	return step{action: "risk.estimate", roles: analysts, may: onlyNewer, do: func(c *change) error {
		g := c.register()
		p := g.Proposed
		if c.edit.Reason == "" {
			c.edit.Reason = p.Why
		}
		if c.risk.State.CanMove(wardbook.RiskReopened) {
			c.move(wardbook.RiskReopened)
			g.AcceptedUntil = ""
		}
		c.risk.Safety, c.risk.Effectiveness, c.risk.Security = p.Safety, p.Effectiveness, p.Security
		if p.Due != "" && !strings.HasPrefix(c.risk.DueRule, wardbook.DueByPerson) {
			c.risk.Due, c.risk.DueRule = p.Due, "proposed on "+p.Since+": "+p.Why
			c.risk.Overdue = p.Due < c.now.Format(time.DateOnly)
		}
		g.Seen, g.Proposed = p, nil
		c.evaluate()
		c.move(c.risk.State)
		return nil
	}}
}

// KeepValues says why the values stay although the program proposes others.
func KeepValues(ctx context.Context, s *store.Store, e Edit) error { return e.do(ctx, s, keepStep()) }

func keepStep() step {
	return step{action: "risk.keep", roles: analysts, reason: true, may: onlyNewer, do: func(c *change) error {
		g := c.register()
		g.Seen, g.Proposed = g.Proposed, nil
		c.move(c.risk.State)
		return nil
	}}
}

func onlyNewer(c *change) string {
	switch {
	case c.register().Proposed == nil:
		return "the program proposes nothing else than what was decided"
	case c.risk.State.Final():
		return "a " + stateText(c.risk.State) + " risk does not change"
	}
	return ""
}

// A Treatment says what is done about a risk: options of those that the risk
// has, by their index, and words.
type Treatment struct {
	Selected []int
	Text     string
}

// Treat chooses what is done about a risk. Information alone, where the risk
// could be removed or guarded against, needs words that say why (ISO
// 14971:2019, 7.1); so does an option that helps one key property and harms
// another.
func Treat(ctx context.Context, s *store.Store, e Edit, t Treatment) error {
	t.Text = strings.TrimSpace(t.Text)
	return e.do(ctx, s, treatStep(t))
}

func treatStep(t Treatment) step {
	return step{action: "risk.treat", roles: analysts, may: func(c *change) string {
		if c.risk.State.Final() {
			return "nothing is done about a " + stateText(c.risk.State) + " risk"
		}
		if c.risk.State == wardbook.RiskProposed {
			return "confirm the proposal first"
		}
		return ""
	}, do: func(c *change) error {
		var ps wardbook.Problems
		selected := slices.Compact(slices.Sorted(slices.Values(t.Selected)))
		for _, i := range selected {
			if i < 0 || i >= len(c.risk.Options) {
				ps.Add("selected", "there is no option %d", i+1)
			}
		}
		if err := ps.Err(); err != nil {
			return err
		}
		if t.Text == "" && len(selected) > 0 {
			stronger := slices.ContainsFunc(c.risk.Options, func(o wardbook.ControlOption) bool { return o.Kind != wardbook.Information })
			if stronger && !slices.ContainsFunc(selected, func(i int) bool { return c.risk.Options[i].Kind != wardbook.Information }) {
				ps.Add("text", "only information is chosen: say why the stronger options are not")
			}
			if i := slices.IndexFunc(selected, func(i int) bool { return c.risk.Options[i].Conflict }); i >= 0 {
				ps.Add("text", "option %d helps one key property and harms another: say why it is worth it", selected[i]+1)
			}
		}
		if len(t.Text) > 20_000 {
			ps.Add("text", "is longer than 20,000 bytes")
		}
		g := c.register()
		g.Selected, g.Treatment = selected, t.Text
		return ps.Err()
	}}
}

// Assign says who answers for a risk: a member of the organization, or nobody
// where owner is empty. In a book that has no members yet it is any name.
func Assign(ctx context.Context, s *store.Store, e Edit, owner string) error {
	return e.do(ctx, s, assignStep(strings.TrimSpace(owner)))
}

func assignStep(owner string) step {
	return step{action: "risk.assign", roles: deciders, may: notFinal, do: func(c *change) error {
		if err := c.isMember(owner); err != nil {
			return err
		}
		c.register().Owner = owner
		return nil
	}}
}

func notFinal(c *change) string {
	if c.risk.State.Final() {
		return "nobody works on a " + stateText(c.risk.State) + " risk"
	}
	return ""
}

func (c *change) isMember(user string) error {
	if user == "" {
		return nil
	}
	members, err := c.tx.Count(wardbook.Membership{}.RecordKind(), store.ListOptions{})
	if err != nil {
		return err
	}
	if len(members) == 0 {
		return nil
	}
	r, err := c.tx.Revision(wardbook.Membership{}.RecordKind(), user)
	if err == nil && r.State == "member" {
		return nil
	}
	var ps wardbook.Problems
	ps.Add("owner", "%q is no member of the organization", user)
	return ps.Err()
}

// SetDue says by when something is done about a risk, and why then. An empty
// date takes it away.
func SetDue(ctx context.Context, s *store.Store, e Edit, due string) error {
	return e.do(ctx, s, dueStep(strings.TrimSpace(due)))
}

func dueStep(due string) step {
	return step{action: "risk.due", roles: deciders, reason: true, may: notFinal, do: func(c *change) error {
		if _, err := time.Parse(time.DateOnly, due); due != "" && err != nil {
			var ps wardbook.Problems
			ps.Add("due", "%q is no date: write 2026-01-31", due)
			return ps.Err()
		}
		c.register()
		c.risk.Due, c.risk.DueRule = due, wardbook.DueByPerson+c.edit.Reason
		c.risk.Overdue = due != "" && due < c.now.Format(time.DateOnly)
		return nil
	}}
}
