package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Restore brings the backup in the folder dir into the database at dsn, of
// either engine, which must be empty (ErrNotEmpty) or, on SQLite, not there. The
// files of the backup are held against their digests first. Sessions and links
// that work once are not brought back; jobs that waited then wait again.
//
// The key of the log has to lie where Open looks for it; one that is not there
// is taken from the backup, if that has it. Restore does not verify the books:
// Verify each, with the checkpoint of the manifest.
func Restore(ctx context.Context, dir, dsn string, opts ...Option) (*Manifest, error) {
	o := options{}
	for _, opt := range opts {
		opt(&o)
	}
	e := engineOf(dsn)
	if o.keyFile == "" {
		if e == postgresEngine {
			return nil, errNoKeyFile
		}
		o.keyFile = dsn + ".key"
	}
	m, err := readManifest(dir)
	if err != nil {
		return nil, err
	}
	bring, err := m.needsKey(o.keyFile)
	if err != nil {
		return m, err
	}
	if e == postgresEngine {
		err = m.restore(ctx, dir, dsn)
	} else {
		err = m.restoreFile(ctx, dir, dsn)
	}
	if err == nil && bring {
		err = copyKey(filepath.Join(dir, keyName), o.keyFile)
	}
	return m, err
}

// needsKey reports whether the key is to be taken from the backup. Without the
// key the database could not be opened, so that is found out before.
func (m *Manifest) needsKey(file string) (bool, error) {
	key, err := readKey(file)
	switch {
	case err == nil && key.verifier == m.Key:
		return false, nil
	case err == nil:
		return false, fmt.Errorf("the book is signed with the key %s, the file %s has %s: bring the right key file", keyID(m.Key), file, keyID(key.verifier))
	case !errors.Is(err, fs.ErrNotExist):
		return false, fmt.Errorf("key of the log: %w", err)
	case m.file(keyName) == "":
		return false, fmt.Errorf("the book is signed with the key %s, which is not in the backup: put its file at %s", keyID(m.Key), file)
	}
	return true, nil
}

// restoreFile makes an SQLite database. It has another name until all is in it.
func (m *Manifest) restoreFile(ctx context.Context, dir, path string) (err error) {
	for _, there := range []string{path, path + "-wal"} {
		if _, err := os.Stat(there); !errors.Is(err, fs.ErrNotExist) {
			return errors.Join(ErrNotEmpty, err)
		}
	}
	half := path + ".restoring"
	clear := func() {
		for _, tail := range []string{"", "-wal", "-shm", "-journal"} {
			os.Remove(half + tail)
		}
	}
	clear() // left by one that was stopped
	defer clear()
	if m.file(databaseName) != "" {
		err = copyDatabase(filepath.Join(dir, databaseName), half)
	} else {
		err = m.restore(ctx, dir, half)
	}
	if err == nil {
		err = m.forget(ctx, half)
	}
	if err != nil {
		return err
	}
	if i, err := os.Stat(half + "-wal"); err == nil && i.Size() > 0 {
		return errors.New("the write-ahead log could not be taken into the database: is another program at it?")
	}
	if err := os.Chmod(half, 0o600); err != nil {
		return err
	}
	if err := os.Link(half, path); err != nil { // fails where somebody was quicker
		return err
	}
	return syncDir(filepath.Dir(path))
}

func copyDatabase(from, to string) error {
	r, err := os.Open(from)
	if err != nil {
		return err
	}
	defer r.Close()
	w, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, r)
	return errors.Join(err, w.Sync(), w.Close())
}

// forget takes out what does not come back, and brings the database to the shape
// that this program knows.
func (m *Manifest) forget(ctx context.Context, dsn string) error {
	e := engineOf(dsn)
	write, read, err := e.connect(ctx, dsn, 1)
	if err != nil {
		return err
	}
	defer write.Close()
	defer read.Close()
	if _, err := write.ExecContext(ctx, `DELETE FROM sessions`); err != nil {
		return err
	}
	if _, err := write.ExecContext(ctx, `DELETE FROM tokens WHERE kind <> 'api'`); err != nil {
		return err
	}
	if err := e.migrate(ctx, write, schemaVersion()); err != nil {
		return err
	}
	_, err = write.ExecContext(ctx, `DELETE FROM requests`)
	return err
}

// restore loads the rows of the backup into an empty database.
func (m *Manifest) restore(ctx context.Context, dir, dsn string) error {
	e := engineOf(dsn)
	write, read, err := e.connect(ctx, dsn, 1)
	if err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	defer write.Close()
	defer read.Close()
	have, err := e.version(ctx, write)
	if err != nil {
		return err
	}
	if have > m.Schema {
		return fmt.Errorf("%w: it has a newer shape than the backup", ErrNotEmpty)
	}
	if err := e.migrate(ctx, write, m.Schema); err != nil {
		return err
	}
	r, err := m.open(ctx, dir)
	if err != nil {
		return err
	}
	defer r.Close()
	d, err := newDumpReader(r)
	if err != nil {
		return fmt.Errorf("%s: %w", dumpName, err)
	}
	defer d.z.Close()
	if d.head.Schema != m.Schema {
		return fmt.Errorf("%s: has shape %d, the manifest says %d", dumpName, d.head.Schema, m.Schema)
	}
	if err := e.load(ctx, write, d); err != nil {
		return err
	}
	return e.migrate(ctx, write, schemaVersion())
}

// open reads the dump of a backup; that of an SQLite database is made on the way.
func (m *Manifest) open(ctx context.Context, dir string) (io.ReadCloser, error) {
	if m.file(dumpName) != "" {
		return os.Open(filepath.Join(dir, dumpName))
	}
	db, err := openCopy(filepath.Join(dir, databaseName))
	if err != nil {
		return nil, err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	r, w := io.Pipe()
	go func() {
		err := sqliteEngine.dump(ctx, tx, m.Schema, w)
		_ = tx.Rollback() // nothing was written
		w.CloseWithError(errors.Join(err, db.Close()))
	}()
	return r, nil
}
