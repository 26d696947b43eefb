package vulndb

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
)

// A Cache keeps compiled feeds in a directory, each under the digest of what
// it was made of, so that an unchanged input is never decoded twice.
//
// To hash a big archive on every run would take longer than the run. So the
// cache notes the digest of a file beside its absolute path, size, modification
// time and inode, and takes it from there when all four are the same. What
// this misses is a file that was changed in place without any of them
// changing, which takes somebody who sets the time back on purpose. With
// AlwaysHash every input is read and hashed; do that where the answer goes
// into a record that has to stand.
type Cache struct {
	Dir        string
	AlwaysHash bool
	Options    Options
}

// keepFeeds is how many feeds stay in a cache; the ones used longest ago go.
const keepFeeds = 8

// Digest returns the SHA-256, lower-case hex, of a file as it is stored, or of
// a directory: of the names (relative, with slashes) and digests of its
// regular files in the order of their names.
func (c Cache) Digest(path string) (string, error) {
	notes := c.notes()
	before := len(notes)
	changed := false
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	var digest string
	if info.IsDir() {
		digest, err = c.digestDir(path, notes, &changed)
	} else {
		digest, err = c.digestFile(path, info, notes, &changed)
	}
	if changed || len(notes) != before {
		c.saveNotes(notes)
	}
	return digest, err
}

func (c Cache) digestDir(path string, notes map[string]note, changed *bool) (string, error) {
	h := sha256.New()
	err := filepath.WalkDir(path, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := os.Stat(p)
		if err != nil || !info.Mode().IsRegular() {
			return err
		}
		digest, err := c.digestFile(p, info, notes, changed)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(path, p)
		fmt.Fprintf(h, "%q %s\n", filepath.ToSlash(rel), digest)
		return err
	})
	return hex.EncodeToString(h.Sum(nil)), err
}

func (c Cache) digestFile(path string, info fs.FileInfo, notes map[string]note, changed *bool) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	now := note{Size: info.Size(), Time: info.ModTime().UnixNano(), Inode: inode(info)}
	if have := notes[abs]; !c.AlwaysHash && have.SHA256 != "" {
		now.SHA256 = have.SHA256
		if have == now {
			return have.SHA256, nil
		}
	}
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.CopyBuffer(struct{ io.Writer }{h}, f, make([]byte, 256<<10)); err != nil {
		return "", err
	}
	now.SHA256 = hex.EncodeToString(h.Sum(nil))
	// A file that was written this very moment may be written again within
	// the resolution of its time: its digest is not noted.
	if time.Since(info.ModTime()) > 2*time.Second {
		notes[abs] = now
		*changed = true
	}
	return now.SHA256, nil
}

// A note is what the cache remembers of a file.
type note struct {
	Size   int64  `json:"size"`
	Time   int64  `json:"mtime_ns"`
	Inode  uint64 `json:"inode"`
	SHA256 string `json:"sha256"`
}

func (c Cache) notesFile() string { return filepath.Join(c.Dir, "digests.json") }

// notes reads what is remembered; a file that cannot be read is as none.
func (c Cache) notes() map[string]note {
	notes := map[string]note{}
	if b, err := os.ReadFile(c.notesFile()); err == nil && json.Unmarshal(b, &notes) != nil {
		clear(notes)
	}
	return notes
}

// saveNotes writes what is remembered. That it could not costs time on the
// next run and nothing else, so no error is made of it.
func (c Cache) saveNotes(notes map[string]note) {
	const most = 100_000
	if len(notes) > most {
		clear(notes)
	}
	b, err := json.Marshal(notes)
	if err != nil || os.MkdirAll(c.Dir, 0o700) != nil {
		return
	}
	f, err := os.CreateTemp(c.Dir, ".digests-*")
	if err != nil {
		return
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), c.notesFile())
	}
	if err != nil {
		os.Remove(f.Name())
	}
}

// Key is the name of the feed made of inputs with these digests, in this
// order.
func Key(digests ...string) string {
	h := sha256.New()
	fmt.Fprintf(h, "wardbook feed %d\n", formatVersion)
	for _, d := range digests {
		fmt.Fprintln(h, d)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Open opens the feed of a key. When there is none, or it is damaged, build
// has to add its sources, in the order of the digests that made the key;
// DB.Sources has them in that order. The names of sources are those of the
// run that built the feed: who opens it knows its own.
func (c Cache) Open(key string, build func(*Compiler) error) (*DB, error) {
	if strings.ContainsAny(key, `/\.`) || key == "" {
		return nil, fmt.Errorf("cache key %q is not one of Key", key)
	}
	path := filepath.Join(c.Dir, key+".feed")
	db, err := Open(path)
	if err == nil {
		now := time.Now()
		_ = os.Chtimes(path, now, now) // only orders what goes first
		return db, nil
	}
	if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, ErrCorrupt) {
		return nil, err
	}
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return nil, err
	}
	w, err := Create(path, c.Options)
	if err != nil {
		return nil, err
	}
	defer w.Abort()
	if err := build(w); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	c.prune(path)
	return Open(path)
}

// Drop removes the feed of a key, after a lookup gave ErrCorrupt.
func (c Cache) Drop(key string) error {
	return os.Remove(filepath.Join(c.Dir, key+".feed"))
}

// prune removes the feeds used longest ago, never the one at keep.
func (c Cache) prune(keep string) {
	type old struct {
		path string
		used time.Time
	}
	var feeds []old
	paths, _ := filepath.Glob(filepath.Join(c.Dir, "*.feed"))
	for _, p := range paths {
		if info, err := os.Stat(p); err == nil && p != keep {
			feeds = append(feeds, old{p, info.ModTime()})
		}
	}
	slices.SortFunc(feeds, func(a, b old) int { return cmp.Compare(b.used.UnixNano(), a.used.UnixNano()) })
	for i := keepFeeds - 1; i < len(feeds); i++ {
		os.Remove(feeds[i].path)
	}
}
