package bench

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
)

// A Fleet is a size of a hospital group. The zero value of a field means none.
type Fleet struct {
	Devices         int
	Products        int // at one version each; a few have many devices, most have few
	Wards           int // in twelve sites
	Components      int // of the SBOM of each product
	Vulnerabilities int // records about packages, of which components are made
}

const sites = 12

var (
	kinds  = []string{"Infusion pump", "Patient monitor", "Ultrasound system", "Laboratory analyser", "Ventilator", "CT scanner", "Workstation", "Gateway", "Syringe pump", "Defibrillator"}
	makers = []string{"Aldermoor", "Bexley Instruments", "Corvantis", "Dunmore Medical", "Elsinore", "Fenwick", "Garrowby", "Hexhamite", "Ilkeston", "Jarrowmed", "Kestrelle", "Lindisfarne"}
	roots  = []string{"Altura", "Brevis", "Cordan", "Dexiva", "Elumo", "Forvane", "Gleano", "Havex", "Inviso", "Juvento", "Kelvar", "Lumenta"}
	ways   = []string{"North", "South", "East", "West", "Central"}
)

// maker, model, version and kind of a product.
func product(p int) (maker, model, version, kind string) {
	return makers[p%len(makers)], fmt.Sprintf("%s %c%d", roots[p/7%len(roots)], 'A'+rune(p%26), 100+p/3), fmt.Sprintf("%d.%d.%d", 1+p%9, p%14, p%3), kinds[p%len(kinds)]
}

// Inventory writes the fleet as CSV. changed is how many of the devices are
// written with another version and ward than at first.
func (f Fleet) Inventory(w io.Writer, changed int) error {
	buf := bufio.NewWriterSize(w, 1<<20)
	r := rand.New(rand.NewPCG(1, 2))
	type of struct{ maker, model, version, kind string }
	products := make([]of, f.Products)
	for p := range products {
		products[p].maker, products[p].model, products[p].version, products[p].kind = product(p)
	}
	fmt.Fprintln(buf, "Asset ID,Manufacturer,Model,Software Version,Serial Number,Device Type,Site,Ward,IP Address,MAC Address,Life Support,Status")
	life, status := []string{"no", "no", "yes"}, []string{"In service", "In service", "In service", "In service", "Retired"}
	for i := range f.Devices {
		p := i
		if i >= f.Products {
			p = int(float64(f.Products) * r.Float64() * r.Float64())
		}
		x, ward := products[p], r.IntN(f.Wards)
		a, serial, l, s := r.Uint32(), r.Uint32(), life[r.IntN(3)], status[r.IntN(5)]
		if i < changed {
			x.version, ward = x.version+"1", (ward+1)%f.Wards
		}
		fmt.Fprintf(buf, "EQ-%07d,%s,%s,%s,SN%08X,%s,%s,%s,10.%d.%d.%d,02:1b:%02x:%02x:%02x:%02x,%s,%s\n", i, x.maker, x.model, x.version, serial, x.kind,
			siteOf(ward), wardOf(ward), a>>16&255, a>>8&255, a&255, i>>24, i>>16&255, i>>8&255, i&255, l, s)
	}
	return buf.Flush()
}

func siteOf(ward int) string {
	return fmt.Sprintf("Site %s %d", ways[ward%sites%len(ways)], 1+ward%sites)
}
func wardOf(ward int) string { return fmt.Sprintf("Ward %d", 1+ward/sites) }

// Ward names the nth ward as lists do, with its site.
func Ward(n int) string { return siteOf(n) + " / " + wardOf(n) }
