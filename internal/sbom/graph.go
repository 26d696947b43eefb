package sbom

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/wardbook/wardbook"
)

// What a ref of the document stands for, where it is not the index of a
// component.
const (
	nodeUndeclared = -1
	nodeOther      = -2 // the document, the product, a service: may depend and be depended on
	nodeFile       = -3 // an SPDX file or snippet: not part of the graph
	nodeExternal   = -4 // in another document
)

type node struct {
	ref      string
	comp     int32 // index of the component, or one of the constants above
	seen     bool  // a relationship names it
	dangling int32 // how often it is referred to without being declared
}

type edgeKind uint8

const (
	edgeDepends edgeKind = iota
	edgeContains
)

// An edge says that from needs or holds to. at and sub are its place in the
// document, in the terms of graph.place.
type edge struct {
	from, to int32
	at, sub  int32
	kind     edgeKind
	turned   bool // the document states it the other way round (DEPENDENCY_OF)
}

// graph collects refs and relationships while a document is read; finish turns
// them into what the document says once all refs are known.
type graph struct {
	ids   map[string]int32
	last  [2]int32 // looked up last: the relationships of one element stand together
	nodes []node
	edges []edge
	roots []int32
	// where says the place of a relationship, once the format is known.
	where func(at, sub int32) string
}

func (g *graph) init() { g.ids = make(map[string]int32, 256) }

// id returns the number of a ref; keep copies the ref the first time.
func (g *graph) id(ref []byte, text *arena) int32 {
	for _, id := range g.last {
		if int(id) < len(g.nodes) && g.nodes[id].ref == string(ref) {
			return id
		}
	}
	id, ok := g.ids[string(ref)]
	if !ok {
		id = g.newNode(text.keep(ref))
	}
	g.last = [2]int32{id, g.last[0]}
	return id
}

func (g *graph) idOf(ref string) int32 {
	if id, ok := g.ids[ref]; ok {
		return id
	}
	return g.newNode(ref)
}

func (g *graph) newNode(ref string) int32 {
	id := int32(len(g.nodes))
	comp := int32(nodeUndeclared)
	if strings.HasPrefix(ref, "urn:cdx:") { // a BOM-Link points into another document
		comp = nodeExternal
	}
	g.nodes = append(g.nodes, node{ref: ref, comp: comp})
	g.ids[ref] = id
	return id
}

// declare says what a ref stands for and reports whether it was declared
// before. The first declaration holds.
func (g *graph) declare(ref string, comp int) (again bool) {
	n := &g.nodes[g.idOf(ref)]
	if n.comp != nodeUndeclared {
		return true
	}
	n.comp = int32(comp)
	return false
}

func (g *graph) root(id int32) {
	for _, r := range g.roots {
		if r == id {
			return
		}
	}
	g.roots = append(g.roots, id)
}

func (g *graph) add(e edge) {
	g.nodes[e.from].seen, g.nodes[e.to].seen = true, true
	g.edges = append(g.edges, e)
}

// subNested marks an edge that nesting states: its at is the index of the
// component that holds, or -1 for the product.
const subNested = -2

// placeOf is the place of a relationship.
func (b *builder) placeOf(at, sub int32) string {
	switch {
	case sub == subNested && at < 0:
		return b.doc.Product.Place
	case sub == subNested:
		return b.parts.at(int(at)).Place
	}
	return b.graph.where(at, sub)
}

// finishGraph checks the relationships and writes them into the document.
func (b *builder) finishGraph() {
	g := &b.graph
	good := b.checkEdges()
	// Cycles are looked for in each kind apart: that a package holds a file
	// that needs the package is no fault.
	depends := group(g, good, edgeDepends)
	contains := group(g, good, edgeContains)
	b.doc.Dependencies = dependencies(g, depends)
	b.doc.Contains = dependencies(g, contains)
	for _, r := range g.roots {
		b.doc.Roots = append(b.doc.Roots, g.nodes[r].ref)
	}
	b.cycles(depends, "dependency")
	b.cycles(contains, "containment")
	b.relate(depends, contains)
	for i := range g.nodes {
		if n := &g.nodes[i]; n.seen && n.comp >= 0 {
			b.doc.said[n.comp] |= hasDependency
		}
	}
}

// checkEdges drops and reports what dangles, points at itself or is said
// twice.
func (b *builder) checkEdges() []edge {
	g := &b.graph
	for _, e := range g.edges {
		for _, n := range []*node{&g.nodes[e.from], &g.nodes[e.to]} {
			if n.comp == nodeUndeclared {
				n.dangling++
			}
		}
	}
	good := g.edges[:0]
	for _, e := range g.edges {
		from, to := &g.nodes[e.from], &g.nodes[e.to]
		switch {
		case from.comp == nodeUndeclared || to.comp == nodeUndeclared:
			b.dangles(from, e.at, -1)
			b.dangles(to, e.at, e.sub)
		case from.comp == nodeFile, to.comp == nodeFile:
		case e.from == e.to:
			b.problem(b.placeOf(e.at, e.sub), "%q refers to itself", to.ref)
		default:
			good = append(good, e)
		}
	}
	return b.dropRepeats(good)
}

// dangles reports a ref that the document does not declare, at the first place
// that refers to it.
func (b *builder) dangles(n *node, at, sub int32) {
	if n.comp != nodeUndeclared || n.dangling < 0 {
		return
	}
	more := ""
	if n.dangling > 1 {
		more = fmt.Sprintf(" (referred to %d times)", n.dangling)
	}
	n.dangling = -1
	b.problem(b.placeOf(at, sub), "the ref %q is not declared in the document%s", n.ref, more)
}

// dropRepeats drops edges that are there already. The same edge said from both
// ends (CONTAINS and CONTAINED_BY) is no fault; said twice it is.
func (b *builder) dropRepeats(edges []edge) []edge {
	g := &b.graph
	next := make([]int32, len(edges)) // chains of edges by their from
	head := make([]int32, len(g.nodes))
	for i := range head {
		head[i] = -1
	}
	for i := len(edges) - 1; i >= 0; i-- {
		next[i] = head[edges[i].from]
		head[edges[i].from] = int32(i)
	}
	type mark struct {
		from int32
		edge int32
	}
	marks := [2][]mark{make([]mark, len(g.nodes)), make([]mark, len(g.nodes))}
	drop := make([]bool, len(edges))
	for from, i := range head {
		for ; i >= 0; i = next[i] {
			e := edges[i]
			m := &marks[e.kind][e.to]
			if m.from != int32(from)+1 {
				*m = mark{int32(from) + 1, i}
				continue
			}
			drop[i] = true
			if edges[m.edge].turned == e.turned {
				b.problem(b.placeOf(e.at, e.sub), "the reference from %q to %q is repeated", g.nodes[e.from].ref, g.nodes[e.to].ref)
			}
		}
	}
	kept := edges[:0]
	for i, e := range edges {
		if !drop[i] {
			kept = append(kept, e)
		}
	}
	return kept
}

// adjacency holds the edges of one kind by where they start.
type adjacency struct {
	start []int32 // start[n] to start[n+1] are the edges of node n
	to    []int32
	first []int32 // an edge of node n, for its place
	order []int32 // nodes with edges, in the order of the document
	edges []edge
}

func group(g *graph, edges []edge, kind edgeKind) *adjacency {
	a := &adjacency{start: make([]int32, len(g.nodes)+1), first: make([]int32, len(g.nodes)), edges: edges}
	n := 0
	for i, e := range edges {
		if e.kind != kind {
			continue
		}
		if a.start[e.from+1] == 0 {
			a.order = append(a.order, e.from)
			a.first[e.from] = int32(i)
		}
		a.start[e.from+1]++
		n++
	}
	for i := 1; i < len(a.start); i++ {
		a.start[i] += a.start[i-1]
	}
	a.to = make([]int32, n)
	fill := make([]int32, len(g.nodes))
	for _, e := range edges {
		if e.kind == kind {
			a.to[a.start[e.from]+fill[e.from]] = e.to
			fill[e.from]++
		}
	}
	return a
}

func (a *adjacency) of(n int32) []int32 { return a.to[a.start[n]:a.start[n+1]] }

func dependencies(g *graph, a *adjacency) []wardbook.Dependency {
	if len(a.order) == 0 {
		return nil
	}
	refs := make([]string, len(a.to))
	for i, to := range a.to {
		refs[i] = g.nodes[to].ref
	}
	deps := make([]wardbook.Dependency, len(a.order))
	for i, n := range a.order {
		deps[i] = wardbook.Dependency{From: g.nodes[n].ref, To: refs[a.start[n]:a.start[n+1]:a.start[n+1]]}
	}
	return deps
}

// relate says which components the product needs itself and which came with
// others. What the product depends on is direct. What it only holds is direct
// as long as no other part depends on it: a scanner's list of an image's
// packages puts all of them under the image. What cannot be reached from the
// product stays unknown.
func (b *builder) relate(depends, contains *adjacency) {
	g := &b.graph
	reached := make([]bool, len(g.nodes))
	needed := make([]bool, len(g.nodes)) // something other than a root depends on it
	isRoot := make([]bool, len(g.nodes))
	for _, r := range g.roots {
		isRoot[r], reached[r] = true, true
	}
	for _, n := range depends.order {
		if !isRoot[n] {
			for _, to := range depends.of(n) {
				needed[to] = true
			}
		}
	}
	set := func(n int32, rel wardbook.Relationship) {
		if c := g.nodes[n].comp; c >= 0 && b.doc.Components[c].Relationship == "" {
			b.doc.Components[c].Relationship = rel
		}
	}
	queue := append([]int32(nil), g.roots...)
	for _, r := range g.roots {
		for _, to := range depends.of(r) {
			if !isRoot[to] {
				set(to, wardbook.RelationDirect)
			}
		}
		for _, to := range contains.of(r) {
			if !needed[to] && !isRoot[to] {
				set(to, wardbook.RelationDirect)
			}
		}
	}
	for len(queue) > 0 {
		n := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		for _, a := range []*adjacency{depends, contains} {
			for _, to := range a.of(n) {
				if !reached[to] {
					reached[to] = true
					set(to, wardbook.RelationTransitive)
					queue = append(queue, to)
				}
			}
		}
	}
}

// cycles reports each set of refs that lead back to themselves. It is Tarjan's
// algorithm with its own stack, so that a long chain cannot overflow.
func (b *builder) cycles(a *adjacency, what string) {
	g := &b.graph
	n := len(g.nodes)
	index, low := make([]int32, n), make([]int32, n)
	onStack := make([]bool, n)
	next := make([]int32, n)
	var stack, path []int32
	count := int32(0)
	for _, start := range a.order {
		if index[start] != 0 {
			continue
		}
		path = append(path, start)
		for len(path) > 0 {
			v := path[len(path)-1]
			if index[v] == 0 {
				count++
				index[v], low[v] = count, count
				stack = append(stack, v)
				onStack[v] = true
			}
			if tos := a.of(v); int(next[v]) < len(tos) {
				w := tos[next[v]]
				next[v]++
				if index[w] == 0 {
					path = append(path, w)
				} else if onStack[w] {
					low[v] = min(low[v], index[w])
				}
				continue
			}
			path = path[:len(path)-1]
			if len(path) > 0 {
				p := path[len(path)-1]
				low[p] = min(low[p], low[v])
			}
			if low[v] == index[v] {
				i := len(stack) - 1
				for stack[i] != v {
					i--
				}
				if loop := stack[i:]; len(loop) > 1 {
					b.reportCycle(a, loop, what)
				}
				for _, w := range stack[i:] {
					onStack[w] = false
				}
				stack = stack[:i]
			}
		}
	}
}

func (b *builder) reportCycle(a *adjacency, loop []int32, what string) {
	g := &b.graph
	names := make([]string, 0, 7)
	for _, n := range loop[:min(len(loop), 7)] {
		names = append(names, strconv.Quote(g.nodes[n].ref))
	}
	more := ""
	if len(loop) > len(names) {
		more = fmt.Sprintf(" and %d more", len(loop)-len(names))
	}
	e := a.edges[a.first[loop[0]]]
	b.problem(b.placeOf(e.at, -1), "%s cycle among %d: %s%s", what, len(loop), strings.Join(names, ", "), more)
}
