package main

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/spf13/pflag"

	"github.com/wardbook/wardbook/catalog"
	"github.com/wardbook/wardbook/internal/app"
	"github.com/wardbook/wardbook/internal/store"
	"github.com/wardbook/wardbook/internal/vulndb"
)

// jobFlags say how a command does jobs: imports and assessments.
type jobFlags struct {
	feeds              string // folder; empty: none
	cache              string
	maxFile, maxUnpack int64 // MiB
}

func (j *jobFlags) register(fs *pflag.FlagSet) {
	fs.StringVar(&j.feeds, "feeds", defaultFeeds(), "`DIR` of the feed folder, whose documents count for all organizations; empty: none")
	fs.StringVar(&j.cache, "cache", "", "`DIR` where compiled vulnerability data is kept (default: WARDBOOK_CACHE, else the user's cache folder)")
	fs.Int64Var(&j.maxFile, "max-file", 256, "largest file that is taken in, in `MiB`")
	fs.Int64Var(&j.maxUnpack, "max-unpacked", 256, "largest document after decompression, in `MiB`; vulnerability data may be larger")
}

// jobs is what does them.
type jobs struct {
	importer *app.Importer
	notifier *app.Notifier // nil: nobody is told
	living   *app.Living
	worker   *app.Worker
	feeds    *app.Feeds  // nil: no feed folder
	fetcher  *app.Worker // fetches them, one at a time
}

func (j *jobFlags) open(s *store.Store, log *slog.Logger) (*jobs, error) {
	cat, err := catalog.Load()
	if err != nil {
		return nil, err
	}
	dir, err := cacheDir(j.cache)
	if err != nil && j.cache == "" { // a service has no home: what is compiled there is compiled again after a restart
		dir, err = cacheDir(filepath.Join(os.TempDir(), "wardbook-feeds"))
	}
	if err != nil {
		return nil, err
	}
	im := &app.Importer{Store: s, Catalog: cat, Limits: app.Limits{File: j.maxFile << 20, Unpacked: j.maxUnpack << 20}}
	o := app.LivingOptions{Program: "wardbook " + version(), Cache: vulndb.Cache{Dir: dir}}
	out := &jobs{importer: im}
	if j.feeds != "" {
		folder, err := openFeeds(j.feeds)
		if err != nil {
			return nil, err
		}
		out.feeds = app.NewFeeds(s, folder)
		out.fetcher = &app.Worker{Store: s, Log: log, Parallel: 1, Handlers: map[string]app.Handler{app.FeedJob: out.feeds.Fetch}}
		o.Feeds = out.feeds.Documents
	}
	living := app.NewLiving(s, cat, o)
	out.living = living
	out.worker = &app.Worker{Store: s, Log: log, Handlers: map[string]app.Handler{
		app.ImportJob: im.Import,
		app.DueJob:    app.ReopenDue,
		app.AssessJob: living.Job(time.Now),
	}}
	return out, nil
}

// run does jobs, and asks for an assessment when a new day begins, until ctx
// ends; then those under way are given back.
func (j *jobs) run(ctx context.Context) {
	var all sync.WaitGroup
	all.Go(func() { j.worker.Run(ctx) })
	if j.feeds != nil {
		all.Go(func() { j.fetcher.Run(ctx) })
		all.Go(func() { j.schedule(ctx) })
	}
	all.Go(func() {
		tick := time.NewTicker(10 * time.Minute)
		defer tick.Stop()
		for {
			if err := app.AskDaily(ctx, j.worker.Store, time.Now()); err != nil && ctx.Err() == nil {
				j.worker.Log.Error("asking for the assessment of another day", "error", err)
			}
			if j.notifier != nil {
				if err := j.notifier.AskDaily(ctx, time.Now()); err != nil && ctx.Err() == nil {
					j.worker.Log.Error("asking for what is told once a day", "error", err)
				}
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
		}
	})
	all.Wait()
}

// schedule asks for the feeds whose time has come, and tells organizations when
// something else than this server changed the folder.
func (j *jobs) schedule(ctx context.Context) {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		for _, step := range []func() error{func() error { return j.feeds.AskDue(ctx, time.Now()) }, func() error { return j.feeds.Tell(ctx) }} {
			if err := step(); err != nil && ctx.Err() == nil {
				j.worker.Log.Error("schedule of the feeds", "error", err)
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// start runs jobs beside what the caller does. What it returns stops them and
// waits until all are given back.
func (j *jobs) start(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() { j.run(ctx); close(ended) }()
	return func() { cancel(); <-ended }
}
