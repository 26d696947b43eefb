package feed

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// MaxBundle is the largest bundle that LoadFrom takes, in bytes.
const MaxBundle = 32 << 30

// A BundleError says why a bundle was not taken over or not made, in words that
// name no file of the server.
type BundleError struct {
	Text string
	Err  error
}

func (e *BundleError) Error() string { return e.Text }

// Unwrap is the cause.
func (e *BundleError) Unwrap() error { return e.Err }

// Aside are the documents that came and are not in use, each with the reason,
// in the order of source and name.
func (f *Folder) Aside() ([]Document, error) {
	idx, err := readIndex(f.dir)
	if err != nil {
		return nil, err
	}
	var out []Document
	for _, id := range idx.ids() {
		out = append(out, idx.Sources[id].Aside...)
	}
	return out, nil
}

// BundleKey is the public key to trust where bundles of this folder are loaded;
// empty where none was made yet: it comes with the first bundle.
func (f *Folder) BundleKey() (string, error) {
	if _, err := os.Stat(filepath.Join(f.dir, bundleKeyFile)); errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	_, public, err := f.bundleKey()
	return public, err
}

// LoadFrom takes over a bundle that comes as a stream, as Load does: its bytes
// lie in a temporary file of the folder meanwhile, which has the room for them.
func (f *Folder) LoadFrom(ctx context.Context, r io.Reader, trust []string) (*LoadReport, error) {
	if err := os.MkdirAll(f.dir, 0o755); err != nil {
		return nil, err
	}
	t, err := os.CreateTemp(f.dir, ".bundle-*.zip")
	if err != nil {
		return nil, err
	}
	defer os.Remove(t.Name())
	n, err := io.Copy(t, io.LimitReader(r, MaxBundle+1))
	if err == nil && n > MaxBundle {
		err = fmt.Errorf("%w: a bundle has at most %d GiB", ErrTooLarge, MaxBundle>>30)
	}
	if err := errors.Join(err, t.Close()); err != nil {
		return nil, err
	}
	out, err := f.Load(ctx, t.Name(), trust)
	if err != nil {
		text := strings.ReplaceAll(err.Error(), t.Name()+": ", "")
		err = &BundleError{Text: strings.ReplaceAll(text, t.Name(), "the bundle"), Err: err}
	}
	return out, err
}
