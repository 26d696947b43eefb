package app_test

import (
	"context"
	"testing"
	"time"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/app"
	"github.com/wardbook/wardbook/internal/dbtest"
)

// TestBeat: a worker says that it lives when it finds nothing to do, and while
// it does something long.
func TestBeat(t *testing.T) {
	s := dbtest.Open(t, t.TempDir()+"/wardbook.db")
	org := newOrganization(t, s)
	beat := make(chan struct{}, 100)
	w := &app.Worker{Store: s, Parallel: 1, Lease: 400 * time.Millisecond, Poll: time.Hour, Beat: func() { beat <- struct{}{} },
		Handlers: map[string]app.Handler{"long": func(ctx context.Context, _ *app.Task) error {
			for range 3 {
				select {
				case <-beat:
				case <-ctx.Done():
					return ctx.Err()
				}
			}
			return nil
		}}}
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	ended := make(chan struct{})
	go func() { w.Run(ctx); close(ended) }()
	select {
	case <-beat: // nothing was to be done
	case <-ctx.Done():
		t.Fatal("a worker that finds nothing does not say that it lives")
	}
	id := enqueue(t, s, org, "long")
	waitFor(t, s, org, id, wardbook.JobDone)
	stop()
	<-ended
}
