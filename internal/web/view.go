package web

import (
	"maps"
	"net/url"
	"slices"
	"strings"
)

// A view is what a template gets: the data of its page, and what every page
// says of who asks and of which moment.
type view struct {
	q    *request
	Data any
}

func (v *view) Org() string       { return v.q.seat.Name }
func (v *view) User() string      { return v.q.user.Name }
func (v *view) SignedIn() bool    { return v.q.session.ID != "" }
func (v *view) Member() bool      { return v.q.seat.Organization != "" }
func (v *view) Past() bool        { return !v.q.at.IsZero() }
func (v *view) At() string        { return v.q.atText }
func (v *view) Today() string     { return v.q.today() }
func (v *view) Admin() bool       { return admin.allows(v.q.seat.Roles) }
func (v *view) Decider() bool     { return decider.allows(v.q.seat.Roles) }
func (v *view) Importer() bool    { return importer.allows(v.q.seat.Roles) }
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

// Theme is the look that the person chose, empty: that of the computer.
func (v *view) Theme() string { return v.q.user.Theme }

// NoKeys reports whether the person wants no keys that act alone.
func (v *view) NoKeys() bool { return v.q.user.NoKeys }

// Said is what the post before this page had to say.
func (v *view) Said() string { return v.q.said() }

// Position is where the book stood when the page was made, -1: unknown.
func (v *view) Position() int64 { return v.q.position }

// Part reports whether only what changes of the page is wanted.
func (v *view) Part() bool { return v.q.part() }

// Here reports whether the page belongs to a section of the navigation.
func (v *view) Here(path string) bool {
	at := v.q.r.URL.Path
	return at == path || path != "/" && strings.HasPrefix(at, path+"/")
}

// Link is an address of this server at the moment of the page.
func (v *view) Link(path string, pairs ...string) string { return v.q.link(path, pairs...) }

// Keep lists the parameters of the page, for a form that goes to it again.
func (v *view) Keep(except ...string) [][2]string { return keep(v.q.r.URL.Query(), except) }

func keep(u url.Values, except []string) (out [][2]string) {
	except = append([]string{"after", "before", "as"}, except...)
	for _, name := range slices.Sorted(maps.Keys(u)) {
		for _, value := range u[name] {
			if value != "" && !slices.Contains(except, name) {
				out = append(out, [2]string{name, value})
			}
		}
	}
	return out
}

// With is the address of the page with some parameters changed; an empty value
// takes one out. A page of a list starts anew.
func (v *view) With(pairs ...string) string { return with(v.Path(), v.q.r.URL.Query(), pairs...) }

func with(path string, u url.Values, pairs ...string) string {
	u = maps.Clone(u)
	for _, name := range []string{"after", "before", "as"} {
		u.Del(name)
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			u.Del(pairs[i])
		} else {
			u.Set(pairs[i], pairs[i+1])
		}
	}
	if len(u) == 0 {
		return path
	}
	return path + "?" + u.Encode()
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

// A frame is what the templates around a page get: its title and who asks.
type frame struct {
	Title string
	View  *view
}

// Frame names the page.
func (v *view) Frame(title string) frame { return frame{Title: title, View: v} }
