package main

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/gather"
	"github.com/wardbook/wardbook/internal/report"
)

// writeAll writes what was asked for to the output folder and returns the
// paths. A file appears whole or not at all.
func writeAll(f assessFlags, g *gather.Gathered, a *wardbook.Assessment) ([]string, error) {
	if err := os.MkdirAll(f.out, 0o755); err != nil {
		return nil, err
	}
	// The assessment as JSON comes first, since the reports give its digest. It
	// is written as it is encoded: it can be larger than all else in memory.
	sum := sha256.New()
	asJSON := func(w io.Writer) error {
		buf := bufio.NewWriterSize(io.MultiWriter(w, sum), 1<<16)
		if err := report.JSON(buf, a); err != nil {
			return err
		}
		return buf.Flush()
	}
	var out []string
	write := func(name string, fn func(io.Writer) error) error {
		path := filepath.Join(f.out, name)
		out = append(out, path)
		return writeFile(path, fn)
	}
	if slices.Contains(f.formats, "json") {
		if err := write("assessment.json", asJSON); err != nil {
			return nil, err
		}
	} else if err := asJSON(io.Discard); err != nil {
		return nil, err
	}
	d := report.Data{Assessment: a, Policy: g.Policy, Organization: f.organization, Digest: hex.EncodeToString(sum.Sum(nil)), Hazards: map[string]string{}, Controls: map[string]string{}, Classes: map[string]string{}}
	for i := range g.Catalog.Hazards {
		d.Hazards[g.Catalog.Hazards[i].ID] = g.Catalog.Hazards[i].Name
	}
	for i := range g.Catalog.Controls {
		d.Controls[g.Catalog.Controls[i].ID] = g.Catalog.Controls[i].Name
	}
	for i := range g.Catalog.DeviceClasses {
		d.Classes[g.Catalog.DeviceClasses[i].ID] = g.Catalog.DeviceClasses[i].Name
	}
	writers := map[string]func(io.Writer) error{
		"html": func(w io.Writer) error { return report.HTML(w, d) },
		"pdf":  func(w io.Writer) error { return report.PDF(w, d) },
		"xlsx": func(w io.Writer) error { return report.XLSX(w, d) },
	}
	names := map[string]string{"xlsx": "assessment.xlsx", "html": "report.html", "pdf": "report.pdf"}
	for _, format := range assessFormats {
		if format == "json" || !slices.Contains(f.formats, format) {
			continue
		}
		if err := write(names[format], writers[format]); err != nil {
			return nil, err
		}
	}
	template, err := gather.AnswersTemplate(g.Answers, a.Questions)
	if err != nil {
		return nil, err
	}
	if err := write("answers.yaml", func(w io.Writer) error { _, err := w.Write(template); return err }); err != nil {
		return nil, err
	}
	if len(g.Inventories) > 0 {
		if err := write("columns.yaml", func(w io.Writer) error { _, err := w.Write(g.Inventories[0].Mapping.YAML()); return err }); err != nil {
			return nil, err
		}
	}
	if !f.noEvidence {
		if err := keepEvidence(f, filepath.Join(f.out, "evidence")); err != nil {
			return nil, fmt.Errorf("evidence: %w", err)
		}
	}
	return out, nil
}

// writeFile writes through a temporary file beside path.
func writeFile(path string, fn func(io.Writer) error) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), ".wardbook-*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	if err := fn(tmp); err != nil {
		tmp.Close()
		return fmt.Errorf("%s: %w", path, err)
	}
	if err := tmp.Chmod(0o644); err != nil {
		return err
	}
	if err := tmp.Close(); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}

// evidenceIndex names the copies: a line each, the digest and the path that the
// file had. It is what sha256sum writes for the originals.
const evidenceIndex = "index.txt"

// keepEvidence copies every input as it came, under its digest, so that the
// answer can be checked when the originals are gone, and writes the index.
func keepEvidence(f assessFlags, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	var index strings.Builder
	for _, list := range [][]string{f.inventory, f.sbom, f.advisories, f.vulns, f.vex, {f.kev, f.epss, f.policy, f.answers, f.columns}} {
		for _, path := range list {
			if path == "" {
				continue
			}
			err := filepath.WalkDir(path, func(p string, d fs.DirEntry, err error) error {
				if err != nil || !d.Type().IsRegular() {
					return err
				}
				digest, err := keepFile(p, dir)
				fmt.Fprintf(&index, "%s  %s\n", digest, p)
				return err
			})
			if err != nil {
				return err
			}
		}
	}
	return writeFile(filepath.Join(dir, evidenceIndex), func(w io.Writer) error { _, err := io.WriteString(w, index.String()); return err })
}

func keepFile(path, dir string) (digest string, err error) {
	src, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer src.Close()
	tmp, err := os.CreateTemp(dir, ".wardbook-*")
	if err != nil {
		return "", err
	}
	defer os.Remove(tmp.Name())
	sum := sha256.New()
	if _, err := io.Copy(io.MultiWriter(tmp, sum), src); err != nil {
		tmp.Close()
		return "", err
	}
	if err := tmp.Close(); err != nil {
		return "", err
	}
	digest = hex.EncodeToString(sum.Sum(nil))
	return digest, os.Rename(tmp.Name(), filepath.Join(dir, digest))
}
