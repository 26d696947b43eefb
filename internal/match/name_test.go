package match

import (
	"testing"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/catalog"
)

func mustLedger(t *testing.T) *ledger {
	t.Helper()
	cat, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	return newLedger(cat.Names)
}

// Each row is a name of an advisory's product, the maker and model of a device,
// and how they fit.
func TestCompareNames(t *testing.T) {
	l := mustLedger(t)
	for _, tc := range []struct {
		name, vendor, product, maker, model string
		want                                nameFit
	}{
		{"spelled alike", "Acme", "Infuser 9", "Acme", "INFUSER 9", closeFit},
		{"letters and digits written apart", "Philips", "IntelliVue MX450", "Philips", "Intellivue MX-450", closeFit},
		{"the designator alone is specific", "Philips", "IntelliVue MX450", "Philips", "MX450 PATIENT MONITOR", closeFit},
		{"another designator", "Philips", "IntelliVue MX450", "Philips", "IntelliVue MX40", noFit},
		{"the designator is not stated", "Philips", "IntelliVue MX450", "Philips", "IntelliVue monitor", vague},
		{"slash list with short forms", "Philips", "IntelliVue MX800/700/600", "Philips", "MX600", closeFit},
		{"short forms of part numbers", "Philips", "Monitor (M8001A/2A/10A)", "Philips", "M8010A", closeFit},
		{"a range", "Philips", "IntelliVue patient monitor MP2-MP90", "Philips", "IntelliVue MP50", closeFit},
		{"out of the range", "Philips", "IntelliVue patient monitor MP20-MP90", "Philips", "IntelliVue MP5", noFit},
		{"a series and a number are no range", "Siemens", "SIMATIC S7-300", "Siemens", "SIMATIC S7-200", noFit},
		{"a row of designators", "Philips", "PageWriter TC10 TC20 TC30 Cardiographs", "Philips", "PAGEWRITER TC30", closeFit},
		{"a slip of the hand", "Philips", "IntelliVue MX450", "Philips", "Inteliivue MX450", closeFit},
		{"siblings by words", "Philips", "Brilliance iCT", "Philips", "Brilliance 64", noFit},
		{"siblings by sort", "Philips", "IntelliSpace PACS", "Philips", "IntelliSpace Portal", noFit},
		{"the device says less", "Becton, Dickinson and Company (BD)", "BD Pyxis MedStation ES", "BD", "Pyxis MedStation", vague},
		{"the device says more", "Philips", "Tasy EMR", "Philips", "Tasy EMR HTML5", extra},
		{"a line", "Becton, Dickinson and Company (BD)", "BodyGuard Pumps", "BD", "BodyGuard 323", closeFit},
		{"an acronym", "Baxter", "Welch Allyn Connex Spot Monitor (CSM)", "Welch Allyn", "CSM", closeFit},
		{"initials of two words", "Becton, Dickinson and Company (BD)", "Alaris PC Unit", "BD", "ALARIS PCU", closeFit},
		{"written together", "Becton, Dickinson and Company (BD)", "BD Pyxis Rapid Rx", "BD", "Pyxis RapidRx", closeFit},
		{"common words", "LifePoint Informatics", "Patient Portal", "LifePoint", "Patient Portal", closeFit},
		{"one common word", "Acme", "Monitor", "Acme", "Monitor", vague},
		{"a catalogue number that the ledger knows", "Philips", "IntelliVue MX450", "Philips", "866062", closeFit},
		{"the same number of another thing", "Becton, Dickinson and Company (BD)", "Alaris 8000 PC unit", "BD", "Alaris PC Unit 8015", noFit},
		{"only words in common", "Philips", "Vue PACS", "Philips", "Vue Motion", noFit},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := l.productName(tc.product, l.resolveVendor(tc.vendor))
			c := p.compare(l.deviceName(Identity{Manufacturer: tc.maker, Model: tc.model}))
			if c.fit != tc.want {
				t.Errorf("want %d, got %d by %s: %s", tc.want, c.fit, c.rule, c.reason)
			}
		})
	}
}

func TestMakers(t *testing.T) {
	l := mustLedger(t)
	for _, tc := range []struct {
		name, a, b string
		want       bool
	}{
		{"one spelling", "Philips", "PHILIPS MED SYS", true},
		{"legal forms", "Acme GmbH & Co. KG", "Acme", true},
		{"acquired", "CareFusion", "Becton, Dickinson and Company (BD)", true},
		{"two that one owner has", "Alaris", "Pyxis", true},
		{"mis-encoded", "Innokas YhtymÃ¤ Oy", "Innokas Yhtymä", true},
		{"diacritics", "Dräger", "DRAGER", true},
		{"several in one", "BMC Medical, 3B Medical", "3B Medical", true},
		{"a slip", "Medtroinc", "Medtronic", true},
		{"others", "Philips", "Medtronic", false},
		{"unknown ones with a common first word", "Medical Alpha", "Medical Beta", false},
		{"unknown ones", "Exampla Care", "Fictiva Care", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := false
			for _, x := range l.resolve(tc.a) {
				for _, y := range l.resolveVendor(tc.b) {
					how, _ := l.relation(x, y)
					got = got || how != ""
				}
			}
			for _, x := range l.resolveVendor(tc.a) {
				for _, y := range l.resolve(tc.b) {
					how, _ := l.relation(x, y)
					got = got || how != ""
				}
			}
			if got != tc.want {
				t.Errorf("%q and %q: %v", tc.a, tc.b, got)
			}
		})
	}
}

// What a document excludes is out, whatever else fits.
func TestExclusions(t *testing.T) {
	cat, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	all := wardbook.VersionRange{Raw: "vers:all/*", All: true}
	adv := &wardbook.Advisory{ID: "A", Products: []wardbook.AdvisoryProduct{
		{ID: "1", Vendor: "Acme", Product: "Infuser 9", Versions: all, Excludes: []string{"the 9-XL model"}},
		{ID: "2", Vendor: "Acme", Product: "Viewer Pro (not including Lite)", Versions: all},
	}, Vulnerabilities: []wardbook.AdvisoryVulnerability{{ID: "CVE-1", Status: map[wardbook.Status][]string{wardbook.Affected: {"1", "2"}}}}}
	idx := NewAdvisories([]*wardbook.Advisory{adv}, cat, nil)
	for model, want := range map[string]int{"Infuser 9": 1, "Infuser 9 XL": 0, "Viewer Pro": 1, "Viewer Pro Lite": 0} {
		if got := idx.Match(Identity{Manufacturer: "Acme", Model: model, Version: "1"}); len(got) != want {
			t.Errorf("%s: %d matches, want %d", model, len(got), want)
		}
	}
}

// Every text gives a name, without a panic, and a name fits itself or is too
// common to tell.
func FuzzNames(f *testing.F) {
	for _, s := range []string{"IntelliVue MP monitors MX800/700/600 ((865240/41/42) WLAN", "A/B/C", "MP2-MP90", "(((", "not including", "7.0.x", "ß™", "Version"} {
		f.Add("Philips", s)
	}
	cat, err := catalog.Load()
	if err != nil {
		f.Fatal(err)
	}
	l := newLedger(cat.Names)
	groups := NewGroups(cat)
	f.Fuzz(func(t *testing.T, maker, text string) {
		if len(text) > 400 || len(maker) > 100 {
			return
		}
		p := l.productName(text, l.resolveVendor(maker))
		d := l.deviceName(Identity{Manufacturer: maker, Model: text})
		p.compare(d)
		groups.Key(Identity{Manufacturer: maker, Model: text})
	})
}
