package advisory

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/intake"
)

// dataDir is the directory of real documents, which is no part of the
// repository.
func dataDir(t testing.TB) string {
	t.Helper()
	dirs := []string{os.Getenv("WARDBOOK_DATA"), "../../../shared/data"}
	for _, dir := range dirs {
		if st, err := os.Stat(filepath.Join(dir, "csaf")); dir != "" && err == nil && st.IsDir() {
			return dir
		}
	}
	t.Skip("the collection of real documents is not here (set WARDBOOK_DATA to its directory)")
	return ""
}

// documents calls fn for every document below dir/sub, unpacked.
func documents(t testing.TB, dir, sub string, fn func(name string, b []byte)) {
	t.Helper()
	err := intake.Walk(filepath.Join(dir, sub), intake.Limits{}, func(f *intake.File) error {
		r, err := f.Open()
		if err != nil {
			return err
		}
		defer r.Close()
		b, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		fn(f.Name, b)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// notDocuments end the names of what lies beside documents in the folders.
var notDocuments = []string{".csv", ".txt", ".asc", ".sha256", ".sha512", ".xml"}

// The counts are those reached: a change that reads less fails. Refused are
// feeds, metadata, schemas, stubs, broken JSON and the like; what CISA
// published is read whole (bar P5 of the design).
func TestCorpus(t *testing.T) {
	dir := dataDir(t)
	var table strings.Builder
	fmt.Fprintf(&table, "%-28s %6s %6s %8s %9s %10s\n", "folder", "files", "read", "refused", "problems", "statements")
	for _, want := range []struct {
		sub     string
		read    int // at least
		refused int // exactly
	}{
		{"csaf/icsma", 101, 0},
		{"csaf/ics", 256, 0},
		{"csaf/ics-bulk.zip", 1729, 0},
		{"csaf/large", 12, 0},
		{"csaf/vendors", 11, 1},
		{"csaf/examples", 7, 7},
		{"csaf/examples-2.1", 8, 8},
		{"csaf/provider-mirror", 15, 8},
		{"csaf/revisions", 71, 0},
		{"csaf/validator-tests", 750, 2},
		{"csaf/malformed", 0, 2},
		{"csaf/odd", 0, 2},
		{"csaf/schema", 0, 25},
		{"vex/csaf", 57, 0},
		{"vex/openvex", 59, 4},
		{"vex/cyclonedx", 23, 3},
		{"vex/schema", 0, 2},
	} {
		read, refused, problems, statements := 0, 0, 0, 0
		documents(t, dir, want.sub, func(name string, b []byte) {
			if slices.Contains(notDocuments, filepath.Ext(name)) {
				return
			}
			doc, err := Decode(bytes.NewReader(b), Options{Name: name})
			if err != nil {
				refused++
				checkRefusal(t, name, err)
				return
			}
			read++
			problems += len(doc.Problems)
			statements += len(doc.Statements)
			checkDocument(t, name, doc)
		})
		fmt.Fprintf(&table, "%-28s %6d %6d %8d %9d %10d\n", want.sub, read+refused, read, refused, problems, statements)
		if read < want.read || refused > want.refused {
			t.Errorf("%s: %d read and %d refused, want at least %d and at most %d", want.sub, read, refused, want.read, want.refused)
		}
	}
	t.Log("\n" + table.String())
}

func checkRefusal(t *testing.T, name string, err error) {
	t.Helper()
	var unsupported *UnsupportedError
	var invalid *wardbook.Invalid
	if !errors.As(err, &unsupported) && !errors.As(err, &invalid) {
		t.Errorf("%s: refused with %T: %v", name, err, err)
	}
	if testing.Verbose() {
		t.Logf("refused %s: %v", filepath.Base(name), err)
	}
}

// checkDocument holds what must be true of every document that is read.
func checkDocument(t *testing.T, name string, doc *Document) {
	t.Helper()
	if doc.Format == "" || doc.Evidence.SHA256 == "" {
		t.Errorf("%s: no format or no evidence", name)
	}
	if a := doc.Advisory; a != nil {
		if a.ID == "" {
			t.Errorf("%s: no id", name)
		}
		for _, p := range a.Products {
			if p.ID == "" {
				t.Errorf("%s: a product without id", name)
			}
		}
	} else if len(doc.Statements) == 0 {
		t.Errorf("%s: neither an advisory nor a statement", name)
	}
	for _, s := range doc.Statements {
		if s.ID == "" || s.Vulnerability == "" || !s.Status.Valid() {
			t.Errorf("%s: statement %+v", name, s)
		}
	}
}

// How many distinct version texts are understood without a person. The rest
// needs one: models that may be versions, dates without a year, wildcards
// inside, bounds of several release lines.
func TestVersionTexts(t *testing.T) {
	dir := dataDir(t)
	type text struct{ category, name string }
	type tally struct {
		name                  string
		share                 float64 // of distinct texts understood, at least
		seen                  map[text]int
		unclear               map[text]string
		conditional, products int
	}
	tallies := []*tally{{name: "medical (CISA ICSMA)", share: 0.95}, {name: "CISA ICSMA and ICS", share: 0.95}, {name: "all of csaf and vex/csaf", share: 0.98}}
	for _, c := range tallies {
		c.seen, c.unclear = map[text]int{}, map[text]string{}
	}
	for _, src := range []struct {
		sub  string
		into []*tally
	}{{"csaf/icsma", tallies}, {"csaf/ics", tallies[1:]}, {"csaf/ics-bulk.zip", tallies[1:]}, {"csaf/vendors", tallies[2:]}, {"csaf/large", tallies[2:]},
		{"csaf/revisions", tallies[2:]}, {"vex/csaf", tallies[2:]}} {
		documents(t, dir, src.sub, func(_ string, b []byte) {
			doc, err := Decode(bytes.NewReader(b), Options{})
			if err != nil {
				return
			}
			for _, p := range doc.Advisory.Products {
				i := slices.IndexFunc(p.Path, func(br wardbook.Branch) bool {
					return br.Name == p.Versions.Raw && strings.HasPrefix(br.Category, "product_version")
				})
				if i < 0 {
					continue
				}
				k := text{p.Path[i].Category, p.Path[i].Name}
				for _, c := range src.into {
					c.products++
					if c.seen[k]++; c.seen[k] == 1 && len(p.Versions.Conditions) > 0 {
						c.conditional++
					}
					if p.Versions.Unclear != "" {
						c.unclear[k] = p.Versions.Unclear
					}
				}
			}
		})
	}
	for _, c := range tallies {
		share := 1 - float64(len(c.unclear))/float64(len(c.seen))
		t.Logf("%s: %d texts in %d products; %.1f %% understood (%d of them with a condition), %d need a person",
			c.name, len(c.seen), c.products, 100*share, c.conditional, len(c.unclear))
		if share < c.share {
			t.Errorf("%s: only %.3f of the version texts are understood, want %.3f", c.name, share, c.share)
		}
		if testing.Verbose() {
			keys := slices.SortedFunc(maps.Keys(c.unclear), func(a, b text) int {
				return cmp.Or(c.seen[b]-c.seen[a], strings.Compare(a.name, b.name))
			})
			for _, k := range keys[:min(len(keys), 40)] {
				t.Logf("  %4d × %s: %s", c.seen[k], k.name, c.unclear[k])
			}
		}
	}
}

func BenchmarkDecodeCISA(b *testing.B) {
	dir := dataDir(b)
	var docs [][]byte
	size := int64(0)
	for _, sub := range []string{"csaf/icsma", "csaf/ics", "csaf/ics-bulk.zip"} {
		documents(b, dir, sub, func(_ string, doc []byte) {
			docs = append(docs, doc)
			size += int64(len(doc))
		})
	}
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		for _, doc := range docs {
			if _, err := Decode(bytes.NewReader(doc), Options{}); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(len(docs)*b.N)/b.Elapsed().Seconds(), "docs/s")
}

func BenchmarkParseRange(b *testing.B) {
	texts := []string{"<= 5.008", "vers:all/<V4.3.8", ">= 1.0 | <= 1.32", "All versions < V8.2 SP1 with WinCC V7.4", "<= U61 |<= L81"}
	for b.Loop() {
		for _, s := range texts {
			ParseRange("product_version_range", s)
		}
	}
}
