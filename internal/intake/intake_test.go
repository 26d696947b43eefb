package intake

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func gz(t *testing.T, b []byte) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := gzip.NewWriter(&buf)
	w.Write(b)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func write(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
}

func zipOf(t *testing.T, members map[string]string) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	for name, body := range members {
		m, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(m, body)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// Files of a directory come in order, zips give their members, a workbook is
// one file, hidden files are left out, and the digest is that of the stored
// bytes.
func TestWalk(t *testing.T) {
	dir := t.TempDir()
	packed := gz(t, []byte("hello"))
	write(t, filepath.Join(dir, "a.json"), []byte("{}"))
	write(t, filepath.Join(dir, "b", "c.json.gz"), packed)
	write(t, filepath.Join(dir, "d.zip"), zipOf(t, map[string]string{"y.json": "Y", "x.json": "X"}))
	write(t, filepath.Join(dir, "e.xlsx"), zipOf(t, map[string]string{"[Content_Types].xml": "<x/>"}))
	write(t, filepath.Join(dir, ".hidden"), []byte("no"))

	got := map[string]string{}
	var order []string
	err := Walk(dir, Limits{}, func(f *File) error {
		r, err := f.Open()
		if err != nil {
			return err
		}
		b, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		if err := r.Close(); err != nil {
			return err
		}
		name, _ := filepath.Rel(dir, f.Name)
		order = append(order, name)
		got[name] = string(b)
		if name == "b/c.json.gz" {
			sum := sha256.Sum256(packed)
			if e := f.Evidence(); e.SHA256 != hex.EncodeToString(sum[:]) || e.Size != int64(len(packed)) {
				t.Errorf("evidence of the packed file: %+v", e)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"a.json", "b/c.json.gz", "d.zip!x.json", "d.zip!y.json", "e.xlsx"}
	if diff := cmp.Diff(want, order); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
	if got["b/c.json.gz"] != "hello" || got["d.zip!y.json"] != "Y" {
		t.Errorf("contents: %v", got)
	}
}

// Close digests what the decoder did not read.
func TestEvidenceIsWholeAfterClose(t *testing.T) {
	path := filepath.Join(t.TempDir(), "big")
	body := bytes.Repeat([]byte("0123456789"), 100_000)
	write(t, path, body)
	sum := sha256.Sum256(body)
	err := Walk(path, Limits{}, func(f *File) error {
		r, err := f.Open()
		if err != nil {
			return err
		}
		io.ReadFull(r, make([]byte, 10))
		if err := r.Close(); err != nil {
			return err
		}
		if got := f.Evidence().SHA256; got != hex.EncodeToString(sum[:]) {
			t.Errorf("digest %s", got)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A bomb stops at the limit, a file of exactly the limit does not.
func TestLimits(t *testing.T) {
	dir := t.TempDir()
	bomb := filepath.Join(dir, "bomb.gz")
	write(t, bomb, gz(t, make([]byte, 1<<20)))
	read := func(lim Limits) error {
		return Walk(bomb, lim, func(f *File) error {
			r, err := f.Open()
			if err != nil {
				return err
			}
			defer r.Close()
			_, err = io.Copy(io.Discard, r)
			return err
		})
	}
	for _, tc := range []struct {
		name string
		lim  Limits
		want error
	}{
		{"one byte short", Limits{File: 1<<20 - 1}, ErrTooLarge},
		{"exactly", Limits{File: 1 << 20}, nil},
		{"total", Limits{Total: 1000}, ErrTooLarge},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if err := read(tc.lim); !errors.Is(err, tc.want) {
				t.Errorf("want %v, got %v", tc.want, err)
			}
		})
	}
	if err := Walk(dir, Limits{Files: -1}, func(*File) error { return nil }); err == nil {
		t.Error("more files than the limit must be an error")
	}
}
