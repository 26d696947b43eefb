package demo

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"time"
)

// Columns of the sample's export of the equipment database.
const (
	colAsset, colModel, colSerial, colVersion, colUDI = 0, 2, 5, 6, 7
	colSite, colWard, colRoom, colStatus              = 8, 9, 10, 16
	columns                                           = 20
)

// headLines of the export come before its header row.
const headLines = 3

// inventoryOf is the export as it was in a month of the story, 0 to 12, made at
// a time; in month 12 its rows are those of the sample. What differs before is
// told by rules that look at the row only, so that each month follows from the
// one before: devices come, old ones are replaced, software is updated, versions
// are found out on the wards. Rows that keep does not want are left out; nil
// keeps all.
func inventoryOf(sample []byte, month int, made time.Time, keep func(row []string) bool) ([]byte, error) {
	lines := bytes.SplitAfterN(sample, []byte("\n"), headLines+1)
	if len(lines) != headLines+1 {
		return nil, fmt.Errorf("inventory/cmms-export.csv: has no header after %d lines", headLines)
	}
	var out bytes.Buffer
	out.Write(lines[0])
	fmt.Fprintf(&out, "Exported %s by Clinical Engineering;;;Filter: none\r\n\r\n", made.Format("02.01.2006 15:04"))
	r := csv.NewReader(bytes.NewReader(lines[headLines]))
	r.Comma, r.FieldsPerRecord, r.LazyQuotes = ';', -1, true
	rows, err := r.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("inventory/cmms-export.csv: %w", err)
	}
	var kept [][]string
	for i, row := range rows {
		if i == 0 || len(row) != columns {
			kept = append(kept, row)
			continue
		}
		for _, row := range rowsOf(row, month) {
			if keep == nil || keep(row) {
				kept = append(kept, row)
			}
		}
	}
	w := csv.NewWriter(&out)
	w.Comma, w.UseCRLF = ';', true
	err = w.WriteAll(kept)
	return out.Bytes(), err
}

// rowsOf are the rows in a month for one of the sample: none while the device
// was not bought, that of its forerunner until it was replaced, else its own.
func rowsOf(row []string, month int) [][]string {
	h := fnv.New32a()
	h.Write([]byte(row[colAsset]))
	n := int(h.Sum32() % 1000)
	since := 1 + n%11 // the month of what happens to the row
	if month >= 12 || month >= since && n < 60 {
		return [][]string{row}
	}
	row = slices.Clone(row)
	switch {
	case n < 30: // bought within the year
		return nil
	case n < 60: // replaced another, which had a number and serial of its own
		row[colAsset] = "SE-0" + strings.TrimPrefix(row[colAsset], "SE-")
		row[colSerial], row[colVersion], row[colUDI] = row[colSerial]+"A", "", ""
	case n < 90 && month < since: // waited in the workshop
		row[colSite], row[colWard], row[colRoom], row[colStatus] = "Main Campus", "Clinical Engineering", "B0.01", "In storage"
	case n >= 200 && n < 300 && month < 3: // nobody had looked yet
		row[colVersion] = ""
	}
	for _, u := range updates {
		if month < u.month && row[colVersion] == u.is && strings.Contains(strings.ToUpper(row[colModel]), u.model) {
			row[colVersion] = u.was
		}
	}
	return [][]string{row}
}

// updates are the software updates of the year: from a month on devices that run
// a release now ran an earlier one before.
var updates = []struct {
	model, was, is string
	month          int
}{
	{"MEDFUSION", "1.5", "1.6.1", 4},
	{"INFUSIA", "3.2.1", "3.4.0", 8},
	{"MX450", "J.10.52", "P.00.30", 6},
	{"MX-450", "J.10.52", "P.00.30", 6},
	{"VENTACARE", "2.4.0", "2.6.1", 10},
}
