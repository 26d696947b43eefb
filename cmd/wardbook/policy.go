package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/wardbook/wardbook/catalog"
)

func newPolicy() *cobra.Command {
	cmd := &cobra.Command{Use: "policy", Short: "Show the default policy, or check one of your own"}
	cmd.AddCommand(&cobra.Command{
		Use: "show", Short: "Print the default policy to start from", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := cmd.OutOrStdout().Write(catalog.DefaultPolicy())
			return err
		},
	}, &cobra.Command{
		Use: "lint FILE", Short: "Name every fault of a policy, and every cell of its matrices that looks wrong", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			b, err := os.ReadFile(args[0])
			if err != nil {
				return err
			}
			lint := catalog.LintPolicy(b, args[0])
			for _, x := range lint {
				fmt.Fprintln(cmd.OutOrStdout(), x)
			}
			if len(lint) > 0 {
				return &toldError{fmt.Errorf("%s: %d remarks", args[0], len(lint)), exitGate, "wardbook policy show prints a policy to start from"}
			}
			p, err := catalog.ReadPolicy(b, args[0])
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s %s: complete, monotone, no odd cell\n", p.ID, p.Version)
			return nil
		},
	})
	return cmd
}
