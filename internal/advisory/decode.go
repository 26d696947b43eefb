package advisory

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"sync"
	"unicode/utf8"

	"github.com/wardbook/wardbook"
)

// Options bound and name a document. The zero value is ready for use.
type Options struct {
	Name string // of the file, for the evidence; may be empty
	// MaxBytes is the size of a document that is still read; 0 means 256 MiB.
	MaxBytes int64
}

const (
	defaultMaxBytes = 256 << 20
	// maxDepth is how deep branches, subcomponents and XML elements may nest.
	// CSAF 2.1 asks for no more than 30 (section 3.2.2.1).
	maxDepth = 100
	// maxProblems is how many problems of one document are kept: a document
	// that is wrong everywhere must not fill the memory with complaints.
	maxProblems = 1000
)

// A Document is what was read.
type Document struct {
	Format     string               // "CSAF 2.0", "OpenVEX", "CycloneDX 1.5 VEX JSON", …
	Advisory   *wardbook.Advisory   // CSAF only, else nil
	Statements []wardbook.Statement // VEX
	Evidence   wardbook.Evidence    // of the bytes as Decode got them
	Problems   []wardbook.Problem   // faults that did not stop the reading, with JSON pointers
}

// ErrTooLarge is the error of a document beyond Options.MaxBytes.
var ErrTooLarge = errors.New("document is too large")

// An UnsupportedError says what a document is that this package does not read.
type UnsupportedError struct {
	Is string // what it is, such as "an OSV record"
}

func (e *UnsupportedError) Error() string {
	return "not an advisory or VEX document: it is " + e.Is
}

// Decode reads one document; its format is told by its content. The error is
// ErrTooLarge, an *UnsupportedError for what is something else, or a
// *wardbook.Invalid with all faults of a document that cannot be used. Faults
// that leave the document usable are in Document.Problems.
func Decode(r io.Reader, opts Options) (*Document, error) {
	limit := opts.MaxBytes
	if limit <= 0 {
		limit = defaultMaxBytes
	}
	buf := buffers.Get().(*bytes.Buffer)
	defer func() {
		if buf.Cap() <= keptBuffer {
			buf.Reset()
			buffers.Put(buf)
		}
	}()
	if _, err := buf.ReadFrom(io.LimitReader(r, limit+1)); err != nil {
		return nil, err
	}
	if int64(buf.Len()) > limit {
		return nil, fmt.Errorf("%w: more than %d bytes", ErrTooLarge, limit)
	}
	return decode(buf.Bytes(), opts)
}

// buffers are reused between documents: what is decoded has copies of all
// text. Those grown by a rare large document are let go.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

const keptBuffer = 4 << 20

func decode(b []byte, opts Options) (*Document, error) {
	sum := sha256.Sum256(b)
	d := &decoder{doc: &Document{Evidence: wardbook.Evidence{
		Name: opts.Name, SHA256: hex.EncodeToString(sum[:]), Size: int64(len(b)),
	}}}
	text, err := d.text(b)
	if err != nil {
		return nil, err
	}
	switch kind, is := sniff(text); kind {
	case kindCSAF:
		err = d.csaf(text)
	case kindOpenVEX:
		err = d.openVEX(text)
	case kindCycloneDXJSON:
		err = d.cycloneDXJSON(text)
	case kindCycloneDXXML:
		err = d.cycloneDXXML(text)
	case kindInvalid:
		err = &wardbook.Invalid{Problems: []wardbook.Problem{{Message: is}}}
	default:
		err = &UnsupportedError{Is: is}
	}
	if err != nil {
		return nil, err
	}
	d.doc.Problems = d.problems
	if d.dropped > 0 {
		d.doc.Problems = append(d.doc.Problems, wardbook.Problem{
			Message: fmt.Sprintf("%d more problems of this document are not listed", d.dropped)})
	}
	return d.doc, nil
}

// decoder reads one document.
type decoder struct {
	doc      *Document
	problems wardbook.Problems
	dropped  int
}

func (d *decoder) problem(place, format string, args ...any) {
	if len(d.problems) >= maxProblems {
		d.dropped++
		return
	}
	d.problems.Add(place, format, args...)
}

// invalid is the error of a document that cannot be used: what was found so
// far and the fault that ends the reading.
func (d *decoder) invalid(place, format string, args ...any) error {
	d.problems.Add(place, format, args...)
	return d.problems.Err()
}

// text returns the document as UTF-8 without byte order mark. UTF-16 is told
// by its mark or by the zero bytes of its first character.
func (d *decoder) text(b []byte) ([]byte, error) {
	switch {
	case len(b) >= 3 && b[0] == 0xEF && b[1] == 0xBB && b[2] == 0xBF:
		d.problem("", "a byte order mark stands before the document; it was ignored")
		return b[3:], nil
	case len(b) >= 2 && b[0] == 0xFF && b[1] == 0xFE, len(b) >= 2 && b[0] != 0 && b[1] == 0:
		d.problem("", "encoded as UTF-16, not as UTF-8; it was converted")
		return fromUTF16(b, 0), nil
	case len(b) >= 2 && b[0] == 0xFE && b[1] == 0xFF, len(b) >= 2 && b[0] == 0 && b[1] != 0:
		d.problem("", "encoded as UTF-16, not as UTF-8; it was converted")
		return fromUTF16(b, 1), nil
	}
	return b, nil
}

// fromUTF16 converts; low is the place of the low byte in a pair.
func fromUTF16(b []byte, low int) []byte {
	out := make([]byte, 0, len(b)/2+16)
	var high rune
	for i := 0; i+1 < len(b); i += 2 {
		r := rune(b[i+low]) | rune(b[i+1-low])<<8
		switch {
		case i == 0 && r == 0xFEFF:
		case r >= 0xD800 && r < 0xDC00:
			high = r
		case r >= 0xDC00 && r < 0xE000:
			out = utf8.AppendRune(out, (high-0xD800)<<10|(r-0xDC00)+0x10000)
		default:
			out = utf8.AppendRune(out, r)
		}
	}
	return out
}
