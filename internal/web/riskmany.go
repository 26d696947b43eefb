package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/app"
	"github.com/wardbook/wardbook/internal/store"
)

// riskMany asks once more before something is done with many risks: which ones
// it is, and with which it cannot be done.
type riskMany struct {
	Title, Verb string
	Can, Cannot *table
	N           int
	Form        *form
	Back        string
}

// manyRow is a risk with why something cannot be done with it.
type manyRow struct {
	riskRow
	Why string
}

// maxMany is how many risks can be ticked at once.
const maxMany = 500

// A manyStep is something that can be done with many risks at once.
type manyStep struct {
	do, title, verb, past string
	fields                func(people) []*field
	run                   func(ctx context.Context, s *store.Store, edits []app.Edit, f *form) error
}

func (s *Server) confirmRisks(q *request) error {
	return s.many(q, manyStep{"confirm", "Confirm proposals", "Confirm", "confirmed",
		func(people) []*field { return []*field{reasonField(false)} },
		func(ctx context.Context, st *store.Store, edits []app.Edit, _ *form) error {
			return app.ConfirmAll(ctx, st, edits)
		}})
}

func (s *Server) dismissRisks(q *request) error {
	return s.many(q, manyStep{"dismiss", "Dismiss proposals", "Dismiss", "dismissed",
		func(people) []*field { return []*field{reasonField(true)} },
		func(ctx context.Context, st *store.Store, edits []app.Edit, _ *form) error {
			return app.DismissAll(ctx, st, edits)
		}})
}

func (s *Server) assignRisks(q *request) error {
	return s.many(q, manyStep{"assign", "Say who answers for risks", "Assign", "assigned",
		func(who people) []*field {
			return []*field{{Name: "owner", Label: "Who answers for them", Type: "select", Options: who.all}, reasonField(false)}
		},
		func(ctx context.Context, st *store.Store, edits []app.Edit, f *form) error {
			return app.AssignAll(ctx, st, edits, f.Get("owner"))
		}})
}

// many shows the risks that were ticked and what is to be done with them, and
// does it when the person says so on that page.
func (s *Server) many(q *request, st manyStep) error {
	if err := q.parse(); err != nil {
		return err
	}
	ids := q.r.PostForm["id"]
	if len(ids) > maxMany {
		return &refusal{http.StatusUnprocessableEntity, fmt.Sprintf("At most %d risks at once.", maxMany)}
	}
	var names people
	if err := q.view(func(tx *store.Tx) (err error) {
		names, err = readPeople(tx)
		return err
	}); err != nil {
		return err
	}
	f := &form{Action: "/risks/many/" + st.do, Submit: st.verb, Danger: st.do == "dismiss", Fields: st.fields(names)}
	if q.r.PostForm.Get("sure") == "" {
		return s.manyPage(q, st, f, ids, http.StatusOK)
	}
	if err := q.fill(f); err != nil {
		return err
	}
	if !f.OK() || len(ids) == 0 {
		return s.manyPage(q, st, f, ids, http.StatusUnprocessableEntity)
	}
	var edits []app.Edit
	for _, tick := range ids {
		id, revision := ticked(tick)
		edits = append(edits, app.Edit{Organization: q.seat.Organization, Actor: q.session.User, Roles: q.seat.Roles, Risk: id, Revision: revision, Reason: f.Get("reason")})
	}
	err := st.run(q.r.Context(), s.store, edits, f)
	if err == nil {
		return q.done(q.back("/risks"), plural(len(edits), "risk is ", "risks are ")+st.past+".")
	}
	var conflict *wardbook.EditConflict
	var no *app.Refused
	switch {
	case errors.As(err, &conflict):
		f.fault("", "Somebody else changed "+conflict.Current.Short()+" meanwhile. Nothing was done. Below is what stands now.")
	case errors.As(err, &no):
		f.fault("", sentence(no.Why)+" Nothing was done.")
	default:
		if err := f.take(err); err != nil {
			return err
		}
	}
	return s.manyPage(q, st, f, ids, http.StatusUnprocessableEntity)
}

// tick is what stands for a row of the register in a form: the risk and the
// revision that was shown.
func tick(r riskRow) string { return r.ID + "." + strconv.FormatInt(r.Revision.Revision, 10) }

func ticked(s string) (id string, revision int64) {
	id, n, _ := strings.Cut(s, ".")
	revision, err := strconv.ParseInt(n, 10, 64)
	if err != nil {
		revision = 1<<62 - 1
	}
	return id, revision
}

func (s *Server) manyPage(q *request, st manyStep, f *form, ids []string, status int) error {
	v := riskMany{Title: st.title, Verb: st.verb, Form: f, Back: q.back("/risks")}
	err := q.view(func(tx *store.Tx) error {
		o, err := s.overview(tx)
		if err != nil {
			return err
		}
		var can []riskRow
		var cannot []manyRow
		for _, t := range ids {
			id, _ := ticked(t)
			r, err := store.Get[wardbook.Risk](tx, id)
			if isNotFound(err) {
				continue
			}
			if err != nil {
				return err
			}
			row := o.row(r)
			why, err := whyNot(q, tx, row, st.do)
			if err != nil {
				return err
			}
			if why != "" {
				cannot = append(cannot, manyRow{row, why})
				continue
			}
			can = append(can, row)
			f.Hidden = append(f.Hidden, [2]string{"id", tick(row)})
		}
		f.Hidden = append(f.Hidden, [2]string{"sure", "yes"}, [2]string{"back", v.Back})
		l := q.riskList()
		v.N, v.Can = len(can), l.of(can)
		v.Cannot = q.manyList().of(cannot)
		return nil
	})
	if err != nil {
		return err
	}
	return q.render(status, "risks-many", v)
}

// whyNot says why who asks may not do something with a risk.
func whyNot(q *request, tx *store.Tx, r riskRow, do string) (string, error) {
	all, err := app.PossibleSteps(tx, app.Edit{Organization: q.seat.Organization, Actor: q.session.User, Roles: q.seat.Roles, Risk: r.ID})
	if err != nil {
		return "", err
	}
	for _, p := range all {
		if p.Do == do {
			return sentence(p.Refused), nil
		}
	}
	if do == "assign" {
		return "Nobody works on a " + words(r.State) + " risk.", nil
	}
	return "It is " + words(r.State) + ": only proposals are confirmed or dismissed.", nil
}

func (q *request) manyList() list[manyRow] {
	return list[manyRow]{Name: "not", Label: "Not possible", Columns: []column[manyRow]{
		{Head: "Risk", Class: "title", Cell: func(r manyRow) cell {
			return cell{Text: r.Title, Href: q.link("/risks/" + r.ID), Sub: &cell{Text: r.Short(), Look: "id"}}
		}},
		{Head: "Why not", Cell: func(r manyRow) cell { return cell{Text: r.Why} }},
	}}
}
