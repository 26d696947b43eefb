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

// A Tx is one transaction on the rows of one organization. It ends with the
// function that it was given to and is not for use by several goroutines.
type Tx struct {
	s    *Store
	ctx  context.Context
	conn *sql.Conn
	tx   *sql.Tx
	org  string
	at   int64    // log position that is looked at; now outside the past
	w    *writing // nil in View and in the past
}

// writing is what an Update has gathered for its entry.
type writing struct {
	key   *logKey
	entry wardbook.Entry
	dirty map[string]bool // tables of facts that were written to
}

// Organization is the id of the organization that tx reads and writes.
func (tx *Tx) Organization() string { return tx.org }

// AsOf is the past: the same reads, as they were after the entry at position
// of the log was written. Jobs, users, sessions and tokens have no past and
// are read as they are.
func (tx *Tx) AsOf(position int64) *Tx {
	past := *tx
	past.at, past.w = position, nil
	return &past
}

// Past reports whether tx reads the past (see AsOf).
func (tx *Tx) Past() bool { return tx.w == nil && tx.at != now }

// AsOfTime is AsOf the last entry that was written at or before t.
func (tx *Tx) AsOfTime(t time.Time) (*Tx, error) {
	var position int64
	err := tx.row(`SELECT coalesce(max(position), -1) FROM events WHERE organization = $1 AND time <= $2`, micros(t)).Scan(&position)
	if err != nil {
		return nil, err
	}
	return tx.AsOf(position), nil
}

// Position is the position of the entry that tx will write, in View the one of
// the last entry that it sees; -1 when there is none.
func (tx *Tx) Position() (int64, error) {
	switch {
	case tx.w != nil:
		return tx.w.entry.Position, nil
	case tx.at != now:
		return tx.at, nil
	}
	var size int64
	err := tx.row(`SELECT size FROM logs WHERE organization = $1`).Scan(&size)
	if errors.Is(err, sql.ErrNoRows) {
		return -1, nil
	}
	return size - 1, err
}

// Time is when the entry that tx will write happens; in View it is now.
func (tx *Tx) Time() time.Time {
	if tx.w != nil {
		return tx.w.entry.Time
	}
	return tx.s.time()
}

// holds is the condition that the row of the table with that alias holds at
// the position that tx looks at.
func (tx *Tx) holds(alias string) string {
	if tx.at == now {
		return alias + ".to_pos = 9223372036854775807"
	}
	return fmt.Sprintf("%s.from_pos <= %d AND %s.to_pos > %d", alias, tx.at, alias, tx.at)
}

// holdsOf is holds for rows that are picked by their id: the arithmetic keeps
// the engine on the primary key, since an index on the position would find every
// row that holds.
func (tx *Tx) holdsOf(alias string) string {
	return strings.ReplaceAll(tx.holds(alias), ".to_pos ", ".to_pos - 0 ")
}

// In every statement of a Tx, $1 is the organization: row, rows and exec put
// it there, so that no method can forget it.

func (tx *Tx) row(query string, args ...any) *sql.Row {
	return tx.tx.QueryRowContext(tx.ctx, query, append([]any{tx.org}, args...)...)
}

func (tx *Tx) rows(query string, args ...any) (*sql.Rows, error) {
	return tx.tx.QueryContext(tx.ctx, query, append([]any{tx.org}, args...)...)
}

func (tx *Tx) exec(query string, args ...any) (int64, error) {
	if tx.w == nil {
		return 0, ErrReadOnly
	}
	r, err := tx.tx.ExecContext(tx.ctx, query, append([]any{tx.org}, args...)...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// scanner is a row or rows.
type scanner interface{ Scan(...any) error }

// collect reads all rows of a query.
func collect[T any](rows *sql.Rows, err error, scan func(scanner) (T, error)) ([]T, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, rows.Err()
}

func scanOne[T any](s scanner) (v T, err error) {
	err = s.Scan(&v)
	return v, err
}

// notFound turns the driver's word for no row into the vocabulary's.
func notFound(err error, what string, args ...any) error {
	if errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("%s: %w", fmt.Sprintf(what, args...), wardbook.ErrNotFound)
	}
	return err
}

func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func fromMicros(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMicro(n).UTC()
}
