package sbom

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/wardbook/wardbook"
)

// jsonReader walks a JSON document token by token. The first fault sticks in
// err and makes every later call return nothing, so that callers check once.
type jsonReader struct {
	d   *jsontext.Decoder
	b   *builder
	err error
	key []byte // the member that obj.next stands at, unescaped
	tmp []byte

	buf1, buf2, buf3 []byte // for pairs whose order is not fixed
}

func newJSONReader(r io.Reader, b *builder) *jsonReader {
	return &jsonReader{b: b, d: jsontext.NewDecoder(r,
		jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))}
}

func (j *jsonReader) fail(err error) {
	if j.err == nil && err != nil {
		j.err = err
	}
}

// enter opens an object ('{') or array ('['). Where something else stands, it
// is skipped, a problem unless it is null, and enter returns false.
func (j *jsonReader) enter(kind jsontext.Kind) bool {
	if j.err != nil {
		return false
	}
	if k := j.d.PeekKind(); k != kind {
		if k != 'n' && k != 0 {
			j.b.problem(string(j.d.StackPointer()), "expected %s, found %s: skipped", kindName(kind), kindName(k))
		}
		j.skip()
		return false
	}
	if _, err := j.d.ReadToken(); err != nil {
		j.fail(err)
		return false
	}
	if j.d.StackDepth() > j.b.opts.MaxDepth {
		j.fail(fmt.Errorf("%w of %d", ErrTooDeep, j.b.opts.MaxDepth))
		return false
	}
	return true
}

// member moves to the next member of an object and sets key. It returns false
// behind the last one.
func (j *jsonReader) member() bool {
	if j.err != nil {
		return false
	}
	if j.d.PeekKind() == '}' {
		_, err := j.d.ReadToken()
		j.fail(err)
		return false
	}
	j.key = j.str()
	return j.err == nil
}

// element reports whether an array has a next element.
func (j *jsonReader) element() bool {
	if j.err != nil {
		return false
	}
	if j.d.PeekKind() == ']' {
		_, err := j.d.ReadToken()
		j.fail(err)
		return false
	}
	return true
}

// str reads a string. It is valid until the next call. Numbers and booleans
// are taken as their text; what cannot be text is skipped and is a problem.
func (j *jsonReader) str() []byte {
	if j.err != nil {
		return nil
	}
	switch k := j.d.PeekKind(); k {
	case '{', '[':
		j.b.problem(string(j.d.StackPointer()), "expected a string, found %s: skipped", kindName(k))
		j.skip()
		return nil
	}
	v, err := j.d.ReadValue()
	if err != nil {
		j.fail(err)
		return nil
	}
	if v[0] != '"' {
		if v[0] == 'n' {
			return nil
		}
		return v
	}
	if bytes.IndexByte(v, '\\') < 0 {
		return v[1 : len(v)-1]
	}
	j.tmp, err = jsontext.AppendUnquote(j.tmp[:0], v)
	j.fail(err)
	return j.tmp
}

func (j *jsonReader) skip() {
	if j.err == nil {
		j.fail(j.d.SkipValue())
	}
}

// text reads a string and keeps it.
func (j *jsonReader) text() string { return j.b.text.keep(j.str()) }

// word reads a string that is likely to repeat.
func (j *jsonReader) word() string { return j.b.text.intern(j.str()) }

func (j *jsonReader) peek() jsontext.Kind {
	if j.err != nil {
		return 0
	}
	return j.d.PeekKind()
}

func (j *jsonReader) place() string { return string(j.d.StackPointer()) }

// invalid turns a fault of the syntax into an Invalid with its place.
func (j *jsonReader) invalid() error {
	var syn *jsontext.SyntacticError
	if errors.As(j.err, &syn) {
		place := fmt.Sprintf("byte %d", syn.ByteOffset)
		if syn.JSONPointer != "" {
			place = string(syn.JSONPointer)
		}
		return &wardbook.Invalid{Problems: []wardbook.Problem{{Place: place, Message: "not valid JSON: " + syn.Err.Error()}}}
	}
	if errors.Is(j.err, io.ErrUnexpectedEOF) || errors.Is(j.err, io.EOF) {
		return &wardbook.Invalid{Problems: []wardbook.Problem{{
			Place: fmt.Sprintf("byte %d", j.d.InputOffset()), Message: "not valid JSON: the document ends too early"}}}
	}
	return j.err
}

func kindName(k jsontext.Kind) string {
	switch k {
	case '{':
		return "an object"
	case '[':
		return "an array"
	case '"':
		return "a string"
	case '0':
		return "a number"
	case 't', 'f':
		return "a boolean"
	case 'n':
		return "null"
	}
	return "nothing"
}
