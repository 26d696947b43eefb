package app_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/app"
	"github.com/wardbook/wardbook/internal/dbtest"
	"github.com/wardbook/wardbook/internal/notify"
	"github.com/wardbook/wardbook/internal/store"
)

// eachTold is eachWard with a store that asks for notices.
func eachTold(t *testing.T, fn func(*ward)) {
	t.Helper()
	dbtest.EachDSN(t, func(t *testing.T, dsn string, opts ...store.Option) {
		w := &ward{t: t, org: wardbook.NewID(), clock: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}
		w.s = dbtest.Open(t, dsn, append(opts, store.Sealing(app.Sealing), store.Clock(func() time.Time { return w.clock }))...)
		w.people()
		fn(w)
	})
}

// mailBox is an SMTP server on the loopback address.
func mailBox(t *testing.T) (address string, letters chan string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	letters = make(chan string, 20)
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			say := func(s string) { _, _ = io.WriteString(c, s+"\r\n") }
			say("220 box")
			in := bufio.NewReader(c)
			var b strings.Builder
			for data := false; ; {
				line, err := in.ReadString('\n')
				if err != nil {
					break
				}
				word := strings.TrimSpace(line)
				if word == "QUIT" {
					say("221 bye")
					break
				}
				if data && word == "." {
					letters <- b.String()
					data = false
					say("250 taken")
					continue
				} else if b.WriteString(line); data {
					continue
				}
				if data = word == "DATA"; data {
					say("354 go")
				} else {
					say("250 box")
				}
			}
			c.Close()
		}
	}()
	return ln.Addr().String(), letters
}

func TestNotices(t *testing.T) {
	eachTold(t, func(w *ward) {
		w.t = t
		address, letters := mailBox(t)
		m, err := notify.NewMail(notify.MailOptions{Server: address, Plain: true, From: "wardbook@example.org"})
		if err != nil {
			t.Fatal(err)
		}
		status := http.StatusServiceUnavailable
		type hook struct{ id, signature, at, body string }
		var hooks []hook
		srv := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
			b, _ := io.ReadAll(r.Body)
			hooks = append(hooks, hook{r.Header.Get("webhook-id"), r.Header.Get("webhook-signature"), r.Header.Get("webhook-timestamp"), string(b)})
			out.WriteHeader(status)
		}))
		defer srv.Close()
		n := &app.Notifier{Store: w.s, Mail: m, Hooks: notify.NewHooks([]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}), URL: "https://wardbook.example.org"}
		worker := app.Worker{Store: w.s, Handlers: map[string]app.Handler{app.NotifyJob: n.Tell}}
		drain := func() {
			t.Helper()
			if err := worker.Drain(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		subscribe := func(sub wardbook.Subscription) string {
			t.Helper()
			id, err := app.Subscribe(t.Context(), w.s, w.org, sub)
			if err != nil {
				t.Fatal(err)
			}
			return id
		}
		all := wardbook.NoticeKinds
		subscribe(wardbook.Subscription{User: "ana", Channel: wardbook.ByMail, Events: []wardbook.NoticeKind{wardbook.NoticeAssigned}})
		hooked := subscribe(wardbook.Subscription{User: "ben", Channel: wardbook.ByWebhook, URL: srv.URL, Events: all})
		subscribe(wardbook.Subscription{User: "cora", Channel: wardbook.ByMail, Events: all, Daily: true})

		risk := w.risk(evaluation(4, 3))
		drain()
		if len(hooks) != 1 || len(letters) != 0 {
			t.Fatalf("%d webhooks, %d letters", len(hooks), len(letters))
		}
		status = http.StatusNoContent
		w.clock = w.clock.Add(time.Hour) // the next try
		drain()
		if len(hooks) != 2 || hooks[0].id != hooks[1].id || !strings.Contains(hooks[1].body, `"kind":"unacceptable"`) || !strings.Contains(hooks[1].body, "https://wardbook.example.org/risks/"+risk) {
			t.Fatalf("webhooks %+v", hooks)
		}
		secret, err := app.HookSecret(w.s, hooked)
		if err != nil {
			t.Fatal(err)
		}
		at, _ := strconv.ParseInt(hooks[1].at, 10, 64)
		if !json.Valid([]byte(hooks[1].body)) || notify.Sign(secret, hooks[1].id, time.Unix(at, 0), []byte(hooks[1].body)) != hooks[1].signature {
			t.Error("the signature does not fit")
		}
		if err := app.Confirm(t.Context(), w.s, w.edit("ana", risk, "")); err != nil {
			t.Fatal(err)
		}
		if err := app.Assign(t.Context(), w.s, w.edit("ben", risk, ""), "ana"); err != nil {
			t.Fatal(err)
		}
		drain()
		if len(letters) != 1 {
			t.Fatalf("%d letters", len(letters))
		}
		if l := <-letters; !strings.Contains(l, "is yours: Pump stops") || !strings.Contains(l, "To: <ana@example.org>") {
			t.Errorf("letter\n%s", l)
		}
		w.day(n, drain, letters)
		w.reset(n, letters)
		subscribe(wardbook.Subscription{User: "ben", Channel: wardbook.ByWebhook, URL: srv.URL, Off: true})
		before := len(hooks)
		w.risk(evaluation(4, 3))
		drain()
		if len(hooks) != before {
			t.Error("who switched it off was told")
		}
	})
}

// reset is a new password by mail.
func (w *ward) reset(n *app.Notifier, letters chan string) {
	t := w.t
	t.Helper()
	if err := n.MailReset(t.Context(), "nobody@example.org"); err != nil || len(letters) != 0 {
		t.Errorf("for an address that nobody has: %v, %d letters", err, len(letters))
	}
	if err := n.MailReset(t.Context(), "ANA@example.org"); err != nil {
		t.Fatal(err)
	}
	_, key, _ := strings.Cut(strings.ReplaceAll(<-letters, "=\r\n", ""), "https://wardbook.example.org/password/")
	key, _, _ = strings.Cut(key, "\r")
	if user, err := w.s.CheckLink(t.Context(), store.ResetLink, key); err != nil || user != "ana" {
		t.Errorf("the link is of %q: %v", user, err)
	}
}

// day is what is told once a day, of all days that have passed.
func (w *ward) day(n *app.Notifier, drain func(), letters chan string) {
	t := w.t
	t.Helper()
	ask := func() {
		t.Helper()
		if err := n.AskDaily(t.Context(), w.clock); err != nil {
			t.Fatal(err)
		}
		drain()
	}
	ask()
	if len(letters) != 0 {
		t.Fatalf("on the first day there is nothing yet: %s", <-letters)
	}
	late := w.risk(evaluation(4, 3)) // due on 2 April
	w.clock = w.clock.AddDate(0, 1, 3)
	ask()
	ask()
	if len(letters) != 1 {
		t.Fatalf("%d letters of the day", len(letters))
	}
	l := <-letters
	for _, want := range []string{"To: <cora@example.org>", "is not acceptable", "is overdue: Pump stops", "/risks/" + late} {
		if !strings.Contains(strings.ReplaceAll(l, "=\r\n", ""), want) {
			t.Errorf("no %q in\n%s", want, l)
		}
	}
	w.clock = w.clock.AddDate(0, 0, 1)
	ask()
	if len(letters) != 0 {
		t.Errorf("told twice: %s", <-letters)
	}
}
