//go:build ignore

package main

import (
	"bytes"
	"fmt"
)

type vulnFacts struct {
	OSV []struct {
		ID, Summary, CVSS string
		Aliases           []string
		Affected          []struct {
			Ecosystem, Name string
			Ranges          []object
		}
	}
	NVD []struct {
		CVE, Summary, CVSS, CPE string
		Ranges                  []struct {
			Start, End string
			Inclusive  bool
		}
	}
	CVE5 []struct {
		CVE, Summary, CVSS, Vendor, Product string
		Versions                            []struct{ Version, LessThan string }
	}
}

func writeVulnerabilities() {
	var f vulnFacts
	readJSON("facts/vulnerabilities.json", &f)
	for _, v := range f.OSV {
		o := object{"schema_version": "1.6.0", "id": v.ID, "aliases": v.Aliases, "summary": v.Summary, "modified": extractDate,
			"references": list{object{"type": "WEB", "url": "https://osv.dev/vulnerability/" + v.ID}}}
		if v.CVSS != "" {
			o["severity"] = list{object{"type": "CVSS_V3", "score": v.CVSS}}
		}
		var affected list
		for _, a := range v.Affected {
			affected = append(affected, object{"package": object{"ecosystem": a.Ecosystem, "name": a.Name}, "ranges": a.Ranges})
		}
		o["affected"] = affected
		writeJSON("vulns/osv/"+v.ID+".json", o)
	}
	writeNVD(f)
	writeCVE5(f)
	writeScores()
}

func writeNVD(f vulnFacts) {
	var out list
	for _, v := range f.NVD {
		var matches list
		for _, r := range v.Ranges {
			m := object{"vulnerable": true, "criteria": v.CPE, "matchCriteriaId": uuid(v.CVE + v.CPE + r.Start)}
			if r.Start != "" {
				m["versionStartIncluding"] = r.Start
			}
			if r.Inclusive {
				m["versionEndIncluding"] = r.End
			} else {
				m["versionEndExcluding"] = r.End
			}
			matches = append(matches, m)
		}
		if matches == nil {
			matches = list{object{"vulnerable": true, "criteria": v.CPE, "matchCriteriaId": uuid(v.CVE + v.CPE)}}
		}
		out = append(out, object{"cve": object{"id": v.CVE, "sourceIdentifier": "extract@st-example.example", "published": "2025-08-31T00:00:00.000",
			"lastModified": "2025-08-31T00:00:00.000", "vulnStatus": "Analyzed",
			"descriptions":   list{object{"lang": "en", "value": v.Summary}},
			"metrics":        object{"cvssMetricV31": list{object{"source": "nvd@nist.gov", "type": "Primary", "cvssData": object{"version": "3.1", "vectorString": v.CVSS, "baseScore": baseScore(v.CVSS)}}}},
			"configurations": list{object{"nodes": list{object{"operator": "OR", "negate": false, "cpeMatch": matches}}}},
			"references":     list{object{"url": "https://nvd.nist.gov/vuln/detail/" + v.CVE}}}})
	}
	writeJSON("vulns/nvd-extract.json", object{"resultsPerPage": len(out), "startIndex": 0, "totalResults": len(out), "format": "NVD_CVE",
		"version": "2.0", "timestamp": "2025-08-31T00:00:00.000", "vulnerabilities": out})
}

func writeCVE5(f vulnFacts) {
	for _, v := range f.CVE5 {
		var versions list
		for _, r := range v.Versions {
			o := object{"version": r.Version, "status": "affected"}
			if r.LessThan != "" {
				o["lessThan"], o["versionType"] = r.LessThan, "custom"
			}
			versions = append(versions, o)
		}
		const org = "00000000-0000-4000-9000-000000000000"
		writeJSON("vulns/cve/"+v.CVE+".json", object{"dataType": "CVE_RECORD", "dataVersion": "5.1",
			"cveMetadata": object{"cveId": v.CVE, "assignerOrgId": org, "assignerShortName": "extract", "state": "PUBLISHED", "dateUpdated": extractDate},
			"containers": object{"cna": object{"providerMetadata": object{"orgId": org, "shortName": "extract"},
				"descriptions": list{object{"lang": "en", "value": v.Summary}},
				"affected":     list{object{"vendor": v.Vendor, "product": v.Product, "versions": versions}},
				"metrics":      list{object{"cvssV3_1": object{"version": "3.1", "vectorString": v.CVSS, "baseScore": baseScore(v.CVSS), "baseSeverity": severity(baseScore(v.CVSS))}}},
				"references":   list{object{"url": "https://www.cve.org/CVERecord?id=" + v.CVE}}}}})
	}
}

// scores of the vectors that the extracts use, as the records give them.
var scores = map[string]float64{
	"AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H": 9.8, "AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H": 10, "AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N": 7.5,
	"AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H": 7.5, "AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:H/A:N": 7.5, "AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:N/A:H": 7.4,
	"AV:N/AC:H/PR:N/UI:N/S:U/C:N/I:N/A:H": 5.9, "AV:N/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H": 8.8, "AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:H/A:H": 8.1,
	"AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H": 7.8,
}

func baseScore(vector string) float64 {
	s, ok := scores[vector[len("CVSS:3.1/"):]]
	if !ok {
		panic("no score for " + vector)
	}
	return s
}

// writeScores writes the extracts of KEV and EPSS.
func writeScores() {
	var f struct {
		KEV                               []object
		KEVVersion, KEVReleased, EPSSHead string
		EPSS                              [][]string
	}
	readJSON("facts/scores.json", &f)
	for _, k := range f.KEV {
		k["vulnerabilityName"] = fmt.Sprint(k["vendorProject"], " ", k["product"], " vulnerability")
		k["shortDescription"] = "See the catalogue of CISA."
		k["requiredAction"] = "Apply the maker's remedy or take the product out of use."
		k["notes"] = ""
	}
	writeJSON("kev.json", object{"title": "Extract of the CISA catalogue of known exploited vulnerabilities", "catalogVersion": f.KEVVersion,
		"dateReleased": f.KEVReleased, "count": len(f.KEV), "vulnerabilities": f.KEV})
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\ncve,epss,percentile\n", f.EPSSHead)
	for _, e := range f.EPSS {
		fmt.Fprintf(&b, "%s,%s,%s\n", e[0], e[1], e[2])
	}
	write("epss.csv", b.Bytes())
}
