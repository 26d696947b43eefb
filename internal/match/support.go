package match

import (
	"strings"
	"time"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/catalog"
)

// Support knows when makers stop mending operating systems and components. It
// is read only after NewSupport.
type Support struct {
	rows   []catalog.SupportEnd
	byName map[string][]*catalog.SupportEnd
	byPurl map[string][]*catalog.SupportEnd
}

// SupportEnd is what is known of the support of one thing at one date.
type SupportEnd struct {
	ID   string // of the catalogue row; "sbom" where the SBOM itself states the end
	Name string // "Windows 7", "OpenSSL 1.0.2"
	// General, End and Paid are RFC 3339 dates, empty where not known: the end
	// of general support, of the security updates that everybody gets, and of
	// those that are sold ("open": no end is published).
	General, End, Paid string
	// Past: End lies before the date asked for.
	Past bool
	// PaidRuns: Past, but updates are still sold: whether they are bought is a
	// question.
	PaidRuns bool
	// Unsure says why this may not hold; empty: it holds.
	Unsure string
	Source string
	Why    []wardbook.Step
}

// NewSupport makes the catalogue's rows ready for look-up.
func NewSupport(rows []catalog.SupportEnd) *Support {
	s := &Support{rows: rows, byName: map[string][]*catalog.SupportEnd{}, byPurl: map[string][]*catalog.SupportEnd{}}
	for i := range rows {
		r := &rows[i]
		for _, n := range r.Names {
			s.byName[n] = append(s.byName[n], r)
		}
		for _, p := range r.Purls {
			s.byPurl[p] = append(s.byPurl[p], r)
		}
	}
	return s
}

var (
	gluedOS = pattern(`\b(windows|win|server|ubuntu|debian|rhel|centos|sles|xp|posready|wes)(\d|xp|vista|nt|ce|embedded)`)
	gluedR2 = pattern(`(20\d\d)r2\b`)
	osWords = map[string]string{
		"win": "windows", "windws": "windows", "svr": "server", "srv": "server", "redhat": "red hat", "xpe": "xp embedded",
		"embeded": "embedded", "embd": "embedded", "emb": "embedded", "prof": "professional", "wince": "windows ce",
		"w7": "windows 7", "w8": "windows 8", "w10": "windows 10", "w11": "windows 11", "wxp": "windows xp", "winxp": "windows xp",
		"microsoft": "", "ms": "", "tm": "", "r": "", "x64": "", "x86": "", "bit": "", "64bit": "", "32bit": "", "edition": "",
		"version": "", "ver": "", "v": "", "lts": "",
	}
)

// osText brings an inventory's words for an operating system into the form that
// the catalogue's texts are written for: lower case, letters, digits and dots,
// one spelling.
func osText(s string) string {
	s = strings.ToLower(s)
	if len(s) > 300 {
		return ""
	}
	fields := strings.FieldsFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '.' || r >= 0x80 && r != '®' && r != '™')
	})
	s = strings.Join(fields, " ")
	for range 2 { // "win7embedded" has two joints
		s = gluedOS().ReplaceAllString(s, "$1 $2")
	}
	s = gluedR2().ReplaceAllString(s, "$1 r2")
	out := make([]string, 0, len(fields))
	for _, w := range strings.Fields(s) {
		if x, ok := osWords[w]; ok {
			w = x
		}
		if w != "" {
			out = append(out, w)
		}
	}
	return strings.Join(out, " ")
}

// Text looks for an operating system (or other product that the catalogue
// knows by text) in an inventory's words. ok is false where nothing is
// recognised, or its release is not told: that is unknown, not supported.
func (s *Support) Text(text string, at time.Time) (e SupportEnd, ok bool) {
	words := osText(text)
	if words == "" {
		return SupportEnd{}, false
	}
	for i := range s.rows {
		if r := &s.rows[i]; r.NamesText(words) {
			e := end(r, at)
			e.Why = append([]wardbook.Step{{Step: "operating system", Detail: text + " is " + r.Name}}, e.Why...)
			return e, true
		}
	}
	return SupportEnd{}, false
}

// Component looks up a component: first the end that the SBOM itself states,
// then the catalogue. Packages of Linux distributions are left to their
// distribution, which mends them for longer than their makers do.
func (s *Support) Component(c wardbook.Component, at time.Time) (e SupportEnd, ok bool) {
	if _, err := time.Parse(time.DateOnly, c.SupportEnd); err == nil {
		e := SupportEnd{ID: "sbom", Name: strings.TrimSpace(c.FullName() + " " + c.Version), End: c.SupportEnd, Source: "SBOM"}
		e.Past = c.SupportEnd < at.Format(time.DateOnly)
		e.Why = []wardbook.Step{{Step: "support", Detail: "the SBOM states the end of support as " + c.SupportEnd}}
		return e, true
	}
	rows, how := s.candidates(c)
	version := c.Version
	if version == "" {
		if p, ok := parsePurl(c.Purl); ok {
			version = p.version
		}
	}
	var best *catalog.SupportEnd
	depth := -1
	for _, r := range rows {
		if d := beginsWith(r.Versions, version); d > depth {
			best, depth = r, d
		}
	}
	if best != nil {
		e := end(best, at)
		if best.Unsure != "" && strings.HasPrefix(best.ID, "java-") && strings.Contains(strings.ToLower(c.Supplier+c.Group+c.Name), "oracle") {
			e.Unsure = "" // the row is Oracle's
		}
		e.Why = append([]wardbook.Step{{Step: "component", Detail: c.Key() + " is " + best.Name + " by its " + how}}, e.Why...)
		return e, true
	}
	if c.Type == "operating-system" || len(rows) == 0 && c.Purl == "" {
		return s.Text(c.Name+" "+c.Version, at)
	}
	return SupportEnd{}, false
}

// candidates gives the rows that c may be, and what it was told by.
func (s *Support) candidates(c wardbook.Component) (rows []*catalog.SupportEnd, how string) {
	if c.Purl != "" {
		p, ok := parsePurl(c.Purl)
		if !ok {
			return nil, ""
		}
		if rows := s.byPurl[strings.Replace(p.key, "//", "/", 1)]; len(rows) > 0 {
			return rows, "purl"
		}
		if !openTypes[p.typ] {
			return nil, ""
		}
	}
	return s.byName[strings.Join(strings.Fields(strings.ToLower(c.Name)), " ")], "name"
}

// beginsWith says how many parts of version one of beginnings has, -1 where
// none begins it. No beginnings begin every version.
func beginsWith(beginnings []string, version string) int {
	if len(beginnings) == 0 {
		return 0
	}
	best := -1
	for _, b := range beginnings {
		v, _ := MakerKey(version)
		k, _ := MakerKey(b)
		if _, rel, _ := v.compare(k); rel == same || rel == longer {
			best = max(best, k.depth)
		}
	}
	return best
}

func end(r *catalog.SupportEnd, at time.Time) SupportEnd {
	today := at.Format(time.DateOnly)
	e := SupportEnd{
		ID: r.ID, Name: r.Name, General: r.General, End: r.End, Paid: r.Paid, Unsure: r.Unsure, Source: r.Source,
		Past: r.End < today,
	}
	e.PaidRuns = e.Past && (r.Paid == "open" || r.Paid >= today && r.Paid != "")
	detail := r.Name + ": security updates for everybody end on " + r.End
	if e.Past {
		detail = r.Name + ": security updates for everybody ended on " + r.End
	}
	switch {
	case r.Paid == "open":
		detail += "; updates are still sold"
	case r.Paid != "":
		detail += "; those that are sold end on " + r.Paid
	}
	e.Why = []wardbook.Step{{Step: "support", Detail: detail + " (" + r.Source + ")"}}
	if r.Unsure != "" {
		e.Why = append(e.Why, wardbook.Step{Step: "support", Detail: "not certain: " + r.Unsure})
	}
	return e
}
