package demo

import (
	"fmt"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/app"
	"github.com/wardbook/wardbook/internal/store"
)

// work puts the devices of the risk on the work lists of their wards.
func (c *chapter) work(who *Person, action string, days int) *chapter {
	return c.do(who, 5, "", func(e app.Edit) error {
		_, err := app.MakeWork(c.ctx, c.store, e, app.WorkPlan{Action: action, Owner: who.id, Due: c.clock.Now().AddDate(0, 0, days).Format("2006-01-02")})
		return err
	})
}

// worked says of all devices of the risk that are in a state that they are in
// the next, ward by ward; of the first so many wards, of all where it is 0.
func (c *chapter) worked(who *Person, wards int, from, to wardbook.WorkState) *chapter {
	if c.err != nil {
		return c
	}
	var lines []store.Stored[wardbook.Work]
	c.err = c.store.View(c.ctx, c.org, func(tx *store.Tx) error {
		page, err := store.List[wardbook.Work](tx, store.ListOptions{LinkKind: wardbook.Risk{}.RecordKind(), LinkID: c.risk, Limit: 1000})
		lines = page.Items
		return err
	})
	done := 0
	for _, l := range lines {
		var ids []string
		for _, d := range l.Value.Devices {
			if d.State == from {
				ids = append(ids, d.Device)
			}
		}
		if c.err != nil || len(ids) == 0 || wards > 0 && done == wards {
			continue
		}
		done++
		c.clock.pass(10)
		e := app.WorkEdit{Organization: c.org, Actor: who.id, Roles: who.Roles, Work: l.ID, Revision: l.Revision.Revision}
		c.err = app.SetWork(c.ctx, c.store, e, app.WorkSet{Devices: ids, State: to})
	}
	if c.err == nil && done == 0 {
		c.err = fmt.Errorf("no device of the risk is %s", from)
	}
	return c
}
