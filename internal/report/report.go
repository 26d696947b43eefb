package report

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/wardbook/wardbook"
)

// Data is what a report is made from.
type Data struct {
	Assessment *wardbook.Assessment
	// Policy is the policy of the assessment. Without it the report shows
	// numbers for steps and no colours for matrices.
	Policy *wardbook.Policy
	// Organization is whose report it is; empty leaves it out.
	Organization string
	// Digest is the SHA-256 of assessment.json in lower-case hex; empty: of
	// what JSON writes without options.
	Digest string
	// Hazards, Controls and Classes give names to ids of the catalogue. An id
	// without a name stands as it is.
	Hazards, Controls, Classes map[string]string
	// Limits cut long lists in HTML and PDF.
	Limits Limits
}

// Limits say how many rows of a list HTML and PDF show. Zero values are the
// defaults that follow each name. What is cut is said, and stands in the XLSX.
type Limits struct {
	Problems  int // of all inputs: 80
	Wards     int // in the full table: 100
	Risks     int // told in full, the things to do first and then the worst: 30
	Listed    int // further risks as one line each: 250
	PerRisk   int // findings proven per risk, the worst first: 1
	PerWard   int // device ids per ward of a risk: 5
	Findings  int // 250
	Questions int // 150
	Rules     int // 200
}

// withDefaults fills in what is zero.
func (l Limits) withDefaults() Limits {
	for _, f := range []struct {
		p *int
		d int
	}{
		{&l.Problems, 80}, {&l.Wards, 100}, {&l.Risks, 30}, {&l.Listed, 250}, {&l.PerRisk, 1},
		{&l.PerWard, 5}, {&l.Findings, 250}, {&l.Questions, 150}, {&l.Rules, 200},
	} {
		if *f.p == 0 {
			*f.p = f.d
		}
	}
	return l
}

// builder turns data into a document.
type builder struct {
	Data
	a        *wardbook.Assessment
	s        *scheme
	lim      Limits
	devices  map[string]*wardbook.Device
	products map[string]*wardbook.Product
	findings map[string]*wardbook.Finding
	measures map[string]measure // controls of the catalogue that risks name
	shown    map[string]bool    // anchors of risks and findings that the report has
}

// errNoAssessment is returned for Data without an assessment.
var errNoAssessment = fmt.Errorf("report: no assessment")

func newBuilder(d Data) (*builder, error) {
	if d.Assessment == nil {
		return nil, errNoAssessment
	}
	b := &builder{Data: d, a: d.Assessment, lim: d.Limits.withDefaults(), s: newScheme(d.Policy, d.Assessment), shown: map[string]bool{}, measures: map[string]measure{}}
	b.devices = make(map[string]*wardbook.Device, len(b.a.Devices))
	for i := range b.a.Devices {
		b.devices[b.a.Devices[i].ID] = &b.a.Devices[i]
	}
	b.products = make(map[string]*wardbook.Product, len(b.a.Products))
	for i := range b.a.Products {
		b.products[b.a.Products[i].ID] = &b.a.Products[i]
	}
	b.findings = make(map[string]*wardbook.Finding, len(b.a.Findings))
	for i := range b.a.Findings {
		b.findings[b.a.Findings[i].ID] = &b.a.Findings[i]
	}
	if b.Digest == "" {
		h := sha256.New()
		if err := JSON(h, b.a); err != nil {
			return nil, err
		}
		b.Digest = hex.EncodeToString(h.Sum(nil))
	}
	b.chooseShown()
	return b, nil
}

// build makes the document of a report.
func build(d Data) (*document, error) {
	b, err := newBuilder(d)
	if err != nil {
		return nil, err
	}
	doc := &document{
		Title: "Risk assessment of connected health IT", Organization: b.Organization, AsOf: longDate(b.a.At),
		Digest: b.Digest, Program: b.a.Program, Scheme: b.s, Cover: b.cover(),
	}
	for _, s := range []section{
		{ID: "asked", Title: "What was asked, and with which inputs", Blocks: b.asked()},
		{ID: "answer", Title: "The answer", Page: true, Blocks: b.answer()},
		{ID: "changes", Title: "What changed", Page: true, Blocks: b.changes()},
		{ID: "risks", Title: "The risks", Page: b.a.Changes != nil, Blocks: b.risks()},
		{ID: "questions", Title: "Questions for people", Page: true, Blocks: b.questions()},
		{ID: "findings", Title: "Findings", Page: true, Blocks: b.findingTable()},
		{ID: "method", Title: "Method", Page: true, Blocks: b.method()},
		{ID: "unknown", Title: "What is unknown, and how old the data is", Blocks: b.unknowns()},
		{ID: "inputs", Title: inputsTitle, Blocks: b.inputs()},
		{ID: "check", Title: "How to check this report", Blocks: b.check()},
	} {
		s.No = len(doc.Sections) + 1
		doc.Sections = append(doc.Sections, s)
	}
	return doc, nil
}

func (b *builder) cover() []pair {
	p := b.a.Policy
	policy := strings.TrimSpace(p.Title)
	if policy == "" {
		policy = p.ID
	}
	rows := []pair{
		{"As of", txt(longDate(b.a.At))},
		{"Policy", txt(policy).line().add(dim, strings.TrimSpace(p.ID+" "+version(p.Version)))},
		{"Covers", txt(fmt.Sprintf("%s, %s, from %s", count(b.a.Summary.Devices, "device", "devices"),
			count(len(b.a.Products), "product", "products"), count(len(b.a.Inputs), "input", "inputs")))},
		{"Assessment", styled(mono, b.Digest).line().add(dim, "SHA-256 of assessment.json, which holds every detail of this report")},
		{"Made by", txt(b.a.Program)},
	}
	return rows
}

// longDate writes an RFC 3339 date or time for people.
func longDate(s string) string {
	t, ok := date(s)
	if !ok {
		return orUnknown(s)
	}
	return t.Format("2 January 2006")
}

// shortDate writes a date for a table; empty stays empty.
func shortDate(s string) string {
	t, ok := date(s)
	if !ok {
		return s
	}
	return t.Format("2\u00a0Jan\u00a02006")
}

func date(s string) (time.Time, bool) {
	if len(s) < 10 {
		return time.Time{}, false
	}
	t, err := time.Parse(time.DateOnly, s[:10])
	return t, err == nil
}

func orUnknown(s string) string {
	if strings.TrimSpace(s) == "" {
		return "unknown"
	}
	return s
}

// version puts a "v" in front of a bare number.
func version(v string) string {
	if v != "" && v[0] >= '0' && v[0] <= '9' {
		return "v" + v
	}
	return v
}

// count writes a number with its noun: "1,204 devices".
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return group(n) + " " + many
}

// group writes a number with thousands separators.
func group(n int) string {
	s := fmt.Sprint(n)
	sign := ""
	if n < 0 {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

// andMore is the line under a list that was cut; empty when it was not.
func andMore(all, shown int, sheet string) string {
	if all <= shown {
		return ""
	}
	return fmt.Sprintf("and %s more: see assessment.xlsx, sheet %s", group(all-shown), sheet)
}

// productName names a product for people.
func (b *builder) productName(id string) string {
	p := b.products[id]
	if p == nil {
		return orUnknown(id)
	}
	return productName(p)
}

func productName(p *wardbook.Product) string {
	s := p.Name
	if p.Manufacturer != "" && !strings.HasPrefix(strings.ToLower(s), strings.ToLower(p.Manufacturer)) {
		s = p.Manufacturer + " " + s
	}
	if p.Version != "" {
		s += " " + p.Version
	}
	return orUnknown(strings.TrimSpace(s))
}

// named gives an id its catalogue name.
func named(names map[string]string, id string) string {
	if n := names[id]; n != "" {
		return n
	}
	return id
}
