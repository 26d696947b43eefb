package app

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/gather"
	"github.com/wardbook/wardbook/internal/inventory"
	"github.com/wardbook/wardbook/internal/store"
)

// SourceAct is what a person does to a source.
type SourceAct string

const (
	Apply     SourceAct = "apply"      // what waits for a person is right
	Refuse    SourceAct = "refuse"     // it is wrong: what held before goes on to hold
	Withdraw  SourceAct = "withdraw"   // it no longer holds
	BringBack SourceAct = "bring_back" // it holds again
)

// acts says from which states a source can be acted on.
var acts = map[SourceAct][]wardbook.SourceState{
	Apply:     {wardbook.SourceReview},
	Refuse:    {wardbook.SourceReview},
	Withdraw:  {wardbook.SourceCurrent, wardbook.SourceReview, wardbook.SourceRefused},
	BringBack: {wardbook.SourceWithdrawn, wardbook.SourceRefused},
}

// Can reports whether an act is possible in a state.
func (a SourceAct) Can(s wardbook.SourceState) bool {
	for _, from := range acts[a] {
		if from == s {
			return true
		}
	}
	return false
}

// Act does what a person decided about a source. expected is the revision that
// the person saw; when there is a newer one the error is a
// *wardbook.EditConflict. ev says who and why; all but Apply need a reason. The
// job is that which carries it out, empty where nothing is left to do.
func (im *Importer) Act(ctx context.Context, org, id string, expected int64, act SourceAct, ev wardbook.Event) (job string, err error) {
	ev.Action, ev.Target, ev.Reason = "source."+string(act), "source/"+id, strings.TrimSpace(ev.Reason)
	if act != Apply && ev.Reason == "" {
		return "", &wardbook.Invalid{Problems: []wardbook.Problem{{Place: "reason", Message: "say why: the book keeps it"}}}
	}
	err = im.Store.Update(ctx, org, ev, func(tx *store.Tx) error {
		s, err := store.Get[wardbook.Source](tx, id)
		if err != nil {
			return err
		}
		if s.Revision.Revision != expected {
			return conflict(tx, s.Revision, expected)
		}
		if s.Value.Kind == wardbook.InputPolicy {
			return &wardbook.Invalid{Problems: []wardbook.Problem{{Place: "state", Message: "a policy is replaced by another"}}}
		}
		if !act.Can(s.Value.State) {
			return &wardbook.Invalid{Problems: []wardbook.Problem{{Place: "state", Message: fmt.Sprintf("the source is %s", s.Value.State)}}}
		}
		switch act {
		case Apply, BringBack:
			job, err = enqueueImport(tx, again(s.Value, ev.Reason))
			return err
		case Refuse:
			return refuse(tx, s)
		}
		return withdraw(tx, s)
	})
	return job, err
}

// conflict is the error of an act on a revision that is not the newest.
func conflict(tx *store.Tx, current wardbook.Revision, expected int64) error {
	c := &wardbook.EditConflict{Kind: current.Kind, ID: current.ID, Expected: expected, Current: &current}
	if base, err := tx.RevisionAt(current.Kind, current.ID, expected); err == nil {
		c.Base = &base
	}
	return c
}

// again reads the bytes of a source anew, in the name of a person who has
// looked at them.
func again(s wardbook.Source, reason string) importArgs {
	return importArgs{Reason: reason, Origin: s.Origin, Documents: []importDocument{{
		Kind: s.Kind, File: s.File, SHA256: s.SHA256, Size: s.Size, As: s.Name, Columns: s.Columns, Force: true,
	}}}
}

// refuse puts back what held before.
func refuse(tx *store.Tx, s store.Stored[wardbook.Source]) error {
	next := s.Value
	next.State = wardbook.SourceRefused
	held, err := LastHeld(tx, s)
	if err != nil {
		return err
	}
	if held != nil {
		next = *held
	}
	_, err = tx.Put(s.ID, s.Revision.Revision, next)
	return err
}

// withdraw makes a source hold no longer. What it stated of devices ceases to
// hold too; the past keeps it.
func withdraw(tx *store.Tx, s store.Stored[wardbook.Source]) error {
	next := s.Value
	held, err := LastHeld(tx, s)
	if err != nil {
		return err
	}
	if held != nil {
		next = *held // what waited is not brought back with it
	}
	next.State, next.Change = wardbook.SourceWithdrawn, nil
	if next.Kind == wardbook.InputInventory {
		c, err := tx.ReconcileDevices(next.Name, store.All[wardbook.Device](nil))
		if err != nil {
			return err
		}
		next.Change = &wardbook.SourceChange{}
		countChanges(next.Change, c)
	}
	if _, err := tx.Put(s.ID, s.Revision.Revision, next); err != nil {
		return err
	}
	return askAssess(tx)
}

// A ColumnView is one column of an inventory as a person sees it.
type ColumnView struct {
	Number int    // from 1
	Letter string // as a spreadsheet names it
	Header string
	Field  string // a field of wardbook.Device, or "ignore"
	Why    string
	// Samples are the first few different values.
	Samples []string
}

// Columns is how an inventory is read.
type Columns struct {
	HeaderRow int // 0: there is none
	Sheet     string
	Columns   []ColumnView
	Fields    []string // all that a column can be
	YAML      string   // the same as a columns file
}

// ColumnsOf reads the beginning of an inventory again and says how its columns
// are read. It is nil where the bytes were redacted or cannot be read any more.
func (im *Importer) ColumnsOf(ctx context.Context, tx *store.Tx, s wardbook.Source) (*Columns, error) {
	if s.Kind != wardbook.InputInventory {
		return nil, nil
	}
	m, err := im.mappingOf(ctx, tx, s)
	if err != nil || m == nil {
		return nil, err
	}
	out := &Columns{HeaderRow: m.HeaderRow, Sheet: m.Sheet, YAML: string(m.YAML())}
	for _, c := range m.Columns {
		out.Columns = append(out.Columns, ColumnView{Number: c.Index + 1, Letter: c.Letter(), Header: c.Header, Field: string(c.Field), Why: c.Why, Samples: c.Samples})
	}
	for _, f := range inventory.Fields {
		out.Fields = append(out.Fields, string(f))
	}
	return out, nil
}

// Remap reads an inventory anew with its columns read as fields says: one field
// for each column, from the first. What it would change waits for a person.
func (im *Importer) Remap(ctx context.Context, org, id string, expected int64, fields []string, ev wardbook.Event) (job string, err error) {
	ev.Action, ev.Target = "source.columns", "source/"+id
	err = im.Store.Update(ctx, org, ev, func(tx *store.Tx) error {
		s, err := store.Get[wardbook.Source](tx, id)
		if err != nil {
			return err
		}
		if s.Revision.Revision != expected {
			return conflict(tx, s.Revision, expected)
		}
		m, err := im.mappingOf(ctx, tx, s.Value)
		if err != nil {
			return err
		}
		if m == nil {
			return &wardbook.Invalid{Problems: []wardbook.Problem{{Place: "file", Message: "it cannot be read any more"}}}
		}
		if len(fields) != len(m.Columns) {
			return &wardbook.Invalid{Problems: []wardbook.Problem{{Place: "columns", Message: fmt.Sprintf("the file has %d columns, %d were sent", len(m.Columns), len(fields))}}}
		}
		var ps wardbook.Problems
		for i, f := range fields {
			if m.Columns[i].Field = inventory.Field(f); !m.Columns[i].Field.Valid() {
				ps.Add("column "+m.Columns[i].Letter(), "%q is no field", f)
			}
		}
		if err := ps.Err(); err != nil {
			return err
		}
		args := again(s.Value, ev.Reason)
		d := &args.Documents[0]
		d.Force, d.Hold, d.Columns = false, true, keepValues(s.Value.Columns, string(m.YAML()))
		if _, err := parseColumns(d.Columns); err != nil {
			return err
		}
		job, err = enqueueImport(tx, args)
		return err
	})
	return job, err
}

// keepValues carries over what a columns file says of the meaning of words: a
// mapping does not have it.
func keepValues(was, is string) string {
	_, values, ok := strings.Cut("\n"+was, "\nvalues:")
	if !ok {
		return is
	}
	var b strings.Builder
	b.WriteString(strings.TrimRight(is, "\n") + "\nvalues:")
	for i, line := range strings.Split(values, "\n") {
		if i > 0 && line != "" && !strings.ContainsAny(line[:1], " \t#-") {
			break // the next key
		}
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(line)
	}
	return b.String() + "\n"
}

// Problems reads the bytes of a source again and lists all its problems, of
// which the source has the first only.
func (im *Importer) Problems(ctx context.Context, tx *store.Tx, s wardbook.Source) ([]wardbook.Problem, error) {
	r := &reading{importDocument: again(s, "").Documents[0], name: s.Name}
	if err := im.decode(ctx, tx, r, func(*wardbook.Device) error { return nil }); err != nil {
		if errors.Is(err, store.ErrRedacted) {
			return s.Problems, nil
		}
		return nil, err
	}
	if r.err != nil {
		return gather.ProblemsOf(r.err), nil
	}
	return r.doc.Input.Problems, nil
}
