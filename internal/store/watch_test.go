package store_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/dbtest"
	"github.com/wardbook/wardbook/internal/store"
)

func TestWait(t *testing.T) {
	dbtest.EachDSN(t, func(t *testing.T, dsn string, opts ...store.Option) {
		s := dbtest.Open(t, dsn, opts...)
		north := org(t, s, "north")
		replica := dbtest.Open(t, dsn, opts...)
		got := make(chan int64, 2)
		for _, one := range []*store.Store{s, replica} {
			go func() {
				p, err := one.Wait(t.Context(), north, 0)
				if err != nil {
					t.Error(err)
				}
				got <- p
			}()
		}
		time.Sleep(50 * time.Millisecond)
		put(t, s, north, "a", 0, testRecord{Title: "A"})
		for range 2 {
			if p := <-got; p != 1 {
				t.Errorf("position %d", p)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		if _, err := s.Wait(ctx, north, 1); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("nothing came: %v", err)
		}
	})
}

// TestWaitReplica: an Update of one process wakes those who wait in another,
// long before they would look by themselves; and so it is again after the
// connection that hears of it was lost.
func TestWaitReplica(t *testing.T) {
	dsn := dbtest.Postgres(t)
	key := store.KeyFile(filepath.Join(t.TempDir(), "key"))
	a, b := dbtest.Open(t, dsn, key), dbtest.Open(t, dsn, key)
	north := org(t, a, "north")
	b.SetPoll(time.Hour)
	wake := func(n int64) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		hint := b.Committed()
		got := make(chan int64, 1)
		go func() {
			p, err := b.Wait(ctx, north, n-1)
			if err != nil {
				t.Errorf("update %d: %v", n, err)
			}
			got <- p
		}()
		start := time.Now()
		put(t, a, north, fmt.Sprint("r", n), 0, testRecord{Title: "A"})
		if p := <-got; p != n {
			t.Errorf("position %d, want %d", p, n)
		}
		select {
		case <-hint:
		case <-ctx.Done():
			t.Error("Committed was not closed")
		}
		t.Logf("update %d was seen after %v", n, time.Since(start))
	}
	heard(t, a, "1970-01-01")
	for n := range int64(5) {
		wake(n + 1)
	}
	var cut string
	err := a.RawDB().QueryRow(`SELECT now()::text FROM pg_stat_activity
		WHERE datname = current_database() AND query LIKE 'LISTEN%' AND pg_terminate_backend(pid)`).Scan(&cut)
	if err != nil {
		t.Fatal(err)
	}
	heard(t, a, cut)
	wake(6)
}

// heard waits until two connections listen that were made after a time.
func heard(t *testing.T, s *store.Store, after string) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		var n int
		err := s.RawDB().QueryRow(`SELECT count(*) FROM pg_stat_activity
			WHERE datname = current_database() AND query LIKE 'LISTEN%' AND backend_start > $1::timestamptz`, after).Scan(&n)
		if err != nil {
			t.Fatal(err)
		}
		if n == 2 {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%d connections listen, want 2", n)
		}
	}
}

// TestClaimReplicas: of the jobs that two processes enqueue, each is done once,
// whoever claims it.
func TestClaimReplicas(t *testing.T) {
	dbtest.EachDSN(t, func(t *testing.T, dsn string, opts ...store.Option) {
		stores := []*store.Store{dbtest.Open(t, dsn, opts...), dbtest.Open(t, dsn, opts...)}
		north := org(t, stores[0], "north")
		const each = 40
		for _, s := range stores {
			update(t, s, north, func(tx *store.Tx) error {
				for range each {
					if _, err := tx.Enqueue(wardbook.Job{Kind: "count"}); err != nil {
						return err
					}
				}
				return nil
			})
		}
		var mu sync.Mutex
		claimed := map[string]int{}
		by := make([]int, len(stores))
		var all sync.WaitGroup
		for i, s := range stores {
			for w := range 3 {
				all.Go(func() {
					for {
						j, err := s.Claim(t.Context(), fmt.Sprint(i, "/", w), time.Minute)
						if err != nil {
							t.Error(err)
						}
						if err != nil || j == nil {
							return
						}
						mu.Lock()
						claimed[j.ID]++
						by[i]++
						mu.Unlock()
						if err := s.Finish(t.Context(), j); err != nil {
							t.Error(err)
						}
					}
				})
			}
		}
		all.Wait()
		for id, n := range claimed {
			if n != 1 {
				t.Errorf("job %s was claimed %d times", id, n)
			}
		}
		if len(claimed) != each*len(stores) || by[0] == 0 || by[1] == 0 {
			t.Errorf("%d of %d jobs were claimed, by store: %v", len(claimed), each*len(stores), by)
		}
	})
}
