package match

import (
	"regexp"
	"sort"
	"strings"
	"sync"

	"github.com/wardbook/wardbook/catalog"
)

// Groups tells which identities are one product under different spellings.
type Groups struct{ l *ledger }

// NewGroups reads the catalogue's names for grouping.
func NewGroups(cat *catalog.Catalog) Groups { return Groups{newLedger(cat.Names)} }

// pattern is a regular expression that is compiled when somebody asks: most runs
// need few of them, and all together take longer than a small feed's look-ups.
func pattern(expr string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expr) })
}

var versionPrefix = regexp.MustCompile(`(?i)^(?:(?:software|firmware|version|revision|release|ver|rev|rel|sw|fw|v)[.:\s]*)+`)

// Key is equal for identities that differ only in how they are written: the
// maker's spelling, words that tell nothing ("PT MON"), the order of words, the
// maker repeated in the model, "v" before the version. Everything that could
// tell two products apart stays in it.
func (g Groups) Key(id Identity) string {
	version := versionPrefix.ReplaceAllString(strings.TrimSpace(id.Version), "")
	return strings.Join([]string{g.l.canon(g.l.deviceName(id)), joined(id.ModelNumber), fold(version), id.UDIDI, normal(id.OS)}, "\x00")
}

// canon writes maker and model in one way, whatever way an inventory has.
func (l *ledger) canon(d *deviceName) string {
	maker := ""
	for _, r := range d.makers {
		switch {
		case r.maker >= 0:
			maker = l.makers[l.root[r.maker]].ID // "Datex-Ohmeda" and "GE" sell one B450
		case maker == "":
			maker, _, _ = strings.Cut(r.words, " ")
		}
	}
	var own, all []string
	for i, w := range d.words[:min(d.modelWords, len(d.words))] {
		all = append(all, w)
		if d.kinds[i] != generic || l.sort[w] {
			own = append(own, w)
		}
	}
	if len(own) == 0 {
		own = all
	}
	sort.Strings(own)
	return maker + " / " + strings.Join(own, " ")
}
