package main

import (
	"archive/zip"
	"encoding/json"
	"io"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/wardbook/wardbook/internal/vulndb/testgen"
)

// database lays out OSV archives as osv-scanner wants them, DIR/ECOSYSTEM/all.zip:
// the real ones for Go, PyPI and AlmaLinux, synthetic ones for names of the
// SBOMs, empty ones for ecosystems that it insists on.
func database(data, dir string, sboms []string, records int) (zips []string) {
	names := namesOf(sboms)
	at := func(eco string) string {
		check(os.MkdirAll(filepath.Join(dir, eco), 0o755))
		return filepath.Join(dir, eco, "all.zip")
	}
	for _, eco := range []string{"Go", "AlmaLinux"} {
		b, err := os.ReadFile(filepath.Join(data, eco+".zip"))
		check(err)
		check(os.WriteFile(at(eco), b, 0o644))
		zips = append(zips, at(eco))
	}
	check(yamlToJSON(filepath.Join(data, "PyPI-yaml.zip"), at("PyPI")))
	zips = append(zips, at("PyPI"))
	// What records call the ecosystem, and the part of the records that it has.
	for i, e := range []struct {
		dir, ecosystem string
		part           float64
	}{{"npm", "npm", .3}, {"Maven", "Maven", .2}, {"Debian", "Debian:11", .2}, {"Ubuntu", "Ubuntu:20.04", .2}, {"Alpine", "Alpine:v3.16", .05}, {"RubyGems", "RubyGems", .05}} {
		f, err := os.Create(at(e.dir))
		check(err)
		check(testgen.WriteOSV(f, e.ecosystem, int(float64(records)*e.part), names[e.dir], i*1_000_000))
		check(f.Close())
		zips = append(zips, at(e.dir))
	}
	for _, eco := range []string{"crates.io", "NuGet", "Packagist", "Hex", "Pub", "Red Hat", "Rocky Linux", "SUSE", "openSUSE", "Wolfi", "Chainguard", "GIT", "ConanCenter", "CRAN", "Hackage", "GHC", "OSS-Fuzz", "Linux", "GitHub Actions", "SwiftURL", "Bitnami", "Mageia", "Android", "openEuler", "MinimOS", "Photon OS", "Echo"} {
		if _, err := os.Stat(at(eco)); err == nil {
			continue
		}
		f, err := os.Create(at(eco))
		check(err)
		check(zip.NewWriter(f).Close())
		check(f.Close())
	}
	return zips
}

func yamlToJSON(from, to string) error {
	z, err := zip.OpenReader(from)
	if err != nil {
		return err
	}
	defer z.Close()
	f, err := os.Create(to)
	if err != nil {
		return err
	}
	defer f.Close()
	out := zip.NewWriter(f)
	for _, m := range z.File {
		if !strings.HasSuffix(m.Name, ".yaml") {
			continue
		}
		r, err := m.Open()
		if err != nil {
			return err
		}
		b, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		r.Close()
		j, err := yaml.YAMLToJSON(b)
		if err != nil {
			return err
		}
		w, err := out.Create(strings.TrimSuffix(path.Base(m.Name), ".yaml") + ".json")
		if err != nil {
			return err
		}
		if _, err := w.Write(j); err != nil {
			return err
		}
	}
	return out.Close()
}

// namesOf lists the package names of the SBOMs by ecosystem.
func namesOf(sboms []string) map[string][]string {
	found := map[string]map[string]bool{}
	for _, p := range sboms {
		b, err := os.ReadFile(p)
		check(err)
		var doc struct {
			Packages []struct {
				ExternalRefs []struct{ ReferenceType, ReferenceLocator string }
			}
		}
		if json.Unmarshal(b, &doc) != nil {
			continue
		}
		for _, k := range doc.Packages {
			for _, r := range k.ExternalRefs {
				eco, name := nameOf(r.ReferenceLocator)
				if r.ReferenceType != "purl" || name == "" {
					continue
				}
				if found[eco] == nil {
					found[eco] = map[string]bool{}
				}
				found[eco][name] = true
			}
		}
	}
	out := map[string][]string{}
	for eco, set := range found {
		for n := range set {
			out[eco] = append(out[eco], n)
		}
		slices.Sort(out[eco])
	}
	return out
}

func nameOf(purl string) (eco, name string) {
	purl, _, _ = strings.Cut(strings.TrimPrefix(purl, "pkg:"), "?")
	kind, rest, _ := strings.Cut(purl, "/")
	if i := strings.LastIndexByte(rest, '@'); i > 0 {
		rest = rest[:i]
	}
	rest, err := url.PathUnescape(rest)
	if err != nil {
		return "", ""
	}
	switch kind {
	case "npm":
		return "npm", rest
	case "maven":
		return "Maven", strings.Replace(rest, "/", ":", 1)
	case "gem":
		return "RubyGems", rest
	case "apk":
		return "Alpine", path.Base(rest)
	case "deb":
		if strings.HasPrefix(rest, "ubuntu/") {
			return "Ubuntu", path.Base(rest)
		}
		return "Debian", path.Base(rest)
	}
	return "", ""
}
