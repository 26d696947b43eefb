package app_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/app"
	"github.com/wardbook/wardbook/internal/dbtest"
	"github.com/wardbook/wardbook/internal/store"
)

// A ward is an organization with one member per role, on a clock that stands
// until it is moved.
type ward struct {
	t     *testing.T
	s     *store.Store
	org   string
	clock time.Time
}

func eachWard(t *testing.T, fn func(*ward)) {
	t.Helper()
	dbtest.EachDSN(t, func(t *testing.T, dsn string, opts ...store.Option) {
		w := &ward{t: t, org: wardbook.NewID(), clock: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}
		w.s = dbtest.Open(t, dsn, append(opts, store.Clock(func() time.Time { return w.clock }))...)
		w.people()
		fn(w)
	})
}

// people makes the organization and one member per role.
func (w *ward) people() {
	w.t.Helper()
	if err := w.s.CreateOrganization(w.t.Context(), w.org, wardbook.Event{Actor: "test", Action: "organization.create"}, wardbook.Organization{Name: "St. Example"}); err != nil {
		w.t.Fatal(err)
	}
	people := func(tx *store.Tx) error {
		for _, user := range []string{"ana", "ben", "cora", "dora"} {
			if _, err := tx.Put(user, 0, wardbook.User{Name: user, Email: user + "@example.org"}); err != nil {
				return err
			}
		}
		return nil
	}
	if err := w.s.Update(w.t.Context(), store.System, wardbook.Event{Actor: "test", Action: "test.fill"}, people); err != nil {
		w.t.Fatal(err)
	}
	w.put(func(tx *store.Tx) error {
		for user, roles := range map[string][]wardbook.Role{"ana": {wardbook.Analyst}, "ben": {wardbook.Analyst}, "cora": {wardbook.Approver}, "dora": {wardbook.Analyst, wardbook.Approver}} {
			if _, err := tx.Put(user, 0, wardbook.Membership{User: user, Name: strings.ToUpper(user[:1]) + user[1:], Roles: roles}); err != nil {
				return err
			}
		}
		return nil
	})
}

func (w *ward) put(fn func(*store.Tx) error) {
	w.t.Helper()
	if err := w.s.Update(w.t.Context(), w.org, wardbook.Event{Actor: "test", Action: "test.fill"}, fn); err != nil {
		w.t.Fatal(err)
	}
}

// evaluation is what the program's own policy gives.
func evaluation(severity, likelihood int) wardbook.Evaluation {
	level := map[[2]int]string{{2, 2}: "low", {3, 3}: "medium", {4, 3}: "high", {5, 4}: "intolerable"}[[2]int{severity, likelihood}]
	e := wardbook.Evaluation{Severity: severity, Likelihood: likelihood, Level: level, Acceptable: wardbook.Unknown}
	switch level {
	case "low", "medium":
		e.Acceptable = wardbook.Yes
	case "high", "intolerable":
		e.Acceptable = wardbook.No
	}
	return e
}

// risk puts a proposal with the same evaluation for safety and effectiveness.
func (w *ward) risk(e wardbook.Evaluation) string {
	w.t.Helper()
	id := wardbook.NewID()
	w.put(func(tx *store.Tx) error {
		_, err := tx.Put(id, 0, wardbook.Risk{
			ID: "R-" + id, Title: "Pump stops", State: wardbook.RiskProposed, Product: "P-1", Devices: []string{"SE-1", "SE-2"}, FirstSeen: "2026-02-01",
			Safety: e, Effectiveness: e, Security: evaluation(2, 2), Due: "2026-04-02", DueRule: "levels.high.due_days: safety is High, 60 days",
			Options: []wardbook.ControlOption{{Kind: wardbook.Inherent, Text: "Update", Source: "A-1"}, {Kind: wardbook.Information, Text: "Tell the ward", Source: "catalogue"}},
		})
		return err
	})
	return id
}

func (w *ward) get(id string) store.Stored[wardbook.Risk] {
	w.t.Helper()
	var r store.Stored[wardbook.Risk]
	if err := w.s.View(w.t.Context(), w.org, func(tx *store.Tx) (err error) {
		r, err = store.Get[wardbook.Risk](tx, id)
		return err
	}); err != nil {
		w.t.Fatal(err)
	}
	return r
}

// edit is one of who on the newest revision.
func (w *ward) edit(who, id, reason string) app.Edit {
	w.t.Helper()
	var roles []wardbook.Role
	if err := w.s.View(w.t.Context(), w.org, func(tx *store.Tx) error {
		m, err := store.Get[wardbook.Membership](tx, who)
		roles = m.Value.Roles
		return err
	}); err != nil {
		w.t.Fatal(err)
	}
	return app.Edit{Organization: w.org, Actor: who, Roles: roles, Risk: id, Revision: w.get(id).Revision.Revision, Reason: reason}
}

func (w *ward) entries() []wardbook.Entry {
	w.t.Helper()
	var all []wardbook.Entry
	if err := w.s.View(w.t.Context(), w.org, func(tx *store.Tx) (err error) {
		all, err = tx.Entries(store.EntryFilter{Limit: 1000})
		return err
	}); err != nil {
		w.t.Fatal(err)
	}
	return all
}

// must fails the test on an error; refuses on none, or on one that says
// something else.
func (w *ward) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *ward) refuses(err error, says string) {
	w.t.Helper()
	if err == nil || !strings.Contains(err.Error(), says) {
		w.t.Errorf("got %v, want a refusal with %q", err, says)
	}
}

func TestConfirm(t *testing.T) {
	eachWard(t, func(w *ward) {
		id := w.risk(evaluation(4, 3))
		w.refuses(app.Confirm(t.Context(), w.s, w.edit("cora", id, "")), "for analysts")
		w.must(app.Confirm(t.Context(), w.s, w.edit("ana", id, "seen on the ward")))
		r := w.get(id)
		g := r.Value.Register
		if r.Value.State != wardbook.RiskEvaluated || g == nil || g.Initial == nil || g.Initial.Safety.Level != "high" || g.Initial.Policy.SHA256 == "" || len(g.Decided) != 3 {
			t.Fatalf("after confirming: %s, %+v", r.Value.State, g)
		}
		if e := w.entries()[0]; e.Event.Action != "risk.confirm" || e.Event.Actor != "ana" || e.Event.Target != "risk/"+id || e.Event.Reason != "seen on the ward" || len(e.Revisions) != 1 {
			t.Errorf("the book says %+v", e)
		}
		w.refuses(app.Confirm(t.Context(), w.s, w.edit("ana", id, "")), "only a proposal is confirmed")
		w.refuses(app.Dismiss(t.Context(), w.s, w.edit("ana", id, "no")), "only a proposal")

		// A new run of the program does not take the place of it.
		w.put(func(tx *store.Tx) error {
			v := r.Value
			v.Propose(wardbook.Proposal{Evaluations: wardbook.Evaluations{Safety: evaluation(5, 4), Effectiveness: evaluation(5, 4), Security: evaluation(2, 2)}, Due: "2026-03-10", Since: "2026-03-02", Why: "it is exploited"})
			_, err := tx.Put(id, r.Revision.Revision, v)
			return err
		})
		if v := w.get(id).Value; v.Safety.Level != "high" || v.Register.Proposed == nil || v.Due != "2026-04-02" {
			t.Errorf("a newer proposal: %s, due %s, %+v", v.Safety.Level, v.Due, v.Register.Proposed)
		}
	})
}

func TestDismiss(t *testing.T) {
	eachWard(t, func(w *ward) {
		id := w.risk(evaluation(4, 3))
		w.refuses(app.Dismiss(t.Context(), w.s, w.edit("ana", id, "  ")), "say why")
		w.must(app.Dismiss(t.Context(), w.s, w.edit("ana", id, "the pumps have no network")))
		if v := w.get(id).Value; v.State != wardbook.RiskDismissed || v.Register.Decided[0].Reason != "the pumps have no network" {
			t.Errorf("%s %+v", v.State, v.Register)
		}
		w.refuses(app.Move(t.Context(), w.s, w.edit("ana", id, ""), wardbook.RiskAnalysed), "does not move")
		w.refuses(app.ChangeValues(t.Context(), w.s, w.edit("ana", id, "x"), nil), "not estimated any more")
		w.refuses(app.Assign(t.Context(), w.s, w.edit("ana", id, ""), "ben"), "nobody works on a dismissed risk")
	})
}

func TestChangeValues(t *testing.T) {
	eachWard(t, func(w *ward) {
		id := w.risk(evaluation(4, 3))
		err := app.ChangeValues(t.Context(), w.s, w.edit("ana", id, ""), []app.Value{{Key: wardbook.Safety, Severity: 3, Likelihood: 3}, {Key: wardbook.Security, Severity: 9, Likelihood: 2}})
		var invalid *wardbook.Invalid
		if !errors.As(err, &invalid) || len(invalid.Problems) != 3 {
			t.Fatalf("all faults at once: %v", err)
		}
		w.must(app.ChangeValues(t.Context(), w.s, w.edit("ana", id, ""), []app.Value{
			{Key: wardbook.Safety, Severity: 3, Likelihood: 3, Rationale: "a nurse is in the room"},
			{Key: wardbook.Effectiveness, Severity: 2, Likelihood: 2, Rationale: "there are spare pumps"},
			{Key: wardbook.Security, Severity: 2, Likelihood: 2},
		}))
		v := w.get(id).Value
		if v.State != wardbook.RiskEvaluated || v.Safety.Level != "medium" || v.Safety.Acceptable != wardbook.Yes || v.Safety.Authority == "" || v.Effectiveness.Level != "low" || v.Register.Initial.Safety.Level != "medium" {
			t.Errorf("a proposal taken in with other values: %s %+v", v.State, v.Safety)
		}
		if why := fmt.Sprint(v.Safety.Why); !strings.Contains(why, "Ana") || !strings.Contains(why, "a nurse is in the room") || !strings.Contains(why, "before severity 4") {
			t.Errorf("why: %s", why)
		}
		if e := w.entries()[0]; e.Event.Action != "risk.estimate" || !strings.Contains(e.Event.Reason, "safety: a nurse is in the room") {
			t.Errorf("the book says %+v", e.Event)
		}
		// What the program proposed first was seen: it is not proposed again.
		v.Propose(wardbook.Proposal{Evaluations: wardbook.Evaluations{Safety: evaluation(4, 3), Effectiveness: evaluation(4, 3), Security: evaluation(2, 2)}, Due: "2026-04-02"})
		if v.Register.Proposed != nil {
			t.Error("the proposal that was changed comes again")
		}
		w.must(app.ChangeValues(t.Context(), w.s, w.edit("ben", id, ""), []app.Value{{Key: wardbook.Safety, Severity: 5, Likelihood: 4, Rationale: "worse than thought"}}))
		v = w.get(id).Value
		if v.Safety.Level != "intolerable" || v.Register.Initial.Safety.Level != "medium" || v.Due != "2026-02-15" || !v.Overdue {
			t.Errorf("later: %s, initially %s, due %s", v.Safety.Level, v.Register.Initial.Safety.Level, v.Due)
		}
		w.refuses(app.ChangeValues(t.Context(), w.s, w.edit("ben", id, ""), nil), "say why the values stay")
	})
}

// TestAccept: somebody with authority, not the estimator, of what the policy
// lets them, until a date; the job reopens it then.
func TestAccept(t *testing.T) {
	eachWard(t, func(w *ward) {
		ctx := t.Context()
		id := w.risk(evaluation(3, 3))
		in := app.Acceptance{Until: "2026-09-30", Authority: "System owner together with the risk lead"}
		w.refuses(app.Accept(ctx, w.s, w.edit("cora", id, "fine"), in), "first identified or dismissed")
		w.must(app.Confirm(ctx, w.s, w.edit("dora", id, "")))
		w.refuses(app.Accept(ctx, w.s, w.edit("ana", id, "fine"), in), "for approvers")
		w.refuses(app.Accept(ctx, w.s, w.edit("dora", id, "fine"), in), "you estimated this risk last")
		w.refuses(app.Accept(ctx, w.s, w.edit("cora", id, ""), in), "say why")
		w.refuses(app.Accept(ctx, w.s, w.edit("cora", id, "fine"), app.Acceptance{Until: "2026-03-02"}), "not a day from tomorrow on")
		w.refuses(app.Accept(ctx, w.s, w.edit("cora", id, "fine"), app.Acceptance{Until: in.Until, Authority: "Head of the unit"}), "the policy asks for System owner")
		w.must(app.Accept(ctx, w.s, w.edit("cora", id, "spare pumps are at hand"), in))
		v := w.get(id).Value
		d := v.Register.Decided[len(v.Register.Decided)-1]
		if v.State != wardbook.RiskAccepted || v.Register.AcceptedUntil != "2026-09-30" || d.By != "cora" || d.Authority != in.Authority {
			t.Fatalf("%s %+v", v.State, d)
		}
		w.refuses(app.ChangeValues(ctx, w.s, w.edit("ana", id, "x"), nil), "reopened before its values change")

		worker := app.Worker{Store: w.s, Handlers: map[string]app.Handler{app.DueJob: app.ReopenDue}}
		w.clock = time.Date(2026, 9, 30, 23, 0, 0, 0, time.UTC)
		w.must(worker.Drain(ctx))
		if v := w.get(id).Value; v.State != wardbook.RiskAccepted {
			t.Errorf("on its last day: %s", v.State)
		}
		w.clock = time.Date(2026, 10, 1, 0, 1, 0, 0, time.UTC)
		w.must(worker.Drain(ctx))
		v = w.get(id).Value
		if v.State != wardbook.RiskReopened || v.Register.AcceptedUntil != "" {
			t.Errorf("after it: %s", v.State)
		}
		if e := w.entries()[0]; e.Event.Actor != "system" || e.Event.Action != "risk.reopen" || !strings.Contains(e.Event.Reason, "2026-09-30") {
			t.Errorf("the book says %+v", e.Event)
		}
		w.refuses(app.Move(ctx, w.s, w.edit("ana", id, ""), wardbook.RiskAnalysed), "estimated anew first")
		w.must(app.ChangeValues(ctx, w.s, w.edit("ana", id, "looked at again, nothing changed"), nil))
		w.must(app.Move(ctx, w.s, w.edit("ana", id, ""), wardbook.RiskAnalysed))
		w.must(app.Move(ctx, w.s, w.edit("ana", id, ""), wardbook.RiskEvaluated))
	})
}

func TestAcceptOnlyWhatIsKnown(t *testing.T) {
	eachWard(t, func(w *ward) {
		ctx := t.Context()
		in := app.Acceptance{Until: "2026-09-30", Authority: "Head of the unit"}
		unknown := w.risk(wardbook.Evaluation{Acceptable: wardbook.Unknown})
		w.must(app.Confirm(ctx, w.s, w.edit("ana", unknown, "")))
		w.refuses(app.Accept(ctx, w.s, w.edit("cora", unknown, "fine"), in), "unknown is not acceptable")

		high := w.risk(evaluation(4, 3))
		w.must(app.Confirm(ctx, w.s, w.edit("ana", high, "")))
		w.refuses(app.Accept(ctx, w.s, w.edit("cora", high, "fine"), in), "the risk is controlled first")

		// A level that is not what the matrix gives: the policy was changed.
		other := w.risk(evaluation(2, 2))
		w.must(app.Confirm(ctx, w.s, w.edit("ana", other, "")))
		w.put(func(tx *store.Tx) error {
			r, err := store.Get[wardbook.Risk](tx, other)
			if err != nil {
				return err
			}
			r.Value.Safety.Level = "medium"
			_, err = tx.Put(other, r.Revision.Revision, r.Value)
			return err
		})
		w.refuses(app.Accept(ctx, w.s, w.edit("cora", other, "fine"), in), "estimate it anew")

		// A newer proposal is looked at first.
		newer := w.risk(evaluation(2, 2))
		w.must(app.Confirm(ctx, w.s, w.edit("ana", newer, "")))
		w.propose(newer, evaluation(4, 3))
		w.refuses(app.Accept(ctx, w.s, w.edit("cora", newer, "fine"), in), "a newer proposal waits")
		w.refuses(app.KeepValues(ctx, w.s, w.edit("ana", newer, "")), "say why")
		w.must(app.KeepValues(ctx, w.s, w.edit("ana", newer, "the exploit needs a cable")))
		w.propose(newer, evaluation(4, 3))
		if g := w.get(newer).Value.Register; g.Proposed != nil {
			t.Error("what people did not take is proposed again")
		}
		w.must(app.Accept(ctx, w.s, w.edit("cora", newer, "fine"), in))
		w.propose(newer, evaluation(5, 4))
		if v := w.get(newer).Value; v.State != wardbook.RiskAccepted || v.Safety.Level != "low" || v.Register.Proposed == nil {
			t.Errorf("an accepted risk and a newer proposal: %s %s", v.State, v.Safety.Level)
		}
		w.must(app.TakeProposal(ctx, w.s, w.edit("ana", newer, "")))
		if v := w.get(newer).Value; v.State != wardbook.RiskReopened || v.Safety.Level != "intolerable" || v.Register.Proposed != nil || v.Register.AcceptedUntil != "" {
			t.Errorf("taken: %s %s %+v", v.State, v.Safety.Level, v.Register)
		}
		w.refuses(app.TakeProposal(ctx, w.s, w.edit("ana", newer, "")), "nothing else")
	})
}

// propose is what a new run of the program does.
func (w *ward) propose(id string, e wardbook.Evaluation) {
	w.t.Helper()
	w.put(func(tx *store.Tx) error {
		r, err := store.Get[wardbook.Risk](tx, id)
		if err != nil {
			return err
		}
		r.Value.Propose(wardbook.Proposal{Evaluations: wardbook.Evaluations{Safety: e, Effectiveness: e, Security: evaluation(2, 2)}, Since: "2026-03-02", Why: "it is exploited"})
		_, err = tx.Put(id, r.Revision.Revision, r.Value)
		return err
	})
}

// TestControl walks a risk that is not acceptable to its acceptance with
// benefit, and at each step what is not allowed.
func TestControl(t *testing.T) {
	eachWard(t, func(w *ward) {
		ctx := t.Context()
		id := w.risk(evaluation(4, 3))
		move := func(who, reason string, to wardbook.RiskState) error {
			return app.Move(ctx, w.s, w.edit(who, id, reason), to)
		}
		w.must(app.Confirm(ctx, w.s, w.edit("ana", id, "")))
		w.refuses(move("ana", "", wardbook.RiskControlled), "does not go to")
		w.refuses(move("ana", "", wardbook.RiskAccepted), "a step of its own")
		w.must(move("ana", "", wardbook.RiskToControl))
		w.refuses(move("ana", "", wardbook.RiskControlling), "choose first what is done")
		w.refuses(app.Treat(ctx, w.s, w.edit("ana", id, ""), app.Treatment{Selected: []int{1}}), "only information is chosen")
		w.refuses(app.Treat(ctx, w.s, w.edit("ana", id, ""), app.Treatment{Selected: []int{7}}), "no option 8")
		w.must(app.Treat(ctx, w.s, w.edit("ana", id, ""), app.Treatment{Selected: []int{0, 1}, Text: "update in the next service window"}))
		w.refuses(move("ana", "", wardbook.RiskControlling), "who answers for it")
		w.refuses(app.Assign(ctx, w.s, w.edit("ana", id, ""), "nobody"), "no member")
		w.must(app.Assign(ctx, w.s, w.edit("ana", id, ""), "ben"))
		w.must(app.SetDue(ctx, w.s, w.edit("ana", id, "the date was wrong"), ""))
		w.refuses(move("ana", "", wardbook.RiskControlling), "by when")
		w.refuses(app.SetDue(ctx, w.s, w.edit("ana", id, ""), "2026-05-01"), "say why")
		w.refuses(app.SetDue(ctx, w.s, w.edit("ana", id, "x"), "soon"), "no date")
		w.must(app.SetDue(ctx, w.s, w.edit("ana", id, "the window is in April"), "2026-05-01"))
		w.must(move("ana", "", wardbook.RiskControlling))

		work := wardbook.NewID()
		state := func(a, b wardbook.WorkState, date string) {
			w.put(func(tx *store.Tx) error {
				_, err := tx.Put(work, store.AnyRevision, wardbook.Work{Risk: wardbook.Ref[wardbook.Risk]{ID: id}, Action: "Update", Devices: []wardbook.DeviceWork{{Device: "SE-1", State: a, Date: date}, {Device: "SE-2", State: b, Date: date}}})
				return err
			})
		}
		state(wardbook.WorkVerified, wardbook.WorkDone, "2026-03-02")
		w.refuses(move("ana", "", wardbook.RiskControlled), "1 device is not verified")
		state(wardbook.WorkVerified, wardbook.WorkVerified, "2026-03-02")
		w.must(move("ana", "", wardbook.RiskControlled))
		w.refuses(move("ana", "", wardbook.RiskResidualEvaluated), "estimate first what remains")
		w.must(app.ChangeValues(ctx, w.s, w.edit("ana", id, "the update did not help"), nil))
		state(wardbook.WorkVerified, wardbook.WorkVerified, "2026-03-03")
		w.refuses(move("ana", "", wardbook.RiskResidualEvaluated), "verified on 2026-03-03, after the estimate")
		w.clock = w.clock.AddDate(0, 0, 1)
		w.must(app.ChangeValues(ctx, w.s, w.edit("ana", id, "measured again"), nil))
		w.must(move("ana", "", wardbook.RiskResidualEvaluated))

		in := app.Acceptance{Until: "2026-06-30", Authority: "Risk board"}
		w.refuses(app.Accept(ctx, w.s, w.edit("cora", id, "we need the pumps"), in), "weighed against the benefit first")
		w.refuses(move("ana", "", wardbook.RiskBenefitRisk), "say why")
		w.must(move("ana", "no other pump fits", wardbook.RiskBenefitRisk))
		w.refuses(move("ana", "no", wardbook.RiskRejected), "for approvers")
		w.refuses(app.Accept(ctx, w.s, w.edit("cora", id, "we need the pumps"), app.Acceptance{Until: in.Until, Authority: "Head of the unit"}), "asks for Risk board")
		w.must(app.Accept(ctx, w.s, w.edit("cora", id, "we need the pumps"), in))
		if v := w.get(id).Value; v.State != wardbook.RiskAcceptedWithBenefit {
			t.Errorf("in the end: %s", v.State)
		}
		w.refuses(move("ana", "gone", wardbook.RiskClosed), "for approvers")
		w.refuses(move("cora", "", wardbook.RiskClosed), "say why")
		w.must(app.Reopen(ctx, w.s, w.edit("ana", id, "a new advisory")))
		w.must(move("cora", "the pumps are retired", wardbook.RiskClosed))
	})
}

// TestEditConflict: two people edit the same risk; the second is told of both
// revisions and nothing of theirs is written.
func TestEditConflict(t *testing.T) {
	eachWard(t, func(w *ward) {
		ctx := t.Context()
		id := w.risk(evaluation(4, 3))
		first, second := w.edit("ana", id, ""), w.edit("ben", id, "no network")
		w.must(app.Confirm(ctx, w.s, first))
		before := len(w.entries())
		err := app.Dismiss(ctx, w.s, second)
		var c *wardbook.EditConflict
		if !errors.As(err, &c) || c.Base == nil || c.Base.Revision != 1 || c.Current.Revision != 2 || c.Current.Actor != "ana" {
			t.Fatalf("got %v", err)
		}
		// Also where the second would write the same, or nothing.
		if err := app.Confirm(ctx, w.s, second); !errors.As(err, &c) {
			t.Errorf("confirmed twice: %v", err)
		}
		if n := len(w.entries()); n != before {
			t.Errorf("%d entries were written", n-before)
		}
	})
}

func TestMany(t *testing.T) {
	eachWard(t, func(w *ward) {
		ctx := t.Context()
		var ids []string
		edits := func(who, reason string) (all []app.Edit) {
			for _, id := range ids {
				all = append(all, w.edit(who, id, reason))
			}
			return all
		}
		for range 3 {
			ids = append(ids, w.risk(evaluation(4, 3)))
		}
		w.must(app.Dismiss(ctx, w.s, w.edit("ana", ids[2], "wrong")))
		before := len(w.entries())
		var of *app.OfRisk
		if err := app.ConfirmAll(ctx, w.s, edits("ana", "")); !errors.As(err, &of) || of.Risk != ids[2] || len(w.entries()) != before {
			t.Fatalf("one of three may not: %v", err)
		}
		if s := w.get(ids[0]).Value.State; s != wardbook.RiskProposed {
			t.Errorf("the first of them is %s", s)
		}
		ids = ids[:2]
		w.must(app.ConfirmAll(ctx, w.s, edits("ana", " seen ")))
		all := w.entries()
		if e := all[0]; len(all)-before != 1 || e.Action != "risk.confirm" || e.Target != "2 risks" || e.Reason != "seen" || len(e.Revisions) != 2 {
			t.Errorf("%d entries for two risks, the last is %+v", len(all)-before, e)
		}
		if err := app.AssignAll(ctx, w.s, edits("cora", ""), "nobody"); err == nil {
			t.Error("assigned to nobody")
		}
		w.must(app.AssignAll(ctx, w.s, edits("cora", ""), " ben "))
		if r := w.get(ids[1]).Value.Register; r.Owner != "ben" {
			t.Errorf("assigned to %q", r.Owner)
		}
		stale := edits("cora", "")
		stale[1].Revision--
		var c *wardbook.EditConflict
		if err := app.AssignAll(ctx, w.s, stale, "ana"); !errors.As(err, &c) || w.get(ids[0]).Value.Register.Owner != "ben" {
			t.Errorf("somebody changed the second: %v", err)
		}
		if err := app.DismissAll(ctx, w.s, edits("ana", "x")); err == nil {
			t.Error("dismissed what is in the register")
		}
	})
}

func TestSay(t *testing.T) {
	eachWard(t, func(w *ward) {
		id := w.risk(evaluation(4, 3))
		w.must(app.Say(t.Context(), w.s, w.edit("cora", id, ""), "Which pumps are these?"))
		w.refuses(app.Say(t.Context(), w.s, w.edit("cora", id, ""), "  "), "text")
		if e := w.entries()[0]; e.Event.Action != "risk.comment" || e.Event.Target != "risk/"+id {
			t.Errorf("%+v", e.Event)
		}
		viewer := w.edit("cora", id, "")
		viewer.Roles = []wardbook.Role{wardbook.Viewer, wardbook.Administrator}
		w.refuses(app.Say(t.Context(), w.s, viewer, "me too"), "for analysts and approvers")
		if r := w.get(id); r.Revision.Revision != 1 {
			t.Error("a comment changed the risk")
		}
	})
}

// TestPossibleSteps: what a page offers is what is then allowed.
func TestPossibleSteps(t *testing.T) {
	eachWard(t, func(w *ward) {
		id := w.risk(evaluation(3, 3))
		steps := func(who string) map[string]string {
			out := map[string]string{}
			err := w.s.View(context.Background(), w.org, func(tx *store.Tx) error {
				all, err := app.PossibleSteps(tx, w.edit(who, id, ""))
				for _, p := range all {
					out[strings.TrimSpace(p.Do+" "+string(p.To))] = p.Refused
				}
				return err
			})
			w.must(err)
			return out
		}
		if s := steps("ana"); s["confirm evaluated"] != "" || s["dismiss dismissed"] != "" || s["treat"] == "" {
			t.Errorf("of a proposal: %v", s)
		}
		w.must(app.Confirm(t.Context(), w.s, w.edit("dora", id, "")))
		if s := steps("cora"); s["accept accepted"] != "" || s["values"] == "" || s["move closed"] != "" {
			t.Errorf("for an approver: %v", s)
		}
		if s := steps("dora"); !strings.Contains(s["accept accepted"], "you estimated") {
			t.Errorf("for who estimated: %v", s)
		}
	})
}
