package wardbook

import (
	"slices"
	"strings"
	"time"
)

// A User is a person who signs in. Users belong to the installation and join
// organizations through memberships.
type User struct {
	Name     string `json:"name"`
	Email    string `json:"email"`              // how they sign in; case does not count
	Operator bool   `json:"operator,omitempty"` // creates organizations, owns feeds and backups
	Disabled bool   `json:"disabled,omitempty"`
	Locale   string `json:"locale,omitempty"`    // BCP 47, for numbers and dates
	TimeZone string `json:"time_zone,omitempty"` // IANA name
	Theme    string `json:"theme,omitempty"`     // ThemeLight or ThemeDark; empty: as the computer has it
	NoKeys   bool   `json:"no_keys,omitempty"`   // single keys do nothing (WCAG 2.1.4)
}

// Themes of the pages.
const (
	ThemeLight = "light"
	ThemeDark  = "dark"
)

func (User) RecordKind() string { return "user" }

// RecordTitle is the name.
func (u User) RecordTitle() string { return u.Name }

// RecordKey is the mail address in lower case: nobody else has it.
func (u User) RecordKey() string { return strings.ToLower(u.Email) }

// RecordState is "disabled" or "active".
func (u User) RecordState() string {
	if u.Disabled {
		return "disabled"
	}
	return "active"
}

// Validate reports all faults.
func (u User) Validate() error {
	var ps Problems
	if u.Name == "" {
		ps.Add("name", "is empty")
	}
	if at := strings.IndexByte(u.Email, '@'); at < 1 || at == len(u.Email)-1 || strings.ContainsAny(u.Email, " \t\r\n") {
		ps.Add("email", "%q is no mail address", u.Email)
	}
	if u.TimeZone != "" {
		if _, err := time.LoadLocation(u.TimeZone); err != nil {
			ps.Add("time_zone", "%q is no time zone", u.TimeZone)
		}
	}
	if u.Theme != "" && u.Theme != ThemeLight && u.Theme != ThemeDark {
		ps.Add("theme", "%q is neither light nor dark", u.Theme)
	}
	return ps.Err()
}

// A Role is what a member may do in an organization.
type Role string

const (
	Viewer        Role = "viewer"        // reads
	Analyst       Role = "analyst"       // imports, answers, estimates, proposes
	Approver      Role = "approver"      // accepts risks as far as the policy gives authority
	Administrator Role = "administrator" // members, settings; no authority over risks by itself
)

// Roles lists the valid roles.
var Roles = []Role{Viewer, Analyst, Approver, Administrator}

// Valid reports whether r is one of Roles.
func (r Role) Valid() bool { return slices.Contains(Roles, r) }

// A Membership is what a user is in an organization. Its record has the id of
// the user. A member who leaves keeps the record, with no roles.
type Membership struct {
	User  string `json:"user"`
	Name  string `json:"name,omitempty"` // as it was when the membership was written
	Roles []Role `json:"roles"`
}

func (Membership) RecordKind() string { return "membership" }

// RecordTitle is the name of the user.
func (m Membership) RecordTitle() string { return m.Name }

// RecordState is "member", or "left" without roles.
func (m Membership) RecordState() string {
	if len(m.Roles) == 0 {
		return "left"
	}
	return "member"
}

// Has reports whether any of the roles is the member's.
func (m Membership) Has(roles ...Role) bool {
	return slices.ContainsFunc(roles, func(r Role) bool { return slices.Contains(m.Roles, r) })
}

// Validate reports all faults.
func (m Membership) Validate() error {
	var ps Problems
	if m.User == "" {
		ps.Add("user", "names nobody")
	}
	for _, r := range m.Roles {
		if !r.Valid() {
			ps.Add("roles", "%q is none of viewer, analyst, approver, administrator", r)
		}
	}
	return ps.Err()
}

// A Token lets a program in, in the name of a user and with no more than its
// scopes. Its secret is not in the record.
type Token struct {
	Name    string    `json:"name"`
	User    string    `json:"user"`
	Scopes  []string  `json:"scopes"` // such as "read", "import"
	Expires time.Time `json:"expires,omitzero"`
	Revoked bool      `json:"revoked,omitempty"`
}

// Scopes of tokens: what a program may do in the name of its user, as far as
// their roles go.
const (
	ScopeRead   = "read"
	ScopeImport = "import" // bring documents, act on sources, stop jobs
	ScopeAssess = "assess" // answer questions; confirm, estimate, dismiss and treat risks; owners, due dates, comments
	ScopeDecide = "decide" // accept, move and reopen risks; make and withdraw decisions
)

// Scopes lists the scopes, the mildest first.
var Scopes = []string{ScopeRead, ScopeImport, ScopeAssess, ScopeDecide}

func (Token) RecordKind() string { return "token" }

// RecordTitle is the name.
func (t Token) RecordTitle() string { return t.Name }

// RecordState is "revoked" or "active"; that it is past its end is not in it.
func (t Token) RecordState() string {
	if t.Revoked {
		return "revoked"
	}
	return "active"
}

// Validate reports all faults.
func (t Token) Validate() error {
	var ps Problems
	if t.Name == "" {
		ps.Add("name", "is empty")
	}
	if t.User == "" {
		ps.Add("user", "names nobody")
	}
	if len(t.Scopes) == 0 {
		ps.Add("scopes", "names none")
	}
	for _, s := range t.Scopes {
		if s == "" || strings.ContainsAny(s, " ,") {
			ps.Add("scopes", "%q is no scope", s)
		}
	}
	return ps.Err()
}
