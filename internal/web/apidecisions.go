package web

import (
	"context"
	"net/http"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/catalog"
	"github.com/wardbook/wardbook/internal/app"
	"github.com/wardbook/wardbook/internal/store"
)

// recordQuery is a page of records.
type recordQuery struct {
	Paging
	Q     string   `query:"q" doc:"Stands in the title or the key; case does not count."`
	State []string `query:"state" doc:"Any of these."`
}

// records registers the list, the record and the history of a kind.
func records[T wardbook.Record](a *api, op operation, path, noun, plural string) {
	op.id, op.pattern, op.summary = "list-"+plural, "GET /"+path, "List "+plural+", by number"
	answers(a, op, func(c *call, tx *store.Tx, in *recordQuery) (*listed[RecordOf[T]], error) {
		p, err := store.List[T](tx, store.ListOptions{States: in.State, Text: in.Q, Limit: in.Limit, After: in.After})
		var out []RecordOf[T]
		for _, r := range p.Items {
			out = append(out, recordOf(r))
		}
		return listing(c, out, p.Next, -1), err
	})
	op.id, op.pattern, op.summary = "get-"+noun, "GET /"+path+"/{id}", "One of the "+plural
	answers(a, op, func(_ *call, tx *store.Tx, in *byID) (*recorded[T], error) {
		return recordAnswer(store.Get[T](tx, in.ID))
	})
	op.id, op.pattern, op.summary = "get-"+noun+"-history", "GET /"+path+"/{id}/history", "Its revisions, the newest first"
	answers(a, op, func(c *call, tx *store.Tx, in *pageOfID) (*listed[RecordOf[T]], error) {
		return history[T](c, tx, in.ID, in.Paging)
	})
}

type answerBody struct {
	Revision int64  `json:"revision" minimum:"0" doc:"Revision of the answer that it takes the place of; 0: there was none."`
	Answer   string `json:"answer" minLength:"1" maxLength:"2000"`
	Reason   string `json:"reason,omitempty" maxLength:"2000"`
}

type takeBackBody struct {
	Revision int64  `json:"revision" minimum:"1" doc:"Revision of the answer."`
	Reason   string `json:"reason" minLength:"1" maxLength:"2000"`
}

func questionOperations(a *api) {
	op := operation{tag: "Questions", scope: wardbook.ScopeRead, who: member}
	records[wardbook.Asked](a, op, "questions", "question", "questions")
	op.id, op.pattern, op.summary = "get-answer", "GET /questions/{id}/answer", "What was answered"
	answers(a, op, func(_ *call, tx *store.Tx, in *byID) (*recorded[wardbook.Answer], error) {
		asked, err := store.Get[wardbook.Asked](tx, in.ID)
		if err != nil {
			return nil, err
		}
		key := wardbook.Answer{Kind: asked.Value.Kind, Key: asked.Value.Key}
		rev, err := tx.ByKey(key.RecordKind(), key.RecordKey())
		if err != nil {
			return nil, err
		}
		return recordAnswer(store.Decode[wardbook.Answer](rev))
	})
	op = operation{tag: "Questions", scope: wardbook.ScopeAssess, who: decider}
	op.id, op.pattern, op.summary = "answer-question", "POST /questions/{id}/answer", "Answer a question, for every match of its kind, now and later"
	does(a, op, func(ctx context.Context, c *call, in *riskInput[answerBody]) (*recorded[wardbook.Asked], error) {
		cat, err := catalog.Load()
		if err != nil {
			return nil, err
		}
		err = app.Answer(ctx, c.s.store, cat, app.Answering{Organization: c.seat.Organization, Actor: c.bearer.User, Question: in.ID, Revision: in.Body.Revision, Answer: in.Body.Answer, Reason: in.Body.Reason})
		if err != nil {
			return nil, err
		}
		return readAgain[wardbook.Asked](ctx, c, in.ID)
	})
	op.id, op.pattern, op.summary = "take-answer-back", "POST /questions/{id}/take-back", "Take an answer back"
	does(a, op, func(ctx context.Context, c *call, in *riskInput[takeBackBody]) (*recorded[wardbook.Asked], error) {
		err := app.TakeBack(ctx, c.s.store, app.Answering{Organization: c.seat.Organization, Actor: c.bearer.User, Question: in.ID, Revision: in.Body.Revision, Reason: in.Body.Reason})
		if err != nil {
			return nil, err
		}
		return readAgain[wardbook.Asked](ctx, c, in.ID)
	})
}

// decisionBody is what somebody decides; who and when is filled in.
type decisionBody struct {
	Vulnerabilities []string                    `json:"vulnerabilities,omitempty"`
	Advisory        string                      `json:"advisory,omitempty"`
	Subjects        []wardbook.StatementSubject `json:"subjects" minItems:"1"`
	Zones           []string                    `json:"zones,omitempty"`
	Sites           []string                    `json:"sites,omitempty"`
	Wards           []string                    `json:"wards,omitempty"`
	Configuration   string                      `json:"configuration,omitempty"`
	Status          wardbook.Status             `json:"status"`
	Justification   wardbook.Justification      `json:"justification,omitempty"`
	Reason          string                      `json:"reason" minLength:"1"`
	Until           string                      `json:"until,omitempty" doc:"RFC 3339 date of the last day; absent: until it is withdrawn."`
}

func decisionOperations(a *api) {
	records[wardbook.Decision](a, operation{tag: "Decisions", scope: wardbook.ScopeRead, who: member}, "decisions", "decision", "decisions")
	op := operation{tag: "Decisions", scope: wardbook.ScopeDecide, who: decider, status: http.StatusCreated}
	op.id, op.pattern, op.summary = "make-decision", "POST /decisions", "Decide on findings, of now and of later"
	does(a, op, func(ctx context.Context, c *call, in *struct{ Body decisionBody }) (*recorded[wardbook.Decision], error) {
		b := in.Body
		id, err := app.Decide(ctx, c.s.store, c.seat.Organization, c.bearer.User, wardbook.Decision{
			Vulnerabilities: b.Vulnerabilities, Advisory: b.Advisory, Subjects: b.Subjects, Zones: b.Zones, Sites: b.Sites, Wards: b.Wards, Configuration: b.Configuration,
			Status: b.Status, Justification: b.Justification, Reason: b.Reason, Until: b.Until,
		})
		if err != nil {
			return nil, err
		}
		return readAgain[wardbook.Decision](ctx, c, id)
	})
	op.id, op.pattern, op.summary, op.status, op.revision = "withdraw-decision", "POST /decisions/{id}/withdraw", "Withdraw a decision", 0, true
	does(a, op, func(ctx context.Context, c *call, in *riskInput[RiskChange]) (*recorded[wardbook.Decision], error) {
		revision, err := c.expected(in.Body.Revision)
		if err != nil {
			return nil, err
		}
		if err := app.Undecide(ctx, c.s.store, c.seat.Organization, c.bearer.User, in.ID, revision, in.Body.Reason); err != nil {
			return nil, err
		}
		return readAgain[wardbook.Decision](ctx, c, in.ID)
	})
}
