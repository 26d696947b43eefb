//go:build unix

package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/wardbook/wardbook/internal/dbtest"
)

// A server is a process of wardbook serve.
type server struct {
	cmd                     *exec.Cmd
	address, setup, metrics string
	mu                      sync.Mutex
	log                     strings.Builder
	lines                   chan string // of its standard output
	ended                   chan error
}

// Write takes the log.
func (s *server) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.Write(b)
}

func (s *server) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.String()
}

// startServer starts wardbook serve.
func startServer(t *testing.T, flags ...string) *server {
	t.Helper()
	s := &server{lines: make(chan string), ended: make(chan error, 1)}
	s.cmd = exec.Command(os.Args[0], append([]string{"serve", "--listen", "127.0.0.1:0", "--metrics", "127.0.0.1:0", "--log", "json"}, flags...)...)
	s.cmd.Env = append(os.Environ(), child+"=1", "WARDBOOK_CACHE="+t.TempDir())
	s.cmd.Stderr = s
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.cmd.Process.Kill() })
	go func() {
		for in := bufio.NewScanner(out); in.Scan(); {
			s.lines <- in.Text()
		}
		close(s.lines)
		s.ended <- s.cmd.Wait()
	}()
	return s
}

// answers waits until the server says where it answers.
func (s *server) answers(t *testing.T) {
	t.Helper()
	for late := time.After(60 * time.Second); s.address == "" || s.setup == "" || s.metrics == ""; {
		select {
		case line, ok := <-s.lines:
			switch {
			case !ok:
				t.Fatalf("the server ended: %s", s.text())
			case strings.HasPrefix(line, "Metrics are at "):
				s.metrics = strings.TrimPrefix(line, "Metrics are at ")
			case strings.HasPrefix(line, "Wardbook answers at "):
				s.address = strings.TrimPrefix(line, "Wardbook answers at ")
			case strings.Contains(line, "/setup/"):
				s.setup = line
			}
		case <-late:
			t.Fatalf("the server does not say where it answers: %s", s.text())
		}
	}
	go func() {
		for range s.lines {
		}
	}()
}

// TestReplicas: two servers start at once on one empty PostgreSQL database.
// Who signs in at one is signed in at the other. One that is told to stop says
// that it is not ready, goes on answering for a while, and ends; the other
// stays. Nothing of the address of the database's password is in their logs.
func TestReplicas(t *testing.T) {
	dsn := dbtest.Postgres(t)
	key := filepath.Join(t.TempDir(), "key")
	flags := []string{"--database", dsn, "--key", key, "--drain", "2s"}
	a, b := startServer(t, flags...), startServer(t, flags...)
	servers := []*server{a, b}
	for _, s := range servers {
		s.answers(t)
	}
	jar, _ := cookiejar.New(nil)
	client := &http.Client{Jar: jar, Timeout: 20 * time.Second}
	ask := func(method, address string, form url.Values) (int, string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		res, err := client.Do(req)
		if err != nil {
			return 0, err.Error()
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			return 0, err.Error()
		}
		return res.StatusCode, string(body)
	}
	first := url.Values{"name": {"Ana Ruiz"}, "email": {"ana@example.org"}, "organization": {"St. Example"}, "password": {"correct horse battery"}, "again": {"correct horse battery"}}
	worked := 0
	for _, s := range servers { // the link that was made last works
		_, key, _ := strings.Cut(s.setup, "/setup/")
		if code, body := ask(http.MethodPost, a.address+"/setup/"+key, first); code == http.StatusOK && strings.Contains(body, "St. Example") {
			worked++
		}
	}
	if worked != 1 {
		t.Fatalf("%d of the two set-up links worked", worked)
	}
	for _, s := range servers {
		if code, body := ask(http.MethodGet, s.address+"/", nil); code != http.StatusOK || !strings.Contains(body, "St. Example") || !strings.Contains(body, "Ana Ruiz") {
			t.Errorf("%s: %d", s.address, code)
		}
		if code, body := ask(http.MethodGet, s.address+"/readyz", nil); code != http.StatusOK {
			t.Errorf("readyz: %d %s", code, body)
		}
		if code, body := ask(http.MethodGet, s.metrics, nil); code != http.StatusOK || !strings.Contains(body, `wardbook_book_entries{organization="system"}`) {
			t.Errorf("metrics: %d", code)
		}
	}
	if err := a.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	stopping := false
	for range 100 {
		code, body := ask(http.MethodGet, a.address+"/readyz", nil)
		if stopping = code == http.StatusServiceUnavailable && strings.Contains(body, "stopping"); stopping {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if code, _ := ask(http.MethodGet, a.address+"/", nil); !stopping || code != http.StatusOK {
		t.Errorf("while it stops: said so %v, answers %d", stopping, code)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	select {
	case err := <-a.ended:
		if err != nil {
			t.Errorf("the end: %v\n%s", err, a.text())
		}
	case <-ctx.Done():
		t.Fatalf("it does not end:\n%s", a.text())
	}
	if code, _ := ask(http.MethodGet, b.address+"/", nil); code != http.StatusOK {
		t.Errorf("the other: %d", code)
	}
	for _, s := range servers {
		for _, secret := range []string{"wardbook_test:wardbook_test", "correct horse", strings.TrimPrefix(s.setup, s.address+"/setup/")} {
			if strings.Contains(s.text(), secret) {
				t.Errorf("%q is in the log:\n%s", secret, s.text())
			}
		}
	}
}
