package web

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/store"
)

// token makes an API token of somebody in an organization.
func (h *house) token(org, who string, scopes ...string) (key string) {
	h.t.Helper()
	h.update(org, func(tx *store.Tx) (err error) {
		key, err = tx.CreateToken(wardbook.NewID(), wardbook.Token{Name: "test", User: who, Scopes: scopes})
		return err
	})
	return key
}

// call sends a request to the API; body is JSON, or empty.
func (h *house) call(key, method, target, body string, headers ...string) *httptest.ResponseRecorder {
	h.t.Helper()
	var r io.Reader
	if body != "" {
		r = strings.NewReader(body)
	}
	q := httptest.NewRequestWithContext(h.t.Context(), method, apiRoot+target, r)
	if key != "" {
		q.Header.Set("Authorization", "Bearer "+key)
	}
	if body != "" {
		q.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		q.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.h.ServeHTTP(w, q)
	return w
}

// apiJSON decodes an answer, which has to have the status.
func apiJSON[T any](t *testing.T, w *httptest.ResponseRecorder, status int) (out T) {
	t.Helper()
	if w.Code != status {
		t.Fatalf("%d, want %d: %s", w.Code, status, w.Body)
	}
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
		t.Fatalf("%v: %s", err, w.Body)
	}
	return out
}

func TestAPIReads(t *testing.T) {
	h := newHouse(t)
	key := h.token(h.org, "viewer", wardbook.ScopeRead)
	devices := apiJSON[ListOf[wardbook.Device]](t, h.call(key, http.MethodGet, "/devices?q=infusia+north", ""), 200)
	if len(devices.Items) != 1 || devices.Items[0].ID != "SE-1" || devices.Total == nil || *devices.Total != 1 {
		t.Errorf("devices: %+v", devices)
	}
	risks := apiJSON[ListOf[RiskItem]](t, h.call(key, http.MethodGet, "/risks?show=open", ""), 200)
	if len(risks.Items) != 1 || risks.Items[0].Safety.Severity != 5 || risks.Items[0].Security.Level != "" {
		t.Errorf("risks: %+v", risks)
	}
	w := h.call(key, http.MethodGet, "/risks/"+h.risk, "")
	risk := apiJSON[RecordOf[wardbook.Risk]](t, w, 200)
	if risk.Short != "RSK-0001" || risk.Value.Title != "Pump stops" || w.Header().Get("ETag") != `"1"` {
		t.Errorf("risk: %+v %v", risk, w.Header())
	}
	finding := apiJSON[FactOf[wardbook.Finding]](t, h.call(key, http.MethodGet, "/findings/F-1", ""), 200)
	if len(finding.Value.Why) != 1 || len(finding.Value.Devices) != 1 {
		t.Errorf("finding: %+v", finding)
	}
	for target, want := range map[string]int{
		"/devices?nonsense=1": 422, "/devices?limit=0": 422, "/devices?limit=1001": 422, "/devices?sort=-model": 200, "/devices?sort=nose": 422, "/devices/nope": 404, "/risks/nope": 404,
		"/risks/nope/history": 404, "/devices?at=yesterday": 400, "/nothing": 404, "/risks/" + h.risk + "?at=2020-01-01": 404, "/findings?kev=no&q=pump": 200,
	} {
		if w := h.call(key, http.MethodGet, target, ""); w.Code != want || want >= 400 && w.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %s, want %d: %s", target, w.Code, w.Header().Get("Content-Type"), want, w.Body)
		}
	}
}

func TestAPIDoor(t *testing.T) {
	h := newHouse(t)
	for _, c := range []struct {
		name, key string
		want      int
	}{
		{"no token", "", 401}, {"a token that is none", "wbt_nonsense", 401}, {"another scope", h.token(h.org, "viewer", wardbook.ScopeImport), 403},
		{"no member", h.token(h.org, "nobody", wardbook.ScopeRead), 403}, {"a reader", h.token(h.org, "viewer", wardbook.ScopeRead), 200},
	} {
		w := h.call(c.key, http.MethodGet, "/devices", "")
		if w.Code != c.want {
			t.Errorf("%s: %d, want %d", c.name, w.Code, c.want)
		}
		if c.want == 401 && w.Header().Get("WWW-Authenticate") == "" {
			t.Errorf("%s: nothing says that a token is asked for", c.name)
		}
	}
	if w := h.ask("administrator", http.MethodGet, apiRoot+"/devices", nil); w.Code != 401 {
		t.Errorf("a cookie lets into the API: %d", w.Code)
	}
	busy := h.token(h.org, "viewer", wardbook.ScopeRead)
	code := 0
	for range tokenBurst + 50 {
		if code = h.call(busy, http.MethodGet, "/nothing", "").Code; code == 429 {
			break
		}
	}
	if code != 429 {
		t.Error("a token may ask without end")
	}
	if strings.Contains(h.log.String(), "wbt_") {
		t.Error("a token is in the log")
	}
}

// TestAPIOperations asks every operation with every scope, with every role, and
// for what belongs to another organization: nothing of it is told.
func TestAPIOperations(t *testing.T) {
	h := newHouse(t)
	a, err := h.server.newAPI()
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]string{}
	for _, role := range wardbook.Roles {
		for _, scope := range wardbook.Scopes {
			keys[string(role)+scope] = h.token(h.org, string(role), scope)
		}
	}
	bodies := map[string]string{"verify": "{}", "answer": `{"revision":99,"answer":"yes"}`, "take-back": `{"revision":99,"reason":"x"}`, "comment": `{"text":"x"}`, "move": `{"revision":99,"to":"closed"}`,
		"values": `{"revision":99,"values":[]}`, "accept": `{"revision":99,"until":"2027-01-01","authority":"x"}`, "treat": `{"revision":99,"selected":[]}`, "assign": `{"revision":99,"owner":""}`, "due": `{"revision":99,"due":""}`,
		"act": `{"revision":99,"act":"withdraw","reason":"x"}`, "decisions": `{"subjects":[],"status":"x","reason":"x"}`, "cancel": ""}
	for _, op := range a.ops {
		target := strings.ReplaceAll(strings.TrimPrefix(op.path(), apiRoot), "/devices/{id}", "/devices/SE-1")
		for from, to := range map[string]string{"/findings/{id}": "/findings/F-1", "/products/{id}": "/products/P-1", "/questions/{id}": "/questions/" + h.question, "/decisions/{id}": "/decisions/" + h.decision, "/risks/{id}": "/risks/" + h.risk, "/sources/{id}": "/sources/" + h.source, "/jobs/{id}": "/jobs/" + h.job, "{sha256}": h.document} {
			target = strings.ReplaceAll(target, from, to)
		}
		if op.id == "list-component-uses" {
			target += "?name=openssl"
		}
		body := ""
		if op.method() == http.MethodPost {
			body = `{"revision":99,"reason":"x"}`
			if b, ok := bodies[target[strings.LastIndex(target, "/")+1:]]; ok {
				body = b
			}
		}
		for _, role := range wardbook.Roles {
			for _, scope := range wardbook.Scopes {
				w := h.call(keys[string(role)+scope], op.method(), target, body)
				may := scope == op.scope && op.who.allows([]wardbook.Role{role})
				if refused := w.Code == 403; refused == may || w.Code >= 500 || w.Code == 404 && op.id != "get-assessment" && op.id != "get-answer" && op.method() == "GET" {
					t.Errorf("%s as %s with %s: %d %s", op.pattern, role, scope, w.Code, w.Body)
				}
				for _, secret := range []string{other, "OT-1", "Other's secret", h.otherRisk, h.stranger} {
					if strings.Contains(w.Body.String(), secret) {
						t.Errorf("%s shows %q", target, secret)
					}
				}
			}
		}
	}
	for _, target := range []string{"/risks/" + h.otherRisk, "/risks/" + h.otherRisk + "/history", "/devices/OT-1", "/devices/OT-1/history"} {
		if w := h.call(keys["viewerread"], http.MethodGet, target, ""); w.Code != 404 {
			t.Errorf("%s of another organization: %d", target, w.Code)
		}
	}
	if w := h.call(keys["analystassess"], http.MethodPost, "/risks/"+h.otherRisk+"/confirm", `{"revision":1}`); w.Code != 404 {
		t.Errorf("a risk of another organization is confirmed: %d", w.Code)
	}
	if s := h.log.String(); strings.Contains(s, "level=ERROR") {
		t.Errorf("the log:\n%s", s)
	}
}

// TestAPIChanges: a change starts from a revision, and with a key it is done once.
func TestAPIChanges(t *testing.T) {
	h := newHouse(t)
	key := h.token(h.org, "analyst", wardbook.ScopeAssess)
	to := "/risks/" + h.risk + "/confirm"
	if w := h.call(key, http.MethodPost, to, `{}`); w.Code != http.StatusPreconditionRequired {
		t.Errorf("without a revision: %d %s", w.Code, w.Body)
	}
	body := `{"reason":"seen on the ward"}`
	first := h.call(key, http.MethodPost, to, body, "If-Match", `"1"`, "Idempotency-Key", "k1")
	risk := apiJSON[RecordOf[wardbook.Risk]](t, first, 200)
	if risk.Value.State != wardbook.RiskEvaluated || first.Header().Get("ETag") != `"2"` {
		t.Errorf("confirmed: %+v %v", risk.Value.State, first.Header())
	}
	again := h.call(key, http.MethodPost, to, body, "If-Match", `"1"`, "Idempotency-Key", "k1")
	if again.Code != 200 || again.Body.String() != first.Body.String() || again.Header().Get("Idempotent-Replay") != "true" || again.Header().Get("ETag") != `"2"` {
		t.Errorf("again: %d %v %s", again.Code, again.Header(), again.Body)
	}
	if w := h.call(key, http.MethodPost, to, `{"reason":"other"}`, "If-Match", `"1"`, "Idempotency-Key", "k1"); w.Code != 422 {
		t.Errorf("another body with the key: %d", w.Code)
	}
	p := apiJSON[Problem](t, h.call(key, http.MethodPost, "/risks/"+h.risk+"/due", `{"revision":1,"due":"2026-05-01","reason":"x"}`), 409)
	if p.Base == nil || p.Current == nil || p.Base.Revision.Revision != 1 || p.Current.Revision.Revision != 2 || !strings.Contains(string(p.Current.Value), "evaluated") {
		t.Errorf("conflict: %+v", p)
	}
}

// TestAPIPages walks a list page by page.
func TestAPIPages(t *testing.T) {
	h := newHouse(t)
	key := h.token(h.org, "administrator", wardbook.ScopeRead)
	for _, list := range []string{"/devices?limit=1&sort=-model", "/book/entries?limit=1", "/evidence?limit=1", "/members?limit=1"} {
		seen := map[string]bool{}
		for next := list; next != ""; {
			w := h.call(key, http.MethodGet, next, "")
			page := apiJSON[ListOf[json.RawMessage]](t, w, 200)
			for _, v := range page.Items {
				if seen[string(v)] {
					t.Fatalf("%s: %s comes twice", list, v)
				}
				seen[string(v)] = true
			}
			link := w.Header().Get("Link")
			if (page.Next == "") != (link == "") {
				t.Fatalf("%s: next %q, Link %q", list, page.Next, link)
			}
			next = strings.TrimPrefix(strings.TrimSuffix(strings.TrimPrefix(link, "<"), `>; rel="next"`), apiRoot)
		}
		if len(seen) < 2 {
			t.Errorf("%s: %d items", list, len(seen))
		}
	}
}
