package feed

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// today is the clock of the tests.
var today = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// a clock that tests set.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = t
}

// open opens a folder that may reach the loopback address, and does not wait
// between tries.
func open(t *testing.T, sources ...Source) (*Folder, *clock) {
	t.Helper()
	c := &clock{t: today}
	f, err := Open(t.TempDir(), Options{Now: c.now, wait: atOnce, pause: time.Nanosecond})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(f.dir, configFile), []byte("network:\n  allow: [127.0.0.1]\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, s := range sources {
		if err := f.Add(s); err != nil {
			t.Fatal(err)
		}
	}
	return f, c
}

func atOnce(time.Duration) <-chan time.Time {
	ch := make(chan time.Time, 1)
	ch <- time.Time{}
	return ch
}

// A site serves bytes from memory, with ETag, Range and a list of what was asked.
type site struct {
	*httptest.Server
	mu    sync.Mutex
	files map[string][]byte
	asked []string // "path status"
	hook  func(w http.ResponseWriter, r *http.Request) bool
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{files: map[string][]byte{}}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.Close)
	return s
}

func (s *site) put(path string, b []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.files[path] = b
}

func (s *site) remove(path string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.files, path)
}

// log is what was asked since the last call.
func (s *site) log() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := strings.Join(s.asked, "\n")
	s.asked = nil
	return out
}

type statusWriter struct {
	http.ResponseWriter
	code int
}

func (w *statusWriter) WriteHeader(code int) { w.code = code; w.ResponseWriter.WriteHeader(code) }

func (s *site) serve(rw http.ResponseWriter, r *http.Request) {
	w := &statusWriter{rw, 200}
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		line := fmt.Sprintf("%s %d", r.URL.Path, w.code)
		if v := r.Header.Get("Range"); v != "" {
			line += " " + v
		}
		s.asked = append(s.asked, line)
	}()
	s.mu.Lock()
	hook := s.hook
	b, ok := s.files[r.URL.Path]
	s.mu.Unlock()
	if hook != nil && hook(w, r) {
		return
	}
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("ETag", fmt.Sprintf("%q", fmt.Sprintf("%x", len(b))+"-"+urlKey(string(b))[:12]))
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(b))
}

func kev(released string, n int) []byte {
	type entry struct {
		CVE   string `json:"cveID"`
		Added string `json:"dateAdded"`
	}
	doc := map[string]any{"title": "KEV", "dateReleased": released}
	var list []entry
	for i := range n {
		list = append(list, entry{fmt.Sprintf("CVE-2025-%04d", i), "2025-01-01"})
	}
	doc["vulnerabilities"] = list
	b, _ := json.Marshal(doc)
	return b
}

func zipped(text string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(text))
	_ = w.Close()
	return b.Bytes()
}

func fetch(t *testing.T, f *Folder, id string) Report {
	t.Helper()
	r, err := f.Fetch(context.Background(), id, nil)
	if err != nil {
		t.Fatalf("fetch %s: %v", id, err)
	}
	return r
}

func documents(t *testing.T, f *Folder) []Document {
	t.Helper()
	docs, err := f.Documents()
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range docs {
		sum, size, err := digest(f.Path(d))
		if err != nil || sum != d.SHA256 || size != d.Size {
			t.Fatalf("%s: the object does not fit the index: %v", d.Name, err)
		}
	}
	return docs
}

func status(t *testing.T, f *Folder, id string) Status {
	t.Helper()
	all, err := f.Status()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		if s.Source.ID == id {
			return s
		}
	}
	t.Fatalf("no status of %s", id)
	return Status{}
}

// A catalogue is fetched once; then only asked for; then fetched again when its
// ETag is another.
func TestConditional(t *testing.T) {
	s := newSite(t)
	s.put("/kev.json", kev("2026-02-27T10:00:00Z", 3))
	f, c := open(t, Source{ID: "kev", Kind: KEV, URL: s.URL + "/kev.json"})
	if got := status(t, f, "kev").Known(today); got != "unknown: never fetched" {
		t.Errorf("before: %q", got)
	}
	if r := fetch(t, f, "kev"); r.New != 1 {
		t.Errorf("first: %s", r)
	}
	c.set(today.Add(time.Hour))
	if r := fetch(t, f, "kev"); r.Unchanged != 1 {
		t.Errorf("second: %s", r)
	}
	s.put("/kev.json", kev("2026-03-01T10:00:00Z", 4))
	if r := fetch(t, f, "kev"); r.Changed != 1 {
		t.Errorf("third: %s", r)
	}
	if got, want := s.log(), "/kev.json 200\n/kev.json 304\n/kev.json 200"; got != want {
		t.Errorf("asked:\n%s\nwant:\n%s", got, want)
	}
	docs := documents(t, f)
	if len(docs) != 1 || docs[0].Newest.Format(time.DateOnly) != "2026-03-01" {
		t.Errorf("documents: %+v", docs)
	}
	if got := status(t, f, "kev").Known(c.now()); got != "as of 2026-03-01 13:00" {
		t.Errorf("after: %q", got)
	}
}

// What is not what the source should give is kept aside: what was there before
// stays in use, and the source counts as unknown since.
func TestWrongContent(t *testing.T) {
	defer func(n int64) { maxEPSS = n }(maxEPSS)
	maxEPSS = 1 << 20
	for _, tt := range []struct {
		name, kind string
		good, bad  []byte
		want       string
	}{
		{"an error page", "kev", kev("2026-02-27T10:00:00Z", 3), []byte("<html>sign in</html>"), "no KEV catalogue"},
		{"an empty catalogue", "kev", kev("2026-02-27T10:00:00Z", 3), []byte(`{"vulnerabilities":[]}`), "names no vulnerability"},
		{"a cut gzip", "epss", zipped("#model_version:v1,score_date:2026-02-28T00:00:00+0000\ncve,epss,percentile\nCVE-1,0.1,0.2\n"), zipped("cve,epss,percentile\n" + strings.Repeat("CVE-1,0.1,0.2\n", 1000))[:60], "damaged"},
		{"a table of something else", "epss", zipped("cve,epss,percentile\nCVE-1,0.1,0.2\n"), zipped("a,b\n1,2\n"), "header"},
		{"a bomb", "epss", zipped("cve,epss,percentile\nCVE-1,0.1,0.2\n"), zipped("cve,epss\n" + strings.Repeat("\n", 1<<20)), "larger than allowed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newSite(t)
			s.put("/x", tt.good)
			f, c := open(t, Source{ID: "x", Kind: Kind(tt.kind), URL: s.URL + "/x"})
			fetch(t, f, "x")
			before := documents(t, f)
			s.put("/x", tt.bad)
			c.set(today.Add(2 * time.Hour))
			r, err := f.Fetch(context.Background(), "x", nil)
			if err == nil || !strings.Contains(err.Error(), tt.want) || r.Aside != 1 {
				t.Fatalf("got %v, %s", err, r)
			}
			after := documents(t, f)
			if len(after) != 1 || after[0].SHA256 != before[0].SHA256 {
				t.Error("what was there before is not in use any more")
			}
			st := status(t, f, "x")
			if got := st.Known(c.now()); got != "unknown since 2026-03-01 12:00: the last try failed" || st.Aside != 1 {
				t.Errorf("status %q, %d aside", got, st.Aside)
			}
		})
	}
}

// A download that is cut off goes on where it was, in the same run and in the next.
func TestResume(t *testing.T) {
	big := zipped("cve,epss,percentile\n" + random(400_000))
	cut := func(s *site, times int) {
		s.hook = func(w http.ResponseWriter, r *http.Request) bool {
			if times == 0 {
				return false
			}
			times--
			start := 0
			if v := r.Header.Get("Range"); v != "" {
				_, _ = fmt.Sscanf(v, "bytes=%d-", &start)
				w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", start, len(big)-1, len(big)))
			}
			w.Header().Set("ETag", `"one"`)
			w.Header().Set("Content-Length", fmt.Sprint(len(big)-start))
			if start > 0 {
				w.WriteHeader(http.StatusPartialContent)
			}
			_, _ = w.Write(big[start : start+10_000])
			panic(http.ErrAbortHandler)
		}
	}
	serve := func(s *site, etag string) {
		s.hook = func(w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("ETag", etag)
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(big))
			return true
		}
	}
	s := newSite(t)
	f, _ := open(t, Source{ID: "epss", Kind: EPSS, URL: s.URL + "/epss"})
	cut(s, maxTries)
	if _, err := f.Fetch(context.Background(), "epss", nil); err == nil || !strings.Contains(err.Error(), "cut off") {
		t.Fatalf("got %v", err)
	}
	log := s.log()
	for i := 1; i < maxTries; i++ {
		if want := fmt.Sprintf("bytes=%d-", i*10_000); !strings.Contains(log, want) {
			t.Errorf("no try went on with %s:\n%s", want, log)
		}
	}
	serve(s, `"one"`)
	fetch(t, f, "epss")
	if want := fmt.Sprintf("/epss 206 bytes=%d-", maxTries*10_000); s.log() != want {
		t.Errorf("the next run did not go on with %s", want)
	}
	docs := documents(t, f)
	if docs[0].Size != int64(len(big)) {
		t.Errorf("%d bytes, want %d", docs[0].Size, len(big))
	}

	t.Run("a document that changed meanwhile is fetched from its beginning", func(t *testing.T) {
		s := newSite(t)
		f, _ := open(t, Source{ID: "epss", Kind: EPSS, URL: s.URL + "/epss"})
		cut(s, maxTries)
		_, _ = f.Fetch(context.Background(), "epss", nil)
		s.log()
		serve(s, `"two"`)
		fetch(t, f, "epss")
		if want := fmt.Sprintf("/epss 200 bytes=%d-", maxTries*10_000); s.log() != want {
			t.Error("it was not asked with If-Range")
		}
		documents(t, f)
	})
}

func random(n int) string {
	var b strings.Builder
	x := uint32(1)
	for b.Len() < n {
		x = x*1664525 + 1013904223
		fmt.Fprintf(&b, "CVE-%d,0.%d,0.%d\n", x, x%9973, x>>7)
	}
	return b.String()
}

// The wall lets nothing through that is not public, whatever leads there.
func TestWall(t *testing.T) {
	inside := newSite(t)
	inside.put("/secret", kev("2026-01-01", 1))
	port := inside.URL[strings.LastIndex(inside.URL, ":"):]
	outside := newSite(t)
	outside.hook = func(w http.ResponseWriter, r *http.Request) bool {
		http.Redirect(w, r, "http://localhost"+port+"/secret", http.StatusFound)
		return true
	}
	t.Run("a redirect to a name that is private", func(t *testing.T) {
		f, _ := open(t, Source{ID: "kev", Kind: KEV, URL: outside.URL + "/kev"})
		forbidden(t, f, "kev")
	})
	for name, address := range map[string]string{
		"plain http":            "http://feeds.example/kev",
		"loopback":              "https://127.0.0.1/kev",
		"loopback by name":      "https://localhost/kev",
		"IPv6 loopback":         "https://[::1]/kev",
		"mapped":                "https://[::ffff:10.0.0.1]/kev",
		"private":               "https://192.168.1.1/kev",
		"metadata of the cloud": "https://169.254.169.254/latest/meta-data",
		"another port":          "https://1.1.1.1:8443/kev",
	} {
		t.Run(name, func(t *testing.T) {
			f, _ := open(t, Source{ID: "kev", Kind: KEV, URL: address})
			if err := os.WriteFile(filepath.Join(f.dir, configFile), []byte("sources:\n- {id: kev, kind: kev, url: '"+address+"'}\n"), 0o644); err != nil {
				t.Fatal(err)
			}
			forbidden(t, f, "kev")
		})
	}
	t.Run("redirects without end", func(t *testing.T) {
		s := newSite(t)
		s.hook = func(w http.ResponseWriter, r *http.Request) bool {
			http.Redirect(w, r, r.URL.Path+"x", http.StatusFound)
			return true
		}
		f, _ := open(t, Source{ID: "kev", Kind: KEV, URL: s.URL + "/kev"})
		if _, err := f.Fetch(context.Background(), "kev", nil); err == nil || !strings.Contains(err.Error(), "redirects") {
			t.Errorf("got %v", err)
		}
	})
	if got := inside.log(); got != "" {
		t.Errorf("the inside was reached: %s", got)
	}
}

func forbidden(t *testing.T, f *Folder, id string) {
	t.Helper()
	if _, err := f.Fetch(context.Background(), id, nil); !errors.Is(err, ErrForbidden) {
		t.Errorf("got %v, want ErrForbidden", err)
	}
}

// A server that is busy is asked again, and not before it says so.
func TestRetry(t *testing.T) {
	s := newSite(t)
	s.put("/kev", kev("2026-02-01", 1))
	busy := 2
	s.hook = func(w http.ResponseWriter, r *http.Request) bool {
		if busy == 0 {
			return false
		}
		busy--
		w.Header().Set("Retry-After", "30")
		w.WriteHeader(http.StatusServiceUnavailable)
		return true
	}
	f, _ := open(t, Source{ID: "kev", Kind: KEV, URL: s.URL + "/kev"})
	var waits []time.Duration
	f.opts.wait = func(d time.Duration) <-chan time.Time { waits = append(waits, d); return atOnce(d) }
	fetch(t, f, "kev")
	if len(waits) != 2 || waits[0] < 30*time.Second {
		t.Errorf("waits: %v", waits)
	}
	busy = 1
	s.hook = func(w http.ResponseWriter, r *http.Request) bool {
		w.Header().Set("Retry-After", "7200")
		w.WriteHeader(http.StatusTooManyRequests)
		return true
	}
	if _, err := f.Fetch(context.Background(), "kev", nil); err == nil || !strings.Contains(err.Error(), "come back in 2h") {
		t.Errorf("got %v", err)
	}
}

// No error, index or status names the query of a URL or a user in it: they can
// hold a token.
func TestNoSecrets(t *testing.T) {
	s := newSite(t)
	s.hook = func(w http.ResponseWriter, r *http.Request) bool {
		switch r.URL.Path {
		case "/kev":
			http.Redirect(w, r, "/signed?token=hush", http.StatusFound)
		case "/gone":
			http.Redirect(w, r, "http://10.0.0.1/x?token=hush", http.StatusFound)
		default:
			_, _ = w.Write(kev("2026-02-01", 1))
		}
		return true
	}
	f, _ := open(t, Source{ID: "kev", Kind: KEV, URL: s.URL + "/kev?token=hush"}, Source{ID: "gone", Kind: KEV, URL: s.URL + "/gone?token=hush"})
	fetch(t, f, "kev")
	_, err := f.Fetch(context.Background(), "gone", nil)
	if err == nil || strings.Contains(err.Error(), "hush") {
		t.Errorf("got %v", err)
	}
	b, err := os.ReadFile(filepath.Join(f.dir, indexFile))
	if err != nil {
		t.Fatal(err)
	}
	if i := bytes.Index(b, []byte("hush")); i >= 0 {
		t.Errorf("the index holds it: %s", b[max(0, i-100):i+4])
	}
	if err := f.Add(Source{ID: "u", Kind: KEV, URL: "https://ana:hush@feeds.example/"}); err == nil || strings.Contains(err.Error(), "hush") {
		t.Errorf("got %v", err)
	}
}
