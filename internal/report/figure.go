package report

import (
	"fmt"
	"strings"

	"github.com/wardbook/wardbook"
)

// Units of matrix pictures: a cell is 30 × 26, words stand left of it.
const (
	cellW, cellH = 30.0, 24.0
	axisW        = 72.0
)

// matrixFigure draws one key property's matrix with the number of open risks
// in each cell. Cells without a risk recede.
func (s *scheme) matrixFigure(k wardbook.KeyProperty, c wardbook.MatrixCount) figure {
	rows, cols := s.size(k, c.Cells)
	total, bad := 0, 0
	for i, r := range c.Cells {
		for j, n := range r {
			total += n
			if s.level(s.at(k, i, j)).Acceptable == wardbook.No {
				bad += n
			}
		}
	}
	f := figure{
		Title: properties[k], Note: fmt.Sprintf("%s rated, %s unknown", group(total), group(c.Unknown)),
		Alt: matrixText(k, s, c),
		W:   axisW + float64(cols)*cellW + 2, H: float64(rows)*cellH + 38,
	}
	f.Draw = func(cv canvas) {
		for i := range rows {
			for j := range cols {
				n := 0
				if i < len(c.Cells) && j < len(c.Cells[i]) {
					n = c.Cells[i][j]
				}
				s.cell(cv, k, i, j, rows, n)
			}
		}
		s.axes(cv, k, rows, cols)
	}
	return f
}

// size is the number of severity and likelihood steps of a matrix.
func (s *scheme) size(k wardbook.KeyProperty, cells [][]int) (rows, cols int) {
	rows = max(len(s.Matrix[k]), len(cells), len(s.Severity[k]))
	for _, r := range s.Matrix[k] {
		cols = max(cols, len(r))
	}
	for _, r := range cells {
		cols = max(cols, len(r))
	}
	cols = max(cols, len(s.Likelihood[k]))
	if rows == 0 || cols == 0 {
		return 5, 5
	}
	return rows, cols
}

// at is the level id of a cell, severity and likelihood counted from 0.
func (s *scheme) at(k wardbook.KeyProperty, i, j int) string {
	if m := s.Matrix[k]; i < len(m) && j < len(m[i]) {
		return m[i][j]
	}
	return ""
}

// cell draws one cell: its letter in the corner, and its count as a disc.
func (s *scheme) cell(cv canvas, k wardbook.KeyProperty, i, j, rows, n int) {
	id := s.at(k, i, j)
	l := s.level(id)
	x, y := axisW+float64(j)*cellW, float64(rows-1-i)*cellH
	w, h := cellW-1.5, cellH-1.5
	if id == "" {
		cv.Rect(x, y, w, h, 1.5, "sunken", "line")
	} else {
		fill := l.Tone
		if n == 0 {
			fill += "pale"
		}
		cv.Rect(x, y, w, h, 1.5, fill, "")
		ink := l.Tone + "hatch"
		if n == 0 {
			ink += "pale"
		}
		cv.Strokes(pattern(l.Tone, x, y, w, h, 3.6), 0.5, ink)
		letterInk := l.Tone + "ink"
		cv.Rect(x, y, 9, 9, 1.5, l.Tone, "")
		cv.Text(x+4.5, y+7, 7, 0, true, letterInk, l.Letter)
	}
	if n > 0 {
		t := group(n)
		r := 7.2
		if len(t) > 3 {
			r = 9.4
		}
		cx, cy := x+w-9.2, y+h/2+1
		cv.Circle(cx, cy, r, "paper", "ink", 0.9)
		cv.Text(cx, cy+2.9, 8.4, 0, true, "ink", t)
	}
}

// axes writes the names of the steps: all of severity, the ends of likelihood.
func (s *scheme) axes(cv canvas, k wardbook.KeyProperty, rows, cols int) {
	for i := range rows {
		y := float64(rows-1-i)*cellH + cellH/2
		cv.Text(axisW-4, y+2.6, 8.6, 1, true, "ink2", fmt.Sprint(i+1))
		lines := wrapUnits(name(s.Severity[k], i+1), 8.2, axisW-16, 2)
		for n, l := range lines {
			cv.Text(axisW-12, y+2.6+(float64(n)-float64(len(lines)-1)/2)*9, 8.2, 1, false, "ink2", l)
		}
	}
	base := float64(rows) * cellH
	for j := range cols {
		cv.Text(axisW+float64(j)*cellW+(cellW-1.5)/2, base+8.5, 8.6, 0, true, "ink2", fmt.Sprint(j+1))
	}
	half := float64(cols)*cellW/2 - 4
	for n, l := range wrapUnits(name(s.Likelihood[k], 1), 8.2, half, 2) {
		cv.Text(axisW, base+18+9*float64(n), 8.2, -1, false, "ink3", l)
	}
	for n, l := range wrapUnits(name(s.Likelihood[k], cols), 8.2, half, 2) {
		cv.Text(axisW+float64(cols)*cellW-1.5, base+18+9*float64(n), 8.2, 1, false, "ink3", l)
	}
	cv.Text(0, base+8.5, 8.2, -1, false, "ink3", "↑ severity")
	if k == wardbook.Security {
		cv.Text(0, base+18, 8.2, -1, false, "ink3", "→ exploitability,")
		cv.Text(0, base+27, 8.2, -1, false, "ink3", "    exposure")
	} else {
		cv.Text(0, base+18, 8.2, -1, false, "ink3", "→ likelihood")
	}
}

// matrixText says in words what a matrix shows.
func matrixText(k wardbook.KeyProperty, s *scheme, c wardbook.MatrixCount) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: open risks by severity and likelihood.", properties[k])
	for i := len(c.Cells) - 1; i >= 0; i-- {
		for j := len(c.Cells[i]) - 1; j >= 0; j-- {
			if n := c.Cells[i][j]; n > 0 {
				fmt.Fprintf(&b, " Severity %d, likelihood %d, %s: %d.", i+1, j+1, s.level(s.at(k, i, j)).Name, n)
			}
		}
	}
	fmt.Fprintf(&b, " Unknown: %d.", c.Unknown)
	return b.String()
}

// policyFigure draws a matrix of the policy, without counts.
func (s *scheme) policyFigure(k wardbook.KeyProperty) figure {
	rows, cols := s.size(k, nil)
	f := figure{Title: properties[k], Alt: properties[k] + ": the policy's level for each severity and likelihood. ", W: axisW + float64(cols)*cellW + 2, H: float64(rows)*cellH + 38}
	for i := rows - 1; i >= 0; i-- {
		for j := range cols {
			f.Alt += fmt.Sprintf("%d/%d %s; ", i+1, j+1, s.level(s.at(k, i, j)).Name)
		}
	}
	f.Draw = func(cv canvas) {
		for i := range rows {
			for j := range cols {
				l := s.level(s.at(k, i, j))
				x, y := axisW+float64(j)*cellW, float64(rows-1-i)*cellH
				cv.Rect(x, y, cellW-1.5, cellH-1.5, 1.5, l.Tone, "")
				cv.Strokes(pattern(l.Tone, x, y, cellW-1.5, cellH-1.5, 3.6), 0.5, l.Tone+"hatch")
				cv.Rect(x+10, y+5.5, 9, 11, 2, l.Tone, "")
				cv.Text(x+14.5, y+14.2, 9, 0, true, l.Tone+"ink", l.Letter)
			}
		}
		s.axes(cv, k, rows, cols)
	}
	return f
}

// positionFigure draws a small matrix with one position marked.
func (s *scheme) positionFigure(k wardbook.KeyProperty, e *wardbook.Evaluation) (figure, bool) {
	const c = 13.0
	rows, cols := len(s.Matrix[k]), 0
	if rows == 0 {
		return figure{}, false
	}
	_, cols = s.size(k, nil)
	rows = max(rows, e.Severity)
	cols = max(cols, e.Likelihood)
	f := figure{Alt: "Position in the matrix: severity " + orUnknownStep(e.Severity) + ", likelihood " + orUnknownStep(e.Likelihood), W: float64(cols) * c, H: float64(rows) * c, Width: 13.5}
	f.Draw = func(cv canvas) {
		cv.Shared("position-"+string(k), func(cv canvas) {
			for i := range rows {
				for j := range cols {
					tone := s.level(s.at(k, i, j)).Tone
					x, y := float64(j)*c, float64(rows-1-i)*c
					cv.Rect(x, y, c-1, c-1, 1, tone+"pale", "")
					cv.Strokes(pattern(tone, x, y, c-1, c-1, 3.2), 0.45, tone+"hatchpale")
				}
			}
		})
		if e.Severity > 0 && e.Likelihood > 0 {
			x, y := float64(e.Likelihood-1)*c, float64(rows-e.Severity)*c
			tone := s.level(s.at(k, e.Severity-1, e.Likelihood-1)).Tone
			cv.Rect(x, y, c-1, c-1, 1, tone, "ink")
			cv.Circle(x+(c-1)/2, y+(c-1)/2, 3.4, "paper", "ink", 1.1)
			return
		}
		// One axis known: the row or column that it can be in.
		switch {
		case e.Severity > 0:
			cv.Rect(0.5, float64(rows-e.Severity)*c, float64(cols)*c-2, c-1, 1, "", "unk")
		case e.Likelihood > 0:
			cv.Rect(float64(e.Likelihood-1)*c, 0.5, c-1, float64(rows)*c-2, 1, "", "unk")
		}
		cv.Circle(float64(cols)*c/2-0.5, float64(rows)*c/2-0.5, 8, "unkwash", "unk", 1)
		cv.Text(float64(cols)*c/2-0.5, float64(rows)*c/2+3.4, 11, 0, true, "unk", "?")
	}
	return f, true
}

func orUnknownStep(n int) string {
	if n == 0 {
		return "unknown"
	}
	return fmt.Sprint(n)
}

// barPart is a part of a bar.
type barPart struct {
	Label     string
	N         int
	Fill, Ink string
}

// barFigure draws parts of a whole as one bar with its legend under it.
func barFigure(title string, parts []barPart) figure {
	const w, h = 520.0, 16.0
	total := 0
	alt := title + ":"
	for _, p := range parts {
		total += p.N
		alt += fmt.Sprintf(" %s %s;", group(p.N), p.Label)
	}
	f := figure{Alt: strings.TrimSuffix(alt, ";") + ".", W: w, H: h + 4 + 12*float64(len(parts))}
	f.Draw = func(cv canvas) {
		x := 0.0
		for i, p := range parts {
			y := h + 12 + 12*float64(i)
			cv.Rect(0, y-7, 9, 9, 1.5, p.Fill, "edge")
			cv.Strokes(pattern(p.Fill, 0, y-7, 9, 9, 3), 0.5, p.Fill+"hatch")
			cv.Text(14, y, 8.6, -1, true, "ink", group(p.N))
			cv.Text(48, y, 8.6, -1, false, "ink2", p.Label)
			if total == 0 || p.N == 0 {
				continue
			}
			pw := w * float64(p.N) / float64(total)
			cv.Rect(x, 0, pw, h, 0, p.Fill, "edge")
			cv.Strokes(pattern(p.Fill, x, 0, pw, h, 3.6), 0.5, p.Fill+"hatch")
			x += pw
		}
	}
	return f
}
