package vulndb

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/wardbook/wardbook"
)

// A piece is the bytes of one record (of a whole document, it may be several
// JSON values one after the other) with its place.
type piece struct {
	data  []byte
	place string
	yaml  bool
}

// A splitter cuts an input into pieces without decoding them, so that decoding
// can go on in parallel. It may be used for one input after the other.
type splitter struct {
	opts   Options
	faults *faults
	br     *bufio.Reader
	buf    []byte // the piece, reused

	envelope bool      // the input was an NVD 2.0 envelope
	drawn    time.Time // its timestamp
}

// sniffed is how much of an input is looked at to tell what it is.
const sniffed = 64 << 10

func newSplitter(o Options, f *faults) *splitter {
	return &splitter{opts: o, faults: f, br: bufio.NewReaderSize(nil, sniffed)}
}

// split calls emit for each piece of rd; a piece is valid until emit returns.
// Problems of the input as a whole are *wardbook.Invalid errors.
func (s *splitter) split(rd io.Reader, emit func(piece) error) error {
	s.envelope, s.drawn = false, time.Time{}
	s.br.Reset(&limited{r: rd, left: s.opts.maxBytes()})
	head, err := s.head()
	if err != nil || len(head) == 0 {
		return err
	}
	switch head[0] {
	case '{':
		kind, what := sniffObject(head)
		switch {
		case what != "":
			return refusal(what)
		case kind == envelopeNVD:
			return s.nvdEnvelope(emit)
		}
		return s.objects(emit)
	case '[':
		return s.list(emit)
	}
	if what := notRecords(head); what != "" {
		return refusal(what)
	}
	if err := s.rest(); err != nil {
		return err
	}
	return emit(piece{data: s.buf, yaml: true})
}

func refusal(what string) error {
	var ps wardbook.Problems
	ps.Add("", "this is %s", what)
	return ps.Err()
}

// head skips a byte order mark and blanks and peeks at what follows.
func (s *splitter) head() ([]byte, error) {
	if b, _ := s.br.Peek(3); string(b) == "\xef\xbb\xbf" {
		s.br.Discard(3)
	}
	for {
		head, err := s.br.Peek(sniffed)
		if err != nil && err != io.EOF {
			return nil, err
		}
		blank := len(head) - len(bytes.TrimLeft(head, " \t\r\n"))
		if blank == 0 {
			return head, nil
		}
		s.br.Discard(blank)
	}
}

// notRecords says what an input is that starts neither an object nor a list,
// or "" when it may be YAML.
func notRecords(head []byte) string {
	line, _, _ := bytes.Cut(head, []byte("\n"))
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return "a zip archive inside another file; give the archive itself"
	case len(head) > 262 && string(head[257:262]) == "ustar":
		return "a tar archive: unpack it and give the files"
	case bytes.HasPrefix(head, []byte("<")):
		return "XML, which no vulnerability data that is read here comes in"
	case bytes.HasPrefix(line, []byte("cveID,")):
		return "CISA's KEV catalogue: give it as KEV"
	case bytes.HasPrefix(line, []byte("cve,epss")), bytes.HasPrefix(line, []byte("#model_version")):
		return "an EPSS score list: give it as EPSS"
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")):
		return "UTF-16 text; vulnerability data comes in UTF-8"
	case bytes.IndexByte(head, 0) >= 0 || !utf8.Valid(head[:max(0, len(head)-utf8.UTFMax)]):
		return "binary data of a kind that is not known here"
	}
	for l := range bytes.SplitSeq(head, []byte("\n")) {
		for _, key := range []string{"id:", "affected:", "schema_version:", "modified:"} {
			if bytes.HasPrefix(l, []byte(key)) {
				return ""
			}
		}
	}
	return "text of a kind that is not known here: neither JSON nor an OSV record in YAML"
}

type envelope int

const (
	envelopeNone envelope = iota
	envelopeNVD
)

// sniffObject looks at the first members of an object and tells an NVD
// envelope and what has to be refused whole. Single records are told apart
// later, by all their members.
func sniffObject(head []byte) (envelope, string) {
	dec := jsontext.NewDecoder(bytes.NewBuffer(head), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if _, err := dec.ReadToken(); err != nil {
		return envelopeNone, ""
	}
	paged := false
	for range 12 {
		if dec.PeekKind() != '"' {
			break
		}
		name, err := dec.ReadValue()
		if err != nil {
			break
		}
		switch key := string(name[1 : len(name)-1]); key {
		case "resultsPerPage", "totalResults", "startIndex":
			paged = true
		case "vulnerabilities":
			if dec.PeekKind() == '[' {
				return envelopeNVD, ""
			}
		case "affected", "schema_version", "containers", "cveMetadata", "configurations":
			return envelopeNone, "" // a record
		case "CVE_Items", "CVE_data_type", "cveChanges", "matchStrings", "catalogVersion", "bomFormat", "spdxVersion":
			return envelopeNone, refusals[key]
		case "products", "matches":
			if paged {
				return envelopeNone, refusals[key]
			}
		}
		if dec.SkipValue() != nil {
			break
		}
	}
	return envelopeNone, ""
}

// nvdEnvelope streams the vulnerabilities of an NVD 2.0 API reply or feed.
func (s *splitter) nvdEnvelope(emit func(piece) error) error {
	dec := jsontext.NewDecoder(s.br, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	s.envelope = true
	if _, err := dec.ReadToken(); err != nil {
		return s.broken(err)
	}
	for dec.PeekKind() == '"' {
		name, err := dec.ReadValue()
		if err != nil {
			return s.broken(err)
		}
		switch string(name) {
		case `"timestamp"`:
			if v, err := dec.ReadValue(); err == nil && len(v) > 2 {
				s.drawn, _ = parseTime(string(v[1 : len(v)-1]))
			}
			continue
		case `"catalogVersion"`:
			return refusal(refusals["catalogVersion"])
		case `"vulnerabilities"`:
			if dec.PeekKind() == '[' {
				if err := s.elements(dec, "/vulnerabilities/", emit); err != nil {
					return err
				}
				continue
			}
		}
		if err := dec.SkipValue(); err != nil {
			return s.broken(err)
		}
	}
	if _, err := dec.ReadToken(); err != nil {
		return s.broken(err)
	}
	return nil
}

// list streams a top-level list of records.
func (s *splitter) list(emit func(piece) error) error {
	dec := jsontext.NewDecoder(s.br, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	return s.elements(dec, "/", emit)
}

func (s *splitter) elements(dec *jsontext.Decoder, place string, emit func(piece) error) error {
	if _, err := dec.ReadToken(); err != nil {
		return s.broken(err)
	}
	for i := 0; dec.PeekKind() != ']'; i++ {
		v, err := dec.ReadValue()
		if err != nil {
			return s.broken(err)
		}
		if int64(len(v)) > s.opts.maxRecord() {
			s.faults.add(fmt.Sprintf("%s%d", place, i), "record of more than %d bytes; left out", s.opts.maxRecord())
			continue
		}
		s.buf = append(s.buf[:0], v...)
		if err := emit(piece{data: s.buf, place: fmt.Sprintf("%s%d", place, i)}); err != nil {
			return err
		}
	}
	_, err := dec.ReadToken()
	return s.broken(err)
}

// broken makes a fault of the JSON the error of the whole input; errors of
// reading pass.
func (s *splitter) broken(err error) error {
	var syn *jsontext.SyntacticError
	switch {
	case errors.As(err, &syn):
		var ps wardbook.Problems
		ps.Add(string(syn.JSONPointer), "not valid JSON at byte %d: %v; the rest is left out", syn.ByteOffset, syn.Err)
		return ps.Err()
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return refusal("JSON that ends too early; the rest is missing")
	}
	return err
}

// objects emits one piece a line when the first line is a whole object and
// more follows (JSON Lines), else all of the input as one piece.
func (s *splitter) objects(emit func(piece) error) error {
	s.buf = s.buf[:0]
	if err := s.line(); err != nil && err != io.EOF {
		return err
	}
	if !wholeObject(s.buf) {
		if err := s.restOf(); err != nil {
			return err
		}
		return emit(piece{data: s.buf})
	}
	for line := 1; ; line++ {
		if data := bytes.TrimSpace(s.buf); len(data) > 0 {
			place := ""
			if _, err := s.br.Peek(1); err == nil || line > 1 {
				place = fmt.Sprintf("line %d", line)
			}
			if err := emit(piece{data: data, place: place}); err != nil {
				return err
			}
		}
		s.buf = s.buf[:0]
		err := s.line()
		if err == io.EOF && len(s.buf) == 0 {
			return nil
		}
		if err != nil && err != io.EOF {
			return err
		}
	}
}

// line appends the next line to s.buf.
func (s *splitter) line() error {
	for {
		b, err := s.br.ReadSlice('\n')
		s.buf = append(s.buf, b...)
		if int64(len(s.buf)) > s.opts.maxRecord() {
			return refusal(fmt.Sprintf("a record of more than %d bytes", s.opts.maxRecord()))
		}
		if err != bufio.ErrBufferFull {
			return err
		}
	}
}

// rest reads all that follows into s.buf; restOf appends it.
func (s *splitter) rest() error {
	s.buf = s.buf[:0]
	return s.restOf()
}

func (s *splitter) restOf() error {
	for {
		err := s.line()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// wholeObject reports whether line is one JSON object by its brackets.
func wholeObject(line []byte) bool {
	line = bytes.TrimSpace(line)
	if len(line) < 2 || line[len(line)-1] != '}' {
		return false
	}
	depth := 0
	for i := 0; i < len(line); i++ {
		switch line[i] {
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i == len(line)-1
			}
		case '"':
			for i++; i < len(line) && line[i] != '"'; i++ {
				if line[i] == '\\' {
					i++
				}
			}
		}
	}
	return false
}

// limited fails when more than left bytes are read, so that a cut input is
// never taken for a whole one.
type limited struct {
	r    io.Reader
	left int64
}

func (l *limited) Read(p []byte) (int, error) {
	if l.left <= 0 {
		var one [1]byte
		n, err := l.r.Read(one[:])
		if n > 0 {
			return 0, refusal("more data than the limit allows; the rest is left out")
		}
		return 0, err
	}
	if int64(len(p)) > l.left {
		p = p[:l.left]
	}
	n, err := l.r.Read(p)
	l.left -= int64(n)
	return n, err
}
