package feed

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"golang.org/x/mod/sumdb/note"

	"github.com/wardbook/wardbook"
)

const (
	maxNote     = 64 << 10
	maxManifest = 512 << 20
	maxObject   = 16 << 30
)

// A LoadReport says what a bundle brought.
type LoadReport struct {
	ID     string    `json:"id"`
	Made   time.Time `json:"made"`
	Signer string    `json:"signer"` // name of the key
	Delta  bool      `json:"delta"`
	New    int       `json:"new"` // documents
	Changed,
	Unchanged,
	Removed int // documents in use before that the bundle does not know
	// Kept are sources that are known here up to a later time than in the bundle;
	// they were left as they are.
	Kept []string `json:"kept"`
}

// Load takes over a bundle: everything in it is checked first, then all of it
// comes into use at once. A bundle that is not signed by a trusted key, is changed
// or cut, is older than one that was loaded before from the same signer, or relies
// on what is not here, is refused as a whole, and all faults are named
// (*wardbook.Invalid). trust are public keys beside those of feeds.yaml.
func (f *Folder) Load(ctx context.Context, path string, trust []string) (*LoadReport, error) {
	unlock, err := f.lock()
	if err != nil {
		return nil, err
	}
	defer unlock()
	c, _, err := readConfig(f.dir)
	if err != nil {
		return nil, err
	}
	idx, err := readIndex(f.dir)
	if err != nil {
		return nil, err
	}
	z, err := zip.OpenReader(path)
	if err != nil {
		return nil, fmt.Errorf("%s: this is no bundle: %w", path, err)
	}
	defer z.Close()
	l := &loading{f: f, members: map[string]*zip.File{}, stage: filepath.Join(f.dir, "partial", ".load")}
	if err := l.open(z.File, slices.Concat(trust, c.Trust)); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	defer os.RemoveAll(l.stage)
	l.check(idx)
	if err := l.unpack(ctx); err != nil {
		return nil, err
	}
	if err := l.faults.Err(); err != nil {
		return nil, fmt.Errorf("%s: the bundle is refused, nothing was changed\n%w", path, err)
	}
	if err := l.sync(); err != nil {
		return nil, err
	}
	if err := l.place(); err != nil {
		return nil, err
	}
	before := f.used(idx)
	r := l.apply(idx)
	return r, f.commit(idx, before)
}

// A loading is one bundle on its way in.
type loading struct {
	f       *Folder
	m       *Manifest
	signer  string
	members map[string]*zip.File
	stage   string
	faults  wardbook.Problems
}

// open reads signature and manifest. Without them nothing else of the bundle means
// anything.
func (l *loading) open(files []*zip.File, trust []string) error {
	if err := bearable(files); err != nil {
		return err
	}
	for _, m := range files {
		if l.members[m.Name] != nil {
			l.faults.Add(m.Name, "stands twice in the bundle")
		}
		l.members[m.Name] = m
	}
	if l.members[noteFile] == nil || l.members[manifestFile] == nil {
		return fmt.Errorf("this is no bundle: it has no %s and %s", noteFile, manifestFile)
	}
	signed, err := member(l.members[noteFile], maxNote)
	if err != nil {
		return fmt.Errorf("%s: %w", noteFile, err)
	}
	id, sum, err := l.verify(signed, trust)
	if err != nil {
		return err
	}
	b, err := member(l.members[manifestFile], maxManifest)
	if err != nil {
		return fmt.Errorf("%s: %w", manifestFile, err)
	}
	if got := sha256.Sum256(b); hex.EncodeToString(got[:]) != sum {
		return fmt.Errorf("%s was changed: it is not the one that was signed", manifestFile)
	}
	if l.m, err = decodeManifest(b); err != nil {
		return err
	}
	if l.m.ID != id {
		return fmt.Errorf("the signature is of the bundle %s, the manifest of %s", id, l.m.ID)
	}
	return nil
}

// verify opens the signed note: id of the bundle, digest of its manifest.
func (l *loading) verify(signed []byte, trust []string) (id, sum string, err error) {
	var verifiers []note.Verifier
	for _, k := range trust {
		v, err := newVerifier(k)
		if err != nil {
			return "", "", err
		}
		verifiers = append(verifiers, v)
	}
	n, err := note.Open(signed, note.VerifierList(verifiers...))
	var unverified *note.UnverifiedNoteError
	if errors.As(err, &unverified) && len(unverified.Note.UnverifiedSigs) > 0 {
		s := unverified.Note.UnverifiedSigs[0]
		return "", "", fmt.Errorf("the bundle is signed by %s+%08x, which is not trusted here", s.Name, s.Hash)
	}
	if err != nil {
		return "", "", fmt.Errorf("the signature of the bundle: %w", err)
	}
	l.signer = fmt.Sprintf("%s+%08x", n.Sigs[0].Name, n.Sigs[0].Hash)
	lines := strings.Split(n.Text, "\n")
	if len(lines) != 4 || lines[0] != noteHead || lines[3] != "" {
		return "", "", errors.New("the signed note is not one of a bundle of this version")
	}
	return lines[1], lines[2], nil
}

// decodeManifest reads a manifest and names all its faults.
func decodeManifest(b []byte) (*Manifest, error) {
	var m Manifest
	if err := json.Unmarshal(b, &m); err != nil {
		return nil, fmt.Errorf("%s: %w", manifestFile, err)
	}
	var ps wardbook.Problems
	if m.Format != bundleFormat {
		ps.Add("/format", "is %d, this program knows %d", m.Format, bundleFormat)
	}
	if !bundleID.MatchString(m.ID) {
		ps.Add("/id", "%q is no id of a bundle", m.ID)
	}
	seen := map[string]bool{}
	for i, s := range m.Sources {
		place := fmt.Sprintf("/sources/%d", i)
		if !sourceID.MatchString(s.Source.ID) || seen[s.Source.ID] || !slices.Contains(Kinds, s.Source.Kind) {
			ps.Add(place, "id %q or kind %q cannot be, or stands twice", s.Source.ID, s.Source.Kind)
		}
		seen[s.Source.ID] = true
		for j, d := range s.Documents {
			if !isHex(d.SHA256, 64) || d.SignatureSHA256 != "" && !isHex(d.SignatureSHA256, 64) || d.Size < 0 ||
				d.Source != s.Source.ID || d.Kind != s.Source.Kind || d.Name == "" || strings.ContainsAny(d.Name, "/\\\x00") ||
				d.Aside != "" || d.Signature == SignatureBad {
				ps.Add(fmt.Sprintf("%s/documents/%d", place, j), "%q is no document that can be used", d.Name)
			}
		}
	}
	for i, o := range m.Members {
		if !isHex(o.SHA256, 64) || o.Size < 0 || o.Size > maxObject {
			ps.Add(fmt.Sprintf("/members/%d", i), "%q of %d bytes is no object", o.SHA256, o.Size)
		}
	}
	return &m, ps.Err()
}

// check holds the manifest against the clock, earlier bundles, the members and
// what is here.
func (l *loading) check(idx *index) {
	m := l.m
	if now := l.f.opts.Now(); m.Made.After(now.Add(24 * time.Hour)) {
		l.faults.Add("", "it was made on %s, which is in the future: a clock is wrong here or there", m.Made.UTC().Format(time.DateTime))
	}
	if last, ok := idx.Loaded[l.signer]; ok && m.Made.Before(last.Made) {
		l.faults.Add("", "it was made on %s, before the bundle %s (%s) that was loaded already: loading it would bring old data back", m.Made.UTC().Format(time.DateTime), last.ID, last.Made.UTC().Format(time.DateTime))
	}
	in := make(map[string]bool, len(m.Members))
	for _, o := range m.Members {
		if in[o.SHA256] {
			l.faults.Add(objectPrefix+o.SHA256, "the manifest names it twice")
		}
		in[o.SHA256] = true
	}
	needs := map[string]bool{}
	var absent int
	for path, sum := range l.f.needs(m) {
		needs[sum] = true
		if !in[sum] && !has(path) {
			absent++
		}
	}
	for _, name := range slices.Sorted(maps.Keys(l.members)) {
		sum, ok := strings.CutPrefix(name, objectPrefix)
		if name != noteFile && name != manifestFile && (!ok || !in[sum]) {
			l.faults.Add(name, "is in the bundle, but not in its manifest")
		}
	}
	for _, sum := range slices.Sorted(maps.Keys(in)) {
		if !needs[sum] {
			l.faults.Add(objectPrefix+sum, "no document refers to it")
		}
	}
	switch {
	case absent > 0 && m.Base != "":
		l.faults.Add("", "it builds on the bundle %s: %d files of that are not here; load that first", m.Base, absent)
	case absent > 0 && !m.Since.IsZero():
		l.faults.Add("", "it holds what is new since %s: %d files from before are not here; load a whole bundle first", m.Since.Format(time.DateOnly), absent)
	case absent > 0:
		l.faults.Add("", "%d files that its documents refer to are neither in it nor here", absent)
	}
}

// unpack brings the members beside the objects and holds each against its digest.
// Members of a bundle that is refused already are not unpacked.
func (l *loading) unpack(ctx context.Context) error {
	if len(l.faults) > 0 {
		return nil
	}
	if err := errors.Join(os.RemoveAll(l.stage), os.MkdirAll(l.stage, 0o755)); err != nil {
		return err
	}
	for _, o := range l.m.Members {
		if err := ctx.Err(); err != nil {
			return err
		}
		z := l.members[objectPrefix+o.SHA256]
		if z == nil {
			l.faults.Add(objectPrefix+o.SHA256, "is not in the bundle")
			continue
		}
		if err := l.one(z, o); err != nil {
			return err
		}
	}
	return nil
}

// one unpacks a member. What is wrong with it is a fault, the error is of the disk.
func (l *loading) one(z *zip.File, o Member) error {
	r, err := z.Open()
	if err != nil {
		l.faults.Add(z.Name, "cannot be read: %v", err)
		return nil
	}
	defer r.Close()
	w, err := os.Create(filepath.Join(l.stage, o.SHA256))
	if err != nil {
		return err
	}
	h := sha256.New()
	in := &tellRead{r: io.LimitReader(r, o.Size+1)}
	n, err := io.Copy(io.MultiWriter(w, h), in)
	cerr := w.Close()
	switch {
	case err != nil && in.err == nil:
		return errors.Join(err, cerr)
	case in.err != nil:
		l.faults.Add(z.Name, "is damaged: %v", in.err)
	case n != o.Size:
		l.faults.Add(z.Name, "has not the %d bytes of the manifest", o.Size)
	case hex.EncodeToString(h.Sum(nil)) != o.SHA256:
		l.faults.Add(z.Name, "was changed: its digest is another")
	}
	return cerr
}

// tellRead remembers an error of reading, so that it is told from one of writing.
type tellRead struct {
	r   io.Reader
	err error
}

func (t *tellRead) Read(p []byte) (int, error) {
	n, err := t.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		t.err = err
	}
	return n, err
}

// sync brings what was unpacked onto the disk, before the index refers to it.
// Several at once: a disk takes them together.
func (l *loading) sync() error {
	var mu sync.Mutex
	var errs []error
	var wg sync.WaitGroup
	slots := make(chan struct{}, 32)
	for _, o := range l.m.Members {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			f, err := os.OpenFile(filepath.Join(l.stage, o.SHA256), os.O_RDWR, 0)
			if err == nil {
				err = errors.Join(f.Sync(), f.Close())
			}
			if err != nil {
				mu.Lock()
				defer mu.Unlock()
				errs = append(errs, err)
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// place brings what was unpacked to where the documents look for it.
func (l *loading) place() error {
	for path, sum := range l.f.needs(l.m) {
		from := filepath.Join(l.stage, sum)
		if has(path) || !has(from) {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		// A link, since two documents can have the same bytes.
		if err := os.Chmod(from, 0o444); err != nil {
			return err
		}
		if err := os.Link(from, path); err != nil {
			b, rerr := os.ReadFile(from)
			if err := errors.Join(rerr, keep(b, path)); err != nil {
				return err
			}
		}
	}
	return nil
}

// apply brings the bundle's sources into the index.
func (l *loading) apply(idx *index) *LoadReport {
	r := &LoadReport{ID: l.m.ID, Made: l.m.Made, Signer: l.signer, Delta: l.m.Delta(), Kept: []string{}}
	for _, s := range l.m.Sources {
		have := idx.Sources[s.Source.ID]
		if have != nil && have.Checked.After(s.Checked) {
			r.Kept = append(r.Kept, s.Source.ID)
			continue
		}
		st := &sourceState{
			Source: s.Source, Checked: s.Checked, Attempted: s.Attempted, Failure: s.Failure, Missing: s.Missing,
			Cursor: s.Cursor, Keys: s.Keys, Bundle: l.m.ID, Documents: s.Documents,
		}
		known := 0
		for _, d := range s.Documents {
			old, ok := Document{}, false
			if have != nil {
				old, ok = have.document(d.URL)
			}
			switch {
			case !ok:
				r.New++
				continue
			case old.SHA256 == d.SHA256:
				r.Unchanged++
			default:
				r.Changed++
			}
			known++
		}
		if have != nil {
			r.Removed += len(have.Documents) - known
		}
		idx.Sources[s.Source.ID] = st
	}
	if idx.Loaded == nil {
		idx.Loaded = map[string]loaded{}
	}
	idx.Loaded[l.signer] = loaded{l.m.ID, l.m.Made}
	return r
}
