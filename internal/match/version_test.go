package match

import (
	"testing"

	"github.com/wardbook/wardbook"
)

func TestMakerOrder(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want int
		ok   bool
	}{
		{"1.2", "1.10", -1, true},
		{"2.8.75", "2.8.123e", -1, true},
		{"2.8.123", "2.8.123e", -1, true},
		{"2.8.123e", "2.8.123f", -1, true},
		{"A.03.09", "B.01", -1, true},
		{"A.03.09", "a-3_9", 0, true},
		{"B.12", "B12", 0, true},
		{"K", "N", -1, true},
		{"U61", "U62", -1, true},
		{"U61", "L81", 0, false},
		{"U61", "61", 0, false},
		{"4.1L1", "R4.1L1", 0, true},
		{"4.1L1", "4.1L2", -1, true},
		{"4.1L1", "4.1M1", 0, false},
		{"4.1", "4.1L1", -1, true},
		{"012U000040", "12U41", -1, true},
		{"3.06.1803", "3.6.1803", 0, true},
		{"2023.3_Build_9342", "2023.3 (Build 9343)", -1, true},
		{"2023.3", "2023.3_Build_9342", -1, true},
		{"2024.1", "2023.3_Build_9342", 1, true},
		{"16D38", "20D29", -1, true},
		{"v20D29", "20D32", -1, true},
		{"Version 5.0 SP1", "5.0 Service Pack 2", -1, true},
		{"5.0", "5.0 SP1", -1, true},
		{"5.0rc1", "5.0", -1, true},
		{"5.0", "5.0.0.0", 0, true},
		{"5.0 final", "5.0", 0, true},
		{"FW 1.2.3", "Rev. 1.2.3", 0, true},
		{"2.8e", "2.8.1", 0, false},
		{"1.2b3", "1.2", 0, false},
		{"2020-08-28", "20200829", -1, true},
		{"2020-08-28", "2.3", 0, false},
		{"July 1 2017", "May 2018", -1, true},
		{"May 2018", "May 5 2018", 0, false},
		{"august 28", "2020-08-28", 0, false},
		{"2023.1", "12.1", 0, false},
		{"Alpha", "Beta", 0, false},
		{"Alpha", "ALPHA", 0, true},
		{"5.1 6.2", "5.1", 0, false},
		{"1.0 and 2.0", "1.5", -1, true},
		{"", "1", 0, false},
		{"5.1, 6.2", "1", 0, false},
	} {
		got, ok := MakerOrder(tt.a, tt.b)
		if got != tt.want && tt.ok || ok != tt.ok {
			t.Errorf("MakerOrder(%q, %q) = %d, %v, want %d, %v", tt.a, tt.b, got, ok, tt.want, tt.ok)
		}
		if back, ok2 := MakerOrder(tt.b, tt.a); ok2 != ok || ok && back != -got {
			t.Errorf("MakerOrder(%q, %q) = %d, %v is not the reverse", tt.b, tt.a, back, ok2)
		}
	}
}

func TestInRange(t *testing.T) {
	iv := func(op, v string) wardbook.Interval {
		switch op {
		case "<":
			return wardbook.Interval{Max: v}
		case "<=":
			return wardbook.Interval{Max: v, MaxInclusive: true}
		case ">":
			return wardbook.Interval{Min: v}
		case ">=":
			return wardbook.Interval{Min: v, MinInclusive: true}
		case "=":
			return wardbook.Interval{Min: v, Max: v, MinInclusive: true, MaxInclusive: true}
		}
		return wardbook.Interval{Min: v, Prefix: true}
	}
	is := func(is ...wardbook.Interval) wardbook.VersionRange { return wardbook.VersionRange{Intervals: is} }
	between := wardbook.Interval{Min: "5.01", Max: "6.3.1", MinInclusive: true, MaxInclusive: true}
	for _, tt := range []struct {
		name    string
		r       wardbook.VersionRange
		version string
		want    Verdict
	}{
		{"all", wardbook.VersionRange{All: true}, "", Inside},
		{"all under a condition", wardbook.VersionRange{All: true, Conditions: []string{"on Windows 2000"}}, "", Undecided},
		{"all but", wardbook.VersionRange{All: true, Except: []wardbook.Interval{iv(">=", "3")}}, "3.1", Outside},
		{"all but, below", wardbook.VersionRange{All: true, Except: []wardbook.Interval{iv(">=", "3")}}, "2.9", Inside},
		{"all but, unknown", wardbook.VersionRange{All: true, Except: []wardbook.Interval{iv(">=", "3")}}, "", Undecided},
		{"nothing said", wardbook.VersionRange{}, "1", Undecided},
		{"models only", wardbook.VersionRange{Models: []string{"35700BAX"}}, "6.2", Inside},
		{"unclear", wardbook.VersionRange{Unclear: "< august 28"}, "6.2", Undecided},
		{"inside but unclear", wardbook.VersionRange{All: true, Unclear: "x"}, "6.2", Undecided},
		{"no version", is(iv("<", "3")), "n/a", Undecided},
		{"below", is(iv("<", "2.3")), "2.2.9", Inside},
		{"at", is(iv("<", "2.3")), "2.3", Outside},
		{"cut short", is(iv("<", "2.3")), "2", Undecided},
		{"cut short below", is(iv("<", "2.3")), "1", Inside},
		{"cut short above", is(iv("<", "2.3")), "3", Outside},
		{"12.1 against 12.1.3", is(iv("<=", "12.1.3")), "12.1", Undecided},
		{"12.0 against 12.1.3", is(iv("<=", "12.1.3")), "12.0", Inside},
		{"12.1.4 against <= 12.1", is(iv("<=", "12.1")), "12.1.4", Undecided},
		{"12.1.0 against <= 12.1", is(iv("<=", "12.1")), "12.1.0", Inside},
		{"12.1.4 against < 12.1", is(iv("<", "12.1")), "12.1.4", Outside},
		{"12.1 against < 12.1.0", is(iv("<", "12.1.0")), "12.1", Outside},
		{"12.1 against >= 12.1.0", is(iv(">=", "12.1.0")), "12.1", Inside},
		{"two bounds", is(between), "6.2", Inside},
		{"two bounds, low", is(between), "4.9", Outside},
		{"two bounds, high", is(between), "6.4", Outside},
		{"prefix", is(iv("x", "5")), "5.2.1", Inside},
		{"prefix of a number", is(iv("x", "5")), "51.2", Outside},
		{"prefix, cut short", is(iv("x", "14.1")), "14", Undecided},
		{"prefix itself", is(iv("x", "5")), "5", Inside},
		{"listed wildcard", wardbook.VersionRange{Versions: []string{"1.X", "2.X"}}, "2.4", Inside},
		{"listed", wardbook.VersionRange{Versions: []string{"9.13", "12.1"}}, "12.1", Inside},
		{"listed, not", wardbook.VersionRange{Versions: []string{"9.13", "12.1"}}, "9.14", Outside},
		{"listed, longer", wardbook.VersionRange{Versions: []string{"9.13", "12.1"}}, "9.13.2", Undecided},
		{"listed letter", wardbook.VersionRange{Versions: []string{"B.02", "C.02"}}, "C.02", Inside},
		{"listed letter, not", wardbook.VersionRange{Versions: []string{"B.02", "C.02"}}, "B.03", Outside},
		{"up to a wildcard", is(iv("<=", "11.x")), "11.4", Inside},
		{"up to a wildcard, above", is(iv("<=", "11.x")), "12", Outside},
		{"below a wildcard", is(iv("<", "3.x")), "3.1", Outside},
		{"below a wildcard, in", is(iv("<", "3.x")), "2.9", Inside},
		{"half a part", is(iv("<=", "C.0x")), "C.02", Undecided},
		{"half a part, below", is(iv("<=", "C.0x")), "B.02", Inside},
		{"version with a wildcard", is(iv("<", "6")), "5.x", Inside},
		{"version with a wildcard, undecided", is(iv("<", "5.3")), "5.x", Undecided},
		{"U series", is(iv("<=", "U61"), iv("<=", "L81")), "U60", Inside},
		{"U series above", is(iv("<=", "U61"), iv("<=", "L81")), "U62", Outside},
		{"L series above", is(iv("<=", "U61"), iv("<=", "L81")), "L82", Outside},
		{"neither series", is(iv("<=", "U61"), iv("<=", "L81")), "61", Undecided},
		{"letter", is(iv("<=", "N")), "K", Inside},
		{"letter above", is(iv("<=", "N")), "P", Outside},
		{"revision", is(iv("<=", "R4.1L1")), "4.1L1", Inside},
		{"revision above", is(iv("<=", "R4.1L1")), "4.1L2", Outside},
		{"build not known", is(iv("<=", "2023.3_Build_9342")), "2023.3", Undecided},
		{"build", is(iv("<=", "2023.3_Build_9342")), "2023.2", Inside},
		{"date against number", is(iv("<", "july 1 2017")), "5.2", Undecided},
		{"date", is(iv("<", "july 1 2017")), "2017-06-30", Inside},
		{"month", is(iv("<", "May 2018")), "2018-05-02", Undecided},
		{"month before", is(iv("<", "May 2018")), "2018-04-02", Inside},
		{"deb", wardbook.VersionRange{Scheme: "deb", Intervals: []wardbook.Interval{iv("<", "1:1.2-3")}}, "2.0-1", Inside},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got, why := InRange(tt.r, tt.version); got != tt.want {
				t.Errorf("InRange(%q) = %v (%s), want %v", tt.version, got, why, tt.want)
			}
		})
	}
}
