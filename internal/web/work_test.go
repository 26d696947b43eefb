package web

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/app"
	"github.com/wardbook/wardbook/internal/store"
	"github.com/wardbook/wardbook/internal/worklist"
)

// bringWork puts the device of the house on the work list of its ward, and
// brings that list back as it went out.
func (h *house) bringWork() {
	h.t.Helper()
	h.workID = wardbook.NewID()
	h.update(h.org, func(tx *store.Tx) error {
		_, err := tx.Put(h.workID, 0, wardbook.Work{Risk: wardbook.Ref[wardbook.Risk]{ID: h.risk}, Site: "North", Location: "ICU <1>", Action: "Update to 2.0", Due: "2026-02-28", Devices: []wardbook.DeviceWork{{Device: "SE-1", State: wardbook.WorkToDo}}})
		return err
	})
	var b bytes.Buffer
	err := h.store.View(h.t.Context(), h.org, func(tx *store.Tx) error {
		w, err := store.Get[wardbook.Work](tx, h.workID)
		if err != nil {
			return err
		}
		l, err := app.WorkList(tx, []store.Stored[wardbook.Work]{w})
		if err != nil {
			return err
		}
		return worklist.Write(&b, l)
	})
	if err != nil {
		h.t.Fatal(err)
	}
	h.list, err = app.BringWork(h.t.Context(), h.store, app.WorkEdit{Organization: h.org, Actor: "analyst", Roles: []wardbook.Role{wardbook.Analyst}}, "icu.xlsx", b.Bytes())
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) line() store.Stored[wardbook.Work] {
	h.t.Helper()
	var w store.Stored[wardbook.Work]
	if err := h.store.View(h.t.Context(), h.org, func(tx *store.Tx) (err error) {
		w, err = store.Get[wardbook.Work](tx, h.workID)
		return err
	}); err != nil {
		h.t.Fatal(err)
	}
	return w
}

// TestWorkOnPages: devices are ticked, said to be done, and verified by somebody else.
func TestWorkOnPages(t *testing.T) {
	h := newHouse(t)
	if body := h.ask("viewer", http.MethodGet, "/work?show=overdue", nil).Body.String(); !strings.Contains(body, "Update to 2.0") || !strings.Contains(body, "overdue") {
		t.Errorf("the list: %s", body)
	}
	if body := h.ask("viewer", http.MethodGet, "/risks/"+h.risk, nil).Body.String(); !strings.Contains(body, "/work?risk="+h.risk) {
		t.Error("the page of the risk does not lead to the work")
	}
	if body := h.ask("viewer", http.MethodGet, "/work?"+url.Values{"ward": {"North / ICU <1>"}}.Encode(), nil).Body.String(); !strings.Contains(body, ">SE-1<") {
		t.Errorf("the list of the ward: %s", body)
	}
	at := "/work/" + h.workID
	tick := url.Values{"id": {"SE-1.1"}}
	if w := h.ask("analyst", http.MethodPost, at+"/set/done", tick); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `name="sure"`) {
		t.Fatalf("no question: %d", w.Code)
	}
	tick.Set("sure", "yes")
	tick.Set("note", "at night")
	if w := h.ask("analyst", http.MethodPost, at+"/set/done", tick); w.Code != http.StatusSeeOther {
		t.Fatalf("done: %d %s", w.Code, w.Body)
	}
	if d := h.line().Value.Devices[0]; d.State != wardbook.WorkDone || d.By != "analyst" || d.Note != "at night" {
		t.Errorf("said: %+v", d)
	}
	if w := h.ask("analyst", http.MethodPost, at+"/set/planned", tick); w.Code != conflictStatus || !strings.Contains(w.Body.String(), "SE-1.2") {
		t.Errorf("an old revision: %d", w.Code)
	}
	tick.Set("id", "SE-1.2")
	if w := h.ask("analyst", http.MethodPost, at+"/set/verified", tick); w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), "somebody else verifies it") {
		t.Errorf("verified by who did it: %d", w.Code)
	}
	if w := h.ask("approver", http.MethodPost, at+"/set/verified", tick); w.Code != http.StatusSeeOther {
		t.Errorf("verified: %d %s", w.Code, w.Body)
	}
	plan := url.Values{"revision": {"1"}, "action": {"Update to 2.1"}, "owner": {"analyst"}, "due": {"2026-04-01"}}
	if w := h.ask("analyst", http.MethodPost, at+"/plan", plan); w.Code != conflictStatus || !strings.Contains(w.Body.String(), "Update to 2.1") {
		t.Errorf("a plan from an old revision: %d", w.Code)
	}
	plan.Set("revision", "3")
	if w := h.ask("analyst", http.MethodPost, at+"/plan", plan); w.Code != http.StatusSeeOther || h.line().Value.Owner != "analyst" {
		t.Errorf("a plan: %d", w.Code)
	}
	if body := h.ask("analyst", http.MethodGet, at, nil).Body.String(); !strings.Contains(body, "Update to 2.1") || !strings.Contains(body, "at night") {
		t.Error("the history does not say what was said")
	}
}

// sendList posts a file as somebody.
func (h *house) sendList(who, target, name string, b []byte) *httptest.ResponseRecorder {
	h.t.Helper()
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	part, err := m.CreateFormFile("file", name)
	if err != nil {
		h.t.Fatal(err)
	}
	_, _ = part.Write(b)
	_ = m.Close()
	r := httptest.NewRequestWithContext(h.t.Context(), http.MethodPost, target, &body)
	r.Header.Set("Content-Type", m.FormDataContentType())
	r.AddCookie(&http.Cookie{Name: "wardbook", Value: h.sessions[who]})
	w := httptest.NewRecorder()
	h.h.ServeHTTP(w, r)
	return w
}

// TestWorkAsFile: the list goes out, comes back filled in, is looked at and applied.
func TestWorkAsFile(t *testing.T) {
	h := newHouse(t)
	out := h.ask("viewer", http.MethodGet, "/work/export?ward="+url.QueryEscape("North / ICU <1>"), nil)
	f, err := excelize.OpenReader(out.Body)
	if err != nil {
		t.Fatalf("%d: %v", out.Code, err)
	}
	_ = f.SetCellValue("Work", "H2", "done")
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	if w := h.sendList("analyst", "/work/import", "x.xlsx", []byte("no list")); w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), "no work list") {
		t.Errorf("a file that is none: %d", w.Code)
	}
	back := h.sendList("analyst", "/work/import", "icu.xlsx", b.Bytes())
	page := back.Header().Get("Location")
	if back.Code != http.StatusSeeOther || !strings.HasPrefix(page, "/worklists/") {
		t.Fatalf("brought: %d %s", back.Code, back.Body)
	}
	body := h.ask("analyst", http.MethodGet, page, nil).Body.String()
	_, seen, _ := strings.Cut(body, `name="seen" value="`)
	seen, _, _ = strings.Cut(seen, `"`)
	if !strings.Contains(body, "H2") || len(seen) != 64 {
		t.Fatalf("the review: %s", body)
	}
	if w := h.ask("analyst", http.MethodPost, page, url.Values{"seen": {seen}}); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("without a reason: %d", w.Code)
	}
	if w := h.ask("analyst", http.MethodPost, page, url.Values{"seen": {"x"}, "reason": {"round"}}); w.Code != conflictStatus {
		t.Errorf("unseen: %d", w.Code)
	}
	if w := h.ask("analyst", http.MethodPost, page, url.Values{"seen": {seen}, "reason": {"round"}}); w.Code != http.StatusSeeOther {
		t.Fatalf("applied: %d %s", w.Code, w.Body)
	}
	if d := h.line().Value.Devices[0]; d.State != wardbook.WorkDone || d.By != "analyst" {
		t.Errorf("after it: %+v", d)
	}
}
