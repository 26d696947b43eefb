package wardbook

// Evidence identifies the raw bytes of a document that came in.
type Evidence struct {
	Name      string `json:"name"`   // file name, or "archive.zip!member"
	SHA256    string `json:"sha256"` // lower-case hex, of the bytes as they came
	Size      int64  `json:"size"`   // bytes
	MediaType string `json:"media_type,omitempty"`
	Origin    string `json:"origin,omitempty"` // where it came from, such as a URL; empty: brought by a person
}

// InputKind says what an input was read as.
type InputKind string

const (
	InputInventory       InputKind = "inventory"
	InputSBOM            InputKind = "sbom"
	InputAdvisory        InputKind = "advisory"
	InputVulnerabilities InputKind = "vulnerabilities"
	InputVEX             InputKind = "vex"
	InputKEV             InputKind = "kev"
	InputEPSS            InputKind = "epss"
	InputPolicy          InputKind = "policy"
	InputAnswers         InputKind = "answers"
	InputColumns         InputKind = "columns"
	InputSince           InputKind = "since"
)

// An Input is one thing that an assessment was made from.
type Input struct {
	Path    string    `json:"path"`
	SHA256  string    `json:"sha256"`
	Size    int64     `json:"size"`
	Kind    InputKind `json:"kind"`
	Format  string    `json:"format,omitempty"` // such as "CycloneDX 1.5 JSON"
	Records int       `json:"records"`
	AsOf    string    `json:"as_of,omitempty"` // RFC 3339 date of the newest datum inside, where the input says so
	// Quality is the grade of an SBOM against the NTIA minimum elements and the
	// FDA's fields, in one line.
	Quality  string    `json:"quality,omitempty"`
	Problems []Problem `json:"problems"`
}
