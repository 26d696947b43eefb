package advisory

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// decodeJSON reads b into v, a pointer to one of this package's structs of the
// wire. A well-made document takes the fast way. One with a fault is read
// again tolerantly: values of a wrong kind are left out, and each is a problem
// with its pointer. The error is that of a text that is not JSON at all.
func (d *decoder) decodeJSON(b []byte, v any) error {
	if json.Unmarshal(b, v, json.WithUnmarshalers(json.UnmarshalFromFunc(texts{}.read))) == nil {
		return nil
	}
	reset(v)
	opts := json.JoinOptions(
		jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true),
		json.WithUnmarshalers(json.JoinUnmarshalers(
			json.UnmarshalFromFunc(d.lenientString),
			json.UnmarshalFromFunc(d.lenientNumber),
			json.UnmarshalFromFunc(d.lenientValue),
		)))
	if err := d.strictFaults(b); err != nil {
		return err
	}
	if err := json.Unmarshal(b, v, opts); err != nil {
		var se *json.SemanticError
		if errors.As(err, &se) {
			return d.invalid(string(se.JSONPointer), "cannot be read: %v", se.Err)
		}
		return d.invalid("", "%s", syntaxMessage(b, err))
	}
	return nil
}

// texts keeps each text of a document once: large makers write the same product
// ids under hundreds of vulnerabilities.
type texts map[string]string

func (t texts) read(dec *jsontext.Decoder, s *string) error {
	if dec.PeekKind() != '"' {
		return errors.ErrUnsupported
	}
	v, err := dec.ReadValue()
	if err != nil {
		return err
	}
	inner := []byte(v[1 : len(v)-1])
	if bytes.IndexByte(inner, '\\') >= 0 {
		if inner, err = jsontext.AppendUnquote(nil, v); err != nil {
			return err
		}
	}
	have, ok := t[string(inner)]
	if !ok {
		have = string(inner)
		t[have] = have
	}
	*s = have
	return nil
}

// reset empties what a failed attempt has left behind.
func reset(v any) {
	switch v := v.(type) {
	case *csafDocument:
		*v = csafDocument{}
	case *vexDocument:
		*v = vexDocument{}
	case *bomDocument:
		*v = bomDocument{}
	}
}

// strictFaults walks the whole text and names doubled names and bytes that
// are not UTF-8, which are tolerated; it fails on a text that is not JSON or
// that goes on after the document.
func (d *decoder) strictFaults(b []byte) error {
	dec := jsontext.NewDecoder(bytes.NewBuffer(b))
	_, err := dec.ReadValue()
	var se *jsontext.SyntacticError
	if errors.As(err, &se) && tolerable(se.Err) {
		d.problem(string(se.JSONPointer), "%v; it was read nevertheless", se.Err)
		dec = jsontext.NewDecoder(bytes.NewBuffer(b), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
		_, err = dec.ReadValue()
	}
	if err != nil {
		return d.invalid(pointer(err), "%s", syntaxMessage(b, err))
	}
	at := dec.InputOffset()
	if rest := bytes.TrimSpace(b[at:]); len(rest) > 0 {
		return d.invalid("", "line %d: %d bytes follow after the end of the document, beginning with %s",
			1+bytes.Count(b[:at], []byte("\n")), len(rest), firstLine(rest))
	}
	return nil
}

func tolerable(err error) bool {
	return errors.Is(err, jsontext.ErrDuplicateName) || err != nil && strings.Contains(err.Error(), "UTF-8")
}

func pointer(err error) string {
	var se *jsontext.SyntacticError
	if errors.As(err, &se) {
		return string(se.JSONPointer)
	}
	return ""
}

// syntaxMessage says what is wrong with b and on which line.
func syntaxMessage(b []byte, err error) string {
	var se *jsontext.SyntacticError
	if !errors.As(err, &se) {
		return "not valid JSON: " + err.Error()
	}
	at := min(max(int(se.ByteOffset), 0), len(b))
	return fmt.Sprintf("not valid JSON: line %d: %v", 1+bytes.Count(b[:at], []byte("\n")), se.Err)
}

// lenientString takes numbers and booleans as text and leaves out the rest.
func (d *decoder) lenientString(dec *jsontext.Decoder, s *string) error {
	switch k := dec.PeekKind(); k {
	case '"':
		tok, err := dec.ReadToken()
		*s = tok.String()
		return err
	case '0', 't', 'f':
		v, err := dec.ReadValue()
		*s = string(v)
		d.problem(string(dec.StackPointer()), "is %s where a text must stand; it was taken as text", kindName(k))
		return err
	default:
		return d.skip(dec, "a text")
	}
}

func (d *decoder) lenientNumber(dec *jsontext.Decoder, f *float64) error {
	switch dec.PeekKind() {
	case '0':
		tok, err := dec.ReadToken()
		if err != nil {
			return err
		}
		*f, _ = strconv.ParseFloat(tok.String(), 64) // beyond the range of a float it is infinite
		return nil
	case '"':
		tok, err := dec.ReadToken()
		if err != nil {
			return err
		}
		n, perr := strconv.ParseFloat(strings.TrimSpace(tok.String()), 64)
		if perr != nil {
			d.problem(string(dec.StackPointer()), "is a text where a number must stand")
			return nil
		}
		d.problem(string(dec.StackPointer()), "is a text where a number must stand; it was taken as a number")
		*f = n
		return nil
	default:
		return d.skip(dec, "a number")
	}
}

// lenientValue guards objects and lists: any other kind is left out. Fields
// of the wire's structs are pointers or slices wherever an object or a list
// is expected, so the check sees them all.
func (d *decoder) lenientValue(dec *jsontext.Decoder, v expecter) error {
	if want := v.expects(); dec.PeekKind() != want {
		return d.skip(dec, kindName(want))
	}
	return errors.ErrUnsupported
}

// expecter is a struct or list of the wire that says which kind of JSON value
// it is read from.
type expecter interface{ expects() jsontext.Kind }

func (d *decoder) skip(dec *jsontext.Decoder, want string) error {
	k := dec.PeekKind()
	if err := dec.SkipValue(); err != nil {
		return err
	}
	if k != 'n' {
		d.problem(string(dec.StackPointer()), "is %s where %s must stand; it was left out", kindName(k), want)
	}
	return nil
}

func kindName(k jsontext.Kind) string {
	switch k {
	case 'n':
		return "null"
	case 't', 'f':
		return "a boolean"
	case '"':
		return "a text"
	case '0':
		return "a number"
	case '{':
		return "an object"
	case '[':
		return "a list"
	}
	return "something unknown"
}

// list is a JSON list of the wire, obj an embeddable mark of an object.
type list[T any] []T

func (l *list[T]) expects() jsontext.Kind { return '[' }

type obj struct{}

func (o *obj) expects() jsontext.Kind { return '{' }
