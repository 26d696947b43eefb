package wardbook

import (
	"errors"
	"slices"
	"testing"
	"time"
)

// places are the places of all problems of an error.
func places(err error) []string {
	var inv *Invalid
	if !errors.As(err, &inv) {
		return nil
	}
	var list []string
	for _, p := range inv.Problems {
		list = append(list, p.Place)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func TestControlValidate(t *testing.T) {
	good := func() Control {
		return Control{ID: "C-1", Kind: Protective, State: ControlPlanned, Text: "Segment.", Owner: "network",
			Effect: map[KeyProperty]Effect{Safety: Better, Effectiveness: NoEffect, Security: Better}}
	}
	for _, c := range []struct {
		name   string
		change func(*Control)
		want   []string
	}{
		{"complete", func(c *Control) {}, nil},
		{"a silent conflict", func(c *Control) { c.Effect[Effectiveness] = Worse }, []string{"tradeoff"}},
		{"a recorded trade-off", func(c *Control) { c.Effect[Effectiveness], c.Tradeoff = Worse, "Board of 3 May" }, nil},
		{"a conflict that is only proposed", func(c *Control) { c.Effect[Effectiveness], c.State = Worse, ControlProposed }, nil},
		{"rejected without a reason", func(c *Control) { c.State = ControlRejected }, []string{"reason"}},
		{"planned by nobody", func(c *Control) { c.Owner = "" }, []string{"owner"}},
		{"an effect is missing", func(c *Control) { delete(c.Effect, Safety) }, []string{"effect"}},
		{"everything at once", func(c *Control) { *c = Control{} }, []string{"effect", "id", "kind", "owner", "state", "text"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := good()
			c.change(&k)
			if got := places(k.Validate()); !slices.Equal(got, c.want) {
				t.Errorf("%v, want %v", got, c.want)
			}
		})
	}
}

func TestEstimateValidate(t *testing.T) {
	good := func() Estimate {
		return Estimate{KeyProperty: Safety, Phase: EstimateInitial, Severity: StepRange{3, 4}, Likelihood: StepRange{2, 2},
			Rationale: "Two reports.", Sources: []string{"F-1"}, Confidence: ConfidenceLow,
			Policy: PolicyRef{ID: "p", Version: "1"}, By: "jd", At: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	}
	for _, c := range []struct {
		name   string
		change func(*Estimate)
		want   []string
	}{
		{"complete", func(*Estimate) {}, nil},
		{"unknown is an answer", func(e *Estimate) { e.Likelihood = StepRange{} }, nil},
		{"beyond the scale", func(e *Estimate) { e.Severity.High = 6 }, []string{"severity"}},
		{"turned round", func(e *Estimate) { e.Likelihood = StepRange{3, 2} }, []string{"likelihood"}},
		{"no ground", func(e *Estimate) { e.Rationale, e.Sources = "", nil }, []string{"rationale", "sources"}},
		{"everything at once", func(e *Estimate) { *e = Estimate{} },
			[]string{"at", "by", "confidence", "key_property", "phase", "policy", "rationale", "sources"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := good()
			c.change(&e)
			if got := places(e.Validate()); !slices.Equal(got, c.want) {
				t.Errorf("%v, want %v", got, c.want)
			}
		})
	}
}

func TestHazardValidate(t *testing.T) {
	h := Hazard{ID: "HZ-1", Name: "n", Text: "t", KeyProperties: []KeyProperty{Safety}, Causes: []Cause{{Kind: CauseUse, Text: "x"}}}
	if err := h.Validate(); err != nil {
		t.Error(err)
	}
	if got, want := places(Hazard{}.Validate()), []string{"causes", "id", "key_properties", "name", "text"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if got, want := places(Harm{}.Validate()), []string{"key_property", "party", "text"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if got, want := places(HazardousSituation{}.Validate()), []string{"exposed", "text"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
