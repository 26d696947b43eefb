package store

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// Raw lets tests go round the methods of a transaction.
func (tx *Tx) Raw() *sql.Tx { return tx.tx }

// RawDB is the pool that writes, for tests that tamper with what is stored.
func (s *Store) RawDB() *sql.DB { return s.write }

// SetPoll sets how often Wait looks by itself.
func (s *Store) SetPoll(d time.Duration) { s.poll = d }

// Tamper runs fn, which may write anything, and verifies what it left; then
// all is as before.
func (s *Store) Tamper(ctx context.Context, org string, o VerifyOptions, fn func(tx *sql.Tx) error) (v *Verification, err error) {
	o.Verifiers = append(o.Verifiers, s.Verifier())
	back := errors.New("back")
	got := s.change(ctx, org, func(tx *Tx) error {
		if err = fn(tx.tx); err == nil {
			v, err = tx.verify(o)
		}
		return back
	})
	if got != back {
		err = errors.Join(err, got)
	}
	return v, err
}
