package inventory

import (
	"fmt"
	"slices"
	"sort"
	"strings"
)

// A Mapping says how a table was read: what each column was taken for, and
// why. It can be shown, written as a columns file, corrected and given back.
type Mapping struct {
	Sheet     string   // XLSX only
	Delimiter string   // CSV only
	Encoding  string   // CSV only
	HeaderRow int      // row number of the header; 0: there is none
	Columns   []Column // all columns, in their order
}

// A Column is one column of a table and what it was taken for.
type Column struct {
	Index      int // from 0
	Header     string
	Field      Field   // Ignore where it is not used
	Why        string  // a phrase: "its name is known"
	Confidence float64 // 0–1; 1: a person said so
	// Samples are the first few different values that it holds, for people.
	Samples []string
	rank    int
}

// Letter is how a spreadsheet names the column: "A", "AB".
func (c Column) Letter() string { return columnLetter(c.Index) }

func columnLetter(i int) string {
	s := ""
	for i++; i > 0; i = (i - 1) / 26 {
		s = string(rune('A'+(i-1)%26)) + s
	}
	return s
}

// columnIndex reads a letter; -1 when it is none.
func columnIndex(s string) int {
	if s == "" || len(s) > 3 {
		return -1
	}
	n := 0
	for _, r := range strings.ToUpper(s) {
		if r < 'A' || r > 'Z' {
			return -1
		}
		n = n*26 + int(r-'A') + 1
	}
	return n - 1
}

// Of returns the columns that hold f, the best source first.
func (m Mapping) Of(f Field) []Column {
	var cols []Column
	for _, c := range m.Columns {
		if c.Field == f {
			cols = append(cols, c)
		}
	}
	sort.SliceStable(cols, func(i, j int) bool { return cols[i].rank < cols[j].rank })
	return cols
}

// Has says whether any column holds one of fs.
func (m Mapping) Has(fs ...Field) bool {
	return slices.ContainsFunc(m.Columns, func(c Column) bool { return slices.Contains(fs, c.Field) })
}

// String shows the mapping to a person, a line a column.
func (m Mapping) String() string {
	var b strings.Builder
	for _, c := range m.Columns {
		fmt.Fprintf(&b, "%-3s %-28s %-13s %s\n", c.Letter(), fmt.Sprintf("%q", c.Header), c.Field, c.Why)
	}
	return b.String()
}

// oneColumn are fields for which the best column alone counts: the next best
// is another thing (a host name is not an asset id, a reseller no maker).
var oneColumn = []Field{AssetID, Manufacturer, Serial, Criticality, LifeSupport, Redundancy, Zone, Model}

// recognize maps the columns of a table. rows are the first rows after the
// header.
func recognize(header []string, rows [][]string, opts Options) Mapping {
	width := len(header)
	for _, r := range rows {
		width = max(width, len(r))
	}
	m := Mapping{Columns: make([]Column, width)}
	values := make([][]string, width)
	for i := range m.Columns {
		c := &m.Columns[i]
		c.Index, c.Field = i, Ignore
		if i < len(header) {
			c.Header = header[i]
		}
		values[i] = known(rows, i)
		c.Samples = samplesOf(values[i])
		if r, ok := readHeader(c.Header); ok {
			c.Field, c.rank, c.Confidence, c.Why = r.field, r.rank, r.confidence, r.why
			doubt(c, values[i], len(rows), opts)
		} else if c.Header != "" {
			c.Why = "its name is not known"
		}
	}
	for i := range m.Columns {
		if c := &m.Columns[i]; c.Field == Ignore {
			byContent(&m, c, values[i], opts)
		}
	}
	if !m.Has(AssetID, Serial) {
		identifiers(&m, values)
	}
	choose(&m)
	if opts.Columns != nil {
		opts.Columns.apply(&m)
	}
	descriptionAsModel(&m)
	return m
}

// known collects what the rows say in column i, without "n/a" and the like.
func known(rows [][]string, i int) []string {
	var vs []string
	for _, r := range rows {
		if i < len(r) && !isUnknown(r[i]) {
			vs = append(vs, r[i])
		}
	}
	return vs
}

// samplesOf is the first few different values.
func samplesOf(values []string) (out []string) {
	for _, v := range values {
		if len(out) == 3 {
			break
		}
		if !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

// choose leaves one column to each field of oneColumn.
func choose(m *Mapping) {
	for _, f := range oneColumn {
		cols := m.Of(f)
		if len(cols) < 2 {
			continue
		}
		sort.SliceStable(cols, func(i, j int) bool { return cols[i].Confidence > cols[j].Confidence+0.05 })
		for _, c := range cols[1:] {
			d := &m.Columns[c.Index]
			d.Field, d.Why = Ignore, fmt.Sprintf("column %s (%q) is the better source of %s", cols[0].Letter(), cols[0].Header, f)
		}
	}
}

// descriptionAsModel takes the description for the model where nothing else
// names it: many inventories have one column for both.
func descriptionAsModel(m *Mapping) {
	if m.Has(Model, ModelNumber) {
		return
	}
	if cols := m.Of(Type); len(cols) > 0 && cols[0].Confidence < 1 {
		c := &m.Columns[cols[0].Index]
		c.Field, c.Confidence, c.Why = Model, 0.5, "there is no column of models: the description may name them"
	}
}
