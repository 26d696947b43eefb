package web

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/browser"
	"github.com/wardbook/wardbook/internal/store"
)

// screens are what every page is looked at with: light and dark, desk and
// phone, with and without scripts. In the dark only contrast is looked at anew.
var screens = []browser.Screen{browser.Desk, browser.Desk.InTheDark(), browser.Phone, browser.Phone.WithoutScript()}

// pagesOf are the addresses of all pages that a signed-in administrator can
// open, one for each GET route that makes a page, and some of them filled.
func (h *house) pagesOf() []string {
	out := []string{"/risks?show=unacceptable&q=pump", "/risks?q=nothing+fits", "/findings?status=affected", "/inventory?site=North&sort=-model", "/inventory?at=2026-03-01T11:30:00Z", "/nothing/here"}
	for _, rt := range h.server.routes() {
		method, target := h.target(rt.pattern)
		file := rt.long || strings.HasPrefix(target, "/static/") || strings.HasPrefix(target, "/book/") || strings.HasPrefix(target, "/api") || strings.HasSuffix(target, "/file") ||
			target == "/events" || target == "/healthz" || target == "/readyz" || strings.Contains(target, "{")
		if method == "GET" && !file && !strings.Contains(target, "nosuchkey") {
			out = append(out, target)
		}
	}
	return out
}

// serve answers browsers until the test ends. A page that listens to events
// would keep the server open.
func (h *house) serve() *httptest.Server {
	srv := httptest.NewServer(h.h)
	h.t.Cleanup(func() {
		srv.CloseClientConnections()
		srv.Close()
	})
	return srv
}

// TestBrowserPages opens every page on every screen: accessible (WCAG 2.2 AA),
// nothing wider than the screen, nothing on the console, also without scripts.
// With WARDBOOK_SHOTS=folder it leaves pictures there.
func TestBrowserPages(t *testing.T) {
	b := browser.Start(t)
	h := newHouse(t)
	srv := h.serve()
	p := b.Tab(t, srv.URL, browser.Desk)
	p.Open("/sign-in")
	p.Check()
	p.SignIn("administrator@example.org", password)
	for _, screen := range screens {
		if only := os.Getenv("WARDBOOK_SCREEN"); only != "" && only != screen.String() {
			continue
		}
		p.Screen(screen)
		for _, at := range h.pagesOf() {
			p.Open(at)
			p.Check()
			if dir := os.Getenv("WARDBOOK_SHOTS"); dir != "" {
				name := strings.NewReplacer("/", "_", "?", "_", "&", "_", ", ", "-", " ", "").Replace(at + "_" + screen.String())
				p.Shot(filepath.Join(dir, name+".png"), true)
			}
		}
	}
}

// TestBrowserList: a list is searched while one types, sorted by a click, gone
// through with keys, and tells that the book has grown; without scripts the
// same addresses do the same.
func TestBrowserList(t *testing.T) {
	b := browser.Start(t)
	h := newHouse(t)
	srv := h.serve()
	p := b.Tab(t, srv.URL, browser.Desk)
	p.SignIn("analyst@example.org", password)
	p.Open("/risks")
	p.Press("j")
	if p.Focused() == "" {
		t.Error("J goes to no row")
	}
	p.Fill("risks-q", "zzz")
	p.Wait("No risk fits.")
	p.WaitPath("/risks?q=zzz")
	p.Click("Show all")
	p.Wait("Pump stops")
	p.Click("Devices")
	p.WaitPath("/risks?sort=-devices")
	h.update(h.org, func(tx *store.Tx) error {
		_, err := tx.AddEvidence(wardbook.Evidence{Name: "news.txt"}, strings.NewReader("news"))
		return err
	})
	p.Wait("The book has grown since this page was made.")
	p.Click("Show it as it is now")
	p.WaitGone("The book has grown")
	p.Quiet()

	p.Screen(browser.Desk.WithoutScript())
	p.Open("/risks")
	p.Fill("risks-q", "zzz")
	p.Click("Search")
	p.WaitPath("/risks?q=zzz")
	p.Wait("No risk fits.")
	p.Quiet()
}
