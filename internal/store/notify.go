package store

import (
	"context"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/wardbook/wardbook"
)

// channel is where stores on one PostgreSQL database tell each other that
// something was committed.
const channel = "wardbook_committed"

// Times of a herald: how long a word may take, when a connection that is silent
// is asked whether it lives, and when a lost one is made anew.
const (
	sayFor      = 5 * time.Second
	askEvery    = 30 * time.Second
	listenAgain = time.Second
)

// A herald rings the bell of a store when another process commits. It carries
// hints only: one that gets lost is made good by the next look at the database,
// so nothing waits for it and its faults are nobody's. Words are sent after the
// commit and not in its transaction: PostgreSQL lets transactions that notify
// commit one after the other.
type herald struct {
	self string // tells own words from those of others
	say  chan struct{}
	stop context.CancelFunc
	done sync.WaitGroup
}

// startHerald begins to tell and to hear, until the store is closed.
func (s *Store) startHerald(dsn string) {
	if s.engine != postgresEngine {
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	s.herald = &herald{self: wardbook.NewID(), say: make(chan struct{}, 1), stop: stop}
	s.herald.done.Go(func() { s.tell(ctx) })
	s.herald.done.Go(func() {
		for ctx.Err() == nil {
			_ = s.listen(ctx, dsn) // its faults end in another try
			select {
			case <-ctx.Done():
			case <-time.After(listenAgain):
			}
		}
	})
}

func (s *Store) stopHerald() {
	if s.herald != nil {
		s.herald.stop()
		s.herald.done.Wait()
	}
}

// committed rings here, and has the other processes ring.
func (s *Store) committed() {
	s.bell.ring()
	if s.herald == nil {
		return
	}
	select {
	case s.herald.say <- struct{}{}:
	default: // a word is under way that says the same
	}
}

func (s *Store) tell(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.herald.say:
		}
		timed, cancel := context.WithTimeout(ctx, sayFor)
		_, _ = s.write.ExecContext(timed, `SELECT pg_notify($1, $2)`, channel, s.herald.self)
		cancel()
	}
}

// listen has a connection of its own, until that fails.
func (s *Store) listen(ctx context.Context, dsn string) error {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer func() {
		timed, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		conn.Close(timed)
	}()
	if _, err := conn.Exec(ctx, "LISTEN "+channel); err != nil {
		return err
	}
	s.bell.ring() // for what was said while nobody listened
	for {
		timed, cancel := context.WithTimeout(ctx, askEvery)
		n, err := conn.WaitForNotification(timed)
		silent := timed.Err() != nil
		cancel()
		switch {
		case err == nil && n.Payload != s.herald.self:
			s.bell.ring()
		case err == nil:
		case ctx.Err() != nil || !silent:
			return err
		default:
			timed, cancel := context.WithTimeout(ctx, sayFor)
			err := conn.Ping(timed)
			cancel()
			if err != nil {
				return err
			}
		}
	}
}
