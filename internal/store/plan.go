package store

import (
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/wardbook/wardbook"
)

// ErrStale: the book has gone on since a plan was made.
var ErrStale = errors.New("the plan is of an earlier entry of the book")

// A DevicePlan is what has to be written so that the devices of an inventory
// are those of a document. It holds numbers and ids and not the devices, so
// that a million of them can be compared and then written with little memory.
type DevicePlan struct {
	Changes
	Before int // devices that the inventory had

	inventory string
	position  int64             // of the entry before the one that may write it
	differs   []uint8           // by the place of a device in the document
	carried   map[int][2]string // product and class that stay as they were
}

const (
	rowSame = iota
	rowFresh
	rowReplaces
)

// PlanReview is told what differs while a plan is made; both may be nil.
type PlanReview struct {
	// Carry may take over from what is kept what a document does not state, so
	// that it makes no difference: only Product and DeviceClass.
	Carry func(d *wardbook.Device, was *wardbook.Device)
	// Changed sees each device that differs after that.
	Changed func(was *Fact[wardbook.Device], is *wardbook.Device)
	// Fresh sees each device that is new or back.
	Fresh func(is *wardbook.Device)
}

// planning makes a plan.
type planning struct {
	tx     *Tx
	review PlanReview
	plan   *DevicePlan
	have   map[string]heldDevice
	groups []string
	fresh  []string
	wait   []waiting // differ, and are to be held against what is kept
	buf    []byte
}

// heldDevice is what is known of a device that holds.
type heldDevice struct {
	digest [sha256.Size]byte
	group  int32
	seen   bool
}

type waiting struct {
	at     int
	device wardbook.Device
}

// PlanDevices finds out what ApplyDevices has to write so that the devices of
// an inventory become equal to next (see ReconcileDevices), and writes nothing.
func (tx *Tx) PlanDevices(inventory string, review PlanReview, next iter.Seq2[wardbook.Device, error]) (*DevicePlan, error) {
	position, err := tx.Position()
	if err != nil {
		return nil, err
	}
	if tx.w != nil {
		position--
	}
	p := &planning{tx: tx, review: review, groups: []string{inventory}, plan: &DevicePlan{inventory: inventory, position: position, carried: map[int][2]string{}}}
	if err := p.load(); err != nil {
		return nil, err
	}
	none := len(p.have) == 0
	for d, err := range next {
		if err == nil {
			err = p.device(&d, none)
		}
		if err != nil {
			return nil, err
		}
	}
	if err := p.settle(); err != nil {
		return nil, err
	}
	for id, h := range p.have {
		if !h.seen && h.group == 0 {
			p.plan.Gone = append(p.plan.Gone, id)
		}
	}
	return p.plan, tx.splitFresh(deviceTable, inventory, p.fresh, &p.plan.Changes)
}

// load reads the digests of the devices that hold.
func (p *planning) load() error {
	rows, err := p.tx.rows(`SELECT f.grp, f.id, f.digest FROM devices f WHERE f.organization = $1 AND ` + p.tx.holds("f"))
	if err != nil {
		return err
	}
	defer rows.Close()
	p.have = map[string]heldDevice{}
	number := map[string]int32{p.plan.inventory: 0}
	var group, digest sql.RawBytes
	var id string
	for rows.Next() {
		if err := rows.Scan(&group, &id, &digest); err != nil {
			return err
		}
		if len(digest) != sha256.Size {
			return fmt.Errorf("devices %s: the digest has %d bytes", id, len(digest))
		}
		n, ok := number[string(group)]
		if !ok {
			n = int32(len(p.groups))
			p.groups = append(p.groups, string(group))
			number[string(group)] = n
		}
		if n == 0 {
			p.plan.Before++
		}
		p.have[id] = heldDevice{digest: [sha256.Size]byte(digest), group: n}
	}
	return rows.Err()
}

// device takes in the next one of the document; none: there was none before.
func (p *planning) device(d *wardbook.Device, none bool) error {
	if d.ID == "" {
		return &wardbook.Invalid{Problems: wardbook.Problems{{Place: d.Place, Message: "has no id"}}}
	}
	at := len(p.plan.differs)
	p.plan.differs = append(p.plan.differs, rowSame)
	old, ok := p.have[d.ID]
	switch {
	case ok && old.seen:
		return &wardbook.Invalid{Problems: wardbook.Problems{{Place: d.Place, Message: fmt.Sprintf("the id %q stands there twice", d.ID)}}}
	case !ok:
		p.plan.differs[at] = rowFresh
		p.fresh = append(p.fresh, d.ID)
		p.have[d.ID] = heldDevice{seen: true}
		if p.review.Fresh != nil {
			p.review.Fresh(d)
		}
		return nil
	}
	digest, err := p.digest(d)
	if err != nil {
		return err
	}
	was := old.digest
	old.seen = true
	p.have[d.ID] = old
	if digest == was {
		p.plan.Same++
		return nil
	}
	if p.wait = append(p.wait, waiting{at, *d}); len(p.wait) < 500 {
		return nil
	}
	return p.settle()
}

func (p *planning) digest(d *wardbook.Device) (digest [sha256.Size]byte, err error) {
	p.buf, _, err = appendDeviceFact(p.buf[:0], p.plan.inventory, d)
	return sha256.Sum256(p.buf), err
}

// settle holds the devices that differ against what is kept.
func (p *planning) settle() error {
	if len(p.wait) == 0 {
		return nil
	}
	ids := make([]string, len(p.wait))
	for i := range p.wait {
		ids[i] = p.wait[i].device.ID
	}
	rows, err := p.tx.rows(`SELECT `+factColumns+` FROM devices f WHERE f.organization = $1 AND f.id IN (`+placeholders(2, len(ids))+`) AND `+p.tx.holdsOf("f"), texts(ids)...)
	list, err := collect(rows, err, func(s scanner) (Fact[wardbook.Device], error) {
		f, _, err := scanFact(p.tx, s, fillDevice)
		return f, err
	})
	if err != nil {
		return err
	}
	kept := make(map[string]*Fact[wardbook.Device], len(list))
	for i := range list {
		kept[list[i].Value.ID] = &list[i]
	}
	for i := range p.wait {
		w := &p.wait[i]
		was, d := kept[w.device.ID], &w.device
		if was == nil {
			return fmt.Errorf("device %s: %w", d.ID, wardbook.ErrNotFound)
		}
		if p.review.Carry != nil {
			product, class := d.Product, d.DeviceClass
			if p.review.Carry(d, &was.Value); d.Product != product || d.DeviceClass != class {
				p.plan.carried[w.at] = [2]string{d.Product, d.DeviceClass}
				digest, err := p.digest(d)
				if err != nil {
					return err
				}
				if digest == p.have[d.ID].digest {
					p.plan.Same++
					continue
				}
			}
		}
		p.plan.differs[w.at] = rowReplaces
		p.plan.Changed = append(p.plan.Changed, d.ID)
		if p.review.Changed != nil {
			p.review.Changed(was, d)
		}
	}
	p.wait = p.wait[:0]
	return nil
}

// ApplyDevices writes what a plan says. next is the document that it was made
// of, which is gone through once more where anything differs. ErrStale says
// that the plan has to be made again, since the book has gone on.
func (tx *Tx) ApplyDevices(p *DevicePlan, next iter.Seq2[wardbook.Device, error]) (*Changes, error) {
	if tx.w == nil {
		return nil, ErrReadOnly
	}
	if tx.w.entry.Position != p.position+1 {
		return nil, ErrStale
	}
	if !p.Any() {
		return &p.Changes, nil
	}
	b := &factBatch{tx: tx, table: deviceTable, grp: p.inventory, write: true}
	at := 0
	var buf []byte
	for d, err := range next {
		if err != nil {
			return nil, err
		}
		if at >= len(p.differs) {
			return nil, errors.New("the document has more devices than when it was compared")
		}
		how := p.differs[at]
		if c, ok := p.carried[at]; ok {
			d.Product, d.DeviceClass = c[0], c[1]
		}
		at++
		if how == rowSame {
			continue
		}
		var data int
		if buf, data, err = appendDeviceFact(buf[:0], p.inventory, &d); err != nil {
			return nil, err
		}
		f := fact{id: d.ID, place: d.Place, columns: []string{d.Product}, data: append([]byte(nil), buf[data:]...)}
		if err := b.replace(f, sha256.Sum256(buf), how == rowReplaces); err != nil {
			return nil, err
		}
	}
	if at != len(p.differs) {
		return nil, errors.New("the document has fewer devices than when it was compared")
	}
	if err := b.flush(); err != nil {
		return nil, err
	}
	tx.w.dirty[deviceTable.name] = true
	return &p.Changes, tx.closeFacts(deviceTable, p.inventory, p.Gone, true)
}

// appendDeviceFact appends what the digest of a device is over (see
// fact.digest), and says where its data begins in that: the JSON of the device
// without its place. A million devices are encoded for each import, so it is
// written out here; a test holds it against the JSON package.
func appendDeviceFact(b []byte, inventory string, d *wardbook.Device) (_ []byte, data int, err error) {
	for _, s := range [...]string{inventory, d.ID, d.Product} {
		b = binary.BigEndian.AppendUint64(b, uint64(len(s)))
		b = append(b, s...)
	}
	data = len(b)
	b = append(b, '{')
	for _, f := range [...]struct {
		name  string
		value string
		keep  bool // also where it is empty
	}{
		{`"id":`, d.ID, true}, {`"manufacturer":`, d.Manufacturer, true}, {`"model":`, d.Model, true}, {`"model_number":`, d.ModelNumber, false},
		{`"version":`, d.Version, true}, {`"serial":`, d.Serial, false}, {`"udi":`, d.UDI, true}, {`"udi_di":`, d.UDIDI, false}, {`"type":`, d.Type, false},
		{`"site":`, d.Site, true}, {`"location":`, d.Location, true}, {`"zone":`, d.Zone, false}, {`"ip":`, d.IP, false}, {`"mac":`, d.MAC, false},
		{`"criticality":`, d.Criticality, false}, {`"life_support":`, string(d.LifeSupport), false}, {`"redundancy":`, string(d.Redundancy), false},
		{`"service":`, string(d.Service), false}, {`"os":`, d.OS, false}, {`"device_class":`, d.DeviceClass, true}, {`"product":`, d.Product, true},
	} {
		if f.value == "" && !f.keep {
			continue
		}
		if len(b) > data+1 {
			b = append(b, ',')
		}
		b = append(b, f.name...)
		if plain(f.value) {
			b = append(b, '"')
			b = append(b, f.value...)
			b = append(b, '"')
		} else if b, err = jsontext.AppendQuote(b, f.value); err != nil {
			return b, data, err
		}
	}
	return append(b, '}'), data, nil
}

// plain reports whether s stands in JSON as it is.
func plain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c >= 0x7f || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}
