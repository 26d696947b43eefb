package match

import (
	"fmt"
	"strings"
)

// nameFit is how a device's name fits the name of a product, the worst first.
type nameFit int

const (
	noFit nameFit = iota
	vague         // the device's name says less: it may be another of the line
	extra         // the device's name says more: it may be a thing of its own
	closeFit
)

// A comparison is the outcome of holding a device's name against a product's.
type comparison struct {
	fit        nameFit
	confidence float64
	hints      bool   // a word that identifies stands in the description only
	hits       int    // identifying words that fit
	longest    int    // letters of the longest word of its own that fits
	matched    int    // all words that fit
	used       mask   // words of the device that the product's name asks for
	rule       string // which rule decided
	reason     string
}

// weakly reports whether the names fit by one word or by the description only.
func (c *comparison) weakly() bool {
	return c.fit == noFit || c.rule == "a word of its own" || c.rule == "description"
}

// compare holds d against p. Both are of related makers, or the caller
// discounts the result.
//
// The rules: a designator that fits decides, where it can stand alone or a word
// of the name fits with it. Without designators every word of the product's
// name must be there. Where each side has a word that the other lacks, they are
// two products. Where only the device lacks one, its name is too vague to tell;
// where only the product lacks one, the device may be a special one.
func (p *productName) compare(d *deviceName) comparison {
	c := comparison{confidence: 1}
	var got, missing [4]int
	var missed, hit []string
	designatorHit, partHit, cutHit := "", "", ""
	slip, short, unique, hintHits := false, false, false, 0
	joined := p.joinedGroups(d)
	for i := range p.groups {
		g := &p.groups[i]
		alt, m, ok := d.ask(g)
		if j, is := joined[i]; is && !ok {
			alt, m, ok = g.alts[0], j, true
		}
		if !ok {
			if a, cm, cut := d.askCut(g); cut {
				cutHit, alt, m, ok = a, a, cm, true
			}
		}
		if !ok && partHit == "" {
			if a, pm, part := d.askPart(g); part {
				partHit, alt, m, ok = a, a, pm, true
			}
		}
		if !ok {
			if alt, m, ok = d.askNear(g); !ok {
				alt, m, ok = d.askShort(g)
				short = short || ok
			}
			slip = slip || ok
		}
		if ok {
			c.used |= m
			got[g.kind]++
			hit = append(hit, alt)
			if g.kind != generic && m != 0 && m&^d.hints == 0 {
				hintHits++
			}
			if g.kind == brandWord && len(alt) > c.longest {
				c.longest = len(alt)
			}
			unique = unique || p.unique[alt] && len(alt) >= 6
			if g.kind == designator && len(alt) > len(designatorHit) {
				designatorHit = alt
			}
			continue
		}
		if !g.optional && g.kind != generic {
			missing[g.kind]++
			missed = append(missed, strings.Join(g.alts, "/"))
		}
	}
	for _, m := range joined {
		c.used |= m
	}
	if p.acronym != "" {
		if m, ok := d.forms[p.acronym]; ok {
			c.used |= m
			got[brandWord]++
			missing[brandWord], missing[qualifier] = 0, 0
			missed = nil
			hit = append(hit, p.acronym)
		}
	}
	c.matched = got[generic] + got[brandWord] + got[qualifier] + got[designator]
	c.hits = got[brandWord] + got[qualifier] + got[designator]
	rest, left := d.left(c.used)
	for _, w := range rest {
		if p.excluded[w] {
			return comparison{rule: "excluded by name", reason: fmt.Sprintf("the product's name excludes %q", w)}
		}
	}
	if slip {
		c.confidence *= .93
	}
	switch {
	case cutHit != "":
		p.byCut(&c, d, cutHit, got, left)
	case partHit != "" && partHit == designatorHit:
		c.set(vague, .5, "designator in part", fmt.Sprintf("%q differs by a letter at its end", partHit))
	case designatorHit != "":
		p.byDesignator(&c, d, designatorHit, got, missing, left)
	case p.hasDesignator():
		p.withoutDesignator(&c, d, got, missing, left, rest)
	default:
		p.byWords(&c, d, got, missing, left, rest)
	}
	if c.hints = hintHits > 0; c.hints {
		p.byHints(&c, unique, designatorHit, left)
	}
	if short && c.fit == closeFit {
		c.fit = extra // "prisma" may be short for "prismaflex", or another product
		c.confidence *= .7
		c.rule += ", a word may be short for another"
	}
	if c.fit == noFit && unique && !p.hasDesignator() && !d.otherSort(p, c.used) {
		c.confidence = 1
		c.set(vague, .4, "a word of its own", "a word that no other product has fits")
	}
	switch {
	case c.fit == noFit && !d.explain: // nobody asks why
	case c.fit == noFit:
		c.reason = fmt.Sprintf("%s; not found: %s; left over: %s", c.reason, orNone(missed), orNone(rest))
	default:
		c.reason = fmt.Sprintf("%s; found: %s; not found: %s; left over: %s", c.reason, orNone(hit), orNone(missed), orNone(rest))
	}
	return c
}

func orNone(s []string) string {
	if len(s) == 0 {
		return "nothing"
	}
	return strings.Join(s, ", ")
}

func (p *productName) hasDesignator() bool {
	for i := range p.groups {
		if p.groups[i].kind == designator && !p.groups[i].optional {
			return true
		}
	}
	return false
}

func (c *comparison) set(f nameFit, confidence float64, rule, reason string) {
	c.fit, c.rule, c.reason = f, rule, reason
	c.confidence *= confidence
}

// byCut decides where the device's name ends in the beginning of a word of the
// product: what comes behind it was cut off.
func (p *productName) byCut(c *comparison, d *deviceName, word string, got, left [4]int) {
	whole := got[brandWord]+got[qualifier]+got[designator]+got[generic] >= 2
	switch {
	case left[brandWord]+left[qualifier]+left[designator] > 0 || d.otherSort(p, c.used):
		c.set(noFit, 0, "other name", "the words differ")
	case !whole && len(d.cut) < 6:
		c.set(noFit, 0, "other name", "too little is left of the name")
	default:
		c.set(vague, .55, "cut", fmt.Sprintf("the name ends in %q, the beginning of %q: it seems to be cut", d.cut, word))
	}
}

// byHints decides where words of the product stand in the description (or in
// the text of the version) and not in the model: that is worth a question.
func (p *productName) byHints(c *comparison, unique bool, designatorHit string, left [4]int) {
	switch {
	case c.fit == closeFit:
		c.fit = extra
		c.confidence *= .8
		c.rule += ", by the description"
	case c.fit == noFit && (unique && !p.hasDesignator() || strongDesignator(designatorHit)) && left[designator] == 0:
		c.confidence = 1
		c.set(vague, .4, "description", "the description names it")
	}
}

// byDesignator decides where a designator of the product is in the device's
// name.
func (p *productName) byDesignator(c *comparison, d *deviceName, hit string, got, missing, left [4]int) {
	wordsHit := got[brandWord] + got[qualifier]
	whole := left[brandWord]+left[qualifier]+left[designator] == 0
	switch {
	case wordsHit == 0 && !strongDesignator(hit) && missing[brandWord]+missing[qualifier] == 0 && left[brandWord] > 0:
		c.set(vague, .35, "short designator", fmt.Sprintf("only %q fits, which is short; the product has no word of its own", hit))
	case wordsHit == 0 && !strongDesignator(hit) && (left[brandWord] > 0 || d.otherSort(p, c.used)):
		c.set(noFit, 0, "other name", fmt.Sprintf("only %q fits, the words differ", hit))
	case missing[designator] > 0 && left[designator] > 0:
		c.set(noFit, 0, "other designator", fmt.Sprintf("%q fits, but another designator differs", hit))
	case missing[designator] > 0 && wordsHit > 0 && strongDesignator(hit) && !d.hasNumber(c.used):
		c.set(closeFit, .92, "designator and words", fmt.Sprintf("%q and words of the name fit, other designators are those of others of the line", hit))
	case missing[designator] > 0:
		c.set(vague, .5, "designator missing", fmt.Sprintf("%q fits, another designator is missing", hit))
	case wordsHit > 0 && left[brandWord] > 0 && missing[brandWord] > 0:
		c.set(vague, .6, "designator with other words", fmt.Sprintf("%q fits, other words differ", hit))
	case wordsHit > 0 && missing[brandWord]+missing[qualifier] == 0:
		c.set(closeFit, .98, "designator and words", fmt.Sprintf("%q and the words of the name fit", hit))
	case wordsHit > 0 && strongDesignator(hit):
		c.set(closeFit, .95, "designator and words", fmt.Sprintf("%q and words of the name fit", hit))
	case wordsHit > 0 && missing[qualifier] > 0 && missing[brandWord] == 0:
		c.set(vague, .6, "variant missing", fmt.Sprintf("%q and words of the name fit, a variant is not stated", hit))
	case wordsHit > 0:
		c.set(closeFit, .9, "designator and words", fmt.Sprintf("%q and words of the name fit", hit))
	case left[brandWord] > 0 && missing[brandWord] > 0:
		c.set(vague, .5, "designator with other words", fmt.Sprintf("%q fits, the words differ", hit))
	case strongDesignator(hit) && missing[qualifier] > 0 && missing[brandWord] == 0:
		c.set(vague, .6, "variant missing", fmt.Sprintf("%q fits, a variant is not stated", hit))
	case strongDesignator(hit):
		c.set(closeFit, .92, "designator", fmt.Sprintf("%q is specific enough by itself", hit))
	case missing[brandWord]+missing[qualifier] == 0:
		c.set(closeFit, .9, "designator", fmt.Sprintf("the name is %q alone", hit))
	case whole && len(hit) >= 4:
		c.set(closeFit, .85, "designator", fmt.Sprintf("the whole name is %q", hit))
	default:
		c.set(vague, .4, "short designator", fmt.Sprintf("only %q fits, which is short", hit))
	}
}

// withoutDesignator decides where the product has a designator that the
// device's name lacks.
func (p *productName) withoutDesignator(c *comparison, d *deviceName, got, missing, left [4]int, rest []string) {
	switch {
	case got[brandWord] == 0 && got[qualifier] == 0:
		c.set(noFit, 0, "other name", "nothing that identifies fits")
	case left[designator]+left[brandWord]+left[qualifier] > 0 && !onlyNumbers(rest, 5) || d.hasNumber(c.used) || d.otherSort(p, c.used):
		c.set(noFit, 0, "other designator", "the designator differs")
	case missing[brandWord] > 0 && got[brandWord] == 0:
		c.set(noFit, 0, "other name", "the words differ")
	default:
		c.set(vague, .45, "line without designator", "the words fit, the designator is not stated")
	}
}

// byWords decides where the product's name has no designator.
func (p *productName) byWords(c *comparison, d *deviceName, got, missing, left [4]int, rest []string) {
	need := missing[brandWord] + missing[qualifier]
	others := left[brandWord] + left[qualifier] + left[designator]
	switch {
	case !p.identifying():
		p.byGenericWords(c, d, got, others)
	case got[brandWord]+got[qualifier] == 0:
		c.set(noFit, 0, "other name", "nothing that identifies fits")
	case need > 0 && (others > 0 && !onlyNumbers(rest, 5) || d.otherSort(p, c.used)):
		c.set(noFit, 0, "two products of one line", "each name has a word that the other lacks")
	case need > 0 && got[brandWord] == 0:
		c.set(noFit, 0, "other name", "the words differ")
	case need > 0:
		c.set(vague, .5, "line", "the device's name says less")
	case d.otherSort(p, c.used) && p.missesSort(d):
		c.set(noFit, 0, "another sort", "the name is that of another sort of product of the line")
	case d.otherSort(p, c.used):
		c.set(extra, .5, "special", "all words of the name fit, the device is of a special sort")
	case others == 0 && p.missesSort(d):
		c.set(closeFit, .88, "words", "all words of the name fit, its sort is not stated")
	case others == 0:
		c.set(closeFit, .97, "words", "all words of the name fit")
	case onlyNumbers(rest, 4):
		c.set(closeFit, .93, "words", "all words of the name fit, the rest are numbers")
	case p.family && left[brandWord]+left[qualifier] == 0:
		c.set(closeFit, .9, "line", "the advisory names the whole line")
	case p.missesSort(d):
		c.set(noFit, 0, "another sort", "the name is that of another sort of product of the line")
	default:
		c.set(extra, .6, "special", "all words of the name fit, the device's name says more")
	}
}

// byGenericWords decides for a name such as "Patient Portal": all of its words
// must be there and nothing else.
func (p *productName) byGenericWords(c *comparison, d *deviceName, got [4]int, others int) {
	switch want := len(p.groups); {
	case got[generic] < want && p.sharesSort(d) && !d.otherSort(p, 0):
		c.set(vague, .3, "common words", "words of its sort fit, which are common")
	case want == 0 || got[generic] < want:
		c.set(noFit, 0, "other name", "not all of the words are there")
	case others > 0:
		c.set(vague, .3, "common words", "the words are common, the device's name says more")
	case want == 1:
		c.set(vague, .4, "common words", "the only word of the name is common")
	default:
		c.set(closeFit, .85, "common words", "all words of the name fit")
	}
}

// onlyNumbers reports whether what is left over are numbers of n digits or
// more: catalogue numbers, which do not name another product.
func onlyNumbers(rest []string, n int) bool {
	for _, w := range rest {
		p, d, s := splitDesignator(w)
		if len(d) < n || len(p) > 4 || len(s) > 4 {
			return false
		}
	}
	return true
}

// joinedGroups finds two neighbours of the name that the device writes
// together ("rapidrx" for "Rapid Rx").
func (p *productName) joinedGroups(d *deviceName) map[int]mask {
	var out map[int]mask
	for _, j := range p.joins {
		if m, ok := d.forms[j.form]; ok {
			if out == nil {
				out = map[int]mask{}
			}
			out[j.first], out[j.first+1] = m, m
		}
	}
	return out
}

// missesSort reports whether the product's name tells a sort that the device's
// name does not.
func (p *productName) missesSort(d *deviceName) bool {
	for s := range p.sorts {
		if _, ok := d.forms[s]; !ok {
			return true
		}
	}
	return false
}

// sharesSort reports whether d tells the sort of product that p's name has.
func (p *productName) sharesSort(d *deviceName) bool {
	for s := range p.sorts {
		if _, ok := d.forms[s]; ok {
			return true
		}
	}
	return false
}
