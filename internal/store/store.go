package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"sync/atomic"
	"time"

	"github.com/wardbook/wardbook"
)

// System is the id of the organization that every installation has for
// itself. Its book holds users, keys and organizations.
const System = "system"

// now as a log position: what holds until further notice.
const now = math.MaxInt64

// ErrReadOnly: something was to be written in View, or in the past.
var ErrReadOnly = errors.New("this transaction only reads")

var errNoKeyFile = errors.New("a PostgreSQL database needs a key file for its log")

// A Store is one database with all organizations in it. It is safe for use by
// several goroutines, and on PostgreSQL by several processes.
type Store struct {
	engine      engine
	write, read *sql.DB
	key         atomic.Pointer[logKey]
	clock       func() time.Time
	observe     func(verb string, took time.Duration, err error) // may be nil
	sealing     func(*Tx, wardbook.Entry) error                  // nil: none
	bell        bell
	herald      *herald       // nil on SQLite
	poll        time.Duration // how often Wait looks
	hashing     chan struct{} // bounds the password hashes that are computed at once
}

// An Option changes how Open opens.
type Option func(*options)

type options struct {
	keyFile string
	readers int
	clock   func() time.Time
	observe func(verb string, took time.Duration, err error)
	sealing func(*Tx, wardbook.Entry) error
}

// Sealing has f called at the end of every Update, within it, with the entry
// that it writes: for jobs that follow from a change and have to be there when it
// is. The entry names its revisions and its evidence, not its facts.
func Sealing(f func(*Tx, wardbook.Entry) error) Option {
	return func(o *options) { o.sealing = f }
}

// KeyFile says where the key that signs the checkpoints is kept. Without it,
// an SQLite database has it beside itself, in the file of the same name with
// ".key" appended; for PostgreSQL it has to be said, and every replica needs
// the same key.
func KeyFile(path string) Option { return func(o *options) { o.keyFile = path } }

// Readers bounds the transactions that read at the same time (8 where unsaid).
func Readers(n int) Option { return func(o *options) { o.readers = n } }

// Clock replaces time.Now, for tests and for building a history.
func Clock(f func() time.Time) Option { return func(o *options) { o.clock = f } }

// Open opens the database at dsn, a postgres:// address or the path of an
// SQLite file, makes it when it is not there, and brings it to the shape that
// this program knows. It refuses a database that is newer than the program
// (ErrNewer) and one whose log was signed with another key.
func Open(ctx context.Context, dsn string, opts ...Option) (*Store, error) {
	o := options{readers: 8, clock: time.Now}
	for _, opt := range opts {
		opt(&o)
	}
	e := engineOf(dsn)
	if o.keyFile == "" {
		if e == postgresEngine {
			return nil, errNoKeyFile
		}
		o.keyFile = dsn + ".key"
	}
	write, read, err := e.connect(ctx, dsn, o.readers)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	s := &Store{engine: e, write: write, read: read, clock: o.clock, observe: o.observe, sealing: o.sealing, poll: pollEvery, hashing: make(chan struct{}, 2)}
	if err := s.start(ctx, o.keyFile); err != nil {
		s.Close()
		return nil, err
	}
	s.startHerald(dsn)
	return s, nil
}

func (s *Store) start(ctx context.Context, keyFile string) error {
	if err := s.engine.migrate(ctx, s.write, schemaVersion()); err != nil {
		return err
	}
	if err := s.loadKey(ctx, keyFile); err != nil {
		return err
	}
	err := s.CreateOrganization(ctx, System, wardbook.Event{Actor: "system", Action: "installation.start"},
		wardbook.Organization{Name: "Installation", Kind: wardbook.Installation})
	if conflict := (*wardbook.EditConflict)(nil); err != nil && !errors.As(err, &conflict) {
		return fmt.Errorf("first entry of the book: %w", err)
	}
	return nil
}

// Close ends all connections.
func (s *Store) Close() error {
	s.stopHerald()
	err := s.write.Close()
	if s.read != s.write {
		err = errors.Join(err, s.read.Close())
	}
	return err
}

// Engine names the database: "sqlite" or "postgres".
func (s *Store) Engine() string { return string(s.engine) }

// RowSecurity reports whether the database itself keeps organizations apart:
// true on PostgreSQL unless the role that the store uses bypasses row-level
// security, as superusers do.
func (s *Store) RowSecurity(ctx context.Context) (bool, error) {
	if s.engine != postgresEngine {
		return false, nil
	}
	var bypass bool
	err := s.read.QueryRowContext(ctx, "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user").Scan(&bypass)
	return !bypass, err
}

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	var one int
	return s.read.QueryRowContext(ctx, "SELECT 1").Scan(&one)
}

func (s *Store) time() time.Time { return s.clock().UTC().Truncate(time.Microsecond) }

// View calls fn with a transaction that reads the rows of org, all from the
// same moment. Nothing can be written in it.
func (s *Store) View(ctx context.Context, org string, fn func(*Tx) error) (err error) {
	defer s.observed("view", time.Now(), &err)
	c, err := s.read.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	t, err := s.engine.begin(ctx, c, org, false)
	if err != nil {
		return err
	}
	defer func() { _ = t.Rollback() }() // after a commit it does nothing
	return fn(&Tx{s: s, ctx: ctx, conn: c, tx: t, org: org, at: now})
}

// Update calls fn with a transaction that may write, and commits what fn wrote
// together with an entry in the book of org: the event and the digests of all
// revisions, evidence and facts that were written under it. When Update
// returns nil the change is durable; when it returns an error nothing of it is
// there. Updates of one organization run one after the other; an Update inside
// fn would wait for itself.
func (s *Store) Update(ctx context.Context, org string, ev wardbook.Event, fn func(*Tx) error) (err error) {
	defer s.observed("update", time.Now(), &err)
	if err := ev.Validate(); err != nil {
		return fmt.Errorf("event: %w", err)
	}
	return s.change(ctx, org, func(tx *Tx) error {
		var keyNumber int64
		head, err := tx.lockHead(&keyNumber)
		if err != nil {
			return err
		}
		key := s.key.Load()
		if keyNumber != key.number {
			return errors.New("the key of the log was rotated by another process: restart with the new key file")
		}
		at := s.time()
		if at.Before(head.time) {
			at = head.time
		}
		tx.w = &writing{key: key, dirty: map[string]bool{}, entry: wardbook.Entry{
			Format: wardbook.EntryFormat, Organization: org, Position: head.size, Time: at, Event: ev,
		}}
		if err := fn(tx); err != nil {
			return err
		}
		if s.sealing != nil {
			if err := s.sealing(tx, tx.w.entry); err != nil {
				return err
			}
		}
		return tx.seal()
	})
}

// change runs fn in a transaction that writes and commits it.
func (s *Store) change(ctx context.Context, org string, fn func(*Tx) error) error {
	c, err := s.write.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	t, err := s.engine.begin(ctx, c, org, true)
	if err != nil {
		return err
	}
	defer func() { _ = t.Rollback() }() // after a commit it does nothing
	if err := fn(&Tx{s: s, ctx: ctx, conn: c, tx: t, org: org, at: now}); err != nil {
		return err
	}
	if err := t.Commit(); err != nil {
		return err
	}
	s.committed()
	return nil
}
