package notify

import (
	"bufio"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// TestSign holds the signer against the vectors of the specification and of its
// reference libraries.
func TestSign(t *testing.T) {
	for _, x := range []struct {
		secret, id string
		at         int64
		body, want string
	}{
		{"plJ3nmyCDGBKInavdOK15jsl", "msg_loFOjxBNrRLzqYUf", 1731705121, `{"event_type":"ping","data":{"success":true}}`, "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0="},
		{"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, `{"test": 2432232314}`, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="},
	} {
		secret, err := base64.StdEncoding.DecodeString(x.secret)
		if err != nil {
			t.Fatal(err)
		}
		if got := Sign(secret, x.id, time.Unix(x.at, 0), []byte(x.body)); got != x.want {
			t.Errorf("%s: %s, want %s", x.id, got, x.want)
		}
	}
}

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}

func TestPost(t *testing.T) {
	status := http.StatusNoContent
	var got *http.Request
	var body []byte
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
		if status == http.StatusFound {
			w.Header().Set("Location", "http://127.0.0.1:1/")
		}
		w.WriteHeader(status)
	}))
	defer srv.Close()
	secret, at := []byte("twenty-four bytes secret"), time.Unix(1700000000, 0)
	post := func(h *Hooks) error {
		return h.Post(t.Context(), srv.URL+"/hook?key=hidden", secret, "msg_1", at, []byte(`{"a":1}`))
	}
	if err := post(NewHooks(loopback)); err != nil {
		t.Fatal(err)
	}
	if sig := got.Header.Get("webhook-signature"); got.Header.Get("webhook-id") != "msg_1" || got.Header.Get("webhook-timestamp") != "1700000000" || sig != Sign(secret, "msg_1", at, body) {
		t.Errorf("headers %v", got.Header)
	}
	got = nil
	var no *Refused
	if err := post(NewHooks(nil)); !errors.As(err, &no) || got != nil {
		t.Errorf("the machine itself was reached: %v", err)
	}
	// Another network that is allowed opens nothing else, not even by a name.
	other := NewHooks([]netip.Prefix{netip.MustParsePrefix("10.1.0.0/16")})
	for _, u := range []string{srv.URL, strings.Replace(srv.URL, "127.0.0.1", "localhost", 1), "http://169.254.169.254/latest", "http://[::1]/"} {
		if err := other.Post(t.Context(), u, secret, "msg_1", at, nil); !errors.As(err, &no) || got != nil {
			t.Errorf("%s was reached: %v", u, err)
		}
	}
	for _, s := range []int{http.StatusFound, http.StatusInternalServerError} {
		status = s
		if err := post(NewHooks(loopback)); err == nil || errors.As(err, &no) || strings.Contains(err.Error(), "hidden") {
			t.Errorf("%d: %v", s, err)
		}
	}
	status = http.StatusGone
	if err := post(NewHooks(loopback)); !errors.As(err, &no) {
		t.Errorf("gone: %v", err)
	}
}

// letterBox is an SMTP server that takes one letter after the other.
func letterBox(t *testing.T) (address string, letters <-chan string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	out := make(chan string, 10)
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			takeLetter(c, out)
		}
	}()
	return ln.Addr().String(), out
}

func takeLetter(c net.Conn, out chan<- string) {
	defer c.Close()
	say := func(s string) { _, _ = io.WriteString(c, s+"\r\n") }
	say("220 box")
	in := bufio.NewReader(c)
	var b strings.Builder
	for data := false; ; {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		word := strings.ToUpper(strings.TrimSpace(line))
		switch {
		case data && word == ".":
			data = false
			out <- b.String()
			say("250 taken")
		case data:
			b.WriteString(line)
		case word == "DATA":
			data = true
			say("354 go")
		case word == "QUIT":
			say("221 bye")
			return
		default:
			say("250 box")
		}
	}
}

func TestMail(t *testing.T) {
	address, letters := letterBox(t)
	m, err := NewMail(MailOptions{Server: address, Plain: true, From: "Wardbook <wardbook@example.org>"})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Send(t.Context(), Letter{ID: "n-1", To: "ana@example.org", Subject: "Müll\r\nBcc: x@example.org", Text: "A pump stops.\n"}); err != nil {
		t.Fatal(err)
	}
	got := <-letters
	for _, want := range []string{"Message-ID: <n-1@example.org>", "Auto-Submitted: auto-generated", "A pump stops."} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if strings.Contains(got, "\nBcc:") {
		t.Error("a subject added a header")
	}
	// Without STARTTLS nothing is sent to a server that should have it.
	m, err = NewMail(MailOptions{Server: address, From: "w@example.org", User: "w", Password: "hidden-word"})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Send(t.Context(), Letter{ID: "n-2", To: "ana@example.org"}); err == nil || strings.Contains(err.Error(), "hidden-word") {
		t.Errorf("without TLS: %v", err)
	}
	for _, o := range []MailOptions{{Server: "mail", From: "w@example.org"}, {Server: "mail:x", From: "w@example.org"}, {Server: "mail:25", From: "w"}, {Server: "mail:25", From: "w@example.org", Plain: true, User: "u", Password: "p"}} {
		if _, err := NewMail(o); err == nil {
			t.Errorf("%+v was taken", o)
		}
	}
}
