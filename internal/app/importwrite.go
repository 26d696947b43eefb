package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/gather"
	"github.com/wardbook/wardbook/internal/store"
)

// errNothing ends an Update without an entry: there was nothing to write.
var errNothing = errors.New("nothing to write")

// write makes sources of what was read. Two documents of one source are two
// entries: the second replaces the first.
func (im *Importer) write(ctx context.Context, t *Task, args importArgs, part []*reading) ([]Outcome, error) {
	var all []Outcome
	for len(part) > 0 {
		n, seen := 0, map[string]bool{}
		for ; n < len(part); n++ {
			key := string(part[n].Kind) + "/" + part[n].name
			if seen[key] {
				break
			}
			seen[key] = true
		}
		out, err := im.writeTogether(ctx, t, args, part[:n])
		if err != nil {
			return nil, err
		}
		all, part = append(all, out...), part[n:]
	}
	return all, nil
}

// writeTogether writes sources, and what they state, in one entry.
func (im *Importer) writeTogether(ctx context.Context, t *Task, args importArgs, part []*reading) (out []Outcome, err error) {
	j := t.Job()
	ev := wardbook.Event{Actor: j.Actor, Action: "source.import", Target: "job/" + j.ID, Reason: args.Reason}
	if r := part[0]; len(part) == 1 {
		ev.Target = "source/" + r.id()
		if r.Kind == wardbook.InputPolicy && r.err == nil {
			ev.Action, ev.Target = "policy.set", "policy/"+r.SHA256
		}
	}
	err = t.Update(ctx, ev, false, func(tx *store.Tx) error {
		w := importWrite{im: im, ctx: ctx, tx: tx, job: j, origin: args.Origin}
		for _, r := range part {
			o, err := w.source(r)
			if err != nil {
				return fmt.Errorf("%s: %w", r.File, err)
			}
			out = append(out, o)
		}
		if w.counts {
			if err := askAssess(tx); err != nil {
				return err
			}
		}
		if !w.wrote {
			return errNothing
		}
		return nil
	})
	if errors.Is(err, errNothing) {
		err = nil
	}
	return out, err
}

// askAssess asks for the assessment that a change makes necessary.
func askAssess(tx *store.Tx) error {
	_, err := tx.Enqueue(wardbook.Job{Kind: AssessJob, Unique: AssessJob})
	return err
}

// importWrite is one transaction of an import.
type importWrite struct {
	im     *Importer
	ctx    context.Context
	tx     *store.Tx
	job    wardbook.Job
	origin string
	wrote  bool
	counts bool // something changed that the assessment rests on
}

// source makes a revision of a source out of a reading.
func (w *importWrite) source(r *reading) (Outcome, error) {
	r.old, r.held = store.Stored[wardbook.Source]{}, nil
	if err := r.find(w.tx); err != nil { // as it is now: others may have written since it was read
		return Outcome{}, err
	}
	o := Outcome{File: r.File, Kind: r.Kind, SHA256: r.SHA256, Source: r.old.ID, Name: r.name}
	if r.err != nil {
		return w.refused(r, o)
	}
	in := r.doc.Input
	o.Format, o.Records, o.Change = in.Format, in.Records, r.change
	o.setProblems(in.Problems)
	if what, done := w.before(r); done {
		o.What = what
		return o, nil
	}
	src := r.source(w.origin)
	src.Format, src.Records, src.AsOf, src.Quality = in.Format, in.Records, in.AsOf, in.Quality
	src.Problems, src.Faults = o.Problems, o.Faults
	if o.What = WasReplaced; r.old.ID == "" {
		o.What = WasNew
	}
	if r.Kind == wardbook.InputInventory && !r.Force && (r.Hold || len(r.change.Surprises) > 0) {
		src.State, o.What = wardbook.SourceReview, WasHeld
	} else if err := w.content(r); err != nil {
		return o, err
	}
	src.Change, o.Change = r.change, r.change
	rev, err := w.put(r, src)
	o.Source = rev.ID
	w.counts = w.counts || src.State == wardbook.SourceCurrent
	return o, err
}

func (r *reading) source(origin string) wardbook.Source {
	if r.old.ID != "" && r.old.Value.SHA256 == r.SHA256 {
		origin = r.old.Value.Origin // read anew, not brought anew
	}
	return wardbook.Source{
		Kind: r.Kind, Name: r.name, State: wardbook.SourceCurrent, SHA256: r.SHA256, File: r.File, Origin: origin, Size: r.Size, Columns: r.Columns,
	}
}

func (w *importWrite) put(r *reading, src wardbook.Source) (wardbook.Revision, error) {
	w.wrote = true
	return w.tx.Put(r.id(), r.old.Revision.Revision, src)
}

// refused notes a document that cannot be used. Where an earlier one of that
// name holds it goes on to hold, and only the job tells.
func (w *importWrite) refused(r *reading, o Outcome) (Outcome, error) {
	o.What = WasRefused
	o.setProblems(gather.ProblemsOf(r.err))
	if r.held != nil || r.old.ID != "" && r.old.Value.State == wardbook.SourceWithdrawn {
		return o, nil
	}
	src := r.source(w.origin)
	src.State, src.Problems, src.Faults = wardbook.SourceRefused, o.Problems, o.Faults
	rev, err := w.put(r, src)
	o.Source = rev.ID
	return o, err
}

// before reports whether there is nothing to do: the same is there, what is
// there is newer, or an earlier try of this job has done it.
func (w *importWrite) before(r *reading) (OutcomeKind, bool) {
	if r.old.ID == "" || r.Force {
		return "", false
	}
	old := r.old.Value
	mine := r.old.Actor == w.job.Actor && r.old.Time.After(w.job.Created)
	if old.SHA256 == r.SHA256 && old.Columns == r.Columns {
		switch {
		case old.State == wardbook.SourceReview:
			return WasHeld, true
		case old.State == wardbook.SourceCurrent && mine && r.old.Revision.Revision == 1:
			return WasNew, true
		case old.State == wardbook.SourceCurrent && mine:
			return WasReplaced, true
		case old.State == wardbook.SourceCurrent && !r.Hold:
			return WasSame, true
		}
	}
	switch r.Kind {
	case wardbook.InputAdvisory, wardbook.InputVEX, wardbook.InputKEV, wardbook.InputEPSS:
		asOf := r.doc.Input.AsOf
		return WasOlder, r.held != nil && asOf != "" && asOf < r.held.AsOf
	}
	return "", false
}

// content writes what a document states, where the book keeps it as facts or
// records of their own.
func (w *importWrite) content(r *reading) error {
	switch r.Kind {
	case wardbook.InputInventory:
		c, err := w.tx.ApplyDevices(r.plan, w.im.devices(w.ctx, w.tx.Organization(), r))
		if errors.Is(err, store.ErrStale) {
			if err = w.im.compareInventory(w.ctx, w.tx, r); err == nil {
				c, err = w.tx.ApplyDevices(r.plan, w.im.devices(w.ctx, w.tx.Organization(), r))
			}
		}
		if err != nil {
			return err
		}
		countChanges(r.change, c) // as it is now, not as it was when it was compared
	case wardbook.InputAnswers:
		return w.answers(r)
	}
	return nil
}

func countChanges(s *wardbook.SourceChange, c *store.Changes) {
	s.New, s.Changed, s.Gone, s.Back, s.Same = len(c.New), len(c.Changed), len(c.Gone), len(c.Back), c.Same
}

// answers makes records of the answers of a file: a question has one answer,
// the newest.
func (w *importWrite) answers(r *reading) error {
	r.change = &wardbook.SourceChange{}
	for _, a := range r.doc.Answers {
		if a.By == "" {
			a.By = w.job.Actor
		}
		old, err := w.tx.ByKey(a.RecordKind(), a.RecordKey())
		id := old.ID
		switch {
		case errors.Is(err, wardbook.ErrNotFound):
			id = wardbook.NewID()
		case err != nil:
			return err
		}
		if old.ID != "" && sameAnswer(old, a) {
			r.change.Same++
			continue
		}
		if _, err := w.tx.Put(id, old.Revision, a); err != nil {
			return err
		}
		w.wrote = true
		if old.ID == "" {
			r.change.New++
		} else {
			r.change.Changed++
		}
	}
	return nil
}

func sameAnswer(old wardbook.Revision, a wardbook.Answer) bool {
	var was wardbook.Answer
	return json.Unmarshal(old.Data, &was) == nil && was.Answer == a.Answer && was.Reason == a.Reason
}

// id is that of the source; one that is new gets it here.
func (r *reading) id() string {
	if r.old.ID != "" {
		return r.old.ID
	}
	if r.newID == "" {
		r.newID = wardbook.NewID()
	}
	return r.newID
}
