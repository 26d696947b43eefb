package wardbook

import (
	"strings"
	"time"
)

// An Applicability says that a statement of a standard does not apply to an
// organization, or not to one record. It counts once somebody other than the
// one who asked has approved it, and until its last day.
type Applicability struct {
	Standard  string `json:"standard"`  // id in the catalogue, such as "iec-80001-1"
	Statement string `json:"statement"` // id of the statement
	// Kind and Record narrow it to one record; both empty: the whole statement.
	Kind     string    `json:"kind,omitempty"`
	Record   string    `json:"record,omitempty"`
	Reason   string    `json:"reason"`
	By       string    `json:"by"`                 // id of the user who says so
	Approved string    `json:"approved,omitempty"` // id of the user who approved it
	At       time.Time `json:"at"`                 // of the approval, else of the request
	Until    string    `json:"until,omitempty"`    // RFC 3339 date of the last day; empty: until it is withdrawn
	// Withdrawn: it does not count any more.
	Withdrawn bool `json:"withdrawn,omitempty"`
}

func (Applicability) RecordKind() string { return "applicability" }

// RecordTitle names the statement.
func (a Applicability) RecordTitle() string { return "not applicable: " + a.Statement }

// RecordState is "withdrawn", "approved" or "asked".
func (a Applicability) RecordState() string {
	switch {
	case a.Withdrawn:
		return "withdrawn"
	case a.Approved != "":
		return "approved"
	}
	return "asked"
}

// RecordKey is the statement and the record: there is one of each.
func (a Applicability) RecordKey() string {
	return strings.Join([]string{a.Standard, a.Statement, a.Kind, a.Record}, "\x1f")
}

// RecordPrefix is of the short number: NAP-0042.
func (Applicability) RecordPrefix() string { return "NAP" }

// Holds reports whether it counts on a date (RFC 3339).
func (a Applicability) Holds(date string) bool {
	return a.RecordState() == "approved" && (a.Until == "" || date <= a.Until)
}

// Validate reports all faults.
func (a Applicability) Validate() error {
	var ps Problems
	if a.Standard == "" || a.Statement == "" {
		ps.Add("statement", "names none")
	}
	if (a.Kind == "") != (a.Record == "") {
		ps.Add("record", "kind and record belong together")
	}
	if strings.TrimSpace(a.Reason) == "" {
		ps.Add("reason", "is empty")
	}
	if a.By == "" {
		ps.Add("by", "names nobody")
	}
	if a.Approved != "" && a.Approved == a.By {
		ps.Add("approved", "nobody approves what they asked for themselves")
	}
	checkDate(&ps, "until", a.Until)
	return ps.Err()
}
