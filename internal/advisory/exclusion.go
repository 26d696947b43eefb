package advisory

import (
	"strings"

	"github.com/wardbook/wardbook"
)

// ParseExclusions are the phrases that a product's name takes out of it: what
// follows "not including", "excluding", "except", "with the exception of",
// "other than" or "does not affect", up to the end of the parenthesis or of
// the sentence. Versions among them are ParseRange's.
func ParseExclusions(name string) []string {
	var out []string
	low := strings.ToLower(name)
	for from := 0; from < len(low); {
		at, mark := -1, ""
		for _, m := range exclusionMarks {
			if i := indexWord(low[from:], m); i >= 0 && (at < 0 || i < at || i == at && len(m) > len(mark)) {
				at, mark = i, m
			}
		}
		if at < 0 {
			break
		}
		start := from + at + len(mark)
		end := start + phraseEnd(name[start:])
		if p := cleanPhrase(name[start:end]); p != "" {
			out = append(out, p)
		}
		from = max(end, start)
	}
	return out
}

var exclusionMarks = []string{"not including", "does not include", "do not include", "excluding", "excludes", "except for", "except",
	"with the exception of", "other than", "apart from", "does not affect", "do not affect"}

// phraseEnd is where the phrase at the start of s ends.
func phraseEnd(s string) int {
	depth := 0
	for i := range len(s) {
		switch s[i] {
		case '(':
			depth++
		case ')':
			if depth--; depth < 0 {
				return i
			}
		case ';', ':', '\n':
			return i
		case '.':
			if i+1 == len(s) || s[i+1] == ' ' {
				return i
			}
		}
	}
	return len(s)
}

func cleanPhrase(s string) string {
	s = strings.Trim(s, " ,:;.-")
	for _, article := range []string{"the ", "any ", "all ", "a "} {
		if rest, ok := cutPrefixFold(s, article); ok {
			s = rest
		}
	}
	return strings.TrimSpace(s)
}

// exclusions are those of the product's full name and of its branches, each
// once.
func exclusions(p *wardbook.AdvisoryProduct) []string {
	var out []string
	add := func(name string) {
		if len(name) < 6 || !strings.ContainsAny(name, "xXoOeE") {
			return
		}
		for _, e := range ParseExclusions(name) {
			known := false
			for _, o := range out {
				known = known || o == e
			}
			if !known {
				out = append(out, e)
			}
		}
	}
	add(p.Name)
	for _, b := range p.Path {
		if b.Category != "vendor" {
			add(b.Name)
		}
	}
	return out
}
