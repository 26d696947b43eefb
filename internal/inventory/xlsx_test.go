package inventory

import (
	"bytes"
	"testing"

	"github.com/xuri/excelize/v2"
)

func set(t *testing.T, f *excelize.File, sheet, cell string, row ...any) {
	t.Helper()
	if err := f.SetSheetRow(sheet, cell, &row); err != nil {
		t.Fatal(err)
	}
}

// The sheet that names fields is chosen; title cells may be merged; text keeps
// its zeros, numbers keep their digits, a version stored as a number is named.
func TestXLSX(t *testing.T) {
	f := excelize.NewFile()
	set(t, f, "Sheet1", "A1", "Read me", "nothing here")
	if _, err := f.NewSheet("Devices"); err != nil {
		t.Fatal(err)
	}
	set(t, f, "Devices", "A1", "Equipment list")
	if err := f.MergeCell("Devices", "A1", "F1"); err != nil {
		t.Fatal(err)
	}
	set(t, f, "Devices", "A3", "Asset No.", "Manufacturer", "Model", "S/N", "Ward", "SW Rev")
	set(t, f, "Devices", "A4", "00123", "Philips", "MX450", 123456789012345, "ICU", "1.10")
	set(t, f, "Devices", "A5", 77, "Baxter", "Spectrum", "S-2", "ER", 1.1)
	set(t, f, "Devices", "A7", 78, "Baxter", "Spectrum", "S-3", "ER", "#N/A")
	style, err := f.NewStyle(&excelize.Style{NumFmt: 0, CustomNumFmt: ptr("00000")})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.SetCellStyle("Devices", "A5", "A5", style); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	doc, err := Decode(bytes.NewReader(b.Bytes()), "x.xlsx", Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(doc.Devices) != 3 || doc.Mapping.Sheet != "Devices" || doc.Mapping.HeaderRow != 3 {
		t.Fatalf("%+v\n%+v", doc.Mapping, doc.Devices)
	}
	d := doc.Devices
	if d[0].ID != "00123" || d[0].Version != "1.10" || d[0].Serial != "123456789012345" {
		t.Errorf("%+v", d[0])
	}
	if d[1].ID != "00077" || d[1].Version != "1.1" || d[2].Place != "x.xlsx row 7" || d[2].Version != "" {
		t.Errorf("%+v", d[1:])
	}
	if !hasProblem(doc.Problems, "row 5, cell F5", "1.10 and 1.1 cannot be told apart") {
		t.Errorf("%v", doc.Problems)
	}
	if hasProblem(doc.Problems, "row 4, cell F4", "number") {
		t.Error("a version that is text is called a number")
	}
	if _, err := Decode(bytes.NewReader(b.Bytes()), "x.xlsx", Options{Sheet: "Nope"}); err == nil {
		t.Error("a sheet that is not there is read")
	}
}

func ptr(s string) *string { return &s }

func FuzzXLSX(f *testing.F) {
	x := excelize.NewFile()
	row := []any{"Asset No.", "Manufacturer", "Model", "SW Rev"}
	_ = x.SetSheetRow("Sheet1", "A1", &row)
	row = []any{1, "Philips", "MX", 1.1}
	_ = x.SetSheetRow("Sheet1", "A2", &row)
	var b bytes.Buffer
	_ = x.Write(&b)
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, b []byte) {
		_, _ = Decode(bytes.NewReader(b), "x.xlsx", Options{})
	})
}
