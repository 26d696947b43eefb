package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	_ "github.com/jackc/pgx/v5/stdlib" // driver "pgx"
	_ "modernc.org/sqlite"             // the driver
)

// engine is the database behind the store. All that differs between the two
// is in this file, in bulk.go and in the migrations that end in .postgres.sql.
type engine string

const (
	sqliteEngine   engine = "sqlite"
	postgresEngine engine = "postgres"
)

// sqliteFloor is the oldest SQLite that is safe to use: versions before it
// have a defect in the write-ahead log that can lose committed data.
var sqliteFloor = [3]int{3, 53, 2}

func engineOf(dsn string) engine {
	if strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://") {
		return postgresEngine
	}
	return sqliteEngine
}

// connect opens the pool that writes and the one that reads. On SQLite the
// first has one connection, so that writers queue here and not in the
// database, and the second cannot write; on PostgreSQL they are one pool and
// each transaction says whether it writes. The writer's page cache (KiB) holds
// the indexes of a million devices; without it an import reads them over and
// over. That of readers is small: it is emptied, page by page, after each commit of
// the writer, and the system caches the file beside it. secure_delete overwrites
// what is redacted.
func (e engine) connect(ctx context.Context, dsn string, readers int) (write, read *sql.DB, err error) {
	if e == postgresEngine {
		db, err := sql.Open("pgx", dsn)
		if err != nil {
			return nil, nil, err
		}
		db.SetMaxOpenConns(readers + 8)
		db.SetMaxIdleConns(readers)
		return db, db, db.PingContext(ctx)
	}
	path, err := filepath.Abs(dsn)
	if err != nil {
		return nil, nil, err
	}
	// Hashes of passwords are in it: for its owner only. What SQLite puts beside
	// it gets the same mode.
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err == nil {
		err = f.Close()
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, nil, err
	}
	base := "file:" + (&url.URL{Path: path}).EscapedPath() +
		"?_pragma=busy_timeout(20000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)&_pragma=temp_store(2)"
	if write, err = sql.Open("sqlite", base+"&_pragma=cache_size(-98304)&_pragma=secure_delete(1)&_txlock=immediate"); err != nil {
		return nil, nil, err
	}
	write.SetMaxOpenConns(1)
	if err = checkSQLite(ctx, write); err != nil {
		write.Close()
		return nil, nil, err
	}
	if read, err = sql.Open("sqlite", base+"&_pragma=cache_size(-4096)&_pragma=query_only(1)"); err != nil {
		write.Close()
		return nil, nil, err
	}
	read.SetMaxOpenConns(readers)
	read.SetMaxIdleConns(readers)
	return write, read, nil
}

func checkSQLite(ctx context.Context, db *sql.DB) error {
	var version string
	if err := db.QueryRowContext(ctx, "SELECT sqlite_version()").Scan(&version); err != nil {
		return err
	}
	parts := strings.Split(version, ".")
	for i, floor := range sqliteFloor {
		n := 0
		if i < len(parts) {
			n, _ = strconv.Atoi(parts[i])
		}
		if n > floor {
			return nil
		}
		if n < floor {
			return fmt.Errorf("SQLite %s is too old, %d.%d.%d or later is needed", version, sqliteFloor[0], sqliteFloor[1], sqliteFloor[2])
		}
	}
	return nil
}

// begin starts a transaction in which only rows of org are seen, as far as
// the engine can see to that.
func (e engine) begin(ctx context.Context, c *sql.Conn, org string, writes bool) (*sql.Tx, error) {
	if e == sqliteEngine {
		return c.BeginTx(ctx, nil)
	}
	opts := &sql.TxOptions{ReadOnly: !writes, Isolation: sql.LevelReadCommitted}
	if !writes {
		opts.Isolation = sql.LevelRepeatableRead
	}
	tx, err := c.BeginTx(ctx, opts)
	if err != nil {
		return nil, err
	}
	if _, err := tx.ExecContext(ctx, "SELECT set_config('wardbook.organization', $1, true)", org); err != nil {
		return nil, errors.Join(err, tx.Rollback())
	}
	return tx, nil
}

// skipLocked ends a sub-select that picks rows to be claimed. SQLite has one
// writer at a time and needs nothing.
func (e engine) skipLocked() string {
	if e == postgresEngine {
		return " FOR UPDATE SKIP LOCKED"
	}
	return ""
}

var textColumn = regexp.MustCompile(`\bTEXT\b`)

// schema adapts the text of a migration.
func (e engine) schema(text string) string {
	if e == postgresEngine {
		return textColumn.ReplaceAllString(text, `TEXT COLLATE "C"`)
	}
	return text
}
