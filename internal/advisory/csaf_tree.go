package advisory

import (
	"fmt"
	"strings"

	"github.com/wardbook/wardbook"
)

type csafTree struct {
	obj
	Branches         list[csafBranch]       `json:"branches"`
	FullProductNames list[csafProduct]      `json:"full_product_names"`
	ProductGroups    list[csafGroup]        `json:"product_groups"`
	Relationships    list[csafRelationship] `json:"relationships"`
}

type csafBranch struct {
	obj
	Branches list[csafBranch] `json:"branches"`
	Category string           `json:"category"`
	Name     string           `json:"name"`
	Product  *csafProduct     `json:"product"`
}

type csafProduct struct {
	obj
	Name   string      `json:"name"`
	ID     string      `json:"product_id"`
	Helper *csafHelper `json:"product_identification_helper"`
	// Helpers is the plural that some producers write for Helper.
	Helpers *csafHelper `json:"product_identification_helpers"`
}

type csafHelper struct {
	obj
	CPE    string       `json:"cpe"`
	Purl   string       `json:"purl"`
	Purls  list[string] `json:"purls"` // CSAF 2.1
	Hashes list[struct {
		obj
		FileHashes list[struct {
			obj
			Algorithm string `json:"algorithm"`
			Value     string `json:"value"`
		}] `json:"file_hashes"`
	}] `json:"hashes"`
	ModelNumbers  list[string] `json:"model_numbers"`
	SBOMURLs      list[string] `json:"sbom_urls"`
	SerialNumbers list[string] `json:"serial_numbers"`
	SKUs          list[string] `json:"skus"`
	GenericURIs   list[struct {
		obj
		Namespace string `json:"namespace"`
		URI       string `json:"uri"`
	}] `json:"x_generic_uris"`
}

type csafGroup struct {
	obj
	ID       string       `json:"group_id"`
	Products list[string] `json:"product_ids"`
}

type csafRelationship struct {
	obj
	Category string       `json:"category"`
	Product  *csafProduct `json:"full_product_name"`
	Of       string       `json:"product_reference"`
	To       string       `json:"relates_to_product_reference"`
}

// productTree is the tree, flattened: one product for each product_id.
type productTree struct {
	products []wardbook.AdvisoryProduct
	byID     map[string]int // index into products
	groups   map[string][]string
	ranges   map[string]wardbook.VersionRange // texts of this document that were read already
}

func (d *decoder) tree(raw *csafTree) *productTree {
	t := &productTree{byID: map[string]int{}, groups: map[string][]string{}}
	if raw == nil {
		return t
	}
	t.ranges = map[string]wardbook.VersionRange{}
	t.products = make([]wardbook.AdvisoryProduct, 0, countProducts(raw.Branches)+len(raw.FullProductNames)+len(raw.Relationships))
	d.branches(t, raw.Branches, nil, "/product_tree")
	for i := range raw.FullProductNames {
		d.product(t, &raw.FullProductNames[i], nil, fmt.Sprintf("/product_tree/full_product_names/%d", i))
	}
	d.relationships(t, raw.Relationships)
	for i, g := range raw.ProductGroups {
		place := fmt.Sprintf("/product_tree/product_groups/%d", i)
		if _, dup := t.groups[g.ID]; dup {
			d.problem(place+"/group_id", "%q is defined twice; both sets of products count", g.ID)
		}
		for j, id := range g.Products {
			d.known(t, id, place, "product_ids", j)
		}
		t.groups[g.ID] = append(t.groups[g.ID], g.Products...)
	}
	return t
}

func countProducts(bs list[csafBranch]) (n int) {
	for i := range bs {
		if bs[i].Product != nil {
			n++
		}
		n += countProducts(bs[i].Branches)
	}
	return n
}

func (d *decoder) branches(t *productTree, bs list[csafBranch], path []wardbook.Branch, place string) {
	if len(path) >= maxDepth {
		if len(bs) > 0 {
			d.problem(place, "branches nest deeper than %d; what is below was left out", maxDepth)
		}
		return
	}
	for i := range bs {
		b := &bs[i]
		// A full slice expression: siblings must not share the tail.
		at := append(path[:len(path):len(path)], wardbook.Branch{Category: b.Category, Name: b.Name})
		if b.Product == nil && len(b.Branches) == 0 {
			d.problem(fmt.Sprintf("%s/branches/%d", place, i), "has neither branches nor a product")
		}
		if b.Product != nil {
			d.product(t, b.Product, at, fmt.Sprintf("%s/branches/%d/product", place, i))
		}
		if len(b.Branches) > 0 {
			d.branches(t, b.Branches, at, fmt.Sprintf("%s/branches/%d", place, i))
		}
	}
}

// product adds one full product name, which path leads to.
func (d *decoder) product(t *productTree, raw *csafProduct, path []wardbook.Branch, place string) *wardbook.AdvisoryProduct {
	if raw.ID == "" {
		d.problem(place+"/product_id", "is missing; the product was left out: %.80q", raw.Name)
		return nil
	}
	p := wardbook.AdvisoryProduct{ID: raw.ID, Name: raw.Name, Path: path}
	t.place(&p)
	d.checkName(&p, place+"/name")
	identify(&p, raw.Helper)
	identify(&p, raw.Helpers)
	p.Excludes = exclusions(&p)
	if first, dup := t.byID[p.ID]; dup {
		// Which of the two a status means cannot be told, so both stay.
		d.problem(place+"/product_id", "%q is defined twice: %.80q and %.80q; both count", p.ID, t.products[first].Name, p.Name)
	} else {
		t.byID[p.ID] = len(t.products)
	}
	t.products = append(t.products, p)
	return &t.products[len(t.products)-1]
}

// place reads what the branches on the path say of p.
func (t *productTree) place(p *wardbook.AdvisoryProduct) {
	version := -1
	for i, b := range p.Path {
		switch b.Category {
		case "vendor":
			p.Vendor = b.Name
		case "product_family":
			if p.Family != "" {
				p.Family += " "
			}
			p.Family += b.Name
		case "product_name":
			p.Product = b.Name
		case "product_version", "product_version_range":
			if version >= 0 {
				p.Other = append(p.Other, p.Path[version])
			}
			version = i
		default:
			p.Other = append(p.Other, b)
		}
	}
	if version >= 0 {
		p.Versions = t.versions(p, p.Path[version])
	}
}

// versions reads the text of a version branch. Equal texts share what was
// read, as long as the product's name had no say in it.
func (t *productTree) versions(p *wardbook.AdvisoryProduct, b wardbook.Branch) wardbook.VersionRange {
	key := b.Category + "\x00" + b.Name
	if r, ok := t.ranges[key]; ok {
		return r
	}
	r, contextual := parseRange(b.Category, b.Name, p)
	if !contextual {
		t.ranges[key] = r
	}
	return r
}

// identify adds what a product_identification_helper says.
func identify(p *wardbook.AdvisoryProduct, h *csafHelper) {
	if h == nil {
		return
	}
	if p.CPE == "" {
		p.CPE = h.CPE
	}
	if h.Purl != "" {
		p.Purls = append(p.Purls, h.Purl)
	}
	p.Purls = append(p.Purls, h.Purls...)
	p.ModelNumbers = append(p.ModelNumbers, h.ModelNumbers...)
	p.SKUs = append(p.SKUs, h.SKUs...)
	p.SerialNumbers = append(p.SerialNumbers, h.SerialNumbers...)
	p.SBOMURLs = append(p.SBOMURLs, h.SBOMURLs...)
	for _, set := range h.Hashes {
		for _, f := range set.FileHashes {
			p.Hashes = append(p.Hashes, wardbook.Hash{Algorithm: hashName(f.Algorithm), Value: strings.ToLower(f.Value)})
		}
	}
	for _, u := range h.GenericURIs {
		p.URIs = append(p.URIs, u.URI)
	}
}

// hashName spells an algorithm as CycloneDX spells it ("sha256" is SHA-256).
func hashName(s string) string {
	u := strings.ToUpper(strings.ReplaceAll(s, "_", "-"))
	if rest, ok := strings.CutPrefix(u, "SHA"); ok && rest != "" && rest[0] != '-' && rest != "3" && !strings.HasPrefix(rest, "3-") {
		return "SHA-" + rest
	}
	return u
}

func (d *decoder) relationships(t *productTree, rs list[csafRelationship]) {
	for i := range rs {
		r := &rs[i]
		if r.Product == nil {
			d.problem(fmt.Sprintf("/product_tree/relationships/%d/full_product_name", i), "is missing; the relationship was left out")
			continue
		}
		p := d.product(t, r.Product, nil, fmt.Sprintf("/product_tree/relationships/%d/full_product_name", i))
		if p != nil {
			p.Relation, p.Component, p.Host = r.Category, r.Of, r.To
		}
	}
	for i := range rs {
		r := &rs[i]
		for _, ref := range []struct{ field, id string }{{"product_reference", r.Of}, {"relates_to_product_reference", r.To}} {
			if _, ok := t.byID[ref.id]; !ok {
				d.problem(fmt.Sprintf("/product_tree/relationships/%d/%s", i, ref.field), "no product has the id %q", ref.id)
			} else if r.Product != nil && ref.id == r.Product.ID {
				d.problem(fmt.Sprintf("/product_tree/relationships/%d/%s", i, ref.field), "the product refers to itself")
			}
		}
	}
}

// known reports whether a product has this id, and names the place if not.
func (d *decoder) known(t *productTree, id, place, field string, i int) bool {
	if _, ok := t.byID[id]; ok {
		return true
	}
	d.problem(fmt.Sprintf("%s/%s/%d", place, field, i), "no product has the id %q", id)
	return false
}

// members are the products that a list of product_ids and group_ids names,
// each once, in order.
func (d *decoder) members(t *productTree, ids, groups list[string], place string) []string {
	if len(groups) == 0 && len(t.groups) == 0 {
		for i, id := range ids {
			d.known(t, id, place, "product_ids", i)
		}
		return ids
	}
	var out []string
	seen := make(map[string]bool, len(ids))
	add := func(id string) {
		if !seen[id] {
			seen[id] = true
			out = append(out, id)
		}
	}
	for i, id := range ids {
		d.known(t, id, place, "product_ids", i)
		add(id)
	}
	for i, g := range groups {
		if _, ok := t.groups[g]; !ok {
			d.problem(fmt.Sprintf("%s/group_ids/%d", place, i), "no product group has the id %q", g)
		}
		for _, id := range t.groups[g] {
			add(id)
		}
	}
	return out
}
