package report

import (
	"bytes"
	"encoding/csv"
	"iter"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
)

func TestNeutral(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "pump": "pump", "=1+1": "'=1+1", "+49 30": "'+49 30", "-2": "'-2", "@SUM(A1)": "'@SUM(A1)", "\tx": "'\tx", "\rx": "'\rx", "\nx": "'\nx",
		"＝1": "'＝1", "a=1": "a=1", "'=1": "'=1",
	} {
		if got := Neutral(in); got != want {
			t.Errorf("Neutral(%q) = %q, want %q", in, got, want)
		}
	}
}

func open(t *testing.T, b []byte) *excelize.File {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// The workbook has the sheets in order, frozen and with a filter; no cell runs
// as a formula; dates are dates and numbers are numbers.
func TestWorkbook(t *testing.T) {
	d := sampleData(t, usual)
	d.Assessment.Risks[0].Title = `=HYPERLINK("http://x","y")`
	d.Assessment.Devices[0].Model = "@cmd"
	f := open(t, render(t, XLSX, d))
	want := []string{"Summary", "To do", "Risks", "Findings", "Devices", "Wards", "Products", "Questions", "Inputs", "Problems", "Method"}
	if diff := cmp.Diff(want, f.GetSheetList()); diff != "" {
		t.Error(diff)
	}
	lens := map[string]int{"Risks": 80, "Findings": 200, "Devices": 2500, "Wards": 25, "Products": 60, "Questions": 34, "Inputs": 9, "Problems": 4, "To do": 10}
	for _, s := range f.GetSheetList() {
		rows, err := f.GetRows(s)
		if err != nil {
			t.Fatal(err)
		}
		if n, ok := lens[s]; ok && len(rows) != n+1 {
			t.Errorf("sheet %s has %d rows, want %d and a header", s, len(rows), n)
		}
		for i, r := range rows {
			for j, c := range r {
				if c != Neutral(c) {
					t.Errorf("%s row %d column %d would run: %q", s, i+1, j+1, c)
				}
			}
		}
		if p, err := f.GetPanes(s); err != nil || !p.Freeze || p.YSplit != 1 {
			t.Errorf("the header of %s does not stay: %+v, %v", s, p, err)
		}
	}
	for cell, want := range map[string]excelize.CellType{"A2": excelize.CellTypeInlineString, "D2": excelize.CellTypeUnset} {
		if got, err := f.GetCellType("Findings", cell); err != nil || got != want {
			t.Errorf("Findings!%s is of type %v (%v), want %v", cell, got, err, want)
		}
	}
	if v, _ := f.GetCellValue("Inputs", "E2"); v != "2026-11-20" {
		t.Errorf("a date is shown as %q", v)
	}
	if v, _ := f.GetCellValue("Inputs", "E2", excelize.Options{RawCellValue: true}); v != "46346" {
		t.Errorf("a date is stored as %q, not as a day number", v)
	}
	for _, s := range f.GetDefinedName() {
		if s.Name == "_xlnm._FilterDatabase" {
			return
		}
	}
	t.Error("no sheet has a filter")
}

func count3(n int) iter.Seq[[]any] {
	return func(yield func([]any) bool) {
		for i := range n {
			if !yield([]any{i, "x", nil}) {
				return
			}
		}
	}
}

// A sheet that cannot hold all rows says how many it does not.
func TestSheetLimit(t *testing.T) {
	f := excelize.NewFile()
	b := &workbook{f: f}
	if err := b.styles(); err != nil {
		t.Fatal(err)
	}
	tab := Table{Name: "Sheet1", Columns: []Column{{"A", 9}, {"B", 9}, {"C", 9}}, Rows: count3(30), Len: 30}
	if err := b.sheet("Sheet1", tab, 10); err != nil {
		t.Fatal(err)
	}
	var buf bytes.Buffer
	if _, err := f.WriteTo(&buf); err != nil {
		t.Fatal(err)
	}
	rows, err := open(t, buf.Bytes()).GetRows("Sheet1")
	if err != nil {
		t.Fatal(err)
	}
	if n := len(rows); n != 10 || !strings.HasPrefix(rows[n-1][0], "and 22 more rows") {
		t.Errorf("%d rows, the last is %q", n, rows[n-1])
	}
}

func TestFitCell(t *testing.T) {
	if got := fitCell(strings.Repeat("ä", cellRunes)); len([]rune(got)) != cellRunes || strings.Contains(got, "cut") {
		t.Error("a text that fits was cut")
	}
	got := fitCell(strings.Repeat("ä", cellRunes+1))
	if len([]rune(got)) != cellRunes || !strings.HasSuffix(got, "(cut, see assessment.json)") {
		t.Errorf("%d characters, ending %q", len([]rune(got)), got[len(got)-30:])
	}
}

func TestSheetName(t *testing.T) {
	for in, want := range map[string]string{"To do": "To do", "a/b[c]": "a-b-c-", "'q'": "q", "": "Sheet", strings.Repeat("ä", 40): strings.Repeat("ä", 31)} {
		if got := sheetName(in); got != want {
			t.Errorf("sheetName(%q) = %q, want %q", in, got, want)
		}
	}
}

// CSV has the same cells, and none runs.
func TestCSV(t *testing.T) {
	rows := [][]any{{"=1", 3, nil}, {"a,\"b\"", -2, Date("2026-01-02T03:04:05Z")}, {"x", 0.5, Date("soon")}}
	var b bytes.Buffer
	if err := CSV(&b, fixedSheet("T", []Column{{"A", 1}, {"-B", 1}, {"C", 1}}, rows)); err != nil {
		t.Fatal(err)
	}
	got, err := csv.NewReader(&b).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{{"A", "'-B", "C"}, {"'=1", "3", ""}, {"a,\"b\"", "-2", "2026-01-02"}, {"x", "0.5", "soon"}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}
