package sbom

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"github.com/wardbook/wardbook/internal/intake"
)

// dataDir finds the shared real-world data beside the repository.
func dataDir(t testing.TB) string {
	dir := os.Getenv("WARDBOOK_DATA")
	if dir == "" {
		dir = "../../../shared/data"
	}
	if _, err := os.Stat(filepath.Join(dir, "sbom")); err != nil {
		t.Skip("no real-world data: set WARDBOOK_DATA to the data directory")
	}
	return dir
}

// A tally counts what became of the files of one kind.
type tally struct {
	files, read, refused, failed, problems, components int
}

func readAll(t testing.TB, path string, keep func(name string) bool, each func(name string, d *Document, err error)) {
	t.Helper()
	err := intake.Walk(path, intake.Limits{}, func(f *intake.File) error {
		if keep != nil && !keep(f.Name) {
			return nil
		}
		rc, err := f.Open()
		if err != nil {
			return err
		}
		d, err := Decode(rc, Options{})
		rc.Close()
		each(f.Name, d, err)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestCorpus reads every SBOM of the real-world data. The counts are what is
// reached now: fewer is a step back.
func TestCorpus(t *testing.T) {
	dir := filepath.Join(dataDir(t), "sbom")
	if testing.Short() {
		t.Skip("short")
	}
	has := func(s string) func(string) bool {
		return func(name string) bool { return strings.HasPrefix(filepath.Base(name), s) }
	}
	var refusals []string
	t.Logf("%-28s %6s %6s %8s %7s %9s %11s", "kind", "files", "read", "refused", "failed", "problems", "components")
	for _, k := range []struct {
		name, path string
		keep       func(string) bool
		want       tally // read and components: at least; refused and failed: exactly
	}{
		{name: "cyclonedx-json", want: tally{read: 111, refused: 1, components: 17_504}},
		{name: "cyclonedx-xml", want: tally{read: 23, components: 6_775}},
		{name: "vectors valid", path: "cyclonedx-spec-vectors", keep: has("valid-"), want: tally{read: 347, components: 448}},
		{name: "vectors invalid", path: "cyclonedx-spec-vectors", keep: has("invalid-"), want: tally{read: 219, refused: 6, components: 258}},
		{name: "spdx-json", want: tally{read: 62, components: 19_771}},
		{name: "spdx-tag", want: tally{read: 24, components: 6_701}},
		{name: "spdx3-json", want: tally{read: 34, components: 93}},
		{name: "medical", want: tally{read: 4, components: 110}},
		{name: "malformed-or-odd", want: tally{read: 19, refused: 1, failed: 2, components: 471}},
		{name: "bulk zip", path: "bulk-container-images-spdx.zip", want: tally{read: 147, components: 63_735}},
		{name: "spdx-other", want: tally{refused: 4}},
	} {
		if k.path == "" {
			k.path = k.name
		}
		var got tally
		readAll(t, filepath.Join(dir, k.path), k.keep, func(name string, d *Document, err error) {
			got.files++
			name, _ = filepath.Rel(dir, name)
			var not *NotSBOM
			switch {
			case errors.As(err, &not):
				got.refused++
				refusals = append(refusals, fmt.Sprintf("refused %s: %v", name, err))
			case err != nil:
				got.failed++
				if k.name != "vectors invalid" {
					refusals = append(refusals, fmt.Sprintf("failed %s: %v", name, err))
				}
			default:
				got.read++
				got.problems += len(d.Problems)
				got.components += len(d.Components)
				if os.Getenv("WARDBOOK_VERBOSE") != "" {
					t.Log(name, d.Format, d.Product.Name, len(d.Components), len(d.Dependencies), len(d.Contains))
					for i, p := range d.Problems {
						if i < 4 {
							t.Log("    ", p)
						}
					}
				}
			}
		})
		t.Logf("%-28s %6d %6d %8d %7d %9d %11d", k.name, got.files, got.read, got.refused, got.failed, got.problems, got.components)
		if got.read < k.want.read || got.components < k.want.components || got.refused != k.want.refused || got.failed != k.want.failed {
			t.Errorf("%s: got %+v, want at least %+v", k.name, got, k.want)
		}
	}
	sort.Strings(refusals)
	for _, r := range refusals {
		t.Log(r)
	}
}
