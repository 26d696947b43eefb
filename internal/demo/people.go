package demo

import (
	"crypto/rand"
	"strings"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/app"
	"github.com/wardbook/wardbook/internal/store"
)

// organization is the name of the sample hospital.
const organization = "St. Example Hospital"

// A Person works at the sample hospital and can sign in.
type Person struct {
	Name     string
	Function string // at the hospital
	Email    string
	Password string // made at random for each book
	Roles    []wardbook.Role

	id string // of the user
}

// staff are the five people of the story. Two analysts, because what one of
// them sees in a pump the other sees in a network.
type staff struct {
	ingrid, ana, tomas, miriam, jon *Person
}

func newStaff() staff {
	return staff{
		ingrid: &Person{Name: "Ingrid Dahl", Function: "systems administration", Roles: []wardbook.Role{wardbook.Administrator}},
		ana:    &Person{Name: "Ana Ruiz", Function: "clinical engineering", Roles: []wardbook.Role{wardbook.Analyst}},
		tomas:  &Person{Name: "Tomas Lind", Function: "information security", Roles: []wardbook.Role{wardbook.Analyst}},
		miriam: &Person{Name: "Miriam Okafor", Function: "medical director", Roles: []wardbook.Role{wardbook.Approver}},
		jon:    &Person{Name: "Jon Bell", Function: "head nurse, intensive care", Roles: []wardbook.Role{wardbook.Viewer}},
	}
}

func (s staff) all() []*Person { return []*Person{s.ingrid, s.ana, s.tomas, s.miriam, s.jon} }

// password makes one that can be typed: 80 bits at random.
func password() string {
	t := strings.ToLower(rand.Text())
	return t[:4] + "-" + t[4:8] + "-" + t[8:12] + "-" + t[12:16]
}

// open sets the installation up as its first operator does, and invites the
// others.
func (y *year) open() error {
	for _, p := range y.people.all() {
		p.Password = password()
		p.Email = strings.ToLower(strings.ReplaceAll(p.Name, " ", ".")) + "@st-example.example"
	}
	ingrid := y.people.ingrid
	link, err := app.SetupLink(y.ctx, y.store)
	if err != nil {
		return err
	}
	ingrid.id, err = app.Setup(y.ctx, y.store, link, app.First{Name: ingrid.Name, Email: ingrid.Email, Password: ingrid.Password, Organization: organization})
	if err != nil {
		return err
	}
	ids, _, err := y.store.Organizations(y.ctx)
	if err != nil {
		return err
	}
	y.org = ids[0]
	y.clock.pass(25)
	if err := y.sites(); err != nil {
		return err
	}
	for _, p := range y.people.all()[1:] {
		y.clock.pass(4)
		key, err := y.invite(p, p.Roles, p.Function)
		if err != nil {
			return err
		}
		y.clock.pass(1)
		if p.id, err = app.SetPassword(y.ctx, y.store, key, p.Password); err != nil {
			return err
		}
	}
	// Who sets it up begins as analyst too; the work is for those who were invited.
	y.clock.pass(10)
	_, err = y.invite(ingrid, ingrid.Roles, "the analysts are there now")
	return err
}

func (y *year) invite(p *Person, roles []wardbook.Role, reason string) (key string, err error) {
	return app.Invite(y.ctx, y.store, app.Invitation{Organization: y.org, Actor: y.people.ingrid.id, Reason: reason, Name: p.Name, Email: p.Email, Roles: roles})
}

// wards of the sample hospital, as its inventories name them.
var wards = []wardbook.Site{
	{Name: "Main Campus", Wards: []wardbook.Ward{
		{Name: "Intensive Care Unit", Kind: "intensive_care"}, {Name: "Cardiac Care Unit", Kind: "intensive_care"}, {Name: "Emergency Department", Kind: "emergency"},
		{Name: "Operating Rooms", Kind: "operating_theatre"}, {Name: "Recovery (PACU)"}, {Name: "Medical-Surgical 3 East"}, {Name: "Medical-Surgical 4 West"},
		{Name: "Dialysis"}, {Name: "Radiology"}, {Name: "Laboratory"}, {Name: "Pharmacy"}, {Name: "Neurology"}, {Name: "Cardiology Clinic"},
	}},
	{Name: "Riverside", Wards: []wardbook.Ward{
		{Name: "Riverside Emergency", Kind: "emergency"}, {Name: "Riverside Medical-Surgical"}, {Name: "Riverside Surgery", Kind: "operating_theatre"},
		{Name: "Riverside Imaging"}, {Name: "Rehabilitation"}, {Name: "Infusion Center"},
	}},
	{Name: "Women and Children", Wards: []wardbook.Ward{
		{Name: "Labor and Delivery"}, {Name: "Neonatal Intensive Care", Kind: "intensive_care"}, {Name: "Pediatric Intensive Care", Kind: "intensive_care"},
		{Name: "Pediatrics"}, {Name: "Mother-Baby Unit"}, {Name: "Women's Imaging"},
	}},
}

// sites writes the sites and wards into the record of the organization.
func (y *year) sites() error {
	ev := wardbook.Event{Actor: y.people.ingrid.id, Action: "organization.change", Target: "organization/" + y.org, Reason: "sites and care areas, from the telephone list"}
	return y.store.Update(y.ctx, y.org, ev, func(tx *store.Tx) error {
		o, err := store.Get[wardbook.Organization](tx, y.org)
		if err != nil {
			return err
		}
		o.Value.Kind, o.Value.Sites = wardbook.Hospital, wards
		_, err = tx.Put(y.org, o.Revision.Revision, o.Value)
		return err
	})
}
