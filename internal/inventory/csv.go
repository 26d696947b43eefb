package inventory

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/wardbook/wardbook"
)

const (
	maxRecord = 1 << 20 // bytes of one record; no row of an inventory is near it
	maxStray  = 100     // unclosed quotes after which quotes are plain characters
	maxFields = 4096    // cells of one record
)

var errTooLong = errors.New("a row is longer than 1 MiB: this is not a table, or the delimiter of rows is unusual")

// A csvReader reads records from text in UTF-8. It forgives what exports get
// wrong: stray quotes, spaces around quoted fields, lone carriage returns,
// ragged rows. A quote that is never closed costs its own line only.
type csvReader struct {
	r        io.Reader
	buf      []byte
	pos, end int
	eof      bool
	delim    []byte
	eol      byte // '\n', or '\r' in files of old Macs
	noQuotes bool
	stray    int

	width   int      // cells of the last record on one line
	bare    bool     // the record has a quote inside quotes that is not doubled
	row     int      // number of the record read last; the first is 1
	fields  [][]byte // of that record; valid until the next
	scratch []byte
	legacy  int // records with bytes that are not UTF-8
	ps      wardbook.Problems
}

func newCSVReader(r io.Reader, delim string, eol byte) *csvReader {
	return &csvReader{r: r, delim: []byte(delim), eol: eol, buf: make([]byte, 64<<10)}
}

// fill reads more, making room by moving or growing.
func (c *csvReader) fill() error {
	if c.pos > 0 {
		copy(c.buf, c.buf[c.pos:c.end])
		c.end -= c.pos
		c.pos = 0
	}
	if c.end == len(c.buf) {
		grown := make([]byte, 2*len(c.buf))
		copy(grown, c.buf[:c.end])
		c.buf = grown
	}
	// Fill the whole buffer: a record that spans many reads is then parsed again
	// only as often as the buffer doubles.
	n, err := io.ReadFull(c.r, c.buf[c.end:])
	c.end += n
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		c.eof = true
		return nil
	}
	return err
}

// next reads the next record into fields. It returns io.EOF after the last.
func (c *csvReader) next() ([][]byte, error) {
	for {
		b := c.buf[c.pos:c.end]
		if len(b) == 0 && c.eof {
			return nil, io.EOF
		}
		n, st := 0, needMore
		if len(b) > 0 {
			n, st = c.parse(b, !c.noQuotes)
		}
		if st == needMore && !c.eof && len(b) < maxRecord {
			if err := c.fill(); err != nil {
				return nil, err
			}
			continue
		}
		if st == needMore && !c.eof && (!c.openQuote() || bytes.IndexByte(b, c.eol) < 0) {
			return nil, errTooLong
		}
		c.row++
		if st == complete && c.swallowed(b[:n]) {
			c.unclosed()
			n, st = c.parse(b, false)
		}
		if st == needMore { // an unclosed quote, or the last line without an end
			if c.openQuote() {
				c.unclosed()
				n, _ = c.parse(b, false)
			} else {
				n = len(b)
			}
		}
		if len(c.fields) > maxFields {
			return nil, fmt.Errorf("row %d has more than %d cells: this is not a table", c.row, maxFields)
		}
		if !utf8.Valid(b[:n]) {
			c.legacy++
		}
		c.pos += n
		return c.fields, nil
	}
}

// unclosed notes a quote that is never closed.
func (c *csvReader) unclosed() {
	c.stray++
	c.ps.Add(c.place(), "a quotation mark is opened and never closed; the line was read as it stands")
	if c.stray == maxStray {
		c.noQuotes = true
		c.ps.Add(c.place(), "from here on quotation marks were read as plain characters, since %d were never closed", maxStray)
	}
}

// swallowed says whether the record just parsed took whole rows into one
// cell: an unclosed quote that another row's quote closed by chance. A cell
// that really holds lines has doubled its quotes, and the record has as many
// cells as others.
func (c *csvReader) swallowed(record []byte) bool {
	first := bytes.IndexByte(record, c.eol)
	if first < 0 || first == len(record)-1 {
		c.width = len(c.fields)
		return false
	}
	if c.width < 3 || len(c.delim) == 0 || (len(c.fields) == c.width && !c.bare) {
		return false
	}
	for _, f := range c.fields {
		for line := range bytes.SplitSeq(f, []byte{c.eol}) {
			if len(line) < len(f) && bytes.Count(line, c.delim) >= c.width-1 {
				return true
			}
		}
	}
	return false
}

func (c *csvReader) place() string { return fmt.Sprintf("row %d", c.row) }

type parseState int

const (
	complete parseState = iota
	needMore            // the record does not end within the bytes
)

// openQuote says whether the last parse ended inside quotes.
func (c *csvReader) openQuote() bool { return c.fields == nil }

// parse splits the record that b begins with and returns its length with the
// end of line. With needMore, fields holds what a last line without an end
// has, or is nil when a quote is open.
func (c *csvReader) parse(b []byte, quotes bool) (int, parseState) {
	c.fields, c.scratch, c.bare = c.fields[:0], c.scratch[:0], false
	if c.fields == nil {
		c.fields = make([][]byte, 0, 32)
	}
	lineEnd := -1 // of the line that i is in
	i := 0
	for {
		if quotes {
			if q := c.quoteAt(b, i); q >= 0 {
				field, next, ok := c.quoted(b, q)
				if !ok {
					c.fields = nil
					return 0, needMore
				}
				c.fields = append(c.fields, field)
				switch {
				case next >= len(b):
					return len(b), needMore
				case b[next] == c.eol:
					return next + 1, complete
				}
				i = next + len(c.delim)
				continue
			}
		}
		if lineEnd < i {
			if lineEnd = bytes.IndexByte(b[i:], c.eol); lineEnd >= 0 {
				lineEnd += i
			} else {
				lineEnd = len(b)
			}
		}
		if k := c.index(b[i:lineEnd]); k >= 0 {
			c.fields = append(c.fields, b[i:i+k])
			i += k + len(c.delim)
			continue
		}
		c.fields = append(c.fields, bytes.TrimSuffix(b[i:lineEnd], []byte{'\r'}))
		if lineEnd == len(b) {
			return len(b), needMore
		}
		return lineEnd + 1, complete
	}
}

func (c *csvReader) index(b []byte) int {
	switch len(c.delim) {
	case 0:
		return -1
	case 1:
		return bytes.IndexByte(b, c.delim[0])
	}
	return bytes.Index(b, c.delim)
}

// quoteAt returns where a quoted field opens: at i, or after spaces; else -1.
func (c *csvReader) quoteAt(b []byte, i int) int {
	for i < len(b) && b[i] == ' ' {
		i++
	}
	if i < len(b) && b[i] == '"' {
		return i
	}
	return -1
}

// quoted reads the quoted field that opens at b[q]. next is where the
// delimiter or end of line after it stands, or len(b). A quote that neither
// closes the field nor is doubled is part of the text.
func (c *csvReader) quoted(b []byte, q int) (field []byte, next int, ok bool) {
	start := q + 1
	from := start // of the part that is not yet copied
	mark := len(c.scratch)
	copied := false
	for i := start; ; {
		k := bytes.IndexByte(b[i:], '"')
		if k < 0 {
			return nil, 0, false
		}
		i += k
		if i+1 < len(b) && b[i+1] == '"' {
			c.scratch = append(c.scratch, b[from:i+1]...)
			copied = true
			i += 2
			from = i
			continue
		}
		end := i + 1
		for end < len(b) && (b[end] == ' ' || b[end] == '\r') && b[end] != c.eol {
			end++
		}
		if end >= len(b) && !c.eof {
			return nil, 0, false // more may follow
		}
		if end >= len(b) || b[end] == c.eol || (len(c.delim) > 0 && bytes.HasPrefix(b[end:], c.delim)) {
			if !copied {
				return b[start:i], end, true
			}
			c.scratch = append(c.scratch, b[from:i]...)
			return c.scratch[mark:len(c.scratch):len(c.scratch)], end, true
		}
		c.bare = true
		i++
	}
}
