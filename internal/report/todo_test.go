package report

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"

	"github.com/wardbook/wardbook"
)

func text(r rich) string {
	var b strings.Builder
	for _, s := range r {
		if s.Kind == newline {
			b.WriteString(" | ")
		}
		b.WriteString(s.Text)
	}
	return b.String()
}

// An action becomes two short imperatives that do not name again what stands
// beside them.
func TestBriefSteps(t *testing.T) {
	a := &wardbook.Assessment{
		Products: []wardbook.Product{{ID: "p", Manufacturer: "Acme", Name: "Infuser", Version: "1.2"}},
		Risks: []wardbook.Risk{{ID: "R-1", Product: "p", Options: []wardbook.ControlOption{
			{Control: "CTL-segment", Text: "Use a segment: Move the devices to a segment of their own."}}}},
	}
	b, err := newBuilder(Data{Assessment: a})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, action, want string }{
		{"a version, and a control by its name", "Ask Acme for a version of Infuser 1.2 that is not open to CVE-1 in x@1, and until that is done move the devices to a segment of their own.",
			"At once: Use a segment. | Then: Ask the maker for a version without CVE-1 in x@1."},
		{"an update, and other words", "Get the update that A-1 names from Acme and install it on the 5 devices of Acme Infuser 1.2, and until that is done watch them closely.",
			"At once: Watch them closely. | Then: Get the update that A-1 names from the maker and install it on the 5 devices."},
		{"nothing until then", "Plan the replacement of the 5 devices of Acme Infuser 1.2.", "Plan the replacement of the 5 devices."},
		{"nothing at all", "", "unknown"},
		{"too long", strings.Repeat("word ", 40) + "end.", strings.TrimSpace(strings.Repeat("word ", 17)) + " …"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := text(b.briefSteps(&wardbook.Todo{Risk: "R-1", Action: c.action})); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

func TestBriefWards(t *testing.T) {
	for _, c := range []struct {
		name  string
		wards []string
		want  string
	}{
		{"none", nil, "ward unknown"},
		{"one", []string{"North / ICU"}, "North / ICU"},
		{"one site", []string{"North / ICU", "North / Theatre", "South / Lab"}, "North / ICU, Theatre and 1 more"},
		{"two sites", []string{"North / ICU", "South / ICU"}, "North / ICU, South / ICU"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := briefWards(c.wards); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// The answer, with all that is to be done first, is the second page.
func TestAnswerIsPageTwo(t *testing.T) {
	tool, err := exec.LookPath("pdftotext")
	if err != nil {
		t.Skip("pdftotext is not installed: pages were not read")
	}
	d := sampleData(t, usual)
	cmd := exec.Command(tool, "-f", "2", "-l", "2", "-layout", "-", "-")
	cmd.Stdin = bytes.NewReader(render(t, PDF, d))
	page, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"The answer", "What to do first", "Devices with an unacceptable risk, by ward", "more wards in the table"} {
		if !strings.Contains(string(page), want) {
			t.Errorf("page 2 lacks %q", want)
		}
	}
}
