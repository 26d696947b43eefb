package fleet

import (
	"bytes"
	"cmp"
	"iter"
	"slices"
	"sort"
	"strings"
	"sync"

	"github.com/wardbook/wardbook"
)

// A Row is a device with the inventory that it is in.
type Row struct {
	Inventory string
	wardbook.Device
}

// A Change is a device that came in or differs, or with Gone one that left.
type Change struct {
	Row
	Gone bool
}

// A Snapshot is the fleet after the entry of the book at Position. Rows are in
// the order of their ids' bytes.
type Snapshot struct {
	Position int64

	ids   texts // as they are
	own   texts // what is of one device, in lower case, for search
	cols  [columns][]uint32
	dicts [columns]dict

	orders    [columns]order
	byProduct struct {
		once  sync.Once
		rows  []uint32 // in the order of their product's code
		start []uint32 // of each product's code in rows
	}
}

// An order is the rows in the order of a column, made when first asked for.
type order struct {
	once  sync.Once
	rows  []uint32
	ranks []uint32 // of the codes
}

// texts holds one text per row: text i is data[at[i]:at[i+1]], without the line
// end that closes it.
type texts struct {
	data []byte
	at   []uint32
}

func (t *texts) add(s ...string) {
	t.at = append(t.at, uint32(len(t.data)))
	for i, x := range s {
		if i > 0 {
			t.data = append(t.data, fieldEnd)
		}
		t.data = append(t.data, x...)
	}
	t.data = append(t.data, lineEnd)
}

func (t *texts) end(i int) uint32 {
	if i+1 < len(t.at) {
		return t.at[i+1]
	}
	return uint32(len(t.data))
}

func (t *texts) get(i int) string { return string(t.data[t.at[i] : t.end(i)-1]) }

const (
	fieldEnd = '\x1f'
	lineEnd  = '\n'
	// maxText bounds the texts of all devices: offsets have 32 bits.
	maxText = 1<<32 - 1<<20
)

// Len is the number of devices.
func (s *Snapshot) Len() int { return len(s.ids.at) }

// Build makes a snapshot of all devices, in any order. A device that comes
// twice counts as the last one.
func Build(position int64, rows iter.Seq2[Row, error]) (*Snapshot, error) {
	var list []Change
	s := empty()
	const some = 100_000 // rows held before they are taken in
	take := func() {
		if len(list) > 0 {
			s = s.Apply(position, list)
			list = list[:0]
		}
	}
	for r, err := range rows {
		if err != nil {
			return nil, err
		}
		if list = append(list, Change{Row: r}); len(list) == some {
			take()
		}
	}
	take()
	s.Position = position
	return s, nil
}

func empty() *Snapshot {
	s := &Snapshot{}
	for c := range s.dicts {
		s.dicts[c].codes = map[string]uint32{}
	}
	return s
}

// Apply makes the snapshot after changes, of which the last one about a device
// counts. s stays as it is.
func (s *Snapshot) Apply(position int64, changes []Change) *Snapshot {
	changes = slices.Clone(changes)
	slices.SortStableFunc(changes, func(a, b Change) int { return cmp.Compare(a.ID, b.ID) })
	n := &Snapshot{Position: position, dicts: s.dicts}
	total := s.Len() + len(changes)
	n.ids = texts{data: make([]byte, 0, len(s.ids.data)+16*len(changes)), at: make([]uint32, 0, total)}
	n.own = texts{data: make([]byte, 0, len(s.own.data)+48*len(changes)), at: make([]uint32, 0, total)}
	for c := Manufacturer; c < columns; c++ {
		n.cols[c] = make([]uint32, 0, total)
	}
	shared := [columns]bool{}
	for c := range shared {
		shared[c] = true
	}
	row := 0
	for i := range changes {
		c := &changes[i]
		if i+1 < len(changes) && changes[i+1].ID == c.ID {
			continue
		}
		from, found := s.find(c.ID, row)
		n.copyRows(s, row, from)
		row = from
		if found {
			row++
		}
		if !c.Gone && len(n.own.data) < maxText {
			n.addRow(&c.Row, &shared)
		}
	}
	n.copyRows(s, row, s.Len())
	return n
}

// find returns the place of an id among the rows from from on, or where it
// would stand.
func (s *Snapshot) find(id string, from int) (int, bool) {
	i := from + sort.Search(s.Len()-from, func(i int) bool { return s.idAt(from+i) >= id })
	return i, i < s.Len() && s.idAt(i) == id
}

// idAt is the id of a row, for comparison: it lies in the snapshot's text.
func (s *Snapshot) idAt(i int) string { return s.ids.get(i) }

func (s *Snapshot) addRow(r *Row, shared *[columns]bool) {
	d := &r.Device
	s.ids.add(d.ID)
	s.own.add(strings.ToLower(clean(d.ID)), strings.ToLower(clean(d.Serial)), strings.ToLower(clean(d.UDI)), strings.ToLower(clean(d.IP)), strings.ToLower(clean(d.MAC)), strings.ToLower(clean(d.Criticality)))
	v := values(r)
	for c := Manufacturer; c < columns; c++ {
		s.cols[c] = append(s.cols[c], s.dicts[c].code(v[c], &shared[c]))
	}
}

// clean takes out what would end a line of the text.
func clean(s string) string {
	if strings.IndexByte(s, lineEnd) < 0 {
		return s
	}
	return strings.ReplaceAll(s, string(lineEnd), " ")
}

// copyRows takes rows over as they are.
func (s *Snapshot) copyRows(o *Snapshot, from, to int) {
	if from >= to {
		return
	}
	s.ids.copyLines(&o.ids, from, to)
	s.own.copyLines(&o.own, from, to)
	for c := Manufacturer; c < columns; c++ {
		s.cols[c] = append(s.cols[c], o.cols[c][from:to]...)
	}
}

func (t *texts) copyLines(o *texts, from, to int) {
	begin, shift := o.at[from], uint32(len(t.data))-o.at[from]
	t.data = append(t.data, o.data[begin:o.end(to-1)]...)
	for _, at := range o.at[from:to] {
		t.at = append(t.at, at+shift)
	}
}

// Row is a device as the index knows it: without serial number, UDI and
// addresses.
func (s *Snapshot) row(i uint32) Row {
	v := func(c Column) string { return s.dicts[c].values[s.cols[c][i]] }
	d := wardbook.Device{
		ID: s.ids.get(int(i)), Manufacturer: v(Manufacturer), Model: v(Model), ModelNumber: v(ModelNumber), Version: v(Version), Type: v(Type), Site: v(Site),
		Zone: v(Zone), DeviceClass: v(Class), Service: wardbook.ServiceState(v(Service)), LifeSupport: wardbook.Ternary(v(LifeSupport)), OS: v(OS), Product: v(Product),
	}
	d.Location = strings.TrimPrefix(v(Ward), d.Site)
	d.Location = strings.TrimPrefix(d.Location, " / ")
	return Row{Inventory: v(Inventory), Device: d}
}

// Get is a device as the index knows it (see Query).
func (s *Snapshot) Get(id string) (Row, bool) {
	i, ok := s.find(id, 0)
	if !ok {
		return Row{}, false
	}
	return s.row(uint32(i)), true
}

// OfProduct goes through the ids of the devices of a product, in no order.
func (s *Snapshot) OfProduct(product string) iter.Seq[string] {
	rows := s.rowsOf(product)
	return func(yield func(string) bool) {
		for _, i := range rows {
			if !yield(s.ids.get(int(i))) {
				return
			}
		}
	}
}

// CountOfProduct is how many devices a product has.
func (s *Snapshot) CountOfProduct(product string) int { return len(s.rowsOf(product)) }

func (s *Snapshot) rowsOf(product string) []uint32 {
	code, ok := s.dicts[Product].codes[product]
	if !ok {
		return nil
	}
	p := &s.byProduct
	p.once.Do(func() { p.rows, p.start = countingSort(s.cols[Product], nil, len(s.dicts[Product].values)) })
	return p.rows[p.start[code]:p.start[code+1]]
}

// countingSort puts rows in the order of their codes' ranks (nil: of the codes
// themselves), those of one rank in the order of their ids. start has where
// each rank begins, and the end.
func countingSort(codes, ranks []uint32, n int) (rows, start []uint32) {
	rank := func(c uint32) uint32 {
		if ranks == nil {
			return c
		}
		return ranks[c]
	}
	start = make([]uint32, n+1)
	for _, c := range codes {
		start[rank(c)+1]++
	}
	for i := range n {
		start[i+1] += start[i]
	}
	next := slices.Clone(start)
	rows = make([]uint32, len(codes))
	for i, c := range codes {
		r := rank(c)
		rows[next[r]] = uint32(i)
		next[r]++
	}
	return rows, start
}

// lineOf is the row whose text holds the byte at offset, at or after row from.
func (t *texts) lineOf(offset uint32, from int) int {
	return from + sort.Search(len(t.at)-from, func(i int) bool { return t.at[from+i] > offset }) - 1
}

// index finds b at or after the beginning of row from.
func (t *texts) index(b []byte, from int) (row int, ok bool) {
	if from >= len(t.at) {
		return 0, false
	}
	i := bytes.Index(t.data[t.at[from]:], b)
	if i < 0 {
		return 0, false
	}
	return t.lineOf(t.at[from]+uint32(i), from), true
}
