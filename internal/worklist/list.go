package worklist

import (
	"slices"
	"strings"

	"github.com/wardbook/wardbook"
)

// A List is a work list in a file.
type List struct {
	Organization string // id
	Ward         string // of the heading; empty: several
	Lines        []Line
	Rows         []Row
}

// A Line is a work record that rows of the list are of, in the revision that
// they were written from.
type Line struct {
	ID       string
	Number   string // WRK-0042
	Revision int64
}

// A Row is one device. Date is that of the state; of an accepted device it is
// the last day of the acceptance.
type Row struct {
	Number string // of the line
	Device string
	Manufacturer, Model, Serial, Location,
	Action string
	State wardbook.WorkState
	Note  string
	Date  string // RFC 3339

	// Cell is the address of the state in the sheet that was read, such as H7.
	Cell string
}

// Line is the line with that number; nil: the file does not name it.
func (l *List) Line(number string) *Line {
	for i := range l.Lines {
		if l.Lines[i].Number == number {
			return &l.Lines[i]
		}
	}
	return nil
}

const (
	sheetName  = "Work"
	hiddenName = "Wardbook"
	format     = "wardbook work list 1"
)

// The columns of the sheet; those from state on can be changed.
var columns = []string{"Work", "Asset id", "Maker", "Model", "Serial", "Location", "Action", "State", "Note", "Date"}

const (
	colNumber = iota
	colDevice
	colMaker
	colModel
	colSerial
	colLocation
	colAction
	colState
	colNote
	colDate
)

var widths = []float64{12, 16, 18, 22, 16, 24, 44, 12, 40, 13}

// stateTexts are the words of the states in the file.
func stateText(s wardbook.WorkState) string { return strings.ReplaceAll(string(s), "_", " ") }

// stateOf reads a state, written in words or as in the record.
func stateOf(text string) (wardbook.WorkState, bool) {
	s := wardbook.WorkState(strings.NewReplacer(" ", "_", "-", "_").Replace(strings.ToLower(strings.TrimSpace(text))))
	if s == "todo" {
		s = wardbook.WorkToDo
	}
	return s, slices.Contains(wardbook.WorkStates, s)
}

// formulas are the characters with which a spreadsheet begins to calculate, as
// they are and in full width (OWASP, CSV injection).
const formulas = "=+-@\t\r\n＝＋－＠"

// harmless puts an apostrophe before a text that a spreadsheet would run.
// plain takes it off again.
func harmless(s string) string {
	if s != "" && strings.ContainsRune(formulas, []rune(s)[0]) {
		return "'" + s
	}
	return s
}

func plain(s string) string {
	if rest, ok := strings.CutPrefix(s, "'"); ok && rest != "" && strings.ContainsRune(formulas, []rune(rest)[0]) {
		return rest
	}
	return s
}
