package store

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"github.com/go-json-experiment/json"
	"io"
	"time"

	"github.com/wardbook/wardbook"
	"golang.org/x/mod/sumdb/tlog"
)

// Verify checks the book of org where it lies, from one moment, while others
// write: all that VerifyExport checks, and that the database around the book
// says the same as the book. The store's own key is trusted in place of the
// keys in the database; o.Verifiers are trusted beside it.
func (s *Store) Verify(ctx context.Context, org string, o VerifyOptions) (*Verification, error) {
	o.Verifiers = append([]string{s.Verifier()}, o.Verifiers...)
	var found *Verification
	err := s.View(ctx, org, func(tx *Tx) error {
		var err error
		found, err = tx.verify(o)
		return err
	})
	return found, err
}

// verify reads the book as Export does and checks it as VerifyExport does,
// with a pipe between the two.
func (tx *Tx) verify(o VerifyOptions) (*Verification, error) {
	l := &live{tx: tx}
	pr, pw := io.Pipe()
	var found *Verification
	done := make(chan error, 1)
	go func() {
		var err error
		found, err = VerifyExport(pr, o)
		pr.CloseWithError(err)
		done <- err
	}()
	x := &exporter{tx: tx, w: bufio.NewWriterSize(pw, 1<<16), check: l.event}
	err := x.run()
	pw.CloseWithError(err)
	if verr := <-done; err == nil {
		err = verr
	}
	if err == nil {
		err = l.rest(x.size)
	}
	if found != nil {
		found.Problems = append(found.Problems, l.problems...)
	}
	return found, err
}

// live checks what stands in the database beside the book.
type live struct {
	tx       *Tx
	tree     tree
	problems wardbook.Problems
	last     int64 // time of the entry before
	err      error
}

// event holds the columns of an entry and the stored nodes of the tree
// against the entry itself.
func (l *live) event(e eventRow) {
	place := fmt.Sprintf("entry %d", e.position)
	if missing := e.position - l.tree.size; missing != 0 {
		l.problems.Add(fmt.Sprintf("entry %d", l.tree.size), "is missing in the database: entry %d follows", e.position)
	}
	var entry wardbook.Entry
	if err := json.Unmarshal(e.entry, &entry); err == nil {
		if entry.Time.UnixMicro() != e.time || entry.Actor != e.actor || entry.Action != e.action || entry.Target != e.target || entry.Reason != e.reason {
			l.problems.Add(place, "the columns for searching were changed: time, actor, action, target or reason are not those of the entry")
		}
	}
	if e.time < l.last {
		l.problems.Add(place, "is earlier than the entry before it (%s)", time.UnixMicro(e.time).UTC().Format(time.RFC3339))
	}
	l.last = e.time
	first := tlog.StoredHashIndex(0, l.tree.size)
	nodes := l.tree.add(tlog.RecordHash(e.entry))
	rows, err := l.tx.rows(`SELECT number, hash FROM log_hashes WHERE organization = $1 AND number >= $2 AND number < $3 ORDER BY number`,
		first, first+int64(len(nodes)))
	stored := map[int64][]byte{}
	_, err = collect(rows, err, func(s scanner) (struct{}, error) {
		var n int64
		var h []byte
		err := s.Scan(&n, &h)
		stored[n] = h
		return struct{}{}, err
	})
	if err != nil && l.err == nil {
		l.err = err
	}
	for i, n := range nodes {
		if !bytes.Equal(stored[first+int64(i)], n[:]) {
			l.problems.Add(place, "a stored node of the tree (number %d) was changed or is missing", first+int64(i))
		}
	}
}

// beside are rows that do not fit to others. Each query gives a place and what
// is wrong; $1 is the organization, $2 how many entries its book has.
var beside = []string{
	`SELECT 'entry ' || position, 'stands after the end of the book' FROM events WHERE organization = $1 AND (position >= $2 OR position < 0)`,
	`SELECT 'node ' || number, 'of the tree stands after its end' FROM log_hashes WHERE organization = $1 AND (number >= $3 OR number < 0) AND $2 >= 0`,
	`SELECT 'revision ' || kind || ' ' || id || ' ' || revision, 'was inserted: it belongs to no entry' FROM revisions
		WHERE organization = $1 AND (from_pos >= $2 OR from_pos < 0)`,
	`SELECT 'revision ' || r.kind || ' ' || r.id || ' ' || r.revision, 'the position until which it held was changed' FROM revisions r
		LEFT JOIN revisions n ON n.organization = r.organization AND n.kind = r.kind AND n.id = r.id AND n.revision = r.revision + 1
		WHERE r.organization = $1 AND $2 >= 0 AND r.to_pos <> coalesce(n.from_pos, 9223372036854775807)`,
	`SELECT 'evidence ' || sha256, 'was inserted: it belongs to no entry' FROM evidence WHERE organization = $1 AND (from_pos >= $2 OR from_pos < 0)`,
	`SELECT DISTINCT 'evidence in ' || c.blob, 'bytes were inserted that belong to no document' FROM evidence_chunks c
		WHERE c.organization = $1 AND $2 >= 0 AND NOT EXISTS (SELECT 1 FROM evidence e
			WHERE e.organization = c.organization AND e.blob = c.blob AND e.redacted_pos < 0)`,
	`SELECT 'organization ' || o.id, 'name or kind are not those of its record' FROM organizations o
		JOIN revisions r ON r.organization = o.id AND r.kind = 'organization' AND r.id = o.id AND r.to_pos = 9223372036854775807
		WHERE o.id = $1 AND $2 >= 0 AND o.name <> r.title`,
}

func (l *live) rest(size int64) error {
	if l.err != nil {
		return l.err
	}
	queries := beside
	for _, t := range factTables {
		queries = append(queries[:len(queries):len(queries)], `SELECT '`+t.name+` ' || id, 'the row was inserted: it belongs to no entry' FROM `+t.name+`
			WHERE organization = $1 AND (from_pos >= $2 OR from_pos < 0 OR to_pos < from_pos OR to_pos >= $2 AND to_pos < 9223372036854775807)`)
	}
	for i, query := range queries {
		args := []any{size}
		if i == 1 {
			args = append(args, tlog.StoredHashCount(size))
		}
		rows, err := l.tx.rows(query+` LIMIT 100`, args...)
		_, err = collect(rows, err, func(s scanner) (struct{}, error) {
			var p wardbook.Problem
			err := s.Scan(&p.Place, &p.Message)
			l.problems = append(l.problems, p)
			return struct{}{}, err
		})
		if err != nil {
			return fmt.Errorf("check %d beside the book: %w", i, err)
		}
	}
	return l.accounts()
}
