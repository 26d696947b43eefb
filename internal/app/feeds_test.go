package app

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/feed"
	"github.com/wardbook/wardbook/internal/store"
)

// feedHouse is a store with an operator, another user, and two organizations, of
// which the first has a source; and a publisher of KEV.
type feedHouse struct {
	store *store.Store
	feeds *Feeds
	org   string
	body  atomic.Pointer[string]
}

const kevList = `{"title":"KEV","catalogVersion":"2026.03.01","dateReleased":"2026-03-01T10:00:00.0Z","count":1,"vulnerabilities":[{"cveID":"CVE-2026-0001","vendorProject":"V","product":"P","vulnerabilityName":"N","dateAdded":"2026-03-01","shortDescription":"S","requiredAction":"A","dueDate":"2026-03-22","knownRansomwareCampaignUse":"Unknown","notes":"","cwes":[]}]}`

func newFeedHouse(t *testing.T) *feedHouse {
	t.Helper()
	h := &feedHouse{org: wardbook.NewID()}
	s, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "wardbook.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	h.store = s
	text := kevList
	h.body.Store(&text)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if text := *h.body.Load(); text != "" {
			_, _ = w.Write([]byte(text))
			return
		}
		http.Error(w, "out of order", http.StatusInternalServerError)
	}))
	t.Cleanup(srv.Close)
	dir := t.TempDir()
	config := "network:\n  allow: [127.0.0.1]\n"
	if err := os.WriteFile(filepath.Join(dir, "feeds.yaml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	folder, err := feed.Open(dir, feed.Options{})
	if err != nil {
		t.Fatal(err)
	}
	h.feeds = NewFeeds(s, folder)
	ev := wardbook.Event{Actor: "test", Action: "test.fill"}
	for _, id := range []string{h.org, wardbook.NewID()} {
		if err := s.CreateOrganization(t.Context(), id, ev, wardbook.Organization{Name: "O " + id}); err != nil {
			t.Fatal(err)
		}
	}
	for org, fn := range map[string]func(*store.Tx) error{
		store.System: func(tx *store.Tx) error {
			for _, u := range []string{"op", "ana"} {
				if _, err := tx.Put(u, 0, wardbook.User{Name: u, Email: u + "@example.org", Operator: u == "op"}); err != nil {
					return err
				}
			}
			return nil
		},
		h.org: func(tx *store.Tx) error {
			_, err := tx.Put(wardbook.NewID(), 0, wardbook.Source{Kind: wardbook.InputInventory, Name: "cmms", State: wardbook.SourceCurrent, SHA256: strings.Repeat("a", 64)})
			return err
		},
	} {
		if err := s.Update(t.Context(), org, ev, fn); err != nil {
			t.Fatal(err)
		}
	}
	h.add(t, srv.URL)
	return h
}

func (h *feedHouse) add(t *testing.T, url string) {
	t.Helper()
	src := NewFeedSource("", "kev", url, "")
	if err := h.feeds.Add(t.Context(), wardbook.Event{Actor: "ana"}, src, 0); !isRefused(err) {
		t.Fatalf("who is no operator added a feed: %v", err)
	}
	if err := h.feeds.Add(t.Context(), wardbook.Event{Actor: "op"}, src, 3); err != nil {
		t.Fatal(err)
	}
}

func isRefused(err error) bool { return errors.As(err, new(*Refused)) }

func (h *feedHouse) work(t *testing.T) {
	t.Helper()
	w := &Worker{Store: h.store, Parallel: 1, Handlers: map[string]Handler{FeedJob: h.feeds.Fetch}}
	if err := w.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (h *feedHouse) state(t *testing.T) FeedState {
	t.Helper()
	h.feeds.forget()
	all, err := h.feeds.States(t.Context())
	if err != nil || len(all) != 1 {
		t.Fatalf("states: %v %v", all, err)
	}
	return all[0]
}

// asked counts the assessments that were asked for because feeds changed.
func (h *feedHouse) asked(t *testing.T) (n, jobs int) {
	t.Helper()
	err := h.store.View(t.Context(), h.org, func(tx *store.Tx) error {
		entries, err := tx.Entries(store.EntryFilter{Action: FeedsChanged})
		if err != nil {
			return err
		}
		page, err := tx.Jobs(store.ListOptions{Text: AssessJob})
		n, jobs = len(entries), len(page.Items)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n, jobs
}

// TestFeeds: a feed is fetched, organizations with sources are assessed anew
// where something changed, and what fails is unknown since then.
func TestFeeds(t *testing.T) {
	h := newFeedHouse(t)
	if s := h.state(t); s.Job == nil || s.Every != 3*time.Hour || !s.Checked.IsZero() {
		t.Fatalf("before: %+v", s)
	}
	h.work(t)
	s := h.state(t)
	if s.Job != nil || s.Documents != 1 || !strings.HasPrefix(s.Known(time.Now()), "as of") || time.Until(s.Next) < 2*time.Hour {
		t.Fatalf("fetched: %+v, %s", s, s.Known(time.Now()))
	}
	if n, jobs := h.asked(t); n != 1 || jobs != 1 {
		t.Errorf("told %d times, %d assessments", n, jobs)
	}
	docs, err := h.feeds.Documents()
	if err != nil || len(docs) != 1 || docs[0].Kind != wardbook.InputKEV || docs[0].Name == "" {
		t.Fatalf("documents: %v %v", docs, err)
	}

	// The same again: nobody is told.
	op := wardbook.Event{Actor: "op"}
	if err := h.feeds.FetchNow(t.Context(), op, "kev"); err != nil {
		t.Fatal(err)
	}
	h.work(t)
	if n, _ := h.asked(t); n != 1 {
		t.Errorf("nothing changed, told %d times", n)
	}

	// Three hours later it is due, once.
	later := time.Now().Add(3*time.Hour + time.Minute)
	for range 2 {
		if err := h.feeds.AskDue(t.Context(), later); err != nil {
			t.Fatal(err)
		}
	}
	if s := h.state(t); s.Job == nil {
		t.Error("it is due and was not asked for")
	}
	none := ""
	h.body.Store(&none)
	h.work(t)
	if s := h.state(t); !strings.HasPrefix(s.Known(time.Now()), "unknown since") || s.Documents != 1 {
		t.Errorf("after a failure: %s", s.Known(time.Now()))
	}

	if err := h.feeds.Plan(t.Context(), op, "kev", wardbook.FeedRule{Stopped: true}); err != nil {
		t.Fatal(err)
	}
	if s := h.state(t); !s.Stopped || !s.Next.IsZero() {
		t.Errorf("stopped: %+v", s)
	}
	if err := h.feeds.AskDue(t.Context(), later.AddDate(0, 1, 0)); err != nil {
		t.Fatal(err)
	}
	if s := h.state(t); s.Job != nil && s.Job.State == wardbook.JobQueued && !s.Job.Cancel {
		t.Errorf("stopped and asked for: %+v", s.Job)
	}
	if err := h.feeds.Remove(t.Context(), op, "kev"); err == nil {
		t.Error("removed without a reason")
	}
	op.Reason = "the mirror is switched off"
	if err := h.feeds.Remove(t.Context(), op, "kev"); err != nil {
		t.Fatal(err)
	}
	if n, _ := h.asked(t); n != 2 {
		t.Errorf("removed: told %d times", n)
	}
}

// TestFeedBundle: what one installation fetched goes to another, signed.
func TestFeedBundle(t *testing.T) {
	h, other := newFeedHouse(t), newFeedHouse(t)
	h.work(t)
	op := wardbook.Event{Actor: "op"}
	var zip bytes.Buffer
	if err := h.feeds.Bundle(t.Context(), wardbook.Event{Actor: "ana"}, &zip, ""); !isRefused(err) || zip.Len() > 0 {
		t.Errorf("who is no operator: %v", err)
	}
	if err := h.feeds.Bundle(t.Context(), op, &zip, ""); err != nil {
		t.Fatal(err)
	}
	key, err := h.feeds.BundleKey()
	if err != nil || key == "" {
		t.Fatal(key, err)
	}
	if _, err := other.feeds.Load(t.Context(), wardbook.Event{Actor: "ana"}, bytes.NewReader(zip.Bytes()), []string{key}); !isRefused(err) {
		t.Errorf("who is no operator: %v", err)
	}
	if err := other.feeds.Remove(t.Context(), wardbook.Event{Actor: "op", Reason: "it comes by bundle"}, "kev"); err != nil {
		t.Fatal(err)
	}
	_, err = other.feeds.Load(t.Context(), op, bytes.NewReader(zip.Bytes()), nil)
	if text, ok := BundleFault(err); !ok || strings.Contains(text, ".bundle-") {
		t.Errorf("without the key: %q %v", text, err)
	}
	if _, err := other.feeds.Load(t.Context(), op, bytes.NewReader(zip.Bytes()), []string{key}); err != nil {
		t.Fatal(err)
	}
	if s := other.state(t); s.Documents != 1 || s.Bundle == "" {
		t.Errorf("loaded: %+v", s)
	}
	if n, _ := other.asked(t); n != 1 {
		t.Errorf("told %d times", n)
	}
}

// TestFeedBusy: a fetch waits while somebody else works in the folder, and can be
// stopped meanwhile.
func TestFeedBusy(t *testing.T) {
	h := newFeedHouse(t)
	h.work(t)
	began, release, failed := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	op := wardbook.Event{Actor: "op"}
	go func() {
		failed <- h.feeds.Bundle(context.WithoutCancel(t.Context()), op, slowWriter{began, release}, "")
	}()
	select {
	case <-began:
	case err := <-failed:
		t.Fatalf("the bundle was not begun: %v", err)
	}
	if err := h.feeds.FetchNow(t.Context(), op, "kev"); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { h.work(t); close(ended) }()
	deadline := time.Now().Add(20 * time.Second)
	for s := h.state(t); (s.Job == nil || !strings.Contains(s.Job.Note, "waits")) && time.Now().Before(deadline); s = h.state(t) {
		time.Sleep(50 * time.Millisecond)
	}
	if s := h.state(t); s.Job == nil || !strings.Contains(s.Job.Note, "waits") {
		t.Errorf("the job does not say that it waits: %+v", s.Job)
	}
	close(release)
	<-ended
	if s := h.state(t); s.Documents != 1 || s.Job != nil {
		t.Errorf("after waiting: %+v", s)
	}
}

// slowWriter tells its first byte and then waits.
type slowWriter struct{ began, release chan struct{} }

func (w slowWriter) Write(b []byte) (int, error) {
	select {
	case <-w.began:
	default:
		close(w.began)
	}
	<-w.release
	return len(b), nil
}
