package feed

import (
	"bytes"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

var fuzzBase = &url.URL{Scheme: "https", Host: "feeds.example", Path: "/white/"}

// below fails for an entry that leads anywhere but to http(s).
func below(t *testing.T, entries []entry) {
	for _, e := range entries {
		for _, ref := range append([]string{e.url}, e.hashes...) {
			u, err := url.Parse(ref)
			if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http" {
				t.Errorf("it leads to %q", ref)
			}
		}
	}
}

func seed(f *testing.F, names ...string) {
	for _, n := range names {
		if b, err := os.ReadFile(filepath.Join("../../../shared/data/csaf/provider-mirror", n)); err == nil {
			f.Add(b[:min(len(b), 8192)])
		}
	}
}

func FuzzMetadata(f *testing.F) {
	seed(f, "gocsaf-simple-directory-provider/provider-metadata.json", "gocsaf-simple-rolie-provider/provider-metadata.json")
	f.Add([]byte(`{"metadata_version":"2.0","publisher":{},"distributions":[{"directory_url":"x/red/"},{"rolie":{"feeds":[{"url":"a","tlp_label":"WHITE"}]}}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := decodeMetadata(b)
		if err != nil {
			return
		}
		feeds, directories, _ := m.lists(Source{Kind: CSAFProvider})
		for _, ref := range absolute(fuzzBase, append(feeds, directories...)) {
			below(t, []entry{{url: ref}})
		}
	})
}

func FuzzROLIE(f *testing.F) {
	seed(f, "siemens/ssa-feed-tlp-white.json", "sick/csaf-feed-tlp-white.json", "gocsaf-simple-rolie-provider/white/white-feed.json")
	f.Add([]byte(`{"feed":{"link":[{"rel":"next","href":"2.json"}],"entry":[{"id":"x","content":{"src":"a.json"},"link":[{"rel":"hash","href":"javascript:x"}]}]}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		if l, err := decodeROLIE(b, fuzzBase); err == nil {
			below(t, l.entries)
		}
	})
}

func FuzzDirectory(f *testing.F) {
	seed(f, "cisa-ot-white/changes.csv", "cisa-ot-white/index.txt", "gocsaf-simple-directory-provider/white/changes.csv")
	f.Add([]byte("2026/a.json,2026-01-01T00:00:00Z\n../../x.json,2026-01-01T00:00:00Z\n"))
	f.Add([]byte("a.json\n//evil.example/b.json\nhttps://evil.example/c.json\n%2e%2e/d.json\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, decode := range []func([]byte, *url.URL) (*listing, error){decodeChanges, decodeIndex} {
			l, err := decode(b, fuzzBase)
			if err != nil {
				continue
			}
			for _, e := range l.entries {
				if u, err := url.Parse(e.url); err != nil || u.Host != fuzzBase.Host || !strings.HasPrefix(path.Clean(u.Path), fuzzBase.Path) {
					t.Errorf("it leads out of its directory: %q", e.url)
				}
			}
		}
	})
}

func FuzzManifest(f *testing.F) {
	sum := strings.Repeat("a", 64)
	f.Add([]byte(`{"format":1,"id":"2026-03-01-1a2b3c4d","made":"2026-03-01T00:00:00Z","sources":[{"source":{"id":"kev","kind":"kev"},"documents":[{"source":"kev","kind":"kev","name":"k.json","url":"u","sha256":"` + sum + `","size":1,"fetched":"2026-03-01T00:00:00Z"}]}],"members":[{"sha256":"` + sum + `","size":1}]}`))
	f.Add([]byte(`{"format":1,"id":"../../x"}`))
	folder := &Folder{dir: "/feeds"}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := decodeManifest(b)
		if err != nil {
			return
		}
		for path := range folder.needs(m) {
			if rel, err := filepath.Rel("/feeds/documents", path); err != nil || strings.HasPrefix(rel, "..") || strings.Count(rel, "/") != 1 || len(filepath.Base(path)) > 200 {
				t.Errorf("a document would lie at %q", path)
			}
		}
	})
}

func FuzzReplies(f *testing.F) {
	f.Add([]byte(`{"format":"NVD_CVE","startIndex":0,"totalResults":1,"vulnerabilities":[{"cve":{"id":"CVE-2024-1000"}}]}`))
	f.Add([]byte(`[{"assets":[{"name":"2026-03-01_all_CVEs_at_midnight.zip.zip","browser_download_url":"x"},{"name":"2026-03-01_delta_CVEs_at_0900Z.zip"}]}]`))
	f.Add([]byte(`[{"assets":[{"name":"9999-99-99_delta_CVEs_at_0900Z.zip"},{"name":"0000-01-01_delta_CVEs_at_end_of_day.zip"}]}]`))
	f.Fuzz(func(t *testing.T, b []byte) {
		if reply, err := decodeNVD(b); err == nil {
			for _, raw := range reply.Vulnerabilities {
				_, _, _ = readNVD(raw)
			}
		}
		if r, err := decodeReleases(b); err == nil {
			for _, cursor := range []string{"", "2026-03-01 0900Z", "0000-01-01 end_of_day", "x"} {
				if fetch, _, next, err := r.plan(cursor); err == nil && len(fetch) > 0 && next == cursor {
					t.Errorf("from %q it goes to the same place again", cursor)
				}
			}
		}
		_, _, _ = checkCSAF(b)
		_ = fits("sha256", b, nil)
		_ = securityTxt(b)
	})
}

func FuzzConfig(f *testing.F) {
	f.Add([]byte("sources:\n- {id: kev, kind: kev}\n"))
	f.Add([]byte(configHead))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := decodeConfig(b)
		if err != nil || bytes.ContainsRune(b, '&') {
			return
		}
		_, _ = addToConfig(b, Source{ID: "osv", Kind: OSV, Ecosystems: []string{"Debian"}})
		if len(c.Sources) > 0 {
			_, _ = removeFromConfig(b, c, c.Sources[0].ID)
		}
	})
}
