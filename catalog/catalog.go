// Package catalog is what Wardbook knows of the field: makers and models with
// their aliases, device classes, hazards, controls, scales and matrices,
// support ends. It is data, embedded in the program; evaluation is elsewhere.
//
// Each row carries its provenance. Load checks every row and names the place
// of each bad one, so that a fault in the catalogue stops the program at its
// start and not an audit later.
package catalog

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"sync"

	"github.com/wardbook/wardbook"
)

//go:embed *.yaml
var files embed.FS

// Catalog is the loaded and checked knowledge. It is read only.
type Catalog struct {
	// Digest is the SHA-256 of all files, lower-case hex: it says which
	// knowledge an assessment was made with.
	Digest string
	// Names are makers, models and words of product names.
	Names Names
	// SupportEnds say when makers stop mending what they made.
	SupportEnds []SupportEnd
	// Hazards, DeviceClasses and Controls are what risks are proposed from,
	// Policy is the default policy.
	Hazards       []Hazard
	DeviceClasses []DeviceClass
	Controls      []Control
	Policy        *wardbook.Policy

	risk riskTables
}

// Load returns the embedded catalogue, loaded and checked once per process.
var Load = sync.OnceValues(func() (*Catalog, error) { return load(files) })

func load(fsys fs.FS) (*Catalog, error) {
	c := &Catalog{}
	var ps wardbook.Problems
	names, err := fs.Glob(fsys, "*.yaml")
	if err != nil {
		return nil, err
	}
	sum := sha256.New()
	for _, name := range names {
		b, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(sum, "%s %d\n", name, len(b))
		sum.Write(b)
	}
	c.Digest = hex.EncodeToString(sum.Sum(nil))
	c.Names = loadNames(fsys, &ps)
	c.SupportEnds = loadSupportEnds(fsys, &ps)
	c.loadRisk(fsys, &ps)
	if err := ps.Err(); err != nil {
		return nil, fmt.Errorf("catalogue: %w", err)
	}
	return c, nil
}

// Provenance says where a row comes from and whether somebody checked it
// against that source. It is embedded in every kind of row.
type Provenance struct {
	Source   string `yaml:"source"`
	Verified bool   `yaml:"verified"`
	Place    string `yaml:"-"` // file and line of the row
}

// read decodes a YAML list strictly; faults carry file and line, and every row
// gets its own in Provenance.Place.
func read[T any](fsys fs.FS, name string, ps *wardbook.Problems) []T {
	b, err := fs.ReadFile(fsys, name)
	if err != nil {
		ps.Add(name, "%v", err)
		return nil
	}
	var rows []T
	decode(b, name, &rows, ps)
	return rows
}
