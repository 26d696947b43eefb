// Package intake opens what people bring: a file, a directory or a zip, plain
// or compressed by gzip, bzip2 or xz. It tells compression by content, stops
// at limits, and keeps the digest of the bytes as they came. What a file means
// is the business of the decoders.
package intake

import (
	"archive/zip"
	"bufio"
	"bytes"
	"compress/bzip2"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/ulikunitz/xz"

	"github.com/wardbook/wardbook"
)

// ErrTooLarge is returned when a file unpacks to more than its limit.
var ErrTooLarge = errors.New("unpacks to more than the limit")

// Limits bound what one Walk reads. A zero field means the default.
type Limits struct {
	File  int64 // bytes of one file after decompression; default 1 GiB
	Total int64 // bytes of all files together after decompression; default 16 GiB
	Files int   // number of files; default 1,000,000
}

func (l Limits) withDefaults() Limits {
	if l.File == 0 {
		l.File = 1 << 30
	}
	if l.Total == 0 {
		l.Total = 16 << 30
	}
	if l.Files == 0 {
		l.Files = 1_000_000
	}
	return l
}

// A File is one file that somebody brought. It is valid during the call that
// it is passed to.
type File struct {
	Name string // path as given and walked; a member of a zip is "x.zip!member"
	Size int64  // stored bytes, before decompression

	open   func() (io.ReadCloser, error)
	packed bool // a member of a zip: reading its stored bytes unpacks them
	limit  int64
	left   *int64 // what remains of Limits.Total
	sum    hash.Hash
	stored int64
}

// Walk opens path and calls fn for each file in it, in the order of their
// names: path itself when it is a file, the regular files below when it is a
// directory (names that start with a dot are left out), the members when it is
// a zip, also of zips inside a directory. It stops at the first error of fn.
// Workbooks (.xlsx) are zips too, but count as one file.
func Walk(path string, lim Limits, fn func(*File) error) error {
	w := &walker{lim: lim.withDefaults(), fn: fn}
	w.left = w.lim.Total
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return w.file(path, info.Size())
	}
	return filepath.WalkDir(path, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if strings.HasPrefix(d.Name(), ".") && p != path {
			if d.IsDir() {
				return filepath.SkipDir
			}
			return nil
		}
		if !d.Type().IsRegular() {
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		return w.file(p, info.Size())
	})
}

type walker struct {
	lim  Limits
	left int64
	n    int
	fn   func(*File) error
}

func (w *walker) file(path string, size int64) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	zr, err := archive(f, size)
	if err != nil {
		return fmt.Errorf("%s: looks like a zip, but cannot be read: %w", path, err)
	}
	if zr != nil {
		return w.zip(path, zr)
	}
	return w.visit(&File{Name: path, Size: size, open: func() (io.ReadCloser, error) { return os.Open(path) }})
}

func (w *walker) zip(path string, zr *zip.Reader) error {
	zr.RegisterDecompressor(zip.Deflate, inflate)
	members := make([]*zip.File, 0, len(zr.File))
	for _, m := range zr.File {
		if m.Mode().IsRegular() && !strings.HasPrefix(filepath.Base(m.Name), ".") {
			members = append(members, m)
		}
	}
	sort.Slice(members, func(i, j int) bool { return members[i].Name < members[j].Name })
	for _, m := range members {
		f := &File{Name: path + "!" + m.Name, Size: int64(m.UncompressedSize64), packed: true, open: m.Open}
		if err := w.visit(f); err != nil {
			return err
		}
	}
	return nil
}

func (w *walker) visit(f *File) error {
	if w.n++; w.n > w.lim.Files {
		return fmt.Errorf("%s: more than %d files", f.Name, w.lim.Files)
	}
	f.limit, f.left = w.lim.File, &w.left
	return w.fn(f)
}

// archive opens a zip whose members are files of their own. It returns nil for
// all others: a workbook or a document of an office program is one file.
func archive(f io.ReaderAt, size int64) (*zip.Reader, error) {
	var magic [4]byte
	if _, err := f.ReadAt(magic[:], 0); err != nil || !bytes.Equal(magic[:], []byte("PK\x03\x04")) {
		return nil, nil // too short to be a zip, or not one
	}
	zr, err := zip.NewReader(&window{f: f}, size)
	if err != nil {
		return nil, err
	}
	for _, m := range zr.File {
		if m.Name == "[Content_Types].xml" || m.Name == "mimetype" {
			return nil, nil
		}
	}
	return zr, nil
}

// A window reads a file ahead: the members of an archive mostly follow one
// another, and a system call for each of their parts would cost more than the
// rest.
type window struct {
	f   io.ReaderAt
	mu  sync.Mutex
	buf []byte
	at  int64
}

const windowSize = 256 << 10

func (w *window) ReadAt(p []byte, off int64) (int, error) {
	if len(p) > windowSize/2 {
		return w.f.ReadAt(p, off)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if off < w.at || off+int64(len(p)) > w.at+int64(len(w.buf)) {
		if w.buf == nil {
			w.buf = make([]byte, windowSize)
		}
		n, err := w.f.ReadAt(w.buf[:windowSize], off)
		w.buf, w.at = w.buf[:n], off
		if n < len(p) {
			return copy(p, w.buf), err
		}
	}
	return copy(p, w.buf[off-w.at:]), nil
}

// Open returns the file's bytes, decompressed. Reading past the limit gives
// ErrTooLarge. Close reads what is left of the stored bytes, so that Evidence
// is whole; it does not unpack them. The rest of a member of a zip that hit the
// limit is not read: its digest stays empty.
func (f *File) Open() (io.ReadCloser, error) {
	rc, err := f.open()
	if err != nil {
		return nil, err
	}
	f.sum, f.stored = sha256.New(), 0
	br := buffers.Get().(*bufio.Reader)
	br.Reset(&storedReader{r: rc, f: f})
	r, err := decompress(br)
	if err != nil {
		buffers.Put(br)
		rc.Close()
		return nil, fmt.Errorf("%s: %w", f.Name, err)
	}
	return &fileReader{f: f, r: r, br: br, rc: rc}, nil
}

// Evidence identifies the stored bytes. It is whole once the reader that Open
// returned is closed.
func (f *File) Evidence() wardbook.Evidence {
	e := wardbook.Evidence{Name: f.Name, Size: f.stored}
	if f.sum != nil {
		e.SHA256 = hex.EncodeToString(f.sum.Sum(nil))
	}
	return e
}

// decompress tells compression by its magic bytes. One layer is unpacked.
func decompress(br *bufio.Reader) (io.Reader, error) {
	magic, _ := br.Peek(6)
	switch {
	case bytes.HasPrefix(magic, []byte{0x1f, 0x8b}):
		return gzip.NewReader(br)
	case bytes.HasPrefix(magic, []byte("BZh")):
		return bzip2.NewReader(br), nil
	case bytes.HasPrefix(magic, []byte{0xfd, '7', 'z', 'X', 'Z', 0}):
		return xz.ReaderConfig{SingleStream: false}.NewReader(br)
	}
	return br, nil
}

// storedReader counts and digests the bytes as they came.
type storedReader struct {
	r io.Reader
	f *File
}

func (s *storedReader) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	s.f.sum.Write(p[:n])
	s.f.stored += int64(n)
	return n, err
}

type fileReader struct {
	f    *File
	r    io.Reader
	br   *bufio.Reader
	rc   io.Closer
	read int64
	over bool // it is larger than the limit
}

func (r *fileReader) Read(p []byte) (int, error) {
	most := min(r.f.limit-r.read, *r.f.left)
	if most <= 0 {
		var one [1]byte // the limit is hit only if there is more
		if n, err := r.r.Read(one[:]); n == 0 {
			return 0, err
		}
		r.over = true
		return 0, fmt.Errorf("%s: %w", r.f.Name, ErrTooLarge)
	}
	if int64(len(p)) > most {
		p = p[:most]
	}
	n, err := r.r.Read(p)
	r.read += int64(n)
	*r.f.left -= int64(n)
	return n, err
}

func (r *fileReader) Close() error {
	if r.br == nil {
		return nil
	}
	var err error
	if r.over && r.f.packed { // the rest of a bomb is not unpacked to know its digest
		r.f.sum = nil
	} else {
		_, err = io.Copy(io.Discard, r.br)
	}
	buffers.Put(r.br)
	r.br, r.r = nil, bytes.NewReader(nil)
	return errors.Join(err, r.rc.Close())
}

// An archive of vulnerability records has a hundred thousand small members: a
// buffer and a decompressor for each would cost more than the reading.
var (
	buffers   = sync.Pool{New: func() any { return bufio.NewReaderSize(nil, 64<<10) }}
	inflaters sync.Pool
)

// inflate opens the deflated bytes of a zip member.
func inflate(r io.Reader) io.ReadCloser {
	i, ok := inflaters.Get().(*inflater)
	if !ok {
		i = &inflater{br: bufio.NewReader(r)}
		i.fr = flate.NewReader(i.br)
		return &opened{i}
	}
	i.br.Reset(r)
	_ = i.fr.(flate.Resetter).Reset(i.br, nil) // without a dictionary it cannot fail
	return &opened{i}
}

// An inflater is a decompressor with the buffer that it reads from: without one
// it would make one for each member.
type inflater struct {
	br *bufio.Reader
	fr io.ReadCloser
}

// opened is an inflater that reads one member.
type opened struct{ *inflater }

// Close gives the decompressor back for the next member.
func (o *opened) Close() error {
	if o.inflater == nil {
		return nil
	}
	err := o.fr.Close()
	inflaters.Put(o.inflater)
	o.inflater = nil
	return err
}

func (o *opened) Read(p []byte) (int, error) {
	if o.inflater == nil {
		return 0, io.ErrClosedPipe
	}
	return o.fr.Read(p)
}
