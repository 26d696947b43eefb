package assess_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/assess"
)

// BenchmarkNewAdvisory is one new advisory for a fleet that was assessed before:
// the sample hospital, and 40 of it (100,000 devices). "full" is the same
// without memory.
func BenchmarkNewAdvisory(b *testing.B) {
	p := newPool(b)
	for _, times := range []int{1, 40} {
		var devices []wardbook.Device
		for n := range times {
			for _, d := range p.devices {
				d.ID = fmt.Sprintf("%d-%s", n, d.ID)
				devices = append(devices, d)
			}
		}
		var sboms []assess.SBOM
		for _, s := range p.sboms {
			sboms = append(sboms, *s)
		}
		var known []*wardbook.Advisory
		for n := range p.advisories {
			if a := p.advisory(n); a != nil {
				known = append(known, a)
			}
		}
		for _, how := range []string{"full", "memo"} {
			b.Run(fmt.Sprintf("%d/%s", len(devices), how), func(b *testing.B) {
				in := assess.Inputs{Program: "bench", At: time.Date(2025, 9, 1, 0, 0, 0, 0, time.UTC), Catalog: p.cat, Policy: p.cat.Policy, HasInventory: true,
					SBOMs: sboms, Records: p.records, RecordsKey: "sample"}
				if how == "memo" {
					in.Memo = assess.NewMemo()
				}
				run := func(with bool) {
					in.Advisories = known
					if !with {
						in.Advisories = known[1:]
					}
					in.Devices = slices.Clone(devices)
					if _, err := assess.Run(context.Background(), in); err != nil {
						b.Fatal(err)
					}
				}
				run(false)
				with := true
				for b.Loop() {
					run(with)
					with = !with
				}
			})
		}
	}
}
