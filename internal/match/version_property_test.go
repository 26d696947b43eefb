package match

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/wardbook/wardbook"
)

// versionText draws versions as makers write them, close to each other so that
// many can be compared.
func versionText() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		part := rapid.SampledFrom([]string{"0", "1", "2", "10", "01", "a", "b", "e", "L", "rc", "sp", "build", "zf", "U", "x", "2020", "final"})
		sep := rapid.SampledFrom([]string{".", "", "-", "_", " ", ""})
		var b strings.Builder
		b.WriteString(rapid.SampledFrom([]string{"", "", "v", "Rev. ", "A.", "B.", "U", "FW "}).Draw(t, "lead"))
		for range rapid.IntRange(1, 4).Draw(t, "parts") {
			b.WriteString(part.Draw(t, "part"))
			b.WriteString(sep.Draw(t, "sep"))
		}
		return b.String()
	})
}

func checkOrder(t interface{ Fatalf(string, ...any) }, a, b, c string) {
	ab, ok := MakerOrder(a, b)
	if ba, ok2 := MakerOrder(b, a); ok != ok2 || ok && ab != -ba {
		t.Fatalf("%q and %q: %d %v, backwards %d %v", a, b, ab, ok, ba, ok2)
	}
	bc, ok2 := MakerOrder(b, c)
	ac, ok3 := MakerOrder(a, c)
	if !ok || !ok2 || !ok3 {
		return
	}
	if ab <= 0 && bc <= 0 && ac > 0 || ab >= 0 && bc >= 0 && ac < 0 || ab == 0 && bc == 0 && ac != 0 {
		t.Fatalf("not transitive: %q %d %q %d %q, but %d", a, ab, b, bc, c, ac)
	}
	if ab == 0 && bc != ac {
		t.Fatalf("%q equals %q, but against %q %d and %d", a, b, c, ac, bc)
	}
}

func TestMakerOrderIsAnOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		checkOrder(t, versionText().Draw(t, "a"), versionText().Draw(t, "b"), versionText().Draw(t, "c"))
	})
}

// TestMakerOrderSorts sorts versions that are pairwise comparable, in any
// order, to one result.
func TestMakerOrderSorts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var list []string
		for _, v := range rapid.SliceOfN(versionText(), 0, 12).Draw(t, "versions") {
			if !slices.ContainsFunc(list, func(o string) bool { c, ok := MakerOrder(v, o); return !ok || c == 0 }) {
				if _, ok := MakerOrder(v, v); ok {
					list = append(list, v)
				}
			}
		}
		sorted := func(l []string) []string {
			slices.SortFunc(l, func(a, b string) int { c, _ := MakerOrder(a, b); return c })
			return l
		}
		want := sorted(slices.Clone(list))
		if got := sorted(rapid.Permutation(list).Draw(t, "order")); !slices.Equal(got, want) {
			t.Fatalf("%q and %q", got, want)
		}
	})
}

// TestInRangeAgreesWithOrder: where InRange decides, it does not go against
// the order, and a range and the rest of the line never hold one version both.
func TestInRangeAgreesWithOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v, bound := versionText().Draw(t, "version"), versionText().Draw(t, "bound")
		below, _ := InRange(wardbook.VersionRange{Intervals: []wardbook.Interval{{Max: bound}}}, v)
		above, _ := InRange(wardbook.VersionRange{Intervals: []wardbook.Interval{{Min: bound, MinInclusive: true}}}, v)
		if below != Undecided && below == above {
			t.Fatalf("%q is %v both < and >= %q", v, below, bound)
		}
		if c, ok := MakerOrder(v, bound); ok && (below == Inside && c > 0 || below == Outside && c < 0) {
			t.Fatalf("%q is %v < %q, the order says %d", v, below, bound, c)
		}
	})
}

func FuzzMakerOrder(f *testing.F) {
	for _, s := range []string{"A.03.09", "U61", "4.1L1", "012U000040", "2023.3_Build_9342", "2020-08-28", "C.0x", "5.x.x", "july 1 2017", "1.0.2zf", "v 1"} {
		f.Add(s, "2.8.123e", "B.01")
	}
	f.Fuzz(func(t *testing.T, a, b, c string) {
		checkOrder(t, a, b, c)
		for _, scheme := range []string{"", "semver", "deb", "rpm", "apk", "pypi", "maven", "npm", "gem", "nuget", "composer", "golang"} {
			r := wardbook.VersionRange{Scheme: scheme, Intervals: []wardbook.Interval{{Min: a, MinInclusive: true, Max: b}, {Min: c, Prefix: true}}, Versions: []string{b}}
			InRange(r, c)
			InRange(r, a)
		}
	})
}

func FuzzCPE(f *testing.F) {
	f.Add("cpe:2.3:a:acme:c\\+\\+_lib:2.0:*:*:*:*:*:*:*", "cpe:/a:acme:c%2b%2b_lib:2.0")
	f.Add("cpe:2.3:o:*:?x*:-:\\*:*:*:*:*:*:*", "cpe:/h:a:b:~~~x~~")
	f.Fuzz(func(t *testing.T, a, b string) {
		m := NewMatcher(memoryOf())
		n := parseCPE(b)
		if n == nil {
			return
		}
		s := cpeSubject(n, "1.0")
		m.criterion(&wardbook.CPEMatch{Criteria: a, VersionEndExcluding: "2.0"}, &s)
		m.criterion(&wardbook.CPEMatch{Criteria: b}, &s)
	})
}

func FuzzPurl(f *testing.F) {
	f.Add("pkg:rpm/redhat/openssl@1.1.1k-9.el8_7?arch=x86_64&epoch=1&distro=rhel-8.7")
	f.Add("pkg:golang/github.com/A/b%20@v1?x=#sub")
	f.Fuzz(func(t *testing.T, s string) {
		id := identify(wardbook.Component{Name: "x", Version: "1", Purl: s})
		for _, e := range id.ecosystems {
			id.fitsRelease(e, "Linux 8:1::el9")
		}
	})
}
