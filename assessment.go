package wardbook

// An Assessment is the answer to "who is affected, what can it mean, what to
// do first", with the proof of it. Its JSON is stable; the schema stands in
// docs/assessment.schema.json.
type Assessment struct {
	Schema    string     `json:"schema"`  // AssessmentSchema
	Program   string     `json:"program"` // name and version of the program
	At        string     `json:"at"`      // RFC 3339 date that counts as today
	Policy    PolicyRef  `json:"policy"`
	Catalog   string     `json:"catalog"` // digest of the catalogue
	Inputs    []Input    `json:"inputs"`
	Devices   []Device   `json:"devices"`
	Products  []Product  `json:"products"`
	Findings  []Finding  `json:"findings"`
	Risks     []Risk     `json:"risks"`
	Questions []Question `json:"questions"`
	Summary   Summary    `json:"summary"`
	Changes   *Changes   `json:"changes,omitempty"` // only with an earlier assessment
}

// AssessmentSchema names the version of the assessment's JSON.
const AssessmentSchema = "wardbook/assessment/1"

// PolicyRef says which policy an assessment was made under.
type PolicyRef struct {
	ID      string `json:"id"`
	Version string `json:"version"`
	Title   string `json:"title"`
	SHA256  string `json:"sha256"`
}

// Summary is what a person reads first. Its counts are of what was assessed;
// what could not be known is counted as unknown.
type Summary struct {
	Devices          int                         `json:"devices"`
	DevicesRetired   int                         `json:"devices_retired"`
	DevicesAffected  int                         `json:"devices_affected"`          // with at least one affected finding
	DevicesPossibly  int                         `json:"devices_possibly_affected"` // with possibly_affected and no affected finding
	DevicesNoVersion int                         `json:"devices_without_version"`
	DevicesNoMaker   int                         `json:"devices_without_maker_or_model"`
	DevicesClean     int                         `json:"devices_without_finding"` // nothing that we were given names them: not "safe"
	Findings         map[Status]int              `json:"findings"`
	KnownExploited   int                         `json:"known_exploited"` // open findings in KEV
	Risks            int                         `json:"risks"`
	Unacceptable     int                         `json:"unacceptable"`
	Overdue          int                         `json:"overdue"`
	Questions        int                         `json:"questions"`
	Matrices         map[KeyProperty]MatrixCount `json:"matrices"`
	First            []Todo                      `json:"first"`       // the things to do first, at most ten
	Wards            []WardCount                 `json:"wards"`       // all care areas with open findings, worst first
	TopDevices       []DeviceCount               `json:"top_devices"` // at most twenty
	DataAge          []DataAge                   `json:"data_age"`
	Unknowns         []string                    `json:"unknowns"` // sentences: what is not known and why
}

// MatrixCount counts open risks per cell: Cells[severity-1][likelihood-1].
// Unknown counts risks without a step on either axis.
type MatrixCount struct {
	Cells   [][]int `json:"cells"`
	Unknown int     `json:"unknown"`
}

// Todo is one thing to do.
type Todo struct {
	Risk    string   `json:"risk"`
	Title   string   `json:"title"`
	Action  string   `json:"action"`
	Reason  string   `json:"reason"`
	Due     string   `json:"due,omitempty"` // RFC 3339 date
	Devices int      `json:"devices"`
	Wards   []string `json:"wards"`
}

// WardCount sums up one care area.
type WardCount struct {
	Site         string   `json:"site"`
	Location     string   `json:"location"`
	Devices      int      `json:"devices"`
	Affected     int      `json:"affected"`
	Possibly     int      `json:"possibly_affected"`
	Unacceptable int      `json:"unacceptable"` // devices with an unacceptable risk
	Worst        string   `json:"worst"`        // level id of the worst risk
	Risks        []string `json:"risks"`        // worst first
}

// DeviceCount sums up one device.
type DeviceCount struct {
	Device   string   `json:"device"`
	Product  string   `json:"product"`
	Site     string   `json:"site"`
	Location string   `json:"location"`
	Findings int      `json:"findings"`
	Worst    string   `json:"worst"`
	Risks    []string `json:"risks"`
}

// DataAge says how old a source of facts is at the assessment's date.
type DataAge struct {
	Source string `json:"source"`          // "KEV", "EPSS", "advisories", …
	AsOf   string `json:"as_of,omitempty"` // RFC 3339 date; empty: unknown
	Days   int    `json:"days"`            // -1: unknown
	Note   string `json:"note,omitempty"`
}

// Changes says what differs from an earlier assessment.
type Changes struct {
	Since             string           `json:"since"` // At of the earlier one
	Path              string           `json:"path"`
	New               []string         `json:"new_findings"`
	Gone              []GoneFinding    `json:"gone_findings"`
	Changed           []ChangedFinding `json:"changed_findings"`
	NewRisks          []string         `json:"new_risks"`
	GoneRisks         []GoneFinding    `json:"gone_risks"`
	ChangedRisks      []ChangedFinding `json:"changed_risks"`
	NewDevices        []string         `json:"new_devices"`
	GoneDevices       []string         `json:"gone_devices"`
	NewQuestions      []string         `json:"new_questions"`
	AnsweredQuestions []string         `json:"answered_questions"`
}

// GoneFinding is something that the earlier assessment had.
type GoneFinding struct {
	ID    string `json:"id"`
	Title string `json:"title"`
}

// ChangedFinding says which field of a finding or risk changed.
type ChangedFinding struct {
	ID    string `json:"id"`
	Field string `json:"field"`
	From  string `json:"from"`
	To    string `json:"to"`
}
