package app

import (
	"crypto/sha256"
	"errors"
	"maps"
	"reflect"
	"slices"

	"github.com/go-json-experiment/json"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/assess"
	"github.com/wardbook/wardbook/internal/store"
)

// assessedGroup is the group of the products that assessments make.
const assessedGroup = "assessment"

// Keep writes an assessment that was made elsewhere into the book, within tx:
// its devices are the fleet, its products and findings are facts, its risks and
// questions are records that keep what people did with them.
func Keep(tx *store.Tx, a *wardbook.Assessment) (devices *store.Changes, out *Assessed, err error) {
	if devices, err = tx.ReconcileDevices(assessedGroup, store.All(a.Devices)); err != nil {
		return nil, nil, err
	}
	out = &Assessed{Summary: a.Summary}
	w := &assessmentWrite{assessment: a, there: true, out: out, standing: standingOf(a)}
	if err := w.write(tx); err != nil && !errors.Is(err, errNothing) {
		return nil, nil, err
	}
	return devices, out, nil
}

// standingOf sums up an assessment whose inputs are files.
func standingOf(a *wardbook.Assessment) wardbook.Standing {
	s := wardbook.Standing{Program: a.Program, At: a.At, Policy: a.Policy, Catalog: a.Catalog, Summary: a.Summary}
	c := counter{}
	for _, in := range a.Inputs {
		c.add(in.Kind, in.SHA256, in.Records, len(in.Problems), in.AsOf)
	}
	s.Inputs = c.list()
	return s
}

// written is what the process knows of what stands in the book, so that it need
// not be compared again: the digest of the findings of each product, as of the
// standing at a position.
type written struct {
	position int64
	findings map[string][sha256.Size]byte
}

func (w written) next() written {
	return written{position: w.position, findings: maps.Clone(w.findings)}
}

// assessmentWrite writes one assessment into the book: what differs, and
// nothing where nothing does.
type assessmentWrite struct {
	assessment *wardbook.Assessment
	written    written
	sboms      map[string]*assess.SBOM       // by the name that products know them by
	devices    []store.Fact[wardbook.Device] // as the book has them
	there      bool                          // the devices were written by the caller
	standing   wardbook.Standing
	out        *Assessed

	position int64 // of the entry
	before   int64 // of the standing that was there; -1: none
	any      bool
}

func (w *assessmentWrite) write(tx *store.Tx) error {
	var err error
	if w.position, err = tx.Position(); err != nil {
		return err
	}
	old, err := tx.ByKey(w.standing.RecordKind(), w.standing.RecordKey())
	switch {
	case errors.Is(err, wardbook.ErrNotFound):
		w.before = -1
	case err != nil:
		return err
	default:
		w.before = old.Position
	}
	if w.before != w.written.position || w.written.findings == nil {
		w.written.findings = map[string][sha256.Size]byte{}
	}
	*w.out = Assessed{Position: w.out.Position, Summary: w.out.Summary}
	for _, step := range []func(*store.Tx) error{w.writeDevices, w.writeProducts, w.writeFindings, w.writeRisks, w.writeWork, w.writeQuestions} {
		if err := step(tx); err != nil {
			return err
		}
	}
	id, expected := old.ID, old.Revision
	if expected == 0 {
		id = wardbook.NewID()
	}
	rev, err := tx.Put(id, expected, w.standing)
	if err != nil {
		return err
	}
	w.written.position = rev.Position
	if rev.Revision == expected && !w.any {
		return errNothing
	}
	if rev.Revision == expected {
		// The findings are of a later entry than the standing: compare anew.
		w.written.findings = nil
	}
	return nil
}

// writeDevices gives the devices the product and class that the assessment
// found.
func (w *assessmentWrite) writeDevices(tx *store.Tx) error {
	if w.there {
		return nil
	}
	groups, stale := map[string][]wardbook.Device{}, map[string]bool{}
	is := make(map[string]*wardbook.Device, len(w.assessment.Devices))
	for i := range w.assessment.Devices {
		is[w.assessment.Devices[i].ID] = &w.assessment.Devices[i]
	}
	for i := range w.devices {
		was := &w.devices[i]
		d := is[was.Value.ID]
		if d == nil {
			stale[was.Group] = true // of an SBOM that stands for itself no more
			continue
		}
		if d.Product != was.Value.Product || d.DeviceClass != was.Value.DeviceClass {
			stale[was.Group] = true
			w.out.Devices++
		}
		delete(is, d.ID)
		groups[was.Group] = append(groups[was.Group], *d)
	}
	for _, d := range is { // of SBOMs that stand for themselves
		groups[sbomInventory], stale[sbomInventory] = append(groups[sbomInventory], *d), true
	}
	for _, g := range slices.Sorted(maps.Keys(stale)) {
		c, err := tx.ReconcileDevices(g, store.All(groups[g]))
		if err != nil {
			return err
		}
		w.any = w.any || c.Any()
	}
	return nil
}

func (w *assessmentWrite) writeProducts(tx *store.Tx) error {
	c, err := tx.ReconcileProducts(assessedGroup, w.assessment.Products)
	if err != nil {
		return err
	}
	w.out.Products, w.any = *c, w.any || c.Any()
	for _, id := range c.Gone {
		if err := w.components(tx, id, nil); err != nil {
			return err
		}
		if err := w.findings(tx, id, nil); err != nil {
			return err
		}
		delete(w.written.findings, id)
	}
	if w.sboms == nil {
		return nil
	}
	touched := map[string]bool{}
	for _, list := range [][]string{c.New, c.Back, c.Changed} {
		for _, id := range list {
			touched[id] = true
		}
	}
	fresh, err := w.freshSBOMs(tx)
	if err != nil {
		return err
	}
	for i := range w.assessment.Products {
		p := &w.assessment.Products[i]
		if !touched[p.ID] && !slices.ContainsFunc(p.SBOMs, func(path string) bool { return fresh[path] }) {
			continue
		}
		var list []wardbook.Component
		for _, path := range p.SBOMs {
			if b := w.sboms[path]; b != nil {
				list = append(list, b.Components...)
			}
		}
		if err := w.components(tx, p.ID, list); err != nil {
			return err
		}
	}
	return nil
}

// freshSBOMs names the SBOMs that came since the assessment before.
func (w *assessmentWrite) freshSBOMs(tx *store.Tx) (map[string]bool, error) {
	fresh := map[string]bool{}
	for name := range w.sboms {
		rev, err := tx.ByKey(wardbook.Source{}.RecordKind(), wardbook.Source{Kind: wardbook.InputSBOM, Name: name}.RecordKey())
		if err != nil {
			return nil, err
		}
		fresh[name] = rev.Position > w.before
	}
	return fresh, nil
}

func (w *assessmentWrite) components(tx *store.Tx, product string, list []wardbook.Component) error {
	list = slices.DeleteFunc(slices.Clone(list), func(c wardbook.Component) bool { return c.Key() == "" })
	c, err := tx.ReconcileComponents(product, list)
	if err != nil {
		return err
	}
	w.any = w.any || c.Any()
	return nil
}

func (w *assessmentWrite) writeFindings(tx *store.Tx) error {
	byProduct := make(map[string][]wardbook.Finding, len(w.assessment.Products))
	for i := range w.assessment.Findings {
		f := &w.assessment.Findings[i]
		byProduct[f.Product] = append(byProduct[f.Product], *f)
	}
	for i := range w.assessment.Products {
		id := w.assessment.Products[i].ID
		digest, err := digestOf(byProduct[id])
		if err != nil {
			return err
		}
		if have, ok := w.written.findings[id]; ok && have == digest {
			continue
		}
		if err := w.findings(tx, id, byProduct[id]); err != nil {
			return err
		}
		w.written.findings[id] = digest
	}
	return nil
}

func digestOf(v any) (out [sha256.Size]byte, err error) {
	h := sha256.New()
	if err := json.MarshalWrite(h, v, json.Deterministic(true)); err != nil {
		return out, err
	}
	return [sha256.Size]byte(h.Sum(nil)), nil
}

func (w *assessmentWrite) findings(tx *store.Tx, product string, list []wardbook.Finding) error {
	c, err := tx.ReconcileFindings(product, list)
	if err != nil {
		return err
	}
	w.any = w.any || c.Any()
	add(&w.out.Findings, c)
	return nil
}

func add(to, c *store.Changes) {
	to.New, to.Back = append(to.New, c.New...), append(to.Back, c.Back...)
	to.Changed, to.Gone = append(to.Changed, c.Changed...), append(to.Gone, c.Gone...)
	to.Same += c.Same
}

// put writes a record when it differs from the one that is there, and notes it.
// A record that is not there has revision 0.
func put[T wardbook.Record](w *assessmentWrite, tx *store.Tx, old store.Stored[T], next T, c *store.Changes) error {
	id := old.ID
	if old.Revision.Revision == 0 {
		id = wardbook.NewID()
	} else if reflect.DeepEqual(old.Value, next) {
		c.Same++
		return nil
	}
	rev, err := tx.Put(id, old.Revision.Revision, next)
	switch {
	case err != nil:
		return err
	case old.Revision.Revision == 0:
		c.New = append(c.New, id)
	case rev.Revision == old.Revision.Revision:
		c.Same++
		return nil
	default:
		c.Changed = append(c.Changed, id)
	}
	w.any = true
	return nil
}

// writeRisks brings the proposals to the risks that are there. What people did
// with a risk stays; what nothing supports any more is marked as gone, since it
// is for people to close or dismiss it.
func (w *assessmentWrite) writeRisks(tx *store.Tx) error {
	olds, err := every[wardbook.Risk](tx, store.ListOptions{})
	if err != nil {
		return err
	}
	have := make(map[string]store.Stored[wardbook.Risk], len(olds))
	for _, o := range olds {
		have[o.Value.ID] = o
	}
	for i := range w.assessment.Risks {
		next := w.assessment.Risks[i]
		old, ok := have[next.ID]
		delete(have, next.ID)
		if ok {
			next = untouched(old.Value).Reassessed(next, w.assessment.At)
		}
		if err := put(w, tx, old, next, &w.out.Risks); err != nil {
			return err
		}
	}
	for _, o := range olds {
		old, ok := have[o.Value.ID]
		if !ok || old.Value.State.Final() || old.Value.Register != nil && old.Value.Register.Gone != "" {
			continue
		}
		next := old.Value
		g := wardbook.Register{}
		if next.Register != nil {
			g = *next.Register
		}
		g.Gone, g.Proposed = w.assessment.At, nil
		next.Register = &g
		if _, err := tx.Put(old.ID, old.Revision.Revision, next); err != nil {
			return err
		}
		w.out.Risks.Gone, w.any = append(w.out.Risks.Gone, old.ID), true
	}
	return nil
}

// untouched takes the register off a proposal that nobody but the program has
// written in.
func untouched(r wardbook.Risk) wardbook.Risk {
	if g := r.Register; g != nil && r.State == wardbook.RiskProposed {
		bare := *g
		bare.Gone, bare.Proposed = "", nil
		if reflect.DeepEqual(bare, wardbook.Register{}) {
			r.Register = nil
		}
	}
	return r
}

// writeQuestions brings the questions up to date: open, answered, or asked by
// nothing any more.
func (w *assessmentWrite) writeQuestions(tx *store.Tx) error {
	olds, err := every[wardbook.Asked](tx, store.ListOptions{})
	if err != nil {
		return err
	}
	have := make(map[string]store.Stored[wardbook.Asked], len(olds))
	for _, o := range olds {
		have[o.Value.ID] = o
	}
	for _, q := range w.assessment.Questions {
		old := have[q.ID]
		delete(have, q.ID)
		next := wardbook.Asked{Question: q, State: wardbook.QuestionOpen, Since: w.assessment.At}
		if old.Value.Since != "" {
			next.Since = old.Value.Since
		}
		if next.DeviceSet, next.Affected, err = tx.KeepDeviceSet(q.Devices); err != nil {
			return err
		}
		next.Devices = nil
		if err := put(w, tx, old, next, &w.out.Questions); err != nil {
			return err
		}
	}
	for _, o := range olds {
		old, ok := have[o.Value.ID]
		if !ok {
			continue
		}
		next := old.Value
		next.State = wardbook.QuestionGone
		a, err := tx.ByKey(wardbook.Answer{}.RecordKind(), wardbook.Answer{Kind: next.Kind, Key: next.Key}.RecordKey())
		if err == nil && a.State == "given" {
			next.State = wardbook.QuestionAnswered
		} else if err != nil && !errors.Is(err, wardbook.ErrNotFound) {
			return err
		}
		if next.State == old.Value.State {
			continue
		}
		if _, err := tx.Put(old.ID, old.Revision.Revision, next); err != nil {
			return err
		}
		w.out.Questions.Gone, w.any = append(w.out.Questions.Gone, old.ID), true
	}
	return nil
}
