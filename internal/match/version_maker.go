package match

import (
	"strings"
	"time"
)

// Key is the parsed form of a maker's own version: built once, compared often.
// The zero Key stands for a text that is no version and compares with nothing.
//
// A version is a row of segments, each a word (which may be empty in the
// first) and the numbers after it: "4.1L1" is ("", 4 1) ("l", 1); "A.03.09"
// is ("a", 3 9). Separators mean nothing beyond splitting, labels such as
// "Version", "Rev." and "FW" are dropped, and letters have no case.
type Key struct {
	text  string // folded, for equality of what cannot be ordered
	date  string // YYYYMMDD, or YYYYMM; set for a date, which has no segments
	segs  []segment
	glued bool // the leading letters touch the first number: a series ("U61"), not a revision letter ("A.03")
	wild  wildcard
	// depth is the number of words and numbers.
	depth int
}

type segment struct {
	word string
	// nums are decimal numbers of any length without leading zeros; "" is 0.
	nums []string
}

type wildcard int

const (
	exact    wildcard = iota
	anyPart           // "5.x": the parts that are missing may be anything
	partPart          // "C.0x": a part is known in part
)

// labels are words that say only that a version follows. They are dropped
// in front.
var labels = map[string]bool{
	"v": true, "ver": true, "vers": true, "version": true, "versions": true, "rev": true, "revision": true,
	"rel": true, "release": true, "r": true, "sw": true, "fw": true, "software": true, "firmware": true,
	"hw": true, "s/w": true, "f/w": true, "app": true, "os": true,
}

// finals are words that add nothing behind a version.
var finals = map[string]bool{"final": true, "release": true, "ga": true, "stable": true, "rtm": true}

// early are words of versions that come before the one they are attached to.
var early = map[string]int{
	"dev": 1, "snapshot": 1, "nightly": 1, "alpha": 2, "beta": 3, "pre": 4, "preview": 4, "rc": 5,
}

// late are words of versions that come after the one they are attached to.
var late = map[string]bool{
	"build": true, "patch": true, "p": true, "sp": true, "hotfix": true, "hf": true, "update": true,
	"upd": true, "u": true, "rev": true, "r": true, "post": true, "cu": true, "fix": true, "mr": true, "svc": true,
}

// notVersions are words that stand for a missing version.
var notVersions = map[string]bool{
	"": true, "-": true, "?": true, "n/a": true, "na": true, "none": true, "unknown": true, "unk": true,
	"various": true, "tbd": true, "not available": true, "not known": true, "see notes": true, "*": true, "all": true,
}

const maxVersion = 200 // bytes; a longer text is not a version

// MakerKey parses a maker's own version. ok is false where the text is no
// single version: it is empty, a list, a range, or runs two numbers together.
func MakerKey(s string) (k Key, ok bool) {
	s = foldVersion(s)
	if notVersions[s] || len(s) > maxVersion {
		return Key{}, false
	}
	k.text = s
	if k.date = dateOf(s); k.date != "" {
		return k, true
	}
	if strings.ContainsAny(s, ",;|<>=&≤≥") || strings.HasSuffix(s, "+") {
		return Key{}, false
	}
	s, wild, ok := cutWildcard(s)
	if !ok {
		return Key{}, false
	}
	k.wild = wild
	if !k.split(s) || k.depth == 0 {
		return Key{}, false
	}
	return k, true
}

// known reports whether s says anything about a version.
func known(s string) bool { return !notVersions[foldVersion(s)] }

func foldVersion(s string) string {
	s = strings.ToLower(strings.Join(strings.Fields(s), " "))
	s = strings.ReplaceAll(s, "service pack", "sp")
	return s
}

// cutWildcard cuts ".x", ".*" and the like from the end.
func cutWildcard(s string) (string, wildcard, bool) {
	w := exact
	for {
		n := len(s)
		switch {
		case strings.HasSuffix(s, ".x"), strings.HasSuffix(s, ".*"), strings.HasSuffix(s, "-x"), strings.HasSuffix(s, ".y"), strings.HasSuffix(s, ".z"):
			s, w = s[:n-2], anyPart
		case strings.HasSuffix(s, ".xx"):
			s, w = s[:n-3], anyPart
		case n > 1 && (s[n-1] == 'x' || s[n-1] == '*') && isDigit(s[n-2]):
			i := n - 1
			for i > 0 && isDigit(s[i-1]) {
				i--
			}
			s, w = strings.TrimRight(s[:i], ".-_ "), partPart
		default:
			return s, w, s != "" && !strings.Contains(s, "*")
		}
		if s == "" {
			return "", w, false
		}
	}
}

// split fills in the segments of k. It reports false for what is not one
// version.
func (k *Key) split(s string) bool {
	var words []string
	lastNumberEnd := -1
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case isDigit(c):
			j := i
			for j < len(s) && isDigit(s[j]) {
				j++
			}
			// "5.1 6.2" is two versions, or a version and something else.
			if lastNumberEnd >= 0 && len(words) == 0 && strings.TrimSpace(s[lastNumberEnd:i]) == "" && lastNumberEnd < i {
				return false
			}
			k.word(&words, i > 0 && isLetter(s[i-1]))
			k.number(s[i:j])
			lastNumberEnd, i = j, j
		case isLetter(c):
			j := i
			for j < len(s) && isLetter(s[j]) {
				j++
			}
			words = append(words, s[i:j])
			i = j
		case c >= 0x80:
			return false
		default:
			i++
		}
	}
	for len(words) > 0 && len(k.segs) > 0 && finals[words[len(words)-1]] {
		words = words[:len(words)-1]
	}
	k.word(&words, false)
	return true
}

// word ends a run of words and begins the segment that they name.
func (k *Key) word(words *[]string, glued bool) {
	w := *words
	first := len(k.segs) == 0
	if first {
		for len(w) > 0 && labels[w[0]] && !(len(w) == 1 && k.text == w[0]) {
			w = w[1:]
		}
		k.glued = glued && len(w) > 0
	}
	*words = (*words)[:0]
	if len(w) == 0 && !first {
		return
	}
	word := strings.Join(w, " ")
	if word != "" {
		k.depth++
	}
	k.segs = append(k.segs, segment{word: word})
}

func (k *Key) number(n string) {
	seg := &k.segs[len(k.segs)-1]
	seg.nums = append(seg.nums, strings.TrimLeft(n, "0"))
	k.depth++
}

func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

// dateLayouts are the ways in which makers write the date of a version that
// cannot be read otherwise. Day-first and month-first forms with slashes are
// left out: nobody can tell them apart.
var dateLayouts = []struct{ layout, key string }{
	{"2006-01-02", "20060102"}, {"2006/01/02", "20060102"}, {"20060102", "20060102"},
	{"January 2 2006", "20060102"}, {"Jan 2 2006", "20060102"},
	{"2 January 2006", "20060102"}, {"2 Jan 2006", "20060102"}, {"2-Jan-2006", "20060102"},
	{"January 2006", "200601"}, {"Jan 2006", "200601"},
}

// dateOf returns the sortable date that s is, or "".
func dateOf(s string) string {
	if len(s) < 8 || len(s) > 20 {
		return ""
	}
	s = strings.ReplaceAll(s, ",", "")
	for _, l := range dateLayouts {
		if t, err := time.Parse(l.layout, s); err == nil && t.Year() >= 1980 && t.Year() < 2100 {
			return t.Format(l.key)
		}
	}
	return ""
}

// relation says how far two keys agree.
type relation int

const (
	differ  relation = iota
	same             // all parts are equal
	shorter          // all parts of the first begin the second, which has more
	longer           // all parts of the second begin the first, which has more
)

// why two keys cannot be ordered.
const (
	whyText   = "one of them is not a version that can be ordered"
	whyDate   = "a date and a number cannot be compared"
	whySeries = "they are of different series"
	whyWords  = "their words cannot be ordered"
	whyYear   = "one counts in years, the other does not"
	whyMixed  = "a letter stands against a number"
)

// MakerOrder compares two of a maker's own versions: -1, 0 or +1. ok is false
// where honest comparison is not possible: letters of different series
// ("U61" and "L81"), words, a date against a number, text that is no version.
// Where it is true for a, b and for b, c, it orders a, c the same way.
func MakerOrder(a, b string) (int, bool) {
	ka, _ := MakerKey(a)
	kb, _ := MakerKey(b)
	c, _, why := ka.compare(kb)
	return c, why == ""
}

// Compare is MakerOrder for parsed versions.
func (k Key) Compare(o Key) (int, bool) {
	c, _, why := k.compare(o)
	return c, why == ""
}

// compare orders k and o. why is empty where the order is honest.
func (k Key) compare(o Key) (c int, rel relation, why string) {
	switch {
	case k.text == "" || o.text == "":
		return 0, differ, whyText
	case k.text == o.text:
		return 0, same, ""
	case k.date != "" && o.date != "":
		return compareDates(k.date, o.date)
	case k.date != "" || o.date != "":
		return 0, differ, whyDate
	}
	if why := compareLead(k, o); why != "" {
		return 0, differ, why
	}
	return compareSegments(k.segs, o.segs)
}

func compareDates(a, b string) (int, relation, string) {
	n := min(len(a), len(b))
	if c := strings.Compare(a[:n], b[:n]); c != 0 {
		return c, differ, ""
	}
	switch {
	case len(a) < len(b):
		return 0, shorter, "one of the dates has no day"
	case len(a) > len(b):
		return 0, longer, "one of the dates has no day"
	}
	return 0, same, ""
}

// compareLead says whether the beginnings of k and o are of one kind.
func compareLead(k, o Key) string {
	a, b := k.segs[0], o.segs[0]
	if a.word != b.word {
		alone := len(a.word) == 1 && len(b.word) == 1 && !k.glued && !o.glued
		if !alone {
			return whySeries
		}
	}
	if a.word == "" && len(a.nums) > 0 && len(b.nums) > 0 && yearLike(a.nums[0]) != yearLike(b.nums[0]) {
		if len(a.nums[0]) < 4 || len(b.nums[0]) < 4 {
			return whyYear
		}
	}
	return ""
}

// yearLike: makers that number by year are not compared with those that count.
func yearLike(n string) bool {
	return len(n) == 4 && (n[:2] == "20" || n >= "1990" && n < "2000")
}

// compareSegments compares segment by segment, the word first. The order
// behind it is total; why only says where it would not be honest.
func compareSegments(a, b []segment) (int, relation, string) {
	rel := same
	for i := range max(len(a), len(b)) {
		sa, sb := segmentAt(a, i), segmentAt(b, i)
		if sa.word != sb.word {
			c, why := compareWords(a, b, i)
			switch {
			case i >= len(a) && early[sb.word] == 0 && (rel == same || rel == shorter):
				rel = shorter
			case i >= len(b) && early[sa.word] == 0 && (rel == same || rel == longer):
				rel = longer
			default:
				rel = differ
			}
			return c, rel, why
		}
		c, r, why := compareNumbers(a, b, i)
		if r != same {
			if i < len(a)-1 && r == shorter || i < len(b)-1 && r == longer || rel != same {
				r = differ
			}
			rel = r
		}
		if c != 0 || why != "" {
			return c, rel, why
		}
	}
	return 0, rel, ""
}

func segmentAt(s []segment, i int) segment {
	if i < len(s) {
		return s[i]
	}
	return segment{}
}

// compareWords orders the words of segment i, which differ: early words, then
// none, then all others by the alphabet.
func compareWords(a, b []segment, i int) (c int, why string) {
	sa, sb := segmentAt(a, i), segmentAt(b, i)
	ra, rb := wordRank(sa.word), wordRank(sb.word)
	if ra < rb {
		c = -1
	} else if ra > rb {
		c = 1
	} else {
		c = strings.Compare(sa.word, sb.word)
	}
	if ra < 6 || rb < 6 { // an early word decides against anything
		if ra == rb && ra < 6 {
			return 0, "" // "pre" and "preview"
		}
		return c, ""
	}
	switch {
	case sa.word == "":
		return c, attachable(sb)
	case sb.word == "":
		return c, attachable(sa)
	case patchLetters(sa, i) && patchLetters(sb, i):
		return c, ""
	}
	return c, whyWords
}

// patchLetters reports whether s is a letter that counts on, or goes on behind z
// ("1.0.2u", "1.0.2zf").
func patchLetters(s segment, i int) bool {
	if i > 0 && len(s.nums) > 0 {
		return false
	}
	return len(s.word) == 1 || len(s.word) == 2 && s.word[0] == 'z'
}

// attachable says why s behind a version cannot be told to come after it.
func attachable(s segment) string {
	switch {
	case late[s.word]:
		return ""
	case len(s.word) != 1 && !patchLetters(s, 1):
		return whyWords
	case (s.word == "a" || s.word == "b" || s.word == "d") && len(s.nums) > 0:
		return whyWords // alpha, beta, development, or simply a letter
	}
	return ""
}

func wordRank(w string) int {
	if r := early[w]; r > 0 {
		return r
	}
	if w == "" {
		return 6
	}
	return 7
}

// compareNumbers compares the numbers of segment i, a missing one being 0.
func compareNumbers(a, b []segment, i int) (int, relation, string) {
	na, nb := segmentAt(a, i).nums, segmentAt(b, i).nums
	rel := same
	switch {
	case len(na) < len(nb):
		rel = shorter
	case len(na) > len(nb):
		rel = longer
	}
	for j := range max(len(na), len(nb)) {
		var x, y string
		if j < len(na) {
			x = na[j]
		}
		if j < len(nb) {
			y = nb[j]
		}
		c := compareDigits(x, y)
		if c == 0 {
			continue
		}
		if j < len(na) && j < len(nb) {
			return c, differ, ""
		}
		// The shorter one ended. A letter in place of the number ("2.8e" and
		// "2.8.1") cannot be ordered.
		short := a
		if j >= len(nb) {
			short = b
		}
		if next := segmentAt(short, i+1).word; next != "" && early[next] == 0 {
			return c, differ, whyMixed
		}
		return c, rel, ""
	}
	return 0, rel, ""
}

// compareDigits compares decimal numbers without leading zeros.
func compareDigits(a, b string) int {
	if len(a) != len(b) {
		if len(a) < len(b) {
			return -1
		}
		return 1
	}
	return strings.Compare(a, b)
}
