package assess

import (
	"context"
	"fmt"
	"hash/maphash"
	"strings"
	"time"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/catalog"
	"github.com/wardbook/wardbook/internal/match"
)

// matchSupport finds operating systems, products and components that are past
// their support end.
func (r *run) matchSupport(ctx context.Context) error {
	s := r.Memo.support
	for n := range r.products {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		r.supportOf(s, &r.products[n])
	}
	return nil
}

// support remembers the support ends of components, which are in several SBOMs,
// by a digest: the texts would hold the memory of whole documents.
type support struct {
	*match.Support
	seed  [2]maphash.Seed
	known map[[2]uint64]*match.SupportEnd // nil: none that has passed
}

func newSupport(cat *catalog.Catalog) *support {
	return &support{match.NewSupport(cat.SupportEnds), [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}, map[[2]uint64]*match.SupportEnd{}}
}

// past gives the support end of a component if it has passed, else nil.
func (s *support) past(c *wardbook.Component, at time.Time) *match.SupportEnd {
	text := [5]string{c.Purl, c.Group, c.Name, c.Version, c.SupportEnd}
	key := [2]uint64{maphash.Comparable(s.seed[0], text), maphash.Comparable(s.seed[1], text)}
	e, seen := s.known[key]
	if !seen {
		if x, ok := s.Component(*c, at); ok && x.Past {
			e = &x
		}
		s.known[key] = e
	}
	return e
}

// supportOf adds what of a product is past its support end.
func (r *run) supportOf(s *support, p *product) {
	if p.identity.OS != "" {
		if e, ok := s.Text(p.identity.OS, r.At); ok {
			r.addSupportFinding(p, e, nil, wardbook.Step{Step: "operating system", Detail: fmt.Sprintf("the inventory gives the operating system as %q", p.identity.OS)}, nil)
		}
	}
	for _, j := range p.sboms {
		b := &r.SBOMs[j.sbom]
		if b.SupportEnd != "" && b.SupportEnd < date(r.At) {
			e := match.SupportEnd{ID: "sbom", Name: b.Name + " " + b.Version, End: b.SupportEnd, Past: true, Source: b.Path}
			r.addSupportFinding(p, e, nil, wardbook.Step{Step: "sbom", Detail: fmt.Sprintf("%s gives the support end of the product as %s", b.Path, b.SupportEnd)}, &j)
		}
		for i := range b.Components {
			c := &b.Components[i]
			if e := s.past(c, r.At); e != nil {
				r.addSupportFinding(p, *e, c, wardbook.Step{Step: "sbom", Detail: fmt.Sprintf("%s lists %s", b.Path, c.Key())}, &j)
			}
		}
	}
}

// addSupportFinding records a support end that has passed. Where updates are
// still sold, or the row may not hold, a person has to settle it.
func (r *run) addSupportFinding(p *product, e match.SupportEnd, c *wardbook.Component, first wardbook.Step, j *joined) {
	if !e.Past {
		return
	}
	f := wardbook.Finding{
		Kind: wardbook.FindingSupport, Product: p.ID, Devices: p.ids, Vulnerability: "EOS:" + e.Name,
		Title: e.Name + " is past its support end", Status: wardbook.Affected, Confidence: .95, Published: e.End,
		Why: append([]wardbook.Step{first}, e.Why...),
	}
	key := ""
	if c != nil {
		key = strings.Clone(c.Key())
		f.Component = &key
	}
	f.ID = id("F-", p.ID, f.Vulnerability, "", key)
	f.Why = append(f.Why, wardbook.Step{Step: "support end", Detail: fmt.Sprintf("security updates of %s ended on %s (%s)", e.Name, e.End, firstOf(e.Source, "catalogue"))})
	f.Remediations = []wardbook.Remediation{{Category: "none_available", Details: "There are no more security updates for " + e.Name + ". Ask the maker of the device for a release that runs on a supported one."}}
	if j != nil && j.match.Status == wardbook.PossiblyAffected {
		f.Status, f.Confidence = wardbook.PossiblyAffected, round(f.Confidence*j.match.Confidence)
		r.ask(j.doubts, p.ids, f.ID)
	}
	if (e.Unsure != "" || e.PaidRuns) && f.Status == wardbook.Affected {
		key := "support " + e.ID + " | " + fold(p.Manufacturer) + " / " + fold(p.Name)
		switch ans, _ := r.answers.Get(wardbook.AskCondition, key); ans {
		case "yes":
			f.Why = append(f.Why, wardbook.Step{Step: "answer", Detail: "a person said that these devices still get security updates"})
			f.Status, f.Confidence = wardbook.NotAffected, 1
		case "no":
			f.Why = append(f.Why, wardbook.Step{Step: "answer", Detail: "a person said that these devices get no security updates"})
		default:
			why := firstOf(e.Unsure, "updates are sold until "+e.Paid)
			f.Status, f.Confidence = wardbook.PossiblyAffected, .6
			f.Why = append(f.Why, wardbook.Step{Step: "support end", Detail: why})
			r.questions.add(wardbook.Question{Kind: wardbook.AskCondition, Key: key, Choices: []string{"yes", "no"},
				Text: fmt.Sprintf("Do the %s of %s on %s still get security updates? %s.", firstOf(p.Name, "devices"), firstOf(p.Manufacturer, "an unknown maker"), e.Name, sentence(why))}, p.ids, f.ID)
		}
	}
	r.findings = append(r.findings, f)
}

// sentence begins with a capital.
func sentence(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
