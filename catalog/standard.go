package catalog

import (
	"cmp"
	"embed"
	"errors"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/wardbook/wardbook"
)

//go:embed standards/*.yaml
var standardFiles embed.FS

// A Standard is what a standard, a law or a hospital's own policy asks for, in
// our own words: clause numbers and titles are facts, the sentences are ours.
// It is not part of Catalog and not in its digest: no assessment rests on it.
type Standard struct {
	ID      string `yaml:"id" json:"id"` // lower case, such as "iec-80001-1"
	Title   string `yaml:"title" json:"title"`
	Edition string `yaml:"edition" json:"edition"`
	// Note tells readers how far our reading can be relied on.
	Note       string      `yaml:"note" json:"note,omitempty"`
	Statements []Statement `yaml:"statements" json:"statements"`
	Provenance `yaml:",inline" json:"-"`

	lines lines
	file  string
}

// A Statement is one thing that a standard asks for, with the check that tells
// from the records whether it is so.
type Statement struct {
	ID     string        `yaml:"id" json:"id"`         // "80001-1:6.1.4-e"
	Clause string        `yaml:"clause" json:"clause"` // "6.1.4"
	Title  string        `yaml:"title" json:"title"`   // of the clause
	Says   string        `yaml:"says" json:"says"`     // what is asked for, one sentence of ours
	Kind   StatementKind `yaml:"kind" json:"kind"`
	Phases []Phase       `yaml:"phases" json:"phases,omitempty"` // none: all
	// Each is the kind of the records asked, or "file": the check is then asked
	// once. When picks those that it is asked of (CEL; empty: all), Must has to
	// hold for each. Without a check Needs says why there is none.
	Each string `yaml:"each" json:"each,omitempty"`
	When string `yaml:"when" json:"when,omitempty"`
	Must string `yaml:"must" json:"must,omitempty"`
	// Looks says in words what the check looks at.
	Looks string `yaml:"looks" json:"looks,omitempty"`
	// Needs are kinds of records that the statement needs and that the program
	// does not keep. Until it does there is no evidence, whatever Must says,
	// unless Must fails.
	Needs []string `yaml:"needs" json:"needs,omitempty"`
	// Fix is the shortest way to mend a fault, Link the page where that is done.
	Fix        string `yaml:"fix" json:"fix,omitempty"`
	Link       string `yaml:"link" json:"link,omitempty"`
	Provenance `yaml:",inline" json:"provenance"`
}

// StatementKind says what it means when a statement is not met.
type StatementKind string

const (
	Requirement StatementKind = "requirement" // a nonconformity
	Principle   StatementKind = "principle"   // an observation
	Informative StatementKind = "informative" // something is not complete
)

// StatementKinds lists the valid kinds.
var StatementKinds = []StatementKind{Requirement, Principle, Informative}

// Phase is a phase of the life of a system (IEC 80001-1:2021, 6.2), or the
// framework above all systems.
type Phase string

const (
	PhaseFramework      Phase = "framework"
	PhaseAcquisition    Phase = "acquisition"
	PhaseInstallation   Phase = "installation"
	PhaseIntegration    Phase = "integration"
	PhaseImplementation Phase = "implementation"
	PhaseOperation      Phase = "operation"
	PhaseDecommission   Phase = "decommission"
)

// Phases lists the phases in their order.
var Phases = []Phase{PhaseFramework, PhaseAcquisition, PhaseInstallation, PhaseIntegration, PhaseImplementation, PhaseOperation, PhaseDecommission}

// EachFile is Statement.Each of a check that is asked once.
const EachFile = "file"

const (
	maxStatements = 2000
	maxSentence   = 2000 // bytes of a sentence or an expression
)

// Standards returns the standards that come with the program, in the order of
// their ids. The checks in them are compiled by internal/conform.
var Standards = sync.OnceValues(func() ([]*Standard, error) {
	names, err := fs.Glob(standardFiles, "standards/*.yaml")
	if err != nil {
		return nil, err
	}
	var out []*Standard
	var faults []error
	for _, name := range names {
		b, err := fs.ReadFile(standardFiles, name)
		if err != nil {
			return nil, err
		}
		s, err := ReadStandard(b, name)
		out, faults = append(out, s), append(faults, err)
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	slices.SortFunc(out, func(a, b *Standard) int { return cmp.Compare(a.ID, b.ID) })
	return out, nil
})

// ReadStandard reads a standard or a policy of one's own. Every fault is
// reported with its line (a *wardbook.Invalid); name stands for the file in
// them. What can be used of a faulty file is returned beside the error. The
// expressions are not looked into.
func ReadStandard(b []byte, name string) (*Standard, error) {
	s := &Standard{file: name}
	var ps wardbook.Problems
	s.lines = decode(b, name, s, &ps)
	if !idText.MatchString(s.ID) {
		ps.Add(s.lines.place(name, "id"), "the id %q is not of a–z, 0–9 and dashes", s.ID)
	}
	for _, f := range []struct{ name, text string }{{"title", s.Title}, {"edition", s.Edition}, {"source", s.Source}} {
		if f.text == "" {
			ps.Add(s.lines.place(name, f.name), "%s is needed", f.name)
		}
	}
	if n := len(s.Statements); n == 0 || n > maxStatements {
		ps.Add(s.lines.place(name, "statements"), "there are %d statements: 1 to %d can be", n, maxStatements)
	}
	seen := map[string]bool{}
	for i := range min(len(s.Statements), maxStatements) {
		st := &s.Statements[i]
		if st.Source == "" {
			st.Source, st.Verified = s.Source, st.Verified || s.Verified
		}
		s.check(i, seen, &ps)
		seen[st.ID] = true
	}
	return s, ps.Err()
}

var (
	idText        = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,63}$`)
	statementText = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9.:_/-]{0,79}$`)
	kindText      = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)
)

// PlaceOf is file and line of a field of the i-th statement, such as "must".
func (s *Standard) PlaceOf(i int, field string) string {
	return s.lines.place(s.file, statementPath(i, field))
}

func (s *Standard) check(i int, seen map[string]bool, ps *wardbook.Problems) {
	st := &s.Statements[i]
	fault := func(field, format string, args ...any) { ps.Add(s.PlaceOf(i, field), format, args...) }
	if !statementText.MatchString(st.ID) {
		fault("id", "the id %q is not of letters, digits and . : _ / -", st.ID)
	} else if seen[st.ID] {
		fault("id", "the id %q is there twice", st.ID)
	}
	for _, f := range []struct{ name, text string }{{"clause", st.Clause}, {"title", st.Title}, {"says", st.Says}} {
		if strings.TrimSpace(f.text) == "" {
			fault(f.name, "%s is needed", f.name)
		}
	}
	for _, f := range []struct{ name, text string }{{"title", st.Title}, {"says", st.Says}, {"when", st.When}, {"must", st.Must}, {"looks", st.Looks}, {"fix", st.Fix}} {
		if len(f.text) > maxSentence {
			fault(f.name, "%s is longer than %d bytes", f.name, maxSentence)
		}
	}
	if !slices.Contains(StatementKinds, st.Kind) {
		fault("kind", "the kind %q is none of requirement, principle, informative", st.Kind)
	}
	for _, p := range st.Phases {
		if !slices.Contains(Phases, p) {
			fault("phases", "%q is no phase of a system's life", p)
		}
	}
	for _, k := range st.Needs {
		if !kindText.MatchString(k) {
			fault("needs", "%q is no kind of record", k)
		}
	}
	if st.Link != "" && (!strings.HasPrefix(st.Link, "/") || strings.HasPrefix(st.Link, "//") || strings.ContainsAny(st.Link, "\\ \t\r\n")) {
		fault("link", "%q is no page of this program: write /risks", st.Link)
	}
	switch {
	case st.Must == "" && len(st.Needs) == 0:
		fault("must", "%s has no check (each and must) and does not say what it needs", st.ID)
	case st.Must == "" && (st.Each != "" || st.When != ""):
		fault("must", "each and when are there, must is not")
	case st.Must != "" && st.Each == "":
		fault("each", "say which records the check is asked of: a kind of record, or file")
	case st.Must != "" && (st.Fix == "" || st.Looks == ""):
		fault("must", "a check needs looks (what it looks at) and fix (how a fault is mended), in words")
	}
}

func statementPath(i int, field string) string {
	return "statements[" + strconv.Itoa(i) + "]." + field
}
