package wardbook

import (
	"slices"
	"time"
)

// Confidence is the strength of knowledge behind an estimate.
type Confidence string

const (
	ConfidenceLow    Confidence = "low"
	ConfidenceMedium Confidence = "med"
	ConfidenceHigh   Confidence = "high"
)

// Confidences lists the valid confidences, the weakest first.
var Confidences = []Confidence{ConfidenceLow, ConfidenceMedium, ConfidenceHigh}

// StepRange is an interval of steps of a scale. Low = High is one step; both
// zero is unknown.
type StepRange struct {
	Low  int `json:"low"`
	High int `json:"high"`
}

// Known reports whether the range says anything.
func (r StepRange) Known() bool { return r.Low > 0 && r.High >= r.Low }

// EstimatePhase says when in the life of a risk an estimate was made.
type EstimatePhase string

const (
	EstimateInitial  EstimatePhase = "initial"
	EstimateResidual EstimatePhase = "residual" // later than every verification it credits
)

// An Estimate is what a person judged severity and likelihood of a risk to be,
// for one key property, and on what ground (IEC 80001-1:2021, 6.1.2). A wide
// range is an honest answer; its high end decides.
type Estimate struct {
	KeyProperty KeyProperty   `json:"key_property"`
	Phase       EstimatePhase `json:"phase"`
	Severity    StepRange     `json:"severity"`
	Likelihood  StepRange     `json:"likelihood"`
	Rationale   string        `json:"rationale"`
	Sources     []string      `json:"sources"` // documents, findings, people asked
	Confidence  Confidence    `json:"confidence"`
	Credited    []string      `json:"credited,omitempty"` // ids of controls that the estimate counts on
	Policy      PolicyRef     `json:"policy"`             // whose scales the steps are of
	By          string        `json:"by"`
	At          time.Time     `json:"at"`
}

// Validate reports everything that is missing or out of range. An unknown
// severity or likelihood is valid: it is what the person knows.
func (e Estimate) Validate() error {
	var ps Problems
	if !e.KeyProperty.Valid() {
		ps.Add("key_property", "%q is none of safety, effectiveness, security", e.KeyProperty)
	}
	if e.Phase != EstimateInitial && e.Phase != EstimateResidual {
		ps.Add("phase", "%q is neither initial nor residual", e.Phase)
	}
	for _, f := range []struct {
		name string
		r    StepRange
	}{{"severity", e.Severity}, {"likelihood", e.Likelihood}} {
		if f.r != (StepRange{}) && (f.r.Low < 1 || f.r.High > Steps || f.r.High < f.r.Low) {
			ps.Add(f.name, "%d to %d is not a range of steps from 1 to %d", f.r.Low, f.r.High, Steps)
		}
	}
	if e.Rationale == "" {
		ps.Add("rationale", "says no reason")
	}
	if len(e.Sources) == 0 {
		ps.Add("sources", "names no source")
	}
	if !slices.Contains(Confidences, e.Confidence) {
		ps.Add("confidence", "%q is none of low, med, high", e.Confidence)
	}
	if e.By == "" {
		ps.Add("by", "says nobody")
	}
	if e.At.IsZero() {
		ps.Add("at", "has no time")
	}
	if e.Policy.ID == "" || e.Policy.Version == "" {
		ps.Add("policy", "names no policy and version")
	}
	return ps.Err()
}
