package inventory

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// A reading is what a header was understood as.
type reading struct {
	field      Field
	rank       int // place among the synonyms of the field; lower is the better source
	confidence float64
	why        string
}

type synonym struct {
	field Field
	rank  int
}

// headerIndex holds the synonyms in the forms in which they are looked up.
type headerIndex struct {
	exact map[string]synonym // as normHeader gives it
	loose map[string]synonym // noise words dropped too
}

var index = sync.OnceValue(func() headerIndex {
	ix := headerIndex{exact: map[string]synonym{}, loose: map[string]synonym{}}
	for _, f := range Fields { // in order, so that the result does not vary
		for i, s := range synonyms[f] {
			n := normHeader(s)
			if _, there := ix.exact[n]; !there {
				ix.exact[n] = synonym{f, i}
			}
		}
	}
	for _, f := range Fields {
		for i, s := range synonyms[f] {
			n := dropNoise(normHeader(s))
			if _, there := ix.loose[n]; !there && n != "" {
				ix.loose[n] = synonym{f, i}
			}
		}
	}
	return ix
})

// strong are single words that name a field even among others.
var strong = words(`manufacturer mfr mfg manuf manufact hersteller fabricant constructeur fabricante fabrikant
	model modell modele modelo serial seriennummer serienummer firmware fw udi gtin mac vlan ward department dept abteilung afdeling
	criticality kritikalitat criticite criticidad`)

// readHeader says which field a header names.
func readHeader(header string) (reading, bool) {
	h := normHeader(header)
	if h == "" {
		return reading{}, false
	}
	ix := index()
	if s, ok := ix.exact[h]; ok {
		return reading{s.field, s.rank, 0.95 - confidenceLoss(s), "its name is known"}, true
	}
	for w := range strings.FieldsSeq(h) {
		if against[w] {
			return reading{}, false
		}
	}
	if s, ok := ix.loose[dropNoise(h)]; ok {
		return reading{s.field, s.rank, 0.85 - confidenceLoss(s), "its name is known but for words that do not matter"}, true
	}
	return containedSynonym(h)
}

// confidenceLoss is for names that may mean another thing.
func confidenceLoss(s synonym) float64 {
	weak := map[string]bool{"key": true, "host": true, "hostname": true, "supplier": true, "vendor": true, "company": true, "product": true,
		"name": true, "class": true, "art": true, "rev": true, "revision": true, "release": true, "floor": true, "room": true,
		"building": true, "reference": true, "ref": true, "di": true, "impact": true, "priority": true, "codigo": true, "se": true, "so": true, "red": true}
	if weak[synonyms[s.field][s.rank]] {
		return 0.3
	}
	return 0
}

// containedSynonym finds the longest synonym of which all words stand in the
// header, one after the other.
func containedSynonym(h string) (reading, bool) {
	tokens := strings.Fields(h)
	if len(tokens) > 8 {
		return reading{}, false
	}
	ix := index()
	for n := min(len(tokens)-1, 5); n >= 1; n-- {
		for i := 0; i+n <= len(tokens); i++ {
			part := strings.Join(tokens[i:i+n], " ")
			s, ok := ix.exact[part]
			if !ok || (n == 1 && !strong[part]) {
				continue
			}
			return reading{s.field, 100 + s.rank, 0.7, "its name holds “" + part + "”"}, true
		}
	}
	return reading{}, false
}

// articles never change what a header names.
var articles = words("the of de des del der die das du d la le les el los het een l por para von")

// numberWords are the ways to write "number".
var numberWords = words("no nr nbr num number nummer numero n° nº № nro")

// normHeader brings a header to the form in which it is looked up: lower case
// without accents, words apart (also those of camelCase and snake_case), one
// way to write "number", single letters joined ("S/N" is "sn").
func normHeader(s string) string {
	if len(s) > 200 {
		return ""
	}
	var out []string
	for w := range strings.FieldsSeq(splitWords(s)) {
		if stem, ok := strings.CutSuffix(w, "nr"); ok && len(stem) > 2 {
			out = append(out, stem, "no") // "Inventarnr."
			continue
		}
		switch {
		case articles[w]:
		case numberWords[w]:
			out = append(out, "no")
		case len(w) == 1 && len(out) > 0 && shortWord(out[len(out)-1]):
			out[len(out)-1] += w
		default:
			out = append(out, w)
		}
	}
	if len(out) > 1 && out[len(out)-1] == "n" { // "Asset N"
		out[len(out)-1] = "no"
	}
	return strings.Join(out, " ")
}

// shortWord says whether w is made of letters joined by normHeader so far.
func shortWord(w string) bool { return len(w) <= 2 && w != "no" && w != "ip" && w != "id" }

// splitWords lowers s, drops accents and puts spaces where words meet.
func splitWords(s string) string {
	var b strings.Builder
	var last rune
	runes := []rune(norm.NFD.String(strings.ReplaceAll(s, "IPv", "ipv")))
	for i, r := range runes {
		switch {
		case unicode.Is(unicode.Mn, r):
			continue
		case r == 'ß':
			b.WriteString("ss")
		case r == '#' || r == '№' || r == 'º' || r == '°':
			if (r == 'º' || r == '°') && (last == 'n' || last == 'N') {
				b.WriteString("o ")
			} else if r == '#' || r == '№' {
				b.WriteString(" no ")
			}
		case unicode.IsUpper(r):
			next := rune(0)
			if i+1 < len(runes) {
				next = runes[i+1]
			}
			if unicode.IsLower(last) || (unicode.IsUpper(last) && unicode.IsLower(next)) {
				b.WriteByte(' ')
			}
			b.WriteRune(unicode.ToLower(r))
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			b.WriteRune(r)
		default:
			b.WriteByte(' ')
		}
		last = r
	}
	return b.String()
}

func dropNoise(h string) string {
	var out []string
	for w := range strings.FieldsSeq(h) {
		if !noise[w] {
			out = append(out, w)
		}
	}
	return strings.Join(out, " ")
}

// scannerWords are headers of vulnerability scanners' reports. Such a report
// has a row per finding, not per device.
var scannerWords = words("cve cves cvss qid plugin pluginid nvt vulnerability vuln stride threat weakness exploit exploitability countermeasure")

// scannerHeader says whether a header speaks of vulnerabilities.
func scannerHeader(h string) bool {
	for w := range strings.FieldsSeq(splitWords(h)) {
		if scannerWords[w] {
			return true
		}
	}
	return false
}

// A headerRow is a row taken for the header.
type headerRow struct {
	at       int // index in the sample; -1: there is none
	known    int // how many different fields its cells name
	scanners int // how many cells speak of vulnerabilities
}

const headerDepth = 40 // rows in which a header is looked for

// findHeader chooses the row that names most fields; a report has a title, a
// date and empty rows above it. Without a name that is known, the first row of
// full width is a header when it has no digits and the rows below have.
func findHeader(rows [][]string) headerRow {
	best := headerRow{at: -1}
	for i, row := range rows[:min(len(rows), headerDepth)] {
		seen := map[Field]bool{}
		scanners, filled := 0, 0
		for _, cell := range row {
			if strings.TrimSpace(cell) == "" {
				continue
			}
			filled++
			if utf8.RuneCountInString(cell) > 80 {
				continue
			}
			if r, ok := readHeader(cell); ok {
				seen[r.field] = true
			}
			if scannerHeader(cell) {
				scanners++
			}
		}
		enough := len(seen) >= 2 || scanners >= 2 || (len(seen) == 1 && filled <= 2 && i == 0)
		if enough && len(seen)+scanners > best.known+best.scanners && (len(seen)+scanners)*5 >= filled {
			best = headerRow{i, len(seen), scanners}
		}
	}
	if best.at < 0 {
		best.at = unknownHeader(rows)
	}
	return best
}

// unknownHeader finds a row of words above rows with digits.
func unknownHeader(rows [][]string) int {
	width := 0
	for _, r := range rows {
		width = max(width, filledCells(r))
	}
	for i, r := range rows {
		if filledCells(r) < max(2, width-width/4) {
			continue
		}
		if strings.ContainsAny(strings.Join(r, ""), "0123456789") || i+1 >= len(rows) {
			return -1
		}
		digits := 0
		for _, below := range rows[i+1:] {
			if strings.ContainsAny(strings.Join(below, ""), "0123456789") {
				digits++
			}
		}
		if digits*2 > len(rows)-i-1 {
			return i
		}
		return -1
	}
	return -1
}

func filledCells(row []string) int {
	n := 0
	for _, c := range row {
		if strings.TrimSpace(c) != "" {
			n++
		}
	}
	return n
}
