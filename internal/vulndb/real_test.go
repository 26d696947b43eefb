package vulndb

import (
	"errors"
	"io"
	"path/filepath"
	"testing"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/intake"
)

// decodeAll reads every file under path and sums up.
func decodeAll(t testing.TB, path string, yield func(wardbook.Vulnerability) error) (files, refusedFiles int, sum Info) {
	t.Helper()
	err := intake.Walk(path, intake.Limits{}, func(f *intake.File) error {
		files++
		rc, err := f.Open()
		if err != nil {
			return err
		}
		defer rc.Close()
		info, err := DecodeRecords(rc, Options{}, yield)
		var bad *wardbook.Invalid
		if errors.As(err, &bad) {
			refusedFiles++
		} else if err != nil {
			return err
		}
		sum.Records += info.Records
		sum.Refused += info.Refused
		sum.sawFormat(info.Format)
		for _, p := range info.Problems {
			p.Place = f.Name + ": " + p.Place
			sum.Problems = append(sum.Problems, p)
		}
		if _, err := io.Copy(io.Discard, rc); err != nil {
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files, refusedFiles, sum
}

func TestRealRecords(t *testing.T) {
	root := dataDir(t, "")
	for _, tt := range []struct {
		path     string
		files    int
		records  int
		refused  int // records or whole files
		problems int
	}{
		{"osv/Go.zip", 3041, 3041, 0, 0},
		{"osv/AlmaLinux.zip", 3956, 3956, 0, 0},
		{"osv/Bitnami.jsonl.gz", 1, 5230, 0, 0},
		{"osv/PyPI-yaml.zip", 1850, 1850, 0, 0},
		{"osv/samples", 114, 114, 0, 0},
		{"cve5/bulk-sample.jsonl.gz", 1, 7000, 0, 0},
		{"cve5/bulk-kev.jsonl.gz", 1, 176, 0, 0},
		{"cve5/icsma", 24, 24, 0, 0},
		{"cve5/loose", 73, 73, 0, 0},
		{"nvd/anchore-nvd-overrides.jsonl.gz", 1, 6109, 0, 0},
		{"nvd/records", 62, 54, 20, 21}, // 17 CPE match strings, 3 of another project; one criterion is not a CPE,
		{"nvd/api-cve", 10, 22, 0, 0},
		{"nvd/feed-cve-v2", 3, 9, 0, 0},
		{"nvd/feed-cve-v1", 3, 0, 3, 3},
		{"nvd/legacy-1.1", 1, 0, 1, 1},
		{"nvd/api-cpe", 10, 0, 10, 10},
		{"nvd/api-cpematch", 12, 0, 12, 12},
		{"nvd/api-cvehistory", 13, 0, 13, 13},
		{"nvd/feed-cpematch-v1", 1, 0, 1, 1},
		{"nvd/feed-cpematch-v2", 1, 0, 1, 1}, // tar
		{"nvd/feed-cpe-v1", 1, 0, 1, 1},      // XML
	} {
		t.Run(tt.path, func(t *testing.T) {
			files, refusedFiles, sum := decodeAll(t, filepath.Join(root, tt.path), func(v wardbook.Vulnerability) error { return nil })
			t.Logf("%d files (%d refused), %d records, %d refused, %d problems, format %s", files, refusedFiles, sum.Records, sum.Refused, len(sum.Problems), sum.Format)
			if files != tt.files || sum.Records != tt.records || sum.Refused != tt.refused || len(sum.Problems) != tt.problems {
				t.Errorf("want %d files, %d records, %d refused, %d problems", tt.files, tt.records, tt.refused, tt.problems)
				for i, p := range sum.Problems {
					if i == 25 {
						break
					}
					t.Log(p)
				}
			}
		})
	}
}

func BenchmarkDecode(b *testing.B) {
	for _, path := range []string{"osv/AlmaLinux.zip", "osv/Go.zip", "cve5/bulk-sample.jsonl.gz"} {
		b.Run(path, func(b *testing.B) {
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				_, _, sum := decodeAll(b, filepath.Join(dataDir(b, ""), path), func(v wardbook.Vulnerability) error { return nil })
				n += sum.Records
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "records/s")
		})
	}
}
