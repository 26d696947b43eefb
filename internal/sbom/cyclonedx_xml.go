package sbom

import (
	"bufio"
	"bytes"
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
	*xmlScanner
	b     *builder
	err   error
	depth int
	buf   []byte
	name  []byte // an attribute that is wanted after the text behind it
	graph bool   // there is a dependencies element
}

func decodeXML(br *bufio.Reader, b *builder) error {
	r, line, err := xmlDeclared(br)
	if err != nil {
		return &wardbook.Invalid{Problems: []wardbook.Problem{{Place: "line 1", Message: "not valid XML: " + err.Error()}}}
	}
	x := &xmlReader{b: b, xmlScanner: newXMLScanner(r)}
	x.lines = line
	root, ok := x.root()
	if !ok {
		return x.invalid()
	}
	if string(root.local) != "bom" || !strings.HasPrefix(root.space, cdxNamespace) && root.space != "" {
		return notXMLSBOM(root)
	}
	version := strings.TrimPrefix(root.space, cdxNamespace+"bom/")
	b.graph.where = func(at, _ int32) string { return b.linePlace(int(at)) }
	x.bom(root)
	if x.err != nil {
		return x.invalid()
	}
	if _, ok := x.root(); ok {
		b.problem(x.place(), "more data follows behind the document: ignored")
	}
	b.cdxVersion("line 1", version, "XML")
	return b.refuseVEX(x.graph)
}

// xmlDeclared reads the XML declaration, if there is one, and gives the rest of
// the document in UTF-8, and the line on which it begins.
func xmlDeclared(br *bufio.Reader) (io.Reader, int, error) {
	head, _ := br.Peek(4096)
	const open = "<?xml"
	if !bytes.HasPrefix(head, []byte(open)) || len(head) == len(open) || xmlBytes[head[len(open)]]&inName != 0 {
		return br, 1, nil
	}
	end := bytes.Index(head, []byte("?>"))
	if end < 0 {
		return nil, 0, errors.New("the XML declaration does not end")
	}
	declaration := string(head[len(open):end])
	line := 1 + strings.Count(declaration, "\n")
	br.Discard(end + len("?>"))
	if v := pseudoAttr(declaration, "version"); v != "" && v != "1.0" {
		return nil, 0, fmt.Errorf("XML %s: only 1.0 is read", v)
	}
	label := strings.ToLower(pseudoAttr(declaration, "encoding"))
	if label == "" || label == "utf-8" || strings.HasPrefix(label, "utf-16") { // decoded already, by its byte order mark
		return br, line, nil
	}
	enc, err := htmlindex.Get(label)
	if err != nil {
		return nil, 0, fmt.Errorf("unknown encoding %q", label)
	}
	return enc.NewDecoder().Reader(br), line, nil
}

// pseudoAttr is what an XML declaration gives for a name.
func pseudoAttr(s, name string) string {
	for {
		before, after, ok := strings.Cut(s, name)
		if !ok {
			return ""
		}
		s = after
		value, ok := strings.CutPrefix(strings.TrimLeft(after, " \t\r\n"), "=")
		value = strings.TrimLeft(value, " \t\r\n")
		if !ok || value == "" || value[0] != '"' && value[0] != '\'' || strings.TrimRight(before, " \t\r\n") == before {
			continue
		}
		if value, _, ok = strings.Cut(value[1:], value[:1]); ok {
			return value
		}
	}
}

// root reads up to the next element.
func (x *xmlReader) root() (*xmlTag, bool) {
	for {
		kind, err := x.next()
		if err != nil {
			x.fail(err)
			return nil, false
		}
		if kind == xmlStart {
			return &x.tag, true
		}
	}
}

func (x *xmlReader) fail(err error) {
	if x.err == nil {
		x.err = err
	}
}

func (x *xmlReader) place() string { return x.b.linePlace(x.line()) }

// invalid turns a fault of the syntax into an Invalid with its place.
func (x *xmlReader) invalid() error {
	var syn *xmlSyntax
	switch {
	case errors.As(x.err, &syn):
		return &wardbook.Invalid{Problems: []wardbook.Problem{{
			Place: fmt.Sprintf("line %d", syn.line), Message: "not valid XML: " + syn.msg}}}
	case errors.Is(x.err, io.EOF), errors.Is(x.err, io.ErrUnexpectedEOF):
		return &wardbook.Invalid{Problems: []wardbook.Problem{{
			Place: x.place(), Message: "not valid XML: the document ends too early"}}}
	case errors.Is(x.err, ErrTooDeep), errors.Is(x.err, ErrTooLarge):
		return x.err
	}
	return &wardbook.Invalid{Problems: []wardbook.Problem{{Place: x.place(), Message: "not valid XML: " + x.err.Error()}}}
}

// children calls fn for each child of the element that was opened last; fn
// must read it to its end. The tag is valid until fn reads on. Elements of
// foreign namespaces are skipped.
func (x *xmlReader) children(fn func(tag *xmlTag)) {
	if x.depth++; x.depth > x.b.opts.MaxDepth {
		x.fail(fmt.Errorf("%w of %d", ErrTooDeep, x.b.opts.MaxDepth))
	}
	for x.err == nil {
		kind, err := x.next()
		if err != nil {
			x.fail(err)
			return
		}
		switch kind {
		case xmlStart:
			if x.tag.space != "" && !strings.HasPrefix(x.tag.space, cdxNamespace) {
				x.skip()
				continue
			}
			fn(&x.tag)
		case xmlEnd:
			x.depth--
			return
		}
	}
}

// skip reads the element that was opened last to its end.
func (x *xmlReader) skip() {
	for depth := 1; depth > 0 && x.err == nil; {
		kind, err := x.next()
		if err != nil {
			x.fail(err)
			return
		}
		switch kind {
		case xmlStart:
			if depth++; x.depth+depth > x.b.opts.MaxDepth {
				x.fail(fmt.Errorf("%w of %d", ErrTooDeep, x.b.opts.MaxDepth))
			}
		case xmlEnd:
			depth--
		}
	}
}

// str reads the text of the element that was opened last. It is valid until
// the next call.
func (x *xmlReader) str() []byte {
	x.buf = x.buf[:0]
	for x.err == nil {
		kind, err := x.next()
		if err != nil {
			x.fail(err)
			return nil
		}
		switch kind {
		case xmlText:
			x.buf = append(x.buf, x.chars...)
		case xmlStart:
			x.skip()
		case xmlEnd:
			return trimXML(x.buf)
		}
	}
	return nil
}

func (x *xmlReader) text() string { return x.b.text.keep(x.str()) }

func (x *xmlReader) word() string { return x.b.text.intern(x.str()) }

// attr is the value of an attribute without prefix.
func (t *xmlTag) attr(name string) []byte {
	for _, a := range t.attrs {
		if string(a.name) == name {
			return a.value
		}
	}
	return nil
}

// named reads the attribute of a tag and the text of its element.
func (x *xmlReader) named(tag *xmlTag, attr string) (name, text []byte) {
	x.name = append(x.name[:0], tag.attr(attr)...)
	return x.name, x.str()
}

func (x *xmlReader) bom(root *xmlTag) {
	b := x.b
	b.doc.Serial, b.doc.Revision = b.text.keep(root.attr("serialNumber")), b.text.keep(root.attr("version"))
	x.children(func(tag *xmlTag) {
		switch string(tag.local) {
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
			x.children(func(*xmlTag) {
				b.doc.Vulnerabilities++
				x.skip()
			})
		default:
			x.skip()
		}
	})
}

func (x *xmlReader) components() (refs []string) {
	x.children(func(tag *xmlTag) {
		if string(tag.local) != "component" {
			x.skip()
			return
		}
		if ref := x.component(tag, false); ref != "" {
			refs = append(refs, ref)
		}
	})
	return refs
}

// component reads one component and those that it holds.
func (x *xmlReader) component(tag *xmlTag, product bool) string {
	b := x.b
	index := -1
	if !product {
		index = b.reserve()
	}
	d := &draft{}
	d.Place = x.place()
	d.Type, d.Ref = b.text.intern(tag.attr("type")), b.text.keep(tag.attr("bom-ref"))
	var held []string
	x.children(func(tag *xmlTag) {
		if string(tag.local) == "components" {
			held = append(held, x.components()...)
		} else {
			x.member(d, tag)
		}
	})
	if x.err != nil {
		return ""
	}
	b.cdxDone(d, index, held)
	return d.Ref
}

func (x *xmlReader) member(d *draft, tag *xmlTag) {
	b := x.b
	switch string(tag.local) {
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
		x.children(func(tag *xmlTag) {
			alg, value := x.named(tag, "alg")
			b.hash(d, alg, value)
		})
	case "licenses":
		x.children(func(tag *xmlTag) { x.licence(d, tag) })
	case "properties":
		x.properties(d)
	case "releaseNotes":
		x.children(func(tag *xmlTag) {
			if string(tag.local) == "properties" {
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
	x.children(func(tag *xmlTag) {
		if string(tag.local) == "name" {
			name = x.word()
		} else {
			x.skip()
		}
	})
	return name
}

func (x *xmlReader) licence(d *draft, tag *xmlTag) {
	if string(tag.local) == "expression" {
		x.b.licence(d, x.word())
		return
	}
	var id, name string
	x.children(func(tag *xmlTag) {
		switch string(tag.local) {
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
	x.children(func(tag *xmlTag) {
		name, value := x.named(tag, "name")
		x.b.property(d, name, value)
	})
}

func (x *xmlReader) services() {
	x.children(func(tag *xmlTag) {
		x.b.doc.Services++
		if ref := x.b.text.keep(tag.attr("bom-ref")); ref != "" {
			x.b.graph.declare(ref, nodeOther)
		}
		x.children(func(tag *xmlTag) {
			if string(tag.local) == "services" {
				x.services()
			} else {
				x.skip()
			}
		})
	})
}

func (x *xmlReader) dependency(tag *xmlTag) {
	g := &x.b.graph
	at := int32(x.line())
	ref := tag.attr("ref")
	if len(ref) == 0 {
		x.b.problem(x.place(), "a dependency without a ref")
		x.skip()
		return
	}
	from := g.id(ref, &x.b.text)
	g.nodes[from].seen = true
	empty := true
	x.children(func(tag *xmlTag) {
		if to := tag.attr("ref"); len(to) > 0 && string(tag.local) == "dependency" {
			empty = false
			g.add(edge{from: from, to: g.id(to, &x.b.text), at: int32(x.line()), sub: -1})
		}
		x.skip()
	})
	if empty {
		x.b.lonely = append(x.b.lonely, lonelyRef{from, at})
	}
}

func (x *xmlReader) composition(*xmlTag) {
	unknown := false
	var refs []int32
	x.children(func(tag *xmlTag) {
		switch string(tag.local) {
		case "aggregate":
			a := string(x.str())
			unknown = a == "unknown" || a == "not_specified"
		case "dependencies":
			x.children(func(tag *xmlTag) {
				if ref := tag.attr("ref"); len(ref) > 0 {
					refs = append(refs, x.b.graph.id(ref, &x.b.text))
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
	x.children(func(tag *xmlTag) {
		switch string(tag.local) {
		case "timestamp":
			b.created(x.place(), string(x.str()))
		case "tools":
			x.children(x.tool)
		case "authors":
			x.children(func(*xmlTag) { b.author(x.organization()) })
		case "component":
			x.component(tag, true)
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

func (x *xmlReader) tool(tag *xmlTag) {
	if string(tag.local) == "components" || string(tag.local) == "services" {
		x.children(x.tool)
		return
	}
	var vendor, name, version string
	x.children(func(tag *xmlTag) {
		switch string(tag.local) {
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
