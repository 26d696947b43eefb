package web

import (
	"slices"
	"strings"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/fleet"
	"github.com/wardbook/wardbook/internal/store"
)

// A FactOf is something that the book holds for a time.
type FactOf[T any] struct {
	Group string `json:"group,omitempty" doc:"Inventory of a device, product of a component or finding."`
	Since int64  `json:"since" doc:"Position of the entry of the book with which it began to hold."`
	Until int64  `json:"until,omitempty" doc:"Position of the entry with which it ceased to; absent: it holds."`
	Value T      `json:"value"`
}

func factOf[T any](f store.Fact[T]) FactOf[T] {
	return FactOf[T]{Group: f.Group, Since: f.Position, Until: f.Until, Value: f.Value}
}

// one is the answer with one thing.
type one[T any] struct{ Body T }

func factAnswer[T any](f store.Fact[T], err error) (*one[FactOf[T]], error) {
	if err != nil {
		return nil, err
	}
	return &one[FactOf[T]]{factOf(f)}, nil
}

// byID names one thing in the address.
type byID struct {
	AsOf
	ID string `path:"id"`
}

// pageOfID names one thing in the address, and a page of what belongs to it.
type pageOfID struct {
	Paging
	ID string `path:"id"`
}

// deviceFilter are the parameters of a list of devices; "unknown" picks those of
// which the inventory does not say.
type deviceFilter struct {
	Paging
	Q            string `query:"q" doc:"Every word stands somewhere in the device; case does not count."`
	Manufacturer string `query:"manufacturer"`
	Model        string `query:"model"`
	ModelNumber  string `query:"model_number"`
	Version      string `query:"version"`
	Type         string `query:"type"`
	Site         string `query:"site"`
	Ward         string `query:"ward" doc:"Site / Location."`
	Zone         string `query:"zone"`
	Class        string `query:"class"`
	Service      string `query:"service"`
	LifeSupport  string `query:"life_support"`
	OS           string `query:"os"`
	Product      string `query:"product" doc:"Id of a product."`
	Inventory    string `query:"inventory"`
	Sort         string `query:"sort" default:"id" doc:"A column, such as model; with - before it downwards."`
}

func (f *deviceFilter) columns() map[fleet.Column]string {
	return map[fleet.Column]string{
		fleet.Manufacturer: f.Manufacturer, fleet.Model: f.Model, fleet.ModelNumber: f.ModelNumber, fleet.Version: f.Version, fleet.Type: f.Type,
		fleet.Site: f.Site, fleet.Ward: f.Ward, fleet.Zone: f.Zone, fleet.Class: f.Class, fleet.Service: f.Service, fleet.LifeSupport: f.LifeSupport,
		fleet.OS: f.OS, fleet.Product: f.Product, fleet.Inventory: f.Inventory,
	}
}

func deviceOperations(a *api) {
	op := operation{tag: "Devices", scope: wardbook.ScopeRead, who: member}
	op.id, op.pattern, op.summary = "list-devices", "GET /devices", "List devices"
	answers(a, op, func(c *call, tx *store.Tx, in *deviceFilter) (*listed[wardbook.Device], error) {
		w := in.window(in.Sort)
		w.Text = in.Q
		if _, ok := fleet.ColumnOf(w.Sort); !ok {
			return nil, problemOf(422, "There is no column "+w.Sort+" to sort by.")
		}
		snap, err := c.s.fleets.at(tx)
		if err != nil {
			return nil, err
		}
		p, err := devices(tx, snap, w, in.columns())
		return listing(c, p.Items, p.Next, p.Total), err
	})
	op.id, op.pattern, op.summary = "get-device", "GET /devices/{id}", "A device"
	answers(a, op, func(_ *call, tx *store.Tx, in *byID) (*one[FactOf[wardbook.Device]], error) {
		return factAnswer(tx.Device(in.ID))
	})
	op.id, op.pattern, op.summary = "get-device-history", "GET /devices/{id}/history", "All that a device was, the newest first"
	answers(a, op, func(c *call, tx *store.Tx, in *byID) (*listed[FactOf[wardbook.Device]], error) {
		facts, err := tx.DeviceHistory(in.ID)
		if err == nil && len(facts) == 0 {
			err = wardbook.ErrNotFound
		}
		var out []FactOf[wardbook.Device]
		for _, f := range facts {
			out = append(out, factOf(f))
		}
		return listing(c, out, "", len(out)), err
	})
	op.id, op.pattern, op.summary = "list-device-findings", "GET /devices/{id}/findings", "Findings of a device"
	answers(a, op, func(c *call, tx *store.Tx, in *byID) (*listed[FindingItem], error) {
		d, err := tx.Device(in.ID)
		if err != nil {
			return nil, err
		}
		o, err := c.s.overview(tx)
		if err != nil {
			return nil, err
		}
		rows, err := deviceFindings(tx, o, d.Value)
		var out []FindingItem
		for _, f := range rows {
			out = append(out, findingItem(f))
		}
		return listing(c, out, "", len(out)), err
	})
}

// A FindingItem is a finding in a list: without its proof and its devices.
type FindingItem struct {
	ID            string                 `json:"id"`
	Kind          wardbook.FindingKind   `json:"kind"`
	Vulnerability string                 `json:"vulnerability"`
	Aliases       []string               `json:"aliases,omitempty"`
	Title         string                 `json:"title,omitempty"`
	Advisory      string                 `json:"advisory,omitempty"`
	Product       string                 `json:"product"`
	ProductName   string                 `json:"product_name"`
	Component     *string                `json:"component,omitempty" doc:"Absent: the product as a whole is meant."`
	Status        wardbook.Status        `json:"status"`
	Justification wardbook.Justification `json:"justification,omitempty"`
	Confidence    float64                `json:"confidence"`
	Devices       int                    `json:"devices" doc:"How many are affected."`
	CVSS          *wardbook.CVSS         `json:"cvss" doc:"null: no score is known."`
	KEV           *wardbook.KEV          `json:"kev"`
	KEVKnown      bool                   `json:"kev_known" doc:"false: nobody looked, so kev null says nothing."`
	EPSS          *wardbook.EPSS         `json:"epss" doc:"null: not known."`
	Published     string                 `json:"published,omitempty"`
	Risks         []string               `json:"risks,omitempty" doc:"Ids of the risks that rest on it."`
}

func findingItem(f findingRow) FindingItem {
	out := FindingItem{
		ID: f.ID, Kind: f.Kind, Vulnerability: f.Vulnerability, Aliases: f.Aliases, Title: f.Title, Advisory: f.Advisory, Product: f.Product, ProductName: f.ProductName,
		Component: f.Component, Status: f.Status, Justification: f.Justification, Confidence: f.Confidence, Devices: f.Affected,
		CVSS: f.CVSS, KEV: f.KEV, KEVKnown: f.KEVGiven || f.KEV != nil, EPSS: f.EPSS, Published: f.Published,
	}
	for _, r := range f.Risks {
		out.Risks = append(out.Risks, r.ID)
	}
	return out
}

type findingFilter struct {
	Paging
	Q             string `query:"q" doc:"Every word stands in the ids, title, product or component."`
	Status        string `query:"status"`
	Product       string `query:"product" doc:"Id of a product."`
	Vulnerability string `query:"vulnerability"`
	Advisory      string `query:"advisory"`
	KEV           string `query:"kev" enum:"yes,no" doc:"Known to be exploited (KEV); no: not, or not known."`
}

func (f *findingFilter) fits(r findingRow) bool {
	if f.Status != "" && string(r.Status) != f.Status || f.Product != "" && r.Product != f.Product || f.Advisory != "" && r.Advisory != f.Advisory ||
		f.Vulnerability != "" && !strings.EqualFold(r.Vulnerability, f.Vulnerability) || f.KEV != "" && (f.KEV == "yes") != (r.KEV != nil) {
		return false
	}
	words := strings.Fields(strings.ToLower(f.Q))
	if len(words) == 0 {
		return true
	}
	in := strings.ToLower(strings.Join(append(slices.Clone(r.Aliases), r.Vulnerability, r.Title, r.Advisory, r.ProductName, r.component()), "\n"))
	return !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(in, w) })
}

func findingOperations(a *api) {
	op := operation{tag: "Findings", scope: wardbook.ScopeRead, who: member}
	op.id, op.pattern, op.summary = "list-findings", "GET /findings", "List findings, what asks most of people first"
	answers(a, op, func(c *call, tx *store.Tx, in *findingFilter) (*listed[FindingItem], error) {
		o, err := c.s.overview(tx)
		if err != nil {
			return nil, err
		}
		p := pick(slices.Values(o.All), in.window(""), urgency, in.fits, func(f findingRow) string { return f.ID })
		var out []FindingItem
		for _, f := range p.Items {
			out = append(out, findingItem(f))
		}
		return listing(c, out, p.Next, p.Total), nil
	})
	op.id, op.pattern, op.summary = "get-finding", "GET /findings/{id}", "A finding with its proof and its devices"
	answers(a, op, func(_ *call, tx *store.Tx, in *byID) (*one[FactOf[wardbook.Finding]], error) {
		return factAnswer(tx.Finding(in.ID))
	})
	op.id, op.pattern, op.summary = "list-finding-devices", "GET /findings/{id}/devices", "Devices of a finding"
	answers(a, op, func(c *call, tx *store.Tx, in *pageOfID) (*listed[wardbook.Device], error) {
		f, err := tx.Finding(in.ID)
		if err != nil {
			return nil, err
		}
		return devicePage(c, tx, f.Value.Devices, in.Paging)
	})
}

// devicePage is a page of some devices.
func devicePage(c *call, tx *store.Tx, ids []string, p Paging) (*listed[wardbook.Device], error) {
	ids = slices.Clone(ids)
	slices.Sort(ids)
	total := len(ids)
	if p.After != "" {
		i, found := slices.BinarySearch(ids, p.After)
		if found {
			i++
		}
		ids = ids[i:]
	}
	next := ""
	if len(ids) > p.Limit {
		ids = ids[:p.Limit]
		next = ids[p.Limit-1]
	}
	var out []wardbook.Device
	for _, id := range ids {
		d, err := tx.Device(id)
		if isNotFound(err) {
			d.Value, err = wardbook.Device{ID: id}, nil // gone since
		}
		if err != nil {
			return nil, err
		}
		out = append(out, d.Value)
	}
	return listing(c, out, next, total), nil
}
