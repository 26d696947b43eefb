// Package sbom reads software bills of materials: CycloneDX 1.0–1.7 (JSON,
// XML), SPDX 2.1–2.3 (JSON, tag-value) and SPDX 3.0 (JSON-LD), told apart by
// content.
package sbom
