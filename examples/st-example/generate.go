//go:build ignore

// Command generate writes the sample hospital's files from the facts/ folder:
//
//	cd examples/st-example && go run generate*.go
//
// It is deterministic: the files come out byte for byte as they are committed.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// extractDate is the day on which the sample hospital took its extracts.
const extractDate = "2025-08-31T00:00:00Z"

func main() {
	log.SetFlags(0)
	for _, dir := range []string{"inventory", "advisories", "vulns", "sbom", "vex"} {
		must(os.RemoveAll(dir))
		must(os.MkdirAll(dir, 0o755))
	}
	writeInventory()
	writeAdvisories()
	writeVulnerabilities()
	writeSBOMs()
	writeVEX()
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func write(path string, data []byte) {
	must(os.MkdirAll(filepath.Dir(path), 0o755))
	must(os.WriteFile(path, data, 0o644))
}

type object = map[string]any
type list = []any

func writeJSON(path string, v any) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	must(e.Encode(v))
	write(path, b.Bytes())
}

func readJSON(path string, v any) {
	data, err := os.ReadFile(path)
	must(err)
	must(json.Unmarshal(data, v))
}

// records reads a table of facts: fields between semicolons, # for comments.
func records(path string) [][]string {
	data, err := os.ReadFile(path)
	must(err)
	var out [][]string
	for line := range strings.Lines(string(data)) {
		line = strings.TrimRight(line, "\n")
		if line != "" && line[0] != '#' {
			out = append(out, strings.Split(line, ";"))
		}
	}
	return out
}

// counted unfolds "a*2|b*1" into a, a, b.
func counted(s string) []string {
	var out []string
	for part := range strings.SplitSeq(s, "|") {
		i := strings.LastIndexByte(part, '*')
		n, err := strconv.Atoi(part[i+1:])
		must(err)
		for range n {
			out = append(out, part[:i])
		}
	}
	return out
}

func newRand(name string) *rand.Rand {
	seed := uint64(14971)
	for _, c := range name {
		seed = seed*131 + uint64(c)
	}
	return rand.New(rand.NewPCG(seed, 80001))
}

func pick(r *rand.Rand, alternatives string) string {
	parts := strings.Split(alternatives, "|")
	return parts[r.IntN(len(parts))]
}

func shuffle[T any](r *rand.Rand, s []T) []T {
	r.Shuffle(len(s), func(i, j int) { s[i], s[j] = s[j], s[i] })
	return s
}

// uuid is a fixed UUID made from a name.
func uuid(name string) string {
	r := newRand(name)
	a, b := r.Uint64(), r.Uint64()
	return fmt.Sprintf("%08x-%04x-4%03x-%04x-%012x", a>>32, a>>16&0xffff, a&0xfff, 0x8000|b>>48&0x3fff, b&0xffffffffffff)
}
