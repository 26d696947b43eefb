package advisory

import (
	"slices"
	"strings"
	"testing"
)

// A defence at the owner's network perimeter is no property of the product: the
// statement keeps the word, so that who applies it can count the product as
// affected with a mitigation.
func TestPerimeterIsKept(t *testing.T) {
	doc, err := Decode(strings.NewReader(`{"bomFormat":"CycloneDX","specVersion":"1.5","version":1,
		"metadata":{"component":{"type":"device","bom-ref":"d","name":"Pump","version":"1"}},
		"vulnerabilities":[{"id":"CVE-2024-1","analysis":{"state":"not_affected","justification":"protected_at_perimeter"},"affects":[{"ref":"d"}]}]}`), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(doc.Statements) != 1 || !slices.Contains(doc.Statements[0].Responses, "protected_at_perimeter") {
		t.Errorf("statements: %+v", doc.Statements)
	}
}
