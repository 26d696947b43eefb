package web

import (
	"slices"
	"sync"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/app"
	"github.com/wardbook/wardbook/internal/fleet"
	"github.com/wardbook/wardbook/internal/store"
)

// fleets are the devices of organizations in memory: as they are, and as they
// were at the moment of the past that was last asked for.
type fleets struct {
	now  app.Fleets
	mu   sync.Mutex
	past struct {
		org      string
		position int64
		snap     *fleet.Snapshot
	}
}

// at is the fleet of the organization at the moment of tx.
func (f *fleets) at(tx *store.Tx) (*fleet.Snapshot, error) {
	if !tx.Past() {
		return f.now.At(tx)
	}
	position, err := tx.Position()
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if p := &f.past; p.snap == nil || p.org != tx.Organization() || p.position != position {
		snap, err := fleet.Build(position, func(yield func(fleet.Row, error) bool) {
			for d, err := range tx.EachDevice("") {
				if !yield(fleet.Row{Inventory: d.Group, Device: d.Value}, err) || err != nil {
					return
				}
			}
		})
		if err != nil {
			return nil, err
		}
		p.org, p.position, p.snap = tx.Organization(), position, snap
	}
	return f.past.snap, nil
}

// deviceQuery is what the address of the inventory asks for.
func deviceQuery(w window, is map[fleet.Column]string) fleet.Query {
	q := fleet.Query{Text: w.Text, Is: map[fleet.Column][]string{}, Desc: w.Desc, Limit: w.Limit, After: w.After}
	q.Sort, _ = fleet.ColumnOf(w.Sort)
	for c, v := range is {
		switch v {
		case "":
		case "unknown":
			q.Is[c] = []string{"", "unknown"}
		default:
			q.Is[c] = []string{v}
		}
	}
	return q
}

// devices reads a page of the fleet. The index says which; the store has the
// whole of each.
func devices(tx *store.Tx, snap *fleet.Snapshot, w window, is map[fleet.Column]string) (part[wardbook.Device], error) {
	return devicesBy(tx, snap, w, deviceQuery(w, is))
}

// devicesBy is devices for any query.
func devicesBy(tx *store.Tx, snap *fleet.Snapshot, w window, q fleet.Query) (part[wardbook.Device], error) {
	back := w.Before != ""
	if back { // the order turned round, from the row that the page ends before
		q.After, q.Desc = w.Before, !q.Desc
	}
	r := snap.Query(q)
	p := part[wardbook.Device]{Total: r.Total, From: -1}
	if back {
		slices.Reverse(r.Rows)
	}
	for _, row := range r.Rows {
		d, err := tx.Device(row.ID)
		if isNotFound(err) { // the index knows of a later entry than tx
			d.Value, err = row.Device, nil
		}
		if err != nil {
			return p, err
		}
		p.Items = append(p.Items, d.Value)
	}
	if len(r.Rows) == 0 {
		return p, nil
	}
	first, last := r.Rows[0].ID, r.Rows[len(r.Rows)-1].ID
	switch {
	case back:
		p.Next = last
		if r.Next != "" {
			p.Prev = first
		}
	case w.After != "":
		p.Prev, p.Next = first, r.Next
	default:
		p.Next, p.From = r.Next, 0
	}
	return p, nil
}

// choices are the values of a column that devices have, in the order of their
// names, without what is unknown.
func choices(snap *fleet.Snapshot, c fleet.Column) []string {
	var out []string
	for _, n := range snap.Counts(fleet.Query{}, c) {
		if n.Value != "" {
			out = append(out, n.Value)
		}
	}
	slices.Sort(out)
	return out
}

// countOf is how many devices have a value.
func countOf(snap *fleet.Snapshot, c fleet.Column, value string) int {
	for _, n := range snap.Counts(fleet.Query{}, c) {
		if n.Value == value {
			return n.N
		}
	}
	return 0
}
