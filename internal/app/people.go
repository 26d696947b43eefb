package app

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/store"
)

// SetupFor and InviteFor are how long their links work.
const (
	SetupFor  = 24 * time.Hour
	InviteFor = 7 * 24 * time.Hour
)

// SetupLink makes the secret of the link that makes the first operator. An
// older one stops working.
func SetupLink(ctx context.Context, s *store.Store) (key string, err error) {
	ev := wardbook.Event{Actor: "system", Action: "setup.link", Reason: "nobody can run the installation yet"}
	err = s.Update(ctx, store.System, ev, func(tx *store.Tx) error {
		key, err = tx.CreateLink(store.SetupLink, "", SetupFor)
		return err
	})
	return key, err
}

// First is who runs the installation first. Organization is the name of the
// organization to make; it is not used where there is one already.
type First struct {
	Name, Email, Password, Organization string
}

// Setup uses the set-up link up and makes the first operator, who becomes
// analyst and administrator of every organization of the installation: somebody
// has to begin with the work. Accepting risks is for somebody else. Each of its writes
// is in another book, so the password comes last and with it the end of the
// link: a set-up that was cut off can be done again, with the same link or a
// new one, and takes up what is there.
func Setup(ctx context.Context, s *store.Store, key string, f First) (user string, err error) {
	u := wardbook.User{Name: strings.TrimSpace(f.Name), Email: strings.TrimSpace(f.Email), Operator: true}
	if err := u.Validate(); err != nil {
		return "", err
	}
	ids, _, err := s.Organizations(ctx)
	if err != nil {
		return "", err
	}
	first := wardbook.Organization{Name: strings.TrimSpace(f.Organization)}
	if len(ids) == 0 {
		if err := first.Validate(); err != nil {
			return "", err
		}
	}
	if _, err := s.CheckLink(ctx, store.SetupLink, key); err != nil {
		return "", err
	}
	hash, err := s.HashPassword(ctx, f.Password)
	if err != nil {
		return "", err
	}
	if user, err = firstOperator(ctx, s, u); err != nil {
		return "", err
	}
	if len(ids) == 0 {
		ids = []string{wardbook.NewID()}
		ev := wardbook.Event{Actor: user, Action: "organization.create", Reason: "first start"}
		if err := s.CreateOrganization(ctx, ids[0], ev, first); err != nil {
			return "", err
		}
	}
	for _, org := range ids {
		if err := setRoles(ctx, s, org, user, wardbook.Membership{User: user, Name: u.Name, Roles: []wardbook.Role{wardbook.Analyst, wardbook.Administrator}}, "first start"); err != nil {
			return "", err
		}
	}
	ev := wardbook.Event{Actor: user, Action: "user.setup", Target: "user/" + user, Reason: "first start"}
	err = s.Update(ctx, store.System, ev, func(tx *store.Tx) error {
		if _, err := tx.UseLink(store.SetupLink, key); err != nil {
			return err
		}
		// Again, so that name and password are of the same person when two
		// browsers use the link at once.
		if _, err := tx.Put(user, store.AnyRevision, u); err != nil {
			return err
		}
		return tx.SetPassword(user, hash)
	})
	return user, err
}

// firstOperator writes the user who will be the first operator and returns the
// id: while nobody can run the installation, that of the operator whom a set-up
// that was cut off left.
func firstOperator(ctx context.Context, s *store.Store, u wardbook.User) (user string, err error) {
	need, err := s.NeedsSetup(ctx)
	if err != nil {
		return "", err
	}
	user = wardbook.NewID()
	err = s.View(ctx, store.System, func(tx *store.Tx) error {
		for o := (store.ListOptions{Limit: 1000}); need; {
			page, err := store.List[wardbook.User](tx, o)
			if err != nil {
				return err
			}
			for _, old := range page.Items {
				if old.Value.Operator && !old.Value.Disabled {
					user = old.Revision.ID
					return nil
				}
			}
			if o.After = page.Next; o.After == "" {
				break
			}
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	ev := wardbook.Event{Actor: user, Action: "user.create", Target: "user/" + user, Reason: "first start"}
	return user, s.Update(ctx, store.System, ev, func(tx *store.Tx) error {
		_, err := tx.Put(user, store.AnyRevision, u)
		return err
	})
}

// setRoles writes a membership in the name of actor.
func setRoles(ctx context.Context, s *store.Store, org, actor string, m wardbook.Membership, reason string) error {
	ev := wardbook.Event{Actor: actor, Action: "membership.set", Target: "membership/" + m.User, Reason: reason}
	return s.Update(ctx, org, ev, func(tx *store.Tx) error {
		old, err := tx.Revision(m.RecordKind(), m.User)
		if err != nil && !errors.Is(err, wardbook.ErrNotFound) {
			return err
		}
		_, err = tx.Put(m.User, old.Revision, m)
		return err
	})
}

// An Invitation asks a person into an organization.
type Invitation struct {
	Organization, Actor, Reason string
	Name, Email                 string
	Roles                       []wardbook.Role
}

// Invite makes a person a member. Somebody new gets a user and the secret of a
// link with which they choose a password; who has a user already keeps it, and
// the secret is empty. Who has never chosen a password gets a new link when they
// are invited again: user and membership are in two books, and what was cut off
// between them, or a link that was lost, is mended so. Who belongs to another
// organization too does not: the link would open that one as well.
func Invite(ctx context.Context, s *store.Store, in Invitation) (key string, err error) {
	u := wardbook.User{Name: strings.TrimSpace(in.Name), Email: strings.TrimSpace(in.Email)}
	m := wardbook.Membership{User: wardbook.NewID(), Name: u.Name, Roles: in.Roles}
	var ps wardbook.Problems
	for _, err := range []error{u.Validate(), m.Validate()} {
		var invalid *wardbook.Invalid
		if errors.As(err, &invalid) {
			ps = append(ps, invalid.Problems...)
		}
	}
	if len(in.Roles) == 0 {
		ps.Add("roles", "none is chosen")
	}
	if err := ps.Err(); err != nil {
		return "", err
	}
	ev := wardbook.Event{Actor: in.Actor, Action: "user.invite", Target: "user/" + m.User, Reason: in.Reason}
	err = s.Update(ctx, store.System, ev, func(tx *store.Tx) error {
		old, err := tx.ByKey(u.RecordKind(), u.RecordKey())
		if err == nil {
			m.User, m.Name = old.ID, old.Title
			if m.User == in.Actor && !m.Has(wardbook.Administrator) {
				ps.Add("roles", "somebody has to stay administrator: another administrator can change yours")
				return ps.Err()
			}
			return errKnown
		}
		if !errors.Is(err, wardbook.ErrNotFound) {
			return err
		}
		if _, err := tx.Put(m.User, 0, u); err != nil {
			return err
		}
		key, err = tx.CreateLink(store.ResetLink, m.User, InviteFor)
		return err
	})
	if err != nil && !errors.Is(err, errKnown) {
		return "", err
	}
	if err := setRoles(ctx, s, in.Organization, in.Actor, m, in.Reason); err != nil || key != "" {
		return key, err
	}
	return inviteAgain(ctx, s, m.User, in)
}

// inviteAgain makes a new link for who has no password and belongs to no other
// organization; the secret is empty for others.
func inviteAgain(ctx context.Context, s *store.Store, user string, in Invitation) (key string, err error) {
	has, err := s.HasPassword(ctx, user)
	if err != nil || has {
		return "", err
	}
	seats, err := s.Seats(ctx, user)
	if err != nil {
		return "", err
	}
	for _, seat := range seats {
		if seat.Organization != in.Organization {
			return "", nil
		}
	}
	ev := wardbook.Event{Actor: in.Actor, Action: "user.invite", Target: "user/" + user, Reason: in.Reason}
	err = s.Update(ctx, store.System, ev, func(tx *store.Tx) error {
		u, err := store.Get[wardbook.User](tx, user)
		if err != nil {
			return err
		}
		if u.Value.Operator || u.Value.Disabled {
			return errKnown
		}
		key, err = tx.CreateLink(store.ResetLink, user, InviteFor)
		return err
	})
	if errors.Is(err, errKnown) {
		err = nil
	}
	return key, err
}

// errKnown ends an Update without an entry: there was nothing to write.
var errKnown = errors.New("the user is there already")

// SetPassword uses up the link of an invitation and gives its user a password.
func SetPassword(ctx context.Context, s *store.Store, key, password string) (user string, err error) {
	if user, err = s.CheckLink(ctx, store.ResetLink, key); err != nil {
		return "", err
	}
	hash, err := s.HashPassword(ctx, password)
	if err != nil {
		return "", err
	}
	ev := wardbook.Event{Actor: user, Action: "user.password", Target: "user/" + user}
	err = s.Update(ctx, store.System, ev, func(tx *store.Tx) error {
		if _, err := tx.UseLink(store.ResetLink, key); err != nil {
			return err
		}
		return tx.SetPassword(user, hash)
	})
	return user, err
}
