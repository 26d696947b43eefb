package demo

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/app"
	"github.com/wardbook/wardbook/internal/store"
)

// question finds the question whose text holds all the texts, among those in a
// state: that which the most devices wait for.
func (y *year) question(state wardbook.QuestionState, texts ...string) (best store.Stored[wardbook.Asked], err error) {
	err = y.store.View(y.ctx, y.org, func(tx *store.Tx) error {
		page, err := store.List[wardbook.Asked](tx, store.ListOptions{States: []string{string(state)}, Limit: 1000})
		for _, q := range page.Items {
			fits := true
			for _, t := range texts {
				fits = fits && strings.Contains(q.Value.Text, t)
			}
			if fits && (best.ID == "" || q.Value.Affected > best.Value.Affected || q.Value.Affected == best.Value.Affected && q.Value.Key < best.Value.Key) {
				best = q
			}
		}
		return err
	})
	if err == nil && best.ID == "" {
		err = fmt.Errorf("no question is %s and says %q", state, texts)
	}
	return best, err
}

// answering is what somebody says to a question as it stands.
func (y *year) answering(who *Person, q store.Stored[wardbook.Asked], answer, reason string) (a app.Answering, err error) {
	a = app.Answering{Organization: y.org, Actor: who.id, Question: q.ID, Answer: answer, Reason: reason}
	err = y.store.View(y.ctx, y.org, func(tx *store.Tx) error {
		was := wardbook.Answer{Kind: q.Value.Kind, Key: q.Value.Key}
		old, err := tx.ByKey(was.RecordKind(), was.RecordKey())
		a.Revision = old.Revision
		if errors.Is(err, wardbook.ErrNotFound) {
			return nil
		}
		return err
	})
	return a, err
}

// answer settles the question whose text holds all the texts.
func (y *year) answer(who *Person, answer, reason string, texts ...string) error {
	q, err := y.question(wardbook.QuestionOpen, texts...)
	if err != nil {
		return err
	}
	y.clock.pass(4)
	a, err := y.answering(who, q, answer, reason)
	if err != nil {
		return err
	}
	return app.Answer(y.ctx, y.store, y.catalog, a)
}

// takeBack takes the answer to a question back.
func (y *year) takeBack(who *Person, reason string, texts ...string) error {
	q, err := y.question(wardbook.QuestionAnswered, texts...)
	if err != nil {
		return err
	}
	a, err := y.answering(who, q, "", reason)
	if err != nil {
		return err
	}
	return app.TakeBack(y.ctx, y.store, a)
}

// undecide withdraws the decision about a vulnerability.
func (y *year) undecide(who *Person, vulnerability, reason string) error {
	var found store.Stored[wardbook.Decision]
	err := y.store.View(y.ctx, y.org, func(tx *store.Tx) error {
		page, err := store.List[wardbook.Decision](tx, store.ListOptions{Limit: 1000})
		for _, d := range page.Items {
			if slices.Contains(d.Value.Vulnerabilities, vulnerability) && d.Value.State == wardbook.DecisionActive {
				found = d
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	return app.Undecide(y.ctx, y.store, y.org, who.id, found.ID, found.Revision.Revision, reason)
}
