package vulndb

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/intake"
)

// compileFiles compiles all files under the paths into a feed, one source a
// path.
func compileFiles(t testing.TB, to string, paths ...string) {
	t.Helper()
	c, err := Create(to, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Abort()
	for _, path := range paths {
		src := c.Source(path)
		err := intake.Walk(path, intake.Limits{}, func(f *intake.File) error {
			rc, err := f.Open()
			if err != nil {
				return err
			}
			defer rc.Close()
			return src.Add(strings.TrimPrefix(strings.TrimPrefix(f.Name, path), "!"), rc)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
}

func realPaths(t testing.TB) []string {
	root := dataDir(t, "")
	var out []string
	for _, p := range []string{"osv", "cve5", "nvd/anchore-nvd-overrides.jsonl.gz", "nvd/records", "nvd/api-cve", "nvd/feed-cve-v2"} {
		out = append(out, filepath.Join(root, p))
	}
	return out
}

// newestOnly is what the feed promises: of records with one source and id the
// newest, of equally new ones the first.
func newestOnly(all []wardbook.Vulnerability) []wardbook.Vulnerability {
	best := map[string]int{}
	for i, v := range all {
		id := v.Source + "\x00" + v.ID
		if j, ok := best[id]; !ok || v.Modified.After(all[j].Modified) {
			best[id] = i
		}
	}
	keep := []int{}
	for _, i := range best {
		keep = append(keep, i)
	}
	slices.Sort(keep)
	var out []wardbook.Vulnerability
	for _, i := range keep {
		out = append(out, all[i])
	}
	return out
}

// checkFeed compares every record and every lookup of a feed with a scan over
// the decoded records.
func checkFeed(t *testing.T, db *DB, all []wardbook.Vulnerability) {
	t.Helper()
	want := newestOnly(all)
	i := 0
	for v, err := range db.Records() {
		if err != nil {
			t.Fatal(err)
		}
		if i == len(want) {
			t.Fatalf("more than %d records", len(want))
		}
		if diff := cmp.Diff(want[i], *v); diff != "" {
			t.Fatalf("record %d %s: %s", i, v.ID, diff)
		}
		i++
	}
	if i != len(want) || db.Len() != len(want) {
		t.Fatalf("%d records, Len %d, want %d", i, db.Len(), len(want))
	}
	scan := map[key][]string{}
	for _, v := range want {
		seen := map[key]bool{}
		keys(&v, func(k key) bool {
			if !seen[k] {
				seen[k] = true
				scan[k] = append(scan[k], v.Source+" "+v.ID)
			}
			return true
		})
	}
	for k, ids := range scan {
		got, err := db.find(k)
		if err != nil {
			t.Fatal(err)
		}
		var gotIDs []string
		for _, v := range got {
			gotIDs = append(gotIDs, v.Source+" "+v.ID)
		}
		if !slices.Equal(gotIDs, ids) {
			t.Fatalf("%q: got %v, a scan finds %v", k, gotIDs, ids)
		}
	}
	for _, k := range []key{idKey("CVE-1900-0001"), packageKey("npm", "no such package"), productKey("nobody", "nothing")} {
		if got, err := db.find(k); err != nil || (len(got) > 0) != (len(scan[k]) > 0) {
			t.Fatalf("%q: %d records, %v", k, len(got), err)
		}
	}
	t.Logf("%d records, %d keys", len(want), len(scan))
}

// The lookups of a feed find what a scan over all decoded records finds.
func TestFeedEqualsScan(t *testing.T) {
	paths := realPaths(t)
	var all []wardbook.Vulnerability
	for _, p := range paths {
		decodeAll(t, p, func(v wardbook.Vulnerability) error { all = append(all, v); return nil })
	}
	path := filepath.Join(t.TempDir(), "feed")
	compileFiles(t, path, paths...)
	db, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	checkFeed(t, db, all)
	if err := db.Verify(); err != nil {
		t.Error(err)
	}
	for _, s := range db.Sources() {
		t.Logf("%s: %s, %d records, %d refused, %d problems", filepath.Base(s.Name), s.Format, s.Records, s.Refused, len(s.Problems))
	}
}

// The same sources in the same order give the same bytes, however the work was
// spread.
func TestFeedReproducible(t *testing.T) {
	in := filepath.Join(dataDir(t, "osv"), "Go.zip")
	dir := t.TempDir()
	var first []byte
	for i := range 3 {
		path := filepath.Join(dir, fmt.Sprint(i))
		compileFiles(t, path, in)
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = b
		}
		if string(first) != string(b) {
			t.Error("the same sources gave other bytes")
		}
	}
}

func TestFeedNewestWins(t *testing.T) {
	rec := func(id, modified, pkg string) string {
		return fmt.Sprintf(`{"schema_version":"1","id":%q,"modified":%q,"affected":[{"package":{"ecosystem":"PyPI","name":%q},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"}]}]}]}`, id, modified, pkg)
	}
	path := filepath.Join(t.TempDir(), "feed")
	c, err := Create(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	src := c.Source("a")
	for i, in := range []string{
		rec("A-1", "2024-01-01T00:00:00Z", "old") + "\n" + rec("A-2", "2024-01-01T00:00:00Z", "Some.Name") + "\n",
		rec("A-1", "2025-01-01T00:00:00Z", "new"),
		rec("A-1", "2025-01-01T00:00:00Z", "again"),
		`{"id":"A-3","affected":[{"package":7}`,
		`<xml/>`,
	} {
		if err := src.Add(fmt.Sprint("f", i), strings.NewReader(in)); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for name, want := range map[string]int{"old": 0, "new": 1, "again": 0, "some_name": 1, "SOME--name": 1, "other": 0} {
		got, err := db.ByPackage("PyPI:x", name)
		if err != nil || len(got) != want {
			t.Errorf("%s: %d records, %v; want %d", name, len(got), err, want)
		}
	}
	if db.Len() != 2 {
		t.Errorf("%d records, want 2", db.Len())
	}
	s := db.Sources()[0]
	if s.Records != 4 || s.Refused != 2 {
		t.Errorf("%d records, %d refused; want 4, 2", s.Records, s.Refused)
	}
	gotPlaces := places(s.Info)
	slices.Sort(gotPlaces)
	wantPlaces := []string{"f3: /affected", "f3: /affected/0", "f3: /affected/0/package", "f4"}
	if diff := cmp.Diff(wantPlaces, gotPlaces); diff != "" {
		t.Error(diff, s.Problems)
	}
}

// A feed that was cut or changed anywhere gives an error or the right answer,
// never a wrong one.
func TestFeedDamage(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "feed")
	c, err := Create(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	src := c.Source("a")
	for i := range 40 {
		rec := fmt.Sprintf(`{"schema_version":"1","id":"A-%d","aliases":["CVE-2024-%04d"],"affected":[{"package":{"ecosystem":"Go","name":"example.org/%d"},"versions":["1"]}]}`, i, i, i%7)
		if err := src.Add("", strings.NewReader(rec)); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	wrong := 0
	try := func(b []byte, what string) {
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		db, err := Open(path)
		if err != nil {
			if !errors.Is(err, ErrCorrupt) {
				t.Errorf("%s: %v is not ErrCorrupt", what, err)
			}
			return
		}
		defer db.Close()
		got, err := db.ByPackage("Go", "example.org/3")
		if err == nil && len(got) != 6 {
			t.Errorf("%s: %d records and no error", what, len(got))
		}
		if db.Verify() == nil {
			wrong++
		}
	}
	for n := 0; n < len(good); n += 1 + len(good)/60 {
		try(good[:n], fmt.Sprintf("cut at %d", n))
	}
	for n := 0; n < len(good); n += 1 + n%31 {
		b := slices.Clone(good)
		b[n] ^= 0x41
		try(b, fmt.Sprintf("changed at %d", n))
	}
	if wrong > 0 {
		t.Errorf("%d damaged feeds pass Verify", wrong)
	}
}

func TestSorterSpills(t *testing.T) {
	s := sorter{dir: t.TempDir()}
	defer s.close()
	const n = 2*runEntries + 1000
	x := uint64(1)
	for i := range n {
		x = x*6364136223846793005 + 1442695040888963407
		if err := s.add(entry{x >> 44, uint64(i)}); err != nil {
			t.Fatal(err)
		}
	}
	var last entry
	count := 0
	err := s.all(func(e entry) error {
		if compareEntries(last, e) > 0 {
			return io.ErrUnexpectedEOF
		}
		last = e
		count++
		return nil
	})
	if err != nil || count != n {
		t.Errorf("%d entries, %v; want %d in order", count, err, n)
	}
}

func BenchmarkCompile(b *testing.B) {
	for _, p := range []string{"osv/AlmaLinux.zip", "osv/Go.zip", "osv/Bitnami.jsonl.gz", "osv/PyPI-yaml.zip", "cve5", "nvd/anchore-nvd-overrides.jsonl.gz"} {
		b.Run(p, func(b *testing.B) {
			b.ReportAllocs()
			to := filepath.Join(b.TempDir(), "feed")
			n := 0
			for b.Loop() {
				compileFiles(b, to, filepath.Join(dataDir(b, ""), p))
				db, err := Open(to)
				if err != nil {
					b.Fatal(err)
				}
				for _, s := range db.Sources() {
					n += s.Records
				}
				db.Close()
			}
			st, _ := os.Stat(to)
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "records/s")
			b.ReportMetric(float64(st.Size())/(1<<20), "MiB")
		})
	}
}
