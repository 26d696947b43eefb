package app

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/store"
)

// A TokenWish asks for an API token.
type TokenWish struct {
	Organization, Actor, Reason string
	Name                        string
	User                        string // in whose name it acts: a member
	Scopes                      []string
	Until                       string // RFC 3339 date of its last day (UTC); empty: until it is revoked
}

// CreateToken makes an API token and returns its secret, which nobody can read
// again.
func CreateToken(ctx context.Context, s *store.Store, w TokenWish) (id, key string, err error) {
	t := wardbook.Token{Name: strings.TrimSpace(w.Name), User: w.User, Scopes: w.Scopes}
	var ps wardbook.Problems
	for _, scope := range w.Scopes {
		if !slices.Contains(wardbook.Scopes, scope) {
			ps.Add("scopes", "%q is none of %s", scope, strings.Join(wardbook.Scopes, ", "))
		}
	}
	if w.Until != "" {
		last, err := time.Parse(time.DateOnly, w.Until)
		if err != nil {
			ps.Add("until", "%q is no date: write 2026-01-31", w.Until)
		}
		t.Expires = last.AddDate(0, 0, 1)
	}
	if err := ps.Err(); err != nil {
		return "", "", err
	}
	id = wardbook.NewID()
	ev := wardbook.Event{Actor: w.Actor, Action: "token.create", Target: "token/" + id, Reason: strings.TrimSpace(w.Reason)}
	err = s.Update(ctx, w.Organization, ev, func(tx *store.Tx) error {
		if !t.Expires.IsZero() && !t.Expires.After(tx.Time()) {
			ps.Add("until", "the last day is over")
		}
		m, err := store.Get[wardbook.Membership](tx, w.User)
		if err != nil || len(m.Value.Roles) == 0 {
			ps.Add("user", "%q is no member of the organization", w.User)
		}
		if err := ps.Err(); err != nil {
			return err
		}
		key, err = tx.CreateToken(id, t)
		return err
	})
	return id, key, err
}

// RevokeToken ends a token at once.
func RevokeToken(ctx context.Context, s *store.Store, org, actor, id, reason string) error {
	ev := wardbook.Event{Actor: actor, Action: "token.revoke", Target: "token/" + id, Reason: strings.TrimSpace(reason)}
	return s.Update(ctx, org, ev, func(tx *store.Tx) error {
		t, err := store.Get[wardbook.Token](tx, id)
		if err != nil {
			return err
		}
		if t.Value.Revoked {
			return &Refused{Why: "the token is revoked already"}
		}
		t.Value.Revoked = true
		_, err = tx.Put(id, t.Revision.Revision, t.Value)
		return err
	})
}
