package web

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/wardbook/wardbook"
)

// A conflictView says what somebody else wrote while a form was open.
type conflictView struct {
	Who      string
	Revision wardbook.Revision // theirs
	Changes  []change          // all that they changed since this form was opened
}

// conflict turns an edit that started from an old revision into the same form
// once more: what was typed stays, beside each field that differs stands what
// the other person wrote, and saving again starts from their revision. Nothing
// of either is lost. Theirs tells the fields of a revision by name. Who names
// the other person; empty: the id is shown. Another error is given back.
func (f *form) conflict(err error, who func(id string) string, theirs func(wardbook.Revision) (map[string]string, error)) error {
	var c *wardbook.EditConflict
	if !errors.As(err, &c) || c.Current == nil {
		return err
	}
	values, err := theirs(*c.Current)
	if err != nil {
		return err
	}
	f.Conflict = &conflictView{Revision: *c.Current, Who: cmp.Or(who(c.Current.Actor), c.Current.Actor)}
	if c.Base != nil {
		f.Conflict.Changes = changes(c.Base.Data, c.Current.Data)
	}
	for _, x := range f.Fields {
		if v, ok := values[x.Name]; ok && v != x.joined() {
			x.Differs, x.Theirs = true, v
		}
	}
	f.setRevision(c.Current.Revision)
	return nil
}

func (f *field) joined() string {
	if f.Type == "checks" {
		return strings.Join(f.Values, ", ")
	}
	return f.Value
}

// setRevision notes the revision that the edit starts from.
func (f *form) setRevision(n int64) {
	f.Hidden = slices.DeleteFunc(f.Hidden, func(h [2]string) bool { return h[0] == "revision" })
	f.Hidden = append(f.Hidden, [2]string{"revision", strconv.FormatInt(n, 10)})
}

// revision is the revision that a posted edit started from, -1 where the form
// does not say: then the store refuses it.
func (q *request) revision() int64 {
	n, err := strconv.ParseInt(q.r.PostForm.Get("revision"), 10, 64)
	if err != nil || n < 0 {
		return 1<<62 - 1
	}
	return n
}

// conflictStatus is what a page with a conflict is sent with.
const conflictStatus = http.StatusConflict

// A change is one value of a record that differs between two revisions.
type change struct{ Path, Was, Is string }

// maxChanges bounds what is listed of a difference.
const maxChanges = 100

// changes lists what differs between two JSON documents, by path in words.
func changes(was, is []byte) []change {
	var a, b any
	if json.Unmarshal(was, &a) != nil || json.Unmarshal(is, &b) != nil {
		return nil
	}
	var out []change
	differ("", a, b, &out)
	return out
}

func differ(path string, a, b any, out *[]change) {
	if len(*out) >= maxChanges {
		return
	}
	x, isMap := a.(map[string]any)
	y, alsoMap := b.(map[string]any)
	if isMap && (alsoMap || b == nil) || alsoMap && a == nil {
		names := make([]string, 0, len(x)+len(y))
		for k := range x {
			names = append(names, k)
		}
		for k := range y {
			names = append(names, k)
		}
		slices.Sort(names)
		for _, k := range slices.Compact(names) {
			differ(strings.TrimPrefix(path+" › "+words(k), " › "), x[k], y[k], out)
		}
		return
	}
	p, isList := a.([]any)
	r, alsoList := b.([]any)
	if isList && alsoList && !(plainList(p) && plainList(r)) {
		for i := range max(len(p), len(r)) {
			var v, w any
			if i < len(p) {
				v = p[i]
			}
			if i < len(r) {
				w = r[i]
			}
			differ(fmt.Sprintf("%s %d", path, i+1), v, w, out)
		}
		return
	}
	if s, t := inWords(a), inWords(b); s != t {
		*out = append(*out, change{path, s, t})
	}
}

func plainList(list []any) bool {
	return !slices.ContainsFunc(list, func(v any) bool {
		switch v.(type) {
		case map[string]any, []any:
			return true
		}
		return false
	})
}

// inWords shows a value of a record to people.
func inWords(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case bool:
		if v {
			return "yes"
		}
		return "no"
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case []any:
		var out []string
		for _, x := range v {
			out = append(out, inWords(x))
		}
		const shown = 20
		if len(out) > shown {
			return strings.Join(out[:shown], ", ") + fmt.Sprintf(" and %d more", len(out)-shown)
		}
		return strings.Join(out, ", ")
	}
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(b)
}
