package wardbook

import (
	"strings"
	"time"
)

// A Comment is what somebody says about a risk, a decision or a line of work.
// It is not changed later; who was wrong says so in another one.
type Comment struct {
	Risk     Ref[Risk]     `json:"risk,omitzero"`
	Decision Ref[Decision] `json:"decision,omitzero"`
	Work     Ref[Work]     `json:"work,omitzero"`
	Text     string        `json:"text"`
	By       string        `json:"by"` // id of the user
	At       time.Time     `json:"at"`
}

func (Comment) RecordKind() string { return "comment" }

// RecordTitle is the beginning of the text.
func (c Comment) RecordTitle() string {
	line, _, _ := strings.Cut(c.Text, "\n")
	if r := []rune(line); len(r) > 80 {
		return string(r[:79]) + "…"
	}
	return line
}

// Validate reports all faults.
func (c Comment) Validate() error {
	var ps Problems
	if c.Risk.IsZero() && c.Decision.IsZero() && c.Work.IsZero() {
		ps.Add("risk", "the comment is about nothing")
	}
	if strings.TrimSpace(c.Text) == "" {
		ps.Add("text", "is empty")
	}
	if len(c.Text) > 20_000 {
		ps.Add("text", "is longer than 20,000 bytes")
	}
	if c.By == "" {
		ps.Add("by", "names nobody")
	}
	return ps.Err()
}
