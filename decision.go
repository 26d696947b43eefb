package wardbook

import (
	"slices"
	"strings"
	"time"
)

// A Decision is an organization's own word on findings: for example that a
// vulnerability does not affect a product because of how it is set up here. It
// applies to the findings of now and of later that its scope covers; like a
// maker's statement it yields to one that is more specific.
type Decision struct {
	State DecisionState `json:"state"`
	// Vulnerabilities are ids (CVE or the document's own). Advisory narrows to
	// findings of that advisory; it may stand alone.
	Vulnerabilities []string `json:"vulnerabilities,omitempty"`
	Advisory        string   `json:"advisory,omitempty"`
	// Subjects are the products, with version range and components. At least
	// one: a decision about everything is a policy.
	Subjects []StatementSubject `json:"subjects"`
	// Zones, Sites and Wards narrow to devices there ("Site / Location" for a
	// ward); empty: everywhere. Configuration says in words what the decision
	// rests on.
	Zones         []string      `json:"zones,omitempty"`
	Sites         []string      `json:"sites,omitempty"`
	Wards         []string      `json:"wards,omitempty"`
	Configuration string        `json:"configuration,omitempty"`
	Status        Status        `json:"status"`
	Justification Justification `json:"justification,omitempty"`
	Reason        string        `json:"reason"`          // in the decider's words
	Until         string        `json:"until,omitempty"` // RFC 3339 date of the last day; empty: until it is withdrawn
	By            string        `json:"by"`              // id of the user who decided
	At            time.Time     `json:"at"`
}

// DecisionState says whether a decision counts.
type DecisionState string

const (
	DecisionActive    DecisionState = "active"
	DecisionWithdrawn DecisionState = "withdrawn"
)

func (Decision) RecordKind() string { return "decision" }

// RecordTitle names what was decided about what.
func (d Decision) RecordTitle() string {
	var names []string
	for _, s := range d.Subjects {
		names = append(names, strings.TrimSpace(s.Vendor+" "+s.Name))
	}
	about := strings.Join(d.Vulnerabilities, ", ")
	if about == "" {
		about = d.Advisory
	}
	return strings.ReplaceAll(string(d.Status), "_", " ") + ": " + about + " in " + strings.Join(names, ", ")
}

// RecordState is the state.
func (d Decision) RecordState() string { return string(d.State) }

// RecordPrefix is of the short number: DEC-0042.
func (Decision) RecordPrefix() string { return "DEC" }

// Holds reports whether the decision counts on a date (RFC 3339).
func (d Decision) Holds(date string) bool {
	return d.State == DecisionActive && (d.Until == "" || date <= d.Until)
}

// Validate reports all faults.
func (d Decision) Validate() error {
	var ps Problems
	if d.State != DecisionActive && d.State != DecisionWithdrawn {
		ps.Add("state", "%q is no state of a decision", d.State)
	}
	if len(d.Vulnerabilities) == 0 && d.Advisory == "" {
		ps.Add("vulnerabilities", "names none, and no advisory")
	}
	if slices.Contains(d.Vulnerabilities, "") {
		ps.Add("vulnerabilities", "one is empty")
	}
	if len(d.Subjects) == 0 {
		ps.Add("subjects", "names no product")
	}
	if !d.Status.Valid() {
		ps.Add("status", "%q is no status", d.Status)
	}
	if d.Reason == "" {
		ps.Add("reason", "is empty")
	}
	if d.By == "" {
		ps.Add("by", "names nobody")
	}
	checkDate(&ps, "until", d.Until)
	return ps.Err()
}

// checkDate adds a problem when a date that may be empty is none.
func checkDate(ps *Problems, place, date string) {
	if date == "" {
		return
	}
	if _, err := time.Parse(time.DateOnly, date); err != nil {
		ps.Add(place, "%q is no date: write 2026-01-31", date)
	}
}
