package sbom

import (
	"strings"

	"github.com/wardbook/wardbook"
)

// arena keeps many small strings in few allocations. What it returns lives as
// long as the document.
type arena struct {
	chunk strings.Builder
	seen  map[string]string
}

const arenaChunk = 64 << 10

func (a *arena) init() { a.seen = make(map[string]string, 64) }

// keep returns a copy of p.
func (a *arena) keep(p []byte) string {
	if len(p) == 0 {
		return ""
	}
	if len(p) > arenaChunk/8 {
		return string(p)
	}
	if a.chunk.Cap()-a.chunk.Len() < len(p) {
		a.chunk = strings.Builder{}
		a.chunk.Grow(arenaChunk)
	}
	start := a.chunk.Len()
	a.chunk.Write(p)
	return a.chunk.String()[start:]
}

// intern returns a copy of p, the same one each time, for texts that repeat.
func (a *arena) intern(p []byte) string {
	if s, ok := a.seen[string(p)]; ok {
		return s
	}
	s := a.keep(p)
	if len(a.seen) < 1<<16 { // what never repeats must not cost a map entry each
		a.seen[s] = s
	}
	return s
}

// slab cuts many short lists out of few allocations.
type slab[T any] struct{ free []T }

const slabChunk = 512

// push appends v to a list that this slab made.
func (s *slab[T]) push(list []T, v T) []T {
	if len(list) == cap(list) {
		n := max(1, 2*len(list))
		if n > slabChunk/4 {
			return append(list, v)
		}
		if len(s.free) < n {
			s.free = make([]T, slabChunk)
		}
		grown := s.free[:len(list):n]
		s.free = s.free[n:]
		copy(grown, list)
		list = grown
	}
	return append(list, v)
}

// parts holds components in chunks while a document is read: one list that
// grows would be copied over and over.
type parts struct {
	chunks [][]wardbook.Component
	n      int
}

const partsChunk = 512

// add makes room for one component and returns its index.
func (p *parts) add() int {
	if p.n%partsChunk == 0 {
		size := partsChunk
		if p.n == 0 { // most documents are small
			size = 32
		}
		p.chunks = append(p.chunks, make([]wardbook.Component, 0, size))
	}
	last := &p.chunks[len(p.chunks)-1]
	*last = append(*last, wardbook.Component{})
	p.n++
	return p.n - 1
}

func (p *parts) at(i int) *wardbook.Component { return &p.chunks[i/partsChunk][i%partsChunk] }

func (p *parts) list() []wardbook.Component {
	if p.n == 0 {
		return nil
	}
	all := make([]wardbook.Component, 0, p.n)
	for _, c := range p.chunks {
		all = append(all, c...)
	}
	return all
}
