package report

import (
	"html/template"
	"strconv"
	"strings"
)

// svgCanvas draws into an SVG text. Colours are classes, so that the style
// sheet gives them for light, dark and print.
type svgCanvas struct {
	b      *strings.Builder
	shared map[string]bool // names that the page has already
}

// svg draws a figure as an inline SVG element.
func svg(f *figure, shared map[string]bool) template.HTML {
	var b strings.Builder
	c := &svgCanvas{b: &b, shared: shared}
	b.WriteString(`<svg class="plot" viewBox="0 0 ` + num(f.W) + " " + num(f.H) + `" role="img" aria-label="` + template.HTMLEscapeString(f.Alt) + `">`)
	f.Draw(c)
	b.WriteString("</svg>")
	return template.HTML(b.String())
}

// num writes a length with at most one decimal.
func num(v float64) string {
	return strings.TrimSuffix(strconv.FormatFloat(v, 'f', 1, 64), ".0")
}

// paint is the class attribute of a shape.
func paint(fill, stroke string) string {
	s := ` class="f-` + fill
	if fill == "" {
		s = ` class="f-none`
	}
	if stroke != "" {
		s += " s-" + stroke
	}
	return s + `"`
}

func (c *svgCanvas) Rect(x, y, w, h, r float64, fill, stroke string) {
	c.b.WriteString(`<rect x="` + num(x) + `" y="` + num(y) + `" width="` + num(w) + `" height="` + num(h) + `"`)
	if r > 0 {
		c.b.WriteString(` rx="` + num(r) + `"`)
	}
	c.b.WriteString(paint(fill, stroke) + "/>")
}

func (c *svgCanvas) Strokes(segments []segment, width float64, ink string) {
	if len(segments) == 0 {
		return
	}
	c.b.WriteString(`<path d="`)
	for _, s := range segments {
		c.b.WriteString("M" + num(s.X1) + " " + num(s.Y1) + "L" + num(s.X2) + " " + num(s.Y2))
	}
	c.b.WriteString(`" stroke-width="` + num(width) + `"` + paint("", ink) + "/>")
}

func (c *svgCanvas) Circle(x, y, r float64, fill, stroke string, width float64) {
	c.b.WriteString(`<circle cx="` + num(x) + `" cy="` + num(y) + `" r="` + num(r) + `" stroke-width="` + num(width) + `"` + paint(fill, stroke) + "/>")
}

func (c *svgCanvas) Text(x, y, size float64, anchor int, strong bool, ink, s string) {
	c.b.WriteString(`<text x="` + num(x) + `" y="` + num(y) + `" font-size="` + num(size) + `"`)
	switch anchor {
	case 0:
		c.b.WriteString(` text-anchor="middle"`)
	case 1:
		c.b.WriteString(` text-anchor="end"`)
	}
	if strong {
		c.b.WriteString(` font-weight="600"`)
	}
	c.b.WriteString(paint(ink, "") + ">" + template.HTMLEscapeString(s) + "</text>")
}

// Shared draws into the first picture that needs it; later ones refer there.
func (c *svgCanvas) Shared(name string, draw func(canvas)) {
	if c.shared[name] {
		c.b.WriteString(`<use href="#` + name + `"/>`)
		return
	}
	c.shared[name] = true
	c.b.WriteString(`<g id="` + name + `">`)
	draw(c)
	c.b.WriteString("</g>")
}
