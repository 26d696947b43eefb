package store_test

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/dbtest"
	"github.com/wardbook/wardbook/internal/store"
)

func TestReconcile(t *testing.T) {
	d := func(id, version string) wardbook.Device {
		return wardbook.Device{ID: id, Version: version, Product: "p", Place: "row " + id + version}
	}
	steps := []struct {
		name string
		next []wardbook.Device
		want store.Changes
	}{
		{"first", []wardbook.Device{d("a", "1"), d("b", "1"), d("c", "1")}, store.Changes{New: []string{"a", "b", "c"}}},
		{"the same, elsewhere in the file", []wardbook.Device{{ID: "a", Version: "1", Product: "p", Place: "row 9"}, d("b", "1"), d("c", "1")}, store.Changes{Same: 3}},
		{"one changed, one gone, one new", []wardbook.Device{d("a", "2"), d("c", "1"), d("e", "1")}, store.Changes{New: []string{"e"}, Changed: []string{"a"}, Gone: []string{"b"}, Same: 1}},
		{"back", []wardbook.Device{d("a", "2"), d("b", "3"), d("c", "1"), d("e", "1"), d("f", "1")}, store.Changes{New: []string{"f"}, Back: []string{"b"}, Same: 3}},
		{"all gone", nil, store.Changes{Gone: []string{"a", "b", "c", "e", "f"}}},
	}
	dbtest.Each(t, func(t *testing.T, s *store.Store) {
		north, south := org(t, s, "north"), org(t, s, "south")
		for _, tt := range steps {
			var compared, done *store.Changes
			view(t, s, north, func(tx *store.Tx) (err error) {
				compared, err = tx.CompareDevices("cmms", store.All(tt.next))
				return err
			})
			update(t, s, north, func(tx *store.Tx) (err error) {
				done, err = tx.ReconcileDevices("cmms", store.All(tt.next))
				return err
			})
			slices.Sort(compared.Gone)
			slices.Sort(done.Gone)
			if diff := cmp.Diff(&tt.want, done); diff != "" {
				t.Errorf("%s: %s", tt.name, diff)
			}
			if diff := cmp.Diff(compared, done); diff != "" {
				t.Errorf("%s: comparing said otherwise: %s", tt.name, diff)
			}
			plan := planned(t, s, south, "cmms", tt.next)
			if diff := cmp.Diff(&tt.want, &plan.Changes); diff != "" {
				t.Errorf("%s, by a plan: %s", tt.name, diff)
			}
		}
		view(t, s, north, func(tx *store.Tx) error {
			for position, want := range []string{"", "a1 b1 c1", "a1 b1 c1", "a2 c1 e1", "a2 b3 c1 e1 f1", ""} {
				page, err := tx.AsOf(int64(position)).Devices(store.FactOptions{Product: "p"})
				if err != nil {
					return err
				}
				var got []string
				for _, f := range page.Items {
					got = append(got, f.Value.ID+f.Value.Version)
				}
				if diff := cmp.Diff(want, strings.Join(got, " ")); diff != "" {
					t.Errorf("as of %d: %s", position, diff)
				}
			}
			history, err := tx.DeviceHistory("b")
			if err != nil {
				return err
			}
			if len(history) != 2 || history[0].Position != 4 || history[0].Until != 5 || history[1].Until != 3 {
				t.Errorf("history of b: %+v", history)
			}
			var changed []string
			for f, err := range tx.AsOf(4).ChangedDevices(2) {
				if err != nil {
					return err
				}
				changed = append(changed, fmt.Sprint(f.Value.ID, f.Value.Version, f.Until))
			}
			slices.Sort(changed)
			if diff := cmp.Diff("a13 a20 b13 b30 e10 f10", strings.Join(changed, " ")); diff != "" {
				t.Errorf("changed from 2 to 4: %s", diff)
			}
			return nil
		})
		v, err := s.Verify(t.Context(), north, store.VerifyOptions{})
		verified(t, v, err)
	})
}

func TestReconcileTwiceInOneUpdate(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, s *store.Store) {
		north := org(t, s, "north")
		update(t, s, north, func(tx *store.Tx) error {
			for _, version := range []string{"1", "2", "1"} {
				if _, err := tx.ReconcileDevices("cmms", store.All([]wardbook.Device{{ID: "a", Version: version}})); err != nil {
					return err
				}
			}
			_, err := tx.ReconcileDevices("other", store.All([]wardbook.Device{{ID: "a", Version: "1"}}))
			return err
		})
		view(t, s, north, func(tx *store.Tx) error {
			f, err := tx.Device("a")
			if err != nil {
				return err
			}
			if f.Group != "other" {
				t.Errorf("the device did not move: %+v", f)
			}
			return nil
		})
		err := s.Update(t.Context(), north, event, func(tx *store.Tx) error {
			_, err := tx.ReconcileDevices("cmms", store.All([]wardbook.Device{{ID: "x"}, {ID: "x"}}))
			return err
		})
		if err == nil || !strings.Contains(err.Error(), "twice") {
			t.Errorf("an id twice: %v", err)
		}
		v, err := s.Verify(t.Context(), north, store.VerifyOptions{})
		verified(t, v, err)
	})
}

func TestFindings(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, s *store.Store) {
		north := org(t, s, "north")
		devices := make([]string, 300)
		for i := range devices {
			devices[i] = fmt.Sprintf("pump-%03d", 299-i)
		}
		first := []wardbook.Finding{
			{ID: "F-1", Product: "p", Vulnerability: "CVE-1", Status: wardbook.Affected, Devices: devices},
			{ID: "F-2", Product: "p", Vulnerability: "CVE-2", Status: wardbook.Fixed, Devices: devices},
		}
		update(t, s, north, func(tx *store.Tx) error {
			_, err := tx.ReconcileFindings("p", first)
			return err
		})
		update(t, s, north, func(tx *store.Tx) error {
			c, err := tx.ReconcileFindings("p", []wardbook.Finding{first[0]})
			if c == nil || len(c.Gone) != 1 || c.Same != 1 {
				t.Errorf("changes %+v", c)
			}
			return err
		})
		view(t, s, north, func(tx *store.Tx) error {
			f, err := tx.Finding("F-1")
			if err != nil {
				return err
			}
			if len(f.Value.Devices) != 300 || f.Value.Devices[0] != "pump-000" || f.Group != "p" {
				t.Errorf("finding %+v", f)
			}
			if _, err := tx.Finding("F-2"); !errors.Is(err, wardbook.ErrNotFound) {
				t.Errorf("F-2 now: %v", err)
			}
			page, err := tx.AsOf(1).Findings(store.FactOptions{Vulnerability: "CVE-2"})
			if err != nil {
				return err
			}
			if len(page.Items) != 1 || page.Items[0].Value.Affected != 300 {
				t.Errorf("as of 1: %+v", page.Items)
			}
			return nil
		})
	})
}

func TestManyDevices(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, s *store.Store) {
		north := org(t, s, "north")
		devices := make([]wardbook.Device, 1234)
		for i := range devices {
			devices[i] = wardbook.Device{ID: fmt.Sprintf("d%05d", i), Model: "m"}
		}
		update(t, s, north, func(tx *store.Tx) error {
			_, err := tx.ReconcileDevices("cmms", store.All(devices))
			return err
		})
		view(t, s, north, func(tx *store.Tx) error {
			n := 0
			for o := (store.FactOptions{Limit: 500}); ; {
				page, err := tx.Devices(o)
				if err != nil {
					return err
				}
				for _, f := range page.Items {
					if f.Value.ID != devices[n].ID {
						t.Fatalf("device %d is %s", n, f.Value.ID)
					}
					n++
				}
				if o.After = page.Next; o.After == "" {
					break
				}
			}
			each := 0
			for _, err := range tx.EachDevice("") {
				if err != nil {
					return err
				}
				each++
			}
			if n != len(devices) || each != n {
				t.Errorf("pages have %d devices, the loop has %d", n, each)
			}
			return nil
		})
	})
}

func TestEvidence(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, s *store.Store) {
		north := org(t, s, "north")
		long := strings.Repeat("0123456789abcdef", 40_000) // 640,000 bytes: three chunks
		var doc wardbook.Evidence
		update(t, s, north, func(tx *store.Tx) (err error) {
			doc, err = tx.AddEvidence(wardbook.Evidence{Name: "long.txt", Origin: "https://example.org/x"}, strings.NewReader(long))
			return err
		})
		update(t, s, north, func(tx *store.Tx) error {
			again, err := tx.AddEvidence(wardbook.Evidence{Name: "other name"}, strings.NewReader(long))
			if again != doc {
				t.Errorf("the same bytes again: %+v, want %+v", again, doc)
			}
			return err
		})
		view(t, s, north, func(tx *store.Tx) error {
			r, err := tx.OpenEvidence(doc.SHA256)
			if err != nil {
				return err
			}
			b, err := io.ReadAll(r)
			if string(b) != long {
				t.Errorf("read %d bytes, %v", len(b), err)
			}
			page, err := tx.EvidenceList(store.ListOptions{Text: "LONG"})
			if err != nil || len(page.Items) != 1 || page.Items[0].Size != 640_000 {
				t.Errorf("list %+v %v", page, err)
			}
			return nil
		})
		update(t, s, north, func(tx *store.Tx) error { return tx.Redact(doc.SHA256) })
		view(t, s, north, func(tx *store.Tx) error {
			if _, err := tx.OpenEvidence(doc.SHA256); !errors.Is(err, store.ErrRedacted) {
				t.Errorf("redacted: %v", err)
			}
			return nil
		})
		v, err := s.Verify(t.Context(), north, store.VerifyOptions{})
		verified(t, v, err)
	})
}

// planned makes the devices of an inventory those of next, by a plan that is
// made first, and checks that the book then holds them.
func planned(t *testing.T, s *store.Store, org, inventory string, next []wardbook.Device) *store.DevicePlan {
	t.Helper()
	var plan *store.DevicePlan
	view(t, s, org, func(tx *store.Tx) (err error) {
		plan, err = tx.PlanDevices(inventory, store.PlanReview{}, store.All(next))
		return err
	})
	slices.Sort(plan.Gone)
	update(t, s, org, func(tx *store.Tx) error {
		_, err := tx.ApplyDevices(plan, store.All(next))
		return err
	})
	view(t, s, org, func(tx *store.Tx) error {
		again, err := tx.PlanDevices(inventory, store.PlanReview{}, store.All(next))
		if err == nil && (again.Any() || again.Same != len(next)) {
			t.Errorf("after the plan was written there is a difference: %+v", again.Changes)
		}
		return err
	})
	return plan
}

// TestPlan: a plan is of one moment, and what a review carries over makes no
// difference, then and when the plan is written.
func TestPlan(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, s *store.Store) {
		north := org(t, s, "north")
		was := []wardbook.Device{{ID: "a", Version: "1", Product: "old", DeviceClass: "pump"}, {ID: "b", Version: "1", Product: "old"}}
		planned(t, s, north, "cmms", was)
		next := []wardbook.Device{{ID: "a", Version: "1", Product: "new"}, {ID: "b", Version: "1", Product: "new", Site: "South"}}
		carry := func(d, was *wardbook.Device) { d.Product, d.DeviceClass = was.Product, was.DeviceClass }
		var plan *store.DevicePlan
		var seen []string
		view(t, s, north, func(tx *store.Tx) (err error) {
			plan, err = tx.PlanDevices("cmms", store.PlanReview{Carry: carry, Changed: func(was *store.Fact[wardbook.Device], is *wardbook.Device) {
				seen = append(seen, was.Value.ID+" "+is.Site)
			}}, store.All(next))
			return err
		})
		if diff := cmp.Diff(store.Changes{Changed: []string{"b"}, Same: 1}, plan.Changes); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]string{"b South"}, seen); diff != "" {
			t.Error(diff)
		}
		update(t, s, north, func(tx *store.Tx) error { _, err := tx.ApplyDevices(plan, store.All(next)); return err })
		view(t, s, north, func(tx *store.Tx) error {
			b, err := tx.Device("b")
			if err == nil && (b.Value.Product != "old" || b.Value.Site != "South") {
				t.Errorf("%+v", b.Value)
			}
			return err
		})
		err := s.Update(t.Context(), north, wardbook.Event{Actor: "ana", Action: "test.again"}, func(tx *store.Tx) error {
			_, err := tx.ApplyDevices(plan, store.All(next))
			return err
		})
		if !errors.Is(err, store.ErrStale) {
			t.Errorf("a plan of before was written: %v", err)
		}
	})
}
