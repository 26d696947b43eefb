//go:build ignore

package main

import (
	"fmt"
	"strings"
)

func (s sbom) namespace() string {
	return "https://st-example.example/spdx/" + s.file + "/" + uuid(s.file)
}

func spdxPurpose(kind string) string { return strings.ToUpper(kind) }

func orNone(s string) string {
	if s == "" {
		return "NOASSERTION"
	}
	return s
}

func supplier(s string) string {
	if s == "" {
		return "NOASSERTION"
	}
	return "Organization: " + s
}

func (s sbom) spdx() object {
	refs := func(purl, cpe string) list {
		out := list{}
		if purl != "" {
			out = append(out, object{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": purl})
		}
		if cpe != "" {
			out = append(out, object{"referenceCategory": "SECURITY", "referenceType": "cpe23Type", "referenceLocator": cpe})
		}
		return out
	}
	packages := list{object{"SPDXID": "SPDXRef-device", "name": s.model, "versionInfo": s.version, "supplier": supplier(s.maker),
		"downloadLocation": "NOASSERTION", "filesAnalyzed": false, "primaryPackagePurpose": "DEVICE", "externalRefs": refs(s.purl, s.cpe)}}
	relations := list{object{"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": "SPDXRef-device"}}
	for i, c := range s.components {
		p := object{"SPDXID": "SPDXRef-" + ref(i), "name": c.name, "versionInfo": c.version, "supplier": supplier(c.supplier),
			"downloadLocation": "NOASSERTION", "filesAnalyzed": false, "licenseConcluded": "NOASSERTION", "licenseDeclared": orNone(c.licence),
			"copyrightText": "NOASSERTION", "primaryPackagePurpose": spdxPurpose(c.kind), "externalRefs": refs(c.purl, c.cpe)}
		if c.supportEnd != "" {
			p["validUntilDate"] = c.supportEnd + "T00:00:00Z"
		}
		packages = append(packages, p)
		relations = append(relations, object{"spdxElementId": "SPDXRef-device", "relationshipType": "CONTAINS", "relatedSpdxElement": "SPDXRef-" + ref(i)})
	}
	return object{"spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": s.maker + " " + s.model + " " + s.version,
		"documentNamespace": s.namespace(), "creationInfo": object{"created": sbomDate, "creators": list{"Organization: " + s.maker}},
		"packages": packages, "relationships": relations}
}

func (s sbom) spdxTag() []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "SPDXVersion: SPDX-2.3\nDataLicense: CC0-1.0\nSPDXID: SPDXRef-DOCUMENT\nDocumentName: %s %s %s\nDocumentNamespace: %s\nCreator: Organization: %s\nCreated: %s\n",
		s.maker, s.model, s.version, s.namespace(), s.maker, sbomDate)
	pkg := func(id string, c component, purpose string) {
		fmt.Fprintf(&b, "\nPackageName: %s\nSPDXID: SPDXRef-%s\nPackageVersion: %s\nPackageSupplier: %s\nPackageDownloadLocation: NOASSERTION\nFilesAnalyzed: false\nPackageLicenseConcluded: NOASSERTION\nPackageLicenseDeclared: %s\nPackageCopyrightText: NOASSERTION\nPrimaryPackagePurpose: %s\n",
			c.name, id, c.version, supplier(c.supplier), orNone(c.licence), purpose)
		if c.purl != "" {
			fmt.Fprintf(&b, "ExternalRef: PACKAGE-MANAGER purl %s\n", c.purl)
		}
		if c.cpe != "" {
			fmt.Fprintf(&b, "ExternalRef: SECURITY cpe23Type %s\n", c.cpe)
		}
		if c.supportEnd != "" {
			fmt.Fprintf(&b, "ValidUntilDate: %sT00:00:00Z\n", c.supportEnd)
		}
	}
	pkg("device", component{name: s.model, version: s.version, supplier: s.maker, purl: s.purl, cpe: s.cpe}, "DEVICE")
	for i, c := range s.components {
		pkg(ref(i), c, spdxPurpose(c.kind))
	}
	b.WriteString("\nRelationship: SPDXRef-DOCUMENT DESCRIBES SPDXRef-device\n")
	for i := range s.components {
		fmt.Fprintf(&b, "Relationship: SPDXRef-device CONTAINS SPDXRef-%s\n", ref(i))
	}
	return []byte(b.String())
}

func (s sbom) spdx3() object {
	ns := s.namespace()
	id := func(name string) string { return ns + "#" + name }
	const info = "_:creation"
	organizations := map[string]string{}
	var graph, members list
	organization := func(name string) string {
		if organizations[name] == "" {
			organizations[name] = id("organization-" + strings.ToLower(strings.ReplaceAll(name, " ", "-")))
			graph = append(graph, object{"type": "Organization", "spdxId": organizations[name], "creationInfo": info, "name": name})
		}
		return organizations[name]
	}
	maker := organization(s.maker)
	add := func(ref string, c component, purpose string) {
		p := object{"type": "software_Package", "spdxId": id(ref), "creationInfo": info, "name": c.name, "software_packageVersion": c.version,
			"software_primaryPurpose": purpose}
		if c.supplier != "" {
			p["suppliedBy"] = organization(c.supplier)
		}
		if c.purl != "" {
			p["software_packageUrl"] = c.purl
		}
		if c.cpe != "" {
			p["externalIdentifier"] = list{object{"type": "ExternalIdentifier", "externalIdentifierType": "cpe23", "identifier": c.cpe}}
		}
		if c.supportEnd != "" {
			p["validUntilTime"] = c.supportEnd + "T00:00:00Z"
		}
		graph = append(graph, p)
	}
	add("device", component{name: s.model, version: s.version, supplier: s.maker, purl: s.purl, cpe: s.cpe}, "device")
	for i, c := range s.components {
		purpose := c.kind
		if purpose == "operating-system" {
			purpose = "operatingSystem"
		}
		add(ref(i), c, purpose)
		members = append(members, id(ref(i)))
	}
	graph = append(graph,
		object{"type": "Relationship", "spdxId": id("contains"), "creationInfo": info, "relationshipType": "contains", "from": id("device"), "to": members},
		object{"type": "software_Sbom", "spdxId": id("sbom"), "creationInfo": info, "rootElement": list{id("device")}, "element": append(list{id("device")}, members...)},
		object{"type": "SpdxDocument", "spdxId": ns, "creationInfo": info, "name": s.model + " " + s.version, "rootElement": list{id("sbom")}, "profileConformance": list{"core", "software"}},
		object{"type": "CreationInfo", "@id": info, "specVersion": "3.0.1", "created": sbomDate, "createdBy": list{maker}})
	return object{"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": graph}
}
