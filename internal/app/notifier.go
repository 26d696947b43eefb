package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/notify"
	"github.com/wardbook/wardbook/internal/store"
)

// A Notifier tells people what happened, as they have subscribed to it.
type Notifier struct {
	Store *store.Store
	Mail  *notify.Mail // nil: no mail is sent
	Hooks *notify.Hooks
	URL   string // of the server, for links, without a slash at the end
}

// askAction is the action of the entry that begins what is told once a day.
const askAction = "notify.day"

// AskDaily asks, once a day and organization with subscriptions, for the job
// that tells what is told once a day. A day on which nothing ran is caught up.
func (n *Notifier) AskDaily(ctx context.Context, now time.Time) error {
	ids, _, err := n.Store.Organizations(ctx)
	if err != nil {
		return err
	}
	today := now.UTC().Format(time.DateOnly)
	for _, org := range ids {
		a := notifyArgs{Daily: true, Today: today, Since: now.UTC().AddDate(0, 0, -1).Format(time.DateOnly)}
		ask := func(tx *store.Tx) error {
			subs, err := subscriptions(tx)
			if err != nil || len(subs) == 0 {
				return cmpErr(err, errNothing)
			}
			last, err := tx.Entries(store.EntryFilter{Action: askAction, Limit: 1})
			if err != nil {
				return err
			}
			for _, e := range last {
				a.From, a.Since = e.Position, e.Time.UTC().Format(time.DateOnly)
				if a.Since >= today {
					return errNothing
				}
			}
			return nil
		}
		if err = n.Store.View(ctx, org, ask); err == nil {
			err = n.Store.Update(ctx, org, wardbook.Event{Actor: System, Action: askAction}, func(tx *store.Tx) error {
				if err := ask(tx); err != nil {
					return err
				}
				if a.Entry, err = tx.Position(); err != nil {
					return err
				}
				return askNotify(tx, a)
			})
		}
		if err != nil && !errors.Is(err, errNothing) {
			return err
		}
	}
	return nil
}

func cmpErr(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

// Tell is the Handler of NotifyJob. A subscription that was told is noted at
// once; where that is lost it is told again, with the same id.
func (n *Notifier) Tell(ctx context.Context, t *Task) error {
	var a notifyArgs
	if err := t.Args(&a); err != nil {
		return err
	}
	j := t.Job()
	var out []outgoing
	err := n.Store.View(ctx, j.Organization, func(tx *store.Tx) (err error) {
		out, err = n.outgoing(tx, a)
		return err
	})
	if err != nil {
		return err
	}
	told := map[string]bool{}
	t.Resume(&told)
	var failed []error
	var refused []string
	for i, o := range out {
		if told[o.sub.ID] {
			continue
		}
		t.Progress("telling", int64(i), int64(len(out)))
		var no *notify.Refused
		err := n.send(ctx, j.Organization, o)
		if errors.As(err, &no) {
			refused = append(refused, o.sub.Short()+": "+no.Why)
		} else if err != nil {
			failed = append(failed, err)
			continue
		}
		told[o.sub.ID] = true
		if err := t.Save(ctx, told); err != nil {
			return err
		}
	}
	t.Progress(strings.TrimSuffix("told "+countText(len(told), "subscription", "subscriptions")+". "+strings.Join(refused, "; "), ". "), int64(len(told)), int64(len(out)))
	return errors.Join(failed...)
}

// outgoing is what one subscription is told.
type outgoing struct {
	sub          store.Stored[wardbook.Subscription]
	id           string // the same in every try
	organization string // by its name
	at           time.Time
	notices      []Notice
}

// outgoing picks what each subscription is told. Who is no member any more is
// told nothing.
func (n *Notifier) outgoing(tx *store.Tx, a notifyArgs) ([]outgoing, error) {
	subs, err := subscriptions(tx)
	if err != nil || len(subs) == 0 {
		return nil, err
	}
	entry, err := tx.Entry(a.Entry)
	if err != nil {
		return nil, err
	}
	var day, happened []Notice
	if a.Daily {
		if day, err = dayNotices(tx, a.Since, a.Today); err != nil {
			return nil, err
		}
	}
	if !a.Daily {
		happened, err = noticesOf(tx, entry)
	} else if a.From > 0 {
		happened, err = noticesBetween(tx, a.From, a.Entry)
	}
	if err != nil {
		return nil, err
	}
	org, err := store.Get[wardbook.Organization](tx, tx.Organization())
	if err != nil {
		return nil, err
	}
	var out []outgoing
	for _, s := range subs {
		m, err := store.Get[wardbook.Membership](tx, s.Value.User)
		if isMissing(err) || err == nil && len(m.Value.Roles) == 0 {
			continue
		}
		if err != nil {
			return nil, err
		}
		o := outgoing{sub: s, id: fmt.Sprintf("%s-%d-%s", tx.Organization(), a.Entry, s.ID), organization: org.Value.Name, at: entry.Time}
		list := day
		if s.Value.Daily == a.Daily {
			list = slices.Concat(happened, day)
		}
		for _, x := range list {
			if slices.Contains(s.Value.Events, x.Kind) && (x.User == "" || x.User == s.Value.User) && x.Actor != s.Value.User {
				o.notices = append(o.notices, x)
			}
		}
		if len(o.notices) > 0 {
			out = append(out, o)
		}
	}
	return out, nil
}

// noticesBetween collects the notices of the entries after from and before to.
func noticesBetween(tx *store.Tx, from, to int64) ([]Notice, error) {
	var out []Notice
	for at := from + 1; at < to; at++ {
		e, err := tx.Entry(at)
		if err != nil {
			return nil, err
		}
		if !tells(e) {
			continue
		}
		more, err := noticesOf(tx, e)
		if err != nil {
			return nil, err
		}
		out = append(out, more...)
	}
	return out, nil
}

func (n *Notifier) send(ctx context.Context, org string, o outgoing) error {
	var u wardbook.User
	err := n.Store.View(ctx, store.System, func(tx *store.Tx) error {
		r, err := store.Get[wardbook.User](tx, o.sub.Value.User)
		u = r.Value
		return err
	})
	if err != nil {
		return err
	}
	if u.Disabled {
		return &notify.Refused{Why: "the user is disabled"}
	}
	if o.sub.Value.Channel == wardbook.ByMail {
		if n.Mail == nil {
			return &notify.Refused{Why: "this server sends no mail"}
		}
		return n.Mail.Send(ctx, notify.Letter{ID: o.id, To: u.Email, Subject: o.subject(), Text: n.text(o)})
	}
	body, err := n.body(org, o)
	if err != nil {
		return err
	}
	secret, err := HookSecret(n.Store, o.sub.ID)
	if err != nil {
		return err
	}
	return n.Hooks.Post(ctx, o.sub.Value.URL, secret, "msg_"+o.id, time.Now(), body)
}

// HookSecret is what the webhooks of a subscription are signed with.
func HookSecret(s *store.Store, subscription string) ([]byte, error) {
	return s.Secret("webhook " + subscription)
}

// HookSecretText is the secret as it is told to the receiver.
func HookSecretText(s *store.Store, subscription string) (string, error) {
	secret, err := HookSecret(s, subscription)
	return notify.SecretText(secret), err
}

// ResetFor is how long a link for a new password that came by mail works.
const ResetFor = time.Hour

// MailReset sends who signs in with this mail address a link for a new password.
// For an address that nobody has it does nothing.
func (n *Notifier) MailReset(ctx context.Context, email string) error {
	if n.Mail == nil || n.URL == "" {
		return &notify.Refused{Why: "this server sends no mail"}
	}
	var u store.Stored[wardbook.User]
	err := n.Store.View(ctx, store.System, func(tx *store.Tx) error {
		r, err := tx.ByKey(u.Value.RecordKind(), wardbook.User{Email: email}.RecordKey())
		if err == nil {
			u, err = store.Decode[wardbook.User](r)
		}
		return err
	})
	if isMissing(err) || err == nil && u.Value.Disabled {
		return nil
	}
	if err != nil {
		return err
	}
	var key string
	ev := wardbook.Event{Actor: u.ID, Action: "password.ask", Target: "user/" + u.ID, Reason: "asked for on the page for signing in"}
	err = n.Store.Update(ctx, store.System, ev, func(tx *store.Tx) (err error) {
		key, err = tx.CreateLink(store.ResetLink, u.ID, ResetFor)
		return err
	})
	if err != nil {
		return err
	}
	text := "Somebody, we think you, asked for a new password.\nThis link works once, for an hour:\n" + n.URL + "/password/" + key + "\n\nIf it was not you, there is nothing to do: your password holds.\n"
	return n.Mail.Send(ctx, notify.Letter{ID: wardbook.NewID(), To: u.Value.Email, Subject: "Wardbook: a new password", Text: text})
}

func (o outgoing) subject() string {
	if len(o.notices) == 1 {
		return o.organization + ": " + o.notices[0].Title
	}
	return fmt.Sprintf("%s: %s and %d more", o.organization, o.notices[0].Title, len(o.notices)-1)
}

// maxListed is how many notices a mail lists.
const maxListed = 100

func (n *Notifier) text(o outgoing) string {
	var b strings.Builder
	for i, x := range o.notices {
		if i == maxListed {
			fmt.Fprintf(&b, "and %d more.\n\n", len(o.notices)-maxListed)
			break
		}
		b.WriteString(x.Title + "\n")
		if x.Text != "" {
			b.WriteString(x.Text + "\n")
		}
		if n.URL != "" {
			b.WriteString(n.URL + x.Path + "\n")
		}
		b.WriteString("\n")
	}
	b.WriteString("-- \nWardbook tells you this because you asked for it.")
	if n.URL != "" {
		b.WriteString(" Change it at " + n.URL + "/account/notifications")
	}
	return b.String() + "\n"
}

// body is the JSON of a webhook, of the shape that Standard Webhooks recommends.
func (n *Notifier) body(org string, o outgoing) ([]byte, error) {
	list := slices.Clone(o.notices)
	for i := range list {
		list[i].Path = n.URL + list[i].Path
	}
	return json.Marshal(map[string]any{"type": "wardbook.notices", "timestamp": o.at.UTC().Format(time.RFC3339), "data": map[string]any{"organization": org, "notices": list}})
}

// Subscribe says what a member wants to be told and how. Without events it is
// switched off. It returns the id of the subscription.
func Subscribe(ctx context.Context, s *store.Store, org string, sub wardbook.Subscription) (id string, err error) {
	if sub.Channel == wardbook.ByWebhook {
		var ps wardbook.Problems
		if err := notify.NewHooks(nil).CheckURL(sub.URL); err != nil && !strings.HasPrefix(sub.URL, "http://") {
			ps.Add("url", "%s", err.Error())
		}
		if err := ps.Err(); err != nil {
			return "", err
		}
	}
	ev := wardbook.Event{Actor: sub.User, Action: "subscription.set"}
	err = s.Update(ctx, org, ev, func(tx *store.Tx) error {
		if err := sub.Validate(); err != nil {
			return err
		}
		old, err := tx.ByKey(sub.RecordKind(), sub.RecordKey())
		if isMissing(err) {
			old.ID, err = wardbook.NewID(), nil
		}
		if err != nil {
			return err
		}
		id = old.ID
		_, err = tx.Put(id, old.Revision, sub)
		return err
	})
	return id, err
}
