package conform

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/wardbook/wardbook"
)

// largeFile is 10,000 records with 100,000 links: 6,000 risks with steps, 1,000
// controls that each name 60 risks, 3,000 lines of work and comments.
func largeFile(tb testing.TB) []wardbook.Revision {
	tb.Helper()
	var out []wardbook.Revision
	add := func(kind string, i int, v any) {
		b, err := json.Marshal(v)
		if err != nil {
			tb.Fatal(err)
		}
		out = append(out, wardbook.Revision{Kind: kind, ID: fmt.Sprintf("%s-%05d", kind, i), Data: b})
	}
	at := time.Date(2026, 2, 1, 8, 0, 0, 0, time.UTC)
	states := []wardbook.RiskState{wardbook.RiskIdentified, wardbook.RiskAnalysed, wardbook.RiskEvaluated, wardbook.RiskAccepted}
	e := wardbook.Evaluation{Severity: 3, Likelihood: 2, Level: "medium", Acceptable: wardbook.Yes, Why: []wardbook.Step{{}}}
	for i := range 6000 {
		r := wardbook.Risk{
			ID: fmt.Sprint("R-", i), Title: "a risk", State: wardbook.RiskAccepted, Hazard: "HZ-24", Due: "2026-12-31",
			Chain:  wardbook.Chain{Sequence: []string{"one", "two"}, Situation: "s", Harm: "h"},
			Safety: e, Effectiveness: e, Security: e,
			Findings: make([]string, 6), Devices: make([]string, 5),
			Options:  []wardbook.ControlOption{{Kind: wardbook.Protective, Text: "t"}, {Kind: wardbook.Information, Text: "t"}},
			Register: &wardbook.Register{Selected: []int{0}, AcceptedUntil: "2026-12-31", Initial: &wardbook.Evaluations{Safety: e, Policy: wardbook.PolicyRef{SHA256: "p"}}},
		}
		from := wardbook.RiskProposed
		for k, to := range states {
			r.Register.Decided = append(r.Register.Decided, wardbook.RiskDecision{From: from, To: to, By: fmt.Sprint("u", k), At: at.Add(time.Duration(k) * time.Hour), Reason: "r", Authority: "a"})
			from = to
		}
		add("risk", i, r)
	}
	for i := range 1000 {
		c := wardbook.Control{ID: fmt.Sprint("C-", i), Kind: wardbook.Protective, State: wardbook.ControlSelected, Text: "t", Owner: "u1", Due: "2026-12-31", Effect: map[wardbook.KeyProperty]wardbook.Effect{wardbook.Safety: wardbook.Better}}
		for k := range 60 {
			c.Risks = append(c.Risks, fmt.Sprint("R-", (i*6+k)%6000))
		}
		add("control", i, c)
	}
	for i := range 2000 {
		w := wardbook.Work{Risk: wardbook.Ref[wardbook.Risk]{ID: fmt.Sprintf("risk-%05d", i)}, Action: "a", Due: "2026-06-01"}
		for k := range 20 {
			w.Devices = append(w.Devices, wardbook.DeviceWork{Device: fmt.Sprint("d", k), State: wardbook.WorkVerified, By: "u", Date: "2026-06-01"})
		}
		add("work", i, w)
	}
	for i := range 1000 {
		add("comment", i, wardbook.Comment{Risk: wardbook.Ref[wardbook.Risk]{ID: fmt.Sprintf("risk-%05d", i)}, Text: "t", By: "u", At: at})
	}
	return out
}
