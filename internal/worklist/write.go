package worklist

import (
	"errors"
	"fmt"
	"io"

	"github.com/xuri/excelize/v2"

	"github.com/wardbook/wardbook"
)

// Write writes l as a workbook. Everything but state, note and date is locked;
// texts that a spreadsheet would run as a formula get an apostrophe.
func Write(w io.Writer, l *List) error {
	f := excelize.NewFile()
	defer f.Close() //nolint:errcheck // nothing of it is a file
	if err := errors.Join(f.SetSheetName(f.GetSheetName(0), sheetName), writeRows(f, l), protect(f, len(l.Rows)), writeHidden(f, l)); err != nil {
		return err
	}
	return f.Write(w)
}

func writeRows(f *excelize.File, l *List) error {
	free, err1 := f.NewStyle(&excelize.Style{Protection: &excelize.Protection{Locked: false}, Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"FFF8E1"}}})
	fixed, err2 := f.NewStyle(&excelize.Style{Protection: &excelize.Protection{Locked: true}, Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}})
	head, err3 := f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}, Protection: &excelize.Protection{Locked: true}})
	out, err4 := f.NewStreamWriter(sheetName)
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return err
	}
	for i, n := range widths {
		if err := out.SetColWidth(i+1, i+1, n); err != nil {
			return err
		}
	}
	if err := out.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	var cells []any
	for _, c := range columns {
		cells = append(cells, excelize.Cell{StyleID: head, Value: c})
	}
	if err := out.SetRow("A1", cells); err != nil {
		return err
	}
	for i, r := range l.Rows {
		cells = cells[:0]
		for c, text := range []string{r.Number, r.Device, r.Manufacturer, r.Model, r.Serial, r.Location, r.Action, stateText(r.State), r.Note, r.Date} {
			style := fixed
			if c >= colState {
				style = free
			}
			cells = append(cells, excelize.Cell{StyleID: style, Value: harmless(text)})
		}
		if err := out.SetRow(fmt.Sprintf("A%d", i+2), cells); err != nil {
			return err
		}
	}
	return out.Flush()
}

// protect locks what is not to be changed, without a password: it keeps from
// mistakes, and what was changed all the same is found when the file comes back.
func protect(f *excelize.File, rows int) error {
	var states []string
	for _, s := range wardbook.WorkStates {
		states = append(states, stateText(s))
	}
	dv := excelize.NewDataValidation(true)
	dv.Sqref = fmt.Sprintf("H2:H%d", max(rows+1, 2))
	if err := dv.SetDropList(states); err != nil {
		return err
	}
	return errors.Join(f.AddDataValidation(sheetName, dv), f.ProtectSheet(sheetName, &excelize.SheetProtectionOptions{
		SelectLockedCells: true, SelectUnlockedCells: true, FormatColumns: true, FormatRows: true, Sort: true, AutoFilter: true,
	}), f.SetPageLayout(sheetName, &excelize.PageLayoutOptions{Orientation: ptr("landscape"), FitToWidth: ptr(1), FitToHeight: ptr(0)}))
}

func ptr[T any](v T) *T { return &v }

// writeHidden writes what the program needs to know when the file comes back.
func writeHidden(f *excelize.File, l *List) error {
	if _, err := f.NewSheet(hiddenName); err != nil {
		return err
	}
	rows := [][]any{{format}, {"organization", l.Organization}, {"ward", harmless(l.Ward)}}
	for _, line := range l.Lines {
		rows = append(rows, []any{"line", line.Number, line.ID, fmt.Sprint(line.Revision)})
	}
	for i, r := range rows {
		if err := f.SetSheetRow(hiddenName, fmt.Sprintf("A%d", i+1), &r); err != nil {
			return err
		}
	}
	return f.SetSheetVisible(hiddenName, false)
}
