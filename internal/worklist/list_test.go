package worklist

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wardbook/wardbook"
)

func sample() *List {
	return &List{
		Organization: "org", Ward: "=North / ICU", Lines: []Line{{ID: "w1", Number: "WRK-0001", Revision: 3}},
		Rows: []Row{
			{Number: "WRK-0001", Device: "=1+1", Manufacturer: "@x", Model: "-m", Serial: "'s", Location: "ICU", Action: "Update", State: wardbook.WorkToDo, Note: "two\nlines"},
			{Number: "WRK-0001", Device: "SE-2", State: wardbook.WorkAccepted, Date: "2026-05-01", Note: "+5"},
		},
	}
}

// TestReadWhatWasWritten: what goes out comes back as it was, formulas included.
func TestReadWhatWasWritten(t *testing.T) {
	var b bytes.Buffer
	if err := Write(&b, sample()); err != nil {
		t.Fatal(err)
	}
	got, ps, err := Read(b.Bytes())
	if err != nil || len(ps) > 0 {
		t.Fatal(ps, err)
	}
	want := sample()
	want.Rows[0].Cell, want.Rows[1].Cell = "H2", "H3"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestDates(t *testing.T) {
	for text, want := range map[string]string{"": "", "2026-01-31": "2026-01-31", "31.1.2026": "2026-01-31", "46053": "2026-01-31", "46053.5": "2026-01-31"} {
		if got, ok := dateOf(text); !ok || got != want {
			t.Errorf("%q: %q %v", text, got, ok)
		}
	}
	for _, text := range []string{"01/02/2026", "soon", "12", "NaN", "1e300", "2026-02-30"} {
		if got, ok := dateOf(text); ok {
			t.Errorf("%q was read as %q", text, got)
		}
	}
}

// FuzzRead: hostile workbooks are refused or read, and nothing else happens.
func FuzzRead(f *testing.F) {
	var b bytes.Buffer
	if err := Write(&b, sample()); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add([]byte("PK\x03\x04"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		l, _, err := Read(b)
		if err != nil {
			return
		}
		for _, r := range l.Rows {
			if l.Line(r.Number) == nil || r.Device == "" {
				t.Errorf("a row of no line: %+v", r)
			}
		}
	})
}
