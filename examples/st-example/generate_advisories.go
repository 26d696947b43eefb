//go:build ignore

package main

import (
	"strings"
)

// publisher says plainly who wrote the extracts.
var publisher = object{"category": "user", "name": "St. Example Hospital extract", "namespace": "https://st-example.example",
	"contact_details": "Extract for demonstration. The advisory that counts is the one at the reference."}

type advisoryFacts struct {
	ID, Released, Updated, Version, Title, Summary, URL string
	Remedies                                            []struct{ Category, Text string }
	Products                                            []struct{ ID, Vendor, Name, Version, Category string }
	Vulnerabilities                                     []struct {
		CVE      string
		CWE      any
		Products []string
		Scores   []struct {
			Version, Vector string
			Score           float64
			Products        []string
		}
	}
}

func writeAdvisories() {
	var all []advisoryFacts
	readJSON("facts/advisories.json", &all)
	for _, a := range all {
		writeJSON("advisories/"+strings.ToLower(a.ID)+".json", advisory(a))
	}
}

func advisory(a advisoryFacts) object {
	var ids []string
	for _, p := range a.Products {
		ids = append(ids, p.ID)
	}
	released, updated := a.Released+"T00:00:00Z", a.Updated+"T00:00:00Z"
	history := list{object{"date": released, "number": "1", "summary": "First published by CISA"}}
	version := "1"
	if updated != released {
		history = append(history, object{"date": updated, "number": "2", "summary": "Last changed by CISA"})
		version = "2"
	}
	return object{
		"document": object{
			"category": "csaf_security_advisory", "csaf_version": "2.0", "lang": "en", "title": a.Title, "publisher": publisher,
			"distribution": object{"tlp": object{"label": "WHITE"}},
			"notes": list{
				object{"category": "summary", "text": a.Summary},
				object{"category": "other", "title": "Extract", "text": "Ids, products, versions, scores and dates are facts of the CISA advisory " + a.ID + "; the sentences were written for this sample."},
			},
			"references": list{object{"category": "external", "summary": "CISA advisory " + a.ID, "url": a.URL}},
			"tracking": object{"id": a.ID, "status": "final", "version": version, "initial_release_date": released,
				"current_release_date": updated, "revision_history": history},
		},
		"product_tree":    object{"branches": branches(a)},
		"vulnerabilities": vulnerabilities(a, ids),
	}
}

// branches groups the products by vendor and name, in order.
func branches(a advisoryFacts) list {
	var vendors list
	vendorAt, nameAt := map[string]object{}, map[string]object{}
	for _, p := range a.Products {
		v := vendorAt[p.Vendor]
		if v == nil {
			v = object{"category": "vendor", "name": p.Vendor, "branches": list{}}
			vendorAt[p.Vendor] = v
			vendors = append(vendors, v)
		}
		n := nameAt[p.Vendor+"\x00"+p.Name]
		if n == nil {
			n = object{"category": "product_name", "name": p.Name, "branches": list{}}
			nameAt[p.Vendor+"\x00"+p.Name] = n
			v["branches"] = append(v["branches"].(list), n)
		}
		n["branches"] = append(n["branches"].(list), object{"category": p.Category, "name": p.Version,
			"product": object{"product_id": p.ID, "name": p.Vendor + " " + p.Name + ": " + p.Version}})
	}
	return vendors
}

func vulnerabilities(a advisoryFacts, ids []string) list {
	var out list
	for _, v := range a.Vulnerabilities {
		affected := v.Products
		if affected == nil {
			affected = ids
		}
		o := object{"cve": v.CVE, "product_status": object{"known_affected": affected}}
		if v.CWE != nil {
			o["cwe"] = v.CWE
		}
		var scores, remedies list
		for _, s := range v.Scores {
			products := s.Products
			if products == nil {
				products = affected
			}
			scores = append(scores, object{"products": products, "cvss_v3": object{"version": s.Version, "vectorString": s.Vector,
				"baseScore": s.Score, "baseSeverity": severity(s.Score)}})
		}
		if scores != nil {
			o["scores"] = scores
		}
		for _, r := range a.Remedies {
			remedies = append(remedies, object{"category": r.Category, "details": r.Text, "product_ids": affected, "url": a.URL})
		}
		o["remediations"] = remedies
		out = append(out, o)
	}
	return out
}

// severity is the rating of a CVSS 3 score.
func severity(score float64) string {
	switch {
	case score >= 9:
		return "CRITICAL"
	case score >= 7:
		return "HIGH"
	case score >= 4:
		return "MEDIUM"
	case score > 0:
		return "LOW"
	default:
		return "NONE"
	}
}
