package report

// Text styles of print.
func bodyStyle() style  { return style{9, 4.5, faces().regular, "ink"} }
func leadStyle() style  { return style{10.5, 5.2, faces().regular, "ink"} }
func smallStyle() style { return style{7.8, 3.9, faces().regular, "ink2"} }

// text writes a string with its baseline at y.
func (p *printer) text(x, y, size float64, f *face, ink, s string) {
	if s == "" {
		return
	}
	if f == faces().mono {
		size *= monoScale
	}
	if p.font != f || p.fontSize != size {
		p.f.SetFont(f.Family, "", size)
		p.font, p.fontSize = f, size
	}
	if p.drawn != ink {
		c := palette[ink].Light
		p.f.SetTextColor(c.R, c.G, c.B)
		p.drawn = ink
	}
	p.f.Text(x, y, s)
}

// rule draws a horizontal line.
func (p *printer) rule(x, y, w float64, ink string, width float64) {
	c := palette[ink].Light
	p.f.SetDrawColor(c.R, c.G, c.B)
	p.f.SetLineWidth(width)
	p.f.Line(x, y, x+w, y)
}

// lines writes lines from p.y down; with flush they end at the right.
func (p *printer) lines(ls []textLine, x, size, lead, width float64, flush bool) {
	for _, l := range ls {
		p.line(l, x, p.y, size, lead, width, flush)
		p.y += lead
	}
}

// line writes one line whose box begins at y.
func (p *printer) line(l textLine, x, y, size, lead, width float64, flush bool) {
	if flush {
		x += width - l.w
	}
	base := y + lead/2 + size*point*0.36
	for _, r := range l.runs {
		rx := x + r.x
		if r.level != nil {
			p.tile(r.level, rx, base, size)
			rx += tileWidth(size) + 1.2
		}
		p.text(rx, base, size, r.face, r.ink, r.text)
		switch {
		case r.link == "":
		case outside(r.link):
			p.f.LinkString(rx, y, r.w, lead, r.link)
		case p.anchors[r.link]:
			p.f.Link(rx, y, r.w, lead, p.link(r.link))
		}
	}
}

// tile draws a level's letter on its tone with its pattern.
func (p *printer) tile(l *levelStyle, x, base, size float64) {
	w, h := tileWidth(size), size*point*1.12
	y := base - size*point*0.91
	c := &pdfCanvas{p: p, x: x, y: y, k: 1}
	strip := w * 0.3
	edge := ""
	if l.Tone == "Q" {
		edge = "unk"
	}
	c.Rect(0, 0, w, h, 0.4, l.Tone, edge)
	if l.Tone != "Q" {
		c.Strokes(pattern(l.Tone, w-strip, 0, strip, h, 0.7), 0.14, l.Tone+"ink")
	} else {
		strip = 0
	}
	lw := faces().bold.measure(l.Letter) * size * 0.88 * point
	p.text(x+(w-strip-lw)/2, base-size*point*0.03, size*0.88, faces().bold, l.Tone+"ink", l.Letter)
}

// blocks sets blocks one after the other.
func (p *printer) blocks(bs []block) {
	for i, b := range bs {
		switch b := b.(type) {
		case heading:
			p.heading(b, bs[i+1:])
		case para:
			p.para(b)
		case list:
			p.list(b)
		case pairs:
			p.need(12)
			p.pairs(b)
		case metrics:
			p.metrics(b)
		case table:
			p.table(b)
		case figures:
			p.figures(b)
		case chain:
			p.chain(b)
		}
	}
}

// heading sets a heading so that it does not stand alone at the foot of a page.
func (p *printer) heading(h heading, next []block) {
	st, before, after := style{9, 4.4, faces().bold, "ink"}, 3.0, 0.8
	if h.Depth == 2 {
		st, before, after = style{11.5, 5.4, faces().bold, "ink"}, 5.0, 1.4
	}
	if len(h.Tags) > 0 {
		before = 8
	}
	ls := p.layout(txt(h.Text), st, bodyW)
	hh := before + float64(len(ls))*st.lead + after
	if len(h.Tags) > 0 {
		hh += 4.6
	}
	least := p.least(next, len(h.Tags) > 0)
	if len(h.Tags) > 0 {
		// A risk that fits on one page is not torn.
		if whole := p.sheetHeight(next); hh+whole <= bodyEnd-top {
			least = whole
		}
	}
	p.need(hh + least)
	if p.y > top {
		p.y += before
		if len(h.Tags) > 0 {
			p.rule(left, p.y-3.5, bodyW, "edge", 0.25)
		}
	}
	p.anchor(h.ID)
	if h.Outline {
		p.f.Bookmark(p.printable(h.Text, faces().regular), 1, p.y)
	}
	p.lines(ls, left, st.size, st.lead, bodyW, false)
	if len(h.Tags) > 0 {
		p.y += 0.6
		p.lines(p.layout(h.Tags, style{8, 4.4, faces().regular, "ink"}, bodyW), left, 8, 4.4, bodyW, false)
	}
	p.y += after
}

// least is how much of the next blocks must stand on a heading's page. A risk
// keeps its facts, its chain and its evaluations together.
func (p *printer) least(next []block, whole bool) float64 {
	if len(next) == 0 {
		return 0
	}
	switch b := next[0].(type) {
	case heading:
		return 14 + p.least(next[1:], false)
	case pairs:
		h := p.pairsHeight(b)
		if whole {
			h += p.least(next[1:], false)
		}
		return h
	case chain:
		h := p.chainHeight(b) + 8
		if len(next) > 1 {
			if t, ok := next[1].(table); ok {
				h += p.tableLeast(t)
			}
		}
		return h
	case figures:
		return 60
	case para:
		h := float64(len(p.layout(b.Text, bodyStyle(), bodyW-12)))*bodyStyle().lead + 2
		if len(next) > 1 {
			if t, ok := next[1].(table); ok {
				h += p.tableLeast(t)
			}
		}
		return h
	case table:
		return p.tableLeast(b)
	}
	return 10
}

// sheetHeight is the height of what follows a risk's heading, up to the next
// heading.
func (p *printer) sheetHeight(next []block) float64 {
	h := 0.0
	for _, b := range next {
		switch b := b.(type) {
		case heading:
			return h
		case pairs:
			h += p.pairsHeight(b)
		case chain:
			h += p.chainHeight(b) + 4
		case table:
			h += p.tableHeight(b)
		default:
			h += 7
		}
	}
	return h
}

func (p *printer) para(b para) {
	st := bodyStyle()
	if b.Lead {
		st = leadStyle()
	}
	if b.Small {
		st = smallStyle()
	}
	ls := p.layout(b.Text, st, bodyW-12)
	for i, l := range ls {
		// no single line of a paragraph at the foot or the head of a page
		keep := 1
		if i == 0 || i == len(ls)-2 {
			keep = min(2, len(ls)-i)
		}
		p.need(float64(keep) * st.lead)
		p.line(l, left, p.y, st.size, st.lead, bodyW, false)
		p.y += st.lead
	}
	p.y += 2
}

func (p *printer) list(b list) {
	st := bodyStyle()
	for _, it := range b.Items {
		ls := p.layout(it, st, bodyW-16)
		p.need(min(float64(len(ls)), 4) * st.lead)
		p.text(left, p.y+st.lead/2+st.size*point*0.36, st.size, faces().regular, "ink3", "–")
		for _, l := range ls {
			p.need(st.lead)
			p.line(l, left+4, p.y, st.size, st.lead, bodyW, false)
			p.y += st.lead
		}
		p.y += 0.8
	}
	p.y += 1
}

// labelW is the width of labels in pairs.
const labelW = 28.0

func (b pairs) style() style {
	if b.Compact {
		return style{8.2, 4, faces().regular, "ink"}
	}
	return bodyStyle()
}

// gap is the space after a row of pairs.
func (b pairs) gap() float64 {
	if b.Compact {
		return 0.4
	}
	return 0.9
}

func (p *printer) pairsHeight(b pairs) float64 {
	st, h := b.style(), 2.0
	for _, r := range b.Rows {
		h += float64(max(1, len(p.layout(r.Value, st, bodyW-labelW))))*st.lead + b.gap()
	}
	return h
}

func (p *printer) pairs(b pairs) {
	st := b.style()
	for _, r := range b.Rows {
		ls := p.layout(r.Value, st, bodyW-labelW)
		p.need(min(float64(len(ls)), 6) * st.lead)
		p.text(left, p.y+st.lead/2+st.size*point*0.36, st.size, faces().regular, "ink3", r.Label)
		if len(ls) == 0 {
			p.y += st.lead
		}
		for _, l := range ls {
			p.need(st.lead)
			p.line(l, left+labelW, p.y, st.size, st.lead, bodyW-labelW, false)
			p.y += st.lead
		}
		p.y += b.gap()
	}
	p.y += 1.1
}

func (p *printer) metrics(b metrics) {
	const h = 17.5
	p.need(h + 4)
	w := bodyW / float64(len(b.Items))
	c := &pdfCanvas{p: p, x: left, y: p.y, k: 1}
	for i, m := range b.Items {
		x := float64(i) * w
		ink := "ink"
		switch m.Kind {
		case bad:
			ink = "bad"
		case warn:
			ink = "warn"
		case unknown:
			ink = "unk"
			c.Rect(x, 0, w, h, 0, "unkwash", "")
		}
		p.text(left+x+2.5, p.y+4.6, 7.4, faces().regular, "ink", m.Label)
		p.text(left+x+2.5, p.y+11.4, 17, faces().bold, ink, m.Value)
		p.text(left+x+2.5, p.y+15.4, 6.6, faces().regular, "ink2", m.Note)
		if i > 0 {
			c.Strokes([]segment{{x, 0, x, h}}, 0.2, "line")
		}
	}
	c.Rect(0, 0, bodyW, h, 1.2, "", "rim")
	p.y += h + 3
}

// figures sets pictures side by side.
func (p *printer) figures(b figures) {
	if len(b.Items) == 0 {
		return
	}
	const gap = 6.0
	w := (bodyW - gap*float64(len(b.Items)-1)) / float64(len(b.Items))
	h := 0.0
	titled := false
	for i := range b.Items {
		h = max(h, b.Items[i].H*w/b.Items[i].W)
		titled = titled || b.Items[i].Title != ""
	}
	legend := p.layout(b.Legend, smallStyle(), bodyW)
	head := 0.0
	if titled {
		head = 6
	}
	p.need(head + h + 3 + float64(len(legend))*4)
	p.y += 1
	for i := range b.Items {
		f := &b.Items[i]
		x := left + float64(i)*(w+gap)
		if f.Title != "" {
			p.text(x, p.y+3.2, 9, faces().bold, "ink", f.Title)
			p.text(x+faces().bold.measure(f.Title)*9*point+2, p.y+3.2, 7.2, faces().regular, "ink2", f.Note)
		}
		f.Draw(&pdfCanvas{p: p, x: x, y: p.y + head, k: w / f.W})
	}
	p.y += head + h + 1.5
	p.lines(legend, left, smallStyle().size, 4.2, bodyW, false)
	p.y += 2
}

// Measures of chains: four boxes joined by arrows.
const (
	chainGap = 6.0
	chainPad = 2.2
)

// chainLines breaks the texts of a box.
func (p *printer) chainLines(l chainLink, w float64) []textLine {
	var out []textLine
	if l.Title != "" {
		out = p.layout(styled(bold, l.Title), chainStyle(), w)
	}
	for _, s := range l.Lines {
		out = append(out, p.layout(txt(s), chainStyle(), w)...)
	}
	return out
}

func chainStyle() style { return style{7.4, 3.3, faces().regular, "ink"} }

// chainWidths shares the width of the body out among the boxes: the sequence
// of events, the second, has most to say.
func chainWidths(b chain) []float64 {
	w, sum := make([]float64, len(b.Links)), 0.0
	for i := range w {
		w[i] = 1
		if len(w) == 4 {
			w[i] = [...]float64{1, 1.75, 1.15, 0.75}[i]
		}
		sum += w[i]
	}
	room := bodyW - chainGap*float64(len(w)-1)
	for i := range w {
		w[i] *= room / sum
	}
	return w
}

func (p *printer) chainHeight(b chain) float64 {
	n, w := 0, chainWidths(b)
	for i, l := range b.Links {
		n = max(n, len(p.chainLines(l, w[i]-2*chainPad)))
	}
	return float64(n)*chainStyle().lead + 7.2
}

func (p *printer) chain(b chain) {
	h, ws := p.chainHeight(b), chainWidths(b)
	p.need(h + 4)
	p.y += 1
	st := chainStyle()
	x := left
	for i, l := range b.Links {
		w := ws[i]
		c := &pdfCanvas{p: p, x: x, y: p.y, k: 1}
		if l.Harm {
			c.Rect(0, 0, w, h, 1.2, "badwash", "bad")
		} else {
			c.Rect(0, 0, w, h, 1.2, "paper", "rim")
		}
		p.text(x+chainPad, p.y+4.2, 7, faces().regular, "ink3", l.Cap)
		y := p.y + 5.8
		for _, ln := range p.chainLines(l, w-2*chainPad) {
			p.line(ln, x+chainPad, y, st.size, st.lead, w, false)
			y += st.lead
		}
		if i < len(b.Links)-1 {
			m := h / 2
			c.Strokes([]segment{{w + 0.6, m, w + chainGap - 0.8, m}, {w + chainGap - 2.2, m - 1.1, w + chainGap - 0.8, m}, {w + chainGap - 2.2, m + 1.1, w + chainGap - 0.8, m}}, 0.35, "edge")
		}
		x += w + chainGap
	}
	p.y += h + 3
}
