// Command fleet writes an inventory for benchmarks: as many devices as asked
// for, of as many distinct identities. Two fifths of the identities are made of
// the makers and products that CSAF documents name, spelled as messily as an
// inventory does; the others match nothing. Equal arguments and documents give
// equal bytes.
//
//	go run ./bench/fleet -devices 100000 -identities 3000 -out fleet.csv ../shared/data/csaf/icsma
package main

import (
	"bufio"
	"encoding/csv"
	"flag"
	"fmt"
	"log"
	"math/rand/v2"
	"os"
	"regexp"
	"strings"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/advisory"
	"github.com/wardbook/wardbook/internal/intake"
)

// An identity is what devices of one kind have in common.
type identity struct{ maker, model, version, kind string }

func main() {
	log.SetFlags(0)
	devices := flag.Int("devices", 100_000, "rows of the inventory")
	identities := flag.Int("identities", 3_000, "distinct identities among them")
	out := flag.String("out", "fleet.csv", "inventory to write")
	flag.Parse()
	if flag.NArg() == 0 {
		log.Fatal("give the files, folders or zips of CSAF documents to take makers and products from")
	}
	var named []identity
	for _, path := range flag.Args() {
		got, err := namedIn(path)
		if err != nil {
			log.Fatal(err)
		}
		named = append(named, got...)
	}
	if len(named) == 0 {
		log.Fatal("the documents name no products")
	}
	if err := write(*out, *devices, makeIdentities(named, *identities)); err != nil {
		log.Fatal(err)
	}
}

// namedIn lists the products of the CSAF documents of path; what is no CSAF
// document is left out.
func namedIn(path string) ([]identity, error) {
	var out []identity
	err := intake.Walk(path, intake.Limits{}, func(f *intake.File) error {
		r, err := f.Open()
		if err != nil {
			return nil
		}
		defer r.Close()
		d, err := advisory.Decode(r, advisory.Options{Name: f.Name})
		if err != nil || d.Advisory == nil {
			return nil
		}
		last := identity{}
		for _, p := range d.Advisory.Products {
			x := identity{maker: p.Vendor, model: p.Product, version: aVersion(p.Versions)}
			if x.model == "" {
				x.model = p.Name
			}
			if x != last && x.model != "" {
				out = append(out, x)
			}
			last = x
		}
		return nil
	})
	return out, err
}

// aVersion is a version that the document speaks of.
func aVersion(r wardbook.VersionRange) string {
	for _, i := range r.Intervals {
		if i.Max != "" {
			return i.Max
		}
		if i.Min != "" {
			return i.Min
		}
	}
	if len(r.Versions) > 0 {
		return r.Versions[0]
	}
	return ""
}

var (
	kinds  = []string{"INFUSION PUMP", "PATIENT MONITOR", "PACS SERVER", "ULTRASOUND", "ANALYZER", "WORKSTATION", "VENTILATOR", "CT SCANNER", "GATEWAY", "HVAC CONTROLLER"}
	makers = []string{"Aldermoor", "Bexley Instruments", "Corvantis", "Dunmore Medical", "Elsinore", "Fenwick & Sons", "Garrowby", "Hexhamite", "Ilkeston Devices", "Jarrowmed"}
	roots  = []string{"Altura", "Brevis", "Cordan", "Dexiva", "Elumo", "Forvane", "Gleano", "Havex", "Inviso", "Juvento", "Kelvar", "Lumenta"}
	legal  = regexp.MustCompile(`(?i)[,.]? (inc|ltd|gmbh|ag|corp|corporation|llc|co)\.?$`)
)

// makeIdentities makes n identities: of five two are named by documents, each
// in a spelling of its own.
func makeIdentities(named []identity, n int) []identity {
	r := rand.New(rand.NewPCG(1, uint64(n)))
	out := make([]identity, n)
	for i := range out {
		kind := kinds[r.IntN(len(kinds))]
		if i%5 >= 2 {
			out[i] = identity{
				maker: makers[r.IntN(len(makers))], kind: kind,
				model:   fmt.Sprintf("%s %s%d", roots[r.IntN(len(roots))], string(rune('A'+r.IntN(26))), 100+i),
				version: fmt.Sprintf("%d.%d", 1+r.IntN(9), r.IntN(20)),
			}
			continue
		}
		x := named[r.IntN(len(named))]
		x.kind = kind
		if r.IntN(3) == 0 {
			x.version = fmt.Sprintf("%d.%d.%d", 1+r.IntN(9), r.IntN(20), i)
		}
		out[i] = mess(r, x, i)
	}
	return out
}

// mess spells an identity as people do.
func mess(r *rand.Rand, x identity, i int) identity {
	switch r.IntN(6) {
	case 0:
		x.model = strings.ToUpper(x.model)
	case 1:
		x.model = x.kind + ", " + x.model
	case 2:
		x.model = x.maker + " " + x.model
	case 3:
		x.model = fmt.Sprintf("%s (rev %d)", x.model, i%40)
	case 4:
		x.model = strings.ReplaceAll(x.model, " ", "-")
	}
	switch r.IntN(5) {
	case 0:
		x.maker = strings.ToUpper(x.maker)
	case 1:
		x.maker = legal.ReplaceAllString(x.maker, "")
	case 2:
		x.maker, _, _ = strings.Cut(x.maker, " ")
	}
	switch r.IntN(6) {
	case 0:
		x.version = ""
	case 1:
		if x.version != "" {
			x.version = "v" + x.version
		}
	}
	return x
}

func write(path string, n int, list []identity) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	buf := bufio.NewWriter(f)
	w := csv.NewWriter(buf)
	r := rand.New(rand.NewPCG(2, uint64(n)))
	rows := [][]string{{"Asset ID", "Manufacturer", "Model", "Software Version", "Serial Number", "Device Type", "Site", "Ward", "IP Address", "Life Support", "Status"}}
	status := []string{"In service", "In service", "In service", "In service", "Retired"}
	for i := range n {
		x := list[i%len(list)]
		if i >= len(list) {
			// A few kinds are many, most are few.
			x = list[int(float64(len(list))*r.Float64()*r.Float64())]
		}
		rows = append(rows, []string{
			fmt.Sprintf("EQ-%07d", i), x.maker, x.model, x.version, fmt.Sprintf("SN%08X", r.Uint32()), x.kind,
			fmt.Sprintf("Site %d", 1+r.IntN(6)), fmt.Sprintf("Ward %d", 1+r.IntN(80)),
			fmt.Sprintf("10.%d.%d.%d", r.IntN(200), r.IntN(256), 1+r.IntN(254)), []string{"no", "no", "yes"}[r.IntN(3)], status[r.IntN(len(status))],
		})
	}
	if err := w.WriteAll(rows); err != nil {
		return err
	}
	if err := buf.Flush(); err != nil {
		return err
	}
	return f.Close()
}
