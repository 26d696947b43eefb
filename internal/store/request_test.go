package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/wardbook/wardbook/internal/dbtest"
	"github.com/wardbook/wardbook/internal/store"
)

// A request with a key is done once; its key says nothing about another request,
// another token or another organization.
func TestRequests(t *testing.T) {
	dbtest.EachDSN(t, func(t *testing.T, dsn string, opts ...store.Option) {
		clock := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
		s := dbtest.Open(t, dsn, append(opts, store.Clock(func() time.Time { return clock }))...)
		north, south := org(t, s, "north"), org(t, s, "south")
		r := store.Request{Organization: north, Token: "t", Key: "k", Digest: "d"}
		begin := func(r store.Request, want error) *store.Answer {
			t.Helper()
			a, err := s.BeginRequest(t.Context(), r)
			if !errors.Is(err, want) {
				t.Fatalf("%+v: %v, want %v", r, err, want)
			}
			return a
		}
		if a := begin(r, nil); a != nil {
			t.Errorf("a new request has the answer %+v", a)
		}
		begin(r, store.ErrUnanswered)
		if err := s.EndRequest(t.Context(), r, &store.Answer{Status: 201, Header: map[string]string{"ETag": `"1"`}, Body: []byte("done")}); err != nil {
			t.Fatal(err)
		}
		if a := begin(r, nil); a == nil || a.Status != 201 || string(a.Body) != "done" || a.Header["ETag"] != `"1"` {
			t.Errorf("the answer again: %+v", a)
		}
		other := r
		other.Digest = "e"
		begin(other, store.ErrOtherRequest)
		for _, fresh := range []store.Request{{Organization: south, Token: "t", Key: "k", Digest: "d"}, {Organization: north, Token: "u", Key: "k", Digest: "e"}} {
			if a := begin(fresh, nil); a != nil {
				t.Errorf("%+v has the answer of another: %+v", fresh, a)
			}
			if err := s.EndRequest(t.Context(), fresh, nil); err != nil {
				t.Fatal(err)
			}
			if a := begin(fresh, nil); a != nil {
				t.Errorf("%+v, given up, has an answer: %+v", fresh, a)
			}
		}
		clock = clock.Add(store.KeepRequests)
		if a := begin(other, nil); a != nil {
			t.Errorf("after a day: %+v", a)
		}
	})
}
