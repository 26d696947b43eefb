package report

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"github.com/wardbook/wardbook"
)

var writers = map[string]func(io.Writer, Data) error{
	"report.html": HTML, "report.pdf": PDF, "assessment.xlsx": XLSX,
	"assessment.json": func(w io.Writer, d Data) error { return JSON(w, d.Assessment) },
}

func render(t testing.TB, fn func(io.Writer, Data) error, d Data) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := fn(&b, d); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// The sections of a report, in their order.
func TestSections(t *testing.T) {
	doc, err := build(sampleData(t, usual))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range doc.Sections {
		got = append(got, fmt.Sprint(s.No, " ", s.Title))
		if len(s.Blocks) == 0 {
			t.Errorf("section %q is empty", s.Title)
		}
	}
	want := []string{"1 What was asked, and with which inputs", "2 The answer", "3 What changed", "4 The risks", "5 Questions for people", "6 Findings", "7 Method", "8 What is unknown, and how old the data is", "9 Inputs and their digests", "10 How to check this report"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// Equal data gives equal bytes, in every format.
func TestDeterministic(t *testing.T) {
	for name, fn := range writers {
		a := render(t, fn, sampleData(t, some))
		b := render(t, fn, sampleData(t, some))
		if !bytes.Equal(a, b) {
			t.Errorf("%s: two runs differ", name)
		}
	}
}

// The digest on the cover is that of assessment.json.
func TestDigest(t *testing.T) {
	d := sampleData(t, some)
	sum := sha256.Sum256(render(t, writers["assessment.json"], d))
	if page := render(t, HTML, d); !bytes.Contains(page, []byte(hex.EncodeToString(sum[:]))) {
		t.Error("the report does not name the digest of assessment.json")
	}
	d.Digest = "given"
	if page := render(t, HTML, d); !bytes.Contains(page, []byte(">given<")) {
		t.Error("the digest that was given is not used")
	}
}

// The HTML report loads nothing, has no script, each link inside leads
// somewhere, and no id stands twice.
func TestHTMLIsSelfContained(t *testing.T) {
	page := render(t, HTML, sampleData(t, usual))
	root, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	ids, links := map[string]int{}, map[string]bool{}
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		if slices.Contains([]string{"script", "link", "img", "iframe", "object", "embed"}, n.Data) {
			t.Errorf("the page has a <%s>", n.Data)
		}
		for _, a := range n.Attr {
			switch {
			case a.Key == "id":
				ids[a.Val]++
			case a.Key == "href" && strings.HasPrefix(a.Val, "#"):
				links[a.Val[1:]] = true
			case a.Key == "src" || strings.HasPrefix(a.Key, "on"):
				t.Errorf("<%s %s=%q>", n.Data, a.Key, a.Val)
			}
		}
	}
	for id, n := range ids {
		if n > 1 {
			t.Errorf("id %q stands %d times", id, n)
		}
	}
	for l := range links {
		if ids[l] == 0 {
			t.Errorf("a link leads to #%s, which is not there", l)
		}
	}
	if regexp.MustCompile(`url\(|@import`).Match(page) {
		t.Error("the style sheet loads something")
	}
	for _, f := range []string{"R-", "F-", "Q-"} {
		n := 0
		for id := range ids {
			if strings.HasPrefix(id, f) {
				n++
			}
		}
		if n == 0 {
			t.Errorf("no anchor begins with %s", f)
		}
	}
}

// What stands in inputs is text: no markup, no address that a click would run.
func TestHTMLEscapes(t *testing.T) {
	d := sampleData(t, some)
	evil := `<script>alert(1)</script>"'><b onclick=x>`
	d.Organization = evil
	d.Assessment.Risks[0].Title = evil
	d.Assessment.Findings[0].Vulnerability = evil
	d.Assessment.Risks[0].Options[0].URL = "javascript:alert(1)"
	page := string(render(t, HTML, d))
	for _, s := range []string{"<script", "<b onclick", `href="javascript`} {
		if strings.Contains(page, s) {
			t.Errorf("the page has %s", s)
		}
	}
	render(t, PDF, d)
}

// words collects the texts of a document, as both renderers must have them.
func words(bs []block, out *[]string) {
	add := func(r rich) {
		for _, s := range r {
			*out = append(*out, s.Text)
		}
	}
	for _, b := range bs {
		switch b := b.(type) {
		case heading:
			*out = append(*out, b.Text)
		case para:
			add(b.Text)
		case list:
			for _, it := range b.Items {
				add(it)
			}
		case pairs:
			for _, r := range b.Rows {
				*out = append(*out, r.Label)
				add(r.Value)
			}
		case metrics:
			for _, m := range b.Items {
				*out = append(*out, m.Label, m.Value, m.Note)
			}
		case table:
			for _, c := range b.Cols {
				*out = append(*out, c.Head)
			}
			for _, r := range b.Rows {
				for _, c := range r.Cells {
					add(c.Text)
				}
			}
			*out = append(*out, b.More)
		case figures:
			for _, f := range b.Items {
				*out = append(*out, f.Title, f.Note)
			}
			add(b.Legend)
		case chain:
			for _, l := range b.Links {
				*out = append(append(*out, l.Cap, l.Title), l.Lines...)
			}
		}
	}
}

// squeeze drops what line breaks change.
func squeeze(s string) string {
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r == '\u00a0' {
			return -1
		}
		return r
	}, s)
}

// Every text of the content stands in the HTML and in the PDF: nothing is
// lost between the two.
func TestNoTextIsLost(t *testing.T) {
	d := sampleData(t, usual)
	doc, err := build(d)
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, s := range doc.Sections {
		want = append(want, s.Title)
		words(s.Blocks, &want)
	}
	root, err := html.Parse(bytes.NewReader(render(t, HTML, d)))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for n := range root.Descendants() {
		if n.Type == html.TextNode {
			b.WriteString(n.Data)
		}
	}
	page := squeeze(b.String())
	for _, w := range want {
		if !strings.Contains(page, squeeze(w)) {
			t.Errorf("HTML lacks %q", w)
		}
	}
	tool, err := exec.LookPath("pdftotext")
	if err != nil {
		t.Skip("pdftotext is not installed: the text of the PDF was not compared")
	}
	cmd := exec.Command(tool, "-raw", "-", "-")
	cmd.Stdin = bytes.NewReader(render(t, PDF, d))
	text, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	// Cells of one row may be read interleaved and pages have running lines,
	// so words are looked for, not sentences.
	printed := squeeze(string(text)) // words may be broken over lines
	lacking := map[string]bool{}
	for _, w := range want {
		for _, x := range strings.Fields(w) {
			if len(x) < 20 && !strings.Contains(printed, squeeze(x)) {
				lacking[x] = true
			}
		}
	}
	if len(lacking) > 0 {
		t.Errorf("the PDF lacks %d words: %.300q", len(lacking), fmt.Sprint(lacking))
	}
}

// Characters that the fonts lack are visible, and counted at the end.
func TestSubstitutes(t *testing.T) {
	p := &printer{doc: &document{Scheme: seenScheme(&wardbook.Assessment{})}, lost: map[rune]int{}}
	for _, c := range []struct{ name, in, want string }{
		{"Latin, Greek and Cyrillic", "Dräger Ωμέγα Медтехника", "Dräger Ωμέγα Медтехника"},
		{"composed", "Dra\u0308ger", "Dräger"},
		{"no glyph", "東京 pump", "\uFFFD\uFFFD pump"},
		{"beyond the BMP", "a😀b", "a\uFFFDb"},
		{"control characters", "a\x00b\tc", "ab c"},
		{"not UTF-8", "a\xffb", "a\uFFFDb"},
	} {
		if got := p.printable(c.in, faces().regular); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	if p.lost['東'] != 1 {
		t.Error("what was lost is not counted")
	}
}

// No line of print is wider than its column, whatever the text.
func TestLinesFit(t *testing.T) {
	p := &printer{doc: &document{Scheme: seenScheme(&wardbook.Assessment{})}, lost: map[rune]int{}}
	long := strings.Repeat("W", 300)
	text := rich{{Text: "pkg:generic/" + long + "@1 and "}, {Text: long, Kind: mono}, {Text: "  end", Kind: bold}, {Kind: level, Level: "high"}, {Text: "a b c d"}}
	for _, width := range []float64{4, 11, 30, 120} {
		for _, l := range p.layout(text, bodyStyle(), width) {
			if l.w > width+0.01 && len(l.runs) == 1 && l.runs[0].level == nil {
				t.Errorf("width %v: a line of %v", width, l.w)
			}
		}
	}
}

// An assessment with nothing in it, and one without its policy, can be
// reported.
func TestSparse(t *testing.T) {
	full := sampleData(t, some)
	full.Policy = nil
	hole := sampleData(t, some)
	hole.Assessment.Risks[0].Findings = []string{"F-gone"}
	hole.Assessment.Risks[0].Devices = []string{"gone"}
	hole.Assessment.Risks[0].Options = nil
	hole.Assessment.Risks[0].Safety.Level = "no-such-level"
	for name, d := range map[string]Data{"empty": {Assessment: &wardbook.Assessment{}}, "no policy": full, "dangling ids": hole} {
		for file, fn := range writers {
			if len(render(t, fn, d)) == 0 {
				t.Errorf("%s: %s is empty", name, file)
			}
		}
	}
	for file, fn := range writers {
		if err := fn(io.Discard, Data{}); !errors.Is(err, errNoAssessment) {
			t.Errorf("%s without an assessment: %v", file, err)
		}
	}
}

// A list that is cut says so and where the rest stands.
func TestCutsAreSaid(t *testing.T) {
	d := sampleData(t, usual)
	d.Limits = Limits{Problems: 2, Wards: 3, Risks: 4, Listed: 5, PerRisk: 1, PerWard: 1, Findings: 7, Questions: 6, Rules: 2}
	page := squeeze(string(render(t, HTML, d)))
	for _, want := range []string{"and 2 more: see assessment.xlsx, sheet Problems", "and 22 more: see assessment.xlsx, sheet Wards", "and 193 more: see assessment.xlsx, sheet Findings",
		"and 10 more: see assessment.xlsx, sheet Questions", "more: see assessment.xlsx, sheet Risks", "more: see assessment.xlsx, sheet Method", "more wards: see assessment.xlsx, sheet Devices"} {
		if !strings.Contains(page, squeeze(want)) {
			t.Errorf("the report does not say %q", want)
		}
	}
}

// Text and what it stands on differ enough (WCAG 2.2, 1.4.3 and 1.4.11), in
// light and in dark.
func TestContrast(t *testing.T) {
	for _, c := range []struct {
		ink, on string
		least   float64
	}{
		{"ink", "paper", 7}, {"ink2", "paper", 4.5}, {"ink3", "paper", 4.5}, {"accent", "paper", 4.5}, {"bad", "paper", 4.5}, {"warn", "paper", 4.5}, {"good", "paper", 4.5},
		{"unk", "paper", 4.5}, {"unk", "unkwash", 4.5}, {"ink", "badwash", 7}, {"ink3", "badwash", 4.5}, {"ink2", "unkwash", 4.5}, {"ink2", "sunken", 4.5}, {"accent", "accentwash", 4.5}, {"paper", "accent", 4.5},
		{"Link", "L", 4.5}, {"Mink", "M", 4.5}, {"Hink", "H", 4.5}, {"Uink", "U", 4.5}, {"Qink", "Q", 4.5}, {"edge", "paper", 3},
	} {
		a, b := palette[c.ink], palette[c.on]
		for theme, r := range map[string]float64{"light": contrast(a.Light, b.Light), "dark": contrast(a.Dark, b.Dark)} {
			if r < c.least {
				t.Errorf("%s: %s on %s is %.2f, want %.1f", theme, c.ink, c.on, r, c.least)
			}
		}
	}
}

func contrast(a, b rgb) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func luminance(c rgb) float64 {
	f := func(v int) float64 {
		s := float64(v) / 255
		if s <= 0.04045 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	return 0.2126*f(c.R) + 0.7152*f(c.G) + 0.0722*f(c.B)
}

// Levels get letters of their own and tones in order, whatever the policy
// calls them.
func TestDress(t *testing.T) {
	for _, c := range []struct {
		name   string
		levels []levelStyle
		want   string
	}{
		{"default", []levelStyle{{ID: "low"}, {ID: "medium"}, {ID: "high", Acceptable: wardbook.No}, {ID: "intolerable", Acceptable: wardbook.No}}, "LL MM HH IU"},
		{"one refused", []levelStyle{{ID: "low"}, {ID: "medium"}, {ID: "high"}, {ID: "unacceptable", Acceptable: wardbook.No}}, "LL MM HH UU"},
		{"same first letters", []levelStyle{{ID: "moderate"}, {ID: "major", Acceptable: wardbook.No}}, "ML AU"},
		{"many", []levelStyle{{ID: "a"}, {ID: "b"}, {ID: "c"}, {ID: "d"}, {ID: "e", Acceptable: wardbook.No}, {ID: "f", Acceptable: wardbook.No}, {ID: "g", Acceptable: wardbook.No}}, "AL BL CM DH EH FH GU"},
	} {
		s := &scheme{Levels: c.levels}
		s.dress()
		var got []string
		for _, l := range s.Levels {
			got = append(got, l.Letter+l.Tone)
		}
		if g := strings.Join(got, " "); g != c.want {
			t.Errorf("%s: %s, want %s", c.name, g, c.want)
		}
	}
}
