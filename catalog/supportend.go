package catalog

import (
	"regexp"
	"sync"
	"time"

	"github.com/wardbook/wardbook"
)

// A SupportEnd says when the maker of an operating system or component stops
// mending one line of it. Dates are RFC 3339 dates; empty: not published.
type SupportEnd struct {
	ID   string `yaml:"id"`
	Name string `yaml:"name"`
	Kind string `yaml:"kind"` // "os" or "component"
	// Text recognises an operating system in an inventory's words; see
	// support-ends.yaml.
	Text     string   `yaml:"text"`
	Names    []string `yaml:"names"`    // of components, lower case
	Purls    []string `yaml:"purls"`    // "type/namespace/name" of components, lower case
	Versions []string `yaml:"versions"` // beginnings of the versions meant; none: all
	General  string   `yaml:"general"`  // end of general or mainstream support
	End      string   `yaml:"end"`      // end of the security updates that everybody gets
	Paid     string   `yaml:"paid"`     // end of those that are sold; "open": sold, no end is published
	// Unsure says why the row may not hold for what it fits; empty: it holds.
	Unsure     string `yaml:"unsure"`
	Provenance `yaml:",inline"`

	text *pattern
}

// A pattern is a regular expression that is compiled when somebody asks.
type pattern struct {
	once sync.Once
	re   *regexp.Regexp
	err  error
}

func (p *pattern) compile(text string) error {
	p.once.Do(func() { p.re, p.err = regexp.Compile(text) })
	return p.err
}

// NamesText reports whether the row's Text is in words.
func (s *SupportEnd) NamesText(words string) bool {
	return s.text != nil && s.text.compile(s.Text) == nil && s.text.re.MatchString(words)
}

func loadSupportEnds(src source, ps *wardbook.Problems) []SupportEnd {
	rows := read[SupportEnd](src, "support-ends.yaml", ps)
	ids := map[string]bool{}
	for i := range rows {
		r := &rows[i]
		if r.ID == "" || r.Name == "" || r.Source == "" {
			ps.Add(r.Place, "a support end needs id, name and source")
		}
		if ids[r.ID] {
			ps.Add(r.Place, "the id %q is there twice", r.ID)
		}
		ids[r.ID] = true
		switch r.Kind {
		case "os":
			if r.Text == "" {
				ps.Add(r.Place, "%s: an operating system needs a text", r.ID)
			}
		case "component":
			if len(r.Names) == 0 {
				ps.Add(r.Place, "%s: a component needs names", r.ID)
			}
		default:
			ps.Add(r.Place, "%s: kind %q is neither os nor component", r.ID, r.Kind)
		}
		if r.Text != "" {
			r.text = &pattern{}
			// What was compiled went through this before, and most runs ask
			// few of the texts or none.
			if src.rows == nil {
				if err := r.text.compile(r.Text); err != nil {
					ps.Add(r.Place, "%s: %v", r.ID, err)
				}
			}
		}
		r.checkDates(ps)
	}
	return rows
}

func (s *SupportEnd) checkDates(ps *wardbook.Problems) {
	last := ""
	for _, d := range []string{s.General, s.End, s.Paid} {
		if d == "" || d == "open" && d == s.Paid {
			continue
		}
		if _, err := time.Parse(time.DateOnly, d); err != nil {
			ps.Add(s.Place, "%s: %q is not a date", s.ID, d)
		}
		if d < last {
			ps.Add(s.Place, "%s: %s comes before %s", s.ID, d, last)
		}
		last = d
	}
	if s.End == "" {
		ps.Add(s.Place, "%s has no end", s.ID)
	}
}
