package gather

import (
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/token"
)

// append writes the file behind b as yaml.Marshal does, without the tree that
// it makes: of a short run with some hundred questions that was a fifth.
func (f *answersFile) append(b []byte) ([]byte, error) {
	if len(f.Answers) == 0 || slices.ContainsFunc(f.Answers, func(a fileAnswer) bool { return a.broken() }) {
		body, err := yaml.Marshal(f)
		return append(b, body...), err
	}
	b = append(b, "answers:\n"...)
	for i := range f.Answers {
		a := &f.Answers[i]
		lead := "- "
		add := func(key, value string, always bool) {
			if value != "" || always {
				b = append(append(append(b, lead...), key...), ": "...)
				b = append(appendText(b, value), '\n')
				lead = "  "
			}
		}
		add("question", a.Question, false)
		add("choices", a.Choices, false)
		if a.Devices != 0 {
			b = append(append(b, lead...), "devices: "...)
			b = append(strconv.AppendInt(b, int64(a.Devices), 10), '\n')
			lead = "  "
		}
		add("kind", string(a.Kind), true)
		add("key", a.Key, true)
		add("answer", a.Answer.Answer, true)
		add("by", a.By, false)
		add("date", a.Date, false)
		add("reason", a.Reason, false)
	}
	return b, nil
}

// broken reports whether a text of a is of several lines, which YAML writes as
// a block.
func (a *fileAnswer) broken() bool {
	for _, s := range []string{a.Question, a.Choices, string(a.Kind), a.Key, a.Answer.Answer, a.By, a.Date, a.Reason} {
		if strings.ContainsAny(s, "\r\n") {
			return true
		}
	}
	return false
}

func appendText(b []byte, s string) []byte {
	if isPlain(s) || !token.IsNeedQuoted(s) {
		return append(b, s...)
	}
	return strconv.AppendQuote(b, s)
}

// isPlain reports of most texts that need no quotes that they need none. A text
// that begins with a letter and is longer than "false" is neither a number, a
// date nor a keyword, but for "infinity" and such, which are left to the slow way.
func isPlain(s string) bool {
	if len(s) < 6 {
		return false
	}
	c := s[0] | 0x20
	if c < 'a' || c > 'z' || len(s) <= len("infinity") && (c == 'i' || c == 'n') {
		return false
	}
	if last := s[len(s)-1]; last == ':' || last == ' ' {
		return false
	}
	for i := range len(s) - 1 {
		switch s[i] {
		case '#', '\\':
			return false
		case ':', '-':
			if s[i+1] == ' ' {
				return false
			}
		}
	}
	return s[len(s)-1] != '#' && s[len(s)-1] != '\\'
}
