package wardbook

import "slices"

// An Asked is a question as the living file keeps it. It stays when it is
// answered, and when nothing asks it any more.
type Asked struct {
	// Question is what is asked; its Devices are empty, they are the set.
	Question
	State QuestionState `json:"state"`
	// DeviceSet is the SHA-256 of the set of devices that it is about, Affected
	// how many are in it.
	DeviceSet string `json:"device_set"`
	Affected  int    `json:"affected"`
	Since     string `json:"since"` // RFC 3339 date on which it was asked first
}

// QuestionState says where a question stands.
type QuestionState string

const (
	QuestionOpen     QuestionState = "open"
	QuestionAnswered QuestionState = "answered"
	QuestionGone     QuestionState = "gone" // nothing asks it any more
)

// QuestionStates lists the valid states.
var QuestionStates = []QuestionState{QuestionOpen, QuestionAnswered, QuestionGone}

func (Asked) RecordKind() string { return "question" }

// RecordTitle is the text.
func (a Asked) RecordTitle() string { return a.Text }

// RecordState is the state.
func (a Asked) RecordState() string { return string(a.State) }

// RecordKey is the question's id in assessments.
func (a Asked) RecordKey() string { return a.ID }

// RecordPrefix is of the short number: QST-0042.
func (Asked) RecordPrefix() string { return "QST" }

// Validate reports all faults.
func (a Asked) Validate() error {
	var ps Problems
	if a.ID == "" {
		ps.Add("id", "is empty")
	}
	if !a.Kind.Valid() {
		ps.Add("kind", "%q is no kind of question", a.Kind)
	}
	if a.Key == "" {
		ps.Add("key", "is empty")
	}
	if !slices.Contains(QuestionStates, a.State) {
		ps.Add("state", "%q is no state of a question", a.State)
	}
	if len(a.Devices) > 0 {
		ps.Add("devices", "stand in the set")
	}
	checkDate(&ps, "since", a.Since)
	return ps.Err()
}
