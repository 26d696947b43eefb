package web

import (
	"context"
	"net/http"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/app"
	"github.com/wardbook/wardbook/internal/store"
)

// RiskChange is what all changes of a risk have in common.
type RiskChange struct {
	Revision *int64 `json:"revision,omitempty" minimum:"1" doc:"The revision that the change starts from; or If-Match."`
	Reason   string `json:"reason,omitempty" maxLength:"2000" doc:"Why; the book keeps it."`
}

func (r RiskChange) common() RiskChange { return r }

// The bodies of the changes.
type (
	valuesBody struct {
		RiskChange
		Values []StepValue `json:"values" maxItems:"3" doc:"Values that are not named stay; none: the estimate is that they stay."`
	}
	moveBody struct {
		RiskChange
		To wardbook.RiskState `json:"to"`
	}
	acceptBody struct {
		RiskChange
		Until     string `json:"until" format:"date" doc:"Last day."`
		Authority string `json:"authority" doc:"In whose name: what the policy names for the level."`
	}
	treatBody struct {
		RiskChange
		Selected []int  `json:"selected" doc:"Indexes of options of the risk."`
		Text     string `json:"text,omitempty" maxLength:"20000"`
	}
	assignBody struct {
		RiskChange
		Owner string `json:"owner" doc:"Id of a member; empty: nobody."`
	}
	dueBody struct {
		RiskChange
		Due string `json:"due" doc:"RFC 3339 date; empty: none."`
	}
	commentBody struct {
		RiskChange
		Text string `json:"text" minLength:"1" maxLength:"20000"`
	}
)

// StepValue is what a risk is for one key property.
type StepValue struct {
	Key        wardbook.KeyProperty `json:"key" enum:"safety,effectiveness,security"`
	Severity   int                  `json:"severity" minimum:"0" maximum:"5" doc:"0: unknown."`
	Likelihood int                  `json:"likelihood" minimum:"0" maximum:"5" doc:"0: unknown."`
	Rationale  string               `json:"rationale,omitempty" doc:"Why it is another than before."`
}

// riskInput is the address and the body of a change.
type riskInput[B any] struct {
	ID   string `path:"id"`
	Body B
}

// stepOf registers one step of a risk.
func stepOf[B interface{ common() RiskChange }](a *api, name, summary, scope string, who access, do func(context.Context, *store.Store, app.Edit, B) error) {
	op := operation{id: name + "-risk", pattern: "POST /risks/{id}/" + name, tag: "Risks", summary: summary, scope: scope, who: who, revision: true}
	does(a, op, func(ctx context.Context, c *call, in *riskInput[B]) (*recorded[wardbook.Risk], error) {
		common := in.Body.common()
		revision, err := c.expected(common.Revision)
		if err != nil {
			return nil, err
		}
		e := app.Edit{Organization: c.seat.Organization, Actor: c.bearer.User, Roles: c.seat.Roles, Risk: in.ID, Revision: revision, Reason: common.Reason}
		if err := do(ctx, c.s.store, e, in.Body); err != nil {
			return nil, err
		}
		return readAgain[wardbook.Risk](ctx, c, in.ID)
	})
}

// readAgain is the answer with a record after it was changed.
func readAgain[T wardbook.Record](ctx context.Context, c *call, id string) (out *recorded[T], err error) {
	err = c.s.store.View(ctx, c.seat.Organization, func(tx *store.Tx) error {
		out, err = recordAnswer(store.Get[T](tx, id))
		return err
	})
	return out, err
}

// plainStep is a change that needs no more than a reason.
func plainStep(do func(context.Context, *store.Store, app.Edit) error) func(context.Context, *store.Store, app.Edit, RiskChange) error {
	return func(ctx context.Context, s *store.Store, e app.Edit, _ RiskChange) error { return do(ctx, s, e) }
}

func riskChanges(a *api) {
	assess, decide := wardbook.ScopeAssess, wardbook.ScopeDecide
	stepOf(a, "confirm", "Take a proposal into the register", assess, analyst, plainStep(app.Confirm))
	stepOf(a, "dismiss", "Say that a proposal is wrong, and why", assess, analyst, plainStep(app.Dismiss))
	stepOf(a, "take", "Take the values that the program proposes now", assess, analyst, plainStep(app.TakeProposal))
	stepOf(a, "keep", "Keep the values although the program proposes others", assess, analyst, plainStep(app.KeepValues))
	stepOf(a, "reopen", "Take an accepted or transferred risk up again", decide, decider, plainStep(app.Reopen))
	stepOf(a, "values", "Estimate a risk", assess, analyst, func(ctx context.Context, s *store.Store, e app.Edit, b valuesBody) error {
		var values []app.Value
		for _, v := range b.Values {
			values = append(values, app.Value{Key: v.Key, Severity: v.Severity, Likelihood: v.Likelihood, Rationale: v.Rationale})
		}
		return app.ChangeValues(ctx, s, e, values)
	})
	stepOf(a, "move", "Take a risk to another state", decide, decider, func(ctx context.Context, s *store.Store, e app.Edit, b moveBody) error {
		return app.Move(ctx, s, e, b.To)
	})
	stepOf(a, "accept", "Accept a risk until a date", decide, approver, func(ctx context.Context, s *store.Store, e app.Edit, b acceptBody) error {
		return app.Accept(ctx, s, e, app.Acceptance{Until: b.Until, Authority: b.Authority})
	})
	stepOf(a, "treat", "Choose what is done about a risk", assess, analyst, func(ctx context.Context, s *store.Store, e app.Edit, b treatBody) error {
		return app.Treat(ctx, s, e, app.Treatment{Selected: b.Selected, Text: b.Text})
	})
	stepOf(a, "assign", "Say who answers for a risk", assess, decider, func(ctx context.Context, s *store.Store, e app.Edit, b assignBody) error {
		return app.Assign(ctx, s, e, b.Owner)
	})
	stepOf(a, "due", "Say by when something is done", assess, decider, func(ctx context.Context, s *store.Store, e app.Edit, b dueBody) error {
		return app.SetDue(ctx, s, e, b.Due)
	})
	op := operation{id: "comment-risk", pattern: "POST /risks/{id}/comment", tag: "Risks", summary: "Say something about a risk", scope: assess, who: decider, status: http.StatusNoContent}
	does(a, op, func(ctx context.Context, c *call, in *riskInput[commentBody]) (*struct{}, error) {
		e := app.Edit{Organization: c.seat.Organization, Actor: c.bearer.User, Roles: c.seat.Roles, Risk: in.ID, Revision: store.AnyRevision, Reason: in.Body.Reason}
		return nil, app.Say(ctx, c.s.store, e, in.Body.Text)
	})
}
