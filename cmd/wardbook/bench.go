package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"runtime/pprof"
	"time"

	"github.com/spf13/cobra"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/app"
	"github.com/wardbook/wardbook/internal/bench"
	"github.com/wardbook/wardbook/internal/store"
	"github.com/wardbook/wardbook/internal/vulndb"
)

// benchFlags say what is measured, and on what.
type benchFlags struct {
	bookFlags
	fleet   bench.Fleet
	users   int
	walk    time.Duration
	profile string
}

func newBench() *cobra.Command {
	var f benchFlags
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measure the program with a large fleet that it makes itself",
		Long: `bench makes a large fleet and measures what the program does with it: how long
an import takes, the first and when nothing has changed; then, with SBOMs and
vulnerability records, the assessment, how soon a new advisory is held against
all devices, and how long pages take while users walk through them at the same
time; and how much memory. The server that they walk through answers on the
loopback address. The database must be new; it stays afterwards, with an
organization called Bench. Equal sizes make equal fleets.`,
		Example: "  wardbook bench --database bench.db --devices 1000000",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.run(cmd.Context(), cmd.OutOrStdout())
		},
	}
	fs := cmd.Flags()
	fs.StringVar(&f.database, "database", "bench.db", "`DATABASE` to make: a file, or postgres://…")
	fs.StringVar(&f.key, "key", "", "`FILE` of the key that signs the checkpoints (default: beside the database file)")
	fs.IntVar(&f.fleet.Devices, "devices", 1_000_000, "`NUMBER` of devices")
	fs.IntVar(&f.fleet.Products, "products", 2_000, "`NUMBER` of products among them")
	fs.IntVar(&f.fleet.Wards, "wards", 1_500, "`NUMBER` of wards")
	fs.IntVar(&f.fleet.Components, "components", 500, "`NUMBER` of components of each product; 0: imports only")
	fs.IntVar(&f.fleet.Vulnerabilities, "vulnerabilities", 300_000, "`NUMBER` of vulnerability records")
	fs.IntVar(&f.users, "users", 50, "`NUMBER` of users who walk through the pages at the same time; 0: nobody")
	fs.DurationVar(&f.walk, "walk", time.Minute, "`TIME` that they walk")
	fs.StringVar(&f.profile, "profile", "", "`DIR` for a profile of the processor time and of the memory of each step (default: none)")
	return cmd
}

// A benching is one run.
type benching struct {
	*benchFlags
	out    io.Writer
	s      *store.Store
	org    string
	im     *app.Importer
	living *app.Living
	worker *app.Worker
}

func (f *benchFlags) run(ctx context.Context, out io.Writer) error {
	s, err := f.open(ctx, true)
	if err != nil {
		return err
	}
	defer s.Close()
	if ids, _, err := s.Organizations(ctx); err != nil || len(ids) > 0 {
		return failed("give a database that is not there yet with --database", cmp.Or(err, errors.New("the database has organizations already")))
	}
	b := &benching{benchFlags: f, out: out, s: s, org: wardbook.NewID()}
	err = s.CreateOrganization(ctx, b.org, wardbook.Event{Actor: "bench", Action: "organization.create"}, wardbook.Organization{Name: "Bench"})
	if err != nil {
		return err
	}
	if b.im, err = app.NewImporter(s); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "wardbook-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b.living = app.NewLiving(s, b.im.Catalog, app.LivingOptions{Program: "wardbook " + version(), Cache: vulndb.Cache{Dir: filepath.Join(dir, "cache")}})
	b.worker = &app.Worker{Store: s, Handlers: map[string]app.Handler{app.ImportJob: b.im.Import}}
	steps := []func(context.Context, string) error{b.imports}
	if f.fleet.Components > 0 {
		steps = append(steps, b.documents, b.assess, b.advisories)
	}
	if f.users > 0 {
		steps = append(steps, b.pages)
	}
	for _, step := range steps {
		if err := step(ctx, dir); err != nil {
			return err
		}
	}
	return nil
}

// imports takes in the fleet, and again with nothing and with little changed.
func (b *benching) imports(ctx context.Context, dir string) error {
	path := filepath.Join(dir, "fleet.csv")
	for _, t := range []struct {
		step, end string
		changed   int
	}{
		{"first import", "", 0}, {"import, nothing changed", "\n", 0}, {"import, 1 % changed", "", b.fleet.Devices / 100},
	} {
		file, err := os.Create(path)
		if err != nil {
			return err
		}
		err = b.fleet.Inventory(file, t.changed)
		_, werr := io.WriteString(file, t.end) // other bytes with the same devices
		if err = errors.Join(err, werr, file.Close()); err != nil {
			return err
		}
		err = b.step(t.step, b.fleet.Devices, "rows", func() error { return b.bring(ctx, path) })
		if err != nil {
			return err
		}
	}
	return nil
}

// bring takes in a file as an upload and does the jobs that it makes.
func (b *benching) bring(ctx context.Context, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	u := b.im.NewUpload()
	defer u.Close()
	if err := u.Add(filepath.Base(path), file); err != nil {
		return err
	}
	up, err := u.Commit(ctx, b.org, wardbook.Event{Actor: "bench", Reason: "measuring"})
	if err != nil {
		return err
	}
	if err := b.worker.Drain(ctx); err != nil {
		return err
	}
	var job wardbook.Job
	err = b.s.View(ctx, b.org, func(tx *store.Tx) (err error) { job, err = tx.Job(up.Job); return err })
	if err != nil {
		return err
	}
	if job.State != wardbook.JobDone {
		return fmt.Errorf("the job %s: %s", job.State, job.Error)
	}
	for _, o := range app.Outcomes(job) {
		if o.What != app.WasNew && o.What != app.WasReplaced {
			return fmt.Errorf("%s is %s: %v %v", o.File, o.What, o.Change, o.Problems)
		}
		if c := o.Change; c != nil && o.Kind == wardbook.InputInventory {
			fmt.Fprintf(b.out, "  %d new, %d changed, %d gone, %d the same\n", c.New, c.Changed, c.Gone, c.Same)
		}
	}
	return nil
}

// step measures one step of n things and says what it cost.
func (b *benching) step(name string, n int, what string, do func() error) error {
	debug.FreeOSMemory()
	resetPeak()
	if b.profile != "" {
		f, err := os.Create(filepath.Join(b.profile, name+".cpu"))
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	cpu, start := processorTime(), time.Now()
	if err := do(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	took, used := time.Since(start), processorTime()-cpu
	fmt.Fprintf(b.out, "%-28s %8.2f s by the clock, %8.2f s of processor time, %9.0f %s/s by the clock, %9.0f of processor time, peak %d MiB\n",
		name, took.Seconds(), used.Seconds(), float64(n)/took.Seconds(), what, float64(n)/used.Seconds(), peak()>>20)
	return nil
}
