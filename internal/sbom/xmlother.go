package sbom

import (
	"encoding/xml"
	"strings"
)

// notXMLSBOM says what an XML document is, by its root element.
func notXMLSBOM(root xml.StartElement) error {
	hint := "convert it to CycloneDX or to SPDX JSON"
	switch name := root.Name.Local; {
	case name == "RDF" && strings.Contains(root.Name.Space, "rdf-syntax"):
		for _, a := range root.Attr {
			if strings.Contains(a.Value, "spdx.org/rdf") {
				return &NotSBOM{What: "SPDX in RDF/XML", Hint: hint}
			}
		}
		return &NotSBOM{What: "RDF/XML"}
	case name == "SoftwareIdentity":
		return &NotSBOM{What: "a SWID tag (ISO/IEC 19770-2)", Hint: hint}
	case name == "Document" && (root.Name.Space == "" || strings.Contains(root.Name.Space, "spdx")):
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
