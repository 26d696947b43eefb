package feed

import (
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ProtonMail/gopenpgp/v3/crypto"
)

// A provider is a CSAF provider on a site, with a key of its own.
type provider struct {
	*site
	t   *testing.T
	key *crypto.Key
}

func newProvider(t *testing.T) *provider {
	t.Helper()
	p := &provider{site: newSite(t), t: t, key: newKey(t)}
	p.put("/key.asc", []byte(armored(t, p.key)))
	return p
}

func newKey(t *testing.T) *crypto.Key {
	t.Helper()
	old := today.AddDate(-1, 0, 0)
	key, err := crypto.PGP().KeyGeneration().AddUserId("psirt", "psirt@vendor.example").GenerationTime(old.Unix()).New().GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func armored(t *testing.T, key *crypto.Key) string {
	t.Helper()
	text, err := key.GetArmoredPublicKey()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func (p *provider) metadata(distributions string) {
	p.put("/provider-metadata.json", []byte(fmt.Sprintf(`{"metadata_version":"2.0","publisher":{"category":"vendor","name":"V","namespace":"https://v.example"},
		"public_openpgp_keys":[{"fingerprint":%q,"url":%q}],"distributions":[%s]}`, strings.ToUpper(p.key.GetFingerprint()), p.URL+"/key.asc", distributions)))
}

// advisory puts a document with its digest and signature at a path.
func (p *provider) advisory(path, id, version, tlp string) []byte {
	b := []byte(fmt.Sprintf(`{"document":{"csaf_version":"2.0","distribution":{"tlp":{"label":%q}},"tracking":{"id":%q,"version":%q,"current_release_date":"2026-02-%02sT00:00:00Z"}}}`, tlp, id, version, version))
	p.put(path, b)
	sum := sha512.Sum512(b)
	p.put(path+".sha512", []byte(hex.EncodeToString(sum[:])+"  "+filepath.Base(path)+"\n"))
	sum256 := sha256.Sum256(b)
	p.put(path+".sha256", []byte(hex.EncodeToString(sum256[:])))
	p.put(path+".asc", p.sign(b, p.key, today.AddDate(0, -1, 0)))
	return b
}

func (p *provider) sign(b []byte, key *crypto.Key, at time.Time) []byte {
	p.t.Helper()
	signer, err := crypto.PGP().Sign().SigningKey(key).Detached().SignTime(at.Unix()).New()
	if err != nil {
		p.t.Fatal(err)
	}
	sig, err := signer.Sign(b, crypto.Armor)
	if err != nil {
		p.t.Fatal(err)
	}
	return sig
}

func (p *provider) source() Source {
	return Source{ID: "v", Kind: CSAFProvider, URL: p.URL + "/provider-metadata.json"}
}

func directory(p *provider) string {
	return fmt.Sprintf(`{"directory_url":%q}`, p.URL+"/white/")
}

func names(docs []Document) string {
	var out []string
	for _, d := range docs {
		out = append(out, d.Name+" "+string(d.Signature))
	}
	return strings.Join(out, ", ")
}

// A directory is read by changes.csv; a second fetch asks for nothing but the
// lists; a changed date brings the one document.
func TestDirectory(t *testing.T) {
	p := newProvider(t)
	p.metadata(directory(p))
	p.advisory("/white/2026/a.json", "A", "1", "WHITE")
	p.advisory("/white/2026/b.json", "B", "1", "CLEAR")
	p.put("/white/changes.csv", []byte("\"2026/a.json\",\"2026-02-01T00:00:00Z\"\r\n2026/b.json,2026-02-01T00:00:00Z\n"))
	f, _ := open(t, p.source())
	if r := fetch(t, f, "v"); r.New != 2 || len(r.Problems) > 0 {
		t.Fatalf("first: %s %v", r, r.Problems)
	}
	if got, want := names(documents(t, f)), "a.json verified, b.json verified"; got != want {
		t.Errorf("got %s", got)
	}
	p.log()
	if r := fetch(t, f, "v"); r.Unchanged != 2 {
		t.Errorf("second: %s", r)
	}
	if got, want := p.log(), "/provider-metadata.json 200\n/white/changes.csv 200\n/key.asc 200"; got != want {
		t.Errorf("asked:\n%s", got)
	}
	p.advisory("/white/2026/a.json", "A", "2", "WHITE")
	p.put("/white/changes.csv", []byte("2026/a.json,2026-02-02T00:00:00Z\n"))
	r := fetch(t, f, "v")
	if r.Changed != 1 || r.Unlisted != 1 || len(documents(t, f)) != 2 {
		t.Errorf("third: %s", r)
	}
	if got := documents(t, f)[0]; got.Newest.Day() != 2 || got.Hash != "sha512" || got.Signer != p.key.GetFingerprint() {
		t.Errorf("document: %+v", got)
	}
}

// index.txt alone is enough; then each document is asked for with its ETag.
func TestIndexTxt(t *testing.T) {
	p := newProvider(t)
	p.advisory("/white/a.json", "A", "1", "")
	p.put("/white/index.txt", []byte("a.json\n\n"))
	f, _ := open(t, Source{ID: "v", Kind: CSAFDirectory, URL: p.URL + "/white/"})
	fetch(t, f, "v")
	// The publisher names no key here: the signature says nothing yet.
	if got := names(documents(t, f)); got != "a.json key unknown" {
		t.Errorf("got %s", got)
	}
	p.log()
	if r := fetch(t, f, "v"); r.Unchanged != 1 {
		t.Errorf("second: %s", r)
	}
	if got := p.log(); !strings.Contains(got, "/white/a.json 304") {
		t.Errorf("asked:\n%s", got)
	}
}

// All pages of a ROLIE feed are read; a circle of pages ends.
func TestROLIEPages(t *testing.T) {
	p := newProvider(t)
	entry := func(name string) string {
		return fmt.Sprintf(`{"id":%q,"updated":"2026-02-01T00:00:00Z","content":{"src":"%s.json"},"link":[{"rel":"self","href":"%[1]s.json"},
			{"rel":"hash","href":"%[1]s.json.sha256"},{"rel":"hash","href":"%[1]s.json.sha512"},{"rel":"signature","href":"%[1]s.json.asc"}]}`, name, name)
	}
	page := func(n int, next string) {
		p.advisory(fmt.Sprintf("/f/d%d.json", n), fmt.Sprint("D", n), "1", "WHITE")
		link := ""
		if next != "" {
			link = fmt.Sprintf(`{"rel":"next","href":%q}`, next)
		}
		p.put(fmt.Sprintf("/f/page%d.json", n), []byte(fmt.Sprintf(`{"feed":{"id":"x","link":[%s],"entry":[%s]}}`, link, entry(fmt.Sprint("d", n)))))
	}
	page(1, "page2.json")
	page(2, p.URL+"/f/page3.json")
	page(3, "")
	p.metadata(fmt.Sprintf(`{"rolie":{"feeds":[{"tlp_label":"AMBER","url":%q},{"tlp_label":"WHITE","url":%q}]}},%s`, p.URL+"/amber.json", p.URL+"/f/page1.json", directory(p)))
	f, _ := open(t, p.source())
	r := fetch(t, f, "v")
	if r.New != 3 || r.Withheld != 1 {
		t.Errorf("got %s %v", r, r.Problems)
	}
	if strings.Contains(p.log(), "amber") {
		t.Error("the AMBER feed was asked for")
	}
	page(3, "page1.json")
	if _, err := f.Fetch(context.Background(), "v", nil); err == nil || !strings.Contains(err.Error(), "circle") {
		t.Errorf("got %v", err)
	}
}

// What does not fit its digest or signature, or may not be taken, is kept aside and
// named; an earlier version stays in use.
func TestProof(t *testing.T) {
	for _, tt := range []struct {
		name  string
		spoil func(p *provider, b []byte)
		want  string // problem; empty: it is used
		state SignatureState
	}{
		{"another digest", func(p *provider, b []byte) { p.put("/white/a.json.sha512", []byte(strings.Repeat("0", 128)+" a.json")) }, "its digest is not the one", ""},
		{"a digest file that holds none", func(p *provider, b []byte) { p.put("/white/a.json.sha512", []byte("<html>")) }, "holds no digest", ""},
		{"only SHA-256, another one", func(p *provider, b []byte) {
			p.remove("/white/a.json.sha512")
			p.put("/white/a.json.sha256", []byte(strings.Repeat("0", 64)))
		}, ".sha256 file", ""},
		{"another content under the signature", func(p *provider, b []byte) {
			p.put("/white/a.json.asc", p.sign([]byte("something else"), p.key, today.AddDate(0, -1, 0)))
		}, "its signature is bad", ""},
		{"no signature in the file", func(p *provider, b []byte) { p.put("/white/a.json.asc", []byte("hello")) }, "its signature is bad", ""},
		{"a signature of tomorrow", func(p *provider, b []byte) { p.put("/white/a.json.asc", p.sign(b, p.key, today.AddDate(0, 0, 2))) }, "its signature is bad", ""},
		{"TLP:RED", func(p *provider, b []byte) { p.advisory("/white/a.json", "A", "2", "RED") }, "TLP:RED", ""},
		{"no CSAF", func(p *provider, b []byte) {
			p.put("/white/a.json", []byte(`{"document":{}}`))
			for _, x := range []string{".sha512", ".sha256", ".asc"} {
				p.remove("/white/a.json" + x)
			}
		}, "no CSAF document", ""},
		{"an unknown key", func(p *provider, b []byte) {
			p.put("/white/a.json.asc", p.sign(b, newKey(p.t), today.AddDate(0, -1, 0)))
		}, "", KeyUnknown},
		{"no signature, no digest", func(p *provider, b []byte) {
			for _, x := range []string{".sha512", ".sha256", ".asc"} {
				p.remove("/white/a.json" + x)
			}
		}, "", SignatureNone},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newProvider(t)
			p.metadata(directory(p))
			p.advisory("/white/a.json", "A", "1", "WHITE")
			p.put("/white/changes.csv", []byte("a.json,2026-02-01T00:00:00Z\n"))
			f, _ := open(t, p.source())
			fetch(t, f, "v")
			before := documents(t, f)[0].SHA256
			b := p.advisory("/white/a.json", "A", "2", "WHITE")
			p.put("/white/changes.csv", []byte("a.json,2026-02-02T00:00:00Z\n"))
			tt.spoil(p, b)
			r := fetch(t, f, "v")
			docs := documents(t, f)
			if len(docs) != 1 {
				t.Fatalf("%d documents", len(docs))
			}
			if tt.want == "" {
				if r.Changed != 1 || docs[0].Signature != tt.state {
					t.Errorf("got %s, %s %v", r, docs[0].Signature, r.Problems)
				}
				return
			}
			if r.Aside != 1 || len(r.Problems) != 1 || !strings.Contains(r.Problems[0].String(), tt.want) || docs[0].SHA256 != before {
				t.Errorf("got %s: %v", r, r.Problems)
			}
			// Repaired, it is taken.
			p.advisory("/white/a.json", "A", "2", "WHITE")
			if r := fetch(t, f, "v"); r.Changed != 1 || status(t, f, "v").Aside != 0 {
				t.Errorf("repaired: %s", r)
			}
		})
	}
}

// A source can ask for verified documents only, and for keys that are known.
func TestPinned(t *testing.T) {
	p := newProvider(t)
	p.metadata(directory(p))
	p.advisory("/white/a.json", "A", "1", "WHITE")
	p.put("/white/index.txt", []byte("a.json\n"))
	src := p.source()
	src.Signed, src.Fingerprints = true, []string{strings.Repeat("AB", 20)}
	f, _ := open(t, src)
	r := fetch(t, f, "v")
	if r.Aside != 1 || len(documents(t, f)) != 0 || !strings.Contains(fmt.Sprint(r.Problems), "not one of those in feeds.yaml") {
		t.Errorf("got %s %v", r, r.Problems)
	}
}

// Documents that came before their key is known are verified when it is; what a
// stricter rule does not take goes out of use.
func TestVerifyAgain(t *testing.T) {
	p := newProvider(t)
	p.advisory("/white/a.json", "A", "1", "WHITE")
	p.put("/white/changes.csv", []byte("a.json,2026-02-01T00:00:00Z\n"))
	src := Source{ID: "v", Kind: CSAFDirectory, URL: p.URL + "/white/"}
	f, _ := open(t, src)
	again := func(s Source) Report {
		t.Helper()
		if err := f.editConfig(func(c *config, text []byte) ([]byte, []Source, error) {
			text, err := removeFromConfig(text, c, "v")
			if err != nil {
				return nil, nil, err
			}
			text, err = addToConfig(text, s)
			return text, []Source{s}, err
		}); err != nil {
			t.Fatal(err)
		}
		return fetch(t, f, "v")
	}
	fetch(t, f, "v")
	if got := names(documents(t, f)); got != "a.json key unknown" {
		t.Fatalf("got %s", got)
	}
	src.KeyURLs = []string{p.URL + "/key.asc"}
	if again(src); names(documents(t, f)) != "a.json verified" {
		t.Errorf("got %s", names(documents(t, f)))
	}
	p.remove("/key.asc")
	p.remove("/white/a.json.asc")
	p.put("/white/changes.csv", []byte("a.json,2026-02-03T00:00:00Z\n"))
	p.put("/white/a.json", []byte(`{"document":{"csaf_version":"2.0","tracking":{"id":"A"}}}`))
	p.remove("/white/a.json.sha512")
	p.remove("/white/a.json.sha256")
	fetch(t, f, "v") // no signature any more
	src.Signed = true
	if r := again(src); r.Aside == 0 || len(documents(t, f)) != 0 || status(t, f, "v").Aside != 1 {
		t.Errorf("got %s, %v", r, documents(t, f))
	}
}

// Lines of a list that lead nowhere are told; a page of something else is no list.
func TestOddLists(t *testing.T) {
	p := newProvider(t)
	p.advisory("/white/a.json", "A", "1", "WHITE")
	p.put("/white/changes.csv", []byte("path,date\na.json,2026-02-01T00:00:00Z\n../../x.json,2026-02-01T00:00:00Z\n%2e%2e/y.json,2026-02-01T00:00:00Z\nhttps://evil.example/z.json,2026-02-01T00:00:00Z\n"))
	f, _ := open(t, Source{ID: "v", Kind: CSAFDirectory, URL: p.URL + "/white/changes.csv"}, Source{ID: "r", Kind: CSAFROLIE, URL: p.URL + "/feed.json"})
	if r := fetch(t, f, "v"); r.New != 1 || r.Missing != 4 || len(r.Problems) != 4 {
		t.Errorf("got %s %v", r, r.Problems)
	}
	p.put("/white/changes.csv", []byte("<html>\n<p>sign in</p>\n"))
	if _, err := f.Fetch(context.Background(), "v", nil); err == nil || !strings.Contains(err.Error(), "this is no changes.csv") {
		t.Errorf("got %v", err)
	}
	for text, want := range map[string]string{
		`<html>`: "no ROLIE feed", `{}`: "no feed", `{"feed":{"entry":[{"id":"x"}]}}`: "names no document",
		`{"feed":{"link":[{"rel":"next","href":"javascript:x"}],"entry":[]}}`: "next page",
	} {
		p.put("/feed.json", []byte(text))
		if _, err := f.Fetch(context.Background(), "r", nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v", text, err)
		}
	}
}

// The CSAF fields of a security.txt lead to metadata; nothing else does.
func TestSecurityTxt(t *testing.T) {
	got := securityTxt([]byte("# x\nContact: mailto:a@b.example\ncsaf: https://v.example/pm.json\nCSAF: http://v.example/plain.json\nCSAF:/relative\n"))
	if len(got) != 1 || got[0] != "https://v.example/pm.json" {
		t.Errorf("got %v", got)
	}
}

// A key that the publisher changes is told; one that ran out does not make old
// signatures bad.
func TestKeys(t *testing.T) {
	p := newProvider(t)
	p.metadata(directory(p))
	p.advisory("/white/a.json", "A", "1", "WHITE")
	p.put("/white/index.txt", []byte("a.json\n"))
	f, _ := open(t, p.source())
	fetch(t, f, "v")
	old, err := crypto.PGP().KeyGeneration().AddUserId("psirt", "psirt@vendor.example").GenerationTime(today.AddDate(-2, 0, 0).Unix()).Lifetime(365 * 24 * 3600).New().GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	b := p.advisory("/white/a.json", "A", "2", "WHITE")
	p.key = old
	p.put("/key.asc", []byte(armored(t, old)))
	p.metadata(directory(p))
	p.put("/white/a.json.asc", p.sign(b, old, today.AddDate(-1, -6, 0)))
	r := fetch(t, f, "v")
	if r.Changed != 1 || !strings.Contains(fmt.Sprint(r.Problems), "new key "+old.GetFingerprint()) {
		t.Errorf("got %s %v", r, r.Problems)
	}
	if got := documents(t, f)[0].Signature; got != SignatureVerified {
		t.Errorf("signature: %s", got)
	}
}

// A fetch that is interrupted goes on with what is left.
func TestInterrupted(t *testing.T) {
	p := newProvider(t)
	p.metadata(directory(p))
	var list strings.Builder
	for i := range 40 {
		p.advisory(fmt.Sprintf("/white/d%02d.json", i), fmt.Sprint("D", i), "1", "WHITE")
		fmt.Fprintf(&list, "d%02d.json,2026-02-01T00:00:00Z\n", i)
	}
	p.put("/white/changes.csv", []byte(list.String()))
	f, _ := open(t, p.source())
	ctx, stop := context.WithCancel(context.Background())
	_, err := f.Fetch(ctx, "v", func(done, total int64, _ string) {
		if done == 10 {
			stop()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	n := len(documents(t, f))
	if n < 6 || n > 20 {
		t.Errorf("%d documents after the interruption", n)
	}
	if got := status(t, f, "v").Known(today); got != "in part: never fetched to the end" {
		t.Errorf("status: %s", got)
	}
	r := fetch(t, f, "v")
	if r.Unchanged != n || r.New != 40-n || status(t, f, "v").Documents != 40 {
		t.Errorf("got %s, %d were there", r, n)
	}
}

// A document that is listed and not there is named, and the others are fetched; a
// server that went away ends the fetch.
func TestMissing(t *testing.T) {
	p := newProvider(t)
	p.metadata(directory(p))
	p.advisory("/white/a.json", "A", "1", "WHITE")
	p.put("/white/changes.csv", []byte("gone.json,2026-02-01T00:00:00Z\na.json,2026-02-01T00:00:00Z\n"))
	f, _ := open(t, p.source())
	r := fetch(t, f, "v")
	if r.New != 1 || r.Missing != 1 || !strings.Contains(r.Problems[0].String(), "gone.json") || status(t, f, "v").Missing != 1 {
		t.Errorf("got %s %v", r, r.Problems)
	}
	var list strings.Builder
	for i := range 200 {
		fmt.Fprintf(&list, "d%d.json,2026-02-01T00:00:00Z\n", i)
	}
	p.put("/white/changes.csv", []byte(list.String()))
	p.hook = func(w http.ResponseWriter, r *http.Request) bool {
		if strings.HasPrefix(r.URL.Path, "/white/d") {
			w.WriteHeader(http.StatusForbidden)
			return true
		}
		return false
	}
	p.log()
	_, err := f.Fetch(context.Background(), "v", nil)
	if err == nil || !strings.Contains(err.Error(), "in a row") {
		t.Errorf("got %v", err)
	}
	if n := strings.Count(p.log(), " 403"); n > maxFailures+2*perHost {
		t.Errorf("it asked on %d times", n)
	}
}

// The provider folders of the field, served as they are.
func TestProviderMirror(t *testing.T) {
	mirror := os.Getenv("WARDBOOK_TEST_DATA")
	if mirror == "" {
		mirror = "../../../shared/data"
	}
	mirror = filepath.Join(mirror, "csaf", "provider-mirror")
	if _, err := os.Stat(mirror); err != nil {
		t.Skip("no real data here: ", err)
	}
	serve := func(t *testing.T, dir string) *site {
		s := newSite(t)
		err := filepath.WalkDir(filepath.Join(mirror, dir), func(p string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			b, err := os.ReadFile(p)
			rel, _ := filepath.Rel(filepath.Join(mirror, dir), p)
			// Lists name their own place, which here is the test server.
			if text := string(b); !strings.Contains(rel, "advisory") && !strings.Contains(rel, "icsma") {
				text = strings.NewReplacer("{{.URL}}/avendor", s.URL+"/white/avendor", "{{.URL}}", s.URL,
					"{{if .EnableSha256}}", "", "{{if .EnableSha512}}", "", "{{end}}", "",
					"https://raw.githubusercontent.com/cisagov/CSAF/develop/csaf_files/OT/white", s.URL).Replace(text)
				b = []byte(text)
			}
			s.put("/"+filepath.ToSlash(rel), b)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	for _, dir := range []string{"gocsaf-simple-directory-provider", "gocsaf-simple-rolie-provider"} {
		t.Run(dir, func(t *testing.T) {
			s := serve(t, dir)
			f, _ := open(t, Source{ID: "v", Kind: CSAFProvider, URL: s.URL + "/provider-metadata.json"})
			r := fetch(t, f, "v")
			if got := names(documents(t, f)); got != "avendor-advisory-0004.json verified" {
				t.Errorf("got %s: %s %v", got, r, r.Problems)
			}
		})
	}
	t.Run("cisa", func(t *testing.T) {
		s := serve(t, "cisa-ot-white")
		f, _ := open(t, Source{ID: "cisa", Kind: CSAFROLIE, URL: s.URL + "/cisa-csaf-ot-feed-tlp-white.json"})
		r := fetch(t, f, "cisa")
		docs := documents(t, f)
		if len(docs) != 12 || r.Aside != 0 || r.Missing < 1000 {
			t.Errorf("%d documents, %s %v", len(docs), r, r.Problems[:min(3, len(r.Problems))])
		}
		for _, d := range docs {
			if d.Hash != "sha512" || d.Signature != KeyUnknown || d.Newest.IsZero() {
				t.Errorf("%s: %+v", d.Name, d)
			}
		}
	})
}
