package web

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wardbook/wardbook/internal/browser"
)

func TestConformityPage(t *testing.T) {
	h := newHouse(t)
	for _, c := range []struct {
		target string
		has    []string
	}{
		{"/conformity", []string{"no certificate", "Risk control", "without evidence"}},
		{"/conformity?statement=80001-1:6.1.2-e", []string{"Our reading of clause 6.1.2", "self.chain.harm", `aria-current="page"`, "Not yet confirmed"}},
		{"/conformity?statement=80001-1:5.4.6-a", []string{"No evidence", "resource allocation"}},
		{"/conformity?at=2020-01-01", []string{"as of 2020-01-01"}},
	} {
		w := h.ask("viewer", http.MethodGet, c.target, nil)
		for _, has := range c.has {
			if body := w.Body.String(); w.Code != http.StatusOK || !strings.Contains(body, has) {
				t.Errorf("%s: %d, does not say %q", c.target, w.Code, has)
			}
		}
		if strings.Contains(strings.ToLower(w.Body.String()), "certified") {
			t.Errorf("%s says certified", c.target)
		}
	}
	if w := h.ask("viewer", http.MethodGet, "/conformity?statement=x", nil); w.Code != http.StatusNotFound {
		t.Errorf("a statement that is not there: %d", w.Code)
	}
}

// The page with a statement, on every screen.
func TestBrowserConformity(t *testing.T) {
	b := browser.Start(t)
	p := b.Tab(t, newHouse(t).serve().URL, browser.Desk)
	p.Open("/sign-in")
	p.SignIn("administrator@example.org", password)
	for _, screen := range screens {
		p.Screen(screen)
		for i, at := range []string{"/conformity", "/conformity?statement=80001-1:6.1.2-e", "/conformity?statement=80001-1:6.2.6-c"} {
			p.Open(at)
			p.Check()
			if dir := os.Getenv("WARDBOOK_SHOTS"); dir != "" {
				p.Shot(filepath.Join(dir, fmt.Sprintf("conformity-%d-%s.png", i, strings.ReplaceAll(screen.String(), " ", ""))), true)
			}
		}
	}
}
