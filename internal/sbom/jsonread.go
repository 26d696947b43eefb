package sbom

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"

	"github.com/wardbook/wardbook"
)

// jsonReader walks a JSON document (RFC 8259) value by value. The first fault
// sticks in err and makes every later call return nothing, so that callers
// check once.
//
// It is our own because of what an SBOM reader needs and jsontext does not do:
// a string that nobody asked for (an attachment, a licence text) is checked
// but never held in memory, and 20,000 components decode at twice the speed.
// Tests and a fuzz test hold it to jsontext's verdict on what is valid.
// Everything is checked, skipped values too. Repeated names are tolerated.
type jsonReader struct {
	r    io.Reader
	buf  []byte // buf[pos:end] is read and not yet used
	pos  int
	end  int
	base int64 // bytes before buf[0]

	b     *builder
	err   error
	key   []byte // the name of the member that member stands at
	tmp   []byte // a string with its escapes resolved
	names []byte // the names on the stack, one after the other
	stack []jsonFrame
	kinds []byte // brackets that skip is inside of

	badUTF8 bool // reported already

	buf1, buf2, buf3 []byte // for pairs whose order is not fixed
}

// A jsonFrame is an object or array that the reader is inside of.
type jsonFrame struct {
	kind  byte
	begun bool // a member or element was read
	index int  // of the element
	name  int  // where the member's name starts in names
}

const (
	jsonBuffer = 64 << 10
	// maxJSONText bounds a string that is kept. Strings that are skipped may be
	// longer.
	maxJSONText = 16 << 20
)

var errJSONText = fmt.Errorf("a string of more than %d MiB: %w", maxJSONText>>20, ErrTooLarge)

func newJSONReader(r io.Reader, b *builder) *jsonReader {
	return &jsonReader{r: r, b: b, buf: make([]byte, jsonBuffer), stack: make([]jsonFrame, 0, 16)}
}

func (j *jsonReader) fail(err error) {
	if j.err == nil {
		j.err = err
	}
}

// A jsonError is a fault of the syntax.
type jsonError struct {
	offset  int64
	pointer string
	what    string
}

func (e *jsonError) Error() string { return e.what }

func (j *jsonReader) broken(format string, args ...any) {
	if j.err == nil {
		j.err = &jsonError{j.base + int64(j.pos), j.place(), fmt.Sprintf(format, args...)}
	}
}

// unexpected says which character stands where another should.
func (j *jsonReader) unexpected(c byte, want string) {
	if c == 0 && j.pos == j.end {
		j.broken("the document ends too early")
		return
	}
	j.broken("expected %s, found %q", want, c)
}

// more reads on, keeping buf[keep:end] and moving it to the front, and reports
// whether there was anything. Places in the buffer move by keep.
func (j *jsonReader) more(keep int) bool {
	copy(j.buf, j.buf[keep:j.end])
	j.base += int64(keep)
	j.end -= keep
	j.pos -= keep
	if j.end == len(j.buf) {
		if len(j.buf) >= maxJSONText {
			j.fail(errJSONText)
			return false
		}
		j.buf = append(j.buf, make([]byte, len(j.buf))...)
	}
	for range 100 {
		n, err := j.r.Read(j.buf[j.end:])
		if n > 0 {
			j.end += n
			return true
		}
		if err != nil {
			if err != io.EOF {
				j.fail(err)
			}
			return false
		}
	}
	j.fail(io.ErrNoProgress)
	return false
}

// next skips white space and returns the character behind it without taking
// it, or 0 at the end.
func (j *jsonReader) next() byte {
	for {
		for j.pos < j.end {
			switch c := j.buf[j.pos]; c {
			case ' ', '\n', '\t', '\r':
				j.pos++
			default:
				return c
			}
		}
		if j.err != nil || !j.more(j.end) {
			return 0
		}
	}
}

// peek returns the first character of the value that follows.
func (j *jsonReader) peek() byte {
	if j.err != nil {
		return 0
	}
	return j.next()
}

// enter opens an object ('{') or array ('['). Where something else stands, it
// is skipped, a problem unless it is null, and enter returns false.
func (j *jsonReader) enter(kind byte) bool {
	if j.err != nil {
		return false
	}
	if c := j.next(); c != kind {
		if c != 'n' && c != 0 {
			j.b.problem(j.place(), "expected %s, found %s: skipped", jsonKind(kind), jsonKind(c))
		}
		j.skip()
		return false
	}
	if len(j.stack) >= j.b.opts.MaxDepth {
		j.fail(fmt.Errorf("%w of %d", ErrTooDeep, j.b.opts.MaxDepth))
		return false
	}
	j.pos++
	j.stack = append(j.stack, jsonFrame{kind: kind, index: -1, name: len(j.names)})
	return true
}

// step moves past the comma of an object or array and reports whether
// something follows, else it leaves the object or array.
func (j *jsonReader) step(closing byte) bool {
	if j.err != nil {
		return false
	}
	f := &j.stack[len(j.stack)-1]
	c := j.next()
	if c == closing {
		j.pos++
		j.names = j.names[:f.name]
		j.stack = j.stack[:len(j.stack)-1]
		return false
	}
	if f.begun {
		if c != ',' {
			j.unexpected(c, "a comma or the end")
			return false
		}
		j.pos++
	}
	f.begun = true
	return true
}

// member moves to the next member of an object and sets key. It returns false
// behind the last one.
func (j *jsonReader) member() bool {
	if !j.step('}') {
		return false
	}
	if c := j.next(); c != '"' {
		j.unexpected(c, "a member's name")
		return false
	}
	name := j.quoted()
	if j.err != nil {
		return false
	}
	f := &j.stack[len(j.stack)-1]
	j.names = append(j.names[:f.name], name...)
	j.key = j.names[f.name:]
	if c := j.next(); c != ':' {
		j.unexpected(c, "a colon")
		return false
	}
	j.pos++
	return true
}

// element moves to the next element of an array. It returns false behind the
// last one.
func (j *jsonReader) element() bool {
	if !j.step(']') {
		return false
	}
	j.stack[len(j.stack)-1].index++
	return true
}

// str reads a string. It is valid until the next call. Numbers and booleans
// are taken as their text, null as "", and what cannot be text is skipped and
// is a problem.
func (j *jsonReader) str() []byte {
	if j.err != nil {
		return nil
	}
	switch c := j.next(); c {
	case '"':
		return j.quoted()
	case '{', '[':
		j.b.problem(j.place(), "expected a string, found %s: skipped", jsonKind(c))
		j.skip()
		return nil
	case 'n':
		j.literal()
		return nil
	default:
		return j.literal()
	}
}

// text reads a string and keeps it.
func (j *jsonReader) text() string { return j.b.text.keep(j.str()) }

// word reads a string that is likely to repeat.
func (j *jsonReader) word() string { return j.b.text.intern(j.str()) }

// plain marks the bytes that stand for themselves in a string.
var plain = func() (t [256]bool) {
	for c := ' '; c < utf8.RuneSelf; c++ {
		t[c] = c != '"' && c != '\\'
	}
	return t
}()

// quoted reads the string that starts at pos.
func (j *jsonReader) quoted() []byte {
	escaped, ascii := false, true
	i := j.pos + 1
	for {
		if i >= j.end {
			keep := j.pos
			if !j.more(keep) {
				j.broken("the document ends inside a string")
				return nil
			}
			i -= keep
			continue
		}
		c := j.buf[i]
		if plain[c] {
			i++
			continue
		}
		if c == '"' {
			break
		}
		switch {
		case c == '\\':
			escaped = true
			i += 2 // what follows is looked at when escapes are resolved
		case c < ' ':
			j.pos = i
			j.broken("a control character %q inside a string", c)
			return nil
		default:
			ascii = false
			i++
		}
	}
	s := j.buf[j.pos+1 : i]
	j.pos = i + 1
	if escaped {
		if s = j.unescape(s); j.err != nil {
			return nil
		}
	}
	if !ascii && !utf8.Valid(s) {
		if !j.badUTF8 {
			j.badUTF8 = true
			j.b.problem(j.place(), "not valid UTF-8: what cannot be read is replaced, here and further on")
		}
		s = bytes.ToValidUTF8(s, []byte("\uFFFD"))
	}
	return s
}

// literal reads a number, true, false or null and returns its text.
func (j *jsonReader) literal() []byte {
	i := j.pos
	for {
		if i >= j.end {
			keep := j.pos
			ok := j.more(keep)
			i -= keep
			if !ok {
				break
			}
			continue
		}
		c := j.buf[i]
		if 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '+' || c == '.' || c == 'E' {
			i++
			continue
		}
		break
	}
	if j.err != nil {
		return nil
	}
	s := j.buf[j.pos:i]
	switch {
	case len(s) == 0:
		j.unexpected(j.next(), "a value")
		return nil
	case s[0] >= 'a':
		if w := string(s); w != "true" && w != "false" && w != "null" {
			j.broken("expected a value, found %.20q", s)
			return nil
		}
	case !validNumber(s):
		j.broken("%.20q is not a number", s)
		return nil
	}
	j.pos = i
	return s
}

// place is a JSON pointer (RFC 6901) to where the reader stands.
func (j *jsonReader) place() string {
	var p []byte
	for i, f := range j.stack {
		if f.kind == '[' {
			if f.index >= 0 {
				p = strconv.AppendInt(append(p, '/'), int64(f.index), 10)
			}
			continue
		}
		end := len(j.names)
		if i+1 < len(j.stack) {
			end = j.stack[i+1].name
		}
		if !f.begun {
			continue
		}
		p = append(p, '/')
		for _, c := range j.names[f.name:end] {
			switch c {
			case '~':
				p = append(p, "~0"...)
			case '/':
				p = append(p, "~1"...)
			default:
				p = append(p, c)
			}
		}
	}
	return string(p)
}

// invalid turns a fault of the syntax into an Invalid with its place.
func (j *jsonReader) invalid() error {
	var syn *jsonError
	if !errors.As(j.err, &syn) {
		return j.err
	}
	what := "not valid JSON: " + syn.what
	if syn.pointer != "" {
		what += ", at " + syn.pointer
	}
	return &wardbook.Invalid{Problems: []wardbook.Problem{{Place: fmt.Sprintf("byte %d", syn.offset), Message: what}}}
}

func jsonKind(c byte) string {
	switch c {
	case '{':
		return "an object"
	case '[':
		return "an array"
	case '"':
		return "a string"
	case 't', 'f':
		return "a boolean"
	case 'n':
		return "null"
	}
	return "a number"
}
