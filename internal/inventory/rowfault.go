package inventory

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/wardbook/wardbook"
)

// footers begin the first cell of lines below a table that are no devices.
var footers = regexp.MustCompile(`(?i)^\W*(grand total|sub-?total|total|totals|sum|count|records?|rows?|number of|printed|page|seite|end of|report|generated|created|exported|confidential|source:|filter|` +
	`gesamt|summe|anzahl|gedruckt|erstellt|stand:|ende|page|imprim|nombre d|total g|suma|n[uú]mero de|impreso|p[aá]gina|fin d|aantal|totaal|afgedrukt|pagina|einde|©|\*\*\*|---)`)

// notDevice tells rows that are no devices: the column names again, lines
// below the table, headings of groups.
func (d *rowDecoder) notDevice(filled int) bool {
	if len(d.header) > 0 {
		same, differ := 0, 0
		for _, i := range d.mapped {
			if i >= len(d.cells) || i >= len(d.header) || len(d.cells[i]) == 0 {
				continue
			}
			if strings.EqualFold(d.header[i], strings.TrimSpace(string(d.cells[i]))) || d.header[i] == cleanText(d.cells[i]) {
				same++
			} else {
				differ++
				break
			}
		}
		if same >= 1 && differ == 0 && same*2 >= len(d.mapped) {
			d.rowFault("the column names are repeated: not read as a device")
			return true
		}
	}
	if filled > 2 || len(d.mapped) < 4 {
		return false
	}
	first := ""
	for _, c := range d.cells {
		if !blank(c) {
			first = cleanText(c)
			break
		}
	}
	switch {
	case footers.MatchString(first) && !d.hasValue(Model, Serial, UDIField):
		d.rowFault(fmt.Sprintf("not a device but a line below the table: %q", short(first)))
		return true
	case filled == 1 && !d.hasValue(Model, Serial, UDIField) && (strings.Contains(first, ": ") || strings.HasSuffix(first, ":") || (!hasDigit(first) && strings.Contains(first, " "))):
		d.rowFault(fmt.Sprintf("not a device but a heading: %q", short(first)))
		return true
	}
	return false
}

func (d *rowDecoder) hasValue(fs ...Field) bool {
	for _, f := range fs {
		for _, c := range d.cols[f] {
			if c.Index < len(d.cells) && !blank(d.cells[c.Index]) {
				return true
			}
		}
	}
	return false
}

// A faultRun counts the rows with one and the same fault. The first thousand
// are problems of their own; of more, neighbours are joined, so that a
// million rows without a model do not drown all else.
type faultRun struct {
	count       int
	first, last int // of the run that is not yet written; 0: none
}

const faultsShown = 1000

func (d *rowDecoder) rowFault(msg string) {
	f := d.faults[msg]
	if f == nil {
		if len(d.faults) >= maxInterned {
			d.ps.Add(fmt.Sprintf("row %d", d.n), "%s", msg)
			return
		}
		f = &faultRun{}
		d.faults[msg] = f
	}
	f.count++
	switch {
	case f.count <= faultsShown:
		d.ps.Add(fmt.Sprintf("row %d", d.n), "%s", msg)
	case f.last == d.n-1:
		f.last = d.n
	default:
		d.flush(f, msg)
		f.first, f.last = d.n, d.n
	}
}

func (d *rowDecoder) flush(f *faultRun, msg string) {
	switch {
	case f.first == 0:
	case f.first == f.last:
		d.ps.Add(fmt.Sprintf("row %d", f.first), "%s", msg)
	default:
		d.ps.Add(fmt.Sprintf("rows %d–%d", f.first, f.last), "%s", msg)
	}
	f.first, f.last = 0, 0
}

// fault names a cell.
func (d *rowDecoder) fault(col int, format string, args ...any) {
	d.ps.Add(fmt.Sprintf("row %d, cell %s%d", d.n, columnLetter(col), d.n), format, args...)
}

// An oddWord is a word of a closed list that is not understood.
type oddWord struct {
	field Field
	text  string
	place string
	count int
}

func (d *rowDecoder) oddWord(f Field, c Column, text string) {
	key := string(f) + "\x00" + text
	o := d.odd[key]
	if o == nil {
		if len(d.odd) >= faultsShown {
			d.rowFault(fmt.Sprintf("a %s that is not understood, like many others", f))
			return
		}
		o = &oddWord{f, text, fmt.Sprintf("row %d, cell %s%d", d.n, c.Letter(), d.n), 0}
		d.odd[key] = o
		d.order = append(d.order, key)
	}
	o.count++
}

// finish returns all problems.
func (d *rowDecoder) finish() wardbook.Problems {
	for _, msg := range slices.Sorted(maps.Keys(d.faults)) {
		d.flush(d.faults[msg], msg)
	}
	for _, key := range d.order {
		o := d.odd[key]
		also := ""
		if o.count > 1 {
			also = fmt.Sprintf(" (in %d rows)", o.count)
		}
		d.ps.Add(o.place, "the %s %q is not understood%s and counts as unknown: say what it means under values in a columns file", o.field, short(o.text), also)
	}
	return d.ps
}
