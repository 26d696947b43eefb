package catalog

import (
	"bytes"
	"fmt"
	"io/fs"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/wardbook/wardbook"
)

//go:generate go run ../scripts/catalog compiled.json

// compiledFile holds the rows of all YAML files as JSON. People write YAML and
// read it; to parse it takes longer than all else that a short run does, so the
// program reads this form of the same rows. Every check is made on either.
const compiledFile = "compiled.json"

// compiled is what stands in compiledFile.
type compiled struct {
	Digest string                    `json:"digest"` // of the YAML files that it was made of
	Rows   map[string]jsontext.Value `json:"rows"`   // by file name
}

// A source is where rows come from: YAML files, and what was compiled of them,
// if anything was.
type source struct {
	fs.FS
	digest string // of the YAML files; empty: not known yet
	rows   map[string]jsontext.Value
}

// embedded is the program's own catalogue. A compiled form that was made of
// other files than these is left aside, so that nobody who changes a file sees
// old rows.
func embedded() source {
	src := source{FS: files}
	b, err := files.ReadFile(compiledFile)
	if err != nil {
		return src
	}
	var c compiled
	if json.Unmarshal(b, &c) != nil {
		return src
	}
	if src.digest, err = digest(src); err == nil && src.digest == c.Digest {
		src.rows = c.Rows
	}
	return src
}

// read returns the rows of a file. Those of YAML are decoded strictly: faults
// carry file and line, and every row gets its own in Provenance.Place.
func read[T any](src source, name string, ps *wardbook.Problems) []T {
	var rows []T
	if from, ok := src.rows[name]; ok {
		if err := json.Unmarshal(from, &rows); err != nil {
			ps.Add(name, "the compiled form: %v", err)
		}
		return rows
	}
	b, err := fs.ReadFile(src, name)
	if err != nil {
		ps.Add(name, "%v", err)
		return nil
	}
	decode(b, name, &rows, ps)
	return rows
}

// Compile reads the embedded YAML files and returns what compiledFile has to
// hold, a row a line.
func Compile() ([]byte, error) {
	c, err := load(source{FS: files})
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "{\"digest\":%q,\"rows\":{\n", c.Digest)
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
	out.WriteString("\n}}\n")
	return out.Bytes(), nil
}

func anys[T any](rows []T) []any {
	out := make([]any, len(rows))
	for i := range rows {
		out[i] = &rows[i]
	}
	return out
}
