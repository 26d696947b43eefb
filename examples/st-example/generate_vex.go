//go:build ignore

package main

// writeVEX writes four documents. The two OpenVEX documents contradict each
// other on CVE-2022-0778, on purpose.
func writeVEX() {
	find := func(file string) sbom {
		for _, s := range sboms() {
			if s.file == file {
				return s
			}
		}
		panic(file)
	}
	pump, central, pacs := find("infusia-500-3.2.1.cdx.json"), find("careview-central-5.1.0.cdx.json"), find("radiview-pacs-4.6.spdx")
	statement := func(cve, status string, more object) object {
		more["vulnerability"], more["status"] = object{"name": cve}, status
		more["products"] = list{object{"@id": pump.purl, "identifiers": object{"purl": pump.purl}, "subcomponents": list{object{"@id": "pkg:generic/openssl@1.0.2k"}}}}
		return more
	}
	writeJSON("vex/infusia-500-maker.openvex.json", object{
		"@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://st-example.example/vex/infusia-500-2", "author": "Exampla Medical", "role": "Manufacturer",
		"timestamp": "2025-07-14T09:00:00Z", "version": 2,
		"statements": list{
			statement("CVE-2022-0778", "not_affected", object{"justification": "vulnerable_code_not_in_execute_path",
				"impact_statement": "The pump checks one pinned certificate and never parses another."}),
			statement("CVE-2023-0286", "affected", object{"action_statement": "Update the pump to 3.4.0."}),
		}})
	writeJSON("vex/infusia-500-distributor.openvex.json", object{
		"@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://st-example.example/vex/infusia-500-distributor", "author": "Exampla Distribution", "role": "Distributor",
		"timestamp": "2024-11-04T12:00:00Z", "version": 1,
		"statements": list{statement("CVE-2022-0778", "affected", object{"action_statement": "Wait for advice from the maker."})}})
	analysis := func(cve, ref string, a object) object {
		return object{"id": cve, "analysis": a, "affects": list{object{"ref": "urn:cdx:" + central.serial()[len("urn:uuid:"):] + "/1#" + ref}}}
	}
	writeJSON("vex/careview-central.cdx.json", object{"bomFormat": "CycloneDX", "specVersion": "1.6", "serialNumber": "urn:uuid:" + uuid("careview-vex"), "version": 1,
		"metadata": object{"timestamp": "2025-07-01T10:00:00Z", "supplier": object{"name": central.maker}},
		"vulnerabilities": list{
			analysis("CVE-2021-45105", "component-2", object{"state": "not_affected", "justification": "requires_configuration", "detail": "The pattern of the log has no context lookup."}),
			analysis("CVE-2021-44228", "component-2", object{"state": "exploitable", "response": list{"update"}, "detail": "Update to 5.3.2, which has another logging library."}),
			analysis("CVE-2022-22965", "component-4", object{"state": "not_affected", "justification": "requires_environment", "detail": "The server is not run as a servlet in Tomcat."}),
		}})
	writeJSON("vex/radiview-pacs.csaf.json", csafVEX(pacs))
}

func csafVEX(s sbom) object {
	const id = "radiview-4.6"
	when := "2025-08-05T07:00:00Z"
	return object{
		"document": object{"category": "csaf_vex", "csaf_version": "2.0", "lang": "en", "title": "RadiView PACS 4.6: status of Go library findings",
			"publisher": object{"category": "vendor", "name": s.maker, "namespace": "https://sampleworks.example"},
			"notes":     list{object{"category": "summary", "text": "Which findings in the libraries of RadiView PACS 4.6 matter."}},
			"tracking": object{"id": "SWI-VEX-2025-03", "status": "final", "version": "1", "initial_release_date": when, "current_release_date": when,
				"revision_history": list{object{"date": when, "number": "1", "summary": "First version"}}}},
		"product_tree": object{"branches": list{object{"category": "vendor", "name": s.maker, "branches": list{object{"category": "product_name", "name": s.model,
			"branches": list{object{"category": "product_version", "name": s.version, "product": object{"product_id": id, "name": s.maker + " " + s.model + " " + s.version,
				"product_identification_helper": object{"purl": s.purl}}}}}}}}},
		"vulnerabilities": list{
			object{"cve": "CVE-2023-39325", "product_status": object{"known_affected": list{id}}, "notes": list{object{"category": "summary", "text": "An overload stops image retrieval until a restart."}},
				"remediations": list{object{"category": "vendor_fix", "details": "Update to RadiView PACS 4.7.", "product_ids": list{id}}}},
			object{"cve": "CVE-2023-24540", "product_status": object{"known_not_affected": list{id}}, "notes": list{object{"category": "summary", "text": "Templates hold no scripts from users."}},
				"flags": list{object{"label": "vulnerable_code_not_in_execute_path", "product_ids": list{id}}}},
			object{"cve": "CVE-2023-4863", "product_status": object{"under_investigation": list{id}}, "notes": list{object{"category": "summary", "text": "The image decoder is being checked."}}},
		}}
}
