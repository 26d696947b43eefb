package web

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/wardbook/wardbook"
)

// A chainView is the way from hazard to harm as a picture, once in a row and
// once as a column for narrow screens. Geometry is here, colour in the style
// sheet.
type chainView struct {
	Wide, Tall chainPicture
}

type chainPicture struct {
	Label         string // the whole in words
	Kind          string // wide or tall
	Width, Height int
	Boxes         []chainBox
	Links         []string // paths of the arrows
	Barriers      []chainBarrier
}

type chainBox struct {
	X, Y, W, H int
	Class      string // of the style sheet: box, end-box, hole
	Caption    string
	CX, CY     int
	Lines      []chainLine
}

type chainLine struct {
	X, Y   int
	Text   string
	Strong bool
}

// A chainBarrier is what was chosen against the risk, between two boxes.
type chainBarrier struct {
	X, Y, W, H int
	TX, TY     int
	Class      string // part: chosen; empty: controlled
	Text       string
}

// Geometry of the picture, in the units of its viewBox. A line holds about
// chainChars characters of 12 px.
const (
	chainBoxW  = 254
	chainGap   = 44
	chainPad   = 12
	chainHead  = 36
	chainStep  = 17
	chainChars = 33
	tallW      = 340
	tallChars  = 44
	tallGap    = 44
)

// chain draws the chain of a risk. chosen counts the options that were chosen
// by kind: what takes the hazard away stands after it, what protects before the
// situation, what informs before the harm.
func chain(r *wardbook.Risk, hazard string) chainView {
	texts := []struct {
		caption string
		lines   []string
	}{
		{"Hazard", []string{orText(r.Chain.Hazard, hazard)}},
		{"Sequence of events", r.Chain.Sequence},
		{"Hazardous situation", []string{r.Chain.Situation}},
		{"Harm", []string{r.Chain.Harm}},
	}
	chosen := map[wardbook.ControlKind]int{}
	if r.Register != nil {
		for _, i := range r.Register.Selected {
			if i < len(r.Options) {
				chosen[r.Options[i].Kind]++
			}
		}
	}
	done := slices.Contains([]wardbook.RiskState{wardbook.RiskControlled, wardbook.RiskResidualEvaluated, wardbook.RiskBenefitRisk, wardbook.RiskAcceptedWithBenefit}, r.State)
	v := chainView{Wide: chainPicture{Width: 4*chainBoxW + 3*chainGap + 2}, Tall: chainPicture{Width: tallW + 2}}
	var label []string
	wide := make([]chainBox, 0, len(texts))
	y := 1
	for i, t := range texts {
		words := strings.TrimSpace(strings.Join(t.lines, "; "))
		class := "box"
		if i == len(texts)-1 {
			class = "box end-box"
		}
		if words == "" {
			words, class, t.lines = "unknown", "box hole", []string{"unknown"}
		}
		label = append(label, t.caption+": "+words)
		b := chainText(t.caption, t.lines, 1+i*(chainBoxW+chainGap), 1, chainBoxW, chainChars, class)
		wide = append(wide, b)
		v.Wide.Height = max(v.Wide.Height, b.H)
		tall := chainText(t.caption, t.lines, 1, y, tallW, tallChars, class)
		v.Tall.Boxes = append(v.Tall.Boxes, tall)
		if i < len(texts)-1 {
			n := chosen[wardbook.ControlKinds[i]]
			bottom := y + tall.H
			v.Tall.Links = append(v.Tall.Links, fmt.Sprintf("M%d %dV%d", tallW/2, bottom, bottom+tallGap-2))
			if n > 0 {
				v.Tall.Barriers = append(v.Tall.Barriers, chainBarrier{X: tallW/2 - 34, Y: bottom + 16, W: 68, H: 8, TX: tallW/2 + 42, TY: bottom + 24, Class: barrierClass(done), Text: barrierText(wardbook.ControlKinds[i], n)})
			}
			y = bottom + tallGap
		} else {
			v.Tall.Height = y + tall.H + 1
		}
	}
	for i := range wide {
		wide[i].H = v.Wide.Height
		if i == len(wide)-1 {
			break
		}
		x, mid := wide[i].X+chainBoxW, 1+v.Wide.Height/2
		v.Wide.Links = append(v.Wide.Links, fmt.Sprintf("M%d %dH%d", x, mid, x+chainGap-2))
		if n := chosen[wardbook.ControlKinds[i]]; n > 0 {
			v.Wide.Barriers = append(v.Wide.Barriers, chainBarrier{X: x + 15, Y: mid - 30, W: 8, H: 60, TX: x + 19, TY: mid + 46, Class: barrierClass(done), Text: fmt.Sprint(n)})
			label = append(label, fmt.Sprintf("%s chosen", plural(n, string(wardbook.ControlKinds[i])+" control", string(wardbook.ControlKinds[i])+" controls")))
		}
	}
	v.Wide.Boxes = wide
	v.Wide.Height += 2
	v.Wide.Kind, v.Tall.Kind = "wide", "tall"
	v.Wide.Label = strings.Join(label, ". ")
	v.Tall.Label = v.Wide.Label
	return v
}

func barrierClass(done bool) string {
	if done {
		return ""
	}
	return "part"
}

func barrierText(k wardbook.ControlKind, n int) string { return fmt.Sprintf("%d %s", n, k) }

func orText(s, otherwise string) string {
	if s != "" {
		return s
	}
	return otherwise
}

// chainText is a box with its text broken into lines; events are numbered.
func chainText(caption string, texts []string, x, y, w, chars int, class string) chainBox {
	b := chainBox{X: x, Y: y, W: w, Class: class, Caption: caption, CX: x + chainPad, CY: y + 20}
	at := y + chainHead + 6
	for i, t := range texts {
		if len(texts) > 1 {
			t = fmt.Sprintf("%d. %s", i+1, t)
		}
		strong, room := caption == "Hazardous situation", chars
		if strong {
			room -= chars / 10 // bold letters are wider
		}
		for _, line := range wrap(t, room) {
			b.Lines = append(b.Lines, chainLine{X: x + chainPad, Y: at, Text: line, Strong: strong})
			at += chainStep
		}
	}
	b.H = at - y - chainStep + chainPad + 4
	return b
}

// wrap breaks a text at spaces into lines of about n characters; a word that is
// longer is broken within.
func wrap(text string, n int) []string {
	var out []string
	line := ""
	for _, word := range strings.Fields(text) {
		for len([]rune(word)) > n {
			r := []rune(word)
			if line != "" {
				out, line = append(out, line), ""
			}
			out, word = append(out, string(r[:n])), string(r[n:])
		}
		switch {
		case line == "":
			line = word
		case len([]rune(line))+1+len([]rune(word)) <= n:
			line += " " + word
		default:
			out, line = append(out, line), word
		}
	}
	if line != "" {
		out = append(out, line)
	}
	return out
}

// arrow is the path from one point to another that leaves room at both ends.
func arrow(a, b dotView, from, to float64) string {
	dx, dy := float64(b.X-a.X), float64(b.Y-a.Y)
	length := math.Hypot(dx, dy)
	dx, dy = dx/length, dy/length
	return fmt.Sprintf("M%.1f %.1fL%.1f %.1f", float64(a.X)+from*dx, float64(a.Y)+from*dy, float64(b.X)-to*dx, float64(b.Y)-to*dy)
}
