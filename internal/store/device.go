package store

import (
	"fmt"
	"iter"

	"github.com/go-json-experiment/json"
	"github.com/wardbook/wardbook"
)

// A Fact is a row of facts with the time that it holds.
type Fact[T any] struct {
	Group    string // inventory of a device, product of a component or finding
	Position int64  // of the entry with which it began to hold
	Until    int64  // of the entry with which it ceased to; 0: it holds
	Value    T
}

// FactOptions pick facts and cut a page. Empty fields pick all. The order is
// by id, that of components and findings by group and id.
type FactOptions struct {
	Group string
	// Product: devices of it. Name: products or components of that name.
	// Vulnerability and Status: findings.
	Product, Name, Vulnerability, Status string

	Limit int    // 50 where 0, at most 1000
	After string // Page.Next of the page before
	// Before: Page.Prev of the page after; not together with After.
	Before string
}

// ReconcileDevices makes the devices of an inventory equal to next: what is
// new comes in, what is no longer there ceases to hold, what is unchanged is
// left alone. The place of a device in its file does not count as a change. A
// device that was in another inventory of the organization moves to this one.
func (tx *Tx) ReconcileDevices(inventory string, next iter.Seq2[wardbook.Device, error]) (*Changes, error) {
	return tx.reconcile(deviceTable, inventory, encodeFacts(next, deviceFact), true)
}

// CompareDevices says what ReconcileDevices would change, and changes nothing.
func (tx *Tx) CompareDevices(inventory string, next iter.Seq2[wardbook.Device, error]) (*Changes, error) {
	return tx.reconcile(deviceTable, inventory, encodeFacts(next, deviceFact), false)
}

func deviceFact(d wardbook.Device) (fact, error) {
	f := fact{id: d.ID, place: d.Place, columns: []string{d.Product}}
	d.Place = ""
	var err error
	f.data, err = json.Marshal(d)
	return f, err
}

func encodeFacts[T any](next iter.Seq2[T, error], encode func(T) (fact, error)) iter.Seq2[fact, error] {
	return func(yield func(fact, error) bool) {
		for v, err := range next {
			var f fact
			if err == nil {
				f, err = encode(v)
			}
			if err == nil && f.id == "" {
				err = &wardbook.Invalid{Problems: wardbook.Problems{{Place: f.place, Message: "has no id"}}}
			}
			if !yield(f, err) || err != nil {
				return
			}
		}
	}
}

// All makes a sequence of a list, for the reconcilers.
func All[T any](list []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, v := range list {
			if !yield(v, nil) {
				return
			}
		}
	}
}

const factColumns = `f.grp, f.id, f.from_pos, f.to_pos, f.place, f.data`

// scanFact reads factColumns. fill gets the value's id and place.
func scanFact[T any](tx *Tx, s scanner, fill func(*T, string)) (Fact[T], string, error) {
	var f Fact[T]
	var id, place string
	var data []byte
	if err := s.Scan(&f.Group, &id, &f.Position, &f.Until, &place, &data); err != nil {
		return f, id, err
	}
	if f.Until == now || f.Until > tx.at {
		f.Until = 0
	}
	if err := decode(data, &f.Value); err != nil {
		return f, id, fmt.Errorf("%s: %w", id, err)
	}
	fill(&f.Value, place)
	return f, id, nil
}

// pageOfFacts lists the facts of a table that hold.
func pageOfFacts[T any](tx *Tx, t factTable, o FactOptions, fill func(*T, string)) (Page[Fact[T]], error) {
	var page Page[Fact[T]]
	var q listQuery
	if o.Group != "" && !t.global {
		q.and(tx.holdsOf("f"))
	} else {
		q.and(tx.holds("f"))
	}
	for _, c := range []struct{ column, value string }{
		{"grp", o.Group}, {"product", o.Product}, {"name", o.Name}, {"vulnerability", o.Vulnerability}, {"status", o.Status},
	} {
		if c.value != "" {
			q.and("f."+c.column+" = ?", c.value)
		}
	}
	c, given, back, err := edge(o.After, o.Before)
	if err != nil {
		return page, err
	}
	direction, than := "", ">"
	if back {
		direction, than = " DESC", "<"
	}
	order := "f.grp" + direction + ", f.id" + direction
	if t.global {
		order = "f.id" + direction
	}
	if given && t.global {
		q.and("f.id "+than+" ?", c.ID)
	} else if given {
		q.and("(f.grp, f.id) "+than+" (?, ?)", c.Text, c.ID)
	}
	n := limit(o.Limit)
	q.args = append(q.args, n+1)
	rows, err := tx.rows(fmt.Sprintf(`SELECT %s FROM %s f WHERE f.organization = $1%s ORDER BY %s LIMIT $%d`,
		factColumns, t.name, q.where.String(), order, len(q.args)+1), q.args...)
	type row struct {
		fact Fact[T]
		id   string
	}
	items, err := collect(rows, err, func(s scanner) (row, error) {
		f, id, err := scanFact(tx, s, fill)
		return row{f, id}, err
	})
	if err != nil {
		return page, err
	}
	cutOff := cut(items, n, given, back, func(r row) cursor { return cursor{Text: r.fact.Group, ID: r.id} })
	page.Prev, page.Next = cutOff.Prev, cutOff.Next
	for _, r := range cutOff.Items {
		page.Items = append(page.Items, r.fact)
	}
	return page, nil
}

// eachFact goes through all facts of a table that hold. Until the loop ends tx
// is not for anything else.
func eachFact[T any](tx *Tx, t factTable, grp string, fill func(*T, string)) iter.Seq2[Fact[T], error] {
	return func(yield func(Fact[T], error) bool) {
		holds := tx.holds("f")
		if grp != "" && !t.global {
			holds = tx.holdsOf("f")
		}
		query := `SELECT ` + factColumns + ` FROM ` + t.name + ` f WHERE f.organization = $1 AND ` + holds
		var args []any
		if grp != "" {
			query += ` AND f.grp = $2`
			args = append(args, grp)
		}
		rows, err := tx.rows(query, args...)
		if err != nil {
			yield(Fact[T]{}, err)
			return
		}
		defer rows.Close()
		for rows.Next() {
			f, _, err := scanFact(tx, rows, fill)
			if !yield(f, err) || err != nil {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(Fact[T]{}, err)
		}
	}
}

// historyOf lists all that a fact was, newest first.
func historyOf[T any](tx *Tx, t factTable, grp, id string, fill func(*T, string)) ([]Fact[T], error) {
	query := `SELECT ` + factColumns + ` FROM ` + t.name + ` f WHERE f.organization = $1 AND f.id = $2 AND f.from_pos <= $3`
	args := []any{id, tx.at}
	if !t.global {
		query += ` AND f.grp = $4`
		args = append(args, grp)
	}
	rows, err := tx.rows(query+` ORDER BY f.from_pos DESC`, args...)
	return collect(rows, err, func(s scanner) (Fact[T], error) {
		f, _, err := scanFact(tx, s, fill)
		return f, err
	})
}

func fillDevice(d *wardbook.Device, place string) { d.Place = place }

// Device is the device with that id.
func (tx *Tx) Device(id string) (Fact[wardbook.Device], error) {
	f, _, err := scanFact(tx, tx.row(`SELECT `+factColumns+` FROM devices f WHERE f.organization = $1 AND f.id = $2 AND `+tx.holdsOf("f"), id), fillDevice)
	return f, notFound(err, "device %s", id)
}

// Devices lists devices. Group (the inventory) and Product count.
func (tx *Tx) Devices(o FactOptions) (Page[Fact[wardbook.Device]], error) {
	return pageOfFacts(tx, deviceTable, o, fillDevice)
}

// EachDevice goes through all devices, of one inventory or, when that is
// empty, of all, in no order. Until the loop ends tx is not for anything else.
func (tx *Tx) EachDevice(inventory string) iter.Seq2[Fact[wardbook.Device], error] {
	return eachFact(tx, deviceTable, inventory, fillDevice)
}

// DeviceHistory lists all that a device was, newest first.
func (tx *Tx) DeviceHistory(id string) ([]Fact[wardbook.Device], error) {
	return historyOf(tx, deviceTable, "", id, fillDevice)
}

// ChangedDevices goes through the devices that began or ceased to hold after
// the entry at position since: what an index that stands there has to learn.
// Those that ceased have Until set and come first.
func (tx *Tx) ChangedDevices(since int64) iter.Seq2[Fact[wardbook.Device], error] {
	return changedFacts(tx, deviceTable, since, fillDevice)
}

func changedFacts[T any](tx *Tx, t factTable, since int64, fill func(*T, string)) iter.Seq2[Fact[T], error] {
	return func(yield func(Fact[T], error) bool) {
		for _, condition := range []string{
			`f.from_pos <= $2 AND f.to_pos > $2 AND f.to_pos <= $3 AND f.to_pos < 9223372036854775807`,
			`f.from_pos > $2 AND f.from_pos <= $3 AND ` + tx.holds("f"),
		} {
			rows, err := tx.rows(`SELECT `+factColumns+` FROM `+t.name+` f WHERE f.organization = $1 AND `+condition, since, tx.at)
			list, err := collect(rows, err, func(s scanner) (Fact[T], error) {
				f, _, err := scanFact(tx, s, fill)
				return f, err
			})
			if err != nil {
				yield(Fact[T]{}, err)
				return
			}
			for _, f := range list {
				if !yield(f, nil) {
					return
				}
			}
		}
	}
}

// CountDevices counts the devices, by inventory.
func (tx *Tx) CountDevices() (map[string]int64, error) {
	rows, err := tx.rows(`SELECT f.grp, count(*) FROM devices f WHERE f.organization = $1 AND ` + tx.holds("f") + ` GROUP BY f.grp`)
	counts := map[string]int64{}
	_, err = collect(rows, err, func(s scanner) (struct{}, error) {
		var grp string
		var n int64
		err := s.Scan(&grp, &n)
		counts[grp] = n
		return struct{}{}, err
	})
	return counts, err
}
