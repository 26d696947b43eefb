package wardbook

import (
	"maps"
	"slices"
)

// RiskState is where a risk stands in the process of IEC 80001-1:2021, 6.1.
// A risk is never deleted: it is closed, dismissed or superseded.
type RiskState string

const (
	// RiskProposed is a proposal of the program: a person turns it into
	// identified or dismisses it with a reason.
	RiskProposed            RiskState = "proposed"
	RiskDismissed           RiskState = "dismissed" // the proposal was wrong; the reason is kept
	RiskIdentified          RiskState = "identified"
	RiskAnalysed            RiskState = "analysed"  // estimated, for each key property
	RiskEvaluated           RiskState = "evaluated" // held against the criteria
	RiskAccepted            RiskState = "accepted"
	RiskToControl           RiskState = "to_control"
	RiskControlling         RiskState = "controlling"
	RiskControlled          RiskState = "controlled" // all its controls are verified
	RiskResidualEvaluated   RiskState = "residual_evaluated"
	RiskBenefitRisk         RiskState = "benefit_risk" // residual risk is weighed against the benefit
	RiskAcceptedWithBenefit RiskState = "accepted_with_benefit"
	RiskRejected            RiskState = "rejected"    // the benefit does not outweigh the residual risk
	RiskReopened            RiskState = "reopened"    // event, change, advisory, criteria, review or expiry
	RiskTransferred         RiskState = "transferred" // to a party with a signed duty; stays visible
	RiskClosed              RiskState = "closed"      // system retired or cause gone, with approval
)

// riskMoves is the whole of what a risk may do. What is not in it is
// forbidden. Beside the chain of IEC 80001-1 it says where a rejected risk
// goes: it is controlled further, or its cause is removed and it is closed.
var riskMoves = map[RiskState][]RiskState{
	RiskProposed:            {RiskIdentified, RiskDismissed},
	RiskDismissed:           nil,
	RiskIdentified:          {RiskAnalysed, RiskClosed},
	RiskAnalysed:            {RiskEvaluated, RiskClosed},
	RiskEvaluated:           {RiskAccepted, RiskToControl, RiskTransferred, RiskClosed},
	RiskAccepted:            {RiskReopened, RiskClosed},
	RiskToControl:           {RiskControlling, RiskTransferred, RiskClosed},
	RiskControlling:         {RiskControlled, RiskTransferred, RiskClosed},
	RiskControlled:          {RiskResidualEvaluated, RiskClosed},
	RiskResidualEvaluated:   {RiskAccepted, RiskToControl, RiskBenefitRisk, RiskTransferred, RiskClosed},
	RiskBenefitRisk:         {RiskAcceptedWithBenefit, RiskRejected, RiskClosed},
	RiskAcceptedWithBenefit: {RiskReopened, RiskClosed},
	RiskRejected:            {RiskToControl, RiskClosed},
	RiskReopened:            {RiskAnalysed, RiskClosed},
	RiskTransferred:         {RiskReopened, RiskClosed},
	RiskClosed:              nil,
}

// RiskStates lists all states in the order of their names.
var RiskStates = slices.Sorted(maps.Keys(riskMoves))

// Valid reports whether s is one of RiskStates.
func (s RiskState) Valid() bool { _, ok := riskMoves[s]; return ok }

// Next returns the states that a risk in state s may move to. None means that
// s is final (or not a state).
func (s RiskState) Next() []RiskState { return slices.Clone(riskMoves[s]) }

// CanMove reports whether a risk may go from one state to the other in one
// step.
func (s RiskState) CanMove(to RiskState) bool { return slices.Contains(riskMoves[s], to) }

// Final reports whether nothing follows s.
func (s RiskState) Final() bool { return s.Valid() && len(riskMoves[s]) == 0 }

// Accepted reports whether somebody with authority has accepted the risk, with
// or without a benefit-risk statement.
func (s RiskState) Accepted() bool { return s == RiskAccepted || s == RiskAcceptedWithBenefit }

// ForbiddenMove says why a step that people ask for is not allowed, in a
// sentence; it is empty when the step is allowed.
func (s RiskState) ForbiddenMove(to RiskState) string {
	switch {
	case s.CanMove(to):
		return ""
	case !s.Valid() || !to.Valid():
		return "there is no such state"
	case s == to:
		return "the risk is in that state already"
	case s.Final():
		return "a " + string(s) + " risk does not move; record a new one"
	case s == RiskProposed:
		return "a proposal of the program is first identified or dismissed by a person"
	case to == RiskAccepted && (s == RiskIdentified || s == RiskAnalysed || s == RiskReopened):
		return "a risk is analysed and evaluated before it is accepted"
	case to.Accepted():
		return "the residual risk is evaluated before it is accepted"
	}
	return "from " + string(s) + " a risk does not go to " + string(to)
}

// ControlState is where a risk control stands. Implementation and
// effectiveness are verified apart: a control that is in place is not yet one
// that works.
type ControlState string

const (
	ControlProposed     ControlState = "proposed"
	ControlSelected     ControlState = "selected"
	ControlPlanned      ControlState = "planned"
	ControlImplemented  ControlState = "implemented"
	ControlVerifiedImpl ControlState = "verified_impl" // it is in place as planned
	ControlEffective    ControlState = "effective"     // it does what it is there for
	ControlDegraded     ControlState = "degraded"      // its risks are reopened
	ControlRetired      ControlState = "retired"
	ControlRejected     ControlState = "rejected" // keeps its reason
)

// controlMoves is the whole of what a control may do. A verification that
// fails sends it back to planned; a degraded control is repaired or retired.
var controlMoves = map[ControlState][]ControlState{
	ControlProposed:     {ControlSelected, ControlRejected},
	ControlSelected:     {ControlPlanned, ControlRejected},
	ControlPlanned:      {ControlImplemented, ControlRejected},
	ControlImplemented:  {ControlVerifiedImpl, ControlPlanned},
	ControlVerifiedImpl: {ControlEffective, ControlPlanned},
	ControlEffective:    {ControlDegraded, ControlRetired},
	ControlDegraded:     {ControlPlanned, ControlRetired},
	ControlRetired:      nil,
	ControlRejected:     nil,
}

// ControlStates lists all states in the order of their names.
var ControlStates = slices.Sorted(maps.Keys(controlMoves))

// Valid reports whether s is one of ControlStates.
func (s ControlState) Valid() bool { _, ok := controlMoves[s]; return ok }

// Next returns the states that a control in state s may move to.
func (s ControlState) Next() []ControlState { return slices.Clone(controlMoves[s]) }

// CanMove reports whether a control may go from one state to the other in one
// step.
func (s ControlState) CanMove(to ControlState) bool { return slices.Contains(controlMoves[s], to) }

// Final reports whether nothing follows s.
func (s ControlState) Final() bool { return s.Valid() && len(controlMoves[s]) == 0 }
