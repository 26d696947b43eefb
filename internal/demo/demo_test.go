package demo

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/store"
)

const samplePath = "../../examples/st-example"

// played plays a story into a new book.
func played(t *testing.T, months int) (s *store.Store, org string, people []Person) {
	t.Helper()
	o := Options{Until: time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC), Months: months, Program: "wardbook test", Cache: t.TempDir()}
	clock := NewClock(o)
	s, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "demo.db"), store.Clock(clock.Now))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if people, err = Make(t.Context(), s, clock, os.DirFS(samplePath), o); err != nil {
		t.Fatal(err)
	}
	if last := time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC); !clock.Now().Before(last) {
		t.Errorf("the story goes on until %s, after its last day begins", clock.Now())
	}
	ids, names, err := s.Organizations(t.Context())
	if err != nil || len(ids) != 1 || names[0] != "St. Example Hospital" {
		t.Fatal(ids, names, err)
	}
	return s, ids[0], people
}

func view(t *testing.T, s *store.Store, org string, fn func(tx *store.Tx) error) {
	t.Helper()
	if err := s.View(t.Context(), org, fn); err != nil {
		t.Fatal(err)
	}
}

// TestYear: the whole story can be told, with all that it promises, and its book
// is whole.
func TestYear(t *testing.T) {
	if testing.Short() {
		t.Skip("plays a whole year")
	}
	s, org, people := played(t, 12)
	view(t, s, org, func(tx *store.Tx) error {
		for action, least := range map[string]int{
			"source.import": 40, "source.refuse": 1, "answer.give": 50, "answer.take_back": 1, "decision.make": 2, "decision.withdraw": 1,
			"risk.confirm": 4, "risk.dismiss": 3, "risk.comment": 10, "risk.accept": 150, "risk.reopen": 2, "work.set": 5, "triage.affected": 50, "triage.snooze": 1,
		} {
			list, err := tx.Entries(store.EntryFilter{Action: action, Limit: 1000})
			if err != nil {
				return err
			}
			if len(list) < least {
				t.Errorf("%d entries are %s, not %d or more", len(list), action, least)
			}
		}
		states, err := tx.Count(wardbook.Risk{}.RecordKind(), store.ListOptions{})
		for _, st := range []wardbook.RiskState{wardbook.RiskProposed, wardbook.RiskDismissed, wardbook.RiskEvaluated, wardbook.RiskAccepted, wardbook.RiskControlling, wardbook.RiskResidualEvaluated, wardbook.RiskAcceptedWithBenefit, wardbook.RiskReopened, wardbook.RiskTransferred} {
			if states[string(st)] == 0 {
				t.Errorf("no risk is %s: %v", st, states)
			}
		}
		// Many are confirmed in one entry.
		confirmed := -states[string(wardbook.RiskProposed)] - states[string(wardbook.RiskDismissed)]
		for _, n := range states {
			confirmed += n
		}
		if confirmed < 300 {
			t.Errorf("%d risks are confirmed, not 300 or more: %v", confirmed, states)
		}
		return err
	})
	v, err := s.Verify(t.Context(), org, store.VerifyOptions{})
	if err != nil || len(v.Problems) > 0 {
		t.Errorf("%+v, %v", v, err)
	}
	for _, p := range people {
		user, err := s.SignIn(t.Context(), p.Email, p.Password)
		if err != nil {
			t.Fatalf("%s: %v", p.Name, err)
		}
		if roles, err := s.Roles(t.Context(), user, org); err != nil || !slices.Equal(roles, p.Roles) {
			t.Errorf("%s is %v, not %v (%v)", p.Name, roles, p.Roles, err)
		}
	}
}

// TestSame: the same day gives the same book, apart from ids, keys and passwords.
func TestSame(t *testing.T) {
	tell := func() (out []string) {
		s, org, people := played(t, 2)
		name := strings.NewReplacer(people[0].id, people[0].Name, people[1].id, people[1].Name, people[2].id, people[2].Name, people[3].id, people[3].Name, people[4].id, people[4].Name)
		view(t, s, org, func(tx *store.Tx) error {
			list, err := tx.Entries(store.EntryFilter{Limit: 1000})
			for _, e := range list {
				kind, _, _ := strings.Cut(e.Event.Target, "/")
				out = append(out, fmt.Sprint(e.Time.Format(time.DateTime), " ", name.Replace(e.Event.Actor), " ", e.Event.Action, " ", kind, ": ", e.Event.Reason))
			}
			if err != nil {
				return err
			}
			risks, err := store.List[wardbook.Risk](tx, store.ListOptions{Limit: 1000})
			for _, r := range risks.Items {
				out = append(out, fmt.Sprint(r.Number, r.Value.ID, r.Value.Title, r.Value.State, r.Value.Due, len(r.Value.Devices), r.Value.Safety.Level, r.Value.Effectiveness.Level, r.Value.Security.Level))
			}
			return err
		})
		return out
	}
	one, other := tell(), tell()
	if diff := cmp.Diff(one, other); diff != "" {
		t.Error(diff)
	}
	if len(one) < 300 {
		t.Errorf("only %d things happened", len(one))
	}
}

// TestInventory: the months lead to the rows of the sample, with devices that
// come, go, change and move on the way, and nothing twice.
func TestInventory(t *testing.T) {
	sample, err := os.ReadFile(filepath.Join(samplePath, "inventory/cmms-export.csv"))
	if err != nil {
		t.Fatal(err)
	}
	made := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	rows := func(month int) map[string]string {
		b, err := inventoryOf(sample, month, made, nil)
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]string{}
		for _, line := range strings.Split(string(b), "\r\n")[headLines:] {
			id, rest, _ := strings.Cut(line, ";")
			out[id] += rest
		}
		return out
	}
	last := rows(12)
	lines := bytes.Split(sample, []byte("\r\n"))
	if want := len(lines) - headLines; len(last) > want || len(last) < want-100 {
		t.Errorf("the last month has %d asset numbers, the sample %d rows", len(last), want)
	}
	before := rows(0)
	for month := 1; month <= 12; month++ {
		now := rows(month)
		came, gone, changed := 0, 0, 0
		for id, row := range now {
			switch was, ok := before[id]; {
			case !ok:
				came++
			case was != row:
				changed++
			}
		}
		for id := range before {
			if _, ok := now[id]; !ok {
				gone++
			}
		}
		if month < 12 && (came == 0 || gone == 0 || changed == 0) {
			t.Errorf("month %d: %d came, %d gone, %d changed", month, came, gone, changed)
		}
		if gone > len(before)/20 || changed > len(before)/5 {
			t.Errorf("month %d: %d gone, %d changed of %d: that would wait for a person", month, gone, changed, len(before))
		}
		before = now
	}
	if diff := cmp.Diff(last, before); diff != "" {
		t.Error(diff)
	}
}
