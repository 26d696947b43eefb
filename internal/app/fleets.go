package app

import (
	"iter"
	"sync"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/fleet"
	"github.com/wardbook/wardbook/internal/store"
)

// Fleets keeps the devices of organizations in memory, for pages that ask
// about all of them. It is safe for use by several goroutines, and its zero
// value knows nothing yet.
type Fleets struct {
	mu   sync.Mutex
	kept map[string]*keptFleet
}

// A keptFleet is the newest snapshot of an organization; its lock makes one
// reader build it while the others wait for the result.
type keptFleet struct {
	mu       sync.Mutex
	position int64 // up to which snap has learnt what changed
	snap     *fleet.Snapshot
}

// NewFleets makes one that knows nothing yet.
func NewFleets() *Fleets { return &Fleets{kept: map[string]*keptFleet{}} }

// At is the fleet of tx's organization at the position that tx sees. A
// snapshot that is older learns what has changed since; one that is newer,
// since another reader sees more, is given as it is. It is for the present
// only: tx must not be one of AsOf, whose devices the store reads itself.
func (f *Fleets) At(tx *store.Tx) (*fleet.Snapshot, error) {
	f.mu.Lock()
	k := f.kept[tx.Organization()]
	if f.kept == nil {
		f.kept = map[string]*keptFleet{}
	}
	if k == nil {
		k = &keptFleet{}
		f.kept[tx.Organization()] = k
	}
	f.mu.Unlock()

	position, err := tx.Position()
	if err != nil {
		return nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.snap == nil {
		s, err := fleet.Build(position, rowsOf(tx.EachDevice("")))
		if err != nil {
			return nil, err
		}
		k.snap, k.position = s, position
	}
	if k.position >= position {
		return k.snap, nil
	}
	var changes []fleet.Change
	for d, err := range tx.ChangedDevices(k.position) {
		if err != nil {
			return nil, err
		}
		// Those that ceased come first: one that only changed comes again.
		changes = append(changes, fleet.Change{Row: fleet.Row{Inventory: d.Group, Device: d.Value}, Gone: d.Until != 0})
	}
	if len(changes) > 0 {
		k.snap = k.snap.Apply(position, changes)
	}
	k.position = position
	return k.snap, nil
}

func rowsOf(devices iter.Seq2[store.Fact[wardbook.Device], error]) iter.Seq2[fleet.Row, error] {
	return func(yield func(fleet.Row, error) bool) {
		for d, err := range devices {
			if !yield(fleet.Row{Inventory: d.Group, Device: d.Value}, err) {
				return
			}
		}
	}
}
