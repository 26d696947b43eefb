package vulndb

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/wardbook/wardbook/internal/vulndb/testgen"
)

// synthetic writes n records as four archives and returns their paths.
func synthetic(t testing.TB, n int) (paths []string) {
	t.Helper()
	dir := t.TempDir()
	for i, eco := range []string{"npm", "Maven", "Debian:12", "PyPI"} {
		path := filepath.Join(dir, fmt.Sprint(i)+".zip")
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := testgen.WriteOSV(f, eco, n/4, []string{"openssl", "zlib", "curl"}, i*n); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	return paths
}

// TestMain lets the benchmarks run a piece of work in a process of its own, to
// measure its memory: WARDBOOK_CHILD names the work.
func TestMain(m *testing.M) {
	args := strings.Split(os.Getenv("WARDBOOK_CHILD_ARGS"), "\n")
	switch os.Getenv("WARDBOOK_CHILD") {
	case "compile":
		t := &testing.B{}
		compileFiles(t, args[0], args[1:]...)
	case "lookup":
		db, err := Open(args[0])
		if err != nil {
			panic(err)
		}
		n := 0
		for i := range 139 {
			got, err := db.ByPackage("npm", fmt.Sprintf("synthetic-package-%d", i*7))
			if err != nil {
				panic(err)
			}
			n += len(got)
		}
		if n == 0 {
			panic("nothing found")
		}
	default:
		os.Exit(m.Run())
	}
}

// child runs a piece of work in its own process and says how long it took, how
// much processor time (what counts on a machine that does other things too),
// and the most memory that it held, in MiB.
func child(t testing.TB, work string, args ...string) (took, cpu time.Duration, peak float64) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "WARDBOOK_CHILD="+work, "WARDBOOK_CHILD_ARGS="+strings.Join(args, "\n"))
	began := time.Now()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return time.Since(began), cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), peakMiB(cmd.ProcessState)
}

// BenchmarkFeed100k is P6 on 100,000 synthetic records (WARDBOOK_RECORDS sets
// another number), and what a cold process pays for 139 lookups.
func BenchmarkFeed100k(b *testing.B) {
	n := 100_000
	if s := os.Getenv("WARDBOOK_RECORDS"); s != "" {
		n, _ = strconv.Atoi(s)
	}
	paths := synthetic(b, n)
	feed := filepath.Join(b.TempDir(), "feed")
	b.Run("compile", func(b *testing.B) {
		var took, cpu time.Duration
		var peak float64
		for b.Loop() {
			d, c, mib := child(b, "compile", append([]string{feed}, paths...)...)
			took += d
			cpu += c
			peak = max(peak, mib)
		}
		b.ReportMetric(float64(n)*float64(b.N)/took.Seconds(), "records/s")
		b.ReportMetric(cpu.Seconds()/float64(b.N), "cpu-s")
		b.ReportMetric(peak, "MiB-peak")
		if st, err := os.Stat(feed); err == nil {
			b.ReportMetric(float64(st.Size())/(1<<20), "MiB-feed")
		}
	})
	b.Run("cold-139-lookups", func(b *testing.B) {
		var cpu time.Duration
		var peak float64
		for b.Loop() {
			_, c, mib := child(b, "lookup", feed)
			cpu += c
			peak = max(peak, mib)
		}
		b.ReportMetric(cpu.Seconds()*1000/float64(b.N), "cpu-ms")
		b.ReportMetric(peak, "MiB-peak")
	})
	b.Run("cold-process-alone", func(b *testing.B) {
		for b.Loop() {
			cmd := exec.Command(os.Args[0], "-test.run", "^$")
			if err := cmd.Run(); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("open-and-139-lookups", func(b *testing.B) {
		for b.Loop() {
			db, err := Open(feed)
			if err != nil {
				b.Fatal(err)
			}
			for i := range 139 {
				if _, err := db.ByPackage("npm", fmt.Sprintf("synthetic-package-%d", i*7)); err != nil {
					b.Fatal(err)
				}
			}
			db.Close()
		}
	})
	b.Run("warm-lookup", func(b *testing.B) {
		db, err := Open(feed)
		if err != nil {
			b.Fatal(err)
		}
		defer db.Close()
		i := 0
		for b.Loop() {
			if _, err := db.ByPackage("npm", fmt.Sprintf("synthetic-package-%d", i%20000)); err != nil {
				b.Fatal(err)
			}
			i++
		}
	})
}

// BenchmarkCompileSynthetic is the same work in this process, for profiles.
func BenchmarkCompileSynthetic(b *testing.B) {
	const n = 20_000
	paths := synthetic(b, n)
	feed := filepath.Join(b.TempDir(), "feed")
	b.ReportAllocs()
	b.ResetTimer()
	for b.Loop() {
		compileFiles(b, feed, paths...)
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "records/s")
}
