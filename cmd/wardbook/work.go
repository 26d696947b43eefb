package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/app"
	"github.com/wardbook/wardbook/internal/store"
	"github.com/wardbook/wardbook/internal/worklist"
)

func newWork() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "work",
		Short: "The work lists of a book: make, export, import",
		Long: `work puts the devices of a risk on the work lists of their wards, exports the work list of a ward as a workbook, in which state, note and date
can be filled in, and imports it again.`,
	}
	cmd.AddCommand(newWorkMake(), newWorkExport(), newWorkImport())
	return cmd
}

func newWorkMake() *cobra.Command {
	var f riskFlags
	var p app.WorkPlan
	cmd := &cobra.Command{
		Use:     "make RISK",
		Short:   "Put the devices of a risk on the work lists of their wards",
		Example: `  wardbook work make RSK-0001 --action "Update to 2.0" --due 2026-04-01 --by ana@example.org`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.one(cmd.Context(), args[0], func(s *store.Store, e app.Edit) error {
				if p.Owner != "" {
					id, _, err := member(cmd.Context(), s, e.Organization, p.Owner)
					if err != nil {
						return err
					}
					p.Owner = id
				}
				made, err := app.MakeWork(cmd.Context(), s, e, p)
				if err != nil {
					return refused(err)
				}
				fmt.Fprintf(cmd.OutOrStdout(), "%s on the work lists, %s.\n", countText(made.Devices, "device"), countText(made.Lines, "new line"))
				return nil
			})
		},
	}
	f.register(cmd)
	cmd.Flags().StringVar(&p.Action, "action", "", "`TEXT`: what is to be done")
	cmd.Flags().StringVar(&p.Owner, "owner", "", "`MAIL` address or name of the member who does it")
	cmd.Flags().StringVar(&p.Due, "due", "", "`DATE` by which it is done")
	return cmd
}

func newWorkExport() *cobra.Command {
	var b bookFlags
	var ward, out string
	cmd := &cobra.Command{
		Use:     "export",
		Short:   "Write the work list of a ward, or of all wards, as XLSX",
		Example: `  wardbook work export --ward "North / ICU" --out icu.xlsx`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return b.with(cmd.Context(), func(s *store.Store, org string) error {
				var l *worklist.List
				err := s.View(cmd.Context(), org, func(tx *store.Tx) (err error) {
					l, err = readWorkList(tx, ward)
					return err
				})
				if err != nil {
					return err
				}
				if err := writeFile(out, func(w io.Writer) error { return worklist.Write(w, l) }); err != nil {
					return err
				}
				fmt.Fprintf(cmd.OutOrStdout(), "Written: %s, %s.\n", out, countText(len(l.Rows), "device"))
				return nil
			})
		},
	}
	b.register(cmd)
	cmd.Flags().StringVar(&ward, "ward", "", "`WARD` as \"Site / Location\"; empty: all")
	cmd.Flags().StringVar(&out, "out", "work.xlsx", "`FILE` to write")
	return cmd
}

func readWorkList(tx *store.Tx, ward string) (*worklist.List, error) {
	var lines []store.Stored[wardbook.Work]
	o := store.ListOptions{Limit: 1000}
	for {
		page, err := store.List[wardbook.Work](tx, o)
		if err != nil {
			return nil, err
		}
		for _, w := range page.Items {
			if ward == "" || w.Value.Ward() == ward {
				lines = append(lines, w)
			}
		}
		if o.After = page.Next; page.Next == "" {
			break
		}
	}
	if len(lines) == 0 {
		return nil, failed("work is made on the page of a risk", errors.New("nothing is on the work list"))
	}
	return app.WorkList(tx, lines)
}

func newWorkImport() *cobra.Command {
	var f riskFlags
	var apply, take bool
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "Say what a filled in work list changes and, with --apply, change it",
		Long: `import reads a work list that was exported and filled in, keeps the file in the
book, and says row by row what it changes: each row is held against what it was
made from and what stands now. Where both differ the book stays, unless
--take-file says that the file counts. Nothing is changed without --apply.`,
		Example: `  wardbook work import icu.xlsx --by ana@example.org --apply --reason "round of the ward"`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.by == "" {
				return usagef("give --by with a mail address or name", "the book says who did what")
			}
			b, err := readWorkFile(args[0])
			if err != nil {
				return err
			}
			return f.with(cmd.Context(), func(s *store.Store, org string) error {
				actor, roles, err := member(cmd.Context(), s, org, f.by)
				if err != nil {
					return err
				}
				e := app.WorkEdit{Organization: org, Actor: actor, Roles: roles, Reason: f.reason}
				return importWork(cmd, s, e, filepath.Base(args[0]), b, apply, take)
			})
		},
	}
	f.register(cmd)
	cmd.Flags().BoolVar(&apply, "apply", false, "change what the list says")
	cmd.Flags().BoolVar(&take, "take-file", false, "where file and book disagree, the file counts")
	return cmd
}

func readWorkFile(path string) ([]byte, error) {
	in, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	return io.ReadAll(io.LimitReader(in, worklist.MaxFile+1)) // one that is too large is refused as such
}

func importWork(cmd *cobra.Command, s *store.Store, e app.WorkEdit, name string, b []byte, apply, all bool) error {
	sha, err := app.BringWork(cmd.Context(), s, e, name, b)
	if err != nil {
		return refused(err)
	}
	take := map[string]bool{}
	merge := func() (m *app.WorkMerge, err error) {
		err = s.View(cmd.Context(), e.Organization, func(tx *store.Tx) (err error) {
			m, err = app.MergeWork(tx, e, sha, take)
			return err
		})
		return m, err
	}
	m, err := merge()
	if err != nil {
		return err
	}
	if all {
		for _, c := range m.Changes {
			take[c.Key()] = c.Conflict
		}
		if m, err = merge(); err != nil {
			return err
		}
	}
	w := cmd.OutOrStdout()
	for _, c := range m.Changes {
		what := ""
		if c.Conflict {
			what = "  conflict, the book says " + deviceText(c.Now)
		}
		fmt.Fprintf(w, "%-5s %s %s: %s -> %s%s\n", c.Cell, c.Number, c.Device, deviceText(c.Base), deviceText(c.Theirs), what)
	}
	for _, p := range m.Problems {
		fmt.Fprintf(w, "%-5s not taken: %s\n", p.Place, p.Message)
	}
	fmt.Fprintf(w, "%s, %s, %s, %d unchanged.\n", countText(len(m.Changes)-m.Conflicts(), "change"), countText(m.Conflicts(), "conflict"), countText(len(m.Problems), "problem"), m.Same)
	if !apply {
		fmt.Fprintln(w, "Nothing was changed: give --apply.")
		return nil
	}
	n, err := app.ApplyWork(cmd.Context(), s, e, sha, m.Seen, take)
	if err != nil {
		return refused(err)
	}
	fmt.Fprintf(w, "%s changed.\n", countText(n, "device"))
	return nil
}

func deviceText(d wardbook.DeviceWork) string {
	text := wordsOf(string(d.State))
	if d.Until != "" {
		text += " until " + d.Until
	}
	if d.Note != "" {
		text += " (" + strings.ReplaceAll(d.Note, "\n", " ") + ")"
	}
	return text
}
