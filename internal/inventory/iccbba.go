package inventory

import (
	"strings"

	"github.com/wardbook/wardbook"
)

// isbtData are the data structures of ISBT 128 that may stand in a UDI
// (ICCBBA ST-001, "Use of ISBT 128 with UDI"), by their data identifier. The
// number is the length of the data; 0 is "up to the next one".
var isbtData = []struct {
	id     string
	length int
}{
	{"=/", 16},  // processor product identification code: the device identifier
	{"=,", 6},   // product division or serial number
	{"=>", 6},   // expiration date, cYYJJJ
	{"=}", 6},   // production date, cYYJJJ
	{"&,1", 18}, // MPHO lot number
	{"=)", 0},   // blood bag: manufacturer and catalogue number
	{"&)", 0},   // blood bag: lot number
	{"=", 15},   // donation identification number
}

func parseICCBBA(s string, ps *wardbook.Problems) UDI {
	u := UDI{Agency: ICCBBA}
	for s = strings.TrimSpace(s); s != ""; s = strings.TrimLeft(s, " ") {
		id, n, ok := isbtStructure(s)
		if !ok {
			ps.Add("", "%q does not begin with a known ISBT 128 data identifier", short(s))
			return u
		}
		s = s[len(id):]
		if n == 0 || n > len(s) {
			end := strings.IndexAny(s, "=&")
			if end < 0 {
				end = len(s)
			}
			if n > 0 && end != n {
				ps.Add(id, "%q has %d characters, not %d", short(s[:end]), end, n)
				s = s[end:]
				continue
			}
			n = end
		}
		setISBT(&u, id, s[:n], ps)
		s = s[n:]
	}
	return u
}

func isbtStructure(s string) (id string, length int, ok bool) {
	for _, d := range isbtData {
		if strings.HasPrefix(s, d.id) {
			return d.id, d.length, true
		}
	}
	return "", 0, false
}

func setISBT(u *UDI, id, v string, ps *wardbook.Problems) {
	if v == "" {
		ps.Add(id, "has no data")
		return
	}
	switch id {
	case "=/", "=)":
		if strings.ContainsAny(v, " =&") {
			ps.Add(id, "%q is not a device identifier", short(v))
			return
		}
		u.DI = v
	case "=,":
		u.Serial = v
	case "&,1", "&)":
		u.Lot = strings.TrimLeft(v, "0")
	case "=":
		u.Donation = v
	case "=>":
		u.Expires = isbtDate(id, v, ps)
	case "=}":
		u.Manufactured = isbtDate(id, v, ps)
	}
}

// isbtDate reads cYYJJJ: century (0 is 2000, 9 is 1900), year, day of it.
func isbtDate(id, v string, ps *wardbook.Problems) string {
	if !isDigits(v) {
		ps.Add(id, "%q is not a date cYYJJJ", short(v))
		return ""
	}
	century := 2000 + 100*num(v[:1])
	if v[0] == '9' {
		century = 1900
	}
	d, err := julianDate(century+num(v[1:3]), num(v[3:]))
	if err != nil {
		ps.Add(id, "%s: %v", v, err)
	}
	return d
}
