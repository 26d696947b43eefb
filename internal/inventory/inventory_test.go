package inventory

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"pgregory.net/rapid"

	"github.com/wardbook/wardbook"
)

func decode(t *testing.T, in, name string, opts Options) *Document {
	t.Helper()
	doc, err := Decode(strings.NewReader(in), name, opts)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func makers(text string) (string, string, bool) {
	for _, m := range []string{"Philips", "Baxter", "B. Braun", "GE Healthcare", "Dräger"} {
		if rest, ok := strings.CutPrefix(text, m); ok {
			return m, strings.TrimSpace(rest), true
		}
	}
	return "", "", false
}

func hasProblem(ps []wardbook.Problem, place, part string) bool {
	for _, p := range ps {
		if p.Place == place && strings.Contains(p.Message, part) {
			return true
		}
	}
	return false
}

// A report of a CMMS: title rows, a repeated header, a total, a repeated id, a
// version that a spreadsheet made a date of.
// Rows that are not UTF-8 are read as Windows-1252, and the format says so.
func TestFormatNamesBothEncodings(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"all UTF-8", "Asset ID,Manufacturer,Model\n1,Dräger,V800\n", "CSV (,), UTF-8"},
		{"one row pasted from elsewhere", "Asset ID,Manufacturer,Model\n1,Dräger,V800\n2,Dr\xe4ger,V300\n", "CSV (,), UTF-8 and WINDOWS-1252 (in 1 rows)"},
	} {
		doc, err := Decode(strings.NewReader(tt.in), "x.csv", Options{})
		if err != nil || doc.Format != tt.want {
			t.Errorf("%s: %q, %v", tt.name, doc.Format, err)
		}
	}
}

func TestDecodeReport(t *testing.T) {
	b, err := os.ReadFile(filepath.Join("testdata", "cmms-en.csv"))
	if err != nil {
		t.Fatal(err)
	}
	doc := decode(t, string(b), "/exports/cmms-en.csv", Options{})
	want := wardbook.Device{ID: "000123", Manufacturer: "Philips", Model: "IntelliVue MX450", ModelNumber: "866062", Version: "M.00.03", Serial: "DE1234",
		Type: "Monitor, Physiologic", Site: "Main", Location: "ICU 3", Zone: "MED-12", IP: "10.1.2.3", LifeSupport: wardbook.Yes, Service: wardbook.InService, Place: "cmms-en.csv row 5"}
	if d := cmp.Diff(want, doc.Devices[0]); d != "" {
		t.Errorf("first device (-want +got):\n%s", d)
	}
	var ids []string
	for _, d := range doc.Devices {
		ids = append(ids, d.ID)
	}
	if d := cmp.Diff([]string{"000123", "000124", "000124#2", "cmms-en.csv:10"}, ids); d != "" {
		t.Errorf("ids (-want +got):\n%s", d)
	}
	for _, p := range [][2]string{{"row 1", "above the column names"}, {"row 7", "neither maker nor model"}, {"row 7, cell A7", "000124"}, {"row 8", "not used"},
		{"row 9", "repeated"}, {"row 10, cell F10", "date"}, {"row 11", "below the table"}, {"row 7, cell N7", "WIP"}} {
		if !hasProblem(doc.Problems, p[0], p[1]) {
			t.Errorf("no problem %q at %q among\n%v", p[1], p[0], doc.Problems)
		}
	}
}

func TestDecodeVariants(t *testing.T) {
	tests := []struct {
		name, in string
		opts     Options
		want     []string // "id|maker|model|version|location|service"
	}{
		{"German with semicolons, Windows-1252", "Inventarnr.;Hersteller;Modell;Seriennr.;Softwarestand;Station;Status\nM1;Dr\xe4ger;Evita V800;S1;2.50;Intensiv;In Betrieb\nM2;Dr\xe4ger;Evita V300;S2;k.A.;OP;Ausgemustert\n",
			Options{}, []string{"M1|Dräger|Evita V800|2.50|Intensiv|in_service", "M2|Dräger|Evita V300||OP|retired"}},
		{"French with tabs", "N° inventaire\tFabricant\tModèle\tN° de série\tVersion logicielle\tService\tÉtat\n7\tPhilips\tMX450\tA1\tM.00\tRéanimation\tEn service\n8\tPhilips\tMX450\tA2\tM.01\tUrgences\tRéformé\n",
			Options{}, []string{"7|Philips|MX450|M.00|Réanimation|in_service", "8|Philips|MX450|M.01|Urgences|retired"}},
		{"Spanish with pipes", "Código de equipo|Fabricante|Modelo|Versión de software|Servicio|Estado\nE1|Baxter|Spectrum|8.0|UCI|Activo\nE2|Baxter|Spectrum|9.0|UCI|Dado de baja\n",
			Options{}, []string{"E1|Baxter|Spectrum|8.0|UCI|in_service", "E2|Baxter|Spectrum|9.0|UCI|retired"}},
		{"Dutch with two characters between", "Inventarisnummer||Fabrikant||Model||Softwareversie||Afdeling||Status\n1||Philips||MX||B.1||IC||In gebruik\n2||Philips||MX||B.2||IC||Afgevoerd\n",
			Options{}, []string{"1|Philips|MX|B.1|IC|in_service", "2|Philips|MX|B.2|IC|retired"}},
		{"Excel's separator line, CRLF and text formulas", "sep=;\r\nAsset ID;Manufacturer;Model;Version;Ward\r\n=\"00123\";Philips;\"MX;450\";1.10;\"ICU\"\r\n",
			Options{}, []string{"00123|Philips|MX;450|1.10|ICU|"}},
		{"a quote that is never closed costs its line only", "Asset ID,Manufacturer,Model,Version,Ward\n1,Philips,\"17 monitor,1.0,ICU\n2,Baxter,5\" pump,2.0,ER\n3,Baxter,\"5\" pump\",2.0,ER\n",
			Options{}, []string{"1|Philips|\"17 monitor|1.0|ICU|", "2|Baxter|5\" pump|2.0|ER|", "3|Baxter|5\" pump|2.0|ER|"}},
		{"a newline in a value, zero bytes, old Mac line ends", "Asset ID,Manufacturer,Model,Version,Ward\r1,Phi\x00lips,\"MX\r450\",1.0,ICU\r",
			Options{}, []string{"1|Philips|MX 450|1.0|ICU|"}},
		{"one column for maker and model", "Asset ID,Make/Model,FW,SW Ver,Ward\n1,Philips IntelliVue MX450,A1,2.0,ICU\n2,Acme Thing,A1,,ICU\n",
			Options{Makers: makers}, []string{"1|Philips|IntelliVue MX450|2.0|ICU|", "2||Acme Thing|A1|ICU|"}},
		{"no header: columns by content", "A-0001,Philips,10.0.0.1,00:1b:00:00:00:01,1.2.3\nA-0002,Baxter,10.0.0.2,00:1b:00:00:00:02,1.2.4\nA-0003,Baxter,10.0.0.3,00:1b:00:00:00:03,1.2.4\n",
			Options{Makers: makers}, []string{"A-0001|Philips||1.2.3||", "A-0002|Baxter||1.2.4||", "A-0003|Baxter||1.2.4||"}},
		{"hardware is not the version", "Equip ID,Manuf.,Model,Hardware Rev,SW Date,Firmware\n1,Baxter,Spectrum,4,2020,8.1\n", Options{}, []string{"1|Baxter|Spectrum|8.1||"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			doc := decode(t, tt.in, "x.csv", tt.opts)
			var got []string
			for _, d := range doc.Devices {
				got = append(got, strings.Join([]string{d.ID, d.Manufacturer, d.Model, d.Version, d.Location, string(d.Service)}, "|"))
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("(-want +got):\n%s\n%s%v", d, doc.Mapping, doc.Problems)
			}
		})
	}
}

func TestRefused(t *testing.T) {
	for in, part := range map[string]string{
		"": "empty", "%PDF-1.7\n": "PDF", "\xD0\xCF\x11\xE0\xA1\xB1": ".xls", `{"a": 1}`: "JSON", "<?xml version='1.0'?><a/>": "XML",
		"<html><table>": "HTML", "PK\x03\x04junk": "damaged", "a,b\n1,2\n": "no column could be recognised", "\x1f\x8b\x08": "compressed",
	} {
		if _, err := Decode(strings.NewReader(in), "f", Options{}); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%q: %v, want %q", in, err, part)
		}
	}
}

// The mapping that was chosen, written and given back, reads the same devices;
// a correction overrules.
func TestColumns(t *testing.T) {
	const in = "Asset ID,Manufacturer,Model,SW,Rev X,Ward,Status,Critical\nA,Philips,MX,1.0,9.9,ICU,WIP,A1\n"
	first := decode(t, in, "x.csv", Options{})
	cols, err := ReadColumns(bytes.NewReader(first.Mapping.YAML()), "columns.yaml")
	if err != nil {
		t.Fatalf("%v\n%s", err, first.Mapping.YAML())
	}
	if d := cmp.Diff(first.Devices, decode(t, in, "x.csv", Options{Columns: cols}).Devices); d != "" {
		t.Errorf("read again (-want +got):\n%s", d)
	}
	cols, err = ReadColumns(strings.NewReader("columns:\n  Rev X: version\n  F: site\n  nonsense: ip\n  8: life_support\nvalues:\n  service: {wip: spare}\n  life_support: {a1: \"yes\"}\n"), "columns.yaml")
	if err != nil {
		t.Fatal(err)
	}
	doc := decode(t, in, "x.csv", Options{Columns: cols})
	d := doc.Devices[0]
	if d.Version != "9.9" || d.Site != "ICU" || d.Location != "" || d.Service != wardbook.Spare || d.LifeSupport != wardbook.Yes {
		t.Errorf("corrected: %+v", d)
	}
	if !hasProblem(doc.Problems, "columns file line 4", "nonsense") {
		t.Errorf("the name that fits nothing is not a problem: %v", doc.Problems)
	}
	_, err = ReadColumns(strings.NewReader("sheets: x\ncolumns:\n  A: colour\n  B: ip\nencoding: latin9\nheader_row: first\n"), "c.yaml")
	for _, part := range []string{"c.yaml line 1", "c.yaml line 3", "c.yaml line 5", "c.yaml line 6"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("no fault at %s in %v", part, err)
		}
	}
}

func TestUnique(t *testing.T) {
	in := "Asset ID,Manufacturer,Model\nA,Philips,MX\nA,Philips,MX\n"
	a, b := decode(t, in, "a.csv", Options{}), decode(t, in, "b.csv", Options{})
	Unique([]*Document{a, b})
	seen := map[string]bool{}
	for _, doc := range []*Document{a, b} {
		for _, d := range doc.Devices {
			if seen[d.ID] {
				t.Errorf("%s twice", d.ID)
			}
			seen[d.ID] = true
		}
	}
	if !hasProblem(b.Problems, "b.csv row 2", "a.csv row 2") {
		t.Errorf("%v", b.Problems)
	}
}

// A table of any values, written with any delimiter in any encoding, gives the
// same devices.
func TestEncodingsAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 12).Draw(t, "rows")
		value := rapid.StringMatching(`[A-Z][a-zäé",;|\t ]{0,8}[a-z][0-9]`)
		delim := rapid.SampledFrom([]string{",", ";", "\t", "|", "^"}).Draw(t, "delimiter")
		var b strings.Builder
		rows := [][]string{{"Asset ID", "Manufacturer", "Model", "Software Version", "Ward"}}
		for i := range n {
			rows = append(rows, []string{fmt.Sprintf("A%d", i), value.Draw(t, "maker"), value.Draw(t, "model"), fmt.Sprintf("1.%d", i), value.Draw(t, "ward")})
		}
		for _, r := range rows {
			for i, c := range r {
				if i > 0 {
					b.WriteString(delim)
				}
				b.WriteString(`"` + strings.ReplaceAll(c, `"`, `""`) + `"`)
			}
			b.WriteString("\n")
		}
		text := b.String()
		cp, _ := charmap.Windows1252.NewEncoder().String(text)
		le, _ := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(text)
		be, _ := unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM).NewEncoder().String(text)
		for _, in := range []string{text, "\ufeff" + text, cp, le, be} {
			doc, err := Decode(strings.NewReader(in), "x", Options{})
			if err != nil || len(doc.Devices) != n {
				t.Fatalf("%q: %v", in, err)
			}
			for i, d := range doc.Devices {
				want := rows[i+1]
				got := []string{d.ID, d.Manufacturer, d.Model, d.Version, d.Location}
				for j := range want {
					if strings.Join(strings.Fields(want[j]), " ") != got[j] {
						t.Fatalf("%s: row %d: want %q, got %q", doc.Format, i, want, got)
					}
				}
			}
		}
	})
}

func FuzzDecode(f *testing.F) {
	b, _ := os.ReadFile(filepath.Join("testdata", "cmms-en.csv"))
	f.Add(b)
	f.Add([]byte("sep=;\nAsset;Model;UDI\n1;\"a\"\"b\";(01)1\n\"x"))
	f.Add([]byte("\xff\xfeA\x00s\x00s\x00e\x00t\x00,\x00M\x00o\x00d\x00e\x00l\x00\n\x001\x00,\x002\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		doc, err := Decode(bytes.NewReader(b), "f", Options{Makers: makers})
		if err != nil {
			return
		}
		seen := map[string]bool{}
		for _, d := range doc.Devices {
			if d.ID == "" || seen[d.ID] {
				t.Errorf("id %q is empty or repeated", d.ID)
			}
			seen[d.ID] = true
		}
		if _, err := ReadColumns(bytes.NewReader(doc.Mapping.YAML()), "c"); err != nil {
			t.Errorf("the mapping cannot be read again: %v\n%s", err, doc.Mapping.YAML())
		}
	})
}

func FuzzReadColumns(f *testing.F) {
	f.Add([]byte("columns:\n  A: model\nvalues:\n  service: {x: spare}\n"))
	f.Fuzz(func(t *testing.T, b []byte) { _, _ = ReadColumns(bytes.NewReader(b), "c") })
}
