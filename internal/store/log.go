package store

import (
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/wardbook/wardbook"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// head is the end of an organization's log.
type head struct {
	size int64
	time time.Time
}

// lockHead reads the end of the log and keeps it for this transaction: the
// next writer of the organization waits here.
func (tx *Tx) lockHead(keyNumber *int64) (head, error) {
	var h head
	var at int64
	err := tx.row(`UPDATE logs SET size = size WHERE organization = $1
		RETURNING size, time, (SELECT max(number) FROM log_keys)`).Scan(&h.size, &at, keyNumber)
	h.time = fromMicros(at)
	return h, notFound(err, "organization %s", tx.org)
}

// seal writes the entry of an Update: its bytes, the nodes of the Merkle tree
// that it completes, and the signed checkpoint of the tree that it ends.
func (tx *Tx) seal() error {
	e := &tx.w.entry
	for _, f := range factTables {
		if tx.w.dirty[f.name] {
			d, err := tx.factDigest(f, e.Position)
			if err != nil {
				return err
			}
			if d.Opened+d.Closed > 0 {
				e.Facts = append(e.Facts, d)
			}
		}
	}
	b, err := canonical(e)
	if err != nil {
		return fmt.Errorf("entry: %w", err)
	}
	_, err = tx.exec(`INSERT INTO events (organization, position, time, actor, action, target, reason, entry)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, e.Position, micros(e.Time), e.Actor, e.Action, e.Target, e.Reason, b)
	if err != nil {
		return fmt.Errorf("entry: %w", err)
	}
	hashes, err := tlog.StoredHashes(e.Position, b, tlog.HashReaderFunc(tx.readHashes))
	if err != nil {
		return fmt.Errorf("tree: %w", err)
	}
	first := tlog.StoredHashIndex(0, e.Position)
	for i, h := range hashes {
		if _, err := tx.exec(`INSERT INTO log_hashes (organization, number, hash) VALUES ($1, $2, $3)`, first+int64(i), h[:]); err != nil {
			return fmt.Errorf("tree: %w", err)
		}
	}
	root, err := tlog.TreeHash(e.Position+1, tlog.HashReaderFunc(tx.readHashes))
	if err != nil {
		return fmt.Errorf("tree: %w", err)
	}
	checkpoint, err := note.Sign(&note.Note{Text: checkpointText(tx.org, e.Position+1, root)}, tx.w.key.signer)
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	_, err = tx.exec(`UPDATE logs SET size = $2, time = $3, checkpoint = $4 WHERE organization = $1`,
		e.Position+1, micros(e.Time), string(checkpoint))
	return err
}

// readHashes gives the stored nodes of the tree with these numbers.
func (tx *Tx) readHashes(numbers []int64) ([]tlog.Hash, error) {
	if len(numbers) == 0 {
		return nil, nil
	}
	rows, err := tx.rows(`SELECT number, hash FROM log_hashes WHERE organization = $1 AND number IN (` +
		strings.Trim(strings.Join(strings.Fields(fmt.Sprint(numbers)), ","), "[]") + `)`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	found := make(map[int64]tlog.Hash, len(numbers))
	for rows.Next() {
		var n int64
		var b []byte
		if err := rows.Scan(&n, &b); err != nil {
			return nil, err
		}
		if len(b) != tlog.HashSize {
			return nil, fmt.Errorf("node %d of the tree has %d bytes", n, len(b))
		}
		found[n] = tlog.Hash(b)
	}
	hashes := make([]tlog.Hash, len(numbers))
	for i, n := range numbers {
		h, ok := found[n]
		if !ok {
			return nil, fmt.Errorf("node %d of the tree is missing", n)
		}
		hashes[i] = h
	}
	return hashes, rows.Err()
}

// checkpointText is the body of a checkpoint in the form of C2SP
// tlog-checkpoint: origin, size, root.
func checkpointText(org string, size int64, root tlog.Hash) string {
	return fmt.Sprintf("wardbook/%s\n%d\n%s\n", org, size, base64.StdEncoding.EncodeToString(root[:]))
}

// parseCheckpoint is the reverse of checkpointText.
func parseCheckpoint(text string) (org string, size int64, root tlog.Hash, err error) {
	lines := strings.Split(text, "\n")
	if len(lines) < 4 {
		return "", 0, root, errors.New("is no checkpoint: origin, size and root are expected")
	}
	org, ok := strings.CutPrefix(lines[0], "wardbook/")
	if !ok {
		return "", 0, root, fmt.Errorf("is the checkpoint of another program: %q", lines[0])
	}
	if _, err := fmt.Sscanf(lines[1], "%d", &size); err != nil || size < 0 || fmt.Sprint(size) != lines[1] {
		return "", 0, root, fmt.Errorf("the size %q is no number", lines[1])
	}
	b, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || len(b) != tlog.HashSize {
		return "", 0, root, errors.New("the root is no SHA-256 in base64")
	}
	return org, size, tlog.Hash(b), nil
}

// Checkpoint is the signed note on the end of the book of tx's organization:
// how many entries it has and the root of their Merkle tree. Kept elsewhere,
// it shows later that nothing before it was changed or cut off.
func (tx *Tx) Checkpoint() (string, error) {
	var text string
	err := tx.row(`SELECT checkpoint FROM logs WHERE organization = $1`).Scan(&text)
	return text, notFound(err, "book of %s", tx.org)
}

// Entry is the entry at position.
func (tx *Tx) Entry(position int64) (wardbook.Entry, error) {
	var b []byte
	var e wardbook.Entry
	if position > tx.at {
		return e, notFound(sql.ErrNoRows, "entry %d", position)
	}
	err := tx.row(`SELECT entry FROM events WHERE organization = $1 AND position = $2`, position).Scan(&b)
	if err != nil {
		return e, notFound(err, "entry %d", position)
	}
	return e, decode(b, &e)
}

// Proof is the Merkle proof that the entry at position is in the book as the
// newest checkpoint has it, with the entry's bytes (RFC 6962 hashes).
func (tx *Tx) Proof(position int64) (entry []byte, proof tlog.RecordProof, err error) {
	err = tx.row(`SELECT entry FROM events WHERE organization = $1 AND position = $2`, position).Scan(&entry)
	if err != nil {
		return nil, nil, notFound(err, "entry %d", position)
	}
	var size int64
	if err := tx.row(`SELECT size FROM logs WHERE organization = $1`).Scan(&size); err != nil {
		return nil, nil, err
	}
	proof, err = tlog.ProveRecord(size, position, tlog.HashReaderFunc(tx.readHashes))
	return entry, proof, err
}

// EntryFilter picks entries of the book. Empty fields pick all.
type EntryFilter struct {
	Actor  string
	Action string // the whole action, or its beginning with a dot at the end: "risk."
	Target string
	Before int64 // only entries before this position, for the next page; 0: from the newest
	After  int64 // only entries after this position, those next to it: for the page before; 0: any
	Limit  int   // 50 where 0, at most 1000
}

// Entries are the entries of the book, newest first.
func (tx *Tx) Entries(f EntryFilter) ([]wardbook.Entry, error) {
	query := `SELECT entry FROM events WHERE organization = $1 AND position <= $2`
	args := []any{tx.at}
	where := func(condition string, v any) {
		args = append(args, v)
		query += fmt.Sprintf(" AND "+condition, len(args)+1)
	}
	if f.Before > 0 {
		where("position < $%d", f.Before)
	}
	if f.Actor != "" {
		where("actor = $%d", f.Actor)
	}
	if f.Target != "" {
		where("target = $%d", f.Target)
	}
	if strings.HasSuffix(f.Action, ".") {
		where("action >= $%d", f.Action)
		where("action < $%d", f.Action[:len(f.Action)-1]+"/") // "/" follows "."
	} else if f.Action != "" {
		where("action = $%d", f.Action)
	}
	direction := "DESC"
	if f.After > 0 {
		where("position > $%d", f.After)
		direction = "ASC"
	}
	where("position >= 0 ORDER BY position "+direction+" LIMIT $%d", limit(f.Limit))
	rows, err := tx.rows(query, args...)
	entries, err := collect(rows, err, func(s scanner) (e wardbook.Entry, err error) {
		var b []byte
		if err := s.Scan(&b); err != nil {
			return e, err
		}
		return e, decode(b, &e)
	})
	if f.After > 0 {
		slices.Reverse(entries)
	}
	return entries, err
}

// limit is a page size: 50 where nothing is said, 1000 at most.
func limit(n int) int {
	if n <= 0 {
		return 50
	}
	return min(n, 1000)
}

// CreateOrganization makes an organization with the given id (see
// wardbook.NewID). The first entry of its book holds ev and its record, which
// has the same id.
func (s *Store) CreateOrganization(ctx context.Context, id string, ev wardbook.Event, o wardbook.Organization) (err error) {
	defer s.observed("update", time.Now(), &err)
	if id == "" || strings.ContainsAny(id, "/+ \n") {
		return fmt.Errorf("organization: %q is no id", id)
	}
	if err := errors.Join(ev.Validate(), o.Validate()); err != nil {
		return err
	}
	return s.change(ctx, id, func(tx *Tx) error {
		r, err := tx.tx.ExecContext(tx.ctx, `INSERT INTO organizations (id, name, kind, closed) VALUES ($1, $2, $3, $4)
			ON CONFLICT (id) DO NOTHING`, id, o.Name, string(o.Kind), o.Closed)
		if err != nil {
			return err
		}
		if n, _ := r.RowsAffected(); n == 0 {
			return &wardbook.EditConflict{Kind: o.RecordKind(), ID: id, Current: &wardbook.Revision{Revision: 1}}
		}
		_, err = tx.tx.ExecContext(tx.ctx, `INSERT INTO logs (organization, size, time, checkpoint) VALUES ($1, 0, 0, '')`, id)
		if err != nil {
			return err
		}
		tx.w = &writing{key: s.key.Load(), dirty: map[string]bool{}, entry: wardbook.Entry{
			Format: wardbook.EntryFormat, Organization: id, Time: s.time(), Event: ev,
		}}
		if _, err := tx.Put(id, 0, o); err != nil {
			return err
		}
		return tx.seal()
	})
}

// Organizations lists all organizations of the installation except System, in
// the order of their names: for operators, and for programs that go through
// all books. Only the record's own columns are read.
func (s *Store) Organizations(ctx context.Context) (ids, names []string, err error) {
	rows, err := s.read.QueryContext(ctx, `SELECT id, name FROM organizations WHERE id <> $1 ORDER BY name, id`, System)
	_, err = collect(rows, err, func(r scanner) (struct{}, error) {
		var id, name string
		err := r.Scan(&id, &name)
		ids, names = append(ids, id), append(names, name)
		return struct{}{}, err
	})
	return ids, names, err
}

func (s *Store) organizationIDs(ctx context.Context) ([]string, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT id FROM organizations ORDER BY id`)
	return collect(rows, err, scanOne[string])
}
