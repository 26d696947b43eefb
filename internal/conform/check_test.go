package conform

import (
	"encoding/json"
	"errors"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/catalog"
)

// compiled is a standard of the program with its checks.
func compiled(t testing.TB, id string) *Checks {
	t.Helper()
	all, err := catalog.Standards()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		if s.ID == id {
			c, err := Compile(s)
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
	}
	t.Fatalf("there is no standard %s", id)
	return nil
}

// own compiles a standard with the given statements.
func own(t testing.TB, statements string) *Checks {
	t.Helper()
	s, err := catalog.ReadStandard([]byte("id: own\ntitle: Own\nedition: \"1\"\nsource: own\nstatements:\n"+statements), "own.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c, err := Compile(s)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const statement = "- {id: s-1, clause: \"1\", title: T, says: S, kind: requirement, looks: l, fix: f, "

func file(t testing.TB, today string) *File {
	t.Helper()
	f, err := NewFile(today)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

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

// fixtures are files for the checks of a standard.
type fixtures struct {
	Today string                    `yaml:"today"`
	Base  map[string]map[string]any `yaml:"base"`
	Cases map[string]struct {
		Pass  map[string]map[string]any `yaml:"pass"`
		Fail  map[string]map[string]any `yaml:"fail"`
		Fails []string                  `yaml:"fails"`
	} `yaml:"cases"`
}

// clone is a deep copy of v as JSON has it.
func clone(t testing.TB, v any) (out any) {
	t.Helper()
	b, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(b, &out)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// set sets the field at a path such as "register.decided.0.by".
func set(t testing.TB, v any, path string, to any) {
	t.Helper()
	head, rest, more := strings.Cut(path, ".")
	switch v := v.(type) {
	case map[string]any:
		if !more {
			v[head] = to
			return
		}
		set(t, v[head], rest, to)
	case []any:
		i, err := strconv.Atoi(head)
		if err != nil || i >= len(v) {
			t.Fatalf("%s: no such item", path)
		}
		if !more {
			v[i] = to
			return
		}
		set(t, v[i], rest, to)
	default:
		t.Fatalf("%s: nothing there", path)
	}
}

func (x *fixtures) file(t testing.TB, records map[string]map[string]any) *File {
	t.Helper()
	f := file(t, x.Today)
	for name, changes := range records {
		kind, id, _ := strings.Cut(name, "/")
		base := x.Base[kind]
		if base == nil {
			t.Fatalf("%s: base has no %s", name, kind)
		}
		v := clone(t, base)
		for _, path := range slices.Sorted(maps.Keys(changes)) {
			set(t, v, path, clone(t, changes[path]))
		}
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Add(wardbook.Revision{Kind: kind, ID: id, Data: b}); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	return f
}

// Each check has a file that passes and one that fails, with just the records
// that are wrong. A statement that needs more than the program keeps does not
// pass.
func TestEachCheck(t *testing.T) {
	b, err := os.ReadFile("testdata/iec-80001-1.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var x fixtures
	if err := yaml.UnmarshalWithOptions(b, &x, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	c := compiled(t, "iec-80001-1")
	for i := range c.checks {
		st := &c.Standard.Statements[i]
		k, ok := x.Cases[st.ID]
		if st.Must == "" {
			if ok {
				t.Errorf("%s has files and no check", st.ID)
			}
			continue
		}
		t.Run(st.ID, func(t *testing.T) {
			if !ok {
				t.Fatal("has no files")
			}
			r, err := c.Run(t.Context(), x.file(t, k.Pass))
			if err != nil {
				t.Fatal(err)
			}
			want := Pass
			if len(st.Needs) > 0 {
				want = NoEvidence
			}
			if got := r.Result(st.ID); got.Outcome != want || got.Asked == 0 || len(got.Passing) != got.Asked {
				t.Errorf("the file that passes: %v: %v, want %s", got, got.Failing, want)
			}
			if r, err = c.Run(t.Context(), x.file(t, k.Fail)); err != nil {
				t.Fatal(err)
			}
			got := r.Result(st.ID)
			var ids []string
			for _, f := range got.Failing {
				ids = append(ids, f.ID)
				if f.Why != "" {
					t.Errorf("%s: %s", f.ID, f.Why)
				}
			}
			if got.Outcome != Fail || got.Fix == "" || got.Link == "" {
				t.Errorf("the file that fails: %+v", got)
			}
			if d := cmp.Diff(k.Fails, ids); d != "" {
				t.Errorf("records that fail (-want +got):\n%s", d)
			}
		})
	}
}

// An empty file has no evidence, and nothing in it passes.
func TestEmptyFile(t *testing.T) {
	r, err := compiled(t, "iec-80001-1").Run(t.Context(), file(t, "2026-06-30"))
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range r.Results {
		if x.Outcome != NoEvidence && x.Statement.ID != "80001-1:5.4.3-b" || x.Outcome == Pass || x.Fix == "" {
			t.Errorf("%+v", x)
		}
	}
}

func TestCompileFaults(t *testing.T) {
	for _, tt := range []struct{ name, statement, want string }{
		{"a typo in a field", "each: risk, must: \"self.stat == 'accepted'\"}", "own.yaml line 6"},
		{"a kind that is not there", "each: rsik, must: \"true\"}", "is no kind of record"},
		{"a value of another type", "each: risk, must: \"self.title == 3\"}", "no matching overload"},
		{"no truth", "each: risk, must: \"self.title\"}", "gives string"},
		{"half an expression", "each: risk, must: \"self.title ==\"}", "mismatched input"},
		{"a fault in when", "each: risk, when: \"self.nothing\", must: \"true\"}", "when of s-1"},
		{"self of a file", "each: file, must: \"self.title == ''\"}", "undeclared reference"},
		{"much in one step", "each: file, must: \"lists.range(1000000000).all(i, i >= 0)\"}", "undeclared reference"},
		{"too deep", "each: risk, must: \"" + strings.Repeat("(", 300) + "true" + strings.Repeat(")", 300) + "\"}", "own.yaml line 6"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, err := catalog.ReadStandard([]byte("id: own\ntitle: Own\nedition: \"1\"\nsource: own\nstatements:\n"+statement+tt.statement), "own.yaml")
			if err != nil {
				t.Fatal(err)
			}
			_, err = Compile(s)
			var inv *wardbook.Invalid
			if !errors.As(err, &inv) || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "own.yaml line 6") {
				t.Errorf("%v, want %q at its line", err, tt.want)
			}
		})
	}
}

func TestNotApplicable(t *testing.T) {
	c := own(t, statement+"each: work, must: \"self.action != ''\"}\n")
	for _, tt := range []struct {
		name string
		a    wardbook.Applicability
		want Outcome
	}{
		{"approved", wardbook.Applicability{By: "ana", Approved: "ben"}, NotApplicable},
		{"of another standard", wardbook.Applicability{Standard: "other", By: "ana", Approved: "ben"}, Fail},
		{"nobody approved", wardbook.Applicability{By: "ana"}, Fail},
		{"by oneself", wardbook.Applicability{By: "ana", Approved: "ana"}, Fail},
		{"past its end", wardbook.Applicability{By: "ana", Approved: "ben", Until: "2026-06-29"}, Fail},
		{"withdrawn", wardbook.Applicability{By: "ana", Approved: "ben", Withdrawn: true}, Fail},
		{"no reason", wardbook.Applicability{By: "ana", Approved: "ben", Reason: " "}, Fail},
		{"of one record, and nothing else is asked", wardbook.Applicability{Kind: "work", Record: "w1", By: "ana", Approved: "ben"}, NoEvidence},
		{"of another record", wardbook.Applicability{Kind: "work", Record: "w2", By: "ana", Approved: "ben"}, Fail},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := tt.a
			a.Statement = "s-1"
			if a.Standard == "" {
				a.Standard = "own"
			}
			if a.Reason == "" {
				a.Reason = "we have none"
			}
			f := file(t, "2026-06-30")
			for _, err := range []error{
				f.Put(Subject{Kind: "work", ID: "w1"}, wardbook.Work{}),
				f.Put(Subject{Kind: "applicability", ID: "a1"}, a),
			} {
				if err != nil {
					t.Fatal(err)
				}
			}
			r, err := c.Run(t.Context(), f)
			if err != nil {
				t.Fatal(err)
			}
			got := r.Results[0]
			if got.Outcome != tt.want {
				t.Errorf("%+v, want %s", got, tt.want)
			}
			if got.Outcome == NotApplicable && (got.Reason != a.Reason || got.Approver != "ben") {
				t.Errorf("%+v: reason and approver", got)
			}
		})
	}
}

// What fails is a nonconformity for a requirement only, and a statement that
// needs more does not pass.
func TestMeans(t *testing.T) {
	for _, tt := range []struct{ kind, rest, want string }{
		{"requirement", "must: \"false\"}", "nonconformity"},
		{"principle", "must: \"false\"}", "observation"},
		{"informative", "must: \"false\"}", "incomplete"},
		{"requirement", "must: \"true\"}", "evidence"},
		{"requirement", "must: \"true\", needs: [plan]}", "no evidence"},
		{"requirement", "must: \"false\", needs: [plan]}", "nonconformity"},
	} {
		c := own(t, strings.Replace(statement, "kind: requirement", "kind: "+tt.kind, 1)+"each: file, "+tt.rest)
		r, err := c.Run(t.Context(), file(t, "2026-06-30"))
		if err != nil {
			t.Fatal(err)
		}
		if got := r.Results[0].Means; got != tt.want {
			t.Errorf("%s, %s: %s, want %s", tt.kind, tt.rest, got, tt.want)
		}
	}
}
