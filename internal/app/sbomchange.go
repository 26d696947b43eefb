package app

import (
	"errors"
	"slices"
	"strings"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/gather"
	"github.com/wardbook/wardbook/internal/store"
)

// compareSBOM says what differs between the components of the SBOM that holds
// and those of the new one.
func (im *Importer) compareSBOM(tx *store.Tx, r *reading) error {
	if r.held == nil || r.held.SHA256 == r.SHA256 {
		return nil
	}
	body, err := tx.OpenEvidence(r.held.SHA256)
	if errors.Is(err, store.ErrRedacted) {
		return nil
	}
	if err != nil {
		return err
	}
	was, err := gather.Decode(wardbook.InputSBOM, r.held.File, body, gather.Options{})
	if err != nil {
		return nil //nolint:nilerr // an SBOM that an earlier version of the program could read: there is nothing to hold against
	}
	r.change = compareComponents(was.SBOM.Components, r.doc.SBOM.Components)
	return nil
}

// compareComponents pairs components by their name without the version.
func compareComponents(was, is []wardbook.Component) *wardbook.SourceChange {
	type versions struct{ was, is []string }
	all := map[string]*versions{}
	at := func(c wardbook.Component) *versions {
		k := componentName(c)
		if all[k] == nil {
			all[k] = &versions{}
		}
		return all[k]
	}
	for _, c := range was {
		v := at(c)
		v.was = append(v.was, c.Version)
	}
	for _, c := range is {
		v := at(c)
		v.is = append(v.is, c.Version)
	}
	names := make([]string, 0, len(all))
	for k := range all {
		names = append(names, k)
	}
	slices.Sort(names)
	out := &wardbook.SourceChange{}
	n := map[string]int{}
	sample := func(what, name, text string) {
		if n[what]++; n[what] <= maxSamples {
			out.Samples = append(out.Samples, wardbook.ChangeSample{What: what, Name: name, Text: text})
		}
	}
	for _, name := range names {
		v := all[name]
		was, is := without(v.was, v.is), without(v.is, v.was)
		out.Same += len(v.is) - len(is)
		k := min(len(was), len(is))
		out.Changed, out.Gone, out.New = out.Changed+k, out.Gone+len(was)-k, out.New+len(is)-k
		for i := range k {
			sample("changed", name, "version "+orNone(was[i])+" → "+orNone(is[i]))
		}
		for _, x := range was[k:] {
			sample("gone", name, x)
		}
		for _, x := range is[k:] {
			sample("new", name, x)
		}
	}
	return out
}

// without is a less one of each of b, sorted.
func without(a, b []string) (out []string) {
	left := map[string]int{}
	for _, x := range b {
		left[x]++
	}
	for _, x := range a {
		if left[x]--; left[x] < 0 {
			out = append(out, x)
		}
	}
	slices.Sort(out)
	return out
}

// componentName is what a component is called whatever its version.
func componentName(c wardbook.Component) string {
	if p := c.Purl; p != "" {
		if i := strings.IndexAny(p, "?#"); i >= 0 {
			p = p[:i]
		}
		if i := strings.LastIndexByte(p, '@'); i > strings.LastIndexByte(p, '/') {
			p = p[:i]
		}
		return p
	}
	return c.FullName()
}
