package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// ErrNotEmpty: a backup is brought only into a database that holds nothing.
var ErrNotEmpty = errors.New("the database is not empty: a backup is brought into an empty one only")

// How many rows are written at once, and how many bytes at most.
const (
	loadRows  = 2000
	loadBytes = 8 << 20
)

// loader writes the rows of a dump, in one transaction.
type loader struct {
	ctx    context.Context
	engine engine
	conn   *sql.Conn
	tx     *sql.Tx
	table  dumpColumns
	walled bool
	org    string // whose rows are gathered, behind the wall
	rows   [][]any
	bytes  int
	insert *sql.Stmt // of a full batch, on SQLite
}

// load brings a dump into the database at dsn, which has the dump's shape and no
// rows: all of it or nothing.
func (e engine) load(ctx context.Context, db *sql.DB, d *dumpReader) error {
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	tx, err := e.begin(ctx, conn, System, true)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after a commit it does nothing
	if e == postgresEngine {
		// A server that starts now waits here, and finds the book's key.
		if _, err := tx.ExecContext(ctx, `LOCK TABLE organizations, log_keys IN EXCLUSIVE MODE`); err != nil {
			return err
		}
	}
	var n int64
	err = tx.QueryRowContext(ctx, `SELECT (SELECT count(*) FROM organizations) + (SELECT count(*) FROM log_keys)`).Scan(&n)
	if err != nil {
		return err
	}
	if n > 0 {
		return ErrNotEmpty
	}
	l := &loader{ctx: ctx, engine: e, conn: conn, tx: tx}
	for {
		row, err := d.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = l.take(d.table, row)
		}
		if err != nil {
			return err
		}
	}
	if err := l.flush(); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	_, err = conn.ExecContext(ctx, "ANALYZE")
	return err
}

// take gathers a row and writes what is gathered when that is enough.
func (l *loader) take(t dumpColumns, row []any) error {
	if t.Name != l.table.Name {
		if err := l.begin(t); err != nil {
			return err
		}
	}
	if l.walled {
		org, _ := row[l.organization()].(string)
		if org != l.org {
			if err := l.flush(); err != nil {
				return err
			}
			if err := l.engine.enter(l.ctx, l.tx, org); err != nil {
				return err
			}
			l.org = org
		}
	}
	for _, v := range row {
		switch v := v.(type) {
		case string:
			l.bytes += len(v)
		case []byte:
			l.bytes += len(v)
		}
	}
	l.rows = append(l.rows, row)
	if len(l.rows) < l.full() && l.bytes < loadBytes {
		return nil
	}
	return l.flush()
}

func (l *loader) organization() int {
	return slices.IndexFunc(l.table.Columns, func(c column) bool { return c.Name == "organization" })
}

// full is how many rows make a batch: SQLite takes 32,766 values at most.
func (l *loader) full() int {
	if l.engine == postgresEngine {
		return loadRows
	}
	return 10_000 / len(l.table.Columns)
}

// begin turns to the next table. Its columns have to be those that the database
// has: names of a dump do not get into a statement otherwise.
func (l *loader) begin(t dumpColumns) error {
	if err := l.flush(); err != nil {
		return err
	}
	if l.insert != nil {
		l.insert.Close()
		l.insert = nil
	}
	columns, err := l.engine.columnsOf(l.ctx, l.tx, t.Name)
	if err != nil {
		return err
	}
	if !slices.Equal(sortedColumns(columns), sortedColumns(t.Columns)) {
		return fmt.Errorf("table %s: the dump has other columns than the database", t.Name)
	}
	i := slices.IndexFunc(dumpTables, func(d dumpTable) bool { return d.name == t.Name })
	l.table, l.walled, l.org = t, dumpTables[i].walled, ""
	if l.engine == postgresEngine {
		// COPY does not write to a table with row-level security.
		_, err = l.tx.ExecContext(l.ctx, fmt.Sprintf("CREATE TEMPORARY TABLE load_%s ON COMMIT DROP AS SELECT %s FROM %s WITH NO DATA", t.Name, columnNames(t.Columns), t.Name))
	}
	return err
}

func sortedColumns(columns []column) []column {
	return slices.SortedFunc(slices.Values(columns), func(a, b column) int { return strings.Compare(a.Name, b.Name) })
}

func (l *loader) flush() error {
	if len(l.rows) == 0 {
		return nil
	}
	var err error
	if l.engine == postgresEngine {
		err = l.copy()
	} else {
		err = l.values()
	}
	l.rows, l.bytes = l.rows[:0], 0
	if err != nil {
		return fmt.Errorf("table %s: %w", l.table.Name, err)
	}
	return nil
}

func (l *loader) copy() error {
	temp, names := "load_"+l.table.Name, columnNames(l.table.Columns)
	err := l.conn.Raw(func(driver any) error {
		_, err := driver.(*stdlib.Conn).Conn().CopyFrom(l.ctx, pgx.Identifier{temp}, strings.Split(names, ", "), pgx.CopyFromRows(l.rows))
		return err
	})
	if err != nil {
		return err
	}
	_, err = l.tx.ExecContext(l.ctx, fmt.Sprintf("INSERT INTO %s (%s) SELECT %s FROM %s", l.table.Name, names, names, temp))
	if err != nil {
		return err
	}
	_, err = l.tx.ExecContext(l.ctx, "TRUNCATE "+temp)
	return err
}

func (l *loader) values() error {
	var args []any
	for _, row := range l.rows {
		args = append(args, row...)
	}
	if len(l.rows) < l.full() {
		_, err := l.tx.ExecContext(l.ctx, l.statement(len(l.rows)), args...)
		return err
	}
	if l.insert == nil {
		var err error
		if l.insert, err = l.tx.PrepareContext(l.ctx, l.statement(len(l.rows))); err != nil {
			return err
		}
	}
	_, err := l.insert.ExecContext(l.ctx, args...)
	return err
}

// statement inserts n rows, on SQLite.
func (l *loader) statement(n int) string {
	row := "(?" + strings.Repeat(", ?", len(l.table.Columns)-1) + ")"
	return fmt.Sprintf("INSERT INTO %s (%s) VALUES %s", l.table.Name, columnNames(l.table.Columns), row+strings.Repeat(", "+row, n-1))
}
