package web

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/app"
	"github.com/wardbook/wardbook/internal/store"
)

// workSet asks once more before something is said of devices.
type workSet struct {
	Title, Back string
	Work        store.Stored[wardbook.Work]
	Form        *form
	Devices     *table
	N           int
}

// setWork shows the devices that were ticked and what is to be said of them, and
// says it when the person sends that page.
func (s *Server) setWork(q *request) error {
	if err := q.parse(); err != nil {
		return err
	}
	i := slices.IndexFunc(stateNames(), func(n string) bool { return n == q.r.PathValue("state") })
	if i < 0 {
		return wardbook.ErrNotFound
	}
	state := wardbook.WorkStates[i]
	ticks := q.r.PostForm["id"]
	if len(ticks) > maxMany {
		return &refusal{http.StatusUnprocessableEntity, fmt.Sprintf("At most %d devices at once; a work list as a file takes all of them.", maxMany)}
	}
	var devices []string
	revision := int64(1<<62 - 1)
	for _, t := range ticks {
		dot := strings.LastIndexByte(t, '.')
		if dot < 0 {
			continue
		}
		if n, err := strconv.ParseInt(t[dot+1:], 10, 64); err == nil {
			devices, revision = append(devices, t[:dot]), min(revision, n)
		}
	}
	f := setForm(q.r.PathValue("id"), state)
	if q.r.PostForm.Get("sure") == "" {
		return s.setPage(q, f, state, devices, http.StatusOK)
	}
	if err := q.fill(f); err != nil {
		return err
	}
	if !f.OK() || len(devices) == 0 {
		return s.setPage(q, f, state, devices, http.StatusUnprocessableEntity)
	}
	set := app.WorkSet{Devices: devices, State: state, Until: f.Get("until")}
	if note := f.Get("note"); note != "" {
		set.Note = &note
	}
	err := app.SetWork(q.r.Context(), s.store, q.workEdit(f.Get("reason"), revision), set)
	if err == nil {
		return q.done(q.back("/work/"+q.r.PathValue("id")), plural(len(devices), "device is ", "devices are ")+words(string(state))+" now.")
	}
	var conflict *wardbook.EditConflict
	var no *app.Refused
	status := http.StatusUnprocessableEntity
	switch {
	case errors.As(err, &conflict):
		status = conflictStatus
		f.fault("", "Somebody else changed "+conflict.Current.Short()+" meanwhile. Nothing was done. Below is what stands now: send it again if it still holds.")
	case errors.As(err, &no):
		f.fault("", sentence(no.Why))
	default:
		if err := f.take(err); err != nil {
			return err
		}
	}
	return s.setPage(q, f, state, devices, status)
}

func setForm(id string, state wardbook.WorkState) *form {
	accepted := state == wardbook.WorkAccepted
	f := &form{Action: "/work/" + id + "/set/" + string(state), Submit: "Say that they are " + words(string(state)), Fields: []*field{
		{Name: "note", Label: "Note", Hint: "On each of the devices. Empty: the notes stay as they are."}, reasonField(accepted),
	}}
	if accepted {
		f.Fields = append([]*field{{Name: "until", Label: "Until", Type: "date", Hint: "The last day. The day after they are to do again.", Required: true}}, f.Fields...)
	}
	return f
}

func (s *Server) setPage(q *request, f *form, state wardbook.WorkState, devices []string, status int) error {
	v := workSet{Title: "Devices: " + words(string(state)), Form: f}
	err := q.view(func(tx *store.Tx) (err error) {
		if v.Work, err = store.Get[wardbook.Work](tx, q.r.PathValue("id")); err != nil {
			return err
		}
		row := workRow{Stored: v.Work, Ward: v.Work.Value.Ward()}
		var all []workDevice
		for _, d := range v.Work.Value.Devices {
			if slices.Contains(devices, d.Device) {
				all = append(all, workDevice{DeviceWork: d, Line: row})
				f.Hidden = append(f.Hidden, [2]string{"id", d.Device + "." + strconv.FormatInt(v.Work.Revision.Revision, 10)})
			}
		}
		if err := readPlaces(tx, all); err != nil {
			return err
		}
		names, err := readPeople(tx)
		if err != nil {
			return err
		}
		v.Back = q.back("/work/" + v.Work.ID)
		f.Hidden = append(f.Hidden, [2]string{"sure", "yes"}, [2]string{"back", v.Back})
		l := q.workDeviceList(names, false)
		l.ID = nil
		v.N, v.Devices = len(all), l.of(all)
		return nil
	})
	if err != nil {
		return err
	}
	return q.render(status, "work-set", v)
}

// workMake is the page that puts the devices of a risk on the work lists.
type workMake struct {
	Risk wardbook.Revision
	Form *form
	N    int
}

func (s *Server) makeWorkPage(q *request, tx *store.Tx) (any, error) { return s.workMake(q, tx) }

func (s *Server) workMake(q *request, tx *store.Tx) (*workMake, error) {
	r, err := store.Get[wardbook.Risk](tx, q.r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	names, err := readPeople(tx)
	if err != nil {
		return nil, err
	}
	action, owner := r.Value.Action, ""
	if g := r.Value.Register; g != nil {
		owner = g.Owner
		if g.Treatment != "" {
			action = g.Treatment
		}
	}
	return &workMake{Risk: r.Revision, N: len(r.Value.Devices), Form: &form{Action: "/risks/" + r.ID + "/work", Submit: "Put them on the work lists", Fields: []*field{
		{Name: "action", Label: "What is to be done", Value: action, Required: true},
		{Name: "owner", Label: "Who does it", Type: "select", Options: names.all, Value: owner},
		{Name: "due", Label: "By when", Type: "date", Value: r.Value.Due},
		reasonField(false),
	}}}, nil
}

func (s *Server) makeWork(q *request) error {
	var v *workMake
	err := q.view(func(tx *store.Tx) (err error) {
		v, err = s.workMake(q, tx)
		return err
	})
	if err != nil {
		return err
	}
	if err := q.fill(v.Form); err != nil {
		return err
	}
	if v.Form.OK() {
		e := app.Edit{Organization: q.seat.Organization, Actor: q.session.User, Roles: q.seat.Roles, Risk: v.Risk.ID, Reason: v.Form.Get("reason")}
		made, err := app.MakeWork(q.r.Context(), s.store, e, app.WorkPlan{Action: v.Form.Get("action"), Owner: v.Form.Get("owner"), Due: v.Form.Get("due")})
		if err == nil {
			return q.done("/work?risk="+v.Risk.ID, plural(made.Devices, "device is", "devices are")+" on the work lists now, "+plural(made.Lines, "line is new.", "lines are new."))
		}
		var no *app.Refused
		if errors.As(err, &no) {
			v.Form.fault("", sentence(no.Why))
		} else if err := v.Form.take(err); err != nil {
			return err
		}
	}
	return q.again("work-make", v)
}
