package notify

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/wneessen/go-mail"
)

// MailOptions say how mail is sent.
type MailOptions struct {
	// Server is host and port. Port 465 speaks TLS from the start; any other
	// has to offer STARTTLS, unless Plain is set.
	Server string
	Plain  bool   // no TLS: for a server on the same machine
	From   string // address of the sender, with or without a name
	User   string // empty: the server asks for no password
	// Password is sent over TLS only.
	Password string
	Roots    *x509.CertPool // of the server's certificate; nil: those of the system
}

// A Mail sends mail by way of one server.
type Mail struct {
	o    MailOptions
	host string
	port int
}

// A Letter is one mail in plain text.
type Letter struct {
	// ID makes the Message-ID: a letter that is sent twice, because nobody knew
	// whether the first one arrived, has the same.
	ID, To, Subject, Text string
}

const mailTimeout = 30 * time.Second

// NewMail checks the options.
func NewMail(o MailOptions) (*Mail, error) {
	host, port, err := net.SplitHostPort(o.Server)
	if err != nil {
		return nil, fmt.Errorf("mail server %q: write host and port, such as mail.example.org:587", o.Server)
	}
	n, err := strconv.Atoi(port)
	if err != nil || n < 1 || n > 65535 {
		return nil, fmt.Errorf("mail server %q: %q is no port", o.Server, port)
	}
	if err := mail.NewMsg().From(o.From); err != nil {
		return nil, fmt.Errorf("sender of mail %q: write an address, such as wardbook@example.org", o.From)
	}
	if o.Plain && o.Password != "" {
		return nil, errors.New("a password is sent over TLS only")
	}
	return &Mail{o: o, host: host, port: n}, nil
}

// Send sends a letter. Its error names no secret.
func (m *Mail) Send(ctx context.Context, l Letter) error {
	msg := mail.NewMsg()
	if err := errors.Join(msg.From(m.o.From), msg.To(l.To)); err != nil {
		return &Refused{"the mail address is none"}
	}
	msg.Subject(strings.NewReplacer("\r", " ", "\n", " ").Replace(l.Subject))
	msg.SetMessageIDWithValue(l.ID + "@" + m.domain())
	msg.SetDate()
	msg.SetGenHeader(mail.Header("Auto-Submitted"), "auto-generated") // RFC 3834
	msg.SetBodyString(mail.TypeTextPlain, l.Text)
	opts := []mail.Option{
		mail.WithPort(m.port), mail.WithTimeout(mailTimeout),
		mail.WithTLSConfig(&tls.Config{ServerName: m.host, MinVersion: tls.VersionTLS12, RootCAs: m.o.Roots}),
	}
	switch {
	case m.o.Plain:
		opts = append(opts, mail.WithTLSPolicy(mail.NoTLS))
	case m.port == 465:
		opts = append(opts, mail.WithSSL())
	default:
		opts = append(opts, mail.WithTLSPolicy(mail.TLSMandatory))
	}
	if m.o.User != "" {
		opts = append(opts, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(m.o.User), mail.WithPassword(m.o.Password))
	}
	c, err := mail.NewClient(m.host, opts...)
	if err != nil {
		return err
	}
	if err := c.DialAndSendWithContext(ctx, msg); err != nil {
		return fmt.Errorf("mail by way of %s: %w", m.o.Server, err)
	}
	return nil
}

func (m *Mail) domain() string {
	_, domain, _ := strings.Cut(strings.TrimSuffix(m.o.From, ">"), "@")
	return domain
}

// Refused is an error that no further try would mend.
type Refused struct{ Why string }

func (e *Refused) Error() string { return e.Why }
