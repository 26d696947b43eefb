package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/catalog"
	"github.com/wardbook/wardbook/internal/conform"
)

func newCatalog() *cobra.Command {
	cmd := &cobra.Command{Use: "catalog", Short: "Check a standard or a policy of your own"}
	cmd.AddCommand(newCatalogLint())
	return cmd
}

func newCatalogLint() *cobra.Command {
	f := conformityFlags{noVerify: true}
	var try string
	cmd := &cobra.Command{
		Use:   "lint FILE",
		Short: "Name every fault of a file with statements and checks, at its line",
		Long: `lint reads a YAML file with the statements of a standard, a law or a policy of
your own and names every fault at its line, those of the expressions among them.
With --try it then asks the checks of a book and prints the results; the book is
not changed.

Exit codes: 0 the file can be used, 1 failed, 2 wrong usage, 3 it has faults.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			checks, err := readChecks(args[0])
			if err != nil {
				return err
			}
			n := 0
			for _, st := range checks.Standard.Statements {
				if st.Must != "" {
					n++
				}
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s %s: %s, %s\n", checks.Standard.ID, checks.Standard.Edition, countText(len(checks.Standard.Statements), "statement"), countText(n, "check"))
			if try == "" {
				return nil
			}
			f.database = try
			r, err := f.report(cmd.Context(), checks)
			if err != nil {
				return err
			}
			return conformityTable(cmd.OutOrStdout(), r)
		},
	}
	cmd.Flags().StringVar(&try, "try", "", "`DATABASE` whose records the checks are asked of, to see what they give")
	cmd.Flags().StringVar(&f.organization, "organization", "", "`NAME` of the organization (needed where there is more than one)")
	cmd.Flags().StringVar(&f.key, "key", "", "`FILE` of the key that signs the checkpoints (default: beside the database file)")
	return cmd
}

// readChecks reads and compiles a file of one's own. All faults are told, those
// of the expressions too where the rest can be read.
func readChecks(path string) (*conform.Checks, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > 1<<20 || !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: is no file of at most 1 MiB", path)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	s, faults := catalog.ReadStandard(b, path)
	checks, more := conform.Compile(s)
	var ps wardbook.Problems
	for _, err := range []error{faults, more} {
		var inv *wardbook.Invalid
		switch {
		case errors.As(err, &inv):
			ps = append(ps, inv.Problems...)
		case err != nil:
			return nil, err
		}
	}
	if err := ps.Err(); err != nil {
		return nil, &toldError{err, exitGate, "docs/user-guide.md shows a file to start from"}
	}
	return checks, nil
}
