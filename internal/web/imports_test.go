package web

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/app"
	"github.com/wardbook/wardbook/internal/store"
)

// cmmsExport has a column that is not recognised and a row that cannot be used.
const cmmsExport = "Asset ID;Manufacturer;Model;Stand X;Ward\nX-1;Exampla;Infusia;rev 7;<ICU>\nX-2;Exampla;Infusia;rev 8;ICU\nX-2;Exampla;Infusia;rev 9;ICU\n"

// bring takes a file in as the analyst and reads it.
func (h *house) bring(name, text string) (source, job string) {
	h.t.Helper()
	w := h.send("test", nil, name, text)
	return w.source, w.job
}

type brought struct{ source, job string }

func (h *house) send(actor string, set func(*app.Upload), name, text string) brought {
	h.t.Helper()
	im, err := h.server.importer()
	if err != nil {
		h.t.Fatal(err)
	}
	u := im.NewUpload()
	defer u.Close()
	if set != nil {
		set(u)
	}
	if err := u.Add(name, strings.NewReader(text)); err != nil {
		h.t.Fatal(err)
	}
	up, err := u.Commit(h.t.Context(), h.org, wardbook.Event{Actor: actor})
	if err != nil {
		h.t.Fatal(err)
	}
	h.work()
	var out brought
	out.job = up.Job
	h.look(func(tx *store.Tx) error {
		j, err := tx.Job(up.Job)
		if err == nil {
			out.source = app.Outcomes(j)[0].Source
		}
		return err
	})
	return out
}

// work does the imports that wait.
func (h *house) work() {
	h.t.Helper()
	im, err := h.server.importer()
	if err == nil {
		err = (&app.Worker{Store: h.store, Handlers: map[string]app.Handler{app.ImportJob: im.Import}}).Drain(h.t.Context())
	}
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) look(fn func(*store.Tx) error) {
	h.t.Helper()
	if err := h.store.View(h.t.Context(), h.org, fn); err != nil {
		h.t.Fatal(err)
	}
}

// post sends a form with files as somebody: fields first, then name, text, ….
func (h *house) post(who string, fields url.Values, files ...string) *httptest.ResponseRecorder {
	h.t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for k, vs := range fields {
		for _, v := range vs {
			_ = m.WriteField(k, v)
		}
	}
	for i := 0; i < len(files); i += 2 {
		f, _ := m.CreateFormFile("files", files[i])
		_, _ = f.Write([]byte(files[i+1]))
	}
	m.Close()
	r := httptest.NewRequestWithContext(h.t.Context(), http.MethodPost, "/import", &b)
	r.Header.Set("Content-Type", m.FormDataContentType())
	r.AddCookie(&http.Cookie{Name: "wardbook", Value: h.sessions[who]})
	w := httptest.NewRecorder()
	h.h.ServeHTTP(w, r)
	return w
}

func export(first, n int) string {
	var b strings.Builder
	b.WriteString("Asset ID;Manufacturer;Model;Software version\n")
	for i := first; i < first+n; i++ {
		fmt.Fprintf(&b, "F-%03d;Exampla;Infusia;1.0\n", i)
	}
	return b.String()
}

// TestImportWalk: an analyst brings files, sees what each was taken for, looks
// at an inventory that waits, corrects a column, applies it, and withdraws it.
func TestImportWalk(t *testing.T) {
	h := newHouse(t)
	has := func(target string, texts ...string) string {
		t.Helper()
		w := h.ask("analyst", http.MethodGet, target, nil)
		for _, x := range texts {
			if !strings.Contains(w.Body.String(), x) {
				t.Errorf("%s: %d, does not say %q", target, w.Code, x)
			}
		}
		return w.Body.String()
	}
	has("/import", `name="files" type="file" multiple`, "256.0 MiB", `<option value="cmms.csv">`)
	w := h.post("analyst", url.Values{"hold": {"yes"}, "reason": {"monthly"}}, "fleet-2026-02-01.csv", export(1, 30), "kev.json", "{}", "notes.txt", "hello\n")
	job := w.Header().Get("Location")
	if w.Code != http.StatusSeeOther || !strings.HasPrefix(job, "/jobs/") {
		t.Fatalf("upload: %d %q %s", w.Code, job, w.Body)
	}
	has(job, "Import of fleet-2026-02-01.csv", "queued", "Stop it", "See how far it is now")
	h.work()
	has(job, "waits for a person", "fleet.csv", "inventory", "none of: inventory", "done")
	has("/jobs", "Import of fleet-2026-02-01.csv", "The analyst")
	var id string
	var revision int64
	find := func() wardbook.Source {
		t.Helper()
		var v wardbook.Source
		h.look(func(tx *store.Tx) error {
			rev, err := tx.ByKey("source", "inventory/fleet.csv")
			if err != nil {
				return err
			}
			s, err := store.Decode[wardbook.Source](rev)
			id, revision, v = s.ID, s.Revision.Revision, s.Value
			return err
		})
		return v
	}
	if s := find(); s.State != wardbook.SourceReview {
		t.Fatalf("%+v", s)
	}
	page := has("/sources/"+id, "This waits for a person", "Apply", "Refuse", "What it would change", "30 new", "F-001", "Software version", "its name is known", "1.0")
	if strings.Count(page, `name="field"`) != 4 {
		t.Error("not every column can be corrected")
	}
	if v := h.ask("viewer", http.MethodGet, "/sources/"+id, nil).Body.String(); strings.Contains(v, "<select") || strings.Contains(v, "Apply") {
		t.Error("a viewer is offered to act")
	}
	act := func(act string, rev int64, reason string) *httptest.ResponseRecorder {
		return h.ask("analyst", http.MethodPost, "/sources/"+id+"/act", url.Values{"act": {act}, "revision": {fmt.Sprint(rev)}, "reason": {reason}})
	}
	if w := act("apply", revision+1, ""); w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), "Somebody changed this source") {
		t.Errorf("another revision: %d", w.Code)
	}
	if w := act("refuse", revision, ""); w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), "say why") {
		t.Errorf("without a reason: %d", w.Code)
	}
	columns := url.Values{"revision": {fmt.Sprint(revision)}, "field": {"asset_id", "manufacturer", "model_number", "version"}}
	w = h.ask("analyst", http.MethodPost, "/sources/"+id+"/columns", columns)
	if w.Code != http.StatusSeeOther {
		t.Fatalf("columns: %d %s", w.Code, w.Body)
	}
	h.work()
	if s := find(); s.State != wardbook.SourceReview || !strings.Contains(s.Columns, "model_number") {
		t.Errorf("%+v", s)
	}
	if w := act("apply", revision, ""); w.Code != http.StatusSeeOther {
		t.Fatalf("apply: %d %s", w.Code, w.Body)
	}
	h.work()
	if s := find(); s.State != wardbook.SourceCurrent || s.Change.New != 30 {
		t.Errorf("%+v", s)
	}
	has("/inventory?q=F-030", "F-030")
	has("/sources?kind=inventory", "fleet.csv", "holds", "The analyst")
	w = h.post("analyst", nil, "again.csv", export(1, 30))
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "the same bytes are here and hold") {
		t.Errorf("the same bytes: %d", w.Code)
	}
	if w := act("withdraw", revision, "the clinic was sold"); w.Code != http.StatusSeeOther {
		t.Fatalf("withdraw: %d", w.Code)
	}
	has("/sources/"+id, "Bring back", "withdrawn", "the clinic was sold", "30 gone")
	has("/book", "source: withdraw", "source: apply")
}

// TestSourceShows: problems with their rows, text of the file escaped, the past.
func TestSourceShows(t *testing.T) {
	h := newHouse(t)
	for target, want := range map[string]string{
		"/sources/" + h.source:                      "row 4",
		"/sources/" + h.source + "/problems":        "row 4",
		"/sources/" + h.source + "/problems?as=csv": "row 4",
		"/sources/" + h.source + "?at=2026-03-01":   "cmms.csv",
		"/sources":           "/sources/" + h.source,
		"/sources?q=nothing": "No source fits",
		"/sources?as=csv":    "cmms.csv",
		"/jobs/" + h.job:     "3 new",
		"/jobs?state=failed": "No job fits",
		"/evidence/" + h.digest("inventory/cmms.csv"): "X-1;Exampla",
	} {
		w := h.ask("viewer", http.MethodGet, target, nil)
		if body := w.Body.String(); w.Code != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("%s: %d, does not say %q", target, w.Code, want)
		} else if !strings.HasPrefix(target, "/evidence") && strings.Contains(body, "<ICU>") {
			t.Errorf("%s: text of a file is not escaped", target)
		}
	}
	if w := h.ask("viewer", http.MethodGet, "/sources/"+h.source+"?at=2020-01-01", nil); w.Code != http.StatusNotFound {
		t.Errorf("before it came: %d", w.Code)
	}
}

func (h *house) digest(key string) (sha string) {
	h.t.Helper()
	h.look(func(tx *store.Tx) error {
		rev, err := tx.ByKey("source", key)
		if err != nil {
			return err
		}
		s, err := store.Decode[wardbook.Source](rev)
		sha = s.Value.SHA256
		return err
	})
	return sha
}

// TestUploadHostile: too large, not whole, no files, another form, and files of
// those who may not bring them; nothing is kept of any.
func TestUploadHostile(t *testing.T) {
	h := newHouse(t)
	im, err := h.server.importer()
	if err != nil {
		t.Fatal(err)
	}
	im.Limits = app.Limits{File: 1 << 20}
	evidence := func() (n int) {
		h.look(func(tx *store.Tx) error {
			page, err := tx.EvidenceList(store.ListOptions{})
			n = len(page.Items)
			return err
		})
		return n
	}
	before := evidence()
	big := strings.Repeat("x", 1<<20+1)
	if w := h.post("analyst", nil, "a.csv", export(1, 3), "big.csv", big); w.Code != http.StatusRequestEntityTooLarge || !strings.Contains(w.Body.String(), "big.csv has more than 1 MiB") {
		t.Errorf("too large: %d %s", w.Code, w.Body)
	}
	many := []string{}
	for i := range 6 {
		many = append(many, fmt.Sprint(i, ".csv"), big[:1<<20])
	}
	if w := h.post("analyst", nil, many...); w.Code != http.StatusRequestEntityTooLarge || !strings.Contains(w.Body.String(), "All files together") {
		t.Errorf("too much: %d", w.Code)
	}
	if w := h.post("analyst", nil); w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), "Choose at least one file") {
		t.Errorf("no files: %d", w.Code)
	}
	if w := h.ask("analyst", http.MethodPost, "/import", url.Values{"files": {"x"}}); w.Code != http.StatusBadRequest {
		t.Errorf("another form: %d", w.Code)
	}
	if w := h.post("viewer", nil, "a.csv", export(1, 3)); w.Code != http.StatusForbidden {
		t.Errorf("a viewer: %d", w.Code)
	}
	cut := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/import", strings.NewReader("--b\r\nContent-Disposition: form-data; name=\"files\"; filename=\"a.csv\"\r\n\r\nAsset ID;Model\nA-1;x\n"))
	cut.Header.Set("Content-Type", "multipart/form-data; boundary=b")
	cut.AddCookie(&http.Cookie{Name: "wardbook", Value: h.sessions["analyst"]})
	w := httptest.NewRecorder()
	h.h.ServeHTTP(w, cut)
	if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "did not come whole") {
		t.Errorf("cut off: %d %s", w.Code, w.Body)
	}
	if w := h.post("analyst", nil, "../../etc/x.exe", "MZ\x00\x01", "p.yaml", "matrices: {}\nlevels: []\nscales: {}\n"); w.Code != http.StatusUnprocessableEntity ||
		!strings.Contains(w.Body.String(), "none of: inventory") || !strings.Contains(w.Body.String(), "an approver or an administrator sets it") {
		t.Errorf("a program and a policy: %d", w.Code)
	}
	if n := evidence(); n != before {
		t.Errorf("%d documents were kept", n-before)
	}
	if strings.Contains(h.log.String(), "level=ERROR") {
		t.Errorf("the log:\n%s", h.log.String())
	}
}

// TestCancelImport: what waits is cancelled at once and tells so.
func TestCancelImport(t *testing.T) {
	h := newHouse(t)
	w := h.post("analyst", nil, "fleet.csv", export(1, 3))
	job := w.Header().Get("Location")
	if w := h.ask("viewer", http.MethodPost, job+"/cancel", url.Values{}); w.Code != http.StatusForbidden {
		t.Errorf("a viewer: %d", w.Code)
	}
	if w := h.ask("analyst", http.MethodPost, job+"/cancel", url.Values{}); w.Code != http.StatusSeeOther {
		t.Fatalf("cancel: %d", w.Code)
	}
	h.work()
	if body := h.ask("analyst", http.MethodGet, job, nil).Body.String(); !strings.Contains(body, "cancelled") {
		t.Error("the job does not say that it was cancelled")
	}
}
