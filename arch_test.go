package wardbook_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/wardbook/wardbook"

// walls says, package by package, which packages of this module it may import;
// docs/architecture.md draws the same. A package that is not here has no place
// yet: give it one on purpose.
var walls = map[string][]string{
	"":                   {}, // the vocabulary
	"catalog":            {""},
	"internal/intake":    {"", "catalog"},
	"internal/inventory": {"", "catalog"},
	"internal/sbom":      {"", "catalog"},
	"internal/advisory":  {"", "catalog"},
	"internal/vulndb":    {"", "catalog"},
	"internal/match":     {"", "catalog"},
	"internal/score":     {"", "catalog"},
	"internal/report":    {"", "catalog"},
	"internal/worklist":  {""}, // work lists as workbooks
	"internal/fleet":     {""}, // the devices in memory
	"internal/conform":   {"", "catalog"},
	"internal/assess":    {"", "catalog", "internal/match", "internal/score"},
	"internal/gather": {
		"", "catalog", "internal/intake", "internal/inventory", "internal/sbom", "internal/advisory", "internal/vulndb", "internal/match", "internal/assess",
	},
	"internal/feed":    {""},
	"internal/notify":  {""},
	"internal/store":   {""},
	"internal/app":     {"", "catalog", "internal/worklist", "internal/notify", "internal/conform", "internal/fleet", "internal/store", "internal/feed", "internal/intake", "internal/inventory", "internal/gather", "internal/match", "internal/vulndb", "internal/assess"},
	"internal/web":     {"", "catalog", "internal/app", "internal/worklist", "internal/conform", "internal/fleet", "internal/store"},
	"internal/demo":    {"", "catalog", "internal/app", "internal/store", "internal/vulndb"}, // a year at the sample hospital
	"internal/bench":   {""},                                                                 // a large fleet, for measuring
	"internal/dbtest":  {"internal/store"},                                                   // databases for tests
	"internal/browser": {},                                                                   // a real browser for tests
	"cmd/wardbook": {
		"", "catalog", "internal/conform", "internal/store", "internal/app", "internal/web", "internal/feed", "internal/notify", "internal/worklist", "internal/intake", "internal/inventory", "internal/sbom", "internal/advisory",
		"internal/vulndb", "internal/match", "internal/report", "internal/assess", "internal/gather", "internal/demo", "internal/bench",
	},
	"internal/vulndb/testgen": {"", "catalog"}, // makes synthetic records for benchmarks
}

// doors are the standard library's ways out of the program, and who may use them.
var doors = map[string][]string{
	"net":                    {"internal/web", "internal/feed", "internal/notify"},
	"net/http":               {"internal/web", "internal/notify", "internal/feed", "internal/bench"},
	"database/sql":           {"internal/store", "internal/dbtest"},
	"os/exec":                {"internal/dbtest", "internal/browser"}, // the server programs of PostgreSQL, Chromium
	"unsafe":                 {"internal/score"},                      // the address of a slice as a key: the same devices of many risks are looked at once
	"plugin":                 {},
	"flag":                   {"internal/vulndb/testgen"},
	"github.com/spf13/cobra": {"cmd/wardbook"},
}

// usesOS are the packages that may import os: cmd reads flags, environment and
// files, intake opens what people bring, vulndb keeps its compiled feed, the
// store has its database and its key.
var usesOS = []string{"cmd/wardbook", "internal/intake", "internal/vulndb", "internal/vulndb/testgen", "internal/store", "internal/dbtest", "internal/browser", "internal/feed"}

// environment are the calls that read the environment of the process: cmd only.
var environment = []string{"Getenv", "LookupEnv", "Environ", "ExpandEnv", "Args", "UserCacheDir", "UserHomeDir", "UserConfigDir"}

const (
	maxFile     = 500 // lines
	maxFunction = 70  // lines, from func to the closing brace
)

// tooLong are the exceptions from the ceilings, each with its reason.
var tooLong = map[string]string{
	"internal/match/name_compare.go compare": "one pass over the words of two names; its cases share what was found so far",
}

// A source is one Go file of the module.
type source struct {
	path, pkg string
	file      *ast.File
	lines     int
	test      bool
}

func sources(t *testing.T) (*token.FileSet, []source) {
	t.Helper()
	fset := token.NewFileSet()
	var out []source
	err := filepath.WalkDir(".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			// Other modules, generators, and what tests read.
			if name := d.Name(); p != "." && (strings.HasPrefix(name, ".") || name == "testdata" || p == "bench" || p == "tools" || p == "scripts" || p == "examples" || p == "bin" || p == "demo-out") {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(p, ".go") {
			return nil
		}
		text, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		f, err := parser.ParseFile(fset, p, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		pkg := path.Dir(filepath.ToSlash(p))
		if pkg == "." {
			pkg = ""
		}
		out = append(out, source{p, pkg, f, strings.Count(string(text), "\n"), strings.HasSuffix(p, "_test.go")})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return fset, out
}

func importsOf(f *ast.File) []string {
	var out []string
	for _, spec := range f.Imports {
		if p, err := strconv.Unquote(spec.Path.Value); err == nil {
			out = append(out, p)
		}
	}
	return out
}

// TestWalls holds the walls between packages: imports only go down, leaves do
// not know each other, the vocabulary knows the standard library only.
func TestWalls(t *testing.T) {
	_, files := sources(t)
	seen := map[string]bool{}
	for _, s := range files {
		if s.test {
			continue
		}
		seen[s.pkg] = true
		allowed, ok := walls[s.pkg]
		if !ok {
			t.Errorf("%s: package %q has no place in the house: add it to walls and to docs/architecture.md", s.path, s.pkg)
			continue
		}
		for _, imp := range importsOf(s.file) {
			own, isOwn := strings.CutPrefix(imp, module)
			own = strings.TrimPrefix(own, "/")
			switch {
			case isOwn && !slices.Contains(allowed, own):
				t.Errorf("%s: imports %s: %q may only import %q of this module", s.path, imp, s.pkg, allowed)
			case !isOwn && s.pkg == "" && strings.Contains(strings.Split(imp, "/")[0], "."):
				t.Errorf("%s: imports %s: the vocabulary knows the standard library only", s.path, imp)
			}
			if who, guarded := doors[imp]; guarded && !slices.Contains(who, s.pkg) {
				t.Errorf("%s: imports %s, which only %q may", s.path, imp, who)
			}
			if imp == "os" && !slices.Contains(usesOS, s.pkg) {
				t.Errorf("%s: imports os: only %q touch files", s.path, usesOS)
			}
		}
	}
	for _, pkg := range slices.Sorted(maps.Keys(walls)) {
		if !seen[pkg] {
			t.Errorf("walls names the package %q, which is not there", pkg)
		}
	}
}

// TestEnvironment: only the command reads arguments and environment; everything
// below is told what it needs.
func TestEnvironment(t *testing.T) {
	fset, files := sources(t)
	for _, s := range files {
		if s.test || strings.HasPrefix(s.pkg, "cmd/") || s.pkg == "internal/vulndb/testgen" || s.pkg == "internal/dbtest" || s.pkg == "internal/browser" {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if x, ok := sel.X.(*ast.Ident); ok && x.Name == "os" && slices.Contains(environment, sel.Sel.Name) {
				t.Errorf("%s: os.%s: only cmd reads the environment", fset.Position(n.Pos()), sel.Sel.Name)
			}
			return true
		})
	}
}

// TestSizes: a file is one noun, a function fits on a screen. Tests may be
// longer where they are tables.
func TestSizes(t *testing.T) {
	fset, files := sources(t)
	used := map[string]bool{}
	long := func(name, what string, n, most int) {
		if n <= most {
			return
		}
		if _, ok := tooLong[name]; ok {
			used[name] = true
			return
		}
		t.Errorf("%s: %d lines, a %s has at most %d: split it, or name it in tooLong with the reason", name, n, what, most)
	}
	for _, s := range files {
		if s.test {
			continue
		}
		long(filepath.ToSlash(s.path), "file", s.lines, maxFile)
		for _, d := range s.file.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			n := fset.Position(fn.End()).Line - fset.Position(fn.Pos()).Line + 1
			long(filepath.ToSlash(s.path)+" "+fn.Name.Name, "function", n, maxFunction)
		}
	}
	for name := range tooLong {
		if !used[name] {
			t.Errorf("tooLong names %s, which is not too long any more", name)
		}
	}
}

// TestDocumented: every package says what it owns, every exported name says
// what it is.
func TestDocumented(t *testing.T) {
	fset, files := sources(t)
	documented := map[string]bool{}
	for _, s := range files {
		if s.test {
			continue
		}
		documented[s.pkg] = documented[s.pkg] || s.file.Doc != nil
		if s.file.Name.Name == "main" {
			continue
		}
		for _, d := range s.file.Decls {
			for _, name := range undocumented(d) {
				t.Errorf("%s: %s has no comment", fset.Position(d.Pos()), name)
			}
		}
	}
	for _, pkg := range slices.Sorted(maps.Keys(documented)) {
		if !documented[pkg] {
			t.Errorf("package %q has no comment", pkg)
		}
	}
}

// undocumented lists the exported names of a declaration that nothing explains.
// A comment on a group of values explains all of them.
func undocumented(d ast.Decl) []string {
	var out []string
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Name.IsExported() && d.Doc == nil && receiverExported(d) {
			out = append(out, d.Name.Name)
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch s := spec.(type) {
			case *ast.TypeSpec:
				if s.Name.IsExported() && s.Doc == nil && d.Doc == nil {
					out = append(out, s.Name.Name)
				}
			case *ast.ValueSpec:
				// Values of a named type are explained by their type.
				if first, ok := d.Specs[0].(*ast.ValueSpec); ok && first.Type != nil {
					continue
				}
				if s.Names[0].IsExported() && s.Doc == nil && s.Comment == nil && d.Doc == nil && s.Type == nil {
					out = append(out, s.Names[0].Name)
				}
			}
		}
	}
	return out
}

// receiverExported reports whether a method can be seen from outside and is not
// one that an interface of the standard library, or Record, names and explains.
func receiverExported(d *ast.FuncDecl) bool {
	if d.Recv == nil {
		return true
	}
	switch d.Name.Name {
	case "String", "Error", "Unwrap", "Len", "Less", "Swap", "Push", "Pop", "Read", "Write", "Close", "MarshalJSON", "UnmarshalJSON", "MarshalJSONTo", "UnmarshalJSONFrom",
		"RecordKind": // of wardbook.Record
		return false
	}
	t := d.Recv.List[0].Type
	if star, ok := t.(*ast.StarExpr); ok {
		t = star.X
	}
	if index, ok := t.(*ast.IndexExpr); ok {
		t = index.X
	}
	id, ok := t.(*ast.Ident)
	return ok && id.IsExported()
}
