package assess

import (
	"context"
	"strings"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/match"
)

// A turn matches SBOMs one after the other. Without an inventory each SBOM is
// one product of one device that nothing joins with the others, so that of its
// components only those stay that a finding names: a folder of SBOMs is read in
// the memory of its largest.
type turn struct {
	*run
	components *match.Matcher
	support    *support
	seen       map[string]bool
}

// sbomsInTurn makes products and findings of SBOMs without an inventory.
func (r *run) sbomsInTurn(ctx context.Context) error {
	t := &turn{run: r, support: r.Memo.support, seen: map[string]bool{}}
	if len(r.Advisories) > 0 {
		r.Memo.advisories.Update(r.Advisories, r.Catalog, r.answers)
	}
	if r.Records != nil {
		t.components = match.NewMatcher(r.Records)
	}
	given := r.SBOMs
	r.SBOMs = nil
	next := func(b SBOM) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return t.take(b)
	}
	for i := range given {
		if err := next(given[i]); err != nil {
			return err
		}
	}
	if r.Stream != nil {
		files, statements, err := r.Stream(next)
		if err != nil {
			return err
		}
		r.Files, r.Statements = files, append(r.Statements[:len(r.Statements):len(r.Statements)], statements...)
	}
	if r.Records == nil && len(r.SBOMs) > 0 {
		r.noteNoRecords()
	}
	return nil
}

// take makes a device and a product of an SBOM and matches it. An SBOM that is
// given twice counts once.
func (t *turn) take(b SBOM) error {
	if t.seen[b.Path] {
		return nil
	}
	t.seen[b.Path] = true
	i := len(t.SBOMs)
	b.ownHead()
	t.SBOMs = append(t.SBOMs, b)
	d := deviceOfSBOM(i, &b)
	d.DeviceClass = t.classify(&d)
	d.Product = id("P-", d.ID)
	t.Devices = append(t.Devices, d)
	t.products = append(t.products, product{
		Product: wardbook.Product{
			ID: d.Product, Manufacturer: d.Manufacturer, Name: d.Model, Version: d.Version,
			ModelNumber: d.ModelNumber, UDIDI: d.UDIDI, DeviceClass: d.DeviceClass, Devices: 1,
		},
		identity: identityOf(&d), devices: []int{i}, ids: []string{d.ID},
	})
	p := &t.products[i]
	p.addSBOM(t.SBOMs, joined{sbom: i, match: match.SubjectMatch{Status: wardbook.Affected, Confidence: 1}})
	from := len(t.findings)
	if len(t.Advisories) > 0 {
		t.advisoriesOf(p, t.Memo.advisories.Match([]match.Identity{p.identity})[0])
	}
	if t.components != nil {
		if err := t.componentsOf(t.components, p); err != nil {
			return err
		}
	}
	t.supportOf(t.support, p)
	if t.Memo.passing { // what is remembered may be asked about
		t.SBOMs[i].keep(t.findings[from:])
	}
	return nil
}

// keep drops the components that no finding names. What stays is copied, since
// one text of a document holds the memory of many.
func (s *SBOM) keep(named []wardbook.Finding) {
	wanted := map[string]bool{}
	for i := range named {
		if c := named[i].Component; c != nil {
			wanted[*c] = true
		}
	}
	all := s.Components
	s.Components, s.keys = nil, nil
	for i := range all {
		c := &all[i]
		if k := c.Key(); wanted[k] {
			wanted[k] = false // statements are held against the first of a key
			s.Components = append(s.Components, copyOf(c))
		}
	}
}

// ownHead copies what the SBOM says of the product.
func (s *SBOM) ownHead() {
	for _, p := range []*string{&s.Serial, &s.Manufacturer, &s.Name, &s.Version, &s.ModelNumber, &s.UDIDI, &s.Purl, &s.SupportEnd, &s.Ref} {
		*p = strings.Clone(*p)
	}
	c := copyOf(&wardbook.Component{CPEs: s.CPEs, Hashes: s.Hashes})
	s.CPEs, s.Hashes = c.CPEs, c.Hashes
}

// copyOf copies what statements are held against.
func copyOf(c *wardbook.Component) wardbook.Component {
	out := wardbook.Component{
		Ref: strings.Clone(c.Ref), Group: strings.Clone(c.Group), Name: strings.Clone(c.Name),
		Version: strings.Clone(c.Version), Supplier: strings.Clone(c.Supplier), Purl: strings.Clone(c.Purl),
	}
	for _, s := range c.CPEs {
		out.CPEs = append(out.CPEs, strings.Clone(s))
	}
	for _, h := range c.Hashes {
		out.Hashes = append(out.Hashes, wardbook.Hash{Algorithm: strings.Clone(h.Algorithm), Value: strings.Clone(h.Value)})
	}
	return out
}
