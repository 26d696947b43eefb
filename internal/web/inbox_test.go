package web

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/store"
)

// hidden are the hidden values of the form of a page that posts to action.
func (h *house) hidden(who, page, action string) url.Values {
	h.t.Helper()
	body := h.ask(who, http.MethodGet, page, nil).Body.String()
	_, form, ok := strings.Cut(body, `action="`+action+`"`)
	if !ok {
		h.t.Fatalf("%s has no form for %s", page, action)
	}
	form, _, _ = strings.Cut(form, "</form>")
	out := url.Values{}
	for _, m := range regexp.MustCompile(`type="hidden" name="([a-z]+)" value="([^"]*)"`).FindAllStringSubmatch(form, -1) {
		out.Add(m[1], m[2])
	}
	return out
}

func (h *house) triage(about string) (t store.Stored[wardbook.Triage], err error) {
	err = h.store.View(h.t.Context(), h.org, func(tx *store.Tx) error {
		rev, err := tx.ByKey("triage", about)
		if err == nil {
			t, err = store.Decode[wardbook.Triage](rev)
		}
		return err
	})
	return t, err
}

const matterID = "CVE-2026-0001"

// An alert leads to the beds in two steps, each a link.
func TestInboxToTheBeds(t *testing.T) {
	h := newHouse(t)
	body := h.ask("viewer", http.MethodGet, "/inbox", nil).Body.String()
	for _, want := range []string{"1 waiting", "1 overdue", `href="/inbox?open=CVE-2026-0001"`, "1.0 is below 2.0", "not in KEV", "EPSS unknown"} {
		if !strings.Contains(body, want) {
			t.Errorf("the inbox does not say %q", want)
		}
	}
	if strings.Contains(body, `data-key="a"`) || strings.Contains(body, "<form method=\"post\" action=\"/inbox") {
		t.Error("a viewer is offered a decision")
	}
	to := "/inbox/CVE-2026-0001/devices?ward=North+%2F+ICU+%3C1%3E"
	if !strings.Contains(body, strings.ReplaceAll(to, "+", "&#43;")) && !strings.Contains(body, to) {
		t.Errorf("the ward does not lead to %s", to)
	}
	if body := h.ask("viewer", http.MethodGet, to, nil).Body.String(); !strings.Contains(body, "SE-1") {
		t.Error("the device is not there")
	}
	if body := h.ask("viewer", http.MethodGet, "/inbox/CVE-2026-0001/devices?ward=unknown", nil).Body.String(); strings.Contains(body, `href="/inventory/SE-1"`) {
		t.Error("the device is on another ward too")
	}
	if w := h.ask("viewer", http.MethodGet, "/inbox?open=CVE-1", nil); w.Code != http.StatusNotFound {
		t.Errorf("a matter that is not there: %d", w.Code)
	}
}

// Affected confirms the risks that the person saw, and takes the matter off the
// inbox until it changes; undo brings it back.
func TestInboxAffected(t *testing.T) {
	h := newHouse(t)
	at := "/inbox/" + matterID + "/affected"
	form := h.hidden("analyst", "/inbox", at)
	old := url.Values{"revision": {"0"}, "seen": {strings.Repeat("0", 64)}}
	if w := h.ask("analyst", http.MethodPost, at, old); w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), "changed since") {
		t.Errorf("other findings than were seen: %d", w.Code)
	}
	if w := h.ask("approver", http.MethodPost, at, form); w.Code != http.StatusForbidden {
		t.Errorf("an approver: %d", w.Code)
	}
	if w := h.ask("analyst", http.MethodPost, at, form); w.Code != http.StatusSeeOther {
		t.Fatalf("affected: %d %s", w.Code, w.Body)
	}
	if s := h.record().Value.State; s != wardbook.RiskEvaluated {
		t.Errorf("the risk is %s", s)
	}
	tr, err := h.triage(matterID)
	if err != nil || tr.Value.Outcome != wardbook.Affected || tr.Value.By != "analyst" || len(tr.Value.Risks) != 1 || len(tr.Value.Findings) != 1 {
		t.Fatalf("%+v %v", tr, err)
	}
	if body := h.ask("analyst", http.MethodGet, "/inbox", nil).Body.String(); !strings.Contains(body, "0 waiting") || !strings.Contains(body, "Undo "+matterID) {
		t.Error("it waits still, or cannot be undone")
	}
	// The same finding on one more device is news.
	h.update(h.org, func(tx *store.Tx) error {
		f, err := tx.Finding("F-1")
		if err != nil {
			return err
		}
		f.Value.Devices = append(f.Value.Devices, "SE-2")
		_, err = tx.ReconcileFindings("P-1", []wardbook.Finding{f.Value})
		return err
	})
	if body := h.ask("viewer", http.MethodGet, "/inbox", nil).Body.String(); !strings.Contains(body, "1 waiting") || !strings.Contains(body, "at least 1 more devices") {
		t.Error("it did not come back with one more device")
	}
	undo := "/inbox/" + matterID + "/undo"
	form = h.hidden("analyst", "/inbox", undo)
	if w := h.ask("approver", http.MethodPost, undo, url.Values{"revision": {"7"}, "seen": form["seen"]}); w.Code != http.StatusConflict {
		t.Errorf("undo of an old revision: %d", w.Code)
	}
	if w := h.ask("analyst", http.MethodPost, undo, form); w.Code != http.StatusSeeOther {
		t.Errorf("undo: %d %s", w.Code, w.Body)
	}
	if tr, err := h.triage(matterID); err != nil || tr.Value.State != wardbook.TriageNew || tr.Revision.Revision != 2 {
		t.Errorf("%+v %v", tr, err)
	}
}

// Not affected settles all findings in one step; undo withdraws what it decided.
func TestInboxNotAffected(t *testing.T) {
	h := newHouse(t)
	page := "/inbox/" + matterID + "/not-affected"
	form := h.hidden("approver", page, page)
	form.Set("versions", "this")
	form.Set("reason", "the port is closed")
	if w := h.ask("approver", http.MethodPost, page, form); w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), "This is needed.") {
		t.Errorf("without a justification: %d", w.Code)
	}
	form.Set("justification", string(wardbook.InlineMitigationsExist))
	if w := h.ask("approver", http.MethodPost, page, form); w.Code != http.StatusSeeOther {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	tr, err := h.triage(matterID)
	if err != nil || tr.Value.Outcome != wardbook.NotAffected || len(tr.Value.Decisions) != 1 {
		t.Fatalf("%+v %v", tr, err)
	}
	decision := func() (d store.Stored[wardbook.Decision]) {
		err := h.store.View(t.Context(), h.org, func(tx *store.Tx) (err error) {
			d, err = store.Get[wardbook.Decision](tx, tr.Value.Decisions[0].ID)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	d := decision().Value
	if d.State != wardbook.DecisionActive || d.Vulnerabilities[0] != matterID || d.Subjects[0].Name != "Infusia" || d.Subjects[0].Versions == nil || d.Status != wardbook.NotAffected {
		t.Errorf("%+v", d)
	}
	if body := h.ask("viewer", http.MethodGet, "/inbox?show=handled", nil).Body.String(); !strings.Contains(body, "0 waiting") || !strings.Contains(body, "open="+matterID) {
		t.Error("it is not among what is handled")
	}
	undo := "/inbox/" + matterID + "/undo"
	if w := h.ask("approver", http.MethodPost, undo, h.hidden("approver", "/inbox?show=handled", undo)); w.Code != http.StatusSeeOther {
		t.Fatalf("undo: %d %s", w.Code, w.Body)
	}
	if decision().Value.State != wardbook.DecisionWithdrawn {
		t.Error("the decision holds still")
	}
	if body := h.ask("viewer", http.MethodGet, "/inbox", nil).Body.String(); !strings.Contains(body, "1 waiting") {
		t.Error("it does not wait again")
	}
}

// What is put off comes back after its day.
func TestInboxLater(t *testing.T) {
	h := newHouse(t)
	at := "/inbox/" + matterID + "/later"
	form := h.hidden("analyst", "/inbox", at)
	form.Set("until", "2026-03-01")
	if w := h.ask("analyst", http.MethodPost, at, form); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("until today: %d", w.Code)
	}
	form.Set("until", "2026-03-02")
	if w := h.ask("analyst", http.MethodPost, at, form); w.Code != http.StatusSeeOther {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	err := h.store.View(t.Context(), h.org, func(tx *store.Tx) error {
		o, err := h.server.overview(tx)
		if err != nil {
			return err
		}
		for day, want := range map[string]int{"2026-03-01": 0, "2026-03-02": 0, "2026-03-03": 1} {
			if n, _ := o.waiting(day); n != want {
				t.Errorf("on %s %d wait, want %d", day, n, want)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
