package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"github.com/wardbook/wardbook/internal/app"
	"github.com/wardbook/wardbook/internal/store"
	"github.com/wardbook/wardbook/internal/web"
)

func newServe() *cobra.Command {
	var b bookFlags
	var o web.Options
	var logFormat, metrics string
	var jf jobFlags
	var tell tellFlags
	parallel := 2
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve the book to browsers",
		Long: `serve answers browsers with the pages of the book: what stands in it, now or
as of a date. While nobody can run the installation yet, each start prints a
link that works once, for a day, and makes the first operator; there is no
default password.

Without a certificate the server speaks plain HTTP: leave it on the loopback
address, or put a proxy with TLS before it (--behind-proxy) that passes the Host
header on and appends to X-Forwarded-For.`,
		Example: "  wardbook serve\n  wardbook serve --listen :8443 --tls-cert cert.pem --tls-key key.pem",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if (o.CertFile == "") != (o.KeyFile == "") {
				return usagef("a certificate needs its key", "give --tls-cert and --tls-key together")
			}
			handler, err := logHandler(cmd.ErrOrStderr(), logFormat)
			if err != nil {
				return err
			}
			o.Log, o.Version = slog.New(handler), version()
			var opts []store.Option
			if metrics != "" {
				o.Metrics = web.NewMetrics(o.Version)
				opts = append(opts, store.Observe(o.Metrics.Store))
			}
			s, err := b.open(cmd.Context(), true, opts...)
			if err != nil {
				return err
			}
			defer s.Close()
			j, err := jf.open(s, o.Log)
			if err != nil {
				return err
			}
			o.Importer, o.Living, o.Feeds = j.importer, j.living, j.feeds
			if o.Notifier, err = tell.open(s, j); err != nil {
				return err
			}
			if parallel > 0 {
				j.worker.Parallel = parallel
				o.Checks = append(o.Checks, jobsCheck(j.worker))
				defer j.start(cmd.Context())()
			}
			return serve(cmd.Context(), cmd.OutOrStdout(), s, o, metrics, jf.feeds)
		},
	}
	fs := cmd.Flags()
	fs.StringVar(&b.database, "database", "wardbook.db", "`DATABASE` of the book: a file, or postgres://…; one that is not there is made")
	fs.StringVar(&b.key, "key", "", "`FILE` of the key that signs the checkpoints (default: beside the database file)")
	fs.StringVar(&o.Listen, "listen", "127.0.0.1:8080", "`ADDRESS` and port to answer at; port 0 takes a free one")
	fs.StringVar(&o.CertFile, "tls-cert", "", "`FILE` of the TLS certificate (PEM)")
	fs.StringVar(&o.KeyFile, "tls-key", "", "`FILE` of its key (PEM)")
	fs.BoolVar(&o.BehindProxy, "behind-proxy", false, "TLS ends at a proxy before this server")
	fs.StringVar(&metrics, "metrics", "", "`ADDRESS` and port of a listener of its own that answers Prometheus at /metrics; whoever reaches it may read (default: none)")
	fs.DurationVar(&o.Drain, "drain", 0, "`TIME` to go on answering, after /readyz said that the server stops, before connections end")
	fs.IntVar(&parallel, "jobs", 2, "`NUMBER` of imports and assessments at the same time; 0: other processes on the database do them")
	jf.register(fs)
	tell.register(fs)
	fs.StringVar(&logFormat, "log", "text", "`FORMAT` of the log on standard error: text or json")
	return cmd
}

// silentFor is how long jobs may give no sign of life before the server is not
// ready: a large import can keep an SQLite database for minutes.
const silentFor = 5 * time.Minute

// jobsCheck is the check that the worker lives.
func jobsCheck(w *app.Worker) web.Check {
	var last atomic.Int64
	beat := func() { last.Store(time.Now().UnixNano()) }
	beat()
	w.Beat = beat
	return web.Check{Reason: "jobs are not being done", Err: func(context.Context) error {
		if silent := time.Since(time.Unix(0, last.Load())); silent > silentFor {
			return fmt.Errorf("the worker gave no sign of life for %v", silent.Round(time.Second))
		}
		return nil
	}}
}

// feedAges tells when each source of a feed folder was last looked at as a
// whole; nil where there is no folder. A source that never was is not in it.
func feedAges(dir string) func(context.Context) (map[string]time.Time, error) {
	if _, err := os.Stat(dir); err != nil {
		return nil
	}
	return func(context.Context) (map[string]time.Time, error) {
		folder, err := openFeeds(dir)
		if err != nil {
			return nil, err
		}
		all, err := folder.Status()
		ages := map[string]time.Time{}
		for _, s := range all {
			if !s.Checked.IsZero() {
				ages[s.Source.ID] = s.Checked
			}
		}
		return ages, err
	}
}

// serve answers browsers, and Prometheus where metrics is an address, until ctx
// ends or one of the two cannot.
func serve(ctx context.Context, out io.Writer, s *store.Store, o web.Options, metrics, feeds string) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if metrics != "" {
		o.Metrics.Watch(s, feedAges(feeds))
		go func() {
			err := o.Metrics.Serve(ctx, metrics, func(address string) { fmt.Fprintf(out, "Metrics are at %s\n", address) })
			if err != nil {
				cancel(fmt.Errorf("metrics: %w", err))
			}
		}()
	}
	err := web.New(s, o).Run(ctx, func(address, setup string) {
		fmt.Fprintf(out, "Wardbook answers at %s\n", address)
		if setup != "" {
			fmt.Fprintf(out, "Nobody can sign in yet. Open this link, which works once and for a day:\n%s\n", setup)
		}
	})
	if cause := context.Cause(ctx); err == nil && !errors.Is(cause, context.Canceled) {
		return cause
	}
	return err
}

func logHandler(w io.Writer, format string) (slog.Handler, error) {
	switch format {
	case "text":
		return slog.NewTextHandler(w, nil), nil
	case "json":
		return slog.NewJSONHandler(w, nil), nil
	}
	return nil, usagef("--log text or --log json", "--log %q is no format", format)
}
