package app

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/catalog"
	"github.com/wardbook/wardbook/internal/store"
)

// maxPolicy bounds the bytes of a policy.
const maxPolicy = 16 << 20

// PolicyInForce is the policy that the organization's risks are held against at
// the moment of tx: the one that it set last (event policy.set, whose target is
// policy/ and the SHA-256 of its bytes, kept as evidence), else that of the
// newest kept assessment, else the program's own. It is nil where the
// assessment names one whose bytes are not in the book: then no level is known.
func PolicyInForce(tx *store.Tx) (*wardbook.Policy, error) {
	sha := ""
	set, err := tx.Entries(store.EntryFilter{Action: "policy.set", Limit: 1})
	if err != nil {
		return nil, err
	}
	if len(set) > 0 {
		sha = strings.TrimPrefix(set[0].Target, "policy/")
	} else if sha, err = assessedUnder(tx); err != nil {
		return nil, err
	}
	if sha == "" || sha == catalog.DefaultPolicyDigest() {
		c, err := catalog.Load()
		if err != nil {
			return nil, err
		}
		return c.Policy, nil
	}
	r, err := tx.OpenEvidence(sha)
	if errors.Is(err, wardbook.ErrNotFound) || errors.Is(err, store.ErrRedacted) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(io.LimitReader(r, maxPolicy))
	if err != nil {
		return nil, err
	}
	return catalog.ReadPolicy(b, "policy")
}

// assessedUnder is the SHA-256 of the policy that the newest kept assessment
// was made under; empty where none is kept.
func assessedUnder(tx *store.Tx) (string, error) {
	entries, err := tx.Entries(store.EntryFilter{Action: "assessment.keep", Limit: 1})
	if err != nil || len(entries) == 0 {
		return "", err
	}
	sha, ok := strings.CutPrefix(entries[0].Target, "assessment/")
	if !ok {
		return "", nil
	}
	r, err := tx.OpenEvidence(sha)
	if errors.Is(err, wardbook.ErrNotFound) || errors.Is(err, store.ErrRedacted) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	ref, err := policyOf(r)
	if err != nil {
		return "", fmt.Errorf("assessment %s: %w", sha, err)
	}
	return ref.SHA256, nil
}

// policyOf reads no more of an assessment than it has to: the policy stands
// before the long lists.
func policyOf(r io.Reader) (ref wardbook.PolicyRef, err error) {
	d := jsontext.NewDecoder(r)
	if _, err := d.ReadToken(); err != nil { // the brace
		return ref, err
	}
	for d.PeekKind() == jsontext.KindString {
		name, err := d.ReadValue()
		if err != nil {
			return ref, err
		}
		if !bytes.Equal(name, []byte(`"policy"`)) {
			if err := d.SkipValue(); err != nil {
				return ref, err
			}
			continue
		}
		return ref, json.UnmarshalDecode(d, &ref)
	}
	return ref, nil
}
