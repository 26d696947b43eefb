package main

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/store"
)

func wordsOf(id string) string { return strings.ReplaceAll(id, "_", " ") }

// levelsText names the three levels of a risk.
func levelsText(r *wardbook.Risk) string {
	var out []string
	for _, k := range wardbook.KeyProperties {
		level := r.Evaluation(k).Level
		if level == "" {
			level = "unknown"
		}
		out = append(out, string(k)+" "+level)
	}
	return strings.Join(out, ", ")
}

func newRiskList() *cobra.Command {
	var b bookFlags
	var states []string
	var open, overdue, unacceptable, newer, gone bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the risks of the register",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			for _, st := range states {
				if !wardbook.RiskState(st).Valid() {
					return usagef("the states are "+strings.Join(stateNames(), ", "), "%q is no state of a risk", st)
				}
			}
			today := time.Now().UTC().Format(time.DateOnly)
			fits := func(r *wardbook.Risk) bool {
				g := r.Register
				isGone := g != nil && g.Gone != ""
				isOpen := !r.State.Final()
				return (gone || !isGone) && (!open || isOpen) && (!unacceptable || isOpen && r.Unacceptable()) &&
					(!overdue || isOpen && late(r, today)) && (!newer || g != nil && g.Proposed != nil)
			}
			return b.with(cmd.Context(), func(s *store.Store, org string) error {
				return s.View(cmd.Context(), org, func(tx *store.Tx) error { return listRisks(cmd.OutOrStdout(), tx, states, today, fits) })
			})
		},
	}
	b.register(cmd)
	fs := cmd.Flags()
	fs.StringSliceVar(&states, "state", nil, "only risks in this `STATE` (may be repeated)")
	fs.BoolVar(&open, "open", false, "only risks that are not dismissed or closed")
	fs.BoolVar(&unacceptable, "unacceptable", false, "only open risks that are not acceptable")
	fs.BoolVar(&overdue, "overdue", false, "only open risks that are past their date")
	fs.BoolVar(&newer, "newer", false, "only risks for which the program proposes other values now")
	fs.BoolVar(&gone, "gone", false, "also risks that nothing known supports any more")
	return cmd
}

// late reports whether a risk was to be dealt with before today; one that is
// accepted or handed over waits for nobody.
func late(r *wardbook.Risk, today string) bool {
	return r.Due != "" && r.Due < today && !r.State.Final() && !r.State.Accepted() && r.State != wardbook.RiskTransferred
}

func stateNames() (out []string) {
	for _, s := range wardbook.RiskStates {
		out = append(out, string(s))
	}
	return out
}

func listRisks(w io.Writer, tx *store.Tx, states []string, today string, fits func(*wardbook.Risk) bool) error {
	names, err := memberNames(tx)
	if err != nil {
		return err
	}
	tw := tabwriter.NewWriter(w, 2, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "RISK\tSTATE\tSAFETY\tEFFECTIVENESS\tSECURITY\tDUE\tOWNER\tTITLE")
	o := store.ListOptions{States: states, Limit: 1000}
	n := 0
	for {
		page, err := store.List[wardbook.Risk](tx, o)
		if err != nil {
			return err
		}
		for _, r := range page.Items {
			v := r.Value
			if !fits(&v) {
				continue
			}
			n++
			due := v.Due
			if late(&v, today) {
				due += " overdue"
			}
			owner, state := "", wordsOf(string(v.State))
			if g := v.Register; g != nil {
				owner = names(g.Owner)
				if g.Proposed != nil {
					state += " (newer proposal)"
				}
				if g.Gone != "" {
					state += " (gone)"
				}
			}
			fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.Short(), state, levelOf(v.Safety), levelOf(v.Effectiveness), levelOf(v.Security), due, owner, r.Title)
		}
		if o.After = page.Next; page.Next == "" {
			break
		}
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	_, err = fmt.Fprintln(w, countText(n, "risk"))
	return err
}

func levelOf(e wardbook.Evaluation) string {
	if e.Level == "" {
		return "unknown"
	}
	return e.Level
}

// memberNames tells the names of users by their ids; somebody who is no member
// is shown as the book names them.
func memberNames(tx *store.Tx) (func(string) string, error) {
	names := map[string]string{}
	o := store.ListOptions{Limit: 1000}
	for {
		page, err := store.List[wardbook.Membership](tx, o)
		if err != nil {
			return nil, err
		}
		for _, m := range page.Items {
			names[m.ID] = m.Value.Name
		}
		if o.After = page.Next; page.Next == "" {
			break
		}
	}
	return func(id string) string {
		if n := names[id]; n != "" {
			return n
		}
		return id
	}, nil
}

func newRiskShow() *cobra.Command {
	var b bookFlags
	cmd := &cobra.Command{
		Use:   "show RISK",
		Short: "Show a risk: its chain, its values, what was done with it and what can be done",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return b.with(cmd.Context(), func(s *store.Store, org string) error {
				return s.View(cmd.Context(), org, func(tx *store.Tx) error {
					rev, err := findRisk(tx, args[0])
					if err != nil {
						return err
					}
					r, err := store.Decode[wardbook.Risk](rev)
					if err != nil {
						return err
					}
					return showRisk(cmd.OutOrStdout(), tx, r)
				})
			})
		},
	}
	b.register(cmd)
	return cmd
}

func showRisk(w io.Writer, tx *store.Tx, r store.Stored[wardbook.Risk]) error {
	names, err := memberNames(tx)
	if err != nil {
		return err
	}
	v := r.Value
	g := v.Register
	if g == nil {
		g = &wardbook.Register{}
	}
	fmt.Fprintf(w, "%s  %s\n", r.Short(), r.Title)
	tw := tabwriter.NewWriter(w, 2, 0, 2, ' ', 0)
	for _, kv := range [][2]string{
		{"State", fmt.Sprintf("%s, revision %d", wordsOf(string(v.State)), r.Revision.Revision)}, {"Owner", names(g.Owner)}, {"Due", v.Due}, {"Because", v.DueRule},
		{"Accepted until", g.AcceptedUntil}, {"Gone since", g.Gone}, {"Devices", strconv.Itoa(len(v.Devices))}, {"Wards", strings.Join(v.Wards, "; ")},
		{"Hazard", v.Chain.Hazard}, {"Events", strings.Join(v.Chain.Sequence, " > ")}, {"Situation", v.Chain.Situation}, {"Harm", v.Chain.Harm},
	} {
		if kv[1] != "" {
			fmt.Fprintf(tw, "  %s\t%s\n", kv[0], kv[1])
		}
	}
	for _, k := range wardbook.KeyProperties {
		line := evaluationText(*v.Evaluation(k))
		if g.Initial != nil {
			line = evaluationText(*g.Initial.Evaluation(k)) + " > " + line
		}
		if g.Proposed != nil {
			line += ", proposed now: " + evaluationText(*g.Proposed.Evaluation(k))
		}
		fmt.Fprintf(tw, "  %s\t%s\n", strings.ToUpper(string(k[:1]))+string(k[1:]), line)
	}
	for i, o := range v.Options {
		mark := " "
		if slices.Contains(g.Selected, i) {
			mark = "x"
		}
		fmt.Fprintf(tw, "  Option %d\t[%s] %s (%s)\n", i+1, mark, o.Text, o.Kind)
	}
	if g.Treatment != "" {
		fmt.Fprintf(tw, "  Treatment\t%s\n", g.Treatment)
	}
	for _, d := range g.Decided {
		what := wordsOf(string(d.From)) + " > " + wordsOf(string(d.To))
		if d.From == d.To {
			what = "estimated"
		}
		fmt.Fprintf(tw, "  %s\t%s by %s%s\n", d.At.UTC().Format(time.DateOnly), what, names(d.By), reasonText(d.Reason))
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	if v.State.Final() {
		return nil
	}
	var next []string
	for _, to := range v.State.Next() {
		next = append(next, wordsOf(string(to)))
	}
	_, err = fmt.Fprintf(w, "From here it can become %s.\n", strings.Join(next, ", "))
	return err
}

func evaluationText(e wardbook.Evaluation) string {
	step := func(n int) string {
		if n == 0 {
			return "?"
		}
		return strconv.Itoa(n)
	}
	return fmt.Sprintf("%s (severity %s, likelihood %s)", levelOf(e), step(e.Severity), step(e.Likelihood))
}
