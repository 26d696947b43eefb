package sbom

import "strings"

// finish settles what referred to ids.
func (s *spdx3Reader) finish() {
	b := s.b
	version := s.specVersion
	b.doc.Spec, b.doc.SpecVersion = "SPDX", version
	b.doc.Format = strings.Join(strings.Fields("SPDX "+version+" JSON-LD"), " ")
	if !strings.HasPrefix(version, "3.0") {
		b.problem("/@graph", "unknown version %q of SPDX 3: read as far as it is understood", version)
	}
	b.graph.where = func(at, sub int32) string {
		p := b.indexPlace("/@graph", int(at))
		if sub >= 0 {
			return b.indexPlace(p+"/to", int(sub))
		}
		return p
	}
	s.finishInfo()
	s.finishComponents()
	for _, r := range s.rootsSaid {
		if n := b.graph.idOf(r); b.graph.nodes[n].comp >= 0 {
			b.graph.root(n)
		}
	}
	b.finishDescribes()
}

func (s *spdx3Reader) finishInfo() {
	info, ok := s.infos[s.docInfo]
	if !ok && len(s.infos) == 1 {
		for _, info = range s.infos {
		}
	}
	s.b.created(info.place+"/created", info.created)
	for _, id := range info.by {
		s.b.author(s.nameOf(id))
	}
	for _, id := range info.using {
		s.b.tool("", s.nameOf(id), "")
	}
}

// nameOf is the name of an agent or tool, "" when the document does not
// declare it.
func (s *spdx3Reader) nameOf(id string) string {
	if strings.HasSuffix(id, "NoAssertionElement") {
		return "NOASSERTION"
	}
	return s.names[id]
}

func (s *spdx3Reader) finishComponents() {
	b := s.b
	for _, w := range s.waiting {
		c := b.parts.at(w.comp)
		if name := s.nameOf(w.supplied); isUnknown(name) {
			b.doc.said[w.comp] |= saidSupplier
		} else {
			c.Supplier = name
		}
		for _, id := range w.original {
			if name := s.nameOf(id); c.Supplier == "" && name != "" && !isUnknown(name) {
				c.Supplier = name
			}
		}
		if w.supplied != "" && c.Supplier == "" && b.doc.said[w.comp]&saidSupplier == 0 {
			b.problem(c.Place, "suppliedBy %q is not declared in the document", w.supplied)
		}
	}
	for _, l := range s.licensed {
		for _, to := range l.to {
			s.license(l.from, to)
		}
	}
	for _, n := range s.notes {
		b.annotateRef(n.subject, []byte(n.statement))
	}
}

func (s *spdx3Reader) license(from, to string) {
	b := s.b
	id, ok := b.graph.ids[from]
	if !ok || b.graph.nodes[id].comp < 0 {
		return
	}
	i := b.graph.nodes[id].comp
	d := draft{Component: *b.parts.at(int(i)), said: b.doc.said[i]}
	text, known := s.licences[to]
	switch {
	case strings.HasSuffix(to, "NoAssertionLicense"), strings.HasSuffix(to, "NoneLicense"):
		text = "NOASSERTION"
	case !known && strings.Contains(to, "spdx.org/licenses/"):
		text = to[strings.LastIndexByte(to, '/')+1:]
	case !known:
		b.problem(d.Place, "the licence %q is not declared in the document", to)
	}
	b.licence(&d, text)
	*b.parts.at(int(i)), b.doc.said[i] = d.Component, d.said
}
