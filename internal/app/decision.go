package app

import (
	"context"
	"strings"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/store"
)

// Decide writes an organization's own word on findings, and asks for an
// assessment. Who decides and when is filled in; the id of the record is
// returned. Decisions are for analysts and approvers.
func Decide(ctx context.Context, s *store.Store, org, actor string, d wardbook.Decision) (id string, err error) {
	d.Reason = strings.TrimSpace(d.Reason)
	id = wardbook.NewID()
	ev := wardbook.Event{Actor: actor, Action: "decision.make", Target: "decision/" + id, Reason: d.Reason}
	err = s.Update(ctx, org, ev, func(tx *store.Tx) error {
		if err := putDecision(tx, id, actor, d); err != nil {
			return err
		}
		return askAssess(tx)
	})
	return id, err
}

// putDecision writes a new decision of actor.
func putDecision(tx *store.Tx, id, actor string, d wardbook.Decision) error {
	d.State, d.By, d.At = wardbook.DecisionActive, actor, tx.Time()
	if d.Until != "" && !d.Holds(d.Until) || d.Until != "" && d.Until < tx.Time().UTC().Format("2006-01-02") {
		return &wardbook.Invalid{Problems: []wardbook.Problem{{Place: "until", Message: "the last day is over"}}}
	}
	if d.Status == wardbook.NotAffected && d.Justification == "" {
		return &wardbook.Invalid{Problems: []wardbook.Problem{{Place: "justification", Message: "choose why it is not affected"}}}
	}
	_, err := tx.Put(id, 0, d)
	return err
}

// Undecide withdraws a decision, with a reason: the findings that it settled
// are as they were without it. revision is that which the person saw.
func Undecide(ctx context.Context, s *store.Store, org, actor, id string, revision int64, reason string) error {
	reason = strings.TrimSpace(reason)
	ev := wardbook.Event{Actor: actor, Action: "decision.withdraw", Target: "decision/" + id, Reason: reason}
	return s.Update(ctx, org, ev, func(tx *store.Tx) error {
		if reason == "" {
			return &wardbook.Invalid{Problems: []wardbook.Problem{{Place: "reason", Message: "say why: the book keeps it"}}}
		}
		d, err := store.Get[wardbook.Decision](tx, id)
		if err != nil {
			return err
		}
		if d.Value.State == wardbook.DecisionWithdrawn {
			return &Refused{Why: "the decision is withdrawn already"}
		}
		d.Value.State = wardbook.DecisionWithdrawn
		if _, err := tx.Put(id, revision, d.Value); err != nil {
			return err
		}
		return askAssess(tx)
	})
}
