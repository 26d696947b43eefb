package intake

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
)

func TestSpool(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	s, err := Spool("a.txt", strings.NewReader("hello"), 5)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if b, err := io.ReadAll(s.Reader()); err != nil || string(b) != "hello" {
			t.Errorf("%q %v", b, err)
		}
	}
	if s.SHA256 != "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824" || s.Size != 5 {
		t.Errorf("%+v", s)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, err := Spool("a.txt", strings.NewReader("hello!"), 5); !errors.Is(err, ErrTooLarge) {
		t.Errorf("too large: %v", err)
	}
	if _, err := Spool("a.txt", io.MultiReader(strings.NewReader("x"), iotestErr{}), 5); err == nil {
		t.Error("a connection that breaks off")
	}
	if left, _ := os.ReadDir(os.Getenv("TMPDIR")); len(left) > 0 {
		t.Errorf("files are left behind: %v", left)
	}
}

type iotestErr struct{}

func (iotestErr) Read([]byte) (int, error) { return 0, errors.New("broken off") }

// TestSpoolWalk: a member is known by its stored bytes; one that unpacks to
// more than the limit is refused without unpacking all of it.
func TestSpoolWalk(t *testing.T) {
	var inner, z bytes.Buffer
	gz := gzip.NewWriter(&inner)
	gz.Write([]byte("packed text"))
	gz.Close()
	zw := zip.NewWriter(&z)
	for name, b := range map[string][]byte{"a.gz": inner.Bytes(), "bomb": make([]byte, 8<<20)} {
		w, _ := zw.Create(name)
		w.Write(b)
	}
	zw.Close()
	s, err := Spool("x.zip", &z, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	seen := map[string]error{}
	err = s.Walk(Limits{File: 1 << 20}, func(f *File) error {
		e, head, err := f.Identify(6)
		seen[f.Name] = err
		if err != nil {
			return nil
		}
		if string(head) != "packed" {
			t.Errorf("%s begins with %q", f.Name, head)
		}
		r, err := f.Stored()
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		b, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(b, inner.Bytes()) || e.Size != int64(len(b)) {
			t.Errorf("%s: stored %d bytes, %d announced, %v", f.Name, len(b), e.Size, err)
		}
		return nil
	})
	if err != nil || seen["x.zip!a.gz"] != nil || !errors.Is(seen["x.zip!bomb"], ErrTooLarge) || len(seen) != 2 {
		t.Errorf("%v %v", seen, err)
	}
}
