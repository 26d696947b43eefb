// Package sbom reads software bills of materials: CycloneDX 1.0–1.7 (JSON and
// XML), SPDX 2.1–2.3 (JSON and tag-value) and SPDX 3.0 (JSON-LD). It tells them
// apart by content, never by name, and refuses what it does not read (SPDX as
// RDF, YAML or XLSX, SWID, a CycloneDX document that is only VEX, …) with an
// error that says what it is.
//
//	d, err := sbom.Decode(r, sbom.Options{})
//	var not *sbom.NotSBOM
//	switch {
//	case errors.As(err, &not): // something else: not.What, not.Kind
//	case err != nil:           // broken, or over a limit
//	default:                   // d.Components, d.Problems, sbom.GradeOf(d)
//	}
//
// A document is read as a stream in one pass, within the limits of Options.
// Faults that leave the rest readable (a bad purl or CPE, a ref that nobody
// declares, a cycle, a time that cannot be read) are Problems with their place
// and lose nothing else; a component with a bad identifier is kept. Broken
// syntax is an error, since a part of an SBOM must not pass for the whole.
//
// NOASSERTION, NONE and words such as "unknown" become an empty field; the
// grade counts them apart from silence.
//
// The supplier of a component is its supplier, else its manufacturer, else its
// publisher (CycloneDX) or originator (SPDX). CycloneDX and SPDX 2 have no
// agreed field for the level and end of support: properties, annotations and
// validUntilDate are read by their names.
//
// Decompression and the digest of the bytes are package intake's business,
// VEX statements inside a document package advisory's, versions and matching
// package match's.
package sbom
