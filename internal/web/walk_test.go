package web

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wardbook/wardbook/internal/browser"
	"github.com/wardbook/wardbook/internal/dbtest"
	"github.com/wardbook/wardbook/internal/store"
)

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
