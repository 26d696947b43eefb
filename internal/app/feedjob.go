package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/feed"
	"github.com/wardbook/wardbook/internal/store"
)

// FeedsChanged is the action of the entry that says, in the book of each
// organization, that the common documents are others than before.
const FeedsChanged = "feed.change"

// Waiting for the folder while somebody else works in it: a fetch by command,
// a bundle, another process.
const (
	busyEvery = 2 * time.Second
	busyFor   = 10 * time.Minute // then the job is tried again later
)

// Fetch is the Handler of FeedJob. What was fetched before is not fetched
// again, so a try goes on where the one before stopped.
func (f *Feeds) Fetch(ctx context.Context, t *Task) error {
	var args feedArgs
	if err := t.Args(&args); err != nil {
		return err
	}
	if err := f.is(args.Source, true); err != nil {
		if errors.Is(err, wardbook.ErrNotFound) {
			return &wardbook.Invalid{Problems: []wardbook.Problem{{Place: "feed", Message: fmt.Sprintf("%q was removed", args.Source)}}}
		}
		return err
	}
	r, err := f.fetch(ctx, args.Source, t)
	f.forget()
	if ctx.Err() != nil {
		return ctx.Err() // what came is told when the fetch goes on
	}
	// What came of a fetch that failed later counts.
	if told := f.Tell(ctx); told != nil {
		return errors.Join(err, told)
	}
	if err == nil {
		t.Progress(r.String(), 1, 1)
	}
	return err
}

func (f *Feeds) fetch(ctx context.Context, id string, t *Task) (feed.Report, error) {
	for begin := time.Now(); ; {
		r, err := f.folder.Fetch(ctx, id, func(done, total int64, note string) { t.Progress(note, done, total) })
		if !errors.Is(err, feed.ErrBusy) || time.Since(begin) > busyFor {
			return r, err
		}
		t.Progress("waits: somebody else works in the feed folder", 0, 0)
		select {
		case <-time.After(busyEvery):
		case <-ctx.Done():
			return r, ctx.Err()
		}
	}
}

// AskDue asks for a fetch of every feed whose time has come.
func (f *Feeds) AskDue(ctx context.Context, now time.Time) error {
	f.forget()
	all, err := f.States(ctx)
	if err != nil {
		return err
	}
	for _, s := range all {
		if s.Job != nil || s.Stopped || !s.Configured || now.Before(s.Next) {
			continue
		}
		ev := wardbook.Event{Actor: System, Action: "feed.ask", Target: "feed/" + s.Source.ID, Reason: fmt.Sprintf("it is fetched every %g hours", s.Every.Hours())}
		err := f.store.Update(ctx, store.System, ev, func(tx *store.Tx) error {
			_, err := askFeed(tx, s.Source.ID)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Tell asks for an assessment of every organization that has sources, where the
// feeds hold other documents than when it was last asked for: after a fetch,
// a bundle, or what a command did in the folder. What was told is noted last, so
// that it is told again when this is cut off.
func (f *Feeds) Tell(ctx context.Context) error {
	digest, err := f.digest()
	if err != nil {
		return err
	}
	told := ""
	err = f.store.View(ctx, store.System, func(tx *store.Tx) error {
		p, err := feedPlan(tx)
		told = p.Value.Told
		return err
	})
	if err != nil || told == digest {
		return err
	}
	ids, _, err := f.store.Organizations(ctx)
	if err != nil {
		return err
	}
	ev := wardbook.Event{Actor: System, Action: FeedsChanged, Target: "feeds", Reason: "the feeds hold other documents than before"}
	for _, org := range ids {
		err := f.store.Update(ctx, org, ev, func(tx *store.Tx) error {
			page, err := store.List[wardbook.Source](tx, store.ListOptions{Limit: 1})
			if err != nil {
				return err
			}
			if len(page.Items) == 0 {
				return errNothing
			}
			return askAssess(tx)
		})
		if err != nil && !errors.Is(err, errNothing) {
			return err
		}
	}
	return f.store.Update(ctx, store.System, ev, func(tx *store.Tx) error {
		p, err := feedPlan(tx)
		if err != nil {
			return err
		}
		p.Value.Told = digest
		_, err = tx.Put(p.ID, p.Revision.Revision, p.Value)
		return err
	})
}
