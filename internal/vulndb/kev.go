package vulndb

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/wardbook/wardbook"
)

// DecodeKEV reads CISA's catalogue of known exploited vulnerabilities, JSON or
// CSV, told apart by content, into a map by CVE id. Info.Newest is when the
// catalogue was released (JSON), else the newest entry's date. An input that
// is no such catalogue is refused with a *wardbook.Invalid.
func DecodeKEV(rd io.Reader, o Options) (map[string]wardbook.KEV, Info, error) {
	var f faults
	k := kevDecoder{byCVE: map[string]wardbook.KEV{}, f: &f}
	o.MaxBytes = min(o.maxBytes(), o.maxRecord())
	s := newSplitter(o, &f)
	s.br.Reset(&limited{r: rd, left: o.maxBytes()})
	head, err := s.head()
	switch {
	case err != nil:
	case len(head) > 0 && head[0] == '{':
		err = k.json(s)
	case strings.HasPrefix(string(head[:min(len(head), 6)]), "cveID,"):
		k.info.Format = "KEV CSV"
		err = k.csv(s.br)
	case len(head) == 0:
		err = refusal("empty; a KEV catalogue is JSON or CSV")
	default:
		err = refusal("no KEV catalogue: neither its JSON nor its CSV")
	}
	k.info.Problems = f.all()
	var bad *wardbook.Invalid
	if errors.As(err, &bad) {
		k.info.Refused++
		k.info.Problems = append(k.info.Problems, bad.Problems...)
	}
	return k.byCVE, k.info, err
}

type kevDecoder struct {
	byCVE map[string]wardbook.KEV
	f     *faults
	info  Info
}

// add keeps an entry found at place.
func (k *kevDecoder) add(e wardbook.KEV, ransomware, place string) {
	if !isCVE(e.CVE) {
		k.info.Refused++
		k.f.add(place, "%q is not a CVE id; entry left out", clip(e.CVE, 40))
		return
	}
	for _, d := range []*string{&e.DateAdded, &e.DueDate} {
		if _, err := time.Parse(time.DateOnly, *d); *d != "" && err != nil {
			k.f.add(place, "%q is not a date; left out", clip(*d, 40))
			*d = ""
		}
	}
	if strings.EqualFold(strings.TrimSpace(ransomware), "known") {
		e.Ransomware = wardbook.Yes
	}
	if _, twice := k.byCVE[e.CVE]; twice {
		k.f.add(place, "%s is listed twice; the later entry holds", e.CVE)
	}
	k.byCVE[e.CVE] = e
	k.info.Records++
	if t, err := time.Parse(time.DateOnly, e.DateAdded); err == nil && t.After(k.info.Newest) {
		k.info.Newest = t
	}
}

func (k *kevDecoder) json(s *splitter) error {
	if err := s.rest(); err != nil {
		return err
	}
	r := newReader(k.f)
	r.begin(s.buf, "")
	var released time.Time
	catalogue := false
	k.info.Format = "KEV JSON"
	err := r.object(func(key []byte) error {
		switch string(key) {
		case "catalogVersion":
			catalogue = true
			return r.dec.SkipValue()
		case "dateReleased":
			return r.time(&released)
		case "vulnerabilities":
			return k.entries(r)
		}
		return r.dec.SkipValue()
	})
	if err != nil {
		return s.broken(err)
	}
	if !catalogue && k.info.Records == 0 {
		return refusal("no KEV catalogue: it has neither catalogVersion nor entries")
	}
	if !released.IsZero() {
		k.info.Newest = released
	}
	return nil
}

func (k *kevDecoder) entries(r *reader) error {
	var e wardbook.KEV
	var ransomware string
	n := -1
	return r.objects(
		func() { e, ransomware = wardbook.KEV{}, ""; n++ },
		func(key []byte) error {
			switch string(key) {
			case "cveID":
				return r.text(&e.CVE)
			case "vendorProject":
				return r.text(&e.Vendor)
			case "product":
				return r.text(&e.Product)
			case "dateAdded":
				return r.text(&e.DateAdded)
			case "dueDate":
				return r.text(&e.DueDate)
			case "knownRansomwareCampaignUse":
				return r.text(&ransomware)
			}
			return r.dec.SkipValue()
		},
		func() { k.add(e, ransomware, fmt.Sprintf("/vulnerabilities/%d", n)) })
}

func (k *kevDecoder) csv(br *bufio.Reader) error {
	c := csv.NewReader(br)
	c.FieldsPerRecord = -1
	c.LazyQuotes = true
	c.ReuseRecord = true
	header, err := c.Read()
	if err != nil {
		return err
	}
	column := func(name string) int { return slices.Index(header, name) }
	cols := []int{column("cveID"), column("vendorProject"), column("product"), column("dateAdded"), column("dueDate"), column("knownRansomwareCampaignUse")}
	for {
		row, err := c.Read()
		if err == io.EOF {
			return nil
		}
		line, _ := c.FieldPos(0)
		if err != nil {
			var pe *csv.ParseError
			if !errors.As(err, &pe) {
				return err
			}
			k.info.Refused++
			k.f.add(fmt.Sprintf("line %d", pe.Line), "not a CSV row: %v", pe.Err)
			continue
		}
		cell := func(i int) string {
			if cols[i] < 0 || cols[i] >= len(row) {
				return ""
			}
			return strings.Clone(row[cols[i]])
		}
		k.add(wardbook.KEV{CVE: cell(0), Vendor: cell(1), Product: cell(2), DateAdded: cell(3), DueDate: cell(4)},
			cell(5), fmt.Sprintf("line %d", line))
	}
}

// isCVE reports whether s is spelled as a CVE id.
func isCVE(s string) bool {
	_, ok := cveNumber([]byte(s))
	return ok
}

// cveNumber packs a CVE id, so that ids can be compared as numbers: the year
// above 48 bits of number, where a number's leading zeros are not counted.
func cveNumber(s []byte) (uint64, bool) {
	if len(s) < len("CVE-1999-0001") || len(s) > len("CVE-1999-")+12 || string(s[:4]) != "CVE-" || s[8] != '-' {
		return 0, false
	}
	var year, number uint64
	for _, c := range s[4:8] {
		if c < '0' || c > '9' {
			return 0, false
		}
		year = year*10 + uint64(c-'0')
	}
	for _, c := range s[9:] {
		if c < '0' || c > '9' {
			return 0, false
		}
		number = number*10 + uint64(c-'0')
	}
	return year<<48 | number, true
}
