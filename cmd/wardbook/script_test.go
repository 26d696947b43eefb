package main

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/xuri/excelize/v2"
)

// child is the environment variable that makes the test program be the command,
// for tests that need more than one process of it.
const child = "WARDBOOK_TEST_IS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(child) != "" {
		os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
	}
	testscript.Main(m, map[string]func(){
		"wardbook": func() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) },
		"show":     func() { os.Exit(tell(show(os.Args[1:]))) },
		"valid":    func() { os.Exit(tell(valid(os.Args[1], os.Args[2]))) },
		"harmless": func() { os.Exit(tell(harmless(os.Args[1]))) },
		"flip":     func() { os.Exit(tell(flip(os.Args[1], os.Args[2]))) },
		"sql":      func() { os.Exit(tell(execSQL(os.Args[1], os.Args[2]))) },
		"pack":     func() { os.Exit(tell(pack(os.Args[1], os.Args[2:]))) },
	})
}

// TestScripts runs testdata/*.txt: they are the specification of the command.
// Each case is headed by the sentence that it proves.
//
// Beside wardbook they call: "show PART DIR", which prints findings, risks,
// questions, inputs, devices or wards of an assessment, one a line; "valid
// SCHEMA FILE", which holds a file against a JSON schema; "harmless FILE", which
// looks for cells of a workbook that would run; "pack OUT FILE…", which writes a
// zip, or a gzip of one file; "flip FILE TEXT", which changes one letter of a
// file behind a text; and "sql FILE STATEMENT", which runs SQL on an SQLite file.
func TestScripts(t *testing.T) {
	schema, err := filepath.Abs("../../docs/assessment.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	sample, err := filepath.Abs("../../examples/st-example")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("WARDBOOK_CACHE", filepath.Join(env.WorkDir, ".cache"))
			env.Setenv("SCHEMA", schema)
			env.Setenv("SAMPLE", sample)
			return nil
		},
	})
}

// flip changes a letter or digit some way behind the first text in a file.
func flip(path, text string) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	i := bytes.Index(b, []byte(text))
	if i < 0 {
		return fmt.Errorf("%s does not hold %q", path, text)
	}
	i += len(text) + 20
	if b[i] == 'x' {
		b[i] = 'y'
	} else {
		b[i] = 'x'
	}
	return os.WriteFile(path, b, 0o644)
}

func tell(err error) int {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// show prints a part of an assessment so that a script can match lines of it.
func show(args []string) error {
	a, err := openAssessment(args[1])
	if err != nil {
		return err
	}
	line := func(parts ...string) { fmt.Println(strings.Join(parts, " | ")) }
	switch args[0] {
	case "findings":
		for _, f := range a.Findings {
			component := "-"
			if f.Component != nil {
				component = *f.Component
			}
			line(f.ID, string(f.Status), f.Vulnerability, orDash(f.Advisory), component, strings.Join(f.Devices, ","))
		}
	case "risks":
		for _, r := range a.Risks {
			line(r.ID, r.Safety.Level, r.Effectiveness.Level, r.Security.Level, r.FirstSeen, r.Due, r.Title)
		}
	case "questions":
		for _, q := range a.Questions {
			line(q.ID, string(q.Kind), q.Key, strings.Join(q.Devices, ","))
		}
	case "inputs":
		for _, in := range a.Inputs {
			line(string(in.Kind), in.Path, in.Format, fmt.Sprint(in.Records))
			for _, p := range in.Problems {
				line("problem", in.Path, p.String())
			}
		}
	case "devices":
		for _, d := range a.Devices {
			line(d.ID, d.Manufacturer, d.Model, d.Version, d.Site, d.Location, string(d.Service))
		}
	case "wards":
		for _, w := range a.Summary.Wards {
			line(w.Site, w.Location, fmt.Sprint(w.Affected), fmt.Sprint(w.Possibly))
		}
	default:
		return fmt.Errorf("show: no part %q", args[0])
	}
	return nil
}

func valid(schema, file string) error {
	s, err := jsonschema.NewCompiler().Compile(schema)
	if err != nil {
		return err
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		return err
	}
	return s.Validate(doc)
}

// harmless fails when a cell of a workbook is a formula or text that becomes
// one when the sheet is saved as CSV.
func harmless(file string) error {
	x, err := excelize.OpenFile(file)
	if err != nil {
		return err
	}
	defer x.Close()
	cells := 0
	for _, sheet := range x.GetSheetList() {
		rows, err := x.GetRows(sheet, excelize.Options{RawCellValue: true})
		if err != nil {
			return err
		}
		for r, row := range rows {
			for c, text := range row {
				name, err := excelize.CoordinatesToCellName(c+1, r+1)
				if err != nil {
					return err
				}
				cells++
				formula, err := x.GetCellFormula(sheet, name)
				if err != nil {
					return err
				}
				if _, number := strconv.ParseFloat(text, 64); formula != "" || text != "" && number != nil && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
					return fmt.Errorf("%s!%s would run: %q %q", sheet, name, formula, text)
				}
			}
		}
	}
	if cells < 10 {
		return fmt.Errorf("%s has %d cells only", file, cells)
	}
	return nil
}

func pack(out string, files []string) error {
	var b bytes.Buffer
	if strings.HasSuffix(out, ".gz") {
		text, err := os.ReadFile(files[0])
		if err != nil {
			return err
		}
		w := gzip.NewWriter(&b)
		if _, err := w.Write(text); err != nil {
			return err
		}
		if err := w.Close(); err != nil {
			return err
		}
		return os.WriteFile(out, b.Bytes(), 0o644)
	}
	w := zip.NewWriter(&b)
	for _, name := range slices.Sorted(slices.Values(files)) {
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		f, err := w.Create(filepath.ToSlash(name))
		if err != nil {
			return err
		}
		if _, err := f.Write(text); err != nil {
			return err
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	return os.WriteFile(out, b.Bytes(), 0o644)
}
