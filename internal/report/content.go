package report

// A document is the content of a report, before it is HTML or PDF.
type document struct {
	Title        string
	Organization string
	AsOf         string
	Digest       string // SHA-256 of assessment.json
	Program      string
	Cover        []pair
	Sections     []section
	Scheme       *scheme
}

// A section is one numbered chapter. It begins on a new page in print when
// Page is set.
type section struct {
	No     int
	ID     string
	Title  string
	Page   bool
	Blocks []block
}

// A span is a stretch of text in one style.
type span struct {
	Text string
	Kind spanKind
	// Link is the anchor of another place in the report ("R-1f"), or an
	// http(s) address.
	Link string
	// Level is the id of a policy level ("" is unknown) when Kind is level or
	// tile. A tile's Text stands beside it.
	Level string
}

// spanKind says how a span is set.
type spanKind int

const (
	plain spanKind = iota
	bold
	dim
	mono    // identifiers
	level   // tile with the letter, then the level's name
	tile    // the tile, then Text; the level's name is for screen readers
	bad     // a fact that asks for action
	warn    // a fact that asks for care
	good    // a fact that settles something
	unknown // not known
	newline
)

// rich is a run of spans.
type rich []span

func txt(s string) rich                { return rich{{Text: s}} }
func styled(k spanKind, s string) rich { return rich{{Text: s, Kind: k}} }

// add returns r with a span more.
func (r rich) add(k spanKind, s string) rich { return append(r, span{Text: s, Kind: k}) }

// link returns r with a link more.
func (r rich) link(k spanKind, s, to string) rich {
	return append(r, span{Text: s, Kind: k, Link: to})
}

// line returns r with a line break, unless r is empty.
func (r rich) line() rich {
	if len(r) == 0 {
		return r
	}
	return append(r, span{Kind: newline})
}

// pair is a label with its value.
type pair struct {
	Label string
	Value rich
}

// A block is one piece of a section: heading, para, list, pairs, table,
// figures, chain or metrics.
type block interface{ isBlock() }

// heading opens a part of a section. Depth is 2 or 3; ID is its anchor; Tags
// stand at its end.
type heading struct {
	Depth int
	ID    string
	Text  string
	Tags  rich
	// Outline puts the heading into the PDF's bookmarks.
	Outline bool
}

// para is a paragraph. Small ones are remarks.
type para struct {
	Text  rich
	Lead  bool
	Small bool
}

// list is a list of short texts.
type list struct{ Items []rich }

// pairs is a list of labels and values.
type pairs struct {
	Rows    []pair
	Compact bool
}

// metrics is a row of figures that answer "how many".
type metrics struct{ Items []metric }

type metric struct {
	Label string
	Value string
	Note  string
	Kind  spanKind // plain, bad, warn, good, unknown
}

// table is a table with a header that is repeated over pages.
type table struct {
	Caption string // for screen readers, and the start of the "more" line
	Cols    []column
	Rows    []row
	More    string // "and 12 more: assessment.xlsx, sheet Findings"
	Compact bool   // small text, for long lists
	Tight   bool   // smaller still: the answer is to fit one page
	Line    bool   // on a narrow screen the cells after the first share lines
}

// column is one column of a table. Width is its share.
type column struct {
	Head  string
	Width float64
	Right bool
}

type row struct {
	ID    string // anchor
	Cells []cell
}

// cell is a cell of a table: text, with a picture before it.
type cell struct {
	Text rich
	Fig  *figure
	Fine bool // smaller and quieter: for who wants to check
}

// figures are pictures side by side.
type figures struct {
	Items  []figure
	Legend rich
}

// chain is how a hazard leads to harm, as boxes joined by arrows.
type chain struct{ Links []chainLink }

type chainLink struct {
	Cap   string
	Title string
	Lines []string
	Harm  bool
}

func (heading) isBlock() {}
func (para) isBlock()    {}
func (list) isBlock()    {}
func (pairs) isBlock()   {}
func (metrics) isBlock() {}
func (table) isBlock()   {}
func (figures) isBlock() {}
func (chain) isBlock()   {}
