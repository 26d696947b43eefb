package web

import (
	"net/http"

	"github.com/wardbook/wardbook/internal/app"
	"github.com/wardbook/wardbook/internal/store"
)

// accountView is a person's own page: how they read, and where they are
// signed in.
type accountView struct {
	Name, Email string
	Form        *form
	Sessions    *table
	Others      bool // there are other sessions
}

// zones are time zones that are offered; any IANA name can be typed.
var zones = []string{
	"UTC", "Europe/Lisbon", "Europe/London", "Europe/Berlin", "Europe/Athens", "Europe/Istanbul", "Asia/Dubai", "Asia/Kolkata", "Asia/Singapore",
	"Asia/Shanghai", "Asia/Tokyo", "Australia/Sydney", "Pacific/Auckland", "America/Sao_Paulo", "America/New_York", "America/Chicago",
	"America/Denver", "America/Los_Angeles",
}

func (q *request) preferencesForm() *form {
	keys := "on"
	if q.user.NoKeys {
		keys = "off"
	}
	zone := q.user.TimeZone
	if zone == "" {
		zone = "UTC"
	}
	format := q.user.Locale
	if format == "" {
		format = "en"
	}
	return &form{Action: "/account", Submit: "Save", Fields: []*field{
		{Name: "time_zone", Label: "Time zone", Value: zone, Required: true, Max: 60, Suggest: zones, Hint: "As the IANA list names it, such as Europe/Berlin. Dates that things are due are dates of UTC."},
		{Name: "locale", Label: "Numbers", Type: "select", Value: format, Required: true, Options: numberFormats},
		{Name: "theme", Label: "Look", Type: "choice", Value: q.user.Theme, Options: themes},
		{Name: "keys", Label: "Single keys, such as J and K", Type: "choice", Value: keys, Options: []option{{Value: "on", Label: "on"}, {Value: "off", Label: "off"}},
			Hint: "Switch them off where speech input or a shaking hand sets them off."},
	}}
}

func (s *Server) accountPage(q *request) error {
	v, err := s.account(q, q.preferencesForm())
	if err != nil {
		return err
	}
	return q.render(http.StatusOK, "account", v)
}

func (s *Server) account(q *request, f *form) (accountView, error) {
	sessions, err := s.store.Sessions(q.r.Context(), q.session.User)
	if err != nil {
		return accountView{}, err
	}
	return accountView{Name: q.user.Name, Email: q.user.Email, Form: f, Sessions: q.sessionList().of(sessions), Others: len(sessions) > 1}, nil
}

func (s *Server) savePreferences(q *request) error {
	f := q.preferencesForm()
	if err := q.fill(f); err != nil {
		return err
	}
	if f.OK() {
		p := app.Preferences{TimeZone: f.Get("time_zone"), Locale: f.Get("locale"), Theme: f.Get("theme"), NoKeys: f.Get("keys") == "off"}
		err := app.SetPreferences(q.r.Context(), s.store, q.session.User, p)
		if err == nil {
			return q.done("/account", "Saved. Pages look as you chose from now on.")
		}
		if err := f.take(err); err != nil {
			return err
		}
	}
	v, err := s.account(q, f)
	if err != nil {
		return err
	}
	return q.again("account", v)
}

func (q *request) sessionList() list[store.Session] {
	return list[store.Session]{
		Name: "sessions", Label: "Sessions", Empty: "You are not signed in anywhere.",
		ID: func(v store.Session) string { return v.ID },
		Columns: []column[store.Session]{
			{Head: "Browser", Class: "clip", Cell: func(v store.Session) cell { return cell{Text: orUnknown(v.Agent), Look: "main"} }},
			{Head: "Address", Class: "nb", Wide: 2, Cell: func(v store.Session) cell { return cell{Text: v.Address} }},
			{Head: "Last seen", Class: "nb", Wide: 2, Cell: func(v store.Session) cell { return q.moment(v.Seen) }},
			{Head: "Signed in", Class: "nb", Wide: 3, Cell: func(v store.Session) cell { return q.moment(v.Created) }},
			{Head: "End it", Class: "fit", Cell: func(v store.Session) cell {
				if v.ID == q.session.ID {
					return cell{Text: "this one", Look: "chip", Tone: "accent"}
				}
				return cell{Text: "End", Look: "button", Href: "/sessions/end", Tone: v.ID}
			}},
		},
	}
}
