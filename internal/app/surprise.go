package app

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
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

// earlier is what the devices are before an import.
type earlier struct {
	devices map[string]store.Fact[wardbook.Device]
	own     int             // how many of them are of the inventory
	others  map[string]bool // inventories that hold, beside it
}

// compareInventory finds out what an inventory would change, and whether a
// person should look first.
func (im *Importer) compareInventory(ctx context.Context, tx *store.Tx, r *reading) error {
	f, err := devicesBefore(tx, r.name)
	if err != nil {
		return err
	}
	answers, err := every[wardbook.Answer](tx, store.ListOptions{States: []string{"given"}})
	if err != nil {
		return err
	}
	given := make([]wardbook.Answer, len(answers))
	for i, a := range answers {
		given[i] = a.Value
	}
	label := assess.NewLabeller(im.Catalog, given)
	devices := r.doc.Inventory.Devices
	for i := range devices {
		if was, ok := f.devices[devices[i].ID]; !ok || !keepAssessed(&devices[i], was.Value) {
			label.Label(&devices[i])
		}
	}
	c, err := tx.CompareDevices(r.name, store.All(devices))
	if err != nil {
		var invalid *wardbook.Invalid
		if errors.As(err, &invalid) {
			r.err, err = err, nil
		}
		return err
	}
	s := &wardbook.SourceChange{}
	countChanges(s, c)
	r.change = s
	next := make(map[string]*wardbook.Device, len(devices))
	for i := range devices {
		next[devices[i].ID] = &devices[i]
	}
	f.samples(s, c, next)
	f.surprises(s, r, c, next)
	if r.held != nil && r.held.SHA256 != r.SHA256 && !r.Force {
		return im.otherColumns(ctx, tx, r)
	}
	return nil
}

func devicesBefore(tx *store.Tx, name string) (*earlier, error) {
	f := &earlier{devices: map[string]store.Fact[wardbook.Device]{}, others: map[string]bool{}}
	for d, err := range tx.EachDevice("") {
		if err != nil {
			return nil, err
		}
		f.devices[d.Value.ID] = d
		if d.Group == name {
			f.own++
		}
	}
	page, err := store.List[wardbook.Source](tx, store.ListOptions{Text: string(wardbook.InputInventory) + "/", Limit: 1000})
	for _, src := range page.Items {
		if v := src.Value; v.Kind == wardbook.InputInventory && v.Name != name && (v.State == wardbook.SourceCurrent || v.State == wardbook.SourceReview) {
			f.others[v.Name] = true
		}
	}
	return f, err
}

// keepAssessed carries over what the assessment found out about a device, while
// what it rests on is the same, and reports whether it is: an unchanged device
// is no change, also where the catalogue has learnt since.
func keepAssessed(d *wardbook.Device, was wardbook.Device) bool {
	same := was.Product != "" && d.Manufacturer == was.Manufacturer && d.Model == was.Model && d.ModelNumber == was.ModelNumber && d.Version == was.Version && d.UDI == was.UDI && d.Type == was.Type && d.OS == was.OS
	if same {
		d.DeviceClass, d.Product = was.DeviceClass, was.Product
	}
	return same
}

// samples are the first few devices of each sort.
func (f *earlier) samples(s *wardbook.SourceChange, c *store.Changes, next map[string]*wardbook.Device) {
	add := func(what string, ids []string, text func(id string) string) {
		n := 0
		for _, id := range ids {
			if t := text(id); n < maxSamples && t != "" {
				s.Samples = append(s.Samples, wardbook.ChangeSample{What: what, Name: id, Text: t})
				n++
			}
		}
	}
	slices.Sort(c.Gone)
	add("gone", c.Gone, func(id string) string { return deviceText(f.devices[id].Value) })
	add("changed", c.Changed, func(id string) string { return strings.Join(differences(f.devices[id].Value, *next[id]), "; ") })
	add("new", c.New, func(id string) string { return deviceText(*next[id]) })
	add("back", c.Back, func(id string) string { return deviceText(*next[id]) })
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
func (f *earlier) surprises(s *wardbook.SourceChange, r *reading, c *store.Changes, next map[string]*wardbook.Device) {
	say := func(format string, args ...any) { s.Surprises = append(s.Surprises, fmt.Sprintf(format, args...)) }
	many := func(n, of int, share float64) bool { return n > fewDevices && float64(n) > share*float64(of) }
	changed, moved, from := 0, 0, map[string]bool{}
	var others []string
	for _, id := range c.Changed {
		was := f.devices[id]
		diff := differences(was.Value, *next[id])
		if len(diff) > 0 {
			changed++
		}
		if f.others[was.Group] {
			moved++
			from[was.Group] = true
		}
		if otherThing(was.Value.Manufacturer, next[id].Manufacturer) || otherThing(was.Value.Model, next[id].Model) {
			others = append(others, id)
		}
	}
	if f.own > 0 {
		if many(len(c.Gone), f.own, manyGone) {
			say("%d of %d devices are not in the file any more.", len(c.Gone), f.own)
		}
		if many(changed, f.own, manyChanged) {
			say("%d of %d devices changed.", changed, f.own)
		}
		if n := len(next); 2*n < f.own && f.own-n > fewDevices {
			say("The file has %d devices, the one before had %d.", n, f.own)
		}
	}
	if len(others) > 0 {
		say("%d asset ids stand for another maker or model than before, such as %s.", len(others), strings.Join(others[:min(len(others), 3)], ", "))
	}
	if moved > 0 {
		say("%d devices are in another inventory (%s) and would move to this one. If this is a newer export of it, bring it as that inventory.", moved, strings.Join(sortedKeys(from), ", "))
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
