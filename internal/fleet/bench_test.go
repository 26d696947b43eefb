package fleet

import (
	"fmt"
	"runtime"
	"sync"
	"testing"

	"github.com/wardbook/wardbook"
)

const million = 1_000_000

// large is a fleet of a million devices of 2,000 products in 1,500 wards.
var large = sync.OnceValue(func() *Snapshot {
	s, err := Build(1, func(yield func(Row, error) bool) {
		for i := range million {
			p := i * 7919 % 2000
			r := Row{Inventory: "cmms", Device: wardbook.Device{
				ID: fmt.Sprintf("AST-%07d", i*31%million), Manufacturer: fmt.Sprintf("Maker %d", p%120), Model: fmt.Sprintf("Model %d", p/3), Version: fmt.Sprintf("%d.%d", p%9, i%4),
				Serial: fmt.Sprintf("SN%09X", i*2654435761), IP: fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255), MAC: fmt.Sprintf("00:1b:%02x:%02x:%02x:%02x", i>>24, i>>16&255, i>>8&255, i&255),
				Site: fmt.Sprintf("Site %d", i%12), Location: fmt.Sprintf("Ward %d", i%1500), Zone: fmt.Sprintf("zone-%d", i%6), DeviceClass: fmt.Sprintf("class-%d", p%74), Product: fmt.Sprintf("P-%012x", p),
			}}
			if !yield(r, nil) {
				return
			}
		}
	})
	if err != nil {
		panic(err)
	}
	return s
})

// The figure is for one device that comes in; MiB is what the snapshot takes.
func BenchmarkApply(b *testing.B) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	s := large()
	runtime.GC()
	runtime.ReadMemStats(&after)
	for b.Loop() {
		s.Apply(2, []Change{{Row: Row{Device: wardbook.Device{ID: "new", Model: "new"}}}})
	}
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/(1<<20), "MiB")
}

func BenchmarkQuery(b *testing.B) {
	s := large()
	for name, q := range map[string]Query{
		"first page":        {},
		"by model":          {Sort: Model},
		"by model, deep":    {Sort: Model, After: "AST-0500000"},
		"ward, by maker":    {Is: map[Column][]string{Ward: {"Site 3 / Ward 3"}}, Sort: Manufacturer},
		"text":              {Text: "model 12"},
		"serial":            {Text: "sn0deadbeef"},
		"every row has it":  {Text: "0"},
		"worst first":       {Rank: map[string]int{"P-000000000001": 5, "P-000000000002": 4}},
		"site, class, text": {Is: map[Column][]string{Site: {"Site 1"}, Class: {"class-3"}}, Text: "maker", Sort: Version, Desc: true},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				s.Query(q)
			}
		})
	}
	b.Run("choices of a filter", func(b *testing.B) {
		for b.Loop() {
			s.Counts(Query{Text: "maker 1"}, Ward)
		}
	})
	b.Run("devices of a product", func(b *testing.B) {
		for b.Loop() {
			n := 0
			for range s.OfProduct("P-000000000007") {
				n++
			}
		}
	})
}
