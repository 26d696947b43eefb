package app

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/store"
)

// A WorkPlan says what is to be done about a risk, who does it and by when
// (RFC 3339 date). Owner and Due may be empty.
type WorkPlan struct {
	Action, Owner, Due string
}

// WorkMade says what was put on the work lists: new lines, one per ward, and
// devices.
type WorkMade struct {
	Lines, Devices int
}

// MakeWork puts the devices of a risk on the work lists of their wards, as to
// do. Those that are on one already stay as they are, so that it can be done
// again. Devices that come into the risk later are put there by Living.
func MakeWork(ctx context.Context, s *store.Store, e Edit, p WorkPlan) (WorkMade, error) {
	var made WorkMade
	e.Reason = strings.TrimSpace(e.Reason)
	ev := wardbook.Event{Actor: e.Actor, Action: "work.make", Target: "risk/" + e.Risk, Reason: e.Reason}
	err := s.Update(ctx, e.Organization, ev, func(tx *store.Tx) error {
		c, _, err := load(tx, e, nil) // making work asks for no policy
		if err != nil {
			return err
		}
		if err := c.refuse(workStep()); err != nil {
			return err
		}
		if err := checkMember(tx, p.Owner); err != nil {
			return err
		}
		lines, err := linesOf(tx, e.Risk)
		if err != nil {
			return err
		}
		made, err = bringWork(tx, e.Risk, &c.risk, p, lines)
		if err == nil && made.Devices == 0 {
			return &Refused{Why: "all devices of the risk are on a work list already"}
		}
		return err
	})
	return made, err
}

func workStep() step {
	return step{action: "work.make", roles: analysts, may: func(c *change) string {
		switch {
		case c.risk.State == wardbook.RiskProposed:
			return "confirm the proposal first: nobody works on what is only proposed"
		case c.risk.State.Final():
			return "nobody works on a " + stateText(c.risk.State) + " risk"
		case len(c.risk.Devices) == 0:
			return "the risk names no device"
		}
		return ""
	}}
}

// checkMember refuses an owner who has no role in the organization.
func checkMember(tx *store.Tx, owner string) error {
	if owner == "" {
		return nil
	}
	var ps wardbook.Problems
	m, err := store.Get[wardbook.Membership](tx, owner)
	if err != nil || len(m.Value.Roles) == 0 {
		ps.Add("owner", "is no member of the organization")
	}
	return ps.Err()
}

// linesOf lists the work on a risk, by number.
func linesOf(tx *store.Tx, risk string) ([]store.Stored[wardbook.Work], error) {
	var out []store.Stored[wardbook.Work]
	refs, err := tx.LinksTo(wardbook.Risk{}.RecordKind(), risk)
	if err != nil {
		return nil, err
	}
	for _, ref := range refs {
		if ref.Kind != (wardbook.Work{}).RecordKind() {
			continue
		}
		w, err := store.Decode[wardbook.Work](ref.Revision)
		if err != nil {
			return nil, err
		}
		out = append(out, w)
	}
	return out, nil
}

// bringWork puts the devices of a risk that are on none of its lines yet on
// that of their ward.
func bringWork(tx *store.Tx, risk string, r *wardbook.Risk, p WorkPlan, lines []store.Stored[wardbook.Work]) (WorkMade, error) {
	type ward struct{ site, location string }
	var made WorkMade
	there := map[string]bool{}
	at := map[ward]int{}
	for i, l := range lines {
		at[ward{l.Value.Site, l.Value.Location}] = i
		for _, d := range l.Value.Devices {
			there[d.Device] = true
		}
	}
	var missing []string
	for _, id := range r.Devices {
		if !there[id] {
			missing = append(missing, id)
		}
	}
	devices, err := devicesNamed(tx, missing)
	if err != nil {
		return made, err
	}
	touched := map[int]bool{}
	for _, id := range missing {
		d := devices[id]
		k := ward{d.Site, d.Location}
		i, ok := at[k]
		if !ok {
			i = len(lines)
			at[k], made.Lines = i, made.Lines+1
			lines = append(lines, store.Stored[wardbook.Work]{Value: wardbook.Work{Risk: wardbook.Ref[wardbook.Risk]{ID: risk}, Site: d.Site, Location: d.Location, Action: strings.TrimSpace(p.Action), Owner: p.Owner, Due: p.Due}})
			lines[i].ID = wardbook.NewID()
		}
		if !touched[i] {
			lines[i].Value.Devices = slices.Clone(lines[i].Value.Devices)
		}
		touched[i] = true
		lines[i].Value.Devices = append(lines[i].Value.Devices, wardbook.DeviceWork{Device: id, State: wardbook.WorkToDo})
		made.Devices++
	}
	for i := range lines {
		if !touched[i] {
			continue
		}
		w := lines[i].Value
		slices.SortFunc(w.Devices, func(a, b wardbook.DeviceWork) int { return cmp.Compare(a.Device, b.Device) })
		if _, err := tx.Put(lines[i].ID, lines[i].Revision.Revision, w); err != nil {
			return made, err
		}
	}
	return made, nil
}

// readSingly is up to how many devices are read one by one.
const readSingly = 2000

// devicesNamed reads the devices with these ids; one that is not there is empty.
func devicesNamed(tx *store.Tx, ids []string) (map[string]wardbook.Device, error) {
	out := make(map[string]wardbook.Device, len(ids))
	if len(ids) <= readSingly {
		for _, id := range ids {
			d, err := tx.Device(id)
			if isMissing(err) {
				continue
			}
			if err != nil {
				return nil, err
			}
			out[id] = d.Value
		}
		return out, nil
	}
	want := make(map[string]bool, len(ids))
	for _, id := range ids {
		want[id] = true
	}
	for d, err := range tx.EachDevice("") {
		if err != nil {
			return nil, err
		}
		if want[d.Value.ID] {
			out[d.Value.ID] = d.Value
		}
	}
	return out, nil
}

// writeWork puts devices that came into a risk on its work lists. A device that
// left the risk keeps its line and its state: what was done was done.
func (w *assessmentWrite) writeWork(tx *store.Tx) error {
	for _, id := range w.out.Risks.Changed {
		r, err := store.Get[wardbook.Risk](tx, id)
		if err != nil {
			return err
		}
		lines, err := linesOf(tx, id)
		if err != nil {
			return err
		}
		if len(lines) == 0 || r.Value.State.Final() {
			continue
		}
		first := lines[0].Value
		made, err := bringWork(tx, id, &r.Value, WorkPlan{Action: first.Action, Owner: "", Due: first.Due}, lines)
		if err != nil {
			return err
		}
		w.any = w.any || made.Devices > 0
	}
	return nil
}

// EndWork puts every device whose acceptance ended before today (RFC 3339 date)
// back to what is to do, each line with an event of the program. It returns how
// many devices that were.
func EndWork(ctx context.Context, s *store.Store, org, today string) (devices int, err error) {
	var ended []store.Stored[wardbook.Work]
	err = s.View(ctx, org, func(tx *store.Tx) error {
		all, err := every[wardbook.Work](tx, store.ListOptions{})
		for _, w := range all {
			if slices.ContainsFunc(w.Value.Devices, func(d wardbook.DeviceWork) bool { return d.Ended(today) }) {
				ended = append(ended, w)
			}
		}
		return err
	})
	if err != nil {
		return 0, err
	}
	for _, w := range ended {
		n := 0
		ev := wardbook.Event{Actor: System, Action: "work.end", Target: "work/" + w.ID, Reason: "the acceptance ended"}
		err := s.Update(ctx, org, ev, func(tx *store.Tx) error {
			now, err := store.Get[wardbook.Work](tx, w.ID)
			if err != nil {
				return err
			}
			for i, d := range now.Value.Devices {
				if d.Ended(today) {
					now.Value.Devices[i] = wardbook.DeviceWork{Device: d.Device, State: wardbook.WorkToDo, By: System, Date: today, Note: d.Note}
					n++
				}
			}
			if n == 0 {
				return errNothing // somebody was faster
			}
			_, err = tx.Put(w.ID, now.Revision.Revision, now.Value)
			return err
		})
		if err != nil && !errors.Is(err, errNothing) {
			return devices, err
		}
		devices += n
	}
	return devices, nil
}

// askForWorkEnd asks for the job that ends an acceptance on the day after.
func askForWorkEnd(tx *store.Tx, work, until string) error {
	day, err := time.Parse(time.DateOnly, until)
	if err != nil {
		return err
	}
	args, err := json.Marshal(map[string]string{"work": work})
	if err != nil {
		return err
	}
	_, err = tx.Enqueue(wardbook.Job{Kind: DueJob, Args: args, Unique: work + " " + until, RunAt: day.AddDate(0, 0, 1)})
	return err
}
