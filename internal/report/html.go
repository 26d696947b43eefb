package report

import (
	"bufio"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
)

//go:embed report.html
var htmlTemplate string

//go:embed report.css
var styleSheet string

// HTML writes the report as one self-contained HTML file: no script, nothing
// loaded from elsewhere, light and dark, made for print too.
func HTML(w io.Writer, d Data) error {
	doc, err := build(d)
	if err != nil {
		return err
	}
	t, err := template.Must(parsed().Clone()).Funcs(template.FuncMap{"svg": svgFunc()}).Clone()
	if err != nil {
		return err
	}
	bw := bufio.NewWriterSize(w, 1<<16)
	if err := t.Execute(bw, doc); err != nil {
		return err
	}
	return bw.Flush()
}

// svgFunc draws pictures that share their common parts within one page.
func svgFunc() func(figure) template.HTML {
	shared := map[string]bool{}
	return func(f figure) template.HTML { return svg(&f, shared) }
}

// parsed is the template, parsed once.
var parsed = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("report").Funcs(template.FuncMap{
		"kind": blockKind, "tag": spanTag, "lvl": (*scheme).level, "href": href, "outside": outside,
		"css": func() template.CSS { return template.CSS(colours() + styleSheet) },
		"svg": func(figure) template.HTML { return "" }, "share": share, "cls": func(k spanKind) string { return spanClasses[k] },
		"level": func(d int) int { return d + 1 },
		"on":    func(doc *document, v any) part { return part{doc, v} },
	}).Parse(htmlTemplate))
})

// part hands a part of the document down together with the whole.
type part struct {
	Doc *document
	V   any
}

// blockKind names a block's type for the template.
func blockKind(b block) string { return strings.TrimPrefix(fmt.Sprintf("%T", b), "report.") }

var spanClasses = map[spanKind]string{bold: "b", dim: "d", mono: "m", bad: "bad", warn: "warn", good: "good", unknown: "unk"}

// spanTag says how the template sets a span.
func spanTag(s span) string {
	switch s.Kind {
	case newline:
		return "br"
	case level:
		return "level"
	case tile:
		return "tile"
	}
	return "text"
}

// href is the address of a link: an anchor, or an http(s) address.
func href(link string) string {
	if outside(link) {
		return link
	}
	return "#" + link
}

// outside reports whether a link leads out of the report. Other schemes than
// http and https are never followed.
func outside(link string) bool {
	return strings.HasPrefix(link, "https://") || strings.HasPrefix(link, "http://")
}

// share is a column's part of the width in percent.
func share(cols []column, i int) string {
	sum := 0.0
	for _, c := range cols {
		sum += c.Width
	}
	return num(cols[i].Width / sum * 100)
}

// colours writes the palette as custom properties and as classes of pictures.
func colours() string {
	var vars, classes strings.Builder
	for _, n := range slices.Sorted(maps.Keys(palette)) {
		p := palette[n]
		fmt.Fprintf(&vars, "--%s:light-dark(%s,%s);", n, p.Light.hex(), p.Dark.hex())
		fmt.Fprintf(&classes, ".f-%s{fill:var(--%s)}.s-%s{stroke:var(--%s)}", n, n, n, n)
	}
	return ":root{color-scheme:light dark;" + vars.String() + "}\n" + classes.String() + "\n"
}

func (c rgb) hex() string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }
