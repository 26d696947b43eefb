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

// migrate brings the database to the shape that this program knows. It goes
// forward only: what went wrong is restored from a backup. Each migration is
// one transaction, and on PostgreSQL one program at a time migrates. On SQLite
// another program may have been quicker: then the step fails here, and is found
// done at the next look.
func (e engine) migrate(ctx context.Context, db *sql.DB) error {
	err := e.migrateOnce(ctx, db)
	for try := 0; err != nil && e == sqliteEngine && !errors.Is(err, ErrNewer) && try < 3; try++ {
		time.Sleep(300 * time.Millisecond)
		err = e.migrateOnce(ctx, db)
	}
	return err
}

func (e engine) migrateOnce(ctx context.Context, db *sql.DB) error {
	steps, err := e.steps()
	if err != nil {
		return err
	}
	opts := []goose.ProviderOption{
		goose.WithGoMigrations(steps...),
		goose.WithDisableGlobalRegistry(true),
		goose.WithTableName("schema_versions"),
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
	if have > int64(len(steps)) {
		return fmt.Errorf("%w (database %d, program %d)", ErrNewer, have, len(steps))
	}
	if have == int64(len(steps)) {
		return nil
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migration of the database, nothing of the failed step was kept: %w", err)
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
