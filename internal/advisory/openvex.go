package advisory

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/wardbook/wardbook"
)

// The wire of OpenVEX 0.0.1 to 0.2.0. Some publishers put the fields of the
// document under "metadata".
type vexDocument struct {
	obj
	vexHead
	Metadata   *vexHead           `json:"metadata"`
	Statements list[vexStatement] `json:"statements"`
}

type vexHead struct {
	Context     string `json:"@context"`
	ID          string `json:"@id"`
	Author      string `json:"author"`
	Timestamp   string `json:"timestamp"`
	LastUpdated string `json:"last_updated"`
}

type vexStatement struct {
	obj
	ID            string           `json:"@id"`
	Vulnerability vexVulnerability `json:"vulnerability"`
	Timestamp     string           `json:"timestamp"`
	LastUpdated   string           `json:"last_updated"`
	Products      list[vexProduct] `json:"products"`
	// Subcomponents of every product: 0.0.1 has them beside the products.
	Subcomponents list[vexProduct] `json:"subcomponents"`
	Status        string           `json:"status"`
	StatusNotes   string           `json:"status_notes"`
	Justification string           `json:"justification"`
	Impact        string           `json:"impact_statement"`
	Action        string           `json:"action_statement"`
}

// vexVulnerability is an object, or an id alone before 0.2.0.
type vexVulnerability struct {
	ID      string
	Name    string
	Aliases list[string]
}

func (v *vexVulnerability) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	var o struct {
		obj
		ID      string       `json:"@id"`
		Name    string       `json:"name"`
		Aliases list[string] `json:"aliases"`
	}
	err := textOrObject(dec, &v.Name, &o)
	if v.Name == "" {
		v.ID, v.Name, v.Aliases = o.ID, o.Name, o.Aliases
	}
	return err
}

// vexProduct is an object, or an id alone before 0.2.0.
type vexProduct struct {
	ID          string
	Identifiers struct {
		Purl  string `json:"purl"`
		CPE22 string `json:"cpe22"`
		CPE23 string `json:"cpe23"`
	}
	Hashes        map[string]string
	Subcomponents list[vexProduct]
}

func (p *vexProduct) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	var o struct {
		obj
		ID          string `json:"@id"`
		Identifiers struct {
			Purl  string `json:"purl"`
			CPE22 string `json:"cpe22"`
			CPE23 string `json:"cpe23"`
		} `json:"identifiers"`
		Hashes        map[string]string `json:"hashes"`
		Subcomponents list[vexProduct]  `json:"subcomponents"`
	}
	err := textOrObject(dec, &p.ID, &o)
	if p.ID == "" {
		p.ID, p.Identifiers, p.Hashes, p.Subcomponents = o.ID, o.Identifiers, o.Hashes, o.Subcomponents
	}
	return err
}

// textOrObject reads a text into s, anything else into o.
func textOrObject(dec *jsontext.Decoder, s *string, o any) error {
	if dec.PeekKind() == '"' {
		return json.UnmarshalDecode(dec, s)
	}
	return json.UnmarshalDecode(dec, o)
}

// openVEX reads an OpenVEX document.
func (d *decoder) openVEX(b []byte) error {
	var raw vexDocument
	if err := d.decodeJSON(b, &raw); err != nil {
		return err
	}
	head, at := raw.vexHead, ""
	if raw.Metadata != nil {
		at = "/metadata"
		head = merge(head, *raw.Metadata)
	}
	if !strings.Contains(head.Context, "openvex") {
		if head.Context != "" || len(raw.Statements) == 0 || raw.Statements[0].Status == "" {
			return &UnsupportedError{Is: "JSON with statements, but no OpenVEX document (its @context is not that of OpenVEX)"}
		}
		d.problem(at+"/@context", "is missing; read as OpenVEX")
	}
	d.doc.Format = "OpenVEX"
	if _, version, ok := strings.Cut(head.Context, "openvex.dev/ns/v"); ok && version != "" {
		d.doc.Format += " " + strings.Trim(version, "/")
	}
	if head.ID == "" {
		d.problem(at+"/@id", "is missing")
		head.ID = d.doc.Evidence.Name
	}
	if head.Author == "" {
		d.problem(at+"/author", "is missing")
	}
	issued := d.date(at+"/timestamp", head.Timestamp)
	if t := d.date(at+"/last_updated", head.LastUpdated); !t.IsZero() {
		issued = t
	}
	d.doc.Statements = make([]wardbook.Statement, 0, len(raw.Statements))
	seen := map[string]int{}
	for i := range raw.Statements {
		d.vexStatement(&head, issued, &raw.Statements[i], i, seen)
	}
	return nil
}

func merge(a, b vexHead) vexHead {
	for _, f := range []struct{ a, b *string }{{&a.Context, &b.Context}, {&a.ID, &b.ID}, {&a.Author, &b.Author},
		{&a.Timestamp, &b.Timestamp}, {&a.LastUpdated, &b.LastUpdated}} {
		if *f.a == "" {
			*f.a = *f.b
		}
	}
	return a
}

func (d *decoder) vexStatement(head *vexHead, issued time.Time, raw *vexStatement, i int, seen map[string]int) {
	place := fmt.Sprintf("/statements/%d", i)
	s := wardbook.Statement{
		ID: raw.ID, Format: "OpenVEX", Document: head.ID, Author: head.Author, Time: issued, Place: place,
		Status: wardbook.Status(raw.Status), Justification: wardbook.Justification(raw.Justification),
		Detail: joinDetails(raw.Impact, raw.Action, raw.StatusNotes),
	}
	if s.ID == "" {
		s.ID = fmt.Sprintf("%s#%d", head.ID, i+1)
	}
	if first, dup := seen[s.ID]; dup {
		d.problem(place+"/@id", "%q is the id of statement %d too", s.ID, first)
		s.ID = fmt.Sprintf("%s#%d", s.ID, i+1)
	}
	seen[s.ID] = i
	if t := d.date(place+"/timestamp", raw.Timestamp); !t.IsZero() {
		s.Time = t
	}
	if t := d.date(place+"/last_updated", raw.LastUpdated); !t.IsZero() {
		s.Time = t
	}
	s.Vulnerability, s.Aliases = vexNames(raw.Vulnerability)
	switch {
	case s.Vulnerability == "":
		d.problem(place+"/vulnerability", "is missing; the statement was left out")
		return
	case !s.Status.Valid() || s.Status == wardbook.PossiblyAffected:
		d.problem(place+"/status", "is no status of VEX: %.40q; the statement was left out", raw.Status)
		return
	case s.Justification != "" && !s.Justification.Valid():
		d.problem(place+"/justification", "is no justification of VEX: %.60q; it was taken as detail", raw.Justification)
		s.Detail = joinDetails(raw.Justification, s.Detail)
		s.Justification = ""
	case s.Status == wardbook.NotAffected && s.Justification == "" && raw.Impact == "":
		d.problem(place, "is not_affected without a justification or an impact statement")
	}
	for j := range raw.Products {
		p := vexSubject(&raw.Products[j], 0)
		for k := range raw.Subcomponents {
			p.Components = append(p.Components, vexSubject(&raw.Subcomponents[k], 1))
		}
		if p.ID == "" && len(p.Purls)+len(p.CPEs)+len(p.Hashes) == 0 {
			d.problem(fmt.Sprintf("%s/products/%d", place, j), "has no identifier")
			continue
		}
		s.Products = append(s.Products, p)
	}
	if len(s.Products) == 0 {
		d.problem(place+"/products", "names no product: the statement applies to nothing")
	}
	d.doc.Statements = append(d.doc.Statements, s)
}

func joinDetails(parts ...string) string {
	var out []string
	for _, p := range parts {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, p)
		}
	}
	return strings.Join(out, "\n")
}

// vexNames are the id of a vulnerability and its other names. Names that are
// addresses of web pages give the id that they end with.
func vexNames(v vexVulnerability) (id string, aliases []string) {
	add := func(s string) {
		s = lastSegment(s)
		switch {
		case s == "" || s == id || slices.Contains(aliases, s):
		case id == "":
			id = s
		default:
			aliases = append(aliases, s)
		}
	}
	add(v.Name)
	add(v.ID)
	for _, a := range v.Aliases {
		add(a)
	}
	return id, aliases
}

// lastSegment is the id at the end of an address; a text that is no address
// is its own. An address that ends in no id gives nothing.
func lastSegment(s string) string {
	s = strings.TrimSpace(s)
	if !strings.Contains(s, "://") {
		return s
	}
	i := strings.LastIndexAny(s, "/=#")
	s = strings.TrimSuffix(s[i+1:], ".html")
	if !hasDigit(s) || !strings.Contains(s, "-") {
		return ""
	}
	return s
}

// vexSubject reads one product or subcomponent.
func vexSubject(p *vexProduct, depth int) wardbook.StatementSubject {
	s := wardbook.StatementSubject{ID: p.ID}
	for _, id := range []string{p.ID, p.Identifiers.Purl, p.Identifiers.CPE23, p.Identifiers.CPE22} {
		switch {
		case strings.HasPrefix(id, "pkg:") && !slices.Contains(s.Purls, id):
			s.Purls = append(s.Purls, id)
		case strings.HasPrefix(id, "cpe:") && !slices.Contains(s.CPEs, id):
			s.CPEs = append(s.CPEs, id)
		}
	}
	for _, alg := range slices.Sorted(maps.Keys(p.Hashes)) {
		s.Hashes = append(s.Hashes, wardbook.Hash{Algorithm: hashName(alg), Value: strings.ToLower(p.Hashes[alg])})
	}
	for i := range p.Subcomponents {
		if depth < maxDepth {
			s.Components = append(s.Components, vexSubject(&p.Subcomponents[i], depth+1))
		}
	}
	return s
}
