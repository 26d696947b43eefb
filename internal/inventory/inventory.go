package inventory

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/wardbook/wardbook"
)

// Options say how to read. The zero value recognises everything itself.
type Options struct {
	// Columns is a person's correction; nil: there is none.
	Columns *Columns
	// Sheet is the name of the sheet of an XLSX file; empty: the one that looks
	// most like an inventory. Columns.Sheet comes first.
	Sheet string
	// Makers finds the name of a known maker that text begins with. rest is
	// what follows it. Nil: makers are read from a column of their own only.
	Makers func(text string) (maker, rest string, ok bool)
}

// A Document is an inventory as it was read.
type Document struct {
	Name     string // as given
	Format   string // such as "CSV (;), UTF-16LE" or "XLSX, sheet Devices"
	Mapping  Mapping
	Devices  []wardbook.Device // empty after Stream
	Rows     int               // rows below the header that are not empty
	Count    int               // devices
	Problems []wardbook.Problem
}

// Decode reads a whole inventory. name is the file's name; its last part is
// used in ids and places. An error says that the input is no inventory, and
// what it is; every fault of a row or value is in Problems instead.
func Decode(r io.Reader, name string, opts Options) (*Document, error) {
	var devices []wardbook.Device
	doc, err := Stream(r, name, opts, func(d *wardbook.Device) error {
		devices = append(devices, *d)
		return nil
	})
	if err != nil {
		return nil, err
	}
	doc.Devices = devices
	return doc, nil
}

// Stream reads an inventory and calls fn for each device in turn, so that a
// file of any length takes bounded memory (but for the ids, which are kept to
// tell repeated ones). fn must copy what it keeps; an error of fn ends the
// reading and is returned.
func Stream(r io.Reader, name string, opts Options, fn func(*wardbook.Device) error) (*Document, error) {
	doc := &Document{Name: name}
	t, err := open(r, doc, opts)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", baseName(name), err)
	}
	defer t.close()
	if err := read(t, doc, opts, fn); err != nil {
		return nil, fmt.Errorf("%s: %w", baseName(name), err)
	}
	if c, ok := t.(*csvReader); ok && c.legacy > 0 {
		doc.Format += fmt.Sprintf(" and %s (in %d rows)", strings.ToUpper(cp1252Name), c.legacy)
	}
	return doc, nil
}

// baseName is the last part of a path of any system; a member of an archive
// keeps the archive's name in front.
func baseName(name string) string {
	archive, member, ok := strings.Cut(strings.ReplaceAll(name, `\`, "/"), "!")
	if !ok {
		return path.Base(archive)
	}
	return path.Base(archive) + "!" + path.Base(member)
}

// A table is what CSV and XLSX have in common: rows of cells.
type table interface {
	// next returns the cells of the next row, valid until the next call, and
	// io.EOF after the last.
	next() ([][]byte, error)
	// number is that of the row returned last, as a spreadsheet counts.
	number() int
	// numeric says whether a cell of that row is stored as a number.
	numeric(col int) bool
	problems() wardbook.Problems
	close()
}

// open tells the format by the first bytes.
func open(r io.Reader, doc *Document, opts Options) (table, error) {
	br := bufio.NewReaderSize(r, 64<<10)
	head, err := br.Peek(4096)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if len(bytes.Trim(head, " \t\r\n\x00\xEF\xBB\xBF")) == 0 {
		return nil, errors.New("the file is empty")
	}
	if bytes.HasPrefix(head, []byte("PK\x03\x04")) {
		return openXLSX(br, doc, opts)
	}
	if why := refusal(head); why != "" {
		return nil, errors.New(why)
	}
	return openCSV(br, doc, opts)
}

func openCSV(br *bufio.Reader, doc *Document, opts Options) (table, error) {
	want := Columns{}
	if opts.Columns != nil {
		want = *opts.Columns
	}
	text, enc, err := decodeText(br, want.Encoding)
	if err != nil {
		return nil, err
	}
	tr := bufio.NewReaderSize(text, 64<<10)
	sample, err := tr.Peek(64 << 10)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if why := refusal(sample); why != "" && enc != utf8Name {
		return nil, errors.New(why)
	}
	eol := endOfLine(sample)
	skipped := 0
	delim := want.Delimiter
	if d, n, ok := sepLine(sample, eol); ok {
		skipped = 1
		sample = sample[n:]
		if _, err := tr.Discard(n); err != nil {
			return nil, err
		}
		if delim == "" {
			delim = d
		}
	}
	if delim == "" {
		whole := sample
		if err == nil { // more follows: the last line may be cut
			if i := bytes.LastIndexByte(sample, eol); i > 0 {
				whole = sample[:i+1]
			}
		}
		delim = chooseDelimiter(whole, eol)
	}
	doc.Mapping.Delimiter, doc.Mapping.Encoding = delim, enc
	doc.Format = fmt.Sprintf("CSV (%s), %s", delimiterName(delim), strings.ToUpper(enc))
	c := newCSVReader(tr, delim, eol)
	c.row = skipped
	return c, nil
}

func delimiterName(d string) string {
	switch d {
	case "":
		return "one column"
	case "\t":
		return "tab"
	case "\x1f":
		return "unit separator"
	}
	return d
}

func (c *csvReader) number() int                 { return c.row }
func (c *csvReader) numeric(int) bool            { return false }
func (c *csvReader) problems() wardbook.Problems { return c.ps }
func (c *csvReader) close()                      {}
