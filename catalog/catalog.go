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

// Load returns the embedded catalogue, loaded and checked once per process. It
// reads the compiled form where that was made of the files as they are, and
// the files themselves where it was not.
var Load = sync.OnceValues(func() (*Catalog, error) { return load(embedded()) })

func load(src source) (*Catalog, error) {
	c := &Catalog{Digest: src.digest}
	var ps wardbook.Problems
	if c.Digest == "" {
		var err error
		if c.Digest, err = digest(src); err != nil {
			return nil, err
		}
	}
	c.Names = loadNames(src, &ps)
	c.SupportEnds = loadSupportEnds(src, &ps)
	c.loadRisk(src, &ps)
	if err := ps.Err(); err != nil {
		return nil, fmt.Errorf("catalogue: %w", err)
	}
	return c, nil
}

// digest is the SHA-256 of all YAML files with their names and lengths.
func digest(fsys fs.FS) (string, error) {
	names, err := fs.Glob(fsys, "*.yaml")
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	for _, name := range names {
		b, err := fs.ReadFile(fsys, name)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(sum, "%s %d\n", name, len(b))
		sum.Write(b)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// Provenance says where a row comes from and whether somebody checked it
// against that source. It is embedded in every kind of row.
type Provenance struct {
	Source   string `yaml:"source"`
	Verified bool   `yaml:"verified"`
	Place    string `yaml:"-"` // file and line of the row
}
