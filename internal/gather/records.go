package gather

import (
	"fmt"
	"io"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/intake"
	"github.com/wardbook/wardbook/internal/vulndb"
)

// readRecords opens the compiled feed of the vulnerability data, and compiles it
// when the data is new.
func (g *Gathered) readRecords() error {
	if len(g.paths.Vulns) == 0 {
		return nil
	}
	db, files, err := Records(g.paths.Cache, g.paths.Vulns, func(n int) error {
		if n%500 == 0 {
			g.progress("compiling vulnerability data", n, 0)
		}
		return g.ctx.Err()
	})
	if err != nil {
		return err
	}
	g.db = db
	for i, src := range db.Sources() {
		g.ages.Note(wardbook.InputVulnerabilities, src.Newest)
		g.Files = append(g.Files, files[i])
	}
	return nil
}

// Records opens the compiled feed of the vulnerability data at paths, in their
// order, and compiles it where the cache has none. Each path gives one input.
// each, which may be nil, is called for each file that is compiled, with how
// many there were; its error ends the compilation.
func Records(cache vulndb.Cache, paths []string, each func(n int) error) (*vulndb.DB, []wardbook.Input, error) {
	files := make([]wardbook.Input, len(paths))
	digests := make([]string, len(paths))
	for i, path := range paths {
		digest, err := cache.Digest(path)
		if err != nil {
			return nil, nil, err
		}
		digests[i] = digest
		files[i] = wardbook.Input{Path: path, SHA256: digest, Kind: wardbook.InputVulnerabilities, Size: intake.Size(path)}
	}
	n := 0
	db, err := cache.Open(vulndb.Key(digests...), func(c *vulndb.Compiler) error {
		for _, path := range paths {
			src := c.Source(path)
			err := intake.Walk(path, intake.Limits{}, func(f *intake.File) error {
				if n++; each != nil {
					if err := each(n); err != nil {
						return err
					}
				}
				r, err := f.Open()
				if err != nil {
					return err
				}
				defer r.Close()
				member := f.Name
				if member == path {
					member = ""
				}
				return src.Add(member, r)
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	for i, src := range db.Sources() {
		files[i].Format, files[i].Records, files[i].AsOf, files[i].Problems = src.Format, src.Records, dateOf(src.Newest), src.Problems
	}
	return db, files, nil
}

func (g *Gathered) readKEV() error {
	return g.one(g.paths.KEV, wardbook.InputKEV, func(d *Document) { g.kev = d.KEV })
}

func (g *Gathered) readEPSS() error {
	return g.one(g.paths.EPSS, wardbook.InputEPSS, func(d *Document) { g.epss = d.EPSS })
}

// one reads the one file of a kind; a file that is something else is an error.
func (g *Gathered) one(path string, kind wardbook.InputKind, keep func(*Document)) error {
	if path == "" {
		return nil
	}
	return intake.Walk(path, intake.Limits{}, func(f *intake.File) error {
		d := &Document{Input: wardbook.Input{Path: f.Name, Kind: kind}}
		if err := stream(f, &d.Input, func(r io.Reader) error { return d.decodeStream(r, Options{}) }); err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
		keep(d)
		g.take(d)
		return nil
	})
}
