package wardbook

import "slices"

// A Hazard is a potential source of harm to patients, to care or to
// information (ISO 14971 for the word, IEC 80001-1 for the three properties).
type Hazard struct {
	ID            string        `json:"id" yaml:"id"`     // "HZ-25"
	Name          string        `json:"name" yaml:"name"` // a few words
	Text          string        `json:"text" yaml:"text"` // a sentence
	KeyProperties []KeyProperty `json:"key_properties" yaml:"key_properties"`
	Causes        []Cause       `json:"causes" yaml:"causes"`
}

// CauseKind says what sort of thing sets off a sequence of events.
type CauseKind string

const (
	CauseTechnical    CauseKind = "technical"
	CauseUse          CauseKind = "use" // use and workflow
	CauseMalicious    CauseKind = "malicious"
	CauseEnvironment  CauseKind = "environment"
	CauseOrganization CauseKind = "organization"
	CauseSupplier     CauseKind = "supplier"
	CauseChange       CauseKind = "change"
)

// CauseKinds lists the valid kinds.
var CauseKinds = []CauseKind{
	CauseTechnical, CauseUse, CauseMalicious, CauseEnvironment,
	CauseOrganization, CauseSupplier, CauseChange,
}

// A Cause sets off a sequence of events that ends in a hazardous situation.
type Cause struct {
	Kind          CauseKind `json:"kind" yaml:"kind"`
	Text          string    `json:"text" yaml:"text"`
	Vulnerability string    `json:"vulnerability,omitempty" yaml:"vulnerability"` // CVE or CWE, where one is behind it
}

// A HazardousSituation is a circumstance in which people, care or information
// are exposed to a hazard.
type HazardousSituation struct {
	Text          string `json:"text"`
	Exposed       string `json:"exposed"` // who or what
	CareSetting   string `json:"care_setting,omitempty"`
	Detectability string `json:"detectability,omitempty"` // who would notice it, and how
	TimeToHarm    string `json:"time_to_harm,omitempty"`
}

// A Harm is the consequence of a hazardous situation for one key property.
type Harm struct {
	KeyProperty KeyProperty `json:"key_property"`
	Party       string      `json:"party"` // patient, staff, organization, …
	Text        string      `json:"text"`
}

// Validate reports all that is missing.
func (h Hazard) Validate() error {
	var ps Problems
	for _, f := range []struct{ place, value string }{{"id", h.ID}, {"name", h.Name}, {"text", h.Text}} {
		if f.value == "" {
			ps.Add(f.place, "is empty")
		}
	}
	if len(h.KeyProperties) == 0 {
		ps.Add("key_properties", "names none")
	}
	for _, k := range h.KeyProperties {
		if !k.Valid() {
			ps.Add("key_properties", "%q is none of safety, effectiveness, security", k)
		}
	}
	if len(h.Causes) == 0 {
		ps.Add("causes", "names none")
	}
	for _, c := range h.Causes {
		if err := c.Validate(); err != nil {
			ps.Add("causes", "%v", err)
		}
	}
	return ps.Err()
}

// Validate reports all that is missing.
func (c Cause) Validate() error {
	var ps Problems
	if !slices.Contains(CauseKinds, c.Kind) {
		ps.Add("kind", "%q is no kind of cause", c.Kind)
	}
	if c.Text == "" {
		ps.Add("text", "is empty")
	}
	return ps.Err()
}

// Validate reports all that is missing.
func (s HazardousSituation) Validate() error {
	var ps Problems
	if s.Text == "" {
		ps.Add("text", "is empty")
	}
	if s.Exposed == "" {
		ps.Add("exposed", "says nobody and nothing")
	}
	return ps.Err()
}

// Validate reports all that is missing.
func (h Harm) Validate() error {
	var ps Problems
	if !h.KeyProperty.Valid() {
		ps.Add("key_property", "%q is none of safety, effectiveness, security", h.KeyProperty)
	}
	if h.Party == "" {
		ps.Add("party", "says nobody")
	}
	if h.Text == "" {
		ps.Add("text", "is empty")
	}
	return ps.Err()
}
