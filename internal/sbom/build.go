package sbom

import (
	"strconv"
	"strings"
	"time"

	"github.com/wardbook/wardbook"
)

// said is the set of fields of which a document says in so many words that
// they are not known (NOASSERTION, "unknown", …): an answer of its own, which
// is neither a value nor silence.
type said uint16

const (
	saidSupplier said = 1 << iota
	saidName
	saidVersion
	saidID
	saidDependency
	saidLicence
	saidHash
	saidSupportLevel
	saidSupportEnd
	hasDependency // the document states relationships of the component
)

// builder collects a document while one of the readers walks it.
type builder struct {
	doc    *Document
	opts   Options
	text   arena
	parts  parts
	hashes slab[wardbook.Hash]
	lists  slab[string]
	graph  graph

	metadata    *draft      // CycloneDX: what metadata says of the product beside its component
	lonely      []lonelyRef // CycloneDX dependencies that name nothing
	unknownDeps []int32     // nodes whose dependencies are said to be unknown
	describes   []edge      // SPDX: what the document describes
}

// lonelyRef is a dependency entry of a ref that needs nothing, checked at the
// end: at is its index.
type lonelyRef struct{ node, at int32 }

func newBuilder(opts Options) *builder {
	b := &builder{doc: &Document{}, opts: opts}
	b.text.init()
	b.graph.init()
	return b
}

// problem records a fault, up to the limit.
func (b *builder) problem(place, format string, args ...any) {
	if len(b.doc.Problems) >= b.opts.MaxProblems {
		b.doc.MoreProblems++
		return
	}
	// A copy: the problems outlive the document, whose texts share their memory.
	b.doc.Problems.Add(strings.Clone(place), format, args...)
}

// A draft is a component while it is read.
type draft struct {
	wardbook.Component
	said      said
	product   bool
	publisher string
	maker     string
	model     string
	udi       string
	udiDI     string
}

// reserve makes room for a component and returns its index: a component comes
// before those that it holds, but is known only when they are.
func (b *builder) reserve() int {
	b.doc.said = append(b.doc.said, 0)
	return b.parts.add()
}

// put writes a component into the room that reserve made.
func (b *builder) put(i int, d *draft) {
	b.settle(d)
	*b.parts.at(i) = d.Component
	b.doc.said[i] = d.said
	if d.Ref != "" && b.graph.declare(d.Ref, i) {
		b.problem(d.Place, "the ref %q is declared more than once", d.Ref)
	}
}

// settle checks what a component says and fills what follows from it.
func (b *builder) settle(d *draft) {
	if d.Supplier == "" {
		if d.Supplier = d.maker; d.Supplier == "" {
			d.Supplier = d.publisher
		}
	}
	if d.Name == "" {
		what := "a component"
		if d.product {
			what = "the product"
		}
		b.problem(d.Place, "%s without a name", what)
	} else if isUnknown(d.Name) {
		d.said |= saidName
	}
	if isUnknown(d.Version) {
		d.Version = ""
		d.said |= saidVersion
	}
	if d.Purl != "" {
		if isUnknown(d.Purl) {
			d.Purl = ""
			d.said |= saidID
		} else if why := checkPurl(d.Purl); why != "" {
			b.problem(d.Place, "bad purl %q: %s", d.Purl, why)
		}
	}
	for _, cpe := range d.CPEs {
		if why := checkCPE(cpe); why != "" {
			b.problem(d.Place, "bad CPE %q: %s", cpe, why)
		}
	}
}

// setProduct makes d the product of the document.
func (b *builder) setProduct(d *draft) {
	p := &b.doc.Product
	p.Component = d.Component
	p.ModelNumber, p.UDI, p.UDIDI = d.model, d.udi, d.udiDI
	p.Manufacturer = d.maker
	if p.Manufacturer == "" {
		p.Manufacturer = d.Supplier
	}
	b.doc.main = d.said
}

// supplier takes a name of whom a component comes from.
func (b *builder) supplier(d *draft, into *string, name string) {
	if isUnknown(name) {
		d.said |= saidSupplier
		return
	}
	*into = name
}

// licence adds a licence id, expression or name.
func (b *builder) licence(d *draft, s string) {
	switch {
	case s == "":
	case isUnknown(s):
		d.said |= saidLicence
	default:
		for _, have := range d.Licences {
			if have == s {
				return
			}
		}
		d.Licences = b.lists.push(d.Licences, s)
	}
}

// cpe adds a CPE name.
func (b *builder) cpe(d *draft, s string) {
	switch {
	case s == "":
	case isUnknown(s):
		d.said |= saidID
	default:
		d.CPEs = b.lists.push(d.CPEs, s)
	}
}

// hash adds a digest, or says what is wrong with it.
func (b *builder) hash(d *draft, alg, value []byte) {
	if len(alg) == 0 && len(value) == 0 {
		return
	}
	if isUnknownBytes(value) {
		d.said |= saidHash
		return
	}
	var lower [128]byte
	if len(value) == 0 || len(value) > len(lower) {
		b.problem(d.Place, "a %s hash of %d characters", alg, len(value))
		return
	}
	for i, c := range value {
		switch {
		case '0' <= c && c <= '9', 'a' <= c && c <= 'f':
			lower[i] = c
		case 'A' <= c && c <= 'F':
			lower[i] = c + 'a' - 'A'
		default:
			b.problem(d.Place, "the %s hash %q is not hexadecimal", alg, value)
			return
		}
	}
	d.Hashes = b.hashes.push(d.Hashes, wardbook.Hash{
		Algorithm: b.algorithm(alg), Value: b.text.keep(lower[:len(value)])})
}

// algorithm spells a digest's name as CycloneDX does.
func (b *builder) algorithm(alg []byte) string {
	if s, ok := algorithms[string(alg)]; ok {
		return s
	}
	if s, ok := algorithms[strings.ToUpper(string(alg))]; ok {
		return s
	}
	return b.text.intern(alg)
}

// algorithms maps SPDX 2 and 3 spellings to CycloneDX's (SPDX 2.3, 7.10.4;
// SPDX 3.0 HashAlgorithm; CycloneDX hash-alg).
var algorithms = func() map[string]string {
	m := map[string]string{}
	for _, alg := range []string{"MD2", "MD4", "MD5", "MD6", "SHA-1", "SHA-224", "SHA-256", "SHA-384", "SHA-512",
		"SHA3-224", "SHA3-256", "SHA3-384", "SHA3-512", "BLAKE2b-256", "BLAKE2b-384", "BLAKE2b-512", "BLAKE3",
		"Streebog-256", "Streebog-512", "ADLER32"} {
		m[alg] = alg
		up := strings.ToUpper(alg)
		m[up] = alg
		m[strings.ReplaceAll(up, "-", "")] = alg
		m[strings.ReplaceAll(up, "-", "_")] = alg
	}
	return m
}()

// property reads what a name and value pair says of support, model and UDI.
// Names are compared by their last part without case and punctuation, since
// there is no agreed name: "End-of-Support", "fda:supportLevel",
// "cdx:lifecycle:milestone:endOfSupport".
func (b *builder) property(d *draft, name, value []byte) {
	var buf [48]byte
	kind := propertyKinds[string(lastPart(buf[:0], name))]
	if kind == "" || len(value) == 0 {
		return
	}
	unknown := isUnknownBytes(value)
	text := b.text.keep(value)
	switch kind {
	case "level":
		if unknown {
			d.said |= saidSupportLevel
		} else if d.SupportLevel == "" {
			d.SupportLevel = text
		}
	case "end", "life":
		if unknown {
			d.said |= saidSupportEnd
		} else if kind == "end" || d.SupportEnd == "" {
			b.supportEnd(d, text)
		}
	case "udi":
		d.udi = text
	case "udi-di":
		d.udiDI = text
	case "model":
		d.model = text
	}
}

var propertyKinds = map[string]string{
	"endofsupport": "end", "endofsupportdate": "end", "supportend": "end", "supportenddate": "end",
	"enddateofsupport": "end", "supportenddateutc": "end", "eos": "end", "eosdate": "end", "supporteddate": "end",
	"supporteduntil": "end", "supportuntil": "end", "endsupport": "end", "validuntil": "end", "validuntildate": "end",
	"endoflife": "life", "endoflifedate": "life", "eol": "life", "eoldate": "life",
	"levelofsupport": "level", "supportlevel": "level", "supportstatus": "level", "softwarelevelofsupport": "level",
	"udi": "udi", "udidi": "udi-di", "deviceidentifier": "udi-di", "primarydi": "udi-di",
	"gtin": "udi-di", "gtin8": "udi-di", "gtin12": "udi-di", "gtin13": "udi-di", "gtin14": "udi-di",
	"model": "model", "modelnumber": "model", "devicemodel": "model", "catalognumber": "model", "partnumber": "model",
}

// lastPart returns name behind its last ":" or "/", letters and digits only,
// in lower case. A name that is longer than any we know gives nothing.
func lastPart(dst, name []byte) []byte {
	for i := len(name) - 1; i >= 0; i-- {
		if name[i] == ':' || name[i] == '/' {
			name = name[i+1:]
			break
		}
	}
	if len(name) > 40 {
		return nil
	}
	for _, c := range name {
		switch {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9':
			dst = append(dst, c)
		case 'A' <= c && c <= 'Z':
			dst = append(dst, c+'a'-'A')
		}
	}
	return dst
}

// supportEnd takes the date on which support ends. A text that is no date is
// kept in SupportNote: it is not known when.
func (b *builder) supportEnd(d *draft, text string) {
	if t, ok := parseDate(text); ok {
		d.SupportEnd = t.Format(time.DateOnly)
		return
	}
	d.said |= saidSupportEnd
	d.SupportNote = text
	b.problem(d.Place, "the end of support %q is not a date: kept as a note", text)
}

// parseDate reads a full date. Texts with only a month or a year, or with the
// day and month in doubt, are left to people.
func parseDate(s string) (time.Time, bool) {
	s = strings.TrimSpace(s)
	for _, layout := range []string{time.DateOnly, time.RFC3339, "2006-01-02T15:04:05", "2006/01/02",
		"2 January 2006", "January 2, 2006", "2 Jan 2006", "Jan 2, 2006"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// created takes the time at which the SBOM was made.
func (b *builder) created(place, s string) {
	if s == "" || isUnknown(s) {
		return
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02 15:04:05Z07:00", time.DateOnly} {
		t, err := time.Parse(layout, s)
		if err != nil {
			continue
		}
		if layout != time.RFC3339 {
			b.problem(place, "the time %q is not RFC 3339: read as UTC", s)
		}
		b.doc.Created = t.UTC().Truncate(time.Microsecond)
		return
	}
	b.problem(place, "the time %q cannot be read", s)
}

// tool and author add who made the SBOM.
func (b *builder) tool(vendor, name, version string) {
	s := strings.TrimSpace(name + " " + version)
	if s == "" {
		s = vendor
	}
	if s != "" {
		b.doc.Tools = append(b.doc.Tools, s)
	}
}

func (b *builder) author(name string) {
	if name == "" || isUnknown(name) {
		return
	}
	b.doc.Authors = append(b.doc.Authors, name)
}

// isUnknown reports whether a text says that something is not known.
func isUnknown(s string) bool {
	if len(s) > 16 || len(s) == 0 {
		return false
	}
	switch s[0] {
	case 'N', 'n', 'U', 'u', '-', '?', '(', '<', 'T', 't', ' ':
	default:
		return false
	}
	return s == "NOASSERTION" || s == "NONE" || unknownWords[strings.ToLower(strings.TrimSpace(s))]
}

func isUnknownBytes(s []byte) bool { return len(s) <= 16 && isUnknown(string(s)) }

var unknownWords = map[string]bool{
	"noassertion": true, "none": true, "unknown": true, "(unknown)": true, "<unknown>": true, "n/a": true,
	"not available": true, "not provided": true, "not known": true, "undefined": true, "unspecified": true,
	"tbd": true, "null": true, "-": true, "?": true,
}

// finish completes the document once everything is read.
func (b *builder) finish() *Document {
	d := b.doc
	d.Components = b.parts.list()
	if m := b.metadata; m != nil {
		b.finishMetadata(m)
	}
	for _, l := range b.lonely {
		if n := &b.graph.nodes[l.node]; n.comp == nodeUndeclared {
			n.dangling++
		}
	}
	b.finishGraph()
	for _, l := range b.lonely {
		b.dangles(&b.graph.nodes[l.node], l.at, -1)
	}
	for _, n := range b.unknownDeps {
		if c := b.graph.nodes[n].comp; c >= 0 {
			d.said[c] |= saidDependency
		}
	}
	return d
}

// finishMetadata fills the product's fields from what CycloneDX metadata says
// outside of its component.
func (b *builder) finishMetadata(m *draft) {
	p := &b.doc.Product
	if p.Supplier == "" {
		if p.Supplier = m.Supplier; p.Supplier == "" {
			p.Supplier = m.maker
		}
	}
	if p.Manufacturer == "" {
		if p.Manufacturer = m.maker; p.Manufacturer == "" {
			p.Manufacturer = p.Supplier
		}
	}
	fill := func(into *string, from string) {
		if *into == "" {
			*into = from
		}
	}
	fill(&p.ModelNumber, m.model)
	fill(&p.UDI, m.udi)
	fill(&p.UDIDI, m.udiDI)
	fill(&p.SupportEnd, m.SupportEnd)
	fill(&p.SupportLevel, m.SupportLevel)
	fill(&p.SupportNote, m.SupportNote)
	b.doc.main |= m.said
}

// indexPlace is a JSON pointer to an element of an array.
func (b *builder) indexPlace(prefix string, i int) string {
	var buf [64]byte
	p := append(buf[:0], prefix...)
	p = append(p, '/')
	p = strconv.AppendInt(p, int64(i), 10)
	return b.text.keep(p)
}

func (b *builder) linePlace(line int) string {
	var buf [32]byte
	return b.text.keep(strconv.AppendInt(append(buf[:0], "line "...), int64(line), 10))
}
