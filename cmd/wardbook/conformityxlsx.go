package main

import (
	"io"

	"github.com/xuri/excelize/v2"

	"github.com/wardbook/wardbook/internal/conform"
)

// conformityXLSX is the matrix as a workbook: a row for each statement.
func conformityXLSX(w io.Writer, r *conform.Report) error {
	x := excelize.NewFile()
	defer x.Close()
	const sheet = "Conformity"
	if err := x.SetSheetName("Sheet1", sheet); err != nil {
		return err
	}
	bold, err := x.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}, Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}})
	if err != nil {
		return err
	}
	wrap, err := x.NewStyle(&excelize.Style{Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}})
	if err != nil {
		return err
	}
	s, err := x.NewStreamWriter(sheet)
	if err != nil {
		return err
	}
	for i, width := range []float64{18, 10, 28, 52, 14, 16, 9, 9, 40, 48, 48, 10} {
		if err := s.SetColWidth(i+1, i+1, width); err != nil {
			return err
		}
	}
	if err := s.SetPanes(&excelize.Panes{Freeze: true, YSplit: 2, TopLeftCell: "A3", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	title := r.Standard.ID + " edition " + r.Standard.Edition + " as of " + r.Today + ". " + r.Standard.Note
	if err := s.SetRow("A1", []any{excelize.Cell{StyleID: bold, Value: title}}); err != nil {
		return err
	}
	var head []any
	for _, h := range []string{"Statement", "Clause", "Title", "Asks (our words)", "Kind", "Result", "Asked", "Failing", "Records that fail", "Looked at", "How to mend", "Verified"} {
		head = append(head, excelize.Cell{StyleID: bold, Value: h})
	}
	if err := s.SetRow("A2", head); err != nil {
		return err
	}
	for i := range r.Results {
		if err := conformityRow(s, i+3, wrap, &r.Results[i]); err != nil {
			return err
		}
	}
	if err := s.Flush(); err != nil {
		return err
	}
	return x.Write(w)
}

func conformityRow(s *excelize.StreamWriter, n, style int, x *conform.Result) error {
	st := x.Statement
	verified := "no"
	if st.Verified {
		verified = "yes"
	}
	looks := st.Looks
	if x.Reason != "" {
		looks = x.Reason
	}
	if x.Approver != "" {
		looks += " (approved by " + x.Approver + ")"
	}
	var row []any
	for _, v := range []any{st.ID, st.Clause, st.Title, st.Says, string(st.Kind), x.Means, x.Asked, len(x.Failing), failingText(x.Failing), looks, x.Fix, verified} {
		row = append(row, excelize.Cell{StyleID: style, Value: v})
	}
	cell, err := excelize.CoordinatesToCellName(1, n)
	if err != nil {
		return err
	}
	return s.SetRow(cell, row)
}
