package advisory

import (
	"fmt"
	"strings"

	"github.com/wardbook/wardbook"
)

// csafStatements makes statements of what a CSAF document says. A VEX
// document says all of it; of any other category, affected products are the
// advisory's own and only the other statuses are statements.
func (d *decoder) csafStatements(a *wardbook.Advisory, t *productTree, vex bool) {
	s := subjects{t: t, sets: map[string][]wardbook.StatementSubject{}}
	at := a.Updated
	for i := range a.Vulnerabilities {
		v := &a.Vulnerabilities[i]
		for _, status := range wardbook.Statuses {
			ids := v.Status[status]
			if len(ids) == 0 || status == wardbook.Affected && !vex {
				continue
			}
			for _, g := range groupByReason(v, status, ids) {
				d.doc.Statements = append(d.doc.Statements, wardbook.Statement{
					ID: fmt.Sprintf("%s/%s/%s/%d", a.ID, v.ID, status, len(d.doc.Statements)), Format: "CSAF VEX", Document: a.ID, Author: a.Publisher, Time: at,
					Vulnerability: v.ID, Aliases: aliases(v), Status: status,
					Justification: g.justification, Detail: g.impact, Responses: responses(v, g.ids),
					Products: s.of(g.ids), Place: fmt.Sprintf("/vulnerabilities/%d/product_status", i),
				})
			}
		}
	}
}

func aliases(v *wardbook.AdvisoryVulnerability) []string {
	var out []string
	for _, id := range v.IDs {
		if id != v.ID {
			out = append(out, id)
		}
	}
	return out
}

// reason is a set of products that share why they are in a status.
type reason struct {
	justification wardbook.Justification
	impact        string
	ids           []string
}

// groupByReason keeps the order of first mention, so that ids are stable.
func groupByReason(v *wardbook.AdvisoryVulnerability, status wardbook.Status, ids []string) []*reason {
	if len(v.Justifications) == 0 && len(v.Impacts) == 0 {
		return []*reason{{ids: ids}}
	}
	type key struct {
		j wardbook.Justification
		s string
	}
	var out []*reason
	at := map[key]*reason{}
	for _, id := range ids {
		var k key
		if status == wardbook.NotAffected {
			k.j = v.Justifications[id]
		}
		if k.s = v.Impacts[id]; k.s == "" {
			k.s = v.Impacts[""]
		}
		g := at[k]
		if g == nil {
			g = &reason{justification: k.j, impact: k.s}
			at[k] = g
			out = append(out, g)
		}
		g.ids = append(g.ids, id)
	}
	return out
}

// responses are the categories of the remediations for any of ids.
func responses(v *wardbook.AdvisoryVulnerability, ids []string) []string {
	if len(v.Remediations) == 0 {
		return nil
	}
	in := make(map[string]bool, len(ids))
	for _, id := range ids {
		in[id] = true
	}
	var out []string
	seen := map[string]bool{}
	for _, r := range v.Remediations {
		if seen[r.Category] {
			continue
		}
		hit := len(r.Products) == 0
		for _, id := range r.Products {
			if hit = in[id]; hit {
				break
			}
		}
		if hit {
			seen[r.Category] = true
			out = append(out, r.Category)
		}
	}
	return out
}

// subjects turns product_ids into subjects. Large vendors repeat the same
// list of thousands of products for hundreds of vulnerabilities, so equal
// lists share one slice.
type subjects struct {
	t    *productTree
	sets map[string][]wardbook.StatementSubject
}

func (s *subjects) of(ids []string) []wardbook.StatementSubject {
	key := strings.Join(ids, "\x00")
	if set, ok := s.sets[key]; ok {
		return set
	}
	set := make([]wardbook.StatementSubject, 0, len(ids))
	for _, id := range ids {
		if i, ok := s.t.byID[id]; ok {
			set = append(set, s.subject(i, 0))
		}
	}
	s.sets[key] = set
	return set
}

// subject is the product at i. A component of, or installed on, a host is the
// host with that component: the statement is about both together.
func (s *subjects) subject(i, depth int) wardbook.StatementSubject {
	p := &s.t.products[i]
	host, okHost := s.t.byID[p.Host]
	component, okComponent := s.t.byID[p.Component]
	if p.Relation != "" && okHost && okComponent && host != i && component != i && depth < 8 {
		sub := s.subject(host, depth+1)
		sub.ID = p.ID
		sub.Components = append(sub.Components[:len(sub.Components):len(sub.Components)], s.subject(component, depth+1))
		// What the document says of the pair itself counts for the pair.
		sub.Purls = append(sub.Purls[:len(sub.Purls):len(sub.Purls)], p.Purls...)
		return sub
	}
	sub := wardbook.StatementSubject{ID: p.ID, Purls: p.Purls, Hashes: p.Hashes, Vendor: p.Vendor, Name: p.Product}
	if sub.Name == "" {
		sub.Name = p.Name
	}
	if p.CPE != "" {
		sub.CPEs = []string{p.CPE}
	}
	if p.Versions.Raw != "" {
		sub.Versions = &p.Versions
	}
	return sub
}
