package sbom

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// An xmlScanner cuts a document into tags and texts without allocating for
// each. It takes what encoding/xml takes, to which a fuzz test holds it, with
// two exceptions: letters outside of ASCII in names are not looked at more
// closely, and an XML declaration stands at the start or nowhere. Entities are
// the five of XML and characters by number; a DOCTYPE is skipped, what it
// declares is unknown.
//
// What next gives lies in the scanner's buffer and is valid until next is
// called again.
type xmlScanner struct {
	r       io.Reader
	buf     []byte // what was read and is not done with
	pos     int    // of the token that comes next
	readErr error  // of r, io.EOF among them

	lines   int // before buf[counted]
	counted int

	tag     xmlTag
	chars   []byte // the text
	closing bool   // the tag was <a/>: its end comes next
	open    []byte // names of the open elements, one behind the other
	starts  []int  // where each begins
	spaces  []xmlSpace
	scratch []byte // texts in which something had to be replaced
}

// An xmlTag is the start of an element.
type xmlTag struct {
	local []byte // name without prefix
	space string // namespace, or the prefix that nobody declared
	attrs []xmlAttr
}

// An xmlAttr is an attribute, its name with prefix as it stands.
type xmlAttr struct{ name, value []byte }

// xmlSpace is a namespace that an element declares, and how deep that is.
type xmlSpace struct {
	prefix, uri string
	depth       int
}

type xmlKind uint8

const (
	xmlSkip xmlKind = iota // a comment and the like
	xmlStart
	xmlEnd
	xmlText
)

// maxXMLToken bounds one tag, comment or run of text, which has to lie in
// memory as a whole; maxXMLName bounds a name, of which every open element
// keeps one.
const (
	maxXMLToken = 16 << 20
	maxXMLName  = 4 << 10
)

var (
	errXMLToken = fmt.Errorf("a text or tag of more than %d MiB: %w", maxXMLToken>>20, ErrTooLarge)
	errXMLShort = errors.New("the token goes on behind the buffer")
)

// A xmlSyntax is a fault of the syntax at a line.
type xmlSyntax struct {
	line int
	msg  string
}

func (e *xmlSyntax) Error() string { return e.msg }

func newXMLScanner(r io.Reader) *xmlScanner {
	return &xmlScanner{r: r, lines: 1, buf: make([]byte, 0, 64<<10)}
}

// line is the line of the end of the token that next gave.
func (s *xmlScanner) line() int {
	s.lines += bytes.Count(s.buf[s.counted:s.pos], []byte{'\n'})
	s.counted = s.pos
	return s.lines
}

// next gives the next tag or text. At the end of the document it gives io.EOF.
func (s *xmlScanner) next() (xmlKind, error) {
	if s.closing {
		s.closing = false
		s.pop()
		return xmlEnd, nil
	}
	for {
		kind, n, err := s.token(s.buf[s.pos:])
		switch {
		case err == errXMLShort:
			if err := s.more(); err != nil {
				return 0, err
			}
			continue
		case err != nil:
			s.pos += n
			return 0, &xmlSyntax{s.line(), err.Error()}
		}
		s.pos += n
		if kind != xmlSkip {
			return kind, nil
		}
	}
}

// more reads on, at least as much again as the buffer holds, so that a token
// that does not fit is not looked at over and over.
func (s *xmlScanner) more() error {
	s.line()
	n := copy(s.buf, s.buf[s.pos:])
	s.buf, s.pos, s.counted = s.buf[:n], 0, 0
	if n > maxXMLToken {
		return errXMLToken
	}
	ended := s.readErr != nil
	if 2*n > cap(s.buf) {
		s.buf = append(make([]byte, 0, 2*cap(s.buf)), s.buf...)
	}
	for tries := 0; s.readErr == nil && len(s.buf) < max(2*n, 1); {
		m, err := s.r.Read(s.buf[len(s.buf):cap(s.buf)])
		s.buf = s.buf[:len(s.buf)+m]
		s.readErr = err
		if tries++; m > 0 {
			tries = 0
		} else if tries > 100 && err == nil {
			s.readErr = io.ErrNoProgress
		}
	}
	switch {
	case len(s.buf) > n:
		return nil
	case s.readErr != io.EOF:
		return s.readErr
	case n > 0 && !ended: // now it is known that nothing follows
		return nil
	case n == 0 && len(s.starts) == 0:
		return io.EOF
	}
	return &xmlSyntax{s.lines + bytes.Count(s.buf, []byte{'\n'}), "unexpected EOF"}
}

// token reads the token at the start of w and says how long it is, or, with an
// error, where the fault is.
func (s *xmlScanner) token(w []byte) (xmlKind, int, error) {
	if len(w) == 0 {
		return 0, 0, errXMLShort
	}
	if w[0] != '<' {
		end := bytes.IndexByte(w, '<')
		if end < 0 {
			// Text at the end of the document has no tag behind it.
			if s.readErr != io.EOF || len(s.starts) > 0 {
				return 0, 0, errXMLShort
			}
			end = len(w)
		}
		s.scratch = s.scratch[:0]
		text, err := s.plain(w[:end], false)
		if err == nil && bytes.Contains(w[:end], []byte("]]>")) {
			err = errors.New("unescaped ]]> not in CDATA section")
		}
		s.chars = text
		return xmlText, end, err
	}
	if len(w) < 2 {
		return 0, 0, errXMLShort
	}
	switch w[1] {
	case '/':
		return s.endTag(w)
	case '?':
		return instruction(w)
	case '!':
		return s.declaration(w)
	}
	return s.startTag(w)
}

// instruction skips <? … ?>.
func instruction(w []byte) (xmlKind, int, error) {
	n := xmlName(w[2:])
	if n+2 == len(w) {
		return 0, 0, errXMLShort
	}
	if !isXMLName(w[2 : 2+n]) {
		return 0, 2, errors.New("expected target name after <?")
	}
	if string(w[2:2+n]) == "xml" {
		return 0, 2, errors.New("an XML declaration that is not at the start")
	}
	i := bytes.Index(w[2+n:], []byte("?>"))
	if i < 0 {
		return 0, 0, errXMLShort
	}
	return xmlSkip, 2 + n + i + 2, nil
}

// declaration reads what begins with <!: comments, CDATA and DOCTYPE.
func (s *xmlScanner) declaration(w []byte) (xmlKind, int, error) {
	const cdata = "<![CDATA["
	switch {
	case len(w) < 3 || len(w) < len(cdata) && bytes.HasPrefix([]byte(cdata), w):
		return 0, 0, errXMLShort
	case bytes.HasPrefix(w, []byte(cdata)):
		i := bytes.Index(w[len(cdata):], []byte("]]>"))
		if i < 0 {
			return 0, 0, errXMLShort
		}
		s.scratch = s.scratch[:0]
		text, err := s.plain(w[len(cdata):len(cdata)+i], true)
		s.chars = text
		return xmlText, len(cdata) + i + 3, err
	case w[2] == '[':
		return 0, 3, errors.New("invalid <![ sequence")
	case w[2] != '-':
		return doctype(w)
	case len(w) < 4:
		return 0, 0, errXMLShort
	case w[3] != '-':
		return 0, 3, errors.New("invalid sequence <!- not part of <!--")
	}
	i := bytes.Index(w[4:], []byte("--"))
	switch {
	case i < 0 || 4+i+2 == len(w):
		return 0, 0, errXMLShort
	case w[4+i+2] != '>':
		return 0, 4 + i, errors.New(`invalid sequence "--" not allowed in comments`)
	}
	return xmlSkip, 4 + i + 3, nil
}

// doctype skips a declaration with what it holds in brackets, quotes and
// comments.
func doctype(w []byte) (xmlKind, int, error) {
	quote, depth := byte(0), 0
	for i := 3; i < len(w); i++ {
		switch c := w[i]; {
		case c == quote:
			quote = 0
		case quote != 0:
		case c == '\'' || c == '"':
			quote = c
		case c == '>':
			if depth == 0 {
				return xmlSkip, i + 1, nil
			}
			depth--
		case c == '<':
			const open = "<!--"
			if !bytes.HasPrefix(w[i:], []byte(open)) {
				if len(w)-i < len(open) && bytes.HasPrefix([]byte(open), w[i:]) {
					return 0, 0, errXMLShort
				}
				depth++
				continue
			}
			end := bytes.Index(w[i+len(open):], []byte("-->"))
			if end < 0 {
				return 0, 0, errXMLShort
			}
			i += len(open) + end + 2
		}
	}
	return 0, 0, errXMLShort
}

// endTag reads </name>.
func (s *xmlScanner) endTag(w []byte) (xmlKind, int, error) {
	n := xmlName(w[2:])
	i := 2 + n + xmlBlank(w[2+n:])
	if i == len(w) {
		return 0, 0, errXMLShort
	}
	name := w[2 : 2+n]
	_, local, ok := xmlSplit(name)
	switch {
	case !ok:
		return 0, i, errors.New("expected element name after </")
	case w[i] != '>':
		return 0, i, fmt.Errorf("invalid characters between </%s and >", local)
	case len(s.starts) == 0:
		return 0, i, fmt.Errorf("unexpected end element </%s>", local)
	}
	if open := s.open[s.starts[len(s.starts)-1]:]; !bytes.Equal(open, name) {
		return 0, i, fmt.Errorf("element <%s> closed by </%s>", open, name)
	}
	s.pop()
	return xmlEnd, i + 1, nil
}

// pop closes the element that was opened last.
func (s *xmlScanner) pop() {
	depth := len(s.starts) - 1
	s.open = s.open[:s.starts[depth]]
	s.starts = s.starts[:depth]
	for n := len(s.spaces); n > 0 && s.spaces[n-1].depth > depth; n-- {
		s.spaces = s.spaces[:n-1]
	}
}

// startTag reads <name attributes> and opens the element.
func (s *xmlScanner) startTag(w []byte) (xmlKind, int, error) {
	n := xmlName(w[1:])
	if n+1 == len(w) {
		return 0, 0, errXMLShort
	}
	name := w[1 : 1+n]
	prefix, local, ok := xmlSplit(name)
	switch {
	case !ok:
		return 0, 1, errors.New("expected element name after <")
	case n > maxXMLName:
		return 0, 1, fmt.Errorf("a name of more than %d bytes", maxXMLName)
	}
	s.tag.attrs, s.scratch = s.tag.attrs[:0], s.scratch[:0]
	empty := false
	i := 1 + n
	for {
		i += xmlBlank(w[i:])
		if i == len(w) {
			return 0, 0, errXMLShort
		}
		if w[i] == '>' {
			i++
			break
		}
		if w[i] == '/' {
			if i+1 == len(w) {
				return 0, 0, errXMLShort
			}
			if w[i+1] != '>' {
				return 0, i, errors.New("expected /> in element")
			}
			empty = true
			i += 2
			break
		}
		used, err := s.attribute(w[i:])
		i += used
		if err != nil {
			return 0, i, err
		}
	}
	s.starts = append(s.starts, len(s.open))
	s.open = append(s.open, name...)
	s.closing = empty
	s.declare()
	s.tag.local, s.tag.space = local, s.spaceOf(prefix)
	return xmlStart, i, nil
}

// attribute reads one attribute and says how long it is.
func (s *xmlScanner) attribute(w []byte) (int, error) {
	n := xmlName(w)
	i := n + xmlBlank(w[n:])
	if i == len(w) {
		return 0, errXMLShort
	}
	if _, _, ok := xmlSplit(w[:n]); !ok {
		return 0, errors.New("expected attribute name in element")
	}
	if w[i] != '=' {
		return i, errors.New("attribute name without = in element")
	}
	i++
	i += xmlBlank(w[i:])
	if i == len(w) {
		return 0, errXMLShort
	}
	quote := w[i]
	if quote != '"' && quote != '\'' {
		return i, errors.New("unquoted or missing attribute value in element")
	}
	i++
	end := bytes.IndexByte(w[i:], quote)
	if end < 0 {
		if k := bytes.IndexByte(w[i:], '<'); k >= 0 {
			return i + k, errors.New("unescaped < inside quoted string")
		}
		return 0, errXMLShort
	}
	if k := bytes.IndexByte(w[i:i+end], '<'); k >= 0 {
		return i + k, errors.New("unescaped < inside quoted string")
	}
	value, err := s.plain(w[i:i+end], false)
	if err != nil {
		return i, err
	}
	s.tag.attrs = append(s.tag.attrs, xmlAttr{w[:n], value})
	return i + end + 1, nil
}

// declare notes the namespaces that the tag declares.
func (s *xmlScanner) declare() {
	for _, a := range s.tag.attrs {
		if !bytes.HasPrefix(a.name, []byte("xmlns")) {
			continue
		}
		prefix, local, _ := xmlSplit(a.name)
		switch {
		case string(prefix) == "xmlns":
			s.spaces = append(s.spaces, xmlSpace{string(local), string(a.value), len(s.starts)})
		case string(a.name) == "xmlns":
			s.spaces = append(s.spaces, xmlSpace{"", string(a.value), len(s.starts)})
		}
	}
}

// spaceOf is the namespace of a prefix.
func (s *xmlScanner) spaceOf(prefix []byte) string {
	switch string(prefix) {
	case "xml":
		return "http://www.w3.org/XML/1998/namespace"
	case "xmlns":
		return "xmlns"
	}
	for i := len(s.spaces) - 1; i >= 0; i-- {
		if s.spaces[i].prefix == string(prefix) {
			return s.spaces[i].uri
		}
	}
	return string(prefix)
}
