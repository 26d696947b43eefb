package web

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"golang.org/x/time/rate"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/store"
)

// apiRoot is where the JSON API begins.
const apiRoot = "/api/v1"

// Limits of the API. A token may ask as fast as a program that walks a list
// does; a body of JSON is small, files have a limit of their own.
const (
	tokenRate  = 50  // requests in a second
	tokenBurst = 200 // requests at once
	maxJSON    = 1 << 20
)

// A call is one request of a program: a request as those of browsers, let in by
// a token instead of a session.
type call struct {
	*request
	bearer store.Bearer
}

type callKey struct{}

// callOf is the call that ctx belongs to.
func callOf(ctx context.Context) *call {
	c, _ := ctx.Value(callKey{}).(*call) // the door puts it there
	return c
}

// An api is the JSON API: its operations, and the mux that they answer on.
type api struct {
	s    *Server
	mux  *http.ServeMux
	huma huma.API
	ops  []operation
	doc  []byte // openapi.json
}

// newAPI makes the API with all its operations. openapi.json is made out of
// what is registered here, so it cannot say anything else.
func (s *Server) newAPI() (*api, error) {
	a := &api{s: s, mux: http.NewServeMux()}
	a.huma = humago.New(a.mux, huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info:    &huma.Info{Title: "Wardbook", Version: "1", Description: apiAbout},
			Components: &huma.Components{
				Schemas:         huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer),
				SecuritySchemes: map[string]*huma.SecurityScheme{"token": {Type: "http", Scheme: "bearer", Description: "A token of the page /tokens or of wardbook token create."}},
			},
		},
		Formats: huma.DefaultFormats, DefaultFormat: "application/json",
		RejectUnknownQueryParameters: true,
	})
	for _, register := range []func(*api){deviceOperations, productOperations, findingOperations, riskOperations, riskChanges, questionOperations, decisionOperations, sourceOperations, bookOperations, houseOperations} {
		register(a)
	}
	a.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		writeProblem(w, problemOf(http.StatusNotFound, "There is no such operation. "+apiRoot+"/openapi.json lists them."))
	})
	var err error
	a.doc, err = a.document()
	return a, err
}

// api is the JSON API. That it cannot be described is a fault of the program.
func (s *Server) api() http.Handler {
	a, err := s.newAPI()
	if err != nil {
		panic(err)
	}
	return a
}

// ServeHTTP is the door of the API: who comes in has a token, and only so many
// requests.
func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// A test's writer has no deadline to set.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(pageTimeout))
	if r.URL.Path == apiRoot+"/openapi.json" && r.Method == http.MethodGet {
		w.Header().Set("Content-Type", "application/vnd.oai.openapi+json;version=3.1")
		_, _ = w.Write(a.doc) // an error means that the client has gone
		return
	}
	c := &call{request: &request{w: w, r: r, s: a.s, position: -1}}
	if err := c.admit(); err != nil {
		a.s.apiFault(r, err)
		writeProblem(w, toProblem(err))
		return
	}
	c.r = r.WithContext(context.WithValue(r.Context(), callKey{}, c))
	defer func() { r.Pattern = c.r.Pattern }() // for the log and the metrics
	if err := a.once(w, c); err != nil {
		a.s.apiFault(c.r, err)
		writeProblem(w, toProblem(err))
	}
}

// admit finds out whose token the request has, and what they may.
func (c *call) admit() error {
	s, client := c.s, c.s.client(c.r)
	kind, key, _ := strings.Cut(c.r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(kind, "Bearer") || key == "" {
		return unauthorized("Send a token: Authorization: Bearer wbt_…")
	}
	ctx := c.r.Context()
	var err error
	if c.bearer, err = s.store.Bearer(ctx, strings.TrimSpace(key)); isNotFound(err) {
		if !s.strangers.allow(client) {
			return tooMany(time.Minute)
		}
		return unauthorized("The token is unknown, or it has ended or was revoked.")
	}
	if err != nil {
		return err
	}
	if wait := s.tokens.wait(c.bearer.Token); wait > 0 {
		return tooMany(wait)
	}
	if c.seats, err = s.store.Seats(ctx, c.bearer.User); err != nil {
		return err
	}
	for _, seat := range c.seats {
		if seat.Organization == c.bearer.Organization {
			c.seat = seat
		}
	}
	if c.seat.Organization == "" {
		return problemOf(http.StatusForbidden, "The person in whose name the token is, is no member of the organization.")
	}
	c.session = store.Session{User: c.bearer.User}
	return nil
}

// allowances bound how fast each token may ask.
type allowances struct {
	mu  sync.Mutex
	set map[string]*rate.Limiter
}

// wait is how long the token has to wait, 0: it may ask.
func (a *allowances) wait(token string) time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	l := a.set[token]
	if l == nil {
		if a.set == nil || len(a.set) >= maxAddresses {
			a.set = map[string]*rate.Limiter{}
		}
		l = rate.NewLimiter(tokenRate, tokenBurst)
		a.set[token] = l
	}
	r := l.Reserve()
	wait := r.Delay()
	if wait > 0 {
		r.Cancel()
	}
	return wait
}

// A Problem is an error as the API tells it (RFC 9457).
type Problem struct {
	huma.ErrorModel
	// Base and Current are, in a conflict, the revision that the edit started
	// from and the one that somebody else wrote meanwhile.
	Base    *RawRevision `json:"base,omitempty"`
	Current *RawRevision `json:"current,omitempty"`
	header  http.Header
}

// GetHeaders are sent with the problem.
func (p *Problem) GetHeaders() http.Header { return p.header }

func problemOf(status int, detail string) *Problem {
	return &Problem{ErrorModel: huma.ErrorModel{Status: status, Title: http.StatusText(status), Detail: detail}}
}

func unauthorized(detail string) *Problem {
	p := problemOf(http.StatusUnauthorized, detail)
	p.header = http.Header{"WWW-Authenticate": {`Bearer realm="wardbook"`}}
	return p
}

func tooMany(wait time.Duration) *Problem {
	p := problemOf(http.StatusTooManyRequests, "Too many requests. Wait a moment.")
	p.header = http.Header{"Retry-After": {strconv.Itoa(int(wait/time.Second) + 1)}}
	return p
}

// apiFault puts an error into the log that nobody who asks can mend.
func (s *Server) apiFault(r *http.Request, err error) {
	if toProblem(err).Status >= 500 && r.Context().Err() == nil {
		s.o.Log.Error("request failed", "route", r.Pattern, "error", err)
	}
}

// strangers bound how often one address sends a token that is none: as many
// as programs that were not told of an end do. A token cannot be guessed.
type strangers struct {
	mu  sync.Mutex
	set map[netip.Prefix]*rate.Limiter
}

func (a *strangers) allow(client string) bool {
	var p netip.Prefix
	if addr, err := netip.ParseAddr(client); err == nil {
		bits := 32
		if addr = addr.WithZone("").Unmap(); addr.Is6() {
			bits = 64 // one subscriber has a whole /64
		}
		p, _ = addr.Prefix(bits) // the number of bits fits
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	l := a.set[p]
	if l == nil {
		if a.set == nil || len(a.set) >= maxAddresses {
			a.set = map[netip.Prefix]*rate.Limiter{}
		}
		l = rate.NewLimiter(1, 30)
		a.set[p] = l
	}
	return l.Allow()
}

// toProblem tells an error to a program; what nobody who asks can mend is in
// the log only.
func toProblem(err error) *Problem {
	var p *Problem
	var no *refusal
	var conflict *wardbook.EditConflict
	var invalid *wardbook.Invalid
	var refused *refusedStep
	var tooBig *http.MaxBytesError
	switch {
	case errors.As(err, &p):
		return p
	case errors.As(err, &no):
		return problemOf(no.status, no.text)
	case errors.As(err, &conflict):
		p = problemOf(http.StatusConflict, "Somebody else wrote a newer revision. Nothing of this was written.")
		p.Base, p.Current = rawRevision(conflict.Base), rawRevision(conflict.Current)
		return p
	case errors.As(err, &refused):
		status := http.StatusUnprocessableEntity
		if refused.Role {
			status = http.StatusForbidden
		}
		return problemOf(status, sentence(refused.Why))
	case errors.As(err, &invalid):
		p = problemOf(http.StatusUnprocessableEntity, "What was sent has faults.")
		for _, f := range invalid.Problems {
			p.Errors = append(p.Errors, &huma.ErrorDetail{Location: f.Place, Message: f.Message})
		}
		return p
	case errors.As(err, &tooBig):
		return problemOf(http.StatusRequestEntityTooLarge, "What was sent is too large.")
	case errors.Is(err, wardbook.ErrNotFound):
		return problemOf(http.StatusNotFound, "There is no such thing, or not for you, or not at that time.")
	}
	return problemOf(http.StatusInternalServerError, "The server could not do this. What went wrong is in its log.")
}
