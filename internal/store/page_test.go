package store_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/dbtest"
	"github.com/wardbook/wardbook/internal/store"
)

// TestPagesBothWays: going back through a list shows the same pages as going
// forth, whatever is listed.
func TestPagesBothWays(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, s *store.Store) {
		org := wardbook.NewID()
		if err := s.CreateOrganization(t.Context(), org, wardbook.Event{Actor: "test", Action: "organization.create"}, wardbook.Organization{Name: "A"}); err != nil {
			t.Fatal(err)
		}
		err := s.Update(t.Context(), org, wardbook.Event{Actor: "test", Action: "test.fill"}, func(tx *store.Tx) error {
			var devices []wardbook.Device
			for i := range 7 {
				devices = append(devices, wardbook.Device{ID: fmt.Sprintf("D-%d", i)})
				if _, err := tx.Put(wardbook.NewID(), 0, wardbook.Risk{ID: fmt.Sprint("R-", i), Title: fmt.Sprintf("Title %d", i%3), State: wardbook.RiskProposed}); err != nil {
					return err
				}
				if _, err := tx.AddEvidence(wardbook.Evidence{Name: fmt.Sprint("e", i)}, strings.NewReader(fmt.Sprint(i))); err != nil {
					return err
				}
				if _, err := tx.ReconcileFindings(fmt.Sprint("P-", i%2), []wardbook.Finding{{ID: fmt.Sprint("F-", i), Product: fmt.Sprint("P-", i%2), Vulnerability: "CVE-1", Status: wardbook.Affected}}); err != nil {
					return err
				}
			}
			_, err := tx.ReconcileDevices("x", store.All(devices))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		err = s.View(t.Context(), org, func(tx *store.Tx) error {
			for _, desc := range []bool{false, true} {
				bothWays(t, fmt.Sprint("risks by title, desc ", desc), func(after, before string) ([]string, string, string, error) {
					p, err := store.List[wardbook.Risk](tx, store.ListOptions{Sort: store.ByTitle, Desc: desc, Limit: 3, After: after, Before: before})
					return ids(p.Items, func(r store.Stored[wardbook.Risk]) string { return r.ID }), p.Prev, p.Next, err
				})
			}
			bothWays(t, "devices", func(after, before string) ([]string, string, string, error) {
				p, err := tx.Devices(store.FactOptions{Limit: 3, After: after, Before: before})
				return ids(p.Items, func(d store.Fact[wardbook.Device]) string { return d.Value.ID }), p.Prev, p.Next, err
			})
			bothWays(t, "documents", func(after, before string) ([]string, string, string, error) {
				p, err := tx.EvidenceList(store.ListOptions{Limit: 3, After: after, Before: before})
				return ids(p.Items, func(e store.StoredEvidence) string { return e.SHA256 }), p.Prev, p.Next, err
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func ids[T any](items []T, id func(T) string) []string {
	var out []string
	for _, v := range items {
		out = append(out, id(v))
	}
	return out
}

func bothWays(t *testing.T, what string, read func(after, before string) ([]string, string, string, error)) {
	t.Helper()
	var forth, back [][]string
	after, before := "", ""
	for {
		items, prev, next, err := read(after, "")
		if err != nil {
			t.Fatal(err)
		}
		if (prev == "") != (after == "") {
			t.Errorf("%s: page %d: Prev %q", what, len(forth), prev)
		}
		forth = append(forth, items)
		if after = next; next == "" {
			before = prev
			break
		}
	}
	for before != "" {
		items, prev, next, err := read("", before)
		if err != nil {
			t.Fatal(err)
		}
		if next == "" {
			t.Errorf("%s: going back there is no next page", what)
		}
		back = append([][]string{items}, back...)
		before = prev
	}
	if !slices.EqualFunc(back, forth[:len(forth)-1], slices.Equal) || len(forth) != 3 {
		t.Errorf("%s: forth %v, back %v", what, forth, back)
	}
}
