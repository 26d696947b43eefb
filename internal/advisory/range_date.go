package advisory

import "strings"

// date is a day, month or year that a text gives in words.
type date struct{ year, month, day, text string }

func (d date) String() string {
	s := d.year + "-" + d.month
	if d.day != "" {
		s += "-" + d.day
	}
	return s
}

var months = map[string]string{"jan": "01", "feb": "02", "mar": "03", "apr": "04", "may": "05", "jun": "06",
	"jul": "07", "aug": "08", "sep": "09", "oct": "10", "nov": "11", "dec": "12"}

var monthNames = map[string]bool{"january": true, "february": true, "march": true, "april": true, "may": true, "june": true, "july": true,
	"august": true, "september": true, "october": true, "november": true, "december": true, "sept": true}

// readDate reads a date that has the name of a month: "july 1 2017",
// "April/20/2023", "May 2018", "august 28".
func readDate(v string) (date, bool) {
	d := date{text: v}
	for w := range strings.FieldsFuncSeq(strings.ToLower(v), func(r rune) bool { return r == ' ' || r == '/' || r == ',' || r == '.' || r == '-' || r == '_' }) {
		num := strings.TrimRight(w, "sthndr")
		switch {
		case d.month == "" && (monthNames[w] || months[w] != ""):
			d.month = months[w[:3]]
		case digits(num) && len(num) == 4 && isYear(num) && d.year == "":
			d.year = num
		case digits(num) && len(num) <= 2 && d.day == "":
			d.day = num
			if len(num) == 1 {
				d.day = "0" + num
			}
		default:
			return date{}, false
		}
	}
	return d, d.month != ""
}
