package sbom

import (
	"slices"
	"strings"
)

// spdx3Reader reads SPDX 3 JSON-LD. Elements refer to each other in any order,
// so that who supplies what is settled at the end.
type spdx3Reader struct {
	b *builder
	j *jsonReader

	found       bool // there is an element
	specVersion string
	names       map[string]string // agents and tools by id
	tools       map[string]bool
	licences    map[string]string // expressions and names by id
	infos       map[string]spdx3Info
	docInfo     string
	rootsSaid   []string // rootElement of the document, then of its SBOMs
	waiting     []spdx3Waiting
	licensed    []spdx3Licensed
	notes       []spdx3Note
}

// spdx3Info is a CreationInfo.
type spdx3Info struct {
	created   string
	by, using []string
	place     string
}

// spdx3Waiting is a component whose supplier is known by id only.
type spdx3Waiting struct {
	comp     int
	supplied string
	original []string
}

type spdx3Licensed struct {
	from string
	to   []string
}

type spdx3Note struct{ subject, statement string }

// An spdx3Element is one element while it is read: its type may come last.
type spdx3Element struct {
	draft
	id, typ      string
	supplied     string
	original     []string
	relation     string
	from         string
	to           []string
	completeness string
	expression   string
	info         string
	created      spdx3Info
	roots        []string
	subject      string
	statement    string
	specVersion  string
}

func (s *spdx3Reader) top(top *jsonTop) bool {
	j := s.j
	switch string(j.key) {
	case "@context":
		s.context(top)
	case "@graph":
		if j.peek() != '[' {
			return false
		}
		s.graph()
	default:
		return false
	}
	return true
}

func (s *spdx3Reader) context(top *jsonTop) {
	j := s.j
	take := func() {
		if j.peek() != '"' {
			j.skip()
		} else if v := j.text(); top.context == "" || strings.Contains(v, "spdx.org") {
			top.context = v
		}
	}
	if j.peek() != '[' {
		take()
		return
	}
	j.enter('[')
	for j.element() {
		take()
	}
}

func (s *spdx3Reader) graph() {
	s.names, s.tools = map[string]string{}, map[string]bool{}
	s.licences, s.infos = map[string]string{}, map[string]spdx3Info{}
	j := s.j
	j.enter('[')
	for i := 0; j.element(); i++ {
		s.element(i)
	}
}

// element reads one element at the index at of @graph, or one that stands
// inside another, and returns its id.
func (s *spdx3Reader) element(at int) string {
	j := s.j
	if !j.enter('{') {
		return ""
	}
	e := &spdx3Element{}
	e.Place = s.b.indexPlace("/@graph", at)
	for j.member() {
		if !s.coreMember(e, at) && !s.softwareMember(e, at) {
			j.skip()
		}
	}
	if j.err != nil {
		return ""
	}
	e.Ref = e.id
	s.take(e, at)
	return e.id
}

// ref reads a reference: an id, or the element itself.
func (s *spdx3Reader) ref(at int) string {
	if s.j.peek() == '{' {
		return s.element(at)
	}
	return s.j.text()
}

func (s *spdx3Reader) refs(to []string, at int) []string {
	j := s.j
	if j.peek() != '[' {
		if r := s.ref(at); r != "" {
			to = append(to, r)
		}
		return to
	}
	j.enter('[')
	for j.element() {
		if r := s.ref(at); r != "" {
			to = append(to, r)
		}
	}
	return to
}

func (s *spdx3Reader) coreMember(e *spdx3Element, at int) bool {
	j := s.j
	switch string(j.key) {
	case "spdxId", "@id":
		e.id = j.text()
	case "type", "@type":
		e.typ = spdx3Type(j.word())
	case "name":
		e.Name = j.text()
	case "creationInfo":
		e.info = s.ref(at)
	case "specVersion":
		e.specVersion = j.text()
	case "created":
		e.created.created = j.text()
	case "createdBy":
		e.created.by = s.refs(nil, at)
	case "createdUsing":
		e.created.using = s.refs(nil, at)
	case "rootElement":
		e.roots = s.refs(nil, at)
	case "relationshipType":
		r := j.word()
		e.relation = r[strings.LastIndexByte(r, '/')+1:]
	case "completeness":
		e.completeness = j.word()
	case "from":
		e.from = s.ref(at)
	case "to":
		e.to = s.refs(nil, at)
	case "subject":
		e.subject = s.ref(at)
	case "statement":
		e.statement = j.text()
	case "simplelicensing_licenseExpression", "licenseExpression":
		e.expression = j.text()
	case "import", "imports":
		s.imports()
	default:
		return false
	}
	return true
}

func (s *spdx3Reader) softwareMember(e *spdx3Element, at int) bool {
	j, b := s.j, s.b
	switch string(j.key) {
	case "software_packageVersion", "packageVersion":
		e.Version = j.text()
	case "software_packageUrl", "packageUrl":
		e.Purl = j.text()
	case "software_primaryPurpose", "primaryPurpose":
		e.Type = spdx3Purpose(j.word())
	case "suppliedBy":
		e.supplied = s.ref(at)
	case "originatedBy":
		e.original = s.refs(nil, at)
	case "externalIdentifier", "externalIdentifiers":
		s.list(func() { s.identifier(e) })
	case "verifiedUsing":
		s.list(func() { s.verified(e) })
	case "validUntilTime":
		if v := j.text(); v != "" && !isUnknown(v) {
			b.supportEnd(&e.draft, v)
		}
	case "supportLevel":
		for _, level := range s.refs(nil, at) {
			level = level[strings.LastIndexByte(level, '/')+1:]
			if isUnknown(level) {
				e.said |= saidSupportLevel
			} else if e.SupportLevel == "" {
				e.SupportLevel = level
			} else {
				e.SupportLevel += ", " + level
			}
		}
	default:
		return false
	}
	return true
}

// list calls read for each element of an array, or once where a single one
// stands without it.
func (s *spdx3Reader) list(read func()) {
	if s.j.peek() != '[' {
		read()
		return
	}
	s.j.enter('[')
	for s.j.element() {
		read()
	}
}

func (s *spdx3Reader) identifier(e *spdx3Element) {
	j := s.j
	if !j.enter('{') {
		return
	}
	var kind, value []byte
	for j.member() {
		switch string(j.key) {
		case "externalIdentifierType":
			kind = append(j.buf1[:0], j.str()...)
			j.buf1 = kind
		case "identifier":
			value = append(j.buf2[:0], j.str()...)
			j.buf2 = value
		default:
			j.skip()
		}
	}
	if i := strings.LastIndexByte(string(kind), '/'); i >= 0 {
		kind = kind[i+1:]
	}
	switch string(kind) {
	case "packageUrl", "purl", "packageURL":
		kind = []byte("purl")
	case "cpe23":
		kind = []byte("cpe23Type")
	case "cpe22":
		kind = []byte("cpe22Type")
	default:
		return
	}
	s.b.reference(&e.draft, kind, value)
}

func (s *spdx3Reader) verified(e *spdx3Element) {
	j := s.j
	if !j.enter('{') {
		return
	}
	var alg, value []byte
	code := false
	for j.member() {
		switch string(j.key) {
		case "type", "@type": // a PackageVerificationCode is no digest of the package
			code = spdx3Type(j.word()) == "PackageVerificationCode"
		case "algorithm":
			v := j.str()
			if i := strings.LastIndexByte(string(v), '/'); i >= 0 {
				v = v[i+1:]
			}
			alg = append(j.buf1[:0], v...)
			j.buf1 = alg
		case "hashValue":
			value = append(j.buf2[:0], j.str()...)
			j.buf2 = value
		default:
			j.skip()
		}
	}
	if !code && j.err == nil {
		s.b.hash(&e.draft, alg, value)
	}
}

// imports declares the elements that the document takes from others.
func (s *spdx3Reader) imports() {
	s.list(func() {
		if !s.j.enter('{') {
			return
		}
		for s.j.member() {
			if string(s.j.key) == "externalSpdxId" {
				if id := s.j.text(); id != "" {
					s.b.graph.declare(id, nodeExternal)
				}
			} else {
				s.j.skip()
			}
		}
	})
}

// spdx3Type cuts profile or namespace off a type: "software_Package" and
// "https://spdx.org/rdf/3.0.1/terms/Software/Package" are "Package".
func spdx3Type(t string) string {
	return t[strings.LastIndexAny(t, "_/:")+1:]
}

// spdx3Purpose spells a SoftwarePurpose as CycloneDX spells component types.
func spdx3Purpose(p string) string {
	p = p[strings.LastIndexByte(p, '/')+1:]
	switch p {
	case "operatingSystem":
		return "operating-system"
	case "deviceDriver":
		return "device-driver"
	case "model":
		return "machine-learning-model"
	}
	return p
}

// take keeps an element by its type.
func (s *spdx3Reader) take(e *spdx3Element, at int) {
	s.found = true
	b := s.b
	switch e.typ {
	case "Package", "SoftwareArtifact", "AIPackage", "DatasetPackage":
		i := b.reserve()
		b.put(i, &e.draft)
		if e.supplied != "" || len(e.original) > 0 {
			s.waiting = append(s.waiting, spdx3Waiting{i, e.supplied, e.original})
		}
		return
	case "File", "Snippet":
		if e.typ == "File" {
			b.doc.Files++
		}
		b.declareFile([]byte(e.id))
		return
	case "CreationInfo":
		e.created.place = e.Place
		s.infos[e.id] = e.created
		if s.specVersion == "" {
			s.specVersion = e.specVersion
		}
		return
	case "Relationship", "LifecycleScopedRelationship":
		s.relationship(e, at)
	case "SpdxDocument":
		b.doc.Serial, b.doc.Name = e.id, e.Name
		s.docInfo = e.info
		s.rootsSaid = append(slices.Clone(e.roots), s.rootsSaid...)
	case "Sbom", "Bom", "SpdxCollection", "Bundle":
		s.rootsSaid = append(s.rootsSaid, e.roots...)
	case "Organization", "Person", "SoftwareAgent", "Agent", "Tool":
		s.names[e.id] = e.Name
		s.tools[e.id] = e.typ == "Tool"
	case "Annotation":
		s.notes = append(s.notes, spdx3Note{e.subject, e.statement})
	default:
		if e.expression != "" {
			s.licences[e.id] = e.expression
		} else if strings.Contains(e.typ, "License") {
			s.licences[e.id] = e.Name
		} else if strings.Contains(e.typ, "Vulnerability") && !strings.Contains(e.typ, "Relationship") {
			b.doc.Vulnerabilities++
		}
	}
	if e.id != "" {
		b.graph.declare(e.id, nodeOther)
	}
}

// spdx3Relations are the SPDX 3 RelationshipTypes that say what needs or holds
// what.
var spdx3Relations = map[string]relation{
	"describes": {describes: true}, "contains": {kind: edgeContains},
	"dependsOn": {}, "hasDynamicLink": {}, "hasStaticLink": {}, "hasPrerequisite": {},
	"hasOptionalDependency": {}, "hasProvidedDependency": {},
	"hasOptionalComponent": {kind: edgeContains}, "packagedBy": {kind: edgeContains, turned: true},
}

func (s *spdx3Reader) relationship(e *spdx3Element, at int) {
	b, g := s.b, &s.b.graph
	if e.relation == "hasDeclaredLicense" || e.relation == "hasConcludedLicense" {
		s.licensed = append(s.licensed, spdx3Licensed{e.from, e.to})
		return
	}
	rel, known := spdx3Relations[e.relation]
	if !known {
		return
	}
	if e.from == "" {
		b.problem(e.Place, "a relationship without from")
		return
	}
	from := g.idOf(e.from)
	if len(e.to) == 0 {
		if e.completeness == "noAssertion" {
			b.unknownDeps = append(b.unknownDeps, from)
		}
		return
	}
	for k, to := range e.to {
		switch {
		case strings.HasSuffix(to, "NoneElement"):
			g.nodes[from].seen = true
			continue
		case strings.HasSuffix(to, "NoAssertionElement"):
			b.unknownDeps = append(b.unknownDeps, from)
			continue
		}
		ed := edge{from: from, to: g.idOf(to), at: int32(at), sub: int32(k), kind: rel.kind, turned: rel.turned}
		if rel.turned {
			ed.from, ed.to = ed.to, ed.from
		}
		if rel.describes {
			b.describes = append(b.describes, ed)
		} else {
			g.add(ed)
		}
	}
}
