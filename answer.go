package wardbook

// An Answer is what a person said to a Question. It applies to every match
// with the same kind and key, now and later.
type Answer struct {
	Kind   QuestionKind `json:"kind" yaml:"kind"`
	Key    string       `json:"key" yaml:"key"`
	Answer string       `json:"answer" yaml:"answer"` // "yes", "no", a version, a device class
	By     string       `json:"by,omitempty" yaml:"by,omitempty"`
	Date   string       `json:"date,omitempty" yaml:"date,omitempty"` // RFC 3339 date
	Reason string       `json:"reason,omitempty" yaml:"reason,omitempty"`
}

func (Answer) RecordKind() string { return "answer" }

// RecordTitle is what was asked about.
func (a Answer) RecordTitle() string { return string(a.Kind) + ": " + a.Key }

// RecordState is "withdrawn" where the answer was taken back, else "given".
func (a Answer) RecordState() string {
	if a.Answer == "" {
		return "withdrawn"
	}
	return "given"
}

// RecordKey is kind and key: a question has one answer.
func (a Answer) RecordKey() string { return string(a.Kind) + "\x1f" + a.Key }

// RecordPrefix is of the short number: ANS-0042.
func (Answer) RecordPrefix() string { return "ANS" }

// Validate reports all faults. An empty answer is one that was taken back.
func (a Answer) Validate() error {
	var ps Problems
	if !a.Kind.Valid() {
		ps.Add("kind", "%q is no kind of question", a.Kind)
	}
	if a.Key == "" {
		ps.Add("key", "is empty")
	}
	return ps.Err()
}
