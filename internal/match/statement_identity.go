package match

import (
	"strings"

	"github.com/knqyf263/go-cpe/common"
	"github.com/knqyf263/go-cpe/matching"
	"github.com/package-url/packageurl-go"

	"github.com/wardbook/wardbook"
)

// purlName is a purl taken apart for comparison.
type purlName struct {
	key        string // type, namespace and name
	version    string
	qualifiers map[string]string
	subpath    string
	typ        string
}

func parsePurl(s string) (purlName, bool) {
	p, err := packageurl.FromString(s)
	if err != nil {
		return purlName{}, false
	}
	return purlName{
		key: p.Type + "/" + strings.ToLower(p.Namespace+"/"+p.Name), typ: p.Type,
		version: p.Version, qualifiers: p.Qualifiers.Map(), subpath: p.Subpath,
	}, true
}

// covers reports whether everything that p says holds of o: the version and
// the qualifiers that p leaves out may be any.
func (p *purlName) covers(o *purlName) bool {
	if p.key != o.key || p.subpath != "" && p.subpath != o.subpath {
		return false
	}
	if p.version != "" && p.version != o.version {
		c, ok := CompareVersions(p.typ, p.version, o.version)
		if !ok || c != 0 || o.version == "" || orderName(p.typ) == "" {
			return false
		}
	}
	for k, v := range p.qualifiers {
		if o.qualifiers[k] != v {
			return false
		}
	}
	return true
}

// statedIdentity is how a statement names a product or a component.
type statedIdentity struct {
	id, sbom     string
	purls        []purlName
	cpes         []*cpeName
	hashes       map[string]bool
	vendor, name string // normalised
	versions     *wardbook.VersionRange
}

func identityOf(s *wardbook.StatementSubject) statedIdentity {
	id := statedIdentity{
		id: s.ID, sbom: strings.ToLower(s.SBOM), vendor: plainVendor(s.Vendor), name: plainName(s.Name),
		versions: s.Versions, hashes: hashSet(s.Hashes),
	}
	for _, p := range s.Purls {
		if n, ok := parsePurl(p); ok {
			id.purls = append(id.purls, n)
		}
	}
	for _, c := range s.CPEs {
		if n := parseCPE(c); n != nil {
			id.cpes = append(id.cpes, n)
		}
	}
	return id
}

func hashSet(hs []wardbook.Hash) map[string]bool {
	if len(hs) == 0 {
		return nil
	}
	m := make(map[string]bool, len(hs))
	for _, h := range hs {
		m[strings.ToLower(h.Algorithm+":"+h.Value)] = true
	}
	return m
}

// plainName is a name without case and punctuation: the only likeness that
// lets a statement apply.
func plainName(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(s), func(r rune) bool {
		return r < 0x80 && !isLetter(byte(r)) && !isDigit(byte(r)) && r != '+' && r != '#'
	}), " ")
}

// plainVendor is plainName without the words of a legal form.
func plainVendor(s string) string {
	return plainName(strings.ReplaceAll(cpeVendor(s), "_", " "))
}

// keys are the ways in which the identity may be found.
func (s *statedIdentity) keys() (keys []string) {
	for i := range s.purls {
		keys = append(keys, "purl "+s.purls[i].key)
	}
	for _, c := range s.cpes {
		keys = append(keys, "cpe "+c.vendor+":"+c.product)
	}
	for h := range s.hashes {
		keys = append(keys, "hash "+h)
	}
	if s.name != "" {
		keys = append(keys, "name "+s.name)
	}
	if s.sbom != "" {
		keys = append(keys, "sbom "+s.sbom)
	} else if s.id != "" {
		keys = append(keys, "id "+s.id)
	}
	return unique(keys)
}

// versioned reports whether the statement names a version.
func (s *statedIdentity) versioned() bool {
	if s.sbom != "" || len(s.hashes) > 0 || s.versions != nil && !s.versions.All {
		return true
	}
	for i := range s.purls {
		if s.purls[i].version != "" {
			return true
		}
	}
	for _, c := range s.cpes {
		if c.version != "" {
			return true
		}
	}
	return false
}

// actualIdentity is what is known of a product or component of ours.
type actualIdentity struct {
	ids     []string
	purls   []purlName
	cpes    []*cpeName
	hashes  map[string]bool
	vendors []string
	names   []string
	version string
	sboms   map[string]bool
	ref     string
	keys    []string
	isPart  bool
}

func (s *Case) productIdentity() *actualIdentity {
	a := &actualIdentity{ids: s.IDs, version: s.Version, ref: s.Ref, hashes: hashSet(s.Hashes)}
	a.add(s.Purls, s.CPEs, s.Vendors, s.Names, s.SBOMs)
	return a
}

func (s *Case) componentIdentity() *actualIdentity {
	c := s.Component
	if c == nil {
		return nil
	}
	a := &actualIdentity{version: c.Version, ref: c.Ref, hashes: hashSet(c.Hashes), isPart: true}
	var purls []string
	if c.Purl != "" {
		purls = []string{c.Purl}
	}
	a.add(purls, c.CPEs, []string{c.Supplier, c.Group}, []string{c.Name, c.FullName()}, s.SBOMs)
	if a.version == "" && len(a.purls) > 0 {
		a.version = a.purls[0].version
	}
	return a
}

func (a *actualIdentity) add(purls, cpes, vendors, names, sboms []string) {
	for _, p := range purls {
		if n, ok := parsePurl(p); ok {
			if n.version == "" {
				n.version = a.version
			}
			a.purls = append(a.purls, n)
			a.keys = append(a.keys, "purl "+n.key)
		}
	}
	for _, c := range cpes {
		if n := parseCPE(c); n != nil {
			a.cpes = append(a.cpes, n)
			a.keys = append(a.keys, "cpe "+n.vendor+":"+n.product)
		}
	}
	for h := range a.hashes {
		a.keys = append(a.keys, "hash "+h)
	}
	for _, v := range vendors {
		if v = plainVendor(v); v != "" {
			a.vendors = append(a.vendors, v)
		}
	}
	for _, n := range names {
		if n = plainName(n); n != "" {
			a.names = append(a.names, n)
			a.keys = append(a.keys, "name "+n)
			if v := plainName(a.version); v != "" {
				a.keys = append(a.keys, "name "+n+" "+v)
			}
		}
	}
	a.sboms = map[string]bool{}
	for _, s := range sboms {
		a.sboms[strings.ToLower(s)] = true
		a.keys = append(a.keys, "sbom "+strings.ToLower(s))
	}
	for _, id := range a.ids {
		a.keys = append(a.keys, "id "+id)
	}
	a.keys = unique(a.keys)
}

// fits reports whether s names a. Every kind of identifier that both have must
// agree, and at least one must.
func (s *statedIdentity) fits(a *actualIdentity) bool {
	found := false
	if s.sbom != "" {
		if !a.sboms[s.sbom] || a.ref == "" || s.id != a.ref {
			return false
		}
		found = true
	}
	if len(s.hashes) > 0 && len(a.hashes) > 0 {
		if !s.fitsHash(a) {
			return false
		}
		found = true
	}
	if len(s.purls) > 0 && len(a.purls) > 0 {
		if !s.fitsPurl(a) {
			return false
		}
		found = true
	}
	if len(s.cpes) > 0 && len(a.cpes) > 0 {
		if !s.fitsCPE(a) {
			return false
		}
		found = true
	}
	if !found && s.sbom == "" {
		for _, id := range a.ids {
			found = found || s.id != "" && s.id == id
		}
	}
	if !found {
		// Only names are left, and they count only where nothing surer is
		// given that could not be checked and names a version.
		fits, named := s.fitsName(a)
		if !fits {
			return false
		}
		if !named && s.versions == nil && s.versioned() {
			return false
		}
	}
	if s.versions == nil {
		return true
	}
	v, _ := InRange(*s.versions, a.version)
	return v == Inside
}

func (s *statedIdentity) fitsHash(a *actualIdentity) bool {
	for h := range s.hashes {
		if a.hashes[h] {
			return true
		}
	}
	return false
}

func (s *statedIdentity) fitsPurl(a *actualIdentity) bool {
	for i := range s.purls {
		for j := range a.purls {
			if s.purls[i].covers(&a.purls[j]) {
				return true
			}
		}
	}
	return false
}

// fitsCPE: the statement's name is a superset of ours (NIST IR 7696).
func (s *statedIdentity) fitsCPE(a *actualIdentity) bool {
	for _, c := range s.cpes {
		for _, o := range a.cpes {
			if !c.wild && cpeCovers(c, o, a.version) {
				return true
			}
		}
	}
	return false
}

func cpeCovers(c, o *cpeName, version string) bool {
	for attr, r := range matching.CompareWFNs(c.wfn, o.wfn) {
		if r == matching.EQUAL || r == matching.SUPERSET {
			continue
		}
		if attr != common.AttributeVersion || o.version != "" || c.version == "" {
			return false
		}
		if cmp, ok := MakerOrder(c.version, version); !ok || cmp != 0 {
			return false
		}
	}
	return true
}

// fitsName compares names. named reports whether the version stands in the
// name and agrees.
func (s *statedIdentity) fitsName(a *actualIdentity) (fits, named bool) {
	if s.name == "" {
		return false, false
	}
	version := plainName(a.version)
	for _, n := range a.names {
		if n == s.name {
			fits = true
		} else if version != "" && n+" "+version == s.name {
			fits, named = true, true
		}
	}
	if !fits || s.vendor == "" {
		return fits, named
	}
	if len(a.vendors) == 0 {
		return a.isPart, named // SBOMs often leave out who makes a library
	}
	for _, v := range a.vendors {
		if v == s.vendor {
			return true, named
		}
	}
	return false, false
}
