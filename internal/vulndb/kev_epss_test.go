package vulndb

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/intake"
)

func TestDecodeKEV(t *testing.T) {
	const csv = "cveID,vendorProject,product,vulnerabilityName,dateAdded,shortDescription,requiredAction,dueDate,knownRansomwareCampaignUse,notes,cwes\n"
	for _, tt := range []struct {
		name, in string
		want     map[string]wardbook.KEV
		places   []string
		refused  bool
	}{
		{"JSON", `{"catalogVersion":"2025.08.25","vulnerabilities":[{"cveID":"CVE-2021-44228","vendorProject":"Apache","product":"Log4j2","dateAdded":"2021-12-10","dueDate":"2021-12-24","knownRansomwareCampaignUse":"Known"}]}`,
			map[string]wardbook.KEV{"CVE-2021-44228": {CVE: "CVE-2021-44228", Vendor: "Apache", Product: "Log4j2", DateAdded: "2021-12-10", DueDate: "2021-12-24", Ransomware: wardbook.Yes}}, nil, false},
		{"CSV, ransomware Unknown is unknown", csv + "CVE-2020-0001,V,P,\"a, b\",2020-01-02,x,y,2020-02-03,Unknown,,\n",
			map[string]wardbook.KEV{"CVE-2020-0001": {CVE: "CVE-2020-0001", Vendor: "V", Product: "P", DateAdded: "2020-01-02", DueDate: "2020-02-03"}}, nil, false},
		{"bad rows are named, good ones kept", csv + "nonsense,V,P,a,2020-01-02\nCVE-2020-0001,V,P,a,someday\n",
			map[string]wardbook.KEV{"CVE-2020-0001": {CVE: "CVE-2020-0001", Vendor: "V", Product: "P"}}, []string{"line 2", "line 3"}, false},
		{"another JSON", `{"a":1}`, map[string]wardbook.KEV{}, []string{""}, true},
		{"another text", `hello`, map[string]wardbook.KEV{}, []string{""}, true},
		{"nothing", ``, map[string]wardbook.KEV{}, []string{""}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, info, err := DecodeKEV(strings.NewReader(tt.in), Options{})
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			if (err != nil) != tt.refused {
				t.Errorf("error %v, want refused %v", err, tt.refused)
			}
			if diff := cmp.Diff(tt.places, places(info)); diff != "" {
				t.Errorf("places: %s", diff)
			}
		})
	}
}

func places(info Info) (out []string) {
	for _, p := range info.Problems {
		out = append(out, p.Place)
	}
	return out
}

func TestDecodeEPSS(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		want     wardbook.EPSS // of CVE-2020-5902
		rows     int
		places   []string
		refused  bool
	}{
		{"with comment", "#model_version:v2022.01.01,score_date:2022-02-04T00:00:00+0000\ncve,epss,percentile\nCVE-2020-5902,0.96817,0.99999\nCVE-2018-19571,0.17187,0.93112\n", wardbook.EPSS{Probability: 0.96817, Percentile: 0.99999, Date: "2022-02-04"}, 2, nil, false},
		{"without comment", "cve,epss,percentile\r\nCVE-2020-5902,0.65117,0.9981063485700858\r\n", wardbook.EPSS{Probability: 0.65117, Percentile: 0.998106349}, 1, nil, false},
		{"without percentile", "cve,epss\nCVE-2020-5902,1\n", wardbook.EPSS{Probability: 1}, 1, nil, false},
		{"bad rows are named", "cve,epss,percentile\nCVE-2020-5902,1.5,0\nCVE-2020-5902,1e-05,.5\nx\n", wardbook.EPSS{Probability: 1e-05, Percentile: 0.5}, 1, []string{"line 2", "line 4"}, false},
		{"twice: the last holds", "cve,epss,percentile\nCVE-2020-5902,0.5,0\nCVE-2020-5902,0.6,0\n", wardbook.EPSS{Probability: 0.6}, 1, []string{""}, false},
		{"not a list", "a,b\n", wardbook.EPSS{}, 0, []string{""}, true},
		{"nothing", "", wardbook.EPSS{}, 0, []string{""}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			table, info, err := DecodeEPSS(strings.NewReader(tt.in), Options{})
			got, _ := table.Lookup("CVE-2020-5902")
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			if (err != nil) != tt.refused || table.Len() != tt.rows {
				t.Errorf("error %v, %d rows; want refused %v, %d rows", err, table.Len(), tt.refused, tt.rows)
			}
			if diff := cmp.Diff(tt.places, places(info)); diff != "" {
				t.Errorf("places: %s", diff)
			}
		})
	}
}

func TestRealKEVandEPSS(t *testing.T) {
	for _, tt := range []struct {
		path     string
		epss     bool
		records  int
		problems int
		newest   string
		refused  bool
	}{
		{path: "kev/known_exploited_vulnerabilities-2025-01-27.json.gz", records: 1252, newest: "2025-01-24"},
		{path: "kev/known_exploited_vulnerabilities-2025-08-25.csv", records: 1404, newest: "2025-08-25"},
		{path: "kev/known_exploited_vulnerabilities-2025-08-25.json", records: 1404, newest: "2025-08-25"},
		{path: "kev/vuls-cisa-kev-sample.json", records: 1, newest: "2022-08-18"},
		{path: "kev/known_exploited_vulnerabilities_schema.json", refused: true, problems: 1, newest: "0001-01-01"},
		{path: "epss/claircore-data.csv", epss: true, records: 29, newest: "2024-10-25"},
		{path: "epss/epss_scores-2024-10-27.relaid.csv.gz", epss: true, records: 263619, newest: "2024-10-27"},
		{path: "epss/epss_scores-2025-08-31.relaid.csv.gz", epss: true, records: 291657, newest: "2025-08-31"},
		{path: "epss/vuls-epss_scores-2021-04-14.csv.gz", epss: true, records: 2, newest: "0001-01-01"},
		{path: "epss/vuls-epss_scores-2021-09-01.csv.gz", epss: true, records: 2, newest: "0001-01-01"},
		{path: "epss/vuls-epss_scores-2022-02-04.csv.gz", epss: true, records: 2, newest: "2022-02-04"},
		{path: "epss/vuls-epss_scores-2023-03-07.csv.gz", epss: true, records: 2, newest: "2023-03-07"},
	} {
		t.Run(tt.path, func(t *testing.T) {
			err := intake.Walk(filepath.Join(dataDir(t, ""), tt.path), intake.Limits{}, func(f *intake.File) error {
				rc, err := f.Open()
				if err != nil {
					return err
				}
				defer rc.Close()
				var info Info
				if tt.epss {
					_, info, err = DecodeEPSS(rc, Options{})
				} else {
					_, info, err = DecodeKEV(rc, Options{})
				}
				if (err != nil) != tt.refused {
					t.Errorf("error %v, want refused %v", err, tt.refused)
				}
				if info.Records != tt.records || len(info.Problems) != tt.problems || info.Newest.Format("2006-01-02") != tt.newest {
					t.Errorf("%d records, %d problems, newest %s; want %d, %d, %s", info.Records, len(info.Problems), info.Newest.Format("2006-01-02"), tt.records, tt.problems, tt.newest)
					t.Log(info.Problems[:min(5, len(info.Problems))])
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}

func BenchmarkDecodeEPSS(b *testing.B) {
	path := filepath.Join(dataDir(b, "epss"), "epss_scores-2025-08-31.relaid.csv.gz")
	for b.Loop() {
		err := intake.Walk(path, intake.Limits{}, func(f *intake.File) error {
			rc, err := f.Open()
			if err != nil {
				return err
			}
			defer rc.Close()
			_, _, err = DecodeEPSS(rc, Options{})
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}
