package report

import (
	"strings"
	"sync"

	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// A face is one of the fonts of the PDF: the Go fonts, which have Latin, Greek
// and Cyrillic. Its widths also break lines in pictures on screen, where the
// system's font is set and as a rule a little narrower.
type face struct {
	Family string // its name in the PDF
	TTF    []byte
	width  [1 << 16]uint16 // per rune of the BMP in 1/1000 em; 0: no glyph
}

// faces are read once, when they are first needed.
var faces = sync.OnceValue(func() (f struct{ regular, bold, mono *face }) {
	f.regular = newFace("go", goregular.TTF)
	f.bold = newFace("gobold", gobold.TTF)
	f.mono = newFace("gomono", gomono.TTF)
	return f
})

func newFace(family string, ttf []byte) *face {
	f := &face{Family: family, TTF: ttf}
	font, err := sfnt.Parse(ttf)
	if err != nil {
		panic("report: embedded font: " + err.Error())
	}
	var buf sfnt.Buffer
	em := font.UnitsPerEm()
	for r := rune(' '); r < 1<<16; r++ {
		g, err := font.GlyphIndex(&buf, r)
		if err != nil || g == 0 {
			continue
		}
		w, err := font.GlyphAdvance(&buf, g, fixed.I(int(em)), 0)
		if err == nil {
			f.width[r] = uint16(int64(w) * 1000 / 64 / int64(em))
		}
	}
	return f
}

// substitute stands for a character that the PDF's fonts do not have.
const substitute = '\uFFFD'

// has reports whether the face has a glyph for r.
func (f *face) has(r rune) bool { return r >= 0 && r < 1<<16 && f.width[r] != 0 }

// measure is the width of s at a size of 1.
func (f *face) measure(s string) float64 {
	n := 0
	for _, r := range s {
		if f.has(r) {
			n += int(f.width[r])
		} else {
			n += int(f.width[substitute])
		}
	}
	return float64(n) / 1000
}

// wrapUnits breaks s into at most n lines of a width, for pictures. What does
// not fit ends with "…"; the text stands in full elsewhere.
func wrapUnits(s string, size, width float64, n int) []string {
	var out []string
	f := faces().regular
	line := ""
	for _, word := range strings.Fields(s) {
		next := word
		if line != "" {
			next = line + " " + word
		}
		if line == "" || f.measure(next)*size <= width {
			line = next
			continue
		}
		if len(out) == n-1 {
			line += " …"
			break
		}
		out = append(out, line)
		line = word
	}
	if line != "" {
		out = append(out, line)
	}
	return out
}
