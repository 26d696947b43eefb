// Package advisory reads what makers and coordinators publish about
// vulnerabilities in products: CSAF 2.0 (2.1 tolerated) of any category, and
// VEX as CSAF, OpenVEX and CycloneDX (JSON and XML).
//
// It owns the meaning of those documents: the product tree, the statuses, and
// above all ParseRange, which turns the version texts of real advisories into
// a wardbook.VersionRange. What a text does not say plainly stays in
// VersionRange.Unclear for a person; nothing is guessed.
//
// It leaves to internal/match which device or component a product is, and how
// two versions are ordered; to internal/sbom the components of a CycloneDX
// document; to internal/intake opening and unpacking files.
//
//	doc, err := advisory.Decode(r, advisory.Options{Name: "icsma-20-296-02.json"})
//	// doc.Advisory, doc.Statements, doc.Problems
package advisory
