package web

import (
	"context"
	"net/http"
	"net/url"
	"slices"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/app"
	"github.com/wardbook/wardbook/internal/store"
)

func (s *Server) notificationRoutes() []route {
	return []route{
		{pattern: "GET /account/notifications", who: member, page: "notifications", read: s.notifications},
		{pattern: "POST /account/notifications/mail", who: member, do: s.saveMail},
		{pattern: "POST /account/notifications/webhook", who: member, do: s.saveWebhook},
		{pattern: "POST /account/notifications/off", who: member, do: s.hookOff},
	}
}

// notificationsView is what a member is told, and how.
type notificationsView struct {
	Email string
	Sends bool // the server sends mail
	Mail  *form
	Hook  *form
	Hooks []hookView
}

type hookView struct {
	ID, URL, Secret string
	Events          []string
	Daily           bool
}

// noticeTexts are the events as pages offer them.
var noticeTexts = map[wardbook.NoticeKind]string{
	wardbook.NoticeUnacceptable: "A risk is not acceptable", wardbook.NoticeFindings: "New findings concern our devices", wardbook.NoticeAssigned: "Something is assigned to me",
	wardbook.NoticeOverdue: "Something is overdue", wardbook.NoticeEnding: "The acceptance of a risk ends within 30 days", wardbook.NoticeReview: "An import waits for a person",
}

func eventField(name string, on []wardbook.NoticeKind) *field {
	f := &field{Name: name, Label: "When", Type: "checks"}
	for _, k := range wardbook.NoticeKinds {
		f.Options = append(f.Options, option{Value: string(k), Label: noticeTexts[k]})
	}
	for _, k := range on {
		f.Values = append(f.Values, string(k))
	}
	return f
}

func rhythmField(name string, daily bool) *field {
	f := &field{Name: name, Label: "How often", Type: "choice", Required: true, Value: "once", Options: []option{{Value: "once", Label: "at once"}, {Value: "daily", Label: "once a day, all together"}}, Hint: "Dates that pass and acceptances that end are told once a day in any case."}
	if daily {
		f.Value = "daily"
	}
	return f
}

func mailForm(sub wardbook.Subscription) *form {
	return &form{Action: "/account/notifications/mail", Submit: "Save", Fields: []*field{eventField("events", sub.Events), rhythmField("rhythm", sub.Daily)}}
}

func hookForm() *form {
	return &form{Action: "/account/notifications/webhook", Submit: "Add", Fields: []*field{
		{Name: "url", Label: "Address", Type: "url", Required: true, Hint: "It gets a POST with JSON, signed as Standard Webhooks asks. Saving an address that is there changes it."},
		eventField("hook_events", nil), rhythmField("hook_rhythm", false),
	}}
}

func (s *Server) notifications(q *request, tx *store.Tx) (any, error) {
	return s.notificationsPage(q, tx, nil, nil)
}

func (s *Server) notificationsPage(q *request, tx *store.Tx, mail, hook *form) (*notificationsView, error) {
	v := &notificationsView{Email: q.user.Email, Sends: s.mails(), Mail: mailForm(wardbook.Subscription{}), Hook: hookForm()}
	o := store.ListOptions{Limit: 1000, States: []string{"active"}}
	for {
		page, err := store.List[wardbook.Subscription](tx, o)
		if err != nil {
			return nil, err
		}
		for _, sub := range page.Items {
			switch {
			case sub.Value.User != q.session.User:
			case sub.Value.Channel == wardbook.ByMail:
				v.Mail = mailForm(sub.Value)
			default:
				secret, err := app.HookSecretText(s.store, sub.ID)
				if err != nil {
					return nil, err
				}
				h := hookView{ID: sub.ID, URL: sub.Value.URL, Secret: secret, Daily: sub.Value.Daily}
				for _, e := range sub.Value.Events {
					h.Events = append(h.Events, noticeTexts[e])
				}
				v.Hooks = append(v.Hooks, h)
			}
		}
		if o.After = page.Next; page.Next == "" {
			break
		}
	}
	if mail != nil {
		v.Mail = mail
	}
	if hook != nil {
		v.Hook = hook
	}
	return v, nil
}

// subscriptionOf is what a form asks for.
func (q *request) subscriptionOf(f *form, c wardbook.Channel) wardbook.Subscription {
	prefix := ""
	if c == wardbook.ByWebhook {
		prefix = "hook_"
	}
	sub := wardbook.Subscription{User: q.session.User, Channel: c, URL: f.Get("url"), Daily: f.Get(prefix+"rhythm") == "daily"}
	for _, k := range wardbook.NoticeKinds {
		if slices.Contains(f.Field(prefix+"events").Values, string(k)) {
			sub.Events = append(sub.Events, k)
		}
	}
	sub.Off = len(sub.Events) == 0
	return sub
}

func (s *Server) saveMail(q *request) error {
	f := mailForm(wardbook.Subscription{})
	return s.subscribe(q, f, wardbook.ByMail, func(tx *store.Tx) (*notificationsView, error) { return s.notificationsPage(q, tx, f, nil) })
}

func (s *Server) saveWebhook(q *request) error {
	f := hookForm()
	return s.subscribe(q, f, wardbook.ByWebhook, func(tx *store.Tx) (*notificationsView, error) { return s.notificationsPage(q, tx, nil, f) })
}

func (s *Server) subscribe(q *request, f *form, c wardbook.Channel, again func(*store.Tx) (*notificationsView, error)) error {
	if err := q.fill(f); err != nil {
		return err
	}
	if u, err := url.Parse(f.Get("url")); err != nil || u.User != nil {
		f.fault("url", "Leave name and password out: the book keeps the address.")
	}
	if c == wardbook.ByWebhook && q.subscriptionOf(f, c).Off {
		f.fault("hook_events", "Choose at least one.")
	}
	if f.OK() {
		_, err := app.Subscribe(q.r.Context(), s.store, q.seat.Organization, q.subscriptionOf(f, c))
		if err == nil {
			return q.done("/account/notifications", "Saved.")
		}
		if err := f.take(err); err != nil {
			return err
		}
	}
	var v *notificationsView
	err := q.view(func(tx *store.Tx) (err error) {
		v, err = again(tx)
		return err
	})
	if err != nil {
		return err
	}
	return q.again("notifications", v)
}

// hookOff switches a webhook of the person off.
func (s *Server) hookOff(q *request) error {
	if err := q.parse(); err != nil {
		return err
	}
	var sub wardbook.Subscription
	err := q.view(func(tx *store.Tx) error {
		r, err := store.Get[wardbook.Subscription](tx, q.r.PostForm.Get("id"))
		if err == nil && r.Value.User == q.session.User {
			sub = r.Value
		}
		return err
	})
	if isNotFound(err) || err == nil && sub.User == "" {
		return &refusal{http.StatusUnprocessableEntity, "There is no such webhook of yours."}
	}
	if err != nil {
		return err
	}
	sub.Off = true
	if _, err := app.Subscribe(q.r.Context(), s.store, q.seat.Organization, sub); err != nil {
		return err
	}
	return q.done("/account/notifications", "It is told nothing any more.")
}

// mails reports whether the server can send mail with links to itself.
func (s *Server) mails() bool {
	return s.o.Notifier != nil && s.o.Notifier.Mail != nil && s.o.Notifier.URL != ""
}

// maxResets is how many mails with links for a new password are on their way.
const maxResets = 4

func (s *Server) forgottenPage(q *request) error {
	return q.render(http.StatusOK, "forgotten", forgottenView{Form: forgottenForm(), Sends: s.mails()})
}

type forgottenView struct {
	Form  *form
	Sends bool
	Said  bool
}

func forgottenForm() *form {
	return &form{Action: "/forgotten", Submit: "Send me a link", Fields: []*field{{Name: "email", Label: "Mail address", Type: "email", Required: true, Complete: "username", Max: 320}}}
}

// forgotten sends a link for a new password. The answer is the same, and comes
// as fast, whether there is such a user or not.
func (s *Server) forgotten(q *request) error {
	if !s.attempts.allow(s.client(q.r)) {
		return &refusal{http.StatusTooManyRequests, "Too many attempts from your address. Wait a minute."}
	}
	f := forgottenForm()
	if err := q.fill(f); err != nil {
		return err
	}
	if !f.OK() || !s.mails() {
		return q.again("forgotten", forgottenView{Form: f, Sends: s.mails()})
	}
	select {
	case s.resetting <- struct{}{}:
	default:
		return &refusal{http.StatusServiceUnavailable, "Others are asking for a new password. Try again in a moment."}
	}
	email, ctx := f.Get("email"), context.WithoutCancel(q.r.Context())
	go func() {
		defer func() { <-s.resetting }()
		if err := s.o.Notifier.MailReset(ctx, email); err != nil {
			s.o.Log.Error("mail with a link for a new password", "error", err)
		}
	}()
	return q.render(http.StatusOK, "forgotten", forgottenView{Sends: true, Said: true})
}
