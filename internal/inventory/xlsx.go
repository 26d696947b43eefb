package inventory

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/xuri/excelize/v2"

	"github.com/wardbook/wardbook"
)

const (
	maxXLSX    = 256 << 20 // bytes of a packed workbook
	unzipLimit = 64 << 20  // bytes of an unpacked workbook
)

type xlsxReader struct {
	f     *excelize.File
	shown *excelize.Rows // as a person sees the cells
	raw   *numberScan    // which cells are numbers, as they are stored
	row   int
	cells [][]byte
	buf   []byte
	nums  []string
}

// openXLSX opens a workbook and chooses the sheet.
func openXLSX(r io.Reader, doc *Document, opts Options) (table, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxXLSX+1))
	if err != nil {
		return nil, err
	}
	if len(b) > maxXLSX {
		return nil, errors.New("the workbook is larger than 256 MiB")
	}
	if why := refuseZip(b); why != "" {
		return nil, errors.New(why)
	}
	f, err := excelize.OpenReader(bytes.NewReader(b), excelize.Options{UnzipSizeLimit: unzipLimit, UnzipXMLSizeLimit: unzipLimit})
	if err != nil {
		return nil, fmt.Errorf("the workbook cannot be opened: %w", err)
	}
	sheet, err := chooseSheet(f, opts)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	doc.Mapping.Sheet = sheet
	doc.Format = "XLSX, sheet " + sheet
	x := &xlsxReader{f: f}
	if x.shown, err = f.Rows(sheet); err != nil {
		return nil, errors.Join(fmt.Errorf("sheet %s: %w", sheet, err), f.Close())
	}
	x.raw = scanNumbers(b, sheet)
	return x, nil
}

// chooseSheet takes the sheet that is asked for, else the visible one whose
// header names most fields.
func chooseSheet(f *excelize.File, opts Options) (string, error) {
	want := opts.Sheet
	if opts.Columns != nil && opts.Columns.Sheet != "" {
		want = opts.Columns.Sheet
	}
	names := f.GetSheetList()
	if want != "" {
		for _, n := range names {
			if strings.EqualFold(n, want) {
				return n, nil
			}
		}
		return "", fmt.Errorf("there is no sheet %q: there are %s", want, strings.Join(names, ", "))
	}
	best, bestScore, empty := "", -1, 0
	for _, n := range names {
		rows := firstRows(f, n, headerDepth)
		if len(rows) == 0 {
			empty++
			continue
		}
		h := findHeader(rows)
		score := 2*(h.known+h.scanners) + 1
		if visible, err := f.GetSheetVisible(n); err == nil && !visible {
			score -= 4
		}
		if score > bestScore {
			best, bestScore = n, score
		}
	}
	if best == "" {
		return "", errors.New("the workbook has no filled sheet")
	}
	return best, nil
}

func firstRows(f *excelize.File, sheet string, n int) [][]string {
	it, err := f.Rows(sheet)
	if err != nil {
		return nil
	}
	defer it.Close() //nolint:errcheck // it is only read
	var rows [][]string
	for range 10 * n {
		if len(rows) >= n || !it.Next() {
			break
		}
		cells, err := it.Columns()
		if err != nil {
			break
		}
		for i, c := range cells {
			cells[i] = cleanText([]byte(c))
		}
		if filledCells(cells) > 0 {
			rows = append(rows, cells)
		}
	}
	return rows
}

func (x *xlsxReader) next() ([][]byte, error) {
	if !x.shown.Next() {
		if err := x.shown.Error(); err != nil {
			return nil, err
		}
		return nil, io.EOF
	}
	shown, err := x.shown.Columns()
	if err != nil {
		return nil, fmt.Errorf("row %d: %w", x.row+1, err)
	}
	x.row++
	x.nums = x.raw.row(x.row)
	x.cells, x.buf = x.cells[:0], x.buf[:0]
	for i, s := range shown {
		if n := x.stored(i); n != "" && spoiled(s) {
			s = n
		}
		from := len(x.buf)
		x.buf = append(x.buf, s...)
		x.cells = append(x.cells, x.buf[from:len(x.buf):len(x.buf)])
	}
	return x.cells, nil
}

// stored is the stored number of a cell, empty for text.
func (x *xlsxReader) stored(col int) string {
	if col < len(x.nums) {
		return x.nums[col]
	}
	return ""
}

// spoiled says whether the shown form of a number is worse than the stored
// one: powers of ten, groups of thousands, a column that is too narrow. A
// format that adds leading zeros or a decimal place is better than it.
func spoiled(s string) bool {
	return looksShortened(s) || strings.ContainsAny(s, ", '\u00a0\u202f") && !strings.ContainsAny(s, "/:-") && !strings.ContainsFunc(s, isLetter) || strings.Trim(s, "#") == ""
}

func isLetter(r rune) bool { return r >= 'A' && r <= 'z' }

func (x *xlsxReader) number() int          { return x.row }
func (x *xlsxReader) numeric(col int) bool { return x.stored(col) != "" }
func (x *xlsxReader) problems() (ps wardbook.Problems) {
	if x.raw.err != nil {
		ps.Add("", "which cells are stored as numbers could not be told: %v", x.raw.err)
	}
	return ps
}

func (x *xlsxReader) close() {
	x.raw.close()
	_ = x.shown.Close() // only read; a temporary file that stays is excelize's
	_ = x.f.Close()
}
