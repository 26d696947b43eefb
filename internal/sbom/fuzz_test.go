package sbom

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	gocpe "github.com/knqyf263/go-cpe/naming"
	packageurl "github.com/package-url/packageurl-go"
)

// fuzzDecode holds any input to what Decode promises: no panic, no hang, and a
// document whose lists agree with each other.
func fuzzDecode(f *testing.F, seeds ...string) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		d, err := Decode(strings.NewReader(string(doc)), Options{MaxBytes: 1 << 20, MaxDepth: 64})
		if err != nil {
			if d != nil {
				t.Fatal("a document and an error")
			}
			return
		}
		if len(d.said) != len(d.Components) || d.Format == "" {
			t.Fatalf("%d components, %d said, format %q", len(d.Components), len(d.said), d.Format)
		}
		g := GradeOf(d)
		for _, e := range g.Elements {
			if n := e.Total(); n != len(d.Components) && n != 1 {
				t.Fatalf("%s counts %d of %d", e.ID, n, len(d.Components))
			}
		}
	})
}

func FuzzCycloneDXJSON(f *testing.F) { fuzzDecode(f, pumpCycloneDX, `{"bomFormat":"CycloneDX"}`) }

func FuzzCycloneDXXML(f *testing.F) {
	fuzzDecode(f, pumpXML, `<bom xmlns="http://cyclonedx.org/schema/bom/1.0"/>`)
}

func FuzzSPDXJSON(f *testing.F) { fuzzDecode(f, pumpSPDX, `{"spdxVersion":"SPDX-2.3"}`) }

func FuzzSPDXTagValue(f *testing.F) {
	fuzzDecode(f, pumpTag, "SPDXVersion: SPDX-2.1\rPackageName: a\r")
}

func FuzzSPDX3(f *testing.F) {
	fuzzDecode(f, pumpSPDX3, `{"@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld","@graph":[{}]}`)
}

// FuzzJSON holds the JSON reader to jsontext: the same documents are valid,
// and strings have the same value.
func FuzzJSON(f *testing.F) {
	for _, s := range []string{`{"a":[1,-0.5e+3,true,false,null,"x\u00e9\ud83d\ude00\ud800\n"],"b":{}}`, `{"a":01}`, `{"a":[1,]}`,
		`{"a":"\x"}`, "{\"a\":\"\t\"}", `{"a":1}x`, `{"a"}`, `{"a":[}`, `{"a":tru}`, `{"a":{"b":[[],{}]}}`, pumpSPDX} {
		f.Add([]byte(s), 1)
		f.Add([]byte(s), 3)
	}
	f.Fuzz(func(t *testing.T, doc []byte, step int) {
		oracle := jsontext.NewDecoder(strings.NewReader(string(doc)),
			jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
		if oracle.PeekKind() != '{' {
			return
		}
		wantErr := false
		if err := oracle.SkipValue(); err != nil {
			wantErr = true
		}
		for _, skip := range []bool{true, false} {
			j := newJSONReader(&steps{doc, step}, newBuilder(Options{}.withDefaults()))
			j.buf = j.buf[:16] // so that everything crosses the buffer's end
			if skip {
				j.skip()
			} else {
				walk(j)
			}
			if errors.Is(j.err, ErrTooDeep) {
				return
			}
			if (j.err != nil) != wantErr {
				t.Fatalf("skip %v: got %v, jsontext fails: %v", skip, j.err, wantErr)
			}
		}
		if !wantErr {
			sameStrings(t, doc)
		}
	})
}

// walk reads a value through the methods that readers use.
func walk(j *jsonReader) {
	switch j.peek() {
	case '{':
		for ok := j.enter('{'); ok && j.member(); {
			walk(j)
		}
	case '[':
		for ok := j.enter('['); ok && j.element(); {
			walk(j)
		}
	default:
		j.str()
	}
}

// sameStrings compares every string of a valid document with jsontext's.
func sameStrings(t *testing.T, doc []byte) {
	oracle := jsontext.NewDecoder(strings.NewReader(string(doc)),
		jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	j := newJSONReader(strings.NewReader(string(doc)), newBuilder(Options{}.withDefaults()))
	var visit func()
	check := func(got string) {
		tok, err := oracle.ReadToken()
		if err != nil {
			t.Fatal(err)
		}
		if want := tok.String(); tok.Kind() == '"' && strings.ToValidUTF8(got, "") != strings.ToValidUTF8(want, "") &&
			!strings.Contains(want, "\uFFFD") {
			t.Fatalf("got %q, jsontext %q", got, want)
		}
	}
	visit = func() {
		switch k := j.peek(); k {
		case '{':
			oracle.ReadToken()
			for ok := j.enter(k); ok && j.member(); {
				check(string(j.key))
				visit()
			}
			oracle.ReadToken()
		case '[':
			oracle.ReadToken()
			for ok := j.enter(k); ok && j.element(); {
				visit()
			}
			oracle.ReadToken()
		default:
			check(string(j.str()))
		}
	}
	visit()
	if j.err != nil {
		t.Fatal(j.err)
	}
}

// steps gives a few bytes at a time.
type steps struct {
	doc  []byte
	step int
}

func (s *steps) Read(p []byte) (int, error) {
	if len(s.doc) == 0 {
		return 0, io.EOF
	}
	n := copy(p, s.doc[:min(len(s.doc), 1+s.step&7)])
	s.doc = s.doc[n:]
	return n, nil
}

// FuzzIdentifiers holds the short ways to what the libraries say.
func FuzzIdentifiers(f *testing.F) {
	for _, s := range []string{"pkg:npm/a@1", "pkg:npm/%40a/b@1.0?arch=x&k=v", "pkg:deb/debian/x@1%3A2?arch=amd64#sub/p", "pkg:a//b",
		"pkg:oci/x@sha256%3Aab?repository_url=a/b", "cpe:2.3:a:v:p:1.0:*:*:*:*:*:*:*", "cpe:2.3:a:v:p\\:q:-:*:*:*:*:*:*:*", "cpe:/a:v:p:1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if plainPurl(s) {
			if _, err := packageurl.FromString(s); err != nil {
				t.Fatalf("plain, but %v", err)
			}
		}
		if plainCPE(s) {
			if _, err := gocpe.UnbindFS(s); err != nil {
				t.Fatalf("plain, but %v", err)
			}
		}
		checkPurl(s)
		checkCPE(s)
	})
}

// FuzzCutField holds the cut of words to bytes.Fields.
func FuzzCutField(f *testing.F) {
	for _, s := range []string{"a b c", "a\tb", "a", "a\u00a0b", "é\u0085 x", "a\x1fb", "a\v\fb", "\xff b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		rest := []byte(strings.TrimSpace(s))
		var got []string
		for len(rest) > 0 {
			var word []byte
			word, rest = cutField(rest)
			got = append(got, string(word))
		}
		if want := strings.Fields(s); !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	})
}
