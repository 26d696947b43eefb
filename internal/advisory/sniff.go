package advisory

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

type kind int

const (
	kindOther kind = iota
	kindInvalid
	kindCSAF
	kindOpenVEX
	kindCycloneDXJSON
	kindCycloneDXXML
)

// sniff tells the format of a document by its first decisive name. For what
// is not read here, the text says what it is or why it cannot be read.
func sniff(b []byte) (kind, string) {
	b = bytes.TrimLeft(b, " \t\r\n")
	switch {
	case len(b) == 0:
		return kindInvalid, "the document is empty"
	case b[0] == '<':
		return sniffXML(b)
	case b[0] == '[':
		return kindOther, "a JSON list, not one document"
	case b[0] == '{':
		return sniffJSON(b)
	case bytes.HasPrefix(b, []byte("SPDXVersion:")):
		return kindOther, "an SPDX SBOM (tag-value)"
	case bytes.HasPrefix(b, []byte("-----BEGIN PGP")):
		return kindOther, "an OpenPGP signature or key"
	case len(b) < 4096 && bytes.Contains(bytes.ToLower(b), []byte("deleted")):
		return kindOther, fmt.Sprintf("a note that the document was deleted: %s", firstLine(b))
	case bytes.HasPrefix(b, []byte("PK\x03\x04")):
		return kindOther, "a ZIP archive"
	case bytes.HasPrefix(b, []byte("\x1f\x8b")), bytes.HasPrefix(b, []byte("BZh")), bytes.HasPrefix(b, []byte("\xfd7zXZ")):
		return kindOther, "compressed, and must be unpacked first"
	case bytes.HasPrefix(b, []byte("%PDF")):
		return kindOther, "a PDF"
	case bytes.ContainsRune(b[:min(len(b), 512)], 0):
		return kindOther, "binary"
	case b[0] == '"' || b[0] == '-' || b[0] >= '0' && b[0] <= '9' && json.Valid(b):
		return kindOther, "a bare JSON value"
	}
	return kindOther, fmt.Sprintf("neither JSON nor XML; it begins with %s", firstLine(b))
}

func firstLine(b []byte) string {
	line, _, _ := bytes.Cut(b, []byte("\n"))
	return fmt.Sprintf("%.80q", strings.ToValidUTF8(string(bytes.TrimSpace(line)), "?"))
}

func sniffXML(b []byte) (kind, string) {
	head := b[:min(len(b), 4096)]
	switch {
	case bytes.Contains(head, []byte("cyclonedx.org/schema/bom")):
		return kindCycloneDXXML, ""
	case bytes.Contains(head, []byte("icasi.org/CVRF")), bytes.Contains(head, []byte("cvrf/common")):
		return kindOther, "a CVRF advisory (XML), the forerunner of CSAF 2.0"
	case bytes.Contains(bytes.ToLower(head), []byte("<html")):
		return kindOther, "a web page (HTML)"
	case bytes.Contains(head, []byte("spdx.org/rdf")):
		return kindOther, "an SPDX SBOM (RDF)"
	}
	return kindOther, "an XML document of unknown kind"
}

// decisive names what a JSON document is by a name at its top level.
var decisive = map[string]struct {
	kind kind
	is   string
}{
	"document":            {kindCSAF, ""},
	"bomFormat":           {kindCycloneDXJSON, ""},
	"statements":          {kindOpenVEX, ""},
	"spdxVersion":         {kindOther, "an SPDX SBOM"},
	"SPDXID":              {kindOther, "an SPDX SBOM"},
	"cveMetadata":         {kindOther, "a CVE record"},
	"dataType":            {kindOther, "a CVE record"},
	"CVE_data_type":       {kindOther, "a CVE record (JSON 4)"},
	"catalogVersion":      {kindOther, "a KEV catalogue"},
	"affected":            {kindOther, "an OSV record"},
	"schema_version":      {kindOther, "an OSV record"},
	"resultsPerPage":      {kindOther, "a reply of the NVD API"},
	"sourceIdentifier":    {kindOther, "an NVD record"},
	"feed":                {kindOther, "a ROLIE feed, a list of advisories"},
	"service":             {kindOther, "a ROLIE service document"},
	"canonical_url":       {kindOther, "CSAF provider or aggregator metadata"},
	"aggregator":          {kindOther, "CSAF aggregator metadata"},
	"public_openpgp_keys": {kindOther, "CSAF provider metadata"},
	"$defs":               {kindOther, "a JSON schema"},
	"resourceType":        {kindOther, "a FHIR resource"},
	"predicateType":       {kindOther, "an in-toto attestation"},
	"payloadType":         {kindOther, "a signed envelope (DSSE)"},
	"cvrfdoc":             {kindOther, "a CVRF advisory"},
	"matches":             {kindOther, "a scanner's report"},
}

// sniffJSON walks the top level until a name decides. A document in which
// none does is told by what its names are.
func sniffJSON(b []byte) (kind, string) {
	dec := jsontext.NewDecoder(bytes.NewBuffer(b), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if _, err := dec.ReadToken(); err != nil {
		return kindInvalid, "not valid JSON: " + err.Error()
	}
	var names []string
	found := map[string]bool{}
	for dec.PeekKind() == '"' {
		tok, err := dec.ReadToken()
		if err != nil {
			return kindInvalid, "not valid JSON: " + err.Error()
		}
		name := tok.String()
		if d, ok := decisive[name]; ok && !(name == "document" && dec.PeekKind() != '{') {
			return d.kind, d.is
		}
		if len(names) < 8 {
			names = append(names, fmt.Sprintf("%.40q", name))
		}
		v, err := dec.ReadValue()
		if err != nil {
			return kindInvalid, syntaxMessage(b, err)
		}
		found[name] = true
		switch {
		case name == "@context" && bytes.Contains(v, []byte("openvex")), name == "metadata" && bytes.Contains(v, []byte("openvex.dev/ns")):
			found["openvex"] = true
		case name == "@context" && bytes.Contains(v, []byte("spdx.org")):
			return kindOther, "an SPDX 3 SBOM (JSON-LD)"
		case len(v) < 200 && bytes.Contains(bytes.ToLower(v), []byte("deleted")):
			found["deleted"] = true
		}
	}
	if _, err := dec.ReadToken(); err != nil {
		return kindInvalid, syntaxMessage(b, err)
	}
	return undecided(b, names, found)
}

func undecided(b []byte, names []string, found map[string]bool) (kind, string) {
	switch {
	case len(names) == 0:
		return kindOther, "an empty JSON object"
	case found["openvex"] && !found["@graph"]:
		return kindOpenVEX, ""
	case found["$schema"] && found["properties"]:
		return kindOther, "a JSON schema"
	case found["product_tree"] || found["vulnerabilities"]:
		return kindCSAF, "" // its missing document object is then named
	case found["deleted"] || len(b) < 500 && bytes.Contains(bytes.ToLower(b), []byte("delete")):
		return kindOther, fmt.Sprintf("a stub that says %s", firstLine(bytes.ReplaceAll(b, []byte("\n"), []byte(" "))))
	}
	return kindOther, "JSON of unknown kind, with " + strings.Join(names, ", ")
}
