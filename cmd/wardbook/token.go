package main

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/app"
	"github.com/wardbook/wardbook/internal/store"
)

func newToken() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "token",
		Short: "Tokens of the JSON API: create, list, revoke",
		Long: `token makes and ends the tokens with which programs use the JSON API of a server.
A token acts in the name of a member, with their roles and no more than its
scopes: read; import; assess (answer questions, estimate and treat risks); decide
(accept, move and reopen risks, make and withdraw decisions).`,
	}
	cmd.AddCommand(newTokenCreate(), newTokenList(), newTokenRevoke())
	return cmd
}

func newTokenCreate() *cobra.Command {
	var f riskFlags
	var w app.TokenWish
	var user string
	cmd := &cobra.Command{
		Use:     "create",
		Short:   "Make a token and print its secret, which is shown once",
		Example: `  wardbook token create --by ana@example.org --user cmdb@example.org --name "CMDB export" --scope read,import --until 2027-01-31`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.by == "" || user == "" {
				return usagef("give --by and --user with mail addresses or names", "the book says who did what, and a token acts in somebody's name")
			}
			return f.with(cmd.Context(), func(s *store.Store, org string) (err error) {
				if w.Actor, _, err = member(cmd.Context(), s, org, f.by); err != nil {
					return err
				}
				if w.User, _, err = member(cmd.Context(), s, org, user); err != nil {
					return err
				}
				w.Organization, w.Reason = org, f.reason
				id, key, err := app.CreateToken(cmd.Context(), s, w)
				if err == nil {
					fmt.Fprintf(cmd.ErrOrStderr(), "Token %s. Its secret is shown only now:\n", id)
					fmt.Fprintln(cmd.OutOrStdout(), key)
				}
				return err
			})
		},
	}
	f.register(cmd)
	fs := cmd.Flags()
	fs.StringVar(&user, "user", "", "`MAIL` address or name of the member in whose name it acts")
	fs.StringVar(&w.Name, "name", "", "`NAME` that says what it is for")
	fs.StringSliceVar(&w.Scopes, "scope", []string{wardbook.ScopeRead}, "`SCOPE`: "+strings.Join(wardbook.Scopes, ", ")+" (may be repeated)")
	fs.StringVar(&w.Until, "until", "", "`DATE` of its last day; without it, until it is revoked")
	return cmd
}

func newTokenList() *cobra.Command {
	var b bookFlags
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the tokens, without their secrets",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return b.with(cmd.Context(), func(s *store.Store, org string) error {
				return s.View(cmd.Context(), org, func(tx *store.Tx) error {
					names, err := memberNames(tx)
					if err != nil {
						return err
					}
					used, err := tx.TokensUsed()
					if err != nil {
						return err
					}
					tw := tabwriter.NewWriter(cmd.OutOrStdout(), 2, 0, 2, ' ', 0)
					fmt.Fprintln(tw, "TOKEN\tNAME\tSTATE\tSCOPES\tIN THE NAME OF\tENDS\tLAST USED")
					for o := (store.ListOptions{Limit: 1000}); ; {
						page, err := store.List[wardbook.Token](tx, o)
						if err != nil {
							return err
						}
						for _, t := range page.Items {
							fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", t.ID, t.Value.Name, tokenState(t.Value), strings.Join(t.Value.Scopes, ","), names(t.Value.User), orNever(t.Value.Expires), orNever(used[t.ID]))
						}
						if o.After = page.Next; page.Next == "" {
							return tw.Flush()
						}
					}
				})
			})
		},
	}
	b.register(cmd)
	return cmd
}

func tokenState(t wardbook.Token) string {
	if !t.Revoked && !t.Expires.IsZero() && !t.Expires.After(time.Now()) {
		return "ended"
	}
	return t.RecordState()
}

func orNever(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.UTC().Format("2006-01-02 15:04")
}

func newTokenRevoke() *cobra.Command {
	var f riskFlags
	cmd := &cobra.Command{
		Use:   "revoke TOKEN",
		Short: "End a token at once",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.by == "" {
				return usagef("give --by with a mail address or name", "the book says who did what")
			}
			return f.with(cmd.Context(), func(s *store.Store, org string) error {
				actor, _, err := member(cmd.Context(), s, org, f.by)
				if err != nil {
					return err
				}
				if err := app.RevokeToken(cmd.Context(), s, org, actor, args[0], f.reason); err != nil {
					return failed("wardbook token list shows them", err)
				}
				fmt.Fprintln(cmd.OutOrStdout(), "Revoked.")
				return nil
			})
		},
	}
	f.register(cmd)
	return cmd
}
