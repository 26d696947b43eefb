package match

import (
	"strings"

	"github.com/knqyf263/go-cpe/common"
	"github.com/knqyf263/go-cpe/matching"
	"github.com/knqyf263/go-cpe/naming"

	"github.com/wardbook/wardbook"
)

// cpeName is a parsed CPE (NIST IR 7695): its attributes, and those that
// decide as plain text, unescaped and in lower case.
type cpeName struct {
	text                  string
	wfn                   common.WellFormedName
	part, vendor, product string
	version               string // "" for ANY and NA
	versionNA, wild       bool
}

const maxCPE = 1000 // bytes

// parseCPE reads a CPE 2.3 formatted string or a 2.2 URI; nil where it is
// neither.
func parseCPE(s string) (n *cpeName) {
	defer func() {
		if recover() != nil { // the library indexes before it checks
			n = nil
		}
	}()
	if len(s) > maxCPE {
		return nil
	}
	var w common.WellFormedName
	var err error
	switch t := strings.TrimSpace(s); {
	case strings.HasPrefix(t, "cpe:2.3:"):
		w, err = naming.UnbindFS(t)
	case strings.HasPrefix(t, "cpe:/"):
		w, err = naming.UnbindURI(t)
	default:
		return nil
	}
	if err != nil {
		return nil
	}
	n = &cpeName{text: strings.TrimSpace(s), wfn: w}
	n.part = attribute(w, common.AttributePart)
	n.vendor = attribute(w, common.AttributeVendor)
	n.product = attribute(w, common.AttributeProduct)
	n.version = attribute(w, common.AttributeVersion)
	v, _ := w.Get(common.AttributeVersion).(common.LogicalValue)
	n.versionNA = v.IsNA()
	for _, a := range []string{common.AttributeVendor, common.AttributeProduct} {
		s, ok := w.Get(a).(string)
		n.wild = n.wild || !ok || common.ContainsWildcards(s)
	}
	return n
}

// attribute is the unescaped text of an attribute; "" for ANY and NA.
func attribute(w common.WellFormedName, a string) string {
	s, _ := w.Get(a).(string)
	return strings.ToLower(strings.ReplaceAll(s, `\`, ""))
}

// cpe is parseCPE, remembered.
func (m *Matcher) cpe(s string) *cpeName {
	if n, ok := m.cpes.get(s); ok {
		return n
	}
	s = strings.Clone(s)
	n := parseCPE(s)
	m.cpes.put(s, n, 1)
	return n
}

// subject is one name under which something of the product may be listed.
type subject struct {
	cpe             *cpeName // nil where only names are known
	vendor, product string
	version         string
	text            string
	weak            bool // the maker is not known: the product's name stands for it
}

// attributes that must fit besides the version and, with it, the update.
var cpeAttributes = []string{
	common.AttributePart, common.AttributeVendor, common.AttributeProduct, common.AttributeUpdate,
	common.AttributeEdition, common.AttributeLanguage, common.AttributeSwEdition,
	common.AttributeTargetSw, common.AttributeTargetHw, common.AttributeOther,
}

// criterionFit is what a criterion says of a name.
type criterionFit struct {
	fit  fit
	same bool   // vendor and product are those of the criterion, whatever the rest says
	why  string // for fitMaybe: what is not known
	ask  wardbook.QuestionKind
}

// criterion compares one criterion with one subject (NIST IR 7696, with the
// version bounds of NVD).
func (m *Matcher) criterion(c *wardbook.CPEMatch, s *subject) criterionFit {
	crit := m.cpe(c.Criteria)
	if crit == nil || !crit.wild && (crit.vendor != s.vendor || crit.product != s.product) {
		return criterionFit{}
	}
	r := criterionFit{fit: fitYes, same: true}
	if s.cpe == nil {
		if crit.wild {
			return criterionFit{}
		}
		r = criterionFit{fit: fitMaybe, same: true, why: "only the names are alike", ask: wardbook.AskComponent}
	} else {
		rels := matching.CompareWFNs(crit.wfn, s.cpe.wfn)
		for _, a := range cpeAttributes {
			switch rels[a] {
			case matching.DISJOINT:
				return criterionFit{same: a != common.AttributeVendor && a != common.AttributeProduct && a != common.AttributePart}
			case matching.SUBSET, matching.UNDEFINED:
				if a == common.AttributeVendor || a == common.AttributeProduct {
					return criterionFit{} // "any product" of the SBOM names nothing
				}
				r.fit, r.why, r.ask = fitMaybe, "the criterion names a "+strings.ReplaceAll(a, "_", " ")+", the component's CPE does not", wardbook.AskCondition
			}
		}
	}
	v := m.criterionVersion(c, crit, s)
	if v.fit < r.fit {
		v.same = true
		return v
	}
	return r
}

// criterionVersion compares the version only.
func (m *Matcher) criterionVersion(c *wardbook.CPEMatch, crit *cpeName, s *subject) criterionFit {
	unknown := criterionFit{fit: fitMaybe, why: "the version is not known", ask: wardbook.AskVersion}
	ranged := c.VersionStartIncluding+c.VersionStartExcluding+c.VersionEndIncluding+c.VersionEndExcluding != ""
	na := s.cpe != nil && s.cpe.versionNA && s.version == ""
	switch {
	case ranged && s.version == "":
		return unknown
	case ranged:
		return m.cpeRange(c, s.version)
	case crit.versionNA:
		if s.version == "" && (na || crit.part == "h") {
			return criterionFit{fit: fitYes}
		}
		if s.version == "" {
			return unknown
		}
		return criterionFit{}
	case crit.version == "":
		return criterionFit{fit: fitYes}
	case s.version == "":
		return unknown
	}
	if s.cpe != nil && s.cpe.version != "" {
		r := matching.CompareWFNs(crit.wfn, s.cpe.wfn)[common.AttributeVersion]
		if r == matching.EQUAL || r == matching.SUPERSET {
			return criterionFit{fit: fitYes}
		}
	}
	if c, ok := m.compare("", s.version, crit.version); ok && c == 0 {
		return criterionFit{fit: fitYes}
	}
	return criterionFit{}
}

func (m *Matcher) cpeRange(c *wardbook.CPEMatch, version string) criterionFit {
	result := criterionFit{fit: fitYes}
	for _, b := range []struct {
		bound string
		out   func(int) bool
	}{
		{c.VersionStartIncluding, func(c int) bool { return c < 0 }},
		{c.VersionStartExcluding, func(c int) bool { return c <= 0 }},
		{c.VersionEndIncluding, func(c int) bool { return c > 0 }},
		{c.VersionEndExcluding, func(c int) bool { return c >= 0 }},
	} {
		if b.bound == "" {
			continue
		}
		o, ok := m.compare("", version, b.bound)
		switch {
		case !ok:
			result = criterionFit{fit: fitMaybe, why: version + " cannot be compared with " + b.bound, ask: wardbook.AskVersion}
		case b.out(o):
			return criterionFit{}
		}
	}
	return result
}

// environment is everything else that is known of a product: its components
// and its platform.
type environment struct {
	subjects [][]subject // by component
	// byName finds them by vendor and product; a criterion with wildcards has to
	// look at all.
	byName   map[string][]placed
	platform []subject
	parts    map[string]bool // parts of the platform that are known: "o", "h"
}

// placed is a subject and the component that it is of; -1: the platform.
type placed struct {
	*subject
	at int
}

// subjects are what a component is by its CPEs.
func (m *Matcher) subjects(c wardbook.Component) []subject {
	var out []subject
	for _, s := range c.CPEs {
		if n := m.cpe(s); n != nil {
			out = append(out, cpeSubject(n, c.Version))
		}
	}
	return out
}

func (m *Matcher) environment(cs []wardbook.Component, opts Options) *environment {
	e := &environment{subjects: make([][]subject, len(cs)), parts: map[string]bool{}}
	for i, c := range cs {
		e.subjects[i] = m.subjects(c)
		for j := range e.subjects[i] {
			if part := e.subjects[i][j].cpe.part; part == "o" || part == "h" {
				e.parts[part] = true
			}
		}
	}
	for _, s := range opts.Platforms {
		if n := m.cpe(s); n != nil {
			e.platform = append(e.platform, cpeSubject(n, ""))
			e.parts[n.part] = true
		}
	}
	e.byName = map[string][]placed{}
	add := func(s *subject, at int) {
		e.byName[s.vendor+":"+s.product] = append(e.byName[s.vendor+":"+s.product], placed{s, at})
		e.byName[""] = append(e.byName[""], placed{s, at})
	}
	for i := range e.subjects {
		for j := range e.subjects[i] {
			add(&e.subjects[i][j], i)
		}
	}
	for i := range e.platform {
		add(&e.platform[i], -1)
	}
	return e
}

// near are the subjects that a criterion may fit.
func (e *environment) near(crit *cpeName) []placed {
	switch {
	case crit == nil:
		return nil
	case crit.wild:
		return e.byName[""]
	}
	return e.byName[crit.vendor+":"+crit.product]
}

func cpeSubject(n *cpeName, version string) subject {
	if n.version != "" {
		version = n.version
	}
	if !known(version) {
		version = ""
	}
	return subject{cpe: n, vendor: n.vendor, product: n.product, version: version, text: n.text}
}

// outcome is what an applicability tree says of one component.
type outcome struct {
	fit   fit // of the whole tree
	self  fit // the best criterion, of those marked vulnerable, that the component fits
	steps []wardbook.Step
	ask   wardbook.QuestionKind
	fixed string
}

const maxTreeDepth = 32

// tree evaluates n for the component at, which is known as self.
func (m *Matcher) tree(n *wardbook.CPENode, at int, self []subject, env *environment, depth int) outcome {
	if depth > maxTreeDepth {
		return outcome{}
	}
	and := strings.EqualFold(n.Operator, "AND")
	var all outcome
	first := true
	join := func(o outcome) {
		switch {
		case first:
			all.fit = o.fit
		case and:
			all.fit = min(all.fit, o.fit)
		default:
			all.fit = max(all.fit, o.fit)
		}
		first = false
		if o.self > all.self {
			all.self, all.fixed = o.self, o.fixed
			if !and {
				all.steps, all.ask = o.steps, o.ask
				return
			}
		}
		if and {
			all.steps = append(all.steps, o.steps...)
			if all.ask == "" {
				all.ask = o.ask
			}
		} else if all.self == fitNo && o.fit == all.fit && len(all.steps) == 0 {
			all.steps, all.ask = o.steps, o.ask
		}
	}
	for i := range n.Matches {
		join(m.leaf(&n.Matches[i], at, self, env))
		if !and && all.self == fitYes {
			break
		}
	}
	for i := range n.Children {
		join(m.tree(&n.Children[i], at, self, env, depth+1))
	}
	if n.Negate {
		all.fit = fitYes - all.fit
	}
	return all
}

// leaf evaluates one criterion: for the component itself where it is marked
// vulnerable, and for what surrounds it.
func (m *Matcher) leaf(c *wardbook.CPEMatch, at int, self []subject, env *environment) (o outcome) {
	sameName := false
	try := func(s *subject, own bool) {
		r := m.criterion(c, s)
		sameName = sameName || r.same
		if r.fit <= o.fit && !(own && r.fit > o.self) {
			return
		}
		o.fit = max(o.fit, r.fit)
		if own && c.Vulnerable {
			o.self, o.fixed = r.fit, c.VersionEndExcluding
		}
		o.steps = []wardbook.Step{{Step: "cpe", Detail: s.text + " fits " + criterionText(c)}}
		o.ask = ""
		if r.fit == fitMaybe {
			o.ask = r.ask
			o.steps = append(o.steps, wardbook.Step{Step: "cpe", Detail: r.why})
		}
	}
	for i := range self {
		try(&self[i], true)
	}
	if o.fit == fitYes {
		return o
	}
	crit := m.cpe(c.Criteria)
	for _, p := range env.near(crit) {
		if p.at != at && o.fit < fitYes {
			try(p.subject, false)
		}
	}
	if o.fit == fitNo && !sameName && !env.parts[cpePart(crit)] {
		o.fit, o.ask = fitMaybe, wardbook.AskCondition
		o.steps = []wardbook.Step{{Step: "platform", Detail: "whether " + criterionText(c) + " is there is not known"}}
	}
	return o
}

func cpePart(n *cpeName) string {
	if n == nil {
		return ""
	}
	return n.part
}

func criterionText(c *wardbook.CPEMatch) string {
	s := c.Criteria
	for _, b := range []struct{ op, v string }{
		{" >= ", c.VersionStartIncluding}, {" > ", c.VersionStartExcluding}, {" <= ", c.VersionEndIncluding}, {" < ", c.VersionEndExcluding},
	} {
		if b.v != "" {
			s += b.op + b.v
		}
	}
	return s
}
