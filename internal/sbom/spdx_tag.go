package sbom

import (
	"bufio"
	"bytes"
	"io"
	"unicode"
	"unicode/utf8"

	"github.com/wardbook/wardbook"
)

// isTagValue reports whether a file starts as SPDX tag-value: tags at the
// start of a line, SPDXVersion among the first. YAML writes spdxVersion.
func isTagValue(head []byte) bool {
	for line := range bytes.Lines(head) {
		line = bytes.TrimSpace(line)
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		tag, value, ok := bytes.Cut(line, []byte(":"))
		if !ok {
			return false
		}
		switch string(tag) {
		case "SPDXVersion":
			return bytes.HasPrefix(bytes.TrimSpace(value), []byte("SPDX-"))
		case "DataLicense", "SPDXID", "DocumentName", "DocumentNamespace", "DocumentComment", "Creator", "Created",
			"CreatorComment", "LicenseListVersion", "ExternalDocumentRef":
			continue
		}
		return false
	}
	return false
}

// tagReader reads SPDX 2 tag-value line by line.
type tagReader struct {
	b    *builder
	r    *bufio.Reader
	line int
	buf  []byte

	d       *draft // the package that is open, nil outside of packages
	room    draft  // what d points to
	section tagSection
	note    []byte // comment of an annotation that is open
	subject []byte
	version string
}

type tagSection uint8

const (
	sectionDocument tagSection = iota
	sectionPackage
	sectionFile
	sectionOther
)

// maxTagLine bounds one line, and maxTagText one <text> … </text>, of which
// only the first part is kept.
const (
	maxTagLine = 1 << 20
	maxTagText = 64 << 10
)

func decodeTagValue(br *bufio.Reader, b *builder) error {
	if head, _ := br.Peek(4096); bytes.Count(head, []byte("\r")) > bytes.Count(head, []byte("\r\n"))+1 {
		br = bufio.NewReaderSize(returns{br}, 64<<10)
	}
	t := &tagReader{b: b, r: br}
	b.graph.where = func(at, _ int32) string { return b.linePlace(int(at)) }
	for {
		line, err := t.next()
		if len(line) > 0 {
			if perr := t.tag(line); perr != nil {
				return perr
			}
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
	}
	t.close()
	b.spdxVersion("line 1", t.version, "tag-value")
	b.finishDescribes()
	return nil
}

// returns reads a file whose lines end in a carriage return alone, here and
// there or throughout.
type returns struct{ r io.Reader }

func (c returns) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	for i, ch := range p[:n] {
		if ch == '\r' {
			p[i] = '\n'
		}
	}
	return n, err
}

// next reads a line without its end. It is valid until the next call. What goes
// past maxTagLine is dropped.
func (t *tagReader) next() ([]byte, error) {
	t.line++
	line, err := t.r.ReadSlice('\n')
	if err == bufio.ErrBufferFull {
		t.buf = append(t.buf[:0], line...)
		for err == bufio.ErrBufferFull {
			line, err = t.r.ReadSlice('\n')
			t.buf = append(t.buf, line[:min(len(line), maxTagLine-len(t.buf))]...)
		}
		line = t.buf
	}
	n := len(line)
	for n > 0 && (line[n-1] == '\n' || line[n-1] == '\r') {
		n--
	}
	return line[:n], err
}

// tag reads one "Tag: value" line, with the lines of a <text> that it opens.
func (t *tagReader) tag(line []byte) error {
	line = bytes.TrimSpace(line)
	if len(line) == 0 || line[0] == '#' {
		return nil
	}
	name, value, ok := bytes.Cut(line, []byte(":"))
	if !ok {
		t.b.problem(t.b.linePlace(t.line), "not a tag with a value: ignored")
		return nil
	}
	value = bytes.TrimSpace(value)
	at := t.line
	if bytes.HasPrefix(value, []byte("<text>")) {
		var err error
		// name and value are in the line's buffer, which next overwrites.
		name = append([]byte(nil), name...)
		if value, err = t.text(append([]byte(nil), value[len("<text>"):]...)); err != nil {
			return err
		}
	}
	if !t.documentTag(name, value, at) {
		t.packageTag(name, value, at)
	}
	return nil
}

// text reads on to </text>.
func (t *tagReader) text(v []byte) ([]byte, error) {
	start := t.line
	for {
		if i := bytes.Index(v, []byte("</text>")); i >= 0 {
			return v[:i], nil
		}
		if len(v) > maxTagText {
			v = v[:maxTagText]
			// What is dropped may not hide the end: look at new lines only.
			for {
				line, err := t.next()
				if bytes.Contains(line, []byte("</text>")) {
					return v, nil
				}
				if err != nil {
					return nil, t.openText(start, err)
				}
			}
		}
		line, err := t.next()
		v = append(append(v, '\n'), line...)
		if err != nil && !bytes.Contains(line, []byte("</text>")) {
			return nil, t.openText(start, err)
		}
	}
}

func (t *tagReader) openText(start int, err error) error {
	if err != io.EOF {
		return err
	}
	return &wardbook.Invalid{Problems: []wardbook.Problem{{
		Place: t.b.linePlace(start), Message: "a <text> that is never closed"}}}
}

// documentTag reads tags that stand outside of packages or open a section.
func (t *tagReader) documentTag(name, value []byte, at int) bool {
	b := t.b
	switch string(name) {
	case "SPDXVersion":
		t.version = string(value)
	case "DocumentName":
		b.doc.Name = b.text.keep(value)
	case "DocumentNamespace":
		b.doc.Serial = b.text.keep(value)
	case "Creator":
		b.creator(string(value))
	case "Created":
		b.created(b.linePlace(at), string(value))
	case "PackageName":
		t.close()
		t.section = sectionPackage
		t.room = draft{}
		t.d = &t.room
		t.d.Name = b.text.keep(value)
		t.d.Place = b.linePlace(at)
	case "FileName":
		t.close()
		t.section = sectionFile
		b.doc.Files++
	case "SnippetSPDXID":
		t.close()
		t.section = sectionOther
		b.declareFile(value)
	case "LicenseID", "Reviewer", "SnippetByteRange":
		t.close()
		t.section = sectionOther
	case "SPDXID":
		t.id(value)
	case "Relationship":
		t.relationship(value, at)
	case "Annotator":
		t.note, t.subject = nil, nil
	case "SPDXREF":
		t.subject = append(t.subject[:0], value...)
	case "AnnotationComment":
		t.annotation(value)
	default:
		return false
	}
	return true
}

func (t *tagReader) id(value []byte) {
	switch {
	case len(value) == 0:
	case t.section == sectionPackage && t.d != nil:
		t.d.Ref = t.b.text.keep(value)
	case t.section == sectionDocument:
		t.b.graph.declare(t.b.text.keep(value), nodeOther)
	default:
		t.b.declareFile(value)
	}
}

// close puts the open package into the document.
func (t *tagReader) close() {
	if t.d != nil {
		t.b.put(t.b.reserve(), t.d)
		t.d = nil
	}
}

func (t *tagReader) packageTag(name, value []byte, at int) {
	d, b := t.d, t.b
	if d == nil {
		return
	}
	switch string(name) {
	case "PackageVersion":
		d.Version = b.text.keep(value)
	case "PackageSupplier":
		b.supplier(d, &d.Supplier, b.text.intern(agent(value)))
	case "PackageOriginator":
		b.originator(d, agent(value))
	case "PackageLicenseConcluded", "PackageLicenseDeclared":
		b.licence(d, b.text.intern(value))
	case "PrimaryPackagePurpose":
		d.Type = b.purpose(value)
	case "PackageChecksum":
		alg, sum, _ := bytes.Cut(value, []byte(":"))
		b.hash(d, bytes.TrimSpace(alg), bytes.TrimSpace(sum))
	case "ExternalRef":
		_, rest := cutField(value)
		kind, locator := cutField(rest)
		if len(locator) == 0 {
			b.problem(b.linePlace(at), "an external reference of fewer than three parts: ignored")
			return
		}
		if _, more := cutField(locator); len(more) > 0 {
			locator = bytes.Join(bytes.Fields(locator), []byte(" "))
		}
		b.reference(d, kind, locator)
	case "ValidUntilDate":
		if v := b.text.keep(value); v != "" && !isUnknown(v) {
			b.supportEnd(d, v)
		}
	}
}

func (t *tagReader) relationship(value []byte, at int) {
	from, rest := cutField(value)
	kind, to := cutField(rest)
	if to, more := cutField(to); len(to) == 0 || len(more) > 0 {
		t.b.problem(t.b.linePlace(at), "a relationship of %d parts, not three: ignored", len(bytes.Fields(value)))
		return
	}
	t.b.spdxRelationship(from, kind, to, int32(at))
}

// cutField cuts the first word off a text that begins with one, as bytes.Fields
// tells words.
func cutField(s []byte) (word, rest []byte) {
	for i, c := range s {
		if c <= ' ' && unicode.IsSpace(rune(c)) {
			return s[:i], bytes.TrimLeftFunc(s[i:], unicode.IsSpace)
		}
		if c >= utf8.RuneSelf {
			i := bytes.IndexFunc(s, unicode.IsSpace)
			if i < 0 {
				break
			}
			return s[:i], bytes.TrimLeftFunc(s[i:], unicode.IsSpace)
		}
	}
	return s, nil
}

// annotation takes the comment of an annotation, of the open package or of the
// one that SPDXREF names.
func (t *tagReader) annotation(value []byte) {
	if t.d != nil && (len(t.subject) == 0 || string(t.subject) == t.d.Ref) {
		t.b.annotation(t.d, value)
		return
	}
	t.b.annotateRef(string(t.subject), value)
}
