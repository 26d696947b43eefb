package match

import (
	"fmt"
	"strings"

	"github.com/wardbook/wardbook"
)

// A Doubt is what keeps a match from being certain: a question for a person.
type Doubt struct {
	Kind    wardbook.QuestionKind
	Key     string
	Text    string
	Choices []string
}

// An AdvisoryMatch says how one vulnerability of an advisory applies to a
// device's identity.
type AdvisoryMatch struct {
	Advisory      *wardbook.Advisory
	Vulnerability *wardbook.AdvisoryVulnerability
	Products      []string // product_ids that match
	Status        wardbook.Status
	Justification wardbook.Justification
	Detail        string // impact statement, where the document gives one
	Confidence    float64
	Why           []wardbook.Step
	Doubts        []Doubt
}

// named is a product of an advisory whose name fits the device.
type named struct {
	*indexed
	device *deviceName
	comparison
	why        []wardbook.Step
	doubts     []Doubt
	version    string // that was held against the range; empty: unknown
	verdict    Verdict
	versionWhy string
}

// Match returns what the advisories say of id: one match per advisory and
// vulnerability whose product's name fits, whatever the status.
func (a *Advisories) Match(id Identity) []AdvisoryMatch {
	return a.match(id, a.ledger.deviceName(id))
}

// match is Match of an identity whose name was read before, and was held against
// nothing yet.
func (a *Advisories) match(id Identity, d *deviceName) []AdvisoryMatch {
	var out []AdvisoryMatch
	cands := a.candidates(d, nil)
	for i := 0; i < len(cands); {
		j := i
		for j < len(cands) && a.products[cands[j]].advisory == a.products[cands[i]].advisory {
			j++
		}
		fits := a.fitting(id, d, cands[i:j])
		if len(fits) > 0 {
			out = append(out, a.statuses(id, a.list[fits[0].advisory], fits)...)
		}
		i = j
	}
	return out
}

// fitting returns the products of one advisory whose names fit d, the best
// only: a product whose name explains more of the device's words puts aside
// those that explain fewer.
func (a *Advisories) fitting(id Identity, d *deviceName, cands []int32) []named {
	var fits []named
	best := noFit
	for _, n := range cands {
		x := &a.products[n]
		f, ok := a.identify(id, d, x)
		if !ok {
			continue
		}
		fits = append(fits, f)
		best = max(best, f.fit)
	}
	fits = a.preferSpelled(d, fits)
	for i := range fits {
		// "VxWorks under current support (6.9.4.11)": the name states the version.
		if f := &fits[i]; f.fit < best && id.Version != "" && hasDigit(id.Version) && strings.Contains(f.name.text, id.Version) {
			f.fit, best = closeFit, closeFit
			f.step("name", "the product's name states the version %q", id.Version)
			if len(f.identityDoubts()) == 0 {
				f.doubts = append(f.doubts, Doubt{wardbook.AskProduct, a.productQuestion(d, f.indexed), fmt.Sprintf("Is %q of %s the product %q that %s names?", deviceLabel(id), orUnknown(id.Manufacturer), f.name.text, a.list[f.advisory].ID), []string{"yes", "no"}})
			}
		}
	}
	var most mask
	for _, f := range fits {
		if f.fit == best && popcount(f.used) > popcount(most) {
			most = f.used
		}
	}
	keep := fits[:0]
	for _, f := range fits {
		if f.fit < best && (best == closeFit || f.used&^most == 0) {
			continue
		}
		if f.fit == best && len(f.identityDoubts()) == 0 && f.used != most && f.used&^most == 0 && best != vague {
			continue // explains fewer of the same words
		}
		keep = append(keep, f)
	}
	return keep
}

// excludes returns the phrase by which the document takes d out of the product.
func (x *indexed) excludes(d *deviceName) string {
	for _, ws := range x.excluded {
		all := true
		for _, w := range ws {
			_, ok := d.forms[w]
			all = all && ok
		}
		if all {
			return strings.Join(ws, " ")
		}
	}
	return ""
}

// preferSpelled puts aside products whose name holds another maker than the
// device states, where another product's name holds the device's.
func (a *Advisories) preferSpelled(d *deviceName, fits []named) []named {
	same := func(f named) bool {
		for _, m := range f.name.makers {
			for _, dm := range d.makers {
				if m.maker == dm.maker {
					return true
				}
			}
		}
		return false
	}
	for _, f := range fits {
		if f.fit == closeFit && same(f) {
			keep := fits[:0]
			for _, g := range fits {
				if len(g.name.makers) == 0 || same(g) {
					keep = append(keep, g)
				}
			}
			return keep
		}
	}
	return fits
}

// identify decides whether d is the product x.
func (a *Advisories) identify(id Identity, d *deviceName, x *indexed) (named, bool) {
	h := a.hear(d, x)
	how, conf, vendor, c := h.how, h.related.confidence, x.product.Vendor, h.comparison
	if c.fit == noFit && len(x.numbers)+len(x.mentions) == 0 && a.answers.none() || x.excludes(d) != "" {
		return named{}, false
	}
	byNumber := byModelNumber(d, x, c.fit != noFit && c.hits > 0)
	switch {
	case byNumber == "" || how == "":
		if m := x.mentioned(d); m != "" && how != "" && c.fit == noFit {
			c.fit, c.rule, c.confidence = extra, "mention", .4
			c.reason = fmt.Sprintf("the versions %q mention %q", x.product.Versions.Raw, m)
		}
	case c.weakly() && !isModelNumber(x.product, byNumber):
		c.fit, c.rule, c.confidence = extra, "model among versions", .5
		c.reason = fmt.Sprintf("the versions %q name the model %q, the product's name does not fit", x.product.Versions.Raw, byNumber)
	default:
		c.fit, c.rule, c.reason = closeFit, "model number", fmt.Sprintf("the document names the model number %q", byNumber)
		c.confidence = .98
	}
	if c.fit == noFit && a.answers.none() {
		return named{}, false
	}
	productQ := a.productQuestion(d, x)
	answer, answered := a.answers.Get(wardbook.AskProduct, productQ)
	if answered && answer == "no" || c.fit == noFit && !(answered && answer == "yes") {
		return named{}, false
	}
	f := named{indexed: x, device: d, comparison: c}
	switch {
	case answered && answer == "yes":
		f.fit, f.confidence = closeFit, 1
		f.step("answer", "a person said that %q is %q", deviceLabel(id), x.name.text)
		return f, true
	case vendor == "" && c.fit == closeFit:
		f.confidence *= .85
		f.step("maker", "the document names no maker")
	case how != "":
		f.confidence *= conf
		f.step("maker", "%s: %s", quoteMaker(id, d), how)
	default:
		if !a.otherMaker(id, &f) {
			return named{}, false
		}
	}
	f.step("name", "%q is held against %q (%s): %s", deviceLabel(id), x.name.text, c.rule, c.reason)
	if f.fit != closeFit || x.name.fromText {
		if x.name.fromText {
			if f.hits < 2 {
				f.fit = min(f.fit, extra)
			}
			f.confidence = min(f.confidence, .75)
			f.step("name", "the document names its product %q, so the words come from its title %q", x.product.Product, x.name.text)
		}
		if f.fit == closeFit {
			return f, true
		}
		f.doubts = append(f.doubts, Doubt{wardbook.AskProduct, productQ, fmt.Sprintf("Is %q of %s the product %q that %s names?", deviceLabel(id), orUnknown(id.Manufacturer), x.name.text, a.list[x.advisory].ID), []string{"yes", "no"}})
	}
	return f, true
}

// otherMaker goes on with f although the makers are not known to be related: by
// a person's answer, or with a question. It returns false where f is not the
// product.
func (a *Advisories) otherMaker(id Identity, f *named) bool {
	d, x, vendor := f.device, f.indexed, f.product.Vendor
	key := a.makerQuestion(id, x)
	question := Doubt{wardbook.AskMaker, key, fmt.Sprintf("Is %q (maker of %q in the inventory) the maker %q?", orUnknown(id.Manufacturer), deviceLabel(id), vendor), []string{"yes", "no"}}
	ans, ok := a.answers.Get(wardbook.AskMaker, key)
	switch {
	case ok && ans == "no":
		return false
	case ok && ans == "yes":
		f.step("answer", "a person said that %q and %q are one maker", id.Manufacturer, vendor)
	case a.isCode(d, x) && f.fit != noFit:
		f.confidence *= .85
		f.step("maker", "%s looks like a code for %q", quoteMaker(id, d), vendor)
		f.doubts = append(f.doubts, question)
	case !provesItself(d, x.name, f.comparison):
		return false // a known other maker, or a name that proves too little
	default:
		f.confidence *= .6
		f.step("maker", "%s is not known to be %q, but the name of the model is that maker's", quoteMaker(id, d), vendor)
		f.doubts = append(f.doubts, question)
	}
	return true
}

func (f *named) step(step, format string, args ...any) {
	f.why = append(f.why, wardbook.Step{Step: step, Detail: fmt.Sprintf(format, args...)})
}

// isCode reports whether the device's maker looks like a code for x's.
func (a *Advisories) isCode(d *deviceName, x *indexed) bool {
	for _, dm := range d.makers {
		for _, v := range x.vendor {
			if _, ok := a.ledger.code(dm, v); ok {
				return true
			}
		}
	}
	return false
}

// provesItself reports whether a name fits so well that a maker that is not
// known, or not stated, is a question and not the end. A known other maker is
// the end.
func provesItself(d *deviceName, p *productName, c comparison) bool {
	if !p.identifying() || c.hints || c.rule == "common words" {
		return false
	}
	long := c.longest >= 8
	if len(d.makers) == 0 {
		return c.fit == closeFit && c.rule != "designator" || c.fit >= vague && c.hits > 0 && c.longest >= 6
	}
	if d.ofOtherMaker() || c.fit != closeFit || c.confidence < .9 || c.rule == "designator" {
		return false
	}
	return c.hits >= 2 || long || c.hits == 1 && c.matched >= 3
}

// makerRelation says how the device's maker and the product's vendor are one.
func (a *Advisories) makerRelation(d *deviceName, x *indexed) (how string, confidence float64, vendor string) {
	vendor = x.product.Vendor
	r, ok := d.vendors[vendor]
	if !ok {
		if d.vendors == nil {
			d.vendors = map[string]related{}
		}
		r.how, r.confidence = a.vendorRelation(d, x.vendor)
		d.vendors[vendor] = r
	}
	if r.how != "" {
		return r.how, r.confidence, vendor
	}
	// The product's name may hold the device's maker ("CME BodyGuard").
	folded := x.name.folded
	for _, dm := range d.makers {
		if dm.maker >= 0 && len(dm.words) >= 3 && containsWord(folded, dm.words) && !a.ledger.generic[dm.words] {
			return fmt.Sprintf("the product's name %q holds the maker's name", x.name.text), .93, vendor
		}
		if first, _, _ := strings.Cut(dm.words, " "); dm.maker < 0 && len(first) >= 5 && strings.Contains(folded, first) && !a.ledger.generic[first] && strings.Contains(folded, " "+first) && !strings.Contains(folded, " "+first+" ") {
			return fmt.Sprintf("a word of the product's name %q begins with the maker's name", x.name.text), .85, vendor
		}
	}
	return "", 0, vendor
}

// containsWord reports whether words stand in text, which has a space around
// each word.
func containsWord(text, words string) bool {
	return strings.Contains(text, words) && strings.Contains(text, " "+words+" ")
}

// vendorRelation says how the device's maker and a vendor are one, whatever the
// product.
func (a *Advisories) vendorRelation(d *deviceName, vendor []makerRef) (how string, confidence float64) {
	for _, dm := range d.makers {
		for _, v := range vendor {
			if h, c := a.ledger.relation(dm, v); c > confidence {
				how, confidence = h, c
				if a.ledger.name(dm) != a.ledger.name(v) {
					how = fmt.Sprintf("%s (%s and %s)", h, a.ledger.name(dm), a.ledger.name(v))
				}
			}
		}
	}
	if how != "" {
		switch d.makerBy {
		case "number":
			how, confidence = "told by the catalogue number; "+how, confidence*.95
		case "brand":
			how, confidence = "told by the brand in the model; "+how, confidence*.92
		}
		return how, confidence
	}
	if b := d.former; b != nil {
		for _, v := range vendor {
			if h, _ := a.ledger.relation(makerRef{maker: b.maker}, v); h != "" {
				for _, dm := range d.makers {
					if h, _ := a.ledger.relation(makerRef{maker: b.former}, dm); h != "" {
						return fmt.Sprintf("the brand %q went from %s to %s", strings.Join(b.words, " "), a.ledger.makers[b.former].Name, a.ledger.makers[b.maker].Name), .93
					}
				}
			}
		}
	}
	return "", 0
}

// byModelNumber returns the model number of the document that the device has.
// Short ones count where words of the name fit too.
func byModelNumber(d *deviceName, x *indexed, wordsFit bool) string {
	for _, m := range x.numbers {
		if _, ok := d.forms[m]; ok && hasDigit(m) && (len(m) >= 4 || len(m) >= 3 && wordsFit) {
			return m
		}
	}
	return ""
}

// isModelNumber reports whether the document gives number as a model number of the
// product, not only among its versions.
func isModelNumber(p *wardbook.AdvisoryProduct, number string) bool {
	for _, list := range [][]string{p.ModelNumbers, p.SKUs} {
		for _, m := range list {
			if joined(m) == number {
				return true
			}
		}
	}
	return false
}

// mentioned returns a designator of d that stands in the text of the product's
// versions, where a word of the product's name fits too.
func (x *indexed) mentioned(d *deviceName) string {
	if len(x.mentions) == 0 {
		return ""
	}
	word := false
	for i := range x.name.groups {
		if g := &x.name.groups[i]; g.kind == brandWord {
			_, _, ok := d.ask(g)
			word = word || ok
		}
	}
	for _, m := range x.mentions {
		if _, ok := d.forms[m]; ok && (word || isLetters(m)) {
			return m
		}
	}
	return ""
}

func popcount(m mask) int {
	n := 0
	for ; m != 0; m &= m - 1 {
		n++
	}
	return n
}

func deviceLabel(id Identity) string {
	s := strings.TrimSpace(id.Model)
	if id.ModelNumber != "" && !strings.Contains(s, id.ModelNumber) {
		s = strings.TrimSpace(s + " " + id.ModelNumber)
	}
	return s
}

func quoteVersion(v string) string {
	if v == "" {
		return "unknown"
	}
	return fmt.Sprintf("%q", v)
}

func orUnknown(s string) string {
	if s == "" {
		return "an unknown maker"
	}
	return s
}

func quoteMaker(id Identity, d *deviceName) string {
	if id.Manufacturer == "" {
		return fmt.Sprintf("the inventory names no maker for %q", deviceLabel(id))
	}
	return fmt.Sprintf("the maker %q", id.Manufacturer)
}
