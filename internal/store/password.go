package store

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/wardbook/wardbook"
	"golang.org/x/crypto/argon2"
)

// Cost of a password hash (argon2id, RFC 9106: the second recommended option
// with a little less memory, OWASP's first).
const (
	hashMemory  = 46 * 1024 // KiB
	hashTime    = 1
	hashThreads = 1
	hashLength  = 32
)

// MinPassword is the least number of characters of a password (NIST SP 800-63B).
const MinPassword = 12

// HashPassword makes what SetPassword keeps. It takes a good part of 100 ms of
// a processor, so it is called before the Update and at most two run at once.
func (s *Store) HashPassword(ctx context.Context, password string) (string, error) {
	if n := len([]rune(password)); n < MinPassword || n > 1000 {
		return "", &wardbook.Invalid{Problems: wardbook.Problems{{Place: "password", Message: fmt.Sprintf("has %d characters: %d to 1000 are needed", n, MinPassword)}}}
	}
	salt := make([]byte, 16)
	rand.Read(salt)
	sum, err := s.hash(ctx, password, salt, hashTime, hashMemory, hashThreads, hashLength)
	if err != nil {
		return "", err
	}
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, hashMemory, hashTime, hashThreads,
		b64.EncodeToString(salt), b64.EncodeToString(sum)), nil
}

func (s *Store) hash(ctx context.Context, password string, salt []byte, time, memory uint32, threads uint8, length int) ([]byte, error) {
	select {
	case s.hashing <- struct{}{}:
		defer func() { <-s.hashing }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return argon2.IDKey([]byte(password), salt, time, memory, threads, uint32(length)), nil
}

// absent is the hash of no password, so that a sign-in with an address that
// nobody has takes as long as one with a wrong password.
const absent = "$argon2id$v=19$m=47104,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// checkPassword reports whether password is the one that kept was made from.
func (s *Store) checkPassword(ctx context.Context, kept, password string) (bool, error) {
	parts := strings.Split(kept, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false, fmt.Errorf("a kept password has an unknown form")
	}
	var memory, time uint32
	var threads uint8
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &memory, &time, &threads); err != nil || memory > 1<<20 || time > 100 || time < 1 || threads < 1 {
		return false, fmt.Errorf("a kept password has an unknown form")
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return false, err
	}
	want, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil {
		return false, err
	}
	if len(password) > 4000 {
		return false, nil
	}
	got, err := s.hash(ctx, password, salt, time, memory, threads, len(want))
	return err == nil && subtle.ConstantTimeCompare(got, want) == 1, err
}
