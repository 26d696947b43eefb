package inventory

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// cleanText turns the bytes of a cell into text: UTF-8 (bytes that are not are
// read as Windows-1252), without control characters, runs of white space as
// one space, and without what spreadsheets put around a text to keep it text
// (="00123", '00123).
func cleanText(b []byte) string {
	return string(cleanBytes(nil, b))
}

// cleanBytes appends to dst what cleanText gives. It returns a part of b where
// nothing is to be changed and dst is nil.
func cleanBytes(dst, b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t') {
		b = b[1:]
	}
	for len(b) > 0 && (b[len(b)-1] == ' ' || b[len(b)-1] == '\t') {
		b = b[:len(b)-1]
	}
	if !plain(b) {
		b = cleanSlow(b)
	}
	if len(b) > 3 && b[0] == '=' && b[1] == '"' && b[len(b)-1] == '"' {
		b = b[2 : len(b)-1]
	} else if len(b) > 1 && b[0] == '\'' && b[1] >= '0' && b[1] <= '9' {
		b = b[1:]
	}
	if dst == nil {
		return b
	}
	return append(dst, b...)
}

// plain says whether b is printable ASCII without two spaces in a row.
func plain(b []byte) bool {
	space := false
	for _, c := range b {
		if c < ' ' || c >= 0x7f {
			return false
		}
		if c == ' ' {
			if space {
				return false
			}
			space = true
		} else {
			space = false
		}
	}
	return true
}

func cleanSlow(b []byte) []byte {
	if !isASCII(b) && !utf8.Valid(b) {
		b = fromCP1252(b)
	}
	out := make([]byte, 0, len(b))
	space := false
	for _, r := range string(b) {
		switch {
		case unicode.IsSpace(r) || r == '\u00a0' || r == '\u2028':
			space = len(out) > 0
			continue
		case unicode.IsControl(r) && r != '\x1d', r == '\ufeff', r >= '\u200b' && r <= '\u200f', r == '\u2060':
			continue // GS (0x1D) stays: it separates the elements of a UDI
		}
		if space {
			out = append(out, ' ')
			space = false
		}
		out = utf8.AppendRune(out, r)
	}
	return out
}

// unknownWords are the ways to say in a cell that a value is not known.
var unknownWords = func() map[string]bool {
	m := map[string]bool{}
	for _, s := range []string{"n/a", "na", "n.a.", "n.a", "n / a", "#n/a", "#ref!", "#value!", "#name?", "#null!", "#div/0!", "unknown", "unkn", "unk", "unk.", "uknown",
		"-", "--", "---", "–", "—", "_", ".", "..", "...", "/", "//", "*", "?", "??", "???", "0", "00", "000", "0000", "x", "xx", "xxx", "xxxx",
		"tbd", "tba", "tbc", "t.b.d.", "to be determined", "to be confirmed", "none", "nil", "null", "(null)", "<null>", "nan", "(blank)", "blank", "empty", "(empty)", "(none)", "[none]",
		"see label", "see device", "see tag", "see unit", "not available", "not applicable", "not known", "not recorded", "not listed", "not found", "not specified", "not visible", "unspecified", "undefined", "unavailable", "unreadable", "illegible", "missing", "no data", "no info", "no value", "pending", "to follow", "default", "generic", "various", "misc", "no s/n", "no sn", "no serial", "no serial number", "no model", "no id",
		"unbekannt", "keine angabe", "k.a.", "k. a.", "ka", "k.a", "nicht bekannt", "nicht vorhanden", "entfällt", "keine", "siehe typenschild", "siehe gerät", "nicht zutreffend", "offen",
		"inconnu", "inconnue", "non renseigné", "non renseignée", "nr", "n.r.", "non communiqué", "non applicable", "sans objet", "à définir", "à compléter", "aucun", "aucune", "voir étiquette", "s/o",
		"desconocido", "desconocida", "sin datos", "s/d", "s.d.", "no disponible", "no aplica", "no consta", "n/d", "nd", "n.d.", "sin información", "ver etiqueta", "ninguno", "ninguna", "s/n", "sin numero", "sin número", "sin serie",
		"onbekend", "nvt", "n.v.t.", "niet van toepassing", "niet bekend", "niet beschikbaar", "geen", "zie label", "n.b.", "nog te bepalen"} {
		m[s] = true
	}
	return m
}()

const longestUnknown = 28 // bytes; longer values are not looked up

// isUnknown says whether a clean value only says that there is none.
func isUnknown(s string) bool {
	if s == "" {
		return true
	}
	if len(s) > longestUnknown {
		return false
	}
	return unknownWords[strings.ToLower(s)]
}

// looksShortened says whether a spreadsheet turned a long number into powers
// of ten, which loses digits: 1.23457E+13.
func looksShortened(s string) bool {
	mantissa, exp, ok := strings.Cut(strings.ToUpper(s), "E+")
	return ok && len(exp) >= 1 && len(exp) <= 3 && isDigits(exp) && len(mantissa) >= 1 &&
		isDigits(strings.NewReplacer(".", "", ",", "").Replace(mantissa))
}

var months = words("jan feb mar apr may jun jul aug sep oct nov dec mrz mai okt dez mai juin juil aout avr fevr ene abr ago dic mrt mei")

// looksLikeMadeDate says whether a spreadsheet turned a version such as 1.2
// into a date: "1-Feb", "Feb-01", "02. Jan", "01.Feb".
func looksLikeMadeDate(s string) bool {
	if len(s) < 4 || len(s) > 9 {
		return false
	}
	n := 0
	for i := range len(s) {
		if c := s[i] | 0x20; c >= 'a' && c <= 'z' || s[i] >= utf8.RuneSelf {
			n++
		}
	}
	if n < 3 {
		return false
	}
	digits, letters := "", ""
	for _, r := range strings.ToLower(s) {
		switch {
		case r >= '0' && r <= '9':
			digits += string(r)
		case unicode.IsLetter(r):
			letters += string(r)
		case r != '-' && r != '.' && r != ' ' && r != '/':
			return false
		}
	}
	return len(digits) >= 1 && len(digits) <= 2 && months[letters] && strings.ContainsAny(s, "-. /")
}
