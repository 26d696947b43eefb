package app

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/dbtest"
	"github.com/wardbook/wardbook/internal/store"
)

// state is what the book says of the present, without what tells one book from
// another.
type state struct {
	Devices    []wardbook.Device
	Products   []wardbook.Product
	Components []string
	Findings   []wardbook.Finding
	Risks      []wardbook.Risk
	Questions  []wardbook.Asked
	Summary    wardbook.Summary
}

func (h *hospital) state() state {
	h.t.Helper()
	var s state
	h.view(func(tx *store.Tx) error {
		for d, err := range tx.EachDevice("") {
			if err != nil {
				return err
			}
			d.Value.Place = ""
			s.Devices = append(s.Devices, d.Value)
		}
		products, err := tx.Products(store.FactOptions{Limit: 1000})
		if err != nil {
			return err
		}
		for _, p := range products.Items {
			s.Products = append(s.Products, p.Value)
		}
		for c, err := range tx.EachComponent("") {
			if err != nil {
				return err
			}
			s.Components = append(s.Components, c.Group+" "+c.Value.Key())
		}
		var ids []string
		for f, err := range tx.EachFinding("") {
			if err != nil {
				return err
			}
			ids = append(ids, f.Value.ID)
		}
		for _, id := range ids {
			f, err := tx.Finding(id)
			if err != nil {
				return err
			}
			s.Findings = append(s.Findings, f.Value)
		}
		risks, err := every[wardbook.Risk](tx, store.ListOptions{})
		if err != nil {
			return err
		}
		for _, r := range risks {
			if g := r.Value.Register; g == nil || g.Gone == "" {
				s.Risks = append(s.Risks, r.Value)
			}
		}
		questions, err := every[wardbook.Asked](tx, store.ListOptions{States: []string{string(wardbook.QuestionOpen)}})
		if err != nil {
			return err
		}
		for _, q := range questions {
			s.Questions = append(s.Questions, q.Value)
		}
		standing, err := every[wardbook.Standing](tx, store.ListOptions{})
		if err == nil && len(standing) == 1 {
			s.Summary = standing[0].Value.Summary
		}
		return err
	})
	slices.SortFunc(s.Devices, func(a, b wardbook.Device) int { return strings.Compare(a.ID, b.ID) })
	slices.SortFunc(s.Products, func(a, b wardbook.Product) int { return strings.Compare(a.ID, b.ID) })
	slices.Sort(s.Components)
	slices.SortFunc(s.Findings, func(a, b wardbook.Finding) int { return strings.Compare(a.ID, b.ID) })
	slices.SortFunc(s.Risks, func(a, b wardbook.Risk) int { return strings.Compare(a.ID, b.ID) })
	slices.SortFunc(s.Questions, func(a, b wardbook.Asked) int { return strings.Compare(a.ID, b.ID) })
	return s
}

// sbomOf is an SBOM of the pump with a library in the given version.
func sbomOf(version, lib string) string {
	return fmt.Sprintf(`{"bomFormat":"CycloneDX","specVersion":"1.5","version":1,"metadata":{"component":{"bom-ref":"p","type":"firmware","supplier":{"name":"Testpump Medical"},"name":"DripMaster 3000","version":%q}},
 "components":[{"bom-ref":"a","type":"library","name":"leftpad","version":%q,"purl":"pkg:golang/example.com/leftpad@%s"},{"bom-ref":"b","type":"library","name":"other","version":"1.0.0","purl":"pkg:golang/example.com/other@1.0.0"}]}`, version, lib, lib)
}

const osv = `{"id":"GO-2025-1","modified":"2025-02-01T00:00:00Z","aliases":["CVE-2025-20001"],"summary":"leftpad pads too much","severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"}],
 "affected":[{"package":{"ecosystem":"Go","name":"example.com/leftpad"},"ranges":[{"type":"SEMVER","events":[{"introduced":"0"},{"fixed":"1.3.0"}]}]}]}`

const openVEX = `{"@context":"https://openvex.dev/ns/v0.2.0","@id":"https://testpump.example/vex-1","author":"Testpump Medical","timestamp":"2025-03-01T00:00:00Z","version":1,
 "statements":[{"vulnerability":{"name":"CVE-2025-20001"},"products":[{"@id":"pkg:golang/example.com/leftpad@1.2.0"}],"status":"not_affected","justification":"vulnerable_code_not_in_execute_path"}]}`

func decisionID(n int) string { return fmt.Sprintf("0198d000-0000-7000-8000-%012d", n) }

// told is what is in an organization's book, to be written into another one
// at once.
type told struct {
	devices   map[string]wardbook.Device
	sources   map[string]string // kind and name → text
	answers   map[string]wardbook.Answer
	decisions []wardbook.Decision
}

// change makes one change of many, in the book and in what is told.
func (h *hospital) change(r *rand.Rand, w *told) {
	h.t.Helper()
	source := func(kind wardbook.InputKind, name string, texts ...string) {
		key := string(kind) + "/" + name
		text := texts[r.IntN(len(texts))]
		if w.sources[key] == text || w.sources[key] != "" && r.IntN(3) == 0 {
			text = ""
		}
		if text == "" && w.sources[key] == "" {
			return
		}
		h.source(kind, name, text)
		w.sources[key] = text
	}
	switch r.IntN(9) {
	case 0, 1:
		id := fmt.Sprintf("P-%d", r.IntN(8))
		if _, ok := w.devices[id]; ok && r.IntN(3) == 0 {
			delete(w.devices, id)
		} else {
			w.devices[id] = pump(id, []string{"2.1.0", "2.4.0", "", "3.0"}[r.IntN(4)], []string{"ICU", "Ward 4"}[r.IntN(2)], []string{"Clinical", "Isolated"}[r.IntN(2)])
		}
		h.devices("cmms", w.list()...)
	case 2, 3:
		n := r.IntN(3)
		source(wardbook.InputAdvisory, fmt.Sprintf("TPM-%d", n), csaf(fmt.Sprintf("TPM-%d", n), fmt.Sprintf("CVE-2025-1000%d", n), "2.3"), csaf(fmt.Sprintf("TPM-%d", n), fmt.Sprintf("CVE-2025-1000%d", n), "3.0"))
	case 4:
		source(wardbook.InputSBOM, "pump", sbomOf("2.1.0", "1.2.0"), sbomOf("2.4.0", "1.2.0"), sbomOf("2.1.0", "1.4.0"))
	case 5:
		source(wardbook.InputVulnerabilities, "go", osv)
	case 6:
		source(wardbook.InputVEX, "vex-1", openVEX)
	case 7:
		if open := h.state().Questions; len(open) > 0 {
			q := open[r.IntN(len(open))]
			a := wardbook.Answer{Kind: q.Kind, Key: q.Key, Answer: "2.1.0"}
			if len(q.Choices) > 0 {
				a.Answer = q.Choices[r.IntN(len(q.Choices))]
			}
			h.record(a)
			w.answers[a.RecordKey()] = a
		}
	case 8:
		if len(w.decisions) > 1 {
			return
		}
		d := wardbook.Decision{State: wardbook.DecisionActive, Vulnerabilities: []string{fmt.Sprintf("CVE-2025-1000%d", r.IntN(3))}, Subjects: []wardbook.StatementSubject{{Vendor: "Testpump Medical", Name: "DripMaster 3000"}},
			Wards: [][]string{nil, {"Main / ICU"}}[r.IntN(2)], Status: wardbook.NotAffected, Reason: "not in use", By: "ana", At: time.Date(2025, 4, 1+len(w.decisions), 0, 0, 0, 0, time.UTC)}
		h.recordAs(decisionID(len(w.decisions)), d)
		w.decisions = append(w.decisions, d)
	}
}

func (w *told) list() []wardbook.Device {
	var out []wardbook.Device
	for _, d := range w.devices {
		out = append(out, d)
	}
	slices.SortFunc(out, func(a, b wardbook.Device) int { return strings.Compare(a.ID, b.ID) })
	return out
}

// What an organization's book holds after many changes, each with its
// assessment, is what one assessment of the same things writes into a fresh book.
func TestLivingEqualsFresh(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, s *store.Store) {
		for seed := range uint64(3) {
			r := rand.New(rand.NewPCG(seed, 7))
			h := newHospital(t, s)
			w := &told{devices: map[string]wardbook.Device{}, sources: map[string]string{}, answers: map[string]wardbook.Answer{}}
			w.devices["P-0"] = pump("P-0", "2.1.0", "ICU", "Clinical")
			h.devices("cmms", w.list()...)
			h.source(wardbook.InputAdvisory, "TPM-9", csaf("TPM-9", "CVE-2025-10009", "2.3"))
			w.sources["advisory/TPM-9"] = csaf("TPM-9", "CVE-2025-10009", "2.3")
			for n := range 14 {
				h.change(r, w)
				if n == 7 {
					h.restart()
				}
				h.assess("2025-06-01")
			}

			fresh := newHospital(t, s)
			fresh.devices("cmms", w.list()...)
			for key, text := range w.sources {
				if kind, name, _ := strings.Cut(key, "/"); text != "" {
					fresh.source(wardbook.InputKind(kind), name, text)
				}
			}
			for _, a := range w.answers {
				fresh.record(a)
			}
			for i, d := range w.decisions {
				fresh.recordAs(decisionID(i), d)
			}
			fresh.assess("2025-06-01")
			a, b := h.state(), fresh.state()
			if diff := cmp.Diff(b, a); diff != "" {
				t.Fatalf("seed %d: fresh (-) and living (+) differ:\n%s", seed, diff[:min(len(diff), 4000)])
			}
			if len(a.Findings) == 0 || len(a.Risks) == 0 {
				t.Errorf("seed %d tests little: %d findings, %d risks", seed, len(a.Findings), len(a.Risks))
			}
			if again := h.assess("2025-06-01"); again.Written {
				t.Errorf("seed %d: nothing changed, but something was written: %+v", seed, again)
			}
			for _, x := range []*hospital{h, fresh} {
				if v, err := s.Verify(t.Context(), x.org, store.VerifyOptions{}); err != nil || !v.OK() {
					t.Errorf("seed %d: %+v, %v", seed, v, err)
				}
			}
			var book bytes.Buffer
			if err := s.Export(t.Context(), h.org, &book); err != nil {
				t.Fatal(err)
			}
			if v, err := store.VerifyExport(&book, store.VerifyOptions{}); err != nil || !v.OK() {
				t.Errorf("seed %d: the exported book: %+v, %v", seed, v, err)
			}
		}
	})
}
