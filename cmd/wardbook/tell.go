package main

import (
	"net/netip"
	"net/url"
	"os"
	"strings"

	"github.com/spf13/pflag"

	"github.com/wardbook/wardbook/internal/app"
	"github.com/wardbook/wardbook/internal/notify"
	"github.com/wardbook/wardbook/internal/store"
)

// tellFlags say how the server tells people what happened. Each has a twin in
// the environment; the password has no flag, since others see those.
type tellFlags struct {
	mail   notify.MailOptions
	public string
	allow  []string
}

func (f *tellFlags) register(fs *pflag.FlagSet) {
	fs.StringVar(&f.mail.Server, "smtp", os.Getenv("WARDBOOK_SMTP"), "`HOST:PORT` of the mail server; 465 is TLS, others STARTTLS (also WARDBOOK_SMTP; default: no mail)")
	fs.StringVar(&f.mail.From, "smtp-from", os.Getenv("WARDBOOK_SMTP_FROM"), "`ADDRESS` that mail comes from (also WARDBOOK_SMTP_FROM)")
	fs.StringVar(&f.mail.User, "smtp-user", os.Getenv("WARDBOOK_SMTP_USER"), "`NAME` at the mail server; the password is in WARDBOOK_SMTP_PASSWORD (also WARDBOOK_SMTP_USER)")
	fs.BoolVar(&f.mail.Plain, "smtp-plain", os.Getenv("WARDBOOK_SMTP_PLAIN") == "1", "no TLS, for a mail server on the same machine (also WARDBOOK_SMTP_PLAIN=1)")
	fs.StringVar(&f.public, "public-url", os.Getenv("WARDBOOK_PUBLIC_URL"), "`URL` under which people reach this server, for links in mail (also WARDBOOK_PUBLIC_URL)")
	fs.StringSliceVar(&f.allow, "webhook-allow", strings.FieldsFunc(os.Getenv("WARDBOOK_WEBHOOK_ALLOW"), func(r rune) bool { return r == ',' || r == ' ' }), "internal `NETWORKS` that webhooks may reach, such as 10.1.0.0/16 (also WARDBOOK_WEBHOOK_ALLOW; default: public addresses only)")
}

// open makes the notifier that the flags describe, and has j tell people.
func (f *tellFlags) open(s *store.Store, j *jobs) (*app.Notifier, error) {
	n := &app.Notifier{Store: s, URL: strings.TrimRight(f.public, "/")}
	if u, err := url.Parse(n.URL); n.URL != "" && (err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http") {
		return nil, usagef("write it as https://wardbook.example.org", "--public-url %q is no address", f.public)
	}
	var nets []netip.Prefix
	for _, text := range f.allow {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, usagef("write networks such as 10.1.0.0/16", "--webhook-allow %q is no network", text)
		}
		nets = append(nets, p.Masked())
	}
	n.Hooks = notify.NewHooks(nets)
	j.notifier = n
	j.worker.Handlers[app.NotifyJob] = n.Tell
	if f.mail.Server == "" {
		return n, nil
	}
	f.mail.Password = os.Getenv("WARDBOOK_SMTP_PASSWORD")
	mail, err := notify.NewMail(f.mail)
	if err != nil {
		return nil, usagef("see wardbook serve --help", "%s", err.Error())
	}
	n.Mail = mail
	return n, nil
}
