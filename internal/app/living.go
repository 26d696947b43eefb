package app

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/catalog"
	"github.com/wardbook/wardbook/internal/assess"
	"github.com/wardbook/wardbook/internal/gather"
	"github.com/wardbook/wardbook/internal/store"
	"github.com/wardbook/wardbook/internal/vulndb"
)

// Living assesses organizations again and again, as their sources, answers and
// decisions change, and keeps in the book what differs. It remembers what it has
// decoded and matched, so that what changed is all that costs. One of a process
// serves all organizations; it is safe for use by several goroutines.
type Living struct {
	store   *store.Store
	catalog *catalog.Catalog
	o       LivingOptions

	mu     sync.Mutex
	orgs   map[string]*organization
	common map[string]*gather.Document // of the feeds, by kind and digest
}

// LivingOptions say what a Living is told by whoever starts it.
type LivingOptions struct {
	Program string // name and version, for the record
	// Cache keeps compiled vulnerability data. Without its Dir none is looked
	// at, and each assessment says so.
	Cache vulndb.Cache
	// Feeds lists the documents that are common to all organizations; nil: there
	// are none. A source of the organization comes before them.
	Feeds func() ([]FeedDocument, error)
}

// A FeedDocument is a document that is common to all organizations, in a file.
type FeedDocument struct {
	Kind   wardbook.InputKind
	Name   string // it is known by: the same for every state of it
	Path   string
	SHA256 string // lower-case hex
	Size   int64
}

// organization is what is remembered of one organization. Its lock makes one
// assessment wait for the other.
type organization struct {
	sync.Mutex
	documents map[string]*gather.Document // by kind, name and digest
	memo      *assess.Memo
	assessed  bool                          // the memo knows the products
	devices   []store.Fact[wardbook.Device] // in the order of their ids, as of devicesAt; nil: not remembered
	devicesAt int64
	written   written
}

// NewLiving makes one that remembers nothing yet.
func NewLiving(s *store.Store, cat *catalog.Catalog, o LivingOptions) *Living {
	return &Living{store: s, catalog: cat, o: o, orgs: map[string]*organization{}, common: map[string]*gather.Document{}}
}

// Assessed says what an assessment came to.
type Assessed struct {
	// Position is that of the entry that was written or, where nothing had
	// changed, of the newest that was read.
	Position int64
	Written  bool // something differed from the assessment before
	Summary  wardbook.Summary
	// What differs: ids of findings, of the records of risks and questions, and
	// of products.
	Findings  store.Changes
	Risks     store.Changes
	Questions store.Changes
	Products  store.Changes
	Devices   int // that are of another product or class than before
}

// errMoved ends an Update because what was read is not what holds any more.
var errMoved = errors.New("what was assessed has changed meanwhile")

// tries is how often an assessment is made again because somebody changed what
// it rests on while it was made.
const tries = 5

// Assess assesses org anew at the newest entry of its book, with the date of at
// as today, and writes what differs in one entry with the event ev. Where
// nothing differs nothing is written. When somebody changes meanwhile what it
// rests on, it is made again. An organization that never had a source is left
// alone: what its book holds was kept from elsewhere. progress may be nil.
func (l *Living) Assess(ctx context.Context, org string, ev wardbook.Event, at time.Time, progress func(stage string, done, total int)) (*Assessed, error) {
	o := l.organization(org)
	o.Lock()
	defer o.Unlock()
	for try := 1; ; try++ {
		out, err := l.assess(ctx, o, org, ev, at, progress)
		if !errors.Is(err, errMoved) {
			return out, err
		}
		if try == tries {
			return nil, fmt.Errorf("%w, %d times", err, tries)
		}
	}
}

func (l *Living) organization(org string) *organization {
	l.mu.Lock()
	defer l.mu.Unlock()
	o := l.orgs[org]
	if o == nil {
		o = &organization{documents: map[string]*gather.Document{}, memo: assess.NewMemo()}
		l.orgs[org] = o
	}
	return o
}

// assess is one try.
func (l *Living) assess(ctx context.Context, o *organization, org string, ev wardbook.Event, at time.Time, progress func(string, int, int)) (*Assessed, error) {
	at = at.UTC().Truncate(24 * time.Hour)
	r := &livingRead{l: l, o: o, org: org, at: at, progress: progress}
	if progress == nil {
		r.progress = func(string, int, int) {}
	}
	defer r.close()
	if err := l.store.View(ctx, org, func(tx *store.Tx) error { return r.read(ctx, tx) }); err != nil {
		return nil, err
	}
	if r.none {
		return &Assessed{Position: r.position}, nil
	}
	if err := r.readFeeds(ctx); err != nil {
		return nil, err
	}
	in, err := r.inputs(ctx)
	if err != nil {
		return nil, err
	}
	a, err := assess.Run(ctx, in)
	if err != nil {
		return nil, err
	}
	o.assessed = true
	r.progress("writing", 0, 0)
	out := &Assessed{Position: r.position, Summary: a.Summary}
	w := &assessmentWrite{assessment: a, written: o.written.next(), sboms: r.sbomDocuments(), devices: r.devices, standing: r.standing(a), out: out}
	err = l.store.Update(ctx, org, ev, func(tx *store.Tx) error {
		if err := unmoved(tx, r.position); err != nil {
			return err
		}
		return w.write(tx)
	})
	if errors.Is(err, errNothing) {
		o.written = w.written
		return out, nil
	}
	if err != nil {
		return nil, err
	}
	o.written = w.written
	out.Written, out.Position = true, w.position
	return out, nil
}

// unmoved reports errMoved where an entry after position changed what an
// assessment rests on.
func unmoved(tx *store.Tx, position int64) error {
	next, err := tx.Position()
	if err != nil {
		return err
	}
	for at := position + 1; at < next; at++ {
		e, err := tx.Entry(at)
		if err != nil {
			return err
		}
		if moves(e) {
			return errMoved
		}
	}
	return nil
}

// moves reports whether an entry changes what an assessment rests on, or what
// one came to.
func moves(e wardbook.Entry) bool {
	if len(e.Facts) > 0 || e.Action == "policy.set" || e.Action == FeedsChanged {
		return true
	}
	for _, r := range e.Revisions {
		switch r.Kind {
		case wardbook.Source{}.RecordKind(), wardbook.Answer{}.RecordKind(), wardbook.Decision{}.RecordKind(), wardbook.Standing{}.RecordKind():
			return true
		}
	}
	return false
}
