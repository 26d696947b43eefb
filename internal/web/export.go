package web

import (
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"
)

// maxExport is how many rows of a list a file holds.
const maxExport = 100_000

// errOver ends the rows of a list that is longer than a file may be.
var errOver = errors.New("there are more rows than a file holds")

// tabled is a view with a list, which can be had as a file.
type tabled interface{ List() *table }

// sendList sends the rows of a list as a file, in the order and with the
// columns of the page. It is called within the transaction that reads them.
func (q *request) sendList(t *table) error {
	q.download(t.Name+"."+t.file, map[string]string{
		"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	}[t.file])
	write := t.writeCSV
	if t.file == "xlsx" {
		write = t.writeXLSX
	}
	if err := write(q.w); err != nil {
		// Half a list must not be taken for a whole one.
		if q.r.Context().Err() == nil {
			q.s.o.Log.Error("export of a list", "list", t.Name, "error", err)
		}
		panic(http.ErrAbortHandler)
	}
	return nil
}

// names are the headings of a file: second lines are columns of their own.
func (t *table) names() []string {
	var out []string
	for i, h := range t.Head {
		if out = append(out, cmp.Or(h.Title, h.Text)); t.subs[i] != "" {
			out = append(out, t.subs[i])
		}
	}
	return out
}

// values are the cells of a row under names.
func (t *table) values(cells []cell) []any {
	var out []any
	for i, c := range cells {
		if out = append(out, c.value()); t.subs[i] != "" {
			if c.Sub == nil {
				out = append(out, "")
			} else {
				out = append(out, c.Sub.value())
			}
		}
	}
	return out
}

// value is a number, a time or a text that no spreadsheet runs.
func (c cell) value() any {
	if c.Value != nil {
		return c.Value
	}
	return harmless(c.plain())
}

func (c cell) plain() string {
	if len(c.Parts) == 0 {
		return c.Text
	}
	var out []string
	for _, p := range c.Parts {
		out = append(out, p.Text)
	}
	return strings.Join(out, ", ")
}

// harmless puts an apostrophe before what a spreadsheet would take for a
// formula (OWASP, CSV injection): what others wrote into an advisory or an
// inventory must not run on the computer of who opens the file. Cells of XLSX
// files are texts, but the next program may write them to CSV.
func harmless(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", []rune(s)[0]) {
		return "'" + s
	}
	return s
}

const overNote = "Cut off here: a file holds at most 100,000 rows. Narrow the list down to have the rest."

func (t *table) writeCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	if err := out.Write(t.names()); err != nil {
		return err
	}
	for cells, err := range t.each {
		if errors.Is(err, errOver) {
			if err := out.Write([]string{overNote}); err != nil {
				return err
			}
			break
		}
		if err != nil {
			return err
		}
		var line []string
		for _, v := range t.values(cells) {
			if at, ok := v.(time.Time); ok {
				v = at.UTC().Format(time.RFC3339)
			}
			line = append(line, fmt.Sprint(v))
		}
		if err := out.Write(line); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

func (t *table) writeXLSX(w io.Writer) error {
	f := excelize.NewFile()
	defer f.Close()
	sheet := f.GetSheetName(0)
	out, err := f.NewStreamWriter(sheet)
	if err != nil {
		return err
	}
	bold, err := f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	if err != nil {
		return err
	}
	date, err := f.NewStyle(&excelize.Style{NumFmt: 22})
	if err != nil {
		return err
	}
	if err := errors.Join(out.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}), out.SetColWidth(1, len(t.names()), 22)); err != nil {
		return err
	}
	row := 1
	put := func(values []any) error {
		at, err := excelize.CoordinatesToCellName(1, row)
		row++
		if err != nil {
			return err
		}
		return out.SetRow(at, values)
	}
	var head []any
	for _, n := range t.names() {
		head = append(head, excelize.Cell{StyleID: bold, Value: n})
	}
	if err := put(head); err != nil {
		return err
	}
	for cells, err := range t.each {
		if errors.Is(err, errOver) {
			if err := put([]any{overNote}); err != nil {
				return err
			}
			break
		}
		if err != nil {
			return err
		}
		values := t.values(cells)
		for i, v := range values {
			if at, ok := v.(time.Time); ok {
				values[i] = excelize.Cell{StyleID: date, Value: at.UTC()}
			}
		}
		if err := put(values); err != nil {
			return err
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	return f.Write(w)
}
