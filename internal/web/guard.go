package web

import (
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// policy is the Content-Security-Policy: own style sheet and modules, nothing
// else, and nothing inline.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// guard is around every request: headers that hold everywhere, and one line of
// log without secrets: the pattern of the route and never the address, which can
// hold the key of a link.
func (s *Server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
		h.Set("Cache-Control", "no-store")
		if s.secure {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		rec := &recorder{ResponseWriter: w}
		if s.o.Metrics != nil {
			s.o.Metrics.active.Inc()
		}
		defer func() {
			level := slog.LevelInfo
			p := recover()
			cut := p == http.ErrAbortHandler //nolint:errorlint // a panic's value, not an error
			if p != nil && !cut {
				s.o.Log.Error("panic", "route", r.Pattern, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
				if rec.status == 0 {
					http.Error(rec, "The server failed. It is in its log.", http.StatusInternalServerError)
				}
			}
			if rec.status >= 500 {
				level = slog.LevelError
			}
			s.o.Log.Log(r.Context(), level, "request", "method", r.Method, "route", r.Pattern, "status", rec.status,
				"bytes", rec.bytes, "ms", time.Since(start).Milliseconds(), "client", s.client(r), "cut", cut)
			if s.o.Metrics != nil {
				s.o.Metrics.active.Dec()
				s.o.Metrics.request(r.Pattern, rec.status, time.Since(start))
			}
			if cut {
				panic(p)
			}
		}()
		next.ServeHTTP(rec, r)
	})
}

// A recorder notes what was answered.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	n, err := r.ResponseWriter.Write(b)
	r.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController set deadlines.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// client is the address of who asks. Behind a proxy it is the last that the
// proxy added; what stands before it anybody can write.
func (s *Server) client(r *http.Request) string {
	if s.o.BehindProxy {
		if all := r.Header.Values("X-Forwarded-For"); len(all) > 0 {
			last := all[len(all)-1]
			last = strings.TrimSpace(last[strings.LastIndexByte(last, ',')+1:])
			if a, err := netip.ParseAddr(last); err == nil {
				return a.String()
			}
		}
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// attempts bounds how often one address tries to sign in: ten at once, then
// one in six seconds. The store locks a user out beside it.
type attempts struct {
	mu  sync.Mutex
	set map[string]*rate.Limiter
}

const maxAddresses = 10_000

func (a *attempts) allow(client string) bool {
	if addr, err := netip.ParseAddr(client); err == nil && addr.Is6() && !addr.Is4In6() {
		if p, err := addr.WithZone("").Prefix(64); err == nil {
			client = p.String() // one subscriber has a whole /64
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	l := a.set[client]
	if l == nil {
		if a.set == nil || len(a.set) >= maxAddresses {
			a.set = map[string]*rate.Limiter{}
		}
		l = rate.NewLimiter(rate.Every(6*time.Second), 10)
		a.set[client] = l
	}
	return l.Allow()
}
