package inventory

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/wardbook/wardbook"
)

const sampleSize = 300 // rows from which header and columns are recognised

// read finds the header, maps the columns and turns rows into devices.
func read(t table, doc *Document, opts Options, fn func(*wardbook.Device) error) error {
	s, err := takeSample(t)
	if err != nil {
		return err
	}
	var ps wardbook.Problems
	at, err := s.header(opts)
	if err != nil {
		return err
	}
	var header []string
	number := 0
	if at >= 0 {
		header, number = s.rows[at], s.numbers[at]
	} else {
		ps.Add("row 1", "there is no row of column names: the columns were recognised by their values alone")
	}
	for i := range at {
		if filledCells(s.rows[i]) > 0 {
			ps.Add(fmt.Sprintf("row %d", s.numbers[i]), "stands above the column names and was not read: %q", short(strings.Join(s.rows[i], " ")))
		}
	}
	m := recognize(header, s.rows[at+1:], opts)
	m.Sheet, m.Delimiter, m.Encoding, m.HeaderRow = doc.Mapping.Sheet, doc.Mapping.Delimiter, doc.Mapping.Encoding, number
	doc.Mapping = m
	if !m.Has(AssetID, Manufacturer, Model, ModelNumber, Serial, UDIField) {
		if s.speaksOf("MDS2", "Manufacturer Disclosure Statement") {
			return errors.New("this is an MDS2 worksheet, a maker's statement about one model, not an inventory")
		}
		return notInventory(m)
	}
	mappingProblems(&ps, m, opts)

	d := newRowDecoder(baseName(doc.Name), header, m, opts)
	d.ps = ps
	d.even = m.Delimiter != "" && s.even(at, len(header))
	for i := at + 1; i < len(s.rows); i++ {
		if err := d.row(sampled{s, i}, fn); err != nil {
			return err
		}
	}
	cur := &current{table: t}
	for {
		cells, err := t.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		cur.row = cells
		if err := d.row(cur, fn); err != nil {
			return err
		}
	}
	doc.Rows, doc.Count = d.rows, d.devices
	doc.Problems = append(d.finish(), t.problems()...)
	return nil
}

// A sample is the first rows of a table, kept so that they are read twice.
type sample struct {
	rows    [][]string
	numbers []int
	nums    [][]bool // cells stored as numbers; nil for CSV
	t       table
}

func takeSample(t table) (*sample, error) {
	s := &sample{t: t}
	filled := 0
	for filled < sampleSize && len(s.rows) < 10*sampleSize {
		cells, err := t.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		row := rowText(cells)
		s.rows = append(s.rows, row)
		s.numbers = append(s.numbers, t.number())
		nums := make([]bool, len(row))
		for i := range nums {
			nums[i] = t.numeric(i)
		}
		s.nums = append(s.nums, nums)
		if filledCells(row) > 0 {
			filled++
		}
	}
	if filled == 0 {
		return nil, errors.New("there are no filled rows")
	}
	return s, nil
}

// speaksOf says whether any of words stands in the first rows.
func (s *sample) speaksOf(words ...string) bool {
	for _, row := range s.rows[:min(len(s.rows), headerDepth)] {
		for _, c := range row {
			for _, w := range words {
				if strings.Contains(c, w) {
					return true
				}
			}
		}
	}
	return false
}

// even says whether nearly all rows below the header have width cells.
func (s *sample) even(at, width int) bool {
	n, whole := 0, 0
	for _, r := range s.rows[at+1:] {
		if filledCells(r) > 1 {
			n++
			if len(r) == width {
				whole++
			}
		}
	}
	return whole*10 >= n*9
}

// header finds the row of column names; -1: there is none.
func (s *sample) header(opts Options) (int, error) {
	if opts.Columns != nil && opts.Columns.HeaderRow != 0 {
		if opts.Columns.HeaderRow < 0 {
			return -1, nil
		}
		for i, n := range s.numbers {
			if n == opts.Columns.HeaderRow {
				return i, nil
			}
		}
		return 0, fmt.Errorf("the columns file says that row %d holds the column names: there is no such row among the first %d", opts.Columns.HeaderRow, len(s.rows))
	}
	if opts.Columns != nil && len(opts.Columns.Fields) > 0 {
		if i := s.named(opts.Columns); i >= 0 {
			return i, nil
		}
	}
	h := findHeader(s.rows)
	if h.scanners >= 2 {
		return 0, fmt.Errorf("this is a vulnerability scanner's or threat model's report, not an inventory: its columns are %s. It has a row per finding; export the list of devices",
			short(strings.Join(nonEmpty(s.rows[h.at]), ", ")))
	}
	return h.at, nil
}

// named finds the row that holds most of the names of a columns file.
func (s *sample) named(c *Columns) int {
	best, most := -1, 1
	for i, row := range s.rows[:min(len(s.rows), headerDepth)] {
		m := Mapping{}
		for j, h := range row {
			m.Columns = append(m.Columns, Column{Index: j, Header: h})
		}
		n := 0
		for _, cf := range c.Fields {
			if k := cf.find(&m); k >= 0 && row[k] != "" && normHeader(row[k]) == normHeader(cf.Column) {
				n++
			}
		}
		if n > most || (n == 1 && most == 1 && len(c.Fields) == 1 && best < 0) {
			best, most = i, n
		}
	}
	return best
}

func nonEmpty(cells []string) []string {
	var out []string
	for _, c := range cells {
		if c != "" {
			out = append(out, c)
		}
	}
	return out
}

func notInventory(m Mapping) error {
	var names []string
	for _, c := range m.Columns {
		if c.Header != "" {
			names = append(names, c.Header)
		}
	}
	if len(names) == 0 {
		return errors.New("no column could be recognised as asset id, maker, model, serial number or UDI, and there are no column names; name the columns in a columns file (--columns)")
	}
	return fmt.Errorf("no column could be recognised as asset id, maker, model, serial number or UDI among %s; name them in a columns file (--columns)", short(strings.Join(names, ", ")))
}

// mappingProblems names the needed fields that no column holds, and entries of
// the columns file that fit nothing.
func mappingProblems(ps *wardbook.Problems, m Mapping, opts Options) {
	place := "columns"
	if m.HeaderRow > 0 {
		place = fmt.Sprintf("row %d", m.HeaderRow)
	}
	for _, need := range []struct {
		f      Field
		or     []Field
		effect string
	}{
		{AssetID, nil, "devices are named after their row"},
		{Manufacturer, nil, "makers are read from the names of models where these begin with a known one"},
		{Model, []Field{ModelNumber}, "devices can be matched by UDI only"},
		{Version, nil, "each device counts as of unknown version"},
		{Location, nil, "findings cannot be told by ward"},
	} {
		if !m.Has(append(need.or, need.f)...) {
			ps.Add(place, "no column was recognised as %s: %s; a columns file can name it", need.f, need.effect)
		}
	}
	for _, c := range m.Columns {
		if c.Field != Ignore && c.Confidence < 0.6 {
			ps.Add(place, "column %s (%q) was taken for %s with little confidence: %s", c.Letter(), short(c.Header), c.Field, c.Why)
		}
	}
	if opts.Columns != nil {
		for _, cf := range opts.Columns.missing(&m) {
			ps.Add(fmt.Sprintf("columns file line %d", cf.Line), "the inventory has no column %q", cf.Column)
		}
	}
}

// A tableRow is a row in the hand of the decoder.
type tableRow interface {
	cells(buf [][]byte) [][]byte
	number() int
	numeric(col int) bool
}

type current struct {
	table
	row [][]byte
}

func (c *current) cells([][]byte) [][]byte { return c.row }

type sampled struct {
	s *sample
	i int
}

func (r sampled) number() int          { return r.s.numbers[r.i] }
func (r sampled) numeric(col int) bool { return col < len(r.s.nums[r.i]) && r.s.nums[r.i][col] }
func (r sampled) cells(buf [][]byte) [][]byte {
	buf = buf[:0]
	for _, c := range r.s.rows[r.i] {
		buf = append(buf, []byte(c))
	}
	return buf
}
