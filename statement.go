package wardbook

import "time"

// A Statement is what somebody says about a vulnerability in a product: a VEX
// statement (OpenVEX, CSAF VEX, CycloneDX VEX) or an own decision. The most
// specific statement about a finding wins, then the newest.
type Statement struct {
	ID            string        `json:"id"`       // stable: document id and place
	Format        string        `json:"format"`   // "OpenVEX", "CSAF VEX", "CycloneDX VEX", "answer"
	Document      string        `json:"document"` // document id or file
	Author        string        `json:"author,omitempty"`
	Time          time.Time     `json:"time,omitzero"`
	Vulnerability string        `json:"vulnerability"`
	Aliases       []string      `json:"aliases,omitempty"`
	Status        Status        `json:"status"`
	Justification Justification `json:"justification,omitempty"`
	// Detail is the impact statement, action statement or note, as given.
	Detail    string             `json:"detail,omitempty"`
	Responses []string           `json:"responses,omitempty"` // CycloneDX analysis.response, CSAF remediation categories
	Products  []StatementSubject `json:"products"`            // empty: of no product that can be told, the statement is kept but applies to nothing
	Place     string             `json:"place,omitempty"`
}

// A StatementSubject is one product (or component of a product) that a
// statement is about. Any of the fields may be empty; those that are given
// must all fit.
type StatementSubject struct {
	ID       string        `json:"id,omitempty"` // IRI, bom-ref or product_id as given
	Purls    []string      `json:"purls,omitempty"`
	CPEs     []string      `json:"cpes,omitempty"`
	Hashes   []Hash        `json:"hashes,omitempty"`
	Vendor   string        `json:"vendor,omitempty"`
	Name     string        `json:"name,omitempty"`
	Versions *VersionRange `json:"versions,omitempty"` // nil: every version that the identifiers allow
	// SBOM is the serial number (urn:uuid:…) of the SBOM that ID points into
	// (BOM-Link), where the subject is a bom-ref.
	SBOM       string             `json:"sbom,omitempty"`
	Components []StatementSubject `json:"components,omitempty"` // OpenVEX subcomponents; none: the product as a whole
}
