package wardbook

import (
	"fmt"
	"slices"
)

// Lint reports what a valid policy says that people would not mean: a matrix
// in which more harm or more likelihood gives a milder level, a cell that
// differs from all its neighbours, a level that no cell uses, nobody who may
// accept, tables that go down where they should go up. The places are those of
// Validate. A policy that Validate refuses may give no useful result.
func (p *Policy) Lint() []Problem {
	var ps Problems
	if err := p.Validate(); err != nil {
		if inv, ok := err.(*Invalid); ok {
			ps = append(ps, inv.Problems...)
		}
	}
	for _, k := range KeyProperties {
		p.lintMatrix(&ps, k)
	}
	p.lintLevels(&ps)
	p.lintTables(&ps)
	p.lintWords(&ps)
	return ps
}

func (p *Policy) lintMatrix(ps *Problems, k KeyProperty) {
	m := p.Matrices[k]
	rank := func(s, l int) int {
		if s < 0 || s >= len(m) || l < 0 || l >= len(m[s]) {
			return 0
		}
		return p.Rank(m[s][l])
	}
	for s := range m {
		for l := range m[s] {
			place := fmt.Sprintf("matrices.%s[%d][%d]", k, s, l)
			here := rank(s, l)
			if below := rank(s-1, l); below > here && here > 0 {
				ps.Add(place, "not monotone: severity %d, likelihood %d is %s, but severity %d is %s", s+1, l+1, m[s][l], s, m[s-1][l])
			}
			if left := rank(s, l-1); left > here && here > 0 {
				ps.Add(place, "not monotone: severity %d, likelihood %d is %s, but likelihood %d is %s", s+1, l+1, m[s][l], l, m[s][l-1])
			}
			if alone(m, s, l) {
				ps.Add(place, "severity %d, likelihood %d is %s and differs from all its neighbours", s+1, l+1, m[s][l])
			}
		}
	}
}

// alone reports whether no neighbour of a cell, also over the corner, has the
// same level.
func alone(m Matrix, s, l int) bool {
	for ds := -1; ds <= 1; ds++ {
		for dl := -1; dl <= 1; dl++ {
			i, j := s+ds, l+dl
			if (ds == 0 && dl == 0) || i < 0 || i >= len(m) || j < 0 || j >= len(m[i]) {
				continue
			}
			if m[i][j] == m[s][l] {
				return false
			}
		}
	}
	return true
}

func (p *Policy) lintLevels(ps *Problems) {
	for i, l := range p.Levels {
		place := fmt.Sprintf("levels[%d]", i)
		used := false
		for _, m := range p.Matrices {
			for _, row := range m {
				used = used || slices.Contains(row, l.ID)
			}
		}
		if !used {
			ps.Add(place, "no cell of any matrix has the level %s", l.ID)
		}
		if l.Authority == "" {
			ps.Add(place+".authority", "nobody is named who may accept a risk of level %s", l.ID)
		}
		if i == 0 {
			continue
		}
		milder := p.Levels[i-1]
		if l.Acceptable == Yes && milder.Acceptable == No {
			ps.Add(place+".acceptable", "%s is acceptable and the milder %s is not", l.ID, milder.ID)
		}
		if milder.DueDays > 0 && (l.DueDays == 0 || l.DueDays > milder.DueDays) {
			ps.Add(place+".due_days", "%s leaves more time than the milder %s", l.ID, milder.ID)
		}
	}
}

func (p *Policy) lintTables(ps *Problems) {
	for _, v := range cvssVersions {
		ts := p.Exploitability[v]
		if len(ts) == 0 {
			ps.Add("exploitability."+v, "has no threshold: every CVSS %s score is a question", v)
		}
		for i := 1; i < len(ts); i++ {
			if ts[i].From <= ts[i-1].From || ts[i].Step < ts[i-1].Step {
				ps.Add(fmt.Sprintf("exploitability.%s[%d]", v, i), "not monotone: from %g step %d after from %g step %d",
					ts[i].From, ts[i].Step, ts[i-1].From, ts[i-1].Step)
			}
		}
	}
	for _, k := range []KeyProperty{Safety, Effectiveness} {
		for ci, c := range ClinicalContexts {
			row := p.ClinicalLikelihood[k][c]
			for i := range row {
				place := fmt.Sprintf("clinical_likelihood.%s.%s[%d]", k, c, i)
				if i > 0 && row[i] < row[i-1] {
					ps.Add(place, "not monotone: step %d gives %d, step %d gives %d", i+1, row[i], i, row[i-1])
				}
				if ci == 0 {
					continue
				}
				if harsher := p.ClinicalLikelihood[k][ClinicalContexts[ci-1]]; i < len(harsher) && row[i] > harsher[i] {
					ps.Add(place, "%s gives %d, more than %s with %d", c, row[i], ClinicalContexts[ci-1], harsher[i])
				}
			}
		}
	}
	for _, c := range ClinicalContexts {
		if to, ok := p.Redundancy[c]; ok && slices.Index(ClinicalContexts, to) < slices.Index(ClinicalContexts, c) {
			ps.Add("redundancy."+string(c), "a replacement at hand makes it worse: %s", to)
		}
	}
	for _, id := range EvidenceIDs {
		if !slices.ContainsFunc(p.Evidence, func(e EvidenceRule) bool { return e.ID == id && e.AtLeast+e.Raise > 0 }) {
			ps.Add("evidence", "%s changes nothing", id)
		}
	}
}

func (p *Policy) lintWords(ps *Problems) {
	zone := map[string]string{}
	for i, z := range p.Zones {
		for _, w := range z.Words {
			if other, ok := zone[w]; ok {
				ps.Add(fmt.Sprintf("zones[%d].words", i), "%q is a word of %s too", w, other)
			}
			zone[w] = z.ID
		}
	}
	area := map[string]string{}
	for i, a := range p.Severity.Areas {
		for _, w := range a.Words {
			if other, ok := area[w]; ok {
				ps.Add(fmt.Sprintf("severity.areas[%d].words", i), "%q is a word of %s too", w, other)
			}
			area[w] = a.ID
		}
	}
}
