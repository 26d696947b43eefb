package web

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"slices"

	"github.com/wardbook/wardbook"
)

// A levelView is a level as pages show it: Tone chooses letter, pattern and
// colour of the style sheet, and is "?" where the level is not known.
type levelView struct {
	Tone, Name string
	Rank       int
}

// tones are the four looks that the style sheet has, the mildest first.
const tones = "LMHU"

// level dresses the level with that id. Levels of a policy with more or fewer
// than four share or skip looks; the name is always there beside them.
func (o *overview) level(id string) levelView {
	if id == "" {
		return levelView{Tone: "?", Name: "Unknown"}
	}
	if o.Policy == nil {
		return levelView{Tone: "?", Name: id}
	}
	rank := o.Policy.Rank(id)
	if rank == 0 {
		return levelView{Tone: "?", Name: id}
	}
	i := len(tones) - 1
	if n := len(o.Policy.Levels); n > 1 {
		i = ((rank-1)*(len(tones)-1) + (n-1)/2) / (n - 1)
	}
	return levelView{Tone: tones[i : i+1], Name: o.Policy.Levels[rank-1].Name, Rank: rank}
}

// A matrixView is a risk matrix as an SVG picture: severity upwards, likelihood
// to the right. Each cell with risks links to them.
type matrixView struct {
	Key     wardbook.KeyProperty
	Title   string
	Cells   []cellView
	Unknown int
	Refused int         // risks that are unacceptable for this key property
	Link    string      // to those
	Moves   []shiftView // from the initial to the current place
	// UnknownLink leads to the risks without a step on either axis.
	UnknownLink string
	Severity    []string // names of the steps, the highest first
	Likely      []string
}

type cellView struct {
	X, Y, TX, TY         int
	Tone, Name, Link     string
	Count                int
	Severity, Likelihood int
	Mark                 bool // the risk of the page lies here
}

const (
	cellSize  = 27
	cellInner = 26
)

func keyTitle(k wardbook.KeyProperty) string {
	switch k {
	case wardbook.Safety:
		return "Safety"
	case wardbook.Effectiveness:
		return "Effectiveness"
	}
	return "Security"
}

// grid is the matrix of k with counts(severity, likelihood) in its cells.
func (o *overview) grid(k wardbook.KeyProperty, count func(cellOf) int) matrixView {
	m := matrixView{Key: k, Title: keyTitle(k)}
	for s := wardbook.Steps; s >= 1; s-- {
		for l := 1; l <= wardbook.Steps; l++ {
			c := cellView{
				X: (l - 1) * cellSize, Y: (wardbook.Steps - s) * cellSize, Severity: s, Likelihood: l,
				Count: count(cellOf{s, l}), Tone: "none", Name: "level unknown",
			}
			c.TX, c.TY = c.X+cellInner/2, c.Y+cellInner/2
			if o.Policy != nil {
				if lv := o.Policy.LevelAt(k, s, l); lv != nil {
					v := o.level(lv.ID)
					c.Tone, c.Name = v.Tone, v.Name
				}
			}
			m.Cells = append(m.Cells, c)
		}
	}
	if o.Policy != nil {
		m.Severity = stepNames(o.Policy.Scales.Severity[k])
		m.Likely = stepNames(o.Policy.Scales.Likelihood[k])
	}
	return m
}

func stepNames(steps []wardbook.ScaleStep) []string {
	var out []string
	for _, s := range steps {
		out = append(out, s.Name)
	}
	return out
}

// maxArrows bounds the arrows of a matrix; those of the most risks are drawn.
const maxArrows = 12

// matrices are the three of the open risks among rows. with makes the address
// of those of them that have something in common.
func (o *overview) matrices(rows iter.Seq[riskRow], with func(pairs ...string) string) []matrixView {
	var out []matrixView
	for i, k := range wardbook.KeyProperties {
		counts, moves := map[cellOf]int{}, map[[2]cellOf]int{}
		unknown, refused := 0, 0
		for r := range rows {
			if !r.Open {
				continue
			}
			e := r.Eval[i]
			if e.Severity == 0 || e.Likelihood == 0 {
				unknown++
				continue
			}
			counts[e]++
			if r.Bad[i] {
				refused++
			}
			if from := r.First[i]; r.HasFirst && from != e && from.Severity > 0 && from.Likelihood > 0 {
				moves[[2]cellOf{from, e}]++
			}
		}
		m := o.grid(k, func(c cellOf) int { return counts[c] })
		m.Unknown, m.Refused, m.Moves = unknown, refused, arrows(moves)
		m.Link = with("show", "unacceptable", "key", string(k), "severity", "", "likelihood", "")
		m.UnknownLink = with("show", "unknown", "key", string(k), "severity", "", "likelihood", "")
		for j := range m.Cells {
			c := &m.Cells[j]
			if c.Count > 0 {
				c.Link = with("key", string(k), "severity", fmt.Sprint(c.Severity), "likelihood", fmt.Sprint(c.Likelihood))
			}
		}
		out = append(out, m)
	}
	return out
}

// A shiftView is an arrow in a matrix: how many risks went that way since they
// came into the register.
type shiftView struct {
	From  dotView
	Path  string
	Count int
	Text  string
}

// arrows are the moves of the most risks, always in the same order.
func arrows(moves map[[2]cellOf]int) []shiftView {
	keys := slices.SortedFunc(maps.Keys(moves), func(a, b [2]cellOf) int {
		return cmp.Or(moves[b]-moves[a], a[0].Severity-b[0].Severity, a[0].Likelihood-b[0].Likelihood, a[1].Severity-b[1].Severity, a[1].Likelihood-b[1].Likelihood)
	})
	var out []shiftView
	for _, k := range keys[:min(len(keys), maxArrows)] {
		a, b := dot(wardbook.Evaluation{Severity: k[0].Severity, Likelihood: k[0].Likelihood}), dot(wardbook.Evaluation{Severity: k[1].Severity, Likelihood: k[1].Likelihood})
		// Beside the middle of the cells, where their numbers stand.
		a, b = dotView{a.X + 10, a.Y + 9}, dotView{b.X + 10, b.Y + 9}
		out = append(out, shiftView{From: a, Path: arrow(a, b, 2, 3), Count: moves[k],
			Text: fmt.Sprintf("%s from severity %d, likelihood %d to severity %d, likelihood %d", plural(moves[k], "risk", "risks"), k[0].Severity, k[0].Likelihood, k[1].Severity, k[1].Likelihood)})
	}
	return out
}

// stepName is the name of a step, with its number.
func stepName(names []string, step int) string {
	if step == 0 {
		return "unknown"
	}
	if step <= len(names) {
		return fmt.Sprintf("%d %s", step, names[step-1])
	}
	return fmt.Sprint(step)
}

// worst is the worst level of a risk.
func worst(r riskRow) levelView {
	w := levelView{Tone: "?", Name: "Unknown"}
	for _, l := range r.Level {
		if l.Rank > w.Rank {
			w = l
		}
	}
	return w
}

// Legend lists the levels of the policy, the mildest first.
func (o *overview) Legend() []levelView {
	if o.Policy == nil {
		return nil
	}
	var out []levelView
	for _, l := range o.Policy.Levels {
		out = append(out, o.level(l.ID))
	}
	return out
}
