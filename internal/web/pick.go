package web

import (
	"iter"
	"slices"
	"strings"
)

// pick cuts a page out of rows that are in memory. It goes through them twice
// at most and keeps no more than a few pages, so that fifty of a million take
// milliseconds. Without compare the order is that of the rows. A page begins
// after, or ends before, the row with the id that the window names; when that
// row is no longer there the first page is shown.
func pick[T any](rows iter.Seq[T], w window, compare func(a, b T) int, fits func(T) bool, id func(T) string) part[T] {
	if rows == nil {
		return part[T]{}
	}
	if compare == nil {
		return pickPlaced(rows, w, fits, id)
	}
	return pickBy(rows, w, func(a, b T) int {
		if c := compare(a, b); c != 0 || id == nil {
			return c
		}
		return strings.Compare(id(a), id(b))
	}, fits, id)
}

// pickBy is pick with an order in which no two rows are equal.
func pickBy[T any](rows iter.Seq[T], w window, total func(a, b T) int, fits func(T) bool, id func(T) string) part[T] {
	edge, found, back := edgeRow(rows, w, id)
	order := total
	if back {
		order = func(a, b T) int { return total(b, a) }
	}
	var best []T
	var worst T // the last of a page, as far as is known
	full := false
	var within, outside int // rows that fit on the page's side of the edge, and the others
	for v := range rows {
		if fits != nil && !fits(v) {
			continue
		}
		if found && order(v, edge) <= 0 {
			outside++
			continue
		}
		within++
		if full && order(v, worst) > 0 {
			continue // it cannot be on the page
		}
		if best = append(best, v); len(best) >= 4*w.Limit+64 {
			slices.SortFunc(best, order)
			best = best[:w.Limit]
			worst, full = best[w.Limit-1], true
		}
	}
	slices.SortFunc(best, order)
	best = best[:min(len(best), w.Limit)]
	p := part[T]{Items: best, Total: within + outside, From: outside}
	before, after := outside > 0, within > len(best)
	if back {
		slices.Reverse(best)
		p.From = within - len(best)
		before, after = after, before
	}
	if len(best) == 0 || id == nil {
		return p
	}
	if before {
		p.Prev = id(best[0])
	}
	if after {
		p.Next = id(best[len(best)-1])
	}
	return p
}

// placed is a row with its place, for rows that stand in their order already.
type placed[T any] struct {
	row T
	at  int
}

func pickPlaced[T any](rows iter.Seq[T], w window, fits func(T) bool, id func(T) string) part[T] {
	numbered := func(yield func(placed[T]) bool) {
		at := 0
		for v := range rows {
			if !yield(placed[T]{v, at}) {
				return
			}
			at++
		}
	}
	p := pickBy(numbered, w, func(a, b placed[T]) int { return a.at - b.at },
		func(v placed[T]) bool { return fits == nil || fits(v.row) },
		func(v placed[T]) string {
			if id == nil {
				return ""
			}
			return id(v.row)
		})
	out := part[T]{Prev: p.Prev, Next: p.Next, Total: p.Total, From: p.From}
	for _, v := range p.Items {
		out.Items = append(out.Items, v.row)
	}
	return out
}

// edgeRow finds the row at which the window begins or, going back, ends.
func edgeRow[T any](rows iter.Seq[T], w window, id func(T) string) (edge T, found, back bool) {
	want := w.After
	if want == "" {
		want, back = w.Before, true
	}
	if want == "" || id == nil {
		return edge, false, false
	}
	for v := range rows {
		if id(v) == want {
			return v, true, back
		}
	}
	return edge, false, false
}
