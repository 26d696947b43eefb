package advisory

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/wardbook/wardbook"
)

// The wire of CycloneDX 1.4 and later, JSON and XML, as far as its
// vulnerabilities need it.
type bomDocument struct {
	obj
	XMLName         xml.Name           `json:"-"`
	Format          string             `json:"bomFormat" xml:"-"`
	SpecVersion     string             `json:"specVersion" xml:"-"`
	Serial          string             `json:"serialNumber" xml:"serialNumber,attr"`
	Metadata        *bomMetadata       `json:"metadata" xml:"metadata"`
	Components      list[bomComponent] `json:"components" xml:"components>component"`
	Services        list[bomComponent] `json:"services" xml:"services>service"`
	Vulnerabilities list[bomVuln]      `json:"vulnerabilities" xml:"vulnerabilities>vulnerability"`
}

type bomMetadata struct {
	obj
	Timestamp string         `json:"timestamp" xml:"timestamp"`
	Authors   list[bomParty] `json:"authors" xml:"authors>author"`
	Supplier  *bomParty      `json:"supplier" xml:"supplier"`
	Maker     *bomParty      `json:"manufacturer" xml:"manufacturer"`
	Component *bomComponent  `json:"component" xml:"component"`
}

type bomParty struct {
	obj
	Name string `json:"name" xml:"name"`
}

type bomComponent struct {
	obj
	Ref       string    `json:"bom-ref" xml:"bom-ref,attr"`
	Group     string    `json:"group" xml:"group"`
	Name      string    `json:"name" xml:"name"`
	Version   string    `json:"version" xml:"version"`
	Publisher string    `json:"publisher" xml:"publisher"`
	Supplier  *bomParty `json:"supplier" xml:"supplier"`
	Maker     *bomParty `json:"manufacturer" xml:"manufacturer"`
	Purl      string    `json:"purl" xml:"purl"`
	CPE       string    `json:"cpe" xml:"cpe"`
	Hashes    list[struct {
		obj
		Algorithm string `json:"alg" xml:"alg,attr"`
		Value     string `json:"content" xml:",chardata"`
	}] `json:"hashes" xml:"hashes>hash"`
	Components list[bomComponent] `json:"components" xml:"components>component"`
}

type bomVuln struct {
	obj
	Ref        string `json:"bom-ref" xml:"bom-ref,attr"`
	ID         string `json:"id" xml:"id"`
	References list[struct {
		obj
		ID string `json:"id" xml:"id"`
	}] `json:"references" xml:"references>reference"`
	Analysis  *bomAnalysis    `json:"analysis" xml:"analysis"`
	Affects   list[bomAffect] `json:"affects" xml:"affects>target"`
	Created   string          `json:"created" xml:"created"`
	Published string          `json:"published" xml:"published"`
	Updated   string          `json:"updated" xml:"updated"`
}

type bomAnalysis struct {
	obj
	State         string       `json:"state" xml:"state"`
	Justification string       `json:"justification" xml:"justification"`
	Response      list[string] `json:"response" xml:"responses>response"`
	Detail        string       `json:"detail" xml:"detail"`
	FirstIssued   string       `json:"firstIssued" xml:"firstIssued"`
	LastUpdated   string       `json:"lastUpdated" xml:"lastUpdated"`
}

type bomAffect struct {
	obj
	Ref      string           `json:"ref" xml:"ref"`
	Versions list[bomVersion] `json:"versions" xml:"versions>version"`
}

type bomVersion struct {
	obj
	Version string `json:"version" xml:"version"`
	Range   string `json:"range" xml:"range"`
	Status  string `json:"status" xml:"status"`
}

func (d *decoder) cycloneDXJSON(b []byte) error {
	var raw bomDocument
	if err := d.decodeJSON(b, &raw); err != nil {
		return err
	}
	if !strings.EqualFold(raw.Format, "CycloneDX") {
		return &UnsupportedError{Is: fmt.Sprintf("a bill of materials of the format %.40q", raw.Format)}
	}
	d.doc.Format = "CycloneDX " + raw.SpecVersion + " VEX JSON"
	return d.bom(&raw)
}

func (d *decoder) cycloneDXXML(b []byte) error {
	dec := xml.NewDecoder(bytes.NewReader(b))
	dec.CharsetReader = charset
	var raw bomDocument
	if err := dec.Decode(&raw); err != nil {
		return d.invalid("", "not valid XML: %v", err)
	}
	for {
		tok, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		text, isText := tok.(xml.CharData)
		_, isElement := tok.(xml.StartElement)
		if err != nil || isElement || isText && len(bytes.TrimSpace(text)) > 0 {
			return d.invalid("", "something follows after the end of the document")
		}
	}
	version := raw.XMLName.Space[strings.LastIndexByte(raw.XMLName.Space, '/')+1:]
	d.doc.Format = "CycloneDX " + version + " VEX XML"
	return d.bom(&raw)
}

// charset reads the encodings that Decode did not already turn into UTF-8.
func charset(label string, r io.Reader) (io.Reader, error) {
	switch strings.ToLower(label) {
	case "utf-16", "utf-16le", "utf-16be", "utf-8", "us-ascii", "ascii":
		return r, nil
	case "iso-8859-1", "latin1", "windows-1252":
		b, err := io.ReadAll(r) // of a document that is in memory already
		if err != nil {
			return nil, err
		}
		out := make([]rune, len(b))
		for i, c := range b {
			out[i] = rune(c)
		}
		return strings.NewReader(string(out)), nil
	}
	return nil, fmt.Errorf("the encoding %.40q is not read", label)
}

// bom makes statements of the vulnerabilities of a BOM.
func (d *decoder) bom(raw *bomDocument) error {
	if len(raw.Vulnerabilities) == 0 {
		return &UnsupportedError{Is: "a " + strings.Replace(d.doc.Format, " VEX", "", 1) + " SBOM without vulnerabilities"}
	}
	r := bomReader{decoder: d, raw: raw, byRef: map[string]*bomComponent{}, document: raw.Serial}
	if r.document == "" {
		r.document = d.doc.Evidence.Name
	}
	if m := raw.Metadata; m != nil {
		r.issued = d.date("/metadata/timestamp", m.Timestamp)
		r.author = bomAuthor(m)
		if m.Component != nil {
			r.index(list[bomComponent]{*m.Component}, 0)
		}
	}
	r.index(raw.Components, 0)
	r.index(raw.Services, 0)
	for i := range raw.Vulnerabilities {
		r.vulnerability(&raw.Vulnerabilities[i], i)
	}
	return nil
}

func bomAuthor(m *bomMetadata) string {
	for _, p := range append([]*bomParty{m.Supplier, m.Maker}, pointers(m.Authors)...) {
		if p != nil && p.Name != "" {
			return p.Name
		}
	}
	return ""
}

func pointers(ps list[bomParty]) []*bomParty {
	out := make([]*bomParty, len(ps))
	for i := range ps {
		out[i] = &ps[i]
	}
	return out
}

type bomReader struct {
	*decoder
	raw      *bomDocument
	byRef    map[string]*bomComponent
	document string
	author   string
	issued   time.Time
}

func (r *bomReader) index(cs list[bomComponent], depth int) {
	if depth > maxDepth {
		return
	}
	for i := range cs {
		c := &cs[i]
		if _, dup := r.byRef[c.Ref]; !dup && c.Ref != "" {
			r.byRef[c.Ref] = c
		}
		r.index(c.Components, depth+1)
	}
}

func (r *bomReader) vulnerability(v *bomVuln, i int) {
	place := fmt.Sprintf("/vulnerabilities/%d", i)
	if v.ID == "" {
		if v.ID = v.Ref; v.ID == "" {
			r.problem(place+"/id", "is missing; the vulnerability was left out")
			return
		}
		r.problem(place+"/id", "is missing; named after its bom-ref %.60q", v.ID)
	}
	base := wardbook.Statement{Format: "CycloneDX VEX", Document: r.document, Author: r.author, Time: r.time(v, place),
		Vulnerability: v.ID, Place: place}
	for _, ref := range v.References {
		if ref.ID != "" && ref.ID != v.ID {
			base.Aliases = append(base.Aliases, ref.ID)
		}
	}
	state := wardbook.Affected // a vulnerability that is listed without analysis affects what it names
	if a := v.Analysis; a != nil {
		base.Detail, base.Responses = a.Detail, a.Response
		if a.State != "" {
			var ok bool
			if state, ok = bomStates[a.State]; !ok {
				r.problem(place+"/analysis/state", "is no state of CycloneDX: %.40q; it is taken as in_triage", a.State)
				state = wardbook.UnderInvestigation
			}
		}
		r.justify(&base, a, state, place)
	}
	r.affects(base, v, state, place)
}

// bomStates are the states of impact analysis (CycloneDX 1.7,
// vulnerabilities[].analysis.state).
var bomStates = map[string]wardbook.Status{
	"resolved": wardbook.Fixed, "resolved_with_pedigree": wardbook.Fixed, "exploitable": wardbook.Affected,
	"in_triage": wardbook.UnderInvestigation, "false_positive": wardbook.NotAffected, "not_affected": wardbook.NotAffected,
}

// bomJustifications map to the nearest of VEX. What the owner's network must
// do (protected_at_perimeter) has no justification in VEX.
var bomJustifications = map[string]wardbook.Justification{
	"code_not_present": wardbook.VulnerableCodeNotPresent, "code_not_reachable": wardbook.VulnerableCodeNotInPath,
	"requires_configuration": wardbook.VulnerableCodeNotControlled, "requires_dependency": wardbook.VulnerableCodeNotControlled,
	"requires_environment": wardbook.VulnerableCodeNotControlled, "protected_by_compiler": wardbook.InlineMitigationsExist,
	"protected_at_runtime": wardbook.InlineMitigationsExist, "protected_by_mitigating_control": wardbook.InlineMitigationsExist,
	"protected_at_perimeter": "",
}

func (r *bomReader) justify(s *wardbook.Statement, a *bomAnalysis, state wardbook.Status, place string) {
	if a.Justification == "" {
		return
	}
	j, ok := bomJustifications[a.Justification]
	if !ok {
		r.problem(place+"/analysis/justification", "is no justification of CycloneDX: %.60q; it was taken as detail", a.Justification)
	}
	if state == wardbook.NotAffected {
		s.Justification = j
	}
	if a.Justification == "protected_at_perimeter" {
		s.Responses = append(s.Responses, a.Justification) // whoever applies it counts it as affected with a mitigation
	}
	s.Detail = joinDetails(a.Justification, s.Detail)
}

func (r *bomReader) time(v *bomVuln, place string) time.Time {
	at := r.issued
	for _, f := range []struct{ field, value string }{{"/created", v.Created}, {"/published", v.Published}, {"/updated", v.Updated}} {
		r.date(place+f.field, f.value) // checked; they date the vulnerability, not the statement
	}
	if a := v.Analysis; a != nil {
		if t := r.date(place+"/analysis/firstIssued", a.FirstIssued); !t.IsZero() {
			at = t
		}
		if t := r.date(place+"/analysis/lastUpdated", a.LastUpdated); !t.IsZero() {
			at = t
		}
	}
	return at
}
