package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/store"
)

func makeUser(t *testing.T, s *store.Store, id string) {
	t.Helper()
	hash, err := s.HashPassword(t.Context(), "correct horse battery")
	if err != nil {
		t.Fatal(err)
	}
	update(t, s, store.System, func(tx *store.Tx) error {
		if _, err := tx.Put(id, 0, wardbook.User{Name: id, Email: id + "@Example.org", Operator: true}); err != nil {
			return err
		}
		return tx.SetPassword(id, hash)
	})
}

func TestSignIn(t *testing.T) {
	withClock(t, func(t *testing.T, s *store.Store, forward func(time.Duration)) {
		if need, err := s.NeedsSetup(t.Context()); err != nil || !need {
			t.Errorf("a new installation: %v %v", need, err)
		}
		makeUser(t, s, "ana")
		if need, err := s.NeedsSetup(t.Context()); err != nil || need {
			t.Errorf("with an operator: %v %v", need, err)
		}
		sign := func(email, password string, want error) {
			t.Helper()
			id, err := s.SignIn(t.Context(), email, password)
			if !errors.Is(err, want) || err == nil && id != "ana" {
				t.Errorf("%s %s: %q %v, want %v", email, password, id, err, want)
			}
		}
		sign("ANA@example.org", "correct horse battery", nil)
		sign("ana@example.org", "wrong", store.ErrSignIn)
		sign("bob@example.org", "correct horse battery", store.ErrSignIn)
		for range 9 {
			sign("ana@example.org", "wrong", store.ErrSignIn)
		}
		sign("ana@example.org", "correct horse battery", store.ErrLocked)
		forward(16 * time.Minute)
		sign("ana@example.org", "correct horse battery", nil)
		if _, err := s.HashPassword(t.Context(), "short"); err == nil {
			t.Error("a short password")
		}
		err := s.Update(t.Context(), store.System, event, func(tx *store.Tx) error {
			_, err := tx.Put("other", 0, wardbook.User{Name: "Other", Email: "ana@EXAMPLE.org"})
			return err
		})
		if err == nil {
			t.Error("two users with one address")
		}
	})
}

func TestSessions(t *testing.T) {
	withClock(t, func(t *testing.T, s *store.Store, forward func(time.Duration)) {
		makeUser(t, s, "ana")
		north := org(t, s, "north")
		update(t, s, north, func(tx *store.Tx) error {
			_, err := tx.Put("ana", 0, wardbook.Membership{User: "ana", Roles: []wardbook.Role{wardbook.Analyst, wardbook.Approver}})
			return err
		})
		seats, err := s.Seats(t.Context(), "ana")
		if err != nil || len(seats) != 1 || seats[0].Organization != north || len(seats[0].Roles) != 2 {
			t.Errorf("seats %+v %v", seats, err)
		}
		start := func() (string, store.Session) {
			t.Helper()
			key, v, err := s.StartSession(t.Context(), store.Session{User: "ana", Idle: time.Hour, Agent: "test"}, 8*time.Hour)
			if err != nil {
				t.Fatal(err)
			}
			return key, v
		}
		open := func(key string, want bool) {
			t.Helper()
			if _, err := s.Session(t.Context(), key); (err == nil) != want {
				t.Errorf("session: %v, want it open: %t", err, want)
			}
		}
		key, v := start()
		forward(50 * time.Minute)
		open(key, true)
		forward(50 * time.Minute) // seen in between
		open(key, true)
		open(key+"x", false)
		forward(61 * time.Minute)
		open(key, false) // idle
		key, _ = start()
		for range 10 {
			forward(50 * time.Minute)
			s.Session(t.Context(), key)
		}
		open(key, false) // past its end in any case
		key, v = start()
		other, _ := start()
		if list, err := s.Sessions(t.Context(), "ana"); err != nil || len(list) != 2 {
			t.Errorf("list %+v %v", list, err)
		}
		if err := s.EndSessions(t.Context(), "ana", v.ID); err != nil {
			t.Fatal(err)
		}
		open(key, true)
		open(other, false)
		update(t, s, store.System, func(tx *store.Tx) error {
			u, err := store.Get[wardbook.User](tx, "ana")
			if err != nil {
				return err
			}
			u.Value.Disabled = true
			_, err = tx.Put("ana", u.Revision.Revision, u.Value)
			return err
		})
		open(key, false)
		if roles, err := s.Roles(t.Context(), "ana", north); err != nil || roles != nil {
			t.Errorf("roles of a disabled user: %v %v", roles, err)
		}
		if err := s.Sweep(t.Context()); err != nil {
			t.Error(err)
		}
		verification, err := s.Verify(t.Context(), store.System, store.VerifyOptions{})
		verified(t, verification, err)
	})
}

func TestTokensAndLinks(t *testing.T) {
	withClock(t, func(t *testing.T, s *store.Store, forward func(time.Duration)) {
		makeUser(t, s, "ana")
		north := org(t, s, "north")
		var key, link string
		update(t, s, north, func(tx *store.Tx) (err error) {
			key, err = tx.CreateToken("t1", wardbook.Token{Name: "script", User: "ana", Scopes: []string{"read", "import"}})
			return err
		})
		b, err := s.Bearer(t.Context(), key)
		if err != nil || b.Organization != north || b.User != "ana" || !b.May("import") || b.May("write") {
			t.Errorf("bearer %+v %v", b, err)
		}
		update(t, s, north, func(tx *store.Tx) error {
			v, err := store.Get[wardbook.Token](tx, "t1")
			if err != nil {
				return err
			}
			v.Value.Revoked = true
			_, err = tx.Put("t1", v.Revision.Revision, v.Value)
			return err
		})
		if _, err := s.Bearer(t.Context(), key); !errors.Is(err, wardbook.ErrNotFound) {
			t.Errorf("revoked: %v", err)
		}
		update(t, s, store.System, func(tx *store.Tx) (err error) {
			link, err = tx.CreateLink(store.SetupLink, "", time.Hour)
			return err
		})
		use := func() error {
			return s.Update(t.Context(), store.System, event, func(tx *store.Tx) error {
				_, err := tx.UseLink(store.SetupLink, link)
				return err
			})
		}
		if _, err := s.CheckLink(t.Context(), store.SetupLink, link); err != nil {
			t.Error(err)
		}
		if err := use(); err != nil {
			t.Error(err)
		}
		if err := use(); !errors.Is(err, wardbook.ErrNotFound) {
			t.Errorf("used twice: %v", err)
		}
		update(t, s, store.System, func(tx *store.Tx) (err error) {
			link, err = tx.CreateLink(store.ResetLink, "ana", time.Hour)
			return err
		})
		forward(2 * time.Hour)
		if _, err := s.CheckLink(t.Context(), store.ResetLink, link); !errors.Is(err, wardbook.ErrNotFound) {
			t.Errorf("too late: %v", err)
		}
	})
}
