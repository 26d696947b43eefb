package report

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/wardbook/wardbook"
)

var update = flag.Bool("update", false, "copy the schema to docs/")

// published is where people find the schema.
var published = filepath.Join("..", "..", "docs", "assessment.schema.json")

func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("assessment.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("assessment.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// What the program writes fits the schema, without a property more.
func TestSchemaFitsOutput(t *testing.T) {
	s := compiled(t)
	for name, a := range map[string]*wardbook.Assessment{
		"usual": sampleData(t, usual).Assessment,
		"empty": {Schema: wardbook.AssessmentSchema, At: "2026-01-01"},
	} {
		var b bytes.Buffer
		if err := JSON(&b, a, jsontext.WithIndent("  ")); err != nil {
			t.Fatal(err)
		}
		v, err := jsonschema.UnmarshalJSON(&b)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(v); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	bad := `{"schema":"wardbook/assessment/1","surprise":1}`
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(bad))
	if err != nil {
		t.Fatal(err)
	}
	if s.Validate(v) == nil {
		t.Error("an assessment with a property too many and most missing is valid")
	}
}

// Every property of the types stands in the schema and the other way round,
// also those that no sample has.
func TestSchemaHasAllProperties(t *testing.T) {
	var doc struct {
		Defs map[string]struct {
			Properties map[string]json.RawMessage `json:"properties"`
			Required   []string                   `json:"required"`
		} `json:"$defs"`
	}
	if err := json.Unmarshal(Schema, &doc); err != nil {
		t.Fatal(err)
	}
	seen := map[reflect.Type]bool{}
	var walk func(reflect.Type)
	walk = func(rt reflect.Type) {
		for rt.Kind() == reflect.Pointer || rt.Kind() == reflect.Slice || rt.Kind() == reflect.Map {
			rt = rt.Elem()
		}
		if rt.Kind() != reflect.Struct || rt.PkgPath() != reflect.TypeFor[wardbook.Device]().PkgPath() || seen[rt] {
			return
		}
		seen[rt] = true
		def, ok := doc.Defs[rt.Name()]
		if !ok {
			t.Errorf("the schema has no $defs/%s", rt.Name())
			return
		}
		left := map[string]bool{}
		for n := range def.Properties {
			left[n] = true
		}
		for _, f := range reflect.VisibleFields(rt) {
			tag, opts, _ := strings.Cut(f.Tag.Get("json"), ",")
			if tag == "" || tag == "-" || f.Type == reflect.TypeFor[*wardbook.Register]() { // no assessment has a register
				continue
			}
			if !left[tag] {
				t.Errorf("the schema has no %s.%s", rt.Name(), tag)
			}
			delete(left, tag)
			if optional := strings.HasPrefix(opts, "omit"); optional == slices.Contains(def.Required, tag) {
				t.Errorf("%s.%s: required in the schema is %v, optional in the type is %v", rt.Name(), tag, !optional, optional)
			}
			walk(f.Type)
		}
		for n := range left {
			t.Errorf("the schema has %s.%s, the type has not", rt.Name(), n)
		}
	}
	walk(reflect.TypeFor[wardbook.Assessment]())
}

// docs/ has the schema that is built in.
func TestSchemaIsPublished(t *testing.T) {
	if *update {
		if err := os.WriteFile(published, Schema, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(published)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b, Schema) {
		t.Errorf("%s differs from internal/report/assessment.schema.json: go test ./internal/report -run SchemaIsPublished -update", published)
	}
}
