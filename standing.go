package wardbook

// A Standing is how things stand in the living file after its newest
// assessment: an organization has one, and its revisions are the history. The
// findings, risks and questions of the assessment are facts and records of
// their own, and what it was made from are the sources that held then.
type Standing struct {
	Program string    `json:"program"` // name and version of the program
	At      string    `json:"at"`      // RFC 3339 date that counted as today
	Policy  PolicyRef `json:"policy"`
	Catalog string    `json:"catalog"` // digest of the catalogue
	// Inputs sums up what it was made from, by kind; Feeds what of it is no source
	// of the organization but common to the installation.
	Inputs  []InputCount `json:"inputs"`
	Feeds   []InputCount `json:"feeds,omitempty"`
	Summary Summary      `json:"summary"`
}

// InputCount sums up the inputs of one kind.
type InputCount struct {
	Kind    InputKind `json:"kind"`
	Count   int       `json:"count"`
	Records int       `json:"records"`
	Faults  int       `json:"faults,omitempty"` // problems found in them
	AsOf    string    `json:"as_of,omitempty"`  // RFC 3339 date of the newest datum; empty: unknown
	// SHA256 is over the digests of all of them, in order: equal means that the
	// same documents were read.
	SHA256 string `json:"sha256"`
}

func (Standing) RecordKind() string { return "assessment" }

// RecordTitle is the date.
func (s Standing) RecordTitle() string { return "Assessment of " + s.At }

// RecordKey makes it one in each organization.
func (Standing) RecordKey() string { return "standing" }

// RecordPrefix is of the short number: ASM-0001.
func (Standing) RecordPrefix() string { return "ASM" }

// Validate reports all faults.
func (s Standing) Validate() error {
	var ps Problems
	if s.At == "" {
		ps.Add("at", "is empty")
	}
	checkDate(&ps, "at", s.At)
	return ps.Err()
}
