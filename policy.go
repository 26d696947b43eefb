package wardbook

// Steps is the number of steps of every scale; step 1 is the lowest, and 0
// everywhere stands for unknown.
const Steps = 5

// A Policy is an organization's risk criteria and the rules by which the
// program proposes values under them (IEC 80001-1:2021, 5.4.3). It is data:
// a hospital writes its own. docs/policy.md explains every table.
type Policy struct {
	ID        string `json:"id" yaml:"id"`
	Version   string `json:"version" yaml:"version"`
	Title     string `json:"title" yaml:"title"`
	Effective string `json:"effective" yaml:"effective"` // RFC 3339 date from which it holds
	SHA256    string `json:"sha256" yaml:"-"`            // of the file's bytes, lower-case hex

	Scales Scales  `json:"scales" yaml:"scales"`
	Levels []Level `json:"levels" yaml:"levels"` // the mildest first
	// Matrices holds one full table per key property.
	Matrices map[KeyProperty]Matrix `json:"matrices" yaml:"matrices"`

	// Exploitability gives the step of the security likelihood from the
	// exploitability of a CVSS vector, per CVSS version ("2.0", "3.0", "3.1",
	// "4.0"); the last threshold that is reached holds.
	Exploitability map[string][]Threshold `json:"exploitability" yaml:"exploitability"`
	Zones          []Zone                 `json:"zones" yaml:"zones"`
	Evidence       []EvidenceRule         `json:"evidence" yaml:"evidence"`
	// ClinicalLikelihood gives the likelihood of safety and effectiveness from
	// the security step (index step-1) and the clinical context.
	ClinicalLikelihood map[KeyProperty]map[ClinicalContext][]int `json:"clinical_likelihood" yaml:"clinical_likelihood"`
	// Redundancy gives the milder context that holds for a loss of
	// availability when a replacement is at hand for every device.
	Redundancy map[ClinicalContext]ClinicalContext `json:"redundancy" yaml:"redundancy"`
	// SupportEnd is a CVSS vector that stands for the holes to come in what is
	// past its support end.
	SupportEnd string        `json:"support_end" yaml:"support_end"`
	Severity   SeverityRules `json:"severity" yaml:"severity"`
	Due        DueRules      `json:"due" yaml:"due"`
}

// Scales are the steps of severity and likelihood, per key property, the
// lowest first.
type Scales struct {
	Severity   map[KeyProperty][]ScaleStep `json:"severity" yaml:"severity"`
	Likelihood map[KeyProperty][]ScaleStep `json:"likelihood" yaml:"likelihood"`
}

// A ScaleStep is one step of a scale.
type ScaleStep struct {
	Name string `json:"name" yaml:"name"`
	Text string `json:"text" yaml:"text"`
}

// Matrix is a full table of level ids: row severity-1, column likelihood-1.
type Matrix [][]string

// A Level is a class of risk with what follows from it.
type Level struct {
	ID         string  `json:"id" yaml:"id"`
	Name       string  `json:"name" yaml:"name"`
	Acceptable Ternary `json:"acceptable" yaml:"acceptable"` // Yes or No, as it stands
	Condition  string  `json:"condition" yaml:"condition"`   // what is expected at this level
	Authority  string  `json:"authority" yaml:"authority"`   // who may accept
	DueDays    int     `json:"due_days" yaml:"due_days"`     // days from the first assessment; 0: none
}

// A Threshold gives Step from From upwards.
type Threshold struct {
	From float64 `json:"from" yaml:"from"`
	Step int     `json:"step" yaml:"step"`
}

// A Zone is a kind of network place, recognised by words in the inventory's
// zone. It sets the modified metrics of a CVSS vector.
type Zone struct {
	ID    string   `json:"id" yaml:"id"`
	Name  string   `json:"name" yaml:"name"`
	Words []string `json:"words" yaml:"words"` // matched as whole words, any case; the longest that fits decides
	// AttackVector is the farthest place that an attacker can act from: N, A,
	// L or P. It never widens what the vector says.
	AttackVector string `json:"attack_vector" yaml:"attack_vector"`
	// AttackComplexity H makes an attack over a network harder; empty leaves it.
	AttackComplexity string `json:"attack_complexity,omitempty" yaml:"attack_complexity"`
	// AtLeast is the lowest step for what needs neither nearness nor login; 0: none.
	AtLeast int `json:"at_least,omitempty" yaml:"at_least"`
}

// EvidenceID names a kind of evidence of exploitation.
type EvidenceID string

const (
	EvidenceKEV    EvidenceID = "kev"         // listed as known exploited
	EvidenceActive EvidenceID = "ssvc_active" // CISA SSVC: exploitation active
	EvidencePoC    EvidenceID = "ssvc_poc"    // CISA SSVC: a public proof of concept
	EvidenceEPSS   EvidenceID = "epss"        // EPSS at or above one of the bounds
)

// EvidenceIDs lists the valid kinds.
var EvidenceIDs = []EvidenceID{EvidenceKEV, EvidenceActive, EvidencePoC, EvidenceEPSS}

// An EvidenceRule raises the security likelihood and never lowers it. Raises
// do not add up: the largest counts once; AtLeast wins over them.
type EvidenceRule struct {
	ID          EvidenceID `json:"id" yaml:"id"`
	AtLeast     int        `json:"at_least,omitempty" yaml:"at_least"`
	Raise       int        `json:"raise,omitempty" yaml:"raise"`
	Probability float64    `json:"probability,omitempty" yaml:"probability"` // epss: 0–1
	Percentile  float64    `json:"percentile,omitempty" yaml:"percentile"`   // epss: 0–1
}

// ClinicalContext says how soon a failure of a device becomes harm.
type ClinicalContext string

const (
	// ContextDirect: it can harm before anybody notices.
	ContextDirect ClinicalContext = "direct"
	// ContextDelayed: people normally notice in time to act.
	ContextDelayed ClinicalContext = "delayed"
	// ContextIndirect: harm needs further errors in between.
	ContextIndirect ClinicalContext = "indirect"
)

// ClinicalContexts lists the contexts, the harshest first.
var ClinicalContexts = []ClinicalContext{ContextDirect, ContextDelayed, ContextIndirect}

// Impact is what a vulnerability can take from a device.
type Impact string

const (
	Confidentiality Impact = "confidentiality"
	Integrity       Impact = "integrity"
	Availability    Impact = "availability"
)

// Impacts lists the three, the one that can do most to a patient first.
var Impacts = []Impact{Integrity, Availability, Confidentiality}

// SeverityRules say how the worst credible consequence of a device class
// becomes the severity of a risk.
type SeverityRules struct {
	// LowImpact is how many steps a CVSS impact of low takes off, not below 1.
	LowImpact int `json:"low_impact" yaml:"low_impact"`
	// LifeSupport is the lowest severity where a device sustains life and the
	// vulnerability can change or stop it.
	LifeSupport map[KeyProperty]int `json:"life_support" yaml:"life_support"`
	Areas       []CareArea          `json:"areas" yaml:"areas"`
	// WithoutClass is the security severity by impact where the class of
	// device is not known. Safety and effectiveness are then unknown.
	WithoutClass map[Impact]int `json:"without_class" yaml:"without_class"`
}

// A CareArea raises the severity of what can change or stop a device there.
type CareArea struct {
	ID    string              `json:"id" yaml:"id"`
	Name  string              `json:"name" yaml:"name"`
	Words []string            `json:"words" yaml:"words"` // whole words of the location, any case
	From  int                 `json:"from" yaml:"from"`   // the severity from which it raises
	Raise map[KeyProperty]int `json:"raise" yaml:"raise"`
}

// DueRules say by when something is to be done, beside the days of a level.
type DueRules struct {
	UnknownDays int  `json:"unknown_days" yaml:"unknown_days"` // where no level can be told: to find out
	KEVDays     int  `json:"kev_days" yaml:"kev_days"`         // at most, for what is known exploited; 0: no rule
	KEVDate     bool `json:"kev_date" yaml:"kev_date"`         // the catalogue's due date shortens, where it lies ahead
}

// Ref says which policy this is.
func (p *Policy) Ref() PolicyRef {
	return PolicyRef{ID: p.ID, Version: p.Version, Title: p.Title, SHA256: p.SHA256}
}

// Level returns the level with that id, and nil where there is none.
func (p *Policy) Level(id string) *Level {
	if i := p.Rank(id); i > 0 {
		return &p.Levels[i-1]
	}
	return nil
}

// Rank is the place of a level, 1 for the mildest, and 0 for a level that is
// empty or not in the policy.
func (p *Policy) Rank(id string) int {
	for i := range p.Levels {
		if p.Levels[i].ID == id {
			return i + 1
		}
	}
	return 0
}

// LevelAt looks a level up in the matrix of k. It is nil when either step is
// unknown.
func (p *Policy) LevelAt(k KeyProperty, severity, likelihood int) *Level {
	m := p.Matrices[k]
	if severity < 1 || severity > len(m) || likelihood < 1 || likelihood > len(m[severity-1]) {
		return nil
	}
	return p.Level(m[severity-1][likelihood-1])
}
