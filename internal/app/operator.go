package app

import (
	"context"
	"errors"
	"strings"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/store"
)

// mayOperate refuses who does not run the installation. It is asked in the
// transaction that writes the book of the installation.
func mayOperate(tx *store.Tx, user string) error {
	u, err := store.Get[wardbook.User](tx, user)
	if err != nil && !errors.Is(err, wardbook.ErrNotFound) {
		return err
	}
	if err != nil || !u.Value.Operator || u.Value.Disabled {
		return &Refused{Why: "only an operator of the installation may do this", Role: true}
	}
	return nil
}

// mayAdminister refuses who is no administrator of the organization of tx.
func mayAdminister(tx *store.Tx, user string) error {
	m, err := store.Get[wardbook.Membership](tx, user)
	if err != nil && !errors.Is(err, wardbook.ErrNotFound) {
		return err
	}
	if err != nil || !m.Value.Has(wardbook.Administrator) {
		return &Refused{Why: "only an administrator of the organization may do this", Role: true}
	}
	return nil
}

// operate writes in the book of the installation, in the name of an operator.
func operate(ctx context.Context, s *store.Store, ev wardbook.Event, fn func(*store.Tx) error) error {
	return s.Update(ctx, store.System, ev, func(tx *store.Tx) error {
		if err := mayOperate(tx, ev.Actor); err != nil {
			return err
		}
		return fn(tx)
	})
}

// needReason is the fault of a step that says why; nil where it does.
func needReason(reason string) error {
	var ps wardbook.Problems
	if strings.TrimSpace(reason) == "" {
		ps.Add("reason", "say why: the book keeps it")
	}
	return ps.Err()
}
