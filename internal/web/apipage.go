package web

import (
	"errors"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/app"
	"github.com/wardbook/wardbook/internal/store"
)

func asRefused(err error, to **app.Refused) bool { return errors.As(err, to) }

// apiView describes the JSON API, out of the same description as openapi.json.
type apiView struct {
	About     []string
	Resources []apiResource
}

type apiResource struct {
	Name       string
	Operations []apiEntry
}

// An apiEntry is an operation as people read it.
type apiEntry struct {
	ID, Method, Path, Summary, Scope string
	Roles                            []wardbook.Role
	Params, Fields                   []apiParam
	Answer                           string // name of its schema
	Curl                             string
}

type apiParam struct {
	Name, In, Type, About string
	Required              bool
}

func (s *Server) apiPage(q *request, _ *store.Tx) (any, error) {
	a, err := s.newAPI()
	if err != nil {
		return nil, err
	}
	v := apiView{About: strings.Split(apiAbout, "\n\n")}
	v.About = append(v.About[:1], strings.Split(v.About[1], "\n")...)
	doc := a.huma.OpenAPI()
	for _, op := range a.ops {
		item := doc.Paths[op.path()]
		d := item.Get
		if op.method() == "POST" {
			d = item.Post
		}
		i := slices.IndexFunc(v.Resources, func(r apiResource) bool { return r.Name == op.tag })
		if i < 0 {
			i = len(v.Resources)
			v.Resources = append(v.Resources, apiResource{Name: op.tag})
		}
		v.Resources[i].Operations = append(v.Resources[i].Operations, entryOf(doc, op, d, q.origin()))
	}
	return v, nil
}

func entryOf(doc *huma.OpenAPI, op operation, d *huma.Operation, origin string) apiEntry {
	e := apiEntry{ID: op.id, Method: op.method(), Path: op.path(), Summary: op.summary, Scope: op.scope, Roles: op.who.roles()}
	for _, p := range d.Parameters {
		e.Params = append(e.Params, apiParam{p.Name, p.In, typeWords(p.Schema), p.Description, p.Required})
	}
	e.Curl = "curl -H \"Authorization: Bearer $WARDBOOK_TOKEN\""
	if d.RequestBody != nil {
		if m := d.RequestBody.Content["application/json"]; m != nil {
			schema := resolve(doc, m.Schema)
			var body []string
			for _, name := range sortedKeys(schema.Properties) {
				f := schema.Properties[name]
				required := slices.Contains(schema.Required, name)
				e.Fields = append(e.Fields, apiParam{name, "body", typeWords(f), f.Description, required})
				if required {
					body = append(body, `"`+name+`": …`)
				}
			}
			e.Curl += " -H 'Content-Type: application/json' -d '{" + strings.Join(body, ", ") + "}'"
		}
	} else if op.method() == "POST" {
		e.Curl += " -X POST"
	}
	e.Curl += " '" + origin + op.path() + "'"
	for _, status := range []string{"200", "201"} {
		if r := d.Responses[status]; r != nil {
			for _, m := range r.Content {
				e.Answer = typeWords(m.Schema)
			}
		}
	}
	return e
}

func resolve(doc *huma.OpenAPI, s *huma.Schema) *huma.Schema {
	if s != nil && s.Ref != "" {
		return doc.Components.Schemas.SchemaFromRef(s.Ref)
	}
	return s
}

// typeWords names the type of a value; the names of schemas are those of
// openapi.json.
func typeWords(s *huma.Schema) string {
	switch {
	case s == nil:
		return ""
	case s.Ref != "":
		return s.Ref[strings.LastIndex(s.Ref, "/")+1:]
	case s.Type == huma.TypeArray:
		return "list of " + typeWords(s.Items)
	case len(s.Enum) > 0:
		var out []string
		for _, v := range s.Enum {
			if text, ok := v.(string); ok {
				out = append(out, text)
			}
		}
		return strings.Join(out, ", ")
	case s.Format != "" && s.Type == huma.TypeString:
		return s.Format
	}
	return s.Type
}

func sortedKeys(m map[string]*huma.Schema) []string {
	out := make([]string, 0, len(m))
	for name := range m {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}
