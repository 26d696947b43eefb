package store

import (
	"crypto/sha256"
	"database/sql"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// factBatch gathers rows of one table and writes many at a time: with
// statements of 100 rows on SQLite, with COPY on PostgreSQL.
type factBatch struct {
	tx     *Tx
	table  factTable
	grp    string
	write  bool
	closed []string  // rows to end
	rows   [][]any   // in the order of bulkColumns
	insert *sql.Stmt // of a full batch, on SQLite
}

const (
	sqliteRows   = 100
	postgresRows = 10_000
)

func (t factTable) bulkColumns() []string {
	return append([]string{"organization", "grp", "id", "from_pos", "to_pos", "digest", "place", "data"}, t.columns...)
}

// replace adds a row, and ends the one that it takes the place of.
func (b *factBatch) replace(f fact, digest [sha256.Size]byte, replaces bool) error {
	if !b.write {
		return nil
	}
	if replaces {
		b.closed = append(b.closed, f.id)
	}
	row := []any{b.tx.org, b.grp, f.id, b.tx.w.entry.Position, int64(now), digest[:], f.place, f.data}
	for _, c := range f.columns {
		row = append(row, c)
	}
	b.rows = append(b.rows, row)
	full := sqliteRows
	if b.tx.s.engine == postgresEngine {
		full = postgresRows
	}
	if len(b.rows) < full {
		return nil
	}
	return b.flush()
}

// flush writes what is gathered.
func (b *factBatch) flush() error {
	if !b.write || len(b.rows) == 0 {
		return nil
	}
	if err := b.tx.closeFacts(b.table, b.grp, b.closed, true); err != nil {
		return err
	}
	var err error
	if b.tx.s.engine == postgresEngine {
		err = b.copy()
	} else {
		err = b.values()
	}
	b.rows, b.closed = b.rows[:0], b.closed[:0]
	if err != nil {
		return fmt.Errorf("%s: %w", b.table.name, err)
	}
	return nil
}

func (b *factBatch) values() error {
	columns := b.table.bulkColumns()
	args := make([]any, 0, len(b.rows)*len(columns))
	for _, row := range b.rows {
		args = append(args, row...)
	}
	if len(b.rows) < sqliteRows {
		_, err := b.tx.tx.ExecContext(b.tx.ctx, b.statement(len(b.rows)), args...)
		return err
	}
	if b.insert == nil {
		var err error
		if b.insert, err = b.tx.tx.PrepareContext(b.tx.ctx, b.statement(sqliteRows)); err != nil {
			return err
		}
	}
	_, err := b.insert.ExecContext(b.tx.ctx, args...)
	return err
}

// statement inserts n rows. Only SQLite runs it: OR FAIL saves a journal of
// each statement, which is of no use since an error ends the whole transaction,
// and parameters without names are bound faster.
func (b *factBatch) statement(n int) string {
	columns := b.table.bulkColumns()
	var s strings.Builder
	fmt.Fprintf(&s, "INSERT OR FAIL INTO %s (%s) VALUES ", b.table.name, strings.Join(columns, ", "))
	for i := range n {
		if i > 0 {
			s.WriteString(", ")
		}
		s.WriteString("(?" + strings.Repeat(", ?", len(columns)-1) + ")")
	}
	return s.String()
}

// copy goes through a temporary table: COPY does not write to a table with
// row-level security.
func (b *factBatch) copy() error {
	columns := b.table.bulkColumns()
	temp := "bulk_" + b.table.name
	names := strings.Join(columns, ", ")
	_, err := b.tx.tx.ExecContext(b.tx.ctx, fmt.Sprintf(
		"CREATE TEMPORARY TABLE IF NOT EXISTS %s ON COMMIT DROP AS SELECT %s FROM %s WITH NO DATA", temp, names, b.table.name))
	if err != nil {
		return err
	}
	err = b.tx.conn.Raw(func(driver any) error {
		conn := driver.(*stdlib.Conn).Conn()
		_, err := conn.CopyFrom(b.tx.ctx, pgx.Identifier{temp}, columns, pgx.CopyFromRows(b.rows))
		return err
	})
	if err != nil {
		return err
	}
	_, err = b.tx.tx.ExecContext(b.tx.ctx, fmt.Sprintf("INSERT INTO %s (%s) SELECT %s FROM %s", b.table.name, names, names, temp))
	if err != nil {
		return err
	}
	_, err = b.tx.tx.ExecContext(b.tx.ctx, "TRUNCATE "+temp)
	return err
}
