package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Observe has f told how long each View and Update took ("view", "update"), and
// whether it failed. An Update that waited for others waited for that time too.
// f is called by many goroutines.
func Observe(f func(verb string, took time.Duration, err error)) Option {
	return func(o *options) { o.observe = f }
}

// observed reports the end of a View or Update that began at start.
func (s *Store) observed(verb string, start time.Time, err *error) {
	if s.observe != nil {
		s.observe(verb, time.Since(start), *err)
	}
}

// A JobCount says how many jobs of a kind, of all organizations, are in a state.
type JobCount struct {
	Kind, State string
	Jobs        int64
}

// JobCounts counts the jobs of the whole installation. Nothing of what they are
// about is in it.
func (s *Store) JobCounts(ctx context.Context) ([]JobCount, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT kind, state, count(*) FROM jobs GROUP BY kind, state ORDER BY kind, state`)
	return collect(rows, err, func(r scanner) (c JobCount, err error) {
		return c, r.Scan(&c.Kind, &c.State, &c.Jobs)
	})
}

// Entries counts the entries in the book of each organization, System among
// them, by the organization's id.
func (s *Store) Entries(ctx context.Context) (map[string]int64, error) {
	ids, err := s.organizationIDs(ctx)
	if err != nil {
		return nil, err
	}
	entries := map[string]int64{}
	for _, id := range ids {
		err := s.View(ctx, id, func(tx *Tx) error {
			position, err := tx.Position()
			entries[id] = position + 1
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return entries, nil
}

// Reasons why a store is not Ready.
var (
	ErrDatabase = errors.New("the database does not answer")
	ErrSchema   = errors.New("the database has another shape than this program knows: all replicas need the same version")
	ErrKey      = errors.New("the key of the log was rotated by another process: restart with the new key file")
)

// Ready reports whether the store can do its work now: ErrDatabase, ErrSchema
// or ErrKey say why not, with a cause that is for the log only.
func (s *Store) Ready(ctx context.Context) error {
	if err := s.Ping(ctx); err != nil {
		return fmt.Errorf("%w: %w", ErrDatabase, err)
	}
	have, err := s.engine.version(ctx, s.read)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrDatabase, err)
	}
	if want := schemaVersion(); have != want {
		return fmt.Errorf("%w (database %d, program %d)", ErrSchema, have, want)
	}
	var verifier string
	err = s.read.QueryRowContext(ctx, `SELECT verifier FROM log_keys ORDER BY number DESC LIMIT 1`).Scan(&verifier)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("%w: %w", ErrDatabase, err)
	}
	if verifier != s.Verifier() {
		return ErrKey
	}
	return nil
}
