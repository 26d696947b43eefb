package match

import (
	"fmt"
	"math"
	"sort"
	"strings"

	"github.com/wardbook/wardbook"
)

// statuses decides the versions of the products of one advisory that fit.
func (a *Advisories) statuses(id Identity, adv *wardbook.Advisory, fits []named) []AdvisoryMatch {
	for i := range fits {
		a.version(id, adv, &fits[i])
	}
	return a.conclude(adv, fits)
}

// conclude applies the product_status of one advisory to products whose version
// is decided.
func (a *Advisories) conclude(adv *wardbook.Advisory, fits []named) []AdvisoryMatch {
	byID := map[string]*named{}
	for i := range fits {
		byID[fits[i].product.ID] = &fits[i]
	}
	var out []AdvisoryMatch
	for i := range adv.Vulnerabilities {
		v := &adv.Vulnerabilities[i]
		if m, ok := a.decide(adv, v, byID); ok {
			out = append(out, m)
		}
	}
	return out
}

// claim is one product's word on a vulnerability.
type claim struct {
	*named
	status wardbook.Status
	weight int // of what counts first: inside before undecided before outside
}

// decide joins what the products that fit say of one vulnerability: a version
// inside an affected range is affected; where nothing is inside but something
// is undecided, it is possibly affected; where all are outside, it is not.
func (a *Advisories) decide(adv *wardbook.Advisory, v *wardbook.AdvisoryVulnerability, byID map[string]*named) (AdvisoryMatch, bool) {
	var claims []claim
	for _, status := range wardbook.Statuses {
		for _, pid := range v.Status[status] {
			f, ok := byID[pid]
			if !ok {
				continue
			}
			claims = append(claims, claim{f, status, claimWeight(f, status)})
		}
	}
	if len(claims) == 0 {
		return AdvisoryMatch{}, false
	}
	sort.SliceStable(claims, func(i, j int) bool {
		if claims[i].weight != claims[j].weight {
			return claims[i].weight > claims[j].weight
		}
		return claims[i].confidence > claims[j].confidence
	})
	top := claims[0]
	m := AdvisoryMatch{Advisory: adv, Vulnerability: v, Confidence: top.confidence, Why: append([]wardbook.Step(nil), top.why...), Doubts: top.doubts}
	certain := top.fit == closeFit && len(top.identityDoubts()) == 0
	switch top.verdict {
	case Inside:
		m.Status = top.status
		m.Doubts = top.identityDoubts()
	case Outside:
		m.Status = wardbook.NotAffected
		if top.status != wardbook.Affected && top.status != wardbook.UnderInvestigation {
			return AdvisoryMatch{}, false // outside of what is declared fixed or not affected: nothing is said
		}
		m.Doubts = top.identityDoubts()
		certain = certain || top.fit >= extra
	default:
		m.Status = wardbook.PossiblyAffected
		if top.status == wardbook.NotAffected || top.status == wardbook.Fixed {
			m.Status = wardbook.UnderInvestigation
		}
		m.Confidence *= .5
		certain = false
	}
	if m.Status == wardbook.Affected && !certain {
		m.Status = wardbook.PossiblyAffected
	}
	if m.Status == wardbook.Affected && top.version != "" {
		a.againstRemedy(adv, v, &top, &m)
	}
	if m.Status == wardbook.NotAffected && top.verdict == Outside && top.fit == vague {
		return AdvisoryMatch{}, false // a vague name and a version outside: nothing to say
	}
	for _, c := range claims {
		if c.weight == top.weight {
			m.Products = append(m.Products, c.product.ID)
		}
	}
	if j, ok := v.Justifications[top.product.ID]; ok && m.Status == wardbook.NotAffected {
		m.Justification = j
	}
	m.Detail = v.Impacts[top.product.ID]
	m.Confidence = math.Round(m.Confidence*100) / 100
	m.Why = append(m.Why, wardbook.Step{Step: "version", Detail: top.versionWhy},
		wardbook.Step{Step: "status", Detail: fmt.Sprintf("%s lists %s as %s for %s", adv.ID, top.product.ID, strings.ReplaceAll(string(top.status), "_", " "), v.ID)})
	return m, true
}

// identityDoubts are the doubts about what the device is, without those about
// its version.
func (f *named) identityDoubts() []Doubt {
	var out []Doubt
	for _, d := range f.doubts {
		if d.Kind == wardbook.AskMaker || d.Kind == wardbook.AskProduct {
			out = append(out, d)
		}
	}
	return out
}

func claimWeight(f *named, s wardbook.Status) int {
	w := 0
	switch f.verdict {
	case Inside:
		w = 20
		if s == wardbook.NotAffected || s == wardbook.Fixed {
			w = 30 // the maker's word on this very version
		}
	case Undecided:
		w = 10
	}
	if s == wardbook.Affected {
		w++
	}
	return w + int(f.fit)*100
}
