package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"iter"
	"strings"
	"time"
)

// A Table is a list with a header, as XLSX and CSV files hold it.
type Table struct {
	Name    string
	Columns []Column
	// Rows gives the rows in order. A value is a string, an int, a float64, a
	// Date or nil for nothing.
	Rows iter.Seq[[]any]
	Len  int // number of rows
}

// A Column is a column of a Table. Width is in characters.
type Column struct {
	Head  string
	Width float64
}

// A Date is an RFC 3339 date. What does not parse is written as text.
type Date string

// Neutral makes a text harmless for spreadsheets: text that a spreadsheet
// would run as a formula when it is opened, pasted or exported (it begins with
// =, +, -, @, a tab or a line break, or the full-width forms of the signs)
// gets an apostrophe in front. In an XLSX file a text cell is never run by
// itself, but its copy in a CSV file is, so both get it. Readers of the files
// that need the exact text take assessment.json.
func Neutral(s string) string {
	if s == "" {
		return s
	}
	switch s[0] {
	case '=', '+', '-', '@', '\t', '\r', '\n':
		return "'" + s
	}
	for _, p := range []string{"＝", "＋", "－", "＠"} {
		if strings.HasPrefix(s, p) {
			return "'" + s
		}
	}
	return s
}

// CSV writes a table as CSV (RFC 4180, UTF-8, comma). Texts are neutralised,
// numbers and dates are written as they are.
func CSV(w io.Writer, t Table) error {
	cw := csv.NewWriter(w)
	cw.UseCRLF = true
	line := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		line[i] = Neutral(c.Head)
	}
	if err := cw.Write(line); err != nil {
		return err
	}
	for row := range t.Rows {
		line = line[:0]
		for _, v := range row {
			line = append(line, csvText(v))
		}
		if err := cw.Write(line); err != nil {
			return err
		}
	}
	cw.Flush()
	return cw.Error()
}

func csvText(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return Neutral(v)
	case Date:
		if _, ok := v.time(); ok {
			return string(v[:10])
		}
		return Neutral(string(v))
	}
	return fmt.Sprint(v)
}

// time returns the day of d.
func (d Date) time() (time.Time, bool) { return date(string(d)) }
