package app_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/app"
	"github.com/wardbook/wardbook/internal/store"
	"github.com/wardbook/wardbook/internal/worklist"
)

// fleet puts two devices on two wards.
func (w *ward) fleet() {
	w.put(func(tx *store.Tx) error {
		_, err := tx.ReconcileDevices("cmms", store.All([]wardbook.Device{
			{ID: "SE-1", Manufacturer: "=Exampla", Model: "Infusia", Site: "North", Location: "ICU"},
			{ID: "SE-2", Manufacturer: "Exampla", Model: "Infusia", Site: "North", Location: "ER"},
			{ID: "SE-3", Manufacturer: "Exampla", Model: "Infusia", Site: "North", Location: "ICU"},
		}))
		return err
	})
}

// lines are the work on all risks, by ward.
func (w *ward) lines() map[string]store.Stored[wardbook.Work] {
	w.t.Helper()
	out := map[string]store.Stored[wardbook.Work]{}
	if err := w.s.View(w.t.Context(), w.org, func(tx *store.Tx) error {
		page, err := store.List[wardbook.Work](tx, store.ListOptions{})
		for _, l := range page.Items {
			out[l.Value.Ward()] = l
		}
		return err
	}); err != nil {
		w.t.Fatal(err)
	}
	return out
}

func (w *ward) workEdit(who, ward, reason string) app.WorkEdit {
	w.t.Helper()
	l := w.lines()[ward]
	e := app.WorkEdit{Organization: w.org, Actor: who, Work: l.ID, Revision: l.Revision.Revision, Reason: reason}
	if err := w.s.View(w.t.Context(), w.org, func(tx *store.Tx) error {
		m, err := store.Get[wardbook.Membership](tx, who)
		e.Roles = m.Value.Roles
		return err
	}); err != nil {
		w.t.Fatal(err)
	}
	return e
}

// working is a confirmed risk whose devices are on the work lists.
func (w *ward) working() (risk string) {
	w.t.Helper()
	w.fleet()
	risk = w.risk(evaluation(4, 3))
	plan := app.WorkPlan{Action: "Update to 2.0", Owner: "ana", Due: "2026-04-01"}
	var no *app.Refused
	if _, err := app.MakeWork(w.t.Context(), w.s, w.edit("ana", risk, ""), plan); !errors.As(err, &no) {
		w.t.Fatalf("work on a proposal: %v", err)
	}
	if err := app.Confirm(w.t.Context(), w.s, w.edit("ana", risk, "")); err != nil {
		w.t.Fatal(err)
	}
	if _, err := app.MakeWork(w.t.Context(), w.s, w.edit("cora", risk, ""), plan); !errors.As(err, &no) || !no.Role {
		w.t.Fatalf("an approver made work: %v", err)
	}
	made, err := app.MakeWork(w.t.Context(), w.s, w.edit("ana", risk, "as agreed"), plan)
	if err != nil || made != (app.WorkMade{Lines: 2, Devices: 2}) {
		w.t.Fatalf("made %+v, %v", made, err)
	}
	if _, err := app.MakeWork(w.t.Context(), w.s, w.edit("ana", risk, ""), plan); !errors.As(err, &no) {
		w.t.Fatalf("made twice: %v", err)
	}
	return risk
}

func TestWorkStates(t *testing.T) {
	eachWard(t, func(w *ward) {
		w.t = t
		w.working()
		set := func(who, reason string, s app.WorkSet) error {
			return app.SetWork(t.Context(), w.s, w.workEdit(who, "North / ICU", reason), s)
		}
		one := []string{"SE-1"}
		for _, x := range []struct {
			who, reason string
			set         app.WorkSet
			wrong       string
		}{
			{"ana", "", app.WorkSet{Devices: one, State: wardbook.WorkVerified}, "only what is done"},
			{"ana", "", app.WorkSet{Devices: one, State: wardbook.WorkAccepted, Until: "2026-05-01"}, "for approvers"},
			{"cora", "", app.WorkSet{Devices: one, State: wardbook.WorkDone}, "for analysts"},
			{"ana", "", app.WorkSet{Devices: []string{"SE-9"}, State: wardbook.WorkDone}, "not on this list"},
			{"ana", "", app.WorkSet{Devices: one, State: wardbook.WorkDone}, ""},
			{"ana", "", app.WorkSet{Devices: one, State: wardbook.WorkVerified}, "somebody else verifies"},
			{"ben", "", app.WorkSet{Devices: one, State: wardbook.WorkVerified}, ""},
			{"cora", "x", app.WorkSet{Devices: one, State: wardbook.WorkAccepted, Until: "2026-05-01"}, "nothing to accept"},
			{"ana", "", app.WorkSet{Devices: one, State: wardbook.WorkToDo}, ""},
			{"cora", "", app.WorkSet{Devices: one, State: wardbook.WorkAccepted, Until: "2026-05-01"}, "say why"},
			{"cora", "x", app.WorkSet{Devices: one, State: wardbook.WorkAccepted}, "ends on a date"},
			{"cora", "x", app.WorkSet{Devices: one, State: wardbook.WorkAccepted, Until: "2026-03-02"}, "not a day from tomorrow"},
			{"cora", "replaced in May", app.WorkSet{Devices: one, State: wardbook.WorkAccepted, Until: "2026-05-01"}, ""},
		} {
			err := set(x.who, x.reason, x.set)
			if (err == nil) != (x.wrong == "") || err != nil && !strings.Contains(err.Error(), x.wrong) {
				t.Errorf("%s to %s: %v, want %q", x.who, x.set.State, err, x.wrong)
			}
		}
		stale := w.workEdit("ana", "North / ICU", "")
		stale.Revision--
		var conflict *wardbook.EditConflict
		if err := app.SetWork(t.Context(), w.s, stale, app.WorkSet{Devices: one, State: wardbook.WorkPlanned}); !errors.As(err, &conflict) || conflict.Base == nil {
			t.Errorf("an old revision: %v", err)
		}
		w.clock = w.clock.AddDate(0, 2, 0) // 2 May: the last day was yesterday
		worker := app.Worker{Store: w.s, Handlers: map[string]app.Handler{app.DueJob: app.ReopenDue}}
		if err := worker.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		if d := w.lines()["North / ICU"].Value.Devices[0]; d.State != wardbook.WorkToDo || d.By != app.System || d.Date != "2026-05-02" {
			t.Errorf("after the acceptance ended: %+v", d)
		}
	})
}

// list is the work list of a ward as a file, changed by change.
func (w *ward) list(change func(f *excelize.File)) []byte {
	w.t.Helper()
	var b bytes.Buffer
	if err := w.s.View(w.t.Context(), w.org, func(tx *store.Tx) error {
		page, err := store.List[wardbook.Work](tx, store.ListOptions{})
		if err != nil {
			return err
		}
		l, err := app.WorkList(tx, page.Items)
		if err != nil {
			return err
		}
		return worklist.Write(&b, l)
	}); err != nil {
		w.t.Fatal(err)
	}
	f, err := excelize.OpenReader(&b)
	if err != nil {
		w.t.Fatal(err)
	}
	change(f)
	var out bytes.Buffer
	if err := f.Write(&out); err != nil {
		w.t.Fatal(err)
	}
	return out.Bytes()
}

// TestWorkComesBack: a list goes out, is filled in, meanwhile the book moves on.
func TestWorkComesBack(t *testing.T) {
	eachWard(t, func(w *ward) {
		w.t = t
		w.working()
		file := w.list(func(f *excelize.File) { // row 2 is SE-2 on ER, row 3 SE-1 on ICU
			if v, _ := f.GetCellValue("Work", "C3"); v != "'=Exampla" {
				t.Errorf("a formula goes out as %q", v)
			}
			_ = f.SetCellValue("Work", "H2", "Done")
			_ = f.SetCellValue("Work", "J2", time.Date(2026, 2, 27, 0, 0, 0, 0, time.UTC))
			_ = f.SetCellValue("Work", "I2", "=new battery")
			_ = f.SetCellValue("Work", "H3", "planned")
			_ = f.SetCellValue("Work", "I3", "theirs")
		})
		note := "ours"
		if err := app.SetWork(t.Context(), w.s, w.workEdit("ben", "North / ICU", ""), app.WorkSet{Devices: []string{"SE-1"}, State: wardbook.WorkDone, Note: &note}); err != nil {
			t.Fatal(err)
		}
		e := w.workEdit("ana", "North / ICU", "the list of the ward")
		sha, err := app.BringWork(t.Context(), w.s, e, "icu.xlsx", file)
		if err != nil {
			t.Fatal(err)
		}
		merge := func(take map[string]bool) (m *app.WorkMerge) {
			if err := w.s.View(t.Context(), w.org, func(tx *store.Tx) (err error) {
				m, err = app.MergeWork(tx, e, sha, take)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			return m
		}
		m := merge(nil)
		if len(m.Changes) != 2 || m.Conflicts() != 1 || !m.Changes[0].Conflict || m.Changes[0].Device != "SE-1" || m.Changes[0].Next != m.Changes[0].Now {
			t.Fatalf("merge: %+v", m)
		}
		if d := m.Changes[1].Next; d.State != wardbook.WorkDone || d.Date != "2026-02-27" || d.By != "ana" || d.Note != "=new battery" {
			t.Errorf("without conflict: %+v", d)
		}
		if d := merge(map[string]bool{m.Changes[0].Key(): true}).Changes[0].Next; d.State != wardbook.WorkPlanned || d.Note != "theirs" {
			t.Errorf("the file in the conflict: %+v", d)
		}
		if _, err := app.ApplyWork(t.Context(), w.s, e, sha, "old", nil); !errors.Is(err, app.ErrSeen) {
			t.Errorf("what nobody has seen was applied: %v", err)
		}
		n, err := app.ApplyWork(t.Context(), w.s, e, sha, m.Seen, nil)
		if err != nil || n != 1 {
			t.Fatalf("applied %d, %v", n, err)
		}
		if d := w.lines()["North / ICU"].Value.Devices[0]; d.State != wardbook.WorkDone || d.Note != "ours" || d.By != "ben" {
			t.Errorf("the conflict was lost: %+v", d)
		}
		if again := merge(nil); len(again.Changes) != 1 || again.Same != 1 {
			t.Errorf("the same file again: %+v", again)
		}
	})
}

func TestWorkProblems(t *testing.T) {
	eachWard(t, func(w *ward) {
		w.t = t
		w.working()
		file := w.list(func(f *excelize.File) {
			_ = f.SetCellValue("Work", "H2", "finished")
			_ = f.SetCellValue("Work", "J2", "soon")
			_ = f.SetCellValue("Work", "H3", "verified")
			_ = f.SetSheetRow("Work", "A4", &[]any{"WRK-0001", "SE-77", "", "", "", "", "", "done"})
			_ = f.SetSheetRow("Work", "A5", &[]any{"WRK-0099", "SE-1", "", "", "", "", "", "done"})
		})
		e := w.workEdit("ana", "North / ICU", "")
		sha, err := app.BringWork(t.Context(), w.s, e, "icu.xlsx", file)
		if err != nil {
			t.Fatal(err)
		}
		err = w.s.View(t.Context(), w.org, func(tx *store.Tx) error {
			m, err := app.MergeWork(tx, e, sha, nil)
			if err != nil {
				return err
			}
			var got []string
			for _, p := range m.Problems {
				got = append(got, p.Place+" "+p.Message)
			}
			text := strings.Join(got, "\n")
			for _, want := range []string{`H2 "finished" is none`, `J2 "soon" is no date`, "H3 SE-1: only what is done", "H4 SE-77 is not on the list", `A5 "WRK-0099" is no line`} {
				if !strings.Contains(text, want) {
					t.Errorf("no %q in\n%s", want, text)
				}
			}
			if len(m.Changes) != 0 {
				t.Errorf("changes: %+v", m.Changes)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for name, b := range map[string][]byte{"text": []byte("a,b"), "empty": nil} {
			if _, err := app.BringWork(t.Context(), w.s, e, name, b); err == nil {
				t.Errorf("%s was taken", name)
			}
		}
	})
}

// TestWorkKeepsUp: a device that comes into a risk comes onto the list of its
// ward, one that leaves it keeps its line.
func TestWorkKeepsUp(t *testing.T) {
	eachWard(t, func(w *ward) {
		w.t = t
		risk := w.working()
		if err := app.SetWork(t.Context(), w.s, w.workEdit("ana", "North / ER", ""), app.WorkSet{Devices: []string{"SE-2"}, State: wardbook.WorkDone}); err != nil {
			t.Fatal(err)
		}
		next := w.get(risk).Value
		next.Devices, next.Register = []string{"SE-1", "SE-3", "SE-4"}, nil
		a := &wardbook.Assessment{At: "2026-03-03", Risks: []wardbook.Risk{next}, Devices: []wardbook.Device{
			{ID: "SE-1", Site: "North", Location: "ICU"}, {ID: "SE-3", Site: "North", Location: "ICU"}, {ID: "SE-4", Site: "South", Location: "OR"},
		}}
		w.put(func(tx *store.Tx) error {
			_, _, err := app.Keep(tx, a)
			return err
		})
		lines := w.lines()
		got := map[string]string{}
		for at, l := range lines {
			for _, d := range l.Value.Devices {
				got[d.Device] = at + " " + string(d.State)
			}
		}
		want := map[string]string{"SE-1": "North / ICU to_do", "SE-2": "North / ER done", "SE-3": "North / ICU to_do", "SE-4": "South / OR to_do"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if l := lines["South / OR"].Value; l.Action != "Update to 2.0" || l.Due != "2026-04-01" {
			t.Errorf("the new line: %+v", l)
		}
	})
}
