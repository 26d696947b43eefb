package web

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/store"
)

// A matter is an advisory, or a vulnerability record, that names products of
// the organization: one entry of the inbox.
type matter struct {
	About    string
	Title    string
	From     string   // the makers of our products
	Products []string // ids
	Findings []int    // in overview.All, what asks most of people first
	Open     int      // how many of them are
	Devices  int      // in open findings
	Risks    []int    // in overview.Risks, the worst first; open ones
	Due      string   // the soonest of them
	Worst    levelView
	Score    float64 // the highest CVSS base score of its findings, -1: unknown
	KEV      bool
	EPSS     float64 // the highest probability, -1: unknown
	Triage   *store.Stored[wardbook.Triage]
	News     []string // what changed since it was handled
	made     []wardbook.Decision
	seen     []wardbook.TriagedFinding // the open findings
}

// States of a matter on a day. The first two wait.
const (
	matterNew     = "new"
	matterChanged = "changed"
	matterSnoozed = "later"
	matterHandled = "handled"
	matterSettled = "settled" // others say that it does not affect what we have
)

// state says whether a matter waits on a day (RFC 3339 date), and why again.
func (m *matter) state(today string) (state string, why []string) {
	switch {
	case m.Triage == nil || m.Triage.Value.State == wardbook.TriageNew:
		if m.Open == 0 {
			return matterSettled, nil
		}
		return matterNew, nil
	case m.Open > 0 && len(m.News) > 0:
		return matterChanged, m.News
	}
	t := m.Triage.Value
	if t.State == wardbook.TriageSnoozed {
		if t.Until < today {
			return matterChanged, []string{"it was put off until " + t.Until}
		}
		return matterSnoozed, nil
	}
	for _, d := range m.made {
		if m.Open > 0 && !d.Holds(today) {
			return matterChanged, []string{"a decision that settled it holds no longer"}
		}
	}
	return matterHandled, nil
}

// waits reports whether somebody has to look at it on that day.
func (m *matter) waits(today string) bool {
	s, _ := m.state(today)
	return s == matterNew || s == matterChanged
}

// waiting counts what waits in the inbox.
func (o *overview) waiting(today string) (n, late int) {
	for _, m := range o.matters {
		if m.waits(today) {
			n++
			if m.Due != "" && m.Due < today {
				late++
			}
		}
	}
	return n, late
}

// matter is the one about an advisory or vulnerability, nil: there is none.
func (o *overview) matter(about string) *matter {
	i := slices.IndexFunc(o.matters, func(m *matter) bool { return m.About == about })
	if i < 0 {
		return nil
	}
	return o.matters[i]
}

// readMatters groups the findings, and reads what was done with each group.
func (o *overview) readMatters(tx *store.Tx) error {
	all := map[string]*matter{}
	for i := range o.All {
		about := o.All[i].Matter()
		if about == "" {
			continue
		}
		m := all[about]
		if m == nil {
			m = &matter{About: about, Score: -1, EPSS: -1}
			all[about] = m
		}
		m.Findings = append(m.Findings, i)
	}
	opts := store.ListOptions{Limit: 1000}
	for {
		page, err := store.List[wardbook.Triage](tx, opts)
		if err != nil {
			return err
		}
		for _, t := range page.Items {
			if m := all[t.Value.About]; m != nil {
				m.Triage = &t
			}
		}
		if opts.After = page.Next; page.Next == "" {
			break
		}
	}
	sets := deviceSets{tx: tx, kept: map[string][]string{}}
	for _, m := range all {
		if err := o.fillMatter(m, &sets); err != nil {
			return err
		}
		o.matters = append(o.matters, m)
	}
	slices.SortFunc(o.matters, func(a, b *matter) int {
		return cmp.Or(strings.Compare(cmp.Or(a.Due, "~"), cmp.Or(b.Due, "~")), b.Worst.Rank-a.Worst.Rank, cmp.Compare(b.Score, a.Score), strings.Compare(a.About, b.About))
	})
	return nil
}

// fillMatter sums up the findings of a matter.
func (o *overview) fillMatter(m *matter, sets *deviceSets) error {
	slices.SortFunc(m.Findings, func(a, b int) int { return urgency(o.All[a], o.All[b]) })
	makers, products, risks := map[string]bool{}, map[string]bool{}, map[int]bool{}
	open := map[string]map[string]int{} // sets of open findings by product, with their sizes
	for _, i := range m.Findings {
		f := &o.All[i]
		m.Title = cmp.Or(m.Title, f.Title)
		products[f.Product], makers[o.products[f.Product].Manufacturer] = true, true
		if !f.Status.Open() {
			continue
		}
		m.Open++
		m.KEV, m.Score = m.KEV || f.KEV != nil, max(m.Score, f.score())
		seen := wardbook.TriagedFinding{ID: f.ID, Status: f.Status, Devices: f.Affected, DeviceSet: f.DeviceSet, KEV: f.KEV != nil}
		if f.CVSS != nil {
			seen.Vector = f.CVSS.Vector
		}
		if f.EPSS != nil {
			m.EPSS = max(m.EPSS, f.EPSS.Probability)
		}
		m.seen = append(m.seen, seen)
		if open[f.Product] == nil {
			open[f.Product] = map[string]int{}
		}
		open[f.Product][f.DeviceSet] = f.Affected
		for _, r := range o.byFinding[f.ID] {
			if o.Risks[r].Open {
				risks[r] = true
			}
		}
	}
	m.Risks, m.Products = slices.Sorted(maps.Keys(risks)), slices.Sorted(maps.Keys(products))
	m.Worst = levelView{Tone: "?", Name: "Unknown"}
	for _, r := range m.Risks {
		if w := worst(o.Risks[r]); w.Rank > m.Worst.Rank {
			m.Worst = w
		}
		if d := o.Risks[r].Due; d != "" && (m.Due == "" || d < m.Due) {
			m.Due = d
		}
	}
	delete(makers, "")
	m.From = strings.Join(slices.Sorted(maps.Keys(makers)), ", ")
	var err error
	if m.Devices, err = sets.size(open); err != nil || m.Triage == nil {
		return err
	}
	m.News = m.Triage.Value.News(m.seen, sets.fewer)
	for _, ref := range m.Triage.Value.Decisions {
		d, err := store.Get[wardbook.Decision](sets.tx, ref.ID)
		if err != nil {
			return err
		}
		m.made = append(m.made, d.Value)
	}
	return sets.err
}

// deviceSets reads sets of devices, each once.
type deviceSets struct {
	tx   *store.Tx
	kept map[string][]string
	err  error
}

func (s *deviceSets) get(sha256 string) []string {
	ids, ok := s.kept[sha256]
	if !ok && sha256 != "" && s.err == nil {
		ids, s.err = s.tx.DeviceSet(sha256)
		if isNotFound(s.err) {
			s.err = nil
		}
		s.kept[sha256] = ids
	}
	return ids
}

// size counts the devices in sets of products, each once. Products share no
// device, so that most sets need not be read.
func (s *deviceSets) size(products map[string]map[string]int) (n int, err error) {
	for _, sets := range products {
		if len(sets) == 1 {
			for _, size := range sets {
				n += size
			}
			continue
		}
		union := map[string]bool{}
		for sha := range sets {
			for _, id := range s.get(sha) {
				union[id] = true
			}
		}
		n += len(union)
	}
	return n, s.err
}

// fewer reports whether every device of one set is in another.
func (s *deviceSets) fewer(now, before string) bool {
	old := s.get(before)
	for _, id := range s.get(now) {
		if _, ok := slices.BinarySearch(old, id); !ok {
			return false
		}
	}
	return s.err == nil
}
