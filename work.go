package wardbook

import (
	"fmt"
	"slices"
	"strings"
)

// A Work is what is to be done about one risk on one ward, device by device:
// a line of that ward's work list.
type Work struct {
	Risk Ref[Risk] `json:"risk"`
	// Site and Location name the ward; both may be empty, where nobody knows.
	Site     string       `json:"site"`
	Location string       `json:"location"`
	Action   string       `json:"action"`          // what is to be done, in words
	Owner    string       `json:"owner,omitempty"` // id of the user who does it
	Due      string       `json:"due,omitempty"`   // RFC 3339 date
	Devices  []DeviceWork `json:"devices"`         // in the order of their ids
}

// DeviceWork says how far one device is.
type DeviceWork struct {
	Device string    `json:"device"`
	State  WorkState `json:"state"`
	By     string    `json:"by,omitempty"`   // id of the user who said so
	Date   string    `json:"date,omitempty"` // RFC 3339 date of it
	// Until is the RFC 3339 date on which an acceptance ends.
	Until string `json:"until,omitempty"`
	Note  string `json:"note,omitempty"`
}

// Ended reports whether the acceptance of the device ended before today (RFC
// 3339 date).
func (d DeviceWork) Ended(today string) bool {
	return d.State == WorkAccepted && d.Until < today
}

// WorkState says how far the work on a device is.
type WorkState string

const (
	WorkToDo     WorkState = "to_do"
	WorkPlanned  WorkState = "planned"
	WorkDone     WorkState = "done"     // said to be done
	WorkVerified WorkState = "verified" // somebody has looked
	WorkAccepted WorkState = "accepted" // left as it is, until a date
)

// WorkStates lists the states in the order of the work.
var WorkStates = []WorkState{WorkToDo, WorkPlanned, WorkDone, WorkVerified, WorkAccepted}

// Open reports whether something is still to be done.
func (s WorkState) Open() bool { return s == WorkToDo || s == WorkPlanned }

// Ward is how the program names the ward: "Site / Location", as far as known.
func (w Work) Ward() string {
	switch {
	case w.Site == "":
		return w.Location
	case w.Location == "":
		return w.Site
	}
	return w.Site + " / " + w.Location
}

// Count says how many devices are in each state.
func (w Work) Count() map[WorkState]int {
	out := map[WorkState]int{}
	for _, d := range w.Devices {
		out[d.State]++
	}
	return out
}

// Open is how many devices are still to do.
func (w Work) Open() (n int) {
	for _, d := range w.Devices {
		if d.State.Open() {
			n++
		}
	}
	return n
}

// Overdue reports whether something is still to do after its date.
func (w Work) Overdue(today string) bool { return w.Due != "" && w.Due < today && w.Open() > 0 }

func (Work) RecordKind() string { return "work" }

// RecordTitle is the action and the ward.
func (w Work) RecordTitle() string {
	return strings.Trim(fmt.Sprintf("%s: %s / %s", w.Action, w.Site, w.Location), " /:")
}

// RecordState is that of the device that is least far.
func (w Work) RecordState() string {
	least := len(WorkStates)
	for _, d := range w.Devices {
		least = min(least, slices.Index(WorkStates, d.State))
	}
	if least < 0 || least == len(WorkStates) {
		return string(WorkToDo)
	}
	return string(WorkStates[least])
}

// RecordKey is risk and ward: a ward has one line for a risk.
func (w Work) RecordKey() string { return w.Risk.ID + "\x1f" + w.Site + "\x1f" + w.Location }

// RecordPrefix is of the short number: WRK-0042.
func (Work) RecordPrefix() string { return "WRK" }

// Validate reports all faults.
func (w Work) Validate() error {
	var ps Problems
	if w.Risk.IsZero() {
		ps.Add("risk", "names none")
	}
	if w.Action == "" {
		ps.Add("action", "is empty")
	}
	checkDate(&ps, "due", w.Due)
	seen := map[string]bool{}
	for i, d := range w.Devices {
		at := fmt.Sprintf("devices/%d", i)
		if d.Device == "" || seen[d.Device] {
			ps.Add(at+"/device", "%q is empty or stands there twice", d.Device)
		}
		seen[d.Device] = true
		if !slices.Contains(WorkStates, d.State) {
			ps.Add(at+"/state", "%q is no state of work", d.State)
		}
		if d.State == WorkAccepted && d.Until == "" {
			ps.Add(at+"/until", "an acceptance ends on a date")
		}
		checkDate(&ps, at+"/date", d.Date)
		checkDate(&ps, at+"/until", d.Until)
	}
	return ps.Err()
}
