package sbom

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// tagLines writes a document as lines: starts with their namespace and their
// attributes without prefix, ends, and texts where they are not only white
// space, with the line on which each tag ends. The second result is the fault.
func tagLines(r io.Reader) (string, error) {
	var out, text strings.Builder
	s := newXMLScanner(r)
	flush := func() {
		if text.Len() > 0 {
			fmt.Fprintf(&out, "%q\n", text.String())
			text.Reset()
		}
	}
	for {
		kind, err := s.next()
		if err != nil {
			flush()
			return out.String(), err
		}
		switch kind {
		case xmlText:
			text.Write(s.chars)
		case xmlStart:
			flush()
			fmt.Fprintf(&out, "%d <%s %s", s.line(), s.tag.space, s.tag.local)
			for _, a := range s.tag.attrs {
				if prefix, _, _ := xmlSplit(a.name); prefix == nil {
					fmt.Fprintf(&out, " %s=%q", a.name, a.value)
				}
			}
			out.WriteString("\n")
		case xmlEnd:
			flush()
			fmt.Fprintf(&out, "%d >\n", s.line())
		}
	}
}

// wantLines does the same with encoding/xml.
func wantLines(r io.Reader) (string, error) {
	var out, text strings.Builder
	d := xml.NewDecoder(r)
	flush := func() {
		if text.Len() > 0 {
			fmt.Fprintf(&out, "%q\n", text.String())
			text.Reset()
		}
	}
	for {
		tok, err := d.Token()
		if err != nil {
			flush()
			return out.String(), err
		}
		line, _ := d.InputPos()
		switch t := tok.(type) {
		case xml.CharData:
			text.Write(t)
		case xml.StartElement:
			flush()
			fmt.Fprintf(&out, "%d <%s %s", line, t.Name.Space, t.Name.Local)
			for _, a := range t.Attr {
				if a.Name.Space == "" {
					fmt.Fprintf(&out, " %s=%q", a.Name.Local, a.Value)
				}
			}
			out.WriteString("\n")
		case xml.EndElement:
			flush()
			fmt.Fprintf(&out, "%d >\n", line)
		}
	}
}

var xmlSeeds = []string{
	`<a/>`, `<a b="1" c='2'>x</a>`, `<a>&lt;&amp;&gt;&apos;&quot;&#65;&#x42;</a>`, `<a b="&#10;&quot;">x</a>`, `<a>&no;</a>`, `<a>& b</a>`, `<a>&#xD800;&#0;</a>`,
	`<a>&#00000000000000000000000000000000000000000000000000000000000000000000065;</a>`, `<a>]]></a>`, `<a b="]]>"/>`, `<a><![CDATA[<b>&amp;]] ]]></a>`, `<a><![CDATA[x</a>`,
	`<a><![CDAT[x]]></a>`, `<a><!-- x - y --></a>`, `<a><!-- -- --></a>`, `<!--><a/>-->`, `<!---><a/>`, `<a><!-x></a>`, `<?pi x ?><a/>`, `<?pi?><a/>`, `<? ?><a/>`, `<a><?xml x?></a>`,
	`<!DOCTYPE a [<!ENTITY x "<>y"> <!-- > ' --> ]><a>&x;</a>`, `<!><a/>`, `<!''><a/>`, `<!D <!'>'> ><a/>`, `<!D <!-> ><a/>`,
	`<a xmlns="u" xmlns:p="v"><p:b c="1" p:d="2"/><q:e/><f xmlns=""/></a>`, `<p:a xmlns:p="u"><p:a xmlns:p="v"></p:a></p:a>`, `<p:a xmlns:p="u"></a>`, `<xml:a xmlns:=""/>`, `<xmlns:a/>`,
	`<a:b:c/>`, `<:a/>`, `<a:/>`, `<a></b>`, `</a>`, `<a></a ></a>`, `<a`, `<a b`, `<a b=`, `<a b="`, `<a b=c>`, `<a b="<"/>`, `<a b>`, `<a b="1"c="2"/>`, `<a/ >`, `< a/>`, `<1/>`, `<a></ a>`, `<a></a x>`,
	"<a>\r\n\r\rx\r\n</a>", "<a b='\r\n\t'/>", "<a>\x00</a>", "<a>\xff</a>", "<a>\uFFFE</a>", "<a>é\u0085</a>", "<é/>", "x<a/>y", "<a/>x\xff", "  ", "", "<a/><b/>", "<a/>\n<", "<a>]]&gt;</a>",
}

// FuzzXML holds the scanner to encoding/xml: the same tags, texts and lines, and
// what encoding/xml refuses is refused.
func FuzzXML(f *testing.F) {
	for i, s := range append(xmlSeeds, pumpXML[strings.Index(pumpXML, "\n"):]) {
		f.Add([]byte(s), i)
	}
	f.Fuzz(func(t *testing.T, doc []byte, step int) {
		want, wantErr := wantLines(bytes.NewReader(doc))
		s := &steps{doc, step}
		got, err := tagLines(s)
		if bytes.Contains(doc, []byte("<?xml")) && err != nil {
			return // a declaration that is not at the start
		}
		if !ascii(doc) && (err == io.EOF) != (wantErr == io.EOF) && strings.HasPrefix(got, want) {
			return // letters of names outside of ASCII
		}
		if (err == io.EOF) != (wantErr == io.EOF) {
			t.Fatalf("got %v, encoding/xml %v", err, wantErr)
		}
		if err == io.EOF && got != want {
			t.Fatal(cmp.Diff(want, got))
		}
	})
}

func ascii(b []byte) bool {
	for _, c := range b {
		if c >= 0x80 {
			return false
		}
	}
	return true
}

// Every XML file of the collection is cut as encoding/xml cuts it.
func TestXMLCorpus(t *testing.T) {
	root := filepath.Join("..", "..", "..", "shared", "data")
	if _, err := os.Stat(root); err != nil {
		t.Skip("needs the collection of real documents")
	}
	n := 0
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.HasSuffix(path, ".xml") {
			return err
		}
		doc, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		// Both begin behind the declaration, which is read before.
		doc = bytes.TrimPrefix(doc, []byte("\xef\xbb\xbf"))
		if bytes.HasPrefix(doc, []byte("<?xml ")) {
			_, doc, _ = bytes.Cut(doc, []byte("?>"))
		}
		want, wantErr := wantLines(bytes.NewReader(doc))
		got, gotErr := tagLines(bytes.NewReader(doc))
		if errors.Is(gotErr, io.EOF) != errors.Is(wantErr, io.EOF) || wantErr == io.EOF && got != want {
			t.Errorf("%s: got %v, encoding/xml %v\n%.2000s", path, gotErr, wantErr, cmp.Diff(want, got))
		}
		n++
		return nil
	})
	if err != nil || n == 0 {
		t.Errorf("%d files, %v", n, err)
	}
	t.Log(n, "files")
}
