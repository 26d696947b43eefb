package store_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/dbtest"
	"github.com/wardbook/wardbook/internal/store"
)

// testRecord is a kind of record for these tests.
type testRecord struct {
	Title string                     `json:"title"`
	State string                     `json:"state,omitempty"`
	Key   string                     `json:"key,omitempty"`
	Refs  []wardbook.Ref[testRecord] `json:"refs,omitempty"`
}

func (testRecord) RecordKind() string    { return "test" }
func (testRecord) RecordPrefix() string  { return "TST" }
func (r testRecord) RecordTitle() string { return r.Title }
func (r testRecord) RecordState() string { return r.State }
func (r testRecord) RecordKey() string   { return r.Key }
func (r testRecord) Validate() error {
	var ps wardbook.Problems
	if r.Title == "" {
		ps.Add("title", "is empty")
	}
	return ps.Err()
}

var event = wardbook.Event{Actor: "ana", Action: "test.write", Reason: "for the test"}

// org makes an organization.
func org(t *testing.T, s *store.Store, id string) string {
	t.Helper()
	err := s.CreateOrganization(t.Context(), id, wardbook.Event{Actor: "ana", Action: "organization.create"}, wardbook.Organization{Name: id})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func update(t *testing.T, s *store.Store, org string, fn func(tx *store.Tx) error) {
	t.Helper()
	if err := s.Update(t.Context(), org, event, fn); err != nil {
		t.Fatal(err)
	}
}

func view(t *testing.T, s *store.Store, org string, fn func(tx *store.Tx) error) {
	t.Helper()
	if err := s.View(t.Context(), org, fn); err != nil {
		t.Fatal(err)
	}
}

func put(t *testing.T, s *store.Store, org, id string, expected int64, r wardbook.Record) {
	t.Helper()
	update(t, s, org, func(tx *store.Tx) error {
		_, err := tx.Put(id, expected, r)
		return err
	})
}

func TestRecords(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, s *store.Store) {
		north := org(t, s, "north")
		put(t, s, north, "a", 0, testRecord{Title: "First", State: "open"})
		put(t, s, north, "a", 1, testRecord{Title: "First, changed", State: "open"})
		view(t, s, north, func(tx *store.Tx) error {
			got, err := store.Get[testRecord](tx, "a")
			if err != nil {
				return err
			}
			if got.Value.Title != "First, changed" || got.Revision.Revision != 2 || got.Short() != "TST-0001" || got.Actor != "ana" || got.Reason != event.Reason {
				t.Errorf("got %+v", got)
			}
			old, err := store.Get[testRecord](tx.AsOf(1), "a")
			if err != nil {
				return err
			}
			if old.Value.Title != "First" || old.Until != 0 {
				t.Errorf("as of 1: %+v", old)
			}
			if _, err := store.Get[testRecord](tx.AsOf(0), "a"); !errors.Is(err, wardbook.ErrNotFound) {
				t.Errorf("as of 0: %v", err)
			}
			history, err := tx.History("test", "a", 0, 0)
			if err != nil {
				return err
			}
			if len(history) != 2 || history[0].Revision != 2 || history[1].Until != 2 {
				t.Errorf("history %+v", history)
			}
			e, err := tx.Entry(2)
			if err != nil {
				return err
			}
			if len(e.Revisions) != 1 || e.Revisions[0].SHA256 != got.Digest {
				t.Errorf("entry %+v", e)
			}
			return nil
		})
	})
}

func TestConflict(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, s *store.Store) {
		north := org(t, s, "north")
		put(t, s, north, "a", 0, testRecord{Title: "First"})
		put(t, s, north, "a", 1, testRecord{Title: "Second"})
		err := s.Update(t.Context(), north, event, func(tx *store.Tx) error {
			_, err := tx.Put("a", 1, testRecord{Title: "Mine"})
			return err
		})
		var c *wardbook.EditConflict
		if !errors.As(err, &c) || c.Base.Title != "First" || c.Current.Title != "Second" {
			t.Fatalf("got %v %+v", err, c)
		}
		for _, tt := range []struct {
			name     string
			id       string
			expected int64
			record   testRecord
			want     string
		}{
			{"new one that is there", "a", 0, testRecord{Title: "Again"}, "exists already"},
			{"old one that is not there", "b", 1, testRecord{Title: "Again"}, "not found"},
			{"not valid", "b", 0, testRecord{}, "title: is empty"},
			{"refers to nothing", "b", 0, testRecord{Title: "B", Refs: []wardbook.Ref[testRecord]{{ID: "a"}, {ID: "zz"}}}, "refs/1: there is no test zz"},
		} {
			err := s.Update(t.Context(), north, event, func(tx *store.Tx) error {
				_, err := tx.Put(tt.id, tt.expected, tt.record)
				return err
			})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
			}
		}
		view(t, s, north, func(tx *store.Tx) error { // nothing of the failures is left
			if p, err := tx.Position(); err != nil || p != 2 {
				t.Errorf("position %d %v", p, err)
			}
			return nil
		})
	})
}

func TestKeysAndLinks(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, s *store.Store) {
		north := org(t, s, "north")
		put(t, s, north, "a", 0, testRecord{Title: "A", Key: "x"})
		put(t, s, north, "b", 0, testRecord{Title: "B", Refs: []wardbook.Ref[testRecord]{{ID: "a"}}})
		err := s.Update(t.Context(), north, event, func(tx *store.Tx) error {
			_, err := tx.Put("c", 0, testRecord{Title: "C", Key: "x"})
			return err
		})
		if err == nil || !strings.Contains(err.Error(), "already") {
			t.Errorf("a key twice: %v", err)
		}
		put(t, s, north, "b", 1, testRecord{Title: "B without"})
		view(t, s, north, func(tx *store.Tx) error {
			r, err := tx.ByKey("test", "x")
			if err != nil || r.ID != "a" {
				t.Errorf("by key: %+v %v", r, err)
			}
			now, err := tx.LinksTo("test", "a")
			if err != nil || len(now) != 0 {
				t.Errorf("links now: %+v %v", now, err)
			}
			then, err := tx.AsOf(2).LinksTo("test", "a")
			if err != nil || len(then) != 1 || then[0].ID != "b" || then[0].Path != "/refs/0" {
				t.Errorf("links then: %+v %v", then, err)
			}
			return nil
		})
	})
}

func TestListPages(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, s *store.Store) {
		north := org(t, s, "north")
		update(t, s, north, func(tx *store.Tx) error {
			for i := range 7 {
				state := "open"
				if i%2 == 1 {
					state = "closed"
				}
				if _, err := tx.Put(fmt.Sprint("id", i), 0, testRecord{Title: fmt.Sprintf("Z%d", 9-i), State: state}); err != nil {
					return err
				}
			}
			return nil
		})
		put(t, s, north, "id3", 1, testRecord{Title: "A new 100% title", State: "closed"})
		for _, tt := range []struct {
			name string
			o    store.ListOptions
			want string
		}{
			{"number", store.ListOptions{}, "id0 id1 id2 id3 id4 id5 id6"},
			{"title", store.ListOptions{Sort: store.ByTitle}, "id3 id6 id5 id4 id2 id1 id0"},
			{"title, from the end", store.ListOptions{Sort: store.ByTitle, Desc: true}, "id0 id1 id2 id4 id5 id6 id3"},
			{"state", store.ListOptions{Sort: store.ByState}, "id1 id3 id5 id0 id2 id4 id6"},
			{"changed", store.ListOptions{Sort: store.ByChanged, Desc: true}, "id3 id6 id5 id4 id2 id1 id0"},
			{"open only", store.ListOptions{States: []string{"open", "x"}}, "id0 id2 id4 id6"},
			{"text", store.ListOptions{Text: "100% T"}, "id3"},
			{"text is no pattern", store.ListOptions{Text: "1_0"}, ""},
		} {
			var got []string
			view(t, s, north, func(tx *store.Tx) error {
				o := tt.o
				for o.Limit = 3; ; {
					page, err := store.List[testRecord](tx, o)
					if err != nil {
						return err
					}
					for _, r := range page.Items {
						got = append(got, r.ID)
					}
					if o.After = page.Next; o.After == "" {
						return nil
					}
				}
			})
			if diff := cmp.Diff(tt.want, strings.Join(got, " ")); diff != "" {
				t.Errorf("%s: %s", tt.name, diff)
			}
		}
	})
}

func TestViewCannotWrite(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, s *store.Store) {
		north := org(t, s, "north")
		view(t, s, north, func(tx *store.Tx) error {
			if _, err := tx.Put("a", 0, testRecord{Title: "A"}); !errors.Is(err, store.ErrReadOnly) {
				t.Errorf("Put: %v", err)
			}
			if _, err := tx.AddEvidence(wardbook.Evidence{}, strings.NewReader("x")); !errors.Is(err, store.ErrReadOnly) {
				t.Errorf("AddEvidence: %v", err)
			}
			if _, err := tx.Raw().Exec(`UPDATE logs SET size = 0`); err == nil {
				t.Error("the engine let View write")
			}
			return nil
		})
	})
}

func TestAsOfTime(t *testing.T) {
	dbtest.EachDSN(t, func(t *testing.T, dsn string, opts ...store.Option) {
		day := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		s := dbtest.Open(t, dsn, append(opts, store.Clock(func() time.Time { return day }))...)
		north := org(t, s, "north")
		day = day.AddDate(0, 0, 1)
		put(t, s, north, "a", 0, testRecord{Title: "Day 2"})
		day = day.AddDate(0, 0, 1)
		put(t, s, north, "a", 1, testRecord{Title: "Day 3"})
		day = day.AddDate(0, 0, -9) // a clock that goes back does not turn the order of the book
		put(t, s, north, "a", 2, testRecord{Title: "Day 3 again"})
		view(t, s, north, func(tx *store.Tx) error {
			for _, tt := range []struct {
				at   time.Time
				want string
			}{
				{time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC), ""},
				{time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC), ""},
				{time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC), "Day 2"},
				{time.Date(2026, 1, 3, 12, 0, 0, 0, time.UTC), "Day 3 again"},
			} {
				past, err := tx.AsOfTime(tt.at)
				if err != nil {
					return err
				}
				got, err := store.Get[testRecord](past, "a")
				if err != nil && !errors.Is(err, wardbook.ErrNotFound) {
					return err
				}
				if got.Value.Title != tt.want {
					t.Errorf("%s: %q, want %q", tt.at, got.Value.Title, tt.want)
				}
			}
			return nil
		})
	})
}

func TestWritersAtOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, s *store.Store) {
		orgs := []string{org(t, s, "north"), org(t, s, "south")}
		var wg sync.WaitGroup
		for w := range 6 {
			wg.Go(func() {
				for i := range 5 {
					err := s.Update(context.Background(), orgs[w%2], event, func(tx *store.Tx) error {
						_, err := tx.Put(fmt.Sprint(w, "-", i), 0, testRecord{Title: "x"})
						return err
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		for _, o := range orgs {
			view(t, s, o, func(tx *store.Tx) error {
				page, err := store.List[testRecord](tx, store.ListOptions{})
				if len(page.Items) != 15 || page.Items[14].Number != 15 {
					t.Errorf("%s has %d records", o, len(page.Items))
				}
				return err
			})
		}
	})
}

func TestOpenRefuses(t *testing.T) {
	dbtest.EachDSN(t, func(t *testing.T, dsn string, opts ...store.Option) {
		key := t.TempDir() + "/key"
		s := dbtest.Open(t, dsn, append(opts, store.KeyFile(key))...)
		if _, err := os.Stat(key); err != nil {
			t.Error(err)
		}
		if _, err := store.Open(t.Context(), dsn, store.KeyFile(t.TempDir()+"/other")); err == nil {
			t.Error("a database opened without its key")
		}
		if _, err := s.RawDB().Exec(`INSERT INTO schema_versions (version_id, is_applied) VALUES (999, TRUE)`); err != nil {
			t.Fatal(err)
		}
		if _, err := store.Open(t.Context(), dsn, store.KeyFile(key)); !errors.Is(err, store.ErrNewer) {
			t.Errorf("a newer database: %v", err)
		}
	})
}

func TestOpenAtOnce(t *testing.T) {
	dbtest.EachDSN(t, func(t *testing.T, dsn string, opts ...store.Option) {
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				s, err := store.Open(t.Context(), dsn, opts...)
				if err != nil {
					t.Error(err)
					return
				}
				s.Close()
			})
		}
		wg.Wait()
	})
}
