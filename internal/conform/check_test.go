package conform

import (
	"testing"

	"github.com/wardbook/wardbook/catalog"
)

// The checks of all standards that come with the program compile.
func TestStandardsCompile(t *testing.T) {
	all, err := catalog.Standards()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		if _, err := Compile(s); err != nil {
			t.Error(err)
		}
	}
}
