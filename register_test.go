package wardbook

import "testing"

// TestPropose: a new run of the program never takes the place of what people
// decided, and does not repeat what they have looked at.
func TestPropose(t *testing.T) {
	values := func(severity int) Evaluations {
		return Evaluations{Safety: Evaluation{Severity: severity, Likelihood: 2, Level: "medium", Acceptable: Yes}}
	}
	risk := func(state RiskState, current int, g *Register) Risk {
		v := values(current)
		return Risk{State: state, Safety: v.Safety, Due: "2026-06-01", Register: g}
	}
	seen := &Proposal{Evaluations: values(4), Due: "2026-06-01"}
	for _, c := range []struct {
		name     string
		risk     Risk
		proposal Proposal
		severity int
		due      string
		waits    bool
	}{
		{"a proposal takes the values", risk(RiskProposed, 3, nil), Proposal{Evaluations: values(5), Due: "2026-05-01"}, 5, "2026-05-01", false},
		{"what people decided stays", risk(RiskEvaluated, 3, &Register{}), Proposal{Evaluations: values(5), Due: "2026-06-01"}, 3, "2026-06-01", true},
		{"the same says nothing", risk(RiskEvaluated, 3, &Register{}), Proposal{Evaluations: values(3), Due: "2026-06-01"}, 3, "2026-06-01", false},
		{"one that they have seen is not repeated", risk(RiskEvaluated, 3, &Register{Seen: seen}), Proposal{Evaluations: values(4), Due: "2026-06-01"}, 3, "2026-06-01", false},
		{"one that they have not seen is", risk(RiskEvaluated, 3, &Register{Seen: seen}), Proposal{Evaluations: values(5), Due: "2026-06-01"}, 3, "2026-06-01", true},
		{"an earlier date is proposed", risk(RiskToControl, 3, &Register{Seen: seen}), Proposal{Evaluations: values(4), Due: "2026-05-01"}, 3, "2026-06-01", true},
		{"a later date is not", risk(RiskToControl, 3, &Register{}), Proposal{Evaluations: values(3), Due: "2026-07-01"}, 3, "2026-06-01", false},
		{"a proposal that is over goes", risk(RiskEvaluated, 3, &Register{Proposed: seen}), Proposal{Evaluations: values(3), Due: "2026-06-01"}, 3, "2026-06-01", false},
		{"a dismissed risk has no proposals", risk(RiskDismissed, 3, &Register{}), Proposal{Evaluations: values(5)}, 3, "2026-06-01", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := c.risk
			r.Propose(c.proposal)
			waits := r.Register != nil && r.Register.Proposed != nil
			if r.Safety.Severity != c.severity || r.Due != c.due || waits != c.waits {
				t.Errorf("severity %d, due %s, waits %v", r.Safety.Severity, r.Due, waits)
			}
		})
	}
	byHand := risk(RiskProposed, 3, &Register{Owner: "ana"})
	byHand.DueRule = DueByPerson + "the maker comes in July"
	byHand.Propose(Proposal{Evaluations: values(5), Due: "2026-05-01"})
	if byHand.Due != "2026-06-01" || byHand.Safety.Severity != 5 {
		t.Errorf("a date that a person set: %s, severity %d", byHand.Due, byHand.Safety.Severity)
	}
}
