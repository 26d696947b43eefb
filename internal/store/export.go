package store

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/wardbook/wardbook"
	"golang.org/x/mod/sumdb/tlog"
)

// Export writes the whole book of org: every entry, revision, fact and
// document, one JSON object a line, from one moment. VerifyExport checks it
// without the database.
func (s *Store) Export(ctx context.Context, org string, w io.Writer) error {
	return s.View(ctx, org, func(tx *Tx) error { return (&exporter{tx: tx, w: bufio.NewWriterSize(w, 1<<16)}).run() })
}

// exporter writes a book. With check it also tells another of all that it
// reads beside the book, so that Verify can hold the two together.
type exporter struct {
	tx    *Tx
	w     *bufio.Writer
	lines int64
	size  int64
	check func(row eventRow)
}

// eventRow is a row of events with the leaf of the tree that stands for it.
type eventRow struct {
	position, time                int64
	actor, action, target, reason string
	entry, leaf                   []byte
}

func (x *exporter) run() error {
	if err := x.header(); err != nil {
		return err
	}
	const batch = 100
	for first := int64(0); first < x.size; first += batch {
		if err := x.entries(first, min(first+batch, x.size)); err != nil {
			return err
		}
	}
	rows, err := x.tx.rows(`SELECT sha256, data FROM device_sets WHERE organization = $1 ORDER BY sha256`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var set bookSet
		var data []byte
		if err := rows.Scan(&set.SHA256, &data); err != nil {
			return err
		}
		set.exact = exactly(data)
		if err := x.line(&bookLine{Set: &set}); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if err := x.line(&bookLine{End: &bookEnd{Lines: x.lines}}); err != nil {
		return err
	}
	return x.w.Flush()
}

func (x *exporter) line(l *bookLine) error {
	b, err := l.encode()
	if err != nil {
		return err
	}
	x.lines++
	_, err = x.w.Write(append(b, '\n'))
	return err
}

func (x *exporter) header() error {
	h := bookHeader{Format: bookFormat, Organization: x.tx.org}
	err := x.tx.row(`SELECT size, checkpoint FROM logs WHERE organization = $1`).Scan(&h.Entries, &h.Checkpoint)
	if err != nil {
		return notFound(err, "book of %s", x.tx.org)
	}
	x.size = h.Entries
	rows, err := x.tx.tx.QueryContext(x.tx.ctx, `SELECT number, verifier, endorsement FROM log_keys ORDER BY number`)
	h.Keys, err = collect(rows, err, func(s scanner) (k bookKey, err error) {
		return k, s.Scan(&k.Number, &k.Verifier, &k.Endorsement)
	})
	if err != nil {
		return err
	}
	return x.line(&bookLine{Header: &h})
}

// entries writes the entries from first up to end with what belongs to them.
func (x *exporter) entries(first, end int64) error {
	events, err := x.events(first, end)
	if err != nil {
		return err
	}
	revisions, err := x.revisions(first, end)
	if err != nil {
		return err
	}
	evidence, err := x.evidence(first, end)
	if err != nil {
		return err
	}
	for _, e := range events {
		if x.check != nil {
			x.check(e)
		}
		if err := x.line(&bookLine{Entry: &bookEntry{Leaf: e.leaf, exact: exactly(e.entry)}}); err != nil {
			return err
		}
		for _, r := range revisions[e.position] {
			if err := x.line(&bookLine{Revision: &r}); err != nil {
				return err
			}
		}
		for _, v := range evidence[e.position] {
			if err := x.document(v); err != nil {
				return err
			}
		}
		for _, t := range factTables {
			if err := x.facts(t, e.position); err != nil {
				return fmt.Errorf("%s of entry %d: %w", t.name, e.position, err)
			}
		}
	}
	return nil
}

func (x *exporter) events(first, end int64) ([]eventRow, error) {
	rows, err := x.tx.rows(`SELECT position, time, actor, action, target, reason, entry FROM events
		WHERE organization = $1 AND position >= $2 AND position < $3 ORDER BY position`, first, end)
	events, err := collect(rows, err, func(s scanner) (e eventRow, err error) {
		return e, s.Scan(&e.position, &e.time, &e.actor, &e.action, &e.target, &e.reason, &e.entry)
	})
	if err != nil {
		return nil, err
	}
	for i := range events {
		rows, err := x.tx.rows(`SELECT hash FROM log_hashes WHERE organization = $1 AND number = $2`, tlog.StoredHashIndex(0, events[i].position))
		leaf, err := collect(rows, err, scanOne[[]byte])
		if err != nil {
			return nil, err
		}
		if len(leaf) == 1 {
			events[i].leaf = leaf[0]
		}
	}
	return events, nil
}

func (x *exporter) revisions(first, end int64) (map[int64][]bookRevision, error) {
	type key struct {
		kind, id string
		revision int64
	}
	links := map[key][]wardbook.Link{}
	rows, err := x.tx.rows(`SELECT l.kind, l.id, l.revision, l.path, l.to_kind, l.to_id FROM links l
		JOIN revisions r ON r.organization = l.organization AND r.kind = l.kind AND r.id = l.id AND r.revision = l.revision
		WHERE r.organization = $1 AND r.from_pos >= $2 AND r.from_pos < $3 ORDER BY l.path`, first, end)
	_, err = collect(rows, err, func(s scanner) (struct{}, error) {
		var k key
		var l wardbook.Link
		err := s.Scan(&k.kind, &k.id, &k.revision, &l.Path, &l.Kind, &l.ID)
		links[k] = append(links[k], l)
		return struct{}{}, err
	})
	if err != nil {
		return nil, err
	}
	all := map[int64][]bookRevision{}
	rows, err = x.tx.rows(`SELECT from_pos, kind, id, revision, schema, number, prefix, title, state, record_key, digest, data
		FROM revisions WHERE organization = $1 AND from_pos >= $2 AND from_pos < $3 ORDER BY from_pos, kind, id, revision`, first, end)
	_, err = collect(rows, err, func(s scanner) (struct{}, error) {
		var position int64
		var r bookRevision
		var data []byte
		err := s.Scan(&position, &r.Kind, &r.ID, &r.Revision, &r.Schema, &r.Number, &r.Prefix, &r.Title, &r.State, &r.Key, &r.Digest, &data)
		r.exact = exactly(data)
		r.Links = links[key{r.Kind, r.ID, r.Revision}]
		all[position] = append(all[position], r)
		return struct{}{}, err
	})
	return all, err
}

// storedDocument is evidence with where its bytes are.
type storedDocument struct {
	bookEvidence
	blob string
}

func (x *exporter) evidence(first, end int64) (map[int64][]storedDocument, error) {
	all := map[int64][]storedDocument{}
	rows, err := x.tx.rows(`SELECT from_pos, name, sha256, size, media_type, origin, redacted_pos, blob FROM evidence
		WHERE organization = $1 AND from_pos >= $2 AND from_pos < $3 ORDER BY from_pos, sha256`, first, end)
	_, err = collect(rows, err, func(s scanner) (struct{}, error) {
		var position, redacted int64
		var d storedDocument
		err := s.Scan(&position, &d.Name, &d.SHA256, &d.Size, &d.MediaType, &d.Origin, &redacted, &d.blob)
		if redacted >= 0 {
			d.Redacted = &redacted
		}
		all[position] = append(all[position], d)
		return struct{}{}, err
	})
	return all, err
}

func (x *exporter) document(d storedDocument) error {
	if err := x.line(&bookLine{Evidence: &d.bookEvidence}); err != nil {
		return err
	}
	rows, err := x.tx.rows(`SELECT data FROM evidence_chunks WHERE organization = $1 AND blob = $2 ORDER BY number`, d.blob)
	if err != nil {
		return err
	}
	defer rows.Close()
	var chunk []byte
	for rows.Next() {
		if err := rows.Scan(&chunk); err != nil {
			return err
		}
		if err := x.line(&bookLine{Chunk: chunk}); err != nil {
			return err
		}
	}
	return rows.Err()
}

// facts writes the rows of a table that began and those that ceased to hold.
func (x *exporter) facts(t factTable, position int64) error {
	rows, err := x.tx.rows(`SELECT grp, id, place, digest, data, `+strings.Join(t.columns, ", ")+` FROM `+t.name+`
		WHERE organization = $1 AND from_pos = $2 ORDER BY grp, id, from_pos`, position)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		o := bookOpened{Table: t.name, Columns: make([]string, len(t.columns))}
		var data []byte
		dest := []any{&o.Group, &o.ID, &o.Place, &o.Digest, &data}
		for i := range o.Columns {
			dest = append(dest, &o.Columns[i])
		}
		if err := rows.Scan(dest...); err != nil {
			return err
		}
		o.exact = exactly(data)
		if err := x.line(&bookLine{Opened: &o}); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	closed, err := x.tx.rows(`SELECT grp, id, from_pos, digest, place FROM `+t.name+`
		WHERE organization = $1 AND to_pos = $2 ORDER BY grp, id, from_pos`, position)
	if err != nil {
		return err
	}
	defer closed.Close()
	for closed.Next() {
		c := bookClosed{Table: t.name}
		if err := closed.Scan(&c.Group, &c.ID, &c.From, &c.Digest, &c.Place); err != nil {
			return err
		}
		c.Digest = bytes.Clone(c.Digest)
		if err := x.line(&bookLine{Closed: &c}); err != nil {
			return err
		}
	}
	return closed.Err()
}
