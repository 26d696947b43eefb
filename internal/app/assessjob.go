package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/store"
)

// Job is the Handler of AssessJob: it assesses the organization of the job at
// the date that now says.
func (l *Living) Job(now func() time.Time) Handler {
	return func(ctx context.Context, t *Task) error {
		j := t.Job()
		ev := wardbook.Event{Actor: System, Action: "assessment.make", Target: "job/" + j.ID}
		out, err := l.Assess(ctx, j.Organization, ev, now(), func(stage string, done, total int) { t.Progress(stage, int64(done), int64(total)) })
		if err != nil {
			return err
		}
		t.Progress(out.String(), 1, 1)
		if err := t.Finish(ctx); err != nil {
			return err
		}
		return askIfMoved(context.WithoutCancel(ctx), l.store, j.Organization, out.Position)
	}
}

// askIfMoved asks for another assessment where something changed after position:
// who changed it while the job ran found that one was under way. It looks when
// the job has ended, in the turn of those who write, so that nothing falls
// between.
func askIfMoved(ctx context.Context, s *store.Store, org string, position int64) error {
	ev := wardbook.Event{Actor: System, Action: "assessment.ask", Reason: "something changed while the assessment was made"}
	err := s.Update(ctx, org, ev, func(tx *store.Tx) error {
		err := unmoved(tx, position)
		if errors.Is(err, errMoved) {
			return askAssess(tx)
		}
		if err == nil {
			return errNothing
		}
		return err
	})
	if errors.Is(err, errNothing) {
		return nil
	}
	return err
}

// String says in a line what an assessment came to.
func (a *Assessed) String() string {
	findings := 0
	for _, n := range a.Summary.Findings {
		findings += n
	}
	text := fmt.Sprintf("%d devices, %d findings%s, %d risks%s, %d of them unacceptable, %d questions%s",
		a.Summary.Devices, findings, moved(a.Findings), a.Summary.Risks, moved(a.Risks), a.Summary.Unacceptable, a.Summary.Questions, moved(a.Questions))
	if !a.Written {
		return text + ": nothing differs from before"
	}
	return text
}

// moved counts what differs: " (3 new, 1 gone)".
func moved(c store.Changes) string {
	var parts []string
	for _, p := range []struct {
		n    int
		what string
	}{{len(c.New) + len(c.Back), "new"}, {len(c.Changed), "changed"}, {len(c.Gone), "gone"}} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.what))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

// AskDaily asks for an assessment of every organization whose last one is of
// another day than now: support ends, due dates and the age of data move without
// anybody changing anything.
func AskDaily(ctx context.Context, s *store.Store, now time.Time) error {
	ids, _, err := s.Organizations(ctx)
	if err != nil {
		return err
	}
	today := now.UTC().Format(time.DateOnly)
	for _, org := range ids {
		err := s.View(ctx, org, func(tx *store.Tx) error {
			page, err := store.List[wardbook.Standing](tx, store.ListOptions{Limit: 1, Sort: store.ByChanged, Desc: true})
			if err != nil || len(page.Items) == 0 || page.Items[0].Value.At >= today {
				return err
			}
			return errMoved
		})
		if errors.Is(err, errMoved) {
			ev := wardbook.Event{Actor: System, Action: "assessment.ask", Reason: "another day"}
			err = s.Update(ctx, org, ev, askUnlessAsked)
		}
		if err != nil && !errors.Is(err, errNothing) {
			return err
		}
	}
	return nil
}

// askUnlessAsked asks for an assessment where none is waiting or under way.
func askUnlessAsked(tx *store.Tx) error {
	open, err := tx.Jobs(store.ListOptions{Text: AssessJob, States: []string{string(wardbook.JobQueued), string(wardbook.JobRunning)}, Limit: 1})
	if err == nil && len(open.Items) > 0 {
		return errNothing
	}
	if err != nil {
		return err
	}
	return askAssess(tx)
}
