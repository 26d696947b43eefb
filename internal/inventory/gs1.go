package inventory

import (
	"strings"

	"github.com/wardbook/wardbook"
)

// An applicationID is a GS1 application identifier: how long its data is
// (General Specifications, figure 3.2-1).
type applicationID struct {
	max   int
	fixed bool // exactly max; else 1 to max, ended by a separator
	digit bool
}

// applicationIDs holds those that medical devices carry, and enough others
// that one of them does not stop the reading.
var applicationIDs = map[string]applicationID{
	"00": {18, true, true}, "01": {14, true, true}, "02": {14, true, true},
	"10": {20, false, false}, "11": {6, true, true}, "12": {6, true, true}, "13": {6, true, true},
	"15": {6, true, true}, "16": {6, true, true}, "17": {6, true, true},
	"20": {2, true, true}, "21": {20, false, false}, "22": {20, false, false},
	"235": {28, false, false}, "240": {30, false, false}, "241": {30, false, false},
	"242": {6, false, true}, "243": {20, false, false}, "250": {30, false, false}, "251": {30, false, false},
	"253": {30, false, false}, "254": {20, false, false}, "255": {25, false, true}, "30": {8, false, true}, "37": {8, false, true},
	"400": {30, false, false}, "401": {30, false, false}, "402": {17, true, true}, "403": {30, false, false},
	"410": {13, true, true}, "411": {13, true, true}, "412": {13, true, true}, "413": {13, true, true},
	"414": {13, true, true}, "415": {13, true, true}, "416": {13, true, true}, "417": {13, true, true},
	"420": {20, false, false}, "422": {3, true, true},
	"7003": {10, true, true}, "7006": {6, true, true}, "7007": {12, false, true}, "7010": {2, false, false},
	"7040": {4, true, false}, "710": {20, false, false}, "711": {20, false, false}, "712": {20, false, false},
	"713": {20, false, false}, "714": {20, false, false}, "715": {20, false, false},
	"8001": {14, true, true}, "8002": {20, false, false}, "8003": {30, false, false}, "8004": {30, false, false},
	"8005": {6, true, true}, "8006": {18, true, true}, "8007": {34, false, false}, "8008": {12, false, true},
	"8009": {50, false, false}, "8010": {30, false, false}, "8011": {12, false, true}, "8012": {20, false, false},
	"8013": {25, false, false}, "8017": {18, true, true}, "8018": {18, true, true}, "8019": {10, false, true},
	"8020": {25, false, false}, "8026": {18, true, true}, "8200": {70, false, false},
	"90": {30, false, false}, "91": {90, false, false}, "92": {90, false, false}, "93": {90, false, false},
	"94": {90, false, false}, "95": {90, false, false}, "96": {90, false, false}, "97": {90, false, false},
	"98": {90, false, false}, "99": {90, false, false},
}

// places are the identifiers as a label prints them, made once.
var places = func() map[string]string {
	m := map[string]string{}
	for id := range applicationIDs {
		m[id] = "(" + id + ")"
	}
	return m
}()

// lookAI finds the application identifier that s begins with. Identifiers are
// prefix-free, so the first that fits is the one.
func lookAI(s string) (id string, ai applicationID, ok bool) {
	for n := 2; n <= 4 && n <= len(s); n++ {
		if ai, ok := applicationIDs[s[:n]]; ok {
			return s[:n], ai, true
		}
	}
	// 310n–369n: measures of six digits, the last digit of the identifier
	// being the place of the decimal point.
	if len(s) >= 4 && isDigits(s[:4]) && s[:3] >= "310" && s[:3] <= "369" {
		return s[:4], applicationID{6, true, true}, true
	}
	return "", applicationID{}, false
}

// gs1Raw says whether s looks like element strings without parentheses: an
// AI 01 and its 14 digits in front.
func gs1Raw(s string) bool {
	return len(s) >= 16 && s[:2] == "01" && isDigits(s[2:16])
}

// separators are the ways in which exports write FNC1 between elements.
var separators = strings.NewReplacer("<GS>", "\x1d", "{GS}", "\x1d", "<FNC1>", "\x1d", "{FNC1}", "\x1d",
	"[GS]", "\x1d", "^]", "\x1d", "~", "\x1d", "\u241d", "\x1d", "\\x1d", "\x1d", "\\u001d", "\x1d")

func separate(s string) string {
	if !strings.ContainsAny(s, "<{[^~\\\u241d") {
		return s
	}
	return separators.Replace(s)
}

func parseGS1(s string, ps *wardbook.Problems) UDI {
	u := UDI{Agency: GS1}
	if isDigits(s) && (len(s) >= 12 && len(s) <= 14) {
		setGTIN(&u, s, "", ps)
		return u
	}
	if s[0] == '(' {
		parseParenthesized(&u, s, ps)
		return u
	}
	if isDigits(s) && !gs1Raw(s) {
		ps.Add("", "%q is a number of %d digits: a GTIN has 12, 13 or 14", short(s), len(s))
		return u
	}
	s = separate(s)
	for s != "" {
		if s[0] == '\x1d' {
			s = s[1:]
			continue
		}
		id, ai, ok := lookAI(s)
		if !ok {
			ps.Add("", "%q does not begin with a known GS1 application identifier", short(s))
			return u
		}
		s = s[len(id):]
		n := strings.IndexByte(s, '\x1d')
		switch {
		case n < 0:
			n = len(s)
			if ai.fixed {
				n = min(n, ai.max)
			}
		case ai.fixed && n > ai.max:
			n = ai.max
		}
		setElement(&u, id, ai, s[:n], ps)
		s = s[n:]
	}
	return u
}

// parseParenthesized reads the human readable form, "(01)…(17)…". A
// parenthesis that no known identifier follows belongs to the data.
func parseParenthesized(u *UDI, s string, ps *wardbook.Problems) {
	for s != "" {
		id, rest, ok := parenthesizedAI(s)
		if !ok {
			ps.Add("", "%q does not begin with a known GS1 application identifier in parentheses", short(s))
			return
		}
		end := len(rest)
		for i := range len(rest) {
			if rest[i] != '(' {
				continue
			}
			if _, _, ok := parenthesizedAI(rest[i:]); ok {
				end = i
				break
			}
		}
		_, ai, _ := lookAI(id)
		setElement(u, id, ai, strings.Trim(separate(rest[:end]), " \x1d"), ps)
		s = rest[end:]
	}
}

func parenthesizedAI(s string) (id, rest string, ok bool) {
	if s == "" || s[0] != '(' {
		return "", "", false
	}
	end := strings.IndexByte(s[:min(len(s), 8)], ')')
	if end < 0 {
		return "", "", false
	}
	id = strings.TrimSpace(s[1:end])
	known, _, ok := lookAI(id)
	return id, s[end+1:], ok && known == id
}

func setElement(u *UDI, id string, ai applicationID, v string, ps *wardbook.Problems) {
	place := places[id]
	switch {
	case v == "":
		ps.Add(place, "has no data")
		return
	case ai.digit && !isDigits(v):
		ps.Add(place, "%q has other characters than digits", short(v))
		return
	case ai.fixed && len(v) != ai.max:
		ps.Add(place, "%q has %d characters, not %d", short(v), len(v), ai.max)
		return
	case len(v) > ai.max:
		ps.Add(place, "%q has %d characters, more than %d", short(v), len(v), ai.max)
		return
	}
	switch id {
	case "01":
		if u.DI != "" && u.DI != v {
			ps.Add(place, "a second device identifier, %s beside %s", v, u.DI)
			return
		}
		setGTIN(u, v, place, ps)
	case "10":
		u.Lot = v
	case "11":
		u.Manufactured = gs1Date(v, false, place, ps)
	case "17":
		u.Expires = gs1Date(v, true, place, ps)
	case "21":
		u.Serial = v
	case "240":
		u.Additional = v
	case "8012":
		u.Version = v
	}
}

func gs1Date(v string, expiry bool, place string, ps *wardbook.Problems) string {
	d, err := udiDate(fullYear(num(v[:2])), num(v[2:4]), num(v[4:6]), expiry)
	if err != nil {
		ps.Add(place, "%s: %v", v, err)
	}
	return d
}

// setGTIN checks a GTIN-12, -13 or -14 and keeps it as 14 digits.
func setGTIN(u *UDI, v, place string, ps *wardbook.Problems) {
	if want := gtinCheckDigit(v); v[len(v)-1] != want {
		ps.Add(place, "the check digit of %s is %c, not %c: a digit is wrong", v, want, v[len(v)-1])
		return
	}
	if strings.Trim(v, "0") == "" {
		ps.Add(place, "%s is only zeros", v)
		return
	}
	u.DI, u.Checked = strings.Repeat("0", 14-len(v))+v, true
}

// gtinCheckDigit computes the last digit of a GTIN from those before it
// (General Specifications, 7.9.1).
func gtinCheckDigit(v string) byte {
	sum := 0
	for i, weight := len(v)-2, 3; i >= 0; i, weight = i-1, 4-weight {
		sum += int(v[i]-'0') * weight
	}
	return byte('0' + (10-sum%10)%10)
}
