package vulndb

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/wardbook/wardbook"
)

var recordSeeds = []string{
	`{"schema_version":"1.6.0","id":"A-1","modified":"2024-01-01T00:00:00Z","aliases":["CVE-2024-1"],"severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"}],"affected":[{"package":{"ecosystem":"PyPI","name":"X_y"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"introduced":"2"},{"fixed":"1"},{"limit":"*"},{"last_affected":"3"}]}],"versions":["1.0"]}]}`,
	`{"dataType":"CVE_RECORD","dataVersion":"5.1","cveMetadata":{"cveId":"CVE-2024-0001","state":"PUBLISHED"},"containers":{"cna":{"providerMetadata":{"shortName":"x"},"affected":[{"vendor":"V","product":"P","defaultStatus":"affected","versions":[{"version":"1","lessThan":"*","status":"affected","changes":[{"at":"2","status":"unaffected"}]},{"version":">= 4.0.0, < 4.1.2","status":"affected"}]}],"metrics":[{"other":{"type":"ssvc","content":{"timestamp":"2024-08-01T19:04:07.612814Z","options":[{"Exploitation":"none"}]}}}]},"adp":[{}]}}`,
	`{"resultsPerPage":1,"timestamp":"2026-01-01T00:00:00.000","vulnerabilities":[{"cve":{"id":"CVE-2024-0002","configurations":[{"operator":"AND","nodes":[{"operator":"OR","negate":true,"cpeMatch":[{"vulnerable":true,"criteria":"cpe:2.3:a:v:p\\::*:*:*:*:*:*:*:*","versionEndExcluding":"2"}]}]}]}}]}`,
	`{"_annotation":{"cve_id":"CVE-2024-0003"},"cve":{"configurations":[]}}` + "\n" + `{"x":1}` + "\n{",
	"id: PYSEC-1\naffected:\n- package: {name: a, ecosystem: PyPI}\n  ranges:\n  - type: ECOSYSTEM\n    events:\n    - introduced: '0'\n    - fixed: 2.10\n  versions: [1.0, 2.0]\n",
	`[{"id":"A","schema_version":"1"},7]`, `{"CVE_Items":[]}`, "\xef\xbb\xbf{}", "<a/>", "",
}

// No input makes the decoder panic or hang, what it yields has an id, and a
// record survives the feed's encoding.
func FuzzDecodeRecords(f *testing.F) {
	for _, s := range recordSeeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		info, err := DecodeRecords(bytes.NewReader(b), Options{}, func(v wardbook.Vulnerability) error {
			if v.ID == "" || v.Source == "" {
				t.Fatalf("record without id or source: %+v", v)
			}
			got, err := decodeRecord(encodeRecord(nil, &v))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(v, *got); diff != "" {
				t.Fatal(diff)
			}
			keys(&v, func(k key) bool {
				if k.a != "" && !hasKey(&v, k) {
					t.Fatalf("key %q of the record is not found in it", k)
				}
				return true
			})
			return nil
		})
		if err == nil && info.Refused > 0 && len(info.Problems) == 0 {
			t.Fatal("refused without a problem")
		}
	})
}

func FuzzDecodeKEV(f *testing.F) {
	f.Add([]byte(`{"catalogVersion":"1","vulnerabilities":[{"cveID":"CVE-2021-44228","dateAdded":"2021-12-10"}]}`))
	f.Add([]byte("cveID,vendorProject\nCVE-2021-44228,\"a\nb\"\n\"x"))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, _, _ := DecodeKEV(bytes.NewReader(b), Options{})
		for cve, e := range got {
			if !isCVE(cve) || e.CVE != cve {
				t.Fatalf("%q: %+v", cve, e)
			}
		}
	})
}

func FuzzDecodeEPSS(f *testing.F) {
	f.Add([]byte("#model_version:v1,score_date:2022-02-04T00:00:00+0000\ncve,epss,percentile\nCVE-2020-5902,0.96817,0.99999\nCVE-2020-5902,1e-5,1\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		table, info, _ := DecodeEPSS(bytes.NewReader(b), Options{})
		if table.Len() > info.Records {
			t.Fatalf("%d rows of %d records", table.Len(), info.Records)
		}
		for _, r := range table.rows {
			if r.probability > epssUnit || r.percentile > epssUnit {
				t.Fatalf("%+v is out of range", r)
			}
		}
	})
}

// Whatever a feed file holds, opening it and looking up end without a panic.
func FuzzOpen(f *testing.F) {
	path := filepath.Join(f.TempDir(), "feed")
	c, err := Create(path, Options{})
	if err != nil {
		f.Fatal(err)
	}
	src := c.Source("a")
	for _, s := range recordSeeds {
		if err := src.Add("m", bytes.NewReader([]byte(s))); err != nil {
			f.Fatal(err)
		}
	}
	if err := c.Close(); err != nil {
		f.Fatal(err)
	}
	good, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Fuzz(func(t *testing.T, b []byte) {
		file := filepath.Join(t.TempDir(), "feed")
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
		db, err := Open(file)
		if err != nil {
			return
		}
		defer db.Close()
		_, _ = db.ByPackage("PyPI", "x-y")
		_, _ = db.ByProduct("v", "p")
		_, _ = db.ByID("CVE-2024-0001")
		_ = db.Verify()
	})
}

// The bytes of a record are checked by a checksum; what passes it by chance
// still must not panic.
func FuzzDecodeRecord(f *testing.F) {
	for _, s := range recordSeeds {
		_, _ = DecodeRecords(bytes.NewReader([]byte(s)), Options{}, func(v wardbook.Vulnerability) error {
			f.Add(encodeRecord(nil, &v))
			return nil
		})
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		_, _ = decodeRecord(b)
	})
}
