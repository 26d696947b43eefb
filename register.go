package wardbook

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Register is what people did with a risk since the program proposed it. The
// risk itself holds the current values; here stand the first ones, who answers
// for it, and what the program proposes now where that differs.
type Register struct {
	// Initial is the evaluation with which a person took the risk into the
	// register.
	Initial *Evaluations `json:"initial,omitempty"`
	Owner   string       `json:"owner,omitempty"` // id of the user who answers for it
	// Treatment is what is done about the risk, in the owner's words; Selected
	// are the indexes into Options that were chosen.
	Treatment string `json:"treatment,omitempty"`
	Selected  []int  `json:"selected,omitempty"`
	// AcceptedUntil is the RFC 3339 date on which an acceptance ends; the risk is
	// then reopened.
	AcceptedUntil string `json:"accepted_until,omitempty"`
	// Proposed is what the program proposes now, where it differs from what
	// people decided.
	Proposed *Proposal `json:"proposed,omitempty"`
	// Seen is the newest proposal that people had before them when they decided:
	// the same is not proposed again.
	Seen *Proposal `json:"seen,omitempty"`
	// Gone is the RFC 3339 date since which nothing that is known supports the
	// risk; empty: it is supported.
	Gone string `json:"gone,omitempty"`
	// Decided are the decisions about the risk, oldest first.
	Decided []RiskDecision `json:"decided,omitempty"`
}

// Evaluations are the three evaluations of a risk at one time.
type Evaluations struct {
	Safety        Evaluation `json:"safety"`
	Effectiveness Evaluation `json:"effectiveness"`
	Security      Evaluation `json:"security"`
	Policy        PolicyRef  `json:"policy,omitzero"` // that they were made under
}

// Evaluation returns the evaluation of k.
func (e *Evaluations) Evaluation(k KeyProperty) *Evaluation {
	switch k {
	case Safety:
		return &e.Safety
	case Effectiveness:
		return &e.Effectiveness
	case Security:
		return &e.Security
	}
	return nil
}

// A Proposal is what the program proposes for a risk that people have decided
// on already.
type Proposal struct {
	Evaluations
	Since string `json:"since"`         // RFC 3339 date since which it differs
	Due   string `json:"due,omitempty"` // RFC 3339 date
	Why   string `json:"why"`           // what changed, in a sentence
}

// A RiskDecision is one step that a person took with a risk.
type RiskDecision struct {
	From   RiskState `json:"from"`
	To     RiskState `json:"to"` // equal to From when values were changed
	By     string    `json:"by"` // id of the user
	At     time.Time `json:"at"`
	Reason string    `json:"reason,omitempty"`
	// Authority is in whose name a risk was accepted, in the policy's words.
	Authority string `json:"authority,omitempty"`
}

// Estimates reports whether the step says what severity and likelihood are.
func (d RiskDecision) Estimates() bool { return d.From == d.To || d.To == RiskAnalysed }

// Evaluations returns the current three evaluations of r.
func (r *Risk) Evaluations() Evaluations {
	return Evaluations{Safety: r.Safety, Effectiveness: r.Effectiveness, Security: r.Security}
}

// Differs reports whether a step, a level or what follows from it differs from
// that of o; how it came about is not looked at.
func (e *Evaluations) Differs(o *Evaluations) bool {
	for _, k := range KeyProperties {
		a, b := e.Evaluation(k), o.Evaluation(k)
		if a.Severity != b.Severity || a.Likelihood != b.Likelihood || a.Level != b.Level || a.Acceptable != b.Acceptable {
			return true
		}
	}
	return false
}

// DueByPerson is the DueRule of a date that a person set; what follows is why.
const DueByPerson = "set by a person: "

// Propose notes what the program proposes now. While the risk is a proposal it
// takes the values. What people decided stays: the proposal then stands beside
// it in Register.Proposed, unless it says the same, or is the one that they had
// before them when they decided. A date alone is proposed where it is earlier
// than theirs. A date that a person set stays in any case.
func (r *Risk) Propose(p Proposal) {
	byPerson := strings.HasPrefix(r.DueRule, DueByPerson)
	if r.State == RiskProposed {
		r.Safety, r.Effectiveness, r.Security = p.Safety, p.Effectiveness, p.Security
		if !byPerson {
			r.Due = p.Due
		}
		return
	}
	g := r.Register
	if g == nil || r.State.Final() {
		return
	}
	now := r.Evaluations()
	earlier := !byPerson && p.Due != "" && (r.Due == "" || p.Due < r.Due)
	seen := g.Seen != nil && !g.Seen.Differs(&p.Evaluations) && (!earlier || g.Seen.Due == p.Due)
	if seen || !now.Differs(&p.Evaluations) && !earlier {
		g.Proposed = nil
		return
	}
	if g.Proposed != nil && !g.Proposed.Differs(&p.Evaluations) && g.Proposed.Due == p.Due {
		return // it waits already; the date since when stays
	}
	g.Proposed = &p
}

// Reassessed is r after the program assessed it again with the result next on a
// date (RFC 3339): what is known of it is next's, what people did with it stays
// (see Propose). Options that were chosen stay chosen, also where the program
// does not offer them any more.
func (r Risk) Reassessed(next Risk, date string) Risk {
	// A register with nothing in it is not written: a date may be all that a
	// person has said of a proposal.
	if r.Register == nil && r.State == RiskProposed && !strings.HasPrefix(r.DueRule, DueByPerson) {
		next.State = RiskProposed
		return next
	}
	out := next
	out.State = r.State
	out.Safety, out.Effectiveness, out.Security = r.Safety, r.Effectiveness, r.Security
	out.Due, out.DueRule, out.Overdue, out.FirstSeen = r.Due, r.DueRule, r.Due != "" && r.Due < date, r.FirstSeen
	if r.Register != nil {
		g := *r.Register
		g.Gone = ""
		g.Selected = nil
		for _, i := range r.Register.Selected {
			if i >= len(r.Options) {
				continue
			}
			chosen := r.Options[i]
			j := slices.IndexFunc(out.Options, func(o ControlOption) bool {
				return o.Control == chosen.Control && o.Kind == chosen.Kind && o.Text == chosen.Text && o.Source == chosen.Source
			})
			if j < 0 {
				j = len(out.Options)
				out.Options = append(slices.Clip(out.Options), chosen)
			}
			g.Selected = append(g.Selected, j)
		}
		slices.Sort(g.Selected)
		out.Register = &g
	}
	p := Proposal{Evaluations: next.Evaluations(), Since: date, Due: next.Due, Why: r.against(&next)}
	rule := next.DueRule
	out.Propose(p)
	if out.State == RiskProposed && !strings.HasPrefix(out.DueRule, DueByPerson) {
		out.DueRule, out.Overdue = rule, next.Overdue
	}
	return out
}

// against says in a sentence what next proposes otherwise than r has it.
func (r *Risk) against(next *Risk) string {
	var parts []string
	step := func(n int) string {
		if n == 0 {
			return "unknown"
		}
		return strconv.Itoa(n)
	}
	for _, k := range KeyProperties {
		a, b := r.Evaluation(k), next.Evaluation(k)
		if a.Severity != b.Severity {
			parts = append(parts, fmt.Sprintf("%s severity %s instead of %s", k, step(b.Severity), step(a.Severity)))
		}
		if a.Likelihood != b.Likelihood {
			parts = append(parts, fmt.Sprintf("%s likelihood %s instead of %s", k, step(b.Likelihood), step(a.Likelihood)))
		}
		if a.Severity == b.Severity && a.Likelihood == b.Likelihood && a.Level != b.Level {
			parts = append(parts, fmt.Sprintf("%s level %s instead of %s", k, b.Level, a.Level))
		}
	}
	if next.Due != "" && (r.Due == "" || next.Due < r.Due) {
		parts = append(parts, "due "+next.Due)
	}
	if len(parts) == 0 {
		return "the program proposes other values"
	}
	return strings.Join(parts, ", ")
}

// Validate reports all faults.
func (r Risk) Validate() error {
	var ps Problems
	if r.ID == "" {
		ps.Add("id", "is empty")
	}
	if !r.State.Valid() {
		ps.Add("state", "%q is no state of a risk", r.State)
	}
	checkDate(&ps, "due", r.Due)
	for _, k := range KeyProperties {
		e := r.Evaluation(k)
		if e.Severity < 0 || e.Severity > Steps {
			ps.Add(string(k)+"/severity", "%d is no step", e.Severity)
		}
		if e.Likelihood < 0 || e.Likelihood > Steps {
			ps.Add(string(k)+"/likelihood", "%d is no step", e.Likelihood)
		}
	}
	g := r.Register
	if g == nil {
		if r.State != RiskProposed {
			ps.Add("register", "is empty, but the risk is %s", r.State)
		}
		return ps.Err()
	}
	checkDate(&ps, "register/accepted_until", g.AcceptedUntil)
	checkDate(&ps, "register/gone", g.Gone)
	if i := slices.IndexFunc(g.Selected, func(n int) bool { return n < 0 || n >= len(r.Options) }); i >= 0 {
		ps.Add("register/selected", "%d is no option", g.Selected[i])
	}
	for _, d := range g.Decided {
		if d.By == "" {
			ps.Add("register/decided", "a decision names nobody")
		}
	}
	return ps.Err()
}
