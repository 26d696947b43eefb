// Package testgen makes synthetic OSV archives for benchmarks: as many records
// as asked for, about as big and as varied as real ones, of which some name
// given packages. Everything in them is invented; the same arguments give the
// same bytes. It is not part of the program.
package testgen

import (
	"archive/zip"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
)

type event map[string]string

type affected struct {
	Package  map[string]string `json:"package"`
	Ranges   []ranges          `json:"ranges"`
	Versions []string          `json:"versions,omitempty"`
}

type ranges struct {
	Type   string  `json:"type"`
	Events []event `json:"events"`
}

type record struct {
	Schema     string              `json:"schema_version"`
	ID         string              `json:"id"`
	Modified   string              `json:"modified"`
	Published  string              `json:"published"`
	Aliases    []string            `json:"aliases"`
	Summary    string              `json:"summary"`
	Details    string              `json:"details"`
	Severity   []map[string]string `json:"severity"`
	Affected   []affected          `json:"affected"`
	References []map[string]string `json:"references"`
	Specific   map[string]any      `json:"database_specific"`
}

var words = []string{"a", "request", "with", "crafted", "length", "field", "the", "parser", "reads", "past", "its", "buffer",
	"and", "an", "attacker", "may", "stop", "service", "remote", "without", "login", "when", "option", "is", "set", "in", "configuration"}

// WriteOSV writes a zip of n OSV records of one ecosystem to w. Every tenth
// record names one of names, where there are any; the others name packages of
// their own, about one for each four records. firstID tells the archives of
// several ecosystems apart.
func WriteOSV(w io.Writer, ecosystem string, n int, names []string, firstID int) error {
	zw := zip.NewWriter(w)
	r := rand.New(rand.NewPCG(uint64(n), uint64(firstID)))
	for i := range n {
		rec := makeRecord(r, ecosystem, firstID+i, n, names, i%10 == 0)
		b, err := json.Marshal(rec)
		if err != nil {
			return err
		}
		f, err := zw.Create(rec.ID + ".json")
		if err != nil {
			return err
		}
		if _, err := f.Write(b); err != nil {
			return err
		}
	}
	return zw.Close()
}

func makeRecord(r *rand.Rand, ecosystem string, id, n int, names []string, named bool) record {
	rec := record{
		Schema: "1.7.0", ID: fmt.Sprintf("SYN-2024-%06d", id),
		Modified: "2025-03-04T05:06:07.123456Z", Published: "2024-02-03T04:05:06Z",
		Aliases:  []string{fmt.Sprintf("CVE-2024-%d", 1_000_000+id)},
		Summary:  prose(r, 8),
		Details:  prose(r, 40+r.IntN(250)),
		Severity: []map[string]string{{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"}},
		Specific: map[string]any{"cwe_ids": []string{"CWE-125"}, "severity": "HIGH", "github_reviewed": true},
	}
	for j := range 2 + r.IntN(6) {
		rec.References = append(rec.References, map[string]string{"type": "WEB", "url": fmt.Sprintf("https://example.org/advisories/%d/%d", id, j)})
	}
	for range 1 + r.IntN(2) {
		name := fmt.Sprintf("synthetic-package-%d", r.IntN(n/4+1))
		if named && len(names) > 0 {
			name = names[r.IntN(len(names))]
		}
		a := affected{Package: map[string]string{"ecosystem": ecosystem, "name": name, "purl": "pkg:generic/" + name}}
		minor := r.IntN(20)
		kind := "ECOSYSTEM"
		if ecosystem == "Go" || ecosystem == "npm" || ecosystem == "crates.io" {
			kind = "SEMVER"
		}
		a.Ranges = []ranges{{kind, []event{{"introduced": "0"}, {"fixed": fmt.Sprintf("1.%d.%d", minor, r.IntN(9))}}}}
		if r.IntN(3) == 0 && kind == "ECOSYSTEM" {
			for v := range r.IntN(40) {
				a.Versions = append(a.Versions, fmt.Sprintf("0.%d.%d", minor, v))
			}
		}
		rec.Affected = append(rec.Affected, a)
	}
	return rec
}

func prose(r *rand.Rand, n int) string {
	var b []byte
	for i := range n {
		if i > 0 {
			b = append(b, ' ')
			if i%30 == 0 {
				b = append(b, "\n\n"...)
			}
		}
		b = append(b, words[r.IntN(len(words))]...)
	}
	return string(b)
}
