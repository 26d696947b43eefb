package catalog

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/wardbook/wardbook"
)

// Every fault that can be seeded into a policy is found, at its line.
func TestLintPolicyFindsSeededFaults(t *testing.T) {
	for _, c := range []struct{ name, old, new, says string }{
		{"not monotone in severity", "    - [low,    medium, high,        intolerable, intolerable]", "    - [low,    low,    low,         low,         intolerable]", "not monotone"},
		{"not monotone in likelihood", "    - [low,    low,    medium,      medium,      high]", "    - [low,    medium, low,         medium,      high]", "not monotone"},
		{"a cell of its own", "    - [low,    low,    low,         low,         medium]", "    - [intolerable, low, low, low, medium]", "differs from all its neighbours"},
		{"a level that no cell has", "levels:\n", "levels:\n  - {id: none, name: None, acceptable: \"yes\", due_days: 400, condition: x, authority: y}\n", "no cell of any matrix"},
		{"nobody may accept", "authority: Risk board", `authority: ""`, "nobody is named"},
		{"more time for the worse", "{id: high, name: High, acceptable: \"no\", due_days: 60", "{id: high, name: High, acceptable: \"no\", due_days: 600", "leaves more time"},
		{"no time set for the worse", "{id: intolerable, name: Intolerable, acceptable: \"no\", due_days: 14", "{id: intolerable, name: Intolerable, acceptable: \"no\"", "leaves more time"},
		{"the worse is acceptable", "{id: intolerable, name: Intolerable, acceptable: \"no\"", "{id: intolerable, name: Intolerable, acceptable: \"yes\"", "is acceptable and the milder"},
		{"a table that goes down", "{from: 6.0, step: 3}", "{from: 6.0, step: 1}", "not monotone"},
		{"harm gets rarer", "direct:   [1, 2, 3, 3, 4]", "direct:   [1, 2, 3, 2, 4]", "not monotone"},
		{"milder context, more harm", "indirect: [1, 1, 2, 2, 3]", "indirect: [1, 1, 2, 2, 5]", "more than delayed"},
		{"a replacement makes it worse", "delayed: indirect}", "delayed: direct}", "makes it worse"},
		{"evidence without effect", "{id: ssvc_poc, raise: 1}", "{id: ssvc_poc}", "changes nothing"},
		{"a word of two zones", "words: [isolated,", "words: [clinical, isolated,", "is a word of"},
		{"a faulty file", "effective: 2026-01-01", "effective: later", "not a date"},
	} {
		t.Run(c.name, func(t *testing.T) {
			src := string(DefaultPolicy())
			if !strings.Contains(src, c.old) {
				t.Fatalf("the default policy has no %q", c.old)
			}
			src = strings.Replace(src, c.old, c.new, 1)
			ps := LintPolicy([]byte(src), "p.yaml")
			for _, p := range ps {
				if strings.Contains(p.Message, c.says) && strings.HasPrefix(p.Place, "p.yaml line ") {
					return
				}
			}
			t.Errorf("nothing says %q in %v", c.says, ps)
		})
	}
}

// The default matrices never get milder as severity or likelihood grow, and
// severity 5 from likelihood 3 on is not acceptable.
func TestDefaultMatrices(t *testing.T) {
	p := mustLoad(t).Policy
	rapid.Check(t, func(t *rapid.T) {
		k := rapid.SampledFrom(wardbook.KeyProperties).Draw(t, "property")
		step := rapid.IntRange(1, wardbook.Steps)
		s, l := step.Draw(t, "severity"), step.Draw(t, "likelihood")
		s2, l2 := rapid.IntRange(s, 5).Draw(t, "s2"), rapid.IntRange(l, 5).Draw(t, "l2")
		a, b := p.LevelAt(k, s, l), p.LevelAt(k, s2, l2)
		if p.Rank(a.ID) > p.Rank(b.ID) {
			t.Fatalf("%s: %d/%d is %s, %d/%d is %s", k, s, l, a.ID, s2, l2, b.ID)
		}
		if s*l >= 15 && a.ID != "intolerable" || s*l <= 4 && a.ID != "low" {
			t.Fatalf("%s: %d/%d is %s", k, s, l, a.ID)
		}
	})
	if p.LevelAt(wardbook.Safety, 0, 3) != nil || p.LevelAt(wardbook.Safety, 3, 6) != nil {
		t.Error("an unknown step has a level")
	}
	for l := 3; l <= 5; l++ {
		if p.LevelAt(wardbook.Safety, 5, l).Acceptable != wardbook.No {
			t.Errorf("severity 5, likelihood %d is acceptable", l)
		}
	}
}
