package vulndb

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/wardbook/wardbook"
)

// EPSSTable holds the EPSS scores of one day: 16 bytes a CVE, sorted.
type EPSSTable struct {
	rows []epssRow
	// Date is the RFC 3339 date of the scores, "" when the file does not say.
	Date string
	// Model is the model version as printed ("v2023.03.01"), "" when the file
	// does not say.
	Model string
}

// epssRow keeps both numbers in units of 10⁻⁹, so that 0.91963 comes out as
// that and not as the nearest 32-bit float.
type epssRow struct {
	cve                     uint64
	probability, percentile uint32
}

const epssUnit = 1e9

// Len is the number of CVEs that have a score.
func (t *EPSSTable) Len() int {
	if t == nil {
		return 0
	}
	return len(t.rows)
}

// Lookup returns the score of a CVE. A nil table has none. Percentile is 0
// where the file has no percentiles (before September 2021).
func (t *EPSSTable) Lookup(cve string) (wardbook.EPSS, bool) {
	key, ok := cveNumber([]byte(cve))
	if t == nil || !ok {
		return wardbook.EPSS{}, false
	}
	i, ok := slices.BinarySearchFunc(t.rows, key, func(r epssRow, k uint64) int { return cmp.Compare(r.cve, k) })
	if !ok {
		return wardbook.EPSS{}, false
	}
	r := t.rows[i]
	return wardbook.EPSS{
		Probability: float64(r.probability) / epssUnit,
		Percentile:  float64(r.percentile) / epssUnit,
		Date:        t.Date,
	}, true
}

// DecodeEPSS reads FIRST's EPSS scores (CSV with the header cve,epss and, since
// September 2021, percentile; since 2022 with a comment line in front that
// gives model version and date). An input that is no such list is refused with
// a *wardbook.Invalid.
func DecodeEPSS(rd io.Reader, o Options) (*EPSSTable, Info, error) {
	var f faults
	info := Info{Format: "EPSS CSV"}
	t := &EPSSTable{}
	s := newSplitter(o, &f)
	s.opts.MaxRecord = 1 << 20 // a line
	s.br.Reset(&limited{r: rd, left: o.maxBytes()})
	_, err := s.head()
	if err == nil {
		err = t.read(s, &f, &info)
	}
	t.sort(&f, &info)
	info.Newest, _ = time.Parse(time.DateOnly, t.Date)
	info.Problems = f.all()
	var bad *wardbook.Invalid
	if errors.As(err, &bad) {
		info.Refused++
		info.Problems = append(info.Problems, bad.Problems...)
	}
	return t, info, err
}

func (t *EPSSTable) read(s *splitter, f *faults, info *Info) error {
	header := false
	for n := 1; ; n++ {
		s.buf = s.buf[:0]
		err := s.line()
		if err != nil && err != io.EOF {
			return err
		}
		line := bytes.TrimSpace(s.buf)
		switch {
		case len(line) == 0:
		case line[0] == '#':
			t.comment(string(line[1:]), f)
		case !header:
			if !bytes.HasPrefix(line, []byte("cve,epss")) {
				return refusal("no EPSS score list: it does not start with cve,epss")
			}
			header = true
		default:
			t.row(line, n, f, info)
		}
		if err == io.EOF {
			if !header {
				return refusal("no EPSS score list: it does not start with cve,epss")
			}
			return nil
		}
	}
}

func (t *EPSSTable) comment(line string, f *faults) {
	for part := range bytes.SplitSeq([]byte(line), []byte(",")) {
		name, value, _ := bytes.Cut(part, []byte(":"))
		switch string(name) {
		case "model_version":
			if string(value) != "unknown" {
				t.Model = string(value)
			}
		case "score_date":
			if when, ok := parseTime(string(value)); ok {
				t.Date = when.Format(time.DateOnly)
			} else {
				f.add("line 1", "%q is not a date; how old the scores are is unknown", clip(string(value), 40))
			}
		}
	}
}

func (t *EPSSTable) row(line []byte, n int, f *faults, info *Info) {
	id, rest, _ := bytes.Cut(line, []byte(","))
	prob, perc, _ := bytes.Cut(rest, []byte(","))
	cve, ok := cveNumber(bytes.TrimSpace(id))
	p, okp := fraction(prob)
	q, okq := fraction(perc)
	if !ok || !okp || (!okq && len(perc) > 0) {
		info.Refused++
		f.add(fmt.Sprintf("line %d", n), "%q is not a CVE with a probability and a percentile between 0 and 1; left out", clip(string(line), 80))
		return
	}
	t.rows = append(t.rows, epssRow{cve, p, q})
	info.Records++
}

// sort orders the rows; of rows for the same CVE the last one holds.
func (t *EPSSTable) sort(f *faults, info *Info) {
	byCVE := func(a, b epssRow) int { return cmp.Compare(a.cve, b.cve) }
	if !slices.IsSortedFunc(t.rows, byCVE) {
		slices.SortStableFunc(t.rows, byCVE)
	}
	out := t.rows[:0]
	for i, r := range t.rows {
		if i+1 < len(t.rows) && t.rows[i+1].cve == r.cve {
			f.add("", "CVE-%d-%04d has several rows; the last one holds", r.cve>>48, r.cve&(1<<48-1))
			continue
		}
		out = append(out, r)
	}
	t.rows = out
}

// fraction reads a decimal number between 0 and 1 in units of 10⁻⁹, rounded.
// Exponents, which some tools write for tiny numbers, are read too.
func fraction(b []byte) (uint32, bool) {
	b = bytes.TrimSpace(b)
	if len(b) == 0 {
		return 0, false
	}
	if bytes.ContainsAny(b, "eE") {
		return exponent(b)
	}
	whole, frac, _ := bytes.Cut(b, []byte("."))
	if len(whole) > 1 || (len(whole) == 0 && len(frac) == 0) || (len(whole) == 1 && whole[0] != '0' && whole[0] != '1') {
		return 0, false
	}
	var v uint64
	if len(whole) == 1 {
		v = uint64(whole[0] - '0')
	}
	up := uint64(0)
	for i := range max(9, len(frac)) {
		digit := uint64(0)
		if i < len(frac) {
			if frac[i] < '0' || frac[i] > '9' {
				return 0, false
			}
			digit = uint64(frac[i] - '0')
		}
		switch {
		case i < 9:
			v = v*10 + digit
		case i == 9 && digit >= 5:
			up = 1
		}
	}
	v += up
	return uint32(v), v <= epssUnit
}

func exponent(b []byte) (uint32, bool) {
	var v float64
	if _, err := fmt.Sscanf(string(b), "%g", &v); err != nil || !(v >= 0 && v <= 1) {
		return 0, false
	}
	return uint32(v*epssUnit + 0.5), true
}
