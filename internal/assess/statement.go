package assess

import (
	"context"
	"slices"
	"strings"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/match"
)

// applyStatements lets VEX statements settle findings: the most specific and
// newest wins, those that disagree stay visible, and a tie is a question. What
// an advisory's own product status says is already in its finding.
func (r *run) applyStatements(ctx context.Context) error {
	if len(r.Statements)+len(r.Decisions) == 0 {
		return nil
	}
	all := r.Memo.statementsOf(r)
	own := newDecisions(r.Decisions)
	byID := make(map[string]*product, len(r.products))
	for n := range r.products {
		byID[r.products[n].ID] = &r.products[n]
	}
	for i, n := 0, len(r.findings); i < n; i++ {
		f := &r.findings[i]
		if f.Kind == wardbook.FindingSupport && own == nil {
			continue
		}
		if i%2000 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		p := byID[f.Product]
		about := r.caseOf(f, p)
		var claims []wardbook.Claim
		if f.Kind != wardbook.FindingSupport {
			claims = all.For(about)
		}
		if f.Advisory != "" {
			claims = slices.DeleteFunc(claims, func(c wardbook.Claim) bool { return strings.HasPrefix(c.Statement, f.Advisory+"/") })
		}
		if decided := own.about(about); len(decided) > 0 {
			parted := r.decide(f, p, claims, decided)
			r.findings = append(r.findings, parted...) // behind those that the loop goes through
			continue
		}
		if len(claims) > 0 {
			r.settle(f, claims)
		}
	}
	return nil
}

// caseOf gathers everything under which others may know the subject of f.
func (r *run) caseOf(f *wardbook.Finding, p *product) match.Case {
	c := match.Case{
		Vendors: []string{p.Manufacturer}, Names: []string{p.Name}, Version: p.Version,
		Vulnerability: f.Vulnerability, Aliases: f.Aliases, Advisory: f.Advisory,
	}
	for _, j := range p.sboms {
		b := &r.SBOMs[j.sbom]
		if f.Component != nil && c.Component == nil {
			if n, ok := b.byKey()[*f.Component]; ok {
				c.Component = &b.Components[n]
			}
		}
		if j.match.Status == wardbook.PossiblyAffected {
			// The devices may be of another release than the SBOM: what is said
			// of that release is not said of them.
			continue
		}
		if b.Purl != "" {
			c.Purls = append(c.Purls, b.Purl)
		}
		c.CPEs = append(c.CPEs, b.CPEs...)
		c.Hashes = append(c.Hashes, b.Hashes...)
		if b.Serial != "" {
			c.SBOMs = append(c.SBOMs, b.Serial)
			c.IDs = append(c.IDs, b.Serial)
		}
		if b.Name != "" {
			c.Names = append(c.Names, b.Name)
			c.Vendors = append(c.Vendors, b.Manufacturer)
		}
		c.Ref = firstOf(c.Ref, b.Ref)
	}
	return c
}

// settle lets the claims decide f; where they tie, a person does.
func (r *run) settle(f *wardbook.Finding, claims []wardbook.Claim) {
	q := match.Apply(f, claims)
	if q == nil {
		return
	}
	if ans, ok := r.answers.Get(q.Kind, q.Key); ok && wardbook.Status(ans).Valid() {
		f.Why = append(f.Why, wardbook.Step{Step: "answer", Detail: "a person settled the conflict: " + ans})
		f.Status, f.Confidence = wardbook.Status(ans), 1
		return
	}
	r.questions.add(*q, f.Devices, f.ID)
}

// byKey finds a component by its key.
func (s *SBOM) byKey() map[string]int {
	if s.keys == nil {
		s.keys = make(map[string]int, len(s.Components))
		for i := range s.Components {
			if k := s.Components[i].Key(); !has(s.keys, k) {
				s.keys[k] = i
			}
		}
	}
	return s.keys
}

func has(m map[string]int, k string) bool {
	_, ok := m[k]
	return ok
}

// statementsOnFindings are those about vulnerabilities that a finding has: large
// makers give statements on thousands that nobody here has to do with.
func (r *run) statementsOnFindings() []wardbook.Statement {
	found := map[string]bool{}
	for i := range r.findings {
		f := &r.findings[i]
		found[strings.ToUpper(f.Vulnerability)] = true
		for _, a := range f.Aliases {
			found[strings.ToUpper(a)] = true
		}
	}
	var out []wardbook.Statement
	for i := range r.Statements {
		s := &r.Statements[i]
		about := found[strings.ToUpper(s.Vulnerability)]
		for _, a := range s.Aliases {
			about = about || found[strings.ToUpper(a)]
		}
		if about {
			out = append(out, *s)
		}
	}
	return out
}
