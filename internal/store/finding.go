package store

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/wardbook/wardbook"
)

// ReconcileProducts makes the products of a group equal to next. The group is
// the caller's; one that keeps all products together uses "".
func (tx *Tx) ReconcileProducts(group string, next []wardbook.Product) (*Changes, error) {
	return tx.reconcile(productTable, group, encodeFacts(All(next), productFact), true)
}

func productFact(p wardbook.Product) (fact, error) {
	b, err := json.Marshal(p)
	return fact{id: p.ID, columns: []string{p.Name, p.Version}, data: b}, err
}

// Products lists products. Group and Name count.
func (tx *Tx) Products(o FactOptions) (Page[Fact[wardbook.Product]], error) {
	return pageOfFacts(tx, productTable, o, func(*wardbook.Product, string) {})
}

// Product is the product with that id, in whatever group it is.
func (tx *Tx) Product(id string) (Fact[wardbook.Product], error) {
	f, _, err := scanFact(tx, tx.row(`SELECT `+factColumns+` FROM products f
		WHERE f.organization = $1 AND f.id = $2 AND `+tx.holds("f")+` ORDER BY f.grp LIMIT 1`, id), func(*wardbook.Product, string) {})
	return f, notFound(err, "product %s", id)
}

// ReconcileComponents makes the components of a product equal to those of its
// SBOMs. Two with the same ref or, without one, the same key are told apart
// by their number.
func (tx *Tx) ReconcileComponents(product string, next []wardbook.Component) (*Changes, error) {
	return tx.reconcile(componentTable, product, componentFacts(next), true)
}

// CompareComponents says what ReconcileComponents would change.
func (tx *Tx) CompareComponents(product string, next []wardbook.Component) (*Changes, error) {
	return tx.reconcile(componentTable, product, componentFacts(next), false)
}

// componentFacts names components by what they are, not by their ref, which
// generators make anew for every document: then a new SBOM of the same
// software differs only where the software does.
func componentFacts(next []wardbook.Component) iter.Seq2[fact, error] {
	return func(yield func(fact, error) bool) {
		times := map[string]int{}
		for _, c := range next {
			id := c.Key()
			times[id]++
			if n := times[id]; n > 1 {
				id = fmt.Sprintf("%s#%d", id, n)
			}
			f := fact{id: id, place: c.Place + "\n" + c.Ref, columns: []string{c.Name, c.Version}}
			c.Place, c.Ref = "", ""
			var err error
			if f.data, err = json.Marshal(c); err == nil && c.Key() == "" {
				err = &wardbook.Invalid{Problems: wardbook.Problems{{Place: f.place, Message: "is a component without a name"}}}
			}
			if !yield(f, err) || err != nil {
				return
			}
		}
	}
}

func fillComponent(c *wardbook.Component, place string) {
	c.Place, c.Ref, _ = strings.Cut(place, "\n")
}

// Components lists components. Group (the product) and Name count; with Name
// alone the list says where a component is used.
func (tx *Tx) Components(o FactOptions) (Page[Fact[wardbook.Component]], error) {
	return pageOfFacts(tx, componentTable, o, fillComponent)
}

// EachComponent goes through the components of a product or, when that is
// empty, of all products, in no order.
func (tx *Tx) EachComponent(product string) iter.Seq2[Fact[wardbook.Component], error] {
	return eachFact(tx, componentTable, product, fillComponent)
}

// A KeptFinding is a finding whose devices are a set kept beside it; its
// Devices are empty (see DeviceSet).
type KeptFinding struct {
	wardbook.Finding
	DeviceSet string `json:"device_set"` // SHA-256 of the set
	Affected  int    `json:"affected"`   // how many devices are in it
}

// ReconcileFindings makes the findings of a product equal to next.
func (tx *Tx) ReconcileFindings(product string, next []wardbook.Finding) (*Changes, error) {
	if tx.w == nil {
		return nil, ErrReadOnly
	}
	sets := map[string]bool{}
	var failed error
	facts := encodeFacts(All(next), func(f wardbook.Finding) (fact, error) {
		kept, set, err := keepFinding(f)
		if err != nil {
			return fact{}, err
		}
		if !sets[kept.DeviceSet] {
			sets[kept.DeviceSet] = true
			_, failed = tx.exec(`INSERT INTO device_sets (organization, sha256, size, data) VALUES ($1, $2, $3, $4)
				ON CONFLICT (organization, sha256) DO NOTHING`, kept.DeviceSet, kept.Affected, set)
			if failed != nil {
				return fact{}, failed
			}
		}
		b, err := json.Marshal(kept)
		return fact{id: f.ID, columns: []string{f.Vulnerability, string(f.Status), kept.DeviceSet}, data: b}, err
	})
	return tx.reconcile(findingTable, product, facts, true)
}

// keepFinding parts a finding from its devices.
func keepFinding(f wardbook.Finding) (KeptFinding, []byte, error) {
	ids := slices.Clone(f.Devices)
	slices.Sort(ids)
	ids = slices.Compact(ids)
	if ids == nil {
		ids = []string{}
	}
	set, err := json.Marshal(ids)
	f.Devices = nil
	return KeptFinding{Finding: f, DeviceSet: hexDigest(set), Affected: len(ids)}, set, err
}

func fillFinding(*KeptFinding, string) {}

// Findings lists findings, without their devices. Group (the product),
// Vulnerability and Status count.
func (tx *Tx) Findings(o FactOptions) (Page[Fact[KeptFinding]], error) {
	return pageOfFacts(tx, findingTable, o, fillFinding)
}

// EachFinding goes through the findings of a product or, when that is empty,
// of all products, in no order, without their devices.
func (tx *Tx) EachFinding(product string) iter.Seq2[Fact[KeptFinding], error] {
	return eachFact(tx, findingTable, product, fillFinding)
}

// ChangedFindings is to findings what ChangedDevices is to devices.
func (tx *Tx) ChangedFindings(since int64) iter.Seq2[Fact[KeptFinding], error] {
	return changedFacts(tx, findingTable, since, fillFinding)
}

// Finding is the finding with that id, with its devices.
func (tx *Tx) Finding(id string) (Fact[wardbook.Finding], error) {
	f, _, err := scanFact(tx, tx.row(`SELECT `+factColumns+` FROM findings f
		WHERE f.organization = $1 AND f.id = $2 AND `+tx.holds("f")+` ORDER BY f.grp LIMIT 1`, id), fillFinding)
	full := Fact[wardbook.Finding]{Group: f.Group, Position: f.Position, Until: f.Until, Value: f.Value.Finding}
	if err != nil {
		return full, notFound(err, "finding %s", id)
	}
	full.Value.Devices, err = tx.DeviceSet(f.Value.DeviceSet)
	return full, err
}

// FindingHistory lists all that a finding of a product was, newest first.
func (tx *Tx) FindingHistory(product, id string) ([]Fact[KeptFinding], error) {
	return historyOf(tx, findingTable, product, id, fillFinding)
}

// KeepDeviceSet keeps a set of ids of devices, for a record that names it by
// its SHA-256, which is returned with how many ids are in it.
func (tx *Tx) KeepDeviceSet(ids []string) (sha256 string, n int, err error) {
	if tx.w == nil {
		return "", 0, ErrReadOnly
	}
	kept, set, err := keepFinding(wardbook.Finding{Devices: ids})
	if err != nil {
		return "", 0, err
	}
	_, err = tx.exec(`INSERT INTO device_sets (organization, sha256, size, data) VALUES ($1, $2, $3, $4)
		ON CONFLICT (organization, sha256) DO NOTHING`, kept.DeviceSet, kept.Affected, set)
	return kept.DeviceSet, kept.Affected, err
}

// DeviceSetID is the SHA-256 under which a set of ids is kept, and how many ids
// are in it.
func DeviceSetID(ids []string) (sha256 string, n int, err error) {
	kept, _, err := keepFinding(wardbook.Finding{Devices: ids})
	return kept.DeviceSet, kept.Affected, err
}

// DeviceSet is the ids of the devices in a set, sorted.
func (tx *Tx) DeviceSet(sha256 string) ([]string, error) {
	var b []byte
	err := tx.row(`SELECT data FROM device_sets WHERE organization = $1 AND sha256 = $2`, sha256).Scan(&b)
	if err != nil {
		return nil, notFound(err, "set of devices %s", sha256)
	}
	var ids []string
	return ids, decode(b, &ids)
}
