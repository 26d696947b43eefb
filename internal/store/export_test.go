package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"
)

// Raw lets tests go round the methods of a transaction.
func (tx *Tx) Raw() *sql.Tx { return tx.tx }

// RawDB is the pool that writes, for tests that tamper with what is stored.
func (s *Store) RawDB() *sql.DB { return s.write }

// SetPoll sets how often Wait looks by itself.
func (s *Store) SetPoll(d time.Duration) { s.poll = d }

// Tamper runs fn, which may write anything, and verifies what it left; then
// all is as before.
func (s *Store) Tamper(ctx context.Context, org string, o VerifyOptions, fn func(tx *sql.Tx) error) (v *Verification, err error) {
	o.Verifiers = append(o.Verifiers, s.Verifier())
	back := errors.New("back")
	got := s.change(ctx, org, func(tx *Tx) error {
		if err = fn(tx.tx); err == nil {
			v, err = tx.verify(o)
		}
		return back
	})
	if got != back {
		err = errors.Join(err, got)
	}
	return v, err
}

// DumpLines is a dump of the database, line by line and in order.
func (s *Store) DumpLines(ctx context.Context) ([]string, error) {
	c, err := s.read.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	tx, err := s.engine.begin(ctx, c, System, false)
	if err != nil {
		return nil, err
	}
	defer func() { _ = tx.Rollback() }() // nothing was written
	var b bytes.Buffer
	if err := s.engine.dump(ctx, tx, schemaVersion(), &b); err != nil {
		return nil, err
	}
	z, err := zstd.NewReader(&b)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(z)
	lines := strings.Split(string(text), "\n")
	slices.Sort(lines)
	return lines, err
}

// Tables are the tables that a backup holds and those that none does, with
// whether row-level security is before them.
func Tables() map[string]bool {
	all := map[string]bool{}
	for _, t := range dumpTables {
		all[t.name] = t.walled
	}
	for _, name := range leftOut {
		all[name] = name == "requests"
	}
	return all
}

// ReadDump reads a dump to its end and counts its rows.
func ReadDump(r io.Reader) (int, error) {
	d, err := newDumpReader(r)
	if err != nil {
		return 0, err
	}
	defer d.z.Close()
	for n := 0; ; n++ {
		row, err := d.next()
		if err == io.EOF {
			return n, nil
		}
		if err != nil {
			return n, err
		}
		if len(row) != len(d.table.Columns) {
			return n, errors.New("a row without its cells")
		}
	}
}

// Compress compresses text as a dump is.
func Compress(text string) []byte {
	z, err := zstd.NewWriter(nil)
	if err != nil {
		panic(err)
	}
	return z.EncodeAll([]byte(text), nil)
}

// Decompress is the opposite of Compress.
func Decompress(b []byte) []byte {
	z, err := zstd.NewReader(nil)
	if err != nil {
		panic(err)
	}
	defer z.Close()
	text, err := z.DecodeAll(b, nil)
	if err != nil {
		panic(err)
	}
	return text
}
