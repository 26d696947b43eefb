package web

import (
	"errors"
	"net/http"
	"strings"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/app"
	"github.com/wardbook/wardbook/internal/store"
)

// formView is a form of who has not signed in: what to fill in again and what
// was wrong.
type formView struct {
	Fault, Next, Name, Email, Organization string
	Organizations                          []string // that are there already
	MinPassword                            int
}

func (s *Server) signInPage(q *request) error {
	if err := q.identify(); err != nil {
		return err
	}
	next := local(q.r.URL.Query().Get("next"))
	if q.session.ID != "" {
		return q.redirect(next, nil)
	}
	return q.render(http.StatusOK, "sign-in", formView{Next: next})
}

func (s *Server) signIn(q *request) error {
	if err := q.r.ParseForm(); err != nil {
		return badForm(err)
	}
	f := formView{Next: local(q.r.PostForm.Get("next")), Email: q.r.PostForm.Get("email")}
	again := func(status int, text string) error {
		f.Fault = text
		return q.render(status, "sign-in", f)
	}
	if !s.attempts.allow(s.client(q.r)) {
		q.w.Header().Set("Retry-After", "60")
		return again(http.StatusTooManyRequests, "Too many attempts from your address. Wait a minute.")
	}
	user, err := s.store.SignIn(q.r.Context(), f.Email, q.r.PostForm.Get("password"))
	switch {
	case errors.Is(err, store.ErrSignIn):
		return again(http.StatusUnauthorized, "The mail address or the password is wrong.")
	case errors.Is(err, store.ErrLocked):
		return again(http.StatusTooManyRequests, "Too many attempts: signing in is locked for a while. Try again in a quarter of an hour.")
	case err != nil:
		return err
	}
	return q.enter(user, f.Next)
}

// enter starts a session and sends the browser on.
func (q *request) enter(user, next string) error {
	agent := q.r.UserAgent()
	key, _, err := q.s.store.StartSession(q.r.Context(), store.Session{
		User: user, Idle: q.s.o.SessionIdle, Agent: agent[:min(len(agent), 200)], Address: q.s.client(q.r),
	}, q.s.o.SessionLasts)
	if err != nil {
		return err
	}
	q.setCookie(key, int(q.s.o.SessionLasts.Seconds()))
	return q.redirect(next, nil)
}

func (q *request) setCookie(value string, age int) {
	http.SetCookie(q.w, &http.Cookie{
		Name: q.cookieName(), Value: value, Path: "/", MaxAge: age, HttpOnly: true, Secure: q.s.secure, SameSite: http.SameSiteLaxMode,
	})
}

func (s *Server) signOut(q *request) error {
	if err := s.store.EndSession(q.r.Context(), q.session.User, q.session.ID); err != nil {
		return err
	}
	q.setCookie("", -1)
	return q.redirect("/sign-in", nil)
}

func (s *Server) endSession(q *request) error {
	if err := q.r.ParseForm(); err != nil {
		return badForm(err)
	}
	id := q.r.PostForm.Get("id")
	var err error
	if id == "others" {
		err = s.store.EndSessions(q.r.Context(), q.session.User, q.session.ID)
	} else {
		err = s.store.EndSession(q.r.Context(), q.session.User, id)
	}
	if err != nil {
		return err
	}
	return q.done("/account", "Ended.")
}

func (s *Server) chooseOrganization(q *request) error {
	if err := q.r.ParseForm(); err != nil {
		return badForm(err)
	}
	org := q.r.PostForm.Get("organization")
	for _, seat := range q.seats {
		if seat.Organization == org {
			if err := s.store.ChooseOrganization(q.r.Context(), q.session.ID, org); err != nil {
				return err
			}
			return q.redirect("/", nil)
		}
	}
	return wardbook.ErrNotFound
}

func badForm(err error) error {
	var tooBig *http.MaxBytesError
	if errors.As(err, &tooBig) {
		return err
	}
	return &refusal{http.StatusBadRequest, "The form could not be read."}
}

// oldLink is told for a link that does not work, whatever the cause.
var oldLink = &refusal{http.StatusNotFound, "This link does not work (any more). A link works once and for a limited time: ask for a new one; a new start of the server prints a new set-up link while nobody can run it."}

func (s *Server) setupForm(q *request) (formView, error) {
	if _, err := s.store.CheckLink(q.r.Context(), store.SetupLink, q.r.PathValue("key")); err != nil {
		if errors.Is(err, wardbook.ErrNotFound) {
			return formView{}, oldLink
		}
		return formView{}, err
	}
	_, names, err := s.store.Organizations(q.r.Context())
	return formView{Organizations: names, MinPassword: store.MinPassword}, err
}

func (s *Server) setupPage(q *request) error {
	f, err := s.setupForm(q)
	if err != nil {
		return err
	}
	return q.render(http.StatusOK, "setup", f)
}

func (s *Server) setup(q *request) error {
	if !s.attempts.allow(s.client(q.r)) {
		return &refusal{http.StatusTooManyRequests, "Too many attempts from your address. Wait a minute."}
	}
	if err := q.r.ParseForm(); err != nil {
		return badForm(err)
	}
	f, err := s.setupForm(q)
	if err != nil {
		return err
	}
	in := q.r.PostForm
	f.Name, f.Email, f.Organization = in.Get("name"), in.Get("email"), in.Get("organization")
	if f.Fault = passwordFault(in.Get("password"), in.Get("again")); f.Fault != "" {
		return q.render(http.StatusUnprocessableEntity, "setup", f)
	}
	user, err := app.Setup(q.r.Context(), s.store, q.r.PathValue("key"), app.First{
		Name: f.Name, Email: f.Email, Password: in.Get("password"), Organization: f.Organization,
	})
	if err != nil {
		if f.Fault = faultText(err); f.Fault == "" {
			return err
		}
		return q.render(http.StatusUnprocessableEntity, "setup", f)
	}
	return q.enter(user, "/")
}

func (s *Server) passwordPage(q *request) error {
	return s.passwordForm(q, http.StatusOK, "")
}

// passwordForm asks for a new password. It names whose it is: for who has the
// link, and for what keeps passwords in the browser.
func (s *Server) passwordForm(q *request, status int, fault string) error {
	ctx := q.r.Context()
	id, err := s.store.CheckLink(ctx, store.ResetLink, q.r.PathValue("key"))
	if err != nil {
		return oldLink
	}
	f := formView{Fault: fault, MinPassword: store.MinPassword}
	err = s.store.View(ctx, store.System, func(tx *store.Tx) error {
		u, err := store.Get[wardbook.User](tx, id)
		f.Name, f.Email = u.Value.Name, u.Value.Email
		return err
	})
	if err != nil {
		return err
	}
	return q.render(status, "password", f)
}

func (s *Server) password(q *request) error {
	if !s.attempts.allow(s.client(q.r)) {
		return &refusal{http.StatusTooManyRequests, "Too many attempts from your address. Wait a minute."}
	}
	if err := q.r.ParseForm(); err != nil {
		return badForm(err)
	}
	in := q.r.PostForm
	if fault := passwordFault(in.Get("password"), in.Get("again")); fault != "" {
		return s.passwordForm(q, http.StatusUnprocessableEntity, fault)
	}
	user, err := app.SetPassword(q.r.Context(), s.store, q.r.PathValue("key"), in.Get("password"))
	if errors.Is(err, wardbook.ErrNotFound) {
		return oldLink
	}
	if err != nil {
		return err
	}
	return q.enter(user, "/")
}

func passwordFault(password, again string) string {
	switch {
	case len([]rune(password)) < store.MinPassword:
		return "The password is too short: it needs at least 12 characters."
	case password != again:
		return "The two passwords differ."
	}
	return ""
}

// faultText is what a person can mend, empty where they cannot.
func faultText(err error) string {
	var invalid *wardbook.Invalid
	if !errors.As(err, &invalid) {
		return ""
	}
	return strings.TrimSpace(err.Error())
}
