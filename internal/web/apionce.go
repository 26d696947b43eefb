package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"

	"github.com/wardbook/wardbook/internal/store"
)

// maxKey is how long an Idempotency-Key is at most.
const maxKey = 255

// keptHeaders are the headers of an answer that are sent again with it.
var keptHeaders = []string{"Content-Type", "ETag", "Location", "Link"}

// once answers a POST. One with an Idempotency-Key is done the first time; after
// that its answer is sent again. What was refused before anything was done
// leaves the key free, and a request of which nobody knows how it ended is not
// done a second time.
func (a *api) once(w http.ResponseWriter, c *call) error {
	key := c.r.Header.Get("Idempotency-Key")
	if c.r.Method != http.MethodPost || key == "" {
		a.mux.ServeHTTP(w, c.r)
		return nil
	}
	if len(key) > maxKey {
		return problemOf(http.StatusBadRequest, "The Idempotency-Key has more than 255 characters.")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, c.r.Body, maxJSON))
	if err != nil {
		return err
	}
	c.r.Body = io.NopCloser(bytes.NewReader(body))
	sum := sha256.New()
	for _, part := range []string{c.r.URL.RequestURI(), c.r.Header.Get("If-Match"), string(body)} {
		sum.Write([]byte(part))
		sum.Write([]byte{0})
	}
	r := store.Request{Organization: c.seat.Organization, Token: c.bearer.Token, Key: key, Digest: hex.EncodeToString(sum.Sum(nil))}
	done, err := a.s.store.BeginRequest(c.r.Context(), r)
	switch {
	case errors.Is(err, store.ErrOtherRequest):
		return problemOf(http.StatusUnprocessableEntity, "The Idempotency-Key was used for another request.")
	case errors.Is(err, store.ErrUnanswered):
		return problemOf(http.StatusConflict, "The same request began before, and it is not known how it ended. Look what is there, then send it with another key.")
	case err != nil:
		return err
	case done != nil:
		for name, v := range done.Header {
			w.Header().Set(name, v)
		}
		w.Header().Set("Idempotent-Replay", "true")
		w.WriteHeader(done.Status)
		_, _ = w.Write(done.Body) // an error means that the client has gone
		return nil
	}
	k := &keeper{ResponseWriter: w}
	c.w = k
	a.mux.ServeHTTP(k, c.r)
	return a.s.store.EndRequest(context.WithoutCancel(c.r.Context()), r, k.answer())
}

// A keeper keeps what is answered.
type keeper struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (k *keeper) WriteHeader(status int) {
	if k.status == 0 {
		k.status = status
	}
	k.ResponseWriter.WriteHeader(status)
}

func (k *keeper) Write(b []byte) (int, error) {
	if k.status == 0 {
		k.status = http.StatusOK
	}
	k.body.Write(b)
	return k.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController set deadlines.
func (k *keeper) Unwrap() http.ResponseWriter { return k.ResponseWriter }

// answer is nil where nothing was done: the request was refused by the door, or
// there is nothing that it is about.
func (k *keeper) answer() *store.Answer {
	switch {
	case k.status >= 200 && k.status < 300, k.status == http.StatusConflict, k.status == http.StatusUnprocessableEntity, k.status >= 500:
	default:
		return nil
	}
	a := &store.Answer{Status: k.status, Header: map[string]string{}, Body: k.body.Bytes()}
	for _, name := range keptHeaders {
		if v := k.Header().Get(name); v != "" {
			a.Header[name] = v
		}
	}
	return a
}
