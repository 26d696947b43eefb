package bench

import (
	"archive/zip"
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"

	"github.com/wardbook/wardbook"
)

// Components are of packages that vulnerability records speak of too: a pool of
// names, of which each product takes some at versions 1.0.0 to 1.99.0. A record
// is about the lowest versions, so that few components have a finding.
const (
	mostNames = 20_000
	oneOf     = 15 // records of which one is about a name of the pool
	minor     = 100
)

// pool is how many names there are: each has a record at least.
func (f Fleet) pool() int { return min(max(f.Vulnerabilities/oneOf, 2), mostNames) }

// SBOMs writes a zip with one CycloneDX document for each product.
func (f Fleet) SBOMs(w io.Writer) error {
	z, pool := zip.NewWriter(w), f.pool()
	for p := range f.Products {
		r := rand.New(rand.NewPCG(3, uint64(p)))
		maker, model, version, _ := product(p)
		m, err := z.Create(fmt.Sprintf("product-%05d.cdx.json", p))
		if err != nil {
			return err
		}
		buf := bufio.NewWriter(m)
		fmt.Fprintf(buf, `{"bomFormat":"CycloneDX","specVersion":"1.5","version":1,"metadata":{"component":{"bom-ref":"device","type":"device","manufacturer":{"name":%q},"name":%q,"version":%q}},"components":[`, maker, model, version)
		for c := range f.Components {
			if c > 0 {
				_ = buf.WriteByte(',')
			}
			name, v := fmt.Sprintf("part-%d", (r.IntN(pool/2)*2+c%2)%pool), fmt.Sprintf("1.%d.0", r.IntN(minor))
			fmt.Fprintf(buf, `{"bom-ref":"c%d","type":"library","name":%q,"version":%q,"purl":"pkg:pypi/%s@%s"}`, c, name, v, name, v)
		}
		if _, err := buf.WriteString("]}\n"); err != nil {
			return err
		}
		if err := buf.Flush(); err != nil {
			return err
		}
	}
	return z.Close()
}

// Records writes a zip with OSV records: one of fifteen is about a package that
// components are made of, the others are of packages that nobody has.
func (f Fleet) Records(w io.Writer) error {
	z, pool := zip.NewWriter(w), f.pool()
	for n := range f.Vulnerabilities {
		m, err := z.Create(fmt.Sprintf("BENCH-%07d.json", n))
		if err != nil {
			return err
		}
		name := fmt.Sprintf("other-%d", n)
		if n%oneOf == 0 {
			name = fmt.Sprintf("part-%d", n/oneOf%pool)
		}
		_, err = fmt.Fprintf(m, `{"schema_version":"1.6.0","id":"BENCH-%07d","modified":"2026-01-01T00:00:00Z","published":"2026-01-01T00:00:00Z","aliases":["CVE-2026-%d"],"summary":"A length is not checked",`+
			`"severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:%s"}],"affected":[{"package":{"ecosystem":"PyPI","name":%q},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"1.1.%d"}]}]}]}`,
			n, 100_000+n, []string{"N", "L", "H"}[n%3], name, n%5)
		if err != nil {
			return err
		}
	}
	return z.Close()
}

// Advisory makes the nth of the advisories that have not been seen before. One
// of four is about a product of the fleet at some versions, one about a package
// of its components, the others about what the fleet does not have.
func (f Fleet) Advisory(n int) *wardbook.Advisory {
	r := rand.New(rand.NewPCG(4, uint64(n)))
	maker, model, _, _ := product(r.IntN(f.Products))
	p := wardbook.AdvisoryProduct{ID: "P1", Vendor: maker, Product: model, Name: maker + " " + model, Versions: wardbook.VersionRange{Raw: "< 5.0", Intervals: []wardbook.Interval{{Max: "5.0"}}}}
	switch n % 4 {
	case 1:
		name := fmt.Sprintf("part-%d", r.IntN(f.pool()))
		p = wardbook.AdvisoryProduct{ID: "P1", Product: name, Name: name, Purls: []string{"pkg:pypi/" + name}, Versions: wardbook.VersionRange{Raw: "< 1.50.0", Intervals: []wardbook.Interval{{Max: "1.50.0"}}}}
	case 2, 3:
		p.Vendor, p.Product = "Nobody", fmt.Sprintf("Otherware %d", n)
		p.Name = p.Vendor + " " + p.Product
	}
	id := fmt.Sprintf("CVE-2026-%d", 900_000+n)
	return &wardbook.Advisory{
		ID: fmt.Sprintf("BENCH-SA-%d", n), Title: "An input is not checked", Category: "csaf_security_advisory", Publisher: maker, PublisherCategory: "vendor", Status: "final", Version: "1",
		Products:        []wardbook.AdvisoryProduct{p},
		Vulnerabilities: []wardbook.AdvisoryVulnerability{{ID: id, CVE: id, Status: map[wardbook.Status][]string{wardbook.Affected: {"P1"}}}},
	}
}
