package sbom

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"unicode"
	"unicode/utf8"
)

// xmlSplit checks a name and cuts it at its colon.
func xmlSplit(name []byte) (prefix, local []byte, ok bool) {
	if !isXMLName(name) || len(name) == 0 {
		return nil, nil, false
	}
	i := bytes.IndexByte(name, ':')
	switch {
	case i < 0:
		return nil, name, true
	case bytes.IndexByte(name[i+1:], ':') >= 0:
		return nil, nil, false
	case i == 0 || i == len(name)-1:
		return nil, name, true
	}
	return name[:i], name[i+1:], true
}

// xmlName is how many bytes at the start of w can be a name.
func xmlName(w []byte) int {
	for i, c := range w {
		if xmlBytes[c]&inName == 0 {
			return i
		}
	}
	return len(w)
}

func isXMLName(name []byte) bool {
	return len(name) > 0 && xmlBytes[name[0]]&startsName != 0 && utf8.Valid(name)
}

// xmlBlank is how many bytes at the start of w are white space.
func xmlBlank(w []byte) int {
	for i, c := range w {
		if c != ' ' && c != '\n' && c != '\t' && c != '\r' {
			return i
		}
	}
	return len(w)
}

const (
	inName     = 1 << iota
	startsName // the first of a name
	special    // more than a plain character of a text
)

// xmlBytes says what a byte can be.
var xmlBytes = func() (t [256]uint8) {
	for c := range t {
		switch {
		case c >= 0x80:
			t[c] = inName | startsName | special
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', c == '_', c == ':':
			t[c] = inName | startsName
		case '0' <= c && c <= '9', c == '-', c == '.':
			t[c] = inName
		case c < ' ' && c != '\n' && c != '\t', c == '&', c == ']':
			t[c] = special
		}
	}
	return t
}()

// plain is a text as it is meant: entities and ends of lines replaced, every
// character one that XML has. It is w itself where nothing had to be replaced.
func (s *xmlScanner) plain(w []byte, cdata bool) ([]byte, error) {
	i := 0
	for i < len(w) && xmlBytes[w[i]]&special == 0 {
		i++
	}
	if i == len(w) {
		return w, nil
	}
	start := len(s.scratch)
	for from := 0; ; {
		k := bytes.IndexAny(w[from:], "&\r")
		if cdata {
			k = bytes.IndexByte(w[from:], '\r')
		}
		if k < 0 {
			if start == len(s.scratch) && from == 0 {
				break
			}
			s.scratch = append(s.scratch, w[from:]...)
			w = s.scratch[start:]
			break
		}
		s.scratch = append(s.scratch, w[from:from+k]...)
		from += k
		if w[from] == '\r' {
			s.scratch = append(s.scratch, '\n')
			if from++; from < len(w) && w[from] == '\n' {
				from++
			}
			continue
		}
		c, n := xmlEntity(w[from:])
		if n == 0 {
			return nil, fmt.Errorf("invalid character entity %.20q", w[from:])
		}
		s.scratch = utf8.AppendRune(s.scratch, c)
		from += n
	}
	for i := 0; i < len(w); {
		if c := w[i]; c >= ' ' && c < utf8.RuneSelf {
			i++
			continue
		}
		r, n := utf8.DecodeRune(w[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			return nil, errors.New("invalid UTF-8")
		case r < ' ' && r != '\n' && r != '\t' && r != '\r', r == 0xFFFE, r == 0xFFFF:
			return nil, fmt.Errorf("illegal character code %U", r)
		}
		i += n
	}
	return w, nil
}

// xmlEntity reads the reference at the start of w; its length is 0 when it is
// none.
func xmlEntity(w []byte) (rune, int) {
	end := bytes.IndexByte(w, ';')
	if end < 2 {
		return 0, 0
	}
	switch name := w[1:end]; string(name) {
	case "lt":
		return '<', end + 1
	case "gt":
		return '>', end + 1
	case "amp":
		return '&', end + 1
	case "apos":
		return '\'', end + 1
	case "quot":
		return '"', end + 1
	default:
		if name[0] != '#' || len(name) < 2 {
			return 0, 0
		}
		base := 10
		if name = name[1:]; name[0] == 'x' {
			base, name = 16, name[1:]
		}
		n, err := strconv.ParseUint(string(name), base, 32)
		if err != nil || n > unicode.MaxRune {
			return 0, 0
		}
		return rune(n), end + 1
	}
}

func trimXML(p []byte) []byte {
	for len(p) > 0 && p[0] <= ' ' {
		p = p[1:]
	}
	for len(p) > 0 && p[len(p)-1] <= ' ' {
		p = p[:len(p)-1]
	}
	return p
}
