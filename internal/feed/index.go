package feed

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

const (
	indexFile   = "index.json"
	indexFormat = 1
)

// A SignatureState says what is known of the OpenPGP signature of a document.
type SignatureState string

// The states of a signature. A document whose signature is bad is never in use.
const (
	SignatureNone     SignatureState = "none"        // the publisher gives none
	SignatureVerified SignatureState = "verified"    // by a key of the publisher
	SignatureBad      SignatureState = "bad"         // it does not fit
	KeyUnknown        SignatureState = "key unknown" // it is by a key that the publisher does not name
)

// A Document is one file that came from a source.
type Document struct {
	Source string `json:"source"` // id
	Kind   Kind   `json:"kind"`
	Name   string `json:"name"` // for people: icsma-20-317-01.json, Debian.zip
	URL    string `json:"url"`  // without query
	SHA256 string `json:"sha256"`
	Size   int64  `json:"size"` // bytes
	// ETag and LastModified are what the server said, for the next question.
	ETag         string `json:"etag,omitempty"`
	LastModified string `json:"last_modified,omitempty"`
	// Listed is the date that the publisher's list gives the document, as it is written there.
	Listed  string    `json:"listed,omitempty"`
	Fetched time.Time `json:"fetched"`
	// Newest is the newest date in the document; zero when it says none.
	Newest time.Time `json:"newest,omitzero"`
	// Hash is the digest file of the publisher that it was held against: sha512, sha256, or empty.
	Hash      string         `json:"hash,omitempty"`
	Signature SignatureState `json:"signature,omitempty"` // of CSAF documents
	Signer    string         `json:"signer,omitempty"`    // fingerprint, hex
	// SignatureSHA256 is the digest of the signature itself.
	SignatureSHA256 string `json:"signature_sha256,omitempty"`
	// Aside says why the document is not in use; empty when it is.
	Aside string `json:"aside,omitempty"`
	// Unlisted is since when the publisher's list does not name it any more.
	Unlisted time.Time `json:"unlisted,omitzero"`
}

// A PublicKey is an OpenPGP key of a CSAF publisher.
type PublicKey struct {
	Fingerprint string    `json:"fingerprint"` // hex
	URL         string    `json:"url"`
	Armored     string    `json:"armored"`
	Since       time.Time `json:"since"`
}

// sourceState is what the index knows of a source.
type sourceState struct {
	Source    Source      `json:"source"`
	Checked   time.Time   `json:"checked,omitzero"`   // last time that everything listed was looked at
	Attempted time.Time   `json:"attempted,omitzero"` // last try
	Failure   string      `json:"failure,omitempty"`  // of the last try
	Missing   int         `json:"missing,omitempty"`  // listed, but could not be fetched
	Cursor    string      `json:"cursor,omitempty"`   // up to where an incremental source was read
	Keys      []PublicKey `json:"keys,omitempty"`
	Bundle    string      `json:"bundle,omitempty"` // id of the bundle that brought it
	Documents []Document  `json:"documents"`
	Aside     []Document  `json:"aside,omitempty"`

	at map[string]int // place in Documents, by URL; nil: not made yet
}

// index is index.json.
type index struct {
	Format  int                     `json:"format"`
	Sources map[string]*sourceState `json:"sources"`
	// Loaded is the newest bundle that was loaded, by signer.
	Loaded map[string]loaded `json:"loaded,omitempty"`
}

// loaded is a bundle that was loaded.
type loaded struct {
	ID   string    `json:"id"`
	Made time.Time `json:"made"`
}

func readIndex(dir string) (*index, error) {
	path := filepath.Join(dir, indexFile)
	r, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return &index{Format: indexFormat, Sources: map[string]*sourceState{}}, nil
	}
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var idx index
	if err := json.UnmarshalRead(r, &idx); err != nil {
		return nil, fmt.Errorf("%s is damaged: %w", path, err)
	}
	if idx.Format != indexFormat {
		return nil, fmt.Errorf("%s is of format %d, this program knows %d", path, idx.Format, indexFormat)
	}
	if idx.Sources == nil {
		idx.Sources = map[string]*sourceState{}
	}
	return &idx, nil
}

// save writes the index whole or not at all.
func (x *index) save(dir string) error {
	for _, st := range x.Sources {
		st.at = nil
		for _, docs := range [][]Document{st.Documents, st.Aside} {
			slices.SortFunc(docs, func(a, b Document) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.URL, b.URL)) })
		}
	}
	b, err := json.Marshal(x, json.Deterministic(true), jsontext.WithIndent(" "))
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return writeWhole(filepath.Join(dir, indexFile), b, 0o644)
}

func (x *index) ids() []string { return slices.Sorted(maps.Keys(x.Sources)) }

// state is the state of a source, made when it is new. A source that now is
// another one under the same id begins anew.
func (x *index) state(s Source) *sourceState {
	st := x.Sources[s.ID]
	if st == nil || !st.of(s) {
		st = &sourceState{}
		x.Sources[s.ID] = st
	}
	st.Source = s
	st.Source.APIKeyFile = ""
	if s.URL != "" && !isDomain(s.URL) {
		st.Source.URL = plain(s.URL) // a query can hold a token
	}
	return st
}

// of reports whether a state is of this source, and not of another one that had
// its id before.
func (st *sourceState) of(s Source) bool {
	return st.Source.Kind == s.Kind && plain(st.Source.Address()) == plain(s.Address())
}

// put adds a document in use, in place of the one of the same URL.
func (st *sourceState) put(d Document) {
	st.Aside = slices.DeleteFunc(st.Aside, func(have Document) bool { return have.URL == d.URL })
	if i, ok := st.place(d.URL); ok {
		st.Documents[i] = d
		return
	}
	st.at[d.URL] = len(st.Documents)
	st.Documents = append(st.Documents, d)
}

// setAside adds a document that is not to be used. One that was in use stays.
func (st *sourceState) setAside(d Document) {
	st.Aside = append(slices.DeleteFunc(st.Aside, func(have Document) bool { return have.URL == d.URL }), d)
}

// drop takes a document out of use.
func (st *sourceState) drop(url string) {
	st.at = nil
	st.Documents = slices.DeleteFunc(st.Documents, func(d Document) bool { return d.URL == url })
}

// document is the one in use of a URL.
func (st *sourceState) document(url string) (Document, bool) {
	i, ok := st.place(url)
	if !ok {
		return Document{}, false
	}
	return st.Documents[i], true
}

func (st *sourceState) place(url string) (int, bool) {
	if st.at == nil {
		st.at = make(map[string]int, len(st.Documents))
		for i, d := range st.Documents {
			st.at[d.URL] = i
		}
	}
	i, ok := st.at[url]
	return i, ok
}
