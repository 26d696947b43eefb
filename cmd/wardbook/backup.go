package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/store"
)

func newBackup() *cobra.Command {
	var b bookFlags
	var to string
	var withKey bool
	cmd := &cobra.Command{
		Use:   "backup",
		Short: "Write all organizations to a folder, from one moment, while the server runs",
		Long: `backup writes the database to a folder: all organizations with their books and
documents, users, the hashes of passwords and tokens, and jobs. Others go on
reading and writing; what is written is from one moment. The database is not
changed, nor migrated: run it before an upgrade, with either version.

Of an SQLite database the folder has a copy, of PostgreSQL a dump in a form of
its own, and a manifest with the digest of each file and the checkpoint of each
book. wardbook restore brings either into either.

The key that signs the book is not in it: keep a copy of its file in another
safe place. Without the key the book can be read but never be continued.`,
		Example: "  wardbook backup --to /backup/wardbook-2026-03-01",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if to == "" {
				to = "wardbook-backup-" + time.Now().UTC().Format("20060102T150405Z")
			}
			o := store.BackupOptions{Program: version()}
			if withKey {
				if o.KeyFile = b.key; o.KeyFile == "" {
					o.KeyFile = b.database + ".key"
				}
			}
			return backup(cmd.Context(), cmd.OutOrStdout(), b.database, to, o)
		},
	}
	fs := cmd.Flags()
	fs.StringVar(&b.database, "database", "wardbook.db", "`DATABASE` of the book: a file, or postgres://…")
	fs.StringVar(&b.key, "key", "", "`FILE` of the key that signs the checkpoints, for --signing-key-in-clear (default: beside the database file)")
	fs.StringVar(&to, "to", "", "`DIR` to make (default: wardbook-backup- and the time)")
	fs.BoolVar(&withKey, "signing-key-in-clear", false, "put the key that signs the book into the backup as well, not encrypted: whoever reads the backup can then sign a forged book")
	return cmd
}

func backup(ctx context.Context, w io.Writer, database, to string, o store.BackupOptions) error {
	if err := isThere(database); err != nil {
		return err
	}
	m, err := store.Backup(ctx, database, to, o)
	if errors.Is(err, os.ErrExist) {
		return failed("a backup is written to a folder of its own: name one that is not there", err)
	}
	if err != nil {
		return schemaHint(err)
	}
	var size int64
	for _, f := range m.Files {
		size += f.Size
	}
	fmt.Fprintf(w, "Written: %s, %s, %.1f MB.\n", to, countText(len(m.Books)-1, "organization"), float64(size)/1e6)
	if o.KeyFile == "" {
		fmt.Fprintf(w, "The key that signs the book is not in it. Keep its file elsewhere too; its public part is\n%s\n", m.Key)
	} else {
		fmt.Fprintln(w, "THE KEY THAT SIGNS THE BOOK IS IN IT, not encrypted: keep this backup as you keep the key.")
	}
	return nil
}

// isThere reports a database file that is not there.
func isThere(database string) error {
	if strings.Contains(database, "://") {
		return nil
	}
	if _, err := os.Stat(database); err != nil {
		return failed("wardbook serve and wardbook keep make a database", fmt.Errorf("%s: %w", database, unwrapPath(err)))
	}
	return nil
}

func newRestore() *cobra.Command {
	var b bookFlags
	cmd := &cobra.Command{
		Use:   "restore DIR",
		Short: "Bring a backup into an empty database and verify every book",
		Long: `restore brings the folder that wardbook backup wrote into a database that is
empty or not there, an SQLite file or PostgreSQL whatever the backup was made
from; so it also moves an installation from one to the other. The files are held
against their digests first. Afterwards every book is verified, up to the
checkpoint that the backup was made with, and the book of the installation says
that it was restored.

Sessions do not come back: everybody signs in again. Jobs that waited when the
backup was made wait again. What was written after the backup is lost: give
wardbook verify a later checkpoint to see that.

The key that signs the book has to lie at --key, unless the backup holds it.

Exit codes: 0 all books are whole, 1 failed and nothing was brought back, 2
wrong usage, 3 brought back, but a book is not whole.`,
		Example: "  wardbook restore /backup/wardbook-2026-03-01 --database postgres://wardbook@db/wardbook --key /etc/wardbook/key",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return restore(cmd.Context(), cmd.OutOrStdout(), b, args[0])
		},
	}
	fs := cmd.Flags()
	fs.StringVar(&b.database, "database", "wardbook.db", "`DATABASE` to fill: a file that is not there, or postgres://… without tables")
	fs.StringVar(&b.key, "key", "", "`FILE` of the key that signs the checkpoints (default: beside the database file)")
	return cmd
}

func restore(ctx context.Context, w io.Writer, b bookFlags, dir string) error {
	if i, err := os.Stat(dir); err != nil {
		return err
	} else if !i.IsDir() {
		return failed("an exported book is for wardbook verify: it has no users and no settings of the installation", fmt.Errorf("%s is no backup: wardbook backup writes a folder", dir))
	}
	var opts []store.Option
	if b.key != "" {
		opts = append(opts, store.KeyFile(b.key))
	}
	m, err := store.Restore(ctx, dir, b.database, opts...)
	if errors.Is(err, store.ErrNotEmpty) {
		return failed("nothing was changed: name a file that is not there, or an empty PostgreSQL database", err)
	}
	if err != nil {
		return schemaHint(err)
	}
	fmt.Fprintf(w, "Brought back: the backup of %s, made by wardbook %s from %s.\n", m.Made.Format(time.RFC3339), m.Program, m.Engine)
	s, err := b.open(ctx, false)
	if err != nil {
		return err
	}
	defer s.Close()
	return verifyBackup(ctx, w, s, m)
}

// verifyBackup verifies all books and, when they are whole, writes down that
// they were brought back.
func verifyBackup(ctx context.Context, w io.Writer, s *store.Store, m *store.Manifest) error {
	faults := 0
	for _, book := range m.Books {
		v, err := s.Verify(ctx, book.Organization, store.VerifyOptions{Checkpoint: book.Checkpoint})
		if err != nil {
			return err
		}
		state := "whole"
		if !v.OK() {
			state = "NOT WHOLE"
		}
		fmt.Fprintf(w, "  %s: %d entries, %d documents: %s\n", book.Name, v.Entries, v.Evidence, state)
		for _, p := range v.Problems {
			paragraph(w, "    - ", p.String())
		}
		faults += len(v.Problems)
	}
	if faults > 0 {
		err := fmt.Errorf("what was backed up is not whole: %s", countText(faults, "fault"))
		return &toldError{err, exitGate, "the database holds what the backup held; the first fault of a book is the one to look at"}
	}
	ev := wardbook.Event{Actor: "system", Action: "installation.restore", Reason: "backup of " + m.Made.Format(time.RFC3339)}
	if err := s.Update(ctx, store.System, ev, func(*store.Tx) error { return nil }); err != nil {
		return err
	}
	fmt.Fprintln(w, "All books are whole. Everybody signs in again.")
	return nil
}
