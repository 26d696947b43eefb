package match

import (
	"slices"
	"sort"
	"strings"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/catalog"
)

// An Identity is what an inventory (or an SBOM) says that decides which
// product a device is. Devices with equal identities have equal matches.
type Identity struct {
	Manufacturer string
	Model        string
	ModelNumber  string
	Version      string
	UDIDI        string
	OS           string
	// Type is the device type or description, which may name the model.
	Type string
}

// Advisories is an index of CSAF documents for matching against devices.
type Advisories struct {
	ledger   *ledger
	answers  *Answers
	list     []*wardbook.Advisory
	products []indexed
	byForm   map[string][]int32  // form of a word → products that ask for it
	byPurl   map[string][]int32  // type, namespace and name of a package URL → products
	byPrefix map[string][]int32  // prefix of a numbered range → products
	words    []string            // words of products, sorted: for names that were cut
	vocab    map[string][]string // a word with one letter less → words of products: for slips of the hand
	beside   *Advisories         // that this one stands for a part of; nil: it is the whole
}

// indexed is one product of an advisory, read for matching.
type indexed struct {
	advisory int32
	product  *wardbook.AdvisoryProduct
	vendor   []makerRef
	name     *productName
	excluded [][]string // words of phrases that take products out
	serials  string     // serial numbers that the full name limits the product to
	numbers  []string   // model numbers of the document, in the form of names
	mentions []string   // designators with letters in the text of its versions
}

// NewAdvisories reads the products of advisories for matching. Of several
// documents with one tracking id the newest counts.
func NewAdvisories(list []*wardbook.Advisory, cat *catalog.Catalog, ans *Answers) *Advisories {
	return newAdvisoryReader(cat).index(newest(list), ans)
}

// An advisoryReader reads the products of advisories. What it has read it knows
// when it is asked again.
type advisoryReader struct {
	ledger  *ledger
	vendors map[string][]makerRef
	names   map[string]*productName
	read    map[*wardbook.Advisory][]indexed // their number is that of the index they were last in
}

func newAdvisoryReader(cat *catalog.Catalog) *advisoryReader {
	return &advisoryReader{ledger: newLedger(cat.Names), vendors: map[string][]makerRef{}, names: map[string]*productName{}, read: map[*wardbook.Advisory][]indexed{}}
}

// index makes an index of documents, which have tracking ids of their own. The
// one that it made before is not to be used any more.
func (r *advisoryReader) index(list []*wardbook.Advisory, ans *Answers) *Advisories {
	return r.indexBeside(list, ans, nil)
}

// indexBeside makes an index that says of its documents what one would say that
// has those of beside, too.
func (r *advisoryReader) indexBeside(list []*wardbook.Advisory, ans *Answers, beside *Advisories) *Advisories {
	a := &Advisories{
		ledger: r.ledger, answers: ans, list: list, beside: beside,
		byForm: map[string][]int32{}, byPrefix: map[string][]int32{}, byPurl: map[string][]int32{}, vocab: map[string][]string{},
	}
	for i, adv := range a.list {
		for _, x := range r.products(adv) {
			x.advisory = int32(i)
			if x.name.unique != nil {
				x.name.unique = nil
			}
			a.add(x)
		}
	}
	a.findUnique()
	for w := range a.byForm {
		if len(w) >= 6 && isLetters(w) {
			a.words = append(a.words, w)
		}
	}
	sort.Strings(a.words)
	return a
}

// products reads the products of a document.
func (r *advisoryReader) products(adv *wardbook.Advisory) []indexed {
	if out, ok := r.read[adv]; ok {
		return out
	}
	out := make([]indexed, 0, len(adv.Products))
	packages := packagesOf(adv)
	for j := range adv.Products {
		if q := &adv.Products[j]; packages[q.ID] || packages[q.Component] {
			if packages[q.ID] {
				out = append(out, indexed{product: q, name: noName})
			}
			continue
		}
		p := withVendor(adv, &adv.Products[j])
		vendor, ok := r.vendors[p.Vendor]
		if !ok {
			vendor = r.ledger.resolveVendor(p.Vendor)
			r.vendors[p.Vendor] = vendor
		}
		text := productText(adv, p)
		name, ok := r.names[p.Vendor+"\x00"+text]
		if !ok {
			name = r.ledger.productName(text, vendor)
			r.names[p.Vendor+"\x00"+text] = name
		}
		if !name.identifying() && len(name.groups) < 2 && name.acronym == "" {
			name = r.ledger.productName(adv.Title, vendor)
			name.fromText = true
		}
		out = append(out, indexed{0, p, vendor, name, r.ledger.excluded(p), serialsIn().FindString(p.Name), modelNumbers(p), r.ledger.mentions(p.Versions.Raw)})
	}
	r.read[adv] = out
	return out
}

// noName is the name of a package: nothing is held against it by name.
var noName = &productName{}

// packagesOf lists the product_ids that a document identifies by a package URL
// of an ecosystem. They, and what they are a component of, are packages of a
// distribution and no devices, so only package URLs find them.
func packagesOf(adv *wardbook.Advisory) map[string]bool {
	var out map[string]bool
	for i := range adv.Products {
		for _, purl := range adv.Products[i].Purls {
			key, _ := purlKey(purl)
			if typ, _, _ := strings.Cut(key, "/"); key != "" && !openTypes[typ] && adv.Products[i].ID != "" {
				if out == nil {
					out = map[string]bool{}
				}
				out[adv.Products[i].ID] = true
			}
		}
	}
	return out
}

// withVendor gives a product of a relationship, which has no place in the tree
// of vendors, the vendor of what it is installed in ("kernel as a component of
// Red Hat Enterprise Linux"), else of the component.
func withVendor(adv *wardbook.Advisory, p *wardbook.AdvisoryProduct) *wardbook.AdvisoryProduct {
	if p.Vendor != "" || p.Relation == "" {
		return p
	}
	for _, id := range []string{p.Host, p.Component} {
		for i := range adv.Products {
			if o := &adv.Products[i]; o.ID == id && o.Vendor != "" {
				q := *p
				q.Vendor = o.Vendor
				return &q
			}
		}
	}
	return p
}

// productText is what names a product: its family and name, else the full
// name.
func productText(adv *wardbook.Advisory, p *wardbook.AdvisoryProduct) string {
	switch {
	case p.Product != "":
		return strings.TrimSpace(p.Product)
	case p.Family != "":
		return strings.TrimSpace(p.Family)
	default:
		return strings.TrimSpace(p.Name)
	}
}

// newest keeps the newest document of each tracking id, in the order of ids.
func newest(list []*wardbook.Advisory) []*wardbook.Advisory {
	byID := map[string]*wardbook.Advisory{}
	for _, a := range list {
		if old, ok := byID[a.ID]; !ok || a.Updated.After(old.Updated) || a.Updated.Equal(old.Updated) && a.Version > old.Version {
			byID[a.ID] = a
		}
	}
	out := make([]*wardbook.Advisory, 0, len(byID))
	for _, a := range byID {
		out = append(out, a)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].ID < out[j].ID })
	return out
}

// List returns the advisories that count, in the order of their ids.
func (a *Advisories) List() []*wardbook.Advisory { return a.list }

func (a *Advisories) add(x indexed) {
	n := int32(len(a.products))
	a.products = append(a.products, x)
	x.posts(func(form string) {
		list := a.byForm[form]
		if len(list) == 0 || list[len(list)-1] != n {
			if len(list) == 0 && len(form) >= 6 && isLetters(form) {
				a.addSlips(form)
			}
			a.byForm[form] = append(list, n)
		}
	}, func(prefix string) { a.byPrefix[prefix] = append(a.byPrefix[prefix], n) }, func(purl string) { a.byPurl[purl] = append(a.byPurl[purl], n) })
}

// posts names everything under which the index finds a product: forms of words,
// prefixes of numbered ranges and keys of package URLs.
func (x *indexed) posts(form, prefix, purl func(string)) {
	identifying := x.name.identifying()
	for i := range x.name.groups {
		g := &x.name.groups[i]
		if g.kind == generic && identifying {
			continue
		}
		for _, alt := range g.alts {
			form(alt)
		}
		if g.hi > 0 {
			prefix(g.prefix)
		}
	}
	for _, j := range x.name.joins {
		form(j.form)
	}
	if x.name.acronym != "" {
		form(x.name.acronym)
	}
	for _, m := range x.numbers {
		form(m)
	}
	for _, m := range x.mentions {
		form(m)
	}
	for _, p := range x.product.Purls {
		if k, _ := purlKey(p); k != "" {
			purl(k)
		}
	}
}

// findUnique tells each name which of its words no other name has.
func (a *Advisories) findUnique() {
	for w, list := range a.byForm {
		if len(w) < 6 || !isLetters(w) {
			continue
		}
		first := a.products[list[0]].name
		only := true
		for _, n := range list[1:] {
			only = only && a.products[n].name.text == first.text
		}
		if !only || a.others(w, first.text) {
			continue
		}
		for _, n := range list {
			p := a.products[n].name
			if p.unique == nil {
				p.unique = map[string]bool{}
			}
			p.unique[w] = true
		}
	}
}

// others reports whether a document of the index beside, which is none of a's,
// has a product with the word, of another name than that.
func (a *Advisories) others(w, name string) bool {
	if a.beside == nil {
		return false
	}
	for _, n := range a.beside.byForm[w] {
		x := &a.beside.products[n]
		id := a.beside.list[x.advisory].ID
		if (name == "" || x.name.text != name) && !slices.ContainsFunc(a.list, func(adv *wardbook.Advisory) bool { return adv.ID == id }) {
			return true
		}
	}
	return false
}

// addSlips files a word under each form that it has with one letter less.
func (a *Advisories) addSlips(w string) {
	for i := range w {
		k := w[:i] + w[i+1:]
		a.vocab[k] = append(a.vocab[k], w)
	}
	a.vocab[w] = append(a.vocab[w], w)
}

// slips returns words of products that w differs from by one slip.
func (a *Advisories) slips(w string) []string {
	var out []string
	try := func(k string) {
		for _, v := range a.vocab[k] {
			if v != w && near(v, w) {
				out = append(out, v)
			}
		}
	}
	try(w)
	for i := range w {
		try(w[:i] + w[i+1:])
	}
	return out
}

// modelNumbers are the numbers by which the document itself identifies the
// product, in the form of names.
func modelNumbers(p *wardbook.AdvisoryProduct) []string {
	var out []string
	for _, list := range [][]string{p.ModelNumbers, p.SKUs, p.Versions.Models} {
		for _, m := range list {
			out = append(out, joined(m))
		}
	}
	return out
}

func joined(s string) string { return strings.Join(words(tokens(fold(s))), "") }

// candidates returns the products that share a word with d, in order.
func (a *Advisories) candidates(d *deviceName, buf []int32) []int32 {
	out := buf[:0]
	for form := range d.forms {
		out = append(out, a.byForm[form]...)
		if p, n, _ := splitDesignator(form); n != "" && len(a.byPrefix) > 0 {
			out = append(out, a.byPrefix[p]...)
		}
	}
	begins := func(w string) {
		for i := sort.SearchStrings(a.words, w); i < len(a.words) && strings.HasPrefix(a.words[i], w); i++ {
			out = append(out, a.byForm[a.words[i]]...)
		}
	}
	if d.cut != "" {
		begins(d.cut)
	}
	for i, w := range d.words {
		if d.kinds[i] == brandWord && len(w) >= 5 && len(a.byForm[w]) == 0 && !a.others(w, "") {
			begins(w)
			for _, v := range a.slips(w) {
				out = append(out, a.byForm[v]...)
			}
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i] < out[j] })
	n := 0
	for i, x := range out {
		if i == 0 || x != out[n-1] {
			out[n] = x
			n++
		}
	}
	return out[:n]
}

// serialsIn finds serial numbers in a full product name: "SN 138853 and higher".
var serialsIn = pattern(`(?i)\b(?:s/?n|serial numbers?):? ?[^()]*\d[^()]*`)

// excluded reads the phrases that the document takes out of a product, each as
// the words that tell something.
func (l *ledger) excluded(p *wardbook.AdvisoryProduct) [][]string {
	var out [][]string
	for _, phrase := range p.Excludes {
		var ws []string
		for _, t := range tokens(fold(phrase)) {
			if w := l.plain(t.text); l.kindOf(w) != generic || l.sort[w] {
				ws = append(ws, w)
			}
		}
		if len(ws) > 0 {
			out = append(out, ws)
		}
	}
	return out
}

// mentions returns the words in a text of versions that name models: those of
// letters and digits, and those of their own.
func (l *ledger) mentions(raw string) []string {
	var out []string
	for _, t := range tokens(fold(raw)) {
		p, n, s := splitDesignator(t.text)
		numbered := len(p) >= 1 && len(p) <= 4 && n != "" && len(s) <= 2 && p != "v" && p != "r" && p != "u" && p != "l" && t.sep != '.'
		named := n == "" && len(t.text) >= 5 && !l.generic[l.plain(t.text)] && !versionWords[t.text]
		if numbered || named {
			out = append(out, t.text)
		}
	}
	return out
}

// versionWords are words of texts of versions that name nothing.
var versionWords = func() map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields("january february march april june july august september october november december build release revision firmware hotfix patch update prior before after earlier later newer older below above through until since between without unsupported supported current legacy generic semver vers maven edition editions service global replaced windows linux") {
		m[w] = true
	}
	return m
}()
