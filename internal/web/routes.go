package web

import (
	"net/http"
	"slices"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/store"
)

// access says who may use a route.
type access int

const (
	open     access = iota // anybody
	signedIn               // who has signed in, a member or not
	member                 // any role in the organization that the session works in
	admin                  // administrators of it
	analyst                // who imports, answers, estimates
	approver               // who accepts
	decider                // analysts and approvers
	importer               // who brings documents: all but viewers
	operator               // who runs the installation, a member of an organization or not
)

// allows reports whether a member with these roles may.
func (a access) allows(roles []wardbook.Role) bool {
	m := wardbook.Membership{Roles: roles}
	switch a {
	case member:
		return m.Has(wardbook.Roles...)
	case admin:
		return m.Has(wardbook.Administrator)
	case analyst:
		return m.Has(wardbook.Analyst)
	case approver:
		return m.Has(wardbook.Approver)
	case decider:
		return m.Has(wardbook.Analyst, wardbook.Approver)
	case importer:
		return m.Has(wardbook.Analyst, wardbook.Approver, wardbook.Administrator)
	case operator:
		return false // no role makes one: see request.may
	}
	return true
}

// A route is one line of the server: what it is, who may, and what answers.
// read makes a page out of one moment of the organization; do does all else.
type route struct {
	pattern string
	who     access
	page    string // template of read
	read    func(*request, *store.Tx) (any, error)
	do      func(*request) error
	long    bool // sends a file
	upload  bool // takes files in
}

// routes lists all addresses of the server. Pages that belong together have a
// list of their own, beside their code; it is named here.
func (s *Server) routes() []route {
	return slices.Concat(s.doorRoutes(), s.accountRoutes(), s.bookRoutes(), s.riskRoutes(), s.questionRoutes(), s.decisionRoutes(), s.workRoutes(), s.notificationRoutes(), s.inboxRoutes(), s.productRoutes(), s.importRoutes(), s.settingsRoutes(), s.policyRoutes(), s.conformityRoutes(), s.apiRoutes())
}

func (s *Server) doorRoutes() []route {
	return []route{
		{pattern: "GET /healthz", who: open, do: s.healthz},
		{pattern: "GET /readyz", who: open, do: s.readyz},
		{pattern: "GET /static/{digest}/{name}", who: open, do: static},
		{pattern: "GET /sign-in", who: open, do: s.signInPage},
		{pattern: "POST /sign-in", who: open, do: s.signIn},
		{pattern: "GET /setup/{key}", who: open, do: s.setupPage},
		{pattern: "POST /setup/{key}", who: open, do: s.setup},
		{pattern: "GET /forgotten", who: open, do: s.forgottenPage},
		{pattern: "POST /forgotten", who: open, do: s.forgotten},
		{pattern: "GET /password/{key}", who: open, do: s.passwordPage},
		{pattern: "POST /password/{key}", who: open, do: s.password},
	}
}

func (s *Server) accountRoutes() []route {
	return []route{
		{pattern: "POST /sign-out", who: signedIn, do: s.signOut},
		{pattern: "GET /account", who: signedIn, do: s.accountPage},
		{pattern: "POST /account", who: signedIn, do: s.savePreferences},
		{pattern: "POST /sessions/end", who: signedIn, do: s.endSession},
		{pattern: "POST /organization", who: signedIn, do: s.chooseOrganization},
		{pattern: "GET /events", who: member, do: s.events},
	}
}

func (s *Server) bookRoutes() []route {
	return []route{
		{pattern: "GET /{$}", who: member, page: "today", read: s.today},
		{pattern: "GET /inventory", who: member, page: "inventory", read: s.inventory},
		{pattern: "GET /inventory/{id}", who: member, page: "device", read: s.device},
		{pattern: "GET /findings", who: member, page: "findings", read: s.findings},
		{pattern: "GET /findings/{id}", who: member, page: "finding", read: s.finding},
		{pattern: "GET /evidence", who: member, page: "documents", read: s.evidence},
		{pattern: "GET /evidence/{sha256}", who: member, do: s.document, long: true},
		{pattern: "GET /book", who: member, page: "book", read: s.book},
		{pattern: "GET /book/checkpoint", who: member, do: s.checkpoint},
		{pattern: "POST /book/verify", who: member, do: s.verify, long: true},
		{pattern: "GET /book/export", who: admin, do: s.export, long: true},
		{pattern: "GET /members", who: admin, page: "members", read: s.members},
		{pattern: "POST /members", who: admin, do: s.invite},
	}
}

// Handler answers all requests.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	for _, rt := range s.routes() {
		mux.Handle(rt.pattern, s.handle(rt))
	}
	mux.Handle(apiRoot+"/", s.api())
	mux.Handle("/", s.handle(route{who: open, do: func(*request) error { return wardbook.ErrNotFound }}))
	// Browsers say where a request comes from; what another site sends is refused.
	return s.guard(http.NewCrossOriginProtection().Handler(mux))
}
