package feed

import (
	"archive/zip"
	"bufio"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"golang.org/x/mod/sumdb/note"
)

// A bundle is a zip with three sorts of members: manifest.note, which is signed and
// names the digest of manifest.json, which names the documents; and objects/<SHA-256>.
const (
	manifestFile = "manifest.json"
	noteFile     = "manifest.note"
	noteHead     = "wardbook feed bundle v1"
	objectPrefix = "objects/"
	bundleFormat = 1
	keptBundles  = 50 // lists of what bundles held, for deltas
)

var bundleID = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}-[0-9a-f]{8}$`)

// A Manifest says what a bundle holds.
type Manifest struct {
	Format int       `json:"format"`
	ID     string    `json:"id"` // such as 2026-03-01-1a2b3c4d
	Made   time.Time `json:"made"`
	// Base is the bundle that a delta builds on; Since the day of a delta by date.
	// What a delta relies on has to be there when it is loaded.
	Base    string         `json:"base,omitempty"`
	Since   time.Time      `json:"since,omitzero"`
	Sources []BundleSource `json:"sources"`
	Members []Member       `json:"members"`
}

// A BundleSource is the state of a source when the bundle was made: all its
// documents, also those whose bytes a delta leaves out.
type BundleSource struct {
	Source    Source      `json:"source"`
	Checked   time.Time   `json:"checked,omitzero"`
	Attempted time.Time   `json:"attempted,omitzero"`
	Failure   string      `json:"failure,omitempty"`
	Missing   int         `json:"missing,omitempty"`
	Cursor    string      `json:"cursor,omitempty"`
	Keys      []PublicKey `json:"keys,omitempty"`
	Documents []Document  `json:"documents"`
}

// A Member is a file whose bytes are in the bundle.
type Member struct {
	SHA256 string `json:"sha256"`
	Size   int64  `json:"size"`
}

// Delta reports whether the bundle relies on what another brought.
func (m *Manifest) Delta() bool { return m.Base != "" || !m.Since.IsZero() }

// Bundle writes what the folder holds as a signed zip. since is empty for all of
// it, else the id of a bundle made here before or a day (2006-01-02): then the
// bytes that were there already are left out. key is the public key to trust where
// the bundle is loaded; it is made with the first bundle.
func (f *Folder) Bundle(w io.Writer, since string) (m *Manifest, key string, err error) {
	unlock, err := f.lock()
	if err != nil {
		return nil, "", err
	}
	defer unlock()
	idx, err := readIndex(f.dir)
	if err != nil {
		return nil, "", err
	}
	signer, key, err := f.bundleKey()
	if err != nil {
		return nil, "", err
	}
	m, err = f.manifest(idx, since)
	if err != nil {
		return nil, "", err
	}
	if err := f.writeBundle(w, m, signer); err != nil {
		return nil, "", err
	}
	return m, key, f.rememberBundle(m)
}

// manifest is the state of the folder as a bundle.
func (f *Folder) manifest(idx *index, since string) (*Manifest, error) {
	var id [4]byte
	rand.Read(id[:])
	now := f.opts.Now().UTC().Truncate(time.Second)
	m := &Manifest{Format: bundleFormat, ID: now.Format(time.DateOnly) + "-" + hex.EncodeToString(id[:]), Made: now, Sources: []BundleSource{}, Members: []Member{}}
	left, err := f.leftOut(m, since)
	if err != nil {
		return nil, err
	}
	in := map[string]bool{}
	member := func(sum, path string, fetched time.Time) error {
		if in[sum] || left(f.relative(path), fetched) {
			return nil
		}
		in[sum] = true
		info, err := os.Stat(path)
		if err != nil {
			return fmt.Errorf("the folder is damaged: %w", err)
		}
		m.Members = append(m.Members, Member{sum, info.Size()})
		return nil
	}
	for _, sourceID := range idx.ids() {
		st := idx.Sources[sourceID]
		if len(st.Documents) == 0 && st.Checked.IsZero() {
			continue
		}
		m.Sources = append(m.Sources, BundleSource{
			Source: st.Source, Checked: st.Checked, Attempted: st.Attempted, Failure: st.Failure, Missing: st.Missing, Cursor: st.Cursor, Keys: st.Keys, Documents: st.Documents,
		})
		for _, d := range st.Documents {
			for sum, path := range f.files(d) {
				if err := member(sum, path, d.Fetched); err != nil {
					return nil, err
				}
			}
		}
	}
	slices.SortFunc(m.Members, func(a, b Member) int { return strings.Compare(a.SHA256, b.SHA256) })
	if len(m.Sources) == 0 {
		return nil, errors.New("there is nothing to bundle: nothing was fetched yet")
	}
	return m, nil
}

// relative names a file of the folder, the same wherever the folder lies.
func (f *Folder) relative(path string) string {
	return filepath.ToSlash(strings.TrimPrefix(path, f.dir))
}

// leftOut is which files a delta leaves out.
func (f *Folder) leftOut(m *Manifest, since string) (func(relative string, fetched time.Time) bool, error) {
	if since == "" {
		return func(string, time.Time) bool { return false }, nil
	}
	if day, err := time.Parse(time.DateOnly, since); err == nil {
		m.Since = day
		return func(_ string, fetched time.Time) bool { return fetched.Before(day) }, nil
	}
	if !bundleID.MatchString(since) {
		return nil, fmt.Errorf("%q is neither the id of a bundle nor a day such as 2026-03-01", since)
	}
	r, err := os.Open(filepath.Join(f.dir, "bundles", since))
	if err != nil {
		return nil, fmt.Errorf("no bundle %s was made from this folder, or too many since", since)
	}
	defer r.Close()
	there := map[string]bool{}
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		there[lines.Text()] = true
	}
	m.Base = since
	return func(relative string, _ time.Time) bool { return there[relative] }, lines.Err()
}

// rememberBundle keeps which files somebody has who loaded the bundle.
func (f *Folder) rememberBundle(m *Manifest) error {
	dir := filepath.Join(f.dir, "bundles")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	var paths []string
	for path := range f.needs(m) {
		paths = append(paths, f.relative(path))
	}
	slices.Sort(paths)
	if err := writeWhole(filepath.Join(dir, m.ID), []byte(strings.Join(paths, "\n")+"\n"), 0o644); err != nil {
		return err
	}
	names, err := os.ReadDir(dir)
	for i := 0; err == nil && i < len(names)-keptBundles; i++ {
		err = os.Remove(filepath.Join(dir, names[i].Name())) // the oldest: names begin with the day
	}
	return err
}

// needs are the files of all documents, with the digests of what lies there.
func (f *Folder) needs(m *Manifest) map[string]string {
	out := map[string]string{}
	for _, s := range m.Sources {
		for _, d := range s.Documents {
			for sum, path := range f.files(d) {
				out[path] = sum
			}
		}
	}
	return out
}

func (f *Folder) writeBundle(w io.Writer, m *Manifest, signer note.Signer) error {
	b, err := json.Marshal(m, json.Deterministic(true))
	if err != nil {
		return err
	}
	sum := sha256.Sum256(b)
	signed, err := note.Sign(&note.Note{Text: noteText(m.ID, sum[:])}, signer)
	if err != nil {
		return err
	}
	z := zip.NewWriter(w)
	for _, part := range []struct {
		name string
		b    []byte
	}{{noteFile, signed}, {manifestFile, b}} {
		mw, err := z.CreateHeader(&zip.FileHeader{Name: part.name, Method: zip.Deflate, Modified: m.Made})
		if err != nil {
			return err
		}
		if _, err := mw.Write(part.b); err != nil {
			return err
		}
	}
	paths := map[string]string{}
	for path, sum := range f.needs(m) {
		paths[sum] = path
	}
	for _, member := range m.Members {
		if err := writeMember(z, member, paths[member.SHA256], m.Made); err != nil {
			return err
		}
	}
	return z.Close()
}

// writeMember copies a file, and looks on the way whether it is whole.
func writeMember(z *zip.Writer, m Member, path string, made time.Time) error {
	r, err := os.Open(path)
	if err != nil {
		return err
	}
	defer r.Close()
	head := make([]byte, 2)
	n, _ := io.ReadFull(r, head)
	method := zip.Deflate
	if magic := string(head[:n]); magic == "PK" || magic == "\x1f\x8b" {
		method = zip.Store // compressed already
	}
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return err
	}
	w, err := z.CreateHeader(&zip.FileHeader{Name: objectPrefix + m.SHA256, Method: method, Modified: made})
	if err != nil {
		return err
	}
	h := sha256.New()
	if _, err := io.Copy(io.MultiWriter(w, h), r); err != nil {
		return err
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != m.SHA256 {
		return fmt.Errorf("the folder is damaged: %s has the digest %s", path, got)
	}
	return nil
}

func noteText(id string, sum []byte) string {
	return fmt.Sprintf("%s\n%s\n%s\n", noteHead, id, hex.EncodeToString(sum))
}
