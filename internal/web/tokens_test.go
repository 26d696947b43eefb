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

// TestTokens: a token is shown once, works, and does not when it is revoked; one
// that decides in somebody else's name is not made.
func TestTokens(t *testing.T) {
	h := newHouse(t)
	form := url.Values{"name": {"CMDB"}, "user": {"viewer"}, "scopes": {"read"}, "until": {"2026-03-02"}}
	w := h.ask("administrator", http.MethodPost, "/tokens", form)
	key := regexp.MustCompile(`wbt_[A-Za-z0-9_-]+`).FindString(w.Body.String())
	if w.Code != 200 || key == "" {
		t.Fatalf("made: %d %s", w.Code, w.Body)
	}
	if strings.Contains(h.ask("administrator", http.MethodGet, "/tokens", nil).Body.String(), key) {
		t.Error("the secret is shown again")
	}
	if c := h.call(key, http.MethodGet, "/devices", "").Code; c != 200 {
		t.Errorf("used: %d", c)
	}
	for name, bad := range map[string]url.Values{
		"decides for another": {"name": {"x"}, "user": {"approver"}, "scopes": {"decide"}}, "no scope": {"name": {"x"}, "user": {"viewer"}},
		"over": {"name": {"x"}, "user": {"viewer"}, "scopes": {"read"}, "until": {"2026-02-01"}}, "no member": {"name": {"x"}, "user": {"nobody"}, "scopes": {"read"}},
	} {
		if w := h.ask("administrator", http.MethodPost, "/tokens", bad); w.Code != 422 || strings.Contains(w.Body.String(), "wbt_") {
			t.Errorf("%s: %d", name, w.Code)
		}
	}
	var id string
	err := h.store.View(t.Context(), h.org, func(tx *store.Tx) error {
		p, err := store.List[wardbook.Token](tx, store.ListOptions{Text: "CMDB"})
		if err == nil {
			id = p.Items[0].ID
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if w := h.ask("administrator", http.MethodPost, "/tokens/"+id+"/revoke", url.Values{"reason": {"not used"}}); w.Code != http.StatusSeeOther {
		t.Errorf("revoked: %d", w.Code)
	}
	if c := h.call(key, http.MethodGet, "/devices", "").Code; c != 401 {
		t.Errorf("a revoked token: %d", c)
	}
	page := h.ask("viewer", http.MethodGet, "/api", nil).Body.String()
	for _, has := range []string{"/api/v1/risks/{id}/accept", "If-Match", "curl -H", "Idempotency-Key"} {
		if !strings.Contains(page, has) {
			t.Errorf("the page of the API does not say %q", has)
		}
	}
}
