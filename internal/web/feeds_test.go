package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/store"
)

// operator makes a user who runs the installation, and is administrator of the
// first organization.
func (h *house) operator() {
	h.t.Helper()
	h.update(store.System, func(tx *store.Tx) error {
		_, err := tx.Put("operator", 0, wardbook.User{Name: "The operator", Email: "operator@example.org", Operator: true})
		return err
	})
	h.update(h.org, func(tx *store.Tx) error {
		_, err := tx.Put("operator", 0, wardbook.Membership{User: "operator", Name: "The operator", Roles: []wardbook.Role{wardbook.Administrator}})
		return err
	})
	key, _, err := h.store.StartSession(h.t.Context(), store.Session{User: "operator", Idle: time.Hour}, 24*time.Hour)
	if err != nil {
		h.t.Fatal(err)
	}
	h.sessions["operator"] = key
}

// TestFeedsPage: an operator adds a feed and plans it; members see that nothing
// is known of it yet, and can do nothing.
func TestFeedsPage(t *testing.T) {
	h := newHouse(t)
	h.operator()
	if w := h.ask("operator", http.MethodPost, "/settings/feeds", url.Values{"kind": {"csaf-provider"}}); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("a provider without an address: %d", w.Code)
	}
	w := h.ask("operator", http.MethodPost, "/settings/feeds", url.Values{"kind": {"kev"}, "hours": {"900"}})
	if w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), "from 1 to 168") {
		t.Errorf("too many hours: %d", w.Code)
	}
	if w := h.ask("administrator", http.MethodPost, "/settings/feeds", url.Values{"kind": {"epss"}}); w.Code != http.StatusForbidden {
		t.Errorf("who is no operator: %d", w.Code)
	}
	if w := h.ask("operator", http.MethodPost, "/settings/feeds", url.Values{"kind": {"epss"}}); w.Code != http.StatusSeeOther {
		t.Errorf("a good one: %d %s", w.Code, w.Body)
	}
	body := h.ask("viewer", http.MethodGet, "/settings/feeds", nil).Body.String()
	if !strings.Contains(body, "unknown: never fetched") || !strings.Contains(body, "Fetch of epss") || strings.Contains(body, "Add a feed") {
		t.Error("the page of a member")
	}
	if body := h.ask("viewer", http.MethodGet, "/", nil).Body.String(); !strings.Contains(body, "Feed epss") || !strings.Contains(body, "unknown: never fetched") {
		t.Error("Today does not say that nothing is known of the feed")
	}
	if w := h.ask("operator", http.MethodPost, "/settings/feeds/epss", url.Values{"hours": {"5"}, "run": {"no"}}); w.Code != http.StatusSeeOther {
		t.Errorf("plan: %d", w.Code)
	}
	if body := h.ask("operator", http.MethodGet, "/settings/feeds/epss", nil).Body.String(); !strings.Contains(body, "every 5 hours") || !strings.Contains(body, "stopped") {
		t.Error("the plan is not shown")
	}
	if w := h.ask("operator", http.MethodPost, "/settings/feeds/epss/remove", url.Values{}); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("removed without a reason: %d", w.Code)
	}
	if w := h.ask("operator", http.MethodPost, "/settings/feeds/epss/remove", url.Values{"reason": {"not needed"}}); w.Code != http.StatusSeeOther {
		t.Errorf("remove: %d", w.Code)
	}
	if w := h.ask("operator", http.MethodGet, "/settings/feeds/epss", nil); w.Code != http.StatusNotFound {
		t.Errorf("a removed feed: %d", w.Code)
	}
}
