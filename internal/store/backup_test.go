package store_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/dbtest"
	"github.com/wardbook/wardbook/internal/store"
)

// TestBackupTables: a table that a migration adds is in the backups, or left out
// on purpose, and read behind row-level security where that is before it.
func TestBackupTables(t *testing.T) {
	s := dbtest.Open(t, dbtest.Postgres(t), store.KeyFile(filepath.Join(t.TempDir(), "key")))
	rows, err := s.RawDB().Query(`SELECT relname, relrowsecurity FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	tables := map[string]bool{}
	for rows.Next() {
		var name string
		var walled bool
		if err := rows.Scan(&name, &walled); err != nil {
			t.Fatal(err)
		}
		tables[name] = walled
	}
	if diff := cmp.Diff(tables, store.Tables()); diff != "" || rows.Err() != nil {
		t.Errorf("tables of the database (-) and of backups (+): %v\n%s", rows.Err(), diff)
	}
}

// a place is where a database may lie.
type place struct {
	name, dsn, key string
}

func (p place) open(t *testing.T) *store.Store {
	t.Helper()
	return dbtest.Open(t, p.dsn, store.KeyFile(p.key))
}

// fresh is a database of an engine that is not there yet, with a key or none.
func fresh(t *testing.T, engine, key string) place {
	t.Helper()
	dir := t.TempDir()
	p := place{engine, filepath.Join(dir, "ward's book.db"), filepath.Join(dir, "key")}
	if engine == "postgres" {
		p.dsn = dbtest.Postgres(t)
	}
	if key != "" {
		b, err := os.ReadFile(key)
		if err == nil {
			err = os.WriteFile(p.key, b, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return p
}

func backup(t *testing.T, p place, o store.BackupOptions) (string, *store.Manifest) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "backup")
	m, err := store.Backup(t.Context(), p.dsn, dir, o)
	if err != nil {
		t.Fatal(err)
	}
	return dir, m
}

// TestBackupRestore moves an installation from each engine to each. All of it
// is there, the books verify against the checkpoints of the manifest, people
// sign in, and the book goes on.
func TestBackupRestore(t *testing.T) {
	for _, from := range []string{"sqlite", "postgres"} {
		for _, to := range []string{"sqlite", "postgres"} {
			t.Run(from+" to "+to, func(t *testing.T) {
				a := fresh(t, from, "")
				s := a.open(t)
				north, south := org(t, s, "north"), org(t, s, "south")
				fill(t, s, north, "alpha")
				fill(t, s, south, "béta\u2028<&>")
				makeUser(t, s, "ana")
				session, _, err := s.StartSession(t.Context(), store.Session{User: "ana", Idle: time.Hour}, time.Hour)
				if err != nil {
					t.Fatal(err)
				}
				dir, m := backup(t, a, store.BackupOptions{Program: "test"})
				b := fresh(t, to, a.key)
				got, err := store.Restore(t.Context(), dir, b.dsn, store.KeyFile(b.key))
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(m, got); diff != "" {
					t.Errorf("manifest: %s", diff)
				}
				r := b.open(t)
				same(t, s, r)
				for _, book := range m.Books {
					v, err := r.Verify(t.Context(), book.Organization, store.VerifyOptions{Checkpoint: book.Checkpoint})
					if verified(t, v, err); v.Entries != book.Entries || v.Entries == 0 {
						t.Errorf("%s has %d entries, the manifest says %d", book.Name, v.Entries, book.Entries)
					}
				}
				if id, err := r.SignIn(t.Context(), "ana@example.org", "correct horse battery"); err != nil || id != "ana" {
					t.Errorf("signing in: %q %v", id, err)
				}
				if _, err := r.Session(t.Context(), session); !errors.Is(err, wardbook.ErrNotFound) {
					t.Errorf("a session came back: %v", err)
				}
				if j := claim(t, r, "w"); j == nil || !strings.HasSuffix(j.Kind, "-job") {
					t.Errorf("job: %+v", j)
				}
				put(t, r, north, "later", 0, testRecord{Title: "later"})
				v, err := r.Verify(t.Context(), north, store.VerifyOptions{Checkpoint: m.Books[0].Checkpoint})
				verified(t, v, err)
				if _, err := store.Restore(t.Context(), dir, b.dsn, store.KeyFile(b.key)); !errors.Is(err, store.ErrNotEmpty) {
					t.Errorf("a second backup over the first: %v", err)
				}
			})
		}
	}
}

// same compares all rows of two databases.
func same(t *testing.T, a, b *store.Store) {
	t.Helper()
	one, err := a.DumpLines(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	two, err := b.DumpLines(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(one) < 100 {
		t.Errorf("%d lines only", len(one))
	}
	if diff := cmp.Diff(one, two); diff != "" {
		t.Errorf("rows: %s", diff)
	}
}

// TestBackupWhileServing: a backup that is made while others write is of one
// moment of all books.
func TestBackupWhileServing(t *testing.T) {
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			a := fresh(t, engine, "")
			s := a.open(t)
			north := org(t, s, "north")
			fill(t, s, north, "alpha")
			ctx, stop := context.WithCancel(t.Context())
			ended := make(chan int)
			go func() {
				n := 0
				for ; ctx.Err() == nil; n++ {
					err := s.Update(ctx, north, event, func(tx *store.Tx) error {
						if _, err := tx.AddEvidence(wardbook.Evidence{Name: "doc"}, strings.NewReader(strings.Repeat(fmt.Sprint(n), 1000))); err != nil {
							return err
						}
						_, err := tx.Put(fmt.Sprint("while-", n), 0, testRecord{Title: "while"})
						return err
					})
					if err != nil && ctx.Err() == nil {
						t.Error(err)
						break
					}
				}
				ended <- n
			}()
			for range 3 {
				dir, m := backup(t, a, store.BackupOptions{})
				b := fresh(t, "sqlite", a.key)
				if _, err := store.Restore(t.Context(), dir, b.dsn, store.KeyFile(b.key)); err != nil {
					t.Fatal(err)
				}
				v, err := b.open(t).Verify(t.Context(), north, store.VerifyOptions{Checkpoint: m.Books[0].Checkpoint})
				verified(t, v, err)
			}
			stop()
			if n := <-ended; n < 3 {
				t.Errorf("%d updates were made meanwhile", n)
			}
		})
	}
}

// TestBackupKey: the key is in a backup only where that was asked for, and no
// database comes back without the right one.
func TestBackupKey(t *testing.T) {
	a := fresh(t, "sqlite", "")
	s := a.open(t)
	org(t, s, "north")
	secret, err := os.ReadFile(a.key)
	if err != nil {
		t.Fatal(err)
	}
	without, _ := backup(t, a, store.BackupOptions{})
	private := bytes.Fields(secret)[0]
	files, err := filepath.Glob(filepath.Join(without, "*"))
	if err != nil || len(files) != 2 {
		t.Errorf("files %q %v", files, err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil || bytes.Contains(b, private) {
			t.Errorf("%s holds the key: %v", f, err)
		}
	}
	for _, f := range append(files, a.dsn, a.dsn+"-wal", a.key) {
		if i, err := os.Stat(f); err != nil || i.Mode().Perm() != 0o600 {
			t.Errorf("%s: others may read it: %v %v", f, i, err)
		}
	}
	b := fresh(t, "sqlite", "")
	if _, err := store.Restore(t.Context(), without, b.dsn, store.KeyFile(b.key)); err == nil || !strings.Contains(err.Error(), "put its file at") {
		t.Errorf("without a key: %v", err)
	}
	other := fresh(t, "sqlite", "")
	other.open(t)
	if _, err := store.Restore(t.Context(), without, b.dsn, store.KeyFile(other.key)); err == nil || !strings.Contains(err.Error(), "bring the right key file") {
		t.Errorf("with another key: %v", err)
	}
	if _, err := store.Backup(t.Context(), a.dsn, filepath.Join(t.TempDir(), "b"), store.BackupOptions{KeyFile: other.key}); err == nil {
		t.Error("a key that does not sign this book")
	}
	if _, err := os.Stat(b.dsn); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a refused backup left a database: %v", err)
	}
	with, _ := backup(t, a, store.BackupOptions{KeyFile: a.key})
	if _, err := store.Restore(t.Context(), with, b.dsn, store.KeyFile(b.key)); err != nil {
		t.Fatal(err)
	}
	put(t, b.open(t), "north", "x", 0, testRecord{Title: "signed with the key of the backup"})
}

// TestBackupDamaged: what is not as it was written does not come back, and
// leaves the database empty.
func TestBackupDamaged(t *testing.T) {
	a := fresh(t, "postgres", "")
	s := a.open(t)
	fill(t, s, org(t, s, "north"), "alpha")
	dump := "wardbook.dump.zst"
	for name, damage := range map[string]func(t *testing.T, dir string){
		"no manifest": func(t *testing.T, dir string) { must(t, os.Remove(filepath.Join(dir, "manifest.json"))) },
		"no dump":     func(t *testing.T, dir string) { must(t, os.Remove(filepath.Join(dir, dump))) },
		"cut off":     func(t *testing.T, dir string) { must(t, os.Truncate(filepath.Join(dir, dump), 500)) },
		"changed byte": func(t *testing.T, dir string) {
			change(t, filepath.Join(dir, dump), func(b []byte) []byte { b[len(b)/2] ^= 1; return b })
		},
		"half": func(t *testing.T, dir string) { // with a digest that fits
			m, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
			must(t, err)
			change(t, filepath.Join(dir, dump), func(b []byte) []byte {
				text := store.Decompress(b)
				half := store.Compress(string(text[:bytes.LastIndexByte(text[:len(text)-100], '\n')+1]))
				for _, sum := range [][2]string{{digest(b), digest(half)}, {fmt.Sprintf(`"size": %d`, len(b)), fmt.Sprintf(`"size": %d`, len(half))}} {
					m = bytes.Replace(m, []byte(sum[0]), []byte(sum[1]), 1)
				}
				must(t, os.WriteFile(filepath.Join(dir, "manifest.json"), m, 0o600))
				return half
			})
		},
		"newer": func(t *testing.T, dir string) {
			change(t, filepath.Join(dir, "manifest.json"), func(b []byte) []byte {
				return bytes.Replace(b, []byte(`"schema": `), []byte(`"schema": 9`), 1)
			})
		},
		"file elsewhere": func(t *testing.T, dir string) {
			change(t, filepath.Join(dir, "manifest.json"), func(b []byte) []byte {
				return bytes.Replace(b, []byte(`"name": "`+dump), []byte(`"name": "../`+dump), 1)
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir, _ := backup(t, a, store.BackupOptions{})
			damage(t, dir)
			refused(t, dir, "sqlite", a.key)
			if name == "half" {
				refused(t, dir, "postgres", a.key)
			}
		})
	}
	if _, err := store.Backup(t.Context(), a.dsn, t.TempDir(), store.BackupOptions{}); !errors.Is(err, os.ErrExist) {
		t.Errorf("a backup over a folder that is there: %v", err)
	}
}

// refused checks that a backup does not come back, and leaves nothing.
func refused(t *testing.T, dir, engine, key string) {
	t.Helper()
	b := fresh(t, engine, key)
	_, err := store.Restore(t.Context(), dir, b.dsn, store.KeyFile(b.key))
	if err == nil {
		t.Errorf("%s: came back", engine)
	}
	if ids, _, err := b.open(t).Organizations(t.Context()); err != nil || len(ids) != 0 {
		t.Errorf("%s: %v %v", engine, ids, err)
	}
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func change(t *testing.T, path string, f func([]byte) []byte) {
	t.Helper()
	b, err := os.ReadFile(path)
	must(t, err)
	next := f(slices.Clone(b))
	if bytes.Equal(b, next) {
		t.Fatal("nothing was changed")
	}
	must(t, os.WriteFile(path, next, 0o600))
}

// FuzzDump reads damaged dumps: no panic, and no row without its cells.
func FuzzDump(f *testing.F) {
	head := `{"wardbook_dump":{"format":1,"schema":1}}` + "\n"
	table := `{"table":{"name":"jobs","columns":[{"name":"id","kind":"text"},{"name":"n","kind":"integer"},{"name":"b","kind":"bytes"},{"name":"c","kind":"boolean"}]}}` + "\n"
	row := `["a",1,"aGk=",true]` + "\n" + `[null,null,null,null]` + "\n"
	for _, s := range []string{"", head, head + row, head + table + row + `{"end":{"rows":2}}`, head + table + row + `{"end":{"rows":3}}`, head + table + `["a"]`, head + table + table, head + table + `["a",1.5,"?",0]`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if n, err := store.ReadDump(bytes.NewReader(store.Compress(text))); err == nil && !strings.Contains(text, `"end"`) {
			t.Errorf("%d rows without an end", n)
		}
		_, _ = store.ReadDump(strings.NewReader(text)) // not compressed
	})
}

// TestBackupSpeed measures a backup and its way back; WARDBOOK_FLEET says how
// many devices.
func TestBackupSpeed(t *testing.T) {
	n, err := strconv.Atoi(os.Getenv("WARDBOOK_FLEET"))
	if err != nil {
		t.Skip("WARDBOOK_FLEET names no number of devices")
	}
	for _, engine := range []string{"sqlite", "postgres"} {
		a := fresh(t, engine, "")
		s := a.open(t)
		north := org(t, s, "north")
		for round := range 2 {
			update(t, s, north, func(tx *store.Tx) error {
				if _, err := tx.AddEvidence(wardbook.Evidence{Name: "random"}, io.LimitReader(rand.Reader, 50<<20)); err != nil {
					return err
				}
				_, err := tx.ReconcileDevices("cmms", fleet(n, round))
				return err
			})
		}
		start := time.Now()
		dir, m := backup(t, a, store.BackupOptions{})
		t.Logf("%s: backup %.1f s, %d MB", engine, time.Since(start).Seconds(), m.Files[0].Size>>20)
		for _, to := range []string{"sqlite", "postgres"} {
			b := fresh(t, to, a.key)
			start := time.Now()
			if _, err := store.Restore(t.Context(), dir, b.dsn, store.KeyFile(b.key)); err != nil {
				t.Fatal(err)
			}
			back := time.Since(start)
			v, err := b.open(t).Verify(t.Context(), north, store.VerifyOptions{Checkpoint: m.Books[0].Checkpoint})
			verified(t, v, err)
			t.Logf("%s to %s: back %.1f s, verified %.1f s later", engine, to, back.Seconds(), (time.Since(start) - back).Seconds())
		}
	}
}
