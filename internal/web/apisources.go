package web

import (
	"context"
	"net/http"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/app"
	"github.com/wardbook/wardbook/internal/store"
)

// JobItem is a job with what became of the documents of an import so far.
type JobItem struct {
	wardbook.Job
	Outcomes []app.Outcome `json:"outcomes,omitempty"`
}

type jobQuery struct {
	Paging
	State string `query:"state" enum:"queued,running,done,failed,cancelled"`
}

type actBody struct {
	RiskChange
	Act app.SourceAct `json:"act" enum:"apply,refuse,withdraw,bring_back"`
}

// acted says what follows from an act on a source.
type acted struct {
	Body struct {
		Job    string                    `json:"job,omitempty" doc:"Id of the job that carries it out; absent: nothing is left to do."`
		Source RecordOf[wardbook.Source] `json:"source"`
	}
}

func sourceOperations(a *api) {
	records[wardbook.Source](a, operation{tag: "Sources", scope: wardbook.ScopeRead, who: member}, "sources", "source", "sources")
	op := operation{id: "act-on-source", pattern: "POST /sources/{id}/act", tag: "Sources", summary: "Apply, refuse, withdraw or bring back", scope: wardbook.ScopeImport, who: importer, revision: true}
	does(a, op, func(ctx context.Context, c *call, in *riskInput[actBody]) (*acted, error) {
		revision, err := c.expected(in.Body.Revision)
		if err != nil {
			return nil, err
		}
		im, err := c.s.importer()
		if err != nil {
			return nil, err
		}
		out := &acted{}
		out.Body.Job, err = im.Act(ctx, c.seat.Organization, in.ID, revision, in.Body.Act, wardbook.Event{Actor: c.bearer.User, Reason: in.Body.Reason})
		if err != nil {
			return nil, err
		}
		r, err := readAgain[wardbook.Source](ctx, c, in.ID)
		if err == nil {
			out.Body.Source = r.Body
		}
		return out, err
	})
	op = operation{tag: "Jobs", scope: wardbook.ScopeRead, who: member}
	op.id, op.pattern, op.summary = "list-jobs", "GET /jobs", "List jobs, the newest first"
	answers(a, op, func(c *call, tx *store.Tx, in *jobQuery) (*listed[wardbook.Job], error) {
		o := store.ListOptions{Limit: in.Limit, After: in.After}
		if in.State != "" {
			o.States = []string{in.State}
		}
		p, err := tx.Jobs(o)
		return listing(c, p.Items, p.Next, -1), err
	})
	op.id, op.pattern, op.summary = "get-job", "GET /jobs/{id}", "How far a job is, and what came of it"
	answers(a, op, func(_ *call, tx *store.Tx, in *byID) (*one[JobItem], error) {
		j, err := tx.Job(in.ID)
		return &one[JobItem]{JobItem{Job: j, Outcomes: app.Outcomes(j)}}, err
	})
	op = operation{id: "cancel-job", pattern: "POST /jobs/{id}/cancel", tag: "Jobs", summary: "Ask a job to stop", scope: wardbook.ScopeImport, who: importer, status: http.StatusNoContent}
	does(a, op, func(ctx context.Context, c *call, in *struct {
		ID string `path:"id"`
	}) (*struct{}, error) {
		ev := wardbook.Event{Actor: c.bearer.User, Action: "job.cancel", Target: "job/" + in.ID}
		return nil, c.s.store.Update(ctx, c.seat.Organization, ev, func(tx *store.Tx) error { return tx.CancelJob(in.ID) })
	})
}
