package advisory

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/wardbook/wardbook"
)

// affects makes one statement for each status that the targets of v have.
func (r *bomReader) affects(base wardbook.Statement, v *bomVuln, state wardbook.Status, place string) {
	subjects := map[wardbook.Status][]wardbook.StatementSubject{}
	for i := range v.Affects {
		a := &v.Affects[i]
		at := fmt.Sprintf("%s/affects/%d", place, i)
		for status, versions := range r.versions(a, state, at) {
			s, ok := r.subject(a.Ref, versions, at+"/ref")
			if ok {
				subjects[status] = append(subjects[status], s)
			}
		}
	}
	if len(subjects) == 0 {
		r.problem(place+"/affects", "names no product: the statement applies to nothing")
		subjects[state] = nil
	}
	for _, status := range wardbook.Statuses {
		products, ok := subjects[status]
		if !ok {
			continue
		}
		s := base
		s.ID = fmt.Sprintf("%s/%s/%s/%d", r.document, v.ID, status, len(r.doc.Statements)+1)
		s.Status, s.Products = status, products
		if status != wardbook.NotAffected {
			s.Justification = ""
		}
		r.doc.Statements = append(r.doc.Statements, s)
	}
}

// versions sorts the versions of a target under statuses; no versions at all
// is every version under the state of the analysis.
func (r *bomReader) versions(a *bomAffect, state wardbook.Status, place string) map[wardbook.Status]*wardbook.VersionRange {
	out := map[wardbook.Status]*wardbook.VersionRange{}
	for i, v := range a.Versions {
		at := fmt.Sprintf("%s/versions/%d", place, i)
		status := state
		switch v.Status {
		case "", "affected":
			if state == wardbook.NotAffected || state == wardbook.Fixed {
				r.problem(at+"/status", "is affected, but the analysis says %s; affected counts", state)
				status = wardbook.Affected
			}
		case "unaffected":
			if state != wardbook.Fixed {
				status = wardbook.NotAffected
			}
		case "unknown":
			status = wardbook.UnderInvestigation
		default:
			r.problem(at+"/status", "is no status of CycloneDX: %.40q", v.Status)
			status = wardbook.UnderInvestigation
		}
		var one wardbook.VersionRange
		switch {
		case v.Range != "":
			one = ParseRange("product_version_range", v.Range)
		case v.Version != "":
			one = wardbook.VersionRange{Raw: v.Version, Versions: []string{v.Version}}
		default:
			r.problem(at, "has neither a version nor a range")
			continue
		}
		out[status] = union(out[status], one)
	}
	if len(a.Versions) == 0 {
		out[state] = nil
	}
	return out
}

// union adds b to a; a may be nil.
func union(a *wardbook.VersionRange, b wardbook.VersionRange) *wardbook.VersionRange {
	if a == nil {
		return &b
	}
	a.Raw += " | " + b.Raw
	a.All = a.All || b.All
	if a.Scheme == "" {
		a.Scheme = b.Scheme
	}
	a.Intervals = append(a.Intervals, b.Intervals...)
	a.Versions = append(a.Versions, b.Versions...)
	a.Except = append(a.Except, b.Except...)
	a.Models = append(a.Models, b.Models...)
	a.Conditions = append(a.Conditions, b.Conditions...)
	a.Unclear = strings.TrimPrefix(strings.Join([]string{a.Unclear, b.Unclear}, "; "), "; ")
	a.Unclear = strings.TrimSuffix(a.Unclear, "; ")
	return a
}

// subject finds what a ref points to: an element of this document, or of
// another one by BOM-Link (urn:cdx:serial/version#ref).
func (r *bomReader) subject(ref string, versions *wardbook.VersionRange, place string) (wardbook.StatementSubject, bool) {
	if ref == "" {
		r.problem(place, "is missing")
		return wardbook.StatementSubject{}, false
	}
	if serial, inside, ok := bomLink(ref); ok {
		if c := r.byRef[inside]; c != nil && strings.EqualFold(serial, r.raw.Serial) {
			return r.local(c, versions), true
		}
		s := wardbook.StatementSubject{ID: inside, SBOM: serial, Versions: versions}
		if strings.HasPrefix(inside, "pkg:") {
			s.Purls = []string{inside}
		}
		return s, true
	}
	if c := r.byRef[ref]; c != nil {
		return r.local(c, versions), true
	}
	s := wardbook.StatementSubject{ID: ref, Versions: versions}
	if strings.HasPrefix(ref, "pkg:") {
		s.Purls = []string{ref}
		return s, true
	}
	r.problem(place, "nothing in the document has the bom-ref %.80q", ref)
	s.SBOM = r.raw.Serial
	return s, true
}

// bomLink splits a BOM-Link into the serial number of the BOM and the bom-ref
// in it. "urn:uuid:…/1#ref" is read too.
func bomLink(ref string) (serial, inside string, ok bool) {
	link, ok := strings.CutPrefix(ref, "urn:cdx:")
	if !ok {
		if link, ok = strings.CutPrefix(ref, "urn:uuid:"); !ok || !strings.Contains(ref, "#") {
			return "", "", false
		}
	}
	link, inside, _ = strings.Cut(link, "#")
	if plain, err := url.PathUnescape(inside); err == nil && !strings.HasPrefix(inside, "pkg:") {
		inside = plain
	}
	link, _, _ = strings.Cut(link, "/")
	return "urn:uuid:" + link, inside, true
}

// local is a component of this document. Where it is a part of the product
// that the document is about, the subject is that product with the part.
func (r *bomReader) local(c *bomComponent, versions *wardbook.VersionRange) wardbook.StatementSubject {
	s := r.component(c)
	if versions != nil {
		s.Versions = versions
	}
	if r.raw.Metadata == nil || r.raw.Metadata.Component == nil {
		return s
	}
	product := r.raw.Metadata.Component
	if product.Ref == c.Ref || product.Name == "" && product.Purl == "" && product.CPE == "" {
		return s
	}
	host := r.component(product)
	host.Components = []wardbook.StatementSubject{s}
	return host
}

func (r *bomReader) component(c *bomComponent) wardbook.StatementSubject {
	s := wardbook.StatementSubject{ID: c.Ref, Name: c.Name, Vendor: c.Group}
	for _, p := range []*bomParty{c.Maker, c.Supplier} {
		if p != nil && p.Name != "" {
			s.Vendor = p.Name
		}
	}
	if s.Vendor == "" {
		s.Vendor = c.Publisher
	}
	if c.Purl != "" {
		s.Purls = []string{c.Purl}
	}
	if c.CPE != "" {
		s.CPEs = []string{c.CPE}
	}
	for _, h := range c.Hashes {
		s.Hashes = append(s.Hashes, wardbook.Hash{Algorithm: h.Algorithm, Value: strings.ToLower(strings.TrimSpace(h.Value))})
	}
	if c.Version != "" {
		s.Versions = &wardbook.VersionRange{Raw: c.Version, Versions: []string{c.Version}}
	}
	if len(s.Purls)+len(s.CPEs)+len(s.Hashes) == 0 && s.Name == "" {
		s.SBOM = r.raw.Serial // nothing but the bom-ref tells it
	}
	return s
}
