package app

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/store"
	"github.com/wardbook/wardbook/internal/worklist"
)

// WorkList is the work list of lines as a file has it, in the order of the ward,
// the line and the device.
func WorkList(tx *store.Tx, lines []store.Stored[wardbook.Work]) (*worklist.List, error) {
	lines = slices.Clone(lines)
	slices.SortStableFunc(lines, func(a, b store.Stored[wardbook.Work]) int {
		return cmp.Or(cmp.Compare(a.Value.Ward(), b.Value.Ward()), cmp.Compare(a.Number, b.Number))
	})
	l := &worklist.List{Organization: tx.Organization()}
	var ids []string
	for _, w := range lines {
		for _, d := range w.Value.Devices {
			ids = append(ids, d.Device)
		}
	}
	devices, err := devicesNamed(tx, ids)
	if err != nil {
		return nil, err
	}
	for i, w := range lines {
		if ward := w.Value.Ward(); i == 0 {
			l.Ward = ward
		} else if l.Ward != ward {
			l.Ward = ""
		}
		l.Lines = append(l.Lines, worklist.Line{ID: w.ID, Number: w.Short(), Revision: w.Revision.Revision})
		for _, d := range w.Value.Devices {
			is := devices[d.Device]
			l.Rows = append(l.Rows, worklist.Row{
				Number: w.Short(), Device: d.Device, Manufacturer: is.Manufacturer, Model: is.Model, Serial: is.Serial, Location: cmp.Or(is.Location, w.Value.Location),
				Action: w.Value.Action, State: d.State, Note: d.Note, Date: dateShown(d),
			})
		}
	}
	return l, nil
}

// dateShown is the date of a device in a file: of an acceptance its last day.
func dateShown(d wardbook.DeviceWork) string {
	if d.State == wardbook.WorkAccepted {
		return d.Until
	}
	return d.Date
}

// BringWork keeps the file of a work list that somebody has filled in, so that
// its changes can be looked at and applied. A file that is no work list of the
// organization is refused.
func BringWork(ctx context.Context, s *store.Store, e WorkEdit, name string, b []byte) (sha256 string, err error) {
	if err := e.role(deciders); err != nil {
		return "", err
	}
	l, _, err := worklist.Read(b)
	if err == nil && l.Organization != e.Organization {
		err = errors.New("this work list is of another organization")
	}
	if err != nil {
		return "", &wardbook.Invalid{Problems: []wardbook.Problem{{Place: "file", Message: err.Error()}}}
	}
	ev := wardbook.Event{Actor: e.Actor, Action: "work.bring", Reason: strings.TrimSpace(e.Reason)}
	err = s.Update(ctx, e.Organization, ev, func(tx *store.Tx) error {
		kept, err := tx.AddEvidence(wardbook.Evidence{Name: name}, bytes.NewReader(b))
		sha256 = kept.SHA256
		return err
	})
	return sha256, err
}

// A WorkMerge is what a filled in work list changes, held against what it was
// made from and what stands now.
type WorkMerge struct {
	Name string // of the file
	// Seen stands for the revisions that the merge was made against: applying
	// it names it, so that nothing is applied that nobody has seen.
	Seen     string
	Changes  []WorkChange       // what would change, the conflicts first
	Problems []wardbook.Problem // with the cell each
	Same     int                // rows that change nothing

	lines map[string]store.Stored[wardbook.Work]
}

// A WorkChange is one device of a filled in list: as it was when the file was
// made, as the file has it, and as it stands now. Field by field the one that
// differs from Base counts; where both do, and differently, it is a conflict.
type WorkChange struct {
	Work, Number, Device, Cell string
	Base, Theirs, Now          wardbook.DeviceWork
	Next                       wardbook.DeviceWork // what would be written
	Conflict                   bool
}

// Key names the change in a form.
func (c WorkChange) Key() string { return c.Work + "/" + c.Device }

// Conflicts counts the changes where file and book disagree.
func (m *WorkMerge) Conflicts() (n int) {
	for _, c := range m.Changes {
		if c.Conflict {
			n++
		}
	}
	return n
}

// MergeWork reads the file of a work list that BringWork kept and says what it
// changes when e's actor applies it. Of a conflict, what the book has stays
// unless take names its key.
func MergeWork(tx *store.Tx, e WorkEdit, sha256 string, take map[string]bool) (*WorkMerge, error) {
	kept, err := tx.Evidence(sha256)
	if err != nil {
		return nil, err
	}
	r, err := tx.OpenEvidence(sha256)
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(io.LimitReader(r, worklist.MaxFile+1))
	if err != nil {
		return nil, err
	}
	l, problems, err := worklist.Read(b)
	if err == nil && l.Organization != tx.Organization() {
		err = worklist.ErrNoList
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", wardbook.ErrNotFound, err) // other evidence
	}
	m := &workMerger{WorkMerge: WorkMerge{Name: kept.Name, Problems: problems, lines: map[string]store.Stored[wardbook.Work]{}}, tx: tx, edit: e, list: l, take: take, base: map[string]map[string]wardbook.DeviceWork{}}
	if err := m.run(); err != nil {
		return nil, err
	}
	return &m.WorkMerge, nil
}

type workMerger struct {
	WorkMerge
	tx   *store.Tx
	edit WorkEdit
	list *worklist.List
	take map[string]bool
	base map[string]map[string]wardbook.DeviceWork // by line and device
}

func (m *workMerger) run() error {
	seen := sha256.New()
	now := map[string]map[string]wardbook.DeviceWork{}
	for _, l := range m.list.Lines {
		w, err := store.Get[wardbook.Work](m.tx, l.ID)
		if err == nil {
			var rev wardbook.Revision
			if rev, err = m.tx.RevisionAt(w.Kind, l.ID, l.Revision); err == nil {
				var was store.Stored[wardbook.Work]
				was, err = store.Decode[wardbook.Work](rev)
				m.base[l.ID] = byDevice(was.Value)
			}
		}
		if isMissing(err) || err == nil && w.Short() != l.Number {
			m.problem("sheet Wardbook", l.Number+" is not in this book as the file says: its rows are left out")
			delete(m.base, l.ID)
			continue
		}
		if err != nil {
			return err
		}
		m.lines[l.ID], now[l.ID] = w, byDevice(w.Value)
		fmt.Fprintf(seen, "%s %d\n", l.ID, w.Revision.Revision)
	}
	m.Seen = hex.EncodeToString(seen.Sum(nil))
	for _, r := range m.list.Rows {
		line := m.list.Line(r.Number)
		if line == nil || m.base[line.ID] == nil {
			continue
		}
		base, ok := m.base[line.ID][r.Device]
		is, still := now[line.ID][r.Device]
		if !ok || !still {
			m.problem(r.Cell, r.Device+" is not on the list "+r.Number)
			continue
		}
		m.row(line, r, base, is)
	}
	slices.SortStableFunc(m.Changes, func(a, b WorkChange) int {
		switch {
		case a.Conflict == b.Conflict:
			return 0
		case a.Conflict:
			return -1
		}
		return 1
	})
	return nil
}

func byDevice(w wardbook.Work) map[string]wardbook.DeviceWork {
	out := make(map[string]wardbook.DeviceWork, len(w.Devices))
	for _, d := range w.Devices {
		out[d.Device] = d
	}
	return out
}

func (m *workMerger) problem(place, text string) {
	m.Problems = append(m.Problems, wardbook.Problem{Place: place, Message: text})
}

// row merges one row of the file.
func (m *workMerger) row(line *worklist.Line, r worklist.Row, base, now wardbook.DeviceWork) {
	theirs := wardbook.DeviceWork{Device: r.Device, State: r.State, Note: r.Note, Date: r.Date}
	if r.State == wardbook.WorkAccepted {
		theirs.Until, theirs.Date = r.Date, ""
	}
	c := WorkChange{Work: line.ID, Number: r.Number, Device: r.Device, Cell: r.Cell, Base: base, Theirs: theirs, Now: now, Next: now}
	said := func(d wardbook.DeviceWork) string { return string(d.State) + " " + d.Until }
	// A date that was changed alone says when it was done.
	dated := theirs.Until == "" && theirs.Date != "" && theirs.Date != base.Date
	stateMoved := said(theirs) != said(base) || dated
	stateMeanwhile := said(now) != said(base) || now.Date != base.Date || now.By != base.By
	sameState := said(theirs) == said(now) && (!dated || theirs.Date == now.Date)
	noteMoved := strings.TrimSpace(theirs.Note) != strings.TrimSpace(base.Note)
	noteMeanwhile := now.Note != base.Note
	sameNote := strings.TrimSpace(theirs.Note) == strings.TrimSpace(now.Note)
	c.Conflict = stateMoved && stateMeanwhile && !sameState || noteMoved && noteMeanwhile && !sameNote
	take := !c.Conflict || m.take[c.Key()]
	if take && stateMoved && !sameState {
		c.Next.State, c.Next.Until, c.Next.Date = theirs.State, theirs.Until, cmp.Or(theirs.Date, m.today())
		c.Next.By = m.edit.Actor
		if theirs.State == wardbook.WorkAccepted || theirs.Date == base.Date {
			c.Next.Date = m.today()
		}
	}
	if take && noteMoved && !sameNote {
		c.Next.Note = strings.TrimSpace(theirs.Note)
	}
	if !c.Conflict && c.Next == now {
		m.Same++
		return
	}
	if c.Next.Date > m.today() {
		m.problem(r.Cell, "the date "+c.Next.Date+" has not come yet")
		return
	}
	if _, why := m.edit.may(m.tx.Time(), now, c.Next); why != "" {
		m.problem(r.Cell, r.Device+": "+why)
		return
	}
	m.Changes = append(m.Changes, c)
}

func (m *workMerger) today() string { return m.tx.Time().UTC().Format(time.DateOnly) }

// ErrSeen: what a merge was made against has changed since it was looked at.
var ErrSeen = errors.New("the work list has changed since you looked at it: look at the changes again")

// ApplyWork writes what a filled in work list changes, all lines in one entry of
// the book, and returns how many devices that were. seen is that of the merge
// that was looked at, take the keys of the conflicts in which the file counts.
func ApplyWork(ctx context.Context, s *store.Store, e WorkEdit, sha256, seen string, take map[string]bool) (devices int, err error) {
	e.Reason = strings.TrimSpace(e.Reason)
	if err := e.role(deciders); err != nil {
		return 0, err
	}
	if e.Reason == "" {
		var ps wardbook.Problems
		ps.Add("reason", "say why: the book keeps it")
		return 0, ps.Err()
	}
	ev := wardbook.Event{Actor: e.Actor, Action: "work.merge", Target: "evidence/" + sha256, Reason: e.Reason}
	err = s.Update(ctx, e.Organization, ev, func(tx *store.Tx) error {
		m, err := MergeWork(tx, e, sha256, take)
		if err != nil {
			return err
		}
		if m.Seen != seen {
			return ErrSeen
		}
		devices, err = m.write(tx)
		if err == nil && devices == 0 {
			return &Refused{Why: "the file changes nothing"}
		}
		return err
	})
	return devices, err
}

func (m *WorkMerge) write(tx *store.Tx) (devices int, err error) {
	next := map[string]map[string]wardbook.DeviceWork{}
	for _, c := range m.Changes {
		if c.Next == c.Now {
			continue
		}
		if next[c.Work] == nil {
			next[c.Work] = map[string]wardbook.DeviceWork{}
		}
		next[c.Work][c.Device] = c.Next
		devices++
		if c.Next.State == wardbook.WorkAccepted && c.Next.Until != c.Now.Until {
			if err := askForWorkEnd(tx, c.Work, c.Next.Until); err != nil {
				return 0, err
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(next)) {
		w, changed := m.lines[id], next[id]
		w.Value.Devices = slices.Clone(w.Value.Devices)
		for i, d := range w.Value.Devices {
			if n, ok := changed[d.Device]; ok {
				w.Value.Devices[i] = n
			}
		}
		if _, err := tx.Put(id, w.Revision.Revision, w.Value); err != nil {
			return 0, err
		}
	}
	return devices, nil
}
