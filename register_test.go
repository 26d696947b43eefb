package wardbook

import (
	"strings"
	"testing"
)

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

// TestReassessed: what is known is new, what people did stays, and what they
// chose is the same although the options are others.
func TestReassessed(t *testing.T) {
	update, tell, wall := ControlOption{Kind: Inherent, Text: "Update"}, ControlOption{Kind: Information, Text: "Tell"}, ControlOption{Kind: Protective, Text: "Wall"}
	old := Risk{
		ID: "R-1", Title: "Pump stops", State: RiskToControl, Devices: []string{"A"}, Safety: Evaluation{Severity: 3, Likelihood: 2, Level: "medium", Acceptable: Yes},
		Options: []ControlOption{tell, update}, Due: "2026-05-01", DueRule: DueByPerson + "the window", FirstSeen: "2026-01-01",
		Register: &Register{Owner: "ana", Selected: []int{0, 1}, Gone: "2026-02-01"},
	}
	next := Risk{
		ID: "R-1", Title: "Pumps stop", State: RiskProposed, Devices: []string{"A", "B"}, Safety: Evaluation{Severity: 5, Likelihood: 4, Level: "intolerable", Acceptable: No},
		Options: []ControlOption{wall, update}, Due: "2026-03-01", FirstSeen: "2026-03-01",
	}
	got := old.Reassessed(next, "2026-03-02")
	if got.Title != "Pumps stop" || len(got.Devices) != 2 {
		t.Errorf("what is known is not new: %+v", got)
	}
	if got.State != RiskToControl || got.Safety.Severity != 3 || got.Due != "2026-05-01" || got.FirstSeen != "2026-01-01" || got.Register.Owner != "ana" || got.Register.Gone != "" {
		t.Errorf("what people did does not stay: %+v", got)
	}
	var chosen []string
	for _, i := range got.Register.Selected {
		chosen = append(chosen, got.Options[i].Text)
	}
	if s := strings.Join(chosen, " "); s != "Update Tell" {
		t.Errorf("chosen now: %s", s)
	}
	if p := got.Register.Proposed; p == nil || p.Safety.Severity != 5 || p.Since != "2026-03-02" || p.Why != "safety severity 5 instead of 3, safety likelihood 4 instead of 2, due 2026-03-01" {
		t.Errorf("proposed: %+v", p)
	}
	if len(next.Options) != 2 || old.Register.Gone == "" {
		t.Error("what was given in was changed")
	}
	if err := got.Validate(); err != nil {
		t.Error(err)
	}
	byPerson := Risk{ID: "R-1", State: RiskProposed, Due: "2026-09-01", DueRule: DueByPerson + "with the maintenance"}
	if p := byPerson.Reassessed(next, "2026-03-02"); p.Safety.Severity != 5 || p.Due != "2026-09-01" || p.DueRule != byPerson.DueRule {
		t.Errorf("the date of a person on a proposal: %+v", p)
	}
	if p := (Risk{ID: "R-1", State: RiskProposed}).Reassessed(next, "2026-03-02"); p.Safety.Severity != 5 || p.Due != "2026-03-01" {
		t.Errorf("a proposal that nobody touched: %+v", p)
	}
}
