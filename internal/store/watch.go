package store

import (
	"context"
	"sync"
	"time"
)

// pollEvery is how often Wait looks for what other processes wrote.
const pollEvery = time.Second

// bell tells those who wait in this process that something was committed.
type bell struct {
	mu   sync.Mutex
	next chan struct{}
}

// wait is closed with the next commit.
func (b *bell) wait() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.next == nil {
		b.next = make(chan struct{})
	}
	return b.next
}

func (b *bell) ring() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.next != nil {
		close(b.next)
		b.next = nil
	}
}

// Committed is closed when an Update is next committed, of whatever
// organization: a hint to look for jobs at once. On PostgreSQL what other
// processes commit closes it too, but such a hint can get lost, and on SQLite
// there is none: nobody waits for it alone.
func (s *Store) Committed() <-chan struct{} { return s.bell.wait() }

// Wait returns the position of the last entry of org when that is after since:
// at once when it is already, else when it comes. An Update of this process is
// seen at once, and on PostgreSQL one of another as well; what the hint did not
// tell is seen within a second.
func (s *Store) Wait(ctx context.Context, org string, since int64) (int64, error) {
	for {
		next := s.bell.wait() // before looking, so that nothing falls between
		var position int64
		err := s.View(ctx, org, func(tx *Tx) (err error) {
			position, err = tx.Position()
			return err
		})
		if err != nil || position > since {
			return position, err
		}
		select {
		case <-next:
		case <-time.After(s.poll):
		case <-ctx.Done():
			return position, ctx.Err()
		}
	}
}
