package sbom

import (
	"fmt"
	"unicode/utf16"
	"unicode/utf8"
)

// skip reads a value to its end, checks it and keeps nothing of it.
func (j *jsonReader) skip() {
	j.kinds = j.kinds[:0]
	for j.err == nil {
		c := j.next()
		switch c {
		case '{', '[':
			if len(j.stack)+len(j.kinds) >= j.b.opts.MaxDepth {
				j.fail(fmt.Errorf("%w of %d", ErrTooDeep, j.b.opts.MaxDepth))
				return
			}
			j.pos++
			j.kinds = append(j.kinds, c)
			if c = j.next(); c == '}' || c == ']' {
				break // an empty one is closed below
			}
			if j.kinds[len(j.kinds)-1] == '{' {
				j.skipName()
			}
			continue
		case '"':
			j.skipString()
		default:
			j.literal()
		}
		if !j.skipEnds() {
			return
		}
	}
}

// skipEnds closes what ends behind a value and moves to the next one inside of
// the skipped value. It returns false when there is none.
func (j *jsonReader) skipEnds() bool {
	for len(j.kinds) > 0 && j.err == nil {
		kind := j.kinds[len(j.kinds)-1]
		switch c := j.next(); {
		case c == kind+2: // } is { + 2, ] is [ + 2
			j.pos++
			j.kinds = j.kinds[:len(j.kinds)-1]
		case c == ',':
			j.pos++
			if kind == '{' {
				j.skipName()
			}
			return j.err == nil
		default:
			j.unexpected(c, "a comma or the end")
		}
	}
	return false
}

func (j *jsonReader) skipName() {
	if c := j.next(); c != '"' {
		j.unexpected(c, "a member's name")
		return
	}
	j.skipString()
	if j.err != nil {
		return
	}
	if c := j.next(); c != ':' {
		j.unexpected(c, "a colon")
		return
	}
	j.pos++
}

// skipString reads the string that starts at pos without holding it.
func (j *jsonReader) skipString() {
	j.pos++
	for {
		for j.pos < j.end && plain[j.buf[j.pos]] {
			j.pos++
		}
		if j.pos >= j.end {
			if !j.more(j.end) {
				j.broken("the document ends inside a string")
				return
			}
			continue
		}
		switch c := j.buf[j.pos]; {
		case c == '"':
			j.pos++
			return
		case c == '\\':
			if !j.skipEscape() {
				return
			}
		case c < ' ':
			j.broken("a control character %q inside a string", c)
			return
		default:
			j.pos++
		}
	}
}

func (j *jsonReader) skipEscape() bool {
	const longest = len(`\u0000`)
	for j.end-j.pos < longest && j.more(j.pos) {
	}
	if j.err != nil {
		return false
	}
	n, _, ok := escape(j.buf[j.pos:j.end])
	if !ok {
		j.broken("a bad escape inside a string")
		return false
	}
	j.pos += n
	return true
}

// escape reads one escape at the start of s: its length and the UTF-16 code
// unit that it stands for.
func escape(s []byte) (n int, r rune, ok bool) {
	if len(s) < 2 {
		return 0, 0, false
	}
	switch s[1] {
	case '"', '\\', '/':
		return 2, rune(s[1]), true
	case 'b':
		return 2, '\b', true
	case 'f':
		return 2, '\f', true
	case 'n':
		return 2, '\n', true
	case 'r':
		return 2, '\r', true
	case 't':
		return 2, '\t', true
	case 'u':
		if len(s) < 6 {
			return 0, 0, false
		}
		for _, c := range s[2:6] {
			switch {
			case '0' <= c && c <= '9':
				r = r<<4 + rune(c-'0')
			case 'a' <= c && c <= 'f':
				r = r<<4 + rune(c-'a'+10)
			case 'A' <= c && c <= 'F':
				r = r<<4 + rune(c-'A'+10)
			default:
				return 0, 0, false
			}
		}
		return 6, r, true
	}
	return 0, 0, false
}

// unescape resolves the escapes of s into tmp. Halves of surrogate pairs that
// stand alone become U+FFFD.
func (j *jsonReader) unescape(s []byte) []byte {
	t := j.tmp[:0]
	for i := 0; i < len(s); {
		if s[i] != '\\' {
			t = append(t, s[i])
			i++
			continue
		}
		n, r, ok := escape(s[i:])
		if !ok {
			j.broken("a bad escape inside a string")
			return nil
		}
		i += n
		if utf16.IsSurrogate(r) {
			pair := rune(utf8.RuneError)
			if i+1 < len(s) && s[i] == '\\' && s[i+1] == 'u' {
				n, low, ok := escape(s[i:])
				if ok {
					if pair = utf16.DecodeRune(r, low); pair != utf8.RuneError {
						i += n
					}
				}
			}
			r = pair
		}
		t = utf8.AppendRune(t, r)
	}
	j.tmp = t
	return t
}

// validNumber reports whether s is a number of RFC 8259, section 6.
func validNumber(s []byte) bool {
	digits := func() bool {
		n := 0
		for n < len(s) && '0' <= s[n] && s[n] <= '9' {
			n++
		}
		s = s[n:]
		return n > 0
	}
	if len(s) > 0 && s[0] == '-' {
		s = s[1:]
	}
	if len(s) > 0 && s[0] == '0' {
		s = s[1:]
	} else if !digits() {
		return false
	}
	if len(s) > 0 && s[0] == '.' {
		s = s[1:]
		if !digits() {
			return false
		}
	}
	if len(s) > 0 && (s[0] == 'e' || s[0] == 'E') {
		s = s[1:]
		if len(s) > 0 && (s[0] == '+' || s[0] == '-') {
			s = s[1:]
		}
		if !digits() {
			return false
		}
	}
	return len(s) == 0
}
