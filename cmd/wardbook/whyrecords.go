package main

import (
	"bytes"
	"io"
	"slices"
	"strings"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/vulndb"
)

// recordsOf reads the vulnerability data again and keeps the records of one
// vulnerability.
func recordsOf(w io.Writer, e evidence, vuln string) []*wardbook.Vulnerability {
	var out []*wardbook.Vulnerability
	e.each(w, wardbook.InputVulnerabilities, func(b []byte) {
		if !bytes.Contains(bytes.ToUpper(b), []byte(strings.ToUpper(vuln))) {
			return
		}
		_, _ = vulndb.DecodeRecords(bytes.NewReader(b), vulndb.Options{}, func(v wardbook.Vulnerability) error {
			if strings.EqualFold(v.ID, vuln) || slices.ContainsFunc(v.Aliases, func(x string) bool { return strings.EqualFold(x, vuln) }) {
				out = append(out, &v)
			}
			return nil
		})
	})
	return out
}

// recordLookup answers look-ups from a handful of records.
type recordLookup []*wardbook.Vulnerability

// ByPackage returns the records that name the package.
func (r recordLookup) ByPackage(ecosystem, name string) ([]*wardbook.Vulnerability, error) {
	eco, norm := vulndb.PackageKey(ecosystem, name)
	return r.find(func(v *wardbook.Vulnerability) bool {
		return slices.ContainsFunc(v.Affected, func(a wardbook.AffectedPackage) bool {
			e, n := vulndb.PackageKey(a.Ecosystem, a.Package)
			return e == eco && n == norm
		})
	}), nil
}

// ByProduct returns all records: which of them name the product is decided by
// whoever asks.
func (r recordLookup) ByProduct(string, string) ([]*wardbook.Vulnerability, error) { return r, nil }

func (r recordLookup) find(ok func(*wardbook.Vulnerability) bool) []*wardbook.Vulnerability {
	var out []*wardbook.Vulnerability
	for _, v := range r {
		if ok(v) {
			out = append(out, v)
		}
	}
	return out
}

// affectedNames lists what a record says is affected.
func affectedNames(v *wardbook.Vulnerability) string {
	var names []string
	add := func(s string) {
		if s != "" && !slices.Contains(names, s) && len(names) < 8 {
			names = append(names, s)
		}
	}
	for _, a := range v.Affected {
		add(joinNonEmpty(" ", a.Ecosystem, a.Package))
		add(joinNonEmpty(" ", a.Vendor, a.Product))
	}
	var walk func(n wardbook.CPENode)
	walk = func(n wardbook.CPENode) {
		for _, m := range n.Matches {
			add(m.Criteria)
		}
		for _, c := range n.Children {
			walk(c)
		}
	}
	for _, n := range v.Configurations {
		walk(n)
	}
	if len(names) == 0 {
		return "nothing"
	}
	return strings.Join(names, ", ")
}
