package web

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/app"
	"github.com/wardbook/wardbook/internal/store"
)

// A workDevice is a device of a line, with what the inventory says of it.
type workDevice struct {
	wardbook.DeviceWork
	Line workRow
	Is   wardbook.Device
	Gone bool // it is in no inventory any more
}

// readPlaces reads what the inventory says of the devices.
func readPlaces(tx *store.Tx, all []workDevice) error {
	for i := range all {
		d, err := tx.Device(all[i].Device)
		if isNotFound(err) {
			all[i].Gone = true
			continue
		}
		if err != nil {
			return err
		}
		all[i].Is = d.Value
	}
	return nil
}

// workLineView is the page of one line: its devices and how far each is.
type workLineView struct {
	*table
	Work     workRow
	Owner    string
	Overdue  bool
	Export   string
	Count    []stateCount
	Plan     *form // nil: who asks may not
	Say      *form
	Comments []commentView
	History  []revisionView
	Older    int64
}

func (s *Server) workLine(q *request, tx *store.Tx) (any, error) {
	return s.workLinePage(q, tx, nil, nil)
}

// workLinePage is the page with forms that could not be carried out, if any.
func (s *Server) workLinePage(q *request, tx *store.Tx, plan, say *form) (*workLineView, error) {
	w, err := store.Get[wardbook.Work](tx, q.r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	who, err := readPeople(tx)
	if err != nil {
		return nil, err
	}
	r, err := tx.Revision(wardbook.Risk{}.RecordKind(), w.Value.Risk.ID)
	if err != nil {
		return nil, err
	}
	v := &workLineView{Work: workRow{Stored: w, Ward: w.Value.Ward(), Risk: r.Title, Count: w.Value.Count(), Open: w.Value.Open()}, Owner: who.name(w.Value.Owner), Overdue: w.Value.Overdue(q.today())}
	for _, st := range wardbook.WorkStates {
		v.Count = append(v.Count, stateCount{words(string(st)), v.Work.Count[st], q.link("/work/"+w.ID, "state", string(st))})
	}
	if v.table, err = q.workDevices(tx, who, v.Work); err != nil {
		return nil, err
	}
	if q.at.IsZero() {
		v.Export = "/work/export?line=" + w.ID
		if analyst.allows(q.seat.Roles) {
			v.Plan = cmp.Or(plan, workPlanForm(w, who))
		}
		if decider.allows(q.seat.Roles) {
			v.Say = cmp.Or(say, &form{Action: "/work/" + w.ID + "/comment", Submit: "Say it", Fields: []*field{{Name: "text", Label: "Your comment", Type: "textarea", Max: 20_000, Required: true}}})
		}
	}
	return v, v.readTalk(q, tx, who)
}

// workDevices is the list of the devices of a line.
func (q *request) workDevices(tx *store.Tx, who people, w workRow) (*table, error) {
	var all []workDevice
	for _, d := range w.Value.Devices {
		all = append(all, workDevice{DeviceWork: d, Line: w})
	}
	if err := readPlaces(tx, all); err != nil {
		return nil, err
	}
	u := q.r.URL.Query()
	state, text := u.Get("state"), strings.ToLower(u.Get("q"))
	l := q.workDeviceList(who, false)
	l.Search = "Asset id, model, note"
	l.All = slices.Values(all)
	l.Fits = func(d workDevice) bool {
		return (state == "" || state == string(d.State)) && strings.Contains(strings.ToLower(strings.Join([]string{d.Device, d.Is.Manufacturer, d.Is.Model, d.Is.Serial, d.Note}, "\n")), text)
	}
	l.Filters = []filter{{Name: "state", Label: "State", All: "all", Chips: true, Options: options(stateNames())}}
	if decider.allows(q.seat.Roles) {
		for _, b := range workSteps {
			if b.who.allows(q.seat.Roles) {
				l.Bulk = append(l.Bulk, bulk{Label: b.label, Action: "/work/" + w.ID + "/set/" + string(b.state)})
			}
		}
	}
	return l.show(q)
}

func stateNames() (out []string) {
	for _, s := range wardbook.WorkStates {
		out = append(out, string(s))
	}
	return out
}

// workSteps are what can be said of devices, and by whom.
var workSteps = []struct {
	state wardbook.WorkState
	label string
	who   access
}{
	{wardbook.WorkPlanned, "Planned", analyst}, {wardbook.WorkDone, "Done", analyst}, {wardbook.WorkVerified, "Verified", decider},
	{wardbook.WorkToDo, "To do again", analyst}, {wardbook.WorkAccepted, "Leave as it is", approver},
}

// workDeviceList are devices on work lists. whole shows the line of each.
func (q *request) workDeviceList(who people, whole bool) list[workDevice] {
	l := list[workDevice]{Name: "devices", Label: "Devices", Empty: "No device fits."}
	if !whole {
		l.ID = func(d workDevice) string { return d.Device + "." + strconv.FormatInt(d.Line.Revision.Revision, 10) }
	}
	l.Columns = []column[workDevice]{
		{Head: "Device", Sub: "Model", Class: "title", Cell: func(d workDevice) cell {
			c := cell{Text: d.Device, Href: q.link("/inventory/" + d.Device), Sub: &cell{Text: strings.TrimSpace(d.Is.Manufacturer + " " + d.Is.Model)}}
			if d.Gone {
				c.Href, c.Sub = "", &cell{Text: "in no inventory any more", Look: "unknown"}
			}
			return c
		}, Sort: "device", Compare: by(func(d workDevice) string { return d.Device })},
		{Head: "Serial", Class: "nb", Wide: 3, Cell: func(d workDevice) cell { return known(d.Is.Serial) }},
		{Head: "State", Class: "fit", Cell: workStateCell, Sort: "state", Compare: byNumber(func(d workDevice) int { return slices.Index(wardbook.WorkStates, d.State) })},
		{Head: "Note", Wide: 2, Cell: func(d workDevice) cell { return cell{Text: d.Note} }},
	}
	if whole {
		l.Columns = append(l.Columns, column[workDevice]{Head: "What", Cell: func(d workDevice) cell {
			return cell{Text: d.Line.Value.Action, Href: q.link("/work/" + d.Line.ID), Sub: &cell{Text: d.Line.Short(), Look: "id"}}
		}})
		return l
	}
	l.Columns = append(l.Columns,
		column[workDevice]{Head: "Where now", Class: "ward", Wide: 2, Cell: func(d workDevice) cell {
			switch now := ward(d.Is); {
			case d.Gone:
				return cell{Text: "nowhere", Look: "dim"}
			case now != d.Line.Ward:
				return cell{Text: now, Look: "clock", Tone: "soon"}
			default:
				return known(now)
			}
		}},
		column[workDevice]{Head: "Said by", Class: "nb", Wide: 3, Cell: func(d workDevice) cell {
			if d.By == "" {
				return cell{Text: "nobody yet", Look: "dim"}
			}
			return cell{Text: who.name(d.By), Sub: &cell{Text: d.Date}}
		}})
	return l
}

func workStateCell(d workDevice) cell {
	c := cell{Text: words(string(d.State)), Look: "chip"}
	switch d.State {
	case wardbook.WorkVerified:
		c.Tone = "good"
	case wardbook.WorkAccepted:
		c.Sub = &cell{Text: "until " + d.Until}
	}
	return c
}

func workPlanForm(w store.Stored[wardbook.Work], who people) *form {
	f := &form{Action: "/work/" + w.ID + "/plan", Submit: "Save", Fields: []*field{
		{Name: "action", Label: "What is to be done", Value: w.Value.Action, Required: true},
		{Name: "owner", Label: "Who does it", Type: "select", Options: who.all, Value: w.Value.Owner},
		{Name: "due", Label: "By when", Type: "date", Value: w.Value.Due},
		reasonField(false),
	}}
	f.setRevision(w.Revision.Revision)
	return f
}

// readTalk reads comments and history of the line.
func (v *workLineView) readTalk(q *request, tx *store.Tx, who people) error {
	w := v.Work
	refs, err := tx.LinksTo(w.Kind, w.ID)
	if err != nil {
		return err
	}
	for _, ref := range refs {
		if ref.Kind == (wardbook.Comment{}).RecordKind() {
			c, err := store.Decode[wardbook.Comment](ref.Revision)
			if err != nil {
				return err
			}
			v.Comments = append(v.Comments, commentView{who.name(c.Value.By), ref.Revision, c.Value.Text})
		}
	}
	all, err := tx.History(w.Kind, w.ID, before(q), shownHistory+1)
	if err != nil {
		return err
	}
	for i, rev := range all[:min(len(all), shownHistory)] {
		row := revisionView{Revision: rev, Who: who.name(rev.Actor), What: verb(rev.Action)}
		if i+1 < len(all) {
			if row.Changes, err = workChanges(who, all[i+1], rev); err != nil {
				return err
			}
		}
		v.History = append(v.History, row)
	}
	if len(all) > shownHistory {
		v.Older = all[shownHistory-1].Revision
	}
	return nil
}

// maxChanged is how many devices of one revision the history names.
const maxChanged = 20

// workChanges lists in words what differs between two revisions of a line.
func workChanges(who people, old, now wardbook.Revision) ([]change, error) {
	a, err1 := store.Decode[wardbook.Work](old)
	b, err2 := store.Decode[wardbook.Work](now)
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	var out []change
	add := func(what, was, is string) {
		if was != is {
			out = append(out, change{what, was, is})
		}
	}
	add("Action", a.Value.Action, b.Value.Action)
	add("Owner", who.name(a.Value.Owner), who.name(b.Value.Owner))
	add("Due", a.Value.Due, b.Value.Due)
	was := map[string]wardbook.DeviceWork{}
	for _, d := range a.Value.Devices {
		was[d.Device] = d
	}
	more := 0
	for _, d := range b.Value.Devices {
		if before := was[d.Device]; before != d {
			if more++; more <= maxChanged {
				add(d.Device, deviceWorkText(before), deviceWorkText(d))
			}
		}
	}
	if more > maxChanged {
		add("and "+plural(more-maxChanged, "device", "devices")+" more", "", "changed too")
	}
	return out, nil
}

func deviceWorkText(d wardbook.DeviceWork) string {
	if d.Device == "" {
		return ""
	}
	text := words(string(d.State))
	switch {
	case d.Until != "":
		text += " until " + d.Until
	case d.Date != "":
		text += " " + d.Date
	}
	if d.Note != "" {
		text += ": " + d.Note
	}
	return text
}

func (q *request) workEdit(reason string, revision int64) app.WorkEdit {
	return app.WorkEdit{Organization: q.seat.Organization, Actor: q.session.User, Roles: q.seat.Roles, Work: q.r.PathValue("id"), Revision: revision, Reason: reason}
}

// planWork changes what is to be done, who does it and by when.
func (s *Server) planWork(q *request) error {
	var f *form
	var names people
	err := q.view(func(tx *store.Tx) error {
		w, err := store.Get[wardbook.Work](tx, q.r.PathValue("id"))
		if err != nil {
			return err
		}
		names, err = readPeople(tx)
		f = workPlanForm(w, names)
		return err
	})
	if err != nil {
		return err
	}
	if err := q.fill(f); err != nil {
		return err
	}
	status := http.StatusUnprocessableEntity
	if f.OK() {
		err := app.PlanWork(q.r.Context(), s.store, q.workEdit(f.Get("reason"), q.revision()), app.WorkPlan{Action: f.Get("action"), Owner: f.Get("owner"), Due: f.Get("due")})
		if err == nil {
			return q.done("/work/"+q.r.PathValue("id"), "Saved.")
		}
		if err = f.conflict(err, names.name, workPlanValues); err != nil {
			if err := f.take(err); err != nil {
				return err
			}
		} else {
			status = conflictStatus
		}
	}
	return s.workLineAgain(q, status, f, nil)
}

func workPlanValues(r wardbook.Revision) (map[string]string, error) {
	w, err := store.Decode[wardbook.Work](r)
	return map[string]string{"action": w.Value.Action, "owner": w.Value.Owner, "due": w.Value.Due}, err
}

func (s *Server) workLineAgain(q *request, status int, plan, say *form) error {
	var v *workLineView
	err := q.view(func(tx *store.Tx) (err error) {
		v, err = s.workLinePage(q, tx, plan, say)
		return err
	})
	if err != nil {
		return err
	}
	return q.render(status, "work-line", v)
}

func (s *Server) sayOfWork(q *request) error {
	id := q.r.PathValue("id")
	f := &form{Action: "/work/" + id + "/comment", Submit: "Say it", Fields: []*field{{Name: "text", Label: "Your comment", Type: "textarea", Max: 20_000, Required: true}}}
	if err := q.fill(f); err != nil {
		return err
	}
	if f.OK() {
		err := app.SayOfWork(q.r.Context(), s.store, q.workEdit("", 0), f.Get("text"))
		if err == nil {
			return q.done("/work/"+id, "Your comment is in the book.")
		}
		if err = f.take(err); err != nil {
			return err
		}
	}
	return s.workLineAgain(q, http.StatusUnprocessableEntity, nil, f)
}
