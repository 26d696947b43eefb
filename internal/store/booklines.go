package store

import (
	"bytes"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/wardbook/wardbook"
)

// bookFormat is the version of the form of an exported book.
const bookFormat = 1

// A bookLine is one line of an exported book: one JSON object with exactly one
// of these members. After the header come all entries in their order; each is
// followed by what was written under it, evidence by its bytes in chunks; then
// the sets of devices, then the end.
type bookLine struct {
	Header   *bookHeader   `json:"book,omitempty"`
	Entry    *bookEntry    `json:"entry,omitempty"`
	Revision *bookRevision `json:"revision,omitempty"`
	Evidence *bookEvidence `json:"evidence,omitempty"`
	Chunk    []byte        `json:"chunk,omitempty"`
	Opened   *bookOpened   `json:"opened,omitempty"`
	Closed   *bookClosed   `json:"closed,omitempty"`
	Set      *bookSet      `json:"set,omitempty"`
	End      *bookEnd      `json:"end,omitempty"`
}

type bookHeader struct {
	Format       int       `json:"format"`
	Organization string    `json:"organization"`
	Entries      int64     `json:"entries"`
	Checkpoint   string    `json:"checkpoint"`
	Keys         []bookKey `json:"keys"`
}

type bookKey struct {
	Number      int64  `json:"number"`
	Verifier    string `json:"verifier"`
	Endorsement string `json:"endorsement,omitempty"` // note on the key, signed by the one before
}

// exact is bytes that are shown as JSON where that keeps every one of them,
// and in base64 otherwise.
type exact struct {
	JSON   jsontext.Value `json:"json,omitzero"`
	Base64 []byte         `json:"base64,omitempty"`
}

func exactly(b []byte) exact {
	v := jsontext.Value(bytes.Clone(b))
	if len(b) > 0 && v.IsValid() {
		if out, err := json.Marshal(v); err == nil && bytes.Equal(out, b) {
			return exact{JSON: v}
		}
	}
	return exact{Base64: b}
}

func (e exact) bytes() []byte {
	if e.JSON != nil {
		return e.JSON
	}
	return e.Base64
}

type bookEntry struct {
	Leaf []byte `json:"leaf"` // hash of the entry in the Merkle tree, as it was stored
	exact
}

type bookRevision struct {
	Kind     string          `json:"kind"`
	ID       string          `json:"id"`
	Revision int64           `json:"revision"`
	Schema   int             `json:"schema"`
	Number   int64           `json:"number"`
	Prefix   string          `json:"prefix,omitempty"`
	Title    string          `json:"title,omitempty"`
	State    string          `json:"state,omitempty"`
	Key      string          `json:"key,omitempty"`
	Digest   string          `json:"digest"`
	Links    []wardbook.Link `json:"links,omitempty"`
	exact
}

type bookEvidence struct {
	wardbook.EvidenceDigest
	Redacted *int64 `json:"redacted,omitempty"` // entry that took the bytes out
}

type bookOpened struct {
	Table   string   `json:"table"`
	Group   string   `json:"group"`
	ID      string   `json:"id"`
	Columns []string `json:"columns"`
	Place   string   `json:"place,omitempty"`
	Digest  []byte   `json:"digest"`
	exact
}

type bookClosed struct {
	Table  string `json:"table"`
	Group  string `json:"group"`
	ID     string `json:"id"`
	From   int64  `json:"from"`
	Digest []byte `json:"digest"`
	Place  string `json:"place,omitempty"`
}

type bookSet struct {
	SHA256 string `json:"sha256"`
	exact
}

type bookEnd struct {
	Lines int64 `json:"lines"` // before this one
}

func (l *bookLine) encode() ([]byte, error) { return json.Marshal(l, json.Deterministic(true)) }
