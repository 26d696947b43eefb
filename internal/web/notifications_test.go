package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/wardbook/wardbook/internal/app"
)

func TestNotifications(t *testing.T) {
	h := newHouse(t)
	const page = "/account/notifications"
	post := func(who, to string, f url.Values) int {
		t.Helper()
		return h.ask(who, http.MethodPost, page+to, f).Code
	}
	if code := post("viewer", "/mail", url.Values{"events": {"assigned", "overdue"}, "rhythm": {"daily"}}); code != http.StatusSeeOther {
		t.Fatalf("mail: %d", code)
	}
	hook := url.Values{"url": {"https://hooks.example.org/x"}, "hook_events": {"review"}, "hook_rhythm": {"once"}}
	for _, x := range []struct {
		name, value string
	}{{"url", "ftp://x"}, {"url", "https://me:word@x.example"}, {"hook_events", "nothing"}, {"hook_events", ""}} {
		f := url.Values{}
		for k, v := range hook {
			f[k] = v
		}
		f[x.name] = []string{x.value}
		if code := post("viewer", "/webhook", f); code != http.StatusUnprocessableEntity {
			t.Errorf("%s %q: %d", x.name, x.value, code)
		}
	}
	if code := post("viewer", "/webhook", hook); code != http.StatusSeeOther {
		t.Fatalf("webhook: %d", code)
	}
	body := h.ask("viewer", http.MethodGet, page, nil).Body.String()
	for _, want := range []string{"hooks.example.org/x", "whsec_", `value="assigned" checked`, "sends no mail"} {
		if !strings.Contains(body, want) {
			t.Errorf("no %q on the page", want)
		}
	}
	if other := h.ask("analyst", http.MethodGet, page, nil).Body.String(); strings.Contains(other, "hooks.example.org") || strings.Contains(other, "whsec_") {
		t.Error("another member sees the webhook")
	}
	_, id, _ := strings.Cut(body, `action="/account/notifications/off"><input type="hidden" name="id" value="`)
	id, _, _ = strings.Cut(id, `"`)
	if code := post("analyst", "/off", url.Values{"id": {id}}); code != http.StatusUnprocessableEntity {
		t.Errorf("another member switched it off: %d", code)
	}
	if code := post("viewer", "/off", url.Values{"id": {id}}); code != http.StatusSeeOther {
		t.Errorf("off: %d", code)
	}
	if body := h.ask("viewer", http.MethodGet, page, nil).Body.String(); strings.Contains(body, "hooks.example.org") {
		t.Error("it is still there")
	}
}

// TestForgotten: the page tells nobody who has an account.
func TestForgotten(t *testing.T) {
	h := newHouse(t)
	if w := h.ask("", http.MethodGet, "/forgotten", nil); !strings.Contains(w.Body.String(), "sends no mail") {
		t.Errorf("without a mail server: %s", w.Body)
	}
	n := &app.Notifier{Store: h.store, URL: "https://wardbook.example.org"}
	if err := n.MailReset(t.Context(), "viewer@example.org"); err == nil {
		t.Error("a link was made that nobody gets")
	}
}
