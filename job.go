package wardbook

import "time"

// JobState says where a job stands.
type JobState string

const (
	JobQueued    JobState = "queued"
	JobRunning   JobState = "running"
	JobDone      JobState = "done"
	JobFailed    JobState = "failed" // for good: all tries are used up
	JobCancelled JobState = "cancelled"
)

// Finished reports whether nothing more will happen to the job.
func (s JobState) Finished() bool { return s == JobDone || s == JobFailed || s == JobCancelled }

// A Job is work that the program does later, or over time. It is asked for in
// the transaction of the change that needs it.
type Job struct {
	ID           string   `json:"id"`
	Organization string   `json:"organization"`
	Kind         string   `json:"kind"`
	Args         []byte   `json:"-"` // JSON
	State        JobState `json:"state"`
	// Unique: while a job with the same kind and unique text is not finished,
	// a second one is not made. Empty: any number.
	Unique      string    `json:"unique,omitempty"`
	Actor       string    `json:"actor"`
	RunAt       time.Time `json:"run_at"`
	Attempt     int       `json:"attempt"`      // 1 in the first try
	MaxAttempts int       `json:"max_attempts"` // 0 when enqueued: 5
	Worker      string    `json:"worker,omitempty"`
	LeaseUntil  time.Time `json:"lease_until,omitzero"`
	Done        int64     `json:"done"` // progress, in the units that Note names
	Total       int64     `json:"total"`
	Note        string    `json:"note,omitempty"`
	// Resume is what a try leaves for the next one, JSON of its own.
	Resume    []byte    `json:"-"`
	Error     string    `json:"error,omitempty"` // of the last try
	Cancel    bool      `json:"cancel,omitempty"`
	Created   time.Time `json:"created"`
	Finished  time.Time `json:"finished,omitzero"`
	LastAlive time.Time `json:"last_alive,omitzero"`
}
