package feed

import (
	"fmt"
	"time"
)

// A Status says how fresh a source is.
type Status struct {
	Source    Source    `json:"source"`
	Documents int       `json:"documents"` // in use
	Aside     int       `json:"aside"`     // kept aside
	Missing   int       `json:"missing"`   // listed, could not be fetched
	Bytes     int64     `json:"bytes"`     // in use
	Checked   time.Time `json:"checked"`   // as of: the source was looked at as a whole; zero: never
	Attempted time.Time `json:"attempted"` // last try; zero: never
	Failure   string    `json:"failure"`   // of the last try; empty: none
	Newest    time.Time `json:"newest"`    // newest date in the documents; zero: they say none
	Bundle    string    `json:"bundle"`    // id of the bundle that brought it; empty: fetched here
	// Signatures counts the CSAF documents in use by the state of their signature.
	Signatures map[SignatureState]int `json:"signatures,omitempty"`
	// Configured is false for a source that only a bundle brought.
	Configured bool `json:"configured"`
}

// staleAfter is how old the last look at a source may be before what it would say
// since counts as unknown.
const staleAfter = 7 * 24 * time.Hour

// Status is the state of all sources: those of feeds.yaml in its order, then those
// that came by bundle.
func (f *Folder) Status() ([]Status, error) {
	c, _, err := readConfig(f.dir)
	if err != nil {
		return nil, err
	}
	idx, err := readIndex(f.dir)
	if err != nil {
		return nil, err
	}
	var out []Status
	seen := map[string]bool{}
	for _, s := range c.Sources {
		seen[s.ID] = true
		st := idx.Sources[s.ID]
		if st != nil && !st.of(s) {
			st = nil // it is another source now
		}
		status := statusOf(s, st)
		status.Configured = true
		out = append(out, status)
	}
	for _, id := range idx.ids() {
		if !seen[id] {
			out = append(out, statusOf(idx.Sources[id].Source, idx.Sources[id]))
		}
	}
	return out, nil
}

func statusOf(s Source, st *sourceState) Status {
	out := Status{Source: s}
	if st == nil {
		return out
	}
	out.Documents, out.Aside, out.Missing = len(st.Documents), len(st.Aside), st.Missing
	out.Checked, out.Attempted, out.Failure, out.Bundle = st.Checked, st.Attempted, st.Failure, st.Bundle
	for _, d := range st.Documents {
		out.Bytes += d.Size
		out.Newest = later(out.Newest, d.Newest)
		if d.Signature != "" {
			if out.Signatures == nil {
				out.Signatures = map[SignatureState]int{}
			}
			out.Signatures[d.Signature]++
		}
	}
	return out
}

// Known says in words up to when a source is known at the time now: "as of …",
// "unknown since …", "never fetched".
func (s Status) Known(now time.Time) string {
	day := s.Checked.UTC().Format("2006-01-02 15:04")
	switch {
	case s.Checked.IsZero() && s.Documents > 0:
		return "in part: never fetched to the end"
	case s.Checked.IsZero() && s.Failure != "":
		return "unknown: never fetched, the last try failed"
	case s.Checked.IsZero():
		return "unknown: never fetched"
	case s.Checked.After(now.Add(time.Hour)):
		return "unknown: last fetched " + day + ", which is in the future: check the clock"
	case s.Failure != "":
		return "unknown since " + day + ": the last try failed"
	case now.Sub(s.Checked) > staleAfter:
		return "unknown since " + day
	}
	return "as of " + day
}

// Age is how long ago the source was last known, in words; empty when it never was.
func (s Status) Age(now time.Time) string {
	if s.Checked.IsZero() || s.Checked.After(now.Add(time.Hour)) {
		return ""
	}
	switch d := max(0, now.Sub(s.Checked)); {
	case d < time.Minute:
		return "now"
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	default:
		return fmt.Sprintf("%d days", int(d.Hours()/24))
	}
}
