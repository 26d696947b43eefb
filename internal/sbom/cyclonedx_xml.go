package sbom

import (
	"bufio"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/text/encoding/htmlindex"

	"github.com/wardbook/wardbook"
)

// cdxNamespace starts the namespaces of CycloneDX and of its own extensions.
const cdxNamespace = "http://cyclonedx.org/schema/"

// xmlReader walks an XML document element by element. The first fault sticks
// in err.
type xmlReader struct {
	d     *xml.Decoder
	token *tokenReader
	b     *builder
	err   error
	depth int
	buf   []byte
	graph bool // there is a dependencies element
}

func decodeXML(br *bufio.Reader, b *builder) error {
	token := &tokenReader{Reader: br}
	x := &xmlReader{b: b, token: token, d: xml.NewDecoder(token)}
	x.d.CharsetReader = func(label string, r io.Reader) (io.Reader, error) {
		if strings.HasPrefix(strings.ToLower(label), "utf-16") {
			return r, nil // decoded already, by its byte order mark
		}
		enc, err := htmlindex.Get(label)
		if err != nil {
			return nil, fmt.Errorf("unknown encoding %q", label)
		}
		return enc.NewDecoder().Reader(r), nil
	}
	root, ok := x.root()
	if !ok {
		return x.invalid()
	}
	if root.Name.Local != "bom" || !strings.HasPrefix(root.Name.Space, cdxNamespace) && root.Name.Space != "" {
		return notXMLSBOM(root)
	}
	b.graph.where = func(at, _ int32) string { return b.linePlace(int(at)) }
	x.bom(root)
	if x.err != nil {
		return x.invalid()
	}
	if _, ok := x.root(); ok {
		b.problem(x.place(), "more data follows behind the document: ignored")
	}
	version := strings.TrimPrefix(root.Name.Space, cdxNamespace+"bom/")
	b.cdxVersion("line 1", version, "XML")
	return b.refuseVEX(x.graph)
}

// maxXMLToken bounds one tag, comment or run of text, which encoding/xml holds
// in memory even where nobody asks for it.
const maxXMLToken = 16 << 20

var errXMLToken = fmt.Errorf("a text or tag of more than %d MiB: %w", maxXMLToken>>20, ErrTooLarge)

// tokenReader fails when one token takes too much.
type tokenReader struct {
	*bufio.Reader
	n int
}

func (t *tokenReader) ReadByte() (byte, error) {
	if t.n++; t.n > maxXMLToken {
		return 0, errXMLToken
	}
	return t.Reader.ReadByte()
}

// Read serves the readers of other encodings than UTF-8.
func (t *tokenReader) Read(p []byte) (int, error) {
	if t.n > maxXMLToken {
		return 0, errXMLToken
	}
	n, err := t.Reader.Read(p)
	t.n += n
	return n, err
}

func (x *xmlReader) next() (xml.Token, error) {
	x.token.n = 0
	return x.d.Token()
}

// root reads up to the next element.
func (x *xmlReader) root() (xml.StartElement, bool) {
	for {
		tok, err := x.next()
		if err != nil {
			x.fail(err)
			return xml.StartElement{}, false
		}
		if se, ok := tok.(xml.StartElement); ok {
			return se, true
		}
	}
}

func (x *xmlReader) fail(err error) {
	if x.err == nil {
		x.err = err
	}
}

func (x *xmlReader) line() int { line, _ := x.d.InputPos(); return line }

func (x *xmlReader) place() string { return x.b.linePlace(x.line()) }

// invalid turns a fault of the syntax into an Invalid with its place.
func (x *xmlReader) invalid() error {
	var syn *xml.SyntaxError
	switch {
	case errors.As(x.err, &syn):
		return &wardbook.Invalid{Problems: []wardbook.Problem{{
			Place: fmt.Sprintf("line %d", syn.Line), Message: "not valid XML: " + syn.Msg}}}
	case errors.Is(x.err, io.EOF), errors.Is(x.err, io.ErrUnexpectedEOF):
		return &wardbook.Invalid{Problems: []wardbook.Problem{{
			Place: x.place(), Message: "not valid XML: the document ends too early"}}}
	case errors.Is(x.err, ErrTooDeep), errors.Is(x.err, ErrTooLarge):
		return x.err
	}
	return &wardbook.Invalid{Problems: []wardbook.Problem{{Place: x.place(), Message: "not valid XML: " + x.err.Error()}}}
}

// children calls fn for each child of the element that was opened last; fn
// must read it to its end. Elements of foreign namespaces are skipped.
func (x *xmlReader) children(fn func(se xml.StartElement)) {
	if x.depth++; x.depth > x.b.opts.MaxDepth {
		x.fail(fmt.Errorf("%w of %d", ErrTooDeep, x.b.opts.MaxDepth))
	}
	for x.err == nil {
		tok, err := x.next()
		if err != nil {
			x.fail(err)
			return
		}
		switch t := tok.(type) {
		case xml.StartElement:
			if t.Name.Space != "" && !strings.HasPrefix(t.Name.Space, cdxNamespace) {
				x.skip()
				continue
			}
			fn(t)
		case xml.EndElement:
			x.depth--
			return
		}
	}
}

// skip reads the element that was opened last to its end.
func (x *xmlReader) skip() {
	for depth := 1; depth > 0 && x.err == nil; {
		tok, err := x.next()
		if err != nil {
			x.fail(err)
			return
		}
		switch tok.(type) {
		case xml.StartElement:
			if depth++; x.depth+depth > x.b.opts.MaxDepth {
				x.fail(fmt.Errorf("%w of %d", ErrTooDeep, x.b.opts.MaxDepth))
			}
		case xml.EndElement:
			depth--
		}
	}
}

// str reads the text of the element that was opened last. It is valid until
// the next call.
func (x *xmlReader) str() []byte {
	x.buf = x.buf[:0]
	for x.err == nil {
		tok, err := x.next()
		if err != nil {
			x.fail(err)
			return nil
		}
		switch t := tok.(type) {
		case xml.CharData:
			x.buf = append(x.buf, t...)
		case xml.StartElement:
			x.skip()
		case xml.EndElement:
			return trimXML(x.buf)
		}
	}
	return nil
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

func (x *xmlReader) text() string { return x.b.text.keep(x.str()) }

func (x *xmlReader) word() string { return x.b.text.intern(x.str()) }

func attr(se xml.StartElement, name string) string {
	for _, a := range se.Attr {
		if a.Name.Local == name && a.Name.Space == "" {
			return a.Value
		}
	}
	return ""
}

func (x *xmlReader) bom(root xml.StartElement) {
	b := x.b
	b.doc.Serial, b.doc.Revision = attr(root, "serialNumber"), attr(root, "version")
	x.children(func(se xml.StartElement) {
		switch se.Name.Local {
		case "metadata":
			x.metadata()
		case "components":
			x.components()
		case "services":
			x.services()
		case "dependencies":
			x.graph = true
			x.children(x.dependency)
		case "compositions":
			x.children(x.composition)
		case "vulnerabilities":
			x.children(func(xml.StartElement) {
				b.doc.Vulnerabilities++
				x.skip()
			})
		default:
			x.skip()
		}
	})
}

func (x *xmlReader) components() (refs []string) {
	x.children(func(se xml.StartElement) {
		if se.Name.Local != "component" {
			x.skip()
			return
		}
		if ref := x.component(se, false); ref != "" {
			refs = append(refs, ref)
		}
	})
	return refs
}

// component reads one component and those that it holds.
func (x *xmlReader) component(se xml.StartElement, product bool) string {
	b := x.b
	index := -1
	if !product {
		index = b.reserve()
	}
	d := &draft{}
	d.Place = x.place()
	d.Type, d.Ref = attr(se, "type"), attr(se, "bom-ref")
	var held []string
	x.children(func(se xml.StartElement) {
		if se.Name.Local == "components" {
			held = append(held, x.components()...)
		} else {
			x.member(d, se)
		}
	})
	if x.err != nil {
		return ""
	}
	b.cdxDone(d, index, held)
	return d.Ref
}

func (x *xmlReader) member(d *draft, se xml.StartElement) {
	b := x.b
	switch se.Name.Local {
	case "group":
		d.Group = x.word()
	case "name":
		d.Name = x.text()
	case "version":
		d.Version = x.text()
	case "supplier":
		b.supplier(d, &d.Supplier, x.organization())
	case "manufacturer":
		b.supplier(d, &d.maker, x.organization())
	case "publisher":
		b.supplier(d, &d.publisher, x.word())
	case "scope":
		d.Scope = x.word()
	case "purl":
		d.Purl = x.text()
	case "cpe":
		b.cpe(d, x.text())
	case "hashes":
		x.children(func(se xml.StartElement) {
			b.hash(d, []byte(attr(se, "alg")), x.str())
		})
	case "licenses":
		x.children(func(se xml.StartElement) { x.licence(d, se) })
	case "properties":
		x.properties(d)
	case "releaseNotes":
		x.children(func(se xml.StartElement) {
			if se.Name.Local == "properties" {
				x.properties(d)
			} else {
				x.skip()
			}
		})
	default:
		x.skip()
	}
}

func (x *xmlReader) organization() (name string) {
	x.children(func(se xml.StartElement) {
		if se.Name.Local == "name" {
			name = x.word()
		} else {
			x.skip()
		}
	})
	return name
}

func (x *xmlReader) licence(d *draft, se xml.StartElement) {
	if se.Name.Local == "expression" {
		x.b.licence(d, x.word())
		return
	}
	var id, name string
	x.children(func(se xml.StartElement) {
		switch se.Name.Local {
		case "id":
			id = x.word()
		case "name":
			name = x.word()
		default:
			x.skip()
		}
	})
	if id == "" {
		id = name
	}
	x.b.licence(d, id)
}

func (x *xmlReader) properties(d *draft) {
	x.children(func(se xml.StartElement) {
		x.b.property(d, []byte(attr(se, "name")), x.str())
	})
}

func (x *xmlReader) services() {
	x.children(func(se xml.StartElement) {
		x.b.doc.Services++
		if ref := attr(se, "bom-ref"); ref != "" {
			x.b.graph.declare(ref, nodeOther)
		}
		x.children(func(se xml.StartElement) {
			if se.Name.Local == "services" {
				x.services()
			} else {
				x.skip()
			}
		})
	})
}

func (x *xmlReader) dependency(se xml.StartElement) {
	g := &x.b.graph
	at := int32(x.line())
	ref := attr(se, "ref")
	if ref == "" {
		x.b.problem(x.place(), "a dependency without a ref")
		x.skip()
		return
	}
	from := g.idOf(ref)
	g.nodes[from].seen = true
	empty := true
	x.children(func(se xml.StartElement) {
		if to := attr(se, "ref"); to != "" && se.Name.Local == "dependency" {
			empty = false
			g.add(edge{from: from, to: g.idOf(to), at: int32(x.line()), sub: -1})
		}
		x.skip()
	})
	if empty {
		x.b.lonely = append(x.b.lonely, lonelyRef{from, at})
	}
}

func (x *xmlReader) composition(xml.StartElement) {
	unknown := false
	var refs []int32
	x.children(func(se xml.StartElement) {
		switch se.Name.Local {
		case "aggregate":
			a := string(x.str())
			unknown = a == "unknown" || a == "not_specified"
		case "dependencies":
			x.children(func(se xml.StartElement) {
				if ref := attr(se, "ref"); ref != "" {
					refs = append(refs, x.b.graph.idOf(ref))
				}
				x.skip()
			})
		default:
			x.skip()
		}
	})
	if unknown {
		x.b.unknownDeps = append(x.b.unknownDeps, refs...)
	}
}

func (x *xmlReader) metadata() {
	b := x.b
	d := &draft{}
	x.children(func(se xml.StartElement) {
		switch se.Name.Local {
		case "timestamp":
			b.created(x.place(), string(x.str()))
		case "tools":
			x.children(x.tool)
		case "authors":
			x.children(func(xml.StartElement) { b.author(x.organization()) })
		case "component":
			x.component(se, true)
		case "supplier":
			b.supplier(d, &d.Supplier, x.organization())
		case "manufacture":
			b.supplier(d, &d.maker, x.organization())
		case "manufacturer":
			b.author(x.organization())
		case "properties":
			x.properties(d)
		default:
			x.skip()
		}
	})
	b.metadata = d
}

func (x *xmlReader) tool(se xml.StartElement) {
	if se.Name.Local == "components" || se.Name.Local == "services" {
		x.children(x.tool)
		return
	}
	var vendor, name, version string
	x.children(func(se xml.StartElement) {
		switch se.Name.Local {
		case "vendor":
			vendor = x.text()
		case "name":
			name = x.text()
		case "version":
			version = x.text()
		default:
			x.skip()
		}
	})
	x.b.tool(vendor, name, version)
}
