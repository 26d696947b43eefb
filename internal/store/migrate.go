package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations/*.sql
var migrations embed.FS

// ErrNewer: the database was written by a newer version of the program.
var ErrNewer = errors.New("the database is newer than this program: install the version that wrote it, or a later one")

// ErrMigration: the database could not be brought to the shape that this
// program knows. Nothing of the step that failed was kept; those before it were.
var ErrMigration = errors.New("migration of the database, nothing of the failed step was kept")

// A Schema says which shape a database has and which this program knows. The
// shapes are numbered; 0 is an empty database.
type Schema struct {
	Database int64
	Program  int64
}

// ReadSchema reads which shape the database at dsn has, and changes nothing.
func ReadSchema(ctx context.Context, dsn string) (Schema, error) {
	state := Schema{Program: schemaVersion()}
	e := engineOf(dsn)
	write, read, err := e.connect(ctx, dsn, 1)
	if err != nil {
		return state, fmt.Errorf("open database: %w", err)
	}
	defer write.Close()
	defer read.Close()
	state.Database, err = e.version(ctx, read)
	return state, err
}

// Migrate brings the database at dsn to the shape that this program knows, as
// Open does. It needs no key.
func Migrate(ctx context.Context, dsn string) error {
	return migrateTo(ctx, dsn, schemaVersion())
}

func migrateTo(ctx context.Context, dsn string, version int64) error {
	e := engineOf(dsn)
	write, read, err := e.connect(ctx, dsn, 1)
	if err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	defer write.Close()
	defer read.Close()
	return e.migrate(ctx, write, version)
}

// schemaVersion is the newest shape that this program knows.
func schemaVersion() int64 {
	var n int64
	names, _ := fs.Glob(migrations, "migrations/*.sql") // the pattern is good
	for _, name := range names {
		if !strings.HasSuffix(name, ".postgres.sql") {
			n++
		}
	}
	return n
}

const versionTable = "schema_versions"

// version is the shape that a database has.
func (e engine) version(ctx context.Context, db *sql.DB) (int64, error) {
	there := `SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = $1`
	if e == postgresEngine {
		there = `SELECT count(*) FROM pg_tables WHERE schemaname = current_schema() AND tablename = $1`
	}
	var n, version int64
	if err := db.QueryRowContext(ctx, there, versionTable).Scan(&n); err != nil || n == 0 {
		return 0, err
	}
	err := db.QueryRowContext(ctx, `SELECT coalesce(max(version_id), 0) FROM `+versionTable+` WHERE is_applied`).Scan(&version)
	return version, err
}

// migrate brings the database to the given shape. It goes forward only: what
// went wrong is restored from a backup. Each migration is one transaction, and
// on PostgreSQL one program at a time migrates. On SQLite another program may
// have been quicker: then the step fails here, and is found done at the next
// look.
func (e engine) migrate(ctx context.Context, db *sql.DB, version int64) error {
	err := e.migrateOnce(ctx, db, version)
	for try := 0; err != nil && e == sqliteEngine && !errors.Is(err, ErrNewer) && try < 3; try++ {
		time.Sleep(300 * time.Millisecond)
		err = e.migrateOnce(ctx, db, version)
	}
	return err
}

func (e engine) migrateOnce(ctx context.Context, db *sql.DB, version int64) error {
	steps, err := e.steps()
	if err != nil {
		return err
	}
	opts := []goose.ProviderOption{
		goose.WithGoMigrations(steps...),
		goose.WithDisableGlobalRegistry(true),
		goose.WithTableName(versionTable),
		goose.WithLogger(goose.NopLogger()),
	}
	dialect := goose.DialectSQLite3
	if e == postgresEngine {
		dialect = goose.DialectPostgres
		locker, err := lock.NewPostgresSessionLocker()
		if err != nil {
			return err
		}
		opts = append(opts, goose.WithSessionLocker(locker))
	}
	p, err := goose.NewProvider(dialect, db, nil, opts...)
	if err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	have, err := p.GetDBVersion(ctx)
	if err != nil {
		return fmt.Errorf("version of the database: %w", err)
	}
	if have > version {
		return fmt.Errorf("%w (database %d, program %d)", ErrNewer, have, version)
	}
	if have == version {
		return nil
	}
	if _, err := p.UpTo(ctx, version); err != nil {
		return fmt.Errorf("%w: %w", ErrMigration, err)
	}
	return nil
}

// steps are the embedded migrations, numbered from 1 without a gap. A file
// NNNN_name.postgres.sql is the second part of NNNN_name.sql on PostgreSQL.
func (e engine) steps() ([]*goose.Migration, error) {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return nil, err
	}
	var steps []*goose.Migration
	for _, name := range names {
		if strings.HasSuffix(name, ".postgres.sql") {
			continue
		}
		b, err := migrations.ReadFile(name)
		if err != nil {
			return nil, err
		}
		text := e.schema(string(b))
		if e == postgresEngine {
			more, err := migrations.ReadFile(strings.TrimSuffix(name, ".sql") + ".postgres.sql")
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return nil, err
			}
			text += string(more)
		}
		steps = append(steps, goose.NewGoMigration(int64(len(steps)+1), &goose.GoFunc{
			RunTx: func(ctx context.Context, tx *sql.Tx) error {
				_, err := tx.ExecContext(ctx, text)
				return err
			},
		}, nil))
	}
	return steps, nil
}
