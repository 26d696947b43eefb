package wardbook

import "strings"

// A FeedPlan says how often the server fetches the feeds of the installation,
// and which it leaves alone. There is one, in the installation's book; which
// feeds there are stands in the feed folder.
type FeedPlan struct {
	Sources map[string]FeedRule `json:"sources,omitempty"` // by the id of the feed
	// Told is the SHA-256 over the digests of the documents that organizations
	// were last assessed for.
	Told string `json:"told,omitempty"`
}

// A FeedRule is the plan of one feed.
type FeedRule struct {
	Hours   int  `json:"hours,omitempty"`   // between two fetches; 0: as its kind asks for
	Stopped bool `json:"stopped,omitempty"` // it is fetched only when somebody asks
}

// MaxFeedHours is the longest time between two fetches: after a week what a
// feed would say counts as unknown.
const MaxFeedHours = 7 * 24

func (FeedPlan) RecordKind() string { return "feed_plan" }

// RecordTitle is the same for all revisions.
func (FeedPlan) RecordTitle() string { return "Plan of the feeds" }

// RecordKey makes it one.
func (FeedPlan) RecordKey() string { return "plan" }

// Validate reports all faults.
func (p FeedPlan) Validate() error {
	var ps Problems
	for id, r := range p.Sources {
		if strings.TrimSpace(id) == "" {
			ps.Add("sources", "a feed has no id")
		}
		if r.Hours < 0 || r.Hours > MaxFeedHours {
			ps.Add("hours", "%d is not from 1 to %d hours", r.Hours, MaxFeedHours)
		}
	}
	return ps.Err()
}
