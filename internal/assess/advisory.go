package assess

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/match"
)

// matchAdvisories holds every product against the advisories.
func (r *run) matchAdvisories(ctx context.Context) error {
	if len(r.Advisories) == 0 {
		return nil
	}
	said := r.Memo.advisories
	said.Update(r.Advisories, r.Catalog, r.answers)
	const some = 256 // are matched before their findings are kept
	for start := 0; start < len(r.products); start += some {
		r.progress("advisories", start, len(r.products))
		if ctx.Err() != nil {
			return ctx.Err()
		}
		part := r.products[start:min(start+some, len(r.products))]
		ids := make([]match.Identity, len(part))
		for n := range part {
			ids[n] = part[n].identity
		}
		for n, found := range said.Match(ids) {
			r.advisoriesOf(&part[n], found)
		}
		if r.Memo.passing {
			said.Forget()
		}
	}
	return nil
}

// advisoriesOf keeps what was found about a product, and holds the components
// of its SBOMs against the advisories.
func (r *run) advisoriesOf(p *product, found []match.AdvisoryMatch) {
	for _, m := range found {
		r.addAdvisoryFinding(p, m, nil, nil)
	}
	for i := range p.sboms {
		r.matchParts(p, &p.sboms[i])
	}
}

// matchParts holds the components of an SBOM against the advisories: makers
// write them about what others build in, too.
func (r *run) matchParts(p *product, j *joined) {
	b := &r.SBOMs[j.sbom]
	for i := range b.Components {
		c := &b.Components[i]
		for _, m := range r.Memo.advisories.Component(c) {
			r.addAdvisoryFinding(p, m, c, j)
		}
	}
}

// addAdvisoryFinding records a match of the product itself or, with c and j, of
// a component in one of its SBOMs.
func (r *run) addAdvisoryFinding(p *product, m match.AdvisoryMatch, c *wardbook.Component, j *joined) {
	v, adv := m.Vulnerability, m.Advisory
	m.Why = slices.Clip(m.Why) // it is remembered
	key := ""
	if c != nil {
		key = c.Key()
		m.Why = append([]wardbook.Step{{Step: "sbom", Detail: fmt.Sprintf("%s lists %s", r.SBOMs[j.sbom].Path, key)}}, m.Why...)
		m.Confidence = round(m.Confidence * j.match.Confidence)
		if j.match.Status == wardbook.PossiblyAffected && m.Status == wardbook.Affected {
			m.Status = wardbook.PossiblyAffected
			m.Doubts = append(m.Doubts[:len(m.Doubts):len(m.Doubts)], j.doubts...)
		}
	}
	f := wardbook.Finding{
		ID: id("F-", p.ID, v.ID, adv.ID, key), Kind: wardbook.FindingAdvisory, Product: p.ID, Devices: p.ids,
		Vulnerability: v.ID, Aliases: aliases(v), Title: firstOf(v.Title, adv.Title), Advisory: adv.ID,
		Status: m.Status, Justification: m.Justification, Confidence: m.Confidence, Why: m.Why, CWEs: v.CWEs,
		Published: date(adv.Published),
	}
	if c != nil {
		f.Component = &key
	}
	if m.Detail != "" {
		f.Why = append(f.Why, wardbook.Step{Step: "impact statement", Detail: m.Detail})
	}
	hit := map[string]bool{}
	for _, pid := range m.Products {
		hit[pid] = true
	}
	for _, s := range v.Scores {
		if concerns(s.Products, hit) {
			c := s.CVSS
			c.Source = firstOf(c.Source, adv.ID)
			f.Scores = append(f.Scores, c)
		}
	}
	seen := map[string]bool{}
	for _, rem := range v.Remediations {
		key := rem.Category + "\x00" + rem.Details + "\x00" + rem.URL
		if concerns(rem.Products, hit) && !seen[key] && strings.TrimSpace(rem.Details+rem.URL) != "" {
			seen[key] = true
			f.Remediations = append(f.Remediations, rem.Remediation)
		}
	}
	r.findings = append(r.findings, f)
	if m.Status.Open() {
		r.ask(m.Doubts, p.ids, f.ID)
	}
}

// concerns reports whether a score or remediation is for one of the products;
// one for no product in particular is for all.
func concerns(products []string, hit map[string]bool) bool {
	if len(products) == 0 {
		return true
	}
	for _, p := range products {
		if hit[p] {
			return true
		}
	}
	return false
}

func aliases(v *wardbook.AdvisoryVulnerability) []string {
	var out []string
	for _, x := range v.IDs {
		if x != v.ID {
			out = append(out, x)
		}
	}
	return out
}

// round keeps two places: a confidence is no measurement.
func round(x float64) float64 { return math.Round(x*100) / 100 }

func firstOf(ss ...string) string {
	for _, s := range ss {
		if s != "" {
			return s
		}
	}
	return ""
}

func date(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}

// questions collects what people have to settle, each question once.
type questions struct {
	byKey map[string]*wardbook.Question
	order []string
	seen  map[string]map[string]bool // question → devices and findings in it
}

// ask adds the devices and the finding to the questions of doubts.
func (r *run) ask(doubts []match.Doubt, devices []string, finding string) {
	for _, d := range doubts {
		r.questions.add(wardbook.Question{Kind: d.Kind, Key: d.Key, Text: d.Text, Choices: d.Choices}, devices, finding)
	}
}

func (q *questions) add(x wardbook.Question, devices []string, finding string) {
	key := string(x.Kind) + "\x00" + x.Key
	have, ok := q.byKey[key]
	if !ok {
		x.ID = id("Q-", string(x.Kind), x.Key)
		have = &x
		q.byKey[key] = have
		q.order = append(q.order, key)
		if q.seen == nil {
			q.seen = map[string]map[string]bool{}
		}
		q.seen[key] = map[string]bool{}
	}
	seen := q.seen[key]
	for _, d := range devices {
		if !seen[d] {
			seen[d] = true
			have.Devices = append(have.Devices, d)
		}
	}
	if finding != "" && !seen["\x00"+finding] {
		seen["\x00"+finding] = true
		have.Findings = append(have.Findings, finding)
	}
}

// take adds a question that a decider made.
func (q *questions) take(x wardbook.Question) {
	devices, findings := x.Devices, x.Findings
	x.Devices, x.Findings = nil, nil
	q.add(x, devices, "")
	for _, f := range findings {
		q.add(x, nil, f)
	}
}

// list returns the questions, the one that settles most first.
func (q *questions) list() []wardbook.Question {
	out := make([]wardbook.Question, 0, len(q.order))
	for _, k := range q.order {
		out = append(out, *q.byKey[k])
	}
	sortQuestions(out)
	return out
}

func plural(n int, one, many string) string {
	if n == 1 {
		return fmt.Sprintf("%d %s", n, one)
	}
	return fmt.Sprintf("%d %s", n, many)
}
