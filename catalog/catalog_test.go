package catalog

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/wardbook/wardbook"
)

// The embedded catalogue loads.
func TestLoad(t *testing.T) {
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Names.Makers) == 0 || len(c.Names.Models) == 0 || c.Digest == "" {
		t.Error("the catalogue is empty")
	}
}

// All bad rows of the ledger of makers are named, with their place.
func TestBadNames(t *testing.T) {
	fsys := fstest.MapFS{
		"makers.yaml": {Data: []byte("- {id: a, name: A, part_of: b, how: unit, source: x}\n- {id: b, name: B, part_of: a, how: unit, source: x}\n- {id: c, name: C, source: x}\n- {id: c, name: C, source: x}\n- {id: d, name: D, part_of: nobody, how: bought}\n")},
		"models.yaml": {Data: []byte("- {maker: q, brand: X, source: x}\n- {maker: a, number: '1', source: x}\n")},
		"words.yaml":  {Data: []byte("- words: [a\n")},
	}
	var ps wardbook.Problems
	loadNames(source{FS: fsys}, &ps)
	var inv *wardbook.Invalid
	if !errors.As(ps.Err(), &inv) {
		t.Fatal("no problem found")
	}
	got := ""
	for _, p := range inv.Problems {
		got += p.String() + "\n"
	}
	for _, want := range []string{
		"makers.yaml row 1 (a): part_of goes in a circle", "makers.yaml row 4 (c): the id is there twice",
		"makers.yaml row 5 (d): id, name and source", "makers.yaml row 5 (d): part_of needs how", `unknown maker "nobody"`,
		`models.yaml row 1 (X): unknown maker "q"`, "models.yaml row 2 (1): give either", "words.yaml line",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("missing %q in\n%s", want, got)
		}
	}
}
