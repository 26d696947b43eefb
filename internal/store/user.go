package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/wardbook/wardbook"
)

// ErrScope: users belong to the installation and are written in an Update of
// System only.
var ErrScope = errors.New("this is written in the book of the installation")

// project keeps the tables that are asked before an organization is known
// equal to the records that they come from. Put calls it, so that neither is
// written without the other.
func (tx *Tx) project(id string, r wardbook.Record) error {
	var err error
	var touched int64
	do := func(query string, args ...any) {
		var r sql.Result
		if r, err = tx.tx.ExecContext(tx.ctx, query, args...); err == nil {
			touched, err = r.RowsAffected()
		}
	}
	switch v := r.(type) {
	case wardbook.Organization:
		if id != tx.org {
			return fmt.Errorf("organization %s: is not the one of this book", id)
		}
		do(`UPDATE organizations SET name = $1, kind = $2, closed = $3 WHERE id = $4`, v.Name, string(v.Kind), v.Closed, id)
	case wardbook.User:
		if tx.org != System {
			return ErrScope
		}
		do(`INSERT INTO users (id, email, name, operator, disabled) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (id) DO UPDATE SET email = excluded.email, name = excluded.name, operator = excluded.operator, disabled = excluded.disabled`,
			id, v.RecordKey(), v.Name, v.Operator, v.Disabled)
		if err == nil && v.Disabled {
			do(`DELETE FROM sessions WHERE user_id = $1`, id)
		}
	case wardbook.Membership:
		if id != v.User {
			return fmt.Errorf("membership %s: its id is not the user's", id)
		}
		do(`INSERT INTO memberships (organization, user_id, roles) VALUES ($1, $2, $3)
			ON CONFLICT (organization, user_id) DO UPDATE SET roles = excluded.roles`, tx.org, id, joinRoles(v.Roles))
	case wardbook.Token:
		do(`UPDATE tokens SET user_id = $1, name = $2, scopes = $3, expires = $4,
			revoked = CASE WHEN NOT $5 THEN 0 WHEN revoked > 0 THEN revoked ELSE $6 END
			WHERE organization = $7 AND id = $8`,
			v.User, v.Name, strings.Join(v.Scopes, ","), micros(v.Expires), v.Revoked, micros(tx.w.entry.Time), tx.org, id)
		if err == nil && touched == 0 {
			err = errors.New("a token is made with CreateToken")
		}
	}
	if err != nil {
		return fmt.Errorf("%s %s: %w", r.RecordKind(), id, err)
	}
	return nil
}

func joinRoles(roles []wardbook.Role) string {
	ss := make([]string, len(roles))
	for i, r := range roles {
		ss[i] = string(r)
	}
	return strings.Join(ss, ",")
}

func splitRoles(s string) []wardbook.Role {
	var roles []wardbook.Role
	for r := range strings.SplitSeq(s, ",") {
		if r != "" {
			roles = append(roles, wardbook.Role(r))
		}
	}
	return roles
}

// Roles are the roles of a user in an organization; none when they are not a
// member or disabled.
func (s *Store) Roles(ctx context.Context, user, org string) ([]wardbook.Role, error) {
	var roles string
	err := s.read.QueryRowContext(ctx, `SELECT m.roles FROM memberships m JOIN users u ON u.id = m.user_id
		WHERE m.user_id = $1 AND m.organization = $2 AND NOT u.disabled`, user, org).Scan(&roles)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return splitRoles(roles), err
}

// A Seat is a user's place in an organization.
type Seat struct {
	Organization, Name string
	Roles              []wardbook.Role
}

// Seats lists the organizations that a user is a member of, by name.
func (s *Store) Seats(ctx context.Context, user string) ([]Seat, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT o.id, o.name, m.roles FROM memberships m JOIN organizations o ON o.id = m.organization
		WHERE m.user_id = $1 AND m.roles <> '' AND NOT o.closed ORDER BY o.name, o.id`, user)
	return collect(rows, err, func(r scanner) (Seat, error) {
		var seat Seat
		var roles string
		err := r.Scan(&seat.Organization, &seat.Name, &roles)
		seat.Roles = splitRoles(roles)
		return seat, err
	})
}

// NeedsSetup reports whether nobody can run the installation yet: no operator
// has a password.
func (s *Store) NeedsSetup(ctx context.Context) (bool, error) {
	var n int
	err := s.read.QueryRowContext(ctx, `SELECT count(*) FROM users u JOIN credentials c ON c.user_id = u.id WHERE u.operator AND NOT u.disabled`).Scan(&n)
	return n == 0, err
}

// HasPassword reports whether a user has chosen a password yet.
func (s *Store) HasPassword(ctx context.Context, user string) (bool, error) {
	var n int
	err := s.read.QueryRowContext(ctx, `SELECT count(*) FROM credentials WHERE user_id = $1`, user).Scan(&n)
	return n > 0, err
}

// SetPassword gives a user the password that hash was made from (see
// HashPassword), lifts a lock and ends all their sessions.
func (tx *Tx) SetPassword(user, hash string) error {
	if tx.w == nil {
		return ErrReadOnly
	}
	if tx.org != System {
		return ErrScope
	}
	_, err := tx.tx.ExecContext(tx.ctx, `INSERT INTO credentials (user_id, password, changed, failures, locked_until) VALUES ($1, $2, $3, 0, 0)
		ON CONFLICT (user_id) DO UPDATE SET password = excluded.password, changed = excluded.changed, failures = 0, locked_until = 0`,
		user, hash, micros(tx.w.entry.Time))
	if err != nil {
		return fmt.Errorf("password: %w", err)
	}
	_, err = tx.tx.ExecContext(tx.ctx, `DELETE FROM sessions WHERE user_id = $1`, user)
	return err
}

// Sign-in errors. ErrSignIn does not say what was wrong.
var (
	ErrSignIn = errors.New("the mail address or the password is wrong")
	ErrLocked = errors.New("too many attempts: signing in is locked for a while")
)

// After lockAfter wrong passwords in a row a user is locked out for lockFor.
const (
	lockAfter = 10
	lockFor   = 15 * time.Minute
)

// SignIn checks a password and returns the user's id. It takes the same time
// whether there is such a user or not.
func (s *Store) SignIn(ctx context.Context, email, password string) (string, error) {
	var id, kept string
	var disabled bool
	var locked int64
	err := s.read.QueryRowContext(ctx, `SELECT u.id, u.disabled, c.password, c.locked_until FROM users u
		JOIN credentials c ON c.user_id = u.id WHERE u.email = $1`, wardbook.User{Email: email}.RecordKey()).Scan(&id, &disabled, &kept, &locked)
	if errors.Is(err, sql.ErrNoRows) {
		kept, err = absent, nil
	}
	if err != nil {
		return "", err
	}
	ok, err := s.checkPassword(ctx, kept, password)
	if err != nil {
		return "", err
	}
	if id == "" {
		return "", ErrSignIn
	}
	at := s.time()
	if locked > micros(at) {
		return "", ErrLocked
	}
	if !ok || disabled {
		_, err := s.write.ExecContext(ctx, `UPDATE credentials SET
			locked_until = CASE WHEN failures + 1 >= $1 THEN $2 ELSE locked_until END,
			failures = CASE WHEN failures + 1 >= $1 THEN 0 ELSE failures + 1 END WHERE user_id = $3`,
			lockAfter, micros(at.Add(lockFor)), id)
		return "", errors.Join(ErrSignIn, err)
	}
	_, err = s.write.ExecContext(ctx, `UPDATE credentials SET failures = 0, locked_until = 0 WHERE user_id = $1 AND failures > 0`, id)
	return id, err
}
