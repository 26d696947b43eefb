package advisory

import (
	"strings"
	"unicode/utf8"

	"github.com/wardbook/wardbook"
)

// maxRangeText is the longest version text that is read; the longest of real
// advisories have some 300 bytes.
const maxRangeText = 2000

// ParseRange reads the text of a version branch of a CSAF product tree, or of
// a CycloneDX affects[].versions entry. Category is product_version or
// product_version_range: under the first, a text without comparison may be a
// model number. Every text has a result; what was not understood is in
// Unclear. Its time grows linearly with the text.
//
// A leading "V", "Version" or "Rev" is not part of a version. A date ("May
// 2018") is no version: what lies before it is a condition that a person must
// answer. ParseRange(c, r.Raw) is r again.
func ParseRange(category, text string) wardbook.VersionRange {
	r, _ := parseRange(category, text, nil)
	return r
}

// parseRange also knows the product that the text belongs to, whose names
// explain words in it. It reports whether they had a say.
func parseRange(category, text string, product *wardbook.AdvisoryProduct) (wardbook.VersionRange, bool) {
	r := wardbook.VersionRange{Raw: text}
	if len(text) > maxRangeText {
		r.Unclear = "the text is longer than any version range"
		return r, false
	}
	if plainVersion(text) {
		r.Versions = []string{bareVersion(text)}
		return r, false
	}
	s := normalize(text)
	if s == "" {
		r.Unclear = "no version is given"
		return r, false
	}
	p := &rangeParser{r: &r, single: category != "product_version_range", product: product}
	if rest, ok := cutPrefixFold(s, "vers:"); ok {
		p.vers(rest)
	} else {
		p.text(s)
	}
	p.finish()
	return r, p.contextual
}

// plainVersion reports whether the text is one dotted version and nothing
// else: the usual case in large documents.
func plainVersion(s string) bool {
	t := strings.TrimLeft(s, "vV")
	if len(s)-len(t) > 1 || t == "" || t[0] < '0' || t[0] > '9' {
		return false
	}
	dot := false
	for i := range len(t) {
		switch c := t[i]; {
		case c >= '0' && c <= '9', c >= 'a' && c <= 'z' && c != 'x', c >= 'A' && c <= 'Z' && c != 'X', c == '-', c == '+', c == '~':
		case c == '.':
			dot = true
		default:
			return false
		}
	}
	return dot && t[len(t)-1] != '.' && t[len(t)-1] != '-'
}

var replacer = strings.NewReplacer(
	"≤", "<=", "≥", ">=", "＜", "<", "＞", ">", "–", "-", "—", "-", "−", "-", "…", "...",
	"“", "", "”", "", "\"", "", "`", "", "\u00a0", " ", "\u200b", "", "\t", " ", "\r", " ", "\n", " ",
	"=<", "<=", "=>", ">=", "==", "=", "‘", "", "’", "")

// normalize makes the signs of a text ASCII and its spaces single.
// Underscores that stand for spaces become spaces; those inside a version
// (5_7_04_6469) stay.
func normalize(s string) string {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "?")
	}
	s = replacer.Replace(s)
	if strings.Contains(s, "_") && underscoresAreSpaces(s) {
		s = strings.ReplaceAll(s, "_", " ")
	}
	return strings.TrimSpace(strings.Join(strings.Fields(s), " "))
}

// underscoresAreSpaces tells by the pieces: one that is a word, or a usual
// mark of a patch level, is there because spaces were replaced.
func underscoresAreSpaces(s string) bool {
	for _, piece := range strings.FieldsFunc(s, func(r rune) bool { return r == '_' || r == ' ' || r == '|' }) {
		letters := strings.TrimRight(strings.TrimLeft(piece, "<>=!.*("), "0123456789.,;)")
		if isWord(letters) && len(letters) >= 2 || isVersionWord(letters) {
			return true
		}
	}
	return false
}

// isWord reports whether s is made of ASCII letters only.
func isWord(s string) bool {
	for i := range len(s) {
		if c := s[i] | 0x20; c < 'a' || c > 'z' {
			return false
		}
	}
	return s != ""
}

func hasDigit(s string) bool { return strings.ContainsAny(s, "0123456789") }

func cutPrefixFold(s, prefix string) (string, bool) {
	if len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix) {
		return s[len(prefix):], true
	}
	return s, false
}

// bareVersion drops what only says that a version follows.
func bareVersion(s string) string {
	for {
		s = strings.Trim(s, " ,;:=")
		t := s
		for _, word := range []string{"version", "versions", "ver.", "ver", "rev.", "rev", "revision", "fw", "v.", "v"} {
			rest, ok := cutPrefixFold(s, word)
			if !ok {
				continue
			}
			if rest == "" {
				return s
			}
			// "V3", "v.3", "Rev B", "Version: A"; not "VX.2", "Revo".
			sep := rest[0] == ' ' || rest[0] == '.' || rest[0] == ':' || rest[0] == '_'
			digit := rest[0] >= '0' && rest[0] <= '9'
			if sep || digit {
				t = strings.TrimLeft(rest, " .:_")
				break
			}
		}
		if t == s || t == "" {
			break
		}
		s = t
	}
	for strings.HasSuffix(s, ".") {
		s = strings.TrimSuffix(s, ".")
	}
	return strings.TrimRight(s, "_ ,;")
}

// versionWords may stand inside a version, before or after a number, without
// being the name of something.
var versionWords = map[string]bool{}

func init() {
	for _, w := range strings.Fields(`sp u up upd update updates hf hotfix build bld b patch p patchlevel pl beta alpha rc r rel release rev
		fp feature pack service mp sr cu ru ep rollup p t e ed edition nd rd th st svp step ir im ip fw bsp uc main
		security hotfixrev patchset ga lts edition firmware id cert mce se plus`) {
		versionWords[w] = true
	}
}

func isVersionWord(s string) bool { return versionWords[strings.ToLower(s)] }
