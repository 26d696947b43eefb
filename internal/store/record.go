package store

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/wardbook/wardbook"
)

// AnyRevision as the expected revision of Put: whatever is there is replaced.
// For what the program itself keeps, never for an edit of a person.
const AnyRevision = -1

// maxRecord bounds the bytes of a record; documents are evidence.
const maxRecord = 16 << 20

const revisionColumns = `r.kind, r.id, r.revision, r.schema, r.number, r.prefix, r.title, r.state, r.record_key,
	r.digest, r.from_pos, r.to_pos, r.data, e.time, e.actor, e.action, e.reason`

const revisionTables = ` FROM revisions r LEFT JOIN events e ON e.organization = r.organization AND e.position = r.from_pos`

// scanRevision reads revisionColumns. A revision that this transaction wrote
// has no entry yet: what is known of it comes from the transaction.
func (tx *Tx) scanRevision(s scanner) (wardbook.Revision, error) {
	var r wardbook.Revision
	var at sql.NullInt64
	var actor, action, reason sql.NullString
	err := s.Scan(&r.Kind, &r.ID, &r.Revision, &r.Schema, &r.Number, &r.Prefix, &r.Title, &r.State, &r.Key,
		&r.Digest, &r.Position, &r.Until, &r.Data, &at, &actor, &action, &reason)
	if r.Until == now || r.Until > tx.at {
		r.Until = 0
	}
	r.Time, r.Actor, r.Action, r.Reason = fromMicros(at.Int64), actor.String, action.String, reason.String
	if !at.Valid && tx.w != nil {
		e := tx.w.entry
		r.Time, r.Actor, r.Action, r.Reason = e.Time, e.Actor, e.Action, e.Reason
	}
	return r, err
}

// Put writes a revision of the record with that id. expected is the revision
// that the edit started from, 0 for a new record: when the newest one is
// another, nothing is written and the error is a *wardbook.EditConflict with
// both. Records that r refers to must be there. Put returns the newest
// revision, which is the old one when r does not differ from it.
func (tx *Tx) Put(id string, expected int64, r wardbook.Record) (wardbook.Revision, error) {
	var none wardbook.Revision
	if tx.w == nil {
		return none, ErrReadOnly
	}
	kind := r.RecordKind()
	if id == "" || strings.ContainsAny(id, "\x00\n") {
		return none, fmt.Errorf("%s: %q is no id", kind, id)
	}
	if v, ok := r.(interface{ Validate() error }); ok {
		if err := v.Validate(); err != nil {
			return none, err
		}
	}
	next := describe(id, r)
	var err error
	if next.Data, err = canonical(r); err != nil {
		return none, fmt.Errorf("%s %s: %w", kind, id, err)
	}
	if len(next.Data) > maxRecord {
		return none, fmt.Errorf("%s %s: %d bytes are too many for a record, %d are the most", kind, id, len(next.Data), maxRecord)
	}
	next.Digest = hexDigest(next.Data)
	old, err := tx.Revision(kind, id)
	if err != nil && !errors.Is(err, wardbook.ErrNotFound) {
		return none, err
	}
	if expected != AnyRevision && old.Revision != expected {
		return none, tx.conflict(kind, id, expected, old)
	}
	if old.Revision > 0 && old.Digest == next.Digest && old.Schema == next.Schema {
		return old, nil
	}
	if err := tx.number(&next, old); err != nil {
		return none, err
	}
	links, err := tx.checkLinks(id, r)
	if err != nil {
		return none, err
	}
	if err := tx.insertRevision(next, old.Revision > 0, links); err != nil {
		return none, err
	}
	return next, tx.project(id, r)
}

// describe fills in what a record says about itself.
func describe(id string, r wardbook.Record) wardbook.Revision {
	next := wardbook.Revision{Kind: r.RecordKind(), ID: id, Schema: wardbook.Schema(r)}
	if v, ok := r.(interface{ RecordTitle() string }); ok {
		next.Title = v.RecordTitle()
	}
	if v, ok := r.(interface{ RecordState() string }); ok {
		next.State = v.RecordState()
	}
	if v, ok := r.(interface{ RecordKey() string }); ok {
		next.Key = v.RecordKey()
	}
	if v, ok := r.(interface{ RecordPrefix() string }); ok {
		next.Prefix = v.RecordPrefix()
	}
	return next
}

func (tx *Tx) conflict(kind, id string, expected int64, current wardbook.Revision) error {
	if current.Revision == 0 {
		return fmt.Errorf("%s %s: %w", kind, id, wardbook.ErrNotFound)
	}
	c := &wardbook.EditConflict{Kind: kind, ID: id, Expected: expected, Current: &current}
	if base, err := tx.RevisionAt(kind, id, expected); err == nil {
		c.Base = &base
	}
	return c
}

// number gives the revision its place in the record's history, and a new
// record the next short number of its kind. It refuses a key that is taken.
func (tx *Tx) number(next *wardbook.Revision, old wardbook.Revision) error {
	e := tx.w.entry
	next.Revision, next.Number, next.Position = old.Revision+1, old.Number, e.Position
	next.Time, next.Actor, next.Action, next.Reason = e.Time, e.Actor, e.Action, e.Reason
	if old.Revision == 0 {
		err := tx.row(`SELECT coalesce(max(number), 0) + 1 FROM revisions WHERE organization = $1 AND kind = $2`, next.Kind).Scan(&next.Number)
		if err != nil {
			return err
		}
	}
	if next.Key == "" {
		return nil
	}
	var other string
	// Naming the empty key lets the engines use the index, which leaves it out.
	err := tx.row(`SELECT id FROM revisions WHERE organization = $1 AND kind = $2 AND record_key = $3 AND record_key <> ''
		AND to_pos = 9223372036854775807 AND id <> $4`, next.Kind, next.Key, next.ID).Scan(&other)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	return &wardbook.Invalid{Problems: wardbook.Problems{{Message: fmt.Sprintf("there is already a %s with %q", next.Kind, next.Key)}}}
}

// checkLinks finds what r refers to and refuses what is not there.
func (tx *Tx) checkLinks(id string, r wardbook.Record) ([]wardbook.Link, error) {
	links, err := wardbook.Links(r)
	if err != nil {
		return nil, err
	}
	var ps wardbook.Problems
	for _, l := range links {
		if l.Kind == r.RecordKind() && l.ID == id {
			continue
		}
		var n int
		err := tx.row(`SELECT count(*) FROM revisions WHERE organization = $1 AND kind = $2 AND id = $3
			AND to_pos = 9223372036854775807`, l.Kind, l.ID).Scan(&n)
		if err != nil {
			return nil, err
		}
		if n == 0 {
			ps.Add(l.Path, "there is no %s %s", l.Kind, l.ID)
		}
	}
	return links, ps.Err()
}

func (tx *Tx) insertRevision(r wardbook.Revision, replaces bool, links []wardbook.Link) error {
	if replaces {
		_, err := tx.exec(`UPDATE revisions SET to_pos = $2 WHERE organization = $1 AND kind = $3 AND id = $4
			AND to_pos = 9223372036854775807`, r.Position, r.Kind, r.ID)
		if err != nil {
			return err
		}
	}
	_, err := tx.exec(`INSERT INTO revisions (organization, kind, id, revision, schema, number, prefix, title, state,
		record_key, from_pos, to_pos, digest, data)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 9223372036854775807, $12, $13)`,
		r.Kind, r.ID, r.Revision, r.Schema, r.Number, r.Prefix, r.Title, r.State, r.Key, r.Position, r.Digest, r.Data)
	if err != nil {
		return fmt.Errorf("%s %s: %w", r.Kind, r.ID, err)
	}
	for _, l := range links {
		_, err := tx.exec(`INSERT INTO links (organization, kind, id, revision, path, to_kind, to_id)
			VALUES ($1, $2, $3, $4, $5, $6, $7)`, r.Kind, r.ID, r.Revision, l.Path, l.Kind, l.ID)
		if err != nil {
			return fmt.Errorf("%s %s: link %s: %w", r.Kind, r.ID, l.Path, err)
		}
	}
	index, err := indexDigest(r, links)
	if err != nil {
		return err
	}
	tx.w.entry.Revisions = append(tx.w.entry.Revisions, wardbook.RevisionDigest{
		Kind: r.Kind, ID: r.ID, Revision: r.Revision, SHA256: r.Digest, Index: index,
	})
	return nil
}

// indexDigest is the SHA-256 of what is kept beside the bytes of a revision.
func indexDigest(r wardbook.Revision, links []wardbook.Link) (string, error) {
	b, err := canonical(struct {
		Schema int             `json:"schema"`
		Number int64           `json:"number"`
		Prefix string          `json:"prefix"`
		Title  string          `json:"title"`
		State  string          `json:"state"`
		Key    string          `json:"key"`
		Links  []wardbook.Link `json:"links"`
	}{r.Schema, r.Number, r.Prefix, r.Title, r.State, r.Key, links})
	return hexDigest(b), err
}

// Revision is the revision of a record that holds.
func (tx *Tx) Revision(kind, id string) (wardbook.Revision, error) {
	r, err := tx.scanRevision(tx.row(`SELECT `+revisionColumns+revisionTables+
		` WHERE r.organization = $1 AND r.kind = $2 AND r.id = $3 AND `+tx.holds("r"), kind, id))
	return r, notFound(err, "%s %s", kind, id)
}

// RevisionAt is one revision of a record by its number, whether it still holds
// or not.
func (tx *Tx) RevisionAt(kind, id string, revision int64) (wardbook.Revision, error) {
	r, err := tx.scanRevision(tx.row(`SELECT `+revisionColumns+revisionTables+
		` WHERE r.organization = $1 AND r.kind = $2 AND r.id = $3 AND r.revision = $4 AND r.from_pos <= $5`, kind, id, revision, tx.at))
	return r, notFound(err, "%s %s revision %d", kind, id, revision)
}

// ByKey is the revision that holds of the record whose key is that (see
// wardbook.Record).
func (tx *Tx) ByKey(kind, key string) (wardbook.Revision, error) {
	r, err := tx.scanRevision(tx.row(`SELECT `+revisionColumns+revisionTables+
		` WHERE r.organization = $1 AND r.kind = $2 AND r.record_key = $3 AND r.record_key <> '' AND `+tx.holds("r"), kind, key))
	return r, notFound(err, "%s %q", kind, key)
}

// ByNumber is the revision that holds of the record with that short number.
func (tx *Tx) ByNumber(kind string, number int64) (wardbook.Revision, error) {
	r, err := tx.scanRevision(tx.row(`SELECT `+revisionColumns+revisionTables+
		` WHERE r.organization = $1 AND r.kind = $2 AND r.number = $3 AND `+tx.holds("r"), kind, number))
	return r, notFound(err, "%s number %d", kind, number)
}

// History lists the revisions of a record, newest first, those before the
// given one; 0 begins with the newest. limit is 50 where 0.
func (tx *Tx) History(kind, id string, before int64, n int) ([]wardbook.Revision, error) {
	if before <= 0 {
		before = now
	}
	rows, err := tx.rows(`SELECT `+revisionColumns+revisionTables+
		` WHERE r.organization = $1 AND r.kind = $2 AND r.id = $3 AND r.revision < $4 AND r.from_pos <= $5
		ORDER BY r.revision DESC LIMIT $6`, kind, id, before, tx.at, limit(n))
	return collect(rows, err, tx.scanRevision)
}

// A Stored record is one revision with its value.
type Stored[T wardbook.Record] struct {
	wardbook.Revision
	Value T
}

// Get reads the record of type T with that id.
func Get[T wardbook.Record](tx *Tx, id string) (Stored[T], error) {
	var zero T
	r, err := tx.Revision(zero.RecordKind(), id)
	if err != nil {
		return Stored[T]{}, err
	}
	return Decode[T](r)
}

// Decode reads the value of a revision. One that was written by a newer
// program, with a schema version that T does not know, is an error.
func Decode[T wardbook.Record](r wardbook.Revision) (Stored[T], error) {
	v := Stored[T]{Revision: r}
	if r.Kind != v.Value.RecordKind() {
		return v, fmt.Errorf("%s %s is no %s", r.Kind, r.ID, v.Value.RecordKind())
	}
	if known := wardbook.Schema(v.Value); r.Schema > known {
		return v, fmt.Errorf("%s %s: %w (schema %d, known %d)", r.Kind, r.ID, ErrNewer, r.Schema, known)
	}
	if err := decode(r.Data, &v.Value); err != nil {
		return v, fmt.Errorf("%s %s revision %d: %w", r.Kind, r.ID, r.Revision, err)
	}
	return v, nil
}
