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
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/wardbook/wardbook/internal/demo"
	"github.com/wardbook/wardbook/internal/store"
	"github.com/wardbook/wardbook/internal/web"
)

// demoFlags are what wardbook demo is told.
type demoFlags struct {
	database, sample, listen, until, cache string
	months                                 int
	serve                                  bool
}

func newDemo() *cobra.Command {
	var f demoFlags
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Serve the sample hospital with a year of history",
		Long: `demo makes a book of the sample hospital in which five people have worked for a
year, up to today: inventories, SBOMs and advisories that came in, questions
answered, risks decided, and two people who disagree. Then it serves the book
and prints how to sign in as each of them.

The people and what they do are invented. Their passwords are made at random
with the book and kept beside it, in a file that ends in .sign-in.txt, so that
they can be printed again; a real book keeps no password. A book that is there
is served as it is: delete it to begin anew.

Where standard input is no terminal, or DEMO_SERVE=0 is set, the server is
started on a free port, asked whether it is ready, and stopped.`,
		Example: "  wardbook demo\n  wardbook demo --listen 127.0.0.1:9000",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return f.run(cmd) },
	}
	fl := cmd.Flags()
	fl.StringVar(&f.database, "database", "demo-out/demo.db", "`FILE` of the book; one that is not there is made")
	fl.StringVar(&f.sample, "sample", "examples/st-example", "`DIR` of the sample hospital, in a checkout")
	fl.StringVar(&f.listen, "listen", "127.0.0.1:8080", "`ADDRESS` and port to answer at; where it is taken, a free port")
	fl.StringVar(&f.until, "until", "", "`DATE` on which the history ends (default: today)")
	fl.IntVar(&f.months, "months", 12, "how many `MONTHS` of the history are played, the first ones")
	fl.StringVar(&f.cache, "cache", "", "`DIR` where compiled vulnerability data is kept (default: WARDBOOK_CACHE, else the user's cache folder)")
	fl.BoolVar(&f.serve, "serve", os.Getenv("DEMO_SERVE") != "0" && term.IsTerminal(int(os.Stdin.Fd())), "serve until interrupted; otherwise start once, ask, and stop")
	return cmd
}

func (f *demoFlags) run(cmd *cobra.Command) error {
	if f.months < 1 || f.months > 12 {
		return usagef("1 to 12 months", "--months %d", f.months)
	}
	until := time.Now()
	if f.until != "" {
		t, err := time.Parse(time.DateOnly, f.until)
		if err != nil {
			return usagef("write it as 2026-01-31", "--until %q is no date", f.until)
		}
		until = t
	}
	_, err := os.Stat(f.database)
	if errors.Is(err, fs.ErrNotExist) {
		err = f.play(cmd, until)
	}
	if err != nil {
		return err
	}
	signIns, err := os.ReadFile(f.signIns())
	if err != nil {
		return failed("delete "+f.database+" to have it made anew", fmt.Errorf("%s is no book that wardbook demo made: %w", f.database, unwrapPath(err)))
	}
	return f.open(cmd, string(signIns))
}

// signIns is the file that says how to sign in.
func (f *demoFlags) signIns() string { return f.database + ".sign-in.txt" }

// play makes the book under another name, so that one that was cut off is never
// taken for whole.
func (f *demoFlags) play(cmd *cobra.Command, until time.Time) error {
	if _, err := os.Stat(filepath.Join(f.sample, "inventory")); err != nil {
		return failed("the sample hospital is in the checkout of Wardbook, in examples/st-example: say where with --sample", fmt.Errorf("%s: %w", f.sample, unwrapPath(err)))
	}
	cache, err := cacheDir(f.cache)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(f.database), 0o755); err != nil {
		return err
	}
	unfinished := f.database + ".new"
	for _, end := range []string{"", "-wal", "-shm", ".key"} {
		if err := os.Remove(unfinished + end); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	p := newProgress(cmd.ErrOrStderr(), false)
	defer p.done()
	fmt.Fprintln(cmd.OutOrStdout(), "Playing the sample hospital's year; this is done once.")
	o := demo.Options{Until: until, Months: f.months, Program: "wardbook " + version(), Cache: cache,
		Progress: func(what string, done, total int) { p.report("the year", done, total) }}
	people, err := demoBook(cmd.Context(), unfinished, f.sample, o)
	if err != nil {
		return err
	}
	p.done()
	if err := os.WriteFile(f.signIns(), []byte(signInText(people)), 0o600); err != nil {
		return err
	}
	// The key first: a database without its key would get a new one.
	if err := os.Rename(unfinished+".key", f.database+".key"); err != nil {
		return err
	}
	return os.Rename(unfinished, f.database)
}

func demoBook(ctx context.Context, database, sample string, o demo.Options) (people []demo.Person, err error) {
	clock := demo.NewClock(o)
	s, err := store.Open(ctx, database, store.Clock(clock.Now))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return demo.Make(ctx, s, clock, os.DirFS(sample), o)
}

// signInText says how each of the people signs in.
func signInText(people []demo.Person) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-14s %-14s %-40s %s\n", "Role", "Name", "Mail address", "Password")
	for _, p := range people {
		fmt.Fprintf(&b, "%-14s %-14s %-40s %s\n", p.Roles[0], p.Name, p.Email, p.Password)
	}
	return b.String()
}

// open serves the book, or tries whether that can be done.
func (f *demoFlags) open(cmd *cobra.Command, signIns string) error {
	s, err := store.Open(cmd.Context(), f.database)
	if err != nil {
		return schemaHint(err)
	}
	defer s.Close()
	ctx, cancel := context.WithCancel(cmd.Context())
	defer cancel()
	log := slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	o := web.Options{Log: log, Version: version()}
	out := cmd.OutOrStdout()
	if !f.serve {
		return f.try(ctx, cancel, out, s, o, signIns)
	}
	jf := jobFlags{cache: f.cache, maxFile: 256, maxUnpack: 256}
	j, err := jf.open(s, log)
	if err != nil {
		return err
	}
	defer j.start(ctx)()
	o.Importer, o.Living = j.importer, j.living
	o.Listen = f.listen
	started := func(address, _ string) {
		fmt.Fprintf(out, "\nSt. Example Hospital answers at %s\n\n%s\nCtrl-C ends it; the same command serves it again.\n", address, signIns)
	}
	err = web.New(s, o).Run(ctx, started)
	if port := strings.LastIndex(f.listen, ":"); port >= 0 && errors.Is(err, syscall.EADDRINUSE) {
		o.Listen = f.listen[:port] + ":0"
		err = web.New(s, o).Run(ctx, started)
	}
	return err
}

// try starts the server on a free port, asks it once, and stops it.
func (f *demoFlags) try(ctx context.Context, stop func(), out io.Writer, s *store.Store, o web.Options, signIns string) error {
	o.Listen = "127.0.0.1:0"
	asked := make(chan error, 1)
	err := web.New(s, o).Run(ctx, func(address, _ string) {
		go func() {
			asked <- web.Probe(ctx, address)
			stop()
		}()
	})
	if err == nil {
		err = <-asked
	}
	if err != nil {
		return fmt.Errorf("the server of the demonstration: %w", err)
	}
	fmt.Fprintf(out, "\nThe server of St. Example Hospital was started, was ready, and was stopped.\nServe it: wardbook demo --serve --database %s\n\n%s", f.database, signIns)
	return nil
}
