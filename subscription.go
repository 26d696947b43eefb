package wardbook

import (
	"slices"
)

// A Subscription says what a member wants to be told, and how. The secret that a
// webhook is signed with is not in it.
type Subscription struct {
	User    string       `json:"user"` // id
	Channel Channel      `json:"channel"`
	URL     string       `json:"url,omitempty"` // of a webhook
	Events  []NoticeKind `json:"events"`
	Daily   bool         `json:"daily,omitempty"` // once a day instead of at once
	Off     bool         `json:"off,omitempty"`
}

// A Channel is how somebody is told.
type Channel string

const (
	ByMail    Channel = "mail" // to the address that they sign in with
	ByWebhook Channel = "webhook"
)

// Channels lists the channels.
var Channels = []Channel{ByMail, ByWebhook}

// A NoticeKind is something that people want to be told.
type NoticeKind string

const (
	NoticeUnacceptable NoticeKind = "unacceptable" // a risk is new or became worse, and is not acceptable
	NoticeFindings     NoticeKind = "findings"     // new findings that concern our devices
	NoticeAssigned     NoticeKind = "assigned"     // a risk or work became theirs
	NoticeOverdue      NoticeKind = "overdue"      // a date has passed and something is still to do
	NoticeEnding       NoticeKind = "ending"       // the acceptance of a risk ends within 30 days
	NoticeReview       NoticeKind = "review"       // an import waits for a person
)

// NoticeKinds lists them in the order in which pages offer them.
var NoticeKinds = []NoticeKind{NoticeUnacceptable, NoticeFindings, NoticeAssigned, NoticeOverdue, NoticeEnding, NoticeReview}

func (Subscription) RecordKind() string { return "subscription" }

// RecordTitle is how they are told.
func (s Subscription) RecordTitle() string { return string(s.Channel) }

// RecordState is "off" or "active".
func (s Subscription) RecordState() string {
	if s.Off {
		return "off"
	}
	return "active"
}

// RecordKey is member, channel and address: each has one.
func (s Subscription) RecordKey() string {
	return s.User + "\x1f" + string(s.Channel) + "\x1f" + s.URL
}

// Validate reports all faults.
func (s Subscription) Validate() error {
	var ps Problems
	if s.User == "" {
		ps.Add("user", "names nobody")
	}
	if !slices.Contains(Channels, s.Channel) {
		ps.Add("channel", "%q is neither mail nor webhook", s.Channel)
	}
	if (s.Channel == ByWebhook) != (s.URL != "") {
		ps.Add("url", "a webhook needs an address, mail goes to that of the member")
	}
	if len(s.Events) == 0 && !s.Off {
		ps.Add("events", "choose at least one")
	}
	for _, e := range s.Events {
		if !slices.Contains(NoticeKinds, e) {
			ps.Add("events", "%q is no event", e)
		}
	}
	return ps.Err()
}
