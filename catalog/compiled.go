package catalog

import (
	"bytes"
	_ "embed" // the compiled form
	"fmt"
	"io/fs"

	"github.com/go-json-experiment/json"

	"github.com/wardbook/wardbook"
)

//go:generate go run ../scripts/catalog compiled.json

// compiledRows are the rows of all YAML files as JSON. People write YAML and
// read it; to parse it takes longer than all else that a short run does, so the
// program reads this form of the same rows. Every check is made on either.
//
//go:embed compiled.json
var compiledRows []byte

// compiled is what stands in compiledRows.
type compiled struct {
	Digest        string            `json:"digest"` // of the YAML files that it was made of
	Controls      []Control         `json:"controls.yaml"`
	DeviceClasses []DeviceClass     `json:"device-classes.yaml"`
	Hazards       []Hazard          `json:"hazards.yaml"`
	Makers        []Maker           `json:"makers.yaml"`
	Models        []Model           `json:"models.yaml"`
	Policies      []wardbook.Policy `json:"policy-default.yaml"`
	SupportEnds   []SupportEnd      `json:"support-ends.yaml"`
	Words         []Words           `json:"words.yaml"`
}

// A source is where rows come from: YAML files, and what was compiled of them,
// if anything was.
type source struct {
	fs.FS
	digest string         // of the YAML files; empty: not known yet
	rows   map[string]any // by file name, nil: there is no compiled form
}

// embedded is the program's own catalogue. A compiled form that was made of
// other files than these is left aside, so that nobody who changes a file sees
// old rows.
func embedded() source {
	src := source{FS: files}
	var err error
	if src.digest, err = digest(src); err != nil {
		return src
	}
	// Before the rest is decoded: a stale form may not decode.
	if !bytes.HasPrefix(compiledRows, fmt.Appendf(nil, "{\"digest\":%q,", src.digest)) {
		return src
	}
	var c compiled
	if json.Unmarshal(compiledRows, &c) != nil {
		return src
	}
	src.rows = map[string]any{
		"controls.yaml": c.Controls, "device-classes.yaml": c.DeviceClasses, "hazards.yaml": c.Hazards, "makers.yaml": c.Makers,
		"models.yaml": c.Models, policyFile: c.Policies, "support-ends.yaml": c.SupportEnds, "words.yaml": c.Words,
	}
	return src
}

// read returns the rows of a file. Those of YAML are decoded strictly: faults
// carry file and line, and every row gets its own in Provenance.Place.
func read[T any](src source, name string, ps *wardbook.Problems) []T {
	if rows, ok := src.rows[name].([]T); ok {
		return rows
	}
	b, err := fs.ReadFile(src, name)
	if err != nil {
		ps.Add(name, "%v", err)
		return nil
	}
	var rows []T
	decode(b, name, &rows, ps)
	return rows
}

// Compile reads the embedded YAML files and returns what compiled.json has to
// hold, a row a line.
func Compile() ([]byte, error) {
	c, err := load(source{FS: files})
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "{\"digest\":%q,\n", c.Digest)
	for i, f := range []struct {
		name string
		rows []any
	}{
		{"controls.yaml", anys(c.Controls)}, {"device-classes.yaml", anys(c.DeviceClasses)}, {"hazards.yaml", anys(c.Hazards)},
		{"makers.yaml", anys(c.Names.Makers)}, {"models.yaml", anys(c.Names.Models)}, {policyFile, []any{c.Policy}},
		{"support-ends.yaml", anys(c.SupportEnds)}, {"words.yaml", anys(c.Names.Words)},
	} {
		if i > 0 {
			out.WriteString(",\n")
		}
		fmt.Fprintf(&out, "%q:[", f.name)
		for k, row := range f.rows {
			if k > 0 {
				out.WriteByte(',')
			}
			out.WriteByte('\n')
			// Nil stays nil: both forms give equal rows.
			if err := json.MarshalWrite(&out, row, json.FormatNilSliceAsNull(true), json.FormatNilMapAsNull(true), json.OmitZeroStructFields(true), json.Deterministic(true)); err != nil {
				return nil, err
			}
		}
		out.WriteString("\n]")
	}
	out.WriteString("\n}\n")
	return out.Bytes(), nil
}

func anys[T any](rows []T) []any {
	out := make([]any, len(rows))
	for i := range rows {
		out[i] = &rows[i]
	}
	return out
}
