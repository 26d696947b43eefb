package web

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/catalog"
	"github.com/wardbook/wardbook/internal/app"
	"github.com/wardbook/wardbook/internal/conform"
	"github.com/wardbook/wardbook/internal/store"
)

func (s *Server) conformityRoutes() []route {
	return []route{{pattern: "GET /conformity", who: member, page: "conformity", read: s.conformity}}
}

// theStandard is the one that the page is about.
const theStandard = "iec-80001-1"

// theChecks are compiled once.
var theChecks = sync.OnceValues(func() (*conform.Checks, error) {
	all, err := catalog.Standards()
	if err != nil {
		return nil, err
	}
	for _, st := range all {
		if st.ID == theStandard {
			return conform.Compile(st)
		}
	}
	return nil, fmt.Errorf("standard %s: %w", theStandard, wardbook.ErrNotFound)
})

// conformityView is the tree of clauses, and one statement of it.
type conformityView struct {
	Report  *conform.Report
	Clauses []clause
	Counts  []kindCount
	Result  *conform.Result // nil: none is chosen
	Phases  string
	Who     string // who approved that it does not apply
	Failing *table
	Passing *table
}

// kindCount sums up statements of a kind.
type kindCount struct {
	Label                string
	Pass, Fail, NA, None int
	FailWord             string
}

// A clause is a branch of the tree.
type clause struct {
	Number, Title string
	Open          bool
	Results       []*conform.Result
	Fail, Pass    int
}

// Worst is the outcome to look at first.
func (c clause) Worst() string {
	for _, o := range conform.Outcomes {
		if slices.ContainsFunc(c.Results, func(r *conform.Result) bool { return r.Outcome == o }) {
			return string(o)
		}
	}
	return string(conform.NoEvidence)
}

// Letter is what of a statement's id comes after its clause.
func (c clause) Letter(r *conform.Result) string {
	_, letter, _ := strings.Cut(strings.TrimPrefix(r.Statement.ID, "80001-1:"), "-")
	return letter
}

func (s *Server) conformity(q *request, tx *store.Tx) (any, error) {
	r, err := s.conformityReport(q, tx)
	if err != nil {
		return nil, err
	}
	v := conformityView{Report: r}
	chosen := q.r.URL.Query().Get("statement")
	if chosen != "" {
		if v.Result = r.Result(chosen); v.Result == nil {
			return nil, wardbook.ErrNotFound
		}
	}
	v.Clauses = clauses(r, chosen)
	for _, k := range []struct {
		kind        catalog.StatementKind
		label, word string
	}{{catalog.Requirement, "Requirements", "nonconformities"}, {catalog.Principle, "Principles", "observations"}, {catalog.Informative, "Informative annexes", "incomplete"}} {
		n := r.Counts(k.kind)
		v.Counts = append(v.Counts, kindCount{k.label, n[conform.Pass], n[conform.Fail], n[conform.NotApplicable], n[conform.NoEvidence], k.word})
	}
	if v.Result == nil {
		return v, nil
	}
	var phases []string
	for _, p := range v.Result.Statement.Phases {
		phases = append(phases, string(p))
	}
	v.Phases = cmp.Or(strings.Join(phases, ", "), "all phases")
	if v.Result.Approver != "" {
		names, err := memberNames(tx)
		if err != nil {
			return nil, err
		}
		v.Who = cmp.Or(names[v.Result.Approver], v.Result.Approver)
	}
	v.Failing = q.subjects("Records that fail").of(v.Result.Failing[:min(len(v.Result.Failing), 200)])
	passing := make([]conform.Failure, 0, 50)
	for _, p := range v.Result.Passing[:min(len(v.Result.Passing), 50)] {
		passing = append(passing, conform.Failure{Subject: p})
	}
	v.Passing = q.subjects("Records that pass").of(passing)
	return v, nil
}

// clauses are the branches, those open that hold the chosen statement.
func clauses(r *conform.Report, chosen string) []clause {
	var out []clause
	for i := range r.Results {
		x := &r.Results[i]
		if n := len(out); n == 0 || out[n-1].Number != x.Statement.Clause {
			out = append(out, clause{Number: x.Statement.Clause, Title: x.Statement.Title})
		}
		c := &out[len(out)-1]
		c.Results = append(c.Results, x)
		c.Open = c.Open || x.Statement.ID == chosen
		switch x.Outcome {
		case conform.Fail:
			c.Fail++
		case conform.Pass:
			c.Pass++
		}
	}
	return out
}

// subjectPages are where records of a kind are shown.
var subjectPages = map[string]string{"risk": "/risks/", "decision": "/decisions/", "source": "/sources/", "work": "/work/"}

func (q *request) subjects(label string) list[conform.Failure] {
	return list[conform.Failure]{
		Name: "conformity", Label: label,
		ID: func(f conform.Failure) string { return f.Kind + "/" + f.ID },
		Columns: []column[conform.Failure]{
			{Head: "Record", Class: "title", Cell: func(f conform.Failure) cell {
				c := cell{Text: cmp.Or(f.Title, f.Short, f.ID, "the whole file")}
				if f.Short != "" {
					c.Sub = &cell{Text: f.Short, Look: "id"}
				}
				if page := subjectPages[f.Kind]; page != "" {
					c.Href = q.link(page + f.ID)
				}
				return c
			}},
			{Head: "Why", Wide: 2, Cell: func(f conform.Failure) cell { return cell{Text: f.Why} }},
		},
	}
}

// conformities keeps the newest reports: what a page needs of a whole book at
// one position of its log, on a day.
type conformities struct {
	mu   sync.Mutex
	kept []*keptConformity // the last used first
}

type keptConformity struct {
	org, today string
	position   int64
	mu         sync.Mutex
	r          *conform.Report
}

func (all *conformities) slot(org, today string, position int64) *keptConformity {
	all.mu.Lock()
	defer all.mu.Unlock()
	i := slices.IndexFunc(all.kept, func(k *keptConformity) bool {
		return k.org == org && k.today == today && k.position == position
	})
	k := &keptConformity{org: org, today: today, position: position}
	if i >= 0 {
		k = all.kept[i]
		all.kept = slices.Delete(all.kept, i, i+1)
	}
	all.kept = slices.Insert(all.kept, 0, k)
	all.kept = all.kept[:min(len(all.kept), maxOverviews)]
	return k
}

func (s *Server) conformityReport(q *request, tx *store.Tx) (*conform.Report, error) {
	position, err := tx.Position()
	if err != nil {
		return nil, err
	}
	k := s.conformed.slot(tx.Organization(), q.today(), position)
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.r != nil {
		return k.r, nil
	}
	checks, err := theChecks()
	if err != nil {
		return nil, err
	}
	f, err := app.ConformityFile(tx, q.today())
	if err != nil {
		return nil, err
	}
	k.r, err = checks.Run(q.r.Context(), f)
	return k.r, err
}
