package web

import (
	"net/http"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/store"
)

// cutOff ends the connection without an end of the answer.
func cutOff() { panic(http.ErrAbortHandler) }

// UseItem is a component in a product.
type UseItem struct {
	Product     string             `json:"product"`
	ProductName string             `json:"product_name"`
	Devices     int                `json:"devices" doc:"How many devices have it."`
	Component   wardbook.Component `json:"component"`
}

func productOperations(a *api) {
	op := operation{tag: "Products", scope: wardbook.ScopeRead, who: member}
	op.id, op.pattern, op.summary = "list-products", "GET /products", "List products"
	answers(a, op, func(c *call, tx *store.Tx, in *struct {
		Paging
		Name string `query:"name" doc:"The whole name."`
	}) (*listed[wardbook.Product], error) {
		p, err := tx.Products(store.FactOptions{Name: in.Name, Limit: in.Limit, After: in.After})
		var out []wardbook.Product
		for _, f := range p.Items {
			out = append(out, f.Value)
		}
		return listing(c, out, p.Next, -1), err
	})
	op.id, op.pattern, op.summary = "get-product", "GET /products/{id}", "A product"
	answers(a, op, func(_ *call, tx *store.Tx, in *byID) (*one[FactOf[wardbook.Product]], error) {
		return factAnswer(tx.Product(in.ID))
	})
	op.id, op.pattern, op.summary = "list-product-components", "GET /products/{id}/components", "Components of a product, as its SBOMs list them"
	answers(a, op, func(c *call, tx *store.Tx, in *pageOfID) (*listed[wardbook.Component], error) {
		if _, err := tx.Product(in.ID); err != nil {
			return nil, err
		}
		p, err := tx.Components(store.FactOptions{Group: in.ID, Limit: in.Limit, After: in.After})
		var out []wardbook.Component
		for _, f := range p.Items {
			out = append(out, f.Value)
		}
		return listing(c, out, p.Next, -1), err
	})
	op.tag, op.id, op.pattern, op.summary = "Components", "list-component-uses", "GET /components", "Where a component is used"
	answers(a, op, func(c *call, tx *store.Tx, in *struct {
		Paging
		Name string `query:"name" required:"true" minLength:"1" doc:"The whole name of the component."`
	}) (*listed[UseItem], error) {
		snap, err := c.s.fleets.at(tx)
		if err != nil {
			return nil, err
		}
		p, err := tx.Components(store.FactOptions{Name: in.Name, Limit: in.Limit, After: in.After})
		if err != nil {
			return nil, err
		}
		var out []UseItem
		for _, f := range p.Items {
			product, err := tx.Product(f.Group)
			if err != nil && !isNotFound(err) {
				return nil, err
			}
			out = append(out, UseItem{f.Group, nameOf(product.Value), snap.CountOfProduct(f.Group), f.Value})
		}
		return listing(c, out, p.Next, -1), nil
	})
}

func houseOperations(a *api) {
	op := operation{tag: "Organization", scope: wardbook.ScopeRead, who: member}
	op.id, op.pattern, op.summary = "get-organization", "GET /organization", "The organization"
	answers(a, op, func(_ *call, tx *store.Tx, _ *AsOf) (*recorded[wardbook.Organization], error) {
		return recordAnswer(store.Get[wardbook.Organization](tx, tx.Organization()))
	})
	op.id, op.pattern, op.summary = "get-assessment", "GET /assessment", "How things stand after the newest assessment"
	answers(a, op, func(_ *call, tx *store.Tx, _ *AsOf) (*recorded[wardbook.Standing], error) {
		rev, err := tx.ByKey(wardbook.Standing{}.RecordKind(), wardbook.Standing{}.RecordKey())
		if err != nil {
			return nil, err
		}
		return recordAnswer(store.Decode[wardbook.Standing](rev))
	})
	op.id, op.pattern, op.summary, op.who = "list-members", "GET /members", "List members", admin
	answers(a, op, func(c *call, tx *store.Tx, in *Paging) (*listed[RecordOf[wardbook.Membership]], error) {
		p, err := store.List[wardbook.Membership](tx, store.ListOptions{Limit: in.Limit, After: in.After})
		var out []RecordOf[wardbook.Membership]
		for _, m := range p.Items {
			out = append(out, recordOf(m))
		}
		return listing(c, out, p.Next, -1), err
	})
}
