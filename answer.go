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
