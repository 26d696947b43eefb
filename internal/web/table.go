package web

import (
	"cmp"
	"iter"
	"net/url"
	"slices"
	"strings"
)

// A list describes one list of the server: its columns, what it can be
// filtered and sorted by, and where its rows come from. Every list of the
// server is one, so that all of them can be searched, sorted, paged, filed
// and bookmarked in the same way: the address of a page is the saved view.
//
// Rows that are in memory come as All, with Fits and Order; rows of the store
// come through Read, which sees to filter, order and page itself.
type list[T any] struct {
	Name    string // plural, for ids and the names of exported files: "devices"
	Label   string // the same for readers: "Devices"
	Search  string // what the search box looks in; empty: there is none
	Empty   string // told when nothing fits
	Columns []column[T]
	Filters []filter
	Sort    string // the order without ?sort=, as told by the columns; "-due" is descending

	ID   func(T) string // of a row; in bulk forms, and where a page begins
	Late func(T) bool   // marks rows that are overdue; nil: none is
	Bulk []bulk         // what can be done with the rows that are ticked

	All   iter.Seq[T]
	Fits  func(T) bool     // nil: every row does
	Order func(a, b T) int // without a sort, and between equal rows; nil: as All has them
	Read  func(window) (part[T], error)
}

// A column is one of a list.
type column[T any] struct {
	Head  string
	Title string // the whole name where Head is cut short
	Sub   string // name of the second line of its cells, a column of its own in files; empty: there is none
	Class string // of the design system: r, fit, nb, clip, title, ward
	Wide  int    // 1: not shown on a phone, 2: shown where there is room, 3: where there is much
	Cell  func(T) cell

	Sort    string           // name in ?sort=; empty: not offered
	Down    bool             // the first click sorts downwards, as for numbers
	Compare func(a, b T) int // of rows in memory
}

// A cell is one value: its text, and how it looks.
type cell struct {
	Text  string
	Value any    // a number or time, for files; nil: the text is the value
	Href  string // where it leads
	Look  string // id, chip, status, tile, level, clock, unknown; empty: text
	Tone  string // of the look: bad, warn, good, late, a level, a status
	Sub   *cell  // second line
	Parts []cell // instead of Text: several side by side
}

// A filter is a parameter that picks rows, and its choices.
type filter struct {
	Name, Label string
	Options     []option
	Chips       bool     // the few choices stand side by side as links, not in the form
	Linked      bool     // links set it: it is shown as a chip when it is set, and cannot be chosen here
	Show        string   // what the chip says where the value is no option
	Also        []string // parameters that go when the chip goes

	All, Value, Href string // filled in by the list
}

// An option is one choice of a filter or of a field.
type option struct {
	Value, Label string
	On           bool   // filled in
	Href         string // filled in
}

// options makes choices of values that are their own labels.
func options(values []string) []option {
	out := make([]option, 0, len(values))
	for _, v := range values {
		out = append(out, option{Value: v, Label: words(v)})
	}
	return out
}

// A bulk is something to be done with the rows that are ticked. Its form posts
// their ids as "id", "reason" where one is asked for, and the address of the
// list as "back".
type bulk struct {
	Label, Action string
	Danger        bool
	Reason        bool
}

// A window is the part of a list that is asked for: an order and a page of it.
// At most one of After and Before is set; they are what part gave.
type window struct {
	Text          string
	Sort          string
	Desc          bool
	After, Before string
	Limit         int
}

// A part is what a window shows of a list.
type part[T any] struct {
	Items []T
	Prev  string // for window.Before; empty: nothing comes before
	Next  string // for window.After; empty: nothing comes after
	Total int    // rows that fit, -1: not counted
	From  int    // rows that fit before the first item, -1: not counted
}

// A table is a list at one address, ready for the template "table".
type table struct {
	Name, Label, Search, Text, Empty string

	Path              string
	Head              []heading
	Rows              []tableRow
	Selects           []filter // in the form
	Chips             []filter // side by side
	Active            []filter // set, with the address without them
	Keep              [][2]string
	Bulk              []bulk
	Back              string
	Prev, Next, First string
	CSV, XLSX         string
	Clear             string // the list without search and filters; empty: there are none
	Total, From       int
	Tools, Foot       bool

	file string // csv or xlsx: a file is asked for
	each iter.Seq2[[]cell, error]
	subs []string // names of second lines, by column
}

type heading struct {
	Text, Title, Class, Href, Sorted string
	Wide                             int
}

type tableRow struct {
	ID    string
	Late  bool
	Open  bool // it is shown beside the list
	Cells []tableCell
}

type tableCell struct {
	cell
	Class string
	Wide  int
}

// List is the table of a view that embeds one.
func (t *table) List() *table { return t }

// First and last row that is shown, from 1.
func (t *table) FirstRow() int { return t.From + 1 }
func (t *table) LastRow() int  { return t.From + len(t.Rows) }

// Over reports whether a file would not hold all rows.
func (t *table) Over() bool { return t.Total > maxExport }

// Limit is how many rows a file holds at most.
func (t *table) Limit() int { return maxExport }

// of is the list with these rows and nothing around them, for pages that show
// some rows among other things.
func (l list[T]) of(items []T) *table {
	t := &table{Name: l.Name, Label: l.Label, Empty: l.Empty, Total: len(items)}
	for _, c := range l.Columns {
		t.Head = append(t.Head, heading{Text: c.Head, Title: c.Title, Class: c.Class, Wide: c.Wide})
	}
	t.Rows = l.rows(items)
	return t
}

func (l list[T]) rows(items []T) []tableRow {
	out := make([]tableRow, 0, len(items))
	for _, v := range items {
		r := tableRow{Late: l.Late != nil && l.Late(v)}
		if l.ID != nil {
			r.ID = l.ID(v)
		}
		for _, c := range l.Columns {
			r.Cells = append(r.Cells, tableCell{c.Cell(v), c.Class, c.Wide})
		}
		out = append(out, r)
	}
	return out
}

// show reads the page that the address of the request asks for.
func (l list[T]) show(q *request) (*table, error) {
	u := q.r.URL.Query()
	w := window{Text: strings.TrimSpace(u.Get("q")), Sort: strings.TrimPrefix(l.Sort, "-"), Desc: strings.HasPrefix(l.Sort, "-"), Limit: pageSize}
	asked := u.Get("sort")
	for _, c := range l.Columns {
		if c.Sort != "" && strings.TrimPrefix(asked, "-") == c.Sort {
			w.Sort, w.Desc = c.Sort, strings.HasPrefix(asked, "-")
		}
	}
	t := &table{
		Name: l.Name, Label: l.Label, Search: l.Search, Text: w.Text, Empty: l.Empty, Path: q.r.URL.Path,
		Bulk: l.Bulk, Back: q.r.URL.RequestURI(), Tools: l.Search != "" || len(l.Filters) > 0, Foot: true,
	}
	l.head(t, u, w)
	l.filters(t, u)
	if as := u.Get("as"); as == "csv" || as == "xlsx" {
		t.file, t.each = as, l.everyRow(w)
		return t, nil
	}
	t.CSV, t.XLSX = with(t.Path, u, "as", "csv"), with(t.Path, u, "as", "xlsx")
	w.After, w.Before = u.Get("after"), u.Get("before")
	p, err := l.read(w)
	if err != nil {
		return nil, err
	}
	t.Rows, t.Total, t.From = l.rows(p.Items), p.Total, p.From
	if !q.at.IsZero() {
		t.Bulk = nil // the past cannot be changed
	}
	if p.Prev != "" {
		t.First, t.Prev = with(t.Path, u), with(t.Path, u, "before", p.Prev)
	}
	if p.Next != "" {
		t.Next = with(t.Path, u, "after", p.Next)
	}
	return t, nil
}

// head makes the headings: a click sorts, one on the sorted column turns it.
func (l list[T]) head(t *table, u url.Values, w window) {
	for _, c := range l.Columns {
		h := heading{Text: c.Head, Title: c.Title, Class: c.Class, Wide: c.Wide}
		if c.Sort != "" {
			to, down := c.Sort, c.Down
			if c.Sort == w.Sort {
				h.Sorted, down = "ascending", true
				if w.Desc {
					h.Sorted, down = "descending", false
				}
			}
			if down {
				to = "-" + to
			}
			if to == l.Sort {
				to = ""
			}
			h.Href = with(t.Path, u, "sort", to)
		}
		t.Head = append(t.Head, h)
		t.subs = append(t.subs, c.Sub)
	}
}

func (l list[T]) filters(t *table, u url.Values) {
	inForm := map[string]bool{"q": true, "after": true, "before": true, "as": true}
	clean := []string{"q", ""}
	for _, f := range l.Filters {
		f.Value = u.Get(f.Name)
		gone := []string{f.Name, ""}
		for _, n := range f.Also {
			gone = append(gone, n, "")
		}
		clean = append(clean, gone...)
		f.Href = with(t.Path, u, gone...)
		f.Options = slices.Clone(f.Options)
		shown := f.Show
		for i := range f.Options {
			o := &f.Options[i]
			if o.On = o.Value == f.Value; o.On {
				shown = o.Label
			}
			o.Href = with(t.Path, u, f.Name, o.Value)
		}
		f.Show = cmp.Or(shown, f.Value)
		switch {
		case f.Chips:
			t.Chips = append(t.Chips, f)
		case !f.Linked:
			inForm[f.Name] = true
			t.Selects = append(t.Selects, f)
		}
		if !f.Chips && (f.Value != "" || f.Linked && shown != "") {
			t.Active = append(t.Active, f)
		}
		if f.Value != "" || f.Linked && shown != "" {
			t.Clear = " "
		}
	}
	for _, kv := range keep(u, nil) {
		if !inForm[kv[0]] {
			t.Keep = append(t.Keep, kv)
		}
	}
	if t.Clear != "" || t.Text != "" {
		t.Clear = with(t.Path, u, clean...)
	}
}

func (l list[T]) read(w window) (part[T], error) {
	if l.Read != nil {
		return l.Read(w)
	}
	compare := l.Order
	for _, c := range l.Columns {
		if c.Sort == w.Sort && c.Compare != nil {
			compare = inOrder(c.Compare, w.Desc, l.Order)
		}
	}
	return pick(l.All, w, compare, l.Fits, l.ID), nil
}

// inOrder compares by one column; between equal rows the list's own order
// holds, whichever way the column is sorted.
func inOrder[T any](compare func(a, b T) int, desc bool, then func(a, b T) int) func(a, b T) int {
	return func(a, b T) int {
		c := compare(a, b)
		if desc {
			c = -c
		}
		if c == 0 && then != nil {
			c = then(a, b)
		}
		return c
	}
}

// everyRow goes through all rows that fit, as far as a file holds them.
func (l list[T]) everyRow(w window) iter.Seq2[[]cell, error] {
	return func(yield func([]cell, error) bool) {
		w.Limit = 10_000
		for n := 0; ; {
			p, err := l.read(w)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, v := range p.Items {
				if n++; n > maxExport {
					yield(nil, errOver)
					return
				}
				cells := make([]cell, 0, len(l.Columns))
				for _, c := range l.Columns {
					cells = append(cells, c.Cell(v))
				}
				if !yield(cells, nil) {
					return
				}
			}
			if w.After = p.Next; w.After == "" {
				return
			}
		}
	}
}
