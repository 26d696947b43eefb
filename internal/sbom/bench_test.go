package sbom

import (
	"bytes"
	"fmt"
	"testing"
)

// The documents below are made up: 20,000 components with what a build tool
// writes about each. bench/peers decodes the same bytes with other libraries;
// keep its generator in step.

func benchCycloneDX(n int) []byte {
	var b bytes.Buffer
	b.WriteString(`{"bomFormat":"CycloneDX","specVersion":"1.5","serialNumber":"urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79","version":1,
"metadata":{"timestamp":"2026-01-02T03:04:05Z","tools":[{"vendor":"example","name":"maker","version":"1.0"}],"component":{"bom-ref":"root","type":"firmware","name":"Pump","version":"2.1"}},
"components":[`)
	for i := range n {
		if i > 0 {
			b.WriteString(",")
		}
		fmt.Fprintf(&b, `
    {
      "bom-ref": "pkg:npm/part-%d@%d.%d.%d?package-id=%016x",
      "type": "library",
      "publisher": "Example Works %d",
      "name": "part-%d",
      "version": "%d.%d.%d",
      "licenses": [{"license": {"id": "MIT"}}],
      "cpe": "cpe:2.3:a:part-%d:part-%d:%d.%d.%d:*:*:*:*:*:*:*",
      "purl": "pkg:npm/part-%d@%d.%d.%d",
      "hashes": [{"alg": "SHA-256", "content": "%064x"}],
      "externalReferences": [{"type": "website", "url": "https://example.com/part-%d"}],
      "properties": [
        {"name": "example:package:foundBy", "value": "javascript-package-cataloger"},
        {"name": "example:location:0:path", "value": "/usr/lib/node_modules/part-%d/package.json"}
      ]
    }`, i, i%9, i%11, i%13, i, i%50, i, i%9, i%11, i%13, i, i, i%9, i%11, i%13, i, i%9, i%11, i%13, i, i, i)
	}
	b.WriteString("],\n\"dependencies\":[")
	for i := range n {
		if i > 0 {
			b.WriteString(",")
		}
		ref := func(k int) string {
			return fmt.Sprintf("pkg:npm/part-%d@%d.%d.%d?package-id=%016x", k, k%9, k%11, k%13, k)
		}
		fmt.Fprintf(&b, "\n{\"ref\":%q,\"dependsOn\":[", ref(i))
		if i+1 < n {
			fmt.Fprintf(&b, "%q", ref(i+1))
		}
		if i+7 < n {
			fmt.Fprintf(&b, ",%q", ref(i+7))
		}
		b.WriteString("]}")
	}
	b.WriteString("]}\n")
	return b.Bytes()
}

func benchSPDX(n int) []byte {
	var b bytes.Buffer
	b.WriteString(`{"spdxVersion":"SPDX-2.3","dataLicense":"CC0-1.0","SPDXID":"SPDXRef-DOCUMENT","name":"pump","documentNamespace":"https://example.com/pump",
"creationInfo":{"created":"2026-01-02T03:04:05Z","creators":["Tool: maker-1.0"]},
"packages":[`)
	for i := range n {
		if i > 0 {
			b.WriteString(",")
		}
		fmt.Fprintf(&b, `
  {
   "name": "part-%d",
   "SPDXID": "SPDXRef-Package-npm-part-%d-%016x",
   "versionInfo": "%d.%d.%d",
   "supplier": "Organization: Example Works %d",
   "downloadLocation": "https://example.com/part-%d",
   "filesAnalyzed": false,
   "sourceInfo": "acquired package info from /usr/lib/node_modules/part-%d/package.json",
   "licenseConcluded": "NOASSERTION",
   "licenseDeclared": "MIT",
   "copyrightText": "NOASSERTION",
   "checksums": [{"algorithm": "SHA256", "checksumValue": "%064x"}],
   "externalRefs": [
    {"referenceCategory": "SECURITY", "referenceType": "cpe23Type", "referenceLocator": "cpe:2.3:a:part-%d:part-%d:%d.%d.%d:*:*:*:*:*:*:*"},
    {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": "pkg:npm/part-%d@%d.%d.%d"}
   ]
  }`, i, i, i, i%9, i%11, i%13, i%50, i, i, i, i, i, i%9, i%11, i%13, i, i%9, i%11, i%13)
	}
	b.WriteString("],\n\"relationships\":[\n{\"spdxElementId\":\"SPDXRef-DOCUMENT\",\"relationshipType\":\"DESCRIBES\",\"relatedSpdxElement\":\"SPDXRef-Package-npm-part-0-0000000000000000\"}")
	for i := range n - 1 {
		fmt.Fprintf(&b, ",\n{\"spdxElementId\":\"SPDXRef-Package-npm-part-%d-%016x\",\"relationshipType\":\"DEPENDS_ON\",\"relatedSpdxElement\":\"SPDXRef-Package-npm-part-%d-%016x\"}", i, i, i+1, i+1)
	}
	b.WriteString("]}\n")
	return b.Bytes()
}

func benchDecode(b *testing.B, doc []byte) {
	b.SetBytes(int64(len(doc)))
	b.ReportAllocs()
	for b.Loop() {
		d, err := Decode(bytes.NewReader(doc), Options{})
		if err != nil {
			b.Fatal(err)
		}
		if len(d.Components) != benchComponents || len(d.Problems) > 0 {
			b.Fatalf("%d components, problems %v", len(d.Components), d.Problems[:min(3, len(d.Problems))])
		}
	}
}

const benchComponents = 20_000

func BenchmarkDecodeCycloneDX(b *testing.B) { benchDecode(b, benchCycloneDX(benchComponents)) }

func BenchmarkDecodeSPDX(b *testing.B) { benchDecode(b, benchSPDX(benchComponents)) }
