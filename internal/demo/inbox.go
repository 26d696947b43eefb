package demo

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/app"
	"github.com/wardbook/wardbook/internal/store"
)

// A matter of the inbox is an advisory or a vulnerability with what it says of
// the hospital's devices.
type matter struct {
	about    string
	findings []wardbook.TriagedFinding // the open ones
	revision int64                     // of the triage, 0: nobody has handled it
}

// matters lists what is about one of the advisories, or names a product whose
// name holds one of the texts, in the order of their ids.
func (y *year) matters(advisories, products []string) ([]*matter, error) {
	all, named := map[string]*matter{}, map[string]bool{}
	wanted := map[string]bool{}
	err := y.store.View(y.ctx, y.org, func(tx *store.Tx) error {
		for o := (store.FactOptions{Limit: 1000}); ; {
			page, err := tx.Products(o)
			if err != nil {
				return err
			}
			for _, p := range page.Items {
				named[p.Value.ID] = holdsOne(strings.ToUpper(p.Value.Name), products)
			}
			if o.After = page.Next; o.After == "" {
				break
			}
		}
		for f, err := range tx.EachFinding("") {
			if err != nil {
				return err
			}
			about := f.Value.Matter()
			wanted[about] = wanted[about] || slices.Contains(advisories, about) || named[f.Value.Product] && (f.Value.Advisory == "" || len(products) == len(everything) && products[0] == "")
			if about == "" || !f.Value.Status.Open() {
				continue
			}
			m := all[about]
			if m == nil {
				m = &matter{about: about}
				all[about] = m
			}
			t := wardbook.TriagedFinding{ID: f.Value.ID, Status: f.Value.Status, Devices: f.Value.Affected, DeviceSet: f.Value.DeviceSet, KEV: f.Value.KEV != nil}
			if f.Value.CVSS != nil {
				t.Vector = f.Value.CVSS.Vector
			}
			m.findings = append(m.findings, t)
		}
		for about, m := range all {
			if !wanted[about] {
				delete(all, about)
				continue
			}
			slices.SortFunc(m.findings, func(a, b wardbook.TriagedFinding) int { return strings.Compare(a.ID, b.ID) })
			if t, err := tx.ByKey(wardbook.Triage{}.RecordKind(), about); err == nil {
				m.revision = t.Revision
			}
		}
		return nil
	})
	var out []*matter
	for _, about := range slices.Sorted(maps.Keys(all)) {
		out = append(out, all[about])
	}
	if err == nil && len(out) == 0 {
		err = fmt.Errorf("nothing in the inbox is about %q or names %q", advisories, products)
	}
	return out, err
}

func holdsOne(text string, parts []string) bool {
	return slices.ContainsFunc(parts, func(p string) bool { return strings.Contains(text, p) })
}

// everything stands for all products in a meeting.
var everything = []string{""}

// A meeting goes through the inbox: what is certain is confirmed, what the
// criteria call acceptable is accepted, the rest gets an owner and a date. What
// is only possible stays a proposal until its question is answered; where find
// says how that will be, it gets a date as well.
type meeting struct {
	advisories []string // their ids
	products   []string // in upper case: what is known of their components
	but        []string // advisories that nobody has time for
	find       string
	owner      func(staff) *Person
	days       int    // until what is not acceptable is to be done
	why        string // then
}

func (m meeting) hold(y *year) error {
	matters, err := y.matters(m.advisories, m.products)
	if err != nil {
		return err
	}
	proposals, err := y.risks(wardbook.RiskProposed)
	if err != nil {
		return err
	}
	for _, t := range matters {
		if slices.Contains(m.but, t.about) {
			continue
		}
		y.clock.pass(2)
		of := map[string]bool{}
		for _, f := range t.findings {
			of[f.ID] = true
		}
		var its, rest []store.Stored[wardbook.Risk]
		for _, r := range proposals {
			switch {
			case !slices.ContainsFunc(r.Value.Findings, func(id string) bool { return of[id] }):
				rest = append(rest, r)
			case r.Value.Certainty == wardbook.Affected:
				its = append(its, r)
			case m.find != "":
				c := &chapter{year: y, risk: r.ID}
				if c.dueAt(m.owner(y.people), 0, m.days, m.find); c.err != nil {
					return c.err
				}
			}
		}
		if err := m.handle(y, t, its); err != nil {
			return fmt.Errorf("%s: %w", t.about, err)
		}
		proposals = rest
	}
	return nil
}

func (y *year) handling(who *Person, t *matter, reason string) app.Handling {
	return app.Handling{Organization: y.org, Actor: who.id, Roles: who.Roles, About: t.about, Revision: t.revision, Reason: reason, Findings: t.findings}
}

// handle handles one matter with the proposals that are its.
func (m meeting) handle(y *year, t *matter, list []store.Stored[wardbook.Risk]) error {
	owner := m.owner(y.people)
	var edits []app.Edit
	for _, r := range list {
		edits = append(edits, app.Edit{Organization: y.org, Actor: owner.id, Roles: owner.Roles, Risk: r.ID, Revision: r.Revision.Revision})
	}
	if err := y.handling(owner, t, "monthly meeting").Affected(y.ctx, y.store, edits); err != nil {
		return err
	}
	return m.settle(y, list)
}

// supportEnds goes through risks that no advisory names: what runs on software
// whose support has ended.
func (m meeting) supportEnds(y *year) error {
	list, err := y.risks(wardbook.RiskProposed, "past its support end")
	if err != nil {
		return err
	}
	owner := m.owner(y.people)
	var edits []app.Edit
	for _, r := range list {
		edits = append(edits, app.Edit{Organization: y.org, Actor: owner.id, Roles: owner.Roles, Risk: r.ID, Revision: r.Revision.Revision})
	}
	if err := app.ConfirmAll(y.ctx, y.store, edits); err != nil {
		return err
	}
	return m.settle(y, list)
}

// settle accepts confirmed risks where the criteria allow it, and gives the
// others an owner and a date.
func (m meeting) settle(y *year, list []store.Stored[wardbook.Risk]) error {
	owner := m.owner(y.people)
	for _, r := range list {
		c := &chapter{year: y, risk: r.ID}
		if acceptable(r.Value) {
			c.acceptAt(y.people.miriam, 0, 365, "Acceptable under our criteria as it stands. We look at it again in a year.")
		} else {
			c.assignAt(owner, 0, owner).dueAt(owner, 0, m.days, m.why)
		}
		if c.err != nil {
			return c.err
		}
	}
	return nil
}

func acceptable(r wardbook.Risk) bool {
	return !slices.ContainsFunc(wardbook.KeyProperties, func(k wardbook.KeyProperty) bool { return r.Evaluation(k).Acceptable != wardbook.Yes })
}

// later puts one advisory off.
func (y *year) later(who *Person, days int, reason, advisory string) error {
	matters, err := y.matters([]string{advisory}, nil)
	if err != nil {
		return err
	}
	return y.handling(who, matters[0], reason).Later(y.ctx, y.store, y.clock.Now().AddDate(0, 0, days).Format("2006-01-02"))
}
