package feed

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

// An nvd answers like NVD's API, three records a page.
type nvd struct {
	*site
	records []string // id and date
	fail    int      // startIndex that fails, when > 0
	queries []string
}

func newNVD(t *testing.T) *nvd {
	n := &nvd{site: newSite(t)}
	n.hook = func(w http.ResponseWriter, r *http.Request) bool {
		q := r.URL.Query()
		n.queries = append(n.queries, q.Get("startIndex")+" "+q.Get("lastModStartDate")+" "+q.Get("lastModEndDate")+" "+strings.Join(r.Header["Apikey"], ""))
		var match []string
		for _, rec := range n.records {
			id, date, _ := strings.Cut(rec, " ")
			if from := q.Get("lastModStartDate"); from == "" || date >= from && date <= q.Get("lastModEndDate") {
				match = append(match, fmt.Sprintf(`{"cve": {"id":%q,"lastModified":%q}}`, id, date))
			}
		}
		start, _ := strconv.Atoi(q.Get("startIndex"))
		if n.fail > 0 && start == n.fail {
			w.WriteHeader(http.StatusForbidden)
			return true
		}
		fmt.Fprintf(w, `{"resultsPerPage":3,"startIndex":%d,"totalResults":%d,"format":"NVD_CVE","version":"2.0","timestamp":"2026-03-01T12:00:00.000","vulnerabilities":[%s]}`,
			start, len(match), strings.Join(match[min(start, len(match)):min(start+3, len(match))], ","))
		return true
	}
	return n
}

func lines(t *testing.T, f *Folder, d Document) []string {
	t.Helper()
	b, err := unzipped(f.Path(d))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(b)), "\n")
}

// All pages come once; an interrupted run goes on at the page where it was; later
// runs ask for what changed since, and there is one record of an id.
func TestNVD(t *testing.T) {
	n := newNVD(t)
	for i := range 8 {
		n.records = append(n.records, fmt.Sprintf("CVE-%d-%04d 2026-02-0%dT00:00:00.000", 2024+i%2, 1000+i, i+1))
	}
	f, c := open(t, Source{ID: "nvd", Kind: NVD, URL: n.URL + "/cves"})
	n.fail = 6
	if _, err := f.Fetch(context.Background(), "nvd", nil); err == nil {
		t.Fatal("no error")
	}
	if len(documents(t, f)) != 0 {
		t.Error("half of NVD is in use")
	}
	n.fail, n.queries = 0, nil
	r := fetch(t, f, "nvd")
	if len(n.queries) != 1 || n.queries[0] != "6   " {
		t.Errorf("it did not go on where it was: %q", n.queries)
	}
	docs := documents(t, f)
	if r.New != 2 || r.Records != 8 || len(docs) != 2 || docs[0].Name != "nvd-2024.jsonl.gz" || len(lines(t, f, docs[0])) != 4 {
		t.Fatalf("got %s, %v", r, docs)
	}
	n.records[0] = "CVE-2024-1000 2026-03-02T00:00:00.000"
	n.queries = nil
	c.set(today.AddDate(0, 0, 2))
	r = fetch(t, f, "nvd")
	if want := "0 2026-03-01T11:00:00.000Z 2026-03-03T12:00:00.000Z "; len(n.queries) != 1 || n.queries[0] != want {
		t.Errorf("asked %q", n.queries)
	}
	docs = documents(t, f)
	got := lines(t, f, docs[0])
	if r.Changed != 1 || r.Records != 1 || len(got) != 4 || got[0] != `{"cve":{"id":"CVE-2024-1000","lastModified":"2026-03-02T00:00:00.000"}}` || !docs[0].Newest.Equal(time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("got %s\n%s\n%v", r, strings.Join(got, "\n"), docs)
	}
	// After a long time, the changes come window by window.
	n.queries = nil
	c.set(today.AddDate(0, 0, 300))
	fetch(t, f, "nvd")
	if len(n.queries) != 3 {
		t.Errorf("asked %q", n.queries)
	}
}

// What is no reply of NVD does not replace what is there.
func TestNVDWrong(t *testing.T) {
	n := newNVD(t)
	n.records = []string{"CVE-2024-1000 2026-02-01T00:00:00.000", "nonsense 2026-02-01T00:00:00.000"}
	f, c := open(t, Source{ID: "nvd", Kind: NVD, URL: n.URL + "/cves"})
	if r := fetch(t, f, "nvd"); r.Records != 1 || len(r.Problems) != 1 {
		t.Errorf("got %s %v", r, r.Problems)
	}
	n.hook = func(w http.ResponseWriter, r *http.Request) bool {
		_, _ = w.Write([]byte(`{"message":"limit"}`))
		return true
	}
	c.set(today.AddDate(0, 0, 1))
	if _, err := f.Fetch(context.Background(), "nvd", nil); err == nil || len(documents(t, f)) != 1 {
		t.Errorf("got %v", err)
	}
}

func zipOf(t *testing.T, files ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		w, err := z.Create(files[i])
		if err != nil {
			t.Fatal(err)
		}
		_, _ = w.Write([]byte(files[i+1]))
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func record(id, updated string) string {
	return fmt.Sprintf("{\n \"dataType\": \"CVE_RECORD\", \"cveMetadata\": {\"cveId\": %q, \"dateUpdated\": %q}}", id, updated)
}

// The CVE list begins with all records and goes on with the changes of each day; a
// gap begins anew.
func TestCVEList(t *testing.T) {
	s := newSite(t)
	release := func(names ...string) {
		var assets []string
		for _, n := range names {
			s.mu.Lock()
			sum := sha256.Sum256(s.files["/"+n])
			s.mu.Unlock()
			assets = append(assets, fmt.Sprintf(`{"name":%q,"browser_download_url":%q,"digest":"sha256:%s"}`, n, s.URL+"/"+n, hex.EncodeToString(sum[:])))
		}
		s.put("/releases", []byte(`[{"tag_name":"x","assets":[`+strings.Join(assets, ",")+`]}]`))
	}
	inner := zipOf(t, "cves/2024/1xxx/CVE-2024-1000.json", record("CVE-2024-1000", "2026-01-01T00:00:00Z"), "cves/2025/1xxx/CVE-2025-1000.json", record("CVE-2025-1000", "2026-01-01T00:00:00Z"),
		"cves/delta.json", "{}", "cves/2025/1xxx/CVE-2025-1001.json", "{broken")
	s.put("/2026-03-01_all_CVEs_at_midnight.zip.zip", zipOf(t, "cves.zip", string(inner)))
	s.put("/2026-03-01_delta_CVEs_at_0900Z.zip", zipOf(t, "deltaCves/CVE-2024-1000.json", record("CVE-2024-1000", "2026-03-01T08:00:00Z")))
	s.put("/2026-03-01_delta_CVEs_at_end_of_day.zip", zipOf(t, "deltaCves/CVE-2024-2000.json", record("CVE-2024-2000", "2026-03-01T20:00:00Z")))
	s.put("/2026-03-02_delta_CVEs_at_0100Z.zip", zipOf(t, "deltaCves/CVE-2026-0001.json", record("CVE-2026-0001", "2026-03-02T01:00:00Z")))
	release("2026-03-01_all_CVEs_at_midnight.zip.zip", "2026-03-01_delta_CVEs_at_0900Z.zip")
	f, _ := open(t, Source{ID: "cvelist", Kind: CVEList, URL: s.URL + "/releases"})
	r := fetch(t, f, "cvelist")
	if r.Records != 3 || r.New != 2 || len(r.Problems) != 1 || !strings.Contains(r.Problems[0].Place, "CVE-2025-1001") {
		t.Errorf("first: %s %v", r, r.Problems)
	}
	if got := lines(t, f, documents(t, f)[0]); len(got) != 1 || !strings.Contains(got[0], "2026-03-01T08") {
		t.Errorf("2024: %v", got)
	}
	if r := fetch(t, f, "cvelist"); r.Unchanged != 2 {
		t.Errorf("again: %s", r)
	}
	s.log()
	release("2026-03-01_delta_CVEs_at_0900Z.zip", "2026-03-01_delta_CVEs_at_end_of_day.zip", "2026-03-02_delta_CVEs_at_0100Z.zip")
	if r := fetch(t, f, "cvelist"); r.Records != 2 || r.New != 1 || r.Changed != 1 {
		t.Errorf("next day: %s", r)
	}
	if log := s.log(); strings.Contains(log, "all_CVEs") {
		t.Errorf("all records were fetched again:\n%s", log)
	}
	// Two days later, the end of a day between is missing: all records again.
	s.put("/2026-03-04_all_CVEs_at_midnight.zip.zip", zipOf(t, "cves.zip", string(zipOf(t, "CVE-2026-0002.json", record("CVE-2026-0002", "2026-03-03T00:00:00Z")))))
	release("2026-03-04_all_CVEs_at_midnight.zip.zip")
	if r := fetch(t, f, "cvelist"); r.New != 0 || r.Changed != 1 || len(documents(t, f)) != 1 {
		t.Errorf("after a gap: %s %v", r, documents(t, f))
	}
	// A change set that is not the one of the release is not used.
	s.put("/2026-03-04_delta_CVEs_at_0100Z.zip", zipOf(t, "CVE-2026-0003.json", record("CVE-2026-0003", "2026-03-04T00:00:00Z")))
	release("2026-03-04_all_CVEs_at_midnight.zip.zip", "2026-03-04_delta_CVEs_at_0100Z.zip")
	s.put("/2026-03-04_delta_CVEs_at_0100Z.zip", zipOf(t, "CVE-2026-0003.json", record("CVE-2026-0003", "2026-03-05T00:00:00Z")))
	if _, err := f.Fetch(context.Background(), "cvelist", nil); err == nil || !strings.Contains(err.Error(), "digest") {
		t.Errorf("got %v", err)
	}
}

// A mirror is one zip; it is fetched again when it changed.
func TestCVEListMirror(t *testing.T) {
	s := newSite(t)
	s.put("/cves.zip", zipOf(t, "CVE-2024-1000.json", record("CVE-2024-1000", "2026-01-01T00:00:00Z")))
	f, _ := open(t, Source{ID: "m", Kind: CVEList, URL: s.URL + "/cves.zip"})
	fetch(t, f, "m")
	if r := fetch(t, f, "m"); r.Unchanged != 1 || r.Records != 0 {
		t.Errorf("again: %s", r)
	}
	if log := s.log(); log != "/cves.zip 200\n/cves.zip 304" {
		t.Errorf("asked:\n%s", log)
	}
}

// OSV: one zip per ecosystem; a broken one does not keep the others from coming.
func TestOSV(t *testing.T) {
	s := newSite(t)
	s.put("/Debian/all.zip", zipOf(t, "D-1.json", "{}"))
	s.put("/GitHub Actions/all.zip", zipOf(t, "G-1.json", "{}"))
	s.put("/PyPI/all.zip", []byte("PK no zip"))
	f, _ := open(t, Source{ID: "osv", Kind: OSV, URL: s.URL, Ecosystems: []string{"PyPI", "Debian", "GitHub Actions"}})
	r, err := f.Fetch(context.Background(), "osv", nil)
	if err == nil || !strings.Contains(err.Error(), "PyPI") || r.New != 2 || r.Aside != 1 {
		t.Errorf("got %v, %s", err, r)
	}
	if got := names(documents(t, f)); got != "Debian.zip , GitHub Actions.zip " {
		t.Errorf("got %q", got)
	}
	if got := status(t, f, "osv").Known(today); !strings.HasPrefix(got, "in part") {
		t.Errorf("status: %s", got)
	}
}

// BenchmarkYears takes real CVE records into documents by year.
func BenchmarkYears(b *testing.B) {
	text, err := unzipped("../../../shared/data/cve5/bulk-sample.jsonl.gz")
	if err != nil {
		b.Skip("no real data here: ", err)
	}
	records := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		dir := b.TempDir()
		f, err := Open(dir, Options{})
		if err != nil {
			b.Fatal(err)
		}
		src := Source{ID: "cvelist", Kind: CVEList}
		idx := &index{Sources: map[string]*sourceState{}}
		r := &run{f: f, idx: idx, src: src, st: idx.state(src), progress: func(int64, int64, string) {}}
		for range 2 { // the second time, all of it is there already
			y, err := newYears(r.partials(), readCVE5)
			if err != nil {
				b.Fatal(err)
			}
			for _, rec := range records {
				if err := y.add(rec); err != nil {
					b.Fatal(err)
				}
			}
			if err := r.merge(y, false); err != nil {
				b.Fatal(err)
			}
			y.close()
		}
	}
	b.ReportMetric(float64(2*len(records)*b.N)/b.Elapsed().Seconds(), "records/s")
}
