package store

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// canonical is the JSON of v in the one form that RFC 8785 gives it, so that
// equal values have equal bytes and equal digests.
func canonical(v any) ([]byte, error) {
	b, err := json.Marshal(v, json.Deterministic(true))
	if err != nil {
		return nil, err
	}
	exact := jsontext.Value(bytes.Clone(b))
	if err := exact.Canonicalize(jsontext.CanonicalizeRawInts(true)); err != nil {
		return nil, err
	}
	c := jsontext.Value(b)
	if err := c.Canonicalize(jsontext.CanonicalizeRawInts(false)); err != nil {
		return nil, err
	}
	// RFC 8785 numbers are doubles. A whole number beyond 2^53 would change
	// silently; such a value has to be kept as text.
	if !bytes.Equal(exact, c) {
		return nil, errors.New("a whole number is beyond 2^53 or written with an exponent; keep it as text")
	}
	return c, nil
}

// decode reads what canonical wrote, tolerating members that v does not know.
func decode(b []byte, v any) error {
	if err := json.Unmarshal(b, v); err != nil {
		return fmt.Errorf("stored JSON: %w", err)
	}
	return nil
}

func hexDigest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
