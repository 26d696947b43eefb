package score

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/catalog"
)

// Input is everything that risks are proposed from. Nothing in it is changed.
type Input struct {
	Products []wardbook.Product // their ids are stable between runs, and so the risks' are
	Devices  []wardbook.Device
	Findings []wardbook.Finding
	Policy   *wardbook.Policy
	Catalog  *catalog.Catalog
	At       time.Time // counts as today
	// FirstSeen gives, for the ids of risks that an earlier assessment had,
	// the RFC 3339 date of the first one: due dates count from there. A risk
	// that is not in it is seen for the first time At.
	FirstSeen map[string]string
}

// Risks proposes a risk for every group of open findings: those of one product
// with the same advisory (or, without one, the same component) and the same
// proposed consequence. It returns them with the worst first, and questions
// about what was not known. All risks are in state proposed.
//
// Devices that are retired are left out, and so are groups that have no other.
// Where findings have no devices, as with an SBOM alone, the risk has none
// either.
func Risks(in Input) ([]wardbook.Risk, []wardbook.Question) {
	e := newEngine(in)
	groups := e.groups()
	risks := make([]wardbook.Risk, 0, len(groups))
	for _, g := range groups {
		s := e.setting(g)
		if s.allRetired() {
			continue
		}
		r := e.risk(g, s)
		e.due(&r, g)
		risks = append(risks, r)
	}
	return e.order(risks), e.questions()
}

// id is a prefix and 12 hex digits that depend on the parts only.
func id(prefix string, parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return prefix + hex.EncodeToString(sum[:6])
}

// order sorts the worst first: by the worst level, then by what is certain,
// then by how many evaluations have that level, by due date and by devices.
func (e *engine) order(risks []wardbook.Risk) []wardbook.Risk {
	type entry struct {
		r                      *wardbook.Risk
		rank, count, certainty int
	}
	list := make([]entry, len(risks))
	for i := range risks {
		r := &risks[i]
		k := entry{r: r, certainty: slices.Index(certainties, r.Certainty)}
		for _, kp := range wardbook.KeyProperties {
			switch n := e.pol.Rank(r.Evaluation(kp).Level); {
			case n > k.rank:
				k.rank, k.count = n, 1
			case n == k.rank && n > 0:
				k.count++
			}
		}
		list[i] = k
	}
	slices.SortFunc(list, func(a, b entry) int {
		return cmp.Or(
			cmp.Compare(b.rank, a.rank),
			cmp.Compare(a.certainty, b.certainty),
			cmp.Compare(b.count, a.count),
			cmp.Compare(a.r.Due, b.r.Due),
			cmp.Compare(len(b.r.Devices), len(a.r.Devices)),
			cmp.Compare(a.r.ID, b.r.ID),
		)
	})
	sorted := make([]wardbook.Risk, len(list))
	for i, k := range list {
		sorted[i] = *k.r
	}
	return sorted
}

// certainties orders the open statuses, the surest first.
var certainties = []wardbook.Status{wardbook.Affected, wardbook.PossiblyAffected, wardbook.UnderInvestigation}

// engine holds what is looked up again and again while risks are proposed.
type engine struct {
	in       Input
	pol      *wardbook.Policy
	cat      *catalog.Catalog
	device   map[string]int // index in in.Devices
	product  map[string]int
	vectors  map[string]*Vector // nil: does not parse
	settings map[settingKey]*setting
	zones    map[string]*wardbook.Zone
	areas    map[string][]*wardbook.CareArea
	options  map[string][]wardbook.ControlOption
	classes  map[string]*classAnswer // by product id
	envs     map[envKey]*Vector
	asks     asks
}

type envKey struct {
	vector *Vector
	zone   *wardbook.Zone
	class  *catalog.DeviceClass
}

func newEngine(in Input) *engine {
	e := &engine{
		in: in, pol: in.Policy, cat: in.Catalog,
		device:   make(map[string]int, len(in.Devices)),
		product:  make(map[string]int, len(in.Products)),
		vectors:  map[string]*Vector{},
		settings: map[settingKey]*setting{},
		zones:    map[string]*wardbook.Zone{},
		areas:    map[string][]*wardbook.CareArea{},
		options:  map[string][]wardbook.ControlOption{},
		classes:  map[string]*classAnswer{},
		envs:     map[envKey]*Vector{},
		asks:     asks{},
	}
	for i := range in.Devices {
		e.device[in.Devices[i].ID] = i
	}
	for i := range in.Products {
		e.product[in.Products[i].ID] = i
	}
	return e
}

// vector parses the first score of a finding whose vector parses, nil when
// there is none.
func (e *engine) vector(f *wardbook.Finding) *Vector {
	if f.Kind == wardbook.FindingSupport {
		return e.parse(e.pol.SupportEnd)
	}
	if f.CVSS != nil {
		if v := e.parse(f.CVSS.Vector); v != nil {
			return v
		}
	}
	for i := range f.Scores {
		if v := e.parse(f.Scores[i].Vector); v != nil {
			return v
		}
	}
	return nil
}

func (e *engine) parse(text string) *Vector {
	if text == "" {
		return nil
	}
	v, ok := e.vectors[text]
	if !ok {
		v, _ = Parse(text) // nil when it does not parse: then there is no score, which becomes a question
		e.vectors[text] = v
	}
	return v
}

// under puts a vector into a zone and a class, once.
func (e *engine) under(v *Vector, zone *wardbook.Zone, class *catalog.DeviceClass) *Vector {
	k := envKey{v, zone, class}
	m, ok := e.envs[k]
	if !ok {
		m = v.In(EnvironmentOf(zone, class))
		e.envs[k] = m
	}
	return m
}
