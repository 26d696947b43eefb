package wardbook

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Triage says what an organization did with an advisory or vulnerability
// record that names what it has: it was handled, or put off. It keeps the
// findings that it was handled with, so that it comes back when there are
// others.
type Triage struct {
	// About is the tracking id of the advisory, else the id of the vulnerability
	// (see Finding.Matter).
	About string      `json:"about"`
	State TriageState `json:"state"`
	// Outcome is affected or not_affected where it was handled, else empty.
	Outcome Status `json:"outcome,omitempty"`
	// Until is the RFC 3339 date of the last day for which it is put off.
	Until     string           `json:"until,omitempty"`
	Findings  []TriagedFinding `json:"findings"`
	Decisions []Ref[Decision]  `json:"decisions,omitempty"` // that were made for it
	Risks     []Ref[Risk]      `json:"risks,omitempty"`     // that were confirmed for it
	By        string           `json:"by"`                  // id of the user
	At        time.Time        `json:"at"`
	Reason    string           `json:"reason,omitempty"`
}

// TriageState says whether something waits to be handled.
type TriageState string

const (
	TriageNew     TriageState = "new" // it waits; also where the handling was taken back
	TriageHandled TriageState = "handled"
	TriageSnoozed TriageState = "snoozed" // it waits again after Until
)

// TriageStates lists the valid states.
var TriageStates = []TriageState{TriageNew, TriageHandled, TriageSnoozed}

// A TriagedFinding is what of a finding asks for a new look when it changes.
type TriagedFinding struct {
	ID        string `json:"id"`
	Status    Status `json:"status"`
	Devices   int    `json:"devices"`
	DeviceSet string `json:"device_set"`       // SHA-256 of the ids
	Vector    string `json:"vector,omitempty"` // CVSS; empty: not known
	KEV       bool   `json:"kev,omitempty"`    // known to be exploited
}

func (Triage) RecordKind() string { return "triage" }

// RecordTitle names what it is about and what was done.
func (t Triage) RecordTitle() string {
	if t.Outcome != "" {
		return t.About + ": " + strings.ReplaceAll(string(t.Outcome), "_", " ")
	}
	return t.About + ": " + string(t.State)
}

// RecordState is the state.
func (t Triage) RecordState() string { return string(t.State) }

// RecordKey is what it is about: there is one for each.
func (t Triage) RecordKey() string { return t.About }

// RecordPrefix is of the short number: TRI-0042.
func (Triage) RecordPrefix() string { return "TRI" }

// Validate reports all faults.
func (t Triage) Validate() error {
	var ps Problems
	if t.About == "" {
		ps.Add("about", "is empty")
	}
	if !slices.Contains(TriageStates, t.State) {
		ps.Add("state", "%q is no state of a triage", t.State)
	}
	if handled := t.State == TriageHandled; handled != (t.Outcome == Affected || t.Outcome == NotAffected) || !handled && t.Outcome != "" {
		ps.Add("outcome", "is affected or not_affected where it was handled, and empty where not")
	}
	if t.State == TriageSnoozed && t.Until == "" {
		ps.Add("until", "say until when")
	}
	if t.By == "" {
		ps.Add("by", "names nobody")
	}
	checkDate(&ps, "until", t.Until)
	return ps.Err()
}

// TriageDigest is the SHA-256 (lower-case hex) of findings, in any order: it
// tells whether two people have the same before them.
func TriageDigest(fs []TriagedFinding) string {
	fs = slices.Clone(fs)
	slices.SortFunc(fs, func(a, b TriagedFinding) int { return strings.Compare(a.ID, b.ID) })
	b, err := json.Marshal(fs)
	if err != nil {
		panic(err) // texts, numbers and truth values are always written
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// News says in words what of the open findings of now is other than it was when
// t was made. Nothing is news where findings are gone or hold for fewer of the
// same devices; fewer reports that of two sets, by their SHA-256.
func (t Triage) News(now []TriagedFinding, fewer func(now, before string) bool) []string {
	before := map[string]TriagedFinding{}
	for _, f := range t.Findings {
		before[f.ID] = f
	}
	var added, status, score, more, others int
	kev := false
	for _, f := range now {
		b, ok := before[f.ID]
		if !ok {
			added++
			kev = kev || f.KEV && !slices.ContainsFunc(t.Findings, func(x TriagedFinding) bool { return x.KEV })
			continue
		}
		kev = kev || f.KEV && !b.KEV
		if f.Status != b.Status {
			status++
		}
		if f.Vector != b.Vector {
			score++
		}
		switch {
		case f.DeviceSet == b.DeviceSet:
		case f.Devices > b.Devices:
			more = max(more, f.Devices-b.Devices)
		case !fewer(f.DeviceSet, b.DeviceSet):
			others++
		}
	}
	var out []string
	say := func(n int, text string) {
		if n > 0 {
			out = append(out, text)
		}
	}
	if kev {
		out = append(out, "it is known to be exploited now")
	}
	say(added, fmt.Sprintf("findings that are new: %d", added))
	say(more, fmt.Sprintf("at least %d more devices", more))
	say(others, "it holds for other devices than before")
	say(status, fmt.Sprintf("findings with another status: %d", status))
	say(score, fmt.Sprintf("findings with another score: %d", score))
	return out
}

// Matter is what a finding is handled under in the inbox: its advisory, else its
// vulnerability. Ends of support are no news of that kind: theirs is empty.
func (f *Finding) Matter() string {
	switch {
	case f.Kind == FindingSupport:
		return ""
	case f.Advisory != "":
		return f.Advisory
	}
	return f.Vulnerability
}
