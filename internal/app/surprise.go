package app

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"unicode"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/assess"
	"github.com/wardbook/wardbook/internal/intake"
	"github.com/wardbook/wardbook/internal/inventory"
	"github.com/wardbook/wardbook/internal/match"
	"github.com/wardbook/wardbook/internal/store"
)

// What is more than this is not applied before a person has looked. A few
// devices come and go with every export; a tenth at once is more often a filter
// that was left on, or another file.
const (
	manyGone    = 0.10
	manyChanged = 0.25
	manyRows    = 0.10 // rows that could not be used
	fewDevices  = 5    // so many may do anything
	maxSamples  = 12   // of each sort
)

// reviewing gathers, while an inventory is compared, what people are told of it.
type reviewing struct {
	others map[string]bool // inventories that hold, beside it

	texts   map[string]string // of the first devices that are new or back, by id
	changed []wardbook.ChangeSample
	differ  int // devices that state something else
	moved   int
	from    map[string]bool // inventories that devices would move from
	things  []string        // ids that stand for another thing
}

// enoughFresh is among how many new devices samples are looked for.
const enoughFresh = 1000

// compareInventory finds out what an inventory would change, and whether a
// person should look first. It reads the document, and sets r.doc.
func (im *Importer) compareInventory(ctx context.Context, tx *store.Tx, r *reading) error {
	answers, err := every[wardbook.Answer](tx, store.ListOptions{States: []string{"given"}})
	if err != nil {
		return err
	}
	given := make([]wardbook.Answer, len(answers))
	for i, a := range answers {
		given[i] = a.Value
	}
	r.label = assess.NewLabeller(im.Catalog, given)
	f := &reviewing{others: map[string]bool{}, texts: map[string]string{}, from: map[string]bool{}}
	if err := f.readOthers(tx, r.name); err != nil {
		return err
	}
	r.plan, err = tx.PlanDevices(r.name, store.PlanReview{Carry: keepAssessed, Changed: f.change, Fresh: f.fresh}, im.devices(ctx, tx.Organization(), r))
	if r.err != nil {
		return nil
	}
	if err != nil {
		var invalid *wardbook.Invalid
		if errors.As(err, &invalid) {
			r.err, err = err, nil
		}
		return err
	}
	c := &r.plan.Changes
	s := &wardbook.SourceChange{}
	countChanges(s, c)
	r.change = s
	if err := f.samples(tx, s, c); err != nil {
		return err
	}
	f.surprises(s, r)
	if r.held != nil && r.held.SHA256 != r.SHA256 && !r.Force {
		return im.otherColumns(ctx, tx, r)
	}
	return nil
}

// errEnough ends the reading of an inventory that nobody wants more of.
var errEnough = errors.New("enough")

// devices reads the devices of an inventory, labelled, and sets r.doc and r.err
// when it is through. They are decoded beside whoever takes them, in a
// transaction of their own: evidence does not change.
func (im *Importer) devices(ctx context.Context, org string, r *reading) iter.Seq2[wardbook.Device, error] {
	return func(yield func(wardbook.Device, error) bool) {
		const some, ahead = 256, 4
		full, empty, stop := make(chan []wardbook.Device, ahead), make(chan []wardbook.Device, ahead+2), make(chan struct{})
		var failed error
		go func() {
			defer close(full)
			part := make([]wardbook.Device, 0, some)
			send := func() error {
				select {
				case full <- part:
				case <-stop:
					return errEnough
				}
				select {
				case part = <-empty:
					part = part[:0]
				default:
					part = make([]wardbook.Device, 0, some)
				}
				return nil
			}
			failed = im.Store.View(ctx, org, func(tx *store.Tx) error {
				return im.decode(ctx, tx, r, func(d *wardbook.Device) error {
					r.label.Label(d)
					if part = append(part, *d); len(part) < some {
						return nil
					}
					return send()
				})
			})
			if failed == nil && r.err == nil {
				failed = send()
			}
		}()
		defer func() {
			close(stop)
			for range full { //nolint:revive // until it has ended
			}
		}()
		for part := range full {
			for i := range part {
				if !yield(part[i], nil) {
					return
				}
			}
			empty <- part
		}
		if failed == nil {
			failed = r.err
		}
		if failed != nil {
			yield(wardbook.Device{}, failed)
		}
	}
}

func (f *reviewing) readOthers(tx *store.Tx, name string) error {
	page, err := store.List[wardbook.Source](tx, store.ListOptions{Text: string(wardbook.InputInventory) + "/", Limit: 1000})
	for _, src := range page.Items {
		if v := src.Value; v.Kind == wardbook.InputInventory && v.Name != name && (v.State == wardbook.SourceCurrent || v.State == wardbook.SourceReview) {
			f.others[v.Name] = true
		}
	}
	return err
}

// keepAssessed carries over what the assessment found out about a device, while
// what it rests on is the same: an unchanged device is no change, also where
// the catalogue has learnt since.
func keepAssessed(d, was *wardbook.Device) {
	if was.Product != "" && d.Manufacturer == was.Manufacturer && d.Model == was.Model && d.ModelNumber == was.ModelNumber && d.Version == was.Version && d.UDI == was.UDI && d.Type == was.Type && d.OS == was.OS {
		d.DeviceClass, d.Product = was.DeviceClass, was.Product
	}
}

// change takes in a device that differs.
func (f *reviewing) change(was *store.Fact[wardbook.Device], is *wardbook.Device) {
	diff := differences(was.Value, *is)
	if len(diff) > 0 {
		f.differ++
		if len(f.changed) < maxSamples {
			f.changed = append(f.changed, wardbook.ChangeSample{What: "changed", Name: is.ID, Text: strings.Join(diff, "; ")})
		}
	}
	if f.others[was.Group] {
		f.moved++
		f.from[was.Group] = true
	}
	if otherThing(was.Value.Manufacturer, is.Manufacturer) || otherThing(was.Value.Model, is.Model) {
		f.things = append(f.things, is.ID)
	}
}

// fresh takes in a device that is new or back.
func (f *reviewing) fresh(is *wardbook.Device) {
	if len(f.texts) < enoughFresh {
		f.texts[is.ID] = deviceText(*is)
	}
}

// samples are the first few devices of each sort.
func (f *reviewing) samples(tx *store.Tx, s *wardbook.SourceChange, c *store.Changes) error {
	slices.Sort(c.Gone)
	for _, id := range c.Gone[:min(len(c.Gone), maxSamples)] {
		d, err := tx.Device(id)
		if err != nil {
			return err
		}
		s.Samples = append(s.Samples, wardbook.ChangeSample{What: "gone", Name: id, Text: deviceText(d.Value)})
	}
	s.Samples = append(s.Samples, f.changed...)
	for _, l := range []struct {
		what string
		ids  []string
	}{{"new", c.New}, {"back", c.Back}} {
		for _, id := range l.ids[:min(len(l.ids), maxSamples)] {
			if t := f.texts[id]; t != "" {
				s.Samples = append(s.Samples, wardbook.ChangeSample{What: l.what, Name: id, Text: t})
			}
		}
	}
	return nil
}

// deviceText says what a device is and where.
func deviceText(d wardbook.Device) string {
	what := strings.Join(strings.Fields(d.Manufacturer+" "+d.Model+" "+d.Version), " ")
	if what == "" {
		what = "maker and model unknown"
	}
	if where := strings.Trim(d.Site+" / "+d.Location, " /"); where != "" {
		what += ", " + where
	}
	return what
}

// differences lists the fields that differ, in words.
func differences(a, b wardbook.Device) (out []string) {
	for _, f := range []struct{ name, was, is string }{
		{"maker", a.Manufacturer, b.Manufacturer}, {"model", a.Model, b.Model}, {"model number", a.ModelNumber, b.ModelNumber},
		{"version", a.Version, b.Version}, {"serial number", a.Serial, b.Serial}, {"UDI", a.UDI, b.UDI}, {"type", a.Type, b.Type},
		{"site", a.Site, b.Site}, {"ward", a.Location, b.Location}, {"zone", a.Zone, b.Zone}, {"IP", a.IP, b.IP}, {"MAC", a.MAC, b.MAC},
		{"criticality", a.Criticality, b.Criticality}, {"life support", string(a.LifeSupport), string(b.LifeSupport)},
		{"redundancy", string(a.Redundancy), string(b.Redundancy)}, {"service", string(a.Service), string(b.Service)}, {"operating system", a.OS, b.OS},
	} {
		if f.was != f.is {
			out = append(out, fmt.Sprintf("%s %s → %s", f.name, orNone(f.was), orNone(f.is)))
		}
	}
	return out
}

func orNone(s string) string {
	if s == "" {
		return "nothing"
	}
	return s
}

// surprises say why a person should look before an inventory is applied.
func (f *reviewing) surprises(s *wardbook.SourceChange, r *reading) {
	say := func(format string, args ...any) { s.Surprises = append(s.Surprises, fmt.Sprintf(format, args...)) }
	many := func(n, of int, share float64) bool { return n > fewDevices && float64(n) > share*float64(of) }
	if own := r.plan.Before; own > 0 {
		if gone := len(r.plan.Gone); many(gone, own, manyGone) {
			say("%d of %d devices are not in the file any more.", gone, own)
		}
		if many(f.differ, own, manyChanged) {
			say("%d of %d devices changed.", f.differ, own)
		}
		if n := r.doc.Inventory.Count; 2*n < own && own-n > fewDevices {
			say("The file has %d devices, the one before had %d.", n, own)
		}
	}
	if others := f.things; len(others) > 0 {
		say("%d asset ids stand for another maker or model than before, such as %s.", len(others), strings.Join(others[:min(len(others), 3)], ", "))
	}
	if f.moved > 0 {
		say("%d devices are in another inventory (%s) and would move to this one. If this is a newer export of it, bring it as that inventory.", f.moved, strings.Join(sortedKeys(f.from), ", "))
	}
	if doc := r.doc.Inventory; many(doc.Rows-doc.Count, doc.Rows, manyRows) {
		say("%d of %d rows could not be used.", doc.Rows-doc.Count, doc.Rows)
	}
}

func sortedKeys(m map[string]bool) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// otherThing reports whether two names are more different than in spelling. One
// that was not known before is no surprise, nor one that is not known any more.
func otherThing(a, b string) bool {
	x, y := lettersOf(a), lettersOf(b)
	return x != "" && y != "" && !strings.HasPrefix(x, y) && !strings.HasPrefix(y, x)
}

func lettersOf(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

// otherColumns finds columns that are read in another way than in the file
// before.
func (im *Importer) otherColumns(ctx context.Context, tx *store.Tx, r *reading) error {
	was, err := im.mappingOf(ctx, tx, *r.held)
	if err != nil || was == nil {
		return err
	}
	say := func(format string, args ...any) {
		r.change.Surprises = append(r.change.Surprises, fmt.Sprintf(format, args...))
	}
	is := r.doc.Inventory.Mapping
	for _, f := range inventory.Fields {
		if f == inventory.Ignore {
			continue
		}
		a, b := headersOf(*was, f), headersOf(is, f)
		switch {
		case slices.Equal(a, b):
		case len(b) == 0:
			say("No column is read as %s any more; before it was %s.", f, strings.Join(a, ", "))
		case len(a) > 0:
			say("The column of %s is %s; before it was %s.", f, strings.Join(b, ", "), strings.Join(a, ", "))
		}
	}
	return nil
}

func headersOf(m inventory.Mapping, f inventory.Field) (out []string) {
	for _, c := range m.Of(f) {
		name := c.Header
		if name == "" {
			name = "column " + c.Letter()
		}
		out = append(out, "“"+name+"”")
	}
	return out
}

// enoughRows is how much of a table tells how its columns are read.
const enoughRows = 1 << 20

// mappingOf reads the beginning of an inventory again and says how its columns
// are read; nil where it cannot be read any more.
func (im *Importer) mappingOf(ctx context.Context, tx *store.Tx, s wardbook.Source) (*inventory.Mapping, error) {
	body, err := tx.OpenEvidence(s.SHA256)
	if errors.Is(err, store.ErrRedacted) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	o := inventory.Options{Makers: match.NewMakers(im.Catalog).Split}
	if o.Columns, err = parseColumns(s.Columns); err != nil {
		return nil, nil //nolint:nilerr // then nothing can be said about it
	}
	f, err := intake.NewFile(s.Name, &interruptible{ctx, body}, intake.Limits{}).Open()
	if err != nil {
		return nil, ctx.Err()
	}
	// It is not closed: closing reads on to the end of the bytes.
	head := bufio.NewReader(f)
	var rows io.Reader = head
	if magic, _ := head.Peek(2); string(magic) != "PK" { // a workbook has to be whole
		rows = io.LimitReader(head, enoughRows)
	}
	doc, err := inventory.Stream(rows, s.Name, o, func(*wardbook.Device) error { return nil })
	if err != nil {
		return nil, ctx.Err()
	}
	return &doc.Mapping, nil
}
