package web

import (
	"slices"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/store"
)

// A RiskItem is a risk in a list: without its chain, proof and devices.
type RiskItem struct {
	ID            string             `json:"id"`
	Short         string             `json:"short"`
	Revision      int64              `json:"revision"`
	Title         string             `json:"title"`
	State         wardbook.RiskState `json:"state"`
	Product       string             `json:"product" doc:"Its name."`
	Devices       int                `json:"devices" doc:"How many."`
	Wards         []string           `json:"wards"`
	Safety        ItemValue          `json:"safety"`
	Effectiveness ItemValue          `json:"effectiveness"`
	Security      ItemValue          `json:"security"`
	Open          bool               `json:"open"`
	Certainty     wardbook.Status    `json:"certainty"`
	Action        string             `json:"action,omitempty"`
	Due           string             `json:"due,omitempty"`
	Overdue       bool               `json:"overdue,omitempty"`
	Owner         string             `json:"owner,omitempty" doc:"Id of a user."`
	AcceptedUntil string             `json:"accepted_until,omitempty"`
	Proposed      bool               `json:"proposed,omitempty" doc:"The program proposes other values than people decided."`
	Gone          string             `json:"gone,omitempty" doc:"Date since which nothing supports it."`
}

// ItemValue is what a risk is for one key property.
type ItemValue struct {
	Severity     int    `json:"severity" doc:"1 to 5; 0: unknown."`
	Likelihood   int    `json:"likelihood" doc:"1 to 5; 0: unknown."`
	Level        string `json:"level" doc:"Name of the level in the policy; empty: unknown."`
	Unacceptable bool   `json:"unacceptable"`
}

func riskItem(r riskRow, today string) RiskItem {
	value := func(i int) ItemValue {
		return ItemValue{r.Eval[i].Severity, r.Eval[i].Likelihood, r.levelName(i), r.Bad[i]}
	}
	return RiskItem{
		ID: r.ID, Short: r.Short(), Revision: r.Revision.Revision, Title: r.Title, State: wardbook.RiskState(r.State), Product: r.Product, Devices: r.Devices, Wards: r.Wards,
		Safety: value(0), Effectiveness: value(1), Security: value(2), Open: r.Open, Certainty: r.Certainty, Action: r.Action, Due: r.Due, Overdue: r.Overdue(today),
		Owner: r.Owner, AcceptedUntil: r.Accepted, Proposed: r.Newer, Gone: r.Gone,
	}
}

// levelName is empty where the level is not known.
func (r riskRow) levelName(i int) string {
	if r.Level[i].Rank == 0 {
		return ""
	}
	return r.Level[i].Name
}

type riskQuery struct {
	Paging
	Q          string `query:"q" doc:"Every word stands in the title, number or product."`
	Show       string `query:"show" enum:"open,todo,unacceptable,overdue,unknown,decide,newer,ending,gone,every" doc:"Without it all but those that nothing supports any more."`
	State      string `query:"state"`
	Owner      string `query:"owner" doc:"Id of a user, me, or none."`
	Ward       string `query:"ward" doc:"Site / Location."`
	Key        string `query:"key" enum:"safety,effectiveness,security"`
	Severity   int    `query:"severity" minimum:"0" maximum:"5" doc:"With key: a row of its matrix."`
	Likelihood int    `query:"likelihood" minimum:"0" maximum:"5" doc:"With key: a column of its matrix."`
}

func riskOperations(a *api) {
	op := operation{tag: "Risks", scope: wardbook.ScopeRead, who: member}
	op.id, op.pattern, op.summary = "list-risks", "GET /risks", "List risks, the worst first"
	answers(a, op, func(c *call, tx *store.Tx, in *riskQuery) (*listed[RiskItem], error) {
		o, err := c.s.overview(tx)
		if err != nil {
			return nil, err
		}
		f, today := c.riskFilter(c.r.URL.Query()), c.today()
		p := pick(slices.Values(o.Risks), in.window(""), nil, func(r riskRow) bool { return f.fits(r, today) }, func(r riskRow) string { return r.ID })
		var out []RiskItem
		for _, r := range p.Items {
			out = append(out, riskItem(r, today))
		}
		return listing(c, out, p.Next, p.Total), nil
	})
	op.id, op.pattern, op.summary = "get-risk", "GET /risks/{id}", "A risk: chain, values with their proof, options, register"
	answers(a, op, func(_ *call, tx *store.Tx, in *byID) (*recorded[wardbook.Risk], error) {
		return recordAnswer(store.Get[wardbook.Risk](tx, in.ID))
	})
	op.id, op.pattern, op.summary = "get-risk-history", "GET /risks/{id}/history", "Revisions of a risk, the newest first"
	answers(a, op, func(c *call, tx *store.Tx, in *pageOfID) (*listed[RecordOf[wardbook.Risk]], error) {
		return history[wardbook.Risk](c, tx, in.ID, in.Paging)
	})
}
