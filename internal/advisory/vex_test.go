package advisory

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/wardbook/wardbook"
)

const openVEXSample = `{"@context": "https://openvex.dev/ns/v0.2.0", "@id": "urn:vex:1", "author": "Sorrel", "timestamp": "2026-01-01T00:00:00Z", "version": 1,
 "statements": [
  {"vulnerability": {"name": "CVE-2026-1", "aliases": ["GHSA-aaaa-bbbb-cccc", "https://web.example/CVE-2026-1"]}, "status": "not_affected",
   "justification": "component_not_present", "timestamp": "2026-01-02T00:00:00Z",
   "products": [{"@id": "pkg:generic/pump@5", "identifiers": {"cpe23": "cpe:2.3:a:s:p:5:*:*:*:*:*:*:*"}, "hashes": {"sha-256": "AA"},
     "subcomponents": [{"@id": "pkg:npm/x@1"}]}]},
  {"vulnerability": "CVE-2026-2", "status": "affected", "action_statement": "update", "products": ["pkg:generic/pump@5"], "subcomponents": ["pkg:npm/y@2"]},
  {"vulnerability": "CVE-2026-3", "status": "broken", "products": ["pkg:generic/pump@5"]},
  {"vulnerability": "CVE-2026-4", "status": "not_affected", "products": []}]}`

func TestDecodeOpenVEX(t *testing.T) {
	doc := read(t, openVEXSample)
	want := []wardbook.Statement{
		{ID: "urn:vex:1#1", Format: "OpenVEX", Document: "urn:vex:1", Author: "Sorrel", Vulnerability: "CVE-2026-1", Aliases: []string{"GHSA-aaaa-bbbb-cccc"},
			Status: wardbook.NotAffected, Justification: wardbook.ComponentNotPresent, Place: "/statements/0",
			Products: []wardbook.StatementSubject{{ID: "pkg:generic/pump@5", Purls: []string{"pkg:generic/pump@5"}, CPEs: []string{"cpe:2.3:a:s:p:5:*:*:*:*:*:*:*"},
				Hashes:     []wardbook.Hash{{Algorithm: "SHA-256", Value: "aa"}},
				Components: []wardbook.StatementSubject{{ID: "pkg:npm/x@1", Purls: []string{"pkg:npm/x@1"}}}}}},
		{ID: "urn:vex:1#2", Format: "OpenVEX", Document: "urn:vex:1", Author: "Sorrel", Vulnerability: "CVE-2026-2", Status: wardbook.Affected, Detail: "update", Place: "/statements/1",
			Products: []wardbook.StatementSubject{{ID: "pkg:generic/pump@5", Purls: []string{"pkg:generic/pump@5"},
				Components: []wardbook.StatementSubject{{ID: "pkg:npm/y@2", Purls: []string{"pkg:npm/y@2"}}}}}},
		{ID: "urn:vex:1#4", Format: "OpenVEX", Document: "urn:vex:1", Author: "Sorrel", Vulnerability: "CVE-2026-4", Status: wardbook.NotAffected, Place: "/statements/3"},
	}
	if diff := cmp.Diff(want, doc.Statements, cmpopts.IgnoreFields(wardbook.Statement{}, "Time")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := doc.Statements[0].Time.Format("2006-01-02") + doc.Statements[1].Time.Format("2006-01-02"); got != "2026-01-022026-01-01" {
		t.Errorf("times %s", got)
	}
	if doc.Format != "OpenVEX 0.2.0" || len(doc.Problems) != 3 {
		t.Errorf("%s %v", doc.Format, doc.Problems)
	}
	under := strings.Replace(strings.Replace(openVEXSample, `{"@context"`, `{"metadata": {"@context"`, 1), `"version": 1,`, `"version": 1},`, 1)
	if got := read(t, under); len(got.Statements) != 3 || got.Statements[0].Document != "urn:vex:1" {
		t.Errorf("fields under metadata: %+v", got.Statements)
	}
}

const cycloneDXSample = `{"bomFormat": "CycloneDX", "specVersion": "1.5", "serialNumber": "urn:uuid:11111111-2222-4333-8444-555555555555", "version": 1,
 "metadata": {"timestamp": "2026-01-01T00:00:00Z", "supplier": {"name": "Sorrel"}, "component": {"bom-ref": "pump", "name": "Pump", "version": "5", "type": "device"}},
 "components": [{"bom-ref": "lib", "name": "lib", "version": "1", "type": "library", "purl": "pkg:npm/lib@1"}],
 "vulnerabilities": [
  {"id": "CVE-2026-1", "references": [{"id": "GHSA-x"}], "analysis": {"state": "not_affected", "justification": "code_not_reachable", "response": ["update"], "detail": "d"},
   "affects": [{"ref": "lib"}]},
  {"id": "CVE-2026-2", "analysis": {"state": "exploitable"}, "affects": [{"ref": "urn:cdx:aaaaaaaa-2222-4333-8444-555555555555/1#other%20one",
   "versions": [{"range": "vers:generic/<2", "status": "affected"}, {"version": "1.9", "status": "affected"}, {"version": "2.0", "status": "unaffected"}]}]},
  {"id": "CVE-2026-3", "affects": [{"ref": "nowhere"}]}]}`

const cycloneDXSampleXML = `<?xml version="1.0" encoding="UTF-8"?>
<bom xmlns="http://cyclonedx.org/schema/bom/1.5" serialNumber="urn:uuid:11111111-2222-4333-8444-555555555555" version="1">
 <metadata><timestamp>2026-01-01T00:00:00Z</timestamp><component bom-ref="pump" type="device"><name>Pump</name><version>5</version></component><supplier><name>Sorrel</name></supplier></metadata>
 <components><component bom-ref="lib" type="library"><name>lib</name><version>1</version><purl>pkg:npm/lib@1</purl></component></components>
 <vulnerabilities>
  <vulnerability><id>CVE-2026-1</id><references><reference><id>GHSA-x</id></reference></references>
   <analysis><state>not_affected</state><justification>code_not_reachable</justification><responses><response>update</response></responses><detail>d</detail></analysis>
   <affects><target><ref>lib</ref></target></affects></vulnerability>
  <vulnerability><id>CVE-2026-2</id><analysis><state>exploitable</state></analysis><affects><target>
   <ref>urn:cdx:aaaaaaaa-2222-4333-8444-555555555555/1#other%20one</ref>
   <versions><version><range>vers:generic/&lt;2</range><status>affected</status></version><version><version>1.9</version><status>affected</status></version>
   <version><version>2.0</version><status>unaffected</status></version></versions></target></affects></vulnerability>
  <vulnerability><id>CVE-2026-3</id><affects><target><ref>nowhere</ref></target></affects></vulnerability>
 </vulnerabilities></bom>`

func TestDecodeCycloneDX(t *testing.T) {
	pump := wardbook.StatementSubject{ID: "pump", Vendor: "", Name: "Pump", Versions: &wardbook.VersionRange{Raw: "5", Versions: []string{"5"}},
		Components: []wardbook.StatementSubject{{ID: "lib", Purls: []string{"pkg:npm/lib@1"}, Name: "lib", Versions: &wardbook.VersionRange{Raw: "1", Versions: []string{"1"}}}}}
	other := func(v wardbook.VersionRange) []wardbook.StatementSubject {
		return []wardbook.StatementSubject{{ID: "other one", SBOM: "urn:uuid:aaaaaaaa-2222-4333-8444-555555555555", Versions: &v}}
	}
	want := []wardbook.Statement{
		{Vulnerability: "CVE-2026-1", Aliases: []string{"GHSA-x"}, Status: wardbook.NotAffected, Justification: wardbook.VulnerableCodeNotInPath,
			Detail: "code_not_reachable\nd", Responses: []string{"update"}, Products: []wardbook.StatementSubject{pump}, Place: "/vulnerabilities/0"},
		{Vulnerability: "CVE-2026-2", Status: wardbook.Affected, Place: "/vulnerabilities/1",
			Products: other(wardbook.VersionRange{Raw: "vers:generic/<2 | 1.9", Intervals: []wardbook.Interval{{Max: "2"}}, Versions: []string{"1.9"}})},
		{Vulnerability: "CVE-2026-2", Status: wardbook.NotAffected, Place: "/vulnerabilities/1",
			Products: other(wardbook.VersionRange{Raw: "2.0", Versions: []string{"2.0"}})},
		{Vulnerability: "CVE-2026-3", Status: wardbook.Affected, Place: "/vulnerabilities/2",
			Products: []wardbook.StatementSubject{{ID: "nowhere", SBOM: "urn:uuid:11111111-2222-4333-8444-555555555555"}}},
	}
	for name, text := range map[string]string{"JSON": cycloneDXSample, "XML": cycloneDXSampleXML} {
		t.Run(name, func(t *testing.T) {
			doc := read(t, text)
			if diff := cmp.Diff(want, doc.Statements, cmpopts.IgnoreFields(wardbook.Statement{}, "ID", "Format", "Document", "Author", "Time"), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			s := doc.Statements[0]
			if s.Author != "Sorrel" || s.Time.IsZero() || doc.Format != "CycloneDX 1.5 VEX "+name || len(doc.Problems) != 1 {
				t.Errorf("%s: %+v, %v", doc.Format, s, doc.Problems)
			}
		})
	}
}
