package advisory

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wardbook/wardbook"
)

// notation writes a range in one line: ALL, [a, b) for intervals, a* for a
// prefix, v: versions, not: exceptions, m: models, if: conditions, ?? unclear.
func notation(r wardbook.VersionRange) string {
	var s []string
	interval := func(i wardbook.Interval) string {
		if i.Prefix {
			return i.Min + "*"
		}
		if i.Min == i.Max && i.MinInclusive && i.MaxInclusive {
			return i.Min
		}
		open, end := "(", ")"
		if i.MinInclusive {
			open = "["
		}
		if i.MaxInclusive {
			end = "]"
		}
		return open + i.Min + ", " + i.Max + end
	}
	if r.All {
		s = append(s, "ALL")
	}
	if r.Scheme != "" {
		s = append(s, "scheme:"+r.Scheme)
	}
	for _, i := range r.Intervals {
		s = append(s, interval(i))
	}
	for _, list := range []struct {
		mark  string
		items []string
	}{{"v", r.Versions}, {"m", r.Models}, {"notm", r.ExceptModels}, {"if", r.Conditions}} {
		for _, item := range list.items {
			s = append(s, fmt.Sprintf("%s:%q", list.mark, item))
		}
	}
	for _, i := range r.Except {
		s = append(s, "not:"+interval(i))
	}
	if r.Unclear != "" {
		s = append(s, "?? "+r.Unclear)
	}
	return strings.Join(s, " ")
}

// testdata/ranges.txt holds texts as they stand in advisories, each with what
// it means: category letter (v: product_version, r: product_version_range),
// text and notation, separated by tabs. Each was read by a person.
func TestParseRange(t *testing.T) {
	f, err := os.Open("testdata/ranges.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	n := 0
	for sc := bufio.NewScanner(f); sc.Scan(); {
		line := sc.Text()
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		parts := strings.Split(line, "\t")
		if len(parts) != 3 {
			t.Fatalf("bad line %q", line)
		}
		n++
		category := map[string]string{"v": "product_version", "r": "product_version_range"}[parts[0]]
		t.Run(parts[1], func(t *testing.T) {
			r := ParseRange(category, parts[1])
			if diff := cmp.Diff(parts[2], notation(r)); diff != "" {
				t.Errorf("ParseRange(%q) (-want +got):\n%s", parts[1], diff)
			}
			if r.Raw != parts[1] {
				t.Errorf("Raw = %q", r.Raw)
			}
		})
	}
	if n < 150 {
		t.Errorf("only %d texts in the table", n)
	}
}

func FuzzParseRange(f *testing.F) {
	for _, s := range []string{"<= U61 |<= L81", "vers:npm/>=1|<2|!=1.5", "A.01 <= C.0x | 4.0", "6.x (a (16 | 17 | >= 20D29", "< august 28",
		"version 1.2 < 3", "except 2.1", "MMT-522(K) / MMT-722(K) Paradigm", "=<_X_*", "All versions between V2.5 (including) and V2.7 (excluding)"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, c := range []string{"product_version", "product_version_range"} {
			r := ParseRange(c, s)
			if r.Raw != s {
				t.Fatalf("Raw is %q, not %q", r.Raw, s)
			}
			if diff := cmp.Diff(r, ParseRange(c, r.Raw)); diff != "" {
				t.Fatalf("not the same twice:\n%s", diff)
			}
			understood := r.All || len(r.Intervals)+len(r.Versions)+len(r.Except)+len(r.Models) > 0
			if !understood && r.Unclear == "" {
				t.Fatalf("%q: nothing understood and nothing unclear", s)
			}
		}
	})
}

func TestParseRangeIsLinear(t *testing.T) {
	for _, piece := range []string{"(", ")", "<", "1.2|", "x", "and ", "_", "except ", "V", "all versions ", "-", "1.x ", "(build) "} {
		s := strings.Repeat(piece, maxRangeText/len(piece))
		ParseRange("product_version", s)
		if r := ParseRange("product_version", s+s); r.Unclear == "" {
			t.Errorf("%q repeated beyond the limit is not unclear", piece)
		}
	}
}

func TestParseExclusions(t *testing.T) {
	for _, c := range []struct {
		name string
		want []string
	}{
		{"ET200SP (incl. SIPLUS variants, except IM155-6 PN ST and IM155-6 PN HF)", []string{"IM155-6 PN ST and IM155-6 PN HF"}},
		{"Web Client - NOTE: does not affect the 9000 client. Other", []string{"9000 client"}},
		{"Pump 5 (not including the X model): all versions", []string{"X model"}},
		{"Monitor, excluding MX100; and more", []string{"MX100"}},
		{"Infusion pump: versions 1.0 and prior", nil},
		{"Exception handler", nil},
		{"except", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, ParseExclusions(c.name)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
