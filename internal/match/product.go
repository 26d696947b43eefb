package match

import (
	"fmt"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/catalog"
)

// A Subject is a product that a document other than an advisory describes, such
// as an SBOM: what is needed to find the devices that are instances of it.
type Subject struct {
	Document     string // for people: the file
	Manufacturer string
	Name         string
	Version      string
	ModelNumber  string
	UDIDI        string
}

// A SubjectMatch says that a device's identity is a subject. Status Affected
// means that it is, PossiblyAffected that a person has to settle it,
// NotAffected that it is another version of it.
type SubjectMatch struct {
	Subject    int // index into the subjects
	Status     wardbook.Status
	Confidence float64
	Why        []wardbook.Step
	Doubts     []Doubt
}

// Subjects is an index of subjects for matching against devices, by the same
// rules as advisories.
type Subjects struct {
	index *Advisories
	of    map[string]int
	byUDI map[string][]int
}

// NewSubjects reads subjects for matching.
func NewSubjects(list []Subject, cat *catalog.Catalog, ans *Answers) *Subjects {
	s := &Subjects{of: map[string]int{}, byUDI: map[string][]int{}}
	docs := make([]*wardbook.Advisory, 0, len(list))
	for i, x := range list {
		if x.UDIDI != "" {
			s.byUDI[x.UDIDI] = append(s.byUDI[x.UDIDI], i)
		}
		if x.Name == "" {
			continue
		}
		p := wardbook.AdvisoryProduct{ID: x.Name, Name: x.Name, Vendor: x.Manufacturer, Product: x.Name}
		if x.ModelNumber != "" {
			p.ModelNumbers = []string{x.ModelNumber}
		}
		if x.Version != "" {
			p.Versions = wardbook.VersionRange{Raw: x.Version, Versions: []string{x.Version}}
		} else {
			p.Versions = wardbook.VersionRange{Raw: "no version", Unclear: "the document names no version"}
		}
		id := x.Document
		for n := 2; s.has(id); n++ {
			id = fmt.Sprintf("%s#%d", x.Document, n)
		}
		s.of[id] = i
		docs = append(docs, &wardbook.Advisory{
			ID: id, Title: x.Name, Products: []wardbook.AdvisoryProduct{p},
			Vulnerabilities: []wardbook.AdvisoryVulnerability{{ID: "", Status: map[wardbook.Status][]string{wardbook.Affected: {p.ID}}}},
		})
	}
	s.index = NewAdvisories(docs, cat, ans)
	return s
}

// Match returns the subjects that id is, or may be.
func (s *Subjects) Match(id Identity) []SubjectMatch {
	var out []SubjectMatch
	seen := map[int]bool{}
	if id.UDIDI != "" {
		for _, i := range s.byUDI[id.UDIDI] {
			seen[i] = true
			out = append(out, SubjectMatch{Subject: i, Status: wardbook.Affected, Confidence: .99,
				Why: []wardbook.Step{{Step: "udi", Detail: "the device identifier " + id.UDIDI + " is that of the document's product"}}})
		}
	}
	for _, m := range s.index.Match(id) {
		i := s.of[m.Advisory.ID]
		if seen[i] {
			continue
		}
		seen[i] = true
		why := m.Why
		if n := len(why); n > 0 && why[n-1].Step == "status" {
			why = why[:n-1]
		}
		out = append(out, SubjectMatch{Subject: i, Status: m.Status, Confidence: m.Confidence, Why: why, Doubts: m.Doubts})
	}
	return out
}

func (s *Subjects) has(id string) bool {
	_, ok := s.of[id]
	return ok
}
