package notify

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"

	"code.dny.dev/ssrf"
)

const (
	hookTimeout = 20 * time.Second
	dialTimeout = 10 * time.Second
)

// ErrForbidden is the error of an address that webhooks may not reach: one that
// is not public and not allowed by who runs the server.
var ErrForbidden = errors.New("webhooks may not reach this address")

// Hooks posts webhooks to public addresses over HTTPS, and to those networks
// that who runs the server allows, there over HTTP and on any port too.
// Redirects are not followed.
type Hooks struct {
	client *http.Client
	allow  []netip.Prefix
	guard  *ssrf.Guardian
}

// NewHooks makes one that may also reach the networks of allow.
func NewHooks(allow []netip.Prefix) *Hooks {
	h := &Hooks{allow: allow, guard: ssrf.New()}
	dial := &net.Dialer{Timeout: dialTimeout, ControlContext: h.control}
	h.client = &http.Client{
		Timeout:       hookTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport:     &http.Transport{DialContext: dial.DialContext, TLSHandshakeTimeout: dialTimeout, MaxResponseHeaderBytes: 32 << 10, DisableKeepAlives: true},
	}
	return h
}

// plain is the key of a context whose request is not encrypted: it may only
// reach the networks that are allowed.
type plain struct{}

// control sees the address after its name was resolved, whatever the name was.
func (h *Hooks) control(ctx context.Context, network, address string, c syscall.RawConn) error {
	if at, err := netip.ParseAddrPort(address); err == nil {
		for _, p := range h.allow {
			if p.Contains(at.Addr().Unmap()) {
				return nil
			}
		}
	}
	if ctx.Value(plain{}) != nil {
		return ErrForbidden
	}
	if err := h.guard.Safe(network, address, c); err != nil {
		return ErrForbidden
	}
	return nil
}

// CheckURL reports what is wrong with the address of a webhook, as far as can be
// told without asking for it.
func (h *Hooks) CheckURL(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" || len(address) > 2000 {
		return errors.New("write an address such as https://hooks.example.org/wardbook, without a name or password in it")
	}
	if u.Scheme != "https" && (u.Scheme != "http" || len(h.allow) == 0) {
		return errors.New("webhooks go over HTTPS")
	}
	return nil
}

// Post sends one webhook. id is that of the message: the receiver knows by it
// that it has had it already.
func (h *Hooks) Post(ctx context.Context, address string, secret []byte, id string, at time.Time, body []byte) error {
	if err := h.CheckURL(address); err != nil {
		return &Refused{err.Error()}
	}
	if strings.HasPrefix(strings.ToLower(address), "http:") {
		ctx = context.WithValue(ctx, plain{}, true)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return &Refused{"the address is none"}
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "wardbook")
	req.Header.Set("webhook-id", id)
	req.Header.Set("webhook-timestamp", strconv.FormatInt(at.Unix(), 10))
	req.Header.Set("webhook-signature", Sign(secret, id, at, body))
	resp, err := h.client.Do(req)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) { // its text has the address, which may hold a secret
			err = u.Err
		}
		if errors.Is(err, ErrForbidden) {
			return &Refused{ErrForbidden.Error()}
		}
		return fmt.Errorf("webhook to %s: %w", req.URL.Host, err)
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10))
	switch {
	case resp.StatusCode/100 == 2:
		return nil
	case resp.StatusCode == http.StatusGone: // Standard Webhooks: wants no more
		return &Refused{"the receiver wants no more (410)"}
	}
	return fmt.Errorf("webhook to %s: the receiver answered %d", req.URL.Host, resp.StatusCode)
}

// Sign is the signature of a webhook (Standard Webhooks 1.0, symmetric).
func Sign(secret []byte, id string, at time.Time, body []byte) string {
	m := hmac.New(sha256.New, secret)
	fmt.Fprintf(m, "%s.%d.", id, at.Unix())
	m.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(m.Sum(nil))
}

// SecretText is how a secret is told to the receiver.
func SecretText(secret []byte) string { return "whsec_" + base64.StdEncoding.EncodeToString(secret) }
