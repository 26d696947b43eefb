// Command osvscan measures wardbook assess beside osv-scanner offline: the same
// SBOMs, the same OSV archives, cold processes in turns (A B A B …), nothing
// compiled before (P1) or, with -compiled, the feed compiled before (P2). It
// prints the median and range of the time by the clock, of processor time and of
// the peak memory, and the ratios.
package main

import (
	"archive/zip"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

func main() {
	log.SetFlags(0)
	wardbook := flag.String("wardbook", "wardbook", "our program")
	scanner := flag.String("osv-scanner", "osv-scanner", "the peer's program")
	sboms := flag.String("sboms", "../../../shared/data/sbom/bulk-container-images-spdx.zip", "zip or folder of SBOMs")
	data := flag.String("data", "../../../shared/data/osv", "folder of OSV archives")
	records := flag.Int("synthetic", 8_000, "synthetic records for npm, Maven, Debian, Alpine, Ubuntu and RubyGems together")
	limit := flag.Int("limit", 0, "how many SBOMs, the first by name; 0: all")
	pairs := flag.Int("pairs", 5, "how many times each program is measured")
	compiled := flag.Bool("compiled", false, "compile the feed before (P2)")
	work := flag.String("work", "", "folder to work in; empty: a temporary one")
	flag.Parse()
	if *work == "" {
		dir, err := os.MkdirTemp("", "osvscan")
		check(err)
		defer os.RemoveAll(dir)
		*work = dir
	}
	files := unpackSBOMs(*sboms, filepath.Join(*work, "sboms"), *limit)
	zips := database(*data, filepath.Join(*work, "db", "osv-scalibr"), files, *records)
	measure(*wardbook, *scanner, *work, files, zips, *pairs, *compiled)
}

// measure runs the two programs in turns.
func measure(wardbook, scanner, work string, files, zips []string, pairs int, compiled bool) {
	ours := []string{"assess", "--quiet", "--no-evidence", "--format", "json", "--out", filepath.Join(work, "out"), "--sbom", filepath.Dir(files[0])}
	for _, z := range zips {
		ours = append(ours, "--vulns", z)
	}
	theirs := []string{"scan", "source", "--offline", "--format", "json", "--output-file", filepath.Join(work, "osv-scanner.json")}
	for _, f := range files {
		theirs = append(theirs, "-L", f)
	}
	var all [2][3][]float64
	for i := range pairs {
		cache := filepath.Join(work, "cache")
		if !compiled || i == 0 {
			check(os.RemoveAll(cache))
		}
		args := append(slices.Clone(ours), "--cache", cache)
		if compiled && i == 0 {
			run(wardbook, work, args)
		}
		a, b := run(wardbook, work, args), run(scanner, work, theirs)
		for k := range 3 {
			all[0][k], all[1][k] = append(all[0][k], a[k]), append(all[1][k], b[k])
		}
		fmt.Printf("pair %d: wardbook %.2f s, %.2f s of processor, %.0f MiB; osv-scanner %.2f s, %.2f s, %.0f MiB\n", i+1, a[0], a[1], a[2], b[0], b[1], b[2])
	}
	for k, name := range []string{"clock, s", "processor, s", "peak, MiB"} {
		var ratio []float64
		for i := range pairs {
			ratio = append(ratio, all[1][k][i]/all[0][k][i])
		}
		fmt.Printf("%-13s wardbook %s  osv-scanner %s  ratio %s\n", name, spread(all[0][k]), spread(all[1][k]), spread(ratio))
	}
}

// run returns seconds by the clock, of the processor, and the peak in MiB.
func run(program, work string, args []string) [3]float64 {
	cmd := exec.Command(program, args...)
	cmd.Env = append(os.Environ(), "OSV_SCALIBR_LOCAL_DB_CACHE_DIRECTORY="+filepath.Join(work, "db"), "OSV_SCANNER_LOCAL_DB_CACHE_DIRECTORY="+filepath.Join(work, "db"))
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = &said, &said
	began := time.Now()
	err := cmd.Run()
	took := time.Since(began)
	// osv-scanner exits with 1 when it finds something.
	if code := cmd.ProcessState.ExitCode(); err != nil && code != 1 {
		text := said.String()
		log.Fatalf("%s: %v\n%s", program, err, text[max(0, len(text)-1500):])
	}
	peak := float64(cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss) / 1024 // KiB on Linux
	return [3]float64{took.Seconds(), (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds(), peak}
}

func spread(x []float64) string {
	x = slices.Sorted(slices.Values(x))
	return fmt.Sprintf("%.2f (%.2f–%.2f)", x[len(x)/2], x[0], x[len(x)-1])
}

// unpackSBOMs writes the SBOMs as files with the name that osv-scanner tells
// SPDX by.
func unpackSBOMs(path, dir string, limit int) (files []string) {
	check(os.RemoveAll(dir))
	check(os.MkdirAll(dir, 0o755))
	z, err := zip.OpenReader(path)
	check(err)
	defer z.Close()
	members := slices.DeleteFunc(z.File, func(f *zip.File) bool { return strings.HasSuffix(f.Name, "/") })
	slices.SortFunc(members, func(a, b *zip.File) int { return strings.Compare(a.Name, b.Name) })
	for _, m := range members {
		if limit > 0 && len(files) == limit {
			break
		}
		to := filepath.Join(dir, strings.TrimSuffix(filepath.Base(m.Name), ".json")+".spdx.json")
		r, err := m.Open()
		check(err)
		w, err := os.Create(to)
		check(err)
		_, err = io.Copy(w, r)
		check(err)
		check(w.Close())
		check(r.Close())
		files = append(files, to)
	}
	return files
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
