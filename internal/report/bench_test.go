package report

import (
	"bytes"
	"fmt"
	"io"
	"iter"
	"regexp"
	"testing"

	"github.com/xuri/excelize/v2"
)

// large gives a report of about 200 pages.
var large = size{Products: 90, Wards: 40, Findings: 460, Risks: 132, Devices: 5000}

// Bar P9: a report of 200 pages in at most 1 s and 100 MB.
func BenchmarkPDF(b *testing.B) {
	d := sampleData(b, large)
	d.Digest, d.Limits = "0", Limits{Risks: 132, PerRisk: 6, Findings: 460}
	pages := len(regexp.MustCompile(`/Type /Page\n`).FindAll(render(b, PDF, d), -1))
	b.ReportMetric(float64(pages), "pages")
	b.ReportAllocs()
	for b.Loop() {
		if err := PDF(io.Discard, d); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(pages), "pages")
}

func BenchmarkHTML(b *testing.B) {
	d := sampleData(b, large)
	d.Digest, d.Limits = "0", Limits{Risks: 132, PerRisk: 6, Findings: 460}
	b.ReportAllocs()
	for b.Loop() {
		if err := HTML(io.Discard, d); err != nil {
			b.Fatal(err)
		}
	}
}

// 50,000 rows of 12 columns in about a second.
func BenchmarkXLSXSheet(b *testing.B) {
	cols := make([]Column, 12)
	for i := range cols {
		cols[i] = Column{fmt.Sprint("Column ", i), 20}
	}
	t := Table{Name: "Sheet1", Columns: cols, Len: 50_000, Rows: iter.Seq[[]any](func(yield func([]any) bool) {
		row := make([]any, 12)
		for i := range 50_000 {
			for j := range row {
				row[j] = "Infusion Pump 107B"
			}
			row[0], row[5], row[11] = i, fmt.Sprintf("AST-%05d", i), Date("2026-11-24")
			if !yield(row) {
				return
			}
		}
	})}
	b.ReportAllocs()
	for b.Loop() {
		f := excelize.NewFile()
		w := &workbook{f: f}
		if err := w.styles(); err != nil {
			b.Fatal(err)
		}
		if err := w.sheet("Sheet1", t, sheetRows); err != nil {
			b.Fatal(err)
		}
		var buf bytes.Buffer
		if _, err := f.WriteTo(&buf); err != nil {
			b.Fatal(err)
		}
		_ = f.Close()
	}
}
