package web

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/app"
	"github.com/wardbook/wardbook/internal/store"
)

type refusedStep = app.Refused

// apiAbout is the beginning of the description of the API.
const apiAbout = `What the pages show and do, for programs.

Every request carries a token (Authorization: Bearer wbt_…), which acts in the name of a member, with their roles and no more than its scopes.
Errors are application/problem+json (RFC 9457).
?at=2026-01-31, or a time, shows everything as it was then.
Lists have pages: limit, and after with the next of the page before; the Link header holds the address of the next page.
A record has a revision. What changes it names the revision that it started from, in the body or as If-Match with the ETag; when somebody wrote a newer one the answer is 409 with both.
A POST with an Idempotency-Key is done once: sent again within 24 hours it gets the same answer.`

// An operation is one line of the API: what it is, and who may. A token needs
// the scope, and the member in whose name it is one of the roles.
type operation struct {
	id, pattern  string // "GET /risks/{id}"
	tag, summary string
	about        string
	scope        string
	who          access
	revision     bool // it starts from a revision, and can be a conflict
	status       int  // 200 where 0
}

func (op operation) method() string { m, _, _ := strings.Cut(op.pattern, " "); return m }
func (op operation) path() string   { _, p, _ := strings.Cut(op.pattern, " "); return apiRoot + p }

// header describes a header that the server itself reads.
func header(name, doc string) *huma.Param {
	return &huma.Param{Name: name, In: "header", Description: doc, Schema: &huma.Schema{Type: huma.TypeString}}
}

// AsOf is the moment that is asked for.
type AsOf struct {
	At string `query:"at" doc:"As of a date, which means its end (UTC), or of a time (RFC 3339). Without it: now." example:"2026-01-31"`
}

// describe makes the operation as huma knows it.
func (a *api) describe(op operation) huma.Operation {
	a.ops = append(a.ops, op)
	d := huma.Operation{
		OperationID: op.id, Method: op.method(), Path: op.path(), Tags: []string{op.tag}, Summary: op.summary, Description: op.about,
		DefaultStatus: cmp.Or(op.status, http.StatusOK), MaxBodyBytes: maxJSON,
		Security: []map[string][]string{{"token": {op.scope}}}, Extensions: map[string]any{"x-scope": op.scope, "x-roles": op.who.roles()},
		Middlewares: huma.Middlewares{func(ctx huma.Context, next func(huma.Context)) { a.check(op, ctx, next) }},
		Errors:      []int{401, 403, 404, 422, 429},
	}
	if op.method() == http.MethodGet {
		return d
	}
	d.Parameters = append(d.Parameters, header("Idempotency-Key", "Any text of at most 255 characters, of the caller's choice: the same request with the same key is done once in 24 hours."))
	d.Errors = append(d.Errors, 409)
	if op.revision {
		d.Parameters = append(d.Parameters, header("If-Match", "The ETag of the revision that the change starts from, instead of the field revision."))
		d.Errors = append(d.Errors, 428)
		d.Responses = map[string]*huma.Response{"409": {Description: "Somebody else wrote a newer revision: base is the one that the change started from, current the newest.", Content: map[string]*huma.MediaType{
			"application/problem+json": {Schema: huma.SchemaFromType(a.huma.OpenAPI().Components.Schemas, reflect.TypeFor[Problem]())},
		}}}
		d.Errors = slices.DeleteFunc(d.Errors, func(n int) bool { return n == 409 })
	}
	return d
}

// check lets an operation through to those who may.
func (a *api) check(op operation, ctx huma.Context, next func(huma.Context)) {
	c := callOf(ctx.Context())
	switch {
	case !c.bearer.May(op.scope):
		a.fail(ctx, problemOf(http.StatusForbidden, "The token does not have the scope "+op.scope+"."))
	case !op.who.allows(c.seat.Roles):
		a.fail(ctx, problemOf(http.StatusForbidden, "The roles of the member in whose name the token is do not allow this."))
	default:
		if op.method() == http.MethodGet {
			if err := c.when(); err != nil {
				a.fail(ctx, err)
				return
			}
		}
		next(ctx)
	}
}

func (a *api) fail(ctx huma.Context, err error) {
	c := callOf(ctx.Context())
	a.s.apiFault(c.r, err)
	writeProblem(c.w, toProblem(err))
}

// writeProblem sends a problem without huma, which has not begun yet.
func writeProblem(w http.ResponseWriter, p *Problem) {
	for name, values := range p.header {
		w.Header().Set(name, values[0])
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // an error means that the client has gone
}

// answers registers an operation that reads one moment of the organization.
func answers[I, O any](a *api, op operation, fn func(*call, *store.Tx, *I) (*O, error)) {
	huma.Register(a.huma, a.describe(op), func(ctx context.Context, in *I) (*O, error) {
		c := callOf(ctx)
		var out *O
		err := c.view(func(tx *store.Tx) (err error) {
			out, err = fn(c, tx, in)
			return err
		})
		return out, c.told(err)
	})
}

// does registers an operation that changes something.
func does[I, O any](a *api, op operation, fn func(context.Context, *call, *I) (*O, error)) {
	huma.Register(a.huma, a.describe(op), func(ctx context.Context, in *I) (*O, error) {
		c := callOf(ctx)
		// What began is finished, also when nobody waits for the answer.
		out, err := fn(context.WithoutCancel(ctx), c, in)
		return out, c.told(err)
	})
}

func (c *call) told(err error) error {
	if err == nil {
		return nil
	}
	c.s.apiFault(c.r, err)
	return toProblem(err)
}

// Paging is the part of a list that is asked for.
type Paging struct {
	AsOf
	Limit int    `query:"limit" minimum:"1" maximum:"1000" default:"50" doc:"How many at most."`
	After string `query:"after" doc:"next of the page before; without it the first page."`
}

func (p Paging) window(sort string) window {
	return window{Limit: p.Limit, After: p.After, Sort: strings.TrimPrefix(sort, "-"), Desc: strings.HasPrefix(sort, "-")}
}

// A ListOf is a page of a list.
type ListOf[T any] struct {
	Items []T    `json:"items" nullable:"false"`
	Next  string `json:"next,omitempty" doc:"For after: the next page begins there. Absent on the last page."`
	Total *int   `json:"total,omitempty" doc:"How many fit on all pages, where that was counted."`
}

// listed is the answer with a page of a list.
type listed[T any] struct {
	Link string `header:"Link" doc:"Address of the next page, with rel=next (RFC 8288)."`
	Body ListOf[T]
}

// listing makes the answer with a page.
func listing[T any](c *call, items []T, next string, total int) *listed[T] {
	out := &listed[T]{Body: ListOf[T]{Items: items, Next: next}}
	if items == nil {
		out.Body.Items = []T{}
	}
	if total >= 0 {
		out.Body.Total = &total
	}
	if next != "" {
		u := url.URL{Path: c.r.URL.Path}
		v := c.r.URL.Query()
		v.Set("after", next)
		u.RawQuery = v.Encode()
		out.Link = "<" + u.String() + `>; rel="next"`
	}
	return out
}

// A RecordOf is a record at one revision.
type RecordOf[T any] struct {
	wardbook.Revision
	Short string `json:"short" doc:"The number that people see, such as RSK-0042."`
	Value T      `json:"value"`
}

// recorded is the answer with a record.
type recorded[T any] struct {
	ETag string `header:"ETag" doc:"For If-Match."`
	Body RecordOf[T]
}

func recordOf[T wardbook.Record](r store.Stored[T]) RecordOf[T] {
	return RecordOf[T]{Revision: r.Revision, Short: r.Short(), Value: r.Value}
}

func recordAnswer[T wardbook.Record](r store.Stored[T], err error) (*recorded[T], error) {
	if err != nil {
		return nil, err
	}
	return &recorded[T]{ETag: etag(r.Revision.Revision), Body: recordOf(r)}, nil
}

// A RawRevision is a revision of a record of whatever kind.
type RawRevision struct {
	wardbook.Revision
	Value json.RawMessage `json:"value"`
}

func rawRevision(r *wardbook.Revision) *RawRevision {
	if r == nil {
		return nil
	}
	return &RawRevision{Revision: *r, Value: json.RawMessage(r.Data)}
}

func etag(revision int64) string { return `"` + strconv.FormatInt(revision, 10) + `"` }

// expected is the revision that a change starts from: the one in the body, else
// that of If-Match.
func (c *call) expected(body *int64) (int64, error) {
	match := c.r.Header.Get("If-Match")
	if match == "" {
		if body == nil {
			return 0, problemOf(http.StatusPreconditionRequired, "Say which revision the change starts from: with revision in the body, or with If-Match.")
		}
		return *body, nil
	}
	n, err := strconv.ParseInt(strings.Trim(match, `"`), 10, 64)
	if err != nil || n < 0 || body != nil && *body != n {
		return 0, problemOf(http.StatusBadRequest, "If-Match is the ETag of one revision, and the same as revision.")
	}
	return n, nil
}

// history is the answer with the revisions of a record, the newest first.
func history[T wardbook.Record](c *call, tx *store.Tx, id string, p Paging) (*listed[RecordOf[T]], error) {
	var zero T
	before := int64(0)
	if p.After != "" {
		n, err := strconv.ParseInt(p.After, 10, 64)
		if err != nil || n < 1 {
			return nil, problemOf(http.StatusBadRequest, "after is not the end of a page.")
		}
		before = n
	}
	if before == 0 {
		if _, err := tx.Revision(zero.RecordKind(), id); err != nil {
			return nil, err
		}
	}
	revs, err := tx.History(zero.RecordKind(), id, before, min(p.Limit, 100))
	if err != nil {
		return nil, err
	}
	var items []RecordOf[T]
	for _, r := range revs {
		v, err := store.Decode[T](r)
		if err != nil {
			return nil, err
		}
		items = append(items, recordOf(v))
	}
	next := ""
	if n := len(revs); n > 0 && revs[n-1].Revision > 1 {
		next = strconv.FormatInt(revs[n-1].Revision, 10)
	}
	return listing(c, items, next, -1), nil
}

// roles are those that an access asks one of.
func (a access) roles() (out []wardbook.Role) {
	for _, r := range wardbook.Roles {
		if a.allows([]wardbook.Role{r}) {
			out = append(out, r)
		}
	}
	return out
}
