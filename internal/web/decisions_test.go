package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/store"
)

// A question is answered once, seen as answered at once, and taken back.
func TestAnswerAQuestion(t *testing.T) {
	h := newHouse(t)
	at := "/questions/" + h.question
	if body := h.ask("viewer", http.MethodGet, at, nil).Body.String(); strings.Contains(body, `name="answer"`) {
		t.Error("a viewer is asked for an answer")
	}
	for _, tt := range []struct {
		name   string
		answer string
		code   int
		says   string
	}{
		{"nothing", "", http.StatusUnprocessableEntity, "This is needed."},
		{"no choice", "maybe", http.StatusUnprocessableEntity, "Choose one of those"},
		{"a choice", "yes", http.StatusSeeOther, ""},
	} {
		w := h.ask("analyst", http.MethodPost, at, url.Values{"answer": {tt.answer}, "reason": {"the type plate"}, "revision": {"0"}})
		if w.Code != tt.code || !strings.Contains(w.Body.String(), tt.says) {
			t.Fatalf("%s: %d %s", tt.name, w.Code, w.Body)
		}
	}
	var a store.Stored[wardbook.Answer]
	err := h.store.View(t.Context(), h.org, func(tx *store.Tx) error {
		q, err := store.Get[wardbook.Asked](tx, h.question)
		if err != nil {
			return err
		}
		if q.Value.State != wardbook.QuestionAnswered {
			t.Errorf("the question is %s", q.Value.State)
		}
		jobs, err := tx.Jobs(store.ListOptions{Text: "assess"})
		if err != nil || len(jobs.Items) != 1 {
			t.Errorf("jobs: %v, %v", jobs.Items, err)
		}
		rev, err := tx.ByKey("answer", wardbook.Answer{Kind: q.Value.Kind, Key: q.Value.Key}.RecordKey())
		if err != nil {
			return err
		}
		a, err = store.Decode[wardbook.Answer](rev)
		return err
	})
	if err != nil || a.Value.Answer != "yes" || a.Value.Reason != "the type plate" {
		t.Fatalf("%+v, %v", a, err)
	}
	// Somebody who had the page open before is told, and nothing is lost.
	w := h.ask("approver", http.MethodPost, at, url.Values{"answer": {"no"}, "reason": {"another plate"}, "revision": {"0"}})
	if body := w.Body.String(); w.Code != conflictStatus || !strings.Contains(body, "another plate") || !strings.Contains(body, "the type plate") {
		t.Errorf("%d %s", w.Code, body)
	}
	if w := h.ask("analyst", http.MethodPost, at+"/back", url.Values{"reason": {""}}); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("taken back without a reason: %d", w.Code)
	}
	if w := h.ask("analyst", http.MethodPost, at+"/back", url.Values{"reason": {"wrong device"}}); w.Code != http.StatusSeeOther {
		t.Errorf("taken back: %d %s", w.Code, w.Body)
	}
	if body := h.ask("viewer", http.MethodGet, at, nil).Body.String(); !strings.Contains(body, "The answer was taken back.") || !strings.Contains(body, "wrong device") {
		t.Error("the page does not say that the answer was taken back")
	}
}

// A decision says what it covers, and is withdrawn.
func TestDecideAboutAFinding(t *testing.T) {
	h := newHouse(t)
	form := func(more ...string) url.Values {
		v := url.Values{"status": {"not_affected"}, "justification": {"inline_mitigations_already_exist"}, "versions": {"this"}, "reason": {"the port is closed"}}
		for i := 0; i+1 < len(more); i += 2 {
			v.Set(more[i], more[i+1])
		}
		return v
	}
	for _, tt := range []struct {
		name string
		form url.Values
		says string
	}{
		{"no reason", form("reason", " "), "This is needed."},
		{"not affected without a justification", form("justification", ""), "choose why it is not affected"},
		{"ended before it began", form("until", "2020-01-01"), "the last day is over"},
		{"no date", form("until", "soon"), "is no date"},
	} {
		if w := h.ask("analyst", http.MethodPost, "/findings/F-1/decide", tt.form); w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), tt.says) {
			t.Errorf("%s: %d %s", tt.name, w.Code, w.Body)
		}
	}
	w := h.ask("analyst", http.MethodPost, "/findings/F-1/decide", form("until", "2027-01-01"))
	to := w.Header().Get("Location")
	if w.Code != http.StatusSeeOther || !strings.HasPrefix(to, "/decisions/") {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	err := h.store.View(t.Context(), h.org, func(tx *store.Tx) error {
		d, err := store.Get[wardbook.Decision](tx, strings.TrimPrefix(to, "/decisions/"))
		if err != nil {
			return err
		}
		v := d.Value
		if v.State != wardbook.DecisionActive || v.Vulnerabilities[0] != "CVE-2026-0001" || v.Subjects[0].Name != "Infusia" || v.Subjects[0].Versions == nil || v.Subjects[0].Versions.Versions[0] != "1.0" || v.Until != "2027-01-01" || v.By == "" {
			t.Errorf("%+v", v)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if w := h.ask("approver", http.MethodPost, to+"/withdraw", url.Values{"revision": {"7"}, "reason": {"opened again"}}); w.Code != http.StatusConflict {
		t.Errorf("an old revision: %d", w.Code)
	}
	if w := h.ask("approver", http.MethodPost, to+"/withdraw", url.Values{"revision": {"1"}, "reason": {"opened again"}}); w.Code != http.StatusSeeOther {
		t.Errorf("withdrawn: %d %s", w.Code, w.Body)
	}
	if body := h.ask("viewer", http.MethodGet, to, nil).Body.String(); !strings.Contains(body, "withdrawn") || !strings.Contains(body, "opened again") {
		t.Error("the page does not say that it is withdrawn")
	}
}
