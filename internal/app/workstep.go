package app

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/store"
)

// A WorkEdit says who changes which revision of a line of a work list, and why.
type WorkEdit struct {
	Organization string
	Actor        string          // id of the user
	Roles        []wardbook.Role // that they have in the organization
	Work         string          // id of the record
	Revision     int64           // that they had before them
	Reason       string          // in their words
}

// A WorkSet is what is said of devices: how far each of them is. Until is the
// last day of an acceptance. Note is kept as it was where it is nil.
type WorkSet struct {
	Devices []string
	State   wardbook.WorkState
	Until   string
	Note    *string
}

// SetWork says how far devices of a line are, all of them or none.
func SetWork(ctx context.Context, s *store.Store, e WorkEdit, set WorkSet) error {
	return e.do(ctx, s, "work.set", func(tx *store.Tx, w *wardbook.Work) error {
		var ps wardbook.Problems
		if len(set.Devices) == 0 {
			ps.Add("devices", "tick at least one device")
		}
		if set.State == wardbook.WorkAccepted && e.Reason == "" {
			ps.Add("reason", "say why it is left as it is: the book keeps it")
		}
		for _, id := range set.Devices {
			i := slices.IndexFunc(w.Devices, func(d wardbook.DeviceWork) bool { return d.Device == id })
			if i < 0 {
				ps.Add("devices", "%s is not on this list", id)
				continue
			}
			next := w.Devices[i]
			next.State, next.Until = set.State, ""
			if set.State == wardbook.WorkAccepted {
				next.Until = set.Until
			}
			if set.Note != nil {
				next.Note = strings.TrimSpace(*set.Note)
			}
			if place, why := e.may(tx.Time(), w.Devices[i], next); why != "" {
				ps.Add(place, "%s: %s", id, why)
				continue
			}
			w.Devices[i] = e.say(tx.Time(), w.Devices[i], next)
		}
		if err := ps.Err(); err != nil {
			return err
		}
		if set.State == wardbook.WorkAccepted {
			return askForWorkEnd(tx, e.Work, set.Until)
		}
		return nil
	})
}

// PlanWork changes what is to be done, who does it and by when.
func PlanWork(ctx context.Context, s *store.Store, e WorkEdit, p WorkPlan) error {
	return e.do(ctx, s, "work.plan", func(tx *store.Tx, w *wardbook.Work) error {
		if !(wardbook.Membership{Roles: e.Roles}).Has(analysts...) {
			return &Refused{Why: "this is for " + rolesText(analysts), Role: true}
		}
		if p.Owner != w.Owner {
			if err := checkMember(tx, p.Owner); err != nil {
				return err
			}
		}
		w.Action, w.Owner, w.Due = strings.TrimSpace(p.Action), p.Owner, p.Due
		return nil
	})
}

// SayOfWork adds a comment to a line of a work list.
func SayOfWork(ctx context.Context, s *store.Store, e WorkEdit, text string) error {
	if err := e.role(deciders); err != nil {
		return err
	}
	ev := wardbook.Event{Actor: e.Actor, Action: "work.comment", Target: "work/" + e.Work}
	return s.Update(ctx, e.Organization, ev, func(tx *store.Tx) error {
		m := wardbook.Comment{Work: wardbook.Ref[wardbook.Work]{ID: e.Work}, Text: strings.TrimSpace(text), By: e.Actor, At: tx.Time().UTC()}
		_, err := tx.Put(wardbook.NewID(), 0, m)
		return err
	})
}

func (e WorkEdit) role(roles []wardbook.Role) error {
	if !(wardbook.Membership{Roles: e.Roles}).Has(roles...) {
		return &Refused{Why: "this is for " + rolesText(roles), Role: true}
	}
	return nil
}

// do changes a line in one Update. An edit of an old revision is a
// *wardbook.EditConflict, also where it would have changed nothing.
func (e WorkEdit) do(ctx context.Context, s *store.Store, action string, fn func(*store.Tx, *wardbook.Work) error) error {
	e.Reason = strings.TrimSpace(e.Reason)
	if err := e.role(deciders); err != nil {
		return err
	}
	ev := wardbook.Event{Actor: e.Actor, Action: action, Target: "work/" + e.Work, Reason: e.Reason}
	return s.Update(ctx, e.Organization, ev, func(tx *store.Tx) error {
		w, err := store.Get[wardbook.Work](tx, e.Work)
		if err != nil {
			return err
		}
		if w.Revision.Revision != e.Revision {
			return e.stale(tx, w.Revision)
		}
		w.Value.Devices = slices.Clone(w.Value.Devices)
		if err := fn(tx, &w.Value); err != nil {
			return err
		}
		_, err = tx.Put(e.Work, e.Revision, w.Value)
		return err
	})
}

func (e WorkEdit) stale(tx *store.Tx, current wardbook.Revision) error {
	c := &wardbook.EditConflict{Kind: current.Kind, ID: e.Work, Expected: e.Revision, Current: &current}
	base, err := tx.RevisionAt(current.Kind, e.Work, e.Revision)
	if err == nil {
		c.Base = &base
	} else if !isMissing(err) {
		return err
	}
	return c
}

func isMissing(err error) bool { return errors.Is(err, wardbook.ErrNotFound) }

// may says why somebody may not say of a device what next says (empty: they
// may), and which field is at fault. Analysts plan and do; who verifies is
// somebody else than who said that it is done; approvers leave a device as it
// is, until a date.
func (e WorkEdit) may(now time.Time, was, next wardbook.DeviceWork) (place, why string) {
	m := wardbook.Membership{Roles: e.Roles}
	if was.State == next.State && was.Until == next.Until {
		return "", "" // a note
	}
	switch next.State {
	case wardbook.WorkToDo, wardbook.WorkPlanned, wardbook.WorkDone:
		if !m.Has(analysts...) {
			return "state", "saying that it is " + workText(next.State) + " is for analysts"
		}
	case wardbook.WorkVerified:
		switch {
		case was.State != wardbook.WorkDone:
			return "state", "only what is done is verified; it is " + workText(was.State)
		case was.By == e.Actor:
			return "state", "you said that it is done: somebody else verifies it"
		}
	case wardbook.WorkAccepted:
		if !m.Has(approvers...) {
			return "state", "leaving it as it is is for approvers"
		}
		if was.State == wardbook.WorkDone || was.State == wardbook.WorkVerified {
			return "state", "it is " + workText(was.State) + ": there is nothing to accept"
		}
		t, err := time.Parse(time.DateOnly, next.Until)
		if err != nil {
			return "until", "an acceptance ends on a date, such as " + now.UTC().AddDate(0, 3, 0).Format(time.DateOnly)
		}
		if next.Until <= now.UTC().Format(time.DateOnly) || t.After(now.AddDate(10, 0, 0)) {
			return "until", next.Until + " is not a day from tomorrow on, within ten years"
		}
	default:
		return "state", "it is none of to do, planned, done, verified, accepted"
	}
	return "", ""
}

// say notes who said it and when. A note alone changes neither.
func (e WorkEdit) say(now time.Time, was, next wardbook.DeviceWork) wardbook.DeviceWork {
	next.By, next.Date = was.By, was.Date
	if was.State != next.State || was.Until != next.Until {
		next.By, next.Date = e.Actor, now.UTC().Format(time.DateOnly)
	}
	return next
}

func workText(s wardbook.WorkState) string { return strings.ReplaceAll(string(s), "_", " ") }
