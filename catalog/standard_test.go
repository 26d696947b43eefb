package catalog

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/wardbook/wardbook"
)

func TestStandards(t *testing.T) {
	all, err := Standards()
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[StatementKind]int{}
	for _, s := range all {
		if s.ID != "iec-80001-1" {
			continue
		}
		for _, st := range s.Statements {
			kinds[st.Kind]++
			if st.Source == "" || st.Verified {
				t.Errorf("%s: source %q, verified %v", st.ID, st.Source, st.Verified)
			}
		}
	}
	if kinds[Principle] != 7 || kinds[Requirement] != 110 || kinds[Informative] != 16 {
		t.Errorf("iec-80001-1 has %v, want 7 principles, 110 requirements, 16 informative statements", kinds)
	}
}

const head = "id: own\ntitle: Own\nedition: \"1\"\nsource: own\nstatements:\n"

// Every fault is told at its line, all of them at once.
func TestReadStandardFaults(t *testing.T) {
	good := "- id: a-1\n  clause: \"1\"\n  title: T\n  says: S\n  kind: requirement\n  each: risk\n  must: \"true\"\n  looks: l\n  fix: f\n"
	if _, err := ReadStandard([]byte(head+good), "own.yaml"); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, old, new, place, want string }{
		{"a key that is not known", "  says: S", "  say: S", "line 9", `"say" is not known`},
		{"no sentence", "  says: S\n", "", "line 6", "says is needed"},
		{"a kind that is none", "kind: requirement", "kind: shall", "line 10", `"shall" is none of`},
		{"no check and no needs", "  each: risk\n  must: \"true\"\n", "", "line 6", "has no check"},
		{"must without each", "  each: risk\n", "", "line 6", "say which records"},
		{"each without must", "  must: \"true\"\n", "", "line 6", "has no check"},
		{"no way to mend", "  fix: f\n", "", "line 12", "in words"},
		{"a link to elsewhere", "  fix: f\n", "  fix: f\n  link: //evil.example\n", "line 15", "no page of this program"},
		{"a phase that is none", "  fix: f\n", "  fix: f\n  phases: [birth]\n", "line 15", "no phase"},
		{"needs that are no kind", "  fix: f\n", "  fix: f\n  needs: [\"Role of x\"]\n", "line 15", "no kind of record"},
		{"an expression that is too long", `"true"`, `"` + strings.Repeat("a", 2001) + `"`, "line 12", "longer than"},
		{"the same id twice", "  fix: f\n", "  fix: f\n" + good, "line 15", "there twice"},
		{"no text", "says: S", "says: [S]", "line 9", "is not a text"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text := strings.Replace(good, tt.old, tt.new, 1)
			if text == good {
				t.Fatal("nothing was replaced")
			}
			_, err := ReadStandard([]byte(head+text), "own.yaml")
			var inv *wardbook.Invalid
			if !errors.As(err, &inv) {
				t.Fatalf("%v", err)
			}
			for _, p := range inv.Problems {
				if p.Place == "own.yaml "+tt.place && strings.Contains(p.Message, tt.want) {
					return
				}
			}
			t.Errorf("%v, want %q at %s", err, tt.want, tt.place)
		})
	}
	_, err := ReadStandard([]byte("id: Own Rules\nstatements: []\n"), "own.yaml")
	var inv *wardbook.Invalid
	if !errors.As(err, &inv) || len(inv.Problems) != 5 {
		t.Errorf("%v, want five faults", err)
	}
}

func FuzzReadStandard(f *testing.F) {
	f.Add([]byte(head + "- {id: a, clause: \"1\", title: T, says: S, kind: principle, needs: [plan]}"))
	f.Add([]byte("statements: [[[[{"))
	f.Add([]byte("- - - ? : {"))
	if b, err := os.ReadFile("standards/iec-80001-1.yaml"); err == nil {
		f.Add(b[:4000])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := ReadStandard(b, "f.yaml")
		if err != nil {
			return
		}
		for i, st := range s.Statements {
			if st.ID == "" || st.Source == "" || st.Must == "" && len(st.Needs) == 0 || s.PlaceOf(i, "id") == "" {
				t.Errorf("%+v was taken", st)
			}
		}
	})
}

func BenchmarkReadStandard(b *testing.B) {
	text, err := os.ReadFile("standards/iec-80001-1.yaml")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := ReadStandard(text, "f.yaml"); err != nil {
			b.Fatal(err)
		}
	}
}
