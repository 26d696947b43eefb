package wardbook

// A Product is what a maker sells, at one version: the thing that advisories
// and SBOMs speak of and that devices are instances of.
type Product struct {
	ID           string   `json:"id"`
	Manufacturer string   `json:"manufacturer"` // as most devices (or the SBOM) spell it
	Name         string   `json:"name"`
	Version      string   `json:"version"` // empty: not known
	ModelNumber  string   `json:"model_number,omitempty"`
	UDIDI        string   `json:"udi_di,omitempty"`
	DeviceClass  string   `json:"device_class,omitempty"`
	Devices      int      `json:"devices"`         // how many devices of the assessment are of this product
	Components   int      `json:"components"`      // how many components its SBOMs list
	SBOMs        []string `json:"sboms,omitempty"` // paths of the inputs
}

// Relationship is how a component came into a product, as far as the SBOM
// says.
type Relationship string

const (
	RelationUnknown    Relationship = ""
	RelationDirect     Relationship = "direct"
	RelationTransitive Relationship = "transitive"
)

// A Component is one part of a product, as an SBOM lists it. Empty means that
// the SBOM does not say.
type Component struct {
	// Ref is the component's id inside its document (bom-ref, SPDXID, spdxId).
	Ref          string   `json:"ref,omitempty"`
	Type         string   `json:"type,omitempty"` // application, library, operating-system, firmware, file, …
	Group        string   `json:"group,omitempty"`
	Name         string   `json:"name"`
	Version      string   `json:"version,omitempty"`
	Supplier     string   `json:"supplier,omitempty"`
	Purl         string   `json:"purl,omitempty"`
	CPEs         []string `json:"cpes,omitempty"`     // 2.2 URI or 2.3 formatted strings, as given
	Licences     []string `json:"licences,omitempty"` // SPDX expressions, ids or names as given
	Hashes       []Hash   `json:"hashes,omitempty"`
	SupportEnd   string   `json:"support_end,omitempty"`   // RFC 3339 date
	SupportLevel string   `json:"support_level,omitempty"` // FDA: level of support, as given
	// SupportNote is what the SBOM says of the end of support where that is no
	// date: when it ends is not known.
	SupportNote string `json:"support_note,omitempty"`
	// Scope is CycloneDX's: required, optional or excluded; empty is required.
	Scope        string       `json:"scope,omitempty"`
	Relationship Relationship `json:"relationship,omitempty"` // to the product of its document
	Place        string       `json:"place,omitempty"`        // JSON pointer or line of the component
}

// Hash is a digest of a component's bytes.
type Hash struct {
	Algorithm string `json:"algorithm"` // SHA-256, SHA-1, …: spelled as CycloneDX spells it
	Value     string `json:"value"`     // lower-case hex
}

// Key is how a component is named in an assessment: its purl, else
// "name@version", else its name.
func (c Component) Key() string {
	switch {
	case c.Purl != "":
		return c.Purl
	case c.Version != "":
		return c.FullName() + "@" + c.Version
	default:
		return c.FullName()
	}
}

// FullName is the name with its group in front, where there is one.
func (c Component) FullName() string {
	if c.Group != "" {
		return c.Group + "/" + c.Name
	}
	return c.Name
}

// A Dependency says that the component From needs the components To (Refs).
type Dependency struct {
	From string   `json:"from"`
	To   []string `json:"to"`
}
