package app

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/store"
)

// A Handling is what somebody does with one matter of the inbox: an advisory,
// or a vulnerability record, with the findings that they had before them.
type Handling struct {
	Organization string
	Actor        string          // id of the user
	Roles        []wardbook.Role // that they have in the organization
	About        string          // wardbook.Triage.About
	Revision     int64           // of the triage that they had before them, 0: there was none
	Reason       string          // in their words; may be empty
	Findings     []wardbook.TriagedFinding
}

// Affected confirms the proposed risks and writes that the matter is handled, in
// one entry of the book; where one cannot be confirmed nothing of it is written.
func (h Handling) Affected(ctx context.Context, s *store.Store, risks []Edit) error {
	t := wardbook.Triage{State: wardbook.TriageHandled, Outcome: wardbook.Affected}
	for _, e := range risks {
		t.Risks = append(t.Risks, wardbook.Ref[wardbook.Risk]{ID: e.Risk})
	}
	return h.update(ctx, s, "triage.affected", func(tx *store.Tx) error {
		if err := writeAll(tx, risks, confirmStep()); err != nil {
			return err
		}
		return h.put(tx, t)
	})
}

// NotAffected writes decisions that settle the findings, and that the matter is
// handled, in one entry of the book; it asks for an assessment.
func (h Handling) NotAffected(ctx context.Context, s *store.Store, decisions []wardbook.Decision) error {
	return h.update(ctx, s, "triage.not_affected", func(tx *store.Tx) error {
		t := wardbook.Triage{State: wardbook.TriageHandled, Outcome: wardbook.NotAffected}
		for _, d := range decisions {
			id := wardbook.NewID()
			d.Status = wardbook.NotAffected
			if err := putDecision(tx, id, h.Actor, d); err != nil {
				return err
			}
			t.Decisions = append(t.Decisions, wardbook.Ref[wardbook.Decision]{ID: id})
		}
		if err := h.put(tx, t); err != nil {
			return err
		}
		return askAssess(tx)
	})
}

// Later puts the matter off until the end of a day (RFC 3339 date).
func (h Handling) Later(ctx context.Context, s *store.Store, until string) error {
	return h.update(ctx, s, "triage.snooze", func(tx *store.Tx) error {
		if until <= tx.Time().UTC().Format(time.DateOnly) {
			return &wardbook.Invalid{Problems: []wardbook.Problem{{Place: "until", Message: "choose a day after today"}}}
		}
		return h.put(tx, wardbook.Triage{State: wardbook.TriageSnoozed, Until: until})
	})
}

// Undo takes the handling back by a new revision: the matter waits again, and
// the decisions that were made for it are withdrawn. Risks that were confirmed
// stay in the register.
func (h Handling) Undo(ctx context.Context, s *store.Store) error {
	if strings.TrimSpace(h.Reason) == "" {
		h.Reason = "taken back in the inbox"
	}
	return h.update(ctx, s, "triage.undo", func(tx *store.Tx) error {
		was, err := triageOf(tx, h.About)
		if err != nil {
			return err
		}
		if was.Value.State == wardbook.TriageNew {
			return &Refused{Why: "it waits already: there is nothing to take back"}
		}
		withdrew := false
		for _, ref := range was.Value.Decisions {
			d, err := store.Get[wardbook.Decision](tx, ref.ID)
			if err != nil {
				return err
			}
			if d.Value.State == wardbook.DecisionWithdrawn {
				continue
			}
			d.Value.State = wardbook.DecisionWithdrawn
			if _, err := tx.Put(d.ID, d.Revision.Revision, d.Value); err != nil {
				return err
			}
			withdrew = true
		}
		h.Findings = was.Value.Findings
		if err := h.put(tx, wardbook.Triage{State: wardbook.TriageNew}); err != nil || !withdrew {
			return err
		}
		return askAssess(tx)
	})
}

func (h Handling) update(ctx context.Context, s *store.Store, action string, fn func(*store.Tx) error) error {
	if !(wardbook.Membership{Roles: h.Roles}).Has(deciders...) {
		return &Refused{Why: "this is for " + rolesText(deciders), Role: true}
	}
	ev := wardbook.Event{Actor: h.Actor, Action: action, Target: "triage/" + h.About, Reason: strings.TrimSpace(h.Reason)}
	return s.Update(ctx, h.Organization, ev, fn)
}

// triageOf is the triage of a matter.
func triageOf(tx *store.Tx, about string) (out store.Stored[wardbook.Triage], err error) {
	rev, err := tx.ByKey(out.Value.RecordKind(), about)
	if err != nil {
		return out, err
	}
	return store.Decode[wardbook.Triage](rev)
}

// put writes the triage over the revision that the person had before them.
func (h Handling) put(tx *store.Tx, t wardbook.Triage) error {
	was, err := triageOf(tx, h.About)
	if errors.Is(err, wardbook.ErrNotFound) {
		was.ID, err = wardbook.NewID(), nil
	}
	if err != nil {
		return err
	}
	t.About, t.Findings, t.By, t.At, t.Reason = h.About, h.Findings, h.Actor, tx.Time(), strings.TrimSpace(h.Reason)
	_, err = tx.Put(was.ID, h.Revision, t)
	return err
}
