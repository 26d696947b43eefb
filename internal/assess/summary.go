package assess

import (
	"fmt"
	"sort"
	"strings"

	"github.com/wardbook/wardbook"
)

const (
	mostFirst      = 10 // things to do first
	mostTopDevices = 20
)

func sortQuestions(qs []wardbook.Question) {
	sort.Slice(qs, func(i, j int) bool {
		if len(qs[i].Devices) != len(qs[j].Devices) {
			return len(qs[i].Devices) > len(qs[j].Devices)
		}
		if qs[i].Kind != qs[j].Kind {
			return qs[i].Kind < qs[j].Kind
		}
		return qs[i].ID < qs[j].ID
	})
}

// deviceState is what the summary knows of one device.
type deviceState struct {
	affected, possibly, any bool
	findings                int
	risks                   []int // indexes, worst first
}

// deviceStates are the states of all devices, in their order. The findings of a
// product share one list of devices, so that each list is looked up once.
type deviceStates struct {
	list  []*deviceState
	byID  map[string]*deviceState
	lists map[listKey][]*deviceState
	worst []riskRank // of the risks, in their order
}

// riskRank is how bad a risk is.
type riskRank struct {
	level string
	rank  int
	bad   bool // unacceptable
}

// A listKey tells lists apart without looking into them.
type listKey struct {
	first *string
	n     int
}

func newDeviceStates(devices []wardbook.Device) *deviceStates {
	s := &deviceStates{list: make([]*deviceState, len(devices)), byID: make(map[string]*deviceState, len(devices)), lists: map[listKey][]*deviceState{}}
	all := make([]deviceState, len(devices))
	for i := range devices {
		st := s.byID[devices[i].ID]
		if st == nil {
			st = &all[i]
			s.byID[devices[i].ID] = st
		}
		s.list[i] = st
	}
	return s
}

// of are the states of the devices with these ids; others are left out.
func (s *deviceStates) of(ids []string) []*deviceState {
	if len(ids) == 0 {
		return nil
	}
	key := listKey{&ids[0], len(ids)}
	if out, ok := s.lists[key]; ok {
		return out
	}
	out := make([]*deviceState, 0, len(ids))
	for _, id := range ids {
		if st := s.byID[id]; st != nil {
			out = append(out, st)
		}
	}
	s.lists[key] = out
	return out
}

// summary counts and picks what a person reads first.
func (r *run) summary(a *wardbook.Assessment) wardbook.Summary {
	s := wardbook.Summary{
		Devices: len(a.Devices), Findings: map[wardbook.Status]int{}, Risks: len(a.Risks), Questions: len(a.Questions),
		Matrices: map[wardbook.KeyProperty]wardbook.MatrixCount{}, DataAge: r.DataAge, Unknowns: r.notes,
	}
	for _, st := range wardbook.Statuses {
		s.Findings[st] = 0
	}
	states := newDeviceStates(a.Devices)
	for i := range a.Findings {
		f := &a.Findings[i]
		s.Findings[f.Status]++
		if f.KEV != nil && f.Status.Open() {
			s.KnownExploited++
		}
		for _, st := range states.of(f.Devices) {
			st.any = true
			if f.Status.Open() {
				st.findings++
			}
			st.affected = st.affected || f.Status == wardbook.Affected
			st.possibly = st.possibly || f.Status == wardbook.PossiblyAffected
		}
	}
	for i := range a.Risks {
		k := &a.Risks[i]
		if k.Unacceptable() {
			s.Unacceptable++
		}
		if k.Overdue {
			s.Overdue++
		}
		level, rank := r.worst(k)
		states.worst = append(states.worst, riskRank{level, rank, k.Unacceptable()})
		for _, st := range states.of(k.Devices) {
			st.risks = append(st.risks, i)
		}
	}
	countOf(&s, a, states)
	r.matrices(a, &s)
	s.First = r.first(a)
	s.Wards = r.wards(a, states)
	s.TopDevices = r.topDevices(a, states)
	s.Unknowns = append(s.Unknowns, r.unknowns(&s, a)...)
	empty(&s.First)
	empty(&s.Wards)
	empty(&s.TopDevices)
	empty(&s.DataAge)
	empty(&s.Unknowns)
	return s
}

func (r *run) matrices(a *wardbook.Assessment, s *wardbook.Summary) {
	for _, k := range wardbook.KeyProperties {
		rows := r.Policy.Matrices[k]
		m := wardbook.MatrixCount{Cells: make([][]int, len(rows))}
		for i := range rows {
			m.Cells[i] = make([]int, len(rows[i]))
		}
		for i := range a.Risks {
			e := a.Risks[i].Evaluation(k)
			if e.Severity < 1 || e.Likelihood < 1 || e.Severity > len(m.Cells) || e.Likelihood > len(m.Cells[e.Severity-1]) {
				m.Unknown++
				continue
			}
			m.Cells[e.Severity-1][e.Likelihood-1]++
		}
		s.Matrices[k] = m
	}
}

// worst is the level of the worst evaluation of a risk by the policy's order;
// "" when all are unknown.
func (r *run) worst(k *wardbook.Risk) (level string, rank int) {
	rank = -1
	for _, p := range wardbook.KeyProperties {
		l := k.Evaluation(p).Level
		if n := r.Policy.Rank(l); l != "" && n > rank {
			level, rank = l, n
		}
	}
	return level, rank
}

// first picks the things to do first: one for each model, in the order of
// risks, which is worst first. What else is wrong with the same model is
// counted in its reason.
func (r *run) first(a *wardbook.Assessment) []wardbook.Todo {
	names := map[string]string{}
	for i := range a.Products {
		p := &a.Products[i]
		names[p.ID] = fold(p.Manufacturer) + "\x00" + fold(p.Name)
	}
	more := map[string]int{}
	var order []int
	for i := range a.Risks {
		k := &a.Risks[i]
		if len(k.Devices) == 0 && r.HasInventory || k.Action == "" {
			continue
		}
		if more[names[k.Product]] == 0 {
			order = append(order, i)
		}
		more[names[k.Product]]++
	}
	var out []wardbook.Todo
	for _, i := range order[:min(len(order), mostFirst)] {
		k := &a.Risks[i]
		t := wardbook.Todo{Risk: k.ID, Title: k.Title, Action: k.Action, Reason: r.reason(k), Due: k.Due, Devices: len(k.Devices), Wards: k.Wards}
		if n := more[names[k.Product]] - 1; n > 0 {
			t.Reason += fmt.Sprintf("; %s of this model", plural(n, "more risk", "more risks"))
		}
		out = append(out, t)
	}
	return out
}

// reason says in one line why a risk comes first.
func (r *run) reason(k *wardbook.Risk) string {
	level, _ := r.worst(k)
	var of []string
	for _, p := range wardbook.KeyProperties {
		if level != "" && k.Evaluation(p).Level == level {
			of = append(of, string(p))
		}
	}
	why := "how bad it is, is unknown"
	if l := r.Policy.Level(level); l != nil {
		why = strings.ToLower(l.Name) + " for " + and(of)
	}
	if k.Chain.Harm != "" {
		why += "; what can happen: " + lowerFirst(strings.TrimSuffix(k.Chain.Harm, "."))
	}
	return why
}

// and joins words as people do.
func and(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}

func lowerFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}

func (s *wardSummary) id() string { return s.site + "\x00" + s.location }

// wardSummary sums up one care area.
type wardSummary struct {
	site, location string
	wardbook.WardCount
	rank  int
	risks map[int]bool
}

// wards sums up the care areas with open findings, worst first.
func (r *run) wards(a *wardbook.Assessment, states *deviceStates) []wardbook.WardCount {
	byID := map[string]*wardSummary{}
	for i := range a.Devices {
		d := &a.Devices[i]
		if d.Service == wardbook.Retired {
			continue
		}
		w := &wardSummary{site: d.Site, location: d.Location}
		if have, ok := byID[w.id()]; ok {
			w = have
		} else {
			w.WardCount = wardbook.WardCount{Site: d.Site, Location: d.Location}
			w.rank, w.risks = -1, map[int]bool{}
			byID[w.id()] = w
		}
		w.Devices++
		st := states.list[i]
		switch {
		case st.affected:
			w.Affected++
		case st.possibly:
			w.Possibly++
		}
		bad := false
		for _, n := range st.risks {
			w.risks[n] = true
			worst := &states.worst[n]
			if worst.rank > w.rank {
				w.Worst, w.rank = worst.level, worst.rank
			}
			bad = bad || worst.bad
		}
		if bad {
			w.Unacceptable++
		}
	}
	var list []*wardSummary
	for _, w := range byID {
		if w.Affected+w.Possibly > 0 || len(w.risks) > 0 {
			list = append(list, w)
		}
	}
	sort.Slice(list, func(i, j int) bool {
		x, y := list[i], list[j]
		switch {
		case x.Unacceptable != y.Unacceptable:
			return x.Unacceptable > y.Unacceptable
		case x.rank != y.rank:
			return x.rank > y.rank
		case x.Affected != y.Affected:
			return x.Affected > y.Affected
		default:
			return x.id() < y.id()
		}
	})
	out := make([]wardbook.WardCount, len(list))
	for i, w := range list {
		w.Risks = riskIDs(a, w.risks)
		out[i] = w.WardCount
	}
	return out
}

func riskIDs(a *wardbook.Assessment, set map[int]bool) []string {
	idx := make([]int, 0, len(set))
	for n := range set {
		idx = append(idx, n)
	}
	sort.Ints(idx)
	out := make([]string, len(idx))
	for i, n := range idx {
		out[i] = a.Risks[n].ID
	}
	return out
}

// topDevices picks the devices with the worst risks, then with the most.
func (r *run) topDevices(a *wardbook.Assessment, states *deviceStates) []wardbook.DeviceCount {
	type entry struct {
		device int
		rank   int
		level  string
		bad    int
	}
	var list []entry
	for i := range a.Devices {
		st := states.list[i]
		if len(st.risks) == 0 || a.Devices[i].Service == wardbook.Retired {
			continue
		}
		e := entry{device: i, rank: -1}
		for _, n := range st.risks {
			worst := &states.worst[n]
			if worst.rank > e.rank {
				e.level, e.rank = worst.level, worst.rank
			}
			if worst.bad {
				e.bad++
			}
		}
		list = append(list, e)
	}
	sort.Slice(list, func(i, j int) bool {
		x, y := list[i], list[j]
		switch {
		case x.rank != y.rank:
			return x.rank > y.rank
		case x.bad != y.bad:
			return x.bad > y.bad
		}
		dx, dy := &a.Devices[x.device], &a.Devices[y.device]
		if lx, ly := dx.LifeSupport == wardbook.Yes, dy.LifeSupport == wardbook.Yes; lx != ly {
			return lx
		}
		if nx, ny := states.list[x.device].findings, states.list[y.device].findings; nx != ny {
			return nx > ny
		}
		return dx.ID < dy.ID
	})
	out := make([]wardbook.DeviceCount, 0, mostTopDevices)
	for _, e := range list[:min(len(list), mostTopDevices)] {
		d := &a.Devices[e.device]
		c := wardbook.DeviceCount{Device: d.ID, Product: d.Product, Site: d.Site, Location: d.Location, Findings: states.list[e.device].findings, Worst: e.level}
		for _, n := range states.list[e.device].risks {
			c.Risks = append(c.Risks, a.Risks[n].ID)
		}
		out = append(out, c)
	}
	return out
}
