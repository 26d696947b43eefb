package assess

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/match"
	"github.com/wardbook/wardbook/internal/score"
)

// matchComponents holds the components of every product's SBOMs against the
// vulnerability records.
func (r *run) matchComponents(ctx context.Context) error {
	if r.Records == nil {
		if len(r.SBOMs) > 0 {
			r.noteNoRecords()
		}
		return nil
	}
	m := match.NewMatcher(r.Records)
	for n := range r.products {
		p := &r.products[n]
		if n%50 == 0 {
			r.progress("components", n, len(r.products))
			if ctx.Err() != nil {
				return ctx.Err()
			}
		}
		if err := r.componentsOf(m, p); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) noteNoRecords() {
	r.notes = append(r.notes, "No vulnerability records were given: what is known of the components of the SBOMs is unknown.")
}

// componentsOf holds the components of a product's SBOMs against the records.
func (r *run) componentsOf(m *match.Matcher, p *product) error {
	for _, j := range p.sboms {
		s := &r.SBOMs[j.sbom]
		found, err := r.Memo.components(m, s)
		if err != nil {
			return err
		}
		for i := range found {
			r.addComponentFinding(p, s, j, &found[i])
		}
	}
	return nil
}

func (r *run) addComponentFinding(p *product, s *SBOM, j joined, m *match.ComponentMatch) {
	c := &s.Components[m.Component]
	key := strings.Clone(c.Key()) // without the memory of the whole document
	f := wardbook.Finding{
		ID: id("F-", p.ID, m.Vulnerability, "", key), Kind: wardbook.FindingComponent, Product: p.ID, Devices: p.ids,
		Vulnerability: m.Vulnerability, Aliases: slices.Clip(m.Aliases), Component: &key,
		Status: m.Status, Confidence: round(m.Confidence * j.match.Confidence),
		Why: append([]wardbook.Step{{Step: "sbom", Detail: fmt.Sprintf("%s lists %s (%s)", s.Path, key, firstOf(c.Place, "no place"))}}, m.Why...),
	}
	for _, rec := range m.Records {
		f.Title = firstOf(f.Title, rec.Summary)
		f.Scores = append(f.Scores, rec.Scores...)
		f.CWEs = append(f.CWEs, rec.CWEs...)
		f.Published = firstOf(f.Published, date(rec.Published))
		if f.SSVC == nil {
			f.SSVC = rec.SSVC
		}
	}
	f.CWEs = distinct(f.CWEs)
	for _, fixed := range m.Fixed {
		f.Remediations = append(f.Remediations, wardbook.Remediation{Category: "vendor_fix", Details: fmt.Sprintf("The component is mended in version %s. Ask the maker of the device for a release that holds it.", fixed)})
		break
	}
	f.Why = append(f.Why, j.match.Why...)
	if j.match.Status == wardbook.PossiblyAffected && f.Status == wardbook.Affected {
		f.Status = wardbook.PossiblyAffected
	}
	r.findings = append(r.findings, f)
	if !f.Status.Open() {
		return
	}
	r.ask(j.doubts, p.ids, f.ID)
	if m.Status == wardbook.PossiblyAffected {
		q := wardbook.Question{Kind: m.Ask, Key: key + " = " + m.Vulnerability, Choices: []string{"yes", "no"}}
		if q.Kind == "" {
			q.Kind = wardbook.AskComponent
		}
		if q.Kind == wardbook.AskVersion {
			q.Key, q.Choices = "component "+key, nil
			q.Text = fmt.Sprintf("Which version of %s is in %s %s? The SBOM %s does not say.", key, p.Manufacturer, p.Name, s.Path)
		} else {
			q.Text = fmt.Sprintf("Is %s of %s %s hit by %s? %s", key, p.Manufacturer, p.Name, m.Vulnerability, lastDetail(m.Why))
		}
		r.questions.add(q, p.ids, f.ID)
	}
}

func lastDetail(why []wardbook.Step) string {
	if len(why) == 0 {
		return ""
	}
	return why[len(why)-1].Detail
}

func distinct(ss []string) []string {
	seen := map[string]bool{}
	out := ss[:0]
	for _, s := range ss {
		if !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	return out
}

// enrich gives findings the scores, the exploitation and its probability that
// other sources know for their CVE.
func (r *run) enrich() {
	records, unread := r.Memo.byID, map[string]bool{}
	for i := range r.findings {
		f := &r.findings[i]
		cve := cveOf(f)
		if cve != "" && r.Records != nil && f.Kind == wardbook.FindingAdvisory {
			recs, ok := records[cve]
			if !ok && !unread[cve] {
				var err error
				if recs, err = r.Records.ByID(cve); err != nil {
					r.notes = append(r.notes, fmt.Sprintf("The record of %s could not be read: %v.", cve, err))
					unread[cve] = true
				} else {
					records[cve] = recs
				}
			}
			for _, rec := range recs {
				f.Scores = append(f.Scores, rec.Scores...)
				if f.SSVC == nil {
					f.SSVC = rec.SSVC
				}
			}
		}
		if v, ok := r.answers.Get(wardbook.AskScore, f.Vulnerability); ok {
			if c, err := score.Rescore(wardbook.CVSS{Vector: v, Source: "answer"}); err == nil {
				f.Scores = append([]wardbook.CVSS{c}, f.Scores...)
				f.Why = append(f.Why, wardbook.Step{Step: "answer", Detail: "a person gave the vector " + v})
			}
		}
		f.Scores = bestFirst(f.Scores)
		if len(f.Scores) > 0 {
			f.CVSS = &f.Scores[0]
		}
		if cve != "" && r.KEV != nil {
			if k, ok := r.KEV(cve); ok {
				f.KEV = &k
			}
		}
		if cve != "" && r.EPSS != nil {
			if e, ok := r.EPSS(cve); ok {
				f.EPSS = &e
			}
		}
	}
}

func cveOf(f *wardbook.Finding) string {
	for _, s := range append([]string{f.Vulnerability}, f.Aliases...) {
		if len(s) > 4 && (s[:4] == "CVE-" || s[:4] == "cve-") {
			return s
		}
	}
	return ""
}

// bestFirst puts the newest version of CVSS first, of equal ones the first
// given, and drops repeated vectors.
func bestFirst(cs []wardbook.CVSS) []wardbook.CVSS {
	var out []wardbook.CVSS
	seen := map[string]bool{}
	for _, v := range []string{"4.0", "3.1", "3.0", "2.0", ""} {
		for _, c := range cs {
			known := c.Version == "4.0" || c.Version == "3.1" || c.Version == "3.0" || c.Version == "2.0"
			if (c.Version == v || v == "" && !known) && !seen[c.Version+c.Vector] {
				seen[c.Version+c.Vector] = true
				out = append(out, c)
			}
		}
	}
	return out
}
