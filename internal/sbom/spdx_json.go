package sbom

import (
	"bytes"
	"slices"
	"strings"
)

// spdxReader reads SPDX 2 JSON.
type spdxReader struct {
	b *builder
	j *jsonReader

	describes []int32 // nodes of documentDescribes
	docID     string
}

// top reads a top-level member of an SPDX 2 document.
func (s *spdxReader) top(top *jsonTop) bool {
	j, b := s.j, s.b
	switch string(j.key) {
	case "spdxVersion":
		top.spdxVersion = j.text()
	case "SPDXID":
		if s.docID = j.text(); s.docID != "" {
			b.graph.declare(s.docID, nodeOther)
		}
	case "name":
		b.doc.Name = j.text()
	case "documentNamespace":
		b.doc.Serial = j.text()
	case "creationInfo":
		if j.peek() != '{' {
			return false
		}
		s.creationInfo()
	case "packages":
		if j.peek() != '[' {
			return false
		}
		s.packages()
	case "files", "snippets":
		if j.peek() != '[' {
			return false
		}
		s.files(string(j.key) == "files")
	case "relationships":
		if j.peek() != '[' {
			return false
		}
		s.relationships()
	case "documentDescribes":
		s.describes = j.refs(s.describes)
	default:
		return false
	}
	return true
}

func (s *spdxReader) creationInfo() {
	j := s.j
	j.enter('{')
	for j.member() {
		switch string(j.key) {
		case "created":
			s.b.created("/creationInfo/created", string(j.str()))
		case "creators":
			if j.enter('[') {
				for j.element() {
					s.b.creator(string(j.str()))
				}
			}
		default:
			j.skip()
		}
	}
}

// creator reads "Tool: x", "Organization: y (mail)" or "Person: z (mail)"
// (SPDX 2.3, 6.8).
func (b *builder) creator(s string) {
	kind, name, ok := strings.Cut(s, ":")
	if !ok {
		b.author(strings.TrimSpace(s))
		return
	}
	name = strings.TrimSpace(name)
	if strings.EqualFold(strings.TrimSpace(kind), "Tool") {
		b.tool("", name, "")
		return
	}
	b.author(string(agent([]byte(s))))
}

// agent takes the name out of "Organization: Name (mail)" or "Person: …".
func agent(v []byte) []byte {
	for _, prefix := range []string{"Organization:", "Person:", "Tool:", "organization:", "person:"} {
		if bytes.HasPrefix(v, []byte(prefix)) {
			v = v[len(prefix):]
			break
		}
	}
	v = bytes.TrimSpace(v)
	if i := bytes.LastIndexByte(v, '('); i > 0 && v[len(v)-1] == ')' && (bytes.IndexByte(v[i:], '@') > 0 || i == len(v)-2) {
		v = bytes.TrimSpace(v[:i])
	}
	return v
}

func (s *spdxReader) packages() {
	j := s.j
	j.enter('[')
	for i := 0; j.element(); i++ {
		if !j.enter('{') {
			continue
		}
		d := &draft{}
		d.Place = s.b.indexPlace("/packages", i)
		for j.member() {
			s.member(d)
		}
		if j.err == nil {
			s.b.put(s.b.reserve(), d)
		}
	}
}

func (s *spdxReader) member(d *draft) {
	j, b := s.j, s.b
	switch string(j.key) {
	case "SPDXID":
		d.Ref = j.text()
	case "name":
		d.Name = j.text()
	case "versionInfo":
		d.Version = j.text()
	case "supplier":
		b.supplier(d, &d.Supplier, b.text.intern(agent(j.str())))
	case "originator":
		b.originator(d, agent(j.str()))
	case "licenseConcluded", "licenseDeclared":
		b.licence(d, j.word())
	case "primaryPackagePurpose":
		d.Type = b.purpose(j.str())
	case "validUntilDate":
		if v := j.text(); v != "" && !isUnknown(v) {
			b.supportEnd(d, v)
		}
	case "checksums":
		if j.enter('[') {
			for j.element() {
				s.checksum(d)
			}
		}
	case "externalRefs":
		if j.enter('[') {
			for j.element() {
				s.externalRef(d)
			}
		}
	case "annotations":
		s.annotations(d)
	default:
		j.skip()
	}
}

func (b *builder) originator(d *draft, name []byte) {
	if !isUnknownBytes(name) {
		d.publisher = b.text.intern(name)
	}
}

// purpose spells primaryPackagePurpose as CycloneDX spells component types.
func (b *builder) purpose(v []byte) string {
	switch string(v) {
	case "APPLICATION", "FRAMEWORK", "LIBRARY", "CONTAINER", "DEVICE", "FIRMWARE", "FILE":
		return strings.ToLower(string(v))
	case "OPERATING-SYSTEM", "OPERATING_SYSTEM":
		return "operating-system"
	}
	return b.text.intern(bytes.ToLower(v))
}

func (s *spdxReader) checksum(d *draft) {
	j := s.j
	if !j.enter('{') {
		return
	}
	var alg, value []byte
	for j.member() {
		switch string(j.key) {
		case "algorithm":
			alg = append(j.buf1[:0], j.str()...)
			j.buf1 = alg
		case "checksumValue":
			value = append(j.buf2[:0], j.str()...)
			j.buf2 = value
		default:
			j.skip()
		}
	}
	s.b.hash(d, alg, value)
}

func (s *spdxReader) externalRef(d *draft) {
	j := s.j
	if !j.enter('{') {
		return
	}
	var kind, locator []byte
	for j.member() {
		switch string(j.key) {
		case "referenceType":
			kind = append(j.buf1[:0], j.str()...)
			j.buf1 = kind
		case "referenceLocator":
			locator = append(j.buf2[:0], j.str()...)
			j.buf2 = locator
		default:
			j.skip()
		}
	}
	s.b.reference(d, kind, locator)
}

// reference takes an SPDX external reference (SPDX 2.3, annex F).
func (b *builder) reference(d *draft, kind, locator []byte) {
	if len(locator) == 0 {
		return
	}
	if i := bytes.LastIndexByte(kind, '/'); i >= 0 { // http://spdx.org/rdf/references/cpe23Type
		kind = kind[i+1:]
	}
	switch string(kind) {
	case "purl":
		if d.Purl != "" {
			if d.Purl != string(locator) {
				b.problem(d.Place, "a second purl %q: the first is kept", locator)
			}
			return
		}
		d.Purl = b.text.keep(locator)
	case "cpe23Type", "cpe22Type":
		b.cpe(d, b.text.keep(locator))
	}
}

// annotations reads "name: value" comments, in which SPDX 2 documents for the
// FDA keep support level and end of support.
func (s *spdxReader) annotations(d *draft) {
	j := s.j
	if !j.enter('[') {
		return
	}
	for j.element() {
		if !j.enter('{') {
			continue
		}
		for j.member() {
			if string(j.key) == "comment" {
				s.b.annotation(d, j.str())
			} else {
				j.skip()
			}
		}
	}
}

func (b *builder) annotation(d *draft, comment []byte) {
	for line := range bytes.Lines(comment) {
		name, value, ok := bytes.Cut(line, []byte(": "))
		if !ok {
			name, value, ok = bytes.Cut(line, []byte("="))
		}
		if ok {
			b.property(d, bytes.TrimSpace(name), bytes.TrimSpace(value))
		}
	}
}

// annotateRef takes a comment about a component that is read already.
func (b *builder) annotateRef(ref string, comment []byte) {
	id, ok := b.graph.ids[ref]
	if !ok || b.graph.nodes[id].comp < 0 {
		return
	}
	i := b.graph.nodes[id].comp
	d := draft{Component: *b.parts.at(int(i)), said: b.doc.said[i]}
	b.annotation(&d, comment)
	*b.parts.at(int(i)), b.doc.said[i] = d.Component, d.said
}

// files counts files[] and declares the refs of files and snippets.
func (s *spdxReader) files(count bool) {
	j := s.j
	j.enter('[')
	for j.element() {
		if !j.enter('{') {
			continue
		}
		if count {
			s.b.doc.Files++
		}
		for j.member() {
			if string(j.key) == "SPDXID" {
				s.b.declareFile(j.str())
			} else {
				j.skip()
			}
		}
	}
}

func (b *builder) declareFile(ref []byte) {
	if len(ref) > 0 {
		if n := &b.graph.nodes[b.graph.id(ref, &b.text)]; n.comp == nodeUndeclared {
			n.comp = nodeFile
		}
	}
}

func (s *spdxReader) relationships() {
	j := s.j
	j.enter('[')
	for i := int32(0); j.element(); i++ {
		if !j.enter('{') {
			continue
		}
		var from, kind, to []byte
		for j.member() {
			switch string(j.key) {
			case "spdxElementId":
				from = append(j.buf1[:0], j.str()...)
				j.buf1 = from
			case "relatedSpdxElement":
				to = append(j.buf2[:0], j.str()...)
				j.buf2 = to
			case "relationshipType":
				kind = append(j.buf3[:0], j.str()...)
				j.buf3 = kind
			default:
				j.skip()
			}
		}
		if j.err == nil {
			s.b.spdxRelationship(from, kind, to, i)
		}
	}
}

// A relation says what an SPDX relationship type means here.
type relation struct {
	kind      edgeKind
	turned    bool // related needs (or holds) element
	describes bool
}

// spdxRelations are the types that say what needs or holds what (SPDX 2.3,
// 11.1). Types that say neither (GENERATED_FROM, VARIANT_OF, OTHER, …) leave
// no edge.
var spdxRelations = map[string]relation{
	"DESCRIBES": {describes: true}, "DESCRIBED_BY": {describes: true, turned: true},
	"DESCRIBE": {describes: true}, // as some programs misspell it
	"CONTAINS": {kind: edgeContains}, "CONTAINED_BY": {kind: edgeContains, turned: true},
	"PACKAGE_OF":          {kind: edgeContains, turned: true},
	"DEPENDS_ON":          {},
	"DEPENDENCY_OF":       {turned: true},
	"BUILD_DEPENDENCY_OF": {turned: true}, "DEV_DEPENDENCY_OF": {turned: true},
	"OPTIONAL_DEPENDENCY_OF": {turned: true}, "PROVIDED_DEPENDENCY_OF": {turned: true},
	"RUNTIME_DEPENDENCY_OF": {turned: true}, "TEST_DEPENDENCY_OF": {turned: true},
	"OPTIONAL_COMPONENT_OF": {kind: edgeContains, turned: true},
	"DYNAMIC_LINK":          {}, "STATIC_LINK": {},
	"HAS_PREREQUISITE": {}, "PREREQUISITE_FOR": {turned: true},
}

// spdxRelationship takes one relationship of SPDX 2 at the index or line at.
func (b *builder) spdxRelationship(from, kind, to []byte, at int32) {
	rel, known := spdxRelations[string(kind)]
	if !known {
		if rel, known = spdxRelations[strings.ToUpper(string(kind))]; !known {
			return
		}
	}
	if len(from) == 0 || len(to) == 0 {
		b.problem(b.relationPlace(at), "a relationship without both ends")
		return
	}
	g := &b.graph
	f := b.spdxNode(from)
	switch {
	case string(to) == "NONE":
		g.nodes[f].seen = true
		return
	case string(to) == "NOASSERTION":
		b.unknownDeps = append(b.unknownDeps, f)
		return
	}
	t := b.spdxNode(to)
	if rel.turned {
		f, t = t, f
	}
	if rel.describes {
		b.describes = append(b.describes, edge{from: f, to: t, at: at})
		return
	}
	g.add(edge{from: f, to: t, at: at, sub: -1, kind: rel.kind, turned: rel.turned})
}

// relationPlace is the place of a relationship while the document is read.
func (b *builder) relationPlace(at int32) string {
	if b.graph.where != nil {
		return b.placeOf(at, -1)
	}
	return b.indexPlace("/relationships", int(at))
}

func (b *builder) spdxNode(ref []byte) int32 {
	id := b.graph.id(ref, &b.text)
	if n := &b.graph.nodes[id]; n.comp == nodeUndeclared && bytes.HasPrefix(ref, []byte("DocumentRef-")) {
		n.comp = nodeExternal
	}
	return id
}

// finish completes an SPDX 2 JSON document.
func (s *spdxReader) finish(top *jsonTop) {
	b := s.b
	b.spdxVersion("/spdxVersion", top.spdxVersion, "JSON")
	b.graph.where = func(at, sub int32) string {
		if sub == subDescribes {
			return b.indexPlace("/documentDescribes", int(at))
		}
		return b.indexPlace("/relationships", int(at))
	}
	for i, n := range s.describes {
		b.describes = append(b.describes, edge{to: n, at: int32(i), sub: subDescribes})
	}
	b.finishDescribes()
}

// subDescribes marks an entry of documentDescribes.
const subDescribes = -3

var spdxVersions = []string{"2.1", "2.2", "2.3"}

func (b *builder) spdxVersion(place, version, syntax string) {
	version = strings.TrimPrefix(version, "SPDX-")
	b.doc.Spec, b.doc.SpecVersion = "SPDX", version
	b.doc.Format = strings.Join(strings.Fields("SPDX "+version+" "+syntax), " ")
	if !slices.Contains(spdxVersions, version) {
		b.problem(place, "unknown version %q of SPDX 2: read as far as it is understood", version)
	}
}

// finishDescribes turns what the document describes into its roots and its
// product.
func (b *builder) finishDescribes() {
	g := &b.graph
	for _, e := range b.describes {
		switch n := &g.nodes[e.to]; {
		case n.comp == nodeUndeclared:
			b.problem(b.placeOf(e.at, e.sub), "the document describes %q, which it does not declare", n.ref)
		case n.comp >= 0:
			g.root(e.to)
			n.seen = true
		}
	}
	if len(g.roots) == 0 {
		return
	}
	i := g.nodes[g.roots[0]].comp
	b.setProduct(&draft{Component: *b.parts.at(int(i)), said: b.doc.said[i]})
}
