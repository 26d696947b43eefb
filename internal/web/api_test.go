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
