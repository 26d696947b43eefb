package wardbook

import "slices"

// Status says how a product (or component) relates to a vulnerability. The
// first four are the statuses of VEX (CISA, "Minimum Requirements for VEX"),
// the fifth is ours: the match rests on something that only a person can
// settle.
type Status string

const (
	Affected           Status = "affected"
	NotAffected        Status = "not_affected"
	Fixed              Status = "fixed"
	UnderInvestigation Status = "under_investigation"
	PossiblyAffected   Status = "possibly_affected"
)

// Statuses lists the valid statuses, the one that asks most of people first.
var Statuses = []Status{Affected, PossiblyAffected, UnderInvestigation, NotAffected, Fixed}

// Valid reports whether s is one of Statuses.
func (s Status) Valid() bool { return slices.Contains(Statuses, s) }

// Open reports whether s leaves something to do for the owner of a device.
func (s Status) Open() bool {
	return s == Affected || s == PossiblyAffected || s == UnderInvestigation
}

// Justification is why a product is not affected (CISA VEX status
// justifications; the same spelling in CSAF 2.0 flags and OpenVEX).
type Justification string

const (
	ComponentNotPresent         Justification = "component_not_present"
	VulnerableCodeNotPresent    Justification = "vulnerable_code_not_present"
	VulnerableCodeNotInPath     Justification = "vulnerable_code_not_in_execute_path"
	VulnerableCodeNotControlled Justification = "vulnerable_code_cannot_be_controlled_by_adversary"
	InlineMitigationsExist      Justification = "inline_mitigations_already_exist"
)

// Justifications lists the valid justifications.
var Justifications = []Justification{
	ComponentNotPresent, VulnerableCodeNotPresent, VulnerableCodeNotInPath,
	VulnerableCodeNotControlled, InlineMitigationsExist,
}

// Valid reports whether j is one of Justifications.
func (j Justification) Valid() bool { return slices.Contains(Justifications, j) }
