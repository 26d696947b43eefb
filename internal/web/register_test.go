package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/store"
)

// TestRegisterRoles: analysts say what a risk is and what is done, approvers
// accept, viewers and administrators have no part in it.
func TestRegisterRoles(t *testing.T) {
	h := newHouse(t)
	const analyst, approver = "analyst", "approver"
	may := map[string][]string{
		"confirm": {analyst}, "values": {analyst}, "dismiss": {analyst}, "treat": {analyst}, "take": {analyst}, "keep": {analyst},
		"accept": {approver}, "move": {analyst, approver}, "assign": {analyst, approver}, "due": {analyst, approver}, "reopen": {analyst, approver}, "comment": {analyst, approver},
	}
	for step, who := range may {
		for _, user := range []string{"viewer", analyst, approver, "administrator"} {
			w := h.ask(user, http.MethodPost, "/risks/"+h.risk+"/"+step, url.Values{"revision": {"99"}})
			refused := w.Code == http.StatusForbidden
			if want := !strings.Contains(" "+strings.Join(who, " ")+" ", " "+user+" "); refused != want {
				t.Errorf("%s as %s: %d, refused %v, want %v", step, user, w.Code, refused, want)
			}
		}
	}
	if n := h.revision(); n != 1 {
		t.Errorf("something was written: revision %d", n)
	}
	for user, want := range map[string][2]bool{"viewer": {false, false}, analyst: {true, false}, approver: {false, false}, "administrator": {false, false}} {
		body := h.ask(user, http.MethodGet, "/risks/"+h.risk, nil).Body.String()
		if got := strings.Contains(body, "Confirm the proposal</button>"); got != want[0] {
			t.Errorf("the page offers to confirm to %s: %v", user, got)
		}
		if got := strings.Contains(body, "/accept"); got != want[1] {
			t.Errorf("the page offers to accept to %s: %v", user, got)
		}
	}
	if body := h.ask("viewer", http.MethodGet, "/risks/"+h.risk, nil).Body.String(); strings.Contains(body, `method="post" action="/risks`) {
		t.Error("a viewer is offered a form")
	}
}

func (h *house) revision() int64 {
	h.t.Helper()
	return h.record().Revision.Revision
}

func (h *house) record() (r store.Stored[wardbook.Risk]) {
	h.t.Helper()
	if err := h.store.View(h.t.Context(), h.org, func(tx *store.Tx) (err error) {
		r, err = store.Get[wardbook.Risk](tx, h.risk)
		return err
	}); err != nil {
		h.t.Fatal(err)
	}
	return r
}

// do sends a form that starts from a revision, and fails the test when it is
// not answered with want.
func (h *house) do(who, path string, want int, pairs ...string) string {
	h.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	w := h.ask(who, http.MethodPost, path, form)
	if w.Code != want {
		h.t.Fatalf("%s as %s: %d, want %d\n%s", path, who, w.Code, want, strip(w.Body.String()))
	}
	return w.Body.String()
}

// strip keeps what a failure needs of a page.
func strip(page string) string {
	if i := strings.Index(page, "<main"); i >= 0 {
		page = page[i:]
	}
	return page[:min(len(page), 3000)]
}

var sameValues = []string{
	"safety/severity", "5", "safety/likelihood", "3", "safety/rationale", "", "effectiveness/severity", "5", "effectiveness/likelihood", "3", "effectiveness/rationale", "",
	"security/severity", "0", "security/likelihood", "0", "security/rationale", "", "reason", "",
}

// values are sameValues with some changed, from a revision.
func values(revision string, pairs ...string) []string {
	out := append([]string{"revision", revision}, sameValues...)
	for i := 0; i+1 < len(pairs); i += 2 {
		for j := 0; j+1 < len(out); j += 2 {
			if out[j] == pairs[i] {
				out[j+1] = pairs[i+1]
			}
		}
	}
	return out
}

// TestRegisterWalk takes a proposal through the pages to its acceptance.
func TestRegisterWalk(t *testing.T) {
	h := newHouse(t)
	page := "/risks/" + h.risk
	// A value that differs needs a reason; what was typed stays.
	body := h.do("analyst", page+"/values", http.StatusUnprocessableEntity, values("1", "safety/severity", "2")...)
	if !strings.Contains(body, "say why the values of safety are others") || !strings.Contains(body, `value="2" selected`) {
		t.Error("the fault is not told, or what was typed is lost")
	}
	h.do("analyst", page+"/values", http.StatusSeeOther, values("1", "safety/severity", "2", "safety/rationale", "A nurse <is> there", "effectiveness/severity", "2", "effectiveness/rationale", "spare pumps",
		"security/severity", "2", "security/likelihood", "2", "security/rationale", "own segment")...)
	if r := h.record(); r.Value.State != wardbook.RiskEvaluated || r.Value.Safety.Level != "medium" || r.Action != "risk.estimate" || r.Actor != "analyst" {
		t.Fatalf("%s %s by %s: %s", r.Value.State, r.Value.Safety.Level, r.Actor, r.Action)
	}
	body = h.ask("approver", http.MethodGet, page+"?do=accept", nil).Body.String()
	for _, has := range []string{"A nurse &lt;is&gt; there", "The analyst estimated", "5 Catastrophic", "In whose name", "System owner together with the risk lead"} {
		if !strings.Contains(body, has) {
			t.Errorf("the page does not say %q", has)
		}
	}
	h.do("analyst", page+"/accept", http.StatusForbidden, "revision", "2")
	body = h.do("approver", page+"/accept", http.StatusUnprocessableEntity, "revision", "2", "reason", "fine", "until", "2026-09-01")
	if !strings.Contains(body, "say that you accept in that name") || !strings.Contains(body, "fine") {
		t.Error("accepted in nobody's name")
	}
	h.do("approver", page+"/accept", http.StatusSeeOther, "revision", "2", "reason", "fine", "until", "2026-03-20", "authority", "System owner together with the risk lead")
	if r := h.record(); r.Value.State != wardbook.RiskAccepted || r.Value.Register.AcceptedUntil != "2026-03-20" {
		t.Fatalf("%s %+v", r.Value.State, r.Value.Register)
	}
	h.do("analyst", page+"/comment", http.StatusSeeOther, "text", "Tell the <b>ward</b>")
	h.do("analyst", page+"/comment", http.StatusUnprocessableEntity, "text", " ")
	h.do("approver", page+"/assign", http.StatusSeeOther, "revision", "3", "owner", "analyst")
	body = h.ask("analyst", http.MethodGet, page, nil).Body.String()
	for _, has := range []string{"Tell the &lt;b&gt;ward&lt;/b&gt;", "owner The analyst", "accepted until 2026-03-20", "in the name of System owner", "Open again", "is reopened before its values change"} {
		if !strings.Contains(body, has) {
			t.Errorf("the page does not say %q", has)
		}
	}
	for target, has := range map[string]string{
		"/risks?show=ending": "Pump stops", "/risks?owner=me&show=open": "Pump stops", "/risks?state=accepted": "Pump stops", "/risks?state=proposed": "No risk fits.",
		"/risks?show=overdue": "No risk fits.", "/risks?owner=none": "No risk fits.", "/risks?show=gone": "No risk fits.", "/": "Acceptance ends",
		page + "?at=2026-02-28": "There is nothing at this address",
	} {
		if body := h.ask("analyst", http.MethodGet, target, nil).Body.String(); !strings.Contains(body, has) && !strings.Contains(body, "was not there") {
			t.Errorf("%s does not say %q", target, has)
		}
	}
	if body := h.ask("analyst", http.MethodPost, "/book/verify", nil).Body.String(); !strings.Contains(body, "The book is whole.") {
		t.Error("the book is not whole")
	}
}

// TestTwoPeople edit the same risk: the second is shown what the first wrote
// beside what they typed, and can write it over the newest.
func TestTwoPeople(t *testing.T) {
	h := newHouse(t)
	page := "/risks/" + h.risk
	h.do("analyst", page+"/due", http.StatusSeeOther, "revision", "1", "due", "2026-04-01", "reason", "the service window")
	body := h.do("approver", page+"/due", http.StatusConflict, "revision", "1", "due", "2026-05-05", "reason", "the budget comes in May")
	for _, has := range []string{"The analyst saved revision 2", "the service window", `value="2026-05-05"`, "2026-04-01", "the budget comes in May", `name="revision" value="2"`, "Save mine over it", "<td>Due</td>"} {
		if !strings.Contains(body, has) {
			t.Errorf("the page of the conflict does not say %q", has)
		}
	}
	if r := h.record(); r.Revision.Revision != 2 || r.Value.Due != "2026-04-01" {
		t.Errorf("revision %d, due %s", r.Revision.Revision, r.Value.Due)
	}
	h.do("approver", page+"/due", http.StatusSeeOther, "revision", "2", "due", "2026-05-05", "reason", "the budget comes in May")
	if r := h.record(); r.Revision.Revision != 3 || r.Value.Due != "2026-05-05" {
		t.Errorf("revision %d, due %s", r.Revision.Revision, r.Value.Due)
	}
	// Steps that write what they find behave alike.
	h.do("analyst", page+"/confirm", http.StatusConflict, "revision", "2")
	h.do("analyst", page+"/values", http.StatusConflict, values("2", "safety/severity", "2", "safety/rationale", "a nurse is there")...)
	if body := h.ask("viewer", http.MethodGet, page, nil).Body.String(); !strings.Contains(body, "<del>2026-04-01</del>") || !strings.Contains(body, "<ins>2026-05-05</ins>") {
		t.Error("the history does not say what changed")
	}
}

// TestManyRisks: what is ticked is shown once more, all of it is done or none.
func TestManyRisks(t *testing.T) {
	h := newHouse(t)
	tick := h.risk + ".1"
	body := h.do("analyst", "/risks/many/confirm", http.StatusOK, "id", tick, "back", "/risks?show=open")
	if !strings.Contains(body, "Confirm 1 risk") || !strings.Contains(body, "Pump stops") || !strings.Contains(body, `value="/risks?show=open"`) {
		t.Error("it is not asked once more")
	}
	h.do("viewer", "/risks/many/confirm", http.StatusForbidden, "id", tick, "sure", "yes")
	h.do("approver", "/risks/many/dismiss", http.StatusForbidden, "id", tick, "sure", "yes")
	h.do("analyst", "/risks/many/dismiss", http.StatusUnprocessableEntity, "id", tick, "sure", "yes")
	body = h.do("analyst", "/risks/many/confirm", http.StatusNotFound, "id", h.otherRisk+".1", "id", tick, "sure", "yes")
	if strings.Contains(body, "Other&#39;s secret") || h.revision() != 1 {
		t.Error("a risk of another organization")
	}
	h.do("analyst", "/risks/many/confirm", http.StatusSeeOther, "id", tick, "sure", "yes")
	body = h.do("analyst", "/risks/many/confirm", http.StatusUnprocessableEntity, "id", tick, "sure", "yes")
	if !strings.Contains(body, "Nothing was done") || !strings.Contains(body, "only proposals are confirmed") {
		t.Error("a second time it is not told why not")
	}
	h.do("approver", "/risks/many/assign", http.StatusSeeOther, "id", h.risk+".2", "sure", "yes", "owner", "analyst")
	if r := h.record(); r.Value.Register.Owner != "analyst" || r.Action != "risk.assign" {
		t.Errorf("%+v", r.Value.Register)
	}
}

// TestNewerProposal: what the program proposes after people decided is shown and
// taken or not, and never written over theirs.
func TestNewerProposal(t *testing.T) {
	h := newHouse(t)
	page := "/risks/" + h.risk
	h.do("analyst", page+"/confirm", http.StatusSeeOther, "revision", "1")
	h.update(h.org, func(tx *store.Tx) error {
		r, err := store.Get[wardbook.Risk](tx, h.risk)
		if err != nil {
			return err
		}
		next := r.Value
		next.Safety.Severity, next.Safety.Likelihood, next.Safety.Level = 4, 2, "medium"
		_, err = tx.Put(h.risk, 2, r.Value.Reassessed(next, "2026-03-01"))
		return err
	})
	if r := h.record(); r.Value.Safety.Severity != 5 {
		t.Error("the program wrote over what people decided")
	}
	body := h.ask("analyst", http.MethodGet, page, nil).Body.String()
	for _, has := range []string{"safety severity 4 instead of 5", "Proposed now", "Take the newer values", "Keep ours"} {
		if !strings.Contains(body, has) {
			t.Errorf("the page does not say %q", has)
		}
	}
	if body := h.ask("analyst", http.MethodGet, "/", nil).Body.String(); !strings.Contains(body, "Changed since decided") {
		t.Error("Today does not say so")
	}
	h.do("analyst", page+"/keep", http.StatusUnprocessableEntity, "revision", "3")
	h.do("analyst", page+"/take", http.StatusSeeOther, "revision", "3")
	if r := h.record(); r.Value.Safety.Level != "medium" || r.Value.Register.Initial.Safety.Severity != 5 {
		t.Errorf("taken: %+v", r.Value.Safety)
	}
	if body := h.ask("analyst", http.MethodGet, "/risks", nil).Body.String(); !strings.Contains(body, "1 risk from severity 5, likelihood 3 to severity 4, likelihood 2") {
		t.Error("no arrow leads from the first to the current values")
	}
}
