package wardbook

import (
	"errors"
	"fmt"
	"time"
)

// ErrNotFound: there is no such thing in this organization, as far as the one
// who asks may know.
var ErrNotFound = errors.New("not found")

// A Record is what people author, review and sign. It is kept as one document
// with a revision number, and every revision is kept for ever. The fields of
// the type that implements it are its shape on disk, so they are only added
// to; a change of meaning is a new schema version (RecordSchema).
//
// A record may say more about itself with these methods, all optional:
//
//	Validate() error       // every revision is checked before it is written
//	RecordTitle() string   // what lists show and text search looks at
//	RecordState() string   // what lists filter by
//	RecordKey() string     // unique among the records of its kind, empty: none
//	RecordPrefix() string  // of the short number, such as "RSK" for RSK-0042
//	RecordSchema() int     // version of the shape, 1 where absent
type Record interface {
	// RecordKind names the kind, such as "control": lower case, singular, with
	// underscores. It is the zero value's too.
	RecordKind() string
}

// Schema is the version of the shape of r.
func Schema(r Record) int {
	if s, ok := r.(interface{ RecordSchema() int }); ok {
		return s.RecordSchema()
	}
	return 1
}

// A Revision is one state of a record, as it was written.
type Revision struct {
	Kind     string `json:"kind"`
	ID       string `json:"id"`
	Revision int64  `json:"revision"` // 1 is the first
	Schema   int    `json:"schema"`
	Number   int64  `json:"number"` // counted within organization and kind, from 1
	Prefix   string `json:"prefix,omitempty"`
	Title    string `json:"title,omitempty"`
	State    string `json:"state,omitempty"`
	Key      string `json:"key,omitempty"`
	// Digest is the SHA-256 of Data in lower-case hex: what an approval binds to.
	Digest string `json:"digest"`
	// Position is the log position from which the revision held, Until the one
	// from which it no longer did; 0 while it holds.
	Position int64     `json:"position"`
	Until    int64     `json:"until,omitempty"`
	Time     time.Time `json:"time"` // of the event
	Actor    string    `json:"actor"`
	Action   string    `json:"action"`
	Reason   string    `json:"reason,omitempty"`
	Data     []byte    `json:"-"` // canonical JSON (RFC 8785)
}

// Short is the number that people see: "RSK-0042".
func (r Revision) Short() string {
	prefix := r.Prefix
	if prefix == "" {
		prefix = r.Kind
	}
	return fmt.Sprintf("%s-%04d", prefix, r.Number)
}

// EditConflict is the error of an edit that was made on an old revision. Nothing
// was written.
type EditConflict struct {
	Kind, ID string
	Expected int64     // the revision that the edit started from; 0: none
	Base     *Revision // that revision, nil where there is none
	Current  *Revision // what somebody else wrote in the meantime
}

func (c *EditConflict) Error() string {
	if c.Expected == 0 {
		return fmt.Sprintf("%s %s exists already (revision %d by %s)", c.Kind, c.ID, c.Current.Revision, c.Current.Actor)
	}
	return fmt.Sprintf("%s %s is at revision %d by %s, the edit started from revision %d",
		c.Kind, c.ID, c.Current.Revision, c.Current.Actor, c.Expected)
}
