package assess

import (
	"maps"
	"slices"
	"time"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/catalog"
	"github.com/wardbook/wardbook/internal/match"
)

// A Memo remembers from one Run to the next what need not be found out again.
// It is for one run after the other, not for several at once. What a run finds
// with it is what it would find without it, as long as what is decoded is not
// changed: another state of a document is another value.
type Memo struct {
	advisories *match.Kept
	// Of the vulnerability records with a key.
	recordsKey string
	byID       map[string][]*wardbook.Vulnerability
	sboms      map[*wardbook.Component]*sbomMemo // by the first component
	// Of the statements with a key.
	statementsKey string
	statements    *match.Statements
	// Of a catalogue, and of the answers about classes.
	catalog *catalog.Catalog
	classed map[string]string // answers
	groups  match.Groups
	spelled map[match.Identity]string
	classes map[[4]string]string
	support *support
	at      time.Time // of support

	fleet   *fleet // of the newest run
	passing bool   // of one run, which keeps nothing of SBOMs
}

// sbomMemo is what is remembered of one SBOM.
type sbomMemo struct {
	used  bool
	n     int      // components
	cpes  []string // platforms
	found []match.ComponentMatch
}

// NewMemo makes one that remembers nothing yet.
func NewMemo() *Memo {
	return &Memo{advisories: match.NewKept(), sboms: map[*wardbook.Component]*sbomMemo{}}
}

// begin drops what does not hold for the inputs of r.
func (m *Memo) begin(r *run) {
	classed := map[string]string{}
	for _, a := range r.Answers {
		if a.Kind == wardbook.AskClass {
			classed[a.Key] = a.Answer
		}
	}
	const most = 200_000 // spellings that are remembered
	if m.catalog != r.Catalog {
		m.catalog, m.groups, m.spelled, m.support = r.Catalog, match.NewGroups(r.Catalog), map[match.Identity]string{}, nil
		m.classes = nil
	}
	if m.classes == nil || !maps.Equal(m.classed, classed) || len(m.classes) > most {
		m.classed, m.classes = classed, map[[4]string]string{}
	}
	if len(m.spelled) > most {
		m.spelled = map[match.Identity]string{}
	}
	if m.support == nil || !m.at.Equal(r.At) {
		m.support, m.at = newSupport(r.Catalog), r.At
	}
	if m.recordsKey != r.RecordsKey || m.byID == nil || r.RecordsKey == "" {
		m.recordsKey, m.byID = r.RecordsKey, map[string][]*wardbook.Vulnerability{}
		clear(m.sboms)
	}
	for _, s := range m.sboms {
		s.used = false
	}
}

// end drops what this run did not use, and takes over its products.
func (m *Memo) end(r *run) {
	if !m.passing {
		m.fleet = newFleet(r)
		if len(r.Advisories) == 0 { // nobody asked yet
			m.advisories.Update(nil, r.Catalog, r.answers)
			m.advisories.Match(slices.Collect(maps.Keys(m.fleet.byName)))
			for i := range r.SBOMs {
				for j := range r.SBOMs[i].Components {
					m.advisories.Component(&r.SBOMs[i].Components[j])
				}
			}
		}
	}
	maps.DeleteFunc(m.sboms, func(_ *wardbook.Component, s *sbomMemo) bool { return !s.used })
}

// components holds the components of an SBOM against the records.
func (m *Memo) components(by *match.Matcher, s *SBOM) ([]match.ComponentMatch, error) {
	if len(s.Components) == 0 {
		return nil, nil
	}
	have := m.sboms[&s.Components[0]]
	if have != nil && have.n == len(s.Components) && slices.Equal(have.cpes, s.CPEs) {
		have.used = true
		return have.found, nil
	}
	found, err := by.Components(s.Components, match.Options{Platforms: s.CPEs})
	if err == nil && m.recordsKey != "" && !m.passing {
		m.sboms[&s.Components[0]] = &sbomMemo{used: true, n: len(s.Components), cpes: s.CPEs, found: found}
	}
	return found, err
}

// statementsOf makes statements ready for look-up.
func (m *Memo) statementsOf(r *run) *match.Statements {
	if m.statements == nil || r.StatementsKey == "" || m.statementsKey != r.StatementsKey {
		list := r.Statements
		if m.passing {
			list = r.statementsOnFindings()
		}
		m.statementsKey, m.statements = r.StatementsKey, match.NewStatements(list)
	}
	return m.statements
}
