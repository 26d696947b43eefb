package match

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wardbook/wardbook"
)

// TestComponentCorpus holds the cases that other tools are known to get wrong.
func TestComponentCorpus(t *testing.T) {
	b, err := os.ReadFile("testdata/components.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Name, Want string
		Ask        wardbook.QuestionKind
		Component  wardbook.Component
		Record     wardbook.Vulnerability
		Platforms  []string
	}
	if err := json.Unmarshal(b, &cases); err != nil {
		t.Fatal(err)
	}
	for _, tt := range cases {
		t.Run(tt.Name, func(t *testing.T) {
			db := memoryOf(&tt.Record)
			got, err := Components([]wardbook.Component{tt.Component}, db, Options{Platforms: tt.Platforms})
			if err != nil {
				t.Fatal(err)
			}
			status, ask := "none", wardbook.QuestionKind("")
			if len(got) > 0 {
				status, ask = string(got[0].Status), got[0].Ask
			}
			if status != tt.Want || ask != tt.Ask {
				t.Errorf("got %s ask %q, want %s ask %q\n%+v", status, ask, tt.Want, tt.Ask, got)
			}
			if len(got) > 0 && (got[0].Confidence <= 0 || got[0].Confidence > 1 || len(got[0].Why) < 2) {
				t.Errorf("weak proof: %+v", got[0])
			}
			all, err := Components([]wardbook.Component{tt.Component}, db, Options{Platforms: tt.Platforms, Outside: true})
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range all {
				if m.Status == wardbook.NotAffected && len(m.Why) < 2 {
					t.Errorf("an absence without a reason: %+v", m)
				}
			}
		})
	}
}

func TestComponentsJoinAliases(t *testing.T) {
	affected := func(fixed string) []wardbook.AffectedPackage {
		return []wardbook.AffectedPackage{{Ecosystem: "Go", Package: "example.org/x", Ranges: []wardbook.Range{{Type: "SEMVER", Fixed: fixed}}}}
	}
	db := memoryOf(
		&wardbook.Vulnerability{ID: "GO-1", Source: "OSV", Aliases: []string{"CVE-2024-1", "GHSA-a"}, Affected: affected("1.4.0")},
		&wardbook.Vulnerability{ID: "GHSA-a", Source: "OSV", Aliases: []string{"CVE-2024-1"}, Affected: affected("1.2.0")},
		&wardbook.Vulnerability{ID: "GHSA-b", Source: "OSV", Affected: affected("2.0.0")},
	)
	c := wardbook.Component{Name: "x", Version: "v1.3.0", Purl: "pkg:golang/example.org/x@v1.3.0"}
	got, err := Components([]wardbook.Component{c, c}, db, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, m := range got {
		lines = append(lines, fmt.Sprintln(m.Component, m.Vulnerability, m.Aliases, len(m.Records), m.Status, m.Confidence, m.Fixed))
	}
	// GHSA-a says 1.3.0 is mended, GO-1 that it is not: less sure.
	want := []string{
		"0 CVE-2024-1 [GHSA-a GO-1] 1 affected 0.7 [1.4.0]\n",
		"0 GHSA-b [] 1 affected 0.99 [2.0.0]\n",
		"1 CVE-2024-1 [GHSA-a GO-1] 1 affected 0.7 [1.4.0]\n",
		"1 GHSA-b [] 1 affected 0.99 [2.0.0]\n",
	}
	if d := cmp.Diff(want, lines); d != "" {
		t.Error(d)
	}
}

// TestComponentsSpeed matches 41,000 components against the real records.
func TestComponentsSpeed(t *testing.T) {
	if testing.Short() {
		t.Skip("a measurement")
	}
	var vs []*wardbook.Vulnerability
	var cs []wardbook.Component
	for _, f := range []string{"Go.zip", "PyPI-yaml.zip"} {
		for _, r := range readOSV(t, testData(t, "osv", f)) {
			vs = append(vs, r.vulnerability())
		}
	}
	for i := 0; len(cs) < 41_000; i++ {
		a := slices.Clone(vs[i%len(vs)].Affected)
		if len(a) == 0 {
			continue
		}
		typ := map[string]string{"Go": "golang", "PyPI": "pypi"}[a[0].Ecosystem]
		v := fmt.Sprintf("1.%d.%d", i%17, i%5)
		if strings.ContainsAny(a[0].Package, " ") {
			continue
		}
		if i%10 != 0 { // most components of real SBOMs are in no record
			a[0].Package += "-other"
		}
		cs = append(cs, wardbook.Component{Name: a[0].Package, Version: v, Purl: "pkg:" + typ + "/" + a[0].Package + "@" + v})
	}
	db := memoryOf(vs...)
	start := time.Now()
	got, err := Components(cs, db, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d components, %d records: %d matches in %v", len(cs), len(vs), len(got), time.Since(start))
}
