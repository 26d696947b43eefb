package assess_test

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/assess"
)

// What Hits says of an advisory before it is taken in is what the run with it
// finds; without it the run before is not changed.
func TestHitsEqualRun(t *testing.T) {
	p := newPool(t)
	for n := range p.advisories {
		if n%12 != 0 {
			continue
		}
		adv := p.advisory(n)
		if adv == nil {
			continue
		}
		in := assess.Inputs{Program: "test", At: time.Date(2025, 9, 1, 0, 0, 0, 0, time.UTC), Catalog: p.cat, Policy: p.cat.Policy, HasInventory: true, Memo: assess.NewMemo()}
		for _, s := range p.sboms {
			in.SBOMs = append(in.SBOMs, *s)
		}
		for i := range p.advisories {
			if a := p.advisory(i); a != nil && a.ID != adv.ID && i%3 == n%3 {
				in.Advisories = append(in.Advisories, a)
			}
		}
		in.Devices = slices.Clone(p.devices[:600])
		if _, err := assess.Run(context.Background(), in); err != nil {
			t.Fatal(err)
		}
		var hits []string
		for _, h := range in.Memo.Hits(adv) {
			hits = append(hits, fmt.Sprint(h.Product, h.Vulnerability, h.Component, h.Devices))
		}
		in.Advisories = append(in.Advisories, adv)
		in.Devices = slices.Clone(p.devices[:600])
		a, err := assess.Run(context.Background(), in)
		if err != nil {
			t.Fatal(err)
		}
		var found []string
		for _, f := range a.Findings {
			if f.Advisory == adv.ID {
				c := ""
				if f.Component != nil {
					c = *f.Component
				}
				found = append(found, fmt.Sprint(f.Product, f.Vulnerability, c, f.Devices))
			}
		}
		sort.Strings(hits)
		sort.Strings(found)
		if diff := cmp.Diff(found, hits); diff != "" {
			t.Errorf("%s: found (-), hit (+):\n%s", adv.ID, diff)
		}
	}
}

// BenchmarkHits is a new advisory held against a million devices of 2,000
// products whose SBOMs have 500 components each: P10 of the bars. One iteration
// is one advisory; p99 is over all of them.
func BenchmarkHits(b *testing.B) {
	p := newPool(b)
	const products, each, parts = 2000, 500, 500
	in := assess.Inputs{Program: "bench", At: time.Date(2025, 9, 1, 0, 0, 0, 0, time.UTC), Catalog: p.cat, Policy: p.cat.Policy, HasInventory: true, Memo: assess.NewMemo()}
	for n := range products {
		d := p.devices[n%len(p.devices)]
		d.Version = fmt.Sprintf("%d.%d", n/50, n%50)
		for i := range each {
			d.ID = fmt.Sprintf("%d-%d", n, i)
			in.Devices = append(in.Devices, d)
		}
		s := assess.SBOM{Path: fmt.Sprintf("sbom-%d", n), Manufacturer: d.Manufacturer, Name: d.Model, Version: d.Version}
		for i := range parts {
			v := fmt.Sprintf("1.%d", (n+i)%7)
			s.Components = append(s.Components, wardbook.Component{Name: fmt.Sprintf("lib-%d", i*7%3000), Version: v, Purl: fmt.Sprintf("pkg:golang/example.com/lib-%d@%s", i*7%3000, v)})
		}
		in.SBOMs = append(in.SBOMs, s)
	}
	var news []*wardbook.Advisory
	for n := range p.advisories {
		if a := p.advisory(n); a != nil {
			news = append(news, a)
		}
	}
	in.Advisories = news[:len(news)/2]
	if _, err := assess.Run(context.Background(), in); err != nil {
		b.Fatal(err)
	}
	devices := 0
	for _, a := range news { // what is made when it is first needed
		for _, h := range in.Memo.Hits(a) {
			devices += len(h.Devices)
		}
	}
	var took []time.Duration
	n := 0
	for b.Loop() {
		start := time.Now()
		in.Memo.Hits(news[n%len(news)])
		took = append(took, time.Since(start))
		n++
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
	b.ReportMetric(float64(devices), "devices")
}
