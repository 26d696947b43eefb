package worklist

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"github.com/wardbook/wardbook"
)

// MaxFile is how many bytes a work list has at most; unpacked it has at most 64
// MiB, and 200,000 rows.
const MaxFile = 16 << 20

const (
	unzipLimit = 64 << 20
	maxRows    = 200_000
	maxNote    = 4000 // characters
)

// ErrNoList: the file is no work list of this program.
var ErrNoList = errors.New("this is no work list: fetch one from the page Work, and fill that in")

// Read reads a work list. Rows that are not understood are not in the list but
// among the problems, each with its cell; the error is of a file that is none.
func Read(b []byte) (*List, []wardbook.Problem, error) {
	if len(b) > MaxFile {
		return nil, nil, errors.New("the work list is larger than 16 MiB")
	}
	f, err := excelize.OpenReader(bytes.NewReader(b), excelize.Options{UnzipSizeLimit: unzipLimit, UnzipXMLSizeLimit: unzipLimit, RawCellValue: true})
	if err != nil {
		return nil, nil, fmt.Errorf("%w (%s)", ErrNoList, short(err.Error()))
	}
	defer f.Close() //nolint:errcheck // it is only read
	l := &List{}
	if err := l.readHidden(f); err != nil {
		return nil, nil, err
	}
	ps, err := l.readRows(f)
	return l, ps, err
}

func short(s string) string {
	if r := []rune(s); len(r) > 200 {
		return string(r[:200]) + "…"
	}
	return s
}

func (l *List) readHidden(f *excelize.File) error {
	rows, err := f.Rows(hiddenName)
	if err != nil {
		return ErrNoList
	}
	defer rows.Close() //nolint:errcheck // it is only read
	seen := map[string]bool{}
	for n := 0; rows.Next(); n++ {
		cells, err := rows.Columns()
		if err != nil || n > maxRows {
			return ErrNoList
		}
		cells = append(cells, make([]string, 4)...)
		switch {
		case n == 0 && cells[0] != format:
			return ErrNoList
		case cells[0] == "organization":
			l.Organization = cells[1]
		case cells[0] == "ward":
			l.Ward = plain(cells[1])
		case cells[0] == "line":
			rev, err := strconv.ParseInt(cells[3], 10, 64)
			if err != nil || rev < 1 || cells[1] == "" || cells[2] == "" || seen[cells[1]] {
				return fmt.Errorf("%w (sheet %s, row %d is damaged)", ErrNoList, hiddenName, n+1)
			}
			seen[cells[1]] = true
			l.Lines = append(l.Lines, Line{ID: cells[2], Number: cells[1], Revision: rev})
		}
	}
	if rows.Error() != nil || l.Organization == "" {
		return ErrNoList
	}
	return nil
}

func (l *List) readRows(f *excelize.File) ([]wardbook.Problem, error) {
	rows, err := f.Rows(sheetName)
	if err != nil {
		return nil, fmt.Errorf("%w (the sheet %s is missing)", ErrNoList, sheetName)
	}
	defer rows.Close() //nolint:errcheck // it is only read
	r := rowReader{list: l, seen: map[[2]string]string{}, lines: map[string]bool{}}
	for _, line := range l.Lines {
		r.lines[line.Number] = true
	}
	for n := 1; rows.Next(); n++ {
		cells, err := rows.Columns()
		if err != nil {
			return nil, fmt.Errorf("row %d cannot be read: %s", n, short(err.Error()))
		}
		if n > maxRows {
			return nil, fmt.Errorf("the work list has more than %d rows", maxRows)
		}
		cells = append(cells, make([]string, len(columns))...)[:len(columns)]
		if n == 1 {
			if !slices.Equal(cells, columns) {
				return nil, fmt.Errorf("%w (row 1 has other columns)", ErrNoList)
			}
			continue
		}
		r.read(n, cells)
	}
	return r.problems, rows.Error()
}

type rowReader struct {
	list     *List
	lines    map[string]bool
	seen     map[[2]string]string
	problems wardbook.Problems
}

func (r *rowReader) read(n int, cells []string) {
	for i, c := range cells {
		cells[i] = plain(strings.TrimSpace(strings.ToValidUTF8(c, "\uFFFD")))
	}
	if strings.Join(cells, "") == "" {
		return
	}
	at := func(col int) string { return string(rune('A'+col)) + strconv.Itoa(n) }
	row := Row{
		Number: cells[colNumber], Device: cells[colDevice], Manufacturer: cells[colMaker], Model: cells[colModel], Serial: cells[colSerial],
		Location: cells[colLocation], Action: cells[colAction], Note: strings.ReplaceAll(cells[colNote], "\r\n", "\n"), Cell: at(colState),
	}
	faults := len(r.problems)
	key := [2]string{row.Number, row.Device}
	switch {
	case !r.lines[row.Number]:
		r.problems.Add(at(colNumber), "%q is no line of this list", short(row.Number))
	case row.Device == "":
		r.problems.Add(at(colDevice), "the asset id is missing")
	case r.seen[key] != "":
		r.problems.Add(at(colDevice), "%s stands in %s already", row.Device, r.seen[key])
	}
	state, ok := stateOf(cells[colState])
	if !ok {
		r.problems.Add(at(colState), "%q is none of to do, planned, done, verified, accepted", short(cells[colState]))
	}
	row.State = state
	if row.Date, ok = dateOf(cells[colDate]); !ok {
		r.problems.Add(at(colDate), "%q is no date: write 2026-01-31", short(cells[colDate]))
	}
	if utf8.RuneCountInString(row.Note) > maxNote {
		r.problems.Add(at(colNote), "the note is longer than %d characters", maxNote)
	}
	if len(r.problems) == faults {
		r.seen[key] = at(colDevice)
		r.list.Rows = append(r.list.Rows, row)
	}
}

// dateOf reads a date as text or, since spreadsheets make one of what is typed,
// as a number of days. Which of two numbers is the month nobody can know, so
// only the year first and the German order with points are read.
func dateOf(text string) (string, bool) {
	if text == "" {
		return "", true
	}
	for _, layout := range []string{time.DateOnly, "2006/01/02", "2.1.2006", "2006-01-02T15:04:05Z07:00"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.Format(time.DateOnly), true
		}
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || !(n >= 36526 && n < 109575) { // 2000 to 2199
		return "", false
	}
	t, err := excelize.ExcelDateToTime(n, false)
	if err != nil {
		return "", false
	}
	return t.Format(time.DateOnly), true
}
