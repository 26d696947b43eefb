package app

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/catalog"
	"github.com/wardbook/wardbook/internal/assess"
	"github.com/wardbook/wardbook/internal/store"
)

// An Answering is what a person says to a question. Revision is that of the
// answer that they had before them, 0 where there was none.
type Answering struct {
	Organization string
	Actor        string // id of the user
	Question     string // id of its record
	Revision     int64
	Answer       string
	Reason       string
}

// Answer writes what a person said to a question, and asks for an assessment: it
// applies to every match with the same key, now and later. An answer that
// settles nothing is a *wardbook.Invalid; when somebody answered meanwhile the
// error is a *wardbook.EditConflict.
func Answer(ctx context.Context, s *store.Store, cat *catalog.Catalog, a Answering) error {
	return a.write(ctx, s, "answer.give", func(tx *store.Tx, q wardbook.Question) (wardbook.Answer, error) {
		if why := assess.CheckAnswer(q, a.Answer, cat); why != "" {
			return wardbook.Answer{}, &wardbook.Invalid{Problems: []wardbook.Problem{{Place: "answer", Message: why}}}
		}
		return wardbook.Answer{Answer: strings.TrimSpace(a.Answer)}, nil
	})
}

// TakeBack takes an answer back, with a reason: what it settled is a question
// again.
func TakeBack(ctx context.Context, s *store.Store, a Answering) error {
	return a.write(ctx, s, "answer.take_back", func(*store.Tx, wardbook.Question) (wardbook.Answer, error) {
		if strings.TrimSpace(a.Reason) == "" {
			return wardbook.Answer{}, &wardbook.Invalid{Problems: []wardbook.Problem{{Place: "reason", Message: "say why: the book keeps it"}}}
		}
		return wardbook.Answer{}, nil
	})
}

func (a Answering) write(ctx context.Context, s *store.Store, action string, make func(*store.Tx, wardbook.Question) (wardbook.Answer, error)) error {
	a.Reason = strings.TrimSpace(a.Reason)
	ev := wardbook.Event{Actor: a.Actor, Action: action, Target: "question/" + a.Question, Reason: a.Reason}
	return s.Update(ctx, a.Organization, ev, func(tx *store.Tx) error {
		asked, err := store.Get[wardbook.Asked](tx, a.Question)
		if err != nil {
			return err
		}
		next, err := make(tx, asked.Value.Question)
		if err != nil {
			return err
		}
		next.Kind, next.Key = asked.Value.Kind, asked.Value.Key
		next.By, next.Date, next.Reason = a.Actor, tx.Time().UTC().Format(time.DateOnly), a.Reason
		old, err := tx.ByKey(next.RecordKind(), next.RecordKey())
		id := old.ID
		switch {
		case errors.Is(err, wardbook.ErrNotFound):
			id = wardbook.NewID()
		case err != nil:
			return err
		}
		if _, err := tx.Put(id, a.Revision, next); err != nil {
			return err
		}
		// The question is settled at once; what follows from it the assessment finds.
		asked.Value.State = wardbook.QuestionAnswered
		if next.Answer == "" {
			asked.Value.State = wardbook.QuestionOpen
		}
		if _, err := tx.Put(a.Question, asked.Revision.Revision, asked.Value); err != nil {
			return err
		}
		return askAssess(tx)
	})
}
