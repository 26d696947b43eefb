package web

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/catalog"
)

//go:embed templates/*.html static/wardbook.css
var files embed.FS

var (
	templates  = template.Must(template.New("").Funcs(functions).ParseFS(files, "templates/*.html"))
	styleSheet = func() []byte { b, _ := files.ReadFile("static/wardbook.css"); return b }()
	styleName  = func() string {
		sum := sha256.Sum256(styleSheet)
		return "wardbook-" + hex.EncodeToString(sum[:6]) + ".css"
	}()
)

// static answers the style sheet. Its name holds its digest, so that a browser
// may keep it for ever.
func static(q *request) error {
	if q.r.PathValue("name") != styleName {
		return wardbook.ErrNotFound
	}
	q.w.Header().Set("Content-Type", "text/css; charset=utf-8")
	q.w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	_, _ = q.w.Write(styleSheet)
	return nil
}

// A view is what a template gets: the data of its page, and what every page
// says of who asks and of which moment.
type view struct {
	q    *request
	Data any
}

func (v *view) Style() string     { return "/static/" + styleName }
func (v *view) Org() string       { return v.q.seat.Name }
func (v *view) User() string      { return v.q.user.Name }
func (v *view) SignedIn() bool    { return v.q.session.ID != "" }
func (v *view) Member() bool      { return v.q.seat.Organization != "" }
func (v *view) Past() bool        { return !v.q.at.IsZero() }
func (v *view) At() string        { return v.q.atText }
func (v *view) Today() string     { return v.q.today() }
func (v *view) Admin() bool       { return admin.allows(v.q.seat.Roles) }
func (v *view) Version() string   { return v.q.s.o.Version }
func (v *view) Path() string      { return v.q.r.URL.Path }
func (v *view) Query() url.Values { return v.q.r.URL.Query() }

// Roles names the roles of who asks.
func (v *view) Roles() string {
	var out []string
	for _, r := range v.q.seat.Roles {
		out = append(out, string(r))
	}
	return strings.Join(out, ", ")
}

// Seats lists the other organizations of who asks.
func (v *view) Seats() (out [][2]string) {
	for _, s := range v.q.seats {
		if s.Organization != v.q.seat.Organization {
			out = append(out, [2]string{s.Organization, s.Name})
		}
	}
	return out
}

// Initials stand in the corner.
func (v *view) Initials() string {
	var out []rune
	for _, w := range strings.Fields(v.q.user.Name) {
		out = append(out, []rune(w)[0])
	}
	if len(out) > 2 {
		out = []rune{out[0], out[len(out)-1]}
	}
	return strings.ToUpper(string(out))
}

// Here reports whether the page belongs to a section of the navigation.
func (v *view) Here(path string) bool {
	at := v.q.r.URL.Path
	return at == path || path != "/" && strings.HasPrefix(at, path+"/")
}

// Link is an address of this server at the moment of the page.
func (v *view) Link(path string, pairs ...string) string { return v.q.link(path, pairs...) }

// Keep lists the parameters of the page, for a form that goes to it again.
func (v *view) Keep(except ...string) (out [][2]string) {
	u := v.q.r.URL.Query()
	for _, name := range slices.Sorted(maps.Keys(u)) {
		values := u[name]
		skip := name == "after" || name == "before"
		for _, e := range except {
			skip = skip || name == e
		}
		for _, value := range values {
			if !skip && value != "" {
				out = append(out, [2]string{name, value})
			}
		}
	}
	return out
}

// With is the address of the page with some parameters changed; an empty value
// takes one out. A page of a list starts anew.
func (v *view) With(pairs ...string) string {
	u := v.q.r.URL.Query()
	u.Del("after")
	u.Del("before")
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			u.Del(pairs[i])
		} else {
			u.Set(pairs[i], pairs[i+1])
		}
	}
	if len(u) == 0 {
		return v.q.r.URL.Path
	}
	return v.q.r.URL.Path + "?" + u.Encode()
}

func (q *request) link(path string, pairs ...string) string {
	u := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			u.Set(pairs[i], pairs[i+1])
		}
	}
	if q.atText != "" {
		u.Set("at", q.atText)
	}
	if len(u) == 0 {
		return path
	}
	return path + "?" + u.Encode()
}

var functions = template.FuncMap{
	"keys":    func() []wardbook.KeyProperty { return wardbook.KeyProperties },
	"worst":   worst,
	"words":   words,
	"number":  number,
	"moment":  func(t time.Time) string { return t.UTC().Format("2 Jan 2006, 15:04 UTC") },
	"iso":     func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
	"status":  func(s wardbook.Status) string { return words(string(s)) },
	"vex":     vex,
	"class":   className,
	"short":   func(s string) string { return s[:min(len(s), 12)] },
	"percent": func(f float64) string { return fmt.Sprintf("%.1f %%", 100*f) },
	"ward":    ward,
	"path":    url.PathEscape,
	"plural":  plural,
	"size":    size,
	"verb":    verb,
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

// number groups the digits of a whole number.
func number(n any) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

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

func (q *request) plain(status int, text string) error {
	q.w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	q.w.WriteHeader(status)
	_, _ = q.w.Write([]byte(text))
	return nil
}

// A frame is what the templates around a page get: its title and who asks.
type frame struct {
	Title string
	View  *view
	Items any
}

// Frame names the page.
func (v *view) Frame(title string) frame { return frame{Title: title, View: v} }

// List is a list with who asks, for the tables.
func (v *view) List(items any) frame { return frame{View: v, Items: items} }
