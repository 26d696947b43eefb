package web

import (
	"cmp"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/go-json-experiment/json"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/app"
	"github.com/wardbook/wardbook/internal/fleet"
	"github.com/wardbook/wardbook/internal/store"
)

// An overview is what pages need of a whole book at one position of its log.
// It is read only once it is made.
type overview struct {
	Position   int64
	Policy     *wardbook.Policy // nil: the one in force is not in the book
	Assessment *keptAssessment  // nil: none is kept
	Risks      []riskRow        // the worst first
	Devices    int
	Retired    int
	NoVersion  int
	Findings   map[wardbook.Status]int
	Exploited  int // open findings in KEV
	Products   map[string]string
	Sites      []string
	Wards      []string     // "Site / Location"
	Classes    []string     // ids
	All        []findingRow // findings, without what lists do not show
	byFinding  map[string][]int
	products   map[string]wardbook.Product
	matters    []*matter // the soonest due first
}

// keptAssessment is what the newest assessment says of itself.
type keptAssessment struct {
	SHA256  string             `json:"-"`
	Entry   wardbook.Entry     `json:"-"` // that wrote it
	At      string             `json:"at"`
	Program string             `json:"program"`
	Policy  wardbook.PolicyRef `json:"policy"`
	Summary wardbook.Summary   `json:"summary"`
}

// A riskRow is a risk as lists show it.
type riskRow struct {
	wardbook.Revision
	Product   string
	Devices   int
	Wards     []string
	Level     [3]levelView // in the order of wardbook.KeyProperties
	Eval      [3]cellOf
	Worst     int     // rank of the worst level, 0: none is known
	Bad       [3]bool // which of the three evaluations are unacceptable
	Refused   bool    // any of them is
	Open      bool
	Due       string
	Certainty wardbook.Status
	Action    string
	inRegister
}

// inRegister is what people did with a risk, as far as lists show it.
type inRegister struct {
	Owner     string // id of a user
	First     [3]cellOf
	HasFirst  bool
	Newer     bool   // the program proposes other values now
	Accepted  string // date on which its acceptance ends
	Gone      string // date since which nothing supports it
	Estimator string // id of who estimated last
}

type cellOf struct{ Severity, Likelihood int }

// ToDo reports whether something is still to be done: it is open, and neither
// accepted nor handed over.
func (r riskRow) ToDo() bool {
	s := wardbook.RiskState(r.State)
	return r.Open && !s.Accepted() && s != wardbook.RiskTransferred
}

// Overdue reports whether it was to be done before today.
func (r riskRow) Overdue(today string) bool { return r.ToDo() && r.Due != "" && r.Due < today }

// closedStates are those in which nothing waits for anybody.
var closedStates = []string{string(wardbook.RiskDismissed), string(wardbook.RiskClosed)}

// overviews keeps the newest overviews that were asked for. Several requests
// for one wait for the first.
type overviews struct {
	mu   sync.Mutex
	kept []*keptOverview // the last used first
}

type keptOverview struct {
	org      string
	position int64
	mu       sync.Mutex
	o        *overview
}

const maxOverviews = 16

func (all *overviews) slot(org string, position int64) *keptOverview {
	all.mu.Lock()
	defer all.mu.Unlock()
	i := slices.IndexFunc(all.kept, func(k *keptOverview) bool { return k.org == org && k.position == position })
	var k *keptOverview
	if i >= 0 {
		k = all.kept[i]
		all.kept = slices.Delete(all.kept, i, i+1)
	} else {
		k = &keptOverview{org: org, position: position}
	}
	all.kept = slices.Insert(all.kept, 0, k)
	all.kept = all.kept[:min(len(all.kept), maxOverviews)]
	return k
}

// overview is that of the moment of tx.
func (s *Server) overview(tx *store.Tx) (*overview, error) {
	position, err := tx.Position()
	if err != nil {
		return nil, err
	}
	k := s.overviews.slot(tx.Organization(), position)
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.o != nil {
		return k.o, nil
	}
	o := &overview{Position: position, Findings: map[wardbook.Status]int{}, Products: map[string]string{}, byFinding: map[string][]int{}, products: map[string]wardbook.Product{}}
	for _, read := range []func(*store.Tx) error{o.readAssessment, o.readPolicy, o.readProducts, func(tx *store.Tx) error { return o.readDevices(s, tx) }, o.readFindings, o.readRisks, o.readMatters} {
		if err := read(tx); err != nil {
			return nil, err
		}
	}
	k.o = o
	return o, nil
}

// maxAssessment bounds what is read of a kept assessment.json.
const maxAssessment = 1 << 30

// readAssessment reads how things stood after the newest assessment: one that
// the server made itself, or one that was kept.
func (o *overview) readAssessment(tx *store.Tx) error {
	if err := o.readKept(tx); err != nil {
		return err
	}
	rev, err := tx.ByKey(wardbook.Standing{}.RecordKind(), wardbook.Standing{}.RecordKey())
	if isNotFound(err) || err == nil && o.Assessment != nil && rev.Position < o.Assessment.Entry.Position {
		return nil
	}
	if err != nil {
		return err
	}
	st, err := store.Decode[wardbook.Standing](rev)
	if err != nil {
		return err
	}
	e, err := tx.Entry(rev.Position)
	if err != nil {
		return err
	}
	o.Assessment = &keptAssessment{Entry: e, At: st.Value.At, Program: st.Value.Program, Policy: st.Value.Policy, Summary: st.Value.Summary}
	return nil
}

func (o *overview) readKept(tx *store.Tx) error {
	entries, err := tx.Entries(store.EntryFilter{Action: "assessment.keep", Limit: 1})
	if err != nil || len(entries) == 0 {
		return err
	}
	sha, ok := strings.CutPrefix(entries[0].Target, "assessment/")
	if !ok {
		return nil
	}
	r, err := tx.OpenEvidence(sha)
	if errors.Is(err, wardbook.ErrNotFound) || errors.Is(err, store.ErrRedacted) {
		return nil
	}
	if err != nil {
		return err
	}
	a := &keptAssessment{SHA256: sha, Entry: entries[0]}
	if err := json.UnmarshalRead(io.LimitReader(r, maxAssessment), a); err != nil {
		return err
	}
	o.Assessment = a
	return nil
}

// readPolicy finds the policy that risks are held against.
func (o *overview) readPolicy(tx *store.Tx) (err error) {
	o.Policy, err = app.PolicyInForce(tx)
	return err
}

func (o *overview) readProducts(tx *store.Tx) error {
	opts := store.FactOptions{Limit: 1000}
	for {
		page, err := tx.Products(opts)
		if err != nil {
			return err
		}
		for _, p := range page.Items {
			o.products[p.Value.ID] = p.Value
			o.Products[p.Value.ID] = strings.TrimSpace(p.Value.Manufacturer + " " + p.Value.Name + " " + p.Value.Version)
		}
		if opts.After = page.Next; page.Next == "" {
			return nil
		}
	}
}

func (o *overview) readDevices(s *Server, tx *store.Tx) error {
	snap, err := s.fleets.at(tx)
	if err != nil {
		return err
	}
	o.Devices = snap.Len()
	o.Retired = countOf(snap, fleet.Service, string(wardbook.Retired))
	o.NoVersion = countOf(snap, fleet.Version, "")
	o.Sites, o.Wards, o.Classes = choices(snap, fleet.Site), choices(snap, fleet.Ward), choices(snap, fleet.Class)
	return nil
}

// ward names where a device is, as risks do.
func ward(d wardbook.Device) string {
	if d.Site == "" || d.Location == "" {
		return d.Site + d.Location
	}
	return d.Site + " / " + d.Location
}

func (o *overview) readFindings(tx *store.Tx) error {
	for f, err := range tx.EachFinding("") {
		if err != nil {
			return err
		}
		o.Findings[f.Value.Status]++
		if f.Value.KEV != nil && f.Value.Status.Open() {
			o.Exploited++
		}
		f.Value.Why, f.Value.Conflicts, f.Value.Remediations, f.Value.Devices = nil, nil, nil, nil
		o.All = append(o.All, findingRow{KeptFinding: f.Value, ProductName: o.Products[f.Value.Product]})
	}
	return nil
}

func (o *overview) readRisks(tx *store.Tx) error {
	opts := store.ListOptions{Limit: 1000}
	found := map[int64][]string{} // findings by the number of the risk
	for {
		page, err := store.List[wardbook.Risk](tx, opts)
		if err != nil {
			return err
		}
		for _, r := range page.Items {
			o.Risks = append(o.Risks, o.row(r))
			found[r.Number] = r.Value.Findings
		}
		if opts.After = page.Next; page.Next == "" {
			break
		}
	}
	slices.SortStableFunc(o.Risks, func(a, b riskRow) int {
		open := func(r riskRow) int {
			if r.Open {
				return 0
			}
			return 1
		}
		return cmp.Or(open(a)-open(b), b.Worst-a.Worst, levels(b)-levels(a), strings.Compare(due(a), due(b)), b.Devices-a.Devices)
	})
	for i, r := range o.Risks {
		for _, f := range found[r.Number] {
			o.byFinding[f] = append(o.byFinding[f], i)
		}
	}
	for i := range o.All {
		o.All[i] = o.findingRow(o.All[i].KeptFinding)
	}
	return nil
}

// levels adds up the ranks of a risk, due puts those without a date last.
func levels(r riskRow) (n int) {
	for _, l := range r.Level {
		n += l.Rank
	}
	return n
}

func due(r riskRow) string {
	if r.Due == "" {
		return "~"
	}
	return r.Due
}

func (o *overview) row(r store.Stored[wardbook.Risk]) riskRow {
	v := r.Value
	row := riskRow{
		Revision: r.Revision, Product: o.Products[v.Product], Devices: len(v.Devices), Wards: v.Wards,
		Refused: v.Unacceptable(), Due: v.Due, Certainty: v.Certainty, Action: v.Action,
		Open: !slices.Contains(closedStates, string(v.State)),
	}
	row.Data = nil // lists do not show it
	if g := v.Register; g != nil {
		row.inRegister = inRegister{Owner: g.Owner, Newer: g.Proposed != nil && !v.State.Final(), Accepted: g.AcceptedUntil, Gone: g.Gone, HasFirst: g.Initial != nil}
		row.Open = row.Open && g.Gone == ""
		for _, d := range slices.Backward(g.Decided) {
			if d.Estimates() {
				row.Estimator = d.By
				break
			}
		}
		for i, k := range wardbook.KeyProperties {
			if g.Initial != nil {
				e := g.Initial.Evaluation(k)
				row.First[i] = cellOf{e.Severity, e.Likelihood}
			}
		}
	}
	for i, k := range wardbook.KeyProperties {
		e := v.Evaluation(k)
		row.Level[i] = o.level(e.Level)
		row.Eval[i] = cellOf{e.Severity, e.Likelihood}
		row.Bad[i] = e.Acceptable == wardbook.No
		row.Worst = max(row.Worst, row.Level[i].Rank)
	}
	return row
}

// Count is how many findings have a status.
func (o *overview) Count(status string) int { return o.Findings[wardbook.Status(status)] }

// kevGiven reports whether the assessment had the catalogue of known exploited
// vulnerabilities.
func (o *overview) kevGiven() bool {
	return o.Assessment != nil && slices.ContainsFunc(o.Assessment.Summary.DataAge, func(a wardbook.DataAge) bool {
		return a.Source == "KEV" && a.AsOf != ""
	})
}
