package wardbook

import (
	"fmt"
	"strings"
)

// A Problem is one fault of an input, with its place.
type Problem struct {
	// Place is where the fault is, in the terms of the input: "row 17",
	// "Sheet1!C5", "line 3", or a JSON pointer such as "/components/4/purl".
	Place string `json:"place"`
	// Message says what is wrong and, where it helps, what was done about it.
	Message string `json:"message"`
}

func (p Problem) String() string {
	if p.Place == "" {
		return p.Message
	}
	return p.Place + ": " + p.Message
}

// Invalid is the error of an input or record that cannot be used. It carries
// all faults that were found, not only the first.
type Invalid struct {
	Problems []Problem
}

func (e *Invalid) Error() string {
	const shown = 20
	lines := make([]string, 0, min(len(e.Problems), shown)+1)
	for i, p := range e.Problems {
		if i == shown {
			lines = append(lines, fmt.Sprintf("and %d more", len(e.Problems)-shown))
			break
		}
		lines = append(lines, p.String())
	}
	return strings.Join(lines, "\n")
}

// Problems collects faults while something is read or checked. The zero value
// is ready for use.
type Problems []Problem

// Add records a fault at place.
func (ps *Problems) Add(place, format string, args ...any) {
	*ps = append(*ps, Problem{Place: place, Message: fmt.Sprintf(format, args...)})
}

// Err returns nil when there is no problem, else an *Invalid with all of them.
func (ps Problems) Err() error {
	if len(ps) == 0 {
		return nil
	}
	return &Invalid{Problems: ps}
}
