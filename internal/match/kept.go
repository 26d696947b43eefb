package match

import (
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/catalog"
)

// Kept is an index of advisories that remembers what it said of identities and
// components. When documents come or go, only those are matched again that a
// product of them may concern; what it says is always what a new index would
// say. It is for one goroutine at a time.
type Kept struct {
	catalog *catalog.Catalog
	answers map[string]string
	reader  *advisoryReader
	index   *Advisories
	turn    int // counts Updates: what was not asked for since the one before is forgotten

	devices map[Identity]*said
	parts   map[Part]*said
	found   *names // devices and parts by their keys; nil until it is needed
}

// Part is what of a component decides what advisories say of it.
type Part struct{ Purl, Name, Version, Supplier string }

// PartOf is the part of a component.
func PartOf(c *wardbook.Component) Part { return Part{c.Purl, c.Name, c.Version, c.Supplier} }

// said is what the index said of an identity or a part.
type said struct {
	device  Identity
	part    Part // of a part; empty of a device
	matches []AdvisoryMatch
	turn    int // in which it was last asked for
	stale   bool
	name    *deviceName // of a device, as filed; held against nothing
}

// NewKept makes one that remembers nothing yet.
func NewKept() *Kept {
	return &Kept{devices: map[Identity]*said{}, parts: map[Part]*said{}}
}

// Update brings the index to a list of documents and the answers. A document
// that has changed is another pointer.
func (k *Kept) Update(list []*wardbook.Advisory, cat *catalog.Catalog, ans *Answers) {
	k.turn++
	list = newest(list)
	given := map[string]string{}
	if ans != nil {
		given = ans.byKey
	}
	if k.index == nil || k.catalog != cat || !maps.Equal(k.answers, given) {
		*k = Kept{catalog: cat, answers: given, reader: newAdvisoryReader(cat), turn: k.turn, devices: map[Identity]*said{}, parts: map[Part]*said{}}
		k.index = k.reader.index(list, ans)
		return
	}
	k.forget()
	if slices.Equal(k.index.list, list) {
		return
	}
	k.outdate(k.reindex(list, ans))
}

// forget drops what nobody asked for since the Update before.
func (k *Kept) forget() {
	n := len(k.devices) + len(k.parts)
	maps.DeleteFunc(k.devices, func(_ Identity, s *said) bool { return s.turn < k.turn-1 })
	maps.DeleteFunc(k.parts, func(_ Part, s *said) bool { return s.turn < k.turn-1 })
	if len(k.devices)+len(k.parts) < n {
		k.found = nil
	}
}

// Forget drops what was said of identities, for those who will not ask again.
func (k *Kept) Forget() {
	clear(k.devices)
	k.found = nil
}

// reindex makes the index of list and returns the products that differ between
// it and the one before: those of documents that came or went, and those whose
// words are their own now, or no longer.
func (k *Kept) reindex(list []*wardbook.Advisory, ans *Answers) []indexed {
	before, own := k.index, map[*productName]map[string]bool{}
	for i := range before.products {
		own[before.products[i].name] = before.products[i].name.unique
	}
	k.index = k.reader.index(list, ans)
	here := make(map[*wardbook.Advisory]bool, len(list))
	for _, adv := range list {
		here[adv] = true
	}
	var changed []indexed
	for _, adv := range before.list {
		if !here[adv] {
			changed = append(changed, k.reader.read[adv]...)
			delete(k.reader.read, adv)
		}
	}
	was := make(map[*wardbook.Advisory]bool, len(before.list))
	for _, adv := range before.list {
		was[adv] = true
	}
	for i := range k.index.products {
		x := &k.index.products[i]
		if had, ok := own[x.name]; !was[list[x.advisory]] || !ok || !maps.Equal(had, x.name.unique) {
			changed = append(changed, *x)
		}
	}
	return changed
}

// outdate marks what the changed products may concern.
func (k *Kept) outdate(changed []indexed) {
	k.file()
	seen := map[string]bool{}
	for i := range changed {
		k.found.posted(&changed[i], seen, func(list []*said) {
			for _, s := range list {
				s.stale = true
			}
		})
	}
}

// file files everything that was asked for under its keys.
func (k *Kept) file() {
	if k.found != nil {
		return
	}
	k.found = newNames(k.index.ledger)
	for _, s := range k.devices {
		k.found.add(s)
	}
	for _, s := range k.parts {
		k.found.add(s)
	}
}

// Match says of each identity what the index says of it.
func (k *Kept) Match(ids []Identity) [][]AdvisoryMatch {
	out := make([][]AdvisoryMatch, len(ids))
	var missing []int
	for i, id := range ids {
		if s := k.devices[id]; s != nil && !s.stale {
			s.turn, out[i] = k.turn, s.matches
			continue
		}
		missing = append(missing, i)
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(missing)) {
		wg.Go(func() {
			for n := int(next.Add(1)) - 1; n < len(missing); n = int(next.Add(1)) - 1 {
				out[missing[n]] = k.index.Match(ids[missing[n]])
			}
		})
	}
	wg.Wait()
	for _, i := range missing {
		s := k.devices[ids[i]]
		if s == nil {
			s = &said{device: ids[i]}
			k.devices[ids[i]] = s
			if k.found != nil {
				k.found.add(s)
			}
		}
		s.matches, s.turn, s.stale = out[i], k.turn, false
	}
	return out
}

// Component says what the index says of a component of an SBOM.
func (k *Kept) Component(c *wardbook.Component) []AdvisoryMatch {
	p := PartOf(c)
	s := k.parts[p]
	if s == nil {
		p = Part{strings.Clone(p.Purl), strings.Clone(p.Name), strings.Clone(p.Version), strings.Clone(p.Supplier)} // without the memory of the document
		s = &said{part: p, device: Identity{Manufacturer: p.Supplier, Model: p.Name, Version: p.Version}, stale: true}
		k.parts[p] = s
		if k.found != nil {
			k.found.add(s)
		}
	}
	if s.stale {
		s.matches, s.stale = k.index.Component(c), false
	}
	s.turn = k.turn
	return s.matches
}

// A Hit is an identity or a part that a document speaks of.
type Hit struct {
	Identity Identity
	Part     Part // of a component; empty where Identity is of a device
	Matches  []AdvisoryMatch
}

// Try says of which identities and parts that were asked for a document would
// speak, and what, if it were taken in; nothing is changed by it. The order of
// hits is not fixed.
func (k *Kept) Try(adv *wardbook.Advisory) []Hit {
	if k.index == nil {
		return nil
	}
	k.file()
	reader := &advisoryReader{ledger: k.reader.ledger, vendors: k.reader.vendors, names: map[string]*productName{}, read: map[*wardbook.Advisory][]indexed{}}
	x := reader.indexBeside([]*wardbook.Advisory{adv}, k.index.answers, k.index)
	var out []Hit
	asked, seen := map[*said]bool{}, map[string]bool{}
	take := func(list []*said) {
		for _, s := range list {
			if asked[s] {
				continue
			}
			asked[s] = true
			h := Hit{Identity: s.device, Part: s.part}
			if s.part == (Part{}) {
				name := *s.name // what it is held against stays in the copy
				h.Matches = x.match(s.device, &name)
			} else {
				h.Matches = x.Component(&wardbook.Component{Purl: s.part.Purl, Name: s.part.Name, Version: s.part.Version, Supplier: s.part.Supplier})
			}
			if len(h.Matches) > 0 {
				out = append(out, h)
			}
		}
	}
	for i := range x.products {
		k.found.posted(&x.products[i], seen, take)
	}
	return out
}

// names finds identities and parts by what products ask for: the other way
// round than the index of advisories.
type names struct {
	ledger   *ledger
	forms    map[string][]*said
	prefixes map[string][]*said // of designators, for numbered ranges
	purls    map[string][]*said
	cuts     map[string][]*said // by a last word that may be cut
	brands   map[string][]*said // by a word of a name, of five letters or more
	slips    map[string][]string
}

func newNames(l *ledger) *names {
	return &names{
		ledger: l, forms: map[string][]*said{}, prefixes: map[string][]*said{}, purls: map[string][]*said{},
		cuts: map[string][]*said{}, brands: map[string][]*said{}, slips: map[string][]string{},
	}
}

func (n *names) add(s *said) {
	if key, _ := purlKey(s.part.Purl); key != "" {
		n.purls[key] = append(n.purls[key], s)
	}
	d := n.ledger.deviceName(s.device)
	if s.part == (Part{}) {
		s.name = d
	}
	for form := range d.forms {
		n.forms[form] = append(n.forms[form], s)
		if p, digits, _ := splitDesignator(form); digits != "" {
			n.prefixes[p] = append(n.prefixes[p], s)
		}
	}
	if d.cut != "" {
		n.cuts[d.cut] = append(n.cuts[d.cut], s)
	}
	for i, w := range d.words {
		if d.kinds[i] != brandWord || len(w) < 5 {
			continue
		}
		if n.brands[w] == nil {
			n.slips[w] = append(n.slips[w], w)
			for j := range w {
				short := w[:j] + w[j+1:]
				n.slips[short] = append(n.slips[short], w)
			}
		}
		n.brands[w] = append(n.brands[w], s)
	}
}

// posted hands over who may have a product as a candidate. seen holds the forms
// that were asked for.
func (n *names) posted(x *indexed, seen map[string]bool, take func([]*said)) {
	x.posts(
		func(form string) { n.byForm(form, seen, take) },
		func(prefix string) { take(n.prefixes[prefix]) },
		func(purl string) { take(n.purls[purl]) })
}

// byForm hands over who may have a product that is filed under a form as a
// candidate: by the form itself, by a beginning of it, or by a slip of it. seen
// holds the forms that were asked for.
func (n *names) byForm(form string, seen map[string]bool, take func([]*said)) {
	if seen[form] {
		return
	}
	seen[form] = true
	take(n.forms[form])
	if len(form) < 6 || !isLetters(form) {
		return // such words are not guessed
	}
	for i := 1; i <= len(form); i++ {
		take(n.cuts[form[:i]])
		if i >= 5 {
			take(n.brands[form[:i]])
		}
	}
	near := func(k string) {
		for _, w := range n.slips[k] {
			take(n.brands[w])
		}
	}
	near(form)
	for i := range form {
		near(form[:i] + form[i+1:])
	}
}
