package wardbook

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// drawPath walks the risk states at random from where every risk begins.
func drawPath(t *rapid.T) []RiskState {
	path := []RiskState{RiskProposed}
	for range rapid.IntRange(0, 25).Draw(t, "length") {
		next := path[len(path)-1].Next()
		if len(next) == 0 {
			break
		}
		path = append(path, rapid.SampledFrom(next).Draw(t, "next"))
	}
	return path
}

func TestRiskPaths(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		path := drawPath(t)
		analysed, evaluated := false, false
		controls := false // since control was decided, no residual evaluation yet
		for i, s := range path {
			if !s.Valid() {
				t.Fatalf("%q is no state", s)
			}
			if i > 0 && !path[i-1].CanMove(s) {
				t.Fatalf("%s does not lead to %s", path[i-1], s)
			}
			switch s {
			case RiskReopened:
				analysed, evaluated, controls = false, false, false
			case RiskAnalysed:
				analysed = true
			case RiskEvaluated:
				evaluated = analysed
			case RiskToControl:
				controls = true
			case RiskResidualEvaluated:
				controls = false
			case RiskAccepted, RiskAcceptedWithBenefit:
				if !analysed || !evaluated {
					t.Fatalf("accepted without analysis and evaluation: %v", path)
				}
				if controls {
					t.Fatalf("accepted without a residual evaluation: %v", path)
				}
			}
			if s == RiskAcceptedWithBenefit && path[i-1] != RiskBenefitRisk {
				t.Fatalf("accepted with benefit without a benefit-risk statement: %v", path)
			}
		}
	})
}

func TestStatesAreConnected(t *testing.T) {
	reach := func(from RiskState) map[RiskState]bool {
		seen := map[RiskState]bool{from: true}
		for todo := []RiskState{from}; len(todo) > 0; todo = todo[1:] {
			for _, s := range todo[0].Next() {
				if !seen[s] {
					seen[s] = true
					todo = append(todo, s)
				}
			}
		}
		return seen
	}
	from := reach(RiskProposed)
	for _, s := range RiskStates {
		if !from[s] {
			t.Errorf("nothing leads to %s", s)
		}
		if got, want := s.Final(), s == RiskDismissed || s == RiskClosed; got != want {
			t.Errorf("%s final: %v, want %v", s, got, want)
		}
		if on := reach(s); !s.Final() && !on[RiskClosed] {
			t.Errorf("from %s a risk can never be closed", s)
		}
		if s.CanMove(s) {
			t.Errorf("%s leads to itself", s)
		}
		for _, to := range RiskStates {
			if (s.ForbiddenMove(to) == "") != s.CanMove(to) {
				t.Errorf("%s to %s: allowed %v, but %q", s, to, s.CanMove(to), s.ForbiddenMove(to))
			}
		}
	}
	for _, f := range [][2]RiskState{
		{RiskIdentified, RiskAccepted}, {RiskToControl, RiskAccepted}, {RiskProposed, RiskAccepted},
		{RiskControlled, RiskAccepted}, {RiskAnalysed, RiskAccepted}, {RiskReopened, RiskAccepted},
		{RiskResidualEvaluated, RiskAcceptedWithBenefit},
	} {
		if f[0].CanMove(f[1]) {
			t.Errorf("%s leads to %s", f[0], f[1])
		}
	}
	if RiskState("deleted").Valid() || RiskState("").Valid() {
		t.Error("a state that is none counts as valid")
	}
}

func TestControlStates(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, path := ControlProposed, []ControlState{ControlProposed}
		verified := false
		for range rapid.IntRange(0, 20).Draw(t, "length") {
			next := s.Next()
			if len(next) == 0 {
				break
			}
			s = rapid.SampledFrom(next).Draw(t, "next")
			path = append(path, s)
			switch s {
			case ControlPlanned:
				verified = false
			case ControlVerifiedImpl:
				verified = true
			case ControlEffective:
				if !verified {
					t.Fatalf("effective before the implementation was verified: %v", path)
				}
			case ControlDegraded:
				if path[len(path)-2] != ControlEffective {
					t.Fatalf("degraded without having been effective: %v", path)
				}
			}
		}
	})
	for _, s := range ControlStates {
		if s.Final() != (s == ControlRetired || s == ControlRejected) {
			t.Errorf("%s final: %v", s, s.Final())
		}
		if s != ControlProposed && !slices.ContainsFunc(ControlStates, func(o ControlState) bool { return o.CanMove(s) }) {
			t.Errorf("nothing leads to %s", s)
		}
	}
}
