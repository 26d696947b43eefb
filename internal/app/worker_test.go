package app_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/app"
	"github.com/wardbook/wardbook/internal/dbtest"
	"github.com/wardbook/wardbook/internal/store"
)

// newOrganization makes one and returns its id.
func newOrganization(t *testing.T, s *store.Store) string {
	t.Helper()
	org := wardbook.NewID()
	if err := s.CreateOrganization(t.Context(), org, wardbook.Event{Actor: "test", Action: "organization.create"}, wardbook.Organization{Name: "St. Example " + org}); err != nil {
		t.Fatal(err)
	}
	return org
}

func update(t *testing.T, s *store.Store, org string, fn func(*store.Tx) error) {
	t.Helper()
	if err := s.Update(t.Context(), org, wardbook.Event{Actor: "test", Action: "test.do"}, fn); err != nil {
		t.Fatal(err)
	}
}

func enqueue(t *testing.T, s *store.Store, org, kind string) (id string) {
	t.Helper()
	update(t, s, org, func(tx *store.Tx) error {
		j, err := tx.Enqueue(wardbook.Job{Kind: kind})
		id = j.ID
		return err
	})
	return id
}

func jobOf(t *testing.T, s *store.Store, org, id string) (j wardbook.Job) {
	t.Helper()
	err := s.View(t.Context(), org, func(tx *store.Tx) (err error) {
		j, err = tx.Job(id)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// waitFor waits until a job is in a state.
func waitFor(t *testing.T, s *store.Store, org, id string, state wardbook.JobState) wardbook.Job {
	t.Helper()
	for range 400 {
		if j := jobOf(t, s, org, id); j.State == state {
			return j
		}
		time.Sleep(25 * time.Millisecond)
	}
	t.Fatalf("job %s: %+v, want %s", id, jobOf(t, s, org, id), state)
	return wardbook.Job{}
}

// running starts a worker that ends with the test.
func running(t *testing.T, w *app.Worker) (stop func()) {
	t.Helper()
	if w.Poll == 0 {
		w.Poll = 50 * time.Millisecond
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { w.Run(ctx); close(ended) }()
	stop = func() { cancel(); <-ended }
	t.Cleanup(stop)
	return stop
}

// TestWorkerOnce: two workers do every job once, also those that come while
// they work, and wake without a poll.
func TestWorkerOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, s *store.Store) {
		org := newOrganization(t, s)
		var done atomic.Int64
		h := map[string]app.Handler{"count": func(ctx context.Context, _ *app.Task) error { done.Add(1); return nil }}
		for range 2 {
			running(t, &app.Worker{Store: s, Handlers: h, Poll: time.Hour})
		}
		const n = 40
		var ids []string
		for range n {
			ids = append(ids, enqueue(t, s, org, "count"))
		}
		other := enqueue(t, s, org, "unknown")
		for _, id := range ids {
			waitFor(t, s, org, id, wardbook.JobDone)
		}
		if done.Load() != n {
			t.Errorf("%d jobs were done %d times", n, done.Load())
		}
		if j := jobOf(t, s, org, other); j.State != wardbook.JobQueued {
			t.Errorf("a job that nobody has a handler for: %s", j.State)
		}
	})
}

// TestWorkerKilled: a worker that is gone in the middle loses the job when its
// lease ends; another goes on from what it had saved, and what the first would
// still write is refused.
func TestWorkerKilled(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, s *store.Store) {
		org := newOrganization(t, s)
		id := enqueue(t, s, org, "steps")
		dead, err := s.Claim(t.Context(), "dead", 300*time.Millisecond, "steps")
		if err != nil || dead == nil {
			t.Fatal(dead, err)
		}
		dead.Resume = []byte(`{"at":7}`)
		if err := s.Progress(t.Context(), dead, 300*time.Millisecond); err != nil {
			t.Fatal(err)
		}
		from := make(chan int, 1)
		running(t, &app.Worker{Store: s, Handlers: map[string]app.Handler{"steps": func(ctx context.Context, task *app.Task) error {
			var at struct{ At int }
			task.Resume(&at)
			from <- at.At
			return task.Update(ctx, wardbook.Event{Actor: "test", Action: "test.step"}, true, func(*store.Tx) error { return nil })
		}}})
		if j := waitFor(t, s, org, id, wardbook.JobDone); j.Attempt != 2 {
			t.Errorf("try %d", j.Attempt)
		}
		if at := <-from; at != 7 {
			t.Errorf("goes on from %d", at)
		}
		err = s.Update(t.Context(), org, wardbook.Event{Actor: "test", Action: "test.late"}, func(tx *store.Tx) error { return tx.Finish(dead) })
		if !errors.Is(err, store.ErrLease) {
			t.Errorf("the dead worker commits: %v", err)
		}
	})
}

// TestWorkerLease: a job that takes longer than its lease stays with its worker.
func TestWorkerLease(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, s *store.Store) {
		org := newOrganization(t, s)
		var starts atomic.Int64
		h := map[string]app.Handler{"long": func(ctx context.Context, task *app.Task) error {
			starts.Add(1)
			task.Progress("sleeping", 1, 2)
			select {
			case <-time.After(1500 * time.Millisecond):
			case <-ctx.Done():
				return ctx.Err()
			}
			return nil
		}}
		for range 2 {
			running(t, &app.Worker{Store: s, Handlers: h, Lease: 600 * time.Millisecond})
		}
		id := enqueue(t, s, org, "long")
		j := waitFor(t, s, org, id, wardbook.JobDone)
		if starts.Load() != 1 || j.Note != "sleeping" || j.Done != 1 || j.Total != 2 {
			t.Errorf("%d starts, %+v", starts.Load(), j)
		}
	})
}

func TestWorkerCancel(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, s *store.Store) {
		org := newOrganization(t, s)
		started := make(chan struct{})
		w := &app.Worker{Store: s, Parallel: 1, Lease: 400 * time.Millisecond, Handlers: map[string]app.Handler{"endless": func(ctx context.Context, task *app.Task) error {
			close(started)
			<-ctx.Done()
			return task.Update(ctx, wardbook.Event{Actor: "test", Action: "test.cancelled"}, true, func(*store.Tx) error { return nil })
		}}}
		running(t, w)
		id := enqueue(t, s, org, "endless")
		<-started
		waiting := enqueue(t, s, org, "endless")
		update(t, s, org, func(tx *store.Tx) error { return errors.Join(tx.CancelJob(id), tx.CancelJob(waiting)) })
		waitFor(t, s, org, id, wardbook.JobCancelled)
		waitFor(t, s, org, waiting, wardbook.JobCancelled)
		err := s.View(t.Context(), org, func(tx *store.Tx) error {
			entries, err := tx.Entries(store.EntryFilter{Action: "test.cancelled"})
			if len(entries) > 0 {
				t.Error("a cancelled job wrote")
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// TestWorkerStops: what is under way when the program stops is given back, with
// what it saved, and the try does not count.
func TestWorkerStops(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, s *store.Store) {
		org := newOrganization(t, s)
		started := make(chan struct{})
		stop := running(t, &app.Worker{Store: s, Handlers: map[string]app.Handler{"slow": func(ctx context.Context, task *app.Task) error {
			if err := task.Save(ctx, map[string]int{"at": 3}); err != nil {
				return err
			}
			close(started)
			<-ctx.Done()
			return ctx.Err()
		}}})
		id := enqueue(t, s, org, "slow")
		<-started
		stop()
		if j := jobOf(t, s, org, id); j.State != wardbook.JobQueued || j.Attempt != 0 || string(j.Resume) != `{"at":3}` {
			t.Errorf("%+v, resume %s", j, j.Resume)
		}
	})
}

func TestWorkerFails(t *testing.T) {
	s := dbtest.Open(t, t.TempDir()+"/wardbook.db")
	org := newOrganization(t, s)
	running(t, &app.Worker{Store: s, Handlers: map[string]app.Handler{
		"bad": func(context.Context, *app.Task) error {
			return wardbook.Problems{{Place: "row 2", Message: "is wrong"}}.Err()
		},
		"later": func(context.Context, *app.Task) error { return errors.New("not now") },
		"panic": func(context.Context, *app.Task) error { panic("secret") },
	}})
	if j := waitFor(t, s, org, enqueue(t, s, org, "bad"), wardbook.JobFailed); j.Error != "row 2: is wrong" || j.Attempt != 1 {
		t.Errorf("%+v", j)
	}
	for kind, want := range map[string]string{"later": "not now", "panic": "the program failed on this; what went wrong is in its log"} {
		id := enqueue(t, s, org, kind)
		for range 200 {
			if jobOf(t, s, org, id).Error != "" {
				break
			}
			time.Sleep(20 * time.Millisecond)
		}
		if j := jobOf(t, s, org, id); j.State != wardbook.JobQueued || j.Error != want || time.Until(j.RunAt) < 5*time.Second {
			t.Errorf("%s: %+v", kind, j)
		}
	}
}

// TestWorkerDrain does what is due and returns.
func TestWorkerDrain(t *testing.T) {
	s := dbtest.Open(t, t.TempDir()+"/wardbook.db")
	org := newOrganization(t, s)
	n := 0
	w := &app.Worker{Store: s, Handlers: map[string]app.Handler{"more": func(ctx context.Context, task *app.Task) error {
		if n++; n < 3 {
			return task.Update(ctx, wardbook.Event{Actor: "test", Action: "test.more"}, true, func(tx *store.Tx) error {
				_, err := tx.Enqueue(wardbook.Job{Kind: "more"})
				return err
			})
		}
		return nil
	}}}
	enqueue(t, s, org, "more")
	if err := w.Drain(t.Context()); err != nil || n != 3 {
		t.Errorf("%d, %v", n, err)
	}
}
