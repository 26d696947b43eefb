package assess_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"pgregory.net/rapid"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/catalog"
	"github.com/wardbook/wardbook/internal/assess"
	"github.com/wardbook/wardbook/internal/gather"
	"github.com/wardbook/wardbook/internal/vulndb"
)

const sample = "../../examples/st-example/"

// pool is what the changes of the property test are drawn from: the documents of
// the sample hospital and, where they are here, real advisories.
type pool struct {
	cat        *catalog.Catalog
	advisories [][]byte
	devices    []wardbook.Device
	sboms      []*assess.SBOM
	vex        [][]wardbook.Statement
	records    *vulndb.DB
	kev        map[string]wardbook.KEV
}

func decode(t testing.TB, kind wardbook.InputKind, path string) *gather.Document {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	cat, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	d, err := gather.Decode(kind, filepath.Base(path), bytes.NewReader(b), gather.Options{Catalog: cat})
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return d
}

func newPool(t testing.TB) *pool {
	t.Helper()
	p := &pool{}
	var err error
	if p.cat, err = catalog.Load(); err != nil {
		t.Fatal(err)
	}
	paths, _ := filepath.Glob(sample + "advisories/*.json")
	real, _ := filepath.Glob("../../../shared/data/csaf/icsma/*.json")
	for _, path := range append(paths, real...) {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		p.advisories = append(p.advisories, b)
	}
	p.devices = decode(t, wardbook.InputInventory, sample+"inventory/cmms-export.csv").Inventory.Devices
	paths, _ = filepath.Glob(sample + "sbom/*")
	for _, path := range paths {
		p.sboms = append(p.sboms, decode(t, wardbook.InputSBOM, path).SBOM)
	}
	paths, _ = filepath.Glob(sample + "vex/*")
	for _, path := range paths {
		p.vex = append(p.vex, decode(t, wardbook.InputVEX, path).Statements)
	}
	p.kev = decode(t, wardbook.InputKEV, sample+"kev.json").KEV
	if p.records, _, err = gather.Records(vulndb.Cache{Dir: t.TempDir()}, []string{sample + "vulns"}, nil); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.records.Close() })
	return p
}

func (p *pool) advisory(n int) *wardbook.Advisory {
	d, err := gather.Decode(wardbook.InputAdvisory, fmt.Sprintf("a%d.json", n), bytes.NewReader(p.advisories[n]), gather.Options{})
	if err != nil || d.Advisory == nil {
		return nil
	}
	return d.Advisory
}

// hospital is what an assessment is made from while it changes.
type hospital struct {
	*pool
	advisories map[int]*wardbook.Advisory
	devices    map[string]wardbook.Device
	sboms      map[int]bool
	vex        map[int]bool
	records    bool
	kev        bool
	answers    map[string]wardbook.Answer
	decisions  []assess.Decision
	at         time.Time
	inventory  bool
	last       *wardbook.Assessment
}

func (h *hospital) inputs() assess.Inputs {
	in := assess.Inputs{Program: "test", At: h.at, Catalog: h.cat, Policy: h.cat.Policy, HasInventory: h.inventory, Decisions: h.decisions}
	if h.inventory {
		for _, d := range h.devices {
			in.Devices = append(in.Devices, d)
		}
		slices.SortFunc(in.Devices, func(a, b wardbook.Device) int { return strings.Compare(a.ID, b.ID) })
	}
	for n := range h.pool.advisories {
		if a := h.advisories[n]; a != nil {
			in.Advisories = append(in.Advisories, a)
		}
	}
	for n, s := range h.pool.sboms {
		if h.sboms[n] {
			in.SBOMs = append(in.SBOMs, *s)
		}
	}
	for n, s := range h.pool.vex {
		if h.vex[n] {
			in.Statements = append(in.Statements, s...)
			in.StatementsKey += fmt.Sprintf("vex%d ", n)
		}
	}
	if h.records {
		in.Records, in.RecordsKey = h.pool.records, "sample"
	}
	if h.kev {
		in.KEV = func(cve string) (wardbook.KEV, bool) { k, ok := h.pool.kev[cve]; return k, ok }
	}
	for _, a := range h.answers {
		in.Answers = append(in.Answers, a)
	}
	slices.SortFunc(in.Answers, func(a, b wardbook.Answer) int { return strings.Compare(a.RecordKey(), b.RecordKey()) })
	return in
}

// change does one thing that happens to a living file.
func (h *hospital) change(t *rapid.T) string {
	what := rapid.SampledFrom([]string{"advisory", "advisory", "advisory", "advisory", "device", "device", "sbom", "vex", "records", "kev", "answer", "decision", "date", "inventory"}).Draw(t, "what")
	switch what {
	case "advisory":
		n := rapid.IntRange(0, len(h.pool.advisories)-1).Draw(t, "advisory")
		a := h.pool.advisory(n)
		switch {
		case h.advisories[n] == nil:
		case rapid.Bool().Draw(t, "remove") || a == nil:
			a = nil
		case len(a.Products) > 1: // a new state, which names fewer products
			a.Products = a.Products[:len(a.Products)-1]
		}
		h.advisories[n] = a
	case "device":
		for range rapid.IntRange(1, 6).Draw(t, "devices") {
			d := h.pool.devices[rapid.IntRange(0, len(h.pool.devices)-1).Draw(t, "device")]
			if _, ok := h.devices[d.ID]; ok && rapid.Bool().Draw(t, "gone") {
				delete(h.devices, d.ID)
				continue
			}
			if rapid.IntRange(0, 3).Draw(t, "version") == 0 {
				d.Version = ""
			}
			h.devices[d.ID] = d
		}
	case "sbom":
		n := rapid.IntRange(0, len(h.pool.sboms)-1).Draw(t, "sbom")
		h.sboms[n] = !h.sboms[n]
	case "vex":
		n := rapid.IntRange(0, len(h.pool.vex)-1).Draw(t, "vex")
		h.vex[n] = !h.vex[n]
	case "records":
		h.records = !h.records
	case "kev":
		h.kev = !h.kev
	case "date":
		h.at = h.at.AddDate(0, 0, rapid.IntRange(-400, 400).Draw(t, "days"))
	case "inventory":
		h.inventory = !h.inventory
	case "answer":
		h.answer(t)
	case "decision":
		h.decide(t)
	}
	return what
}

func (h *hospital) answer(t *rapid.T) {
	if h.last == nil || len(h.last.Questions) == 0 || rapid.IntRange(0, 4).Draw(t, "forget") == 0 {
		h.answers = map[string]wardbook.Answer{}
		return
	}
	q := rapid.SampledFrom(h.last.Questions).Draw(t, "question")
	a := wardbook.Answer{Kind: q.Kind, Key: q.Key, Answer: "1.0"}
	if len(q.Choices) > 0 {
		a.Answer = rapid.SampledFrom(q.Choices).Draw(t, "choice")
	}
	h.answers[a.RecordKey()] = a
}

func (h *hospital) decide(t *rapid.T) {
	if h.last == nil || len(h.last.Findings) == 0 || len(h.decisions) > 2 {
		h.decisions = nil
		return
	}
	f := rapid.SampledFrom(h.last.Findings).Draw(t, "finding")
	i := slices.IndexFunc(h.last.Products, func(p wardbook.Product) bool { return p.ID == f.Product })
	p := h.last.Products[i]
	d := assess.Decision{ID: fmt.Sprintf("decision-%d", len(h.decisions)), Name: "DEC-1", Author: "Ana", Decision: wardbook.Decision{
		State: wardbook.DecisionActive, Vulnerabilities: []string{f.Vulnerability}, Subjects: []wardbook.StatementSubject{{Vendor: p.Manufacturer, Name: p.Name}},
		Status: wardbook.NotAffected, Reason: "it is not in use here", At: h.at,
	}}
	if f.Advisory != "" && rapid.Bool().Draw(t, "whole advisory") {
		d.Vulnerabilities, d.Advisory = nil, f.Advisory
	}
	if len(f.Devices) > 0 && rapid.Bool().Draw(t, "one site") {
		d.Sites = []string{h.devices[f.Devices[0]].Site}
	}
	h.decisions = append(h.decisions, d)
}

// What a run finds with what it remembers is what it finds without, byte for
// byte, whatever changes in between.
func TestMemoEqualsFullRun(t *testing.T) {
	p := newPool(t)
	runs := 0
	rapid.Check(t, func(t *rapid.T) {
		h := &hospital{
			pool: p, advisories: map[int]*wardbook.Advisory{}, devices: map[string]wardbook.Device{}, sboms: map[int]bool{}, vex: map[int]bool{},
			answers: map[string]wardbook.Answer{}, at: time.Date(2025, 9, 1, 0, 0, 0, 0, time.UTC), inventory: true, records: true,
		}
		for i := range 40 {
			d := p.devices[rapid.IntRange(0, len(p.devices)-1).Draw(t, "first")]
			h.devices[d.ID] = d
			if i%4 == 0 {
				n := rapid.IntRange(0, len(p.advisories)-1).Draw(t, "known")
				h.advisories[n] = p.advisory(n)
			}
		}
		for n := range p.sboms {
			h.sboms[n] = rapid.Bool().Draw(t, "with SBOM")
		}
		memo := assess.NewMemo()
		for range rapid.IntRange(2, 6).Draw(t, "steps") {
			what := h.change(t)
			in := h.inputs()
			without, err := assess.Run(context.Background(), in)
			if err != nil {
				t.Fatal(err)
			}
			in = h.inputs()
			in.Memo = memo
			with, err := assess.Run(context.Background(), in)
			if err != nil {
				t.Fatal(err)
			}
			same(t, what, without, with)
			h.last = with
			runs++
		}
	})
	if runs == 0 {
		t.Error("nothing was run")
	}
}

func same(t *rapid.T, what string, a, b *wardbook.Assessment) {
	x, err := json.Marshal(a, json.Deterministic(true))
	if err != nil {
		t.Fatal(err)
	}
	y, err := json.Marshal(b, json.Deterministic(true))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(x, y) {
		return
	}
	at := 0
	for at < min(len(x), len(y)) && x[at] == y[at] {
		at++
	}
	t.Fatalf("after %s they differ at %d:\nwithout: %s\nwith:    %s", what, at, x[max(0, at-400):min(len(x), at+300)], y[max(0, at-400):min(len(y), at+300)])
}
