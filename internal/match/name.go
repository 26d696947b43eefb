package match

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
)

// fold brings a name to the form in which names are compared: lower case,
// without diacritics, with "&" as "and"; text that was UTF-8 read as
// Windows-1252 ("YhtymÃ¤") is repaired first.
func fold(s string) string {
	ascii := true
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			ascii = false
			break
		}
	}
	if ascii {
		return tesla(strings.ToLower(s))
	}
	if strings.ContainsRune(s, 'Ã') || strings.Contains(s, "â€") {
		s = repairMojibake(s)
	}
	var b strings.Builder
	b.Grow(len(s))
	for _, r := range norm.NFKD.String(s) {
		switch {
		case unicode.Is(unicode.Mn, r) || r == '®' || r == '™' || r == '©' || r == '’' || r == '\'':
		case r == 'ß':
			b.WriteString("ss")
		case r == 'ø' || r == 'Ø':
			b.WriteByte('o')
		case r == 'æ' || r == 'Æ':
			b.WriteString("ae")
		case r == '–' || r == '—' || r == '‐' || r == '‑':
			b.WriteByte('-')
		case r == '•' || r == '·':
			b.WriteByte('-')
		case r >= utf8.RuneSelf && !unicode.IsLetter(r) && !unicode.IsDigit(r):
			b.WriteByte(' ')
		default:
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return tesla(b.String())
}

// tesla writes a field strength in one way: "3.0T" is "3T".
func tesla(s string) string {
	if i := strings.Index(s, ".0t"); i > 0 && (i+3 == len(s) || !isWordByte(s[i+3])) && s[i-1] >= '0' && s[i-1] <= '9' {
		return s[:i] + s[i+2:]
	}
	return s
}

// repairMojibake undoes one round of UTF-8 read as Windows-1252, where that
// gives valid text.
func repairMojibake(s string) string {
	raw, err := charmap.Windows1252.NewEncoder().String(s)
	if err != nil || !utf8.ValidString(raw) {
		return s
	}
	return raw
}

// A token is a run of letters and digits of a folded name.
type token struct {
	text  string
	sep   byte // the separator before it: ' ', '-', '/', '(', '.', ',' or 0 at the start
	paren bool // stands inside parentheses
}

// tokens splits a folded name. An apostrophe inside a word joins ("n'vision"),
// and "w/" is the word with.
func tokens(folded string) []token {
	var out []token
	depth, start := 0, -1
	sep := byte(0)
	flush := func(end int) {
		if start >= 0 {
			out = append(out, token{text: strings.ReplaceAll(folded[start:end], "'", ""), sep: sep, paren: depth > 0})
			start, sep = -1, ' '
		}
	}
	for i := 0; i < len(folded); i++ {
		c := folded[i]
		switch {
		case c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c >= utf8.RuneSelf:
			if start < 0 {
				start = i
			}
		case c == '\'' && start >= 0 && i+1 < len(folded) && isWordByte(folded[i+1]):
		default:
			if start >= 0 {
				flush(i)
				sep = c
			} else if c != ' ' {
				sep = c
			}
			switch c {
			case '(', '[':
				depth++
			case ')', ']':
				depth = max(0, depth-1)
			}
		}
	}
	flush(len(folded))
	return joinLetters(out)
}

// joinLetters writes a single letter behind a hyphen together with its word:
// "CRT-D", "II-S", "AnyDana-A".
func joinLetters(ts []token) []token {
	out := ts[:0]
	for _, t := range ts {
		if n := len(out); n > 0 && t.sep == '-' && len(out[n-1].text) == 1 && isLetters(out[n-1].text) && len(t.text) >= 4 && isLetters(t.text) {
			out[n-1].text += t.text // "X-Scribe"
			continue
		}
		if n := len(out); n > 0 && t.sep == '-' && len(t.text) == 1 && isLetters(t.text) && len(out[n-1].text) >= 2 && isLetters(out[n-1].text) {
			out[n-1].text += t.text
			continue
		}
		out = append(out, t)
	}
	return out
}

func isWordByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c >= utf8.RuneSelf
}

func hasDigit(s string) bool { return strings.ContainsAny(s, "0123456789") }

func isDigits(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

func isLetters(s string) bool { return s != "" && !hasDigit(s) }

// splitDesignator cuts a mixed token into its leading letters, the first run of
// digits and the rest: "m3002a" is "m", "3002", "a".
func splitDesignator(s string) (prefix, digits, suffix string) {
	i := strings.IndexAny(s, "0123456789")
	if i < 0 {
		return s, "", ""
	}
	j := i
	for j < len(s) && s[j] >= '0' && s[j] <= '9' {
		j++
	}
	return s[:i], s[i:j], s[j:]
}

// strongDesignator reports whether a designator can stand for a product of a
// maker by itself: letters and digits of four or more places, or five digits.
func strongDesignator(s string) bool {
	if isDigits(s) {
		return len(s) >= 5
	}
	return len(s) >= 4 || len(s) >= 3 && s[0] >= 'a' // "vs4", "mp5"
}

// nearly is near with two slips for long words.
func nearly(a, b string) bool {
	if near(a, b) {
		return true
	}
	return len(a) >= 8 && len(b) >= 8 && len(a) <= 30 && len(b) <= 30 && a[0] == b[0] && distance(a, b) <= 2
}

// distance is the number of letters to insert, delete or change (Levenshtein).
func distance(a, b string) int {
	var row [31]int
	for j := range len(b) + 1 {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			diagonal, row[j] = row[j], min(row[j]+1, row[j-1]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}

// near reports whether two words differ by one slip of the hand: one letter
// more, less or other, or two swapped. Short words are never near.
func near(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(a) < 6 || len(b)-len(a) > 1 {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	if len(a) == len(b) {
		if i == len(a) {
			return true
		}
		if a[i+1:] == b[i+1:] {
			return true
		}
		return i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
	}
	return a[i:] == b[i+1:]
}
