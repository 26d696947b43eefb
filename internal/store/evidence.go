package store

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/wardbook/wardbook"
)

// chunkSize is how the bytes of evidence are cut. The cuts mean nothing: the
// digest is of the whole.
const chunkSize = 256 << 10

// ErrRedacted: the bytes were taken out. Digest, event and reason remain.
var ErrRedacted = errors.New("the bytes of this evidence were redacted")

// AddEvidence keeps the bytes of a document under their digest, together with
// the change that they led to. e.Name, e.MediaType and e.Origin say what is
// known of it; digest and size are filled in. Bytes that are there already
// are kept once, with the first name. Others cannot write while r is read: let
// it be a file, not somebody's network.
func (tx *Tx) AddEvidence(e wardbook.Evidence, r io.Reader) (wardbook.Evidence, error) {
	if tx.w == nil {
		return e, ErrReadOnly
	}
	blob := wardbook.NewID()
	sum := sha256.New()
	buf := make([]byte, chunkSize)
	e.Size = 0
	for number := int64(0); ; number++ {
		n, err := io.ReadFull(r, buf)
		if n > 0 {
			sum.Write(buf[:n])
			e.Size += int64(n)
			_, err := tx.exec(`INSERT INTO evidence_chunks (organization, blob, number, data) VALUES ($1, $2, $3, $4)`,
				blob, number, bytes.Clone(buf[:n]))
			if err != nil {
				return e, fmt.Errorf("evidence %s: %w", e.Name, err)
			}
		}
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			break
		}
		if err != nil {
			return e, fmt.Errorf("evidence %s: %w", e.Name, err)
		}
	}
	e.SHA256 = hex.EncodeToString(sum.Sum(nil))
	old, err := tx.Evidence(e.SHA256)
	if err == nil && !old.Redacted {
		_, err := tx.exec(`DELETE FROM evidence_chunks WHERE organization = $1 AND blob = $2`, blob)
		return old.Evidence, err
	}
	if err == nil {
		return e, fmt.Errorf("evidence %s: %w; it is not taken in again", e.Name, ErrRedacted)
	}
	if !errors.Is(err, wardbook.ErrNotFound) {
		return e, err
	}
	_, err = tx.exec(`INSERT INTO evidence (organization, sha256, name, size, media_type, origin, blob, from_pos, redacted_pos)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, -1)`, e.SHA256, e.Name, e.Size, e.MediaType, e.Origin, blob, tx.w.entry.Position)
	if err != nil {
		return e, fmt.Errorf("evidence %s: %w", e.Name, err)
	}
	tx.w.entry.Evidence = append(tx.w.entry.Evidence, wardbook.EvidenceDigest(e))
	return e, nil
}

// StoredEvidence is a document that was kept.
type StoredEvidence struct {
	wardbook.Evidence
	Position int64 // of the entry that brought it
	Redacted bool  // the bytes were taken out
}

const evidenceColumns = `sha256, name, size, media_type, origin, from_pos, redacted_pos`

func (tx *Tx) scanEvidence(s scanner) (e StoredEvidence, err error) {
	var redacted int64
	err = s.Scan(&e.SHA256, &e.Name, &e.Size, &e.MediaType, &e.Origin, &e.Position, &redacted)
	e.Redacted = redacted >= 0
	return e, err
}

// Evidence is the document with that SHA-256 (lower-case hex).
func (tx *Tx) Evidence(sha256 string) (StoredEvidence, error) {
	e, err := tx.scanEvidence(tx.row(`SELECT `+evidenceColumns+` FROM evidence
		WHERE organization = $1 AND sha256 = $2 AND from_pos <= $3`, sha256, tx.at))
	return e, notFound(err, "evidence %s", sha256)
}

// EvidenceList lists documents, newest first. Of the options Text (in the
// name), Limit, After and Before count.
func (tx *Tx) EvidenceList(o ListOptions) (Page[StoredEvidence], error) {
	var page Page[StoredEvidence]
	var q listQuery
	q.and("from_pos <= ?", tx.at)
	if o.Text != "" {
		q.and(`lower(name) LIKE ? ESCAPE '\'`, likeText(o.Text))
	}
	c, given, back, err := edge(o.After, o.Before)
	if err != nil {
		return page, err
	}
	direction, than := "DESC", "<"
	if back {
		direction, than = "ASC", ">"
	}
	if given {
		q.and("(from_pos, sha256) "+than+" (?, ?)", c.Number, c.ID)
	}
	n := limit(o.Limit)
	q.args = append(q.args, n+1)
	rows, err := tx.rows(fmt.Sprintf(`SELECT %s FROM evidence WHERE organization = $1%s
		ORDER BY from_pos %s, sha256 %[3]s LIMIT $%d`, evidenceColumns, q.where.String(), direction, len(q.args)+1), q.args...)
	items, err := collect(rows, err, tx.scanEvidence)
	if err != nil {
		return page, err
	}
	return cut(items, n, given, back, func(e StoredEvidence) cursor { return cursor{Number: e.Position, ID: e.SHA256} }), nil
}

// OpenEvidence reads the bytes of a document, in chunks, within tx.
func (tx *Tx) OpenEvidence(sha256 string) (io.Reader, error) {
	e, err := tx.Evidence(sha256)
	if err != nil {
		return nil, err
	}
	if e.Redacted {
		return nil, fmt.Errorf("evidence %s: %w", e.Name, ErrRedacted)
	}
	r := &evidenceReader{tx: tx, left: e.Size}
	err = tx.row(`SELECT blob FROM evidence WHERE organization = $1 AND sha256 = $2`, sha256).Scan(&r.blob)
	return r, err
}

type evidenceReader struct {
	tx     *Tx
	blob   string
	number int64
	chunk  []byte
	left   int64
}

func (r *evidenceReader) Read(p []byte) (int, error) {
	if len(r.chunk) == 0 {
		if r.left <= 0 {
			return 0, io.EOF
		}
		err := r.tx.row(`SELECT data FROM evidence_chunks WHERE organization = $1 AND blob = $2 AND number = $3`, r.blob, r.number).Scan(&r.chunk)
		if err != nil {
			return 0, notFound(err, "chunk %d of the evidence", r.number)
		}
		r.number++
		r.left -= int64(len(r.chunk))
	}
	n := copy(p, r.chunk)
	r.chunk = r.chunk[n:]
	return n, nil
}

// Redact takes the bytes of a document out of the database, for personal data
// that should not have come in. Its digest and the entries about it remain,
// and the entry that tx writes says that the bytes were taken out.
func (tx *Tx) Redact(sha256 string) error {
	e, err := tx.Evidence(sha256)
	if err != nil {
		return err
	}
	if e.Redacted {
		return nil
	}
	if tx.w == nil {
		return ErrReadOnly
	}
	_, err = tx.exec(`DELETE FROM evidence_chunks WHERE organization = $1
		AND blob = (SELECT blob FROM evidence WHERE organization = $1 AND sha256 = $2)`, sha256)
	if err != nil {
		return err
	}
	_, err = tx.exec(`UPDATE evidence SET redacted_pos = $2 WHERE organization = $1 AND sha256 = $3`, tx.w.entry.Position, sha256)
	tx.w.entry.Redacted = append(tx.w.entry.Redacted, sha256)
	return err
}
