package intake

import (
	"bytes"
	"fmt"
	"io"
	"os"
)

// NewFile makes a file of bytes that do not lie in one: an upload, a document
// out of the evidence. It can be opened once. An archive is not taken apart; see
// WalkReader.
func NewFile(name string, r io.Reader, lim Limits) *File {
	lim = lim.withDefaults()
	left := lim.Total
	return &File{Name: name, limit: lim.File, left: &left, open: func() (io.ReadCloser, error) { return io.NopCloser(r), nil }}
}

// WalkReader is Walk over bytes that do not lie in a file: fn is called for the
// one document that they are, or for each member where they are a zip.
func WalkReader(name string, r io.ReaderAt, size int64, lim Limits, fn func(*File) error) error {
	w := &walker{lim: lim.withDefaults(), fn: fn}
	w.left = w.lim.Total
	zr, err := archive(r, size)
	if err != nil {
		return fmt.Errorf("%s: looks like a zip, but cannot be read: %w", name, err)
	}
	if zr != nil {
		return w.zip(name, zr)
	}
	return w.visit(&File{Name: name, Size: size, open: func() (io.ReadCloser, error) { return io.NopCloser(io.NewSectionReader(r, 0, size)), nil }})
}

// Size is the length of the file at path in bytes, 0 for a folder and for what
// is not there.
func Size(path string) int64 {
	info, err := os.Stat(path)
	if err != nil || info.IsDir() {
		return 0
	}
	return info.Size()
}

// Archive reports whether b begins a zip whose members are files of their own,
// as far as its first members tell: not a workbook, not an office document.
func Archive(b []byte) bool {
	if !bytes.HasPrefix(b, []byte("PK\x03\x04")) {
		return false
	}
	for _, name := range []string{"[Content_Types].xml", "mimetype", "_rels/.rels"} {
		if bytes.Contains(b, []byte(name)) {
			return false
		}
	}
	return true
}

// Head unpacks the beginning of what may be compressed, as far as it goes: for
// telling by content what it is.
func Head(b []byte) []byte {
	f := NewFile("", bytes.NewReader(b), Limits{File: 64 << 10})
	r, err := f.Open()
	if err != nil {
		return b
	}
	out, _ := io.ReadAll(r) // it is cut on purpose
	if len(out) == 0 {
		return b
	}
	return out
}
