package report

import (
	"bytes"
	"fmt"
	"io"
	"time"

	"codeberg.org/go-pdf/fpdf"
)

// The page: A4, in millimetres.
const (
	pageW, pageH = 210.0, 297.0
	left, right  = 18.0, 18.0
	top, bottom  = 20.5, 17.0
	bodyW        = pageW - left - right
	bodyEnd      = pageH - bottom
)

// printer sets a document on pages.
type printer struct {
	f       *fpdf.Fpdf
	doc     *document
	y       float64
	links   map[string]int // anchor → link of the PDF
	anchors map[string]bool
	starts  []start
	lost    map[rune]int // characters that were substituted

	font     *face
	fontSize float64
	drawn    string // current ink of text
}

// start is where a section begins.
type start struct{ page, link int }

// PDF writes the report as a PDF. Characters outside Latin, Greek and
// Cyrillic are printed as a visible substitute, and the last page says so.
func PDF(w io.Writer, d Data) error {
	doc, err := build(d)
	if err != nil {
		return err
	}
	f := fpdf.New("P", "mm", "A4", "")
	at, ok := date(d.Assessment.At)
	if !ok {
		at = time.Unix(0, 0).UTC()
	}
	f.SetCreationDate(at)
	f.SetModificationDate(at)
	f.SetCatalogSort(true)
	f.SetProducer(doc.Program, true)
	f.SetCreator(doc.Program, true)
	f.SetTitle(doc.Title+", as of "+doc.AsOf, true)
	f.SetAuthor(doc.Organization, true)
	f.SetSubject("SHA-256 of assessment.json: "+doc.Digest, true)
	f.SetLang("en")
	f.SetMargins(0, 0, 0)
	f.SetAutoPageBreak(false, 0)
	f.SetDisplayMode("fullwidth", "default")
	for _, x := range []*face{faces().regular, faces().bold, faces().mono} {
		f.AddUTF8FontFromBytes(x.Family, "", bytes.Clone(x.TTF)) // fpdf writes into it
	}
	p := &printer{f: f, doc: doc, links: map[string]int{}, anchors: map[string]bool{}, lost: map[rune]int{}}
	p.collect()
	p.print()
	if err := f.Error(); err != nil {
		return fmt.Errorf("pdf: %w", err)
	}
	return f.Output(w)
}

// print sets the cover, the sections, and then what needs the page numbers.
// The first section, what was asked, stands on the cover, so that the answer
// is on the page after it.
func (p *printer) print() {
	p.page()
	p.cover()
	tocPage, tocY := 1, p.y
	for i, s := range p.doc.Sections {
		if s.Page {
			p.page()
		}
		p.section(s)
		if i == 0 {
			p.need(p.contentsHeight())
			tocPage, tocY = p.f.PageNo(), p.y
			p.y += p.contentsHeight()
		}
	}
	p.note()
	p.contents(tocPage, tocY)
	p.running()
}

// page begins a page.
func (p *printer) page() {
	p.f.AddPage()
	p.y = top
	p.font, p.drawn = nil, ""
}

// need begins a new page where less than h is left.
func (p *printer) need(h float64) bool {
	if p.y+h <= bodyEnd || p.y <= top {
		return false
	}
	p.page()
	return true
}

// collect finds the anchors that links may lead to.
func (p *printer) collect() {
	for _, s := range p.doc.Sections {
		for _, b := range s.Blocks {
			switch b := b.(type) {
			case heading:
				p.anchors[b.ID] = true
			case table:
				for _, r := range b.Rows {
					p.anchors[r.ID] = true
				}
			}
		}
	}
	delete(p.anchors, "")
}

// link is the PDF's link to an anchor.
func (p *printer) link(id string) int {
	n, ok := p.links[id]
	if !ok {
		n = p.f.AddLink()
		p.links[id] = n
	}
	return n
}

// anchor makes the current position the place of an anchor.
func (p *printer) anchor(id string) {
	if id != "" {
		p.f.SetLink(p.link(id), max(0, p.y-3), p.f.PageNo())
	}
}

// cover sets the head of the first page.
func (p *printer) cover() {
	org := p.doc.Organization
	if org == "" {
		org = "Wardbook"
	}
	p.y = 26
	p.lines(p.layout(rich{{Text: org, Kind: bold}}, style{11, 6, faces().bold, "accent"}, bodyW), left, 11, 6, bodyW, false)
	p.y += 1
	st := style{21, 9.5, faces().bold, "ink"}
	p.lines(p.layout(txt(p.doc.Title), st, bodyW), left, st.size, st.lead, bodyW, false)
	p.y += 6
	p.pairs(pairs{Rows: p.doc.Cover})
	p.y += 2
}

// tocLead is the height of a line of the contents, which are in two columns.
const tocLead = 6.6

// tocRows is the number of lines of a column of the contents.
func (p *printer) tocRows() int { return (len(p.doc.Sections) + 1) / 2 }

func (p *printer) contentsHeight() float64 { return 14 + float64(p.tocRows())*tocLead }

// contents fills in the list of sections with their pages.
func (p *printer) contents(page int, y float64) {
	p.f.SetPage(page)
	p.font, p.drawn = nil, ""
	p.text(left, y+8, 9, faces().bold, "ink2", "Contents")
	const gap = 8.0
	w := (bodyW - gap) / 2
	for i, s := range p.doc.Sections {
		at := p.starts[i]
		x, y := left, y+11+float64(i%p.tocRows())*tocLead
		if i >= p.tocRows() {
			x += w + gap
		}
		p.rule(x, y, w, "line", 0.2)
		p.text(x, y+4.6, 9, faces().regular, "ink3", fmt.Sprint(s.No))
		p.text(x+7, y+4.6, 9, faces().regular, "ink", s.Title)
		n := fmt.Sprint(at.page)
		p.text(x+w-faces().regular.measure(n)*9*point, y+4.6, 9, faces().regular, "ink2", n)
		p.f.Link(x, y, w, tocLead, at.link)
	}
}

// running writes the running header and the page numbers.
func (p *printer) running() {
	head := p.doc.Title
	if p.doc.Organization != "" {
		head = p.doc.Organization + "  ·  " + head
	}
	asOf := "as of " + p.doc.AsOf
	reg := faces().regular
	pages := p.f.PageCount()
	section := -1
	for n := 2; n <= pages; n++ {
		p.f.SetPage(n)
		p.font, p.drawn = nil, ""
		for section+1 < len(p.starts) && p.starts[section+1].page <= n {
			section++
		}
		p.text(left, 13, 7.5, reg, "ink3", p.printable(head, reg))
		p.text(pageW-right-reg.measure(asOf)*7.5*point, 13, 7.5, reg, "ink3", asOf)
		p.rule(left, 15, bodyW, "line", 0.2)
		foot := fmt.Sprintf("%d of %d", n, pages)
		p.text(pageW-right-reg.measure(foot)*7.5*point, pageH-10, 7.5, reg, "ink3", foot)
		if section >= 0 {
			p.text(left, pageH-10, 7.5, reg, "ink3", fmt.Sprintf("%d  %s", p.doc.Sections[section].No, p.doc.Sections[section].Title))
		}
	}
}

// note says what could not be printed.
func (p *printer) note() {
	if len(p.lost) == 0 {
		return
	}
	n := 0
	for _, c := range p.lost {
		n += c
	}
	p.para(para{Small: true, Text: txt(fmt.Sprintf("In this PDF %s that its fonts do not have are printed as %c. The HTML report and assessment.json have them.", count(n, "character", "characters"), substitute))})
}

func (p *printer) section(s section) {
	p.need(24 + p.least(s.Blocks, false))
	if p.y > top {
		p.y += 8
	}
	l := p.f.AddLink()
	p.f.SetLink(l, p.y, p.f.PageNo())
	p.starts = append(p.starts, start{p.f.PageNo(), l})
	p.rule(left, p.y, bodyW, "ink", 0.5)
	p.y += 9
	no := fmt.Sprint(s.No)
	p.text(left, p.y, 16, faces().regular, "ink3", no)
	p.f.Bookmark(no+"  "+s.Title, 0, p.y-9)
	st := style{16, 7, faces().bold, "ink"}
	p.y -= 5.4
	p.lines(p.layout(txt(s.Title), st, bodyW-9), left+9, st.size, st.lead, bodyW, false)
	p.y += 3.5
	p.blocks(s.Blocks)
}
