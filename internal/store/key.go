package store

import (
	"context"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/wardbook/wardbook"
	"golang.org/x/mod/sumdb/note"
)

// logKey is the Ed25519 key that signs the checkpoints of all books of an
// installation, in the encoding of sumdb/note.
type logKey struct {
	file     string
	signer   note.Signer
	verifier string
	number   int64  // of the row in log_keys
	private  string // as it stands in the file
}

// loadKey reads the key from its file. With a database that has no key yet it
// makes one. A database whose key is not the one in the file is refused: a
// signature by another key would say something else.
func (s *Store) loadKey(ctx context.Context, file string) error {
	var number int64
	var verifier string
	err := s.write.QueryRowContext(ctx, `SELECT number, verifier FROM log_keys ORDER BY number DESC LIMIT 1`).Scan(&number, &verifier)
	first := errors.Is(err, sql.ErrNoRows)
	if err != nil && !first {
		return err
	}
	key, err := readKey(file)
	if first && errors.Is(err, fs.ErrNotExist) {
		key, err = makeKey(file)
	}
	if err != nil {
		return fmt.Errorf("key of the log: %w", err)
	}
	if !first && key.verifier != verifier {
		// A rotation that was stopped between its commit and its last step.
		if next, err := readKey(file + ".next"); err == nil && next.verifier == verifier {
			if err := os.Rename(next.file, file); err != nil {
				return err
			}
			key = next
			key.file = file
		}
	}
	if first {
		_, err := s.write.ExecContext(ctx, `INSERT INTO log_keys (number, verifier, endorsement, time) VALUES (1, $1, '', $2)
			ON CONFLICT (number) DO NOTHING`, key.verifier, micros(s.time()))
		if err != nil {
			return err
		}
		return s.loadKey(ctx, file)
	}
	if key.verifier != verifier {
		return fmt.Errorf("the book is signed with the key %s, the file %s has %s: bring the right key file", keyID(verifier), file, keyID(key.verifier))
	}
	key.number = number
	s.key.Store(key)
	return nil
}

// keyID is the part of a verifier that people compare: name and key hash.
func keyID(verifier string) string {
	parts := strings.SplitN(verifier, "+", 3)
	if len(parts) < 3 {
		return verifier
	}
	return parts[0] + "+" + parts[1]
}

func readKey(file string) (*logKey, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	lines := strings.Fields(string(b))
	if len(lines) != 2 {
		return nil, fmt.Errorf("%s: is no key file: two lines, the private and the public key, are expected", file)
	}
	signer, err := note.NewSigner(lines[0])
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	v, err := note.NewVerifier(lines[1])
	if err != nil || v.Name() != signer.Name() || v.KeyHash() != signer.KeyHash() {
		return nil, fmt.Errorf("%s: the public key does not belong to the private one", file)
	}
	return &logKey{file: file, signer: signer, verifier: lines[1], private: lines[0]}, nil
}

// makeKey makes a key and writes it to file, which must not be there, so that
// two programs that start at once cannot each have their own.
func makeKey(file string) (*logKey, error) {
	var id [4]byte
	rand.Read(id[:])
	private, public, err := note.GenerateKey(rand.Reader, "wardbook-"+hex.EncodeToString(id[:]))
	if err != nil {
		return nil, err
	}
	f, err := os.CreateTemp(filepath.Dir(file), ".key-*") // mode 0600
	if err != nil {
		return nil, err
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(private + "\n" + public + "\n")
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Link(f.Name(), file)
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	return readKey(file)
}

// Secret is a secret of 32 bytes that belongs to name, the same whenever it is
// asked for. It is derived from the key of the log, so that it stands in no
// database and no backup without that key; when the key is rotated it changes.
func (s *Store) Secret(name string) ([]byte, error) {
	return hkdf.Key(sha256.New, []byte(s.key.Load().private), nil, "wardbook secret "+name, 32)
}

// Verifier is the public key that checks the checkpoints of this
// installation, in the encoding of sumdb/note. Give it to those who keep
// checkpoints.
func (s *Store) Verifier() string { return s.key.Load().verifier }

// RotateKey makes a new key, has the old one endorse it, and signs the
// checkpoints of all books anew. The old key's file is kept with ".old-" and
// the number of the key appended. Other processes on the same database have
// to be given the new file and restarted; until then their updates fail.
func (s *Store) RotateKey(ctx context.Context, actor, reason string) error {
	os.Remove(s.key.Load().file + ".next") // left by a rotation that did not commit
	next, err := makeKey(s.key.Load().file + ".next")
	if err != nil {
		return err
	}
	next.number = s.key.Load().number + 1
	endorsement, err := note.Sign(&note.Note{Text: endorsementText(next.number, next.verifier)}, s.key.Load().signer)
	if err != nil {
		return err
	}
	ids, err := s.organizationIDs(ctx)
	if err != nil {
		return err
	}
	ev := wardbook.Event{Actor: actor, Action: "key.rotate", Target: keyID(next.verifier), Reason: reason}
	old := s.key.Load()
	err = s.Update(ctx, System, ev, func(tx *Tx) error {
		_, err := tx.tx.ExecContext(ctx, `INSERT INTO log_keys (number, verifier, endorsement, time) VALUES ($1, $2, $3, $4)`,
			next.number, next.verifier, string(endorsement), micros(tx.Time()))
		return err
	})
	if err != nil {
		return err
	}
	keep := fmt.Sprintf("%s.old-%d", old.file, old.number)
	if err := errors.Join(os.Link(old.file, keep), os.Rename(next.file, old.file)); err != nil {
		return err
	}
	next.file = old.file
	s.key.Store(next)
	for _, id := range ids {
		err := s.Update(ctx, id, ev, func(*Tx) error { return nil })
		if err != nil {
			return fmt.Errorf("new checkpoint of %s: %w", id, err)
		}
	}
	return nil
}

func endorsementText(number int64, verifier string) string {
	return fmt.Sprintf("wardbook key %d\n%s\n", number, verifier)
}
