package inventory

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/wardbook/wardbook"
)

// Columns is a person's word on how to read an inventory: the file that
// --columns names. What it does not say is recognised as usual.
type Columns struct {
	Sheet     string // XLSX: name of the sheet
	Delimiter string // CSV
	Encoding  string // CSV: utf-8, utf-16le, utf-16be or windows-1252
	HeaderRow int    // row number; 0: not said; -1: there is no header
	Fields    []ColumnField
	// Values says what words of the inventory mean: field (service,
	// life_support, redundancy, criticality) → word in lower case → meaning.
	Values map[Field]map[string]string
}

// A ColumnField gives a field to a column.
type ColumnField struct {
	Column string // header, letter ("F") or number from 1; "@6" is a number even where a header is 6
	Field  Field
	Line   int // in the columns file
}

const maxColumnsFile = 1 << 20

// ReadColumns reads a columns file. Faults carry the line; all are collected.
func ReadColumns(r io.Reader, name string) (*Columns, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxColumnsFile+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	var ps wardbook.Problems
	if len(b) > maxColumnsFile {
		ps.Add(name, "a columns file of more than 1 MiB is not one")
		return nil, ps.Err()
	}
	f, err := parser.ParseBytes(b, 0)
	if err != nil {
		place, msg := name, err.Error()
		if ye, ok := err.(yaml.Error); ok && ye.GetToken() != nil {
			place, msg = fmt.Sprintf("%s line %d", name, ye.GetToken().Position.Line), ye.GetMessage()
		}
		ps.Add(place, "%s", msg)
		return nil, ps.Err()
	}
	c := &Columns{Values: map[Field]map[string]string{}}
	cr := columnsReader{name, c, &ps}
	for _, d := range f.Docs {
		if d.Body != nil && d.Body.Type() != ast.NullType {
			cr.pairs(d.Body, cr.top)
		}
	}
	if err := ps.Err(); err != nil {
		return nil, err
	}
	return c, nil
}

type columnsReader struct {
	name string
	c    *Columns
	ps   *wardbook.Problems
}

func (cr columnsReader) fault(n ast.Node, format string, args ...any) {
	line := 0
	if t := n.GetToken(); t != nil && t.Position != nil {
		line = t.Position.Line
	}
	cr.ps.Add(fmt.Sprintf("%s line %d", cr.name, line), format, args...)
}

// pairs calls fn for each key and value of a mapping.
func (cr columnsReader) pairs(n ast.Node, fn func(key string, k, v ast.Node)) {
	var pairs []*ast.MappingValueNode
	switch n := n.(type) {
	case *ast.MappingNode:
		pairs = n.Values
	case *ast.MappingValueNode:
		pairs = []*ast.MappingValueNode{n}
	default:
		cr.fault(n, "names and values are expected here")
		return
	}
	for _, p := range pairs {
		key, ok := scalar(p.Key)
		if !ok {
			cr.fault(p.Key, "a plain name is expected here")
			continue
		}
		fn(key, p.Key, p.Value)
	}
}

// scalar returns the text of a plain or quoted value as it is written.
func scalar(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode, *ast.MappingNode, *ast.MappingValueNode, *ast.SequenceNode, *ast.AnchorNode, *ast.AliasNode, *ast.TagNode:
		return "", false
	case *ast.NullNode:
		return "", true
	}
	if t := n.GetToken(); t != nil {
		return t.Value, true
	}
	return "", false
}

func (cr columnsReader) top(key string, k, v ast.Node) {
	switch key {
	case "columns":
		cr.pairs(v, cr.column)
		return
	case "values":
		cr.pairs(v, cr.values)
		return
	}
	s, ok := scalar(v)
	if !ok {
		cr.fault(v, "%s needs one value", key)
		return
	}
	switch key {
	case "sheet":
		cr.c.Sheet = s
	case "delimiter":
		if names := map[string]string{"tab": "\t", "comma": ",", "semicolon": ";", "pipe": "|"}; names[s] != "" {
			s = names[s]
		}
		if s == "" || len(s) > 8 || strings.ContainsAny(s, "\"\r\n") {
			cr.fault(v, "the delimiter %q cannot be: one to eight characters, no quotation mark", s)
		}
		cr.c.Delimiter = s
	case "encoding":
		switch e := strings.ToLower(s); e {
		case utf8Name, utf16leName, utf16beName, cp1252Name:
			cr.c.Encoding = e
		default:
			cr.fault(v, "the encoding %q is not known: it may be %s, %s, %s or %s", s, utf8Name, utf16leName, utf16beName, cp1252Name)
		}
	case "header_row":
		n, err := strconv.Atoi(s)
		switch {
		case err == nil && n >= 1:
			cr.c.HeaderRow = n
		case s == "none" || s == "0":
			cr.c.HeaderRow = -1
		default:
			cr.fault(v, "header_row is the number of a row, or none; not %q", s)
		}
	default:
		cr.fault(k, "%q is not known here: it may be columns, values, sheet, delimiter, encoding or header_row", key)
	}
}

func (cr columnsReader) column(key string, k, v ast.Node) {
	s, ok := scalar(v)
	if !ok || !Field(s).Valid() {
		cr.fault(v, "%q is not a field: it may be %s", s, fieldNames())
		return
	}
	cr.c.Fields = append(cr.c.Fields, ColumnField{key, Field(s), k.GetToken().Position.Line})
}

func (cr columnsReader) values(key string, k, v ast.Node) {
	f := Field(key)
	allowed, ok := meanings[f]
	if !ok {
		cr.fault(k, "words can be explained for service, life_support, redundancy and criticality, not for %q", key)
		return
	}
	if cr.c.Values[f] == nil {
		cr.c.Values[f] = map[string]string{}
	}
	cr.pairs(v, func(word string, _, v ast.Node) {
		s, ok := scalar(v)
		if !ok || (len(allowed) > 0 && !contains(allowed, s)) {
			cr.fault(v, "%q is no meaning of %s: it may be %s", s, f, strings.Join(allowed, ", "))
			return
		}
		cr.c.Values[f][strings.ToLower(word)] = s
	})
}

// meanings are what words of a field may be explained as; an empty list: any
// text, which then stands for the word.
var meanings = map[Field][]string{
	Service:     {string(wardbook.InService), string(wardbook.Spare), string(wardbook.Retired), "unknown"},
	LifeSupport: {"yes", "no", "unknown"},
	Redundancy:  {"yes", "no", "unknown"},
	Criticality: {},
}

func contains(list []string, s string) bool {
	for _, l := range list {
		if l == s {
			return true
		}
	}
	return false
}

func fieldNames() string {
	names := make([]string, len(Fields))
	for i, f := range Fields {
		names[i] = string(f)
	}
	return strings.Join(names, ", ")
}

// find returns the column that a columns file means: by header first, then by
// letter or number.
func (c ColumnField) find(m *Mapping) int {
	if n, err := strconv.Atoi(strings.TrimPrefix(c.Column, "@")); err == nil && c.Column[0] == '@' {
		if n < 1 || n > len(m.Columns) {
			return -1
		}
		return n - 1
	}
	for i := range m.Columns {
		if m.Columns[i].Header == c.Column {
			return i
		}
	}
	want := normHeader(c.Column)
	for i := range m.Columns {
		if want != "" && normHeader(m.Columns[i].Header) == want {
			return i
		}
	}
	i := columnIndex(c.Column)
	if n, err := strconv.Atoi(c.Column); err == nil {
		i = n - 1
	}
	if i >= 0 && i < len(m.Columns) {
		return i
	}
	return -1
}

// apply puts what a person said over what was recognised. A field that the
// person gave to a column is taken from all others.
func (c *Columns) apply(m *Mapping) {
	said := map[int]bool{}
	given := map[Field]bool{}
	for n, cf := range c.Fields {
		i := cf.find(m)
		if i < 0 {
			continue
		}
		said[i] = true
		given[cf.Field] = true
		m.Columns[i].Field, m.Columns[i].Confidence, m.Columns[i].Why, m.Columns[i].rank = cf.Field, 1, "the columns file says so", n-1000
	}
	for i := range m.Columns {
		if col := &m.Columns[i]; !said[i] && col.Field != Ignore && given[col.Field] {
			col.Field, col.Why = Ignore, "the columns file names another column for this field"
		}
	}
}

// missing names the entries that no column of the table fits.
func (c *Columns) missing(m *Mapping) []ColumnField {
	var out []ColumnField
	for _, cf := range c.Fields {
		if cf.find(m) < 0 {
			out = append(out, cf)
		}
	}
	return out
}

// YAML writes the mapping as a columns file that reads the same table in the
// same way, to be corrected by a person.
func (m Mapping) YAML() []byte {
	var b bytes.Buffer
	b.WriteString("# How the inventory is read. Correct the field beside a column and give this\n# file with --columns. A column is named by its header, its letter or its number.\n")
	fmt.Fprintf(&b, "# Fields: %s.\n", fieldNames())
	if m.Sheet != "" {
		fmt.Fprintf(&b, "sheet: %s\n", strconv.Quote(m.Sheet))
	}
	if m.Delimiter != "" {
		fmt.Fprintf(&b, "delimiter: %s\n", strconv.Quote(m.Delimiter))
	}
	if m.Encoding != "" {
		fmt.Fprintf(&b, "encoding: %s\n", m.Encoding)
	}
	if m.HeaderRow > 0 {
		fmt.Fprintf(&b, "header_row: %d\n", m.HeaderRow)
	} else {
		b.WriteString("header_row: none\n")
	}
	if len(m.Columns) > 0 {
		b.WriteString("columns:\n")
	}
	for i, c := range m.Columns {
		key := c.Header
		if key == "" || normHeader(key) == "" || (ColumnField{Column: key}).find(&m) != i {
			key = c.Letter()
		}
		if (ColumnField{Column: key}).find(&m) != i {
			key = fmt.Sprintf("@%d", i+1) // a header of another column is this letter
		}
		why := c.Why
		if why == "" {
			why = "it has no name"
		}
		fmt.Fprintf(&b, "  %s: %s # %s: %s\n", strconv.Quote(key), c.Field, c.Letter(), why)
	}
	b.WriteString("# What words of the inventory mean, where the program does not know:\n# values:\n#   service: {\"WIP\": spare}      # in_service, spare, retired, unknown\n#   life_support: {\"A1\": yes}     # yes, no, unknown\n")
	return b.Bytes()
}
