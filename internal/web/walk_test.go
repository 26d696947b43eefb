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

	"github.com/google/go-cmp/cmp"

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

// firstStart: the link of the set-up, a password, the first files, a column
// that the program did not know, and the first answer down to a risk.
func (h *hospital) firstStart(p *browser.Tab) {
	p.Open(h.setup)
	p.Check()
	p.Fill("name", "Ana Ruiz")
	p.Fill("email", "ana@example.org")
	p.Fill("organization", "St. Example")
	p.Fill("password", password)
	p.Fill("again", "another password")
	p.Click("Set up and sign in")
	p.Wait("two passwords")
	p.Fill("password", password)
	p.Fill("again", password)
	p.Click("Set up and sign in")
	p.WaitPath("/")
	p.Wait("no assessment")
	p.Check()
	p.Click("Import")
	p.WaitPath("/import")
	p.Upload("Files", h.file("fleet-2026-03-01.csv", cmmsRegister), h.file("pump.cdx.json", pumpSBOM), h.file("tpm-1.json", pumpAdvisory("TPM-2026-01", "CVE-2026-10001", "Commands without a login")))
	p.Click("Import")
	p.WaitPath("/jobs/")
	h.waits(p)
	p.Check()
	p.Click("Look at it")
	p.WaitPath("/sources/")
	p.Wait("This waits for a person")
	p.Choose("Read Stand as", "version")
	p.Click("Read it so")
	p.WaitPath("/jobs/")
	h.waits(p)
	p.Click("Look at it")
	p.Wait("This waits for a person")
	var read string
	p.Eval(`[...document.querySelectorAll("select[name=field]")].map(x => x.value).join(" ")`, &read)
	if !strings.Contains(read, "model version ") {
		h.t.Errorf("the columns are read as %q", read)
	}
	p.Click("Apply")
	p.WaitPath("/jobs/")
	h.done(p)
	p.Open("/sources")
	for _, name := range []string{"fleet.csv", "TPM-2026-01", "CycloneDX 1.5 JSON"} {
		p.Wait(name)
	}
	p.Open("/")
	p.Wait("What to do first")
	if got := shown(p, "Devices"); got != "6" { // each row is one
		h.t.Errorf("Today counts %q devices", got)
	}
	p.Check()
	p.Click(textOf(p, ".work a.t"))
	p.WaitPath("/risks/")
	p.Wait("DripMaster 3000")
	p.Wait("Install 2.4.0")
	p.Check()
	h.whole(p)
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

// askedOnce: a question about a version is answered, and neither the same
// inventory nor one with another such device asks it again.
func (h *hospital) askedOnce(p *browser.Tab) {
	p.Open("/questions?kind=version")
	p.Click(textOf(p, "#main tbody a"))
	p.WaitPath("/questions/")
	p.Wait("P-3")
	p.Fill("Version", "2.1.0")
	p.Fill("How do you know?", "the type plate")
	p.Check()
	p.Click("Answer")
	p.Until("the questions again", func() bool { return p.Path() == "/questions" })
	h.settled(p)
	p.Open("/questions?kind=version")
	p.Wait("No question fits.")
	p.Open("/inventory/P-3")
	p.Wait("CVE-2026-10001")
	again := cmmsRegister + "P-5;Testpump Medical;DripMaster 3000;;Infusion pump;Main;Ward 5;Clinical;In use\n"
	h.bring(p, "", h.file("fleet-2026-03-02.csv", again))
	p.Open("/questions?kind=version")
	p.Wait("No question fits.")
	p.Open("/inventory/P-5")
	p.Wait("CVE-2026-10001")
	p.Open("/findings?q=P-5&status=possibly_affected")
	p.Wait("No finding fits.")
	h.whole(p)
}

// newAdvisory: an advisory arrives, waits in the inbox, is followed to the
// proof, is decided not to concern this hospital, and takes its risk along.
func (h *hospital) newAdvisory(p *browser.Tab) {
	const cve = "CVE-2026-10002"
	h.bring(p, "", h.file("tpm-2.json", pumpAdvisory("TPM-2026-02", cve, "Drug library can be changed")))
	p.Open("/inbox")
	p.Click("Drug library can be changed")
	p.WaitPath("/inbox?")
	p.Wait("Why it matches")
	p.Wait("Install 2.4.0")
	p.Check()
	p.Open(hrefOf(p, `.read-body a[href*="/findings/"]`))
	finding := p.Path()
	p.Wait("How we know")
	p.Wait("2.3")
	risk := hrefOf(p, `#main a[href*="/risks/"]`)
	if risk == "" {
		h.t.Fatal("the finding leads to no risk")
	}
	p.Open(risk)
	p.Wait(cve)
	p.Open(finding)
	p.Click("Not affected …")
	p.Tick("every version of the product")
	p.Fill("What it rests on", "the port of the library server is closed")
	p.Fill("Why", "our firewall closes the port")
	p.Click("Decide")
	p.Wait("choose why it is not affected")
	p.Check()
	p.Choose("Because", "inline mitigations already exist")
	p.Click("Decide")
	p.WaitPath("/decisions/")
	p.Wait("our firewall closes the port")
	h.settled(p)
	p.Open("/findings?vulnerability=" + cve + "&status=affected")
	p.Wait("No finding fits.")
	p.Open(finding)
	p.Wait("not affected")
	p.Wait("our firewall closes the port")
	p.Open(risk)
	p.Until("the risk to have gone or changed", func() bool {
		var findings string
		p.Eval(`document.querySelector("section[aria-labelledby=f]").innerText`, &findings)
		return strings.Contains(p.Text(), "nothing supports it") || !strings.Contains(findings, cve)
	})
	p.Open("/inbox")
	if strings.Contains(p.Text(), "Drug library can be changed") {
		h.t.Error("what is settled waits in the inbox still")
	}
	h.whole(p)
}

// twoPeople edit the date of one risk: the second is told, loses nothing, and
// saves over it; both revisions stay.
func (h *hospital) twoPeople(p, q *browser.Tab) {
	p.Open("/members")
	p.Fill("f-name", "Ben Okafor") // the list is searched by name too
	p.Fill("Mail address", "ben@example.org")
	p.Tick("analyst")
	p.Click("Invite")
	p.Wait("Give them this link")
	link := textOf(p, "#main .callout code")
	q.Open(strings.TrimPrefix(link, h.url))
	q.Fill("password", password)
	q.Fill("again", password)
	q.Click("Keep it and sign in")
	q.WaitPath("/")
	p.Open("/risks?show=open")
	p.Click(textOf(p, "#main tbody a[href*='/risks/']"))
	p.WaitPath("/risks/")
	risk, _, _ := strings.Cut(p.Path(), "?")
	p.Click("Confirm the proposal")
	p.Wait("The proposal is in the register now.")
	for _, tab := range []*browser.Tab{p, q} {
		tab.Open(risk)
		tab.Click("Due date")
		tab.WaitPath(risk + "?do=due")
	}
	p.Fill("Due", "2026-04-01")
	p.Fill("Why", "before the audit")
	p.Press("\r")
	p.Wait("The date is written.")
	q.Fill("Due", "2026-05-01")
	q.Fill("Why", "when the maker visits")
	q.Press("\r")
	q.Wait("Ana Ruiz saved revision")
	q.Wait("before the audit")
	q.Wait("Saved meanwhile: 2026-04-01")
	q.Check()
	var typed string
	q.Eval(`document.querySelector("#f-due").value + " " + document.querySelector("#f-reason").value`, &typed)
	if typed != "2026-05-01 when the maker visits" {
		h.t.Errorf("what was typed is %q now", typed)
	}
	q.Click("Save mine over it")
	q.Wait("The date is written.")
	for _, text := range []string{"due 2026-05-01", "before the audit", "when the maker visits", "2026-04-01"} {
		q.Wait(text)
	}
	h.whole(q)
}

// lastMonth: a month later with another device the book shows the numbers of
// that day as they were, and nothing that could be changed.
func (h *hospital) lastMonth(p *browser.Tab) {
	names := []string{"Inbox", "Unacceptable risks", "Overdue risks", "Affected", "Possibly affected", "Level unknown", "Devices"}
	numbers := func() (out []string) {
		for _, n := range names {
			out = append(out, n+" "+shown(p, n))
		}
		return out
	}
	p.Open("/")
	then := numbers()
	h.shift.Add(int64(31 * 24 * time.Hour))
	p.Open("/")
	p.WaitPath("/sign-in") // the session of last month has ended
	p.SignIn("ana@example.org", password)
	later := cmmsRegister + "P-5;Testpump Medical;DripMaster 3000;;Infusion pump;Main;Ward 5;Clinical;In use\nP-6;Testpump Medical;DripMaster 3000;2.1.0;Infusion pump;Main;Ward 6;Clinical;In use\n"
	h.bring(p, "", h.file("fleet-2026-04-02.csv", later))
	p.Open("/")
	now := numbers()
	if now[6] == then[6] {
		h.t.Errorf("a device more: %v", now)
	}
	p.Click("As of now")
	p.Fill("At the end of this day (UTC)", "2026-03-02")
	p.Click("Show")
	p.WaitPath("/?at=2026-03-02")
	p.Wait("Nothing here can be changed")
	if d := cmp.Diff(then, numbers()); d != "" {
		h.t.Errorf("last month is not as it was (- then, + as of):\n%s", d)
	}
	p.Check()
	for _, at := range []string{hrefOf(p, ".work a.t"), "/risks?at=2026-03-02", "/inbox?at=2026-03-02", "/questions?at=2026-03-02", "/decisions?at=2026-03-02", "/sources?at=2026-03-02", "/inventory?at=2026-03-02", "/inventory/P-1?at=2026-03-02", "/members?at=2026-03-02"} {
		p.Open(at)
		p.Wait("Nothing here can be changed")
		var forms int
		p.Eval(`document.querySelectorAll("main form[method=post]").length`, &forms)
		if forms > 0 {
			h.t.Errorf("%s: the past has %d forms", at, forms)
		}
	}
	p.Open("/inventory/P-6?at=2026-03-02")
	p.Wait("This did not work") // it was not there
	h.whole(p)
}

// TestWalks goes through the work of a hospital in a browser, from the first
// start on, on both engines and once more without scripts.
func TestWalks(t *testing.T) {
	b := browser.Start(t)
	walk := func(name string, screen browser.Screen, short bool, open func(*testing.T) *hospital) {
		t.Run(name, func(t *testing.T) {
			h := open(t)
			p := b.Tab(t, h.url, screen)
			began := time.Now()
			told := func(what string) {
				t.Logf("%s: %.1f s", what, time.Since(began).Seconds())
				began = time.Now()
			}
			h.firstStart(p)
			told("first start")
			if !short {
				h.askedOnce(p)
				told("asked once")
			}
			h.newAdvisory(p)
			told("new advisory")
			q := b.Tab(t, h.url, screen)
			h.twoPeople(p, q)
			told("two people")
			q.Quiet()
			if !short {
				h.lastMonth(p)
				told("last month")
			}
			p.Quiet()
		})
	}
	sqlite := func(t *testing.T) *hospital { return newHospital(t, filepath.Join(t.TempDir(), "wardbook.db")) }
	walk("sqlite", browser.Desk, false, sqlite)
	walk("sqlite without scripts", browser.Phone.WithoutScript(), false, sqlite)
	walk("postgres", browser.Desk, true, func(t *testing.T) *hospital {
		return newHospital(t, dbtest.Postgres(t), store.KeyFile(filepath.Join(t.TempDir(), "key")))
	})
}
