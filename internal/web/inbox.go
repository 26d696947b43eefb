package web

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/fleet"
	"github.com/wardbook/wardbook/internal/store"
)

func (s *Server) inboxRoutes() []route {
	return []route{
		{pattern: "GET /inbox", who: member, page: "inbox", read: s.inbox},
		{pattern: "GET /inbox/{id}/devices", who: member, page: "matter-devices", read: s.matterDevices},
		{pattern: "POST /inbox/{id}/affected", who: analyst, do: s.matterAffected},
		{pattern: "GET /inbox/{id}/not-affected", who: decider, page: "not-affected", read: s.notAffectedPage},
		{pattern: "POST /inbox/{id}/not-affected", who: decider, do: s.notAffected},
		{pattern: "POST /inbox/{id}/later", who: decider, do: s.matterLater},
		{pattern: "POST /inbox/{id}/undo", who: decider, do: s.matterUndo},
	}
}

// inboxView is the inbox with one matter open.
type inboxView struct {
	*table
	Open    *matterView // nil: there is none
	Chosen  bool        // somebody opened it; else it is the first of the list
	Waiting int
	Late    int
	Last    *undoView // what the person handled last
}

// An undoView takes back what was done with a matter.
type undoView struct {
	About, What, Action string
	Hidden              [][2]string
}

func (s *Server) inbox(q *request, tx *store.Tx) (any, error) {
	o, err := s.overview(tx)
	if err != nil {
		return nil, err
	}
	u := q.r.URL.Query()
	l := q.matterList(o)
	t, err := l.show(q)
	if err != nil {
		return nil, err
	}
	v := inboxView{table: t, Chosen: u.Get("open") != ""}
	v.Waiting, v.Late = o.waiting(q.today())
	about := u.Get("open")
	if about == "" && len(t.Rows) > 0 {
		about = t.Rows[0].ID
	}
	if about != "" {
		m := o.matter(about)
		if m == nil {
			return nil, wardbook.ErrNotFound
		}
		if v.Open, err = s.matterView(q, tx, o, m); err != nil {
			return nil, err
		}
	}
	for i, r := range t.Rows {
		t.Rows[i].Open = v.Open != nil && r.ID == about
	}
	if q.at.IsZero() && decider.allows(q.seat.Roles) && (v.Open == nil || v.Open.Undo == nil) {
		v.Last = o.lastHandled(q.session.User)
	}
	return v, nil
}

// matterList are matters as the inbox lists them: the cells stand in the order
// in which the template "mail" places them.
func (q *request) matterList(o *overview) list[*matter] {
	u, today := q.r.URL.Query(), q.today()
	show, text := u.Get("show"), strings.Fields(strings.ToLower(u.Get("q")))
	open := func(m *matter) string {
		w := url.Values{}
		for _, n := range []string{"q", "show", "after", "before"} {
			if u.Get(n) != "" {
				w.Set(n, u.Get(n))
			}
		}
		w.Set("open", m.About)
		if q.atText != "" {
			w.Set("at", q.atText)
		}
		return "/inbox?" + w.Encode()
	}
	return list[*matter]{
		Name: "inbox", Label: "Inbox", Search: "Advisory, CVE, maker, product", Empty: "Nothing fits.",
		ID: func(m *matter) string { return m.About }, All: slices.Values(o.matters),
		Late: func(m *matter) bool { return m.waits(today) && m.Due != "" && m.Due < today },
		Fits: func(m *matter) bool {
			state, _ := m.state(today)
			if waits := state == matterNew || state == matterChanged; show == "" && !waits || show != "" && show != "all" && show != state {
				return false
			}
			return o.names(m, text)
		},
		Columns: []column[*matter]{
			{Head: "Worst level", Cell: func(m *matter) cell { return cell{Text: m.Worst.Name, Look: "tile", Tone: m.Worst.Tone} }},
			{Head: "Maker", Cell: func(m *matter) cell { return cell{Text: cmp.Or(m.From, "maker unknown")} }},
			{Head: "Title", Cell: func(m *matter) cell { return cell{Text: cmp.Or(m.Title, m.About), Href: open(m)} }},
			{Head: "Advisory", Cell: func(m *matter) cell { return cell{Text: m.About} }},
			{Head: "Devices", Cell: func(m *matter) cell { return q.count(m.Devices) }},
			{Head: "Due", Cell: func(m *matter) cell { return cell{Text: m.Due} }},
			{Head: "State", Cell: func(m *matter) cell {
				state, _ := m.state(today)
				return cell{Text: state}
			}},
			{Head: "CVSS", Cell: func(m *matter) cell {
				if m.Score < 0 {
					return known("")
				}
				return cell{Text: q.style().decimal(m.Score, 1), Value: m.Score}
			}},
		},
		Filters: []filter{{Name: "show", Label: "Show", All: "waiting", Chips: true, Options: options([]string{matterSnoozed, matterHandled, matterSettled, "all"})}},
	}
}

// names reports whether every word stands somewhere in what a matter is called.
func (o *overview) names(m *matter, text []string) bool {
	if len(text) == 0 {
		return true
	}
	var b strings.Builder
	b.WriteString(m.About + "\n" + m.Title + "\n" + m.From)
	for _, p := range m.Products {
		b.WriteString("\n" + o.Products[p])
	}
	for _, i := range m.Findings {
		b.WriteString("\n" + o.All[i].Vulnerability + "\n" + strings.Join(o.All[i].Aliases, "\n"))
	}
	all := strings.ToLower(b.String())
	return !slices.ContainsFunc(text, func(w string) bool { return !strings.Contains(all, w) })
}

// lastHandled is what somebody handled last, unless it is taken back already.
func (o *overview) lastHandled(user string) *undoView {
	var last *matter
	for _, m := range o.matters {
		if m.Triage != nil && m.Triage.Value.By == user && (last == nil || m.Triage.Position > last.Triage.Position) {
			last = m
		}
	}
	if last == nil {
		return nil
	}
	return last.undo()
}

// undo takes back what was done with a matter; nil: there is nothing.
func (m *matter) undo() *undoView {
	if m.Triage == nil || m.Triage.Value.State == wardbook.TriageNew {
		return nil
	}
	what := words(string(m.Triage.Value.Outcome))
	if m.Triage.Value.State == wardbook.TriageSnoozed {
		what = "put off until " + m.Triage.Value.Until
	}
	return &undoView{About: m.About, What: what, Action: m.path("/undo"), Hidden: m.hidden()}
}

// path is an address of a matter.
func (m *matter) path(rest string) string { return "/inbox/" + url.PathEscape(m.About) + rest }

// matterView is a matter that is open for reading.
type matterView struct {
	*matter
	State        string
	Again        []string // why it waits again
	ID           string   // of a vulnerability where the matter is one
	CVEs         []string
	Published    string
	KEVKnown     bool
	KEVSince     string
	Proposed     int
	Products     []matterProduct
	More         int // products that are not shown
	Consequences []matterRisk
	Remedies     []wardbook.Remediation
	Wards        *table
	Elsewhere    int // wards that are not shown
	Affected     int // devices that are
	Unsure       int
	History      []triageChange
	Document     *store.Stored[wardbook.Source] // the advisory as it came
	DevicesPath  string
	Hidden       [][2]string
	Later        *form
	Undo         *undoView
	MayAffected  bool
	MayDecide    bool
}

// Matter is the matter itself.
func (v *matterView) Matter() *matter { return v.matter }

// Affects and NotAffects are where the two decisions lead.
func (v *matterView) Affects() string    { return v.path("/affected") }
func (v *matterView) NotAffects() string { return v.path("/not-affected") }

// A matterProduct is one of our products that a matter names, with the proof.
type matterProduct struct {
	ID, Name string
	Finding  wardbook.Finding // the one that asks most, with its proof
	Findings int
	Devices  int
}

// A matterRisk is a risk that follows from a matter.
type matterRisk struct {
	riskRow
	Chain wardbook.Chain
	Tile  levelView
}

type triageChange struct {
	wardbook.Revision
	Who string
}

// What the page of a matter shows of long lists.
const (
	shownProducts = 6
	shownRisks    = 4
	shownWards    = 30
)

func (s *Server) matterView(q *request, tx *store.Tx, o *overview, m *matter) (*matterView, error) {
	v := &matterView{matter: m, KEVKnown: o.kevGiven(), Hidden: m.hidden(), DevicesPath: q.link(m.path("/devices"))}
	v.State, v.Again = m.state(q.today())
	if o.All[m.Findings[0]].Advisory == "" {
		v.ID = m.About
	}
	for _, read := range []func(*request, *store.Tx, *overview) error{v.readProducts, v.readRisks, s.matterWards(v), v.readHistory, v.readDocument} {
		if err := read(q, tx, o); err != nil {
			return nil, err
		}
	}
	if q.at.IsZero() {
		v.MayDecide, v.MayAffected = decider.allows(q.seat.Roles), analyst.allows(q.seat.Roles)
		if v.MayDecide {
			v.Undo = m.undo()
			v.Later = laterForm(m)
		}
	}
	return v, nil
}

// readProducts shows for each product the finding that asks most of people.
func (v *matterView) readProducts(_ *request, tx *store.Tx, o *overview) error {
	at := map[string]int{}
	remedies := map[wardbook.Remediation]bool{}
	for _, i := range v.Findings {
		f := o.All[i]
		if !slices.Contains(v.CVEs, f.Vulnerability) {
			v.CVEs = append(v.CVEs, f.Vulnerability)
		}
		v.Published = cmp.Or(v.Published, f.Published)
		if f.KEV != nil && (v.KEVSince == "" || f.KEV.DateAdded < v.KEVSince) {
			v.KEVSince = f.KEV.DateAdded
		}
		if n, ok := at[f.Product]; ok {
			if n >= 0 {
				v.Products[n].Findings++
			}
			continue
		}
		if len(v.Products) == shownProducts {
			at[f.Product] = -1
			v.More++
			continue
		}
		full, err := tx.Finding(f.ID)
		if err != nil {
			return err
		}
		at[f.Product] = len(v.Products)
		v.Products = append(v.Products, matterProduct{ID: f.Product, Name: cmp.Or(o.Products[f.Product], f.Product), Finding: full.Value, Findings: 1, Devices: f.Affected})
		for _, r := range full.Value.Remediations {
			if !remedies[r] {
				remedies[r] = true
				v.Remedies = append(v.Remedies, r)
			}
		}
	}
	return nil
}

func (v *matterView) readRisks(_ *request, tx *store.Tx, o *overview) error {
	for _, i := range v.Risks {
		row := o.Risks[i]
		if row.State == string(wardbook.RiskProposed) {
			v.Proposed++
			v.Hidden = append(v.Hidden, [2]string{"risk", riskAt(row)})
		}
		if len(v.Consequences) == shownRisks {
			continue
		}
		r, err := store.Get[wardbook.Risk](tx, row.ID)
		if err != nil {
			return err
		}
		v.Consequences = append(v.Consequences, matterRisk{row, r.Value.Chain, worst(row)})
	}
	return nil
}

// matterWards counts the devices of a matter by ward. The number leads to the
// list of them.
func (s *Server) matterWards(v *matterView) func(*request, *store.Tx, *overview) error {
	return func(q *request, tx *store.Tx, o *overview) error {
		snap, err := s.fleets.at(tx)
		if err != nil {
			return err
		}
		sure, all, err := v.devices(tx, o)
		if err != nil {
			return err
		}
		v.Affected, v.Unsure = len(sure), len(all)-len(sure)
		rows := wardRows(snap, sure, all)
		v.Elsewhere = max(0, len(rows)-shownWards)
		v.Wards = q.wardList(v.path("/devices")).of(rows[:min(len(rows), shownWards)])
		return nil
	}
}

// devices are the ids of the devices in open findings: those that are affected,
// and all; both sorted.
func (m *matter) devices(tx *store.Tx, o *overview) (sure, all []string, err error) {
	sets := map[string]bool{} // by digest, whether an affected finding has it
	for _, i := range m.Findings {
		if f := o.All[i]; f.Status.Open() && f.DeviceSet != "" {
			sets[f.DeviceSet] = sets[f.DeviceSet] || f.Status == wardbook.Affected
		}
	}
	for sha, affected := range sets {
		ids, err := tx.DeviceSet(sha)
		if err != nil {
			return nil, nil, err
		}
		all = append(all, ids...)
		if affected {
			sure = append(sure, ids...)
		}
	}
	slices.Sort(all)
	slices.Sort(sure)
	return slices.Compact(sure), slices.Compact(all), nil
}

// A wardRow counts devices on a ward.
type wardRow struct {
	Ward        string // empty: unknown
	Sure, Other int
}

func wardRows(snap *fleet.Snapshot, sure, all []string) []wardRow {
	at := map[string]int{}
	var rows []wardRow
	count := func(ids []string, add func(*wardRow, int)) {
		if len(ids) == 0 {
			return
		}
		for _, c := range snap.Counts(fleet.Query{Devices: ids}, fleet.Ward) {
			n, ok := at[c.Value]
			if !ok {
				n = len(rows)
				at[c.Value] = n
				rows = append(rows, wardRow{Ward: c.Value})
			}
			add(&rows[n], c.N)
		}
	}
	count(all, func(r *wardRow, n int) { r.Other = n })
	count(sure, func(r *wardRow, n int) { r.Sure, r.Other = n, r.Other-n })
	slices.SortStableFunc(rows, func(a, b wardRow) int {
		return cmp.Or(b.Sure-a.Sure, b.Other-a.Other, strings.Compare(a.Ward, b.Ward))
	})
	return rows
}

// wardList are wards with a link to their devices at path.
func (q *request) wardList(path string) list[wardRow] {
	return list[wardRow]{
		Name: "wards", Label: "Devices by ward", Empty: "No device.",
		Columns: []column[wardRow]{
			{Head: "Ward", Class: "title", Cell: func(w wardRow) cell {
				return cell{Text: cmp.Or(w.Ward, "ward unknown"), Href: q.link(path, "ward", cmp.Or(w.Ward, "unknown"))}
			}},
			{Head: "Aff.", Title: "Affected", Class: "r", Cell: func(w wardRow) cell { return q.count(w.Sure) }},
			{Head: "Unsure", Title: "Possibly affected, or under investigation", Class: "r", Cell: func(w wardRow) cell {
				c := q.count(w.Other)
				if w.Other > 0 {
					c.Look = "unknown"
				}
				return c
			}},
		},
	}
}

func (v *matterView) readHistory(_ *request, tx *store.Tx, _ *overview) error {
	if v.Triage == nil {
		return nil
	}
	names, err := memberNames(tx)
	if err != nil {
		return err
	}
	revs, err := tx.History(v.Triage.Kind, v.Triage.ID, 0, 20)
	for _, r := range revs {
		v.History = append(v.History, triageChange{r, nameOr(names, r.Actor)})
	}
	return err
}

// readDocument finds the advisory among the sources.
func (v *matterView) readDocument(_ *request, tx *store.Tx, _ *overview) error {
	if v.ID != "" {
		return nil
	}
	page, err := store.List[wardbook.Source](tx, store.ListOptions{Text: v.About, Limit: 20})
	for _, src := range page.Items {
		if src.Value.Kind == wardbook.InputAdvisory && src.Value.Name == v.About {
			v.Document = &src
		}
	}
	return err
}

// matterDevicesView is the list of the devices that a matter is about.
type matterDevicesView struct {
	*table
	Matter *matter
	Ward   string
}

func (s *Server) matterDevices(q *request, tx *store.Tx) (any, error) {
	o, err := s.overview(tx)
	if err != nil {
		return nil, err
	}
	m := o.matter(q.r.PathValue("id"))
	if m == nil {
		return nil, wardbook.ErrNotFound
	}
	_, all, err := m.devices(tx, o)
	if err != nil {
		return nil, err
	}
	t, err := s.deviceTable(q, tx, all)
	return matterDevicesView{t, m, q.r.URL.Query().Get("ward")}, err
}

// deviceTable lists some devices of the fleet, ward by ward.
func (s *Server) deviceTable(q *request, tx *store.Tx, ids []string) (*table, error) {
	snap, err := s.fleets.at(tx)
	if err != nil {
		return nil, err
	}
	if ids == nil {
		ids = []string{} // none, which is not all
	}
	l := q.deviceList()
	l.Sort, l.Search = "ward", "Asset, model, serial, address"
	l.Read = func(w window) (part[wardbook.Device], error) {
		query := deviceQuery(w, map[fleet.Column]string{fleet.Ward: q.r.URL.Query().Get("ward")})
		query.Devices = ids
		return devicesBy(tx, snap, w, query)
	}
	var wards []option
	for _, r := range wardRows(snap, nil, ids) {
		wards = append(wards, option{Value: cmp.Or(r.Ward, "unknown"), Label: cmp.Or(r.Ward, "ward unknown")})
	}
	slices.SortFunc(wards, func(a, b option) int { return strings.Compare(a.Label, b.Label) })
	l.Filters = []filter{{Name: "ward", Label: "Ward", All: "All wards", Options: wards}}
	return l.show(q)
}
