package wardbook

import (
	"fmt"
	"slices"
	"time"
)

// Validate reports everything that keeps p from being used: what is missing,
// out of range, or refers to nothing. Places are paths such as
// "levels[2].authority". Lint finds what is usable but doubtful.
func (p *Policy) Validate() error {
	var ps Problems
	for _, f := range []struct{ place, value string }{{"id", p.ID}, {"version", p.Version}, {"title", p.Title}, {"support_end", p.SupportEnd}} {
		if f.value == "" {
			ps.Add(f.place, "is empty")
		}
	}
	if _, err := time.Parse(time.DateOnly, p.Effective); err != nil {
		ps.Add("effective", "%q is not a date such as 2026-01-31", p.Effective)
	}
	p.checkScales(&ps)
	p.checkLevels(&ps)
	p.checkMatrices(&ps)
	p.checkLikelihood(&ps)
	p.checkSeverity(&ps)
	return ps.Err()
}

func (p *Policy) checkScales(ps *Problems) {
	for _, s := range []struct {
		place string
		scale map[KeyProperty][]ScaleStep
	}{{"scales.severity", p.Scales.Severity}, {"scales.likelihood", p.Scales.Likelihood}} {
		checkKeys(ps, s.place, s.scale, KeyProperties)
		for _, k := range KeyProperties {
			place := s.place + "." + string(k)
			if n := len(s.scale[k]); n != Steps {
				ps.Add(place, "has %d steps, not %d", n, Steps)
			}
			for i, step := range s.scale[k] {
				if step.Name == "" || step.Text == "" {
					ps.Add(fmt.Sprintf("%s[%d]", place, i), "needs a name and a text")
				}
			}
		}
	}
}

func (p *Policy) checkLevels(ps *Problems) {
	if len(p.Levels) < 2 {
		ps.Add("levels", "there are %d, and at least 2 are needed", len(p.Levels))
	}
	for i, l := range p.Levels {
		place := fmt.Sprintf("levels[%d]", i)
		if l.ID == "" || l.Name == "" {
			ps.Add(place, "needs an id and a name")
		}
		if p.Rank(l.ID) != i+1 {
			ps.Add(place+".id", "%q is there twice", l.ID)
		}
		if l.Acceptable != Yes && l.Acceptable != No {
			ps.Add(place+".acceptable", "%q is neither yes nor no", l.Acceptable)
		}
		if l.DueDays < 0 {
			ps.Add(place+".due_days", "%d is less than 0", l.DueDays)
		}
	}
}

func (p *Policy) checkMatrices(ps *Problems) {
	checkKeys(ps, "matrices", p.Matrices, KeyProperties)
	for _, k := range KeyProperties {
		place, m := "matrices."+string(k), p.Matrices[k]
		if len(m) != Steps {
			ps.Add(place, "has %d rows, not %d", len(m), Steps)
		}
		for s, row := range m {
			if len(row) != Steps {
				ps.Add(fmt.Sprintf("%s[%d]", place, s), "severity %d has %d cells, not %d", s+1, len(row), Steps)
			}
			for l, id := range row {
				if p.Rank(id) == 0 {
					ps.Add(fmt.Sprintf("%s[%d][%d]", place, s, l), "severity %d, likelihood %d: no level has the id %q", s+1, l+1, id)
				}
			}
		}
	}
}

// cvssVersions are the versions that a policy must have a table for.
var cvssVersions = []string{"2.0", "3.0", "3.1", "4.0"}

func (p *Policy) checkLikelihood(ps *Problems) {
	checkKeys(ps, "exploitability", p.Exploitability, cvssVersions)
	for _, v := range cvssVersions {
		for i, t := range p.Exploitability[v] {
			checkStep(ps, fmt.Sprintf("exploitability.%s[%d].step", v, i), t.Step, 1)
		}
		if ts := p.Exploitability[v]; len(ts) > 0 && ts[0].From > 0 {
			ps.Add(fmt.Sprintf("exploitability.%s[0].from", v), "the first threshold starts at 0, else something has no step")
		}
	}
	for i, z := range p.Zones {
		place := fmt.Sprintf("zones[%d]", i)
		if z.ID == "" || z.Name == "" || len(z.Words) == 0 {
			ps.Add(place, "needs an id, a name and words")
		}
		if !slices.Contains([]string{"N", "A", "L", "P"}, z.AttackVector) {
			ps.Add(place+".attack_vector", "%q is none of N, A, L, P", z.AttackVector)
		}
		if z.AttackComplexity != "" && z.AttackComplexity != "H" {
			ps.Add(place+".attack_complexity", "%q is neither H nor empty", z.AttackComplexity)
		}
		checkStep(ps, place+".at_least", z.AtLeast, 0)
	}
	for i, e := range p.Evidence {
		place := fmt.Sprintf("evidence[%d]", i)
		if !slices.Contains(EvidenceIDs, e.ID) {
			ps.Add(place+".id", "%q is no kind of evidence", e.ID)
		}
		checkStep(ps, place+".at_least", e.AtLeast, 0)
		checkStep(ps, place+".raise", e.Raise, 0)
		if e.Probability < 0 || e.Probability > 1 || e.Percentile < 0 || e.Percentile > 1 {
			ps.Add(place, "probability and percentile lie between 0 and 1")
		}
	}
	clinical := []KeyProperty{Safety, Effectiveness}
	checkKeys(ps, "clinical_likelihood", p.ClinicalLikelihood, clinical)
	for _, k := range clinical {
		place := "clinical_likelihood." + string(k)
		checkKeys(ps, place, p.ClinicalLikelihood[k], ClinicalContexts)
		for _, c := range ClinicalContexts {
			row := p.ClinicalLikelihood[k][c]
			if len(row) != Steps {
				ps.Add(place+"."+string(c), "has %d steps, not %d", len(row), Steps)
			}
			for i, s := range row {
				checkStep(ps, fmt.Sprintf("%s.%s[%d]", place, c, i), s, 1)
			}
		}
	}
	for c, to := range p.Redundancy {
		if !slices.Contains(ClinicalContexts, c) || !slices.Contains(ClinicalContexts, to) {
			ps.Add("redundancy", "%q to %q: not both are direct, delayed or indirect", c, to)
		}
	}
}

func (p *Policy) checkSeverity(ps *Problems) {
	s := p.Severity
	checkStep(ps, "severity.low_impact", s.LowImpact, 0)
	for k, n := range s.LifeSupport {
		if !k.Valid() {
			ps.Add("severity.life_support", "%q is no key property", k)
		}
		checkStep(ps, "severity.life_support."+string(k), n, 1)
	}
	for i, a := range s.Areas {
		place := fmt.Sprintf("severity.areas[%d]", i)
		if a.ID == "" || a.Name == "" || len(a.Words) == 0 {
			ps.Add(place, "needs an id, a name and words")
		}
		checkStep(ps, place+".from", a.From, 1)
		for k, n := range a.Raise {
			if !k.Valid() {
				ps.Add(place+".raise", "%q is no key property", k)
			}
			checkStep(ps, place+".raise."+string(k), n, 0)
		}
	}
	checkKeys(ps, "severity.without_class", s.WithoutClass, Impacts)
	for im, n := range s.WithoutClass {
		checkStep(ps, "severity.without_class."+string(im), n, 1)
	}
	if p.Due.UnknownDays < 0 || p.Due.KEVDays < 0 {
		ps.Add("due", "days are not less than 0")
	}
}

// checkKeys reports keys that are missing or not known.
func checkKeys[K ~string, V any](ps *Problems, place string, m map[K]V, want []K) {
	for _, k := range want {
		if _, ok := m[k]; !ok {
			ps.Add(place, "says nothing of %s", k)
		}
	}
	var odd []K
	for k := range m {
		if !slices.Contains(want, k) {
			odd = append(odd, k)
		}
	}
	slices.Sort(odd)
	for _, k := range odd {
		ps.Add(place+"."+string(k), "is not known here")
	}
}

func checkStep(ps *Problems, place string, n, least int) {
	if n < least || n > Steps {
		ps.Add(place, "%d is not from %d to %d", n, least, Steps)
	}
}
