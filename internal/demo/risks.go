package demo

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/app"
	"github.com/wardbook/wardbook/internal/store"
)

// risks lists the risks in a state whose title holds all the texts, those of
// most devices first.
func (y *year) risks(state wardbook.RiskState, texts ...string) ([]store.Stored[wardbook.Risk], error) {
	var out []store.Stored[wardbook.Risk]
	err := y.store.View(y.ctx, y.org, func(tx *store.Tx) error {
		for o := (store.ListOptions{States: []string{string(state)}, Limit: 1000}); ; {
			page, err := store.List[wardbook.Risk](tx, o)
			if err != nil {
				return err
			}
			for _, r := range page.Items {
				if !slices.ContainsFunc(texts, func(t string) bool { return !strings.Contains(r.Value.Title, t) }) {
					out = append(out, r)
				}
			}
			if o.After = page.Next; o.After == "" {
				return nil
			}
		}
	})
	slices.SortFunc(out, func(a, b store.Stored[wardbook.Risk]) int {
		return cmp.Or(cmp.Compare(len(b.Value.Devices), len(a.Value.Devices)), strings.Compare(a.Value.ID, b.Value.ID))
	})
	return out, err
}

// A chapter is what happens to one risk on one day: its methods are done in
// turn until one fails.
type chapter struct {
	*year
	risk string // id of the record
	err  error
}

// of is the chapter of the risk in a state that has most devices among those
// whose title holds all the texts.
func (y *year) of(state wardbook.RiskState, texts ...string) *chapter {
	list, err := y.risks(state, texts...)
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("no risk is %s and called %q", state, texts)
	}
	if err != nil {
		return &chapter{year: y, err: err}
	}
	return &chapter{year: y, risk: list[0].ID}
}

// do lets minutes go by and has somebody take a step with the risk as it stands.
func (c *chapter) do(who *Person, minutes int, reason string, step func(app.Edit) error) *chapter {
	if c.err != nil {
		return c
	}
	c.clock.pass(minutes)
	e := app.Edit{Organization: c.org, Actor: who.id, Roles: who.Roles, Risk: c.risk, Reason: reason}
	r, err := c.now()
	if err == nil {
		e.Revision = r.Revision.Revision
		err = step(e)
	}
	if err != nil {
		c.err = fmt.Errorf("%s, %q: %w", who.Name, r.Value.Title, err)
	}
	return c
}

// now is the risk as it stands.
func (c *chapter) now() (r store.Stored[wardbook.Risk], err error) {
	err = c.store.View(c.ctx, c.org, func(tx *store.Tx) error {
		r, err = store.Get[wardbook.Risk](tx, c.risk)
		return err
	})
	return r, err
}

func (c *chapter) confirm(who *Person, reason string) *chapter {
	return c.do(who, 9, reason, func(e app.Edit) error { return app.Confirm(c.ctx, c.store, e) })
}

func (c *chapter) dismiss(who *Person, reason string) *chapter {
	return c.do(who, 6, reason, func(e app.Edit) error { return app.Dismiss(c.ctx, c.store, e) })
}

func (c *chapter) say(who *Person, text string) *chapter {
	return c.do(who, 23, "", func(e app.Edit) error { return app.Say(c.ctx, c.store, e, text) })
}

func (c *chapter) values(who *Person, reason string, values ...app.Value) *chapter {
	return c.do(who, 14, reason, func(e app.Edit) error { return app.ChangeValues(c.ctx, c.store, e, values) })
}

func (c *chapter) assign(who, owner *Person) *chapter { return c.assignAt(who, 2, owner) }

func (c *chapter) assignAt(who *Person, minutes int, owner *Person) *chapter {
	return c.do(who, minutes, "", func(e app.Edit) error { return app.Assign(c.ctx, c.store, e, owner.id) })
}

// due sets a date, in days from the day of the step.
func (c *chapter) due(who *Person, days int, reason string) *chapter {
	return c.dueAt(who, 3, days, reason)
}

func (c *chapter) dueAt(who *Person, minutes, days int, reason string) *chapter {
	return c.do(who, minutes, reason, func(e app.Edit) error {
		return app.SetDue(c.ctx, c.store, e, c.clock.Now().AddDate(0, 0, days).Format("2006-01-02"))
	})
}

// treat chooses the first options of the kinds.
func (c *chapter) treat(who *Person, text string, kinds ...wardbook.ControlKind) *chapter {
	return c.do(who, 11, "", func(e app.Edit) error {
		r, err := c.now()
		if err != nil {
			return err
		}
		var selected []int
		for _, k := range kinds {
			i := slices.IndexFunc(r.Value.Options, func(o wardbook.ControlOption) bool { return o.Kind == k && !o.Conflict })
			if i < 0 {
				return fmt.Errorf("no option is %s", k)
			}
			selected = append(selected, i)
		}
		return app.Treat(c.ctx, c.store, e, app.Treatment{Selected: selected, Text: text})
	})
}

func (c *chapter) move(who *Person, reason string, states ...wardbook.RiskState) *chapter {
	for _, to := range states {
		c.do(who, 5, reason, func(e app.Edit) error { return app.Move(c.ctx, c.store, e, to) })
	}
	return c
}

// accept accepts the risk for days, in the name that the policy asks for.
func (c *chapter) accept(who *Person, days int, reason string) *chapter {
	return c.acceptAt(who, 17, days, reason)
}

func (c *chapter) acceptAt(who *Person, minutes, days int, reason string) *chapter {
	return c.do(who, minutes, reason, func(e app.Edit) error {
		var a app.Acceptance
		err := c.store.View(c.ctx, c.org, func(tx *store.Tx) error {
			r, err := store.Get[wardbook.Risk](tx, c.risk)
			if err != nil {
				return err
			}
			p, err := app.PolicyInForce(tx)
			a = app.Acceptance{Until: c.clock.Now().AddDate(0, 0, days).Format("2006-01-02"), Authority: app.AuthorityFor(p, &r.Value)}
			return err
		})
		if err != nil {
			return err
		}
		return app.Accept(c.ctx, c.store, e, a)
	})
}

// keep says why the values stay, where the program proposes others.
func (c *chapter) keep(who *Person, reason string) *chapter {
	if c.err != nil {
		return c
	}
	r, err := c.now()
	if err != nil {
		c.err = err
		return c
	}
	if r.Value.Register == nil || r.Value.Register.Proposed == nil {
		return c
	}
	return c.do(who, 6, reason, func(e app.Edit) error { return app.KeepValues(c.ctx, c.store, e) })
}
