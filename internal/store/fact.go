package store

import (
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"iter"
	"strings"

	"github.com/wardbook/wardbook"
)

// factTable is one table of facts. Beside columns it has organization, grp,
// id, from_pos, to_pos, digest, place and data.
type factTable struct {
	name    string
	columns []string // for searching; part of the digest
	// global: an id is unique in the organization, not only in its group, and
	// a row that turns up in another group moves there.
	global bool
}

var (
	deviceTable    = factTable{name: "devices", columns: []string{"product"}, global: true}
	productTable   = factTable{name: "products", columns: []string{"name", "version"}}
	componentTable = factTable{name: "components", columns: []string{"name", "version"}}
	findingTable   = factTable{name: "findings", columns: []string{"vulnerability", "status", "devices"}}

	factTables = []factTable{componentTable, deviceTable, findingTable, productTable}
)

// fact is a row to be.
type fact struct {
	id, place string
	columns   []string // values of factTable.columns
	data      []byte
}

func (f *fact) digest(grp string) [sha256.Size]byte {
	h := sha256.New()
	hashText(h, grp)
	hashText(h, f.id)
	for _, c := range f.columns {
		hashText(h, c)
	}
	h.Write(f.data)
	return [sha256.Size]byte(h.Sum(nil))
}

// hashText adds s with its length in front, so that no two lists of texts
// have the same bytes.
func hashText(h hash.Hash, s string) {
	var n [8]byte
	binary.BigEndian.PutUint64(n[:], uint64(len(s)))
	h.Write(n[:])
	h.Write([]byte(s))
}

// Changes is what a reconciliation found: ids, in the order in which they
// turned up.
type Changes struct {
	New     []string // never seen before
	Back    []string // seen before, gone, and here again
	Changed []string // here with other content
	Gone    []string // no longer in the source
	Same    int
}

// Any reports whether anything differs.
func (c *Changes) Any() bool { return len(c.New)+len(c.Back)+len(c.Changed)+len(c.Gone) > 0 }

// current is what is known of a row that holds.
type current struct {
	grp    string
	digest [sha256.Size]byte
	seen   bool
}

// reconcile makes the rows of grp equal to next. Rows that are not in next
// cease to hold, rows that differ are replaced, and what was before stays
// readable in the past. Without write it only says what would change.
func (tx *Tx) reconcile(t factTable, grp string, next iter.Seq2[fact, error], write bool) (*Changes, error) {
	if write && tx.w == nil {
		return nil, ErrReadOnly
	}
	have, err := tx.loadCurrent(t, grp)
	if err != nil {
		return nil, err
	}
	c := &Changes{}
	b := &factBatch{tx: tx, table: t, grp: grp, write: write}
	var fresh []string
	for f, err := range next {
		if err != nil {
			return nil, err
		}
		digest := f.digest(grp)
		old, ok := have[f.id]
		switch {
		case ok && old.seen:
			return nil, &wardbook.Invalid{Problems: wardbook.Problems{{Place: f.place, Message: fmt.Sprintf("the id %q stands there twice", f.id)}}}
		case !ok:
			fresh = append(fresh, f.id)
		case old.digest == digest:
			c.Same++
			old.seen = true
			have[f.id] = old
			continue
		default:
			c.Changed = append(c.Changed, f.id)
		}
		have[f.id] = current{grp: grp, digest: digest, seen: true}
		if err := b.replace(f, digest, ok); err != nil {
			return nil, err
		}
	}
	if err := b.flush(); err != nil {
		return nil, err
	}
	for id, old := range have {
		if !old.seen && old.grp == grp {
			c.Gone = append(c.Gone, id)
		}
	}
	if err := tx.closeFacts(t, grp, c.Gone, write); err != nil {
		return nil, err
	}
	if write && c.Any() || len(fresh) > 0 && write {
		tx.w.dirty[t.name] = true
	}
	return c, tx.splitFresh(t, grp, fresh, c)
}

func (tx *Tx) loadCurrent(t factTable, grp string) (map[string]current, error) {
	query := `SELECT grp, id, digest FROM ` + t.name + ` f WHERE f.organization = $1 AND `
	var args []any
	if t.global {
		query += tx.holds("f")
	} else {
		query += tx.holdsOf("f") + ` AND f.grp = $2`
		args = append(args, grp)
	}
	rows, err := tx.rows(query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	have := map[string]current{}
	var group, id string
	var digest sql.RawBytes
	for rows.Next() {
		if err := rows.Scan(&group, &id, &digest); err != nil {
			return nil, err
		}
		if len(digest) != sha256.Size {
			return nil, fmt.Errorf("%s %s: the digest has %d bytes", t.name, id, len(digest))
		}
		if group == grp {
			group = grp // one string for all rows
		}
		have[id] = current{grp: group, digest: [sha256.Size]byte(digest)}
	}
	return have, rows.Err()
}

// splitFresh tells the ids that are new from those that are back.
func (tx *Tx) splitFresh(t factTable, grp string, fresh []string, c *Changes) error {
	position, err := tx.Position()
	if err != nil {
		return err
	}
	var before int
	err = tx.row(`SELECT count(*) FROM (SELECT 1 FROM `+t.name+` WHERE organization = $1 AND from_pos < $2 LIMIT 1) AS x`, position).Scan(&before)
	if err != nil {
		return err
	}
	if before == 0 {
		c.New = fresh
		return nil
	}
	known := map[string]bool{}
	for ids := range batches(fresh, 500) {
		query := `SELECT DISTINCT id FROM ` + t.name + ` WHERE organization = $1 AND to_pos - 0 <= $2 AND id IN (` + placeholders(3, len(ids)) + `)`
		args := append([]any{position}, texts(ids)...)
		if !t.global {
			args = append(args, grp)
			query += fmt.Sprintf(` AND grp = $%d`, len(args)+1)
		}
		rows, err := tx.rows(query, args...)
		found, err := collect(rows, err, scanOne[string])
		if err != nil {
			return err
		}
		for _, id := range found {
			known[id] = true
		}
	}
	for _, id := range fresh {
		if known[id] {
			c.Back = append(c.Back, id)
		} else {
			c.New = append(c.New, id)
		}
	}
	return nil
}

// closeFacts ends rows at the position of the entry. A row that began with
// the same entry never held and goes. The arithmetic on the positions keeps
// both engines on the primary key, and so does naming from_pos, which no index
// has that begins with to_pos: by another one they would find every row of the
// table.
func (tx *Tx) closeFacts(t factTable, grp string, ids []string, write bool) error {
	if !write {
		return nil
	}
	position := tx.w.entry.Position
	for part := range batches(ids, 500) {
		args := append([]any{position}, texts(part)...)
		in := ` AND id IN (` + placeholders(3, len(part)) + `)`
		if !t.global {
			args = append(args, grp)
			in += fmt.Sprintf(` AND grp = $%d`, len(args)+1)
		}
		if _, err := tx.exec(`DELETE FROM `+t.name+` WHERE organization = $1 AND from_pos + 0 = $2`+in, args...); err != nil {
			return err
		}
		_, err := tx.exec(`UPDATE `+t.name+` SET to_pos = $2 WHERE organization = $1 AND from_pos >= 0 AND to_pos - 0 = 9223372036854775807`+in, args...)
		if err != nil {
			return err
		}
	}
	return nil
}

// factDigest stands for all rows of a table that began or ceased to hold with
// the entry at position.
func (tx *Tx) factDigest(t factTable, position int64) (wardbook.FactDigest, error) {
	d := wardbook.FactDigest{Table: t.name}
	h := sha256.New()
	for _, part := range []struct {
		column string
		count  *int64
	}{{"from_pos", &d.Opened}, {"to_pos", &d.Closed}} {
		hashText(h, part.column)
		rows, err := tx.rows(`SELECT grp, id, from_pos, digest, place FROM `+t.name+
			` WHERE organization = $1 AND `+part.column+` = $2 ORDER BY grp, id, from_pos`, position)
		if err != nil {
			return d, err
		}
		n, err := hashFacts(h, rows)
		if err != nil {
			return d, err
		}
		*part.count += n
	}
	d.SHA256 = hex.EncodeToString(h.Sum(nil))
	return d, nil
}

// hashFacts adds the rows to h and counts them.
func hashFacts(h hash.Hash, rows *sql.Rows) (n int64, err error) {
	defer rows.Close()
	var grp, id, place string
	var from int64
	var digest []byte
	for rows.Next() {
		if err := rows.Scan(&grp, &id, &from, &digest, &place); err != nil {
			return n, err
		}
		hashFact(h, grp, id, from, digest, place)
		n++
	}
	return n, rows.Err()
}

func hashFact(h hash.Hash, grp, id string, from int64, digest []byte, place string) {
	hashText(h, grp)
	hashText(h, id)
	var n [8]byte
	binary.BigEndian.PutUint64(n[:], uint64(from))
	h.Write(n[:])
	hashText(h, string(digest))
	hashText(h, place)
}

// placeholders is "$first, $first+1, …", n of them.
func placeholders(first, n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "$%d", first+i)
	}
	return b.String()
}

func texts(ss []string) []any {
	vs := make([]any, len(ss))
	for i, s := range ss {
		vs[i] = s
	}
	return vs
}

// batches cuts a list into parts of at most n.
func batches[T any](all []T, n int) iter.Seq[[]T] {
	return func(yield func([]T) bool) {
		for len(all) > 0 {
			part := all[:min(n, len(all))]
			all = all[len(part):]
			if !yield(part) {
				return
			}
		}
	}
}
