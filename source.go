package wardbook

import (
	"fmt"
	"slices"
)

// A Source is one document that the living file rests on: an inventory, an
// SBOM, an advisory, VEX, vulnerability data, KEV or EPSS. Its bytes are
// evidence. The same document in a newer state is a new revision; a document
// that no longer holds is withdrawn, and never deleted.
type Source struct {
	Kind InputKind `json:"kind"`
	// Name tells the documents of a kind apart: the id that the document has for
	// itself (CSAF tracking id, serial number of an SBOM with its product), else
	// the name of its file.
	Name    string      `json:"name"`
	State   SourceState `json:"state"`
	SHA256  string      `json:"sha256"` // of the evidence that holds, lower-case hex
	File    string      `json:"file"`   // its name as it came
	Origin  string      `json:"origin"` // "upload", the address it was fetched from, or the id of a bundle
	Size    int64       `json:"size"`
	Format  string      `json:"format,omitempty"`
	Records int         `json:"records"`
	AsOf    string      `json:"as_of,omitempty"`   // RFC 3339 date of the newest datum inside; empty: it does not say
	Quality string      `json:"quality,omitempty"` // of an SBOM, in one line
	// Problems are the first of the faults found in it, Faults is how many there
	// were.
	Problems []Problem `json:"problems,omitempty"`
	Faults   int       `json:"faults,omitempty"`
	// Columns is how the columns of an inventory are read, where a person
	// corrected it: YAML as in columns.yaml.
	Columns string `json:"columns,omitempty"`
	// Change is what the newest bytes would change, or changed.
	Change *SourceChange `json:"change,omitempty"`
}

// SourceState says whether a source counts.
type SourceState string

const (
	SourceCurrent   SourceState = "current"
	SourceReview    SourceState = "review"    // new bytes wait for a person: they would change more than expected
	SourceRefused   SourceState = "refused"   // a person said that the bytes are wrong, or they could not be read
	SourceWithdrawn SourceState = "withdrawn" // it no longer holds
)

// SourceStates lists the valid states.
var SourceStates = []SourceState{SourceCurrent, SourceReview, SourceRefused, SourceWithdrawn}

// SourceChange counts what the bytes of a source change: devices of an
// inventory, components of an SBOM.
type SourceChange struct {
	New     int `json:"new"`
	Changed int `json:"changed"`
	Gone    int `json:"gone"`
	Back    int `json:"back"`
	Same    int `json:"same"`
	// Surprises say in sentences why a person should look before the change is
	// made.
	Surprises []string `json:"surprises,omitempty"`
	// Samples are the first few of each sort.
	Samples []ChangeSample `json:"samples,omitempty"`
}

// A ChangeSample is one thing that the bytes of a source change.
type ChangeSample struct {
	What string `json:"what"`           // new, changed, gone, back or moved
	Name string `json:"name"`           // id of a device, name of a component
	Text string `json:"text,omitempty"` // what it is, or what differs: "version 1.0 → 2.0"
}

func (Source) RecordKind() string { return "source" }

// RecordTitle is the name.
func (s Source) RecordTitle() string { return s.Name }

// RecordState is the state.
func (s Source) RecordState() string { return string(s.State) }

// RecordKey is kind and name: one document of a kind has a name.
func (s Source) RecordKey() string { return string(s.Kind) + "/" + s.Name }

// RecordPrefix is of the short number: SRC-0042.
func (Source) RecordPrefix() string { return "SRC" }

// Validate reports all faults.
func (s Source) Validate() error {
	var ps Problems
	if s.Kind == "" {
		ps.Add("kind", "is empty")
	}
	if s.Name == "" {
		ps.Add("name", "is empty")
	}
	if !slices.Contains(SourceStates, s.State) {
		ps.Add("state", "%q is no state of a source", s.State)
	}
	if !isSHA256(s.SHA256) {
		ps.Add("sha256", "%q is no SHA-256", s.SHA256)
	}
	return ps.Err()
}

func isSHA256(s string) bool {
	if len(s) != 64 {
		return false
	}
	for _, c := range s {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// String counts in words: "3 new, 1 gone, 96 unchanged".
func (c SourceChange) String() string {
	return fmt.Sprintf("%d new, %d changed, %d gone, %d back, %d unchanged", c.New, c.Changed, c.Gone, c.Back, c.Same)
}
