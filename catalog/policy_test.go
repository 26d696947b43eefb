package catalog

import (
	"errors"
	"strings"
	"testing"

	"github.com/wardbook/wardbook"
)

func TestDefaultPolicyIsClean(t *testing.T) {
	p, err := ReadPolicy(DefaultPolicy(), "policy-default.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range p.Lint() {
		t.Errorf("lint: %s", q)
	}
	if len(p.SHA256) != 64 {
		t.Errorf("SHA256 = %q", p.SHA256)
	}
}

// A hospital's typing errors are all named at once, each with its line.
func TestReadPolicyNamesEveryFault(t *testing.T) {
	src := string(DefaultPolicy())
	for _, r := range [][2]string{
		{"effective: 2026-01-01", "effective: soon\nowner: me"},
		{`{id: high, name: High, acceptable: "no"`, `{id: high, name: High, acceptable: maybe`},
		{"    - [low,    medium, high,        intolerable, intolerable]", "    - [low,    medium, hihg,        intolerable]"},
		{"{id: ssvc_poc, raise: 1}", "{id: ssvc_poc, raise: one}"},
		{"direct:   [1, 2, 3, 3, 4]", "direct:   [1, 2, 3, 3, 9]"},
		{"attack_vector: P,", "attack_vector: Q,"},
	} {
		if !strings.Contains(src, r[0]) {
			t.Fatalf("default policy has no %q", r[0])
		}
		src = strings.Replace(src, r[0], r[1], 1)
	}
	_, err := ReadPolicy([]byte(src), "p.yaml")
	var inv *wardbook.Invalid
	if !errors.As(err, &inv) {
		t.Fatalf("err = %v", err)
	}
	lineOf := func(text string) string {
		n := strings.Count(src[:strings.Index(src, text)], "\n") + 1
		return wardbookLine("p.yaml", n)
	}
	want := []struct{ place, says string }{
		{lineOf("owner: me"), `"owner" is not known`},
		{lineOf("effective: soon"), "not a date"},
		{lineOf("acceptable: maybe"), "neither yes nor no"},
		{lineOf("hihg"), `"hihg"`},
		{lineOf("hihg"), "has 4 cells"},
		{lineOf("raise: one"), "not a whole number"},
		{lineOf("3, 9]"), "9 is not from 1 to 5"},
		{lineOf("attack_vector: Q"), `"Q"`},
	}
	for _, w := range want {
		found := false
		for _, p := range inv.Problems {
			found = found || p.Place == w.place && strings.Contains(p.Message, w.says)
		}
		if !found {
			t.Errorf("no problem at %s that says %q in:\n%v", w.place, w.says, err)
		}
	}
	if len(inv.Problems) != len(want) {
		t.Errorf("%d problems, want %d:\n%v", len(inv.Problems), len(want), err)
	}
}

func wardbookLine(name string, n int) string {
	return lines{"x": n}.place(name, "x")
}

func FuzzReadPolicy(f *testing.F) {
	f.Add(DefaultPolicy())
	f.Add([]byte("id: x\nlevels: [{id: a}]\n"))
	f.Add([]byte("- - - -\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := ReadPolicy(b, "p.yaml")
		if err == nil {
			p.Lint()
		}
		LintPolicy(b, "p.yaml")
	})
}
