package match

import (
	"encoding/csv"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/catalog"
	"github.com/wardbook/wardbook/internal/advisory"
	"github.com/wardbook/wardbook/internal/intake"
)

var showMisses = flag.Bool("misses", false, "print each pair of the labelled set that differs from its label")

// fieldData returns the folder of data from the field, or skips the test.
func fieldData(tb testing.TB, sub ...string) string {
	tb.Helper()
	root := os.Getenv("WARDBOOK_DATA")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared", "data")
	}
	p := filepath.Join(append([]string{root}, sub...)...)
	if _, err := os.Stat(p); err != nil {
		tb.Skipf("data from the field is not at %s: set WARDBOOK_DATA to run this test", p)
	}
	return p
}

// readAdvisories decodes all CSAF documents under the paths.
func readAdvisories(tb testing.TB, paths ...string) []*wardbook.Advisory {
	tb.Helper()
	var out []*wardbook.Advisory
	for _, p := range paths {
		err := intake.Walk(p, intake.Limits{}, func(f *intake.File) error {
			r, err := f.Open()
			if err != nil {
				return err
			}
			defer r.Close()
			doc, err := advisory.Decode(r, advisory.Options{})
			if err == nil && doc.Advisory != nil {
				out = append(out, doc.Advisory)
			}
			return nil
		})
		if err != nil {
			tb.Fatal(err)
		}
	}
	return out
}

func readTable(tb testing.TB, path string) []map[string]string {
	tb.Helper()
	f, err := os.Open(path)
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		tb.Fatalf("%s: %v", path, err)
	}
	out := make([]map[string]string, len(rows)-1)
	for i, row := range rows[1:] {
		m := map[string]string{}
		for j, h := range rows[0] {
			m[h] = row[j]
		}
		out[i] = m
	}
	return out
}

// quality counts pairs of device and advisory: label against answer.
type quality struct {
	pairs                                 map[string]map[string]int // label → status → pairs
	hit, falseHit, miss, silent, possible int
	hitV, falseV, missV, silentV          int // of rows with a version
	falsePossible                         int // possibly affected though unrelated
}

func (q quality) precision() float64 { return ratio(q.hit, q.hit+q.falseHit) }
func (q quality) recall() float64    { return ratio(q.hit, q.hit+q.miss) }

func ratio(a, b int) float64 {
	if b == 0 {
		return 1
	}
	return float64(a) / float64(b)
}

// judge runs a part of the labelled set. Of an advisory's vulnerabilities the
// gravest status counts, since labels speak of the advisory.
func judge(t *testing.T, dir string) quality {
	advs := readAdvisories(t, fieldData(t, "csaf", "icsma"), fieldData(t, "csaf", "ics"))
	cat, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	idx := NewAdvisories(advs, cat, nil)
	label := map[string]map[string]string{}
	for _, l := range readTable(t, filepath.Join(dir, "labels.csv")) {
		if label[l["id"]] == nil {
			label[l["id"]] = map[string]string{}
		}
		label[l["id"]][l["advisory"]] = l["label"]
	}
	q := quality{pairs: map[string]map[string]int{}}
	for _, row := range readTable(t, filepath.Join(dir, "inventory.csv")) {
		id := Identity{Manufacturer: row["manufacturer"], Model: row["model"], ModelNumber: row["model_number"], Version: row["software_version"], OS: row["os"], Type: row["description"]}
		got := map[string]wardbook.Status{}
		why := map[string][]wardbook.Step{}
		for _, m := range idx.Match(id) {
			if old, ok := got[m.Advisory.ID]; !ok || gravity(m.Status) > gravity(old) {
				got[m.Advisory.ID] = m.Status
				why[m.Advisory.ID] = m.Why
			}
		}
		all := map[string]bool{}
		for adv := range got {
			all[adv] = true
		}
		for adv := range label[row["id"]] {
			all[adv] = true
		}
		for adv := range all {
			want, status := label[row["id"]][adv], string(got[adv])
			if want == "" {
				want = "unrelated"
			}
			if status == "" {
				status = "none"
			}
			q.count(want, status, id.Version != "")
			if *showMisses && wrong(want, status) {
				fmt.Printf("%-12s → %-18s %s %s | %s | %s | %s | %s\n", want, status, row["id"], adv, id.Manufacturer, id.Model, id.ModelNumber, id.Version)
				for _, s := range why[adv] {
					fmt.Printf("      %s: %s\n", s.Step, s.Detail)
				}
			}
		}
	}
	return q
}

func gravity(s wardbook.Status) int {
	for i, x := range wardbook.Statuses {
		if x == s {
			return len(wardbook.Statuses) - i
		}
	}
	return 0
}

func wrong(want, status string) bool {
	switch want {
	case "affected":
		return status != "affected"
	case "not_affected", "fixed":
		return status == "affected" || status == "possibly_affected" || status == "none"
	case "needs_person":
		return status != "possibly_affected"
	}
	return status == "affected" || status == "possibly_affected"
}

func (q *quality) count(want, status string, version bool) {
	if q.pairs[want] == nil {
		q.pairs[want] = map[string]int{}
	}
	q.pairs[want][status]++
	add := func(n, withVersion *int) {
		*n++
		if version {
			*withVersion++
		}
	}
	switch {
	case status == "possibly_affected":
		q.possible++
		if want == "unrelated" {
			q.falsePossible++
		}
	case status == "affected" && want == "affected":
		add(&q.hit, &q.hitV)
	case status == "affected":
		add(&q.falseHit, &q.falseV)
	case want == "affected":
		add(&q.miss, &q.missV)
		add(&q.silent, &q.silentV)
	}
}

func (q quality) print(t *testing.T, name string) {
	t.Logf("%s: precision %.3f, recall %.3f; rows with a version: precision %.3f, recall %.3f; possibly affected %d (%d of unrelated pairs); silent misses %d",
		name, q.precision(), q.recall(), ratio(q.hitV, q.hitV+q.falseV), ratio(q.hitV, q.hitV+q.missV), q.possible, q.falsePossible, q.silent)
	var labels []string
	for l := range q.pairs {
		labels = append(labels, l)
	}
	sort.Strings(labels)
	for _, l := range labels {
		var parts []string
		for _, s := range []string{"affected", "possibly_affected", "under_investigation", "not_affected", "fixed", "none"} {
			parts = append(parts, fmt.Sprintf("%s %d", s, q.pairs[l][s]))
		}
		t.Logf("  %-12s %s", l, strings.Join(parts, ", "))
	}
}

// The labelled set: precision and recall of affected, on rows with a version,
// are at least 0.97 each, and no affected pair is passed over in silence.
func TestLabelled(t *testing.T) {
	for _, part := range []struct{ name, dir string }{
		{"dev", filepath.Join("testdata", "labelled")},
		{"holdout", filepath.Join("testdata", "labelled", "holdout")},
		{"fresh", filepath.Join("testdata", "labelled", "fresh")},
		{"unseen", filepath.Join("testdata", "labelled", "unseen")},
	} {
		t.Run(part.name, func(t *testing.T) {
			q := judge(t, part.dir)
			q.print(t, part.name)
			if p := ratio(q.hitV, q.hitV+q.falseV); p < .97 {
				t.Errorf("precision on rows with a version is %.3f", p)
			}
			if r := ratio(q.hitV, q.hitV+q.missV); r < .97 {
				t.Errorf("recall on rows with a version is %.3f", r)
			}
			if q.silent > 0 {
				t.Errorf("%d affected pairs are neither affected nor possibly affected", q.silent)
			}
		})
	}
}
