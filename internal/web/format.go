package web

import (
	"fmt"
	"html/template"
	"maps"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/catalog"
)

// A style is how a person reads numbers and times.
type style struct {
	zone   string // IANA, empty: UTC
	format string // BCP 47, one of numberFormats
}

// numberFormats are the ways to write a number that can be chosen, by the
// language that uses them.
var numberFormats = []option{
	{Value: "en", Label: "1,234,567.8"}, {Value: "de", Label: "1.234.567,8"}, {Value: "fr", Label: "1 234 567,8"}, {Value: "de-CH", Label: "1’234’567.8"},
}

// separators of thousands and of decimals.
func (s style) separators() (group, point string) {
	switch s.format {
	case "de":
		return ".", ","
	case "fr":
		return "\u202F", ","
	case "de-CH":
		return "’", "."
	}
	return ",", "."
}

func (s style) number(n any) string {
	group, _ := s.separators()
	digits := fmt.Sprint(n)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + group + digits[i:]
	}
	return digits
}

// decimal writes f with a number of decimals.
func (s style) decimal(f float64, decimals int) string {
	_, point := s.separators()
	whole, rest, ok := strings.Cut(fmt.Sprintf("%.*f", decimals, f), ".")
	if ok {
		return s.number(whole) + point + rest
	}
	return s.number(whole)
}

func (s style) moment(t time.Time) string {
	at := time.UTC
	if s.zone != "" {
		if loc, err := time.LoadLocation(s.zone); err == nil {
			at = loc
		}
	}
	return t.In(at).Format("2 Jan 2006, 15:04 MST")
}

// functions are what templates can call; number, moment and the like write for
// the person who asks.
func (s style) functions() template.FuncMap {
	return template.FuncMap{
		"asset":   asset,
		"keys":    func() []wardbook.KeyProperty { return wardbook.KeyProperties },
		"worst":   worst,
		"words":   words,
		"number":  s.number,
		"moment":  s.moment,
		"decimal": func(decimals int, f float64) string { return s.decimal(f, decimals) },
		"iso":     func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"status":  func(v wardbook.Status) string { return words(string(v)) },
		"vex":     vex,
		"class":   className,
		"short":   func(v string) string { return v[:min(len(v), 12)] },
		"percent": func(f float64) string { return s.decimal(100*f, 1) + " %" },
		"ward":    ward,
		"path":    url.PathEscape,
		"plural":  plural,
		"pair":    func(a, b any) []any { return []any{a, b} },
		"size":    size,
		"verb":    verb,
	}
}

// pages is every template, never executed, so that it can be cloned. They are
// read when the first page is asked for: most commands serve none.
var pages = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("").Funcs(style{}.functions()).ParseFS(files, "templates/*.html"))
})

// written keeps the templates for each way of writing that is in use.
var written struct {
	mu  sync.Mutex
	set map[style]*template.Template
}

// maxStyles bounds how many are kept; beyond it they are made anew.
const maxStyles = 32

// templatesFor are the templates that write for s.
func templatesFor(s style) (*template.Template, error) {
	written.mu.Lock()
	defer written.mu.Unlock()
	if t := written.set[s]; t != nil {
		return t, nil
	}
	t, err := pages().Clone()
	if err != nil {
		return nil, err
	}
	t.Funcs(s.functions())
	if written.set == nil || len(written.set) >= maxStyles {
		written.set = map[style]*template.Template{}
	}
	written.set = maps.Clone(written.set)
	written.set[s] = t
	return t, nil
}

// words turns an id such as "in_service" into words.
func words(id string) string {
	if id == "" {
		return "unknown"
	}
	return strings.ReplaceAll(id, "_", " ")
}

// verb turns an action such as "assessment.keep" into words.
func verb(action string) string {
	return strings.NewReplacer(".", ": ", "_", " ").Replace(action)
}

// number groups the digits of a whole number, where nobody is asked how.
func number(n any) string { return style{}.number(n) }

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return number(n) + " " + many
}

func size(n int64) string {
	switch {
	case n < 1<<10:
		return fmt.Sprintf("%d B", n)
	case n < 1<<20:
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
}

// vex is the look of a status.
func vex(s wardbook.Status) string {
	switch s {
	case wardbook.Affected, wardbook.Fixed:
		return string(s)
	case wardbook.NotAffected:
		return "not-affected"
	case wardbook.UnderInvestigation:
		return "investigating"
	}
	return "unknown"
}

func className(id string) string {
	if id == "" {
		return "unknown"
	}
	if c, err := catalog.Load(); err == nil {
		if k := c.Class(id); k != nil {
			return k.Name
		}
	}
	return words(id)
}
