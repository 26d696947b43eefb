package catalog

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/wardbook/wardbook"
)

// A DeviceClass says what devices of a class are for and what the worst
// credible consequence is when something is taken from them.
type DeviceClass struct {
	ID          string                          `yaml:"id"`
	Name        string                          `yaml:"name"`
	Function    string                          `yaml:"function"` // clinical function, a sentence
	Context     wardbook.ClinicalContext        `yaml:"context"`
	LifeSupport bool                            `yaml:"life_support"` // unless the inventory says otherwise
	Redundancy  wardbook.Ternary                `yaml:"redundancy"`   // whether a replacement is usually at hand; informs, and never lowers a risk
	Outside     bool                            `yaml:"outside"`      // patients carry it or use it at home
	Consequence map[wardbook.Impact]Consequence `yaml:"consequences"`
	// Types are phrases of the device type as inventories word it, Models are
	// phrases of model names, Makers are phrases that count only with a maker.
	Types      []string            `yaml:"types"`
	Models     []string            `yaml:"models"`
	Makers     map[string][]string `yaml:"makers"`
	Provenance `yaml:",inline"`
}

// A Consequence is the worst credible consequence of one kind of loss.
type Consequence struct {
	Safety        int      `yaml:"safety"` // severities, 1–5
	Effectiveness int      `yaml:"effectiveness"`
	Security      int      `yaml:"security"`
	Says          string   `yaml:"says"`
	Hazards       []string `yaml:"hazards"` // ids, the likeliest first
}

// Severity returns the severity for k, 0 for what is no key property.
func (c Consequence) Severity(k wardbook.KeyProperty) int {
	switch k {
	case wardbook.Safety:
		return c.Safety
	case wardbook.Effectiveness:
		return c.Effectiveness
	case wardbook.Security:
		return c.Security
	}
	return 0
}

// Class returns the device class with that id, nil where there is none.
func (c *Catalog) Class(id string) *DeviceClass {
	if i, ok := c.risk.class[id]; ok {
		return &c.DeviceClasses[i]
	}
	return nil
}

// Classify says of which class a device is, and by which words it was told.
// Words of the model decide before the device type of the inventory, since
// types such as "PUMP" or "SERVER" are often broader than the model. The class
// is nil when nothing fits, or when two classes fit equally well: both are a
// question for a person, and why says which.
func (c *Catalog) Classify(d wardbook.Device) (class *DeviceClass, why string) {
	ix := &c.risk.index
	maker, model, typ := tokens(d.Manufacturer), tokens(d.Model), tokens(d.Type)
	hints := ix.find(typ, ix.types, nil)
	for _, step := range []struct {
		what string
		hits []hit
	}{
		{"model", ix.find(model, ix.models, maker)},
		{"model number", ix.find(tokens(d.ModelNumber), ix.models, maker)},
		{"device type", hints},
		{"words of the model", ix.find(model, ix.types, nil)},
		{"brand in the device type", ix.find(typ, ix.models, maker)},
	} {
		best := strongest(step.hits)
		if len(best) > 1 {
			best = narrow(best, hints)
		}
		switch len(best) {
		case 0:
		case 1:
			class := &c.DeviceClasses[best[0].class]
			return class, fmt.Sprintf("%s: %q is in the catalogue under %s", step.what, best[0].phrase, class.Name)
		default:
			return nil, fmt.Sprintf("%s: %q fits %s and %q fits %s", step.what, best[0].phrase,
				c.DeviceClasses[best[0].class].Name, best[1].phrase, c.DeviceClasses[best[1].class].Name)
		}
	}
	return nil, "no word of the model or of the device type is in the catalogue"
}

// strongest keeps the hits with the greatest weight, one per class.
func strongest(hits []hit) []hit {
	var best []hit
	for _, h := range hits {
		switch {
		case len(best) == 0 || h.weight > best[0].weight:
			best = append(best[:0], h)
		case h.weight == best[0].weight && !slices.ContainsFunc(best, func(b hit) bool { return b.class == h.class }):
			best = append(best, h)
		}
	}
	return best
}

// narrow lets the device type settle between classes that fit equally well.
func narrow(best, hints []hit) []hit {
	kept := slices.DeleteFunc(slices.Clone(best), func(b hit) bool {
		return !slices.ContainsFunc(hints, func(h hit) bool { return h.class == b.class })
	})
	if len(kept) == 1 {
		return kept
	}
	return best
}

// A phrase is words that tell a class.
type phrase struct {
	words  []string
	maker  string // needed among the maker's words; empty: any maker
	class  int
	text   string
	weight int
}

type hit struct {
	class  int
	phrase string
	weight int
}

// classIndex finds phrases by their first word.
type classIndex struct {
	types, models map[string][]phrase
}

// find returns every phrase of the table that stands in the words, weighing
// more the longer it is and when it needs the maker.
func (ix *classIndex) find(words []string, table map[string][]phrase, maker []string) []hit {
	var hits []hit
	for i, w := range words {
		for _, p := range table[w] {
			if len(p.words) > len(words)-i || !slices.Equal(p.words, words[i:i+len(p.words)]) {
				continue
			}
			if p.maker != "" && !slices.Contains(maker, p.maker) {
				continue
			}
			hits = append(hits, hit{p.class, p.text, p.weight})
		}
	}
	return hits
}

// tokens cuts a name into lower-case words without accents and plural s.
func tokens(s string) []string {
	if s == "" {
		return nil
	}
	words := make([]string, 0, 8)
	var b [64]byte
	n := 0
	flush := func() {
		if n > 0 {
			words = append(words, singular(string(b[:n])))
			n = 0
		}
	}
	for _, r := range s {
		c := fold(r)
		if c == 0 {
			flush()
			continue
		}
		if n < len(b) {
			b[n] = c
			n++
		}
	}
	flush()
	return words
}

// fold maps a letter or digit to its plain lower-case form, anything else to 0.
func fold(r rune) byte {
	switch {
	case 'a' <= r && r <= 'z' || '0' <= r && r <= '9':
		return byte(r)
	case 'A' <= r && r <= 'Z':
		return byte(r) + 'a' - 'A'
	case r < 0xC0:
		return 0
	}
	const plain = "aaaaaaaceeeeiiiidnooooo0ouuuuyps" + "aaaaaaaceeeeiiiidnooooo0ouuuuypy" // U+00C0 to U+00FF
	if r <= 0xFF {
		if c := plain[r-0xC0]; c != '0' {
			return c
		}
	}
	return 0
}

func singular(w string) string {
	if len(w) > 3 && strings.HasSuffix(w, "s") && !strings.HasSuffix(w, "ss") && !strings.HasSuffix(w, "us") && !strings.HasSuffix(w, "is") {
		return w[:len(w)-1]
	}
	return w
}

func (c *Catalog) loadClasses(src source, ps *wardbook.Problems) {
	c.DeviceClasses = read[DeviceClass](src, "device-classes.yaml", ps)
	c.risk.class = map[string]int{}
	c.risk.index = classIndex{types: map[string][]phrase{}, models: map[string][]phrase{}}
	owner := map[string]string{}
	for i := range c.DeviceClasses {
		d := &c.DeviceClasses[i]
		if _, ok := c.risk.class[d.ID]; ok {
			ps.Add(d.Place, "the id %q is there twice", d.ID)
		}
		c.risk.class[d.ID] = i
		c.checkClass(d, ps)
		add := func(table map[string][]phrase, kind, maker string, texts []string) {
			for _, text := range texts {
				words := tokens(text)
				if len(words) == 0 {
					ps.Add(d.Place, "%q has no word", text)
					continue
				}
				key := kind + "/" + maker + "/" + strings.Join(words, " ")
				if other, ok := owner[key]; ok && other != d.ID {
					ps.Add(d.Place, "%q tells %s too", text, other)
				} else if ok {
					continue
				}
				owner[key] = d.ID
				weight := len(words) * 100
				for _, w := range words {
					weight += min(len(w), 9)
				}
				if maker != "" {
					weight += 50
				}
				table[words[0]] = append(table[words[0]], phrase{words, maker, i, text, weight})
			}
		}
		add(c.risk.index.types, "type", "", d.Types)
		add(c.risk.index.models, "model", "", d.Models)
		for maker, texts := range d.Makers {
			if len(tokens(maker)) == 0 {
				ps.Add(d.Place, "the maker %q has no word", maker)
				continue
			}
			add(c.risk.index.models, "model", tokens(maker)[0], texts)
		}
	}
	for _, table := range []map[string][]phrase{c.risk.index.types, c.risk.index.models} {
		for _, list := range table { // makers come from a map: order must not depend on it
			slices.SortFunc(list, func(a, b phrase) int {
				return cmp.Or(cmp.Compare(b.weight, a.weight), cmp.Compare(a.class, b.class), cmp.Compare(a.text, b.text), cmp.Compare(a.maker, b.maker))
			})
		}
	}
}

func (c *Catalog) checkClass(d *DeviceClass, ps *wardbook.Problems) {
	if d.ID == "" || d.Name == "" || d.Function == "" || d.Source == "" {
		ps.Add(d.Place, "id, name, function and source are needed")
	}
	if !slices.Contains(wardbook.ClinicalContexts, d.Context) {
		ps.Add(d.Place, "the context %q is none of direct, delayed, indirect", d.Context)
	}
	if len(d.Types)+len(d.Models) == 0 {
		ps.Add(d.Place, "no word tells this class")
	}
	for im := range d.Consequence {
		if !slices.Contains(wardbook.Impacts, im) {
			ps.Add(d.Place, "%q is no impact", im)
		}
	}
	for _, im := range wardbook.Impacts {
		q, ok := d.Consequence[im]
		if !ok {
			ps.Add(d.Place, "says nothing of a loss of %s", im)
			continue
		}
		for _, k := range wardbook.KeyProperties {
			if s := q.Severity(k); s < 1 || s > wardbook.Steps {
				ps.Add(d.Place, "the severity %d for %s, loss of %s, is not from 1 to %d", s, k, im, wardbook.Steps)
			}
		}
		if q.Says == "" || len(q.Hazards) == 0 {
			ps.Add(d.Place, "a loss of %s needs a consequence in words and hazards", im)
		}
		for _, id := range q.Hazards {
			if c.Hazard(id) == nil {
				ps.Add(d.Place, "there is no hazard %q", id)
			}
		}
	}
}
