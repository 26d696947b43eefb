package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/intake"
	"github.com/wardbook/wardbook/internal/vulndb"
)

// readRecords opens the compiled feed of the vulnerability data, and compiles it
// when the data is new.
func (g *gatherer) readRecords() error {
	if len(g.flags.vulns) == 0 {
		return nil
	}
	cache, err := g.cache()
	if err != nil {
		return err
	}
	digests := make([]string, len(g.flags.vulns))
	for i, path := range g.flags.vulns {
		if digests[i], err = cache.Digest(path); err != nil {
			return err
		}
	}
	db, err := cache.Open(vulndb.Key(digests...), func(c *vulndb.Compiler) error { return g.compile(c) })
	if err != nil {
		return err
	}
	g.db = db
	for i, src := range db.Sources() {
		path := g.flags.vulns[i]
		in := wardbook.Input{Path: path, SHA256: digests[i], Kind: wardbook.InputVulnerabilities, Format: src.Format, Records: src.Records, AsOf: dateOf(src.Newest)}
		if info, err := os.Stat(path); err == nil && !info.IsDir() {
			in.Size = info.Size()
		}
		g.note(wardbook.InputVulnerabilities, src.Newest)
		g.add(in, src.Problems, nil)
	}
	return nil
}

// cache is where compiled feeds are kept.
func (g *gatherer) cache() (vulndb.Cache, error) {
	dir := g.flags.cache
	if dir == "" {
		dir = os.Getenv("WARDBOOK_CACHE")
	}
	if dir == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return vulndb.Cache{}, failed("give --cache DIR", fmt.Errorf("no cache folder: %w", err))
		}
		dir = filepath.Join(user, "wardbook", "feeds")
	}
	return vulndb.Cache{Dir: dir, AlwaysHash: g.flags.rehash}, os.MkdirAll(dir, 0o755)
}

func (g *gatherer) compile(c *vulndb.Compiler) error {
	n := 0
	for _, path := range g.flags.vulns {
		src := c.Source(path)
		err := intake.Walk(path, intake.Limits{}, func(f *intake.File) error {
			if err := g.ctx.Err(); err != nil {
				return err
			}
			r, err := f.Open()
			if err != nil {
				return err
			}
			defer r.Close()
			if n++; n%500 == 0 {
				g.progress.report("compiling vulnerability data", n, 0)
			}
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
}

func (g *gatherer) readKEV() error {
	return one(g, g.flags.kev, wardbook.InputKEV, func(in *wardbook.Input, r io.Reader) (vulndb.Info, error) {
		kev, info, err := vulndb.DecodeKEV(r, vulndb.Options{})
		g.kev = kev
		return info, err
	})
}

func (g *gatherer) readEPSS() error {
	return one(g, g.flags.epss, wardbook.InputEPSS, func(in *wardbook.Input, r io.Reader) (vulndb.Info, error) {
		table, info, err := vulndb.DecodeEPSS(r, vulndb.Options{})
		g.epss = table
		return info, err
	})
}

// one reads the one file of a flag; a file that is something else is an error.
func one(g *gatherer, path string, kind wardbook.InputKind, read func(*wardbook.Input, io.Reader) (vulndb.Info, error)) error {
	if path == "" {
		return nil
	}
	return intake.Walk(path, intake.Limits{}, func(f *intake.File) error {
		in := wardbook.Input{Path: f.Name, Kind: kind}
		info, err := decodeFile(f, &in, func(r io.Reader) (vulndb.Info, error) { return read(&in, r) })
		if err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
		in.Format, in.Records, in.AsOf = info.Format, info.Records, dateOf(info.Newest)
		g.note(kind, info.Newest)
		g.add(in, info.Problems, nil)
		return nil
	})
}
