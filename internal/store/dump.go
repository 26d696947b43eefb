package store

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/klauspost/compress/zstd"
)

// dumpFormat is the version of the form of a dump; maxDumpLine bounds a line of
// one that is read. The longest rows are sets of a million devices.
const (
	dumpFormat  = 1
	maxDumpLine = 512 << 20
)

// A dumpTable is a table with where its rows are found: behind the wall of
// row-level security, or for all organizations at once.
type dumpTable struct {
	name   string
	walled bool
	where  string // which rows are taken; empty: all
}

// dumpTables are all tables that a backup holds, each after those that it refers
// to. Sessions and links that work once are left out: who comes back from a
// backup signs in again. A test finds tables that are neither here nor in leftOut.
var dumpTables = []dumpTable{
	{name: "organizations"},
	{name: "log_keys"},
	{name: "users"},
	{name: "credentials"},
	{name: "memberships"},
	{name: "tokens", where: "kind = 'api'"},
	{name: "jobs"},
	{name: "logs", walled: true},
	{name: "events", walled: true},
	{name: "log_hashes", walled: true},
	{name: "revisions", walled: true},
	{name: "links", walled: true},
	{name: "evidence", walled: true},
	{name: "evidence_chunks", walled: true},
	{name: "devices", walled: true},
	{name: "products", walled: true},
	{name: "components", walled: true},
	{name: "findings", walled: true},
	{name: "device_sets", walled: true},
}

// leftOut are the tables that no backup holds.
var leftOut = []string{"sessions", "requests", versionTable}

// A dumpLine is a line of a dump that is no row. The first is the head; after a
// line that names a table and its columns come its rows, each an array; bytes
// are in base64. The last is the end.
type dumpLine struct {
	Head  *dumpHead    `json:"wardbook_dump,omitempty"`
	Table *dumpColumns `json:"table,omitempty"`
	End   *dumpEnd     `json:"end,omitempty"`
}

type dumpHead struct {
	Format int   `json:"format"`
	Schema int64 `json:"schema"`
}

type dumpColumns struct {
	Name    string   `json:"name"`
	Columns []column `json:"columns"`
}

type dumpEnd struct {
	Rows int64 `json:"rows"`
}

// A column has a kind: text, integer, bytes or boolean.
type column struct {
	Name string `json:"name"`
	Kind string `json:"kind"`
}

// querier is a transaction, a connection or a pool.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// columnsOf reads the columns of a table; none: there is no such table.
func (e engine) columnsOf(ctx context.Context, q querier, table string) ([]column, error) {
	query := `SELECT name, lower(type) FROM pragma_table_info($1) ORDER BY cid`
	if e == postgresEngine {
		query = `SELECT column_name, data_type FROM information_schema.columns
			WHERE table_schema = current_schema() AND table_name = $1 ORDER BY ordinal_position`
	}
	kinds := map[string]string{"text": "text", "bigint": "integer", "bytea": "bytes", "boolean": "boolean"}
	rows, err := q.QueryContext(ctx, query, table)
	return collect(rows, err, func(s scanner) (c column, err error) {
		var kind string
		if err := s.Scan(&c.Name, &kind); err != nil {
			return c, err
		}
		if c.Kind = kinds[kind]; c.Kind == "" {
			err = fmt.Errorf("column %s of %s: backups do not know the type %s", c.Name, table, kind)
		}
		return c, err
	})
}

// dumper writes all rows of a database, as one transaction sees them.
type dumper struct {
	ctx    context.Context
	engine engine
	tx     *sql.Tx
	w      *bufio.Writer
	rows   int64
}

// dump writes a dump of the database that tx reads to w, compressed.
func (e engine) dump(ctx context.Context, tx *sql.Tx, schema int64, w io.Writer) error {
	z, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return err
	}
	d := &dumper{ctx: ctx, engine: e, tx: tx, w: bufio.NewWriterSize(z, 1<<16)}
	err = d.run(schema)
	return errors.Join(err, d.w.Flush(), z.Close())
}

func (d *dumper) run(schema int64) error {
	if err := d.line(dumpLine{Head: &dumpHead{Format: dumpFormat, Schema: schema}}); err != nil {
		return err
	}
	rows, err := d.tx.QueryContext(d.ctx, `SELECT id FROM organizations ORDER BY id`)
	ids, err := collect(rows, err, scanOne[string])
	if err != nil {
		return err
	}
	for _, t := range dumpTables {
		if err := d.table(t, ids); err != nil {
			return fmt.Errorf("table %s: %w", t.name, err)
		}
	}
	return d.line(dumpLine{End: &dumpEnd{Rows: d.rows}})
}

func (d *dumper) line(l dumpLine) error {
	b, err := json.Marshal(l)
	if err == nil {
		_, err = d.w.Write(append(b, '\n'))
	}
	return err
}

// table writes the rows of a table. One that an older shape does not have is
// not written.
func (d *dumper) table(t dumpTable, organizations []string) error {
	columns, err := d.engine.columnsOf(d.ctx, d.tx, t.name)
	if err != nil || len(columns) == 0 {
		return err
	}
	if err := d.line(dumpLine{Table: &dumpColumns{Name: t.name, Columns: columns}}); err != nil {
		return err
	}
	query := `SELECT ` + columnNames(columns) + ` FROM ` + t.name
	if !t.walled {
		if t.where != "" {
			query += ` WHERE ` + t.where
		}
		return d.query(columns, query)
	}
	for _, org := range organizations {
		if err := d.engine.enter(d.ctx, d.tx, org); err != nil {
			return err
		}
		if err := d.query(columns, query+` WHERE organization = $1`, org); err != nil {
			return err
		}
	}
	return nil
}

// enter lets tx see and write the rows of org, and no others.
func (e engine) enter(ctx context.Context, tx *sql.Tx, org string) error {
	if e != postgresEngine {
		return nil
	}
	_, err := tx.ExecContext(ctx, "SELECT set_config('wardbook.organization', $1, true)", org)
	return err
}

func columnNames(columns []column) string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.Name
	}
	return strings.Join(names, ", ")
}

func (d *dumper) query(columns []column, query string, args ...any) error {
	rows, err := d.tx.QueryContext(d.ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	cells := make([]cell, len(columns))
	dest := make([]any, len(columns))
	for i := range columns {
		dest[i] = cells[i].dest(columns[i].Kind)
	}
	var line []byte
	for rows.Next() {
		if err := rows.Scan(dest...); err != nil {
			return err
		}
		line = append(line[:0], '[')
		for i := range cells {
			if i > 0 {
				line = append(line, ',')
			}
			if line, err = cells[i].append(line, columns[i].Kind); err != nil {
				return fmt.Errorf("column %s: %w", columns[i].Name, err)
			}
		}
		if _, err := d.w.Write(append(line, ']', '\n')); err != nil {
			return err
		}
		d.rows++
	}
	return rows.Err()
}

// A cell is one value of a row, of whatever kind.
type cell struct {
	text    sql.NullString
	integer sql.NullInt64
	boolean sql.NullBool
	bytes   sql.Null[[]byte] // an empty one is not NULL
}

func (c *cell) dest(kind string) any {
	switch kind {
	case "text":
		return &c.text
	case "integer":
		return &c.integer
	case "boolean":
		return &c.boolean
	}
	return &c.bytes
}

func (c *cell) append(b []byte, kind string) ([]byte, error) {
	switch {
	case kind == "text" && c.text.Valid:
		if !utf8.ValidString(c.text.String) {
			return b, errors.New("holds bytes that are no UTF-8: only a copy of the SQLite file keeps them")
		}
		return jsontext.AppendQuote(b, c.text.String)
	case kind == "integer" && c.integer.Valid:
		return strconv.AppendInt(b, c.integer.Int64, 10), nil
	case kind == "boolean" && c.boolean.Valid:
		return strconv.AppendBool(b, c.boolean.Bool), nil
	case kind == "bytes" && c.bytes.Valid:
		b = append(b, '"')
		return append(base64.StdEncoding.AppendEncode(b, c.bytes.V), '"'), nil
	}
	return append(b, "null"...), nil
}

// dumpReader reads a dump line by line.
type dumpReader struct {
	z     *zstd.Decoder
	lines *bufio.Scanner
	head  dumpHead
	table dumpColumns // whose rows come
	seen  map[string]bool
	rows  int64
}

func newDumpReader(r io.Reader) (*dumpReader, error) {
	z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(64<<20), zstd.WithDecoderMaxWindow(64<<20))
	if err != nil {
		return nil, err
	}
	d := &dumpReader{z: z, lines: bufio.NewScanner(z), seen: map[string]bool{}}
	d.lines.Buffer(make([]byte, 1<<16), maxDumpLine)
	var l dumpLine
	if !d.lines.Scan() || json.Unmarshal(d.lines.Bytes(), &l) != nil || l.Head == nil {
		return nil, errors.Join(errors.New("is no dump of Wardbook"), d.lines.Err())
	}
	if d.head = *l.Head; d.head.Format > dumpFormat {
		return nil, fmt.Errorf("its form %d is newer than this program, which knows %d", d.head.Format, dumpFormat)
	}
	return d, nil
}

// next returns the next row, of d.table; io.EOF after the last.
func (d *dumpReader) next() ([]any, error) {
	for d.lines.Scan() {
		b := d.lines.Bytes()
		if len(b) > 0 && b[0] == '[' {
			d.rows++
			if d.table.Name == "" {
				return nil, errors.New("a row comes before the first table")
			}
			row, err := d.row(b)
			if err != nil {
				err = fmt.Errorf("row %d, of table %q: %w", d.rows, d.table.Name, err)
			}
			return row, err
		}
		var l dumpLine
		if err := json.Unmarshal(b, &l); err != nil {
			return nil, fmt.Errorf("after row %d: %w", d.rows, err)
		}
		switch {
		case l.End != nil && l.End.Rows == d.rows:
			return nil, io.EOF
		case l.End != nil:
			return nil, fmt.Errorf("%d rows were written, %d are here", l.End.Rows, d.rows)
		case l.Table == nil || !slices.ContainsFunc(dumpTables, func(t dumpTable) bool { return t.name == l.Table.Name }):
			return nil, fmt.Errorf("after row %d: a table that this program does not know", d.rows)
		}
		if d.seen[l.Table.Name] || len(l.Table.Columns) == 0 {
			return nil, fmt.Errorf("table %s: comes twice or has no columns", l.Table.Name)
		}
		d.table, d.seen[l.Table.Name] = *l.Table, true
	}
	return nil, errors.Join(errors.New("the end is missing: the dump was cut off"), d.lines.Err())
}

// row decodes an array by the kinds of the columns.
func (d *dumpReader) row(b []byte) ([]any, error) {
	dec := jsontext.NewDecoder(bytes.NewReader(b))
	if _, err := dec.ReadToken(); err != nil {
		return nil, err
	}
	row := make([]any, 0, len(d.table.Columns))
	for _, c := range d.table.Columns {
		if dec.PeekKind() == 'n' {
			row = append(row, nil)
			if err := dec.SkipValue(); err != nil {
				return nil, err
			}
			continue
		}
		v, err := readCell(dec, c.Kind)
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", c.Name, err)
		}
		row = append(row, v)
	}
	if t, err := dec.ReadToken(); err != nil || t.Kind() != ']' {
		return nil, errors.New("has more cells than columns")
	}
	return row, nil
}

func readCell(dec *jsontext.Decoder, kind string) (any, error) {
	var err error
	switch kind {
	case "text":
		var v string
		err = json.UnmarshalDecode(dec, &v)
		return v, err
	case "integer":
		var v int64
		err = json.UnmarshalDecode(dec, &v)
		return v, err
	case "boolean":
		var v bool
		err = json.UnmarshalDecode(dec, &v)
		return v, err
	case "bytes":
		v := []byte{}
		err = json.UnmarshalDecode(dec, &v)
		return v, err
	}
	return nil, fmt.Errorf("the kind %q is not known", kind)
}
