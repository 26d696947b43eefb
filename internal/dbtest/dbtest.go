// Package dbtest gives tests a fresh store on every engine: SQLite always,
// PostgreSQL when its server programs are on the machine. It owns the server
// that it starts and stops it; it is for tests only.
package dbtest

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/wardbook/wardbook/internal/store"
)

// Each runs fn as a sub-test on a fresh store of each engine.
func Each(t *testing.T, fn func(t *testing.T, s *store.Store)) {
	t.Helper()
	EachDSN(t, func(t *testing.T, dsn string, opts ...store.Option) {
		fn(t, Open(t, dsn, opts...))
	})
}

// EachDSN runs fn as a sub-test with the address of an empty database of each
// engine and the options that Open needs for it.
func EachDSN(t *testing.T, fn func(t *testing.T, dsn string, opts ...store.Option)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		fn(t, filepath.Join(t.TempDir(), "wardbook.db"))
	})
	t.Run("postgres", func(t *testing.T) {
		fn(t, Postgres(t), store.KeyFile(filepath.Join(t.TempDir(), "key")))
	})
}

// Open opens a store and closes it when the test ends.
func Open(t *testing.T, dsn string, opts ...store.Option) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), dsn, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

var server struct {
	sync.Mutex
	base   string // address of the server without a database
	err    error
	number int
}

// Postgres makes an empty PostgreSQL database, owned by a role that row-level
// security holds for, and gives its address. The test is skipped when there is
// no server to be had. WARDBOOK_POSTGRES may name a running server, as an
// address of a role that may create databases and roles.
func Postgres(t *testing.T) string {
	t.Helper()
	server.Lock()
	defer server.Unlock()
	if server.base == "" && server.err == nil {
		if server.base = os.Getenv("WARDBOOK_POSTGRES"); server.base == "" {
			server.base, server.err = startPostgres()
		}
	}
	if server.err != nil {
		t.Skip("no PostgreSQL: ", server.err)
	}
	server.number++
	name := fmt.Sprintf("wardbook_%d_%d", os.Getpid(), server.number)
	db, err := sql.Open("pgx", server.base)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(`DO $$ BEGIN
		IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'wardbook_test') THEN
			CREATE ROLE wardbook_test LOGIN PASSWORD 'wardbook_test'; END IF; END $$`); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("CREATE DATABASE " + name + " OWNER wardbook_test"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		db, err := sql.Open("pgx", server.base)
		if err == nil {
			_, _ = db.Exec("DROP DATABASE " + name + " WITH (FORCE)")
			db.Close()
		}
	})
	u, err := url.Parse(server.base)
	if err != nil {
		t.Fatal(err)
	}
	u.User, u.Path = url.UserPassword("wardbook_test", "wardbook_test"), "/"+name
	return u.String()
}

func answers(base string) bool {
	db, err := sql.Open("pgx", base)
	if err != nil {
		return false
	}
	defer db.Close()
	return db.Ping() == nil
}

// programs finds the folder of initdb and postgres, version 15 or later.
func programs() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			return filepath.Dir(path), nil
		}
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	for i := len(found) - 1; i >= 0; i-- {
		dir := filepath.Dir(found[i])
		if v, err := strconv.Atoi(filepath.Base(filepath.Dir(dir))); err == nil && v >= 15 {
			return dir, nil
		}
	}
	return "", errors.New("initdb of PostgreSQL 15 or later is not installed (Debian: postgresql-15)")
}

// folder is a short path, since the path of a socket is at most 107 bytes.
func folder() (string, error) {
	wd, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for d := wd; ; d = filepath.Dir(d) {
		if _, err := os.Stat(filepath.Join(d, "go.mod")); err == nil || d == filepath.Dir(d) {
			sum := sha256.Sum256([]byte(d))
			return filepath.Join(os.TempDir(), "wardbook-pg-"+strconv.Itoa(os.Getuid())+"-"+hex.EncodeToString(sum[:4])), nil
		}
	}
}

func tail(out []byte) string {
	s := strings.TrimSpace(string(out))
	return s[max(0, len(s)-400):]
}
