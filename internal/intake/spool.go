package intake

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"

	"github.com/wardbook/wardbook"
)

// A Spooled document lies in a temporary file: what comes slowly, from somebody's
// network, is taken in whole before anything waits for it.
type Spooled struct {
	Name   string // as the caller calls it
	Size   int64  // bytes
	SHA256 string // lower-case hex

	f *os.File
}

// Spool takes in what r gives, at most limit bytes; more is ErrTooLarge. Close
// takes the file away.
func Spool(name string, r io.Reader, limit int64) (*Spooled, error) {
	f, err := os.CreateTemp("", "wardbook-*")
	if err != nil {
		return nil, err
	}
	s := &Spooled{Name: name, f: f}
	sum := sha256.New()
	s.Size, err = io.Copy(io.MultiWriter(f, sum), io.LimitReader(r, limit+1))
	if err == nil && s.Size > limit {
		err = &TooLong{Name: name, Limit: limit}
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	s.SHA256 = hex.EncodeToString(sum.Sum(nil))
	return s, nil
}

// TooLong is the error of a document that has more bytes than its limit. It is
// ErrTooLarge too.
type TooLong struct {
	Name  string
	Limit int64 // bytes
}

func (e *TooLong) Error() string {
	return fmt.Sprintf("%s has more than %d MiB, the limit of one file", e.Name, e.Limit>>20)
}

// TooLong says the same as a sentence for people.
func (e *TooLong) TooLong() string { return e.Error() + "." }

// Is makes a TooLong an ErrTooLarge.
func (e *TooLong) Is(target error) bool { return target == ErrTooLarge }

// Close takes the temporary file away.
func (s *Spooled) Close() error {
	err := s.f.Close()
	if rerr := os.Remove(s.f.Name()); err == nil {
		err = rerr
	}
	return err
}

// Reader reads the bytes from the beginning; several may read at once.
func (s *Spooled) Reader() *io.SectionReader { return io.NewSectionReader(s.f, 0, s.Size) }

// Walk is Walk over the document: itself, or the members of a zip.
func (s *Spooled) Walk(lim Limits, fn func(*File) error) error {
	return WalkReader(s.Name, s.f, s.Size, lim, fn)
}

// Stored opens the bytes as they are stored, without unpacking: what is kept as
// evidence. Reading past the limit of the walk gives ErrTooLarge.
func (f *File) Stored() (io.ReadCloser, error) {
	rc, err := f.open()
	if err != nil {
		return nil, err
	}
	return &stored{ReadCloser: rc, name: f.Name, left: f.limit}, nil
}

type stored struct {
	io.ReadCloser
	name string
	left int64
}

func (s *stored) Read(p []byte) (int, error) {
	n, err := s.ReadCloser.Read(p)
	if s.left -= int64(n); s.left < 0 {
		return 0, fmt.Errorf("%s: %w", s.name, ErrTooLarge)
	}
	return n, err
}

// Identify reads the file once, unpacked, and says what it is: the digest of
// its stored bytes and the first n unpacked ones. A file that unpacks to more
// than the limit of the walk gives ErrTooLarge.
func (f *File) Identify(n int) (e wardbook.Evidence, head []byte, err error) {
	r, err := f.Open()
	if err != nil {
		return e, nil, err
	}
	head = make([]byte, n)
	k, err := io.ReadFull(r, head)
	if err == nil {
		_, err = io.Copy(io.Discard, r)
	}
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = nil
	}
	if cerr := r.Close(); err == nil {
		err = cerr
	}
	return f.Evidence(), head[:k], err
}
