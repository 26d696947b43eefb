package report

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Print is measured in millimetres; a point is this many.
const point = 25.4 / 72

// run is a stretch of one line in one style, x from the line's start.
type run struct {
	x, w  float64
	text  string
	face  *face
	ink   string
	link  string
	level *levelStyle // the tile of this level, drawn before text
}

// textLine is one line of runs with its width.
type textLine struct {
	runs []run
	w    float64
}

// style is how plain text of a place is set.
type style struct {
	size float64 // points
	lead float64 // line height in millimetres
	face *face
	ink  string
}

// tileWidth is the width of a level's tile at a size in points.
func tileWidth(size float64) float64 { return size * point * 1.75 }

// spanStyle gives the face and ink of a span.
func spanStyle(s span, st style) (*face, string) {
	f := faces()
	switch s.Kind {
	case bold:
		return f.bold, st.ink
	case dim:
		return st.face, "ink2"
	case mono:
		return f.mono, "ink2"
	case bad:
		return f.bold, "bad"
	case warn:
		return st.face, "warn"
	case good:
		return st.face, "good"
	case unknown:
		return st.face, "unk"
	}
	return st.face, st.ink
}

// breaker lays rich text out in lines.
type breaker struct {
	st    style
	width float64
	lines []textLine
	cur   textLine
	space int // spaces that are due before the next word
}

// layout breaks rich text into lines that are no wider than width: at spaces,
// and words that are too long by themselves after a separator or anywhere.
func (p *printer) layout(r rich, st style, width float64) []textLine {
	if len(r) == 0 {
		return nil
	}
	b := &breaker{st: st, width: width}
	for _, s := range r {
		if s.Kind == newline {
			b.flush()
			continue
		}
		f, ink := spanStyle(s, st)
		if s.Link != "" {
			ink = "accent"
		}
		if s.Kind == level || s.Kind == tile {
			l := p.doc.Scheme.level(s.Level)
			label := s.Text
			if s.Kind == level {
				label = l.Name
			}
			b.tile(&l, p.printable(label, f), f)
			continue
		}
		b.words(p.printable(s.Text, f), f, ink, s.Link)
	}
	b.flush()
	return b.lines
}

func (b *breaker) flush() {
	b.lines = append(b.lines, b.cur)
	b.cur, b.space = textLine{}, 0
}

// mm is the width of s in a face at the breaker's size.
func (b *breaker) mm(f *face, s string) float64 {
	size := b.st.size
	if f == faces().mono {
		size *= monoScale
	}
	return f.measure(s) * size * point
}

// monoScale makes the wide mono face agree with the others.
const monoScale = 0.86

func (b *breaker) tile(l *levelStyle, label string, f *face) {
	w := tileWidth(b.st.size)
	if label != "" {
		w += 1.2 + b.mm(f, label)
	}
	if b.cur.w > 0 {
		b.cur.w += float64(b.space) * b.mm(f, " ")
	}
	b.space = 0
	if b.cur.w > 0 && b.cur.w+w > b.width {
		b.flush()
	}
	b.cur.runs = append(b.cur.runs, run{x: b.cur.w, w: w, face: f, ink: b.st.ink, level: l, text: label})
	b.cur.w += w
}

func (b *breaker) words(s string, f *face, ink, link string) {
	for len(s) > 0 {
		i := strings.IndexByte(s, ' ')
		switch {
		case i == 0:
			b.space++
			s = s[1:]
			continue
		case i < 0:
			i = len(s)
		}
		b.word(s[:i], f, ink, link)
		s = s[i:]
	}
}

// word sets one word, on the next line where it does not fit on this one.
func (b *breaker) word(w string, f *face, ink, link string) {
	width, gap := b.mm(f, w), 0.0
	if b.cur.w > 0 {
		gap = float64(b.space) * b.mm(f, " ")
	}
	if b.cur.w+gap+width <= b.width {
		b.put(w, width, gap, f, ink, link)
		return
	}
	if width <= b.width {
		// A word that goes on without a space from the run before may break here.
		b.flush()
		b.put(w, width, 0, f, ink, link)
		return
	}
	// Too long for any line: start on this one if there is room for a part of it.
	room := b.width - b.cur.w - gap
	if room < b.width*0.4 {
		b.flush()
		room, gap = b.width, 0
	}
	n := b.fit(w, f, room)
	b.put(w[:n], b.mm(f, w[:n]), gap, f, ink, link)
	b.flush()
	b.word(w[n:], f, ink, link)
}

// fit is how many bytes of a word fit into room, breaking after a separator
// where one stands in the second half.
func (b *breaker) fit(w string, f *face, room float64) int {
	sum, last, end := 0.0, 0, 0
	for i, r := range w {
		sum += b.mm(f, string(r))
		if sum > room && i > 0 {
			break
		}
		end = i + len(string(r))
		if strings.ContainsRune("/-_.:@?&=!,;#+", r) {
			last = end
		}
	}
	if last > end/2 && last < len(w) {
		return last
	}
	return end
}

// put adds text to the line, to the run before where the style is the same.
func (b *breaker) put(s string, w, gap float64, f *face, ink, link string) {
	if n := len(b.cur.runs); n > 0 {
		l := &b.cur.runs[n-1]
		if l.level == nil && l.face == f && l.ink == ink && l.link == link {
			if gap > 0 {
				l.text += strings.Repeat(" ", b.space)
			}
			l.text += s
			l.w += gap + w
			b.cur.w += gap + w
			b.space = 0
			return
		}
	}
	b.cur.runs = append(b.cur.runs, run{x: b.cur.w + gap, w: w, text: s, face: f, ink: ink, link: link})
	b.cur.w += gap + w
	b.space = 0
}

// printable composes what was decomposed, turns control characters into
// spaces and puts a visible substitute for what the face cannot show.
func (p *printer) printable(s string, f *face) string {
	plain := true
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' || s[i] > '~' {
			plain = false
			break
		}
	}
	if plain {
		return s
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case r == '\u2011':
			return '-'
		case r == '\u202f' || r == '\u2009':
			return '\u00a0'
		case unicode.IsControl(r) || r == '\u200b' || r == '\u00ad' || r == '\ufeff':
			return -1
		case f.has(r):
			return r
		}
		p.lost[r]++
		return substitute
	}, norm.NFC.String(s))
}
