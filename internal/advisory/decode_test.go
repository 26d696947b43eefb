package advisory

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wardbook/wardbook"
)

// pump is a small CSAF document that has every part that is read.
const pump = `{
 "document": {"category": "csaf_security_advisory", "csaf_version": "2.0", "title": "Sorrel pump",
  "publisher": {"category": "vendor", "name": "Sorrel", "namespace": "https://sorrel.example"},
  "references": [
   {"category": "self", "summary": "JSON", "url": "https://sorrel.example/1.json"},
   {"category": "self", "summary": "Web Version", "url": "https://sorrel.example/1"}],
  "tracking": {"id": "SOR-1", "status": "final", "version": "2",
   "initial_release_date": "2026-01-02T03:04:05Z", "current_release_date": "2026-02-03T04:05:06+01:00"}},
 "product_tree": {
  "branches": [{"category": "vendor", "name": "Sorrel", "branches": [
   {"category": "product_family", "name": "Infusion", "branches": [
    {"category": "product_name", "name": "Pump 5", "branches": [
     {"category": "product_version_range", "name": "<= 2.3", "product": {"product_id": "P1",
      "name": "Pump 5 (not including the Pump 5X): 2.3 and prior",
      "product_identification_helper": {"cpe": "cpe:2.3:h:sorrel:pump5:*:*:*:*:*:*:*:*", "purl": "pkg:generic/pump5",
       "model_numbers": ["PU-5000"], "serial_numbers": ["1?"], "skus": ["S5"], "sbom_urls": ["https://sorrel.example/sbom"],
       "hashes": [{"filename": "f", "file_hashes": [{"algorithm": "sha256", "value": "AB"}]}],
       "x_generic_uris": [{"namespace": "https://ns.example", "uri": "urn:x"}]}}},
     {"category": "architecture", "name": "arm", "branches": [
      {"category": "product_version", "name": "V2.4", "product": {"product_id": "P2", "name": "Pump 5 2.4"}}]}]}]}]}],
  "full_product_names": [{"product_id": "OS", "name": "Ward OS 3"}],
  "relationships": [{"category": "installed_on", "product_reference": "P2", "relates_to_product_reference": "OS",
   "full_product_name": {"product_id": "P2OS", "name": "Pump 5 2.4 on Ward OS 3"}}],
  "product_groups": [{"group_id": "G1", "product_ids": ["P1", "P2"]}]},
 "vulnerabilities": [{"cve": "CVE-2026-1234", "cwe": {"id": "CWE-79", "name": "x"}, "title": "t",
  "notes": [{"category": "summary", "text": "It hurts."}],
  "product_status": {"known_affected": ["P1"], "fixed": ["P2"], "first_fixed": ["P2"], "known_not_affected": ["P2OS"]},
  "flags": [{"label": "component_not_present", "product_ids": ["P2OS"]}],
  "threats": [{"category": "impact", "details": "none", "product_ids": ["P2OS"]},
   {"category": "exploit_status", "details": "PoC", "group_ids": ["G1"]}],
  "remediations": [{"category": "vendor_fix", "details": "Install 2.4", "url": "https://sorrel.example/f", "group_ids": ["G1"],
   "date": "2026-01-05T00:00:00Z", "restart_required": {"category": "system"}}],
  "scores": [{"products": ["P1"], "cvss_v3": {"version": "3.1", "vectorString": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "baseScore": 9.8}}]},
  {"ids": [{"system_name": "own", "text": "BUG-7"}], "product_status": {"under_investigation": ["P1"]}}]
}`

func read(t *testing.T, s string) *Document {
	t.Helper()
	doc, err := Decode(strings.NewReader(s), Options{Name: "test"})
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestDecodeCSAF(t *testing.T) {
	doc := read(t, pump)
	if len(doc.Problems) > 0 {
		t.Errorf("problems: %v", doc.Problems)
	}
	a := doc.Advisory
	got := []string{doc.Format, a.ID, a.URL, a.Publisher, a.Updated.Format("2006-01-02T15:04:05Z07:00"), a.Vulnerabilities[0].Summary}
	want := []string{"CSAF 2.0", "SOR-1", "https://sorrel.example/1", "Sorrel", "2026-02-03T03:05:06Z", "It hurts."}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	p := a.Products[0]
	wantP := wardbook.AdvisoryProduct{
		ID: "P1", Name: "Pump 5 (not including the Pump 5X): 2.3 and prior",
		Path: []wardbook.Branch{{Category: "vendor", Name: "Sorrel"}, {Category: "product_family", Name: "Infusion"},
			{Category: "product_name", Name: "Pump 5"}, {Category: "product_version_range", Name: "<= 2.3"}},
		Vendor: "Sorrel", Family: "Infusion", Product: "Pump 5",
		Versions: wardbook.VersionRange{Raw: "<= 2.3", Intervals: []wardbook.Interval{{Max: "2.3", MaxInclusive: true}}},
		CPE:      "cpe:2.3:h:sorrel:pump5:*:*:*:*:*:*:*:*", Purls: []string{"pkg:generic/pump5"}, ModelNumbers: []string{"PU-5000"},
		SKUs: []string{"S5"}, SerialNumbers: []string{"1?"}, SBOMURLs: []string{"https://sorrel.example/sbom"},
		Hashes: []wardbook.Hash{{Algorithm: "SHA-256", Value: "ab"}}, URIs: []string{"urn:x"}, Excludes: []string{"Pump 5X"},
	}
	if diff := cmp.Diff(wantP, p); diff != "" {
		t.Errorf("product (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]wardbook.Branch{{Category: "architecture", Name: "arm"}}, a.Products[1].Other); diff != "" {
		t.Error(diff)
	}
	if r := a.Products[3]; r.Relation != "installed_on" || r.Component != "P2" || r.Host != "OS" {
		t.Errorf("relationship: %+v", r)
	}
	v := a.Vulnerabilities[0]
	if diff := cmp.Diff(map[wardbook.Status][]string{"affected": {"P1"}, "fixed": {"P2"}, "not_affected": {"P2OS"}}, v.Status); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"P1", "P2"}, v.Remediations[0].Products); diff != "" {
		t.Errorf("product group: %s", diff)
	}
	if v.Exploits["P2"] != "PoC" || v.Justifications["P2OS"] != wardbook.ComponentNotPresent || v.Scores[0].Score != 9.8 {
		t.Errorf("vulnerability: %+v", v)
	}
	if a.Vulnerabilities[1].ID != "BUG-7" {
		t.Errorf("id %q", a.Vulnerabilities[1].ID)
	}
	// Affected is the advisory's own; the rest are statements.
	var statuses []string
	for _, s := range doc.Statements {
		statuses = append(statuses, string(s.Status)+" "+s.Vulnerability+" "+s.Products[0].ID)
	}
	if diff := cmp.Diff([]string{"not_affected CVE-2026-1234 P2OS", "fixed CVE-2026-1234 P2", "under_investigation BUG-7 P1"}, statuses); diff != "" {
		t.Error(diff)
	}
	if s := doc.Statements[0]; s.Products[0].Name != "Ward OS 3" || s.Products[0].Components[0].ID != "P2" || s.Justification != wardbook.ComponentNotPresent {
		t.Errorf("a relationship is the host with its component, got %+v", s)
	}
}

// Each row breaks one thing in the document above.
func TestDecodeFaults(t *testing.T) {
	for _, c := range []struct {
		name, old, new string
		place, message string // of a problem that leaves the document usable
		err            string // else of the refusal
	}{
		{"dangling product", `"known_affected": ["P1"]`, `"known_affected": ["P1", "P9"]`, "/vulnerabilities/0/product_status/known_affected/1", `no product has the id "P9"`, ""},
		{"doubled product", `"product_id": "P2"`, `"product_id": "P1"`, "/product_tree/branches/0/branches/0/branches/0/branches/1/branches/0/product/product_id", "defined twice", ""},
		{"unknown group", `"group_ids": ["G1"],
   "date"`, `"group_ids": ["G2"], "date"`, "/vulnerabilities/0/remediations/0/group_ids/0", "no product group", ""},
		{"no tracking id", `"id": "SOR-1", `, ``, "/document/tracking/id", "is missing; named untracked-", ""},
		{"bad date", `2026-01-02T03:04:05Z`, `2026-13-02`, "/document/tracking/initial_release_date", "is not a date", ""},
		{"bad vector", `AV:N/AC:L/PR:N`, `AV:Q/AC:L/PR:N`, "/vulnerabilities/0/scores/0/cvss_v3/vectorString", "the stated score was taken", ""},
		{"wrong score", `"baseScore": 9.8`, `"baseScore": 4.2`, "/vulnerabilities/0/scores/0/cvss_v3/baseScore", "the vector gives 9.8", ""},
		{"score as text", `"baseScore": 9.8`, `"baseScore": "9.8"`, "/vulnerabilities/0/scores/0/cvss_v3/baseScore", "is a text where a number must stand", ""},
		{"text as number", `"version": "2",`, `"version": 2,`, "/document/tracking/version", "is a number where a text must stand", ""},
		{"list as object", `"flags": [`, `"flags": {"a": 1}, "flagz": [`, "/vulnerabilities/0/flags", "is an object where a list must stand", ""},
		{"doubled name", `"title": "t",`, `"title": "t", "title": "u",`, "/vulnerabilities/0/title", "duplicate", ""},
		{"contradiction", `"fixed": ["P2"], "first`, `"fixed": ["P1"], "first`, "/vulnerabilities/0/product_status/fixed/0", "affected and fixed at once", ""},
		{"bad CVE", `CVE-2026-1234`, `CVE-26-1`, "/vulnerabilities/0/cve", "is not a CVE id", ""},
		{"bad bytes", `It hurts.`, "It \xff hurts.", "/vulnerabilities/0/notes/0/text", "UTF-8", ""},
		{"byte order mark", `{
 "document"`, "\ufeff{ \"document\"", "", "byte order mark", ""},
		{"name says another version", `2.3 and prior"`, `2.4 and prior"`, "/product_tree/branches/0/branches/0/branches/0/branches/0/product/name", "the branch says 2.3, the full product name 2.4", ""},
		{"csaf version", `"csaf_version": "2.0"`, `"csaf_version": "1.2"`, "", "", "/document/csaf_version: is \"1.2\""},
		{"deleted", `"status": "final"`, `"status": "deleted"`, "", "", "SOR-1 was deleted"},
		{"trailing bytes", "]\n}", "]\n} garbage", "", "", "7 bytes follow after the end"},
		{"cut off", "\"under_investigation\": [\"P1\"]}}]\n}", "\"under_inv", "", "", "not valid JSON: line"},
		{"not CSAF", `"document": {`, `"bomFormat": "x", "document": {`, "", "", "bill of materials of the format"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := strings.Replace(pump, c.old, c.new, 1)
			if s == pump {
				t.Fatal("the row changes nothing")
			}
			doc, err := Decode(strings.NewReader(s), Options{})
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Fatalf("error %v, want %q", err, c.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range doc.Problems {
				if p.Place == c.place && strings.Contains(p.Message, c.message) {
					return
				}
			}
			t.Errorf("no problem %s: %s among %v", c.place, c.message, doc.Problems)
		})
	}
}

func TestNameHasAZeroMore(t *testing.T) {
	doc := read(t, strings.NewReplacer(`"V2.4"`, `"2.2"`, `"Pump 5 2.4"`, `"Pump 5: 2.20"`).Replace(pump))
	if diff := cmp.Diff([]string{"2.2", "2.20"}, doc.Advisory.Products[1].Versions.Versions); diff != "" {
		t.Error(diff)
	}
}

func TestDecodeRefuses(t *testing.T) {
	for _, c := range []struct{ name, text, is string }{
		{"empty", "", "the document is empty"},
		{"OSV", `{"schema_version": "1.6.0", "id": "GO-1"}`, "an OSV record"},
		{"CVE", `{"dataType": "CVE_RECORD"}`, "a CVE record"},
		{"SPDX", `{"spdxVersion": "SPDX-2.3"}`, "an SPDX SBOM"},
		{"feed", `{"feed": {}}`, "a ROLIE feed"},
		{"stub", `{"note": "deleted"}`, "a stub that says"},
		{"HTML", "<!doctype html><html>", "a web page"},
		{"CVRF", `<cvrfdoc xmlns="http://www.icasi.org/CVRF/schema/cvrf/1.1">`, "a CVRF advisory"},
		{"list", `[1]`, "a JSON list"},
		{"other", `{"a": 1}`, `JSON of unknown kind, with "a"`},
		{"gzip", "\x1f\x8b\x08", "compressed"},
		{"SBOM", `{"bomFormat": "CycloneDX", "specVersion": "1.5"}`, "without vulnerabilities"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Decode(strings.NewReader(c.text), Options{})
			if err == nil || !strings.Contains(err.Error(), c.is) {
				t.Errorf("error %v, want %q", err, c.is)
			}
		})
	}
	if _, err := Decode(strings.NewReader(pump), Options{MaxBytes: 100}); !errors.Is(err, ErrTooLarge) {
		t.Errorf("too large: %v", err)
	}
}

func TestDecodeUTF16(t *testing.T) {
	b := []byte{0xFF, 0xFE}
	for _, r := range pump {
		b = append(b, byte(r), byte(r>>8))
	}
	doc := read(t, string(b))
	if doc.Advisory.ID != "SOR-1" || len(doc.Problems) != 1 {
		t.Errorf("%q, %v", doc.Advisory.ID, doc.Problems)
	}
}

// Branches may nest without end in a hostile document.
func TestDecodeDeep(t *testing.T) {
	deep := strings.Repeat(`{"category": "vendor", "name": "a", "branches": [`, 4000) + strings.Repeat(`]}`, 4000)
	doc := read(t, strings.Replace(pump, `"branches": [{"category": "vendor"`, `"branches": [`+deep+`, {"category": "vendor"`, 1))
	if len(doc.Advisory.Products) != 4 {
		t.Errorf("%d products", len(doc.Advisory.Products))
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(pump))
	f.Add([]byte(openVEXSample))
	f.Add([]byte(cycloneDXSample))
	f.Add([]byte(cycloneDXSampleXML))
	f.Fuzz(func(t *testing.T, b []byte) {
		doc, err := Decode(strings.NewReader(string(b)), Options{MaxBytes: 1 << 20})
		if (doc == nil) == (err == nil) {
			t.Fatalf("document %v, error %v", doc, err)
		}
	})
}
