package app

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/dbtest"
	"github.com/wardbook/wardbook/internal/store"
)

const csafInfusia = `{"document":{"category":"csaf_security_advisory","csaf_version":"2.0","publisher":{"category":"vendor","name":"E","namespace":"https://example.org"},"title":"T","tracking":{"current_release_date":"2026-02-01T00:00:00Z","id":"EX-1","initial_release_date":"2026-02-01T00:00:00Z","revision_history":[{"date":"2026-02-01T00:00:00Z","number":"1","summary":"x"}],"status":"final","version":"1"}},"product_tree":{"branches":[{"category":"vendor","name":"Exampla","branches":[{"category":"product_name","name":"Infusia","branches":[{"category":"product_version_range","name":"<2.0","product":{"name":"Exampla Infusia <2.0","product_id":"P1"}}]}]}]},"vulnerabilities":[{"cve":"CVE-2026-0001","product_status":{"known_affected":["P1"]}}]}`

// TestImportAndAssess: what is brought is assessed without anybody asking, and
// again when it is withdrawn; a device that did not change is not written anew
// with the next export although the assessment has added to it.
func TestImportAndAssess(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, s *store.Store) {
		h := newHospital(t, s)
		im := &Importer{Store: s, Catalog: h.living.catalog}
		var notes []string
		w := &Worker{Store: s, Handlers: map[string]Handler{ImportJob: im.Import, AssessJob: h.living.Job(func() time.Time { return time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC) })},
			Watch: func(j wardbook.Job) { notes = append(notes, j.Note) }}
		bring := func(files ...string) []Outcome {
			t.Helper()
			u := im.NewUpload()
			defer u.Close()
			for i := 0; i < len(files); i += 2 {
				if err := u.Add(files[i], strings.NewReader(files[i+1])); err != nil {
					t.Fatal(err)
				}
			}
			up, err := u.Commit(t.Context(), h.org, wardbook.Event{Actor: "ana"})
			if err == nil {
				err = w.Drain(t.Context())
			}
			if err != nil {
				t.Fatal(err)
			}
			var out []Outcome
			err = s.View(t.Context(), h.org, func(tx *store.Tx) error {
				j, err := tx.Job(up.Job)
				out = Outcomes(j)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return out
		}
		findings := func() (status string) {
			t.Helper()
			err := s.View(t.Context(), h.org, func(tx *store.Tx) error {
				for f, err := range tx.EachFinding("") {
					if err != nil {
						return err
					}
					status += string(f.Value.Status) + " "
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			return status
		}
		bring("cmms.csv", "Asset ID;Manufacturer;Model;Software version\nA-1;Exampla;Infusia;1.0\nA-2;Exampla;Infusia;1.0\n", "ex.json", csafInfusia)
		if got := findings(); got != "affected " {
			t.Fatalf("findings: %q, notes %q", got, notes)
		}
		if last := notes[len(notes)-1]; !strings.HasPrefix(last, "2 devices, 1 findings (1 new), 1 risks (1 new)") {
			t.Errorf("the job says %q", last)
		}
		out := bring("cmms.csv", "Asset ID;Manufacturer;Model;Software version\nA-1;Exampla;Infusia;1.0\nA-2;Exampla;Infusia;2.0\n")
		if c := out[0].Change; c.Same != 1 || c.Changed != 1 {
			t.Errorf("%+v", c)
		}
		var src store.Stored[wardbook.Source]
		err := s.View(t.Context(), h.org, func(tx *store.Tx) error {
			rev, err := tx.ByKey("source", "advisory/EX-1")
			if err == nil {
				src, err = store.Decode[wardbook.Source](rev)
			}
			return err
		})
		if err == nil {
			_, err = im.Act(t.Context(), h.org, src.ID, src.Revision.Revision, Withdraw, wardbook.Event{Actor: "ana", Reason: "not ours"})
		}
		if err == nil {
			err = w.Drain(t.Context())
		}
		if err != nil {
			t.Fatal(err)
		}
		if got := findings(); got != "" {
			t.Errorf("findings: %q", got)
		}
		v, err := s.Verify(t.Context(), h.org, store.VerifyOptions{})
		if err != nil || !v.OK() {
			t.Errorf("the book: %v %+v", err, v)
		}
	})
}

// TestAskIfMoved: a change that found an assessment under way leads to another;
// without one nothing is written.
func TestAskIfMoved(t *testing.T) {
	s := dbtest.Open(t, t.TempDir()+"/wardbook.db")
	h := newHospital(t, s)
	entries := func() (n int64) {
		if err := s.View(t.Context(), h.org, func(tx *store.Tx) (err error) { n, err = tx.Position(); return err }); err != nil {
			t.Fatal(err)
		}
		return n
	}
	jobs := func() (n int) {
		err := s.View(t.Context(), h.org, func(tx *store.Tx) error {
			page, err := tx.Jobs(store.ListOptions{Text: AssessJob})
			n = len(page.Items)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	at := entries()
	if err := askIfMoved(t.Context(), s, h.org, at); err != nil || entries() != at || jobs() != 0 {
		t.Errorf("%v, %d entries, %d jobs", err, entries()-at, jobs())
	}
	h.devices("cmms", wardbook.Device{ID: "A-1"})
	if err := askIfMoved(t.Context(), s, h.org, at); err != nil || jobs() != 1 {
		t.Errorf("%v, %d jobs", err, jobs())
	}
}

// TestAskDaily: another day is a reason to assess, once.
func TestAskDaily(t *testing.T) {
	s := dbtest.Open(t, t.TempDir()+"/wardbook.db")
	h := newHospital(t, s)
	day := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	w := &Worker{Store: s, Handlers: map[string]Handler{AssessJob: h.living.Job(func() time.Time { return day })}}
	asked := func() int {
		t.Helper()
		for range 3 { // as the clock of the server does
			if err := AskDaily(context.Background(), s, day); err != nil {
				t.Fatal(err)
			}
		}
		var n int
		err := s.View(t.Context(), h.org, func(tx *store.Tx) error {
			e, err := tx.Entries(store.EntryFilter{Action: "assessment.ask"})
			n = len(e)
			return err
		})
		if err == nil {
			err = w.Drain(t.Context())
		}
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := asked(); n != 0 {
		t.Errorf("an organization without an assessment is asked for one: %d", n)
	}
	h.devices("cmms", wardbook.Device{ID: "A-1", Manufacturer: "Exampla", Model: "Infusia"})
	h.source(wardbook.InputAdvisory, "EX-1", csafInfusia)
	h.update("test.ask", askAssess)
	if err := w.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := asked(); n != 0 {
		t.Errorf("asked again on the same day: %d", n)
	}
	day = day.AddDate(0, 0, 1)
	if n := asked(); n != 1 {
		t.Errorf("another day: asked %d times", n)
	}
	if n := asked(); n != 1 {
		t.Errorf("the same day: asked %d times", n)
	}
}
