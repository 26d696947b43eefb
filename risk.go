package wardbook

// A Risk is one hazardous situation with three evaluations, one per key
// property (IEC 80001-1:2021, 6.1; ISO 14971 for hazard, sequence of events,
// hazardous situation and harm).
type Risk struct {
	ID       string    `json:"id"` // "R-" and hex, from content: stable between runs
	Title    string    `json:"title"`
	State    RiskState `json:"state"`
	Findings []string  `json:"findings"`
	Devices  []string  `json:"devices"`
	Wards    []string  `json:"wards"` // "Site / Location"
	Product  string    `json:"product"`
	// Advisory or Component is what the findings have in common; Consequence
	// is what they can take from the device, empty where no score says it.
	Advisory    string  `json:"advisory,omitempty"`
	Component   *string `json:"component,omitempty"`
	Consequence Impact  `json:"consequence,omitempty"`
	DeviceClass string  `json:"device_class,omitempty"`
	// Certainty is the strongest status among the findings: possibly_affected
	// when it is not certain that any device is affected at all.
	Certainty Status `json:"certainty"`

	Hazard           string `json:"hazard"` // id of a catalogue hazard
	Chain            Chain  `json:"chain"`
	ClinicalFunction string `json:"clinical_function,omitempty"`

	Safety        Evaluation `json:"safety"`
	Effectiveness Evaluation `json:"effectiveness"`
	Security      Evaluation `json:"security"`

	// Options are what can be done: the maker's remediations first, then
	// catalogue controls, in the order inherent, protective, information.
	Options []ControlOption `json:"options"`
	Action  string          `json:"action"` // what is proposed first, one sentence
	Due     string          `json:"due"`    // RFC 3339 date; empty: the policy sets none
	Overdue bool            `json:"overdue,omitempty"`
	DueRule string          `json:"due_rule,omitempty"`
	// FirstSeen is the RFC 3339 date of the first assessment that proposed the
	// risk: due dates count from it.
	FirstSeen string `json:"first_seen,omitempty"`
	// Register is what people did with the risk; nil in an assessment, and while
	// nobody has.
	Register *Register `json:"register,omitempty"`
}

// Evaluation returns the evaluation of k.
func (r *Risk) Evaluation(k KeyProperty) *Evaluation {
	switch k {
	case Safety:
		return &r.Safety
	case Effectiveness:
		return &r.Effectiveness
	case Security:
		return &r.Security
	}
	return nil
}

// Unacceptable reports whether any of the three evaluations is unacceptable.
func (r *Risk) Unacceptable() bool {
	for _, k := range KeyProperties {
		if r.Evaluation(k).Acceptable == No {
			return true
		}
	}
	return false
}

// Worst returns the key property with the highest level under p, the first of
// KeyProperties among equals, and its level. Both are empty when no level is
// known.
func (r *Risk) Worst(p *Policy) (KeyProperty, *Level) {
	var worst KeyProperty
	rank := 0
	for _, k := range KeyProperties {
		if n := p.Rank(r.Evaluation(k).Level); n > rank {
			worst, rank = k, n
		}
	}
	if rank == 0 {
		return "", nil
	}
	return worst, &p.Levels[rank-1]
}

// A Chain is how a hazard leads to harm, in words.
type Chain struct {
	Hazard    string   `json:"hazard"`
	Sequence  []string `json:"sequence"`  // events, in order
	Situation string   `json:"situation"` // hazardous situation
	Harm      string   `json:"harm"`
}

// An Evaluation is a proposal for one key property. Severity and Likelihood
// are steps of the policy's scales, 1 the lowest; 0 is unknown, and then
// Level is empty and Acceptable unknown.
type Evaluation struct {
	Severity   int     `json:"severity"`
	Likelihood int     `json:"likelihood"` // for security: exploitability and exposure, never frequency
	Level      string  `json:"level"`      // id of a policy level
	Acceptable Ternary `json:"acceptable"`
	Authority  string  `json:"authority,omitempty"` // who may accept, from the policy
	Why        []Step  `json:"why"`                 // the rule that gave each value
}

// ControlOption is something that could be done about a risk.
type ControlOption struct {
	Control string      `json:"control,omitempty"` // id of a catalogue control; empty for a maker's remediation
	Kind    ControlKind `json:"kind"`
	Text    string      `json:"text"`
	Source  string      `json:"source"` // advisory id or "catalogue"
	URL     string      `json:"url,omitempty"`
	// Effect on each key property: better, none or worse. A control that
	// helps one and harms another needs a recorded trade-off.
	Effect map[KeyProperty]Effect `json:"effect,omitempty"`
	// Conflict: it helps one key property and harms another.
	Conflict bool `json:"conflict,omitempty"`
}

// ControlKind orders controls (ISO 14971:2019, 7.1): the first kind that is
// feasible is the one to take.
type ControlKind string

const (
	Inherent    ControlKind = "inherent"
	Protective  ControlKind = "protective"
	Information ControlKind = "information"
)

// ControlKinds lists the kinds in their order of preference.
var ControlKinds = []ControlKind{Inherent, Protective, Information}

// Effect is what a control does to a key property.
type Effect string

const (
	Better   Effect = "better"
	NoEffect Effect = "none"
	Worse    Effect = "worse"
)

// RecordKind, RecordTitle, RecordState, RecordKey and RecordPrefix make a risk a
// record. Its key is the id that the assessment derives from content.
func (Risk) RecordKind() string { return "risk" }

// RecordTitle is what lists show.
func (r Risk) RecordTitle() string { return r.Title }

// RecordState is what lists filter by.
func (r Risk) RecordState() string { return string(r.State) }

// RecordKey is the risk's id in assessments.
func (r Risk) RecordKey() string { return r.ID }

// RecordPrefix is of the short number: RSK-0042.
func (Risk) RecordPrefix() string { return "RSK" }
