package vulndb

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/wardbook/wardbook"
)

// one decodes the only record of in.
func one(t *testing.T, in string) (v wardbook.Vulnerability, info Info) {
	t.Helper()
	info, err := DecodeRecords(strings.NewReader(in), Options{}, func(got wardbook.Vulnerability) error { v = got; return nil })
	if err != nil || info.Records != 1 {
		t.Fatalf("%d records, %v", info.Records, err)
	}
	return v, info
}

func TestOSVRanges(t *testing.T) {
	for _, tt := range []struct {
		name, typ, events string
		want              []wardbook.Range
	}{
		{"start and fix", "SEMVER", `{"introduced":"0"},{"fixed":"1.6.0"}`, []wardbook.Range{{Fixed: "1.6.0"}}},
		{"two stretches", "SEMVER", `{"introduced":"1.0.0"},{"fixed":"1.6.0"},{"introduced":"2.0.0"},{"last_affected":"2.1.0"}`,
			[]wardbook.Range{{Introduced: "1.0.0", Fixed: "1.6.0"}, {Introduced: "2.0.0", LastAffected: "2.1.0"}}},
		{"open end", "ECOSYSTEM", `{"introduced":"2"}`, []wardbook.Range{{Introduced: "2"}}},
		{"out of order", "SEMVER", `{"fixed":"2.1.0"},{"introduced":"2.0.0"},{"fixed":"1.10.0"},{"introduced":"1.9.0"}`,
			[]wardbook.Range{{Introduced: "1.9.0", Fixed: "1.10.0"}, {Introduced: "2.0.0", Fixed: "2.1.0"}}},
		{"a second fix after the first changes nothing", "SEMVER", `{"introduced":"0"},{"fixed":"1.0.0"},{"fixed":"2.0.0"}`, []wardbook.Range{{Fixed: "1.0.0"}}},
		{"limit bounds, a star does not", "ECOSYSTEM", `{"introduced":"0"},{"limit":"13"},{"limit":"*"}`, []wardbook.Range{{Limit: "13"}}},
		{"several git fixes of one start", "GIT", `{"introduced":"a"},{"fixed":"b"},{"fixed":"c"}`,
			[]wardbook.Range{{Introduced: "a", Fixed: "b"}, {Introduced: "a", Fixed: "c"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v, info := one(t, `{"id":"X","affected":[{"package":{"ecosystem":"PyPI","name":"p"},"ranges":[{"type":"`+tt.typ+`","events":[`+tt.events+`]}]}]}`)
			for i := range tt.want {
				tt.want[i].Type = tt.typ
			}
			if diff := cmp.Diff(tt.want, v.Affected[0].Ranges); diff != "" {
				t.Error(diff, info.Problems)
			}
		})
	}
}

func TestCVEVersions(t *testing.T) {
	type ap = wardbook.AffectedPackage
	for _, tt := range []struct {
		name, affected string
		want           ap
	}{
		{"range", `"defaultStatus":"unaffected","versions":[{"version":"1.0","lessThan":"2.0","status":"affected","versionType":"semver"}]`,
			ap{Ranges: []wardbook.Range{{Type: "semver", Introduced: "1.0", Fixed: "2.0"}}}},
		{"no defaultStatus is unknown", `"versions":[{"version":"0","lessThanOrEqual":"5","status":"affected"}]`,
			ap{Unknown: true, Ranges: []wardbook.Range{{LastAffected: "5"}}}},
		{"all but what is fixed", `"defaultStatus":"affected","versions":[{"version":"6.9","lessThanOrEqual":"*","status":"unaffected"},{"version":"4.4","status":"affected"}]`,
			ap{AllVersions: true, Except: []wardbook.Range{{Introduced: "6.9"}}, Versions: []string{"4.4"}}},
		{"changes", `"defaultStatus":"unaffected","versions":[{"version":"1","lessThan":"9","status":"affected","changes":[{"at":"3","status":"unaffected"},{"at":"5","status":"affected"}]}]`,
			ap{Ranges: []wardbook.Range{{Introduced: "1", Fixed: "3"}, {Introduced: "5", Fixed: "9"}}, Except: []wardbook.Range{{Introduced: "3", Fixed: "5"}}}},
		{"comparisons in the text", `"defaultStatus":"unaffected","versions":[{"version":">= 4.0.0, < 4.1.2","status":"affected"},{"version":"> 5, <= 6","status":"affected"},{"version":"= 7","status":"affected"}]`,
			ap{Ranges: []wardbook.Range{{Introduced: "4.0.0", Fixed: "4.1.2"}, {Introduced: "5", Exclusive: true, LastAffected: "6"}, {Introduced: "7", LastAffected: "7"}}}},
		{"prose is unclear", `"defaultStatus":"unaffected","versions":[{"version":"1.0 through 2.3","status":"affected"},{"version":"n/a","status":"affected"}]`,
			ap{Unclear: []string{"1.0 through 2.3"}, Unknown: true}},
		{"git", `"defaultStatus":"unaffected","repo":"https://example.org/r.git","versions":[{"version":"aa","lessThan":"bb","status":"affected","versionType":"git"}]`,
			ap{Ranges: []wardbook.Range{{Type: "GIT", Introduced: "aa", Fixed: "bb", Repo: "https://example.org/r.git"}}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v, _ := one(t, `{"dataType":"CVE_RECORD","cveMetadata":{"cveId":"CVE-2024-0001","state":"PUBLISHED"},"containers":{"cna":{"affected":[{"vendor":"V","product":"P",`+tt.affected+`}],"providerMetadata":{"shortName":"c"}}}}`)
			tt.want.Vendor, tt.want.Product, tt.want.By = "V", "P", "c"
			if diff := cmp.Diff(tt.want, v.Affected[0]); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRecordFields(t *testing.T) {
	v, info := one(t, `{"dataType":"CVE_RECORD","dataVersion":"5.1","cveMetadata":{"cveId":"CVE-2024-0001","state":"PUBLISHED","dateUpdated":"2024-08-01T19:24:48"},
	"containers":{"cna":{"title":"T","providerMetadata":{"shortName":"cna"},"tags":["disputed"],"affected":[{"vendor":"n/a","product":"n/a"},{"collectionURL":"https://pypi.example/project","packageName":"Some_Pkg","defaultStatus":"affected"}],
	"problemTypes":[{"descriptions":[{"cweId":"CWE-79"},{"description":"CWE-89 SQL"}]}],"metrics":[{"cvssV3_1":{"vectorString":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H","baseScore":1.0}},{"cvssV3_1":{"vectorString":"bad","baseScore":7.5,"version":"3.1"}}]},
	"adp":[{"providerMetadata":{"shortName":"CISA-ADP"},"metrics":[{"other":{"type":"ssvc","content":{"timestamp":"2024-08-01T19:04:07Z","options":[{"Exploitation":"active"},{"Automatable":"yes"},{"Technical Impact":"total"}]}}},{"other":{"type":"kev","content":{"dateAdded":"2024-08-02"}}}]}]}}`)
	want := wardbook.Vulnerability{
		ID: "CVE-2024-0001", Source: "CVE", Summary: "T", Disputed: true, CWEs: []string{"CWE-79", "CWE-89"},
		Modified: time.Date(2024, 8, 1, 19, 24, 48, 0, time.UTC),
		Scores: []wardbook.CVSS{
			{Version: "3.1", Vector: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", Score: 9.8, Source: "cna"},
			{Version: "3.1", Vector: "bad", Score: 7.5, Source: "cna"},
		},
		Affected: []wardbook.AffectedPackage{{Ecosystem: "PyPI", Package: "Some_Pkg", AllVersions: true, By: "cna"}},
		SSVC:     &wardbook.SSVC{Exploitation: "active", Automatable: "yes", TechnicalImpact: "total", Timestamp: time.Date(2024, 8, 1, 19, 4, 7, 0, time.UTC)},
		KEV:      &wardbook.KEV{CVE: "CVE-2024-0001", DateAdded: "2024-08-02"},
	}
	if diff := cmp.Diff(want, v); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"/containers/cna/metrics/1/cvssV3_1"}, places(info)); diff != "" {
		t.Error(diff)
	}
	if info.Format != "CVE JSON 5.1" {
		t.Error(info.Format)
	}
}

func TestYAMLKeepsVersions(t *testing.T) {
	v, _ := one(t, "id: PYSEC-1\nmodified: 2024-01-01T00:00:00Z\naffected:\n- package:\n    name: a\n    ecosystem: PyPI\n  ranges:\n  - type: ECOSYSTEM\n    events:\n    - introduced: 0\n    - fixed: 2.10\n  versions: [1.0, '1.10']\n")
	if got := v.Affected[0]; got.Ranges[0].Fixed != "2.10" || got.Ranges[0].Introduced != "" || !cmp.Equal(got.Versions, []string{"1.0", "1.10"}) {
		t.Errorf("%+v", got)
	}
}

// What is not a record is refused with what it is; a bad line costs itself.
func TestRefused(t *testing.T) {
	for _, tt := range []struct{ name, in, says string }{
		{"NVD 1.1", `{"CVE_data_type":"CVE","CVE_Items":[]}`, "NVD JSON 1.1"},
		{"KEV", `{"catalogVersion":"1","vulnerabilities":[]}`, "KEV"},
		{"KEV CSV", "cveID,vendorProject\n", "KEV"},
		{"EPSS", "cve,epss\n", "EPSS"},
		{"CSAF", `{"document":{"csaf_version":"2.0"}}`, "CSAF"},
		{"CycloneDX", `{"bomFormat":"CycloneDX"}`, "CycloneDX"},
		{"XML", "<nvd/>", "XML"},
		{"zip", "PK\x03\x04", "zip"},
		{"binary", "\x00\x01\x02", "binary"},
		{"text", "hello", "text of a kind"},
		{"cut short", `{"id":"A","schema_version":"1"`, "not valid JSON"},
		{"deep YAML", "id: " + strings.Repeat("[", 5000), "nested too deep"},
		{"deep JSON", `{"id":"A","affected":` + strings.Repeat("[", 20000), "not valid JSON"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			info, err := DecodeRecords(strings.NewReader(tt.in), Options{}, func(wardbook.Vulnerability) error { t.Error("yielded"); return nil })
			if err == nil || !strings.Contains(err.Error(), tt.says) || info.Refused != 1 {
				t.Errorf("%v (%d refused), want %q", err, info.Refused, tt.says)
			}
		})
	}
	lines := `{"id":"A","schema_version":"1"}` + "\n" + `{"id":"B",` + "\n\n" + `{"id":"C","schema_version":"1"}`
	var ids []string
	info, err := DecodeRecords(strings.NewReader(lines), Options{}, func(v wardbook.Vulnerability) error { ids = append(ids, v.ID); return nil })
	if err != nil || !cmp.Equal(ids, []string{"A", "C"}) || !cmp.Equal(places(info), []string{"line 2"}) {
		t.Error(ids, places(info), err)
	}
}

func TestPackageKey(t *testing.T) {
	for _, tt := range []struct{ ecosystem, name, base, normal string }{
		{"PyPI", "Zope.Interface__x", "pypi", "zope-interface-x"},
		{"Debian:12", "OpenSSL", "debian", "OpenSSL"},
		{"crates.io", "serde_JSON", "crates.io", "serde-json"},
		{"Go", "github.com/A/b", "go", "github.com/A/b"},
		{"NuGet", "Newtonsoft.Json", "nuget", "newtonsoft.json"},
		{"GIT", "https://GitHub.com/a/b.git", "git", "github.com/a/b"},
	} {
		if base, normal := PackageKey(tt.ecosystem, tt.name); base != tt.base || normal != tt.normal {
			t.Errorf("%s %s: %q %q, want %q %q", tt.ecosystem, tt.name, base, normal, tt.base, tt.normal)
		}
	}
	for cpe, want := range map[string]string{
		`cpe:2.3:a:Vendor:pro\:duct\-x:1:*:*:*:*:*:*:*`: "vendor pro:duct-x",
		`cpe:/o:microsoft:windows_10%3a`:                "microsoft windows_10:",
		`cpe:2.3:a:x`:                                   " ",
	} {
		if v, p, _ := cpeProduct(cpe); v+" "+p != want {
			t.Errorf("%s: %q %q, want %q", cpe, v, p, want)
		}
	}
}
