package report

import (
	"io"

	"github.com/go-json-experiment/json"

	"github.com/wardbook/wardbook"
)

// JSON writes an assessment as JSON, deterministically: equal assessments
// give equal bytes. Lists that are nil are written as empty lists. Options of
// the JSON package apply, such as jsontext.WithIndent("  ").
func JSON(w io.Writer, a *wardbook.Assessment, opts ...json.Options) error {
	if a == nil {
		return errNoAssessment
	}
	return json.MarshalWrite(w, a, append([]json.Options{json.Deterministic(true)}, opts...)...)
}
