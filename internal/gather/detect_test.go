package gather_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/catalog"
	"github.com/wardbook/wardbook/internal/gather"
)

func TestDetect(t *testing.T) {
	for _, tt := range []struct {
		name, head string
		want       wardbook.InputKind
	}{
		{"a.json", `{"bomFormat":"CycloneDX","components":[]}`, wardbook.InputSBOM},
		{"a.json", `{"bomFormat":"CycloneDX","vulnerabilities":[]}`, wardbook.InputVEX},
		{"a.json", `{"SPDXID":"SPDXRef-DOCUMENT","spdxVersion":"SPDX-2.3"`, wardbook.InputSBOM},
		{"a.json", `{"@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld"}`, wardbook.InputSBOM},
		{"a.spdx", "SPDXVersion: SPDX-2.2\n", wardbook.InputSBOM},
		{"a.xml", `<?xml version="1.0"?><bom xmlns="http://cyclonedx.org/schema/bom/1.4"><components/></bom>`, wardbook.InputSBOM},
		{"a.json", `{"document":{"category":"csaf_security_advisory","notes":[{"text":"cut`, wardbook.InputAdvisory},
		{"a.json", `{"document":{"category":"csaf_vex"}}`, wardbook.InputVEX},
		{"a.json", `{"@context":"https://openvex.dev/ns/v0.2.0","statements":[]}`, wardbook.InputVEX},
		{"a.json", `{"id":"GO-1","modified":"2024-01-01T00:00:00Z","affected":[]}`, wardbook.InputVulnerabilities},
		{"a.jsonl", "{\"id\":\"GO-1\",\"schema_version\":\"1\"}\n{\"id\":\"GO-2\"}", wardbook.InputVulnerabilities},
		{"a.json", `[{"id":"GO-1","affected":[]}]`, wardbook.InputVulnerabilities},
		{"a.yaml", "id: GO-1\naffected:\n- package:\n", wardbook.InputVulnerabilities},
		{"a.json", `{"containers":{},"cveMetadata":{}}`, wardbook.InputVulnerabilities},
		{"a.json", `{"resultsPerPage":1,"format":"NVD_CVE"}`, wardbook.InputVulnerabilities},
		{"kev.json", `{"title":"CISA","catalogVersion":"2025.01.01"}`, wardbook.InputKEV},
		{"kev.csv", "cveID,vendorProject,product\n", wardbook.InputKEV},
		{"epss.csv", "#model_version:v2023.03.01\ncve,epss,percentile\n", wardbook.InputEPSS},
		{"epss.csv", "cve,epss\n", wardbook.InputEPSS},
		{"cmms.csv", "St. Example\nExported 29.08.2025;;\n\nAsset No;Model\nA-1;x\nA-2;y\n", wardbook.InputInventory},
		{"notes.txt", "Dear colleagues,\nthe pumps of the ICU\nare to be updated\nby Friday.\n", ""},
		{"columns.yaml", "# How it is read\ndelimiter: \";\"\ncolumns:\n  \"A\": asset_id\n", wardbook.InputColumns},
		{"policy.yaml", "id: ours\nscales:\n  severity:\nlevels:\n- id: x\n", wardbook.InputPolicy},
		{"policy.yaml", string(catalog.DefaultPolicy()), wardbook.InputPolicy},
		{"answers.yaml", "# Questions\nanswers:\n- kind: maker\n", wardbook.InputAnswers},
		{"columns.yaml", "columns:\n  A: asset_id\n", wardbook.InputColumns},
		{"cmms.csv", "Asset No;Manufacturer;Model\nP-1;x;y\n", wardbook.InputInventory},
		{"cmms.csv", "\xff\xfeA\x00s\x00", wardbook.InputInventory},
		{"cmms.xlsx", "PK\x03\x04..........[Content_Types].xml", wardbook.InputInventory},
		{"all.zip", "PK\x03\x04..........a.json", gather.Archive},
		{"x.pdf", "%PDF-1.7, with; commas", ""},
		{"x.txt", "hello", ""},
		{"x", "", ""},
		{"x.json", `{"a": [1, 2`, ""},
	} {
		if got := gather.Detect(tt.name, []byte(tt.head)); got != tt.want {
			t.Errorf("%s %.40q: %q, want %q", tt.name, tt.head, got, tt.want)
		}
	}
}

// Real files: what Detect says, the decoder of that kind reads.
func TestDetectReal(t *testing.T) {
	const data = "../../../shared/data/"
	if _, err := os.Stat(data); err != nil {
		t.Skip("the real documents are not here")
	}
	cat, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		glob string
		want wardbook.InputKind
	}{
		{"csaf/icsma/*.json", wardbook.InputAdvisory}, {"kev/known*2025*", wardbook.InputKEV}, {"epss/*.gz", wardbook.InputEPSS},
		{"cve5/*.gz", wardbook.InputVulnerabilities}, {"cve5/icsma/*.json", wardbook.InputVulnerabilities}, {"nvd/api-cve/*.json", wardbook.InputVulnerabilities},
		{"sbom/cyclonedx/*.json", wardbook.InputSBOM}, {"sbom/spdx/*.json", wardbook.InputSBOM}, {"vex/openvex/*.json", wardbook.InputVEX},
	} {
		paths, _ := filepath.Glob(data + tt.glob)
		for i, p := range paths {
			if i == 40 {
				break
			}
			b, err := os.ReadFile(p)
			if err != nil || strings.HasSuffix(p, "schema.json") {
				continue
			}
			if got := gather.Detect(p, b[:min(len(b), gather.HeadSize)]); got != tt.want {
				t.Errorf("%s: %q, want %q", p, got, tt.want)
				continue
			}
			if i > 3 {
				continue
			}
			d, err := gather.Decode(tt.want, p, bytes.NewReader(b), gather.Options{Catalog: cat})
			if err != nil || d.Input.SHA256 == "" || d.Input.Size != int64(len(b)) || d.Input.Format == "" {
				t.Errorf("%s: %v, input %+v", p, err, d.Input)
			}
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	for _, tt := range []struct {
		kind wardbook.InputKind
		text string
	}{
		{wardbook.InputSBOM, "{}"}, {wardbook.InputAdvisory, "hello"}, {wardbook.InputKEV, "a,b\n"}, {wardbook.InputEPSS, "{}"},
		{wardbook.InputPolicy, "id: x\n"}, {wardbook.InputAnswers, "answers:\n- kind: nonsense\n  key: x\n  answer: y\n"}, {wardbook.InputInventory, "{}"}, {"nonsense", "x"},
	} {
		d, err := gather.Decode(tt.kind, "f", strings.NewReader(tt.text), gather.Options{})
		if err == nil || len(d.Input.Problems) == 0 || d.Input.SHA256 == "" {
			t.Errorf("%s of %q: %v, %+v", tt.kind, tt.text, err, d.Input)
		}
	}
}

func TestDecodeAdvisory(t *testing.T) {
	const doc = `{"document": {"category": "csaf_security_advisory", "csaf_version": "2.0", "title": "T", "publisher": {"category": "vendor", "name": "V", "namespace": "https://v.example"},
 "tracking": {"id": "V-1", "status": "final", "version": "1", "initial_release_date": "2025-01-10T00:00:00Z", "current_release_date": "2025-02-10T00:00:00Z", "revision_history": [{"date": "2025-01-10T00:00:00Z", "number": "1", "summary": "first"}]}},
 "product_tree": {"full_product_names": [{"name": "V X 1", "product_id": "P"}]}, "vulnerabilities": [{"cve": "CVE-2025-1", "product_status": {"known_affected": ["P"]}}]}`
	d, err := gather.Decode(wardbook.InputAdvisory, "v.json", io.MultiReader(strings.NewReader(doc)), gather.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if d.ID != "V-1" || d.Advisory == nil || d.Input.AsOf != "2025-02-10" || d.Input.Records != 1 || d.Newest.IsZero() {
		t.Errorf("%+v", d)
	}
}

func FuzzDetect(f *testing.F) {
	f.Add([]byte(`{"document":{"category":`))
	f.Add([]byte("\x1f\x8b\x08"))
	f.Add([]byte("PK\x03\x04"))
	f.Add([]byte("BZh91AY"))
	f.Fuzz(func(t *testing.T, b []byte) { gather.Detect("x", b) })
}
