package inventory

import "slices"

// Field names what a column holds, as it is spelled in a columns file. The
// values are those of wardbook.Device.
type Field string

const (
	AssetID      Field = "asset_id"
	Manufacturer Field = "manufacturer"
	Model        Field = "model"
	ModelNumber  Field = "model_number" // catalogue, part or reference number
	Serial       Field = "serial"
	Version      Field = "version" // software or firmware; never hardware
	UDIField     Field = "udi"
	Type         Field = "type" // device type or description
	Site         Field = "site"
	Location     Field = "location" // ward or care area
	Zone         Field = "zone"     // network zone or VLAN
	IP           Field = "ip"
	MAC          Field = "mac"
	Criticality  Field = "criticality"
	LifeSupport  Field = "life_support"
	Redundancy   Field = "redundancy" // a replacement is at hand
	Service      Field = "service"    // in use, spare, retired
	OS           Field = "os"         // operating system
	OSVersion    Field = "os_version" // joined to os
	Ignore       Field = "ignore"
)

// Fields are all fields in the order in which they are shown.
var Fields = []Field{AssetID, Manufacturer, Model, ModelNumber, Serial, Version, UDIField, Type, Site, Location,
	Zone, IP, MAC, Criticality, LifeSupport, Redundancy, Service, OS, OSVersion, Ignore}

// Valid says whether f is a field.
func (f Field) Valid() bool { return slices.Contains(Fields, f) }

// unique says whether the values of a field differ from row to row, so that
// keeping one copy of each is no use.
func (f Field) unique() bool {
	switch f {
	case AssetID, Serial, UDIField, IP, MAC:
		return true
	}
	return false
}
