package wardbook

import "time"

// An Advisory is what a maker or coordinator published about vulnerabilities
// in products: a CSAF 2.0 document, reduced to what decides (CSAF 2.0,
// sections 3.2.1–3.2.3).
type Advisory struct {
	ID                string                  `json:"id"` // document.tracking.id as printed
	Title             string                  `json:"title"`
	Category          string                  `json:"category"` // csaf_security_advisory, csaf_vex, …
	Publisher         string                  `json:"publisher"`
	PublisherCategory string                  `json:"publisher_category,omitempty"` // vendor, coordinator, …
	Status            string                  `json:"status"`                       // draft, interim, final
	Version           string                  `json:"version"`                      // document.tracking.version
	Published         time.Time               `json:"published"`                    // initial_release_date
	Updated           time.Time               `json:"updated"`                      // current_release_date
	URL               string                  `json:"url,omitempty"`                // self reference, the web page where there is one
	Products          []AdvisoryProduct       `json:"products"`
	Vulnerabilities   []AdvisoryVulnerability `json:"vulnerabilities"`
	Evidence          Evidence                `json:"evidence"`
}

// Branch is one step of the path from the root of a CSAF product tree.
type Branch struct {
	Category string `json:"category"` // vendor, product_family, product_name, product_version, product_version_range, architecture, …
	Name     string `json:"name"`
}

// An AdvisoryProduct is one product_id of a CSAF document with everything that
// the document says to identify it.
type AdvisoryProduct struct {
	ID       string       `json:"id"`   // product_id
	Name     string       `json:"name"` // full product name
	Path     []Branch     `json:"path,omitempty"`
	Vendor   string       `json:"vendor,omitempty"`  // name of the vendor branch
	Family   string       `json:"family,omitempty"`  // names of product_family branches, joined by " "
	Product  string       `json:"product,omitempty"` // name of the product_name branch
	Versions VersionRange `json:"versions"`          // of the product_version or product_version_range branch; All=false and Raw="" when there is none
	// Other branches that narrow the product: architecture, language,
	// patch_level, service_pack, specification, host_name, legacy.
	Other []Branch `json:"other,omitempty"`

	// product_identification_helper
	CPE           string   `json:"cpe,omitempty"`
	Purls         []string `json:"purls,omitempty"`
	ModelNumbers  []string `json:"model_numbers,omitempty"`
	SKUs          []string `json:"skus,omitempty"`
	SerialNumbers []string `json:"serial_numbers,omitempty"`
	SBOMURLs      []string `json:"sbom_urls,omitempty"`
	Hashes        []Hash   `json:"hashes,omitempty"`
	URIs          []string `json:"uris,omitempty"` // x_generic_uris

	// Excludes are the phrases that the product's own name or branches take
	// out of it, such as "9000 web client" of "not including the 9000 web
	// client". An inventory row that one of them names is not this product.
	Excludes []string `json:"excludes,omitempty"`

	// For a product made by a relationship (CSAF 3.2.2.4): Component is
	// Relation (default_component_of, installed_on, …) Host; both are
	// product_ids of the same document.
	Relation  string `json:"relation,omitempty"`
	Component string `json:"component,omitempty"`
	Host      string `json:"host,omitempty"`
}

// An AdvisoryVulnerability is one vulnerability of a CSAF document.
type AdvisoryVulnerability struct {
	ID      string   `json:"id"` // the CVE, else the first of the document's own ids, else "ADVISORYID#N" (N counts from 1)
	CVE     string   `json:"cve,omitempty"`
	IDs     []string `json:"ids,omitempty"` // the document's own ids
	Title   string   `json:"title,omitempty"`
	Summary string   `json:"summary,omitempty"`
	CWEs    []string `json:"cwes,omitempty"`
	// Status lists product_ids under each status. known_affected,
	// first_affected and last_affected are Affected; known_not_affected is
	// NotAffected; fixed, first_fixed and recommended are Fixed (first_fixed
	// and last_affected keep their meaning as bounds in Bounds).
	Status map[Status][]string `json:"status"`
	// Bounds keeps the CSAF category of products that bound a range:
	// first_affected, last_affected, first_fixed, recommended.
	Bounds         map[string][]string      `json:"bounds,omitempty"`
	Justifications map[string]Justification `json:"justifications,omitempty"` // product_id → flag label
	Impacts        map[string]string        `json:"impacts,omitempty"`        // product_id → threats[category=impact].details
	Exploits       map[string]string        `json:"exploits,omitempty"`       // product_id (or "" for all) → threats[category=exploit_status].details
	Scores         []AdvisoryScore          `json:"scores,omitempty"`
	Remediations   []AdvisoryRemediation    `json:"remediations,omitempty"`
	Released       time.Time                `json:"released,omitzero"`
}

// An AdvisoryScore is a CVSS score for some products of the document; no
// products means all.
type AdvisoryScore struct {
	CVSS
	Products []string `json:"products,omitempty"`
}

// Remediation is something that a maker offers against a vulnerability.
// Category is spelled as CSAF 2.0 3.2.3.12.1 (vendor_fix, mitigation,
// workaround, no_fix_planned, none_available; 2.1 adds fix_planned,
// optional_patch).
type Remediation struct {
	Category string `json:"category"`
	Details  string `json:"details"`
	URL      string `json:"url,omitempty"`
}

// An AdvisoryRemediation is a remediation for some products of the document;
// no products means all.
type AdvisoryRemediation struct {
	Remediation
	Date     time.Time `json:"date,omitzero"`
	Restart  string    `json:"restart,omitempty"` // restart_required.category
	Products []string  `json:"products,omitempty"`
}
