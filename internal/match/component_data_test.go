package match

import (
	"archive/zip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/osv-scalibr/semantic"

	"github.com/wardbook/wardbook"
)

// osvRecord is what the oracle needs of an OSV record, decoded apart from the
// product's own reader.
type osvRecord struct {
	ID        string   `json:"id" yaml:"id"`
	Aliases   []string `json:"aliases" yaml:"aliases"`
	Withdrawn string   `json:"withdrawn" yaml:"withdrawn"`
	Affected  []struct {
		Package struct {
			Ecosystem string `json:"ecosystem" yaml:"ecosystem"`
			Name      string `json:"name" yaml:"name"`
		} `json:"package" yaml:"package"`
		Ranges []struct {
			Type   string              `json:"type" yaml:"type"`
			Events []map[string]string `json:"events" yaml:"events"`
		} `json:"ranges" yaml:"ranges"`
		Versions []string `json:"versions" yaml:"versions"`
	} `json:"affected" yaml:"affected"`
}

// testData finds the data sets beside the repository, or skips the test.
func testData(t testing.TB, parts ...string) string {
	t.Helper()
	dirs := []string{os.Getenv("WARDBOOK_DATA"), "../../../shared/data"}
	for _, d := range dirs {
		p := filepath.Join(append([]string{d}, parts...)...)
		if _, err := os.Stat(p); d != "" && err == nil {
			return p
		}
	}
	t.Skipf("the data set %s is not there", filepath.Join(parts...))
	return ""
}

func readOSV(t testing.TB, path string) (out []osvRecord) {
	t.Helper()
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		r.Close()
		if err != nil {
			t.Fatal(err)
		}
		var rec osvRecord
		switch {
		case strings.HasSuffix(f.Name, ".json"):
			err = json.Unmarshal(b, &rec)
		case strings.HasSuffix(f.Name, ".yaml"):
			err = yaml.Unmarshal(b, &rec)
		default:
			continue
		}
		if err != nil {
			t.Fatalf("%s: %v", f.Name, err)
		}
		out = append(out, rec)
	}
	return out
}

// vulnerability puts an OSV record into the product's shape: events are
// paired in their order, as the OSV schema asks of records.
func (r *osvRecord) vulnerability() *wardbook.Vulnerability {
	v := &wardbook.Vulnerability{ID: r.ID, Aliases: r.Aliases, Source: "OSV", Withdrawn: r.Withdrawn != ""}
	for _, a := range r.Affected {
		p := wardbook.AffectedPackage{Ecosystem: a.Package.Ecosystem, Package: a.Package.Name, Versions: a.Versions}
		for _, g := range a.Ranges {
			open := false
			for _, e := range g.Events {
				if i, ok := e["introduced"]; ok {
					p.Ranges = append(p.Ranges, wardbook.Range{Type: g.Type, Introduced: i})
					open = true
				}
				if f, ok := e["fixed"]; ok && open {
					p.Ranges[len(p.Ranges)-1].Fixed, open = f, false
				}
				if f, ok := e["last_affected"]; ok && open {
					p.Ranges[len(p.Ranges)-1].LastAffected, open = f, false
				}
			}
		}
		p.AllVersions = len(p.Ranges)+len(p.Versions) == 0
		v.Affected = append(v.Affected, p)
	}
	return v
}

// memory is a Lookup over a few records.
type memory struct {
	packages map[string][]*wardbook.Vulnerability
	products map[string][]*wardbook.Vulnerability
}

func memoryOf(vs ...*wardbook.Vulnerability) *memory {
	m := &memory{map[string][]*wardbook.Vulnerability{}, map[string][]*wardbook.Vulnerability{}}
	for _, v := range vs {
		add := func(to map[string][]*wardbook.Vulnerability, k string) {
			if !slices.Contains(to[k], v) {
				to[k] = append(to[k], v)
			}
		}
		for _, a := range v.Affected {
			base, _, _ := strings.Cut(a.Ecosystem, ":")
			name := a.Package
			if base == "PyPI" {
				name = pypiName(name)
			}
			add(m.packages, base+"\x00"+name)
			add(m.products, cpeWord(a.Vendor)+"\x00"+cpeWord(a.Product))
		}
		var walk func(n *wardbook.CPENode)
		walk = func(n *wardbook.CPENode) {
			for _, c := range n.Matches {
				if p := parseCPE(c.Criteria); p != nil {
					add(m.products, p.vendor+"\x00"+p.product)
				}
			}
			for i := range n.Children {
				walk(&n.Children[i])
			}
		}
		for i := range v.Configurations {
			walk(&v.Configurations[i])
		}
	}
	return m
}

func (m *memory) ByPackage(e, n string) ([]*wardbook.Vulnerability, error) {
	return m.packages[e+"\x00"+n], nil
}

func (m *memory) ByProduct(v, p string) ([]*wardbook.Vulnerability, error) {
	return m.products[v+"\x00"+p], nil
}

// oracle is a slow and literal evaluation of the OSV schema's algorithm, with
// the order of versions of osv-scanner.
func oracle(r *osvRecord, ecosystem, name, version string) bool {
	if r.Withdrawn != "" {
		return false
	}
	for _, a := range r.Affected {
		if a.Package.Ecosystem != ecosystem || a.Package.Name != name && pypiName(a.Package.Name) != name {
			continue
		}
		if slices.Contains(a.Versions, version) {
			return true
		}
		for _, g := range a.Ranges {
			if g.Type != "SEMVER" && g.Type != "ECOSYSTEM" {
				continue
			}
			v := semantic.MustParse(version, ecosystem)
			hit := false
			// Records need not keep their events in order.
			events := slices.Clone(g.Events)
			slices.SortStableFunc(events, func(a, b map[string]string) int {
				x, y := boundOf(a), boundOf(b)
				switch {
				case x == y:
					return 0
				case x == "0":
					return -1
				case y == "0":
					return 1
				}
				c, _ := semantic.MustParse(x, ecosystem).CompareStr(y)
				return c
			})
			for _, e := range events {
				for kind, bound := range e {
					c, err := v.CompareStr(bound)
					if err != nil {
						c = 1
					}
					switch {
					case kind == "introduced" && (bound == "0" || c >= 0):
						hit = true
					case kind == "fixed" && c >= 0:
						hit = false
					case kind == "last_affected" && c > 0:
						hit = false
					}
				}
			}
			if hit {
				return true
			}
		}
	}
	return false
}

// explained tells the two differences that we want. A version is equal to a
// listed one by its ecosystem's rules though not by its letters ("3.2-rc.1"
// and "3.2rc1" of PyPI). And a record whose ranges touch or overlap means each
// pair of events as it is written: sorting them first lets the end of one
// range cut off another.
func explained(r *osvRecord, ecosystem, name, version string) bool {
	v := semantic.MustParse(version, ecosystem)
	for _, a := range r.Affected {
		if a.Package.Name != name && pypiName(a.Package.Name) != name {
			continue
		}
		for _, l := range a.Versions {
			if c, err := v.CompareStr(l); err == nil && c == 0 && ecosystem == "PyPI" {
				return true
			}
		}
		for _, g := range a.Ranges {
			for i := 0; i+1 < len(g.Events) && len(g.Events) > 2; i++ {
				from, ok := g.Events[i]["introduced"]
				to, ok2 := g.Events[i+1]["fixed"]
				if !ok || !ok2 {
					continue
				}
				lo, _ := v.CompareStr(from)
				hi, _ := v.CompareStr(to)
				if (from == "0" || lo >= 0) && hi < 0 {
					return true
				}
			}
		}
	}
	return false
}

func boundOf(e map[string]string) string {
	for _, v := range e {
		return v
	}
	return ""
}

// TestComponentsAgreeWithOSV takes, for every package of every record, each
// version that any record of it names, and versions beside them, and compares
// with the oracle.
func TestComponentsAgreeWithOSV(t *testing.T) {
	for _, tt := range []struct{ file, ecosystem, purl string }{
		{"Go.zip", "Go", "pkg:golang/"},
		{"PyPI-yaml.zip", "PyPI", "pkg:pypi/"},
	} {
		t.Run(tt.ecosystem, func(t *testing.T) {
			records := readOSV(t, testData(t, "osv", tt.file))
			var vs []*wardbook.Vulnerability
			byName := map[string][]*osvRecord{}
			for i := range records {
				r := &records[i]
				vs = append(vs, r.vulnerability())
				for _, a := range r.Affected {
					n := a.Package.Name
					if tt.ecosystem == "PyPI" {
						n = pypiName(n)
					}
					if a.Package.Ecosystem == tt.ecosystem && !slices.Contains(byName[n], r) {
						byName[n] = append(byName[n], r)
					}
				}
			}
			m := NewMatcher(memoryOf(vs...))
			pairs, hits, differ, known := 0, 0, 0, 0
			for name, rs := range byName {
				for _, version := range versionsOf(rs) {
					c := wardbook.Component{Name: name, Version: version, Purl: tt.purl + name + "@" + strings.ReplaceAll(version, "+", "%2B")}
					got, err := m.Components([]wardbook.Component{c}, Options{})
					if err != nil {
						t.Fatal(err)
					}
					found := map[string]bool{}
					for _, g := range got {
						for _, r := range g.Records {
							found[r.ID] = g.Status == wardbook.Affected
						}
					}
					for _, r := range rs {
						pairs++
						want := oracle(r, tt.ecosystem, name, version)
						if want {
							hits++
						}
						if found[r.ID] && !want && explained(r, tt.ecosystem, name, version) {
							known++
							continue
						}
						if want != found[r.ID] {
							differ++
							if differ < 20 {
								t.Errorf("%s %s against %s: got %v, want %v", name, version, r.ID, found[r.ID], want)
							}
						}
					}
				}
			}
			t.Logf("%d packages, %d pairs of version and record, %d hits, %d differ, %d differ for a known reason", len(byName), pairs, hits, differ, known)
		})
	}
}

func versionsOf(rs []*osvRecord) (out []string) {
	for _, r := range rs {
		for _, a := range r.Affected {
			vs := slices.Clone(a.Versions)
			for _, g := range a.Ranges {
				for _, e := range g.Events {
					for _, v := range e {
						if v != "0" && len(v) < 40 {
							vs = append(vs, v, v+".1", v+"-rc.1", "v"+v)
						}
					}
				}
			}
			if len(vs) > 3 {
				vs = vs[len(vs)-3:]
			}
			out = append(out, vs...)
		}
	}
	slices.Sort(out)
	if out = slices.Compact(out); len(out) > 100 { // the kernel-like packages would take minutes
		out = out[:100]
	}
	return slices.Compact(append(out, "0.0.1", "1.0.0", "99.0.0"))
}
