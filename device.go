package wardbook

// Ternary is an answer of yes, no or unknown. The zero value is unknown.
type Ternary string

const (
	Unknown Ternary = ""
	Yes     Ternary = "yes"
	No      Ternary = "no"
)

// ServiceState says whether a device is in use.
type ServiceState string

const (
	ServiceUnknown ServiceState = ""
	InService      ServiceState = "in_service"
	Spare          ServiceState = "spare" // in store or in repair, may come back into use
	Retired        ServiceState = "retired"
)

// A Device is one instance in an organization's fleet (IEC 80001-1: a
// component of the health IT infrastructure), as its inventory states it.
// Empty means that the inventory does not say.
type Device struct {
	// ID is the asset id of the inventory, else "FILE:N" where N is the row
	// number, the header being row 1. A repeated id is a problem and gets
	// "#2", "#3", … appended.
	ID           string       `json:"id"`
	Manufacturer string       `json:"manufacturer"`
	Model        string       `json:"model"`
	ModelNumber  string       `json:"model_number,omitempty"` // catalogue, part or reference number
	Version      string       `json:"version"`                // software or firmware version
	Serial       string       `json:"serial,omitempty"`
	UDI          string       `json:"udi"`              // as the inventory has it
	UDIDI        string       `json:"udi_di,omitempty"` // device identifier out of UDI, where it parses
	Type         string       `json:"type,omitempty"`   // device type as the inventory words it
	Site         string       `json:"site"`
	Location     string       `json:"location"`       // ward or care area
	Zone         string       `json:"zone,omitempty"` // network zone
	IP           string       `json:"ip,omitempty"`
	MAC          string       `json:"mac,omitempty"`
	Criticality  string       `json:"criticality,omitempty"` // as the inventory words it
	LifeSupport  Ternary      `json:"life_support,omitempty"`
	Redundancy   Ternary      `json:"redundancy,omitempty"` // a replacement is at hand
	Service      ServiceState `json:"service,omitempty"`
	OS           string       `json:"os,omitempty"` // operating system and its version, as one text
	// DeviceClass is the id of a catalogue device class, Product the id of
	// the product in the same assessment; both are set by the assessment.
	DeviceClass string `json:"device_class"`
	Product     string `json:"product"`
	Place       string `json:"place,omitempty"` // "file.csv row 17"
}
