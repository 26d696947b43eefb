package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/catalog"
	"github.com/wardbook/wardbook/internal/dbtest"
	"github.com/wardbook/wardbook/internal/gather"
	"github.com/wardbook/wardbook/internal/store"
	"github.com/wardbook/wardbook/internal/vulndb"
)

// hospital is an organization under test, with what brings documents in.
type hospital struct {
	t      *testing.T
	s      *store.Store
	org    string
	living *Living
}

func newHospital(t *testing.T, s *store.Store) *hospital {
	t.Helper()
	h := &hospital{t: t, s: s, org: wardbook.NewID()}
	if err := s.CreateOrganization(t.Context(), h.org, wardbook.Event{Actor: "ana", Action: "organization.create"}, wardbook.Organization{Name: "North"}); err != nil {
		t.Fatal(err)
	}
	h.restart()
	return h
}

// restart forgets what is remembered, as a new process does.
func (h *hospital) restart() {
	cat, err := catalog.Load()
	if err != nil {
		h.t.Fatal(err)
	}
	h.living = NewLiving(h.s, cat, LivingOptions{Program: "wardbook test", Cache: vulndb.Cache{Dir: h.t.TempDir()}})
}

func (h *hospital) update(action string, fn func(tx *store.Tx) error) {
	h.t.Helper()
	if err := h.s.Update(h.t.Context(), h.org, wardbook.Event{Actor: "ana", Action: action}, fn); err != nil {
		h.t.Fatal(err)
	}
}

func (h *hospital) devices(inventory string, ds ...wardbook.Device) {
	h.t.Helper()
	h.update("inventory.import", func(tx *store.Tx) error {
		for i := range ds {
			if was, err := tx.Device(ds[i].ID); err == nil {
				keepAssessed(&ds[i], &was.Value)
			}
		}
		_, err := tx.ReconcileDevices(inventory, store.All(ds))
		return err
	})
}

// source brings a document in; empty text withdraws it.
func (h *hospital) source(kind wardbook.InputKind, name, text string) {
	h.t.Helper()
	h.update("source.import", func(tx *store.Tx) error {
		src := wardbook.Source{Kind: kind, Name: name, State: wardbook.SourceCurrent}
		old, err := tx.ByKey(src.RecordKind(), src.RecordKey())
		id := old.ID
		if err != nil {
			id = wardbook.NewID()
		}
		if text == "" {
			was, err := store.Decode[wardbook.Source](old)
			if err != nil {
				return err
			}
			src = was.Value
			src.State = wardbook.SourceWithdrawn
		} else {
			e, err := tx.AddEvidence(wardbook.Evidence{Name: name}, strings.NewReader(text))
			if err != nil {
				return err
			}
			src.SHA256, src.Size = e.SHA256, e.Size
		}
		_, err = tx.Put(id, old.Revision, src)
		return err
	})
}

func (h *hospital) record(r wardbook.Record) string {
	h.t.Helper()
	id := wardbook.NewID()
	h.recordAs(id, r)
	return id
}

func (h *hospital) recordAs(id string, r wardbook.Record) {
	h.t.Helper()
	h.update(r.RecordKind()+".add", func(tx *store.Tx) error { _, err := tx.Put(id, 0, r); return err })
}

func (h *hospital) assess(date string) *Assessed {
	h.t.Helper()
	at, err := time.Parse(time.DateOnly, date)
	if err != nil {
		h.t.Fatal(err)
	}
	out, err := h.living.Assess(h.t.Context(), h.org, wardbook.Event{Actor: System, Action: "assessment.make"}, at, nil)
	if err != nil {
		h.t.Fatal(err)
	}
	return out
}

func (h *hospital) view(fn func(tx *store.Tx) error) {
	h.t.Helper()
	if err := h.s.View(context.WithoutCancel(h.t.Context()), h.org, fn); err != nil {
		h.t.Fatal(err)
	}
}

// csaf is an advisory of a pump maker about versions below the given one.
func csaf(id, cve, below string) string {
	return fmt.Sprintf(`{"document": {"category": "csaf_security_advisory", "csaf_version": "2.0", "title": "Testpump DripMaster",
  "publisher": {"category": "vendor", "name": "Testpump Medical", "namespace": "https://testpump.example"},
  "tracking": {"id": %q, "status": "final", "version": "1", "initial_release_date": "2025-01-10T00:00:00Z", "current_release_date": "2025-01-10T00:00:00Z",
   "revision_history": [{"date": "2025-01-10T00:00:00Z", "number": "1", "summary": "first"}]}},
 "product_tree": {"branches": [{"category": "vendor", "name": "Testpump Medical", "branches": [{"category": "product_name", "name": "DripMaster 3000", "branches": [
   {"category": "product_version_range", "name": "< %s", "product": {"name": "Testpump Medical DripMaster 3000 < %s", "product_id": "P1"}}]}]}]},
 "vulnerabilities": [{"cve": %q, "title": "Commands without a login", "product_status": {"known_affected": ["P1"]},
   "remediations": [{"category": "vendor_fix", "details": "Install %s.", "product_ids": ["P1"], "url": "https://testpump.example/fix"}],
   "scores": [{"products": ["P1"], "cvss_v3": {"version": "3.1", "baseScore": 9.8, "baseSeverity": "CRITICAL", "vectorString": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}}]}]}`,
		id, below, below, cve, below)
}

func pump(id, version, ward, zone string) wardbook.Device {
	return wardbook.Device{ID: id, Manufacturer: "Testpump Medical", Model: "DripMaster 3000", Version: version, Type: "Infusion pump", Site: "Main", Location: ward, Zone: zone, Service: wardbook.InService}
}

func TestLivingThinSlice(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, s *store.Store) {
		h := newHospital(t, s)
		h.devices("cmms", pump("P-1", "2.1.0", "ICU", "Clinical"), pump("P-2", "2.4.0", "ICU", "Clinical"), pump("P-3", "", "Ward 4", "Office"))
		h.source(wardbook.InputAdvisory, "TPM-1", csaf("TPM-1", "CVE-2025-10001", "2.3"))
		got := h.assess("2025-06-01")
		if !got.Written || len(got.Findings.New) != 3 || got.Summary.DevicesAffected != 1 || got.Summary.DevicesPossibly != 1 || len(got.Questions.New) == 0 || len(got.Risks.New) == 0 || got.Devices != 3 {
			t.Fatalf("%+v", got)
		}
		if again := h.assess("2025-06-01"); again.Written {
			t.Errorf("nothing changed, but something was written: %+v", again)
		}
		next, err := gather.Decode(wardbook.InputAdvisory, "x.json", strings.NewReader(csaf("TPM-2", "CVE-2025-10002", "2.3")), gather.Options{})
		if err != nil {
			t.Fatal(err)
		}
		hits, err := h.living.Hits(t.Context(), h.org, next.Advisory)
		if err != nil || len(hits) != 3 {
			t.Errorf("%+v, %v", hits, err)
		}
		h.restart()
		if again := h.assess("2025-06-01"); again.Written {
			t.Errorf("after a restart nothing changed, but something was written: %+v", again)
		}
		h.view(func(tx *store.Tx) error {
			d, err := tx.Device("P-1")
			if err != nil || d.Value.Product == "" || d.Value.DeviceClass == "" {
				t.Errorf("%+v, %v", d.Value, err)
			}
			st, err := every[wardbook.Standing](tx, store.ListOptions{})
			if err != nil || len(st) != 1 || st[0].Value.Summary.Devices != 3 || len(st[0].Value.Inputs) != 1 {
				t.Errorf("%+v, %v", st, err)
			}
			qs, err := every[wardbook.Asked](tx, store.ListOptions{States: []string{"open"}})
			if err != nil || len(qs) == 0 {
				t.Fatalf("%+v, %v", qs, err)
			}
			for _, q := range qs {
				ids, err := tx.DeviceSet(q.Value.DeviceSet)
				if err != nil || len(ids) != q.Value.Affected {
					t.Errorf("%v, %v", ids, err)
				}
			}
			return nil
		})

		// The withdrawal of the advisory takes its findings back, and marks the risks.
		h.source(wardbook.InputAdvisory, "TPM-1", "")
		got = h.assess("2025-06-02")
		if len(got.Findings.Gone) != 3 || len(got.Risks.Gone) == 0 {
			t.Errorf("%+v", got)
		}
		h.source(wardbook.InputAdvisory, "TPM-1", csaf("TPM-1", "CVE-2025-10001", "2.3"))
		got = h.assess("2025-06-03")
		if len(got.Findings.Back) != 3 || len(got.Risks.New) != 0 || len(got.Risks.Changed) == 0 {
			t.Errorf("%+v", got)
		}
		h.view(func(tx *store.Tx) error {
			rs, err := every[wardbook.Risk](tx, store.ListOptions{})
			for _, r := range rs {
				if r.Value.Register != nil || r.Value.FirstSeen != "2025-06-01" {
					t.Errorf("%+v", r.Value)
				}
			}
			return err
		})
		if v, err := s.Verify(t.Context(), h.org, store.VerifyOptions{}); err != nil || !v.OK() {
			t.Errorf("%+v, %v", v, err)
		}
	})
}

// An own decision about one zone settles the finding of the devices there, and
// only of those; its end brings the finding back.
func TestLivingDecision(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, s *store.Store) {
		h := newHospital(t, s)
		h.devices("cmms", pump("P-1", "2.1.0", "ICU", "Clinical"), pump("P-2", "2.1.0", "ICU", "Isolated"), pump("P-3", "2.1.0", "Ward 4", "Isolated"))
		h.source(wardbook.InputAdvisory, "TPM-1", csaf("TPM-1", "CVE-2025-10001", "2.3"))
		h.assess("2025-06-01")
		h.record(wardbook.Decision{
			State: wardbook.DecisionActive, Vulnerabilities: []string{"CVE-2025-10001"}, Subjects: []wardbook.StatementSubject{{Vendor: "Testpump Medical", Name: "DripMaster 3000"}},
			Zones: []string{"isolated"}, Status: wardbook.NotAffected, Justification: wardbook.InlineMitigationsExist, Reason: "No route leads there.", Until: "2025-07-01", By: "ana", At: time.Date(2025, 6, 2, 9, 0, 0, 0, time.UTC),
		})
		got := h.assess("2025-06-02")
		if len(got.Findings.New) != 1 || len(got.Findings.Changed) != 1 || got.Summary.DevicesAffected != 1 {
			t.Fatalf("%+v", got)
		}
		h.view(func(tx *store.Tx) error {
			f, err := tx.Finding(got.Findings.New[0])
			if err != nil || f.Value.Status != wardbook.NotAffected || len(f.Value.Devices) != 2 || !strings.Contains(fmt.Sprint(f.Value.Why), "DEC-0001") {
				t.Errorf("%+v, %v", f.Value, err)
			}
			f, err = tx.Finding(got.Findings.Changed[0])
			if err != nil || f.Value.Status != wardbook.Affected || len(f.Value.Devices) != 1 || f.Value.Devices[0] != "P-1" {
				t.Errorf("%+v, %v", f.Value, err)
			}
			return nil
		})
		if got = h.assess("2025-07-02"); len(got.Findings.Gone) != 1 || got.Summary.DevicesAffected != 3 {
			t.Errorf("after its last day: %+v", got)
		}
	})
}

// Documents of feeds count for every organization, one of its own comes before.
func TestLivingFeeds(t *testing.T) {
	dir := t.TempDir()
	file := func(kind wardbook.InputKind, name, text string) FeedDocument {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256([]byte(text))
		return FeedDocument{Kind: kind, Name: name, Path: path, SHA256: hex.EncodeToString(sum[:]), Size: int64(len(text))}
	}
	kev := func(cve string) string {
		return `{"title":"KEV","catalogVersion":"2025.05.01","dateReleased":"2025-05-01T00:00:00Z","count":1,"vulnerabilities":[{"cveID":"` + cve + `","vendorProject":"x","product":"y","vulnerabilityName":"z","dateAdded":"2025-05-01","shortDescription":"s","requiredAction":"r","dueDate":"2025-05-22"}]}`
	}
	dbtest.Each(t, func(t *testing.T, s *store.Store) {
		h := newHospital(t, s)
		feeds := []FeedDocument{
			file(wardbook.InputAdvisory, "TPM-1.json", csaf("TPM-1", "CVE-2025-10001", "2.3")), file(wardbook.InputKEV, "kev.json", kev("CVE-2025-10001")),
			file(wardbook.InputVulnerabilities, "go.json", osv),
		}
		h.living.o.Feeds = func() ([]FeedDocument, error) { return feeds, nil }
		h.devices("cmms", pump("P-1", "2.1.0", "ICU", "Clinical"))
		h.source(wardbook.InputSBOM, "pump", sbomOf("2.1.0", "1.2.0"))
		got := h.assess("2025-06-01")
		if got.Summary.KnownExploited != 1 || len(got.Findings.New) != 2 {
			t.Errorf("%+v", got)
		}
		h.view(func(tx *store.Tx) error {
			st, err := every[wardbook.Standing](tx, store.ListOptions{})
			if err != nil || len(st) != 1 || len(st[0].Value.Feeds) != 3 || st[0].Value.Feeds[1].AsOf != "2025-05-01" {
				t.Errorf("%+v, %v", st, err)
			}
			return nil
		})
		h.source(wardbook.InputKEV, "KEV", kev("CVE-2025-99999"))
		if got = h.assess("2025-06-01"); got.Summary.KnownExploited != 0 {
			t.Errorf("the organization's own catalogue does not count: %+v", got)
		}
		feeds = feeds[1:]
		if got = h.assess("2025-06-01"); len(got.Findings.Gone) != 1 {
			t.Errorf("what no feed has any more still counts: %+v", got)
		}
	})
}

// Why a device is no finding: by the range of an advisory, by the version of a
// component, or because nothing names it. Where it is one, the finding tells.
func TestLivingWhyNot(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, s *store.Store) {
		h := newHospital(t, s)
		other := pump("O-1", "1.0", "ICU", "Clinical")
		other.Manufacturer, other.Model = "Samplewatch GmbH", "VitalView 7"
		h.devices("cmms", pump("P-1", "2.1.0", "ICU", "Clinical"), pump("P-2", "2.4.0", "ICU", "Clinical"), other)
		h.source(wardbook.InputAdvisory, "TPM-1", csaf("TPM-1", "CVE-2025-10001", "2.3"))
		h.source(wardbook.InputSBOM, "pump", sbomOf("2.1.0", "1.4.0"))
		h.source(wardbook.InputVulnerabilities, "go", osv)
		h.assess("2025-06-01")
		h.restart()
		why := func(vuln, device string) *Explanation {
			t.Helper()
			x, err := h.living.WhyNot(t.Context(), h.org, vuln, device)
			if err != nil {
				t.Fatal(err)
			}
			return x
		}
		if x := why("tpm-1", "P-1"); x.Absence != nil || len(x.Findings) != 1 || x.Findings[0].Status != wardbook.Affected {
			t.Errorf("%+v", x)
		}
		if x := why("CVE-2025-10001", "O-1"); x.Absence == nil || x.Absence.Documents != 1 || len(x.Absence.Nearest) == 0 {
			t.Errorf("%+v", x)
		}
		x := why("CVE-2025-20001", "P-1")
		if x.Absence == nil || len(x.Absence.Records) != 1 || len(x.Absence.SBOMs) != 1 || len(x.Absence.SBOMs[0].Held) != 1 || x.Absence.SBOMs[0].Held[0].Status != wardbook.NotAffected {
			t.Errorf("%+v", x.Absence)
		}
		if x := why("CVE-1999-1", "P-1"); x.Absence == nil || x.Absence.Told() {
			t.Errorf("%+v", x)
		}
		if _, err := h.living.WhyNot(t.Context(), h.org, "CVE-1999-1", "nobody"); !errors.Is(err, wardbook.ErrNotFound) {
			t.Error(err)
		}
	})
}

// What somebody changes while an assessment is made is in it; what is done to a
// risk meanwhile is not lost, and does not make it start again.
func TestLivingMoved(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, s *store.Store) {
		h := newHospital(t, s)
		h.devices("cmms", pump("P-1", "2.1.0", "ICU", "Clinical"))
		h.source(wardbook.InputAdvisory, "TPM-1", csaf("TPM-1", "CVE-2025-10001", "2.3"))
		runs := 0
		meanwhile := func(fn func()) *Assessed {
			t.Helper()
			runs = 0
			at := time.Date(2025, 6, 1, 0, 0, 0, 0, time.UTC)
			out, err := h.living.Assess(t.Context(), h.org, wardbook.Event{Actor: System, Action: "assessment.make"}, at, func(stage string, _, _ int) {
				if stage != "writing" {
					return
				}
				if runs++; runs == 1 {
					fn()
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			return out
		}
		out := meanwhile(func() { h.source(wardbook.InputAdvisory, "TPM-2", csaf("TPM-2", "CVE-2025-10002", "2.3")) })
		if runs != 2 || len(out.Findings.New) != 2 {
			t.Errorf("%d runs, %+v", runs, out)
		}
		h.source(wardbook.InputAdvisory, "TPM-3", csaf("TPM-3", "CVE-2025-10003", "2.3"))
		var edited wardbook.Risk
		out = meanwhile(func() {
			h.update("risk.assign", func(tx *store.Tx) error {
				risks, err := every[wardbook.Risk](tx, store.ListOptions{})
				if err != nil {
					return err
				}
				edited = risks[0].Value
				edited.Register = &wardbook.Register{Owner: "ana"}
				_, err = tx.Put(risks[0].ID, risks[0].Revision.Revision, edited)
				return err
			})
		})
		if runs != 1 || len(out.Findings.New) != 1 {
			t.Errorf("%d runs, %+v", runs, out)
		}
		h.view(func(tx *store.Tx) error {
			rev, err := tx.ByKey(edited.RecordKind(), edited.ID)
			if err != nil {
				return err
			}
			r, err := store.Decode[wardbook.Risk](rev)
			if err != nil || r.Value.Register == nil || r.Value.Register.Owner != "ana" {
				t.Errorf("the owner is lost: %+v, %v", r.Value.Register, err)
			}
			return nil
		})
	})
}

// A risk that people have decided keeps its values; what the program proposes
// now stands beside it, and devices and wards are those of now.
func TestLivingDecidedRisk(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, s *store.Store) {
		h := newHospital(t, s)
		h.devices("cmms", pump("P-1", "2.1.0", "Ward 4", "Clinical"))
		h.source(wardbook.InputAdvisory, "TPM-1", csaf("TPM-1", "CVE-2025-10001", "2.3"))
		out := h.assess("2025-06-01")
		id := out.Risks.New[0]
		var before store.Stored[wardbook.Risk]
		h.view(func(tx *store.Tx) (err error) { before, err = store.Get[wardbook.Risk](tx, id); return err })
		if err := Confirm(t.Context(), s, Edit{Organization: h.org, Actor: "ana", Roles: []wardbook.Role{wardbook.Analyst}, Risk: id, Revision: before.Revision.Revision}); err != nil {
			t.Fatal(err)
		}
		h.source(wardbook.InputKEV, "KEV", `{"title":"KEV","catalogVersion":"2025.06.01","dateReleased":"2025-06-01T00:00:00Z","count":1,"vulnerabilities":[{"cveID":"CVE-2025-10001","vendorProject":"x","product":"y","vulnerabilityName":"z","dateAdded":"2025-06-01","shortDescription":"s","requiredAction":"r","dueDate":"2025-06-22"}]}`)
		d := pump("P-2", "2.1.0", "ICU", "Office")
		d.LifeSupport = wardbook.Yes
		h.devices("cmms", pump("P-1", "2.1.0", "Ward 4", "Clinical"), d)
		h.assess("2025-06-02")
		h.view(func(tx *store.Tx) error {
			r, err := store.Get[wardbook.Risk](tx, id)
			if err != nil {
				return err
			}
			now, was := r.Value.Evaluations(), before.Value.Evaluations()
			if r.Value.State != wardbook.RiskEvaluated || now.Differs(&was) || len(r.Value.Devices) != 2 || len(r.Value.Wards) != 2 {
				t.Errorf("%+v", r.Value)
			}
			if r.Value.Register.Proposed == nil || !now.Differs(&r.Value.Register.Proposed.Evaluations) {
				t.Errorf("no other proposal stands beside it: %+v", r.Value.Register)
			}
			return nil
		})
	})
}

// Without an inventory each SBOM is a product of one device; the first inventory
// takes their place.
func TestLivingSBOMOnly(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, s *store.Store) {
		h := newHospital(t, s)
		h.source(wardbook.InputSBOM, "pump", sbomOf("2.1.0", "1.2.0"))
		h.source(wardbook.InputVulnerabilities, "go", osv)
		count := func() (n map[string]int64) {
			h.view(func(tx *store.Tx) (err error) { n, err = tx.CountDevices(); return err })
			return n
		}
		if got := h.assess("2025-06-01"); len(got.Findings.New) != 1 || got.Summary.DevicesAffected != 1 || count()[sbomInventory] != 1 {
			t.Errorf("%+v, %v", got, count())
		}
		if got := h.assess("2025-06-01"); got.Written {
			t.Errorf("nothing changed: %+v", got)
		}
		h.devices("cmms", pump("P-1", "2.1.0", "ICU", "Clinical"))
		if got := h.assess("2025-06-01"); got.Summary.Devices != 1 || count()[sbomInventory] != 0 || count()["cmms"] != 1 {
			t.Errorf("%+v, %v", got, count())
		}
	})
}
