package store

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/wardbook/wardbook"
)

// secret is 32 random bytes as text. Only its hash is kept.
func secret(prefix string) string {
	b := make([]byte, 32)
	rand.Read(b)
	return prefix + base64.RawURLEncoding.EncodeToString(b)
}

// A Session is a user who has signed in with a browser.
type Session struct {
	ID           string // for lists; it opens nothing
	User         string
	Organization string // the one last worked in
	Created      time.Time
	Seen         time.Time     // to the minute
	Idle         time.Duration // it ends when it was not seen for so long
	Expires      time.Time     // it ends then in any case
	Agent        string        // User-Agent
	Address      string        // of the client
}

const sessionColumns = `s.id, s.user_id, s.organization, s.created, s.seen, s.idle, s.expires, s.agent, s.address`

func scanSession(s scanner) (v Session, err error) {
	var created, seen, idle, expires int64
	err = s.Scan(&v.ID, &v.User, &v.Organization, &created, &seen, &idle, &expires, &v.Agent, &v.Address)
	v.Created, v.Seen, v.Expires = fromMicros(created), fromMicros(seen), fromMicros(expires)
	v.Idle = time.Duration(idle) * time.Microsecond
	return v, err
}

// StartSession makes a session of v.User that ends when it was not used for
// v.Idle, and after lasting in any case. It returns the secret that the
// browser keeps; only its hash is stored.
func (s *Store) StartSession(ctx context.Context, v Session, lasting time.Duration) (string, Session, error) {
	at := s.time()
	v.ID, v.Created, v.Seen, v.Expires = wardbook.NewID(), at, at, at.Add(lasting)
	key := secret("")
	_, err := s.write.ExecContext(ctx, `INSERT INTO sessions (hash, id, user_id, organization, created, seen, idle, expires, agent, address)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`, hexDigest([]byte(key)), v.ID, v.User, v.Organization,
		micros(v.Created), micros(v.Seen), v.Idle.Microseconds(), micros(v.Expires), v.Agent, v.Address)
	return key, v, err
}

// Session finds the session that a browser's secret opens, and notes that it
// was seen, unless a long import keeps the database busy. One that has ended, and one of a disabled user, is not found.
func (s *Store) Session(ctx context.Context, key string) (Session, error) {
	at := micros(s.time())
	hash := hexDigest([]byte(key))
	v, err := scanSession(s.read.QueryRowContext(ctx, `SELECT `+sessionColumns+` FROM sessions s JOIN users u ON u.id = s.user_id
		WHERE s.hash = $1 AND s.expires > $2 AND s.seen + s.idle > $2 AND NOT u.disabled`, hash, at))
	if err != nil {
		return v, notFound(err, "session")
	}
	if at-micros(v.Seen) > time.Minute.Microseconds() {
		s.mark(ctx, `UPDATE sessions SET seen = $1 WHERE hash = $2 AND seen < $1`, at, hash)
		v.Seen = fromMicros(at)
	}
	return v, err
}

// mark writes when something was last seen, if the database is free: a page
// does not wait for an import to learn that it was looked at.
func (s *Store) mark(ctx context.Context, query string, args ...any) {
	ctx, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
	defer cancel()
	_, _ = s.write.ExecContext(ctx, query, args...) // when it was busy, the next page marks it
}

// ChooseOrganization notes in which organization a session works.
func (s *Store) ChooseOrganization(ctx context.Context, session, org string) error {
	_, err := s.write.ExecContext(ctx, `UPDATE sessions SET organization = $1 WHERE id = $2`, org, session)
	return err
}

// Sessions lists the sessions of a user that have not ended, the last seen
// first.
func (s *Store) Sessions(ctx context.Context, user string) ([]Session, error) {
	at := micros(s.time())
	rows, err := s.read.QueryContext(ctx, `SELECT `+sessionColumns+` FROM sessions s
		WHERE s.user_id = $1 AND s.expires > $2 AND s.seen + s.idle > $2 ORDER BY s.seen DESC, s.id`, user, at)
	return collect(rows, err, scanSession)
}

// EndSession ends one session of a user; EndSessions all but the one with the
// id except, which may be empty.
func (s *Store) EndSession(ctx context.Context, user, id string) error {
	_, err := s.write.ExecContext(ctx, `DELETE FROM sessions WHERE user_id = $1 AND id = $2`, user, id)
	return err
}

// EndSessions ends all sessions of a user except the one with that id.
func (s *Store) EndSessions(ctx context.Context, user, except string) error {
	_, err := s.write.ExecContext(ctx, `DELETE FROM sessions WHERE user_id = $1 AND id <> $2`, user, except)
	return err
}

// Sweep takes away sessions and links that ended. It changes nothing that
// anybody sees.
func (s *Store) Sweep(ctx context.Context) error {
	at := micros(s.time())
	_, err := s.write.ExecContext(ctx, `DELETE FROM sessions WHERE expires <= $1 OR seen + idle <= $1`, at)
	_, err2 := s.write.ExecContext(ctx, `DELETE FROM tokens WHERE kind <> 'api' AND expires <= $1`, at)
	return errors.Join(err, err2)
}

// CreateToken writes the record of an API token and returns its secret, which
// is shown once: only its hash is kept. A Put of the record with Revoked set
// ends it.
func (tx *Tx) CreateToken(id string, t wardbook.Token) (string, error) {
	if tx.w == nil {
		return "", ErrReadOnly
	}
	if err := t.Validate(); err != nil {
		return "", err
	}
	key := secret("wbt_")
	_, err := tx.exec(`INSERT INTO tokens (hash, id, kind, organization, user_id, name, scopes, created, expires, used, revoked)
		VALUES ($2, $3, 'api', $1, $4, $5, $6, $7, $8, 0, 0)`, hexDigest([]byte(key)), id, t.User, t.Name,
		strings.Join(t.Scopes, ","), micros(tx.w.entry.Time), micros(t.Expires))
	if err != nil {
		return "", fmt.Errorf("token %s: %w", t.Name, err)
	}
	_, err = tx.Put(id, 0, t)
	return key, err
}

// A Bearer is who comes in with an API token.
type Bearer struct {
	Token, Organization, User string
	Scopes                    []string
}

// May reports whether the token has a scope.
func (b Bearer) May(scope string) bool { return slices.Contains(b.Scopes, scope) }

// Bearer finds the API token with that secret. One that has ended or was
// revoked, and one of a disabled user, is not found. When it was last used is
// noted to the minute.
func (s *Store) Bearer(ctx context.Context, key string) (Bearer, error) {
	at := micros(s.time())
	hash := hexDigest([]byte(key))
	var b Bearer
	var scopes string
	var used int64
	err := s.read.QueryRowContext(ctx, `SELECT t.id, t.organization, t.user_id, t.scopes, t.used FROM tokens t JOIN users u ON u.id = t.user_id
		WHERE t.hash = $1 AND t.kind = 'api' AND t.revoked = 0 AND (t.expires = 0 OR t.expires > $2) AND NOT u.disabled`, hash, at).
		Scan(&b.Token, &b.Organization, &b.User, &scopes, &used)
	if err != nil {
		return b, notFound(err, "token")
	}
	b.Scopes = strings.Split(scopes, ",")
	if at-used > time.Minute.Microseconds() {
		s.mark(ctx, `UPDATE tokens SET used = $1 WHERE hash = $2`, at, hash)
	}
	return b, err
}

// TokensUsed says when each API token of the organization was last used; one
// that never was is not in it.
func (tx *Tx) TokensUsed() (map[string]time.Time, error) {
	rows, err := tx.rows(`SELECT id, used FROM tokens WHERE organization = $1 AND kind = 'api' AND used > 0`)
	used := map[string]time.Time{}
	_, err = collect(rows, err, func(s scanner) (struct{}, error) {
		var id string
		var at int64
		err := s.Scan(&id, &at)
		used[id] = fromMicros(at)
		return struct{}{}, err
	})
	return used, err
}

// Kinds of links that work once.
const (
	SetupLink = "setup" // makes the first operator; of no user
	ResetLink = "reset" // gives its user a new password
)

// CreateLink makes a secret for a link that works once, until ttl is over. A
// new link of the same kind for the same user takes the place of the old.
func (tx *Tx) CreateLink(kind, user string, ttl time.Duration) (string, error) {
	if tx.w == nil {
		return "", ErrReadOnly
	}
	if tx.org != System {
		return "", ErrScope
	}
	if _, err := tx.exec(`DELETE FROM tokens WHERE organization = $1 AND kind = $2 AND user_id = $3`, kind, user); err != nil {
		return "", err
	}
	key := secret("")
	at := tx.w.entry.Time
	_, err := tx.exec(`INSERT INTO tokens (hash, id, kind, organization, user_id, name, scopes, created, expires, used, revoked)
		VALUES ($2, $3, $4, $1, $5, '', '', $6, $7, 0, 0)`, hexDigest([]byte(key)), wardbook.NewID(), kind, user, micros(at), micros(at.Add(ttl)))
	return key, err
}

// CheckLink reports whose link it is, while it works.
func (s *Store) CheckLink(ctx context.Context, kind, key string) (user string, err error) {
	err = s.read.QueryRowContext(ctx, `SELECT user_id FROM tokens WHERE hash = $1 AND kind = $2 AND used = 0 AND expires > $3`,
		hexDigest([]byte(key)), kind, micros(s.time())).Scan(&user)
	return user, notFound(err, "link")
}

// UseLink uses a link up and says whose it is, in the same transaction as what
// it is used for.
func (tx *Tx) UseLink(kind, key string) (user string, err error) {
	if tx.w == nil {
		return "", ErrReadOnly
	}
	if tx.org != System {
		return "", ErrScope
	}
	at := micros(tx.w.entry.Time)
	err = tx.row(`UPDATE tokens SET used = $2 WHERE organization = $1 AND hash = $3 AND kind = $4 AND used = 0 AND expires > $2
		RETURNING user_id`, at, hexDigest([]byte(key)), kind).Scan(&user)
	return user, notFound(err, "link")
}
