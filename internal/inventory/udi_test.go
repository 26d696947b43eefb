package inventory

import (
	"archive/zip"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseUDI(t *testing.T) {
	tests := []struct {
		name, in string
		want     UDI
		faults   bool
	}{
		{"GS1 as printed", "(01)00844588018923(11)141120(17)150707(10)A213B1(21)1234",
			UDI{Agency: GS1, DI: "00844588018923", Manufactured: "2014-11-20", Expires: "2015-07-07", Lot: "A213B1", Serial: "1234", Checked: true}, false},
		{"GS1 in another order, with software version", "(21)SN-7(8012)3.2.1(01)00844588018923(240)X-1",
			UDI{Agency: GS1, DI: "00844588018923", Serial: "SN-7", Version: "3.2.1", Additional: "X-1", Checked: true}, false},
		{"GS1 as scanned, with symbology and separators", "]d2010084458801892310A213B1\x1d17150700\x1d211234",
			UDI{Agency: GS1, DI: "00844588018923", Expires: "2015-07-31", Lot: "A213B1", Serial: "1234", Checked: true}, false},
		{"GS1 with a written separator", "010084458801892310LOT(1)~2199",
			UDI{Agency: GS1, DI: "00844588018923", Lot: "LOT(1)", Serial: "99", Checked: true}, false},
		{"a month of manufacture", "(01)00844588018923(11)141100", UDI{Agency: GS1, DI: "00844588018923", Manufactured: "2014-11", Checked: true}, false},
		{"GTIN-13 is padded", "0844588018923", UDI{Agency: GS1, DI: "00844588018923", Checked: true}, false},
		{"GTIN-12 is padded", "844588018923", UDI{Agency: GS1, DI: "00844588018923", Checked: true}, false},
		{"a wrong check digit leaves no DI", "(01)00844588018924(21)5", UDI{Agency: GS1, Serial: "5"}, true},
		{"a day that is not", "(01)00844588018923(17)150231", UDI{Agency: GS1, DI: "00844588018923", Checked: true}, true},
		{"two device identifiers", "(01)00844588018923(01)00844588018916", UDI{Agency: GS1, DI: "00844588018923", Checked: true}, true},
		{"production data only", "(10)ABC", UDI{Agency: GS1, Lot: "ABC"}, true},
		{"a number that is no GTIN", "12345", UDI{Agency: GS1}, true},
		{"HIBCC with day of the year, ANSI/HIBC 2.6", "+A99912345/$$52001510X3/16D20111212/S77DEFG457",
			UDI{Agency: HIBCC, DI: "A99912345", Expires: "2020-01-15", Lot: "10X3", Manufactured: "2011-12-12", Serial: "77DEFG45", Checked: true}, false},
		{"HIBCC two symbols in one string", "+A123BJC5D6E71G+$$52001510X3" + "G" + check("+$$52001510X3G"),
			UDI{Agency: HIBCC, DI: "A123BJC5D6E71", Expires: "2020-01-15", Lot: "10X3", Checked: true}, false},
		{"HIBCC between asterisks", "*+A123BJC5D6E71G*", UDI{Agency: HIBCC, DI: "A123BJC5D6E71", Checked: true}, false},
		{"HIBCC primary", "+A123BJC5D6E71G", UDI{Agency: HIBCC, DI: "A123BJC5D6E71", Checked: true}, false},
		{"HIBCC combined", hibc("+H123PARTNO1234567890120/$$420020216LOT123456789012345/SXYZ456789012345678/16D20130202"),
			UDI{Agency: HIBCC, DI: "H123PARTNO1234567890120", Expires: "2020-02-02", Lot: "LOT123456789012345", Serial: "XYZ456789012345678", Manufactured: "2013-02-02", Checked: true}, false},
		{"HIBCC as ANSI/HIBC prints it, its check character C", "+H123PARTNO1234567890120/$$420020216LOT123456789012345/SXYZ4567890123 45678/16D20130202C",
			UDI{Agency: HIBCC, DI: "H123PARTNO1234567890120", Expires: "2020-02-02", Lot: "LOT123456789012345", Serial: "XYZ4567890123 45678", Manufactured: "2013-02-02", Checked: true}, false},
		{"HIBCC DI too short", hibc("+A1X1/$$0226L9"), UDI{Agency: HIBCC, Expires: "2026-02-28", Lot: "L9", Checked: true}, true},
		{"HIBCC month, year and lot", hibc("+A123XY1/$$0226L9"), UDI{Agency: HIBCC, DI: "A123XY1", Expires: "2026-02-28", Lot: "L9", Checked: true}, false},
		{"HIBCC serial with quantity and day of the year", hibc("+A123XY1/$$+824526045S1"), UDI{Agency: HIBCC, DI: "A123XY1", Expires: "2026-02-14", Serial: "S1", Checked: true}, false},
		{"HIBCC old form", hibc("+A123XY1/26045L1"), UDI{Agency: HIBCC, DI: "A123XY1", Expires: "2026-02-14", Lot: "L1", Checked: true}, false},
		{"HIBCC check character wrong", "+A123BJC5D6E71H", UDI{Agency: HIBCC}, true},
		{"HIBCC as listed in GUDID", "B066000325", UDI{Agency: HIBCC, DI: "B066000325"}, false},
		{"ICCBBA", "=/A9999XYZ100T0944=,000025=A99971312345600=>014032=}013032&,1000000000000XYZ123",
			UDI{Agency: ICCBBA, DI: "A9999XYZ100T0944", Serial: "000025", Donation: "A99971312345600", Expires: "2014-02-01", Manufactured: "2013-02-01", Lot: "XYZ123"}, false},
		{"ICCBBA blood bag", "=)1TE123456A&)RZ12345678", UDI{Agency: ICCBBA, DI: "1TE123456A", Lot: "RZ12345678"}, false},
		{"ICCBBA date that is not", "=/A9999XYZ100T0944=>014399", UDI{Agency: ICCBBA, DI: "A9999XYZ100T0944"}, true},
		{"words", "see label", UDI{}, true},
		{"nothing", "  ", UDI{}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ParseUDI(tt.in)
			if (err != nil) != tt.faults {
				t.Errorf("ParseUDI(%q) faults: %v", tt.in, err)
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("ParseUDI(%q) (-want +got):\n%s", tt.in, d)
			}
		})
	}
}

// hibc adds the check character.
func hibc(s string) string { return s + check(s) }

func check(s string) string {
	c, ok := hibcCheck(s)
	if !ok {
		panic(s)
	}
	return string(c)
}

// dataDir finds the collection of real documents beside the repository.
func dataDir(t testing.TB) string {
	t.Helper()
	for _, dir := range []string{os.Getenv("WARDBOOK_DATA"), "../../../shared/data"} {
		if dir == "" {
			continue
		}
		if _, err := os.Stat(dir); err == nil {
			return dir
		}
	}
	t.Skip("the collection of real documents is not here (set WARDBOOK_DATA to its directory)")
	return ""
}

// wrongInGUDID are the identifiers that GUDID itself lists with a wrong check
// digit.
var wrongInGUDID = map[string]bool{"00841518100003": true, "00840118105406": true, "00821684057135": true,
	"00817703012624": true, "00817470002098": true, "00815612020043": true, "10815500020249": true, "1081463902131": true}

// The identifiers that GUDID lists parse, and their check digits hold.
func TestParseUDIOnGUDID(t *testing.T) {
	zr, err := zip.OpenReader(filepath.Join(dataDir(t), "gudid", "gudid-2016-08-part1-35000.xml.zip"))
	if err != nil {
		t.Skip(err)
	}
	defer zr.Close()
	f, err := zr.File[0].Open()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	n := map[Agency]int{}
	exceptions := 0
	dec := xml.NewDecoder(f)
	for {
		tok, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		el, ok := tok.(xml.StartElement)
		if !ok || el.Name.Local != "identifier" {
			continue
		}
		var id struct {
			DI     string `xml:"deviceId"`
			Agency string `xml:"deviceIdIssuingAgency"`
		}
		if err := dec.DecodeElement(&id, &el); err != nil {
			t.Fatal(err)
		}
		u, err := ParseUDI(id.DI)
		if (err != nil) != wrongInGUDID[id.DI] {
			t.Errorf("%s (%s): %v", id.DI, id.Agency, err)
		}
		n[u.Agency]++
		if string(u.Agency) != id.Agency {
			exceptions++
			t.Logf("%s is listed as %s and has the form and check digit of %s", id.DI, id.Agency, u.Agency)
		}
	}
	t.Logf("parsed: %v, listed under another agency: %d", n, exceptions)
	if n[GS1] < 35000 {
		t.Errorf("only %d GS1 identifiers", n[GS1])
	}
	// 00841523106431 is the one known: a GTIN entered under HIBCC.
	if exceptions > 1 {
		t.Errorf("%d identifiers under another agency", exceptions)
	}
}

func FuzzParseUDI(f *testing.F) {
	for _, s := range []string{"(01)00844588018923(17)150231(10)A", "]d2010084458801892310A\x1d2112", "+A123BJC5D6E71G",
		"*+A123XY1A**+$$0226L9AB*", "=/A9999XYZ100T0944=,000025&,1000", "=)1&)2", "+A123XY1/$$8", "+A123XY1/$$+9"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		u, err := ParseUDI(s)
		if err == nil && u.DI == "" {
			t.Errorf("ParseUDI(%q): neither a device identifier nor a fault", s)
		}
		if err == nil && u.Agency == GS1 && (len(u.DI) != 14 || !u.Checked) {
			t.Errorf("ParseUDI(%q): DI %q", s, u.DI)
		}
	})
}
