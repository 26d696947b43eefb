package wardbook

import "slices"

// KeyProperty is one of the three properties that IEC 80001-1 manages risk
// for. They are judged apart and never averaged.
type KeyProperty string

const (
	Safety        KeyProperty = "safety"
	Effectiveness KeyProperty = "effectiveness"
	Security      KeyProperty = "security"
)

// KeyProperties lists the three in the standard's order.
var KeyProperties = []KeyProperty{Safety, Effectiveness, Security}

// Valid reports whether k is one of KeyProperties.
func (k KeyProperty) Valid() bool { return slices.Contains(KeyProperties, k) }
