package advisory

import (
	"fmt"
	"strings"

	"github.com/wardbook/wardbook"
)

type csafVuln struct {
	obj
	CVE           string           `json:"cve"`
	CWE           *csafCWE         `json:"cwe"`
	CWEs          list[csafCWE]    `json:"cwes"` // CSAF 2.1
	Title         string           `json:"title"`
	Notes         list[csafNote]   `json:"notes"`
	IDs           list[csafID]     `json:"ids"`
	Status        *csafStatus      `json:"product_status"`
	Flags         list[csafFlag]   `json:"flags"`
	Threats       list[csafThreat] `json:"threats"`
	Remediations  list[csafRemedy] `json:"remediations"`
	Scores        list[csafScore]  `json:"scores"`
	Metrics       list[csafMetric] `json:"metrics"` // CSAF 2.1
	ReleaseDate   string           `json:"release_date"`
	DisclosedDate string           `json:"disclosure_date"` // CSAF 2.1
}

type csafCWE struct {
	obj
	ID string `json:"id"`
}

type csafNote struct {
	obj
	Category string `json:"category"`
	Text     string `json:"text"`
}

type csafID struct {
	obj
	System string `json:"system_name"`
	Text   string `json:"text"`
}

type csafStatus struct {
	obj
	FirstAffected      list[string] `json:"first_affected"`
	KnownAffected      list[string] `json:"known_affected"`
	LastAffected       list[string] `json:"last_affected"`
	KnownNotAffected   list[string] `json:"known_not_affected"`
	FirstFixed         list[string] `json:"first_fixed"`
	Fixed              list[string] `json:"fixed"`
	Recommended        list[string] `json:"recommended"`
	UnderInvestigation list[string] `json:"under_investigation"`
	Unknown            list[string] `json:"unknown"` // CSAF 2.1
}

type csafFlag struct {
	obj
	Label    string       `json:"label"`
	Groups   list[string] `json:"group_ids"`
	Products list[string] `json:"product_ids"`
}

type csafThreat struct {
	obj
	Category string       `json:"category"`
	Details  string       `json:"details"`
	Groups   list[string] `json:"group_ids"`
	Products list[string] `json:"product_ids"`
}

type csafRemedy struct {
	obj
	Category string       `json:"category"`
	Details  string       `json:"details"`
	Date     string       `json:"date"`
	URL      string       `json:"url"`
	Groups   list[string] `json:"group_ids"`
	Products list[string] `json:"product_ids"`
	Restart  *struct {
		obj
		Category string `json:"category"`
	} `json:"restart_required"`
}

// vulnerability reads the vulnerability at place n of the document.
func (d *decoder) vulnerability(advisory string, t *productTree, raw *csafVuln, n int) wardbook.AdvisoryVulnerability {
	place := fmt.Sprintf("/vulnerabilities/%d", n)
	v := wardbook.AdvisoryVulnerability{CVE: strings.TrimSpace(raw.CVE), Title: raw.Title}
	for _, id := range raw.IDs {
		if id.Text != "" {
			v.IDs = append(v.IDs, id.Text)
		}
	}
	switch {
	case v.CVE != "":
		v.ID = v.CVE
		if !isCVE(v.CVE) {
			d.problem(place+"/cve", "is not a CVE id: %.40q", v.CVE)
		}
	case len(v.IDs) > 0:
		v.ID = v.IDs[0]
	default:
		v.ID = fmt.Sprintf("%s#%d", advisory, n+1)
	}
	v.Summary = summary(raw.Notes)
	if raw.CWE != nil && raw.CWE.ID != "" {
		v.CWEs = append(v.CWEs, raw.CWE.ID)
	}
	for _, c := range raw.CWEs {
		v.CWEs = append(v.CWEs, c.ID)
	}
	if v.Released = d.date(place+"/release_date", raw.ReleaseDate); v.Released.IsZero() {
		v.Released = d.date(place+"/disclosure_date", raw.DisclosedDate)
	}
	d.status(&v, t, raw.Status, place+"/product_status")
	d.flagsAndThreats(&v, t, raw, place)
	d.remedies(&v, t, raw, place)
	d.scores(advisory, &v, t, raw, place)
	return v
}

// isCVE reports whether s has the shape of a CVE id: CVE-YYYY-N, N of four or
// more digits.
func isCVE(s string) bool {
	rest, ok := strings.CutPrefix(s, "CVE-")
	year, number, dash := strings.Cut(rest, "-")
	return ok && dash && len(year) == 4 && len(number) >= 4 && digits(year) && digits(number)
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// summary is the note that tells most.
func summary(notes list[csafNote]) string {
	for _, category := range []string{"summary", "description", "general"} {
		for _, n := range notes {
			if n.Category == category && n.Text != "" {
				return n.Text
			}
		}
	}
	return ""
}

// status sorts the product_ids under the statuses of VEX and names the
// contradictions (CSAF 2.0, 6.1.6).
func (d *decoder) status(v *wardbook.AdvisoryVulnerability, t *productTree, raw *csafStatus, place string) {
	v.Status = map[wardbook.Status][]string{}
	if raw == nil {
		return
	}
	said := map[string]wardbook.Status{}
	for _, c := range []struct {
		field  string
		ids    list[string]
		status wardbook.Status
		bound  bool
	}{
		{"known_affected", raw.KnownAffected, wardbook.Affected, false},
		{"first_affected", raw.FirstAffected, wardbook.Affected, true},
		{"last_affected", raw.LastAffected, wardbook.Affected, true},
		{"known_not_affected", raw.KnownNotAffected, wardbook.NotAffected, false},
		{"fixed", raw.Fixed, wardbook.Fixed, false},
		{"first_fixed", raw.FirstFixed, wardbook.Fixed, true},
		{"recommended", raw.Recommended, wardbook.Fixed, true},
		{"under_investigation", raw.UnderInvestigation, wardbook.UnderInvestigation, false},
		{"unknown", raw.Unknown, wardbook.UnderInvestigation, false},
	} {
		for i, id := range c.ids {
			d.known(t, id, place, c.field, i)
			other, dup := said[id]
			if dup && other != c.status && c.field != "recommended" {
				d.problem(fmt.Sprintf("%s/%s/%d", place, c.field, i), "%q is %s and %s at once", id, other, c.status)
			}
			if !dup || other != c.status {
				v.Status[c.status] = append(v.Status[c.status], id)
			}
			if !dup {
				said[id] = c.status
			}
		}
		if c.bound && len(c.ids) > 0 {
			if v.Bounds == nil {
				v.Bounds = map[string][]string{}
			}
			v.Bounds[c.field] = c.ids
		}
	}
}

func (d *decoder) flagsAndThreats(v *wardbook.AdvisoryVulnerability, t *productTree, raw *csafVuln, place string) {
	for i, f := range raw.Flags {
		j := wardbook.Justification(f.Label)
		at := fmt.Sprintf("%s/flags/%d", place, i)
		if !j.Valid() {
			d.problem(at+"/label", "is no justification of VEX: %.60q", f.Label)
			continue
		}
		for _, id := range d.members(t, f.Products, f.Groups, at) {
			if old, ok := v.Justifications[id]; ok && old != j {
				d.problem(at, "%q has the justifications %s and %s; the first counts", id, old, j)
				continue
			}
			if v.Justifications == nil {
				v.Justifications = map[string]wardbook.Justification{}
			}
			v.Justifications[id] = j
		}
	}
	for i, th := range raw.Threats {
		var into *map[string]string
		switch th.Category {
		case "impact":
			into = &v.Impacts
		case "exploit_status":
			into = &v.Exploits
		default:
			continue
		}
		ids := d.members(t, th.Products, th.Groups, fmt.Sprintf("%s/threats/%d", place, i))
		if len(ids) == 0 {
			ids = []string{""}
		}
		if *into == nil {
			*into = map[string]string{}
		}
		for _, id := range ids {
			if old := (*into)[id]; old != "" && old != th.Details {
				(*into)[id] = old + "\n" + th.Details
				continue
			}
			(*into)[id] = th.Details
		}
	}
}

func (d *decoder) remedies(v *wardbook.AdvisoryVulnerability, t *productTree, raw *csafVuln, place string) {
	for i := range raw.Remediations {
		r := &raw.Remediations[i]
		at := fmt.Sprintf("%s/remediations/%d", place, i)
		out := wardbook.AdvisoryRemediation{
			Remediation: wardbook.Remediation{Category: r.Category, Details: r.Details, URL: r.URL},
			Date:        d.date(at+"/date", r.Date),
			Products:    d.members(t, r.Products, r.Groups, at),
		}
		if r.Restart != nil {
			out.Restart = r.Restart.Category
		}
		switch r.Category {
		case "vendor_fix", "mitigation", "workaround", "no_fix_planned", "none_available", "fix_planned", "optional_patch":
		default:
			d.problem(at+"/category", "is no category of CSAF: %.40q", r.Category)
		}
		v.Remediations = append(v.Remediations, out)
	}
}
