package web

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/wardbook/wardbook/internal/store"
)

// How long the checks of /readyz may take, and how long their answer is given
// again: anybody may ask, so asking often has to cost nothing.
const (
	readyTimeout = 3 * time.Second
	readyAgain   = time.Second
)

// A Check is something beside the database that has to be in order before the
// server is ready. Reason is what everybody may read when it is not; what Err
// says is for the log only.
type Check struct {
	Reason string
	Err    func(ctx context.Context) error
}

// readiness is the answer of /readyz with its age.
type readiness struct {
	mu      sync.Mutex
	at      time.Time
	reasons []string
}

// healthz says that the process lives: nothing else is asked, so that a
// supervisor does not restart it because the database is away.
func (s *Server) healthz(q *request) error {
	return q.health(http.StatusOK, map[string]any{"status": "alive"})
}

// readyz says whether the server can do its work now, and else why not.
func (s *Server) readyz(q *request) error {
	reasons := s.notReady(q.r.Context())
	if len(reasons) > 0 {
		return q.health(http.StatusServiceUnavailable, map[string]any{"status": "not ready", "reasons": reasons})
	}
	return q.health(http.StatusOK, map[string]any{"status": "ready"})
}

// notReady lists why the server cannot do its work, in words without secrets.
func (s *Server) notReady(ctx context.Context) []string {
	select {
	case <-s.stopping:
		return []string{"the server is stopping"}
	default:
	}
	s.ready.mu.Lock()
	defer s.ready.mu.Unlock()
	if time.Since(s.ready.at) < readyAgain {
		return s.ready.reasons
	}
	// Who asks may go away; the answer is for the next one too.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readyTimeout)
	defer cancel()
	s.ready.reasons = nil
	if err := s.store.Ready(ctx); err != nil {
		s.o.Log.Error("not ready", "error", err)
		reason := store.ErrDatabase
		for _, known := range []error{store.ErrSchema, store.ErrKey} {
			if errors.Is(err, known) {
				reason = known
			}
		}
		s.ready.reasons = append(s.ready.reasons, reason.Error())
	}
	for _, c := range s.o.Checks {
		if err := c.Err(ctx); err != nil {
			s.o.Log.Error("not ready", "reason", c.Reason, "error", err)
			s.ready.reasons = append(s.ready.reasons, c.Reason)
		}
	}
	s.ready.at = time.Now()
	return s.ready.reasons
}

func (q *request) health(status int, body map[string]any) error {
	b, err := json.Marshal(body)
	if err != nil {
		return err
	}
	q.w.Header().Set("Content-Type", "application/json")
	q.w.WriteHeader(status)
	_, _ = q.w.Write(append(b, '\n'))
	return nil
}
