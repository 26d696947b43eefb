package report

import (
	"cmp"
	"slices"
	"strings"

	"github.com/wardbook/wardbook"
)

// A scheme is what a report needs of a policy: the names of steps and levels,
// and how levels look.
type scheme struct {
	Levels     []levelStyle // lowest first
	Severity   map[wardbook.KeyProperty][]step
	Likelihood map[wardbook.KeyProperty][]step
	Matrix     map[wardbook.KeyProperty][][]string // level ids: [severity-1][likelihood-1]
	byID       map[string]int
}

// step is one step of a scale.
type step struct{ Name, Text string }

// levelStyle is a level with its looks. Tone is L, M, H or U: colour and
// pattern; Letter is what stands on the tile.
type levelStyle struct {
	ID, Name, Letter, Tone string
	Acceptable             wardbook.Ternary
	Authority, Text        string
}

// unknownLevel is how a level that is not known looks.
var unknownLevel = levelStyle{Name: "Unknown", Letter: "?", Tone: "Q"}

// level returns the style of the level with an id.
func (s *scheme) level(id string) levelStyle {
	if i, ok := s.byID[id]; ok {
		return s.Levels[i]
	}
	u := unknownLevel
	if id != "" {
		u.Name = id
	}
	return u
}

// rank orders levels, the worst highest; unknown is below all.
func (s *scheme) rank(id string) int {
	if i, ok := s.byID[id]; ok {
		return i
	}
	return -1
}

// dress gives each level its letter and tone.
func (s *scheme) dress() {
	s.byID = make(map[string]int, len(s.Levels))
	used := map[string]bool{"?": true}
	tolerable := 0
	for _, l := range s.Levels {
		if l.Acceptable != wardbook.No {
			tolerable++
		}
	}
	refused := len(s.Levels) - tolerable
	var n, m int
	for i := range s.Levels {
		l := &s.Levels[i]
		s.byID[l.ID] = i
		if l.Name == "" {
			l.Name = strings.ToUpper(l.ID[:min(1, len(l.ID))]) + l.ID[min(1, len(l.ID)):]
		}
		l.Letter = letter(l.Name, used)
		if l.Acceptable == wardbook.No {
			l.Tone = tones(refused, []string{"H", "U"})[m]
			m++
			continue
		}
		l.Tone = tones(tolerable, []string{"L", "M", "H"})[n]
		n++
	}
}

// tones spreads n levels over the tones of from. With more levels than tones
// neighbours share one; a single refused level is U, a single tolerable one L.
func tones(n int, from []string) []string {
	out := make([]string, n)
	for i := range out {
		switch {
		case n == 1 && from[len(from)-1] == "U":
			out[i] = "U"
		case n <= len(from) && from[0] == "L":
			out[i] = from[i]
		case n == 1:
			out[i] = from[0]
		default:
			out[i] = from[i*(len(from)-1)/(n-1)]
		}
	}
	return out
}

// letter finds a letter of name that no other level has.
func letter(name string, used map[string]bool) string {
	for _, r := range strings.ToUpper(name) {
		if s := string(r); r > ' ' && !used[s] {
			used[s] = true
			return s
		}
	}
	for c := 'A'; c <= 'Z'; c++ {
		if !used[string(c)] {
			used[string(c)] = true
			return string(c)
		}
	}
	return "*"
}

// newScheme is the scheme of a policy, and of what was seen without one.
func newScheme(p *wardbook.Policy, a *wardbook.Assessment) *scheme {
	if p == nil {
		return seenScheme(a)
	}
	s := &scheme{
		Severity: map[wardbook.KeyProperty][]step{}, Likelihood: map[wardbook.KeyProperty][]step{},
		Matrix: map[wardbook.KeyProperty][][]string{},
	}
	for _, k := range wardbook.KeyProperties {
		for _, x := range p.Scales.Severity[k] {
			s.Severity[k] = append(s.Severity[k], step(x))
		}
		for _, x := range p.Scales.Likelihood[k] {
			s.Likelihood[k] = append(s.Likelihood[k], step(x))
		}
		s.Matrix[k] = p.Matrices[k]
	}
	for _, l := range p.Levels {
		s.Levels = append(s.Levels, levelStyle{ID: l.ID, Name: l.Name, Acceptable: l.Acceptable, Authority: l.Authority, Text: l.Condition})
	}
	s.dress()
	return s
}

// seenScheme is the scheme of an assessment whose policy is not at hand: it
// knows the levels that were used, not the matrices.
func seenScheme(a *wardbook.Assessment) *scheme {
	s := &scheme{
		Severity: map[wardbook.KeyProperty][]step{}, Likelihood: map[wardbook.KeyProperty][]step{},
		Matrix: map[wardbook.KeyProperty][][]string{},
	}
	worst := map[string]int{} // severity × likelihood orders what no policy orders
	seen := map[string]levelStyle{}
	for i := range a.Risks {
		for _, k := range wardbook.KeyProperties {
			e := a.Risks[i].Evaluation(k)
			if e.Level == "" {
				continue
			}
			seen[e.Level] = levelStyle{ID: e.Level, Acceptable: e.Acceptable, Authority: e.Authority}
			worst[e.Level] = max(worst[e.Level], e.Severity*e.Likelihood)
		}
	}
	for _, l := range seen {
		s.Levels = append(s.Levels, l)
	}
	slices.SortFunc(s.Levels, func(x, y levelStyle) int {
		return cmp.Or(cmp.Compare(worst[x.ID], worst[y.ID]), cmp.Compare(x.ID, y.ID))
	})
	s.dress()
	return s
}

// name returns the name of step n of a scale, or its number.
func name(scale []step, n int) string {
	if n < 1 || n > len(scale) {
		return ""
	}
	return scale[n-1].Name
}
