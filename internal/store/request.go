package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/go-json-experiment/json"
)

// KeepRequests is how long the answer to a request with a key is kept.
const KeepRequests = 24 * time.Hour

// Errors of a request whose key was used before.
var (
	// ErrOtherRequest: the key was used for another request.
	ErrOtherRequest = errors.New("the key was used for another request")
	// ErrUnanswered: the request began before, and how it ended is not known: it
	// is being done, or the program was stopped while it was.
	ErrUnanswered = errors.New("the same request began before and has no answer yet")
)

// A Request is what a program asked for, with a key of its choice so that it is
// done once. Keys are of one token.
type Request struct {
	Organization, Token, Key string
	Digest                   string // tells one request from another
}

// An Answer is what was answered to a request.
type Answer struct {
	Status int
	Header map[string]string
	Body   []byte
}

// BeginRequest notes that r is being done. It returns the answer where r was
// done before, nil where it is new. Answers that are a day old are forgotten.
// This is no entry of the book: what the request changes is.
func (s *Store) BeginRequest(ctx context.Context, r Request) (*Answer, error) {
	var done *Answer
	err := s.change(ctx, r.Organization, func(tx *Tx) error {
		at := s.time()
		_, err := tx.tx.ExecContext(ctx, `DELETE FROM requests WHERE organization = $1 AND began <= $2`, r.Organization, micros(at.Add(-KeepRequests)))
		if err != nil {
			return err
		}
		var key string
		err = tx.row(`INSERT INTO requests (organization, token, key, digest, status, header, body, began) VALUES ($1, $2, $3, $4, 0, '', $5, $6)
			ON CONFLICT (organization, token, key) DO NOTHING RETURNING key`, r.Token, r.Key, r.Digest, []byte{}, micros(at)).Scan(&key)
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		var a Answer
		var digest, header string
		err = tx.row(`SELECT digest, status, header, body FROM requests WHERE organization = $1 AND token = $2 AND key = $3`, r.Token, r.Key).
			Scan(&digest, &a.Status, &header, &a.Body)
		switch {
		case err != nil:
			return err
		case digest != r.Digest:
			return ErrOtherRequest
		case a.Status == 0:
			return ErrUnanswered
		}
		done = &a
		return json.Unmarshal([]byte(header), &a.Header)
	})
	return done, err
}

// EndRequest keeps the answer to r. Without one r counts as not done: the key is
// free again.
func (s *Store) EndRequest(ctx context.Context, r Request, a *Answer) error {
	return s.change(ctx, r.Organization, func(tx *Tx) error {
		if a == nil {
			_, err := tx.tx.ExecContext(ctx, `DELETE FROM requests WHERE organization = $1 AND token = $2 AND key = $3`, r.Organization, r.Token, r.Key)
			return err
		}
		header, err := json.Marshal(a.Header)
		if err != nil {
			return err
		}
		body := a.Body
		if body == nil {
			body = []byte{}
		}
		_, err = tx.tx.ExecContext(ctx, `UPDATE requests SET status = $4, header = $5, body = $6 WHERE organization = $1 AND token = $2 AND key = $3`,
			r.Organization, r.Token, r.Key, a.Status, string(header), body)
		return err
	})
}
