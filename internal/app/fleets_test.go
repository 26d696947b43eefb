package app

import (
	"context"
	"slices"
	"testing"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/dbtest"
	"github.com/wardbook/wardbook/internal/fleet"
	"github.com/wardbook/wardbook/internal/store"
)

// The fleet in memory follows the book: what came, changed, moved and left.
func TestFleetsFollowTheBook(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		org := wardbook.NewID()
		if err := s.CreateOrganization(ctx, org, wardbook.Event{Actor: "ana", Action: "organization.create"}, wardbook.Organization{Name: "North"}); err != nil {
			t.Fatal(err)
		}
		f := NewFleets()
		reconcile := func(inventory string, ds ...wardbook.Device) {
			t.Helper()
			err := s.Update(ctx, org, wardbook.Event{Actor: "ana", Action: "inventory.import"}, func(tx *store.Tx) error {
				_, err := tx.ReconcileDevices(inventory, store.All(ds))
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		want := func(want ...string) {
			t.Helper()
			err := s.View(ctx, org, func(tx *store.Tx) error {
				snap, err := f.At(tx)
				if err != nil {
					return err
				}
				fresh, err := NewFleets().At(tx)
				if err != nil {
					return err
				}
				for _, x := range []*fleet.Snapshot{snap, fresh} {
					var got []string
					for _, r := range x.Query(fleet.Query{}).Rows {
						got = append(got, r.Inventory+":"+r.ID+" "+r.Version)
					}
					if !slices.Equal(got, want) {
						t.Errorf("%q, want %q", got, want)
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		want()
		reconcile("cmms", wardbook.Device{ID: "a", Version: "1"}, wardbook.Device{ID: "b", Version: "1"})
		want("cmms:a 1", "cmms:b 1")
		reconcile("cmms", wardbook.Device{ID: "b", Version: "2"}, wardbook.Device{ID: "c", Version: "1"})
		want("cmms:b 2", "cmms:c 1")
		reconcile("imaging", wardbook.Device{ID: "c", Version: "1"}) // moves
		want("cmms:b 2", "imaging:c 1")
		reconcile("cmms", wardbook.Device{ID: "b", Version: "2"})
		want("cmms:b 2", "imaging:c 1")
		reconcile("cmms")
		want("imaging:c 1")
	})
}
