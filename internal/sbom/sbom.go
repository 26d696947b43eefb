package sbom

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"time"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"github.com/wardbook/wardbook"
)

// ErrTooLarge is returned for a document of more than Options.MaxBytes.
var ErrTooLarge = errors.New("larger than the limit")

// ErrTooDeep is returned for a document that nests deeper than
// Options.MaxDepth.
var ErrTooDeep = errors.New("nested deeper than the limit")

// Options bound what Decode reads. A zero field means the default.
type Options struct {
	MaxBytes    int64 // bytes of the document; default 1 GiB
	MaxDepth    int   // nesting of values or elements; default 512, at most 10,000
	MaxProblems int   // problems that are kept, the rest is counted; default 10,000
}

func (o Options) withDefaults() Options {
	if o.MaxBytes <= 0 {
		o.MaxBytes = 1 << 30
	}
	if o.MaxDepth <= 0 {
		o.MaxDepth = 512
	}
	o.MaxDepth = min(o.MaxDepth, 10_000)
	if o.MaxProblems <= 0 {
		o.MaxProblems = 10_000
	}
	return o
}

// A Document is one SBOM, whatever its format. Empty means that the document
// does not say.
type Document struct {
	Format      string    // as printed: "CycloneDX 1.5 JSON", "SPDX 2.3 tag-value", "SPDX 3.0.1 JSON-LD"
	Spec        string    // "CycloneDX" or "SPDX"
	SpecVersion string    // "1.5", "2.3", "3.0.1"
	Serial      string    // CycloneDX serialNumber, SPDX documentNamespace, spdxId of the SPDX 3 document
	Revision    string    // CycloneDX version of the document: 1, 2, …
	Name        string    // SPDX document name
	Created     time.Time // zero: not said
	Tools       []string  // "syft 1.2.3"
	Authors     []string  // people and organizations that made the SBOM

	// Product is what the SBOM describes: metadata.component, DESCRIBES,
	// rootElement. It is not repeated in Components where the format keeps it
	// apart (CycloneDX), and is one of them where it does not (SPDX).
	Product Subject
	// Roots are the refs of everything that the document describes; more than
	// one is possible in SPDX. Product is the first.
	Roots []string

	// Components are all parts in the order of the document; nested ones
	// follow the one that holds them.
	Components []wardbook.Component
	// Dependencies says what needs what, Contains what holds what. Only refs
	// that the document declares are in them.
	Dependencies []wardbook.Dependency
	Contains     []wardbook.Dependency

	Services        int // CycloneDX services, nested ones too
	Vulnerabilities int // embedded vulnerabilities: package advisory reads them as VEX
	Files           int // SPDX files, which are not components

	Problems wardbook.Problems
	// MoreProblems counts the problems past Options.MaxProblems.
	MoreProblems int

	said []said // parallel to Components: what was said to be unknown
	main said   // the same of Product
}

// A Subject is the product that an SBOM describes.
type Subject struct {
	wardbook.Component
	Manufacturer string // the maker, else the supplier
	ModelNumber  string // from a property that says so
	UDI          string // full UDI from a property, as given
	UDIDI        string // device identifier (GTIN, …) from a property, as given
}

// NotSBOM is the error of a document that this package does not read. Kind
// says which other reader may take it, and is empty where there is none.
type NotSBOM struct {
	What string // "SPDX 2.2 in YAML", "CSAF advisory", …
	Hint string // what to do about it; may be empty
	Kind wardbook.InputKind
}

func (e *NotSBOM) Error() string {
	if e.Hint == "" {
		return "not read as an SBOM: this is " + e.What
	}
	return "not read as an SBOM: this is " + e.What + "; " + e.Hint
}

// Decode reads one SBOM. It tells the format by content, reads as a stream and
// collects what is wrong in Document.Problems.
//
// It fails with *NotSBOM when the document is something else, with ErrTooLarge
// or ErrTooDeep at a limit, with *wardbook.Invalid when the syntax is broken
// (a part of an SBOM must not pass for the whole), and with r's own error.
func Decode(r io.Reader, opts Options) (*Document, error) {
	opts = opts.withDefaults()
	lim := &limited{r: r, left: opts.MaxBytes}
	br := bufio.NewReaderSize(lim, 64<<10)
	br, err := decodeUTF16(br)
	if err != nil {
		return nil, err
	}
	head, err := skipSpace(br)
	if err != nil && len(head) == 0 {
		if err == io.EOF {
			return nil, &NotSBOM{What: "an empty file"}
		}
		return nil, err
	}
	b := newBuilder(opts)
	switch {
	case head[0] == '{':
		err = decodeJSON(br, b)
	case head[0] == '<':
		err = decodeXML(br, b)
	case isTagValue(head):
		err = decodeTagValue(br, b)
	default:
		return nil, &NotSBOM{What: describe(head), Hint: hintFor(head)}
	}
	if lim.err != nil && lim.err != io.EOF {
		return nil, lim.err
	}
	if err != nil {
		return nil, err
	}
	return b.finish(), nil
}

// limited is a reader that fails past a number of bytes, and remembers why it
// stopped, since parsers wrap what a reader says.
type limited struct {
	r    io.Reader
	left int64
	err  error
}

func (l *limited) Read(p []byte) (int, error) {
	if l.err != nil {
		return 0, l.err
	}
	if l.left <= 0 {
		var one [1]byte
		n, err := l.r.Read(one[:])
		if n > 0 {
			err = ErrTooLarge
		}
		l.err = err
		return 0, err
	}
	if int64(len(p)) > l.left {
		p = p[:l.left]
	}
	n, err := l.r.Read(p)
	l.left -= int64(n)
	l.err = err
	if n > 0 && err == io.EOF {
		return n, nil
	}
	return n, err
}

// decodeUTF16 turns UTF-16 with a byte order mark into UTF-8 and drops the mark
// of UTF-8.
func decodeUTF16(br *bufio.Reader) (*bufio.Reader, error) {
	head, err := br.Peek(3)
	if err != nil && err != io.EOF {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(head, []byte{0xfe, 0xff}), bytes.HasPrefix(head, []byte{0xff, 0xfe}):
		utf16 := unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM)
		return bufio.NewReaderSize(transform.NewReader(br, utf16.NewDecoder()), 64<<10), nil
	case bytes.HasPrefix(head, []byte{0xef, 0xbb, 0xbf}):
		br.Discard(3)
	}
	return br, nil
}

// skipSpace skips leading white space and returns what follows, as far as it
// is in the buffer.
func skipSpace(br *bufio.Reader) ([]byte, error) {
	for {
		head, err := br.Peek(4096)
		trimmed := bytes.TrimLeft(head, " \t\r\n\x00")
		if len(trimmed) > 0 {
			// The place of a fault counts lines from the start, so that only
			// XML and JSON, whose parsers do not mind, see the space.
			if trimmed[0] != '{' && trimmed[0] != '<' {
				return trimmed, nil
			}
			br.Discard(len(head) - len(trimmed))
			return trimmed, nil
		}
		if err != nil {
			return nil, err
		}
		br.Discard(len(head))
	}
}
