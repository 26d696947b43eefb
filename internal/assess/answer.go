package assess

import (
	"fmt"
	"slices"
	"strings"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/catalog"
	"github.com/wardbook/wardbook/internal/score"
)

// CheckAnswer says in a sentence why an answer does not settle a question;
// empty: it does. An answer that no run would look at is none.
func CheckAnswer(q wardbook.Question, answer string, cat *catalog.Catalog) string {
	answer = strings.TrimSpace(answer)
	switch {
	case answer == "":
		return "say what the answer is"
	case len(answer) > 500:
		return "an answer has at most 500 bytes"
	case len(q.Choices) > 0 && !slices.Contains(q.Choices, answer):
		return fmt.Sprintf("answer with one of: %s", strings.Join(q.Choices, ", "))
	}
	switch q.Kind {
	case wardbook.AskClass:
		if cat.Class(answer) == nil {
			return fmt.Sprintf("%q is the id of no device class of the catalogue", answer)
		}
	case wardbook.AskScore:
		if _, err := score.Rescore(wardbook.CVSS{Vector: answer}); err != nil {
			return fmt.Sprintf("this is no CVSS vector: %v", err)
		}
	}
	return ""
}
