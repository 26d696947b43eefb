package vulndb

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/wardbook/wardbook"
)

// maxProblems bounds the problems kept per input; the rest are counted.
const maxProblems = 1000

// faults collects problems up to maxProblems and counts the others.
type faults struct {
	list    wardbook.Problems
	dropped int
}

func (f *faults) add(place, format string, args ...any) {
	if len(f.list) >= maxProblems {
		f.dropped++
		return
	}
	f.list.Add(strings.TrimSuffix(place, ": "), format, args...) // a file as a whole
}

// all returns the problems, with a last one that counts what was left out.
func (f *faults) all() []wardbook.Problem {
	if f.dropped == 0 {
		return f.list
	}
	out := append([]wardbook.Problem(nil), f.list...)
	return append(out, wardbook.Problem{Message: fmt.Sprintf("and %d more problems of this input", f.dropped)})
}

// A reader walks over one JSON value member by member. A member of the wrong
// type is a problem, not an end; only broken JSON ends the walk.
type reader struct {
	dec     *jsontext.Decoder
	in      bytes.Buffer
	place   string // of the value that is read, in front of the JSON pointer
	faults  *faults
	scratch []byte
	words   map[string]string // short texts that come again and again, once in memory
}

func newReader(f *faults) *reader {
	return &reader{faults: f, dec: jsontext.NewDecoder(new(bytes.Buffer)), words: map[string]string{}}
}

// begin makes b, found at place, the value to read. b is not kept.
func (r *reader) begin(b []byte, place string) {
	r.place = place
	r.in = *bytes.NewBuffer(b)
	r.dec.Reset(&r.in, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
}

// fault records a problem at the value that was read last.
func (r *reader) fault(format string, args ...any) {
	r.faults.add(r.place+string(r.dec.StackPointer()), format, args...)
}

// object calls each for every member; each must read exactly one value. The
// key is valid until then.
func (r *reader) object(each func(key []byte) error) error {
	switch r.dec.PeekKind() {
	case '{':
	case 'n':
		return r.dec.SkipValue()
	default:
		return r.wrong("an object")
	}
	if _, err := r.dec.ReadToken(); err != nil {
		return err
	}
	for r.dec.PeekKind() != '}' {
		name, err := r.dec.ReadValue()
		if err != nil {
			return err
		}
		key := []byte(name)
		if len(key) >= 2 && bytes.IndexByte(key, '\\') < 0 {
			key = key[1 : len(key)-1]
		} else {
			key, _ = jsontext.AppendUnquote(nil, key)
		}
		if err := each(key); err != nil {
			return err
		}
	}
	_, err := r.dec.ReadToken()
	return err
}

// array calls each for every element; each must read exactly one value.
func (r *reader) array(each func() error) error {
	switch r.dec.PeekKind() {
	case '[':
	case 'n':
		return r.dec.SkipValue()
	default:
		return r.wrong("a list")
	}
	if _, err := r.dec.ReadToken(); err != nil {
		return err
	}
	for r.dec.PeekKind() != ']' {
		if err := each(); err != nil {
			return err
		}
	}
	_, err := r.dec.ReadToken()
	return err
}

// objects is an array of objects.
func (r *reader) objects(begin func(), each func(key []byte) error, end func()) error {
	return r.array(func() error {
		begin()
		if err := r.object(each); err != nil {
			return err
		}
		end()
		return nil
	})
}

// wrong skips a value of another type than wanted and records that.
func (r *reader) wrong(wanted string) error {
	kind := r.dec.PeekKind()
	if err := r.dec.SkipValue(); err != nil {
		return err
	}
	r.fault("%s where %s should be; left out", kindName(kind), wanted)
	return nil
}

func kindName(k jsontext.Kind) string {
	switch k {
	case '{':
		return "an object"
	case '[':
		return "a list"
	case '"':
		return "text"
	case '0':
		return "a number"
	case 't', 'f':
		return "true or false"
	case 'n':
		return "null"
	}
	return "something"
}

// raw returns the bytes of a scalar as text, valid until the next read.
// Numbers are taken as they are written; null is "".
func (r *reader) raw() ([]byte, error) {
	switch r.dec.PeekKind() {
	case '"':
		v, err := r.dec.ReadValue()
		if err != nil {
			return nil, err
		}
		if bytes.IndexByte(v, '\\') < 0 && utf8.Valid(v) {
			return v[1 : len(v)-1], nil
		}
		r.scratch, _ = jsontext.AppendUnquote(r.scratch[:0], v)
		return r.scratch, nil
	case '0', 't', 'f':
		return r.dec.ReadValue()
	case 'n':
		return nil, r.dec.SkipValue()
	}
	return nil, r.wrong("text")
}

// text reads a scalar into dst.
func (r *reader) text(dst *string) error {
	b, err := r.raw()
	if err == nil {
		*dst = string(b)
	}
	return err
}

// word reads a scalar that many records share, such as an ecosystem.
func (r *reader) word(dst *string) error {
	b, err := r.raw()
	if err != nil {
		return err
	}
	*dst = r.intern(b)
	return nil
}

func (r *reader) intern(b []byte) string {
	if s, ok := r.words[string(b)]; ok {
		return s
	}
	s := string(b)
	if len(s) <= 64 {
		if len(r.words) >= 4096 {
			clear(r.words)
		}
		r.words[s] = s
	}
	return s
}

// texts appends the scalars of a list to dst. One scalar stands for a list
// of one.
func (r *reader) texts(dst *[]string) error {
	one := func() error {
		var s string
		if err := r.text(&s); err != nil {
			return err
		}
		if s != "" {
			*dst = append(*dst, s)
		}
		return nil
	}
	if r.dec.PeekKind() == '"' {
		return one()
	}
	return r.array(one)
}

// boolean reads true or false; the texts "true" and "false" count too.
func (r *reader) boolean(dst *bool) error {
	b, err := r.raw()
	if err != nil {
		return err
	}
	switch string(b) {
	case "true":
		*dst = true
	case "false", "":
		*dst = false
	default:
		r.fault("%q where true or false should be; left out", clip(string(b), 40))
	}
	return nil
}

// number reads a number; a text that holds one counts too.
func (r *reader) number(dst *float64) error {
	b, err := r.raw()
	if err != nil || len(b) == 0 {
		return err
	}
	f, err := strconv.ParseFloat(string(b), 64)
	if err != nil {
		r.fault("%q is not a number; left out", clip(string(b), 40))
		return nil
	}
	*dst = f
	return nil
}

// time reads a time into dst, in UTC. Without a zone it is UTC (NVD, and
// older CVE records).
func (r *reader) time(dst *time.Time) error {
	b, err := r.raw()
	if err != nil || len(b) == 0 {
		return err
	}
	t, ok := parseTime(string(b))
	if !ok {
		r.fault("%q is not a date and time; left out", clip(string(b), 40))
		return nil
	}
	*dst = t
	return nil
}

func parseTime(s string) (time.Time, bool) {
	t, err := time.Parse(time.RFC3339, s)
	for _, layout := range []string{"2006-01-02T15:04:05", time.DateOnly, "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05Z0700"} {
		if err == nil {
			break
		}
		t, err = time.Parse(layout, s)
	}
	if err != nil {
		return time.Time{}, false
	}
	if t.IsZero() {
		return time.Time{}, true
	}
	return t.UTC(), true
}

// prose reads a text of which only the beginning is kept.
func (r *reader) prose(dst *string) error {
	if r.dec.PeekKind() != '"' {
		return r.text(dst)
	}
	v, err := r.dec.ReadValue()
	if err != nil {
		return err
	}
	const enough = 4 * summaryLimit
	if len(v) > enough {
		// Cut between escapes, then close the string again.
		i := 1
		for i < enough {
			switch {
			case v[i] != '\\':
				i++
			case i+1 < len(v) && v[i+1] == 'u':
				i += 6
			default:
				i += 2
			}
		}
		r.scratch = append(append(r.scratch[:0], v[:min(i, len(v)-1)]...), '"')
		v = r.scratch
	}
	b, _ := jsontext.AppendUnquote(nil, v)
	*dst = summarize(b)
	return nil
}

// summaryLimit is the longest summary, in bytes.
const summaryLimit = 400

// summarize puts b on one line and cuts it at a word's end.
func summarize(b []byte) string {
	out := make([]byte, 0, min(len(b), summaryLimit+4))
	blank := false
	for len(b) > 0 {
		c, n := utf8.DecodeRune(b)
		if c <= ' ' {
			blank = len(out) > 0
			b = b[n:]
			continue
		}
		if blank {
			out = append(out, ' ')
			blank = false
		}
		if c == utf8.RuneError && n == 1 {
			out = utf8.AppendRune(out, c)
		} else {
			out = append(out, b[:n]...)
		}
		b = b[n:]
		if len(out) > summaryLimit {
			cut := bytes.LastIndexByte(out[:summaryLimit], ' ')
			if cut < summaryLimit/2 {
				cut = summaryLimit
				for !utf8.RuneStart(out[cut]) {
					cut--
				}
			}
			return string(out[:cut]) + "…"
		}
	}
	return string(out)
}

// clip shortens s for a message.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}
