package feed

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// bundleKeyFile holds the key that signs bundles: two lines, private and public.
const bundleKeyFile = "bundle.key"

func newVerifier(key string) (note.Verifier, error) {
	v, err := note.NewVerifier(strings.TrimSpace(key))
	if err != nil {
		return nil, fmt.Errorf("%q is no public key of bundles: %w", key, err)
	}
	return v, nil
}

// bundleKey is the folder's key, made at first use.
func (f *Folder) bundleKey() (note.Signer, string, error) {
	path := filepath.Join(f.dir, bundleKeyFile)
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		var id [4]byte
		rand.Read(id[:])
		private, public, err := note.GenerateKey(rand.Reader, "wardbook-feeds-"+hex.EncodeToString(id[:]))
		if err != nil {
			return nil, "", err
		}
		b = []byte(private + "\n" + public + "\n")
		if err := writeWhole(path, b, 0o600); err != nil {
			return nil, "", err
		}
	} else if err != nil {
		return nil, "", err
	}
	lines := strings.Fields(string(b))
	if len(lines) != 2 {
		return nil, "", fmt.Errorf("%s: is no key file: two lines, the private and the public key, are expected", path)
	}
	signer, err := note.NewSigner(lines[0])
	if err != nil {
		return nil, "", fmt.Errorf("%s: %w", path, err)
	}
	return signer, lines[1], nil
}
