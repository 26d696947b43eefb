package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/wardbook/wardbook/internal/store"
)

func newMigrate() *cobra.Command {
	var database string
	var check bool
	cmd := &cobra.Command{
		Use:   "migrate",
		Short: "Bring a database to the shape that this version of the program knows",
		Long: `migrate says which shape the database has and which this program knows, and
brings it to that shape. All commands do the same when they open a database; this
one does it alone, for an upgrade in steps. There is no way back but a backup:
make one first, with wardbook backup.

With --check nothing is changed.

Exit codes: 0 the shape is right, 1 failed, 2 wrong usage, 3 with --check: it is
not.`,
		Example: "  wardbook migrate --check --database postgres://wardbook@db/wardbook",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return migrate(cmd.Context(), cmd.OutOrStdout(), database, check)
		},
	}
	cmd.Flags().StringVar(&database, "database", "wardbook.db", "`DATABASE` of the book: a file, or postgres://…")
	cmd.Flags().BoolVar(&check, "check", false, "say what would be done and change nothing")
	return cmd
}

func migrate(ctx context.Context, w io.Writer, database string, check bool) error {
	if err := isThere(database); err != nil {
		return err
	}
	state, err := store.ReadSchema(ctx, database)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "The database has shape %d, this program knows shape %d.\n", state.Database, state.Program)
	switch {
	case state.Database > state.Program:
		return schemaHint(store.ErrNewer)
	case state.Database == state.Program:
		fmt.Fprintln(w, "Nothing is to be done.")
		return nil
	case check:
		err := fmt.Errorf("%s to be made", countText(int(state.Program-state.Database), "migration"))
		return &toldError{err, exitGate, "wardbook backup first, then wardbook migrate"}
	}
	if err := store.Migrate(ctx, database); err != nil {
		return schemaHint(err)
	}
	fmt.Fprintf(w, "The database has shape %d now.\n", state.Program)
	return nil
}

// schemaHint says what to do about a database that has another shape.
func schemaHint(err error) error {
	switch {
	case errors.Is(err, store.ErrNewer):
		return failed("nothing was changed: a newer version of Wardbook has upgraded this database; use that version, or bring the backup that was made before the upgrade into an empty database with wardbook restore", err)
	case errors.Is(err, store.ErrMigration):
		return failed("the steps before it were kept, and the database holds all that it held: mend the cause and start again, or use the version before with the backup that was made before the upgrade", err)
	}
	return err
}
