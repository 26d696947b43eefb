package web

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/store"
)

// A request is one request with what is known of who asks.
type request struct {
	w       http.ResponseWriter
	r       *http.Request
	s       *Server
	session store.Session // zero: nobody has signed in
	user    wardbook.User
	seats   []store.Seat
	seat    store.Seat // where the session works
	at      time.Time  // zero: now
	atText  string     // as it stands in the address

	position int64 // of the book when the page was read, -1: it was not
}

// part reports whether a script of the page asks for what stands in its frame
// only: the same address, the same rights, without navigation.
func (q *request) part() bool { return q.r.Header.Get("Wardbook-Part") != "" }

// A refusal is an error that is told with its own status and words.
type refusal struct {
	status int
	text   string
}

func (e *refusal) Error() string { return e.text }

func (s *Server) handle(rt route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := &request{w: w, r: r, s: s, position: -1}
		limit := pageTimeout
		if rt.long {
			limit = fileTimeout
		}
		most := int64(maxForm)
		if rt.upload {
			limit, most = fileTimeout, s.maxUpload()
		}
		r.Body = http.MaxBytesReader(w, r.Body, most)
		// A test's writer has no deadline to set.
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(limit))
		if err := q.serve(rt); err != nil {
			q.fail(err)
		}
	})
}

func (q *request) serve(rt route) error {
	if rt.who != open {
		if err := q.identify(); err != nil {
			return err
		}
		if q.session.ID == "" {
			if q.r.Method != http.MethodGet {
				return &refusal{http.StatusUnauthorized, "Sign in first. What you sent was not kept."}
			}
			next := url.Values{}
			if q.r.URL.Path != "/" {
				next.Set("next", q.r.URL.RequestURI())
			}
			return q.redirect("/sign-in", next)
		}
		if !q.may(rt.who) {
			if rt.who == operator {
				return &refusal{http.StatusForbidden, "Only who runs the installation may do this: an operator."}
			}
			if q.seat.Organization == "" {
				return &refusal{http.StatusForbidden, "You are not a member of any organization. An administrator of yours can invite you."}
			}
			return &refusal{http.StatusForbidden, "Your roles do not allow this. Administrators of " + q.seat.Name + " can."}
		}
	}
	if rt.long {
		return q.whileSending(func() error { return rt.do(q) })
	}
	if rt.read == nil {
		return rt.do(q)
	}
	if err := q.when(); err != nil {
		return err
	}
	return q.read(rt)
}

// may reports whether who asks may use what is open to who.
func (q *request) may(who access) bool {
	if who == operator {
		return q.user.Operator && !q.user.Disabled
	}
	return who.allows(q.seat.Roles)
}

// read makes the page of a route, or the file of its list (?as=csv).
func (q *request) read(rt route) error {
	var data any
	sent := false
	err := q.view(func(tx *store.Tx) (err error) {
		if q.position, err = tx.Position(); err != nil {
			return err
		}
		if data, err = rt.read(q, tx); err != nil {
			return err
		}
		if t, ok := data.(tabled); ok && t.List() != nil && t.List().file != "" {
			sent = true
			return q.whileSending(func() error { return q.sendList(t.List()) })
		}
		return nil
	})
	if err != nil || sent {
		return err
	}
	return q.render(http.StatusOK, rt.page, data)
}

// whileSending bounds how many files are on their way.
func (q *request) whileSending(send func() error) error {
	select {
	case q.s.sending <- struct{}{}:
		defer func() { <-q.s.sending }()
	default:
		return &refusal{http.StatusServiceUnavailable, "Others are fetching files. Try again in a moment."}
	}
	// A test's writer has no deadline to set.
	_ = http.NewResponseController(q.w).SetWriteDeadline(time.Now().Add(fileTimeout))
	return send()
}

// view reads the organization at the moment of the request.
func (q *request) view(fn func(*store.Tx) error) error {
	return q.s.store.View(q.r.Context(), q.seat.Organization, func(tx *store.Tx) error {
		if !q.at.IsZero() {
			past, err := tx.AsOfTime(q.at)
			if err != nil {
				return err
			}
			tx = past
		}
		return fn(tx)
	})
}

// when reads ?at=: a date, which means its end (UTC), or an RFC 3339 time.
func (q *request) when() error {
	text := q.r.URL.Query().Get("at")
	if text == "" {
		return nil
	}
	t, err := time.Parse(time.DateOnly, text)
	if err == nil {
		t = t.Add(24*time.Hour - time.Microsecond)
	} else if t, err = time.Parse(time.RFC3339, text); err != nil {
		return &refusal{http.StatusBadRequest, "The date in the address is not one: write at=2026-01-31."}
	}
	if t.Before(q.s.o.Clock()) {
		q.at, q.atText = t, text
	}
	return nil
}

// today is the date that due dates are held against.
func (q *request) today() string {
	if !q.at.IsZero() {
		return q.at.UTC().Format(time.DateOnly)
	}
	return q.s.o.Clock().UTC().Format(time.DateOnly)
}

func (q *request) cookieName() string {
	if q.s.secure {
		return "__Host-wardbook"
	}
	return "wardbook"
}

// identify finds out who asks, and in which organization they work.
func (q *request) identify() error {
	c, err := q.r.Cookie(q.cookieName())
	if err != nil || c.Value == "" {
		return nil
	}
	ctx := q.r.Context()
	v, err := q.s.store.Session(ctx, c.Value)
	if errors.Is(err, wardbook.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	err = q.s.store.View(ctx, store.System, func(tx *store.Tx) error {
		u, err := store.Get[wardbook.User](tx, v.User)
		q.user = u.Value
		return err
	})
	if err != nil {
		return err
	}
	if q.seats, err = q.s.store.Seats(ctx, v.User); err != nil {
		return err
	}
	for i, seat := range q.seats {
		if i == 0 || seat.Organization == v.Organization {
			q.seat = seat
		}
	}
	q.session = v
	return nil
}

func (q *request) redirect(path string, v url.Values) error {
	if len(v) > 0 {
		path += "?" + v.Encode()
	}
	http.Redirect(q.w, q.r, path, http.StatusSeeOther)
	return nil
}

// local is a path on this server, for redirects: anything else becomes "/".
func local(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.Scheme != "" || u.Host != "" || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.ContainsAny(next, "\\\r\n\t") {
		return "/"
	}
	return next
}

// fail tells an error: what the person can do about it; what they cannot is in
// the log only.
func (q *request) fail(err error) {
	status, text := http.StatusInternalServerError, "The server could not do this. What went wrong is in its log."
	var r *refusal
	var tooBig *http.MaxBytesError
	switch {
	case errors.As(err, &r):
		status, text = r.status, r.text
	case errors.As(err, &tooBig):
		status, text = http.StatusRequestEntityTooLarge, "What you sent is too large."
	case errors.Is(err, wardbook.ErrNotFound) && !q.at.IsZero():
		status, text = http.StatusNotFound, "This was not there at that time. Take the date off to see now."
	case errors.Is(err, wardbook.ErrNotFound):
		status, text = http.StatusNotFound, "There is nothing at this address, or not for you."
	case q.r.Context().Err() != nil:
		return // nobody waits for the answer
	default:
		q.s.o.Log.Error("request failed", "route", q.r.Pattern, "error", err)
	}
	if err := q.render(status, "failed", text); err != nil {
		q.s.o.Log.Error("page of an error", "error", err)
		http.Error(q.w, text, status)
	}
}

// render writes a page; nothing is sent when its template fails.
func (q *request) render(status int, page string, data any) error {
	var b bytes.Buffer
	t, err := templatesFor(style{zone: q.user.TimeZone, format: q.user.Locale})
	if err != nil {
		return err
	}
	if err := t.ExecuteTemplate(&b, page, &view{q: q, Data: data}); err != nil {
		return err
	}
	q.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	q.w.WriteHeader(status)
	_, _ = q.w.Write(b.Bytes()) // an error means that the client has gone
	return nil
}

// origin is the address of the server as the browser knows it.
func (q *request) origin() string {
	if q.s.secure {
		return "https://" + q.r.Host
	}
	return "http://" + q.r.Host
}

// copy sends a document. Where it breaks off the length that was announced
// says so.
func (q *request) copy(r io.Reader) {
	if _, err := io.Copy(q.w, r); err != nil && q.r.Context().Err() == nil {
		q.s.o.Log.Error("document", "error", err)
		panic(http.ErrAbortHandler)
	}
}
