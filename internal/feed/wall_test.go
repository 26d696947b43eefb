package feed

import (
	"context"
	"encoding/pem"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// nameServer is a DNS server on the loopback address that gives every name one
// address.
func nameServer(t *testing.T, ip string) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	go func() {
		buf := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(buf[:n]) != nil || len(m.Questions) != 1 {
				continue
			}
			m.Response, m.Additionals = true, nil
			if q := m.Questions[0]; q.Type == dnsmessage.TypeA {
				m.Answers = []dnsmessage.Resource{{
					Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 1},
					Body:   &dnsmessage.AResource{A: netip.MustParseAddr(ip).As4()},
				}}
			}
			if b, err := m.Pack(); err == nil {
				_, _ = conn.WriteTo(b, from)
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

// A public name that leads to a private address is refused, however it was named.
func TestDNS(t *testing.T) {
	for _, ip := range []string{"10.0.0.7", "127.0.0.1", "169.254.169.254", "100.64.0.1"} {
		f, _ := open(t, Source{ID: "kev", Kind: KEV, URL: "https://feeds.example/kev"})
		if err := os.WriteFile(filepath.Join(f.dir, configFile), []byte("sources: [{id: kev, kind: kev, url: 'https://feeds.example/kev'}]\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		f.opts.resolver = nameServer(t, ip)
		if _, err := f.Fetch(context.Background(), "kev", nil); !errors.Is(err, ErrForbidden) || !strings.Contains(err.Error(), ip) {
			t.Errorf("%s: got %v", ip, err)
		}
	}
}

// Through a proxy, with a certificate of the house: what the proxy would reach
// inside is refused before it is asked.
func TestProxy(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/out" {
			http.Redirect(w, r, "https://10.0.0.1/x", http.StatusFound)
			return
		}
		_, _ = w.Write(kev("2026-02-01", 1))
	}))
	t.Cleanup(server.Close)
	var asked atomic.Value
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Store(r.Method + " " + r.Host)
		out, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		w.WriteHeader(http.StatusOK)
		in, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		go func() { _, _ = io.Copy(out, in); out.Close() }()
		_, _ = io.Copy(in, out)
		in.Close()
	}))
	t.Cleanup(proxy.Close)
	run := func(t *testing.T, address, ca string, r resolver) error {
		f, err := Open(t.TempDir(), Options{Proxy: proxy.URL, Now: func() time.Time { return today }, wait: atOnce, resolver: r})
		if err != nil {
			t.Fatal(err)
		}
		config := "sources: [{id: kev, kind: kev, url: '" + address + "'}]\n"
		if ca != "" {
			config += "network: {ca_file: '" + ca + "'}\n"
		}
		if err := os.WriteFile(filepath.Join(f.dir, configFile), []byte(config), 0o644); err != nil {
			t.Fatal(err)
		}
		_, err = f.Fetch(context.Background(), "kev", nil)
		return err
	}
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o644); err != nil {
		t.Fatal(err)
	}
	nobody := nameServer(t, "93.184.215.14")
	if err := run(t, "https://example.com/kev", ca, nobody); err != nil || asked.Load() != "CONNECT example.com:443" {
		t.Errorf("through the proxy: %v, asked %v", err, asked.Load())
	}
	if err := run(t, "https://example.com/kev", "", nobody); err == nil || !strings.Contains(err.Error(), "x509") {
		t.Errorf("without the certificate of the house: %v", err)
	}
	if err := run(t, "https://example.com/out", ca, nobody); !errors.Is(err, ErrForbidden) {
		t.Errorf("a redirect inside: %v", err)
	}
	asked.Store("nothing")
	if err := run(t, "https://192.168.1.1/kev", ca, nobody); !errors.Is(err, ErrForbidden) {
		t.Errorf("a private address: %v", err)
	}
	if err := run(t, "https://example.com/kev", ca, nameServer(t, "10.1.2.3")); !errors.Is(err, ErrForbidden) {
		t.Errorf("a name that is private: %v", err)
	}
	if asked.Load() != "nothing" {
		t.Errorf("the proxy was asked: %v", asked.Load())
	}
}

// The key of NVD's API goes to NVD and nowhere else, and stands nowhere.
func TestAPIKey(t *testing.T) {
	var there, elsewhere atomic.Value
	other := newSite(t)
	other.hook = func(w http.ResponseWriter, r *http.Request) bool {
		elsewhere.Store(strings.Join(r.Header["Apikey"], ""))
		w.WriteHeader(http.StatusNotFound)
		return true
	}
	s := newSite(t)
	s.hook = func(w http.ResponseWriter, r *http.Request) bool {
		there.Store(strings.Join(r.Header["Apikey"], ""))
		http.Redirect(w, r, other.URL+"/x", http.StatusFound)
		return true
	}
	key := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(key, []byte("hush\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, _ := open(t, Source{ID: "nvd", Kind: NVD, URL: s.URL + "/cves", APIKeyFile: key})
	_, err := f.Fetch(context.Background(), "nvd", nil)
	if err == nil || strings.Contains(err.Error(), "hush") || there.Load() != "hush" || elsewhere.Load() != "" {
		t.Errorf("got %v; NVD got %v, the other %v", err, there.Load(), elsewhere.Load())
	}
	if b, _ := os.ReadFile(filepath.Join(f.dir, indexFile)); strings.Contains(string(b), "hush") {
		t.Error("the index holds the key")
	}
}

// What is larger than it may be ends, whether the server says so or not.
func TestTooLarge(t *testing.T) {
	s := newSite(t)
	s.hook = func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == "/said" {
			w.Header().Set("Content-Length", "1000000")
		}
		for range 1000 {
			if _, err := w.Write(make([]byte, 1000)); err != nil {
				return true
			}
			w.(*statusWriter).ResponseWriter.(http.Flusher).Flush()
		}
		return true
	}
	c, err := newClient(network{Allow: []string{"127.0.0.1"}}, Options{Now: time.Now, wait: atOnce})
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	for _, path := range []string{"/said", "/not-said"} {
		dir := t.TempDir()
		if _, err := c.download(context.Background(), dir, wish{url: s.URL + path, limit: 5000}); !errors.Is(err, ErrTooLarge) {
			t.Errorf("%s: got %v", path, err)
		}
		if _, err := c.get(context.Background(), s.URL+path, 5000); !errors.Is(err, ErrTooLarge) {
			t.Errorf("%s: got %v", path, err)
		}
		files, _ := filepath.Glob(filepath.Join(dir, "*.part"))
		for _, p := range files {
			if info, err := os.Stat(p); err == nil && info.Size() > 6000 {
				t.Errorf("%s: %d bytes are left", path, info.Size())
			}
		}
	}
}
