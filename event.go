package wardbook

import "time"

// An Event says who changes what, and why. Without one nothing is written.
type Event struct {
	Actor  string `json:"actor"`            // id of a user, or "system" for the program itself
	Action string `json:"action"`           // noun and verb, such as "risk.accept"
	Target string `json:"target,omitempty"` // what it is about: "risk/0198…", an advisory's id, a file name
	Reason string `json:"reason,omitempty"` // in the actor's words
}

// Validate reports what is missing.
func (e Event) Validate() error {
	var ps Problems
	if e.Actor == "" {
		ps.Add("actor", "names nobody")
	}
	if e.Action == "" {
		ps.Add("action", "is empty")
	}
	return ps.Err()
}

// EntryFormat is the version of the shape of Entry.
const EntryFormat = 1

// An Entry is one event as the log of its organization holds it, with the
// digests of all that was written under it. Its canonical JSON (RFC 8785) is
// the record that the Merkle tree hashes, so a field is only ever added.
type Entry struct {
	Format       int       `json:"format"`
	Organization string    `json:"organization"`
	Position     int64     `json:"position"` // 0 is the first
	Time         time.Time `json:"time"`     // UTC, whole microseconds, never earlier than that of the entry before
	Event
	Revisions []RevisionDigest `json:"revisions,omitempty"`
	Evidence  []EvidenceDigest `json:"evidence,omitempty"`
	Redacted  []string         `json:"redacted,omitempty"` // SHA-256 of evidence whose bytes were taken out
	Facts     []FactDigest     `json:"facts,omitempty"`
}

// RevisionDigest stands for one revision of a record.
type RevisionDigest struct {
	Kind     string `json:"kind"`
	ID       string `json:"id"`
	Revision int64  `json:"revision"`
	SHA256   string `json:"sha256"` // of the canonical bytes
	// Index is the SHA-256 of what is kept beside them: schema version, number,
	// title, state, key and links.
	Index string `json:"index"`
}

// EvidenceDigest stands for the bytes of one document.
type EvidenceDigest struct {
	Name      string `json:"name"`
	SHA256    string `json:"sha256"`
	Size      int64  `json:"size"`
	MediaType string `json:"media_type,omitempty"`
	Origin    string `json:"origin,omitempty"`
}

// FactDigest stands for the rows of one table of facts that began or ceased
// to hold with the entry.
type FactDigest struct {
	Table  string `json:"table"`
	Opened int64  `json:"opened"`
	Closed int64  `json:"closed"`
	SHA256 string `json:"sha256"`
}
