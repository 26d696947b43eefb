package feed

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"time"

	"code.dny.dev/ssrf"
	"golang.org/x/net/http/httpproxy"
)

// Limits of the network.
const (
	dialTimeout   = 15 * time.Second
	headerTimeout = 60 * time.Second
	stallTimeout  = 60 * time.Second // without a byte of a body
	maxRedirects  = 5
	perHost       = 4 // requests at once
	maxTries      = 5
	maxWait       = 2 * time.Minute // that a server may ask for before the fetch ends instead
)

// ErrForbidden is the error of an address that the wall around the network does
// not let through.
var ErrForbidden = errors.New("this address is not allowed (network.allow of feeds.yaml names internal mirrors)")

type resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// client is an HTTP client behind the wall.
type client struct {
	http    *http.Client
	opts    Options
	allow   allowed
	proxy   func(*url.URL) (*url.URL, error)
	guard   *ssrf.Guardian
	secrets map[string]http.Header // by host: sent there and nowhere else
	mu      sync.Mutex
	slots   map[string]chan struct{} // by host
}

// allowed are the exceptions of the wall.
type allowed struct {
	hosts    map[string]bool
	prefixes []netip.Prefix
}

// hostName is large, and compiled when somebody asks.
var hostName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$`) })

func parseAllow(list []string) allowed {
	a := allowed{hosts: map[string]bool{}}
	for _, s := range list {
		if p, err := netip.ParsePrefix(s); err == nil {
			a.prefixes = append(a.prefixes, p.Masked())
		} else if ip, err := netip.ParseAddr(s); err == nil {
			a.prefixes = append(a.prefixes, netip.PrefixFrom(ip, ip.BitLen()))
		} else {
			a.hosts[strings.ToLower(s)] = true
		}
	}
	return a
}

func (a allowed) addr(ip netip.Addr) bool {
	for _, p := range a.prefixes {
		if p.Contains(ip.Unmap()) {
			return true
		}
	}
	return false
}

func (a allowed) host(h string) bool {
	if a.hosts[strings.ToLower(h)] {
		return true
	}
	ip, err := netip.ParseAddr(h)
	return err == nil && a.addr(ip)
}

func newClient(n network, o Options) (*client, error) {
	c := &client{opts: o, allow: parseAllow(n.Allow), secrets: map[string]http.Header{}, slots: map[string]chan struct{}{}}
	c.guard = ssrf.New() // tcp, ports 80 and 443, public addresses
	if c.opts.wait == nil {
		c.opts.wait = time.After
	}
	var proxyHosts []string
	conf := httpproxy.Config{HTTPProxy: o.Proxy, HTTPSProxy: o.Proxy, NoProxy: o.NoProxy}
	if n.Proxy != "" {
		conf.HTTPProxy, conf.HTTPSProxy = n.Proxy, n.Proxy
	}
	c.proxy = conf.ProxyFunc()
	if p := conf.HTTPSProxy; p != "" {
		u, err := url.Parse(p)
		if err != nil || u.Host == "" {
			return nil, errors.New("the outbound proxy is no URL such as http://proxy.example:3128")
		}
		proxyHosts = append(proxyHosts, hostPort(u))
	}
	roots, err := rootCAs(n.CAFile)
	if err != nil {
		return nil, err
	}
	transport := &http.Transport{
		Proxy:                 func(r *http.Request) (*url.URL, error) { return c.proxyOf(r.URL) },
		DialContext:           c.dialer(proxyHosts),
		TLSClientConfig:       &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:   dialTimeout,
		ResponseHeaderTimeout: headerTimeout,
		IdleConnTimeout:       30 * time.Second,
		MaxIdleConnsPerHost:   perHost,
		ForceAttemptHTTP2:     true,
	}
	c.http = &http.Client{
		Transport: wall{c, transport},
		CheckRedirect: func(_ *http.Request, via []*http.Request) error {
			if len(via) > maxRedirects {
				return fmt.Errorf("more than %d redirects", maxRedirects)
			}
			return nil
		},
	}
	return c, nil
}

func (c *client) close() { c.http.CloseIdleConnections() }

func rootCAs(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("network.ca_file: %w", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(b) {
		return nil, fmt.Errorf("network.ca_file: %s holds no certificate in PEM", file)
	}
	return pool, nil
}

// proxyOf is the proxy for a URL; allowed hosts are internal and reached directly.
func (c *client) proxyOf(u *url.URL) (*url.URL, error) {
	if c.allow.host(u.Hostname()) {
		return nil, nil
	}
	return c.proxy(u)
}

// dialer connects to what the wall lets through. It looks at the address that the
// connection really goes to, after the name was resolved.
func (c *client) dialer(proxyHosts []string) func(context.Context, string, string) (net.Conn, error) {
	base := net.Dialer{Timeout: dialTimeout}
	if r, ok := c.opts.resolver.(*net.Resolver); ok {
		base.Resolver = r
	}
	guarded := base
	guarded.Control = func(network, address string, raw syscall.RawConn) error {
		if ap, err := netip.ParseAddrPort(address); err == nil && c.allow.addr(ap.Addr()) {
			return nil
		}
		if err := c.guard.Safe(network, address, raw); err != nil {
			return fmt.Errorf("%w: %w", ErrForbidden, err)
		}
		return nil
	}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		for _, p := range proxyHosts {
			if strings.EqualFold(p, address) {
				return base.DialContext(ctx, network, address)
			}
		}
		if c.allow.host(host) {
			return base.DialContext(ctx, network, address)
		}
		return guarded.DialContext(ctx, network, address)
	}
}

// wall looks at every request, also those that redirects make.
type wall struct {
	c    *client
	next http.RoundTripper
}

// RoundTrip implements [http.RoundTripper].
func (w wall) RoundTrip(r *http.Request) (*http.Response, error) {
	u := r.URL
	switch {
	case u.User != nil:
		return nil, fmt.Errorf("%w: it holds user and password", ErrForbidden)
	case u.Scheme == "https":
	case u.Scheme == "http" && w.c.allow.host(u.Hostname()):
	case u.Scheme == "http":
		return nil, fmt.Errorf("%w: plain http", ErrForbidden)
	default:
		return nil, fmt.Errorf("%w: scheme %q", ErrForbidden, u.Scheme)
	}
	if err := w.c.behindProxy(r.Context(), u); err != nil {
		return nil, err
	}
	r = r.Clone(r.Context())
	r.Header.Set("User-Agent", w.c.opts.Program)
	r.Header.Del("Referer") // it could name a URL with a token
	for name, v := range w.c.secrets[u.Host] {
		r.Header[name] = v
	}
	return w.next.RoundTrip(r)
}

// behindProxy holds the wall for what a proxy would connect to: the dialer only
// sees the proxy. A name that cannot be resolved here is left to the proxy.
func (c *client) behindProxy(ctx context.Context, u *url.URL) error {
	p, err := c.proxyOf(u)
	if err != nil || p == nil {
		return err
	}
	ips := []netip.Addr{}
	if ip, err := netip.ParseAddr(u.Hostname()); err == nil {
		ips = append(ips, ip)
	} else {
		var r resolver = net.DefaultResolver
		if c.opts.resolver != nil {
			r = c.opts.resolver
		}
		ips, _ = r.LookupNetIP(ctx, "ip", u.Hostname())
	}
	for _, ip := range ips {
		if !c.allow.addr(ip) && c.guard.SafeAddr(ip.Unmap()) != nil {
			return fmt.Errorf("%w: %s is %s", ErrForbidden, u.Hostname(), ip)
		}
	}
	return nil
}

func hostPort(u *url.URL) string {
	if u.Port() != "" {
		return u.Host
	}
	port := "80"
	switch u.Scheme {
	case "https":
		port = "443"
	case "socks5":
		port = "1080"
	}
	return net.JoinHostPort(u.Hostname(), port)
}

// slot waits for one of the places at a host.
func (c *client) slot(ctx context.Context, host string) (release func(), err error) {
	c.mu.Lock()
	ch, ok := c.slots[host]
	if !ok {
		ch = make(chan struct{}, perHost)
		c.slots[host] = ch
	}
	c.mu.Unlock()
	select {
	case ch <- struct{}{}:
		return func() { <-ch }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
