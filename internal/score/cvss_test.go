package score

import (
	"bufio"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/wardbook/wardbook"
)

// dataFile opens a file of the shared test data, and skips where there is none.
func dataFile(t *testing.T, name string) []string {
	t.Helper()
	dir := os.Getenv("WARDBOOK_DATA")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "data")
	}
	f, err := os.Open(filepath.Join(dir, filepath.FromSlash(name)))
	if err != nil {
		t.Skipf("shared test data are not here: %v", err)
	}
	defer f.Close()
	var lines []string
	for s := bufio.NewScanner(f); s.Scan(); {
		lines = append(lines, s.Text())
	}
	return lines
}

func TestScoresOfPublishedLists(t *testing.T) {
	for _, file := range []string{"cvss/v2_score.list", "cvss/v31_score.list", "cvss/v4_score.list"} {
		t.Run(file, func(t *testing.T) {
			n := 0
			for _, line := range dataFile(t, file) {
				line, _, _ = strings.Cut(line, "#")
				f := strings.Fields(line)
				if len(f) < 2 {
					continue
				}
				want, err := strconv.ParseFloat(f[1], 64)
				if err != nil {
					t.Fatal(err)
				}
				v, err := Parse(f[0])
				if err != nil {
					t.Errorf("%s: %v", f[0], err)
					continue
				}
				n++
				// The lists give the score of everything that a vector says. The
				// environmental formula of 3.1 differs from the base formula
				// even where nothing is modified, so it is not used for those.
				got := v.Environmental()
				switch c := v.m.(type) {
				case cvss20:
					if !strings.Contains(f[0], "CDP") {
						got = c.TemporalScore()
					}
				case cvss31:
					if !strings.Contains(f[0], "/M") && !strings.Contains(f[0], "/CR:") {
						got = c.TemporalScore()
					}
				}
				if math.Abs(got-want) > 0.001 {
					t.Errorf("%s: %.1f, want %.1f", f[0], got, want)
				}
			}
			t.Logf("%d vectors", n)
		})
	}
}

func TestErrorsOfPublishedLists(t *testing.T) {
	for _, file := range []string{"cvss/v2_error.list", "cvss/v3_error.list", "cvss/v4_error.list"} {
		t.Run(file, func(t *testing.T) {
			for _, line := range dataFile(t, file) {
				vector, remark, _ := strings.Cut(line, "#")
				vector = strings.TrimSpace(vector)
				v, err := Parse(vector)
				ok := strings.Contains(remark, "OK")
				if strings.HasPrefix(vector, "CVSS:3.") && strings.Contains(file, "v4") {
					ok = true // an error for a reader of 4.0 only
				}
				if vector != "" && ok != (err == nil) {
					t.Errorf("%q: err %v, version %v, want ok %v", vector, err, v, ok)
				}
			}
		})
	}
}

func TestExploitability(t *testing.T) {
	for _, r := range []struct {
		name, vector string
		zone         wardbook.Zone
		want         float64
	}{
		{"3.1 open", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", wardbook.Zone{}, 3.887},
		{"3.1 in a segment", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", wardbook.Zone{AttackVector: "A"}, 2.835},
		{"3.1 isolated", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", wardbook.Zone{AttackVector: "A", AttackComplexity: "H"}, 1.620},
		{"3.1 no network", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", wardbook.Zone{AttackVector: "P"}, 0.915},
		{"a zone never widens", "CVSS:3.1/AV:P/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", wardbook.Zone{AttackVector: "N"}, 0.915},
		{"3.0 scope changed", "CVSS:3.0/AV:N/AC:L/PR:L/UI:N/S:C/C:L/I:L/A:N", wardbook.Zone{}, 3.110},
		{"2.0 open", "AV:N/AC:L/Au:N/C:C/I:C/A:C", wardbook.Zone{}, 9.997},
		{"2.0 in a segment", "(AV:N/AC:L/Au:N/C:C/I:C/A:C)", wardbook.Zone{AttackVector: "A"}, 6.458},
		{"2.0 no network", "AV:N/AC:L/Au:N/C:C/I:C/A:C", wardbook.Zone{AttackVector: "P"}, 1.947},
		{"4.0 open", "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", wardbook.Zone{}, 3.887},
		{"4.0 with a condition", "CVSS:4.0/AV:N/AC:L/AT:P/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", wardbook.Zone{}, 2.216},
	} {
		t.Run(r.name, func(t *testing.T) {
			v, err := Parse(r.vector)
			if err != nil {
				t.Fatal(err)
			}
			if got := v.In(EnvironmentOf(&r.zone, nil)).Exploitability(); math.Abs(got-r.want) > 0.001 {
				t.Errorf("%.4f, want %.4f", got, r.want)
			}
		})
	}
}

// A zone only ever makes a vulnerability harder to use, and In leaves the
// vector that it was called on alone.
func TestZoneNeverRaises(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := drawVector(t)
		v, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		z := wardbook.Zone{
			AttackVector:     rapid.SampledFrom([]string{"N", "A", "L", "P"}).Draw(t, "av"),
			AttackComplexity: rapid.SampledFrom([]string{"", "H"}).Draw(t, "ac"),
		}
		before := v.Exploitability()
		if got := v.In(EnvironmentOf(&z, nil)).Exploitability(); got > before+1e-9 || got <= 0 {
			t.Fatalf("%s in %+v: %g, was %g", text, z, got, before)
		}
		if v.Exploitability() != before || v.String() != text {
			t.Fatal("In changed the vector that it was called on")
		}
	})
}

func drawVector(t *rapid.T) string {
	pick := func(name string, values ...string) string {
		return name + ":" + rapid.SampledFrom(values).Draw(t, name)
	}
	switch rapid.SampledFrom([]string{"2.0", "3.0", "3.1", "4.0"}).Draw(t, "version") {
	case "2.0":
		return strings.Join([]string{pick("AV", "N", "A", "L"), pick("AC", "L", "M", "H"), pick("Au", "N", "S", "M"),
			pick("C", "N", "P", "C"), pick("I", "N", "P", "C"), pick("A", "N", "P", "C")}, "/")
	case "4.0":
		return "CVSS:4.0/" + strings.Join([]string{pick("AV", "N", "A", "L", "P"), pick("AC", "L", "H"), pick("AT", "N", "P"),
			pick("PR", "N", "L", "H"), pick("UI", "N", "P", "A"), pick("VC", "N", "L", "H"), pick("VI", "N", "L", "H"),
			pick("VA", "N", "L", "H"), pick("SC", "N", "L", "H"), pick("SI", "N", "L", "H"), pick("SA", "N", "L", "H")}, "/")
	default:
		return "CVSS:" + rapid.SampledFrom([]string{"3.0", "3.1"}).Draw(t, "minor") + "/" +
			strings.Join([]string{pick("AV", "N", "A", "L", "P"), pick("AC", "L", "H"), pick("PR", "N", "L", "H"),
				pick("UI", "N", "R"), pick("S", "U", "C"), pick("C", "N", "L", "H"), pick("I", "N", "L", "H"), pick("A", "N", "L", "H")}, "/")
	}
}

func FuzzParse(f *testing.F) {
	f.Add("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H")
	f.Add("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N")
	f.Add("AV:N/AC:L/Au:N/C:C/I:C/A:C")
	f.Fuzz(func(t *testing.T, s string) {
		v, err := Parse(s)
		if err != nil {
			return
		}
		e := v.In(Environment{AttackVector: "A", Hard: true, CR: "H", IR: "H", AR: "L", Harm: true})
		if x := e.Environmental(); x < 0 || x > 10 || math.IsNaN(x) {
			t.Errorf("%q: %g", s, x)
		}
		e.Exploitability()
		e.Impact(wardbook.Integrity)
	})
}
