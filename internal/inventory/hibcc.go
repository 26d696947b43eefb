package inventory

import (
	"strings"

	"github.com/wardbook/wardbook"
)

// hibcChars are the 43 characters of a HIBC symbol in the order of their check
// values (ANSI/HIBC 2.6, appendix B; the character set of Code 39).
const hibcChars = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-. $/+%"

// hibcCheck computes the modulo 43 check character of s.
func hibcCheck(s string) (byte, bool) {
	sum := 0
	for i := range len(s) {
		v := strings.IndexByte(hibcChars, s[i])
		if v < 0 {
			return 0, false
		}
		sum += v
	}
	return hibcChars[sum%43], true
}

// plainHIBCC says whether s has the shape of a HIBCC device identifier as
// GUDID lists it: labeler code (a letter and three characters), product code
// (1–18) and unit of measure (a digit).
func plainHIBCC(s string) bool {
	return len(s) >= 6 && len(s) <= 23 && s[0] >= 'A' && s[0] <= 'Z' &&
		isUpperAlnum(s) && isDigits(s[len(s)-1:]) && strings.ContainsAny(s[1:4], "0123456789")
}

func parseHIBCC(s string, ps *wardbook.Problems) UDI {
	u := UDI{Agency: HIBCC}
	if len(s) > 2 && s[0] == '*' && s[len(s)-1] == '*' {
		s = s[1 : len(s)-1] // start and stop of Code 39
	}
	if first, second, ok := twoSymbols(s); ok {
		parseHIBCSymbol(&u, first, ps)
		s = second
	}
	parseHIBCSymbol(&u, s, ps)
	return u
}

// twoSymbols cuts a primary and a secondary symbol that were scanned into one
// string, each with its own "+" and check character.
func twoSymbols(s string) (first, second string, ok bool) {
	for i := 8; i+3 < len(s); i++ {
		if s[i] != '+' {
			continue
		}
		first = strings.TrimRight(s[:i], "* ")
		if c, ok := hibcCheck(first[:len(first)-1]); ok && c == first[len(first)-1] {
			return first, s[i:], true
		}
	}
	return "", "", false
}

// parseHIBCSymbol reads one symbol, "+" to check character.
func parseHIBCSymbol(u *UDI, s string, ps *wardbook.Problems) {
	if len(s) < 4 || s[0] != '+' {
		ps.Add("", "%q is too short for HIBCC", short(s))
		return
	}
	body, check := s[:len(s)-1], s[len(s)-1]
	want, ok := hibcCheck(body)
	switch {
	case !ok:
		ps.Add("", "%q has a character that HIBCC does not have", short(s))
		return
	case want != check:
		ps.Add("", "the check character of %q is %q, not %q: a character is wrong", short(s), want, check)
		return
	}
	u.Checked = true
	body = body[1:]
	if c := body[0]; c < 'A' || c > 'Z' {
		// A secondary symbol alone: data, and a link character that repeats
		// the check character of the primary.
		if len(body) > 1 {
			hibcSecondary(u, body[:len(body)-1], ps)
		}
		return
	}
	parts := strings.Split(body, "/")
	di := parts[0]
	if len(di) < 6 || len(di) > 23 || !isUpperAlnum(di) || !isDigits(di[len(di)-1:]) {
		ps.Add("", "%q is not labeler, product and unit of measure", short(di))
	} else {
		u.DI = di
	}
	for _, p := range parts[1:] {
		hibcSecondary(u, p, ps)
	}
}

// hibcSecondary reads one secondary data structure (ANSI/HIBC 2.6, 2.3.2).
func hibcSecondary(u *UDI, p string, ps *wardbook.Problems) {
	switch {
	case strings.HasPrefix(p, "$$+"):
		u.Expires, u.Serial = hibcDated(p[3:], ps)
	case strings.HasPrefix(p, "$$"):
		u.Expires, u.Lot = hibcDated(p[2:], ps)
	case strings.HasPrefix(p, "$+"):
		u.Serial = p[2:]
	case strings.HasPrefix(p, "$"):
		u.Lot = p[1:]
	case strings.HasPrefix(p, "S"):
		u.Serial = p[1:]
	case strings.HasPrefix(p, "14D"):
		u.Expires = hibcDay(p[3:], true, ps)
	case strings.HasPrefix(p, "16D"):
		u.Manufactured = hibcDay(p[3:], false, ps)
	case strings.HasPrefix(p, "Q"): // quantity
	case len(p) >= 5 && isDigits(p[:5]):
		d, err := julianDate(fullYear(num(p[:2])), num(p[2:5]))
		if err != nil {
			ps.Add("/"+short(p), "%v", err)
		}
		u.Expires, u.Lot = d, p[5:]
	case p == "":
		ps.Add("/", "has no data")
	default:
		ps.Add("/"+short(p), "is not a known HIBCC data structure")
	}
}

func hibcDay(v string, expiry bool, ps *wardbook.Problems) string {
	if len(v) != 8 || !isDigits(v) {
		ps.Add("/", "%q is not a date YYYYMMDD", short(v))
		return ""
	}
	d, err := udiDate(num(v[:4]), num(v[4:6]), num(v[6:8]), expiry)
	if err != nil {
		ps.Add("/", "%s: %v", v, err)
	}
	return d
}

// hibcDated reads "[quantity] date lot-or-serial" after "$$" or "$$+". The
// first digit says which form the date has; 8 and 9 put a quantity of two or
// five digits in front.
func hibcDated(v string, ps *wardbook.Problems) (expires, rest string) {
	if v == "" {
		ps.Add("/$$", "has no data")
		return "", ""
	}
	whole := v
	switch v[0] {
	case '8':
		v = v[min(len(v), 3):]
	case '9':
		v = v[min(len(v), 6):]
	}
	if v == "" {
		return "", "" // a quantity alone
	}
	form, skip := v[0], 1
	n := map[byte]int{'0': 4, '1': 4, '2': 6, '3': 6, '4': 8, '5': 5, '6': 7, '7': 0}[form]
	if form <= '1' {
		skip = 0 // the digit is the first of the month already
	}
	if form < '0' || form > '7' || len(v) < skip+n || !isDigits(v[:skip+n]) {
		ps.Add("/$$", "%q is not a HIBCC date and lot or serial number", short(whole))
		return "", ""
	}
	d, rest := v[skip:skip+n], v[skip+n:]
	var err error
	switch form {
	case '0', '1': // MMYY
		expires, err = udiDate(fullYear(num(d[2:])), num(d[:2]), 0, true)
	case '2': // MMDDYY
		expires, err = udiDate(fullYear(num(d[4:])), num(d[:2]), num(d[2:4]), true)
	case '3', '4': // YYMMDD, YYMMDDHH
		expires, err = udiDate(fullYear(num(d[:2])), num(d[2:4]), num(d[4:6]), true)
	case '5', '6': // YYJJJ, YYJJJHH
		expires, err = julianDate(fullYear(num(d[:2])), num(d[2:5]))
	}
	if err != nil {
		ps.Add("/$$", "%s: %v", d, err)
	}
	return expires, rest
}
