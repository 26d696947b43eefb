package wardbook

// RiskState is where a risk stands in the process of IEC 80001-1:2021, 6.1.
type RiskState string

// RiskProposed is a proposal of the program: a person turns it into
// identified or dismisses it with a reason.
const RiskProposed RiskState = "proposed"
