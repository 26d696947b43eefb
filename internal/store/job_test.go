package store_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/dbtest"
	"github.com/wardbook/wardbook/internal/store"
)

// withClock opens a store on each engine whose time the test moves.
func withClock(t *testing.T, fn func(t *testing.T, s *store.Store, forward func(time.Duration))) {
	dbtest.EachDSN(t, func(t *testing.T, dsn string, opts ...store.Option) {
		var mu sync.Mutex
		at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		clock := func() time.Time { mu.Lock(); defer mu.Unlock(); return at }
		fn(t, dbtest.Open(t, dsn, append(opts, store.Clock(clock))...), func(d time.Duration) { mu.Lock(); at = at.Add(d); mu.Unlock() })
	})
}

func enqueue(t *testing.T, s *store.Store, org string, j wardbook.Job) wardbook.Job {
	t.Helper()
	update(t, s, org, func(tx *store.Tx) (err error) {
		j, err = tx.Enqueue(j)
		return err
	})
	return j
}

func claim(t *testing.T, s *store.Store, worker string) *wardbook.Job {
	t.Helper()
	j, err := s.Claim(t.Context(), worker, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func TestJobs(t *testing.T) {
	withClock(t, func(t *testing.T, s *store.Store, forward func(time.Duration)) {
		north := org(t, s, "north")
		failed := errors.New("no luck")
		err := s.Update(t.Context(), north, event, func(tx *store.Tx) error {
			tx.Enqueue(wardbook.Job{Kind: "match"})
			return failed
		})
		if err != failed || claim(t, s, "w") != nil {
			t.Error("a job without its change")
		}
		first := enqueue(t, s, north, wardbook.Job{Kind: "match", Unique: "p", MaxAttempts: 2, Args: []byte(`{}`)})
		if second := enqueue(t, s, north, wardbook.Job{Kind: "match", Unique: "p"}); second.ID != first.ID {
			t.Error("two jobs for one unique text")
		}
		j := claim(t, s, "w1")
		if j == nil || j.ID != first.ID || j.Attempt != 1 || string(j.Args) != "{}" || claim(t, s, "w2") != nil {
			t.Fatalf("claimed %+v", j)
		}
		j.Done, j.Total, j.Resume = 3, 10, []byte("at 3")
		if err := s.Progress(t.Context(), j, time.Minute); err != nil {
			t.Fatal(err)
		}
		if err := s.Fail(t.Context(), j, failed, false); err != nil || j.State != wardbook.JobQueued {
			t.Fatal(err, j.State)
		}
		if claim(t, s, "w1") != nil {
			t.Error("tried again at once")
		}
		forward(time.Minute)
		j = claim(t, s, "w1")
		if j == nil || j.Attempt != 2 || string(j.Resume) != "at 3" {
			t.Fatalf("second try %+v", j)
		}
		forward(2 * time.Minute) // the worker is dead, and its tries are used up
		if claim(t, s, "w2") != nil {
			t.Error("a third try of two")
		}
		view(t, s, north, func(tx *store.Tx) error {
			got, err := tx.Job(first.ID)
			if got.State != wardbook.JobFailed || got.Error == "" || got.Done != 3 {
				t.Errorf("at the end %+v", got)
			}
			return err
		})
		if err := s.Finish(t.Context(), j); !errors.Is(err, store.ErrLease) {
			t.Errorf("the dead worker ends the job: %v", err)
		}
	})
}

func TestJobLeaseAndFinish(t *testing.T) {
	withClock(t, func(t *testing.T, s *store.Store, forward func(time.Duration)) {
		north := org(t, s, "north")
		enqueue(t, s, north, wardbook.Job{Kind: "match"})
		slow := claim(t, s, "slow")
		forward(2 * time.Minute)
		quick := claim(t, s, "quick")
		if quick == nil || quick.ID != slow.ID {
			t.Fatal("a lease that ran out is not due again")
		}
		finish := func(j *wardbook.Job, id string) error {
			return s.Update(t.Context(), north, event, func(tx *store.Tx) error {
				if _, err := tx.Put(id, 0, testRecord{Title: "result"}); err != nil {
					return err
				}
				return tx.Finish(j)
			})
		}
		if err := finish(slow, "slow"); !errors.Is(err, store.ErrLease) {
			t.Errorf("the slow worker commits: %v", err)
		}
		if err := finish(quick, "quick"); err != nil {
			t.Error(err)
		}
		view(t, s, north, func(tx *store.Tx) error {
			if _, err := tx.Revision("test", "slow"); !errors.Is(err, wardbook.ErrNotFound) {
				t.Errorf("the slow worker's result is there: %v", err)
			}
			page, err := tx.Jobs(store.ListOptions{States: []string{"done"}})
			if len(page.Items) != 1 {
				t.Errorf("done: %+v", page)
			}
			return err
		})
	})
}

func TestJobCancel(t *testing.T) {
	withClock(t, func(t *testing.T, s *store.Store, _ func(time.Duration)) {
		north := org(t, s, "north")
		cancel := func(id string) {
			t.Helper()
			update(t, s, north, func(tx *store.Tx) error { return tx.CancelJob(id) })
		}
		waiting := enqueue(t, s, north, wardbook.Job{Kind: "a"})
		cancel(waiting.ID)
		if claim(t, s, "w") != nil {
			t.Error("a cancelled job runs")
		}
		enqueue(t, s, north, wardbook.Job{Kind: "b"})
		j := claim(t, s, "w")
		cancel(j.ID)
		if err := s.Progress(t.Context(), j, time.Minute); err != nil || !j.Cancel {
			t.Errorf("the worker does not learn it: %v", err)
		}
		if err := s.Stop(t.Context(), j); err != nil || j.State != wardbook.JobCancelled {
			t.Error(err)
		}
	})
}

func TestJobsClaimedOnceAndFairly(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, s *store.Store) {
		orgs := []string{org(t, s, "north"), org(t, s, "south")}
		for range 20 {
			enqueue(t, s, orgs[0], wardbook.Job{Kind: "k"})
		}
		enqueue(t, s, orgs[1], wardbook.Job{Kind: "k"})
		claim(t, s, "w")
		if j := claim(t, s, "w"); j == nil || j.Organization != "south" {
			t.Errorf("the job of south waits behind those of north: %+v", j)
		}
		var mu sync.Mutex
		seen := map[string]int{}
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for range 30 {
					j, err := s.Claim(t.Context(), "w", time.Minute)
					if err != nil {
						t.Error(err)
						return
					}
					if j == nil {
						continue
					}
					mu.Lock()
					seen[j.ID]++
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		if len(seen) != 19 {
			t.Errorf("%d of 19 jobs were claimed", len(seen))
		}
		for id, n := range seen {
			if n != 1 {
				t.Errorf("job %s was claimed %d times", id, n)
			}
		}
	})
}
