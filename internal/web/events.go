package web

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/store"
)

// Limits of live events. A browser opens one stream for each tab that is seen
// and closes it when the tab is hidden.
const (
	maxStreams  = 1000             // of the server
	streamBeat  = 20 * time.Second // a sign of life, so that proxies keep the connection
	streamLasts = time.Hour        // then the browser connects anew, with a new look at the session
	lookEvery   = time.Second      // what other processes wrote is seen after so long
)

// eventsView is what stood in the book and in its jobs at one look.
type eventsView struct {
	position int64
	jobs     []jobView
}

// A jobView is a job as pages and live events show it.
type jobView struct {
	ID    string            `json:"id"`
	Kind  string            `json:"kind"`
	State wardbook.JobState `json:"state"`
	Done  int64             `json:"done"`
	Total int64             `json:"total"`
	Note  string            `json:"note"`
	Error string            `json:"error"`
	Title string            `json:"-"` // for the template "progress"
	Stop  string            `json:"-"` // address that asks it to stop; empty: not offered
}

// progress is the view of a job for the template of that name.
func (q *request) progress(j wardbook.Job, title, stop string) jobView {
	if j.State.Finished() {
		stop = ""
	}
	v := viewOf(j)
	v.Title, v.Stop = title, stop
	return v
}

func viewOf(j wardbook.Job) jobView {
	return jobView{ID: j.ID, Kind: j.Kind, State: j.State, Done: j.Done, Total: j.Total, Note: j.Note, Error: j.Error}
}

// events sends what happens in the organization for as long as the browser
// listens (server-sent events): "book" with the position of the last entry,
// and "job" with the progress of each job that changes. It tells that
// something is there, never what: the page then asks for it with its own rights.
func (s *Server) events(q *request) error {
	if s.streams.Add(1) > maxStreams {
		s.streams.Add(-1)
		q.w.Header().Set("Retry-After", "60")
		return &refusal{http.StatusServiceUnavailable, "Too many pages listen at the moment. This one still works, but has to be reloaded by hand."}
	}
	defer s.streams.Add(-1)
	ctx, cancel := context.WithTimeout(q.r.Context(), streamLasts)
	defer cancel()
	out := http.NewResponseController(q.w)
	h := q.w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no") // nginx: pass on at once
	q.w.WriteHeader(http.StatusOK)
	if _, err := io.WriteString(q.w, "retry: 3000\n\n"); err != nil {
		return nil
	}
	var last eventsView
	last.position = -2
	beat, check := time.Now(), time.Now()
	for {
		next := s.store.Committed() // before looking, so that nothing falls between
		now, err := s.look(ctx, q.seat.Organization)
		if err != nil {
			return nil //nolint:nilerr // the stream has begun: the browser connects anew
		}
		sent := now.send(q.w, last)
		last = now
		if !sent && time.Since(beat) > streamBeat {
			_, _ = io.WriteString(q.w, ": .\n\n")
			sent = true
		}
		if sent {
			beat = time.Now()
			_ = out.SetWriteDeadline(beat.Add(pageTimeout))
			if out.Flush() != nil {
				return nil
			}
		}
		if time.Since(check) > streamBeat {
			if check = time.Now(); !s.stillIn(ctx, q.session) {
				return nil
			}
		}
		select {
		case <-next:
			// Several commits in a row are one look.
			if !pause(ctx, lookEvery/10) {
				return nil
			}
		case <-time.After(lookEvery):
		case <-s.stopping:
			return nil
		case <-ctx.Done():
			return nil
		}
	}
}

func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

// stillIn reports whether a session has not ended, without counting as its use.
func (s *Server) stillIn(ctx context.Context, v store.Session) bool {
	list, err := s.store.Sessions(ctx, v.User)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(list, func(x store.Session) bool { return x.ID == v.ID })
}

// look reads what events tell of.
func (s *Server) look(ctx context.Context, org string) (eventsView, error) {
	var v eventsView
	err := s.store.View(ctx, org, func(tx *store.Tx) (err error) {
		if v.position, err = tx.Position(); err != nil {
			return err
		}
		page, err := tx.Jobs(store.ListOptions{Limit: 20})
		for _, j := range page.Items {
			v.jobs = append(v.jobs, viewOf(j))
		}
		return err
	})
	return v, err
}

// send writes what differs from the last look. The first look tells the
// position and the jobs that are not finished.
func (v eventsView) send(w io.Writer, last eventsView) (sent bool) {
	first := last.position == -2
	for _, j := range v.jobs {
		if first && j.State.Finished() || slices.Contains(last.jobs, j) {
			continue
		}
		b, err := json.Marshal(j)
		if err != nil {
			continue
		}
		_, _ = fmt.Fprintf(w, "event: job\ndata: %s\n\n", b)
		sent = true
	}
	if v.position != last.position {
		_, _ = fmt.Fprintf(w, "event: book\ndata: %d\n\n", v.position)
		sent = true
	}
	return sent
}
