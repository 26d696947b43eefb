package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

func newKey() *cobra.Command {
	var b bookFlags
	cmd := &cobra.Command{
		Use:   "key",
		Short: "Print the public key that checks the checkpoints of this installation",
		Long: `key prints the public key of the installation, for wardbook verify --trust: give
it to those who keep checkpoints.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := b.open(cmd.Context(), false)
			if err != nil {
				return err
			}
			defer s.Close()
			fmt.Fprintln(cmd.OutOrStdout(), s.Verifier())
			return nil
		},
	}
	var by, reason string
	rotate := &cobra.Command{
		Use:   "rotate",
		Short: "Make a new key, endorsed by the old one, and sign all checkpoints with it",
		Long: `rotate makes a new key that takes the place of the old one in its file; the old
one stays beside it with ".old-" and its number appended. The old key endorses
the new one, so a book that was verified with the old key is verified with the
new one too. Servers that run keep the old key and can write no more: restart
them, with the new file where they have a copy of their own.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if by == "" {
				return usagef("the book says who did what", "give --by with the name of who rotates the key")
			}
			s, err := b.open(cmd.Context(), false)
			if err != nil {
				return err
			}
			defer s.Close()
			if err := s.RotateKey(cmd.Context(), by, reason); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "The new public key; give it to those who keep checkpoints:\n%s\nRestart the servers.\n", s.Verifier())
			return nil
		},
	}
	fs := cmd.PersistentFlags()
	fs.StringVar(&b.database, "database", "wardbook.db", "`DATABASE` of the book: a file, or postgres://…")
	fs.StringVar(&b.key, "key", "", "`FILE` of the key that signs the checkpoints (default: beside the database file)")
	rotate.Flags().StringVar(&by, "by", "", "`NAME` of who rotates it")
	rotate.Flags().StringVar(&reason, "reason", "", "`TEXT`: why")
	cmd.AddCommand(rotate)
	return cmd
}
