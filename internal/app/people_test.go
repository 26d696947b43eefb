package app_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/app"
	"github.com/wardbook/wardbook/internal/dbtest"
	"github.com/wardbook/wardbook/internal/store"
)

// TestSetupCutOff stops a set-up after each of its writes. It can be done again
// with the same link, or after a restart with a new one and another address, and
// leaves one operator, who is administrator of one organization.
func TestSetupCutOff(t *testing.T) {
	dbtest.EachDSN(t, func(t *testing.T, dsn string, opts ...store.Option) {
		const password = "correct horse battery"
		cuts := 0
		for again := range 2 {
			if again == 0 && len(opts) > 0 {
				continue // on SQLite only: it takes long
			}
			for n := 1; ; n++ {
				dsn := dsn + fmt.Sprint(again, n)
				if len(opts) > 0 { // PostgreSQL
					dsn = dbtest.Postgres(t)
				}
				writes, cut := 0, context.CancelFunc(nil)
				s := dbtest.Open(t, dsn, append(opts[:len(opts):len(opts)], store.KeyFile(t.TempDir()+"/key"), store.Observe(func(verb string, _ time.Duration, err error) {
					if verb != "update" || cut == nil {
						return
					}
					if writes++; writes == n {
						cut()
					}
				}))...)
				key, err := app.SetupLink(t.Context(), s)
				if err != nil {
					t.Fatal(err)
				}
				first := app.First{Name: "Ana Ruiz", Email: "ana@example.org", Password: password, Organization: "St. Example"}
				var ctx context.Context
				ctx, cut = context.WithCancel(t.Context())
				defer cut()
				_, err = app.Setup(ctx, s, key, first)
				cut = nil
				if err == nil {
					break
				}
				cuts++
				if need, err := s.NeedsSetup(t.Context()); err != nil || !need {
					t.Fatalf("after %d writes nobody can do the rest: %v", n, err)
				}
				if again == 1 {
					first.Email = "ruiz@example.org"
					if key, err = app.SetupLink(t.Context(), s); err != nil {
						t.Fatal(err)
					}
				}
				user, err := app.Setup(t.Context(), s, key, first)
				if err != nil {
					t.Fatalf("again after %d writes: %v", n, err)
				}
				setUp(t, s, user, first)
				if _, err := app.Setup(t.Context(), s, key, first); !errors.Is(err, wardbook.ErrNotFound) {
					t.Errorf("the link works twice: %v", err)
				}
			}
		}
		if cuts < 3 {
			t.Errorf("a set-up was cut off %d times only", cuts)
		}
	})
}

// setUp checks what a set-up leaves.
func setUp(t *testing.T, s *store.Store, user string, f app.First) {
	t.Helper()
	if got, err := s.SignIn(t.Context(), f.Email, f.Password); err != nil || got != user {
		t.Errorf("signing in: %q, %v", got, err)
	}
	seats, err := s.Seats(t.Context(), user)
	if err != nil || len(seats) != 1 || !slices.Contains(seats[0].Roles, wardbook.Administrator) {
		t.Errorf("seats %+v, %v", seats, err)
	}
	if ids, _, err := s.Organizations(t.Context()); err != nil || len(ids) != 1 {
		t.Errorf("organizations %v, %v", ids, err)
	}
	err = s.View(t.Context(), store.System, func(tx *store.Tx) error {
		users, err := store.List[wardbook.User](tx, store.ListOptions{})
		if err == nil && (len(users.Items) != 1 || users.Items[0].Value.Email != f.Email) {
			t.Errorf("users: %+v", users.Items)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, org := range []string{store.System, seats[0].Organization} {
		v, err := s.Verify(t.Context(), org, store.VerifyOptions{})
		if err != nil || !v.OK() {
			t.Errorf("book of %s: %v %v", org, v.Problems, err)
		}
	}
}
