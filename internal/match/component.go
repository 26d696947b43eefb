package match

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/google/osv-scalibr/semantic"

	"github.com/wardbook/wardbook"
)

// A Lookup answers which records name a package or product. ByPackage takes
// the ecosystem without suffix ("Debian") and gives the records of all its
// releases; ByProduct takes the vendor and product of a CPE, unescaped and in
// lower case. *vulndb.DB is one.
type Lookup interface {
	ByPackage(ecosystem, name string) ([]*wardbook.Vulnerability, error)
	ByProduct(vendor, product string) ([]*wardbook.Vulnerability, error)
}

// Options say what else is known of the product that components are of.
type Options struct {
	// Platforms are CPEs of the hardware and the operating system that the
	// product runs on, as far as known.
	Platforms []string
	// Outside also reports records that name a component but do not hit it,
	// as not_affected with the reason: for why-not.
	Outside bool
}

// A ComponentMatch is one vulnerability that has to do with one component.
// Records that are aliases of each other make one match.
type ComponentMatch struct {
	Component     int                       // index into the components given
	Vulnerability string                    // the CVE where there is one, else the first record's id
	Aliases       []string                  // all other ids, sorted
	Records       []*wardbook.Vulnerability // the records that matched, by id
	Status        wardbook.Status           // affected, possibly_affected, or not_affected (with Options.Outside)
	Confidence    float64                   // 0–1, that Status is right
	Why           []wardbook.Step
	Fixed         []string // versions that mend it, as the records give them, in their order
	// Ask is what a person has to settle where Status is possibly_affected.
	Ask wardbook.QuestionKind
}

// Confidence of the rules. They rank proofs; they are not measured
// probabilities.
const (
	sureRange   = 0.99 // purl and version range
	sureCPE     = 0.9  // CPE name and applicability tree
	sureProduct = 0.8  // vendor and product spelled alike, version decided
	likely      = 0.6  // one thing is not known
	doubtful    = 0.4  // the version is not known
	weak        = 0.3  // only names are alike
)

// A Matcher matches the components of one product after the other and
// remembers what it found: components that are identical in several SBOMs are matched once.
// It is not safe for use by several goroutines.
type Matcher struct {
	db       Lookup
	digests  digester
	packages recent[digest, []hit]                        // by purl and version
	records  recent[[2]string, []*wardbook.Vulnerability] // by ecosystem and name, or CPE vendor and product: versions of one package are many
	versions recent[versionKey, parsedVersion]
	cpes     recent[string, *cpeName]
	keys     recent[string, Key]
}

// How much a Matcher remembers of what it can read or parse again.
const (
	mostPackages = 8_000
	mostRecords  = 500
	mostVersions = 2_000
	mostNames    = 1_000
)

type versionKey struct{ order, text string }

type parsedVersion struct {
	v  semantic.Version
	ok bool
}

// NewMatcher returns a Matcher over db.
func NewMatcher(db Lookup) *Matcher {
	return &Matcher{
		db: db, digests: newDigester(), packages: newRecent[digest, []hit](mostPackages), records: newRecent[[2]string, []*wardbook.Vulnerability](mostRecords),
		versions: newRecent[versionKey, parsedVersion](mostVersions), cpes: newRecent[string, *cpeName](mostNames), keys: newRecent[string, Key](mostNames),
	}
}

// Components matches the components of one product against db.
func Components(cs []wardbook.Component, db Lookup, opts Options) ([]ComponentMatch, error) {
	return NewMatcher(db).Components(cs, opts)
}

// hit is one record's word on one component.
type hit struct {
	record     *wardbook.Vulnerability
	status     wardbook.Status
	confidence float64
	why        []wardbook.Step
	fixed      []string
	ask        wardbook.QuestionKind
}

// Components matches the components of one product. The matches come in the
// order of the components, then by vulnerability.
func (m *Matcher) Components(cs []wardbook.Component, opts Options) ([]ComponentMatch, error) {
	// Most components have a purl that says what they are: what surrounds them
	// is read only when it counts.
	env := sync.OnceValue(func() *environment { return m.environment(cs, opts) })
	var out []ComponentMatch
	for i, c := range cs {
		hits, err := m.component(c, i, env)
		if err != nil {
			return nil, fmt.Errorf("component %s: %w", c.Key(), err)
		}
		out = append(out, mergeHits(i, hits, opts.Outside)...)
	}
	return out, nil
}

// component gives all hits of one component.
func (m *Matcher) component(c wardbook.Component, at int, env func() *environment) ([]hit, error) {
	key := m.digests.of([2]string{c.Purl, c.Version})
	if c.Purl != "" {
		if hits, ok := m.packages.get(key); ok {
			return hits, nil
		}
	}
	// Copies: what is remembered must not hold the memory of a whole document.
	c.Purl, c.Version = strings.Clone(c.Purl), strings.Clone(c.Version)
	id := identify(c)
	hits, err := m.byPackage(&id)
	if err != nil {
		return nil, err
	}
	if !id.veto {
		// Without a purl that says what it is, a CPE or the maker's and the
		// product's name identify the component. Its surroundings count.
		more, err := m.byProduct(c, at, env)
		return append(hits, more...), err
	}
	m.packages.put(key, hits, 1+8*len(hits))
	return hits, nil
}

// byPackage evaluates the records that name the component's package.
func (m *Matcher) byPackage(id *identity) ([]hit, error) {
	var hits []hit
	type recordID struct{ source, id string }
	for _, eco := range id.ecosystems {
		ids := map[recordID]bool{} // one record may stand under several names
		for _, name := range id.names {
			key := [2]string{eco, name}
			records, ok := m.records.get(key)
			if !ok {
				var err error
				if records, err = m.db.ByPackage(eco, name); err != nil {
					return nil, err
				}
				m.records.put(key, records, 1+len(records))
			}
			hits = slices.Grow(hits, len(records))
			for _, r := range records {
				if ids[recordID{r.Source, r.ID}] {
					continue
				}
				ids[recordID{r.Source, r.ID}] = true
				if h, ok := m.packageHit(id, eco, r); ok {
					hits = append(hits, h)
				}
			}
		}
	}
	return hits, nil
}

// packageHit evaluates one record: the strongest of its affected packages
// counts.
func (m *Matcher) packageHit(id *identity, eco string, r *wardbook.Vulnerability) (best hit, ok bool) {
	for i := range r.Affected {
		a := &r.Affected[i]
		base, suffix, _ := strings.Cut(a.Ecosystem, ":")
		if base != eco {
			continue
		}
		name := ""
		for _, n := range id.names {
			if sameName(eco, n, a.Package) {
				name = n
				break
			}
		}
		if name == "" {
			continue
		}
		h := m.affectedPackage(id, r, a, eco, suffix, name)
		if !ok || rank(h.status) > rank(best.status) || h.status == best.status && h.confidence > best.confidence {
			fixed := best.fixed
			best, ok = h, true
			best.fixed = append(best.fixed, fixed...)
		} else if h.status == best.status {
			best.fixed = append(best.fixed, h.fixed...)
		}
	}
	return best, ok
}

func rank(s wardbook.Status) int {
	switch s {
	case wardbook.Affected:
		return 2
	case wardbook.PossiblyAffected:
		return 1
	}
	return 0
}

// affectedPackage evaluates one affected[] entry that names the component.
func (m *Matcher) affectedPackage(id *identity, r *wardbook.Vulnerability, a *wardbook.AffectedPackage, eco, suffix, name string) hit {
	h := hit{record: r, why: []wardbook.Step{
		{Step: "purl", Detail: id.purl + " is " + a.Ecosystem + " package " + a.Package},
	}}
	if name == id.sourceName && len(id.names) > 1 {
		h.why = append(h.why, wardbook.Step{Step: "source package", Detail: "built from " + name})
	}
	if r.Withdrawn {
		return h.outside("withdrawn", r.ID+" is withdrawn")
	}
	rel, relWhy := id.fitsRelease(eco, suffix)
	if rel == fitNo {
		return h.outside("release", fmt.Sprintf("%s is of %s, the component of %s", r.ID, a.Ecosystem, id.release))
	}
	version := id.version
	if name == id.sourceName && id.source != "" {
		version = id.source
	}
	v := m.versionHit(eco, version, a)
	h.why, h.fixed = append(h.why, v.why...), v.fixed
	h.status, h.confidence, h.ask = v.status, v.confidence, v.ask
	if h.status == wardbook.NotAffected {
		return h
	}
	switch {
	case len(id.ecosystems) > 1:
		h.doubt(doubtful, wardbook.AskComponent, "distribution", "the SBOM does not say which distribution this package is of")
	case rel == fitMaybe:
		h.doubt(likely, wardbook.AskComponent, "release", relWhy)
	case id.rebuild != "":
		h.doubt(likely, wardbook.AskComponent, "distribution", "this is a "+id.rebuild+" package, the record is of "+eco)
	}
	return h
}

// outside ends h as not affected.
func (h hit) outside(step, detail string) hit {
	h.status, h.confidence = wardbook.NotAffected, sureRange
	h.why = append(h.why, wardbook.Step{Step: step, Detail: detail})
	return h
}

// doubt makes h a question.
func (h *hit) doubt(confidence float64, ask wardbook.QuestionKind, step, detail string) {
	h.status = wardbook.PossiblyAffected
	h.confidence = min(h.confidence, confidence)
	if h.ask == "" {
		h.ask = ask
	}
	h.why = append(h.why, wardbook.Step{Step: step, Detail: detail})
}

// mergeHits joins the hits of one component whose records are aliases.
func mergeHits(component int, hits []hit, outside bool) []ComponentMatch {
	groups := aliasGroups(hits)
	out := make([]ComponentMatch, 0, len(groups))
	for _, g := range groups {
		if g[0].status == wardbook.NotAffected && len(g) == 1 && !outside {
			continue
		}
		if m := mergeGroup(component, g); m.Status != wardbook.NotAffected || outside {
			out = append(out, m)
		}
	}
	slices.SortFunc(out, func(a, b ComponentMatch) int { return strings.Compare(a.Vulnerability, b.Vulnerability) })
	return out
}

// aliasGroups joins hits that share an id or alias.
func aliasGroups(hits []hit) [][]hit {
	switch len(hits) {
	case 0:
		return nil
	case 1:
		return [][]hit{slices.Clone(hits)} // who takes a group sorts it
	}
	parent := make([]int, len(hits))
	for i := range parent {
		parent[i] = i
	}
	find := func(i int) int {
		for parent[i] != i {
			parent[i] = parent[parent[i]]
			i = parent[i]
		}
		return i
	}
	byID := make(map[string]int, 2*len(hits))
	for i := range hits {
		r := hits[i].record
		for j := -1; j < len(r.Aliases); j++ {
			name := r.ID
			if j >= 0 {
				name = r.Aliases[j]
			}
			if o, ok := byID[name]; ok {
				parent[find(i)] = find(o)
			} else {
				byID[name] = i
			}
		}
	}
	// The groups lie one behind the other in one list, in the order of their
	// first hits.
	sizes, at := make([]int, len(hits)), make([]int, len(hits))
	for i := range hits {
		sizes[find(i)]++
	}
	all := make([]hit, 0, len(hits))
	var groups [][]hit
	for i := range hits {
		r := find(i)
		if n := sizes[r]; n > 0 {
			sizes[r], at[r] = 0, len(groups)
			groups = append(groups, all[len(all):len(all):len(all)+n])
			all = all[:len(all)+n]
		}
		groups[at[r]] = append(groups[at[r]], hits[i])
	}
	return groups
}

// mergeGroup makes one match of hits whose records are aliases. The strongest
// word counts; where records disagree, the match says so and is less sure.
func mergeGroup(component int, g []hit) ComponentMatch {
	slices.SortStableFunc(g, func(a, b hit) int {
		if c := rank(b.status) - rank(a.status); c != 0 {
			return c
		}
		if a.confidence != b.confidence {
			if a.confidence > b.confidence {
				return -1
			}
			return 1
		}
		return strings.Compare(a.record.ID, b.record.ID)
	})
	best := g[0]
	m := ComponentMatch{Component: component, Status: best.status, Confidence: best.confidence, Ask: best.ask}
	if m.Status != wardbook.PossiblyAffected {
		m.Ask = ""
	}
	var ids []string
	against := false
	for _, h := range g {
		ids = append(append(ids, h.record.ID), h.record.Aliases...)
		m.Why = append(m.Why, wardbook.Step{Step: "record", Detail: h.record.Source + " " + h.record.ID})
		m.Why = append(m.Why, h.why...)
		if h.status != wardbook.NotAffected || m.Status == wardbook.NotAffected {
			m.Records = append(m.Records, h.record)
			m.Fixed = append(m.Fixed, h.fixed...)
		} else if !h.record.Withdrawn {
			against = true
		}
	}
	if against {
		m.Confidence = min(m.Confidence, 0.7)
		m.Why = append(m.Why, wardbook.Step{Step: "disagreement", Detail: "the records do not agree; the one that hits counts"})
	}
	slices.SortFunc(m.Records, func(a, b *wardbook.Vulnerability) int { return strings.Compare(a.ID, b.ID) })
	m.Fixed = unique(m.Fixed)
	m.Vulnerability, m.Aliases = nameOf(best.record.ID, ids)
	return m
}

// nameOf picks the first CVE of ids by the alphabet, else id, and gives the
// others, sorted.
func nameOf(id string, ids []string) (name string, others []string) {
	slices.Sort(ids)
	ids = slices.Compact(ids)
	name = id
	for _, s := range ids {
		if strings.HasPrefix(s, "CVE-") {
			name = s
			break
		}
	}
	for _, s := range ids {
		if s != name && s != "" {
			others = append(others, s)
		}
	}
	return name, others
}

// unique drops repetitions and keeps the order.
func unique(s []string) []string {
	seen := map[string]bool{}
	out := s[:0:0]
	for _, x := range s {
		if x != "" && !seen[x] {
			seen[x] = true
			out = append(out, x)
		}
	}
	return out
}
