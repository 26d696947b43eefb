package feed

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// ErrBusy is returned when another process or call fetches, loads or bundles in
// the same folder.
var ErrBusy = errors.New("the feed folder is in use: another fetch, load or bundle is under way")

// Options are what a folder is told by its program. The zero value is fine.
type Options struct {
	// Proxy is an outbound proxy, such as HTTPS_PROXY names it; NoProxy lists hosts
	// that are reached without it. network.proxy of feeds.yaml goes before both.
	Proxy, NoProxy string
	// Program names the program to servers; empty means "wardbook".
	Program string
	// Now is the clock; nil means time.Now.
	Now func() time.Time

	wait     func(ms time.Duration) <-chan time.Time // between tries; tests do not wait
	pause    time.Duration                           // between requests to NVD; 0 means what NVD asks for
	resolver resolver
}

// A Folder is a feed folder. It may be used from several goroutines; Fetch, Bundle
// and Load exclude each other, also between processes (ErrBusy).
type Folder struct {
	dir  string
	opts Options
	busy sync.Mutex
}

// Open opens the feed folder dir, which need not be there yet.
func Open(dir string, o Options) (*Folder, error) {
	if dir == "" {
		return nil, errors.New("the feed folder has no name")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Program == "" {
		o.Program = "wardbook"
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	f := &Folder{dir: abs, opts: o}
	if _, _, err := readConfig(abs); err != nil {
		return nil, err
	}
	return f, nil
}

// Dir is the folder's absolute path.
func (f *Folder) Dir() string { return f.dir }

// Sources are the sources of feeds.yaml, in its order.
func (f *Folder) Sources() ([]Source, error) {
	c, _, err := readConfig(f.dir)
	if err != nil {
		return nil, err
	}
	return c.Sources, nil
}

// Add appends a source to feeds.yaml. Comments in the file stay.
func (f *Folder) Add(s Source) error {
	if err := s.Validate(); err != nil {
		return err
	}
	return f.editConfig(func(c *config, text []byte) ([]byte, []Source, error) {
		if slices.ContainsFunc(c.Sources, func(have Source) bool { return have.ID == s.ID }) {
			return nil, nil, fmt.Errorf("there is a source %q already", s.ID)
		}
		next, err := addToConfig(text, s)
		return next, append(slices.Clone(c.Sources), s), err
	})
}

// Remove takes a source out of feeds.yaml, and its documents out of use.
func (f *Folder) Remove(id string) error {
	unlock, err := f.lock()
	if err != nil {
		return err
	}
	defer unlock()
	idx, err := readIndex(f.dir)
	if err != nil {
		return err
	}
	c, _, err := readConfig(f.dir)
	if err != nil {
		return err
	}
	configured := slices.ContainsFunc(c.Sources, func(s Source) bool { return s.ID == id })
	if _, known := idx.Sources[id]; !known && !configured {
		return fmt.Errorf("there is no source %q", id)
	}
	if configured {
		err = f.editConfig(func(c *config, text []byte) ([]byte, []Source, error) {
			next, err := removeFromConfig(text, c, id)
			return next, slices.DeleteFunc(slices.Clone(c.Sources), func(s Source) bool { return s.ID == id }), err
		})
		if err != nil {
			return err
		}
	}
	before := f.used(idx)
	delete(idx.Sources, id)
	return f.commit(idx, before)
}

// editConfig writes feeds.yaml anew. What was written is read back and compared
// with what was meant, so that an unusual layout of the file cannot lose a source.
func (f *Folder) editConfig(edit func(*config, []byte) ([]byte, []Source, error)) error {
	c, text, err := readConfig(f.dir)
	if err != nil {
		return err
	}
	next, want, err := edit(c, text)
	if err != nil {
		return err
	}
	got, err := decodeConfig(next)
	if err != nil || !slices.EqualFunc(got.Sources, want, sameSource) {
		return errors.Join(err, fmt.Errorf("%s is laid out in a way that cannot be changed by command: edit it by hand", filepath.Join(f.dir, configFile)))
	}
	if err := os.MkdirAll(f.dir, 0o755); err != nil {
		return err
	}
	return writeWhole(filepath.Join(f.dir, configFile), next, 0o644)
}

func sameSource(a, b Source) bool { return fmt.Sprint(a) == fmt.Sprint(b) }

// Documents are the documents in use of some kinds, or of all when none is named,
// in the order of source and name.
func (f *Folder) Documents(kinds ...Kind) ([]Document, error) {
	idx, err := readIndex(f.dir)
	if err != nil {
		return nil, err
	}
	var out []Document
	for _, id := range idx.ids() {
		st := idx.Sources[id]
		if len(kinds) == 0 || slices.Contains(kinds, st.Source.Kind) {
			out = append(out, st.Documents...)
		}
	}
	return out, nil
}

// Path is the file with the bytes of a document, as they came. Its name holds the
// digest, so what lies there never changes; it stays for a day after the document
// went out of use.
func (f *Folder) Path(d Document) string { return f.place(d.Source, d.Name, d.SHA256) }

// SignaturePath is the file with the signature of a document; empty when it has none.
func (f *Folder) SignaturePath(d Document) string {
	if d.SignatureSHA256 == "" {
		return ""
	}
	return f.place(d.Source, d.Name+".asc", d.SignatureSHA256)
}

// files are the paths of a document by the digests of what lies there.
func (f *Folder) files(d Document) map[string]string {
	out := map[string]string{d.SHA256: f.Path(d)}
	if d.SignatureSHA256 != "" {
		out[d.SignatureSHA256] = f.SignaturePath(d)
	}
	return out
}

// place is where bytes lie: documents/SOURCE/NAME.DIGEST.EXT.
func (f *Folder) place(source, name, sum string) string {
	name = unsafeName.ReplaceAllString(name, "_")
	stem, ext, _ := strings.Cut(name, ".")
	if i := strings.LastIndexByte(strings.TrimSuffix(name, ".gz"), '.'); i > 0 {
		stem, ext = name[:i], name[i+1:]
	}
	stem, ext = stem[:min(len(stem), 120)], ext[:min(len(ext), 20)]
	return filepath.Join(f.dir, "documents", unsafeName.ReplaceAllString(source, "_"), stem+"."+sum[:min(len(sum), 32)]+"."+ext)
}

// unsafeName is what names of files do not hold.
var unsafeName = regexp.MustCompile(`[^A-Za-z0-9._-]|^\.+`)

func has(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// holds reports whether the bytes of a document are there.
func (f *Folder) holds(d Document) bool {
	info, err := os.Stat(f.Path(d))
	return err == nil && info.Mode().IsRegular() && info.Size() == d.Size
}

// adopt moves a finished file to its place.
func adopt(path, to string) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	if has(to) {
		return os.Remove(path)
	}
	if err := os.Chmod(path, 0o444); err != nil {
		return err
	}
	return os.Rename(path, to)
}

// keep writes bytes to their place.
func keep(b []byte, to string) error {
	if has(to) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	return writeWhole(to, b, 0o444)
}

// digest is the SHA-256 of a file, lower-case hex, and its size.
func digest(path string) (string, int64, error) {
	r, err := os.Open(path)
	if err != nil {
		return "", 0, err
	}
	defer r.Close()
	h := sha256.New()
	n, err := io.Copy(h, r)
	return hex.EncodeToString(h.Sum(nil)), n, err
}

// lock excludes other calls and processes until unlock is called.
func (f *Folder) lock() (unlock func(), err error) {
	if !f.busy.TryLock() {
		return nil, ErrBusy
	}
	defer func() {
		if err != nil {
			f.busy.Unlock()
		}
	}()
	if err := os.MkdirAll(f.dir, 0o755); err != nil {
		return nil, err
	}
	release, err := lockFile(filepath.Join(f.dir, ".lock"))
	if err != nil {
		return nil, err
	}
	return func() { release(); f.busy.Unlock() }, nil
}

// used are the files that documents refer to.
func (f *Folder) used(idx *index) map[string]bool {
	used := map[string]bool{}
	for _, st := range idx.Sources {
		for _, d := range slices.Concat(st.Documents, st.Aside) {
			for _, path := range f.files(d) {
				used[path] = true
			}
		}
	}
	return used
}

// commit saves the index. Files that went out of use since before get the time of
// that, for sweep.
func (f *Folder) commit(idx *index, before map[string]bool) error {
	if err := idx.save(f.dir); err != nil {
		return err
	}
	now, used := f.opts.Now(), f.used(idx)
	for path := range before {
		if !used[path] {
			_ = os.Chtimes(path, now, now) // one that is gone is gone
		}
	}
	return f.sweep(used)
}

// sweep removes files that have been out of use for a day: who reads a folder while
// it is renewed keeps what was listed.
func (f *Folder) sweep(used map[string]bool) error {
	old := f.opts.Now().Add(-24 * time.Hour)
	return filepath.WalkDir(filepath.Join(f.dir, "documents"), func(p string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || d.IsDir() || used[p] {
			return err
		}
		info, err := d.Info()
		if err != nil || info.ModTime().After(old) {
			return nil //nolint:nilerr // it went away by itself
		}
		return os.Remove(p)
	})
}

// writeWhole writes a file whole or not at all.
func writeWhole(path string, b []byte, mode os.FileMode) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.Write(b)
	err = errors.Join(err, tmp.Chmod(mode), tmp.Sync(), tmp.Close())
	if err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}
