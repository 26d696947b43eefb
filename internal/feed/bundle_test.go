package feed

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// bundle makes a bundle of a folder, as a file.
func bundle(t *testing.T, f *Folder, since string) (path string, m *Manifest, key string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "bundle.zip")
	w, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	m, key, err = f.Bundle(w, since)
	if err != nil {
		t.Fatal(err)
	}
	return path, m, key
}

// hospital is a folder that has never been online.
func hospital(t *testing.T) (*Folder, *clock) {
	t.Helper()
	c := &clock{t: today.AddDate(0, 0, 1)}
	f, err := Open(filepath.Join(t.TempDir(), "feeds"), Options{Now: c.now})
	if err != nil {
		t.Fatal(err)
	}
	return f, c
}

func shown(t *testing.T, f *Folder) string {
	t.Helper()
	var out []string
	for _, d := range documents(t, f) {
		out = append(out, d.Source+" "+d.Name+" "+d.SHA256[:8]+" "+string(d.Signature))
	}
	return strings.Join(out, "\n")
}

// A whole bundle and a delta bring a folder that was never online to the state of
// the one that was, with the age of its data.
func TestBundle(t *testing.T) {
	p := newProvider(t)
	p.metadata(directory(p))
	p.advisory("/white/a.json", "A", "1", "WHITE")
	p.advisory("/white/b.json", "B", "1", "WHITE")
	p.put("/white/changes.csv", []byte("a.json,2026-02-01T00:00:00Z\nb.json,2026-02-01T00:00:00Z\n"))
	p.put("/kev", kev("2026-02-01", 2))
	from, c := open(t, p.source(), Source{ID: "kev", Kind: KEV, URL: p.URL + "/kev?token=hush"})
	fetch(t, from, "v")
	fetch(t, from, "kev")
	whole, first, key := bundle(t, from, "")
	to, toClock := hospital(t)
	r, err := to.Load(context.Background(), whole, []string{key})
	if err != nil {
		t.Fatal(err)
	}
	if r.New != 3 || r.Delta || shown(t, to) != shown(t, from) {
		t.Errorf("got %+v\n%s\nwant\n%s", r, shown(t, to), shown(t, from))
	}
	st := status(t, to, "kev")
	if st.Bundle != first.ID || st.Configured || st.Known(toClock.now()) != "as of 2026-03-01 12:00" || st.Age(toClock.now()) != "24 h" {
		t.Errorf("status: %+v: %s", st, st.Known(toClock.now()))
	}
	if got := st.Known(today.AddDate(0, 1, 0)); got != "unknown since 2026-03-01 12:00" {
		t.Errorf("a month later: %s", got)
	}

	c.set(today.Add(3 * time.Hour))
	p.advisory("/white/a.json", "A", "2", "WHITE")
	p.put("/white/changes.csv", []byte("a.json,2026-02-02T00:00:00Z\nb.json,2026-02-01T00:00:00Z\n"))
	fetch(t, from, "v")
	delta, m, key2 := bundle(t, from, first.ID)
	if key2 != key {
		t.Error("the folder has another key now")
	}
	if len(m.Members) != 2 || m.Base != first.ID { // the document and its signature
		t.Errorf("the delta holds %d objects", len(m.Members))
	}
	r, err = to.Load(context.Background(), delta, []string{key})
	if err != nil {
		t.Fatal(err)
	}
	if r.Changed != 1 || r.Unchanged != 2 || shown(t, to) != shown(t, from) {
		t.Errorf("got %+v", r)
	}

	t.Run("a delta without its base is refused and changes nothing", func(t *testing.T) {
		empty, _ := hospital(t)
		_, err := empty.Load(context.Background(), delta, []string{key})
		if err == nil || !strings.Contains(err.Error(), "builds on the bundle "+first.ID) || len(documents(t, empty)) != 0 {
			t.Errorf("got %v", err)
		}
	})
	t.Run("an old bundle does not bring old data back", func(t *testing.T) {
		before := shown(t, to)
		_, err := to.Load(context.Background(), whole, []string{key})
		if err == nil || !strings.Contains(err.Error(), "bring old data back") || shown(t, to) != before {
			t.Errorf("got %v", err)
		}
	})
	t.Run("a delta by date", func(t *testing.T) {
		c.set(today.AddDate(0, 0, 2))
		p.put("/kev", kev("2026-03-03", 5))
		fetch(t, from, "kev")
		path, m, _ := bundle(t, from, "2026-03-02")
		if len(m.Members) != 1 {
			t.Errorf("%d objects", len(m.Members))
		}
		toClock.set(today.AddDate(0, 0, 3))
		if r, err := to.Load(context.Background(), path, []string{key}); err != nil || r.Changed != 1 || shown(t, to) != shown(t, from) {
			t.Errorf("got %v %+v", err, r)
		}
	})
	t.Run("what is newer here is kept", func(t *testing.T) {
		other, oc := open(t, Source{ID: "kev", Kind: KEV, URL: p.URL + "/kev"})
		oc.set(today.AddDate(0, 0, 4))
		fetch(t, other, "kev")
		r, err := other.Load(context.Background(), whole, []string{key})
		if err != nil || len(r.Kept) != 1 || r.Kept[0] != "kev" {
			t.Errorf("got %v %+v", err, r)
		}
	})
	t.Run("no token in a bundle", func(t *testing.T) {
		z, err := zip.OpenReader(whole)
		if err != nil {
			t.Fatal(err)
		}
		defer z.Close()
		for _, m := range z.File {
			b, err := member(m, 1<<20)
			if err != nil || bytes.Contains(b, []byte("hush")) || bytes.Contains(b, []byte("PRIVATE+KEY")) {
				t.Errorf("%s: %v", m.Name, err)
			}
		}
	})
	t.Run("no such base", func(t *testing.T) {
		for _, since := range []string{"2026-01-01-00000000", "yesterday", "../index.json"} {
			if _, _, err := from.Bundle(io.Discard, since); err == nil {
				t.Errorf("%s: no error", since)
			}
		}
	})
}

// rewrite copies a bundle and changes it: edit gets each member and gives its new
// content, or nil to leave it out.
func rewrite(t *testing.T, path string, edit func(name string, b []byte) []byte, extra ...string) string {
	t.Helper()
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	out := filepath.Join(t.TempDir(), "changed.zip")
	f, err := os.Create(out)
	if err != nil {
		t.Fatal(err)
	}
	w := zip.NewWriter(f)
	put := func(name string, b []byte) {
		m, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = m.Write(b)
	}
	for _, m := range z.File {
		b, err := member(m, 1<<26)
		if err != nil {
			t.Fatal(err)
		}
		if b = edit(m.Name, b); b != nil {
			put(m.Name, b)
		}
	}
	for i := 0; i < len(extra); i += 2 {
		put(extra[i], []byte(extra[i+1]))
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	_ = f.Close()
	return out
}

// A bundle that was changed in any way is refused, the faults are named, and
// nothing of it is used.
func TestTampered(t *testing.T) {
	p := newProvider(t)
	p.metadata(directory(p))
	p.advisory("/white/a.json", "A", "1", "WHITE")
	p.advisory("/white/b.json", "B", "1", "WHITE")
	p.put("/white/index.txt", []byte("a.json\nb.json\n"))
	from, _ := open(t, p.source())
	fetch(t, from, "v")
	path, m, key := bundle(t, from, "")
	stranger, _ := open(t, p.source())
	fetch(t, stranger, "v")
	foreign, _, _ := bundle(t, stranger, "")
	same := func(_ string, b []byte) []byte { return b }
	first := objectPrefix + m.Members[0].SHA256
	for _, tt := range []struct {
		name string
		path func(t *testing.T) string
		want string
	}{
		{"another key", func(t *testing.T) string { return foreign }, "not trusted here"},
		{"a flipped byte of a document", func(t *testing.T) string {
			return rewrite(t, path, func(name string, b []byte) []byte {
				if name == first {
					b[len(b)/2] ^= 1
				}
				return b
			})
		}, "was changed"},
		{"a longer document", func(t *testing.T) string {
			return rewrite(t, path, func(name string, b []byte) []byte {
				if name == first {
					b = append(b, ' ')
				}
				return b
			})
		}, "has not the"},
		{"a bomb in place of a document", func(t *testing.T) string {
			return rewrite(t, path, func(name string, b []byte) []byte {
				if name == first {
					b = make([]byte, 64<<20)
				}
				return b
			})
		}, "has not the"},
		{"a document less", func(t *testing.T) string {
			return rewrite(t, path, func(name string, b []byte) []byte {
				if name == first {
					return nil
				}
				return b
			})
		}, "is not in the bundle"},
		{"a file more", func(t *testing.T) string { return rewrite(t, path, same, "../../etc/passwd", "x") }, "not in its manifest"},
		{"a member twice", func(t *testing.T) string { return rewrite(t, path, same, first, "x") }, "stands twice"},
		{"another manifest", func(t *testing.T) string {
			return rewrite(t, path, func(name string, b []byte) []byte {
				if name == manifestFile {
					return bytes.Replace(b, []byte("verified"), []byte("verifiee"), 1)
				}
				return b
			})
		}, "not the one that was signed"},
		{"another note", func(t *testing.T) string {
			return rewrite(t, path, func(name string, b []byte) []byte {
				if name == noteFile {
					return bytes.Replace(b, []byte("v1"), []byte("v2"), 1)
				}
				return b
			})
		}, "signature"},
		{"no note", func(t *testing.T) string {
			return rewrite(t, path, func(name string, b []byte) []byte {
				if name == noteFile {
					return nil
				}
				return b
			})
		}, "no bundle"},
		{"a cut file", func(t *testing.T) string {
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			cut := filepath.Join(t.TempDir(), "cut.zip")
			if err := os.WriteFile(cut, b[:len(b)/2], 0o644); err != nil {
				t.Fatal(err)
			}
			return cut
		}, "no bundle"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			to, _ := hospital(t)
			_, err := to.Load(context.Background(), tt.path(t), []string{key})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			if docs := documents(t, to); len(docs) != 0 {
				t.Errorf("%d documents are in use", len(docs))
			}
			if left, _ := filepath.Glob(filepath.Join(to.dir, "documents", "*", "*")); len(left) != 0 {
				t.Errorf("objects are left: %v", left)
			}
		})
	}
	t.Run("all faults are named", func(t *testing.T) {
		to, _ := hospital(t)
		bad := rewrite(t, path, func(name string, b []byte) []byte {
			if strings.HasPrefix(name, objectPrefix) {
				b[0] ^= 1
			}
			return b
		})
		_, err := to.Load(context.Background(), bad, []string{key})
		if err == nil || strings.Count(err.Error(), "its digest is another") != len(m.Members) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("a bundle of the future", func(t *testing.T) {
		to, c := hospital(t)
		c.set(today.AddDate(0, 0, -5))
		if _, err := to.Load(context.Background(), path, []string{key}); err == nil || !strings.Contains(err.Error(), "in the future") {
			t.Errorf("got %v", err)
		}
	})
}

// Two at once in one folder exclude each other.
func TestBusy(t *testing.T) {
	f, _ := open(t)
	unlock, err := f.lock()
	if err != nil {
		t.Fatal(err)
	}
	other, err := Open(f.dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range []*Folder{f, other} {
		if _, err := folder.Fetch(context.Background(), "x", nil); err != ErrBusy {
			t.Errorf("got %v", err)
		}
	}
	unlock()
	if _, err := f.Fetch(context.Background(), "x", nil); err == nil || err == ErrBusy {
		t.Errorf("got %v", err)
	}
}

// What went out of use stays for a day, however long it was in use before.
func TestSweep(t *testing.T) {
	s := newSite(t)
	s.put("/kev", kev("2026-02-01", 1))
	f, c := open(t, Source{ID: "kev", Kind: KEV, URL: s.URL + "/kev"})
	begin := time.Now()
	c.set(begin)
	fetch(t, f, "kev")
	old := documents(t, f)[0]
	s.put("/kev", kev("2026-02-02", 2))
	for _, step := range []struct {
		after time.Duration
		there bool
	}{{240 * time.Hour, true}, {242 * time.Hour, true}, {265 * time.Hour, false}} {
		c.set(begin.Add(step.after))
		fetch(t, f, "kev")
		if has(f.Path(old)) != step.there || len(documents(t, f)) != 1 {
			t.Errorf("after %s: there is %v", step.after, !step.there)
		}
	}
}

// Adding and removing sources keeps what people wrote into feeds.yaml.
func TestConfig(t *testing.T) {
	f, _ := open(t)
	text := "# ours\nnetwork:\n  allow: [127.0.0.1] # the mirror\nsources:\n  # exploited\n  - id: kev\n    kind: kev\n  # scores\n  - {id: epss, kind: epss}\n"
	path := filepath.Join(f.dir, configFile)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := f.Add(Source{ID: "osv", Kind: OSV, Ecosystems: []string{"Debian", "PyPI"}}); err != nil {
		t.Fatal(err)
	}
	if err := f.Remove("kev"); err != nil {
		t.Fatal(err)
	}
	sources, err := f.Sources()
	if err != nil || len(sources) != 2 || sources[0].ID != "epss" || sources[1].Ecosystems[1] != "PyPI" {
		t.Fatalf("%v %v", sources, err)
	}
	b, _ := os.ReadFile(path)
	for _, want := range []string{"# ours", "# the mirror", "# scores"} {
		if !strings.Contains(string(b), want) {
			t.Errorf("%q is lost:\n%s", want, b)
		}
	}
	if err := f.Remove("osv"); err != nil {
		t.Fatal(err)
	}
	if err := f.Remove("epss"); err != nil {
		t.Fatal(err)
	}
	if err := f.Add(Source{ID: "kev", Kind: KEV}); err != nil {
		t.Fatal(err)
	}
	if err := f.Add(Source{ID: "kev", Kind: KEV}); err == nil {
		t.Error("added twice")
	}
	if err := f.Remove("none"); err == nil {
		t.Error("removed what is not there")
	}
}

// All faults of feeds.yaml are named with their place.
func TestConfigFaults(t *testing.T) {
	text := `network: {proxy: nonsense, allow: ["a b"]}
trust: [x]
sources:
- {id: A B, kind: kev}
- {id: v, kind: csaf-rolie}
- {id: v, kind: osv}
- {id: w, kind: xyz}
- {id: e, kind: epss, signed: true}
`
	_, err := decodeConfig([]byte(text))
	for _, want := range []string{"sources[0].id", "sources[1].url", "sources[2].ecosystems", "stands twice", "sources[3].kind", "sources[4].kind", "network.proxy", "network.allow", "trust"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s is not named: %v", want, err)
		}
	}
	if _, err := decodeConfig([]byte("netwrk: {}\n")); err == nil {
		t.Error("an unknown field is taken")
	}
	if _, err := decodeConfig([]byte(configHead)); err != nil {
		t.Errorf("the head alone: %v", err)
	}
}

func ExampleStatus_Known() {
	s := Status{Checked: today}
	fmt.Println(s.Known(today.Add(time.Hour)))
	fmt.Println(s.Known(today.AddDate(0, 0, 8)))
	fmt.Println(s.Known(today.AddDate(0, 0, -8)))
	// Output:
	// as of 2026-03-01 12:00
	// unknown since 2026-03-01 12:00
	// unknown: last fetched 2026-03-01 12:00, which is in the future: check the clock
}
