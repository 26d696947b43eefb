package fleet

import (
	"cmp"
	"math/bits"
	"slices"
	"sort"
	"strings"
)

// A Query picks devices, puts them in order and cuts a page. Empty fields pick
// all.
type Query struct {
	// Text: every word of it stands somewhere in the device; case does not count.
	Text string
	// Is: the column has one of the values; "" is the value of what is unknown.
	Is map[Column][]string
	// Products, where not nil: only devices of these products. Devices, where
	// not nil: only these.
	Products map[string]bool
	Devices  []string
	Sort     Column
	Desc     bool
	// Rank, where not nil, comes before Sort: devices of products with a higher
	// rank first. A product that is not in it has rank 0.
	Rank  map[string]int
	After string // Result.Next of the page before
	Limit int    // 50 where 0
}

// A Result is a page.
type Result struct {
	Rows  []Row
	Next  string // id for Query.After; empty: this is the last page
	Total int    // devices on all pages
}

// A Count says how many devices have a value.
type Count struct {
	Value string
	N     int
}

// A set of rows, one bit each.
type set []uint64

func newSet(n int) set { return make(set, (n+63)/64) }

func (b set) add(i uint32)      { b[i>>6] |= 1 << (i & 63) }
func (b set) has(i uint32) bool { return b[i>>6]&(1<<(i&63)) != 0 }

func (b set) count() (n int) {
	for _, w := range b {
		n += bits.OnesCount64(w)
	}
	return n
}

func (b set) and(o set) {
	for i := range b {
		b[i] &= o[i]
	}
}

// Query answers q.
func (s *Snapshot) Query(q Query) Result {
	if q.Limit == 0 {
		q.Limit = 50
	}
	picked := s.pick(q)
	r := Result{Total: s.Len()}
	if picked != nil {
		r.Total = picked.count()
	}
	rows := s.ordered(q, picked)
	at := 0
	if q.After != "" {
		at = s.after(q, rows)
	}
	for ; at < len(rows); at++ {
		i := rows[at]
		if q.Desc {
			i = rows[len(rows)-1-at]
		}
		if picked != nil && !picked.has(i) {
			continue
		}
		if len(r.Rows) == q.Limit {
			r.Next = r.Rows[len(r.Rows)-1].ID
			break
		}
		r.Rows = append(r.Rows, s.row(i))
	}
	return r
}

// IDs are the ids of all devices that q picks, in the order of their bytes;
// order and page of q do not count.
func (s *Snapshot) IDs(q Query) []string {
	picked := s.pick(q)
	var out []string
	for i := range s.Len() {
		if picked == nil || picked.has(uint32(i)) {
			out = append(out, s.ids.get(i))
		}
	}
	return out
}

// Counts says how many of the devices that q picks have each value of a
// column, the most common first. What q says of that column does not count, so
// that a list of choices shows what else there is.
func (s *Snapshot) Counts(q Query, c Column) []Count {
	if is, ok := q.Is[c]; ok && len(is) > 0 {
		rest := map[Column][]string{}
		for k, v := range q.Is {
			if k != c {
				rest[k] = v
			}
		}
		q.Is = rest
	}
	picked := s.pick(q)
	n := make([]int, len(s.dicts[c].values))
	for i, code := range s.cols[c] {
		if picked == nil || picked.has(uint32(i)) {
			n[code]++
		}
	}
	var out []Count
	for code, k := range n {
		if k > 0 {
			out = append(out, Count{s.dicts[c].values[code], k})
		}
	}
	slices.SortFunc(out, func(a, b Count) int { return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.Value, b.Value)) })
	return out
}

// pick returns the rows that q picks; nil means all.
func (s *Snapshot) pick(q Query) set {
	var all set
	meet := func(b set) {
		if all == nil {
			all = b
		} else {
			all.and(b)
		}
	}
	for c, is := range q.Is {
		if len(is) > 0 {
			want := map[string]bool{}
			for _, v := range is {
				want[v] = true
			}
			meet(s.withValues(c, func(v string) bool { return want[v] }))
		}
	}
	if q.Products != nil {
		meet(s.withValues(Product, func(v string) bool { return q.Products[v] }))
	}
	if q.Devices != nil {
		b := newSet(s.Len())
		for _, id := range q.Devices {
			if i, ok := s.find(id, 0); ok {
				b.add(uint32(i))
			}
		}
		meet(b)
	}
	for _, w := range strings.Fields(strings.ToLower(q.Text)) {
		meet(s.withText(w))
	}
	return all
}

// withValues are the rows whose value in a column fits.
func (s *Snapshot) withValues(c Column, fits func(string) bool) set {
	b := newSet(s.Len())
	s.addValues(b, c, fits)
	return b
}

func (s *Snapshot) addValues(b set, c Column, fits func(string) bool) {
	if c == ID {
		return
	}
	hit := make([]bool, len(s.dicts[c].values))
	none := true
	for code, v := range s.dicts[c].values {
		if fits(v) {
			hit[code], none = true, false
		}
	}
	if none {
		return
	}
	for i, code := range s.cols[c] {
		if hit[code] {
			b.add(uint32(i))
		}
	}
}

// withText are the rows in which a word in lower case stands.
func (s *Snapshot) withText(word string) set {
	b := newSet(s.Len())
	for c := Manufacturer; c < columns; c++ {
		if c != Product && c != Inventory && c != Class {
			s.addValues(b, c, func(v string) bool { return strings.Contains(strings.ToLower(v), word) })
		}
	}
	w := []byte(word)
	for row, ok := s.own.index(w, 0); ok; row, ok = s.own.index(w, row+1) {
		b.add(uint32(row))
	}
	return b
}

// ordered is all rows in the order of q, ascending.
func (s *Snapshot) ordered(q Query, picked set) []uint32 {
	rows := s.order(q.Sort)
	if q.Rank == nil {
		return rows
	}
	// The rank comes first: rows of each rank in the order of the column.
	buckets := map[int][]uint32{}
	ranks := s.productRanks(q.Rank)
	for _, i := range rows {
		if picked == nil || picked.has(i) {
			r := ranks[s.cols[Product][i]]
			buckets[r] = append(buckets[r], i)
		}
	}
	keys := make([]int, 0, len(buckets))
	for k := range buckets {
		keys = append(keys, k)
	}
	sort.Sort(sort.Reverse(sort.IntSlice(keys)))
	out := make([]uint32, 0, len(rows))
	for _, k := range keys {
		out = append(out, buckets[k]...)
	}
	return out
}

func (s *Snapshot) productRanks(rank map[string]int) []int {
	out := make([]int, len(s.dicts[Product].values))
	for code, v := range s.dicts[Product].values {
		out[code] = rank[v]
	}
	return out
}

// order is all rows in the order of a column; nil for ID would be the rows as
// they lie.
func (s *Snapshot) order(c Column) []uint32 {
	o := &s.orders[c]
	o.once.Do(func() {
		if c == ID {
			o.rows = make([]uint32, s.Len())
			for i := range o.rows {
				o.rows[i] = uint32(i)
			}
			return
		}
		o.ranks = s.dicts[c].ranks()
		o.rows, _ = countingSort(s.cols[c], o.ranks, len(o.ranks))
	})
	return o.rows
}

// after is the place in the order of q that follows the device of q.After; a
// device that has left counts as it would stand by its id.
func (s *Snapshot) after(q Query, rows []uint32) int {
	i, found := s.find(q.After, 0)
	if !found && (q.Rank != nil || q.Sort != ID) {
		return len(rows) // nobody knows where it stood: no page is shown twice
	}
	at := 0
	switch {
	case q.Rank != nil:
		at = slices.Index(rows, uint32(i))
	case q.Sort == ID:
		at = i
		if !found {
			at--
		}
	default:
		ranks, codes := s.orders[q.Sort].ranks, s.cols[q.Sort]
		want := ranks[codes[i]]
		at = sort.Search(len(rows), func(k int) bool {
			r := ranks[codes[rows[k]]]
			return r > want || r == want && rows[k] >= uint32(i)
		})
	}
	if q.Desc {
		at = len(rows) - 1 - at
		if !found {
			at--
		}
	}
	return at + 1
}
