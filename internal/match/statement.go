package match

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/wardbook/wardbook"
)

// A Case is what statements may be about: a finding's product, its
// component where it has one, and its vulnerability. What is not known is
// empty.
type Case struct {
	IDs     []string // ids under which others may know the product: IRIs
	Vendors []string // all spellings of its maker
	Names   []string // all spellings of its name
	Version string
	Purls   []string
	CPEs    []string
	Hashes  []wardbook.Hash
	SBOMs   []string // serial numbers ("urn:uuid:…") of its SBOMs
	Ref     string   // bom-ref of the product itself in them

	Component     *wardbook.Component // nil: the product as a whole
	Vulnerability string
	Aliases       []string
	Advisory      string // CSAF tracking id, where the finding has one
}

// Specificity of what a statement is about. A higher one wins over a newer
// statement.
const (
	aboutComponent               = 10 // a component in whatever product
	aboutComponentVersion        = 20
	aboutProduct                 = 30
	aboutProductVersion          = 40
	aboutProductComponent        = 50 // a component in this product
	aboutProductComponentVersion = 60 // the same, and a version of either is named
)

// Statements are statements ready for look-up. They are read only and safe
// for use by several goroutines.
type Statements struct {
	byVulnerability map[string][]*statement
}

type statement struct {
	*wardbook.Statement
	subjects *subjectSet
}

// subjectSet finds the subjects of a statement by what identifies them.
type subjectSet struct {
	by map[string][]*statedSubject
}

// statedSubject is a StatementSubject, taken apart once.
type statedSubject struct {
	statedIdentity
	components []statedIdentity
}

// NewStatements makes statements ready for look-up. Their order does not
// matter.
func NewStatements(list []wardbook.Statement) *Statements {
	s := &Statements{byVulnerability: map[string][]*statement{}}
	sets := map[*wardbook.StatementSubject]map[int]*subjectSet{}
	for i := range list {
		st := &list[i]
		if len(st.Products) == 0 || !st.Status.Valid() {
			continue
		}
		// Large makers give hundreds of statements the same list.
		first := &st.Products[0]
		if sets[first] == nil {
			sets[first] = map[int]*subjectSet{}
		}
		set := sets[first][len(st.Products)]
		if set == nil {
			set = newSubjectSet(st.Products)
			sets[first][len(st.Products)] = set
		}
		x := &statement{st, set}
		for _, id := range unique(append([]string{st.Vulnerability}, st.Aliases...)) {
			id = strings.ToUpper(id)
			s.byVulnerability[id] = append(s.byVulnerability[id], x)
		}
	}
	return s
}

func newSubjectSet(list []wardbook.StatementSubject) *subjectSet {
	set := &subjectSet{by: map[string][]*statedSubject{}}
	for i := range list {
		p := &statedSubject{statedIdentity: identityOf(&list[i])}
		for j := range list[i].Components {
			p.components = append(p.components, identityOf(&list[i].Components[j]))
		}
		for _, k := range p.keys() {
			set.by[k] = append(set.by[k], p)
		}
	}
	return set
}

// For gives what statements say of subject, the most specific first, then the
// newest. The order does not depend on the order in which they came.
func (s *Statements) For(subject Case) []wardbook.Claim {
	if s == nil || len(s.byVulnerability) == 0 {
		return nil
	}
	var claims []wardbook.Claim
	var product, component *actualIdentity
	seen := map[*statement]bool{}
	for _, id := range unique(append([]string{subject.Vulnerability}, subject.Aliases...)) {
		for _, st := range s.byVulnerability[strings.ToUpper(id)] {
			if seen[st] {
				continue
			}
			seen[st] = true
			if product == nil {
				product = subject.productIdentity()
				component = subject.componentIdentity()
			}
			if about := st.subjects.about(product, component); about > 0 {
				claims = append(claims, st.claim(about))
			}
		}
	}
	slices.SortFunc(claims, compareClaims)
	return slices.Compact(claims)
}

// about is the highest specificity with which the set speaks of a product or
// its component; 0 where it does not.
func (set *subjectSet) about(product, component *actualIdentity) (best int) {
	consider := func(p *statedSubject) {
		best = max(best, p.about(product, component))
	}
	for _, k := range product.keys {
		for _, p := range set.by[k] {
			consider(p)
		}
	}
	if component != nil {
		for _, k := range component.keys {
			for _, p := range set.by[k] {
				consider(p)
			}
		}
	}
	return best
}

func (p *statedSubject) about(product, component *actualIdentity) int {
	versioned := p.versioned()
	if len(p.components) > 0 {
		if component == nil || !p.fits(product) {
			return 0
		}
		best := 0
		for i := range p.components {
			c := &p.components[i]
			if !c.fits(component) {
				continue
			}
			if versioned || c.versioned() {
				return aboutProductComponentVersion
			}
			best = aboutProductComponent
		}
		return best
	}
	switch {
	case p.fits(product) && versioned:
		return aboutProductVersion
	case p.fits(product):
		return aboutProduct
	case component == nil || !p.fits(component):
		return 0
	case p.sbom != "": // a bom-ref is a component in one product
		return aboutProductComponentVersion
	case versioned:
		return aboutComponentVersion
	}
	return aboutComponent
}

// perimeter is CycloneDX's justification of a defence that stands outside of
// the product. Whoever owns the network knows that it may go, and OpenVEX asks
// that a defence cannot be taken away: the product is affected, and the
// defence is a mitigation.
const perimeter = "protected_at_perimeter"

func (st *statement) claim(about int) wardbook.Claim {
	c := wardbook.Claim{
		Statement: st.ID, Origin: st.origin(), Status: st.Status, Justification: st.Justification,
		Detail: st.Detail, Specificity: about,
	}
	if !st.Time.IsZero() {
		c.Time = st.Time.UTC().Format(time.RFC3339)
	}
	if c.Status == wardbook.NotAffected && (c.Justification == perimeter || slices.Contains(st.Responses, perimeter)) {
		c.Status, c.Justification = wardbook.Affected, ""
		c.Detail = strings.TrimSpace("Mitigated at the network's perimeter, which is not part of the product. " + c.Detail)
	}
	return c
}

func (st *statement) origin() string {
	var parts []string
	for _, s := range []string{st.Author, st.Format, st.Document} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	if !st.Time.IsZero() {
		parts = append(parts, st.Time.UTC().Format(time.DateOnly))
	}
	return strings.Join(parts, ", ")
}

// SortClaims puts claims of several For in the order that Apply asks for.
func SortClaims(claims []wardbook.Claim) { slices.SortFunc(claims, compareClaims) }

func compareClaims(a, b wardbook.Claim) int {
	return cmp.Or(
		cmp.Compare(b.Specificity, a.Specificity),
		strings.Compare(b.Time, a.Time), // RFC 3339 in UTC sorts as text; no time is the oldest
		strings.Compare(a.Statement, b.Statement),
		strings.Compare(string(a.Status), string(b.Status)),
		strings.Compare(string(a.Justification), string(b.Justification)),
		strings.Compare(a.Origin, b.Origin),
		strings.Compare(a.Detail, b.Detail),
	)
}

// Apply lets claims, sorted as For gives them, decide f's status. The first
// one wins; those that say otherwise become f's conflicts. Where the most
// specific and newest do not agree, f is possibly_affected and the question
// that Apply returns is for a person; its devices are f's.
func Apply(f *wardbook.Finding, claims []wardbook.Claim) *wardbook.Question {
	if len(claims) == 0 {
		return nil
	}
	top := claims[0]
	tied := false
	for _, c := range claims {
		if c.Status == top.Status {
			continue
		}
		f.Conflicts = append(f.Conflicts, c)
		tied = tied || c.Specificity == top.Specificity && c.Time == top.Time
	}
	before := f.Status
	detail := fmt.Sprintf("%s says %s", top.Origin, top.Status)
	if top.Justification != "" {
		detail += " (" + string(top.Justification) + ")"
	}
	if top.Detail != "" {
		detail += ": " + top.Detail
	}
	f.Why = append(f.Why, wardbook.Step{Step: "statement", Detail: detail})
	if tied {
		f.Status, f.Justification, f.Confidence = wardbook.PossiblyAffected, "", 0.5
		f.Conflicts = append([]wardbook.Claim{top}, f.Conflicts...)
		f.Why = append(f.Why, wardbook.Step{Step: "conflict", Detail: "statements that are equally specific and equally new do not agree"})
		return conflictQuestion(f)
	}
	f.Status, f.Justification = top.Status, top.Justification
	f.Confidence = statementConfidence(top)
	if before != "" && before != top.Status {
		f.Why = append(f.Why, wardbook.Step{Step: "statement", Detail: fmt.Sprintf("it changes the status from %s", before)})
	}
	return nil
}

// statementConfidence: the closer a statement is to the finding, the surer.
func statementConfidence(c wardbook.Claim) float64 {
	switch {
	case c.Specificity >= aboutProductComponent:
		return 0.98
	case c.Specificity >= aboutProductVersion:
		return 0.95
	case c.Specificity >= aboutProduct:
		return 0.9
	}
	return 0.8
}

func conflictQuestion(f *wardbook.Finding) *wardbook.Question {
	key := f.Vulnerability + " / " + f.Product
	where := ""
	if f.Component != nil {
		key += " / " + *f.Component
		where = " for " + *f.Component
	}
	var says []string
	var choices []string
	for _, c := range f.Conflicts {
		says = append(says, c.Origin+": "+string(c.Status))
		choices = append(choices, string(c.Status))
	}
	slices.Sort(choices)
	return &wardbook.Question{
		Kind: wardbook.AskConflict, Key: key, Choices: slices.Compact(choices), Devices: f.Devices,
		Text: fmt.Sprintf("Statements about %s%s do not agree (%s). Which holds?", f.Vulnerability, where, strings.Join(says, "; ")),
	}
}
