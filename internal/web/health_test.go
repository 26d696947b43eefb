package web

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/app"
	"github.com/wardbook/wardbook/internal/store"
)

// health asks for an address and returns status and reasons.
func health(t *testing.T, s *Server, target string) (int, []string) {
	t.Helper()
	s.ready.at = time.Time{} // what was found a moment ago does not count
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, target, nil))
	var answer struct {
		Status  string
		Reasons []string
	}
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || answer.Status == "" {
		t.Errorf("%s: %q %v", target, w.Body, err)
	}
	return w.Code, answer.Reasons
}

// TestHealth: /readyz says why the server cannot do its work, without the
// details that are in the log; /healthz only that the process lives.
func TestHealth(t *testing.T) {
	path := filepath.Join(t.TempDir(), "wardbook.db")
	s, err := store.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var log bytes.Buffer
	var fault error
	server := New(s, Options{Log: slog.New(slog.NewTextHandler(&log, nil)), Checks: []Check{
		{Reason: "jobs are not being done", Err: func(context.Context) error { return fault }},
	}})
	ready := func(want ...string) {
		t.Helper()
		code, reasons := health(t, server, "/readyz")
		wantCode := http.StatusServiceUnavailable
		if len(want) == 0 {
			wantCode = http.StatusOK
		}
		if code != wantCode || !slices.Equal(reasons, want) {
			t.Errorf("readyz: %d %q, want %d %q", code, reasons, wantCode, want)
		}
		if code, _ := health(t, server, "/healthz"); code != http.StatusOK {
			t.Errorf("healthz: %d", code)
		}
	}
	ready()
	fault = errors.New("secret detail")
	ready("jobs are not being done")
	if !strings.Contains(log.String(), "secret detail") {
		t.Error("the log does not hold the cause")
	}
	fault = nil

	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	do := func(statement string) {
		t.Helper()
		if _, err := db.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	do(`INSERT INTO schema_versions (version_id, is_applied) VALUES (999, 1)`)
	ready(store.ErrSchema.Error())
	do(`DELETE FROM schema_versions WHERE version_id = 999`)
	ready()

	replica, err := store.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer replica.Close()
	if err := replica.RotateKey(t.Context(), "ana", "yearly"); err != nil {
		t.Fatal(err)
	}
	ready(store.ErrKey.Error())
	s.Close()
	ready(store.ErrDatabase.Error())
	close(server.stopping)
	ready("the server is stopping")
}

// TestReadyIsCheap: many who ask at once have the database asked once.
func TestReadyIsCheap(t *testing.T) {
	h := newHouse(t)
	asked := 0
	h.server.o.Checks = []Check{{Reason: "x", Err: func(context.Context) error { asked++; return nil }}}
	for range 20 {
		if code := h.ask("", http.MethodGet, "/readyz", nil).Code; code != http.StatusOK {
			t.Fatal(code)
		}
	}
	if asked == 0 || asked > 5 {
		t.Errorf("asked %d times", asked)
	}
}

// TestMetrics: what Prometheus reads has counts and times, labels that nobody
// can make up, and no names; and it is not among the pages.
func TestMetrics(t *testing.T) {
	h := newHouse(t)
	m := NewMetrics("1.2.3")
	h.server.o.Metrics = m
	m.Watch(h.store, func(context.Context) (map[string]time.Time, error) {
		return map[string]time.Time{"kev": time.Now().Add(-time.Hour)}, nil
	})
	m.Store("update", 3*time.Millisecond, nil)
	m.Store("update", 3*time.Millisecond, errors.New("conflict"))
	h.update(h.org, func(tx *store.Tx) error {
		_, err := tx.Enqueue(wardbook.Job{Kind: "count"})
		return err
	})
	for _, target := range []string{"/risks", "/nope/1", "/nope/2", "/setup/secret-key", "/metrics"} {
		if w := h.ask("viewer", http.MethodGet, target, nil); strings.Contains(w.Body.String(), "wardbook_jobs") {
			t.Errorf("%s answers with metrics", target)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	at, ended := make(chan string, 1), make(chan error, 1)
	go func() { ended <- m.Serve(ctx, "127.0.0.1:0", func(a string) { at <- a }) }()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, <-at, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(res.Body)
	res.Body.Close()
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%d %v", res.StatusCode, err)
	}
	text := string(b)
	for _, want := range []string{
		`wardbook_http_request_duration_seconds_count{route="GET /risks",status="200"} 1`,
		`wardbook_http_request_duration_seconds_count{route="/",status="404"} 3`,
		`wardbook_store_duration_seconds_count{verb="update"} 2`,
		`wardbook_store_failures_total{verb="update"} 1`,
		`wardbook_jobs{kind="count",state="queued"} 1`,
		`wardbook_book_entries{organization="` + h.org + `"}`,
		`wardbook_feed_age_seconds{feed="kev"} 36`,
		`wardbook_database_up 1`, `wardbook_build_info{version="1.2.3"} 1`, `wardbook_http_requests_active 0`, "go_goroutines",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %s", want)
		}
	}
	for _, secret := range []string{"St. Example", other, "secret-key", "nope", "example.org"} {
		if strings.Contains(text, secret) {
			t.Errorf("%q is in the metrics", secret)
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// TestLogHoldsNoSecrets: neither keys of links, nor passwords, nor what a
// browser keeps, nor what people search for.
func TestLogHoldsNoSecrets(t *testing.T) {
	s, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "wardbook.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var log bytes.Buffer
	server := New(s, Options{Log: slog.New(slog.NewJSONHandler(&log, nil))})
	h := server.Handler()
	cookie := ""
	ask := func(method, target string, form url.Values) *httptest.ResponseRecorder {
		t.Helper()
		r := httptest.NewRequestWithContext(t.Context(), method, target, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if cookie != "" {
			r.AddCookie(&http.Cookie{Name: "wardbook", Value: cookie})
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		for _, c := range w.Result().Cookies() {
			if c.Value != "" {
				cookie = c.Value
			}
		}
		return w
	}
	key, err := app.SetupLink(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	ask(http.MethodGet, "/setup/"+key, nil)
	first := url.Values{"name": {"Ana Ruiz"}, "email": {"ana@example.org"}, "organization": {"St. Example"}, "password": {password}, "again": {password}}
	if w := ask(http.MethodPost, "/setup/"+key, first); w.Code != http.StatusSeeOther {
		t.Fatalf("set-up: %d", w.Code)
	}
	ask(http.MethodPost, "/setup/"+key, first)
	ask(http.MethodPost, "/sign-in", url.Values{"email": {"ana@example.org"}, "password": {"a wrong password"}})
	ask(http.MethodPost, "/sign-in", url.Values{"email": {"ana@example.org"}, "password": {password}})
	ask(http.MethodGet, "/inventory?q=patient-name", nil)
	ask(http.MethodGet, "/password/another-secret-key", nil)
	s.Close()
	ask(http.MethodGet, "/risks?q=patient-name", nil) // fails, and is logged as a fault
	text := log.String()
	if strings.Count(text, `"msg":"request"`) < 8 || !strings.Contains(text, `"route":"POST /setup/{key}"`) || !strings.Contains(text, `"level":"ERROR"`) {
		t.Errorf("the log:\n%s", text)
	}
	for _, secret := range []string{key, password, "a wrong password", cookie, "another-secret-key", "patient-name", "ana@example.org"} {
		if secret == "" || strings.Contains(text, secret) {
			t.Errorf("%q is in the log:\n%s", secret, text)
		}
	}
}
