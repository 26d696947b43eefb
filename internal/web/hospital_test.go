package web

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wardbook/wardbook/catalog"
	"github.com/wardbook/wardbook/internal/app"
	"github.com/wardbook/wardbook/internal/browser"
	"github.com/wardbook/wardbook/internal/dbtest"
	"github.com/wardbook/wardbook/internal/store"
	"github.com/wardbook/wardbook/internal/vulndb"
)

// A hospital is a new installation that answers browsers and does its jobs, as
// wardbook serve does.
type hospital struct {
	t      *testing.T
	store  *store.Store
	url    string
	setup  string       // path of the link that makes the first operator
	shift  atomic.Int64 // how far its clock is from that of the machine
	folder string       // of the files that people bring
	log    lockedBuffer
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func (h *hospital) now() time.Time { return time.Now().Add(time.Duration(h.shift.Load())) }

func newHospital(t *testing.T, dsn string, opts ...store.Option) *hospital {
	t.Helper()
	h := &hospital{t: t, folder: t.TempDir()}
	h.shift.Store(int64(time.Until(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC))))
	h.store = dbtest.Open(t, dsn, append(opts, store.Clock(h.now))...)
	cat, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(&h.log, nil))
	im := &app.Importer{Store: h.store, Catalog: cat, Limits: app.Limits{File: 16 << 20, Unpacked: 16 << 20}}
	living := app.NewLiving(h.store, cat, app.LivingOptions{Program: "wardbook test", Cache: vulndb.Cache{Dir: t.TempDir()}})
	server := New(h.store, Options{Clock: h.now, Log: log, Importer: im})
	worker := &app.Worker{Store: h.store, Log: log, Handlers: map[string]app.Handler{
		app.ImportJob: im.Import, app.DueJob: app.ReopenDue, app.AssessJob: living.Job(h.now),
	}}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	var working sync.WaitGroup
	working.Go(func() { worker.Run(ctx) })
	srv := httptest.NewServer(server.Handler())
	h.url = srv.URL
	t.Cleanup(func() {
		srv.CloseClientConnections()
		srv.Close()
		stop()
		working.Wait()
		if log := h.log.String(); strings.Contains(log, "level=ERROR") {
			t.Errorf("the log:\n%s", log)
		}
	})
	link, err := server.setupAddress(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	h.setup = link
	return h
}

// file writes a file that somebody brings.
func (h *hospital) file(name, text string) string {
	h.t.Helper()
	path := filepath.Join(h.folder, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		h.t.Fatal(err)
	}
	return path
}

// whole verifies the book as a person does.
func (h *hospital) whole(p *browser.Tab) {
	h.t.Helper()
	p.Open("/book")
	p.Click("Verify now")
	p.Wait("The book is whole.")
}

// bring imports files and waits until they are read and assessed.
func (h *hospital) bring(p *browser.Tab, newer string, paths ...string) {
	h.t.Helper()
	p.Open("/import")
	p.Upload("Files", paths...)
	if newer != "" {
		p.Choose("A newer export of", newer)
	}
	p.Tick("Show me the columns") // is ticked: nobody has to look at it again
	p.Click("Import")
	p.WaitPath("/jobs/")
	h.done(p)
}

// done waits on the page of an import until it is read and assessed. With
// scripts the page follows by itself.
func (h *hospital) done(p *browser.Tab) {
	h.t.Helper()
	p.Until("the assessment to be made", func() bool {
		text := p.Text()
		ready := strings.Contains(text, "What it means") && !strings.Contains(text, "queued") && !strings.Contains(text, "running")
		if !ready && p.NoScript() {
			h.again(p)
		}
		return ready
	})
}

// settled waits until no job is to be done.
func (h *hospital) settled(p *browser.Tab) {
	h.t.Helper()
	p.Open("/jobs")
	p.Until("all jobs to be done", func() bool {
		var busy bool
		p.Eval(`[...document.querySelectorAll("#main tbody .chip")].some(x => ["queued", "running"].includes(x.innerText))`, &busy)
		if busy {
			time.Sleep(100 * time.Millisecond)
			p.Open("/jobs")
		}
		return !busy
	})
}

// cmmsRegister is an export of an equipment database as they are: a title above the
// names of the columns, one of them in another language, makers spelled in more
// than one way, an empty row, a number that is there twice.
const cmmsRegister = "Equipment register St. Example;;;;;;;;\n;;;;;;;;\n" +
	"Asset No;Manufacturer;Model;Stand;Device Type;Site;Ward;Network Zone;Status\n" +
	"P-1;Testpump Medical Inc.;DripMaster 3000;2.1.0;Infusion pump;Main;ICU;Clinical;In use\n" +
	"P-2;TESTPUMP MEDICAL;Drip Master 3000;2.4.0;Infusion pump;Main;ICU;Clinical;In use\n" +
	"P-3;Testpump Medical;DripMaster 3000;;Infusion pump;Main;Ward 4;Clinical;In use\n;;;;;;;;\n" +
	"P-4;Testpump Medical;DripMaster 3000;2.1.0;Infusion pump;Main;Store;Clinical;Retired\n" +
	"M-1;Samplewatch GmbH;VitalView 7;1.0;Patient monitor;Main;ICU;Clinical;In use\n" +
	"M-1;Samplewatch GmbH;VitalView 7;1.1;Patient monitor;Main;ICU;Clinical;In use\n"

const pumpSBOM = `{"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
 "metadata": {"timestamp": "2026-01-01T00:00:00Z", "component": {"type": "device", "bom-ref": "pump", "supplier": {"name": "Testpump Medical"}, "name": "DripMaster 3000", "version": "2.1.0"}},
 "components": [{"type": "library", "bom-ref": "a", "name": "netlib", "version": "1.4.0", "purl": "pkg:npm/netlib@1.4.0"}],
 "dependencies": [{"ref": "pump", "dependsOn": ["a"]}]}`

// pumpAdvisory is an advisory of the maker of the pumps about versions below 2.3.
func pumpAdvisory(id, cve, title string) string {
	return fmt.Sprintf(`{"document": {"category": "csaf_security_advisory", "csaf_version": "2.0", "title": %[3]q,
  "publisher": {"category": "vendor", "name": "Testpump Medical", "namespace": "https://testpump.example"},
  "tracking": {"id": %[1]q, "status": "final", "version": "1", "initial_release_date": "2026-02-10T00:00:00Z", "current_release_date": "2026-02-10T00:00:00Z",
   "revision_history": [{"date": "2026-02-10T00:00:00Z", "number": "1", "summary": "first"}]}},
 "product_tree": {"branches": [{"category": "vendor", "name": "Testpump Medical", "branches": [{"category": "product_name", "name": "DripMaster 3000", "branches": [
   {"category": "product_version_range", "name": "< 2.3", "product": {"name": "Testpump Medical DripMaster 3000 < 2.3", "product_id": "P1"}}]}]}]},
 "vulnerabilities": [{"cve": %[2]q, "title": %[3]q, "product_status": {"known_affected": ["P1"]},
   "remediations": [{"category": "vendor_fix", "details": "Install 2.4.0.", "product_ids": ["P1"], "url": "https://testpump.example/fix"}],
   "scores": [{"products": ["P1"], "cvss_v3": {"version": "3.1", "baseScore": 9.8, "baseSeverity": "CRITICAL", "vectorString": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}}]}]}`, id, cve, title)
}

// shown is the number that a page shows under a heading of its numbers.
func shown(p *browser.Tab, name string) string {
	var n string
	p.Eval(fmt.Sprintf(`[...document.querySelectorAll(".metrics > *")].find(x => x.querySelector(".k")?.textContent === %q)?.querySelector(".v")?.textContent.trim() ?? ""`, name), &n)
	return n
}

// again looks again at a page about running work, as who has no scripts does.
func (h *hospital) again(p *browser.Tab) {
	h.t.Helper()
	if strings.Contains(p.Text(), "See how far it is now") {
		p.Click("See how far it is now")
	} else {
		p.Open(p.Path()) // it is done; what follows from it comes in a moment
	}
}

// waits waits on the page of an import until it asks for a person.
func (h *hospital) waits(p *browser.Tab) {
	h.t.Helper()
	p.Until("the inventory to wait", func() bool {
		ready := strings.Contains(p.Text(), "waits for a person")
		if !ready && p.NoScript() {
			h.again(p)
		}
		return ready
	})
}

// textOf is the text of the first element that a selector finds, hrefOf where
// it leads.
func textOf(p *browser.Tab, selector string) (text string) {
	p.Eval(fmt.Sprintf(`document.querySelector(%q)?.innerText.trim() ?? ""`, selector), &text)
	return text
}

func hrefOf(p *browser.Tab, selector string) (path string) {
	p.Eval(fmt.Sprintf(`document.querySelector(%q)?.getAttribute("href") ?? ""`, selector), &path)
	return path
}
