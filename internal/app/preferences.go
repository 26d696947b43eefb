package app

import (
	"context"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/store"
)

// Preferences are how a person wants to read the pages.
type Preferences struct {
	TimeZone string // IANA name; empty: UTC
	Locale   string // BCP 47, for numbers; empty: en
	Theme    string // wardbook.ThemeLight or ThemeDark; empty: as the computer has it
	NoKeys   bool   // single keys do nothing
}

// SetPreferences writes the preferences of a user, who does it.
func SetPreferences(ctx context.Context, s *store.Store, user string, p Preferences) error {
	ev := wardbook.Event{Actor: user, Action: "user.preferences", Target: "user/" + user}
	return s.Update(ctx, store.System, ev, func(tx *store.Tx) error {
		u, err := store.Get[wardbook.User](tx, user)
		if err != nil {
			return err
		}
		u.Value.TimeZone, u.Value.Locale, u.Value.Theme, u.Value.NoKeys = p.TimeZone, p.Locale, p.Theme, p.NoKeys
		if err := u.Value.Validate(); err != nil {
			return err
		}
		_, err = tx.Put(user, u.Revision.Revision, u.Value)
		return err
	})
}
