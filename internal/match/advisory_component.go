package match

import (
	"fmt"
	"strings"

	"github.com/package-url/packageurl-go"

	"github.com/wardbook/wardbook"
)

// purlKey is type, namespace and name of a package URL, "" where it is none.
func purlKey(p string) (key, version string) {
	u, err := packageurl.FromString(p)
	if err != nil {
		return "", ""
	}
	return strings.ToLower(u.Type + "/" + u.Namespace + "/" + u.Name), u.Version
}

// Component returns what the advisories say of a component of an SBOM: by
// package URL where the document gives one, else by supplier and name. A purl
// of a known ecosystem vetoes the match by name: it says that the component is
// something else than a maker's product of that name.
func (a *Advisories) Component(c *wardbook.Component) []AdvisoryMatch {
	var out []AdvisoryMatch
	key, version := purlKey(c.Purl)
	if version == "" {
		version = c.Version
	}
	seen := map[*wardbook.Advisory]bool{}
	if key != "" {
		byAdvisory := map[int32][]named{}
		var order []int32
		for _, n := range a.byPurl[key] {
			x := &a.products[n]
			if f, ok := a.byPackageURL(c, x, key, version); ok {
				if byAdvisory[x.advisory] == nil {
					order = append(order, x.advisory)
				}
				byAdvisory[x.advisory] = append(byAdvisory[x.advisory], f)
			}
		}
		for _, n := range order {
			seen[a.list[n]] = true
			out = append(out, a.conclude(a.list[n], byAdvisory[n])...)
		}
		typ, _, _ := strings.Cut(key, "/")
		if !openTypes[typ] {
			return out
		}
	}
	if c.Name == "" || isDigits(c.Name) {
		return out
	}
	for _, m := range a.Match(Identity{Manufacturer: c.Supplier, Model: c.Name, Version: c.Version}) {
		if seen[m.Advisory] || !certainName(m) {
			continue
		}
		out = append(out, m)
	}
	return out
}

// certainName reports whether a component is matched well enough by name: who
// made it is known, or its name is the product's own. Components have common
// names, so what would be a question about a device is nothing here.
func certainName(m AdvisoryMatch) bool {
	for _, d := range m.Doubts {
		if d.Kind == wardbook.AskProduct || d.Kind == wardbook.AskMaker {
			return false
		}
	}
	return true
}

// byPackageURL holds a component against a product that a document identifies
// by package URL.
func (a *Advisories) byPackageURL(c *wardbook.Component, x *indexed, key, version string) (named, bool) {
	f := named{indexed: x, comparison: comparison{fit: closeFit, confidence: .98}, version: version}
	f.step("purl", "%s is the package %s that the document names", c.Purl, key)
	typ, _, _ := strings.Cut(key, "/")
	for _, p := range x.product.Purls {
		k, v := purlKey(p)
		if k != key {
			continue
		}
		if v != "" {
			order, ok := CompareVersions(purlEcosystems[typ], version, v)
			switch {
			case version == v || ok && order == 0:
				f.verdict, f.versionWhy = Inside, fmt.Sprintf("the document names version %s", v)
			case version == "" || !ok:
				f.verdict, f.versionWhy = Undecided, fmt.Sprintf("the document names version %s, the component's is %s", v, quoteVersion(version))
			default:
				return named{}, false
			}
			return f, true
		}
	}
	r := x.product.Versions
	if r.Scheme == "" {
		r.Scheme = purlEcosystems[typ]
	}
	if r.Raw == "" && !r.All && len(r.Intervals)+len(r.Versions) == 0 {
		f.verdict, f.versionWhy = Inside, "the document names no version: every version is meant"
		return f, true
	}
	f.verdict, f.versionWhy = InRange(r, version)
	return f, true
}
