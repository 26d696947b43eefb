package vulndb

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestCache(t *testing.T) {
	dir := t.TempDir()
	in := filepath.Join(dir, "in")
	if err := os.MkdirAll(in, 0o700); err != nil {
		t.Fatal(err)
	}
	c := Cache{Dir: filepath.Join(dir, "cache")}
	const rec = `{"schema_version":"1","id":"A-1","affected":[{"package":{"ecosystem":"Go","name":"example.org/x"},"versions":["1"]}]}`
	file := filepath.Join(in, "a.json")
	write := func(s string, age time.Duration) {
		t.Helper()
		if err := os.WriteFile(file, []byte(s), 0o600); err != nil {
			t.Fatal(err)
		}
		when := time.Now().Add(-age)
		if err := os.Chtimes(file, when, when); err != nil {
			t.Fatal(err)
		}
	}
	builds := 0
	open := func() {
		t.Helper()
		d, err := c.Digest(in)
		if err != nil {
			t.Fatal(err)
		}
		f, err := c.Digest(file)
		if err != nil || f == d {
			t.Fatal(f, d, err)
		}
		db, err := c.Open(Key(d), func(w *Compiler) error {
			builds++
			b, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			return w.Source("in").Add("", strings.NewReader(string(b)))
		})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if got, err := db.ByPackage("Go", "example.org/x"); err != nil || len(got) != 1 {
			t.Fatal(got, err)
		}
	}
	step := func(name string, want int) {
		t.Helper()
		open()
		if builds != want {
			t.Errorf("%s: built %d times, want %d", name, builds, want)
		}
	}
	write(rec, time.Hour)
	step("first", 1)
	step("unchanged", 1)
	write(rec+"\n", time.Minute)
	step("changed", 2)
	write(rec, time.Second/2)
	step("changed back: the first feed is still there", 2)
	feeds, _ := filepath.Glob(filepath.Join(c.Dir, "*.feed"))
	for _, f := range feeds {
		if err := os.Truncate(f, 100); err != nil {
			t.Fatal(err)
		}
	}
	step("damaged", 3)
	// Somebody changes the bytes and sets everything back: only AlwaysHash sees it.
	old := time.Now().Add(-time.Hour)
	os.Chtimes(file, old, old)
	step("touched", 3)
	b := []byte(strings.Replace(rec, "A-1", "A-2", 1))
	os.WriteFile(file, b, 0o600)
	os.Chtimes(file, old, old)
	step("changed unseen", 3)
	c.AlwaysHash = true
	step("always hashed", 4)
}
