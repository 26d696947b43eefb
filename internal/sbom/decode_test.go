package sbom

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/wardbook/wardbook"
)

func decode(t *testing.T, doc string) *Document {
	t.Helper()
	d, err := Decode(strings.NewReader(doc), Options{})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// The same product in every format: a pump with a library, which needs
// another one, whose supplier is said to be unknown.
const (
	pumpCycloneDX = `{
 "components": [
  {"bom-ref":"a","type":"library","group":"org.example","name":"net","version":"1.2","supplier":{"name":"Example Works"},
   "purl":"pkg:maven/org.example/net@1.2","cpe":"cpe:2.3:a:example:net:1.2:*:*:*:*:*:*:*",
   "licenses":[{"license":{"id":"MIT"}},{"expression":"Apache-2.0 OR MIT"}],
   "hashes":[{"alg":"SHA-256","content":"AB01"}],
   "properties":[{"name":"End-of-Support","value":"2027-06-30"},{"name":"Level of Support","value":"actively maintained"}],
   "components":[{"bom-ref":"b","name":"z\u0065d","version":"unknown","publisher":"NOASSERTION","scope":"optional"}]}
 ],
 "dependencies":[{"ref":"p","dependsOn":["a"]},{"ref":"a","dependsOn":["b"]}],
 "metadata":{"timestamp":"2026-01-02T03:04:05+01:00","tools":{"components":[{"name":"maker","version":"1.0"}]},
  "authors":[{"name":"A. Author"}],
  "component":{"bom-ref":"p","type":"firmware","name":"Pump","version":"2.1","manufacturer":{"name":"Pump Works"},
   "properties":[{"name":"cdx:device:gs1:gtin-14","value":"00012345678905"},{"name":"modelNumber","value":"P-1"}]}},
 "services":[{"bom-ref":"s","name":"cloud","services":[{"name":"inner"}]}],
 "vulnerabilities":[{"id":"CVE-2020-0001"}],
 "serialNumber":"urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79","version":3,
 "specVersion":"1.6","bomFormat":"CycloneDX"}`

	pumpXML = `<?xml version="1.0" encoding="ISO-8859-1"?>
<bom xmlns="http://cyclonedx.org/schema/bom/1.6" xmlns:x="http://example.com/x" serialNumber="urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79" version="3">
 <metadata><timestamp>2026-01-02T03:04:05+01:00</timestamp>
  <tools><components><component type="application"><name>maker</name><version>1.0</version></component></components></tools>
  <authors><author><name>A. Author</name></author></authors>
  <component type="firmware" bom-ref="p"><manufacturer><name>Pump Works</name></manufacturer><name>Pump</name><version>2.1</version>
   <properties><property name="cdx:device:gs1:gtin-14">00012345678905</property><property name="modelNumber">P-1</property></properties></component>
 </metadata>
 <components>
  <component type="library" bom-ref="a"><supplier><name>Example Works</name></supplier><group>org.example</group><name>net</name><version>1.2</version>
   <x:name>not this</x:name>
   <hashes><hash alg="SHA-256">AB01</hash></hashes>
   <licenses><license><id>MIT</id></license><expression>Apache-2.0 OR MIT</expression></licenses>
   <cpe>cpe:2.3:a:example:net:1.2:*:*:*:*:*:*:*</cpe><purl>pkg:maven/org.example/net@1.2</purl>
   <properties><property name="End-of-Support">2027-06-30</property><property name="Level of Support">actively maintained</property></properties>
   <components><component bom-ref="b"><publisher>NOASSERTION</publisher><name>zed</name><version>unknown</version><scope>optional</scope></component></components>
  </component>
 </components>
 <services><service bom-ref="s"><name>cloud</name><services><service><name>inner</name></service></services></service></services>
 <dependencies><dependency ref="p"><dependency ref="a"/></dependency><dependency ref="a"><dependency ref="b"/></dependency></dependencies>
 <vulnerabilities><vulnerability><id>CVE-2020-0001</id></vulnerability></vulnerabilities>
</bom>`

	pumpSPDX = `{"SPDXID":"SPDXRef-DOCUMENT","spdxVersion":"SPDX-2.3","name":"pump sbom","documentNamespace":"https://example.com/pump",
 "creationInfo":{"created":"2026-01-02T02:04:05Z","creators":["Tool: maker 1.0","Person: A. Author (a@example.com)"]},
 "relationships":[
  {"spdxElementId":"SPDXRef-DOCUMENT","relationshipType":"DESCRIBES","relatedSpdxElement":"p"},
  {"spdxElementId":"p","relationshipType":"DEPENDS_ON","relatedSpdxElement":"a"},
  {"spdxElementId":"b","relationshipType":"DEPENDENCY_OF","relatedSpdxElement":"a"},
  {"spdxElementId":"a","relationshipType":"CONTAINS","relatedSpdxElement":"b"},
  {"spdxElementId":"a","relationshipType":"CONTAINS","relatedSpdxElement":"f"},
  {"spdxElementId":"b","relationshipType":"DEPENDS_ON","relatedSpdxElement":"NONE"}],
 "packages":[
  {"SPDXID":"p","name":"Pump","versionInfo":"2.1","supplier":"Organization: Pump Works","primaryPackagePurpose":"FIRMWARE"},
  {"SPDXID":"a","name":"net","versionInfo":"1.2","supplier":"Organization: Example Works (info@example.com)","licenseDeclared":"MIT","licenseConcluded":"Apache-2.0 OR MIT",
   "checksums":[{"algorithm":"SHA256","checksumValue":"AB01"}],"validUntilDate":"2027-06-30T00:00:00Z",
   "annotations":[{"comment":"Level of Support: actively maintained"}],
   "externalRefs":[{"referenceType":"purl","referenceLocator":"pkg:maven/org.example/net@1.2"},{"referenceType":"cpe23Type","referenceLocator":"cpe:2.3:a:example:net:1.2:*:*:*:*:*:*:*"}]},
  {"SPDXID":"b","name":"zed","versionInfo":"unknown","supplier":"NOASSERTION"}],
 "files":[{"SPDXID":"f","fileName":"./x"}]}`

	pumpTag = `SPDXVersion: SPDX-2.3
SPDXID: SPDXRef-DOCUMENT
DocumentName: pump sbom
DocumentNamespace: https://example.com/pump
Creator: Tool: maker 1.0
Creator: Person: A. Author (a@example.com)
Created: 2026-01-02T02:04:05Z
CreatorComment: <text>two
PackageName: not this
lines</text>
Relationship: SPDXRef-DOCUMENT DESCRIBES p
PackageName: Pump
SPDXID: p
PackageVersion: 2.1
PackageSupplier: Organization: Pump Works
PrimaryPackagePurpose: FIRMWARE
Relationship: p DEPENDS_ON a
PackageName: net
SPDXID: a
PackageVersion: 1.2
PackageSupplier: Organization: Example Works (info@example.com)
PackageChecksum: SHA256: AB01
PackageLicenseDeclared: MIT
PackageLicenseConcluded: Apache-2.0 OR MIT
ExternalRef: PACKAGE-MANAGER purl pkg:maven/org.example/net@1.2
ExternalRef: SECURITY cpe23Type cpe:2.3:a:example:net:1.2:*:*:*:*:*:*:*
ValidUntilDate: 2027-06-30T00:00:00Z
PackageName: zed
SPDXID: b
PackageVersion: unknown
PackageSupplier: NOASSERTION
FileName: ./x
SPDXID: f
Relationship: b DEPENDENCY_OF a
Relationship: a CONTAINS b
Relationship: a CONTAINS f
Relationship: b DEPENDS_ON NONE
Annotator: Person: A. Author
SPDXREF: a
AnnotationComment: Level of Support: actively maintained
`

	pumpSPDX3 = `{"@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld","@graph":[
 {"type":"Relationship","spdxId":"r1","from":"p","relationshipType":"dependsOn","to":["a"]},
 {"type":"software_Package","spdxId":"p","name":"Pump","software_packageVersion":"2.1","suppliedBy":"o1","software_primaryPurpose":"firmware"},
 {"type":"software_Package","spdxId":"a","name":"net","software_packageVersion":"1.2","suppliedBy":{"type":"Organization","spdxId":"o2","name":"Example Works"},
  "software_packageUrl":"pkg:maven/org.example/net@1.2","externalIdentifier":[{"type":"ExternalIdentifier","externalIdentifierType":"cpe23","identifier":"cpe:2.3:a:example:net:1.2:*:*:*:*:*:*:*"}],
  "verifiedUsing":[{"type":"Hash","algorithm":"sha256","hashValue":"AB01"}],"validUntilTime":"2027-06-30T00:00:00Z","supportLevel":["support"]},
 {"type":"software_Package","spdxId":"b","name":"zed","software_packageVersion":"unknown","suppliedBy":"https://spdx.org/rdf/3.0.1/terms/Core/NoAssertionElement"},
 {"type":"Relationship","spdxId":"r2","from":"a","relationshipType":"dependsOn","to":["b"]},
 {"type":"Relationship","spdxId":"r5","from":"a","relationshipType":"contains","to":["b","f"]},
 {"type":"software_File","spdxId":"f","name":"x"},
 {"type":"Relationship","spdxId":"r3","from":"a","relationshipType":"hasDeclaredLicense","to":["l1"]},
 {"type":"Relationship","spdxId":"r4","from":"a","relationshipType":"hasConcludedLicense","to":["l2"]},
 {"type":"simplelicensing_LicenseExpression","spdxId":"l1","simplelicensing_licenseExpression":"MIT"},
 {"type":"simplelicensing_LicenseExpression","spdxId":"l2","simplelicensing_licenseExpression":"Apache-2.0 OR MIT"},
 {"type":"Organization","spdxId":"o1","name":"Pump Works"},{"type":"Person","spdxId":"o3","name":"A. Author"},{"type":"Tool","spdxId":"t","name":"maker 1.0"},
 {"type":"SpdxDocument","spdxId":"https://example.com/pump","name":"pump sbom","rootElement":["p"],"creationInfo":"_:c"},
 {"type":"CreationInfo","@id":"_:c","specVersion":"3.0.1","created":"2026-01-02T02:04:05Z","createdBy":["o3"],"createdUsing":["t"]}]}`
)

func TestDecodeFormats(t *testing.T) {
	net := wardbook.Component{
		Ref: "a", Name: "net", Version: "1.2", Supplier: "Example Works", Purl: "pkg:maven/org.example/net@1.2",
		CPEs: []string{"cpe:2.3:a:example:net:1.2:*:*:*:*:*:*:*"}, Licences: []string{"MIT", "Apache-2.0 OR MIT"},
		Hashes:     []wardbook.Hash{{Algorithm: "SHA-256", Value: "ab01"}},
		SupportEnd: "2027-06-30", SupportLevel: "actively maintained", Relationship: wardbook.RelationDirect,
	}
	zed := wardbook.Component{Ref: "b", Name: "zed", Relationship: wardbook.RelationTransitive}
	pump := wardbook.Component{Ref: "p", Type: "firmware", Name: "Pump", Version: "2.1", Supplier: "Pump Works"}
	for _, tt := range []struct {
		name, doc, format, serial string
	}{
		{"CycloneDX, bomFormat last", pumpCycloneDX, "CycloneDX 1.6 JSON", "urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79"},
		{"CycloneDX XML, foreign element", pumpXML, "CycloneDX 1.6 XML", "urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79"},
		{"SPDX 2, relationships first", pumpSPDX, "SPDX 2.3 JSON", "https://example.com/pump"},
		{"SPDX 2 wrapped as GitHub does", `{"sbom":` + pumpSPDX + `}`, "SPDX 2.3 JSON", "https://example.com/pump"},
		{"tag-value", pumpTag, "SPDX 2.3 tag-value", "https://example.com/pump"},
		{"tag-value, lines end in CR", strings.ReplaceAll(pumpTag, "\n", "\r"), "SPDX 2.3 tag-value", "https://example.com/pump"},
		{"SPDX 3", pumpSPDX3, "SPDX 3.0.1 JSON-LD", "https://example.com/pump"},
		{"byte order mark", "\xef\xbb\xbf \n" + pumpCycloneDX, "CycloneDX 1.6 JSON", "urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79"},
		{"UTF-16", asUTF16(pumpCycloneDX), "CycloneDX 1.6 JSON", "urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := decode(t, tt.doc)
			if len(d.Problems) > 0 {
				t.Errorf("problems: %v", d.Problems)
			}
			if d.Format != tt.format || d.Serial != tt.serial {
				t.Errorf("format %q, serial %q", d.Format, d.Serial)
			}
			if want := time.Date(2026, 1, 2, 2, 4, 5, 0, time.UTC); !d.Created.Equal(want) {
				t.Errorf("created %v", d.Created)
			}
			if diff := cmp.Diff([][]string{{"maker 1.0"}, {"A. Author"}}, [][]string{d.Tools, d.Authors}); diff != "" {
				t.Error("tools and authors:", diff)
			}
			net, zed, pump := net, zed, pump
			want := []wardbook.Component{net, zed}
			if d.Spec == "CycloneDX" {
				want[0].Group, want[0].Type, want[1].Scope = "org.example", "library", "optional"
				if d.Services != 2 || d.Vulnerabilities != 1 || d.Revision != "3" {
					t.Errorf("services %d, vulnerabilities %d, revision %q", d.Services, d.Vulnerabilities, d.Revision)
				}
				if p := d.Product; p.ModelNumber != "P-1" || p.UDIDI != "00012345678905" {
					t.Errorf("model %q, UDI-DI %q", p.ModelNumber, p.UDIDI)
				}
			} else {
				want = append([]wardbook.Component{pump}, want...)
				if d.Files != 1 || d.Name != "pump sbom" {
					t.Errorf("files %d, name %q", d.Files, d.Name)
				}
			}
			if d.SpecVersion == "3.0.1" {
				want[1].SupportLevel = "support"
			}
			noPlace := cmpopts.IgnoreFields(wardbook.Component{}, "Place")
			if diff := cmp.Diff(want, d.Components, noPlace); diff != "" {
				t.Error("components:", diff)
			}
			if diff := cmp.Diff(pump, d.Product.Component, noPlace); diff != "" {
				t.Error("product:", diff)
			}
			if d.Product.Manufacturer != "Pump Works" {
				t.Errorf("manufacturer %q", d.Product.Manufacturer)
			}
			deps := []wardbook.Dependency{{From: "p", To: []string{"a"}}, {From: "a", To: []string{"b"}}}
			if diff := cmp.Diff(deps, d.Dependencies); diff != "" {
				t.Error("dependencies:", diff)
			}
			if diff := cmp.Diff([]wardbook.Dependency{{From: "a", To: []string{"b"}}}, d.Contains); diff != "" {
				t.Error("contains:", diff)
			}
			g := GradeOf(d)
			if e := g.Elements[0]; e.Unknown != 1 || e.Missing != 0 {
				t.Errorf("supplier: %+v", e)
			}
			if e := g.Elements[2]; e.Unknown != 1 || e.Missing != 0 {
				t.Errorf("version: %+v", e)
			}
			if e := g.Elements[4]; e.Have != len(want) {
				t.Errorf("dependency: %+v", e)
			}
		})
	}
}

func asUTF16(s string) string {
	b := []byte{0xff, 0xfe}
	for i := range len(s) {
		b = append(b, s[i], 0)
	}
	return string(b)
}

func TestRefused(t *testing.T) {
	for _, tt := range []struct {
		name, doc, what string
		kind            wardbook.InputKind
	}{
		{"empty", " \n", "an empty file", ""},
		{"VEX only", `{"bomFormat":"CycloneDX","specVersion":"1.4","vulnerabilities":[{"id":"CVE-2020-0001"}]}`,
			"CycloneDX 1.4 JSON with vulnerabilities only (VEX)", wardbook.InputVEX},
		{"CSAF", `{"document":{"category":"csaf_base"},"product_tree":{}}`, "a CSAF document", wardbook.InputAdvisory},
		{"OSV", `{"id":"GHSA-x","affected":[]}`, "an OSV record", wardbook.InputVulnerabilities},
		{"CVE", `{"dataType":"CVE_RECORD","cveMetadata":{}}`, "a CVE record (JSON 5)", wardbook.InputVulnerabilities},
		{"npm lock file", `{"name":"x","lockfileVersion":2,"packages":{"":{}}}`, "an npm lock file", ""},
		{"RDF", `<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://spdx.org/rdf/terms#"/>`, "SPDX in RDF/XML", ""},
		{"SWID", `<SoftwareIdentity xmlns="http://standards.iso.org/iso/19770/-2/2015/schema.xsd"/>`, "a SWID tag (ISO/IEC 19770-2)", ""},
		{"SPDX YAML", "SPDXID: \"SPDXRef-DOCUMENT\"\nspdxVersion: \"SPDX-2.3\"\n", "SPDX in YAML", ""},
		{"CycloneDX YAML", "bomFormat: CycloneDX\n", "CycloneDX in YAML", ""},
		{"zip", "PK\x03\x04\x14", "a zip archive or Office document", ""},
		{"array", "[1]", "a JSON array", ""},
		{"CSV", "a,b,c,d\n1,2,3,4\n", "a CSV table", ""},
		{"other JSON", `{"a":1,"b":2}`, "JSON of another kind (its members: a, b)", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Decode(strings.NewReader(tt.doc), Options{})
			var not *NotSBOM
			if !errors.As(err, &not) {
				t.Fatalf("error %v", err)
			}
			if not.What != tt.what || not.Kind != tt.kind {
				t.Errorf("got %q (%q), want %q (%q)", not.What, not.Kind, tt.what, tt.kind)
			}
		})
	}
}

func TestBroken(t *testing.T) {
	deepXML := strings.Repeat("<a>", 2000)
	for _, tt := range []struct {
		name, doc, want string
	}{
		{"cut off", `{"bomFormat":"CycloneDX","components":[{"name":"a"}`, "byte 51: not valid JSON: the document ends too early, at /components/0"},
		{"text after a value", `{"bomFormat":"CycloneDX" "x":1}`, `byte 25: not valid JSON: expected a comma or the end, found '"', at /bomFormat`},
		{"deep array", `{"bomFormat":"CycloneDX","x":` + strings.Repeat("[", 100_000), "nested deeper than the limit of 512"},
		{"deep components", `{"components":` + strings.Repeat(`[{"components":`, 100_000), "nested deeper than the limit of 512"},
		{"deep XML", `<bom xmlns="http://cyclonedx.org/schema/bom/1.4">` + deepXML, "nested deeper than the limit of 512"},
		{"XML cut off", `<bom xmlns="http://cyclonedx.org/schema/bom/1.4"><components>`, "line 1: not valid XML: unexpected EOF"},
		{"open text", "SPDXVersion: SPDX-2.3\nCreatorComment: <text>x\n", "line 2: a <text> that is never closed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Decode(strings.NewReader(tt.doc), Options{})
			if err == nil || err.Error() != tt.want {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
}

// A bomb must stop at the limit and hold little memory on the way.
func TestLimit(t *testing.T) {
	for _, start := range []string{`{"bomFormat":"CycloneDX","x":"`, "SPDXVersion: SPDX-2.3\n#", " "} {
		_, err := Decode(&endless{start: start}, Options{MaxBytes: 64 << 20})
		if !errors.Is(err, ErrTooLarge) {
			t.Errorf("%.20q: %v", start, err)
		}
	}
	for _, start := range []string{`{"bomFormat":"CycloneDX","serialNumber":"`, `<bom xmlns="http://cyclonedx.org/schema/bom/1.4">`,
		`<?xml version="1.0" encoding="ISO-8859-1"?><bom x="`} {
		from := &endless{start: start}
		_, err := Decode(from, Options{})
		if !errors.Is(err, ErrTooLarge) || from.read > 40<<20 {
			t.Errorf("%.20q: one text of %d MiB: %v", start, from.read>>20, err)
		}
	}
	if _, err := Decode(strings.NewReader(pumpTag), Options{MaxBytes: int64(len(pumpTag))}); err != nil {
		t.Errorf("a document as large as the limit: %v", err)
	}
}

type endless struct {
	start string
	read  int
}

func (e *endless) Read(p []byte) (int, error) {
	e.read += len(p)
	n := copy(p, e.start)
	e.start = e.start[n:]
	for i := n; i < len(p); i++ {
		p[i] = ' '
	}
	return len(p), nil
}

func TestProblems(t *testing.T) {
	cdx := func(members string) string { return `{"bomFormat":"CycloneDX","specVersion":"1.5",` + members + `}` }
	for _, tt := range []struct {
		name, doc string
		want      []string
	}{
		{"bad purl is kept", cdx(`"components":[{"name":"a","purl":"no purl"}]`),
			[]string{`/components/0: bad purl "no purl": purl scheme is not "pkg": "no purl"`}},
		{"bad CPE is kept", cdx(`"components":[{"name":"a","cpe":"x"}]`),
			[]string{`/components/0: bad CPE "x": it starts with neither cpe:2.3: nor cpe:/`}},
		{"wrong types", cdx(`"components":[7,{"name":{"x":1},"hashes":"x"}]`), []string{
			"/components/0: expected an object, found a number: skipped",
			"/components/1/name: expected a string, found an object: skipped",
			"/components/1/hashes: expected an array, found a string: skipped",
			"/components/1: a component without a name"}},
		{"dangling, self and repeated", cdx(`"components":[{"bom-ref":"a","name":"a"},{"bom-ref":"b","name":"b"}],
			"dependencies":[{"ref":"a","dependsOn":["a","b","b","x"]},{"ref":"x","dependsOn":["a"]},{"ref":"y"}]`), []string{
			`/dependencies/0/dependsOn/0: "a" refers to itself`,
			`/dependencies/0/dependsOn/3: the ref "x" is not declared in the document (referred to 2 times)`,
			`/dependencies/0/dependsOn/2: the reference from "a" to "b" is repeated`,
			`/dependencies/2: the ref "y" is not declared in the document`}},
		{"cycle", cdx(`"components":[{"bom-ref":"a","name":"a"},{"bom-ref":"b","name":"b"},{"bom-ref":"a","name":"c"}],
			"dependencies":[{"ref":"a","dependsOn":["b"]},{"ref":"b","dependsOn":["a"]}]`), []string{
			`/components/2: the ref "a" is declared more than once`,
			`/dependencies/0: dependency cycle among 2: "a", "b"`}},
		{"support end is no date", cdx(`"components":[{"name":"a","properties":[{"name":"endOfSupport","value":"when we like"}]}]`),
			[]string{`/components/0: the end of support "when we like" is not a date: kept as a note`}},
		{"more behind", cdx(`"components":[]`) + " {}", []string{"more data follows behind the document: ignored"}},
		{"unknown version", `{"bomFormat":"CycloneDX","specVersion":"9"}`,
			[]string{`/specVersion: unknown version "9" of CycloneDX: read as far as it is understood`}},
		{"not UTF-8", cdx("\"components\":[{\"name\":\"a\xff\"}]"),
			[]string{"/components/0/name: not valid UTF-8: what cannot be read is replaced, here and further on"}},
		{"BOM-Link points elsewhere", cdx(`"components":[{"bom-ref":"a","name":"a"}],"dependencies":[{"ref":"a","dependsOn":["urn:cdx:f08a6ccd-4dce-4759-bd84-c626675d60a7/1#x"]}]`), nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, p := range decode(t, tt.doc).Problems {
				got = append(got, p.String())
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestProblemLimit(t *testing.T) {
	doc := `{"bomFormat":"CycloneDX","specVersion":"1.5","components":[` + strings.Repeat(`{},`, 50) + `{}]}`
	d, err := Decode(strings.NewReader(doc), Options{MaxProblems: 10})
	if err != nil || len(d.Problems) != 10 || d.MoreProblems != 41 {
		t.Errorf("%d problems, %d more, %v", len(d.Problems), d.MoreProblems, err)
	}
}

// A chain of 100,000 refs must not overflow a stack or take long.
func TestLongChain(t *testing.T) {
	const n = 100_000
	var b strings.Builder
	b.WriteString(`{"bomFormat":"CycloneDX","specVersion":"1.5","dependencies":[`)
	for i := range n {
		fmt.Fprintf(&b, `{"ref":"%d","dependsOn":["%d"]},`, i, (i+1)%n)
	}
	b.WriteString(`{"ref":"0"}],"components":[`)
	for i := range n {
		fmt.Fprintf(&b, `{"bom-ref":"%d","name":"x"},`, i)
	}
	b.WriteString(`{"name":"last"}],"metadata":{"component":{"bom-ref":"r","name":"r"}}}`)
	d := decode(t, b.String())
	if len(d.Problems) != 1 || !strings.Contains(d.Problems[0].Message, "dependency cycle among 100000") {
		t.Errorf("problems: %.3v", d.Problems)
	}
}

func TestGrade(t *testing.T) {
	d := decode(t, pumpCycloneDX)
	g := GradeOf(d)
	got := map[string]string{}
	for _, e := range g.Elements {
		got[e.ID] = fmt.Sprintf("%d/%d/%d", e.Have, e.Missing, e.Unknown)
	}
	want := map[string]string{ // have, missing, unknown
		"supplier": "1/0/1", "name": "2/0/0", "version": "1/0/1", "identifier": "1/1/0", "dependency": "2/0/0",
		"author": "1/0/0", "timestamp": "1/0/0", "support-level": "1/1/0", "support-end": "1/1/0", "hash": "1/1/0", "licence": "1/1/0",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if s := g.String(); s != "C (69 %: NTIA 79 %, FDA 50 %)" {
		t.Error(s)
	}
	if g := GradeOf(&Document{}); g.Letter != "-" {
		t.Errorf("nothing: %v", g)
	}
}
