package sbom

// cdxComponents reads components[] at place, nested ones too, and returns the
// refs of those that stand in it directly.
func (j *jsonReader) cdxComponents(place string) (refs []string) {
	if !j.enter('[') {
		return nil
	}
	nested := place != "/components"
	for i := 0; j.element(); i++ {
		ref := j.cdxComponent(j.b.indexPlace(place, i), false)
		if nested && ref != "" {
			refs = append(refs, ref)
		}
	}
	return refs
}

// cdxComponent reads one component and returns its ref. Its nested components
// follow it in the document. product says that it is metadata.component, which
// is no part.
func (j *jsonReader) cdxComponent(place string, product bool) string {
	if !j.enter('{') {
		return ""
	}
	b := j.b
	index := -1
	if !product {
		index = b.reserve()
	}
	d := &draft{}
	d.Place = place
	var held []string
	for j.member() {
		if string(j.key) == "components" {
			held = append(held, j.cdxComponents(place+"/components")...)
		} else {
			j.cdxMember(d)
		}
	}
	if j.err != nil {
		return ""
	}
	b.cdxDone(d, index, held)
	return d.Ref
}

// cdxDone puts a component that was read into the document.
func (b *builder) cdxDone(d *draft, index int, held []string) {
	if index < 0 {
		d.product = true
		b.settle(d)
		b.setProduct(d)
		if d.Ref != "" {
			if b.graph.declare(d.Ref, nodeOther) {
				b.problem(d.Place, "the ref %q is declared more than once", d.Ref)
			}
			b.graph.root(b.graph.idOf(d.Ref))
		}
	} else {
		b.put(index, d)
	}
	if d.Ref == "" {
		return
	}
	from := b.graph.idOf(d.Ref)
	for _, ref := range held {
		b.graph.add(edge{from: from, to: b.graph.idOf(ref), at: int32(index), sub: subNested, kind: edgeContains})
	}
}

func (j *jsonReader) cdxMember(d *draft) {
	b := j.b
	switch string(j.key) {
	case "bom-ref":
		d.Ref = j.text()
	case "type":
		d.Type = j.word()
	case "group":
		d.Group = j.word()
	case "name":
		d.Name = j.text()
	case "version":
		d.Version = j.text()
	case "supplier":
		b.supplier(d, &d.Supplier, j.cdxOrganization())
	case "manufacturer", "manufacture":
		b.supplier(d, &d.maker, j.cdxOrganization())
	case "publisher":
		b.supplier(d, &d.publisher, j.word())
	case "scope":
		d.Scope = j.word()
	case "purl":
		d.Purl = j.text()
	case "cpe":
		b.cpe(d, j.text())
	case "hashes":
		j.cdxHashes(d)
	case "licenses":
		j.cdxLicences(d)
	case "properties":
		j.cdxProperties(d)
	case "releaseNotes":
		if j.enter('{') {
			for j.member() {
				if string(j.key) == "properties" {
					j.cdxProperties(d)
				} else {
					j.skip()
				}
			}
		}
	default:
		j.skip()
	}
}

// cdxOrganization reads the name of an organizationalEntity, which some
// programs write as a bare string.
func (j *jsonReader) cdxOrganization() (name string) {
	if j.peek() == '"' {
		return j.word()
	}
	if !j.enter('{') {
		return ""
	}
	for j.member() {
		if string(j.key) == "name" {
			name = j.word()
		} else {
			j.skip()
		}
	}
	return name
}

func (j *jsonReader) cdxHashes(d *draft) {
	if !j.enter('[') {
		return
	}
	for j.element() {
		if !j.enter('{') {
			continue
		}
		var alg, value []byte
		for j.member() {
			switch string(j.key) {
			case "alg":
				alg = append(j.buf1[:0], j.str()...)
				j.buf1 = alg
			case "content":
				value = append(j.buf2[:0], j.str()...)
				j.buf2 = value
			default:
				j.skip()
			}
		}
		if j.err == nil {
			j.b.hash(d, alg, value)
		}
	}
}

func (j *jsonReader) cdxLicences(d *draft) {
	if !j.enter('[') {
		return
	}
	for j.element() {
		if !j.enter('{') {
			continue
		}
		for j.member() {
			switch string(j.key) {
			case "expression":
				j.b.licence(d, j.word())
			case "license":
				if !j.enter('{') {
					continue
				}
				var id, name string
				for j.member() {
					switch string(j.key) {
					case "id":
						id = j.word()
					case "name":
						name = j.word()
					default:
						j.skip()
					}
				}
				if id == "" {
					id = name
				}
				j.b.licence(d, id)
			default:
				j.skip()
			}
		}
	}
}

func (j *jsonReader) cdxProperties(d *draft) {
	if !j.enter('[') {
		return
	}
	for j.element() {
		if !j.enter('{') {
			continue
		}
		var name, value []byte
		for j.member() {
			switch string(j.key) {
			case "name":
				name = append(j.buf1[:0], j.str()...)
				j.buf1 = name
			case "value":
				value = append(j.buf2[:0], j.str()...)
				j.buf2 = value
			default:
				j.skip()
			}
		}
		j.b.property(d, name, value)
	}
}

// cdxServices counts services[] and declares their refs: components may depend
// on them.
func (j *jsonReader) cdxServices() {
	if !j.enter('[') {
		return
	}
	for j.element() {
		if !j.enter('{') {
			continue
		}
		j.b.doc.Services++
		for j.member() {
			switch string(j.key) {
			case "bom-ref":
				if ref := j.text(); ref != "" {
					j.b.graph.declare(ref, nodeOther)
				}
			case "services":
				j.cdxServices()
			default:
				j.skip()
			}
		}
	}
}

func (j *jsonReader) cdxDependencies() {
	if !j.enter('[') {
		return
	}
	g := &j.b.graph
	var to []int32
	for i := int32(0); j.element(); i++ {
		if !j.enter('{') {
			continue
		}
		from := int32(-1)
		to = to[:0]
		for j.member() {
			switch string(j.key) {
			case "ref":
				if ref := j.str(); len(ref) > 0 {
					from = g.id(ref, &j.b.text)
				}
			case "dependsOn":
				to = j.refs(to)
			default:
				j.skip()
			}
		}
		if from < 0 {
			if j.err == nil {
				j.b.problem(j.b.indexPlace("/dependencies", int(i)), "a dependency without a ref")
			}
			continue
		}
		g.nodes[from].seen = true
		if len(to) == 0 && g.nodes[from].comp == nodeUndeclared {
			j.b.lonely = append(j.b.lonely, lonelyRef{from, i})
		}
		for k, t := range to {
			g.add(edge{from: from, to: t, at: i, sub: int32(k)})
		}
	}
}

// refs reads an array of refs as node numbers.
func (j *jsonReader) refs(to []int32) []int32 {
	if !j.enter('[') {
		return to
	}
	for j.element() {
		to = append(to, j.b.graph.id(j.str(), &j.b.text))
	}
	return to
}

// cdxCompositions notes of which components the document says that their
// dependencies are not known (aggregate "unknown").
func (j *jsonReader) cdxCompositions() {
	if !j.enter('[') {
		return
	}
	for j.element() {
		if !j.enter('{') {
			continue
		}
		var refs []int32
		unknown := false
		for j.member() {
			switch string(j.key) {
			case "aggregate":
				a := string(j.str())
				unknown = a == "unknown" || a == "not_specified"
			case "dependencies":
				refs = j.refs(refs)
			default:
				j.skip()
			}
		}
		if unknown {
			j.b.unknownDeps = append(j.b.unknownDeps, refs...)
		}
	}
}

func (j *jsonReader) cdxMetadata() {
	if !j.enter('{') {
		return
	}
	b := j.b
	d := &draft{} // what metadata says of the product
	for j.member() {
		switch string(j.key) {
		case "timestamp":
			b.created("/metadata/timestamp", string(j.str()))
		case "tools":
			j.cdxTools()
		case "authors":
			if j.enter('[') {
				for j.element() {
					b.author(j.cdxOrganization())
				}
			}
		case "component":
			j.cdxComponent("/metadata/component", true)
		case "supplier":
			b.supplier(d, &d.Supplier, j.cdxOrganization())
		case "manufacture", "manufacturer":
			// The maker of the product up to 1.5, of the SBOM from 1.6 on.
			if string(j.key) == "manufacturer" {
				b.author(j.cdxOrganization())
			} else {
				b.supplier(d, &d.maker, j.cdxOrganization())
			}
		case "properties":
			j.cdxProperties(d)
		default:
			j.skip()
		}
	}
	b.metadata = d
}

// cdxTools reads metadata.tools: an array up to 1.4, an object with components
// and services from 1.5 on.
func (j *jsonReader) cdxTools() {
	switch j.peek() {
	case '[':
		j.cdxToolList()
	case '{':
		j.enter('{')
		for j.member() {
			switch string(j.key) {
			case "components", "services":
				j.cdxToolList()
			default:
				j.skip()
			}
		}
	default:
		j.skip()
	}
}

func (j *jsonReader) cdxToolList() {
	if !j.enter('[') {
		return
	}
	for j.element() {
		if !j.enter('{') {
			continue
		}
		var vendor, name, version string
		for j.member() {
			switch string(j.key) {
			case "vendor":
				vendor = j.text()
			case "name":
				name = j.text()
			case "version":
				version = j.text()
			default:
				j.skip()
			}
		}
		j.b.tool(vendor, name, version)
	}
}
