package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/wardbook/wardbook/catalog"
)

// TestPolicy: everybody reads the policy; a changed one names its faults with
// their lines, shows what it would change, and is applied by an administrator
// with a reason only.
func TestPolicy(t *testing.T) {
	h := newHouse(t)
	body := h.ask("viewer", http.MethodGet, "/policy", nil).Body.String()
	if !strings.Contains(body, "This is the program's own.") || !strings.Contains(body, "Intolerable") || strings.Contains(body, "/policy/change") {
		t.Error("the page of a viewer")
	}
	file := h.ask("viewer", http.MethodGet, "/policy/file", nil)
	if file.Body.String() != string(catalog.DefaultPolicy()) {
		t.Error("the file is not the policy")
	}
	text := strings.Replace(string(catalog.DefaultPolicy()), "effective: 2026-01-01", "effective: soon", 1)
	w := h.ask("administrator", http.MethodPost, "/policy/change", url.Values{"text": {text}})
	if w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), "the text line") || !strings.Contains(w.Body.String(), "not a date") {
		t.Errorf("a fault: %d", w.Code)
	}
	// The risk of the house is intolerable for safety and effectiveness.
	text = strings.Replace(string(catalog.DefaultPolicy()), `id: intolerable, name: Intolerable, acceptable: "no"`, `id: intolerable, name: Beyond, acceptable: "yes"`, 1)
	if text == string(catalog.DefaultPolicy()) {
		t.Fatal("the default policy is written otherwise")
	}
	w = h.ask("administrator", http.MethodPost, "/policy/change", url.Values{"text": {strings.ReplaceAll(text, "\n", "\r\n")}})
	if body := w.Body.String(); w.Code != http.StatusOK || !strings.Contains(body, "Pump stops") || !strings.Contains(body, "2 become acceptable") {
		t.Errorf("the replay: %d", w.Code)
	}
	if w := h.ask("administrator", http.MethodPost, "/policy/apply", url.Values{"text": {text}}); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("without a reason: %d", w.Code)
	}
	if w := h.ask("approver", http.MethodPost, "/policy/apply", url.Values{"text": {text}, "reason": {"r"}}); w.Code != http.StatusForbidden {
		t.Errorf("who is no administrator: %d", w.Code)
	}
	w = h.ask("administrator", http.MethodPost, "/policy/apply", url.Values{"text": {text}, "reason": {"the board decided"}})
	if w.Code != http.StatusSeeOther || !strings.HasPrefix(w.Header().Get("Location"), "/jobs/") {
		t.Fatalf("apply: %d %s", w.Code, w.Body)
	}
	h.work()
	if body := h.ask("viewer", http.MethodGet, "/policy", nil).Body.String(); !strings.Contains(body, "Beyond") || !strings.Contains(body, "the board decided") {
		t.Error("the new policy is not in force")
	}
	if w := h.ask("administrator", http.MethodPost, "/policy/apply", url.Values{"text": {text}, "reason": {"again"}}); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("the same again: %d", w.Code)
	}
}
