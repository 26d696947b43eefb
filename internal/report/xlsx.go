package report

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
)

// Limits of a worksheet (ECMA-376 as Excel implements it).
const (
	sheetRows = 1_048_576
	cellRunes = 32_767
)

// XLSX writes all lists of an assessment as a workbook, one sheet per list,
// with a header that stays in view and a filter. Nothing is cut but what a
// worksheet cannot hold, and then the last row or the end of the cell says so.
func XLSX(w io.Writer, d Data) error {
	tables, err := Tables(d)
	if err != nil {
		return err
	}
	f := excelize.NewFile()
	defer func() { _ = f.Close() }() // removes temporary files; the workbook is written by then
	b := &workbook{f: f}
	if err := b.styles(); err != nil {
		return err
	}
	at, _ := date(d.Assessment.At)
	day := at.Format("2006-01-02T15:04:05Z")
	if err := f.SetDocProps(&excelize.DocProperties{Title: "Assessment as of " + d.Assessment.At, Creator: d.Assessment.Program, Created: day, Modified: day, Language: "en"}); err != nil {
		return err
	}
	for i, t := range tables {
		name := sheetName(t.Name)
		if i == 0 {
			err = f.SetSheetName(f.GetSheetName(0), name)
		} else {
			_, err = f.NewSheet(name)
		}
		if err != nil {
			return fmt.Errorf("sheet %s: %w", name, err)
		}
		if err := b.sheet(name, t, sheetRows); err != nil {
			return fmt.Errorf("sheet %s: %w", name, err)
		}
	}
	var buf bytes.Buffer
	if _, err := f.WriteTo(&buf); err != nil {
		return err
	}
	return sorted(w, buf.Bytes())
}

// sorted writes a zip file with its members in the order of their names: the
// library writes them in a random one.
func sorted(w io.Writer, p []byte) error {
	zr, err := zip.NewReader(bytes.NewReader(p), int64(len(p)))
	if err != nil {
		return err
	}
	slices.SortFunc(zr.File, func(a, b *zip.File) int { return strings.Compare(a.Name, b.Name) })
	zw := zip.NewWriter(w)
	for _, f := range zr.File {
		if err := zw.Copy(f); err != nil {
			return err
		}
	}
	return zw.Close()
}

// sheetName is a name that a worksheet may have: at most 31 characters, none
// of : \ / ? * [ ], no apostrophe at its ends.
func sheetName(s string) string {
	s = strings.Trim(strings.Map(func(r rune) rune {
		if strings.ContainsRune(`:\/?*[]`, r) {
			return '-'
		}
		return r
	}, s), "'")
	for utf8.RuneCountInString(s) > 31 {
		_, n := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-n]
	}
	if s == "" {
		return "Sheet"
	}
	return s
}

type workbook struct {
	f                        *excelize.File
	head, text, number, date int // style ids
}

func (b *workbook) styles() error {
	top := &excelize.Alignment{Vertical: "top", WrapText: true}
	iso := "yyyy-mm-dd"
	for _, s := range []struct {
		id    *int
		style *excelize.Style
	}{
		{&b.head, &excelize.Style{Font: &excelize.Font{Bold: true, Color: "1D2128"}, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"E8F1FE"}},
			Alignment: &excelize.Alignment{Vertical: "center", WrapText: true}, Border: []excelize.Border{{Type: "bottom", Color: "7F838B", Style: 1}}}},
		{&b.text, &excelize.Style{Alignment: top}},
		{&b.number, &excelize.Style{Alignment: &excelize.Alignment{Vertical: "top"}}},
		{&b.date, &excelize.Style{Alignment: &excelize.Alignment{Vertical: "top", Horizontal: "left"}, CustomNumFmt: &iso}},
	} {
		id, err := b.f.NewStyle(s.style)
		if err != nil {
			return err
		}
		*s.id = id
	}
	return nil
}

// sheet writes one table, with at most limit rows in all.
func (b *workbook) sheet(name string, t Table, limit int) error {
	sw, err := b.f.NewStreamWriter(name)
	if err != nil {
		return err
	}
	for i, c := range t.Columns {
		if err := sw.SetColWidth(i+1, i+1, min(c.Width, 255)); err != nil {
			return err
		}
	}
	if err := sw.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	cells := make([]excelize.Cell, len(t.Columns))
	row := make([]any, len(t.Columns))
	for i, c := range t.Columns {
		cells[i] = excelize.Cell{StyleID: b.head, Value: c.Head}
		row[i] = &cells[i]
	}
	if err := sw.SetRow("A1", row, excelize.RowOpts{Height: 22}); err != nil {
		return err
	}
	n, err := b.rows(sw, t, cells, row, limit)
	if err != nil {
		return err
	}
	if len(t.Columns) > 0 {
		last, err := excelize.CoordinatesToCellName(len(t.Columns), n)
		if err != nil {
			return err
		}
		if err := b.f.AutoFilter(name, "A1:"+last, nil); err != nil {
			return err
		}
	}
	return sw.Flush()
}

// rows writes the rows under the header and returns the number of the last.
func (b *workbook) rows(sw *excelize.StreamWriter, t Table, cells []excelize.Cell, row []any, limit int) (int, error) {
	n, skipped := 1, 0
	for r := range t.Rows {
		if n == limit-1 && t.Len > limit-1 {
			skipped++
			continue
		}
		n++
		for i := range cells {
			cells[i] = excelize.Cell{}
			if i < len(r) {
				cells[i] = b.cell(r[i])
			}
		}
		if err := sw.SetRow(fmt.Sprintf("A%d", n), row); err != nil {
			return n, err
		}
	}
	if skipped > 0 {
		n++
		note := fmt.Sprintf("and %s more rows: a worksheet holds %s rows, see assessment.json", group(skipped), group(sheetRows))
		if err := sw.SetRow(fmt.Sprintf("A%d", n), []any{excelize.Cell{StyleID: b.text, Value: note}}); err != nil {
			return n, err
		}
	}
	return n, nil
}

func (b *workbook) cell(v any) excelize.Cell {
	switch v := v.(type) {
	case nil:
		return excelize.Cell{}
	case string:
		return excelize.Cell{StyleID: b.text, Value: fitCell(Neutral(v))}
	case Date:
		if t, ok := v.time(); ok {
			return excelize.Cell{StyleID: b.date, Value: t}
		}
		return excelize.Cell{StyleID: b.text, Value: fitCell(Neutral(string(v)))}
	}
	return excelize.Cell{StyleID: b.number, Value: v}
}

// fitCell cuts a text that a cell cannot hold, and says so.
func fitCell(s string) string {
	const note = " … (cut, see assessment.json)"
	if len(s) <= cellRunes || utf8.RuneCountInString(s) <= cellRunes {
		return s
	}
	keep, n := cellRunes-utf8.RuneCountInString(note), 0
	for i := range s {
		if n == keep {
			return s[:i] + note
		}
		n++
	}
	return s
}
