package wardbook

// CVSS is one CVSS score. The vector is the truth; the score follows from it.
// Source: FIRST, CVSS 2.0, 3.0, 3.1 and 4.0.
type CVSS struct {
	Version string  `json:"version"`          // "2.0", "3.0", "3.1", "4.0"
	Vector  string  `json:"vector"`           // 3.0 and later with their prefix
	Score   float64 `json:"score"`            // base score, 0–10, recomputed where the vector parses
	Source  string  `json:"source,omitempty"` // who scored: "ICSMA-19-255-01", "NVD", …
}

// KEV is an entry of CISA's catalogue of known exploited vulnerabilities.
type KEV struct {
	CVE        string  `json:"cve"`
	DateAdded  string  `json:"date_added"` // RFC 3339 date
	DueDate    string  `json:"due_date,omitempty"`
	Ransomware Ternary `json:"ransomware,omitempty"` // knownRansomwareCampaignUse: Known is yes, else unknown
	Vendor     string  `json:"vendor,omitempty"`
	Product    string  `json:"product,omitempty"`
}

// EPSS is a probability of exploitation within 30 days (FIRST, EPSS).
type EPSS struct {
	Probability float64 `json:"probability"`    // 0–1
	Percentile  float64 `json:"percentile"`     // 0–1
	Date        string  `json:"date,omitempty"` // RFC 3339 date of the scores
}
