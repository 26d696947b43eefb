package store_test

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

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

func TestBackup(t *testing.T) {
	dir := t.TempDir()
	s := dbtest.Open(t, dir+"/a.db")
	north := org(t, s, "north")
	fill(t, s, north, "alpha")
	if err := s.Backup(t.Context(), dir+"/copy's.db"); err != nil {
		t.Fatal(err)
	}
	view(t, s, north, func(tx *store.Tx) error { // the connection that copied is one that reads again
		if _, err := tx.Raw().Exec(`DELETE FROM events`); err == nil {
			t.Error("View writes after a backup")
		}
		return nil
	})
	key, err := os.ReadFile(dir + "/a.db.key")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir+"/copy's.db.key", key, 0o600); err != nil {
		t.Fatal(err)
	}
	copied := dbtest.Open(t, dir+"/copy's.db")
	v, err := copied.Verify(t.Context(), north, store.VerifyOptions{})
	verified(t, v, err)
	if err := s.Backup(t.Context(), dir+"/a.db"); err == nil {
		t.Error("a backup over a file that is there")
	}
}
