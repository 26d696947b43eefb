package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/app"
	"github.com/wardbook/wardbook/internal/store"
)

// importFlags are what wardbook import is told.
type importFlags struct {
	book                          bookFlags
	jobs                          jobFlags
	by, reason, kind, as, columns string
	hold, force, quiet            bool
}

func newImport() *cobra.Command {
	var f importFlags
	cmd := &cobra.Command{
		Use:   "import FILE…",
		Short: "Bring documents into the book, and assess what they change",
		Long: `import takes inventories, SBOMs, advisories, VEX, vulnerability data, KEV, EPSS,
a policy, answers and columns: files, folders and zips; what each is, is told by
its content. They are kept as evidence, become sources of the living file, and
what they change is assessed. The same bytes again change nothing.

A newer export of an inventory is known by its name without the date. What it
changes more than one would expect waits for a person (--hold: in any case,
--force: never); until then what held before goes on to hold.

A server on the same database does the work where one is running.

Exit codes: 0 done, 1 failed or nothing could be used, 2 wrong usage, 3 something
waits for a person.`,
		Example: "  wardbook import --by \"Ana Ruiz\" --reason \"monthly export\" cmms-2026-03-01.csv advisories/ kev.json",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.by == "" {
				return usagef("the book says who did what", "give --by with the name of who brings the files")
			}
			if f.hold && f.force {
				return usagef("hold back, or apply in any case", "--hold and --force exclude each other")
			}
			return f.run(cmd, args)
		},
	}
	f.book.register(cmd)
	f.jobs.register(cmd.Flags())
	fl := cmd.Flags()
	fl.StringVar(&f.by, "by", "", "`NAME` of who brings the files")
	fl.StringVar(&f.reason, "reason", "", "`TEXT`: why")
	fl.StringVar(&f.kind, "kind", "", "`KIND` of all files, where their content does not tell: "+strings.Join(kindNames(), ", "))
	fl.StringVar(&f.as, "as", "", "`NAME` of the inventory that the file is a newer export of")
	fl.StringVar(&f.columns, "columns", "", "`FILE` that corrects how inventories are read")
	fl.BoolVar(&f.hold, "hold", false, "inventories wait for a person in any case")
	fl.BoolVar(&f.force, "force", false, "inventories are applied whatever they change")
	fl.BoolVar(&f.quiet, "quiet", false, "no progress on the terminal")
	return cmd
}

// importKinds are the kinds of documents that can be brought.
var importKinds = []wardbook.InputKind{
	wardbook.InputInventory, wardbook.InputSBOM, wardbook.InputAdvisory, wardbook.InputVEX, wardbook.InputVulnerabilities,
	wardbook.InputKEV, wardbook.InputEPSS, wardbook.InputPolicy, wardbook.InputAnswers,
}

func kindNames() (out []string) {
	for _, k := range importKinds {
		out = append(out, string(k))
	}
	return out
}

func (f *importFlags) run(cmd *cobra.Command, args []string) error {
	ctx := cmd.Context()
	s, err := f.book.open(ctx, true)
	if err != nil {
		return err
	}
	defer s.Close()
	org, err := f.organization(ctx, s)
	if err != nil {
		return err
	}
	j, err := f.jobs.open(s, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	p := newProgress(cmd.ErrOrStderr(), f.quiet)
	defer p.done()
	j.worker.Watch = func(j wardbook.Job) { p.report(j.Kind+": "+cut(j.Note, 40), int(j.Done), int(j.Total)) }
	up, err := f.upload(ctx, j.importer, org, args)
	if err != nil {
		return err
	}
	outcomes := up.Outcomes
	note := ""
	if up.Job != "" {
		done, err := waitForJobs(ctx, s, j.worker, org, up.Job)
		if err != nil {
			return err
		}
		outcomes = app.Outcomes(done[0])
		if len(done) > 1 {
			note = done[1].Note
		}
	}
	p.done()
	return tellOutcomes(cmd.OutOrStdout(), outcomes, note)
}

func cut(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}

// organization finds the organization; one that is named and not there is made.
func (f *importFlags) organization(ctx context.Context, s *store.Store) (string, error) {
	org, err := f.book.find(ctx, s)
	if errors.Is(err, wardbook.ErrNotFound) {
		org = wardbook.NewID()
		ev := wardbook.Event{Actor: f.by, Action: "organization.create", Reason: f.reason}
		err = s.CreateOrganization(ctx, org, ev, wardbook.Organization{Name: f.book.organization})
	}
	return org, err
}

// upload takes the files in, those of folders in the order of their names.
func (f *importFlags) upload(ctx context.Context, im *app.Importer, org string, args []string) (*app.Uploaded, error) {
	u := im.NewUpload()
	defer u.Close()
	u.Kind, u.As, u.Hold, u.Force, u.Policy = wardbook.InputKind(f.kind), f.as, f.hold, f.force, true
	if f.columns != "" {
		b, err := os.ReadFile(f.columns)
		if err == nil {
			err = u.SetColumns(string(b))
		}
		if err != nil {
			return nil, failed("columns.yaml in the output of wardbook assess shows what it looks like", err)
		}
	}
	for _, arg := range args {
		err := filepath.WalkDir(arg, func(path string, d fs.DirEntry, err error) error {
			hidden := path != arg && strings.HasPrefix(d.Name(), ".")
			switch {
			case err != nil:
				return err
			case d.IsDir() && hidden:
				return fs.SkipDir
			case hidden || !d.Type().IsRegular():
				return ctx.Err()
			}
			file, err := os.Open(path)
			if err != nil {
				return err
			}
			defer file.Close()
			return u.Add(filepath.ToSlash(path), file)
		})
		if err != nil {
			return nil, err
		}
	}
	return u.Commit(ctx, org, wardbook.Event{Actor: f.by, Reason: f.reason})
}

// waitForJobs does jobs until an import and the assessment that it asked for
// have ended, here or in a server on the same database. It gives the import
// and, where there was one, the assessment.
func waitForJobs(ctx context.Context, s *store.Store, w *app.Worker, org, id string) ([]wardbook.Job, error) {
	for {
		if err := w.Drain(ctx); err != nil {
			return nil, err
		}
		var list []wardbook.Job
		err := s.View(ctx, org, func(tx *store.Tx) error {
			j, err := tx.Job(id)
			if err != nil {
				return err
			}
			list = append(list, j)
			page, err := tx.Jobs(store.ListOptions{Text: app.AssessJob, Limit: 1})
			if len(page.Items) > 0 && page.Items[0].ID > id {
				list = append(list, page.Items[0])
			}
			return err
		})
		if err != nil {
			return nil, err
		}
		open := false
		for _, j := range list {
			if j.State == wardbook.JobFailed || j.State == wardbook.JobQueued && j.Error != "" {
				return nil, fmt.Errorf("%s: %s", j.Kind, j.Error)
			}
			if j.State == wardbook.JobCancelled {
				return nil, fmt.Errorf("%s: somebody cancelled it", j.Kind)
			}
			open = open || !j.State.Finished()
		}
		if !open {
			return list, nil
		}
		select {
		case <-s.Committed():
		case <-time.After(200 * time.Millisecond):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// outcomeWords say what became of a document.
var outcomeWords = map[app.OutcomeKind]string{
	app.WasNew: "new", app.WasReplaced: "replaced", app.WasSame: "unchanged", app.WasTwice: "twice", app.WasOlder: "older", app.WasHeld: "waits", app.WasRefused: "refused",
}

// shownOutcomes is how many documents are told one by one; of more, those that
// somebody has to look at are.
const shownOutcomes = 20

func tellOutcomes(w io.Writer, outcomes []app.Outcome, note string) error {
	counts := map[app.OutcomeKind]int{}
	for _, o := range outcomes {
		counts[o.What]++
		if len(outcomes) <= shownOutcomes || o.What == app.WasHeld || o.What == app.WasRefused {
			tellOutcome(w, o)
		}
	}
	var parts []string
	for _, k := range []app.OutcomeKind{app.WasNew, app.WasReplaced, app.WasSame, app.WasOlder, app.WasTwice, app.WasHeld, app.WasRefused} {
		if counts[k] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", counts[k], outcomeWords[k]))
		}
	}
	fmt.Fprintf(w, "%s: %s.\n", countText(len(outcomes), "document"), strings.Join(parts, ", "))
	if note != "" {
		fmt.Fprintf(w, "Assessed: %s.\n", note)
	}
	switch {
	case counts[app.WasHeld] > 0:
		return &toldError{fmt.Errorf("what inventories would change waits for a person (%d)", counts[app.WasHeld]), exitGate, "look at it on the page Sources of wardbook serve, or import it again with --force"}
	case len(outcomes) > 0 && counts[app.WasRefused] == len(outcomes):
		return &toldError{errors.New("nothing could be used"), exitFailed, "docs/file-formats.md says what is read"}
	}
	return nil
}

func tellOutcome(w io.Writer, o app.Outcome) {
	fmt.Fprintf(w, "%-10s %-15s %s", outcomeWords[o.What], o.Kind, o.File)
	switch {
	case o.What == app.WasSame:
		fmt.Fprintf(w, ": the same bytes are in the book and hold")
	case o.What == app.WasOlder:
		fmt.Fprintf(w, ": what is in the book is newer")
	case o.Format != "":
		fmt.Fprintf(w, ": %s, %s", o.Format, countText(o.Records, "record"))
	}
	fmt.Fprintln(w)
	if o.Name != "" && o.Name != o.File && (o.What == app.WasNew || o.What == app.WasReplaced) {
		paragraph(w, "  ", "as "+o.Name)
	}
	if c := o.Change; c != nil {
		paragraph(w, "  ", c.String())
		for _, s := range c.Surprises {
			paragraph(w, "  ! ", s)
		}
	}
	for i, p := range o.Problems {
		if i == 5 {
			paragraph(w, "  - ", fmt.Sprintf("and %d more", o.Faults-i))
			break
		}
		paragraph(w, "  - ", p.String())
	}
}
