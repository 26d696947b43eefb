package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/app"
	"github.com/wardbook/wardbook/internal/gather"
	"github.com/wardbook/wardbook/internal/store"
)

// bookFlags say which book a command is about.
type bookFlags struct {
	database, organization, key string
}

func (b *bookFlags) register(cmd *cobra.Command) {
	fs := cmd.Flags()
	fs.StringVar(&b.database, "database", "wardbook.db", "`DATABASE` of the book: a file, or postgres://…")
	fs.StringVar(&b.organization, "organization", "", "`NAME` of the organization (needed where there is more than one)")
	fs.StringVar(&b.key, "key", "", "`FILE` of the key that signs the checkpoints (default: beside the database file)")
}

// open opens the database; one that is not there is made only where make is
// true.
func (b *bookFlags) open(ctx context.Context, make bool, opts ...store.Option) (*store.Store, error) {
	if !make && !strings.Contains(b.database, "://") {
		if _, err := os.Stat(b.database); err != nil {
			return nil, failed("wardbook keep makes the book", fmt.Errorf("%s: %w", b.database, unwrapPath(err)))
		}
	}
	if b.key != "" {
		opts = append(opts, store.KeyFile(b.key))
	}
	opts = append(opts, store.Sealing(app.Sealing)) // who has subscribed is told of what a command does, too
	s, err := store.Open(ctx, b.database, opts...)
	return s, schemaHint(err)
}

// find returns the id of the organization.
func (b *bookFlags) find(ctx context.Context, s *store.Store) (string, error) {
	ids, names, err := s.Organizations(ctx)
	if err != nil {
		return "", err
	}
	for i, n := range names {
		if n == b.organization || b.organization == "" && len(names) == 1 {
			return ids[i], nil
		}
	}
	if b.organization == "" {
		return "", usagef("name one with --organization", "the book has %d organizations: %s", len(names), strings.Join(names, ", "))
	}
	return "", wardbook.ErrNotFound
}

// with opens a book that is there and calls fn with its organization.
func (b *bookFlags) with(ctx context.Context, fn func(s *store.Store, org string) error) error {
	s, err := b.open(ctx, false)
	if err != nil {
		return err
	}
	defer s.Close()
	org, err := b.find(ctx, s)
	if err != nil {
		return err
	}
	return fn(s, org)
}

func newKeep() *cobra.Command {
	var b bookFlags
	var out, by, reason string
	cmd := &cobra.Command{
		Use:   "keep",
		Short: "Keep an assessment in the book, with all that it was made from",
		Long: `keep writes the output folder of wardbook assess into the book: the inputs and
the reports as evidence, the devices, products and findings as facts that hold
from now on, and each risk and question as a record with a revision. What people
did with a risk stays: the new proposal then stands beside it. All of it is one
entry of an append-only log that is signed, so that wardbook verify finds
later whether anything was changed, removed or added.`,
		Example: "  wardbook keep --out answer --by \"Ana Ruiz\" --reason \"monthly assessment\" --organization \"St. Example Hospital\"",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if by == "" {
				return usagef("the book says who did what", "give --by with the name of who keeps it")
			}
			return keep(cmd.Context(), cmd.OutOrStdout(), b, out, by, reason)
		},
	}
	b.register(cmd)
	cmd.Flags().StringVar(&out, "out", "wardbook-out", "output folder `DIR` of wardbook assess")
	cmd.Flags().StringVar(&by, "by", "", "`NAME` of who keeps it")
	cmd.Flags().StringVar(&reason, "reason", "", "`TEXT`: why")
	return cmd
}

func keep(ctx context.Context, w io.Writer, b bookFlags, out, by, reason string) error {
	path := filepath.Join(out, "assessment.json")
	body, err := os.ReadFile(path)
	if err != nil {
		return failed("give the output folder of wardbook assess with --out; it must have been written with the format json", err)
	}
	a, err := gather.ReadAssessment(bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	s, err := b.open(ctx, true)
	if err != nil {
		return err
	}
	defer s.Close()
	org, err := b.find(ctx, s)
	if errors.Is(err, wardbook.ErrNotFound) {
		org = wardbook.NewID()
		err = s.CreateOrganization(ctx, org, wardbook.Event{Actor: by, Action: "organization.create", Reason: reason}, wardbook.Organization{Name: b.organization})
	}
	if err != nil {
		return err
	}
	sum := sha256.Sum256(body)
	digest := hex.EncodeToString(sum[:])
	k := keeping{w: w, a: a, out: out}
	err = s.Update(ctx, org, wardbook.Event{Actor: by, Action: "assessment.keep", Target: "assessment/" + digest, Reason: reason}, k.write)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "Kept: %s, %d devices (%d new, %d changed, %d gone), %d findings, %d risks (%d new, %d changed, %d gone).\n",
		countText(k.documents, "document"), len(a.Devices), len(k.devices.New)+len(k.devices.Back), len(k.devices.Changed), len(k.devices.Gone), len(a.Findings), len(a.Risks), len(k.assessed.Risks.New), len(k.assessed.Risks.Changed), len(k.assessed.Risks.Gone))
	return s.View(ctx, org, func(tx *store.Tx) error {
		c, err := tx.Checkpoint()
		if err == nil {
			fmt.Fprintf(w, "The checkpoint of the book; keep it elsewhere, for wardbook verify --checkpoint:\n%s", c)
		}
		return err
	})
}

// keeping writes one assessment into the book.
type keeping struct {
	w         io.Writer
	a         *wardbook.Assessment
	out       string
	documents int
	devices   *store.Changes
	assessed  *app.Assessed
}

func (k *keeping) write(tx *store.Tx) error {
	if err := k.evidence(tx); err != nil {
		return err
	}
	var err error
	k.devices, k.assessed, err = app.Keep(tx, k.a)
	return err
}

// evidence keeps what the assessment was made from and what it gave.
func (k *keeping) evidence(tx *store.Tx) error {
	names := map[string]string{}
	if index, err := os.ReadFile(filepath.Join(k.out, "evidence", evidenceIndex)); err == nil {
		for line := range strings.Lines(string(index)) {
			if digest, path, ok := strings.Cut(strings.TrimSpace(line), "  "); ok {
				names[digest] = path
			}
		}
	}
	dir := filepath.Join(k.out, "evidence")
	files, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, os.ErrNotExist):
		fmt.Fprintln(k.w, "The folder has no copies of the inputs: the assessment is kept, what it was made from is not.")
	case err != nil:
		return err
	}
	for _, f := range files {
		if !isDigest(f.Name()) {
			continue
		}
		if err := k.document(tx, filepath.Join(dir, f.Name()), names[f.Name()]); err != nil {
			return err
		}
	}
	// Only what assess writes: the folder may hold other things, the database
	// and its key among them.
	for _, name := range outputs {
		err := k.document(tx, filepath.Join(k.out, name), name)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

// outputs are the files that assess writes beside the evidence.
var outputs = []string{"assessment.json", "assessment.xlsx", "report.html", "report.pdf", "answers.yaml", "columns.yaml"}

// isDigest reports whether a file of the evidence is named by a SHA-256.
func isDigest(name string) bool {
	b, err := hex.DecodeString(name)
	return err == nil && len(b) == sha256.Size
}

func (k *keeping) document(tx *store.Tx, path, name string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if name == "" {
		name = filepath.Base(path)
	}
	k.documents++
	_, err = tx.AddEvidence(wardbook.Evidence{Name: name}, f)
	return err
}

func newVerify() *cobra.Command {
	var b bookFlags
	var checkpoint string
	var trusted []string
	cmd := &cobra.Command{
		Use:   "verify [FILE]",
		Short: "Check a book: that nothing in it was changed, removed, reordered or added",
		Long: `verify checks the book in a database, or with FILE one that wardbook export
wrote, without the database. It names the first entries that do not fit.

The cutting off of the newest entries, or an old copy put back, can only be
seen with a checkpoint that was kept elsewhere: give it with --checkpoint.

Exit codes: 0 the book is whole, 1 failed, 2 wrong usage, 3 it is not.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o := store.VerifyOptions{Verifiers: trusted}
			if checkpoint != "" {
				c, err := os.ReadFile(checkpoint)
				if err != nil {
					return err
				}
				o.Checkpoint = string(c)
			}
			v, err := verify(cmd.Context(), b, args, o)
			if err != nil {
				return err
			}
			return tellVerification(cmd.OutOrStdout(), v)
		},
	}
	b.register(cmd)
	cmd.Flags().StringVar(&checkpoint, "checkpoint", "", "`FILE` with a checkpoint that was kept elsewhere")
	cmd.Flags().StringArrayVar(&trusted, "trust", nil, "public `KEY` that is trusted, in the encoding of sumdb/note")
	return cmd
}

func verify(ctx context.Context, b bookFlags, args []string, o store.VerifyOptions) (*store.Verification, error) {
	if len(args) == 1 {
		f, err := os.Open(args[0])
		if err != nil {
			return nil, err
		}
		defer f.Close()
		return store.VerifyExport(f, o)
	}
	var v *store.Verification
	err := b.with(ctx, func(s *store.Store, org string) (err error) {
		v, err = s.Verify(ctx, org, o)
		return err
	})
	return v, err
}

func tellVerification(w io.Writer, v *store.Verification) error {
	fmt.Fprintf(w, "Book of organization %s: %d entries, %d revisions, %d documents, %d facts.\n", v.Organization, v.Entries, v.Revisions, v.Evidence, v.Facts)
	fmt.Fprintf(w, "Root of the log: %s, signed by %s\n", v.Root, v.Key)
	for _, n := range v.Notes {
		paragraph(w, "note: ", n)
	}
	if v.OK() {
		fmt.Fprintln(w, "The book is whole.")
		return nil
	}
	for _, p := range v.Problems {
		paragraph(w, "  - ", p.String())
	}
	return &toldError{fmt.Errorf("the book is not whole: %s", countText(len(v.Problems), "fault")), exitGate, "the first fault is the one to look at: later ones can follow from it"}
}

func newExport() *cobra.Command {
	var b bookFlags
	var to string
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Write a whole book to a file that wardbook verify checks without the database",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			err := b.with(cmd.Context(), func(s *store.Store, org string) error {
				return writeFile(to, func(w io.Writer) error { return s.Export(cmd.Context(), org, w) })
			})
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "Written: %s\n", to)
			return nil
		},
	}
	b.register(cmd)
	cmd.Flags().StringVar(&to, "to", "book.jsonl", "`FILE` to write")
	return cmd
}

func newLog() *cobra.Command {
	var b bookFlags
	var n int
	cmd := &cobra.Command{
		Use:   "log",
		Short: "Print the newest entries of the book: who did what, when and why",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return b.with(cmd.Context(), func(s *store.Store, org string) error {
				return s.View(cmd.Context(), org, func(tx *store.Tx) error {
					entries, err := tx.Entries(store.EntryFilter{Limit: n})
					if err != nil {
						return err
					}
					for _, e := range entries {
						fmt.Fprintf(cmd.OutOrStdout(), "%6d  %s  %s  %s %s%s\n", e.Position, e.Time.UTC().Format("2006-01-02 15:04:05"), e.Event.Actor, e.Event.Action, e.Event.Target, reasonText(e.Event.Reason))
					}
					return nil
				})
			})
		},
	}
	b.register(cmd)
	cmd.Flags().IntVarP(&n, "number", "n", 20, "how many")
	return cmd
}

func reasonText(s string) string {
	if s == "" {
		return ""
	}
	return ": " + s
}
