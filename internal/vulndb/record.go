package vulndb

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/wardbook/wardbook"
)

// Options bound what is read. The zero value is fine.
type Options struct {
	// MaxRecord is the largest record in bytes; 0 is 64 MiB.
	MaxRecord int64
	// MaxBytes is the largest input in bytes, unpacked; 0 is 4 GiB.
	MaxBytes int64
}

func (o Options) maxRecord() int64 {
	if o.MaxRecord > 0 {
		return o.MaxRecord
	}
	return 64 << 20
}

func (o Options) maxBytes() int64 {
	if o.MaxBytes > 0 {
		return o.MaxBytes
	}
	return 4 << 30
}

// Info says what an input was and what became of it.
type Info struct {
	Format   string             `json:"format"`  // "OSV", "CVE JSON 5.1", "NVD 2.0"; of several: the first, a comma, the next
	Records  int                `json:"records"` // records read
	Refused  int                `json:"refused"` // records (or, when the whole is refused, documents) that could not be used
	Problems []wardbook.Problem `json:"problems"`
	// Newest is the newest date that a record was modified at or, where the
	// envelope says it, when the data was drawn; zero when nothing says.
	Newest time.Time `json:"newest,omitzero"`
}

// merge adds what was learnt of a part.
func (i *Info) saw(format string, modified time.Time) {
	i.Records++
	i.sawFormat(format)
	if modified.After(i.Newest) {
		i.Newest = modified
	}
}

func (i *Info) sawFormat(format string) {
	if i.Format == format {
		return
	}
	for _, have := range bytes.Split([]byte(i.Format), []byte(", ")) {
		if string(have) == format {
			return
		}
	}
	if i.Format != "" {
		i.Format += ", "
	}
	i.Format += format
}

// parts is what the walk over a record picks up besides the record itself.
type parts struct {
	osv, cve, nvd         bool // a member that only this format has was there
	dataType, dataVersion string
	summary, details      string
	annotated             string // CVE id of an _annotation
	cpes                  []string
	refused               string // what it is instead, in words
}

// format names what the record was read as, "" when it is none.
func (p *parts) format() string {
	switch {
	case p.cve:
		if p.dataVersion != "" {
			return "CVE JSON " + clip(p.dataVersion, 8)
		}
		return "CVE JSON 5"
	case p.nvd:
		return "NVD 2.0"
	case p.osv:
		return "OSV"
	}
	return ""
}

const refusedNVD11 = "NVD JSON 1.1, which NVD retired in 2023: take the 2.0 feed"

// refusals maps members that tell another kind of document to its name.
var refusals = map[string]string{
	"CVE_Items":      refusedNVD11,
	"CVE_data_type":  refusedNVD11,
	"CVE_data_meta":  "CVE JSON 4, which was retired in 2024: take CVE JSON 5",
	"data_format":    "CVE JSON 4, which was retired in 2024: take CVE JSON 5",
	"cveChanges":     "an NVD change history, which has no records",
	"matchStrings":   "an NVD CPE match list, which has no vulnerabilities",
	"matches":        "an NVD CPE match list, which has no vulnerabilities",
	"criteria":       "an NVD CPE match string, which is no vulnerability",
	"products":       "an NVD CPE dictionary, which has no vulnerabilities",
	"catalogVersion": "CISA's KEV catalogue: give it as KEV",
	"bomFormat":      "a CycloneDX document: give it as SBOM or VEX",
	"spdxVersion":    "an SPDX document: give it as SBOM",
	"@graph":         "a JSON-LD document such as SPDX 3: give it as SBOM",
	"document":       "a CSAF document: give it as advisory",
	"statements":     "an OpenVEX document: give it as VEX",
	"resourceType":   "a FHIR resource",
}

// record reads one JSON object of any of the formats. It is told by the
// members that it has. err is a fault of the JSON itself; a record that is
// none of the formats has format "" and says in p.refused what it is, where
// that can be told.
func (r *reader) record() (v wardbook.Vulnerability, p parts, err error) {
	err = r.object(func(key []byte) error {
		if ok, err := r.osvMember(key, &v, &p); ok {
			p.osv = true
			return err
		}
		if ok, err := r.cveMember(key, &v, &p); ok {
			p.cve = true
			return err
		}
		if ok, err := r.nvdMember(key, &v, &p); ok {
			p.nvd = true
			return err
		}
		switch string(key) {
		case "id":
			return r.text(&v.ID)
		case "published":
			return r.time(&v.Published)
		case "database_specific":
			return r.osvSpecific(&v, &p)
		case "cve":
			if r.dec.PeekKind() == '{' {
				p.nvd = true
				return r.nvdCVE(&v, &p)
			}
		case "_annotation":
			return r.nvdAnnotation(&v, &p)
		}
		if what, ok := refusals[string(key)]; ok && p.refused == "" {
			p.refused = what
		}
		return r.dec.SkipValue()
	})
	if err == nil {
		r.finish(&v, &p)
	}
	return v, p, err
}

// finish settles what depends on the whole record.
func (r *reader) finish(v *wardbook.Vulnerability, p *parts) {
	switch {
	case p.cve:
		v.Source = "CVE"
	case p.nvd:
		v.Source = "NVD"
		if v.ID == "" {
			v.ID = p.annotated
		}
	default:
		v.Source = "OSV"
		if len(v.Affected) == 1 {
			v.Affected[0].CPEs = p.cpes
		}
	}
	if v.KEV != nil {
		v.KEV.CVE = v.ID
	}
	v.Summary = p.summary
	if v.Summary == "" {
		v.Summary = p.details
	}
}

// document reads all objects in data, one after the other, and gives each to
// yield. What is refused is counted in info and recorded as a problem; err is
// only what yield returned.
func (r *reader) document(pc piece, info *Info, yield func(wardbook.Vulnerability) error) error {
	r.begin(pc.data, pc.place)
	for n := 1; ; n++ {
		if n > 1 {
			r.place = fmt.Sprintf("%s(document %d)", pc.place, n)
		}
		switch r.dec.PeekKind() {
		case '{':
		case jsontext.KindInvalid:
			if _, err := r.dec.ReadToken(); err != io.EOF {
				r.refuse(info, err)
			}
			return nil
		default:
			r.refuse(info, errors.New("not an object, so not a record; the rest is left out"))
			return nil
		}
		faultsBefore := len(r.faults.list)
		v, p, err := r.record()
		if err != nil {
			r.refuse(info, err)
			return nil
		}
		format := p.format()
		switch {
		case p.refused != "" && (format == "" || p.nvd):
			r.faults.list = r.faults.list[:min(faultsBefore, len(r.faults.list))]
			r.refuse(info, fmt.Errorf("this is %s", p.refused))
			continue
		case format == "":
			r.refuse(info, errors.New("neither an OSV, CVE 5 nor NVD 2.0 record"))
			continue
		case v.ID == "":
			r.refuse(info, fmt.Errorf("%s record without an id", format))
			continue
		}
		info.saw(format, v.Modified)
		if err := yield(v); err != nil {
			return err
		}
	}
}

// refuse counts a record that cannot be used and says why.
func (r *reader) refuse(info *Info, err error) {
	info.Refused++
	place := r.place
	var syn *jsontext.SyntacticError
	if errors.As(err, &syn) {
		place += string(syn.JSONPointer)
		err = fmt.Errorf("not valid JSON at byte %d: %w", syn.ByteOffset, syn.Err)
	}
	r.faults.add(place, "record left out: %v", err)
}

// DecodeRecords reads all vulnerability records of rd, told apart by content:
// OSV (one JSON object, several after one another, one a line, a list, or
// YAML), CVE JSON 5, NVD 2.0 (API reply, feed, single items, items one a
// line). It holds one record at a time. An input that is none of these is
// refused with a *wardbook.Invalid that says what it is; records that cannot
// be used are counted in Info.Refused, each with a problem. Other errors are
// those of rd and yield.
func DecodeRecords(rd io.Reader, o Options, yield func(wardbook.Vulnerability) error) (Info, error) {
	var info Info
	var f faults
	r := newReader(&f)
	s := newSplitter(o, &f)
	err := s.split(rd, func(pc piece) error {
		if pc.yaml {
			pc = yamlPiece(pc, &f, &info)
			if pc.data == nil {
				return nil
			}
		}
		return r.document(pc, &info, yield)
	})
	info.Problems = f.all()
	if s.drawn.After(info.Newest) {
		info.Newest = s.drawn
	}
	if err == nil && s.envelope {
		info.sawFormat("NVD 2.0")
	}
	if err == nil && info.Records == 0 && info.Refused > 0 {
		return info, &wardbook.Invalid{Problems: info.Problems}
	}
	var bad *wardbook.Invalid
	if errors.As(err, &bad) {
		info.Refused++
		info.Problems = append(info.Problems, bad.Problems...)
	}
	return info, err
}
