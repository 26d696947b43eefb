package wardbook

import "slices"

// An Organization is a tenant: a hospital, a hospital group, a manufacturer.
// It has one book, and nothing of it is seen by another.
type Organization struct {
	Name     string           `json:"name"`
	Kind     OrganizationKind `json:"kind,omitempty"`
	Country  string           `json:"country,omitempty"` // ISO 3166-1 alpha-2
	TimeZone string           `json:"time_zone,omitempty"`
	Sites    []Site           `json:"sites,omitempty"`
	Closed   bool             `json:"closed,omitempty"`
}

// OrganizationKind says on which side of the table an organization sits.
type OrganizationKind string

const (
	Hospital     OrganizationKind = "hospital"     // healthcare delivery organization
	Manufacturer OrganizationKind = "manufacturer" // of medical devices or health software
	// Installation is the kind of the one organization that every installation
	// has for itself: its book holds users, keys and organizations.
	Installation OrganizationKind = "installation"
)

// OrganizationKinds lists the kinds that people choose from.
var OrganizationKinds = []OrganizationKind{Hospital, Manufacturer}

// A Site is a place of an organization, with its wards.
type Site struct {
	Name  string `json:"name"`
	Wards []Ward `json:"wards,omitempty"`
}

// A Ward is a care area: a ward, a theatre, a laboratory: where devices are used.
type Ward struct {
	Name string `json:"name"`
	// Kind is a word of the field, such as "intensive_care"; empty is unknown.
	Kind string `json:"kind,omitempty"`
	// Owner is the id of the user who answers for it.
	Owner string `json:"owner,omitempty"`
}

func (Organization) RecordKind() string { return "organization" }

// RecordTitle is the name.
func (o Organization) RecordTitle() string { return o.Name }

// Validate reports all faults.
func (o Organization) Validate() error {
	var ps Problems
	if o.Name == "" {
		ps.Add("name", "is empty")
	}
	if o.Kind != "" && o.Kind != Installation && !slices.Contains(OrganizationKinds, o.Kind) {
		ps.Add("kind", "%q is no kind of organization", o.Kind)
	}
	seen := map[string]bool{}
	for _, s := range o.Sites {
		switch {
		case s.Name == "":
			ps.Add("sites", "a site has no name")
		case seen[s.Name]:
			ps.Add("sites", "%q stands there twice", s.Name)
		}
		seen[s.Name] = true
	}
	return ps.Err()
}
