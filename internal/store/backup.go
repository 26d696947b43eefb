package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Files of a backup. The manifest is written last: a folder without one is not
// a whole backup.
const (
	manifestName = "manifest.json"
	databaseName = "wardbook.db"       // of SQLite: the database itself
	dumpName     = "wardbook.dump.zst" // of PostgreSQL: all rows, in a form that both engines read
	keyName      = "wardbook.key"
)

// backupFormat is the version of the form of a backup.
const backupFormat = 1

// A Manifest says what is in a backup.
type Manifest struct {
	Format  int       `json:"format"`
	Program string    `json:"program"` // version that made it
	Made    time.Time `json:"made"`
	Engine  string    `json:"engine"` // "sqlite" or "postgres"
	Schema  int64     `json:"schema"` // shape of the database
	// Key is the public key of the one that signs the book; the database can be
	// opened with that key only.
	Key   string       `json:"key"`
	Files []BackupFile `json:"files"`
	Books []BackupBook `json:"books"`
}

// A BackupFile is a file of a backup, beside the manifest.
type BackupFile struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"` // lower-case hex
	Size   int64  `json:"size"`
}

// A BackupBook is the book of an organization as the backup holds it.
type BackupBook struct {
	Organization string `json:"organization"` // id
	Name         string `json:"name"`
	Entries      int64  `json:"entries"`
	Checkpoint   string `json:"checkpoint"`
}

// BackupOptions say how a backup is made.
type BackupOptions struct {
	Program string // version of the program, for the manifest
	// KeyFile is the key that signs the book, to be put into the backup as it
	// lies there. Whoever has it can sign a forged book. Empty: it is left out.
	KeyFile string
}

// Backup writes the database at dsn, all organizations from one moment, into
// the folder dir, which must not be there. Others go on reading and writing. The
// database is not changed and not migrated. Accounts with the hashes of their
// passwords and tokens are in the backup; on PostgreSQL sessions are not. The
// key of the log is not, unless o says so.
func Backup(ctx context.Context, dsn, dir string, o BackupOptions) (m *Manifest, err error) {
	e := engineOf(dsn)
	write, read, err := e.connect(ctx, dsn, 1)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	defer write.Close()
	defer read.Close()
	m = &Manifest{Format: backupFormat, Program: o.Program, Made: time.Now().UTC().Truncate(time.Second), Engine: string(e)}
	if m.Schema, err = e.version(ctx, read); err != nil {
		return nil, err
	}
	if known := schemaVersion(); m.Schema > known {
		return nil, fmt.Errorf("%w (database %d, program %d)", ErrNewer, m.Schema, known)
	}
	if m.Schema == 0 {
		return nil, errors.New("the database holds nothing")
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			os.RemoveAll(dir)
		}
	}()
	if e == postgresEngine {
		err = m.dump(ctx, write, filepath.Join(dir, dumpName))
	} else {
		err = m.copyFile(ctx, write, filepath.Join(dir, databaseName))
	}
	if err == nil && o.KeyFile != "" {
		err = m.addKey(dir, o.KeyFile)
	}
	if err != nil {
		return nil, fmt.Errorf("backup: %w", err)
	}
	return m, m.write(dir)
}

// copyFile has SQLite write a copy from one moment.
func (m *Manifest) copyFile(ctx context.Context, db *sql.DB, path string) error {
	if _, err := db.ExecContext(ctx, "VACUUM INTO $1", path); err != nil {
		return err
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return err
	}
	copied, err := openCopy(path)
	if err != nil {
		return err
	}
	defer copied.Close()
	tx, err := copied.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // nothing was written
	if err := m.books(ctx, sqliteEngine, tx); err != nil {
		return err
	}
	return m.addFile(path)
}

// openCopy opens the database of a backup without leaving a trace in it.
func openCopy(path string) (*sql.DB, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	return sql.Open("sqlite", "file:"+(&url.URL{Path: abs}).EscapedPath()+"?mode=ro&immutable=1")
}

// dump writes all rows, as one transaction sees them.
func (m *Manifest) dump(ctx context.Context, db *sql.DB, path string) error {
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	tx, err := postgresEngine.begin(ctx, conn, System, false)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // nothing was written
	if err := m.books(ctx, postgresEngine, tx); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if err := errors.Join(postgresEngine.dump(ctx, tx, m.Schema, f), f.Sync(), f.Close()); err != nil {
		return err
	}
	return m.addFile(path)
}

// books reads where each book stands, and the key.
func (m *Manifest) books(ctx context.Context, e engine, tx *sql.Tx) error {
	err := tx.QueryRowContext(ctx, `SELECT verifier FROM log_keys ORDER BY number DESC LIMIT 1`).Scan(&m.Key)
	if err != nil {
		return fmt.Errorf("key of the log: %w", err)
	}
	rows, err := tx.QueryContext(ctx, `SELECT id, name FROM organizations ORDER BY id`)
	m.Books, err = collect(rows, err, func(s scanner) (b BackupBook, err error) {
		return b, s.Scan(&b.Organization, &b.Name)
	})
	if err != nil {
		return err
	}
	for i := range m.Books {
		b := &m.Books[i]
		if err := e.enter(ctx, tx, b.Organization); err != nil {
			return err
		}
		err := tx.QueryRowContext(ctx, `SELECT size, checkpoint FROM logs WHERE organization = $1`, b.Organization).Scan(&b.Entries, &b.Checkpoint)
		if err != nil {
			return fmt.Errorf("book of %s: %w", b.Organization, err)
		}
	}
	return nil
}

// addKey puts the key that signs the book into the backup.
func (m *Manifest) addKey(dir, file string) error {
	key, err := readKey(file)
	if err != nil {
		return fmt.Errorf("key of the log: %w", err)
	}
	if key.verifier != m.Key {
		return fmt.Errorf("the book is signed with the key %s, the file %s has %s", keyID(m.Key), file, keyID(key.verifier))
	}
	to := filepath.Join(dir, keyName)
	if err := copyKey(file, to); err != nil {
		return err
	}
	return m.addFile(to)
}

// copyKey copies a key file to a path that is not there yet.
func copyKey(from, to string) error {
	b, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	return errors.Join(err, f.Sync(), f.Close())
}

func (m *Manifest) addFile(path string) error {
	f, err := digestFile(path)
	m.Files = append(m.Files, f)
	return err
}

func digestFile(path string) (BackupFile, error) {
	f, err := os.Open(path)
	if err != nil {
		return BackupFile{}, err
	}
	defer f.Close()
	sum := sha256.New()
	n, err := io.Copy(sum, f)
	return BackupFile{Name: filepath.Base(path), SHA256: hex.EncodeToString(sum.Sum(nil)), Size: n}, err
}

func (m *Manifest) write(dir string) error {
	b, err := json.Marshal(m, jsontext.WithIndent("  "))
	if err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(dir, manifestName), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(append(b, '\n'))
	return errors.Join(err, f.Sync(), f.Close(), syncDir(dir))
}

// syncDir makes the names in a folder durable, where the system can.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	_ = d.Sync() // not every system lets a folder be synced
	return d.Close()
}

// readManifest reads the manifest of a backup and holds its files against it.
func readManifest(dir string) (*Manifest, error) {
	b, err := os.ReadFile(filepath.Join(dir, manifestName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s is no whole backup: it has no %s", dir, manifestName)
	}
	if err != nil {
		return nil, err
	}
	m := &Manifest{}
	if err := json.Unmarshal(b, m); err != nil {
		return nil, fmt.Errorf("%s: %w", manifestName, err)
	}
	known := schemaVersion()
	switch {
	case m.Format > backupFormat:
		return nil, fmt.Errorf("the form of this backup, %d, is newer than this program, which knows %d", m.Format, backupFormat)
	case m.Schema > known:
		return nil, fmt.Errorf("%w (backup %d, program %d)", ErrNewer, m.Schema, known)
	case m.Schema < 1 || m.file(databaseName) == "" && m.file(dumpName) == "":
		return nil, fmt.Errorf("%s: names no database", manifestName)
	}
	for _, want := range m.Files {
		if want.Name != filepath.Base(want.Name) {
			return nil, fmt.Errorf("%s: %q is no name of a file", manifestName, want.Name)
		}
		got, err := digestFile(filepath.Join(dir, want.Name))
		if err != nil {
			return nil, err
		}
		if got != want {
			return nil, fmt.Errorf("%s was changed or cut off: its digest is not the one that the backup was made with", want.Name)
		}
	}
	return m, nil
}

// file is name where the manifest lists that file, else empty.
func (m *Manifest) file(name string) string {
	for _, f := range m.Files {
		if f.Name == name {
			return name
		}
	}
	return ""
}
