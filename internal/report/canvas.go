package report

// A canvas is what pictures are drawn on. Lengths are in the picture's own
// units, with the origin at the top left; the back ends scale. Colours are
// names of the palette, so that screen (light and dark) and print agree.
// The back ends are svgCanvas and pdfCanvas.
type canvas interface {
	// Rect draws a rectangle with corners of radius r.
	Rect(x, y, w, h, r float64, fill, stroke string)
	// Strokes draws line segments in one colour.
	Strokes(segments []segment, width float64, ink string)
	// Circle draws a disc with an outline.
	Circle(x, y, r float64, fill, stroke string, width float64)
	// Text writes one line with its baseline at y. Anchor is -1 (x is the
	// start), 0 (the middle) or 1 (the end).
	Text(x, y, size float64, anchor int, strong bool, ink, s string)
	// Shared draws something that many pictures have in common; back ends
	// that can keep it once under its name do.
	Shared(name string, draw func(canvas))
}

// segment is a line from (X1, Y1) to (X2, Y2).
type segment struct{ X1, Y1, X2, Y2 float64 }

// A figure is a picture of W × H units with a text for those who cannot see
// it and a caption above.
type figure struct {
	Title string
	Note  string
	Alt   string
	W, H  float64
	Draw  func(canvas)
	// Width is the width in print in millimetres; 0 is all there is.
	Width float64
}

// rgb is a colour.
type rgb struct{ R, G, B int }

// ink is a colour of the palette, on light and on dark ground. Print is light.
type ink struct{ Light, Dark rgb }

// palette names the colours. Levels have the tones L, M, H and U, what is
// unknown Q; each has its ink, its hatch and both in pale.
var palette = map[string]ink{
	"ink":        {rgb{29, 33, 40}, rgb{234, 233, 230}},
	"ink2":       {rgb{75, 80, 89}, rgb{177, 180, 187}},
	"ink3":       {rgb{98, 102, 110}, rgb{150, 154, 161}},
	"paper":      {rgb{255, 255, 255}, rgb{23, 26, 30}},
	"sunken":     {rgb{243, 242, 238}, rgb{18, 20, 24}},
	"line":       {rgb{227, 226, 221}, rgb{43, 46, 51}},
	"rim":        {rgb{193, 196, 201}, rgb{67, 70, 77}},
	"edge":       {rgb{127, 131, 139}, rgb{113, 117, 124}},
	"accent":     {rgb{32, 85, 172}, rgb{134, 181, 245}},
	"accentwash": {rgb{232, 241, 254}, rgb{28, 42, 66}},
	"bad":        {rgb{181, 31, 31}, rgb{250, 136, 128}},
	"badwash":    {rgb{255, 238, 236}, rgb{60, 28, 26}},
	"warn":       {rgb{135, 80, 9}, rgb{232, 182, 101}},
	"warnwash":   {rgb{254, 243, 221}, rgb{52, 38, 18}},
	"good":       {rgb{19, 105, 73}, rgb{115, 203, 161}},
	"goodwash":   {rgb{230, 247, 239}, rgb{22, 42, 34}},
	"unk":        {rgb{116, 67, 153}, rgb{204, 167, 237}},
	"unkwash":    {rgb{247, 240, 253}, rgb{47, 34, 57}},
	"L":          {rgb{213, 244, 229}, rgb{27, 53, 44}},
	"Link":       {rgb{15, 63, 46}, rgb{186, 227, 207}},
	"M":          {rgb{240, 223, 140}, rgb{89, 74, 25}},
	"Mink":       {rgb{65, 48, 7}, rgb{252, 247, 225}},
	"H":          {rgb{250, 164, 83}, rgb{156, 88, 34}},
	"Hink":       {rgb{56, 23, 3}, rgb{255, 255, 255}},
	"U":          {rgb{195, 35, 36}, rgb{228, 60, 59}},
	"Uink":       {rgb{255, 255, 255}, rgb{17, 3, 3}},
	"Q":          {rgb{247, 240, 253}, rgb{47, 34, 57}},
	"Qink":       {rgb{116, 67, 153}, rgb{204, 167, 237}},
	"Lpale":      {rgb{232, 249, 241}, rgb{25, 42, 38}},
	"Lhatch":     {rgb{138, 175, 159}, rgb{87, 119, 106}},
	"Lhatchpale": {rgb{169, 204, 189}, rgb{62, 91, 80}},
	"Mpale":      {rgb{247, 237, 192}, rgb{63, 55, 27}},
	"Mhatch":     {rgb{174, 156, 89}, rgb{151, 140, 101}},
	"Mhatchpale": {rgb{202, 184, 111}, rgb{125, 112, 69}},
	"Hpale":      {rgb{252, 205, 160}, rgb{103, 63, 32}},
	"Hhatch":     {rgb{176, 110, 53}, rgb{194, 151, 118}},
	"Hhatchpale": {rgb{207, 133, 65}, rgb{178, 125, 83}},
	"Upale":      {rgb{222, 134, 135}, rgb{146, 46, 47}},
	"Uhatch":     {rgb{218, 119, 119}, rgb{148, 38, 38}},
	"Uhatchpale": {rgb{207, 79, 80}, rgb{187, 53, 53}},
	"Qpale":      {rgb{251, 247, 254}, rgb{37, 31, 46}},
	"Qhatch":     {rgb{197, 174, 215}, rgb{107, 85, 125}},
	"Qhatchpale": {rgb{218, 202, 231}, rgb{82, 63, 97}},
}

// pattern returns the strokes that mark a level's tone inside a rectangle, so
// that levels can be told apart without colour: M has lines, H slants, U a
// lattice.
func pattern(tone string, x, y, w, h, gap float64) []segment {
	var out []segment
	switch tone {
	case "M":
		for d := gap / 2; d < h; d += gap {
			out = append(out, segment{x, y + d, x + w, y + d})
		}
	case "H":
		out = slant(out, x, y, w, h, gap*1.4, false)
	case "U":
		out = slant(out, x, y, w, h, gap*1.6, false)
		out = slant(out, x, y, w, h, gap*1.6, true)
	}
	return out
}

// slant appends diagonals clipped to a rectangle, rising or, mirrored, falling.
func slant(out []segment, x, y, w, h, gap float64, mirror bool) []segment {
	for d := gap / 2; d < w+h; d += gap {
		// the line u + v = d, u from the left, v from the bottom up
		u1, u2 := max(0, d-h), min(w, d)
		s := segment{x + u1, y + d - u1, x + u2, y + d - u2}
		if mirror {
			s.X1, s.X2 = x+w-u1, x+w-u2
		}
		out = append(out, s)
	}
	return out
}
