package inventory

import (
	"fmt"
	"strings"
	"time"

	"github.com/wardbook/wardbook"
)

// Agency is a body that issues UDIs (21 CFR 830; Regulation (EU) 2017/745,
// article 27), spelled as FDA's GUDID spells it.
type Agency string

const (
	GS1    Agency = "GS1"
	HIBCC  Agency = "HIBCC"
	ICCBBA Agency = "ICCBBA"
)

// A UDI is a unique device identifier, taken apart. Empty means that the
// string does not say. Dates are RFC 3339 dates; where the source gives a
// month only, they are "YYYY-MM".
type UDI struct {
	Agency Agency
	// DI is the device identifier as GUDID lists it: for GS1 the 14 digits of
	// the GTIN, for HIBCC labeler, product and unit of measure without "+" and
	// check character, for ICCBBA the 16 characters after "=/".
	DI           string
	Lot          string
	Serial       string
	Expires      string
	Manufactured string
	Version      string // software version, GS1 AI 8012
	Additional   string // additional product identification, GS1 AI 240
	Donation     string // ICCBBA donation identification number
	// Checked is true where a check digit or character was there and held. A
	// plain HIBCC or ICCBBA device identifier has none.
	Checked bool
}

// maxUDI bounds the length of a string that is read as a UDI. The longest
// GS1 element string that a label may carry is far below it.
const maxUDI = 512

// ParseUDI reads a UDI as scanned or as printed: GS1 element strings with
// parentheses or separators (General Specifications, section 3), plain
// GTIN-12, -13 and -14; HIBCC (ANSI/HIBC 2.6) primary, secondary and combined;
// ICCBBA (ISBT 128) for medical products of human origin. It collects all
// faults in an *Invalid; what could be read stands in the UDI all the same,
// but DI is empty where it cannot be trusted.
func ParseUDI(s string) (UDI, error) {
	s = strings.TrimSpace(s)
	var u UDI
	var ps wardbook.Problems
	if len(s) > maxUDI {
		ps.Add("", "a UDI of %d characters is longer than any label carries", len(s))
		return u, ps.Err()
	}
	body, symbology := cutSymbology(s)
	switch {
	case body == "":
		ps.Add("", "there is no UDI")
	case symbology || body[0] == '(' || isDigits(body) || gs1Raw(body):
		u = parseGS1(body, &ps)
	case body[0] == '+' || strings.HasPrefix(body, "*+"):
		u = parseHIBCC(body, &ps)
	case body[0] == '=' || body[0] == '&':
		u = parseICCBBA(body, &ps)
	case plainHIBCC(body):
		u = UDI{Agency: HIBCC, DI: body}
	default:
		ps.Add("", "%q is not in the form of GS1, HIBCC or ICCBBA", short(s))
	}
	if u.DI == "" && len(ps) == 0 {
		ps.Add("", "%q has no device identifier, only production data", short(s))
	}
	return u, ps.Err()
}

// cutSymbology drops the AIM symbology identifier of a GS1 bar code and a
// leading FNC1.
func cutSymbology(s string) (string, bool) {
	for _, p := range []string{"]C1", "]d2", "]Q3", "]e0", "]E0", "\x1d", "<FNC1>", "{FNC1}", "<GS>", "{GS}"} {
		if rest, ok := strings.CutPrefix(s, p); ok {
			return rest, true
		}
	}
	return s, false
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

func isUpperAlnum(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return s != ""
}

// short keeps a message readable when the value is not.
func short(s string) string {
	const limit = 60
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "") + "…"
}

// udiDate checks a date of year, month and day as numbers in text. Day 0 means
// the month as a whole, which for an expiry is its last day (GS1 General
// Specifications, 3.4.7).
func udiDate(year, month, day int, expiry bool) (string, error) {
	if month < 1 || month > 12 {
		return "", fmt.Errorf("there is no month %02d", month)
	}
	if day == 0 {
		if expiry {
			return time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Format(time.DateOnly), nil
		}
		return fmt.Sprintf("%04d-%02d", year, month), nil
	}
	t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	if t.Month() != time.Month(month) || t.Day() != day {
		return "", fmt.Errorf("there is no day %04d-%02d-%02d", year, month, day)
	}
	return t.Format(time.DateOnly), nil
}

// julianDate checks a date of year and day of the year (1–366).
func julianDate(year, day int) (string, error) {
	t := time.Date(year, 1, day, 0, 0, 0, 0, time.UTC)
	if day < 1 || t.Year() != year {
		return "", fmt.Errorf("the year %d has no day %d", year, day)
	}
	return t.Format(time.DateOnly), nil
}

// fullYear reads a year of two digits. UDIs exist since 2007 and some devices
// that carry one were made in the eighties, so 80–99 are the last century.
func fullYear(yy int) int {
	if yy >= 80 {
		return 1900 + yy
	}
	return 2000 + yy
}

// num reads a text of digits that was checked before; its length is bounded.
func num(s string) int {
	n := 0
	for i := range len(s) {
		n = n*10 + int(s[i]-'0')
	}
	return n
}
