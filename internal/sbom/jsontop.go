package sbom

import (
	"bufio"
	"bytes"
	"slices"
	"strings"

	"github.com/wardbook/wardbook"
)

// jsonTop is what the top level of a JSON document says of what it is. Members
// may stand in any order, bomFormat after components too, so that the kind is
// known for certain only at the end.
type jsonTop struct {
	bomFormat, specVersion string
	spdxVersion            string
	schema                 string
	context                string // the first @context that is a string
	names                  []string
}

const maxTopNames = 64

func decodeJSON(br *bufio.Reader, b *builder) error {
	j := newJSONReader(br, b)
	top := &jsonTop{}
	s2 := &spdxReader{b: b, j: j}
	s3 := &spdx3Reader{b: b, j: j}
	j.top(top, s2, s3, true)
	if j.err != nil {
		return j.invalid()
	}
	if why := j.trailing(); why != "" {
		b.problem("", "%s", why)
	}
	switch {
	case top.isCycloneDX():
		return b.finishCycloneDXJSON(top)
	case top.spdxVersion != "" || slices.Contains(top.names, "SPDXID") && slices.Contains(top.names, "packages"):
		s2.finish(top)
		return nil
	case s3.found && (strings.Contains(top.context, "spdx.org/rdf/3") || s3.specVersion != ""):
		s3.finish()
		return nil
	}
	return notSBOM(top)
}

// top reads the members of the top-level object. Some programs wrap an SBOM:
// GitHub's API in "sbom", an in-toto statement in "predicate".
func (j *jsonReader) top(top *jsonTop, s2 *spdxReader, s3 *spdx3Reader, outer bool) {
	if !j.enter('{') {
		return
	}
	for j.member() {
		if len(top.names) < maxTopNames {
			top.names = append(top.names, string(j.key))
		}
		if j.cdxTop(top) || s2.top(top) || s3.top(top) {
			continue
		}
		key := string(j.key)
		if outer && (key == "sbom" || key == "predicate") && j.peek() == '{' {
			j.top(top, s2, s3, false)
			continue
		}
		j.skip()
	}
}

// cdxTop reads a top-level member of a CycloneDX document.
func (j *jsonReader) cdxTop(top *jsonTop) bool {
	b := j.b
	switch string(j.key) {
	case "bomFormat":
		top.bomFormat = j.text()
	case "specVersion":
		top.specVersion = j.text()
	case "$schema":
		top.schema = j.text()
	case "serialNumber":
		b.doc.Serial = j.text()
	case "version":
		b.doc.Revision = j.text()
	case "metadata":
		if j.peek() != '{' {
			j.skip()
			return true
		}
		j.cdxMetadata()
	case "components":
		if j.peek() != '[' {
			return false
		}
		j.cdxComponents("/components")
	case "services":
		if j.peek() != '[' {
			return false
		}
		j.cdxServices()
	case "dependencies":
		if j.peek() != '[' {
			return false
		}
		j.cdxDependencies()
	case "compositions":
		if j.peek() != '[' {
			return false
		}
		j.cdxCompositions()
	case "vulnerabilities":
		if j.peek() != '[' {
			return false
		}
		j.enter('[')
		for j.element() {
			b.doc.Vulnerabilities++
			j.skip()
		}
	default:
		return false
	}
	return true
}

func (t *jsonTop) isCycloneDX() bool {
	return strings.EqualFold(t.bomFormat, "CycloneDX") ||
		t.bomFormat == "" && t.specVersion != "" && t.spdxVersion == "" &&
			(strings.Contains(t.schema, "cyclonedx") || slices.Contains(t.names, "components") && slices.Contains(t.names, "serialNumber"))
}

func (b *builder) finishCycloneDXJSON(top *jsonTop) error {
	if top.bomFormat != "CycloneDX" {
		b.problem("/bomFormat", "bomFormat is %q, not CycloneDX", top.bomFormat)
	}
	b.cdxVersion("/specVersion", top.specVersion, "JSON")
	b.graph.where = b.cdxPlace
	return b.refuseVEX(slices.Contains(top.names, "dependencies"))
}

// cdxVersions are the versions that this package knows.
var cdxVersions = []string{"1.0", "1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "1.7"}

func (b *builder) cdxVersion(place, version, syntax string) {
	b.doc.Spec, b.doc.SpecVersion = "CycloneDX", version
	b.doc.Format = strings.Join(strings.Fields("CycloneDX "+version+" "+syntax), " ")
	if !slices.Contains(cdxVersions, version) {
		b.problem(place, "unknown version %q of CycloneDX: read as far as it is understood", version)
	}
}

// refuseVEX refuses a CycloneDX document that lists vulnerabilities only.
func (b *builder) refuseVEX(dependencies bool) error {
	d := b.doc
	if d.Vulnerabilities > 0 && b.parts.n == 0 && d.Services == 0 && !dependencies {
		return &NotSBOM{What: d.Format + " with vulnerabilities only (VEX)", Hint: "give it as VEX", Kind: wardbook.InputVEX}
	}
	return nil
}

func (b *builder) cdxPlace(at, sub int32) string {
	if sub < 0 {
		return b.indexPlace("/dependencies", int(at))
	}
	return b.indexPlace(b.indexPlace("/dependencies", int(at))+"/dependsOn", int(sub))
}

// notSBOM says what a JSON document is, by its top-level names.
func notSBOM(top *jsonTop) error {
	has := func(names ...string) bool {
		for _, n := range names {
			if !slices.Contains(top.names, n) {
				return false
			}
		}
		return true
	}
	vulns := func(what string) error {
		return &NotSBOM{What: what, Hint: "give it as vulnerability data", Kind: wardbook.InputVulnerabilities}
	}
	switch {
	case has("document") && (has("product_tree") || has("vulnerabilities")):
		return &NotSBOM{What: "a CSAF document", Hint: "give it as an advisory or as VEX", Kind: wardbook.InputAdvisory}
	case strings.Contains(top.context, "openvex") || has("statements"):
		return &NotSBOM{What: "OpenVEX", Hint: "give it as VEX", Kind: wardbook.InputVEX}
	case has("catalogVersion", "vulnerabilities"):
		return &NotSBOM{What: "the KEV catalogue", Hint: "give it with --kev", Kind: wardbook.InputKEV}
	case has("dataType", "cveMetadata"):
		return vulns("a CVE record (JSON 5)")
	case has("resultsPerPage", "vulnerabilities"):
		return vulns("an NVD reply")
	case has("id", "affected") || has("schema_version", "modified"):
		return vulns("an OSV record")
	case has("lockfileVersion"):
		return &NotSBOM{What: "an npm lock file", Hint: "make an SBOM from it first"}
	case has("runs", "version"):
		return &NotSBOM{What: "a SARIF report"}
	case has("score", "checks"):
		return &NotSBOM{What: "an OpenSSF Scorecard result"}
	case has("payload", "payloadType"):
		return &NotSBOM{What: "a DSSE envelope", Hint: "give the SBOM inside it"}
	case has("artifacts", "source", "descriptor"):
		return &NotSBOM{What: "Syft's own JSON", Hint: "let Syft write CycloneDX or SPDX"}
	case has("resourceType"):
		return &NotSBOM{What: "a FHIR resource"}
	case has("$schema", "properties"):
		return &NotSBOM{What: "a JSON schema"}
	}
	names := top.names
	const most = 5
	if len(names) > most {
		names = names[:most]
	}
	if len(names) == 0 {
		return &NotSBOM{What: "JSON without any member"}
	}
	return &NotSBOM{What: "JSON of another kind (its members: " + strings.Join(names, ", ") + ")"}
}

// trailing says what stands behind the document, or "".
func (j *jsonReader) trailing() string {
	if j.next() == 0 && j.pos == j.end {
		return ""
	}
	return "more data follows behind the document: ignored"
}

// describe says what a file is that is neither JSON, XML nor tag-value.
func describe(head []byte) string {
	line, _, _ := bytes.Cut(head, []byte("\n"))
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		if bytes.Contains(head, []byte("[Content_Types].xml")) || bytes.Contains(head, []byte("xl/")) {
			return "an Excel workbook (SPDX in XLSX is not read)"
		}
		return "a zip archive or Office document"
	case bytes.HasPrefix(head, []byte("\xd0\xcf\x11\xe0")):
		return "an old Excel or Office document"
	case bytes.HasPrefix(head, []byte("%PDF")):
		return "a PDF document"
	case bytes.HasPrefix(head, []byte("\x1f\x8b")), bytes.HasPrefix(head, []byte("BZh")), bytes.HasPrefix(head, []byte("\xfd7zXZ")),
		bytes.HasPrefix(head, []byte("\x28\xb5\x2f\xfd")):
		return "a compressed file inside a compressed file, or of a compression that is not read"
	case head[0] == '[':
		return "a JSON array"
	case bytes.Contains(head, []byte("bomFormat:")):
		return "CycloneDX in YAML"
	case bytes.Contains(head, []byte("spdxVersion:")), bytes.HasPrefix(head, []byte("SPDXID: \"")):
		return "SPDX in YAML"
	case bytes.Contains(head, []byte("PackageName:")), bytes.Contains(head, []byte("SPDXID:")):
		return "SPDX tag-value without SPDXVersion"
	case bytes.Contains(head, []byte("http://spdx.org/rdf/terms")):
		return "SPDX in RDF (Turtle)"
	case bytes.HasPrefix(head, []byte("---")), bytes.Contains(line, []byte(": ")):
		return "YAML or plain text"
	case bytes.IndexByte(head[:min(len(head), 512)], 0) >= 0:
		return "a binary file"
	case bytes.Count(line, []byte(",")) > 2 || bytes.Count(line, []byte(";")) > 2:
		return "a CSV table"
	}
	return "no format that is known here"
}

func hintFor(head []byte) string {
	if d := describe(head); strings.Contains(d, "SPDX") || strings.Contains(d, "CycloneDX") {
		return "convert it to SPDX JSON, SPDX tag-value or CycloneDX JSON"
	}
	return ""
}
