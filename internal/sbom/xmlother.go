package sbom

import (
	"bytes"
	"strings"
)

// notXMLSBOM says what an XML document is, by its root element.
func notXMLSBOM(root *xmlTag) error {
	hint := "convert it to CycloneDX or to SPDX JSON"
	switch name := string(root.local); {
	case name == "RDF" && strings.Contains(root.space, "rdf-syntax"):
		for _, a := range root.attrs {
			if bytes.Contains(a.value, []byte("spdx.org/rdf")) {
				return &NotSBOM{What: "SPDX in RDF/XML", Hint: hint}
			}
		}
		return &NotSBOM{What: "RDF/XML"}
	case name == "SoftwareIdentity":
		return &NotSBOM{What: "a SWID tag (ISO/IEC 19770-2)", Hint: hint}
	case name == "Document" && (root.space == "" || strings.Contains(root.space, "spdx")):
		return &NotSBOM{What: "SPDX in XML", Hint: hint}
	case name == "nmaprun":
		return &NotSBOM{What: "an nmap scan"}
	case strings.HasPrefix(name, "NessusClientData"):
		return &NotSBOM{What: "a Nessus scan"}
	case name == "cvrfdoc":
		return &NotSBOM{What: "a CVRF advisory", Hint: "CSAF is read in its place"}
	case name == "html":
		return &NotSBOM{What: "a web page"}
	case name == "project":
		return &NotSBOM{What: "a Maven or Ant project file", Hint: "make an SBOM from it first"}
	default:
		return &NotSBOM{What: "XML of another kind (its root: " + name + ")"}
	}
}
