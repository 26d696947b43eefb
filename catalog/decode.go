package catalog

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/wardbook/wardbook"
)

const (
	maxYAML      = 1 << 20 // bytes of one file
	maxYAMLDepth = 32
)

// lines says on which line of a YAML file each path stands; paths are spelled
// as wardbook.Policy.Validate spells them ("levels[2].authority").
type lines map[string]int

// place is where path is, in the file name. A path that the file does not have
// is placed at the nearest thing above it that is there.
func (ls lines) place(name, path string) string {
	for p := path; p != ""; {
		if n := ls[p]; n > 0 {
			return fmt.Sprintf("%s line %d", name, n)
		}
		p = p[:max(strings.LastIndexAny(p, ".["), 0)]
	}
	return name
}

// decode reads YAML into v (a pointer) strictly: a key that v has no field for
// is a fault, and so is a value of another kind. All faults are collected with
// their line. A string field named Place in a struct gets file and line of the
// mapping. Anchors, aliases, tags and several documents are not taken: these
// files are read by people.
func decode(b []byte, name string, v any, ps *wardbook.Problems) lines {
	d := &decoder{name: name, ps: ps, lines: lines{}}
	if len(b) > maxYAML {
		ps.Add(name, "is larger than %d bytes", maxYAML)
		return d.lines
	}
	if deep(b) {
		ps.Add(name, "is nested too deeply")
		return d.lines
	}
	file, err := parse(b)
	if err != nil {
		place, msg := name, err.Error()
		var ye yaml.Error
		if errors.As(err, &ye) && ye.GetToken() != nil && ye.GetToken().Position != nil {
			place, msg = fmt.Sprintf("%s line %d", name, ye.GetToken().Position.Line), ye.GetMessage()
		}
		ps.Add(place, "is not YAML: %s", msg)
		return d.lines
	}
	var bodies []ast.Node
	for _, doc := range file.Docs {
		if doc.Body != nil {
			bodies = append(bodies, doc.Body)
		}
	}
	if len(bodies) > 1 {
		ps.Add(name, "holds more than one document")
	}
	if len(bodies) > 0 {
		d.value(bodies[0], reflect.ValueOf(v).Elem(), "", 0)
	}
	return d.lines
}

// parse keeps a fault of the parser from stopping the program.
func parse(b []byte) (f *ast.File, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
		}
	}()
	return parser.ParseBytes(b, 0)
}

// deep reports, before the parser recurses, whether brackets or list dashes
// are nested beyond reason.
func deep(b []byte) bool {
	depth := 0
	for line := range bytes.Lines(b) {
		marks := 0
		for _, c := range line {
			if c != ' ' && c != '-' && c != '?' && c != ':' && c != '!' && c != '&' {
				break
			}
			if c != ' ' {
				marks++
			}
		}
		if marks > maxYAMLDepth {
			return true
		}
		for _, c := range line {
			switch c {
			case '[', '{':
				depth++
			case ']', '}':
				depth = max(depth-1, 0)
			}
			if depth > 4*maxYAMLDepth { // brackets in texts count too
				return true
			}
		}
	}
	return false
}

type decoder struct {
	name  string
	ps    *wardbook.Problems
	lines lines
}

func (d *decoder) fault(n ast.Node, format string, args ...any) {
	d.ps.Add(d.at(n), format, args...)
}

func (d *decoder) at(n ast.Node) string {
	return fmt.Sprintf("%s line %d", d.name, line(n))
}

func line(n ast.Node) int {
	if m, ok := n.(*ast.MappingNode); ok && !m.IsFlowStyle && len(m.Values) > 0 {
		return line(m.Values[0].Key) // the token of a mapping is its first colon
	}
	if m, ok := n.(*ast.MappingValueNode); ok {
		return line(m.Key)
	}
	if t := n.GetToken(); t != nil && t.Position != nil {
		return t.Position.Line
	}
	return 0
}

func (d *decoder) value(n ast.Node, v reflect.Value, path string, depth int) {
	if depth > maxYAMLDepth {
		d.fault(n, "is nested too deeply")
		return
	}
	if path != "" {
		d.lines[path] = line(n)
	}
	switch n.(type) {
	case *ast.NullNode:
		return // as if it were not there
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode:
		d.fault(n, "anchors, aliases and tags are not taken: write it out")
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		d.mapping(n, v, path, depth)
	case reflect.Map:
		d.table(n, v, path, depth)
	case reflect.Slice:
		seq, ok := n.(*ast.SequenceNode)
		if !ok {
			d.fault(n, "%s is not a list", show(path))
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), len(seq.Values), len(seq.Values)))
		for i, e := range seq.Values {
			d.value(e, v.Index(i), fmt.Sprintf("%s[%d]", path, i), depth+1)
		}
	default:
		if msg := scalar(n, v); msg != "" {
			d.fault(n, "%s %s", show(path), msg)
		}
	}
}

func show(path string) string {
	if path == "" {
		return "the document"
	}
	return path
}

// pairs are the entries of a mapping, nil when n is none.
func (d *decoder) pairs(n ast.Node, path string) []*ast.MappingValueNode {
	switch m := n.(type) {
	case *ast.MappingNode:
		return m.Values
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{m}
	}
	d.fault(n, "%s is not a mapping of names to values", show(path))
	return nil
}

func (d *decoder) mapping(n ast.Node, v reflect.Value, path string, depth int) {
	fields := map[string]reflect.Value{}
	d.fields(n, v, fields)
	seen := map[string]bool{}
	for _, p := range d.pairs(n, path) {
		key := keyText(p.Key)
		f, ok := fields[key]
		switch {
		case !ok:
			d.fault(p, "%q is not known here", key)
		case seen[key]:
			d.fault(p, "%q is there twice", key)
		default:
			d.value(p.Value, f, join(path, key), depth+1)
			d.lines[join(path, key)] = line(p)
		}
		seen[key] = true
	}
}

// fields collects the settable fields of v by their YAML name, those of
// embedded structs among them.
func (d *decoder) fields(n ast.Node, v reflect.Value, into map[string]reflect.Value) {
	t := v.Type()
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Name == "Place" && f.Type.Kind() == reflect.String {
			v.Field(i).SetString(d.at(n))
			continue
		}
		tag, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		switch {
		case f.Anonymous && f.Type.Kind() == reflect.Struct:
			d.fields(n, v.Field(i), into)
		case tag == "-" || !f.IsExported():
		case tag == "":
			into[strings.ToLower(f.Name)] = v.Field(i)
		default:
			into[tag] = v.Field(i)
		}
	}
}

func (d *decoder) table(n ast.Node, v reflect.Value, path string, depth int) {
	ps := d.pairs(n, path)
	if v.Type().Key().Kind() != reflect.String {
		d.fault(n, "%s cannot be read", show(path))
		return
	}
	v.Set(reflect.MakeMapWithSize(v.Type(), len(ps)))
	for _, p := range ps {
		key := keyText(p.Key)
		k := reflect.New(v.Type().Key()).Elem()
		k.SetString(key)
		if v.MapIndex(k).IsValid() {
			d.fault(p, "%q is there twice", key)
			continue
		}
		e := reflect.New(v.Type().Elem()).Elem()
		d.value(p.Value, e, join(path, key), depth+1)
		d.lines[join(path, key)] = line(p)
		v.SetMapIndex(k, e)
	}
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func keyText(n ast.Node) string {
	if s, ok := n.(*ast.StringNode); ok {
		return s.Value
	}
	if t := n.GetToken(); t != nil {
		return t.Value
	}
	return n.String()
}

// scalar sets v from n and says in a few words what is wrong when it cannot.
func scalar(n ast.Node, v reflect.Value) string {
	switch v.Kind() {
	case reflect.String:
		switch s := n.(type) {
		case *ast.StringNode:
			v.SetString(s.Value)
		case *ast.LiteralNode:
			v.SetString(strings.TrimSpace(s.Value.Value))
		case *ast.IntegerNode, *ast.FloatNode:
			v.SetString(n.GetToken().Value) // a version such as 1.10 keeps its spelling
		default:
			return "is not a text"
		}
	case reflect.Bool:
		b, ok := n.(*ast.BoolNode)
		if !ok {
			return "is neither true nor false"
		}
		v.SetBool(b.Value)
	case reflect.Int:
		i, ok := integer(n)
		if !ok {
			return "is not a whole number"
		}
		v.SetInt(int64(i))
	case reflect.Float64:
		if f, ok := n.(*ast.FloatNode); ok {
			v.SetFloat(f.Value)
		} else if i, ok := integer(n); ok {
			v.SetFloat(float64(i))
		} else {
			return "is not a number"
		}
	default:
		return "cannot be read"
	}
	return ""
}

func integer(n ast.Node) (int, bool) {
	i, ok := n.(*ast.IntegerNode)
	if !ok {
		return 0, false
	}
	switch x := i.Value.(type) {
	case int64:
		return int(x), x >= math.MinInt32 && x <= math.MaxInt32
	case uint64:
		return int(x), x <= math.MaxInt32
	}
	return 0, false
}
