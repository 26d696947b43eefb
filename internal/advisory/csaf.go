package advisory

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"github.com/wardbook/wardbook"
)

// The wire of CSAF 2.0 and 2.1, as far as it decides something. 2.1 names
// follow those of 2.0.
type csafDocument struct {
	obj
	Schema          string         `json:"$schema"`
	Document        *csafHead      `json:"document"`
	ProductTree     *csafTree      `json:"product_tree"`
	Vulnerabilities list[csafVuln] `json:"vulnerabilities"`
}

type csafHead struct {
	obj
	Category    string `json:"category"`
	CSAFVersion string `json:"csaf_version"`
	Title       string `json:"title"`
	Publisher   *struct {
		obj
		Category string `json:"category"`
		Name     string `json:"name"`
	} `json:"publisher"`
	References list[csafReference] `json:"references"`
	Tracking   *struct {
		obj
		ID      string `json:"id"`
		Status  string `json:"status"`
		Version string `json:"version"`
		Initial string `json:"initial_release_date"`
		Current string `json:"current_release_date"`
	} `json:"tracking"`
}

type csafReference struct {
	obj
	Category string `json:"category"`
	Summary  string `json:"summary"`
	URL      string `json:"url"`
}

// csaf reads a CSAF document of any category.
func (d *decoder) csaf(b []byte) error {
	var raw csafDocument
	if err := d.decodeJSON(b, &raw); err != nil {
		return err
	}
	head := raw.Document
	if head == nil {
		return d.invalid("/document", "is missing: this is no CSAF document")
	}
	if head.Tracking != nil && strings.EqualFold(head.Tracking.Status, "deleted") {
		return &UnsupportedError{Is: "a stub that says that " + orUnnamed(head.Tracking.ID) + " was deleted by its publisher"}
	}
	switch head.CSAFVersion {
	case "2.0", "2.1":
		d.doc.Format = "CSAF " + head.CSAFVersion
	case "":
		if raw.ProductTree == nil && raw.Vulnerabilities == nil && head.Tracking == nil {
			return d.invalid("/document/csaf_version", "is missing: this is no CSAF document")
		}
		d.problem("/document/csaf_version", "is missing; read as CSAF 2.0")
		d.doc.Format = "CSAF 2.0"
	default:
		return d.invalid("/document/csaf_version", "is %.20q; 2.0 and 2.1 are read", head.CSAFVersion)
	}
	a := d.head(head, b)
	d.doc.Advisory = a
	t := d.tree(raw.ProductTree)
	a.Products = t.products
	vex := head.Category == "csaf_vex"
	a.Vulnerabilities = make([]wardbook.AdvisoryVulnerability, 0, len(raw.Vulnerabilities))
	for i := range raw.Vulnerabilities {
		a.Vulnerabilities = append(a.Vulnerabilities, d.vulnerability(a.ID, t, &raw.Vulnerabilities[i], i))
	}
	d.csafStatements(a, t, vex)
	return nil
}

func orUnnamed(id string) string {
	if id == "" {
		return "an unnamed document"
	}
	return id
}

// head reads the document object. A document without an id gets one from its
// bytes, so that what it warns of is not lost.
func (d *decoder) head(h *csafHead, b []byte) *wardbook.Advisory {
	a := &wardbook.Advisory{
		Title: h.Title, Category: h.Category, Evidence: d.doc.Evidence, URL: selfURL(h.References),
	}
	if h.Publisher != nil {
		a.Publisher, a.PublisherCategory = h.Publisher.Name, h.Publisher.Category
	} else {
		d.problem("/document/publisher", "is missing")
	}
	if t := h.Tracking; t != nil {
		a.ID, a.Status, a.Version = strings.TrimSpace(t.ID), t.Status, t.Version
		a.Published = d.date("/document/tracking/initial_release_date", t.Initial)
		a.Updated = d.date("/document/tracking/current_release_date", t.Current)
		switch t.Status {
		case "draft", "interim", "final":
		default:
			d.problem("/document/tracking/status", "is %.30q, not draft, interim or final", t.Status)
		}
	}
	if a.Updated.IsZero() {
		a.Updated = a.Published
	}
	if h.Category == "" {
		d.problem("/document/category", "is missing")
	}
	if a.ID == "" {
		sum := sha256.Sum256(bytes.TrimSpace(b))
		a.ID = "untracked-" + hex.EncodeToString(sum[:6])
		d.problem("/document/tracking/id", "is missing; named %s after its content", a.ID)
	}
	return a
}

// selfURL chooses the self reference that a person can open: a web page
// before the JSON, what is named a web version before all.
func selfURL(refs list[csafReference]) string {
	best, rank := "", -1
	for _, r := range refs {
		if r.Category != "self" || r.URL == "" {
			continue
		}
		n := 1
		if strings.HasSuffix(strings.ToLower(r.URL), ".json") || strings.HasSuffix(r.Summary, "JSON") {
			n = 0
		} else if s := strings.ToLower(r.Summary); strings.Contains(s, "web") || strings.Contains(s, "html") {
			n = 2
		}
		if n > rank {
			best, rank = r.URL, n
		}
	}
	return best
}

// dateLayouts are those that real documents use; the first is what CSAF asks
// for (RFC 3339).
var dateLayouts = []string{
	time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02T15:04:05.999999999Z0700",
	"2006-01-02T15:04Z07:00", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05", "2006-01-02",
}

// date reads a date of the document; empty is a zero time and no problem.
func (d *decoder) date(place, s string) time.Time {
	if s == "" {
		return time.Time{}
	}
	for i, layout := range dateLayouts {
		t, err := time.Parse(layout, strings.TrimSpace(s))
		if err != nil {
			continue
		}
		if i > 0 {
			d.problem(place, "is not a date and time with zone: %.40q; read as UTC", s)
		}
		return t.UTC()
	}
	d.problem(place, "is not a date: %.40q", s)
	return time.Time{}
}
