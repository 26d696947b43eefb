package web

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/catalog"
	"github.com/wardbook/wardbook/internal/app"
	"github.com/wardbook/wardbook/internal/feed"
	"github.com/wardbook/wardbook/internal/store"
)

const (
	password = "correct horse battery"
	other    = "Other Hospital"
)

// A house is a server over a book with two organizations and one user of every
// role in the first.
type house struct {
	t         *testing.T
	store     *store.Store
	server    *Server
	h         http.Handler
	org       string
	stranger  string // organization that nobody of the first is in
	risk      string // id of a risk, and in the other organization
	otherRisk string
	document  string // SHA-256
	source    string // id of an inventory, and of the job that read it
	job       string
	question  string // ids of records
	decision  string
	workID    string // id of a line of a work list, and SHA-256 of a list that was filled in
	list      string
	sessions  map[string]string
	log       bytes.Buffer
	clock     time.Time
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, sessions: map[string]string{}, clock: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	now := func() time.Time { return h.clock }
	s, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "wardbook.db"), store.Clock(now))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	h.store = s
	folder, err := feed.Open(t.TempDir(), feed.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := folder.Add(feed.Source{ID: "kev", Kind: feed.KEV}); err != nil {
		t.Fatal(err)
	}
	h.server = New(s, Options{Clock: now, Feeds: app.NewFeeds(s, folder), Log: slog.New(slog.NewTextHandler(&h.log, nil))})
	h.h = h.server.Handler()
	h.org, h.stranger = wardbook.NewID(), wardbook.NewID()
	ev := wardbook.Event{Actor: "test", Action: "organization.create"}
	for id, name := range map[string]string{h.org: "St. Example", h.stranger: other} {
		if err := s.CreateOrganization(t.Context(), id, ev, wardbook.Organization{Name: name}); err != nil {
			t.Fatal(err)
		}
	}
	h.risk, h.document = h.fill(h.org, "SE-1", "Pump stops")
	h.otherRisk, _ = h.fill(h.stranger, "OT-1", "Other's secret risk")
	h.source, h.job = h.bring("cmms.csv", cmmsExport)
	h.bringWork()
	hash, err := s.HashPassword(t.Context(), password)
	if err != nil {
		t.Fatal(err)
	}
	h.update(store.System, func(tx *store.Tx) error {
		for _, who := range []string{"viewer", "analyst", "approver", "administrator", "nobody"} {
			if _, err := tx.Put(who, 0, wardbook.User{Name: "The " + who, Email: who + "@example.org"}); err != nil {
				return err
			}
			if err := tx.SetPassword(who, hash); err != nil {
				return err
			}
		}
		return nil
	})
	h.update(h.org, func(tx *store.Tx) error {
		_, err := tx.CreateToken(h.org, wardbook.Token{Name: "first", User: "viewer", Scopes: []string{wardbook.ScopeRead}})
		return err
	})
	for _, r := range wardbook.Roles {
		h.update(h.org, func(tx *store.Tx) error {
			_, err := tx.Put(string(r), 0, wardbook.Membership{User: string(r), Name: "The " + string(r), Roles: []wardbook.Role{r}})
			return err
		})
	}
	for _, who := range []string{"viewer", "analyst", "approver", "administrator", "nobody"} {
		key, _, err := s.StartSession(t.Context(), store.Session{User: who, Idle: time.Hour}, 24*time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		h.sessions[who] = key
	}
	return h
}

func (h *house) update(org string, fn func(*store.Tx) error) {
	h.t.Helper()
	if err := h.store.Update(h.t.Context(), org, wardbook.Event{Actor: "test", Action: "test.fill", Reason: "because"}, fn); err != nil {
		h.t.Fatal(err)
	}
}

// fill keeps an assessment of one device with one finding and one risk.
func (h *house) fill(org, device, title string) (risk, document string) {
	h.t.Helper()
	risk = wardbook.NewID()
	summary := `{"at":"2026-02-27","policy":{"sha256":"` + catalog.DefaultPolicyDigest() + `"},"summary":{"data_age":[{"source":"KEV","as_of":"2026-02-01","days":26},{"source":"EPSS","days":-1}],"unknowns":["no version of one device"]}}`
	h.update(org, func(tx *store.Tx) error {
		e, err := tx.AddEvidence(wardbook.Evidence{Name: "assessment.json"}, strings.NewReader(summary))
		if err != nil {
			return err
		}
		document = e.SHA256
		d := wardbook.Device{ID: device, Manufacturer: "Exampla", Model: "Infusia", Version: "1.0", Site: "North", Location: "ICU <1>", Product: "P-1"}
		if _, err := tx.ReconcileDevices("assessment", store.All([]wardbook.Device{d})); err != nil {
			return err
		}
		if _, err := tx.ReconcileProducts("assessment", []wardbook.Product{{ID: "P-1", Manufacturer: "Exampla", Name: "Infusia", Version: "1.0"}}); err != nil {
			return err
		}
		f := wardbook.Finding{ID: "F-1", Kind: wardbook.FindingAdvisory, Product: "P-1", Devices: []string{device}, Vulnerability: "CVE-2026-0001", Status: wardbook.Affected, Confidence: 1, Why: []wardbook.Step{{Step: "version", Detail: "1.0 is below 2.0"}}}
		if _, err := tx.ReconcileFindings("P-1", []wardbook.Finding{f}); err != nil {
			return err
		}
		e1 := wardbook.Evaluation{Severity: 5, Likelihood: 3, Level: "intolerable", Acceptable: wardbook.No, Why: []wardbook.Step{{Step: "severity", Detail: "sustains life"}}}
		_, err = tx.Put(risk, 0, wardbook.Risk{
			ID: "R-1", Title: title, State: wardbook.RiskProposed, Findings: []string{"F-1"}, Devices: []string{device}, Wards: []string{"North / ICU <1>"}, Product: "P-1",
			Safety: e1, Effectiveness: e1, Security: wardbook.Evaluation{}, Due: "2026-02-28", Action: "Update it", Options: []wardbook.ControlOption{{Kind: wardbook.Inherent, Text: "Update", Source: "A-1"}},
		})
		if err != nil {
			return err
		}
		question, decision := wardbook.NewID(), wardbook.NewID()
		if h.question == "" {
			h.question, h.decision = question, decision
		}
		asked := wardbook.Asked{Question: wardbook.Question{ID: "Q-1", Kind: wardbook.AskProduct, Key: "infusia = " + title, Text: "Is this Infusia that of " + title + "?", Choices: []string{"yes", "no"}, Findings: []string{"F-1"}}, State: wardbook.QuestionOpen, Since: "2026-02-27"}
		if asked.DeviceSet, asked.Affected, err = tx.KeepDeviceSet([]string{device}); err != nil {
			return err
		}
		if _, err := tx.Put(question, 0, asked); err != nil {
			return err
		}
		_, err = tx.Put(decision, 0, wardbook.Decision{
			State: wardbook.DecisionActive, Vulnerabilities: []string{"CVE-2026-0009"}, Subjects: []wardbook.StatementSubject{{Vendor: "Exampla", Name: title}}, Status: wardbook.NotAffected,
			Justification: wardbook.InlineMitigationsExist, Reason: "the port is closed", By: "test", At: time.Date(2026, 2, 27, 0, 0, 0, 0, time.UTC),
		})
		return err
	})
	err := h.store.Update(h.t.Context(), org, wardbook.Event{Actor: "test", Action: "assessment.keep", Target: "assessment/" + document}, func(tx *store.Tx) error {
		_, err := tx.AddEvidence(wardbook.Evidence{Name: "inventory.csv"}, strings.NewReader("a,b"))
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return risk, document
}

// ask sends a request as somebody; "" is who has not signed in.
func (h *house) ask(who, method, target string, form url.Values) *httptest.ResponseRecorder {
	h.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r := httptest.NewRequestWithContext(h.t.Context(), method, target, body)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if who != "" {
		r.AddCookie(&http.Cookie{Name: "wardbook", Value: h.sessions[who]})
	}
	if r.URL.Path == "/events" { // would stay open
		ctx, cancel := context.WithTimeout(r.Context(), 300*time.Millisecond)
		defer cancel()
		r = r.WithContext(ctx)
	}
	w := httptest.NewRecorder()
	h.h.ServeHTTP(w, r)
	return w
}

// target is a real address of a route.
func (h *house) target(pattern string) (method, target string) {
	method, target, _ = strings.Cut(pattern, " ")
	for from, to := range map[string]string{
		"/tokens/{id}": "/tokens/" + h.org, "/work/{id}": "/work/" + h.workID, "{state}": "done", "{list}": h.list, "/risks/{id}": "/risks/" + h.risk, "/inventory/{id}": "/inventory/SE-1", "/findings/{id}": "/findings/F-1",
		"/questions/{id}": "/questions/" + h.question, "/decisions/{id}": "/decisions/" + h.decision,
		"/inbox/{id}": "/inbox/CVE-2026-0001", "/products/{id}": "/products/P-1", "/vulnerabilities/{id}": "/vulnerabilities/CVE-2026-0001",
		"/settings/feeds/{id}": "/settings/feeds/kev",
		"/sources/{id}":        "/sources/" + h.source, "/jobs/{id}": "/jobs/" + h.job,
		"{sha256}": h.document, "{$}": "", "{digest}": assetsDigest, "{name}": "wardbook.css", "{key}": "nosuchkey",
	} {
		target = strings.ReplaceAll(target, from, to)
	}
	return method, target
}

// TestRoles walks every route with every role and without any.
func TestRoles(t *testing.T) {
	h := newHouse(t)
	for _, rt := range h.server.routes() {
		if strings.HasSuffix(rt.pattern, "/sign-out") {
			continue // ends the session of the walk; see TestSignIn
		}
		method, target := h.target(rt.pattern)
		for _, who := range []string{"", "nobody", "viewer", "analyst", "approver", "administrator"} {
			var form url.Values
			if method == http.MethodPost {
				form = url.Values{"id": {"no such"}, "organization": {h.org}}
			}
			w := h.ask(who, method, target, form)
			got, want := w.Code, "allowed"
			switch {
			case rt.who == open:
			case who == "":
				want = "sign in"
			case rt.who == signedIn:
			case who == "nobody", !rt.who.allows([]wardbook.Role{wardbook.Role(who)}): // TestRegisterRoles says who that is
				want = "refused"
			}
			is := "allowed"
			switch {
			case got == http.StatusForbidden:
				is = "refused"
			case got == http.StatusUnauthorized && rt.who != open, got == http.StatusSeeOther && strings.HasPrefix(w.Header().Get("Location"), "/sign-in"):
				is = "sign in"
			case got >= 500:
				is = "failed"
			case got == http.StatusNotFound && rt.who != open && rt.who != signedIn:
				is = "not found"
			}
			if is != want {
				t.Errorf("%s as %q: %d, %s; want %s", rt.pattern, who, got, is, want)
			}
		}
	}
	if strings.Contains(h.log.String(), "level=ERROR") {
		t.Errorf("the log:\n%s", h.log.String())
	}
}

func TestHeaders(t *testing.T) {
	h := newHouse(t)
	for _, target := range []string{"/", "/sign-in", "/risks", "/nope", "/healthz", asset("wardbook.css"), asset("main.js")} {
		w := h.ask("viewer", http.MethodGet, target, nil)
		csp := w.Header().Get("Content-Security-Policy")
		if !strings.Contains(csp, "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self';") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: CSP %q", target, csp)
		}
		if w.Header().Get("X-Content-Type-Options") != "nosniff" || w.Header().Get("X-Frame-Options") != "DENY" {
			t.Errorf("%s: headers %v", target, w.Header())
		}
		body := w.Body.String()
		if strings.HasPrefix(target, "/static/") {
			continue
		}
		body = strings.ReplaceAll(body, `<script type="module" src="`+asset("main.js")+`"></script>`, "")
		if strings.Contains(body, "<script") || strings.Contains(body, " style=") || strings.Contains(body, "<style") {
			t.Errorf("%s: inline script or style", target)
		}
	}
	if body := h.ask("viewer", http.MethodGet, "/inventory", nil).Body.String(); !strings.Contains(body, "ICU &lt;1&gt;") || strings.Contains(body, "ICU <1>") {
		t.Error("the name of a ward is not escaped")
	}
	doc := h.ask("viewer", http.MethodGet, "/evidence/"+h.document, nil)
	if !strings.HasPrefix(doc.Header().Get("Content-Disposition"), "attachment") || doc.Header().Get("Content-Type") != "application/octet-stream" {
		t.Errorf("a document could run here: %v", doc.Header())
	}
}

func TestCrossSite(t *testing.T) {
	h := newHouse(t)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/book/verify", nil)
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	r.AddCookie(&http.Cookie{Name: "wardbook", Value: h.sessions["viewer"]})
	w := httptest.NewRecorder()
	h.h.ServeHTTP(w, r)
	if w.Code != http.StatusForbidden {
		t.Errorf("a form of another site: %d", w.Code)
	}
	big := h.ask("", http.MethodPost, "/sign-in", url.Values{"email": {strings.Repeat("x", maxForm)}})
	if big.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("a form that is too large: %d", big.Code)
	}
}

// TestOtherOrganization: what belongs to another organization is not there.
func TestOtherOrganization(t *testing.T) {
	h := newHouse(t)
	for _, target := range []string{"/risks/" + h.otherRisk, "/inventory/OT-1"} {
		if w := h.ask("administrator", http.MethodGet, target, nil); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", target, w.Code)
		}
	}
	if w := h.ask("administrator", http.MethodPost, "/organization", url.Values{"organization": {h.stranger}}); w.Code != http.StatusNotFound {
		t.Errorf("going to another organization: %d", w.Code)
	}
	for _, rt := range h.server.routes() {
		method, target := h.target(rt.pattern)
		if method != http.MethodGet {
			continue
		}
		body := h.ask("administrator", method, target, nil).Body.String()
		for _, secret := range []string{other, "OT-1", "Other&#39;s secret", h.otherRisk, h.stranger} {
			if strings.Contains(body, secret) {
				t.Errorf("%s shows %q", target, secret)
			}
		}
	}
}

func TestAsOf(t *testing.T) {
	h := newHouse(t)
	h.clock = h.clock.AddDate(0, 1, 0)
	h.update(h.org, func(tx *store.Tx) error {
		r, err := store.Get[wardbook.Risk](tx, h.risk)
		if err != nil {
			return err
		}
		r.Value.Title = "Pump stops, revised"
		if _, err := tx.Put(h.risk, 1, r.Value); err != nil {
			return err
		}
		d, err := tx.Device("SE-1")
		if err != nil {
			return err
		}
		d.Value.Version = "2.0"
		_, err = tx.ReconcileDevices("assessment", store.All([]wardbook.Device{d.Value}))
		return err
	})
	key, _, err := h.store.StartSession(t.Context(), store.Session{User: "viewer", Idle: time.Hour}, 24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	h.sessions["viewer"] = key
	for _, c := range []struct{ target, has, not string }{
		{"/risks", "Pump stops, revised", ""},
		{"/risks?at=2026-03-05", "Pump stops<", "revised"},
		{"/risks/" + h.risk + "?at=2026-03-05", "revision 1", "revised"},
		{"/risks/" + h.risk, "revision 2", ""},
		{"/inventory/SE-1", "version: 1.0 → 2.0", ""},
		{"/inventory/SE-1?at=2026-03-05", "<dd>1.0</dd>", "2.0"},
		{"/?at=2020-01-01", "held no assessment", "Pump"},
		{"/?at=2026-03-05", "at=2026-03-05", "revised"},
		{"/", "Pump stops, revised", "as of 2026"},
	} {
		w := h.ask("viewer", http.MethodGet, c.target, nil)
		body := w.Body.String()
		if w.Code != http.StatusOK || !strings.Contains(body, c.has) || c.not != "" && strings.Contains(body, c.not) {
			t.Errorf("%s: %d, want %q and not %q", c.target, w.Code, c.has, c.not)
		}
	}
	for target, want := range map[string]int{"/risks?at=yesterday": 400, "/risks/" + h.risk + "?at=2020-01-01": 404} {
		if w := h.ask("viewer", http.MethodGet, target, nil); w.Code != want {
			t.Errorf("%s: %d, want %d", target, w.Code, want)
		}
	}
}

func TestPages(t *testing.T) {
	h := newHouse(t)
	for _, c := range []struct{ target, has string }{
		{"/", "Update it"}, {"/", "due 2026-02-28, overdue"}, {"/", "28 days old"}, {"/", "no version of one device"},
		{"/inventory?q=infusia+icu", "SE-1"}, {"/inventory?q=zzz", "No device fits."}, {"/inventory?class=unknown", "SE-1"},
		{"/inventory/SE-1", "CVE-2026-0001"}, {"/inventory/SE-1", "Pump stops"},
		{"/findings?status=affected", "CVE-2026-0001"}, {"/findings?status=fixed", "No finding fits."}, {"/findings/F-1", "1.0 is below 2.0"},
		{"/risks?key=safety&severity=5&likelihood=3", "Pump stops"}, {"/risks?key=safety&severity=1&likelihood=3", "No risk fits."},
		{"/risks?show=unknown&key=security", "Pump stops"}, {"/risks?show=unacceptable&key=security", "No risk fits."},
		{"/risks/" + h.risk, "sustains life"}, {"/book", "because"}, {"/evidence", "assessment.json"},
	} {
		if body := h.ask("viewer", http.MethodGet, c.target, nil).Body.String(); !strings.Contains(body, c.has) {
			t.Errorf("%s does not say %q", c.target, c.has)
		}
	}
	if body := h.ask("viewer", http.MethodPost, "/book/verify", nil).Body.String(); !strings.Contains(body, "The book is whole.") {
		t.Error("the book is not whole")
	}
}

func TestSignIn(t *testing.T) {
	h := newHouse(t)
	form := func(p string) url.Values {
		return url.Values{"email": {"viewer@example.org"}, "password": {p}, "next": {"//evil.example/x"}}
	}
	w := h.ask("", http.MethodPost, "/sign-in", form(password))
	c := w.Result().Cookies()
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/" || len(c) != 1 || !c[0].HttpOnly || c[0].SameSite != http.SameSiteLaxMode {
		t.Fatalf("sign-in: %d %v %v", w.Code, w.Header(), c)
	}
	h.sessions["again"] = c[0].Value
	if w := h.ask("again", http.MethodGet, "/", nil); w.Code != http.StatusOK {
		t.Errorf("signed in: %d", w.Code)
	}
	h.ask("again", http.MethodPost, "/sign-out", url.Values{})
	if w := h.ask("again", http.MethodGet, "/", nil); w.Code != http.StatusSeeOther {
		t.Errorf("signed out: %d", w.Code)
	}
	for range 9 {
		if w := h.ask("", http.MethodPost, "/sign-in", form("wrong password here")); w.Code != http.StatusUnauthorized {
			t.Errorf("a wrong password: %d", w.Code)
		}
	}
	if w := h.ask("", http.MethodPost, "/sign-in", form(password)); w.Code != http.StatusTooManyRequests {
		t.Errorf("after ten attempts: %d", w.Code)
	}
	if s := h.log.String(); strings.Contains(s, password) || strings.Contains(s, "viewer@") || strings.Contains(s, c[0].Value) {
		t.Error("a secret is in the log")
	}
}

func TestInvite(t *testing.T) {
	h := newHouse(t)
	invitation := url.Values{"name": {"New One"}, "email": {"new@example.org"}, "roles": {"analyst"}}
	lost := h.ask("administrator", http.MethodPost, "/members", invitation)
	_, old, _ := strings.Cut(lost.Body.String(), "/password/")
	old, _, _ = strings.Cut(old, "<")
	w := h.ask("administrator", http.MethodPost, "/members", invitation) // again: the link was lost
	if w := h.ask("", http.MethodGet, "/password/"+old, nil); w.Code != http.StatusNotFound {
		t.Errorf("the lost link still works: %d", w.Code)
	}
	_, key, ok := strings.Cut(w.Body.String(), "/password/")
	if !ok {
		t.Fatalf("no link: %d", w.Code)
	}
	key, _, _ = strings.Cut(key, "<")
	if w := h.ask("", http.MethodPost, "/password/"+key, url.Values{"password": {"short"}, "again": {"short"}}); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("a short password: %d", w.Code)
	}
	good := url.Values{"password": {password}, "again": {password}}
	w = h.ask("", http.MethodPost, "/password/"+key, good)
	if w.Code != http.StatusSeeOther {
		t.Fatalf("password: %d", w.Code)
	}
	h.sessions["new"] = w.Result().Cookies()[0].Value
	if w := h.ask("new", http.MethodGet, "/risks", nil); w.Code != http.StatusOK {
		t.Errorf("the new member: %d", w.Code)
	}
	if w := h.ask("", http.MethodPost, "/password/"+key, good); w.Code != http.StatusNotFound {
		t.Errorf("the link works twice: %d", w.Code)
	}
	if w := h.ask("administrator", http.MethodPost, "/members", invitation); w.Code != http.StatusSeeOther {
		t.Errorf("who has a password got another link: %d", w.Code)
	}
	if w := h.ask("administrator", http.MethodPost, "/members", url.Values{"name": {"New One"}, "email": {"new@example.org"}}); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("without a role: %d", w.Code)
	}
	self := url.Values{"name": {"The administrator"}, "email": {"Administrator@example.org"}, "roles": {"viewer"}}
	if w := h.ask("administrator", http.MethodPost, "/members", self); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("an administrator who gives up the role: %d", w.Code)
	}
	if strings.Contains(h.log.String(), key) {
		t.Error("the key of a link is in the log")
	}
}

// TestServer starts the real server on a new database and walks in: set-up
// link, first page, verification, the end.
func TestServer(t *testing.T) {
	s, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "wardbook.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx, stop := context.WithCancel(t.Context())
	started, ended := make(chan [2]string, 1), make(chan error, 1)
	go func() {
		ended <- New(s, Options{Listen: "127.0.0.1:0"}).Run(ctx, func(a, setup string) { started <- [2]string{a, setup} })
	}()
	var at [2]string
	select {
	case at = <-started:
	case err := <-ended:
		t.Fatal(err)
	}
	jar, _ := cookiejar.New(nil)
	client := &http.Client{Jar: jar, Timeout: 20 * time.Second}
	get := func(method, address string, form url.Values) (int, string) {
		t.Helper()
		req, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(b)
	}
	if code, body := get(http.MethodGet, at[1], nil); code != http.StatusOK || !strings.Contains(body, "Set up this installation") {
		t.Fatalf("set-up: %d", code)
	}
	first := url.Values{"name": {"Ana"}, "email": {"ana@example.org"}, "organization": {"St. Example"}, "password": {password}, "again": {password}}
	if code, body := get(http.MethodPost, at[1], first); code != http.StatusOK || !strings.Contains(body, "holds no assessment yet") {
		t.Fatalf("first page: %d", code)
	}
	if code, _ := get(http.MethodGet, at[1], nil); code != http.StatusNotFound {
		t.Errorf("the set-up link works twice: %d", code)
	}
	if code, body := get(http.MethodPost, at[0]+"/book/verify", nil); code != http.StatusOK || !strings.Contains(body, "The book is whole.") {
		t.Errorf("verify: %d", code)
	}
	if code, _ := get(http.MethodGet, at[0]+"/readyz", nil); code != http.StatusOK {
		t.Errorf("readyz: %d", code)
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("the end: %v", err)
	}
	if key, err := app.SetupLink(t.Context(), s); err == nil {
		if _, err := app.Setup(t.Context(), s, key, app.First{Name: "B", Email: "ana@example.org", Password: password}); err == nil {
			t.Error("a second user with the same address")
		}
	}
}
