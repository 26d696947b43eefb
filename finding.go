package wardbook

import "slices"

// A Finding says that a product, or a component of it, has something to do
// with a vulnerability, and proves it. Findings that a statement or a version
// range settles as not_affected or fixed are findings too.
type Finding struct {
	ID      string      `json:"id"` // "F-" and hex, from content: stable between runs
	Kind    FindingKind `json:"kind"`
	Product string      `json:"product"`
	Devices []string    `json:"devices"`
	// Vulnerability is the CVE, else the document's own id; for a finding of
	// kind end_of_support it is "EOS:" and the name of what is out of support.
	Vulnerability string        `json:"vulnerability"`
	Aliases       []string      `json:"aliases"`
	Title         string        `json:"title,omitempty"`
	Advisory      string        `json:"advisory"`  // CSAF tracking id, else empty
	Component     *string       `json:"component"` // Component.Key(), nil when the product as a whole is meant
	Status        Status        `json:"status"`
	Justification Justification `json:"justification,omitempty"`
	Confidence    float64       `json:"confidence"` // 0–1, that Status is right
	Why           []Step        `json:"why"`
	CVSS          *CVSS         `json:"cvss"`
	Scores        []CVSS        `json:"scores,omitempty"` // all that were found, the one in CVSS first
	CWEs          []string      `json:"cwes,omitempty"`
	KEV           *KEV          `json:"kev"`
	EPSS          *EPSS         `json:"epss"`
	SSVC          *SSVC         `json:"ssvc,omitempty"`
	Remediations  []Remediation `json:"remediations"`
	// Conflicts are statements that say otherwise than Status, most specific
	// and newest first.
	Conflicts []Claim `json:"conflicts,omitempty"`
	Published string  `json:"published,omitempty"` // RFC 3339 date of the advisory or record
}

// FindingKind says what sort of fact a finding is.
type FindingKind string

const (
	// FindingAdvisory: an advisory names the product.
	FindingAdvisory FindingKind = "advisory"
	// FindingComponent: a vulnerability record names a component of the product.
	FindingComponent FindingKind = "component"
	// FindingSupport: the product, its operating system or a component is past
	// its support end.
	FindingSupport FindingKind = "end_of_support"
)

// A Step is one step of a proof. Step is the rule, Detail the facts that it
// was applied to.
type Step struct {
	Step   string `json:"step"`
	Detail string `json:"detail"`
}

// A Claim is one statement's word on a finding, with its origin.
type Claim struct {
	Statement     string        `json:"statement"` // Statement.ID
	Origin        string        `json:"origin"`    // author, document, date: for people
	Status        Status        `json:"status"`
	Justification Justification `json:"justification,omitempty"`
	Detail        string        `json:"detail,omitempty"`
	Time          string        `json:"time,omitempty"` // RFC 3339
	Specificity   int           `json:"specificity"`    // higher wins
}

// QuestionKind says what a question asks.
type QuestionKind string

const (
	AskMaker     QuestionKind = "maker"        // are these two names one maker?
	AskProduct   QuestionKind = "product"      // is this model that product of the advisory?
	AskVersion   QuestionKind = "version"      // which version runs on these devices?
	AskRange     QuestionKind = "range"        // what does this text of the advisory mean for this version?
	AskCondition QuestionKind = "condition"    // does this condition hold?
	AskComponent QuestionKind = "component"    // is this component that product of the record?
	AskClass     QuestionKind = "device_class" // what class of device is this?
	AskScore     QuestionKind = "score"        // no score is known: how exploitable is it?
	AskConflict  QuestionKind = "conflict"     // statements disagree: which holds?
)

// QuestionKinds lists the valid kinds.
var QuestionKinds = []QuestionKind{AskMaker, AskProduct, AskVersion, AskRange, AskCondition, AskComponent, AskClass, AskScore, AskConflict}

// Valid reports whether k is one of QuestionKinds.
func (k QuestionKind) Valid() bool { return slices.Contains(QuestionKinds, k) }

// A Question is something that only a person can settle. Its answer applies
// to all matches with the same key.
type Question struct {
	ID       string       `json:"id"` // "Q-" and hex, from Kind and Key: stable between runs
	Kind     QuestionKind `json:"kind"`
	Key      string       `json:"key"` // what an answer refers to
	Text     string       `json:"text"`
	Choices  []string     `json:"choices,omitempty"`
	Devices  []string     `json:"devices"`
	Findings []string     `json:"findings,omitempty"`
}
