package report

// pdfCanvas draws on a page, with the picture's origin at (x, y) and k
// millimetres to a unit.
type pdfCanvas struct {
	p       *printer
	x, y, k float64
}

// hairline is the width of outlines in millimetres.
const hairline = 0.22

// paint sets the colours of a shape and returns fpdf's word for what to do.
func (c *pdfCanvas) paint(fill, stroke string, width float64) string {
	do := ""
	if fill != "" {
		v := palette[fill].Light
		c.p.f.SetFillColor(v.R, v.G, v.B)
		c.p.drawn = "" // fpdf keeps text and fill colour apart, but compares them
		do = "F"
	}
	if stroke != "" {
		v := palette[stroke].Light
		c.p.f.SetDrawColor(v.R, v.G, v.B)
		c.p.f.SetLineWidth(width)
		do += "D"
	}
	return do
}

func (c *pdfCanvas) Rect(x, y, w, h, r float64, fill, stroke string) {
	do := c.paint(fill, stroke, hairline)
	if do == "" {
		return
	}
	if r*c.k < 0.35 {
		c.p.f.Rect(c.x+x*c.k, c.y+y*c.k, w*c.k, h*c.k, do)
		return
	}
	c.p.f.RoundedRect(c.x+x*c.k, c.y+y*c.k, w*c.k, h*c.k, r*c.k, "1234", do)
}

func (c *pdfCanvas) Strokes(segments []segment, width float64, ink string) {
	if len(segments) == 0 {
		return
	}
	c.paint("", ink, width*c.k)
	for _, s := range segments {
		c.p.f.MoveTo(c.x+s.X1*c.k, c.y+s.Y1*c.k)
		c.p.f.LineTo(c.x+s.X2*c.k, c.y+s.Y2*c.k)
	}
	c.p.f.DrawPath("D")
}

func (c *pdfCanvas) Circle(x, y, r float64, fill, stroke string, width float64) {
	c.p.f.Circle(c.x+x*c.k, c.y+y*c.k, r*c.k, c.paint(fill, stroke, width*c.k))
}

func (c *pdfCanvas) Text(x, y, size float64, anchor int, strong bool, ink, s string) {
	f := faces().regular
	if strong {
		f = faces().bold
	}
	s = c.p.printable(s, f)
	switch anchor {
	case 0:
		x -= f.measure(s) * size / 2
	case 1:
		x -= f.measure(s) * size
	}
	c.p.text(c.x+x*c.k, c.y+y*c.k, size*c.k/point, f, ink, s)
}

// Shared draws every time: a page of print has no place to keep it.
func (c *pdfCanvas) Shared(_ string, draw func(canvas)) { draw(c) }
