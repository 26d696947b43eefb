package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/app"
	"github.com/wardbook/wardbook/internal/store"
)

func newRisk() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "risk",
		Short: "The risk register of a book: list, show, confirm, change, dismiss, accept, assign, comment",
		Long: `risk reads and changes the risk register of a book. A risk is named by its
number, such as RSK-0042 or 42. Who does it is named with --by: the mail address
or the name of a member; their roles and the state of the risk decide what is
allowed, as on the pages. While a book has no members, whoever has its database
may do everything in any name.`,
	}
	cmd.AddCommand(newRiskList(), newRiskShow(), newRiskConfirm(), newRiskChange(), newRiskDismiss(), newRiskAccept(), newRiskAssign(), newRiskComment())
	return cmd
}

// riskFlags are what the commands that change a risk have in common.
type riskFlags struct {
	bookFlags
	by, reason string
}

func (f *riskFlags) register(cmd *cobra.Command) {
	f.bookFlags.register(cmd)
	cmd.Flags().StringVar(&f.by, "by", "", "`MAIL` address or name of the member who does it")
	cmd.Flags().StringVar(&f.reason, "reason", "", "`TEXT`: why; the book keeps it")
}

// edits finds who and which risks, and calls fn with an edit of the newest
// revision of each.
func (f *riskFlags) edits(ctx context.Context, numbers []string, fn func(*store.Store, []app.Edit) error) error {
	if f.by == "" {
		return usagef("give --by with a mail address or name", "the book says who did what")
	}
	return f.with(ctx, func(s *store.Store, org string) error {
		actor, roles, err := member(ctx, s, org, f.by)
		if err != nil {
			return err
		}
		var edits []app.Edit
		err = s.View(ctx, org, func(tx *store.Tx) error {
			for _, n := range numbers {
				r, err := findRisk(tx, n)
				if err != nil {
					return err
				}
				edits = append(edits, app.Edit{Organization: org, Actor: actor, Roles: roles, Risk: r.ID, Revision: r.Revision, Reason: f.reason})
			}
			return nil
		})
		if err != nil {
			return err
		}
		return fn(s, edits)
	})
}

// one is edits for a single risk.
func (f *riskFlags) one(ctx context.Context, number string, fn func(*store.Store, app.Edit) error) error {
	return f.edits(ctx, []string{number}, func(s *store.Store, edits []app.Edit) error { return fn(s, edits[0]) })
}

// member finds who --by means, and their roles. In a book without members it is
// anybody, with all roles.
func member(ctx context.Context, s *store.Store, org, by string) (id string, roles []wardbook.Role, err error) {
	err = s.View(ctx, store.System, func(tx *store.Tx) error {
		u, err := tx.ByKey(wardbook.User{}.RecordKind(), strings.ToLower(by))
		if errors.Is(err, wardbook.ErrNotFound) {
			return nil
		}
		id = u.ID
		return err
	})
	if err != nil {
		return "", nil, err
	}
	var found []string
	total := 0
	err = s.View(ctx, org, func(tx *store.Tx) error {
		o := store.ListOptions{Limit: 1000}
		for {
			page, err := store.List[wardbook.Membership](tx, o)
			if err != nil {
				return err
			}
			for _, m := range page.Items {
				total++
				if m.ID == id || id == "" && m.Value.Name == by {
					found, roles = append(found, m.ID), m.Value.Roles
				}
			}
			if o.After = page.Next; page.Next == "" {
				return nil
			}
		}
	})
	switch {
	case err != nil:
		return "", nil, err
	case total == 0 && by == app.System:
		return "", nil, usagef("give the name of a person", "%s is the program itself", by)
	case total == 0:
		return by, wardbook.Roles, nil
	case len(found) == 0:
		return "", nil, failed("--by takes the mail address or the name of a member", fmt.Errorf("%s is no member of the organization", by))
	case len(found) > 1:
		return "", nil, usagef("name one by the mail address", "%d members are called %s", len(found), by)
	}
	return found[0], roles, nil
}

// findRisk finds a risk by its number, its id in assessments, or its record id.
func findRisk(tx *store.Tx, name string) (wardbook.Revision, error) {
	kind := wardbook.Risk{}.RecordKind()
	digits := strings.TrimPrefix(strings.ToUpper(name), wardbook.Risk{}.RecordPrefix()+"-")
	n, err := strconv.ParseInt(digits, 10, 64)
	var r wardbook.Revision
	if err == nil {
		r, err = tx.ByNumber(kind, n)
	} else if r, err = tx.ByKey(kind, name); errors.Is(err, wardbook.ErrNotFound) {
		r, err = tx.Revision(kind, name)
	}
	if errors.Is(err, wardbook.ErrNotFound) {
		return r, failed("wardbook risk list shows the numbers", fmt.Errorf("there is no risk %s", name))
	}
	return r, err
}

// refused turns what the register does not allow into words with a hint.
func refused(err error) error {
	var of *app.OfRisk
	var no *app.Refused
	var conflict *wardbook.EditConflict
	switch {
	case errors.As(err, &conflict):
		return failed("look at it again with wardbook risk show, then repeat the command", err)
	case errors.As(err, &no) && no.Role:
		return failed("somebody with another role has to do it", err)
	case errors.As(err, &no):
		return failed("wardbook risk show says what can be done", err)
	case errors.As(err, &of):
		return failed("nothing was done with the other risks either", err)
	}
	return err
}

func newRiskConfirm() *cobra.Command {
	var f riskFlags
	cmd := &cobra.Command{
		Use:   "confirm RISK...",
		Short: "Take proposals into the register with the proposed values",
		Long: `confirm takes proposals into the register: they are identified, analysed and
evaluated with the proposed values, which become their initial values. All of
them are confirmed or none.`,
		Example: `  wardbook risk confirm RSK-0001 RSK-0002 --by ana@example.org --reason "seen on the ward"`,
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.edits(cmd.Context(), args, func(s *store.Store, edits []app.Edit) error {
				err := app.ConfirmAll(cmd.Context(), s, edits)
				return tellMany(cmd.OutOrStdout(), len(edits), "confirmed", err)
			})
		},
	}
	f.register(cmd)
	return cmd
}

func tellMany(w io.Writer, n int, what string, err error) error {
	if err == nil {
		fmt.Fprintf(w, "%s %s.\n", countText(n, "risk"), what)
	}
	return refused(err)
}

func newRiskDismiss() *cobra.Command {
	var f riskFlags
	cmd := &cobra.Command{
		Use:   "dismiss RISK...",
		Short: "Say that proposals are wrong, and why",
		Long:  "dismiss says that proposals are wrong, and why. All of them are dismissed or none.",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.edits(cmd.Context(), args, func(s *store.Store, edits []app.Edit) error {
				err := app.DismissAll(cmd.Context(), s, edits)
				return tellMany(cmd.OutOrStdout(), len(edits), "dismissed", err)
			})
		},
	}
	f.register(cmd)
	return cmd
}

func newRiskAssign() *cobra.Command {
	var f riskFlags
	var to string
	cmd := &cobra.Command{
		Use:   "assign RISK... --to MEMBER",
		Short: "Say who answers for risks",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.edits(cmd.Context(), args, func(s *store.Store, edits []app.Edit) error {
				owner := ""
				if to != "" {
					id, _, err := member(cmd.Context(), s, edits[0].Organization, to)
					if err != nil {
						return err
					}
					owner = id
				}
				err := app.AssignAll(cmd.Context(), s, edits, owner)
				return tellMany(cmd.OutOrStdout(), len(edits), "assigned", err)
			})
		},
	}
	f.register(cmd)
	cmd.Flags().StringVar(&to, "to", "", "`MAIL` address or name of the member; empty: nobody")
	return cmd
}

func newRiskChange() *cobra.Command {
	var f riskFlags
	steps := map[wardbook.KeyProperty]*string{}
	var take, stay bool
	cmd := &cobra.Command{
		Use:   "change RISK",
		Short: "Say what severity and likelihood are, and why",
		Long: `change estimates a risk: for each key property severity and likelihood, steps of
the policy's scales from 1 to 5, or ? where nobody knows. Level, acceptability and
authority follow from the policy. A proposal comes into the register with these
values. Without values the estimate is that they stay.

With --take the values that the program proposes now are taken, with --keep the
reason says why not.`,
		Example: `  wardbook risk change RSK-0001 --safety 3,2 --by ana@example.org --reason "a nurse is in the room"`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if take && stay {
				return usagef("choose one", "--take and --keep say opposite things")
			}
			var values []app.Value
			for _, k := range wardbook.KeyProperties {
				if *steps[k] == "" {
					continue
				}
				v, err := parseValue(k, *steps[k])
				if err != nil {
					return err
				}
				v.Rationale = f.reason
				values = append(values, v)
			}
			if (take || stay) && len(values) > 0 {
				return usagef("leave the values out", "--take and --keep go without values")
			}
			return f.one(cmd.Context(), args[0], func(s *store.Store, e app.Edit) error {
				var err error
				switch {
				case take:
					err = app.TakeProposal(cmd.Context(), s, e)
				case stay:
					err = app.KeepValues(cmd.Context(), s, e)
				default:
					err = app.ChangeValues(cmd.Context(), s, e, values)
				}
				return tellRisk(cmd, s, e, err)
			})
		},
	}
	f.register(cmd)
	for _, k := range wardbook.KeyProperties {
		steps[k] = cmd.Flags().String(string(k), "", "`SEVERITY,LIKELIHOOD` for "+string(k)+", such as 3,2 or 3,?")
	}
	cmd.Flags().BoolVar(&take, "take", false, "take the values that the program proposes now")
	cmd.Flags().BoolVar(&stay, "keep", false, "keep the values although the program proposes others")
	return cmd
}

func parseValue(k wardbook.KeyProperty, text string) (app.Value, error) {
	a, b, ok := strings.Cut(text, ",")
	v := app.Value{Key: k}
	for _, p := range []struct {
		text string
		to   *int
	}{{a, &v.Severity}, {b, &v.Likelihood}} {
		p.text = strings.TrimSpace(p.text)
		if p.text == "?" {
			continue
		}
		n, err := strconv.Atoi(p.text)
		if err != nil || n < 1 || n > wardbook.Steps || !ok {
			return v, usagef("write two steps from 1 to 5, such as --"+string(k)+" 3,2; ? is unknown", "--%s %q is no severity and likelihood", k, text)
		}
		*p.to = n
	}
	return v, nil
}

func newRiskAccept() *cobra.Command {
	var f riskFlags
	var a app.Acceptance
	cmd := &cobra.Command{
		Use:   "accept RISK",
		Short: "Accept a risk until a date, in the name of who the policy names",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.one(cmd.Context(), args[0], func(s *store.Store, e app.Edit) error {
				return tellRisk(cmd, s, e, app.Accept(cmd.Context(), s, e, a))
			})
		},
	}
	f.register(cmd)
	cmd.Flags().StringVar(&a.Until, "until", "", "`DATE` of the last day on which it is accepted")
	cmd.Flags().StringVar(&a.Authority, "authority", "", "`WHO` the policy names for the level, in whose name it is accepted")
	return cmd
}

func newRiskComment() *cobra.Command {
	var f riskFlags
	cmd := &cobra.Command{
		Use:   "comment RISK TEXT",
		Short: "Say something about a risk",
		Args:  cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.one(cmd.Context(), args[0], func(s *store.Store, e app.Edit) error {
				return refused(app.Say(cmd.Context(), s, e, args[1]))
			})
		},
	}
	f.register(cmd)
	_ = cmd.Flags().MarkHidden("reason")
	return cmd
}

// tellRisk prints where a risk stands after it was changed.
func tellRisk(cmd *cobra.Command, s *store.Store, e app.Edit, err error) error {
	if err != nil {
		return refused(err)
	}
	return s.View(cmd.Context(), e.Organization, func(tx *store.Tx) error {
		r, err := store.Get[wardbook.Risk](tx, e.Risk)
		if err == nil {
			fmt.Fprintf(cmd.OutOrStdout(), "%s is %s now: %s.\n", r.Short(), wordsOf(string(r.Value.State)), levelsText(&r.Value))
		}
		return err
	})
}
