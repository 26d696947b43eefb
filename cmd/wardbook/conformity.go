package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/cobra"

	"github.com/wardbook/wardbook/catalog"
	"github.com/wardbook/wardbook/internal/app"
	"github.com/wardbook/wardbook/internal/conform"
	"github.com/wardbook/wardbook/internal/store"
)

// conformityFlags say what is asked of which book.
type conformityFlags struct {
	bookFlags
	at, format, out string
	noVerify        bool
}

func newConformity() *cobra.Command {
	var f conformityFlags
	cmd := &cobra.Command{
		Use:   "conformity STANDARD",
		Short: "Tell from the records of a book how far a standard is met",
		Long: `conformity asks the checks of a standard of all records of a book. STANDARD is
the id of one that comes with the program (iec-80001-1), or a YAML file of your
own (see wardbook catalog lint).

A statement passes, fails with the records that fail, is not applicable with a
reason and who approved it, or has no evidence. No evidence is never a pass. It
is evidence against our reading of a standard, and no certificate.

Exit codes: 0 no requirement fails, 1 failed, 2 wrong usage, 3 a requirement
fails.`,
		Example: "  wardbook conformity iec-80001-1 --at 2026-09-30 --format json --out conformity.json",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.run(cmd.Context(), cmd.OutOrStdout(), args[0])
		},
	}
	f.register(cmd)
	cmd.Flags().StringVar(&f.at, "at", "", "`DATE` whose end is asked about, such as 2026-09-30 (default: now)")
	cmd.Flags().StringVar(&f.format, "format", "table", "`FORMAT`: table, json or xlsx")
	cmd.Flags().StringVar(&f.out, "out", "", "`FILE` to write (default: standard output; xlsx needs one)")
	cmd.Flags().BoolVar(&f.noVerify, "no-verify", false, "do not verify the book, which reads all of it; what rests on that has no evidence then")
	return cmd
}

func (f *conformityFlags) run(ctx context.Context, w io.Writer, name string) error {
	write, ok := map[string]func(io.Writer, *conform.Report) error{"table": conformityTable, "json": conformityJSON, "xlsx": conformityXLSX}[f.format]
	if !ok {
		return usagef("the formats are table, json and xlsx", "unknown format %q", f.format)
	}
	if f.format == "xlsx" && f.out == "" {
		return usagef("name the file to write with --out", "xlsx is not for a terminal")
	}
	checks, err := standardChecks(name)
	if err != nil {
		return err
	}
	r, err := f.report(ctx, checks)
	if err != nil {
		return err
	}
	if f.out == "" {
		err = write(w, r)
	} else if err = writeFile(f.out, func(w io.Writer) error { return write(w, r) }); err == nil {
		fmt.Fprintf(w, "Written: %s\n", f.out)
	}
	if err != nil {
		return err
	}
	if n := r.Counts(catalog.Requirement)[conform.Fail]; n > 0 {
		return &toldError{fmt.Errorf("%s of %s not met", countText(n, "requirement"), r.Standard.ID), exitGate, "each names the shortest way to mend it"}
	}
	return nil
}

// standardChecks finds a standard of the program by its id, or reads a file.
func standardChecks(name string) (*conform.Checks, error) {
	all, err := catalog.Standards()
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, s := range all {
		if s.ID == name {
			return conform.Compile(s)
		}
		ids = append(ids, s.ID)
	}
	if !strings.ContainsAny(name, "./\\") {
		return nil, usagef("there are: "+strings.Join(ids, ", ")+"; a file of your own ends with .yaml", "there is no standard %q", name)
	}
	return readChecks(name)
}

// report asks the checks of the book.
func (f *conformityFlags) report(ctx context.Context, checks *conform.Checks) (r *conform.Report, err error) {
	now := time.Now()
	at := now
	if f.at != "" {
		day, err := time.Parse(time.DateOnly, f.at)
		if err != nil {
			return nil, usagef("write a date such as 2026-09-30", "--at: %q is no date", f.at)
		}
		at = day.AddDate(0, 0, 1).Add(-time.Microsecond)
	}
	err = f.with(ctx, func(s *store.Store, org string) error {
		var book *conform.Book
		if !f.noVerify {
			v, err := s.Verify(ctx, org, store.VerifyOptions{})
			if err != nil {
				return err
			}
			book = &conform.Book{Entries: int(v.Entries)}
			for _, p := range v.Problems {
				book.Faults = append(book.Faults, p.String())
			}
		}
		return s.View(ctx, org, func(tx *store.Tx) error {
			if at.Before(now) {
				if tx, err = tx.AsOfTime(at); err != nil {
					return err
				}
			}
			file, err := app.ConformityFile(tx, at.Format(time.DateOnly))
			if err != nil {
				return err
			}
			if book != nil {
				if err := file.Put(conform.Subject{Kind: "book", ID: "book", Title: "the book"}, *book); err != nil {
					return err
				}
			}
			r, err = checks.Run(ctx, file)
			return err
		})
	})
	return r, err
}

// conformityTable is for people at a terminal.
func conformityTable(w io.Writer, r *conform.Report) error {
	fmt.Fprintf(w, "%s:%s as of %s. Evidence against our reading; no certificate.\n\n", r.Standard.ID, r.Standard.Edition, r.Today)
	for i := range r.Results {
		x := &r.Results[i]
		fmt.Fprintf(w, "%-18s %-14s %s\n", x.Statement.ID, x.Means, x.Statement.Says)
		for _, f := range x.Failing[:min(len(x.Failing), 5)] {
			fmt.Fprintf(w, "%34s- %s\n", "", cmp.Or(strings.TrimSpace(f.Short+" "+f.Title), f.ID, f.Kind)+reasonText(f.Why))
		}
		if n := len(x.Failing); n > 5 {
			fmt.Fprintf(w, "%34s- and %d more of %d asked\n", "", n-5, x.Asked)
		}
		if x.Outcome == conform.Fail {
			fmt.Fprintf(w, "%34s> %s\n", "", x.Fix)
		}
		if x.Outcome == conform.NotApplicable {
			fmt.Fprintf(w, "%34s%s (approved by %s)\n", "", x.Reason, x.Approver)
		}
	}
	fmt.Fprintln(w)
	for _, k := range catalog.StatementKinds {
		n := r.Counts(k)
		if total := n[conform.Pass] + n[conform.Fail] + n[conform.NotApplicable] + n[conform.NoEvidence]; total > 0 {
			fmt.Fprintf(w, "%s: %d with evidence, %d not met, %d without evidence, %d not applicable\n", countText(total, kindWords[k]), n[conform.Pass], n[conform.Fail], n[conform.NoEvidence], n[conform.NotApplicable])
		}
	}
	return nil
}

// kindWords are what statements of a kind are called.
var kindWords = map[catalog.StatementKind]string{
	catalog.Requirement: "requirement", catalog.Principle: "principle", catalog.Informative: "informative statement",
}

// conformityJSON is for programs.
func conformityJSON(w io.Writer, r *conform.Report) error {
	return json.MarshalWrite(w, struct {
		Standard string           `json:"standard"`
		Edition  string           `json:"edition"`
		Note     string           `json:"note"`
		At       string           `json:"at"`
		Results  []conform.Result `json:"results"`
	}{r.Standard.ID, r.Standard.Edition, r.Standard.Note, r.Today, r.Results}, jsontext.WithIndent(" "), json.Deterministic(true))
}

// failingText lists failing records in a cell.
func failingText(fs []conform.Failure) string {
	var out []string
	for _, f := range fs[:min(len(fs), 50)] {
		out = append(out, cmp.Or(f.Short, f.ID, f.Kind))
	}
	if n := len(fs); n > 50 {
		out = append(out, fmt.Sprintf("and %d more", n-50))
	}
	return strings.Join(slices.Compact(out), ", ")
}
