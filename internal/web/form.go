package web

import (
	"cmp"
	"encoding/base64"
	"errors"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/wardbook/wardbook"
)

// A form is what is asked of a person: its fields, what was typed, and what
// was wrong with it. One value goes the whole way: it is made with what stands
// there now, filled with what was posted, and shown again with the faults
// beside the fields when it cannot be done. The template "form" draws it.
//
// There is no token against forged requests: http.CrossOriginProtection around
// the server refuses what another site sends, and the cookie is SameSite.
type form struct {
	Action string // address that it posts to; empty: the page's own
	Submit string // label of the button
	Danger bool   // the button takes something away
	Fields []*field
	Hidden [][2]string
	Faults []string // that belong to no field

	// Conflict is what somebody else wrote meanwhile; see conflict.
	Conflict *conflictView
}

// A field is one question. Type is that of an input, or "textarea", "select",
// "checks" (any of the options) or "choice" (one of them).
type field struct {
	Name, Label, Hint string
	Type              string // text where empty
	Value             string
	Values            []string // of "checks"
	Options           []option
	Required          bool
	Max               int      // characters; 0: 2,000
	Suggest           []string // values to begin with; any other can be typed
	Complete          string   // autocomplete
	Errors            []string
	Differs           bool // somebody else wrote something else meanwhile:
	Theirs            string
}

// maxTyped is how long an answer is where its field says nothing.
const maxTyped = 2000

// reasonField asks why; the book keeps it.
func reasonField(required bool) *field {
	return &field{Name: "reason", Label: "Why", Hint: "The book keeps it.", Required: required}
}

// ID is unique on the page as long as no two forms have a field of one name.
func (f *field) ID() string { return "f-" + f.Name }

// Described names the hint and the faults, for screen readers.
func (f *field) Described() string {
	var ids []string
	if f.Hint != "" {
		ids = append(ids, f.ID()+"-hint")
	}
	if len(f.Errors) > 0 {
		ids = append(ids, f.ID()+"-error")
	}
	return strings.Join(ids, " ")
}

// Has reports whether an option is chosen.
func (f *field) Has(value string) bool {
	return value == f.Value && f.Type != "checks" || slices.Contains(f.Values, value)
}

// Field is the field with that name, for templates that place fields one by one.
func (f *form) Field(name string) *field {
	for _, x := range f.Fields {
		if x.Name == name {
			return x
		}
	}
	return &field{Name: name}
}

// Get is what stands in a field, without spaces around it.
func (f *form) Get(name string) string { return f.Field(name).Value }

// OK reports whether nothing is wrong so far.
func (f *form) OK() bool {
	return len(f.Faults) == 0 && f.Conflict == nil && !slices.ContainsFunc(f.Fields, func(x *field) bool { return len(x.Errors) > 0 })
}

// fill reads what was posted into f and checks what the fields themselves say.
func (q *request) fill(f *form) error {
	if err := q.parse(); err != nil {
		return err
	}
	for _, x := range f.Fields {
		typed := q.r.PostForm[x.Name]
		x.Values, x.Value = nil, ""
		for _, v := range typed {
			v = strings.TrimSpace(strings.ToValidUTF8(v, "\uFFFD"))
			if x.Type == "password" {
				v = q.r.PostForm.Get(x.Name) // spaces are part of it
			}
			x.Values = append(x.Values, v)
		}
		if len(x.Values) > 0 {
			x.Value = x.Values[0]
		}
		x.check()
	}
	return nil
}

// parse reads the posted form.
func (q *request) parse() error {
	if err := q.r.ParseForm(); err != nil {
		return badForm(err)
	}
	return nil
}

func (f *field) check() {
	if f.Required && f.Value == "" {
		f.Errors = append(f.Errors, "This is needed.")
	}
	if limit := cmp.Or(f.Max, maxTyped); utf8.RuneCountInString(f.Value) > limit {
		f.Errors = append(f.Errors, "This is too long: at most "+number(limit)+" characters.")
	}
	if f.Type != "select" && f.Type != "choice" && f.Type != "checks" {
		return
	}
	for _, v := range f.Values {
		if v != "" && !slices.ContainsFunc(f.Options, func(o option) bool { return o.Value == v }) {
			f.Errors = append(f.Errors, "Choose one of those that are offered.")
		}
	}
}

// fault notes what is wrong with a field; one that is not in the form, and "",
// stand above it.
func (f *form) fault(name, text string) {
	for _, x := range f.Fields {
		if x.Name == name {
			x.Errors = append(x.Errors, text)
			return
		}
	}
	if name != "" {
		text = name + ": " + text
	}
	f.Faults = append(f.Faults, text)
}

// take puts what a person can mend beside its field and returns nil; another
// error it gives back.
func (f *form) take(err error) error {
	var invalid *wardbook.Invalid
	if !errors.As(err, &invalid) {
		return err
	}
	for _, p := range invalid.Problems {
		place := strings.Trim(p.Place, "/")
		if f.Field(place).Label == "" {
			place = strings.TrimSuffix(place, "s") // roles: role
		}
		if f.Field(place).Label == "" {
			place = strings.Trim(p.Place, "/")
		}
		f.fault(place, p.Message)
	}
	return nil
}

// again shows the page of a form once more, with what was typed and what was
// wrong.
func (q *request) again(page string, data any) error {
	return q.render(http.StatusUnprocessableEntity, page, data)
}

// done answers a post that was carried out: the browser goes on to another
// page, which says text once. A second click on "reload" does nothing twice.
func (q *request) done(path, text string) error {
	if text != "" {
		value := base64.RawURLEncoding.EncodeToString([]byte(text[:min(len(text), 1000)]))
		http.SetCookie(q.w, &http.Cookie{
			Name: q.flashName(), Value: value, Path: "/", MaxAge: 60, HttpOnly: true, Secure: q.s.secure, SameSite: http.SameSiteStrictMode,
		})
	}
	return q.redirect(local(path), nil)
}

func (q *request) flashName() string {
	if q.s.secure {
		return "__Host-wardbook-said"
	}
	return "wardbook-said"
}

// said is what the post before this page had to say, and forgets it.
func (q *request) said() string {
	c, err := q.r.Cookie(q.flashName())
	if err != nil || c.Value == "" {
		return ""
	}
	http.SetCookie(q.w, &http.Cookie{Name: q.flashName(), Path: "/", MaxAge: -1, HttpOnly: true, Secure: q.s.secure, SameSite: http.SameSiteStrictMode})
	b, err := base64.RawURLEncoding.DecodeString(c.Value)
	if err != nil {
		return ""
	}
	return strings.ToValidUTF8(string(b), "")
}

// back is the address of the list that a bulk form came from.
func (q *request) back(otherwise string) string {
	if to := q.r.PostForm.Get("back"); to != "" {
		return local(to)
	}
	return otherwise
}

// A confirmation asks before something is done that takes something away: a
// button that opens a small dialog with the question, without any script. The
// template "confirm" draws it.
type confirmation struct {
	ID       string // unique on the page
	Label    string // of the button that opens it
	Question string
	Action   string
	Submit   string
	Danger   bool
	Reason   bool
	Hidden   [][2]string
}
