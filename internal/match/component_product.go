package match

import (
	"strings"

	"github.com/wardbook/wardbook"
)

// byProduct evaluates the records that name a component by CPE or by vendor
// and product. It is for components whose purl does not say what they are.
func (m *Matcher) byProduct(c wardbook.Component, at int, env func() *environment) ([]hit, error) {
	c.Name, c.Group, c.Supplier = strings.Clone(c.Name), strings.Clone(c.Group), strings.Clone(c.Supplier)
	subjects := m.subjects(c)
	if len(subjects) == 0 {
		subjects = nameSubjects(c)
	}
	seen := map[string]bool{}
	var hits []hit
	for _, s := range subjects {
		if s.vendor == "" || s.product == "" || seen[s.vendor+"\x00"+s.product] {
			continue
		}
		seen[s.vendor+"\x00"+s.product] = true
		key := [2]string{"cpe:" + s.vendor, s.product}
		records, ok := m.records.get(key)
		if !ok {
			var err error
			if records, err = m.db.ByProduct(s.vendor, s.product); err != nil {
				return nil, err
			}
			m.records.put(key, records, 1+len(records))
		}
		for _, r := range records {
			if seen["\x00"+r.Source+r.ID] {
				continue
			}
			seen["\x00"+r.Source+r.ID] = true
			if h, ok := m.productHit(c, at, subjects, env, r); ok {
				hits = append(hits, h)
			}
		}
	}
	return hits, nil
}

// nameSubjects are the names of a component without a CPE: with its maker,
// or, where no maker is given, with its own name in the maker's place
// ("openssl" of "openssl"), which only ever asks.
func nameSubjects(c wardbook.Component) []subject {
	version := c.Version
	if !known(version) {
		version = ""
	}
	product := cpeWord(c.Name)
	var out []subject
	for _, maker := range []string{c.Supplier, c.Group} {
		if v := cpeVendor(maker); v != "" && product != "" {
			out = append(out, subject{vendor: v, product: product, version: version, text: maker + " " + c.Name})
		}
	}
	if len(out) == 0 && len(product) > 2 && version != "" {
		out = append(out, subject{vendor: product, product: product, version: version, text: c.Name, weak: true})
	}
	return out
}

// cpeWord spells a name as CPEs do: lower case, "_" for spaces.
func cpeWord(s string) string {
	return strings.Join(strings.Fields(strings.ToLower(s)), "_")
}

// companyForms are words of a company's name that CPE vendors leave out.
var companyForms = map[string]bool{
	"inc": true, "inc.": true, "incorporated": true, "corp": true, "corp.": true, "corporation": true, "ltd": true, "ltd.": true,
	"limited": true, "llc": true, "gmbh": true, "ag": true, "se": true, "sa": true, "s.a.": true, "bv": true, "b.v.": true, "co": true,
	"co.": true, "company": true, "foundation": true, "project": true, "software": true, "the": true, "organization": true,
}

func cpeVendor(s string) string {
	s = strings.TrimSpace(strings.NewReplacer("Organization:", "", "Person:", "", ",", " ").Replace(s))
	var words []string
	for _, w := range strings.Fields(strings.ToLower(s)) {
		if !companyForms[w] {
			words = append(words, w)
		}
	}
	return strings.Join(words, "_")
}

// productHit evaluates one record.
func (m *Matcher) productHit(c wardbook.Component, at int, subjects []subject, env func() *environment, r *wardbook.Vulnerability) (hit, bool) {
	best, ok := m.configurationHit(at, subjects, env, r)
	for i := range r.Affected {
		h, named := m.vendorHit(c, subjects, r, &r.Affected[i])
		if named && (!ok || rank(h.status) > rank(best.status)) {
			best, ok = h, true
		}
	}
	if ok && r.Withdrawn {
		best = hit{record: r}.outside("withdrawn", r.ID+" is withdrawn")
	}
	return best, ok
}

// configurationHit evaluates the applicability trees. ok is false where none
// names the component.
func (m *Matcher) configurationHit(at int, subjects []subject, env func() *environment, r *wardbook.Vulnerability) (h hit, ok bool) {
	if len(r.Configurations) == 0 {
		return hit{}, false
	}
	var best outcome
	f := fitNo
	for i := range r.Configurations {
		o := m.tree(&r.Configurations[i], at, subjects, env(), 0)
		if g := min(o.fit, o.self); g > f {
			f, best = g, o
		}
		if f == fitYes {
			break
		}
	}
	h = hit{record: r, status: wardbook.Affected, confidence: sureCPE, why: best.steps}
	if best.fixed != "" {
		h.fixed = []string{best.fixed}
	}
	switch f {
	case fitNo:
		return h.outside("cpe", "no configuration of "+r.ID+" holds for "+subjects[0].text), true
	case fitMaybe:
		confidence := likely
		if subjects[0].cpe == nil {
			confidence = doubtful
		}
		if subjects[0].weak {
			confidence = weak
		}
		h.status, h.confidence, h.ask = wardbook.PossiblyAffected, confidence, best.ask
	}
	return h, true
}

// vendorHit evaluates vendor and product of one affected[] entry of a CVE
// record. Only where both are spelled alike, and the version is decided, is
// that an answer; else it is a question.
func (m *Matcher) vendorHit(c wardbook.Component, subjects []subject, r *wardbook.Vulnerability, a *wardbook.AffectedPackage) (h hit, named bool) {
	if a.Vendor == "" || a.Product == "" {
		return hit{}, false
	}
	var s *subject
	for i := range subjects {
		t := &subjects[i]
		if cpeVendor(a.Vendor) == cpeVendor(strings.ReplaceAll(t.vendor, "_", " ")) && cpeWord(a.Product) == t.product {
			s = t
			break
		}
	}
	if s == nil {
		return hit{}, false
	}
	h = hit{record: r, why: []wardbook.Step{{Step: "vendor and product", Detail: s.text + " is named as " + a.Vendor + " " + a.Product}}}
	v := m.versionHit("", s.version, a)
	h.why, h.fixed = append(h.why, v.why...), v.fixed
	h.status, h.confidence, h.ask = v.status, min(v.confidence, sureProduct), v.ask
	if h.status == wardbook.NotAffected {
		return h, true
	}
	exact := strings.EqualFold(a.Product, c.Name) && (strings.EqualFold(a.Vendor, c.Supplier) || strings.EqualFold(a.Vendor, c.Group))
	switch {
	case s.cpe != nil: // the SBOM's CPE is a stated identity
	case s.weak:
		h.doubt(weak, wardbook.AskComponent, "names", "the SBOM does not say who makes it")
	case !exact:
		h.doubt(doubtful, wardbook.AskComponent, "names", "the names are alike, not equal")
	}
	return h, true
}
