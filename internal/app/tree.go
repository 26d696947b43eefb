package app

import (
	"errors"
	"slices"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/gather"
	"github.com/wardbook/wardbook/internal/store"
)

// A ComponentTree says what needs what, as one SBOM has it.
type ComponentTree struct {
	Roots []ComponentNode // what the product needs itself
	Nodes int             // that are shown
	Cut   bool            // there are more than are shown
}

// A ComponentNode is a component with what it needs. One that stands in the tree
// more than once shows what it needs the first time only.
type ComponentNode struct {
	Name  string // with its version
	Key   string // wardbook.Component.Key
	Needs []ComponentNode
	Again bool
}

// maxTree is how many nodes a tree has at most.
const maxTree = 1000

// Tree reads the dependency graph of an SBOM that is a source. It is nil where
// the document says nothing of it, or its bytes were redacted.
func Tree(tx *store.Tx, src store.Stored[wardbook.Source]) (*ComponentTree, error) {
	held, err := LastHeld(tx, src)
	if err != nil || held == nil {
		return nil, err
	}
	body, err := tx.OpenEvidence(held.SHA256)
	if errors.Is(err, store.ErrRedacted) || errors.Is(err, wardbook.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	d, err := gather.Decode(wardbook.InputSBOM, held.Name, body, gather.Options{Graph: true})
	if d == nil || d.SBOM == nil || len(d.Needs) == 0 {
		return nil, nil // what cannot be read of it, its source says
	}
	if err != nil {
		return nil, nil
	}
	b := treeBuilder{parts: map[string]wardbook.Component{}, needs: map[string][]string{}, shown: map[string]bool{}}
	for _, c := range d.SBOM.Components {
		b.parts[c.Ref] = c
	}
	needed := map[string]bool{}
	for _, n := range d.Needs {
		b.needs[n.From] = append(b.needs[n.From], n.To...)
		for _, to := range n.To {
			needed[to] = needed[to] || to != n.From
		}
	}
	roots := b.needs[d.SBOM.Ref]
	for _, c := range d.SBOM.Components {
		if c.Ref != d.SBOM.Ref && !needed[c.Ref] {
			roots = append(roots, c.Ref)
		}
	}
	t := &ComponentTree{Roots: b.nodes(roots, 0)}
	t.Nodes, t.Cut = b.n, b.cut
	return t, nil
}

type treeBuilder struct {
	parts map[string]wardbook.Component
	needs map[string][]string
	shown map[string]bool
	n     int
	cut   bool
}

// nodes makes the nodes of refs, and what they need, as far as there is room.
func (b *treeBuilder) nodes(refs []string, depth int) []ComponentNode {
	var out []ComponentNode
	refs = slices.Clone(refs)
	slices.Sort(refs)
	for _, ref := range slices.Compact(refs) {
		c, ok := b.parts[ref]
		if !ok {
			continue
		}
		if b.n == maxTree || depth > 30 {
			b.cut = true
			break
		}
		b.n++
		node := ComponentNode{Name: c.FullName(), Key: c.Key(), Again: b.shown[ref] && len(b.needs[ref]) > 0}
		if c.Version != "" {
			node.Name += " " + c.Version
		}
		if !b.shown[ref] {
			b.shown[ref] = true
			node.Needs = b.nodes(b.needs[ref], depth+1)
		}
		out = append(out, node)
	}
	return out
}
