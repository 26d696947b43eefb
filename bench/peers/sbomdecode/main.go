// Command sbomdecode measures how fast SBOMs of 20,000 components are decoded:
// by Wardbook, and by cyclonedx-go and spdx/tools-golang. Each measurement is
// a process of its own; the programs take turns (A B A B …). It prints the
// median and range of each and of the ratios, with a count of components as
// the proof that the same work was done.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"syscall"
	"time"

	cyclonedx "github.com/CycloneDX/cyclonedx-go"
	spdxjson "github.com/spdx/tools-golang/json"
	"github.com/spdx/tools-golang/tagvalue"

	"github.com/wardbook/wardbook/internal/sbom"
)

// A result is one measurement: the median of some decodings in one process.
type result struct {
	Seconds    float64 // by the clock
	CPU        float64 // seconds of processor time, the collector's included
	Allocs     uint64
	Bytes      uint64
	Components int
}

var decoders = map[string]func(doc []byte) (int, error){
	"wardbook": func(doc []byte) (int, error) {
		d, err := sbom.Decode(bytes.NewReader(doc), sbom.Options{})
		if err != nil {
			return 0, err
		}
		return len(d.Components), nil
	},
	"cyclonedx-go json": func(doc []byte) (int, error) { return cdx(doc, cyclonedx.BOMFileFormatJSON) },
	"cyclonedx-go xml":  func(doc []byte) (int, error) { return cdx(doc, cyclonedx.BOMFileFormatXML) },
	"tools-golang json": func(doc []byte) (int, error) {
		d, err := spdxjson.Read(bytes.NewReader(doc))
		if err != nil {
			return 0, err
		}
		return len(d.Packages), nil
	},
	"tools-golang tag-value": func(doc []byte) (int, error) {
		d, err := tagvalue.Read(bytes.NewReader(doc))
		if err != nil {
			return 0, err
		}
		return len(d.Packages), nil
	},
}

func cdx(doc []byte, format cyclonedx.BOMFileFormat) (int, error) {
	var bom cyclonedx.BOM
	if err := cyclonedx.NewBOMDecoder(bytes.NewReader(doc), format).Decode(&bom); err != nil {
		return 0, err
	}
	return len(*bom.Components), nil
}

func main() {
	log.SetFlags(0)
	pairs := flag.Int("pairs", 7, "how many times each program is measured")
	times := flag.Int("times", 3, "decodings per measurement, of which the median counts")
	one := flag.String("one", "", "measure one decoder on -doc and print JSON (used by the program itself)")
	doc := flag.String("doc", "", "document for -one")
	flag.Parse()
	if *one != "" {
		measureOne(*one, *doc, *times)
		return
	}
	dir, err := os.MkdirTemp("", "sbomdecode")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	for _, c := range []struct {
		name, peer string
		doc        []byte
	}{
		{"CycloneDX JSON", "cyclonedx-go json", cycloneDX(components)},
		{"SPDX JSON", "tools-golang json", spdx(components)},
		{"CycloneDX XML", "cyclonedx-go xml", cycloneDXXML(components)},
		{"SPDX tag-value", "tools-golang tag-value", spdxTag(components)},
	} {
		path := filepath.Join(dir, "doc")
		if err := os.WriteFile(path, c.doc, 0o600); err != nil {
			log.Fatal(err)
		}
		compare(c.name, c.peer, path, len(c.doc), *pairs, *times)
	}
}

func compare(name, peer, path string, size, pairs, times int) {
	var ours, theirs []result
	for range pairs {
		ours = append(ours, spawn("wardbook", path, times))
		theirs = append(theirs, spawn(peer, path, times))
	}
	ratios, cpu := make([]float64, pairs), make([]float64, pairs)
	for i := range ours {
		ratios[i] = theirs[i].Seconds / ours[i].Seconds
		cpu[i] = theirs[i].CPU / ours[i].CPU
	}
	mb := float64(size) / 1e6
	show := func(who string, rs []result) {
		speeds := make([]float64, len(rs))
		for i, r := range rs {
			speeds[i] = mb / r.Seconds
		}
		lo, mid, hi := spread(speeds)
		fmt.Printf("  %-24s %6.1f MB/s (%.1f–%.1f)  %9d allocations  %6.1f MB allocated  %d components\n",
			who, mid, lo, hi, rs[0].Allocs, float64(rs[0].Bytes)/1e6, rs[0].Components)
	}
	fmt.Printf("%s, %d components, %.1f MB, %d pairs\n", name, components, mb, pairs)
	show("wardbook", ours)
	show(peer, theirs)
	lo, mid, hi := spread(ratios)
	clo, cmid, chi := spread(cpu)
	fmt.Printf("  ratio %.1f × (%.1f–%.1f), of processor time %.1f × (%.1f–%.1f), allocations 1/%.1f\n\n",
		mid, lo, hi, cmid, clo, chi, float64(theirs[0].Allocs)/float64(ours[0].Allocs))
}

// processorTime is what this process has used so far.
func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		log.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// spread returns the least, the median and the greatest of v.
func spread(v []float64) (lo, mid, hi float64) {
	v = slices.Clone(v)
	slices.Sort(v)
	return v[0], v[len(v)/2], v[len(v)-1]
}

func spawn(who, path string, times int) result {
	self, err := os.Executable()
	if err != nil {
		log.Fatal(err)
	}
	cmd := exec.Command(self, "-one", who, "-doc", path, "-times", fmt.Sprint(times))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		log.Fatalf("%s: %v", who, err)
	}
	var r result
	if err := json.Unmarshal(out, &r); err != nil {
		log.Fatal(err)
	}
	if r.Components != components {
		log.Fatalf("%s found %d components", who, r.Components)
	}
	return r
}

func measureOne(who, path string, times int) {
	doc, err := os.ReadFile(path)
	if err != nil {
		log.Fatal(err)
	}
	decode := decoders[who]
	var rs []result
	for range times {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		start, used := time.Now(), processorTime()
		n, err := decode(doc)
		took := time.Since(start)
		used = processorTime() - used
		runtime.ReadMemStats(&after)
		if err != nil {
			log.Fatal(err)
		}
		rs = append(rs, result{took.Seconds(), used.Seconds(), after.Mallocs - before.Mallocs, after.TotalAlloc - before.TotalAlloc, n})
	}
	slices.SortFunc(rs, func(a, b result) int {
		switch {
		case a.Seconds < b.Seconds:
			return -1
		case a.Seconds > b.Seconds:
			return 1
		}
		return 0
	})
	if err := json.NewEncoder(os.Stdout).Encode(rs[len(rs)/2]); err != nil {
		log.Fatal(err)
	}
}
