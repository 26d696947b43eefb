package wardbook

import "slices"

// A Control is a measure against risks (ISO 14971: risk control). One control
// may serve many risks.
type Control struct {
	ID     string                 `json:"id"`
	Option string                 `json:"option,omitempty"` // id of the catalogue control that it was made from
	Kind   ControlKind            `json:"kind"`
	State  ControlState           `json:"state"`
	Text   string                 `json:"text"`
	Effect map[KeyProperty]Effect `json:"effect"`
	Risks  []string               `json:"risks"`
	// Tradeoff is the recorded reason why a control that helps one key
	// property and harms another is taken all the same.
	Tradeoff string `json:"tradeoff,omitempty"`
	// Reason is why it was selected, or rejected.
	Reason string `json:"reason,omitempty"`
	Owner  string `json:"owner,omitempty"`
	Due    string `json:"due,omitempty"` // RFC 3339 date
}

// Valid reports whether k is one of ControlKinds.
func (k ControlKind) Valid() bool { return slices.Contains(ControlKinds, k) }

// Valid reports whether e is better, none or worse.
func (e Effect) Valid() bool { return e == Better || e == NoEffect || e == Worse }

// Conflict reports whether effects help one key property and harm another.
func Conflict(effects map[KeyProperty]Effect) bool {
	var better, worse bool
	for _, e := range effects {
		better = better || e == Better
		worse = worse || e == Worse
	}
	return better && worse
}

// Validate reports all faults of c. A silent conflict is a fault from the
// moment that the control is selected.
func (c Control) Validate() error {
	var ps Problems
	if c.ID == "" {
		ps.Add("id", "is empty")
	}
	if c.Text == "" {
		ps.Add("text", "is empty")
	}
	if !c.Kind.Valid() {
		ps.Add("kind", "%q is none of inherent, protective, information", c.Kind)
	}
	if !c.State.Valid() {
		ps.Add("state", "%q is no state of a control", c.State)
	}
	ps = append(ps, effectFaults(c.Effect)...)
	settled := c.State != ControlProposed && c.State != ControlRejected
	if settled && Conflict(c.Effect) && c.Tradeoff == "" {
		ps.Add("tradeoff", "helps one key property and harms another: say why it is taken")
	}
	if c.State == ControlRejected && c.Reason == "" {
		ps.Add("reason", "a rejected control keeps its reason")
	}
	if settled && c.Owner == "" && c.State != ControlSelected {
		ps.Add("owner", "names nobody")
	}
	return ps.Err()
}

func effectFaults(effects map[KeyProperty]Effect) Problems {
	var ps Problems
	for _, k := range KeyProperties {
		if e, ok := effects[k]; !ok {
			ps.Add("effect", "says nothing of %s", k)
		} else if !e.Valid() {
			ps.Add("effect", "%q on %s is none of better, none, worse", e, k)
		}
	}
	if len(effects) > len(KeyProperties) {
		ps.Add("effect", "names something that is no key property")
	}
	return ps
}

func (Control) RecordKind() string { return "control" }

// RecordTitle is the text.
func (c Control) RecordTitle() string { return c.Text }

// RecordState is the state.
func (c Control) RecordState() string { return string(c.State) }

// RecordPrefix is that of CTL-0001.
func (c Control) RecordPrefix() string { return "CTL" }
