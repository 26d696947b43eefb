package vulndb

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// Limits of YAML input, which comes one record a file and is small.
const (
	maxYAML      = 8 << 20 // bytes
	maxYAMLDepth = 64      // nested lists and maps
)

// yamlPiece turns a piece of YAML into JSON. On a fault it records that and
// returns no data.
func yamlPiece(pc piece, f *faults, info *Info) piece {
	data, err := yamlToJSON(pc.data)
	if err != nil {
		info.Refused++
		f.add(pc.place, "record left out: not usable YAML: %v", err)
		return piece{}
	}
	return piece{data: data, place: pc.place}
}

// yamlToJSON writes the YAML documents in src as JSON values. Scalars other
// than null are texts as they stand in the source: "fixed: 2.10" is version
// 2.10, not the number 2.1. Aliases are refused, so nothing grows.
func yamlToJSON(src []byte) (out []byte, err error) {
	if err := yamlDepth(src); err != nil {
		return nil, err
	}
	// The parser is not ours: a panic of it on some odd input costs the
	// record, not the program.
	defer func() {
		if p := recover(); p != nil {
			out, err = nil, fmt.Errorf("the YAML parser broke off: %v", p)
		}
	}()
	file, err := parser.ParseBytes(src, 0)
	if err != nil {
		return nil, errors.New(firstLine(err.Error()))
	}
	for _, doc := range file.Docs {
		if doc.Body == nil {
			continue
		}
		if out, err = appendYAML(out, doc.Body, 0); err != nil {
			return nil, err
		}
		out = append(out, '\n')
	}
	return out, nil
}

func firstLine(s string) string {
	line, _, _ := bytes.Cut([]byte(s), []byte("\n"))
	return clip(string(line), 200)
}

// yamlDepth refuses, before the recursive parser sees it, what is nested too
// deep: brackets, indentation, or dashes on one line.
func yamlDepth(src []byte) error {
	if len(src) > maxYAML {
		return fmt.Errorf("more than %d bytes", maxYAML)
	}
	flow := 0
	for n, line := range bytes.Split(src, []byte("\n")) {
		text := bytes.TrimLeft(line, " \t")
		if len(line)-len(text) > 4*maxYAMLDepth {
			return fmt.Errorf("line %d: indented too deep", n+1)
		}
		dashes := 0
		for len(text) > 1 && (text[0] == '-' || text[0] == '?') && (text[1] == ' ' || text[1] == '\t') {
			text = bytes.TrimLeft(text[1:], " \t")
			dashes++
		}
		// Brackets inside text count too: that errs on the safe side only
		// where a text has more opening than closing ones.
		flow = max(0, flow+bytes.Count(line, []byte("["))+bytes.Count(line, []byte("{"))-
			bytes.Count(line, []byte("]"))-bytes.Count(line, []byte("}")))
		if dashes > maxYAMLDepth || flow > maxYAMLDepth || bytes.Count(line, []byte("["))+bytes.Count(line, []byte("{")) > 4096 {
			return fmt.Errorf("line %d: nested too deep", n+1)
		}
	}
	return nil
}

// appendYAML appends node as JSON.
func appendYAML(out []byte, node ast.Node, depth int) ([]byte, error) {
	if depth > maxYAMLDepth {
		return nil, errors.New("nested too deep")
	}
	var err error
	switch n := node.(type) {
	case *ast.MappingNode:
		out = append(out, '{')
		for i, m := range n.Values {
			if i > 0 {
				out = append(out, ',')
			}
			if out, err = appendYAMLMember(out, m, depth); err != nil {
				return nil, err
			}
		}
		return append(out, '}'), nil
	case *ast.MappingValueNode:
		out, err = appendYAMLMember(append(out, '{'), n, depth)
		return append(out, '}'), err
	case *ast.SequenceNode:
		out = append(out, '[')
		for i, v := range n.Values {
			if i > 0 {
				out = append(out, ',')
			}
			if out, err = appendYAML(out, v, depth+1); err != nil {
				return nil, err
			}
		}
		return append(out, ']'), nil
	case *ast.AnchorNode:
		return appendYAML(out, n.Value, depth+1)
	case *ast.TagNode:
		return appendYAML(out, n.Value, depth+1)
	case *ast.AliasNode, *ast.MergeKeyNode:
		return nil, fmt.Errorf("line %d: aliases are not read", node.GetToken().Position.Line)
	case *ast.NullNode, nil:
		return append(out, "null"...), nil
	case *ast.StringNode:
		return jsontext.AppendQuote(out, n.Value)
	case *ast.LiteralNode:
		return jsontext.AppendQuote(out, n.Value.Value)
	}
	if t := node.GetToken(); t != nil {
		return jsontext.AppendQuote(out, t.Value)
	}
	return append(out, "null"...), nil
}

func appendYAMLMember(out []byte, m *ast.MappingValueNode, depth int) ([]byte, error) {
	key := ""
	if t := m.Key.GetToken(); t != nil {
		key = t.Value
	}
	if s, ok := m.Key.(*ast.StringNode); ok {
		key = s.Value
	}
	out, err := jsontext.AppendQuote(out, key)
	if err != nil {
		return nil, err
	}
	return appendYAML(append(out, ':'), m.Value, depth+1)
}
