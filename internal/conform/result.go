package conform

import (
	"context"
	"fmt"
	"strings"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/catalog"
)

// Outcome is what a check found. No evidence is never a pass.
type Outcome string

const (
	Pass          Outcome = "pass"
	Fail          Outcome = "fail"
	NotApplicable Outcome = "not_applicable"
	NoEvidence    Outcome = "no_evidence"
)

// Outcomes lists the outcomes, the one to look at first at the beginning.
var Outcomes = []Outcome{Fail, NoEvidence, NotApplicable, Pass}

// A Result is what became of one statement.
type Result struct {
	Statement *catalog.Statement `json:"statement"`
	Outcome   Outcome            `json:"outcome"`
	// Means is what the outcome means for a statement of its kind, in words:
	// only a requirement that fails is a nonconformity.
	Means string `json:"means"`
	// Asked is how many records the check was asked of; Failing are those that
	// do not meet it, Passing the others, both in the order of their ids.
	Asked   int       `json:"asked"`
	Failing []Failure `json:"failing,omitempty"`
	Passing []Subject `json:"-"`
	// Excused are records that it does not apply to, as somebody approved.
	Excused []Subject `json:"excused,omitempty"`
	// Reason and Approver are of a whole statement that does not apply; for no
	// evidence Reason says what is missing.
	Reason   string `json:"reason,omitempty"`
	Approver string `json:"approver,omitempty"` // id of the user
	// Missing are kinds of records that the program does not keep.
	Missing []string `json:"missing,omitempty"`
	// Fix is the shortest way to mend what is missing or wrong, Link the page
	// where that is done.
	Fix  string `json:"fix,omitempty"`
	Link string `json:"link,omitempty"`
}

// A Failure is a record that does not meet a check.
type Failure struct {
	Subject
	// Why is only there when the check could not be evaluated.
	Why string `json:"why,omitempty"`
}

// A Report is all results of a standard, on a day.
type Report struct {
	Standard *catalog.Standard
	Today    string
	Results  []Result // in the order of the statements
}

// Run asks all checks of the file. It only fails when ctx ends.
func (c *Checks) Run(ctx context.Context, f *File) (*Report, error) {
	r := &Report{Standard: c.Standard, Today: f.Today, Results: make([]Result, len(c.checks))}
	na := f.applicabilities(c.Standard.ID)
	for i := range c.checks {
		res := &r.Results[i]
		res.Statement = &c.Standard.Statements[i]
		if err := c.ask(ctx, i, f, na[res.Statement.ID], res); err != nil {
			return nil, err
		}
		res.Means = means(res.Statement.Kind, res.Outcome)
	}
	return r, nil
}

// applicabilities are the approved ones that hold, by statement.
func (f *File) applicabilities(standard string) map[string][]wardbook.Applicability {
	out := map[string][]wardbook.Applicability{}
	for _, r := range f.list("applicability") {
		a := r.object.v.Interface().(wardbook.Applicability)
		if a.Standard == standard && a.Holds(f.Today) && a.Validate() == nil {
			out[a.Statement] = append(out[a.Statement], a)
		}
	}
	return out
}

func (c *Checks) ask(ctx context.Context, i int, f *File, na []wardbook.Applicability, res *Result) error {
	st, ch := res.Statement, c.checks[i]
	excused := map[Subject]bool{}
	for _, a := range na {
		if a.Record == "" {
			res.Outcome, res.Reason, res.Approver = NotApplicable, a.Reason, a.Approved
			return nil
		}
		excused[Subject{Kind: a.Kind, ID: a.Record}] = true
	}
	if ch.must != nil {
		records := []*subjectRecord{nil}
		if st.Each != catalog.EachFile {
			records = f.list(st.Each)
		}
		for _, r := range records {
			if r != nil && excused[Subject{Kind: r.Kind, ID: r.ID}] {
				res.Excused = append(res.Excused, r.Subject)
				continue
			}
			if err := ch.one(ctx, f, r, res); err != nil {
				return err
			}
		}
	}
	res.Missing = st.Needs
	switch {
	case len(res.Failing) > 0:
		res.Outcome, res.Fix, res.Link = Fail, st.Fix, st.Link
	case len(st.Needs) > 0:
		res.Outcome, res.Link = NoEvidence, st.Link
		res.Reason = "Wardbook does not keep what this needs: " + words(st.Needs) + "."
		res.Fix = "Keep it in your own documents until Wardbook does."
		if st.Fix != "" && res.Asked == 0 {
			res.Fix = st.Fix
		}
	case res.Asked == 0:
		res.Outcome, res.Fix, res.Link = NoEvidence, st.Fix, st.Link
		res.Reason = "Nothing in the file is asked by this check yet."
	default:
		res.Outcome = Pass
	}
	return nil
}

// one asks one record, or the whole file when r is nil.
func (ch check) one(ctx context.Context, f *File, r *subjectRecord, res *Result) error {
	var self *object
	subject := Subject{Kind: catalog.EachFile}
	if r != nil {
		self, subject = r.object, r.Subject
	}
	if ch.when != nil {
		ok, err := holds(ctx, ch.when, f, self)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			res.Asked++
			res.Failing = append(res.Failing, Failure{subject, "when could not be evaluated: " + err.Error()})
			return nil
		}
		if !ok {
			return nil
		}
	}
	ok, err := holds(ctx, ch.must, f, self)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	res.Asked++
	switch {
	case err != nil:
		res.Failing = append(res.Failing, Failure{subject, "must could not be evaluated: " + err.Error()})
	case !ok:
		res.Failing = append(res.Failing, Failure{Subject: subject})
	default:
		res.Passing = append(res.Passing, subject)
	}
	return nil
}

func words(kinds []string) string { return strings.ReplaceAll(strings.Join(kinds, ", "), "_", " ") }

// means says what an outcome means. A principle that is not met is an
// observation, an informative statement is incomplete: neither is ever a
// nonconformity.
func means(k catalog.StatementKind, o Outcome) string {
	switch o {
	case Pass:
		return "evidence"
	case NotApplicable:
		return "not applicable"
	case NoEvidence:
		return "no evidence"
	}
	switch k {
	case catalog.Principle:
		return "observation"
	case catalog.Informative:
		return "incomplete"
	}
	return "nonconformity"
}

// Counts counts the results of statements of one kind by outcome.
func (r *Report) Counts(k catalog.StatementKind) map[Outcome]int {
	n := map[Outcome]int{}
	for i := range r.Results {
		if r.Results[i].Statement.Kind == k {
			n[r.Results[i].Outcome]++
		}
	}
	return n
}

// Result finds the result of a statement by its id, nil where there is none.
func (r *Report) Result(id string) *Result {
	for i := range r.Results {
		if r.Results[i].Statement.ID == id {
			return &r.Results[i]
		}
	}
	return nil
}

// String is the shortest form: "80001-1:6.1.4-a fail (nonconformity), 3 of 10".
func (r Result) String() string {
	return fmt.Sprintf("%s %s (%s), %d of %d", r.Statement.ID, r.Outcome, r.Means, len(r.Failing), r.Asked)
}
