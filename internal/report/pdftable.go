package report

// Measures of tables. A row that is taller than tallRow may go on on the next
// page, others move there whole.
const (
	tallRow  = 55.0
	cellPadX = 1.3
	cellPadY = 1.1
)

// printedCell is a cell laid out.
type printedCell struct {
	lines []textLine
	st    style
	dx    float64 // of the text, where a picture stands before it
	fig   *figure
	figW  float64
	figH  float64
}

// printedTable is a table with the widths of its columns.
type printedTable struct {
	*table
	st    style
	x, w  []float64
	pad   float64 // above and below the text of a cell
	head  []printedCell
	headH float64
}

func (p *printer) prepare(t *table) *printedTable {
	pt := &printedTable{table: t, st: style{8.4, 4.1, faces().regular, "ink"}, pad: cellPadY}
	if t.Compact {
		pt.st = style{7.7, 3.7, faces().regular, "ink"}
	}
	if t.Tight {
		pt.st, pt.pad = style{7.4, 3.4, faces().regular, "ink"}, 0.6
	}
	sum := 0.0
	for _, c := range t.Cols {
		sum += c.Width
	}
	x := left
	headLines := 1
	for _, c := range t.Cols {
		w := c.Width / sum * bodyW
		pt.x, pt.w = append(pt.x, x), append(pt.w, w)
		x += w
		ls := p.layout(rich{{Text: c.Head, Kind: dim}}, p.headStyle(), w-2*cellPadX)
		headLines = max(headLines, len(ls))
		pt.head = append(pt.head, printedCell{lines: ls})
	}
	pt.headH = float64(headLines)*p.headStyle().lead + 2*pt.pad + 0.6
	return pt
}

// fineStyle is how a cell is set that is for who wants to check.
func fineStyle() style { return style{6.6, 2.8, faces().regular, "ink2"} }

func (p *printer) headStyle() style { return style{7.4, 3.5, faces().bold, "ink2"} }

func (p *printer) row(pt *printedTable, r *row) ([]printedCell, float64) {
	cells := make([]printedCell, len(r.Cells))
	h := 0.0
	for i := range r.Cells {
		c, out := &r.Cells[i], &cells[i]
		st := pt.st
		if c.Fine {
			st = fineStyle()
		}
		out.st = st
		w := pt.w[i] - 2*cellPadX
		if f := c.Fig; f != nil {
			out.fig, out.figW = f, min(f.Width, w/2)
			out.figH = f.H*out.figW/f.W + 0.6
			out.dx = out.figW + 2.5
		}
		out.lines = p.layout(c.Text, st, w-out.dx)
		h = max(h, float64(len(out.lines))*st.lead, out.figH)
	}
	return cells, max(h, pt.st.lead) + 2*pt.pad
}

// tableHeight is the height of a table on one page.
func (p *printer) tableHeight(t table) float64 {
	pt := p.prepare(&t)
	h := pt.headH + 2.2
	for i := range t.Rows {
		_, rh := p.row(pt, &t.Rows[i])
		h += rh
	}
	if t.More != "" {
		h += 1 + smallStyle().lead*float64(len(p.layout(txt(t.More), smallStyle(), bodyW)))
	}
	return h
}

// tableLeast is the height of a table's header with its first row.
func (p *printer) tableLeast(t table) float64 {
	pt := p.prepare(&t)
	h := pt.headH + 3
	for i := range t.Rows[:min(len(t.Rows), 2)] {
		_, rh := p.row(pt, &t.Rows[i])
		h += rh
	}
	return min(h, 90)
}

func (p *printer) tableHead(pt *printedTable) {
	p.rule(left, p.y, bodyW, "edge", 0.3)
	st := p.headStyle()
	for i := range pt.head {
		y := p.y + pt.headH - pt.pad - 0.3 - float64(len(pt.head[i].lines))*st.lead
		for _, l := range pt.head[i].lines {
			p.line(l, pt.x[i]+cellPadX, y, st.size, st.lead, pt.w[i]-2*cellPadX, pt.Cols[i].Right)
			y += st.lead
		}
	}
	p.y += pt.headH
	p.rule(left, p.y, bodyW, "edge", 0.2)
}

// table sets a table; its header is repeated on every page that it reaches.
func (p *printer) table(t table) {
	pt := p.prepare(&t)
	p.need(p.tableLeast(t))
	p.tableHead(pt)
	for i := range t.Rows {
		cells, h := p.row(pt, &t.Rows[i])
		room := bodyEnd - p.y
		if h > room && (h <= tallRow || room < 35) {
			p.page()
			p.tableHead(pt)
		}
		p.anchor(t.Rows[i].ID)
		p.cells(pt, cells, h)
	}
	if t.More != "" {
		p.need(6)
		p.y += 1
		p.lines(p.layout(txt(t.More), smallStyle(), bodyW), left+cellPadX, smallStyle().size, smallStyle().lead, bodyW, false)
	}
	p.y += 2.2
}

// cells draws one row. A row that is taller than what is left goes on, line by
// line, on the next page.
func (p *printer) cells(pt *printedTable, cells []printedCell, h float64) {
	for {
		room := bodyEnd - p.y
		rest := make([]printedCell, len(cells))
		more := false
		for i, c := range cells {
			y := p.y + pt.pad
			if c.fig != nil {
				c.fig.Draw(&pdfCanvas{p: p, x: pt.x[i] + cellPadX, y: y, k: c.figW / c.fig.W})
			}
			rest[i].st, rest[i].dx = c.st, c.dx
			for n, l := range c.lines {
				if h > room && y+c.st.lead > bodyEnd {
					rest[i].lines, more = c.lines[n:], true
					break
				}
				p.line(l, pt.x[i]+cellPadX+c.dx, y, c.st.size, c.st.lead, pt.w[i]-2*cellPadX-c.dx, pt.Cols[i].Right)
				y += c.st.lead
			}
		}
		if !more {
			p.y += h
			p.rule(left, p.y, bodyW, "line", 0.2)
			return
		}
		p.page()
		p.tableHead(pt)
		cells, h = rest, 0
		for _, c := range rest {
			h = max(h, float64(len(c.lines))*c.st.lead+2*pt.pad)
		}
	}
}
