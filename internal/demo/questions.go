package demo

import (
	"cmp"
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

// round answers the questions that most devices wait for, about products by
// their label, about conditions and releases by what was seen on the wards.
func round(most int) func(*year) error {
	return func(y *year) error {
		var list []store.Stored[wardbook.Asked]
		err := y.store.View(y.ctx, y.org, func(tx *store.Tx) error {
			page, err := store.List[wardbook.Asked](tx, store.ListOptions{States: []string{string(wardbook.QuestionOpen)}, Limit: 1000})
			list = page.Items
			return err
		})
		if err != nil {
			return err
		}
		slices.SortFunc(list, func(a, b store.Stored[wardbook.Asked]) int {
			return cmp.Or(cmp.Compare(b.Value.Affected, a.Value.Affected), strings.Compare(a.Value.Key, b.Value.Key))
		})
		n := 0
		for _, q := range list {
			said, ok := seen[q.Value.Kind]
			if !ok || !slices.Contains(q.Value.Choices, said.answer) || n == most {
				continue
			}
			n++
			y.clock.pass(3)
			a, err := y.answering(y.people.ana, q, said.answer, said.reason)
			if err != nil {
				return err
			}
			if err := app.Answer(y.ctx, y.store, y.catalog, a); err != nil {
				return err
			}
		}
		return nil
	}
}

// seen is what a round on the wards finds out.
var seen = map[wardbook.QuestionKind]struct{ answer, reason string }{
	wardbook.AskProduct:   {"yes", "the same product under another name: seen on the label"},
	wardbook.AskCondition: {"no", "looked at on the ward: it is not so here"},
	wardbook.AskRange:     {"no", "the maker gave us the list of its releases: this one is not among them"},
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
