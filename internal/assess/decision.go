package assess

import (
	"slices"
	"strings"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/match"
	"github.com/wardbook/wardbook/internal/score"
)

// A Decision is one of the organization's own, with what its record says.
type Decision struct {
	wardbook.Decision
	ID     string // of the record
	Name   string // for people: its short number
	Author string // for people: who decided
}

// decisions are own decisions ready for look-up: as statements, found by
// vulnerability and, where they name none, by advisory.
type decisions struct {
	statements *match.Statements
	byID       map[string]*Decision
}

// newDecisions makes decisions ready for look-up; nil of none.
func newDecisions(list []Decision) *decisions {
	if len(list) == 0 {
		return nil
	}
	out := &decisions{byID: make(map[string]*Decision, len(list))}
	var statements []wardbook.Statement
	for i := range list {
		d := &list[i]
		out.byID[d.ID] = d
		about := d.Vulnerabilities
		if len(about) == 0 {
			about = []string{d.Advisory}
		}
		detail := d.Reason
		if d.Configuration != "" {
			detail += " Configuration: " + d.Configuration
		}
		for _, v := range about {
			statements = append(statements, wardbook.Statement{
				ID: d.ID, Format: "own decision", Document: d.Name, Author: d.Author, Time: d.At, Vulnerability: v,
				Status: d.Status, Justification: d.Justification, Detail: detail, Products: d.Subjects,
			})
		}
	}
	out.statements = match.NewStatements(statements)
	return out
}

// about gives what was decided about a case, each decision once.
func (d *decisions) about(c match.Case) []wardbook.Claim {
	if d == nil {
		return nil
	}
	claims := d.statements.For(c)
	if c.Advisory != "" {
		whole := c
		whole.Vulnerability, whole.Aliases = c.Advisory, nil
		claims = append(claims, d.statements.For(whole)...)
	}
	seen := map[string]bool{}
	return slices.DeleteFunc(claims, func(x wardbook.Claim) bool {
		own := d.byID[x.Statement]
		twice := seen[x.Statement]
		seen[x.Statement] = true
		return twice || own.Advisory != "" && !strings.EqualFold(own.Advisory, c.Advisory)
	})
}

// decide lets decisions and the claims of others settle f. Where a decision
// holds for some of the devices only, f keeps the others, and the finding of
// each part is returned.
func (r *run) decide(f *wardbook.Finding, p *product, claims, decided []wardbook.Claim) []wardbook.Finding {
	parts := r.parts(f, p, decided)
	rest := *f
	rest.Why, rest.Conflicts = slices.Clip(f.Why), slices.Clip(f.Conflicts)
	var out []wardbook.Finding
	for i := range parts {
		part := &parts[i]
		to := f
		if i > 0 {
			out = append(out, rest)
			to = &out[len(out)-1]
			to.ID = id("F-", append([]string{f.ID, "decided"}, part.ids()...)...)
		}
		if len(parts) > 1 {
			to.Devices = part.devices
		}
		said := append(slices.Clone(claims), part.claims...)
		match.SortClaims(said)
		if len(said) > 0 {
			r.settle(to, said)
		}
	}
	return out
}

// A part is the devices of a finding that the same decisions hold for.
type part struct {
	claims  []wardbook.Claim
	devices []string
}

func (p *part) ids() []string {
	out := make([]string, len(p.claims))
	for i, c := range p.claims {
		out[i] = c.Statement
	}
	return out
}

// parts divides the devices of f by the decisions that hold for them. The part
// that no decision is about, or that has most devices, comes first: it keeps
// f's id.
func (r *run) parts(f *wardbook.Finding, p *product, decided []wardbook.Claim) []part {
	var scopes []*Decision
	scoped := false
	for _, c := range decided {
		i := slices.IndexFunc(r.Decisions, func(d Decision) bool { return d.ID == c.Statement })
		d := &r.Decisions[i]
		scopes = append(scopes, d)
		scoped = scoped || len(d.Zones)+len(d.Sites)+len(d.Wards) > 0
	}
	if !scoped {
		return []part{{claims: decided, devices: f.Devices}}
	}
	of := make(map[string]bool, len(f.Devices))
	for _, d := range f.Devices {
		of[d] = true
	}
	var out []part
	byScope := map[string]int{}
	for _, n := range p.devices {
		d := &r.Devices[n]
		if !of[d.ID] {
			continue
		}
		key := make([]byte, len(scopes))
		var claims []wardbook.Claim
		for i, s := range scopes {
			if covers(s, d) {
				key[i] = 1
				claims = append(claims, decided[i])
			}
		}
		at, ok := byScope[string(key)]
		if !ok {
			at = len(out)
			byScope[string(key)] = at
			out = append(out, part{claims: claims})
		}
		out[at].devices = append(out[at].devices, d.ID)
	}
	if len(out) == 0 { // a product without devices: what is decided for some is decided for none
		return []part{{}}
	}
	slices.SortStableFunc(out, func(a, b part) int {
		if x, y := len(a.claims) == 0, len(b.claims) == 0; x != y {
			if x {
				return -1
			}
			return 1
		}
		return len(b.devices) - len(a.devices)
	})
	return out
}

// covers reports whether a decision holds for a device, by where it is.
func covers(s *Decision, d *wardbook.Device) bool {
	in := func(list []string, what string) bool {
		return len(list) == 0 || slices.ContainsFunc(list, func(x string) bool { return fold(x) == fold(what) })
	}
	return in(s.Zones, d.Zone) && in(s.Sites, d.Site) && in(s.Wards, score.Ward(d))
}
