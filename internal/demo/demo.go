package demo

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/catalog"
	"github.com/wardbook/wardbook/internal/app"
	"github.com/wardbook/wardbook/internal/store"
	"github.com/wardbook/wardbook/internal/vulndb"
)

// Options say how the story is told.
type Options struct {
	Until   time.Time // the day on which it ends
	Months  int       // how many are told, the first ones of the year; 12 where 0
	Program string    // name and version, for the record
	Cache   string    // folder where compiled vulnerability data is kept
	// Progress is told how many steps of the story were played; nil: nobody.
	Progress func(what string, done, total int)
}

func (o Options) months() int {
	if o.Months <= 0 || o.Months > 12 {
		return 12
	}
	return o.Months
}

// days is how long the story is.
func (o Options) days() int { return o.months() * 365 / 12 }

// start is the first day of the story.
func (o Options) start() time.Time {
	y, m, d := o.Until.UTC().Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC).AddDate(0, 0, -o.days())
}

// A year is the story while it is played.
type year struct {
	ctx      context.Context
	store    *store.Store
	clock    *Clock
	sample   fs.FS
	o        Options
	catalog  *catalog.Catalog
	importer *app.Importer
	worker   *app.Worker
	people   staff
	org      string
}

// A step of the story happens on a day of it, at a time of that day.
type step struct {
	day          int // from 0
	hour, minute int
	what         string
	do           func(*year) error
}

// Make plays the story into an empty store that was opened with the clock, and
// returns the people with their passwords. sample is the folder of the sample
// hospital, examples/st-example.
func Make(ctx context.Context, s *store.Store, c *Clock, sample fs.FS, o Options) ([]Person, error) {
	cat, err := catalog.Load()
	if err != nil {
		return nil, err
	}
	y := &year{ctx: ctx, store: s, clock: c, sample: sample, o: o, catalog: cat, people: newStaff(), importer: &app.Importer{Store: s, Catalog: cat}}
	living := app.NewLiving(s, cat, app.LivingOptions{Program: o.Program, Cache: vulndb.Cache{Dir: o.Cache}})
	y.worker = &app.Worker{Store: s, Handlers: map[string]app.Handler{
		app.ImportJob: y.importer.Import,
		app.DueJob:    app.ReopenDue,
		app.AssessJob: living.Job(c.Now),
	}}
	if err := y.open(); err != nil {
		return nil, fmt.Errorf("first day: %w", err)
	}
	var steps []step
	for _, s := range story {
		if s.day < o.days() {
			steps = append(steps, s)
		}
	}
	for i, s := range steps {
		if o.Progress != nil {
			o.Progress(s.what, i, len(steps))
		}
		if err := y.play(s); err != nil {
			return nil, fmt.Errorf("day %d, %s: %w", s.day, s.what, err)
		}
	}
	var out []Person
	for _, p := range y.people.all() {
		out = append(out, *p)
	}
	return out, nil
}

// play goes on to the day of a step, with what is due on the days before it
// (acceptances end by themselves), and does the step and the jobs that it asks
// for.
func (y *year) play(s step) error {
	at := y.at(s)
	for day := y.clock.Now(); day.Before(at); day = day.AddDate(0, 0, 1).Truncate(24 * time.Hour) {
		y.clock.to(day)
		if err := y.jobs(); err != nil {
			return err
		}
	}
	y.clock.to(at)
	if err := s.do(y); err != nil {
		return err
	}
	return y.jobs()
}

// at is when a step happens: nobody works on the weekend, what falls on one
// waits for Monday, but not beyond the day before the last one: that is still
// going on.
func (y *year) at(s step) time.Time {
	day := y.o.start().AddDate(0, 0, s.day)
	for day.Weekday() == time.Saturday || day.Weekday() == time.Sunday {
		day = day.AddDate(0, 0, 1)
	}
	if last := y.o.start().AddDate(0, 0, y.o.days()-1); day.After(last) {
		day = last
	}
	return day.Add(time.Duration(s.hour)*time.Hour + time.Duration(s.minute)*time.Minute)
}

// jobs does the jobs that are due, and says so where one failed.
func (y *year) jobs() error {
	if err := y.worker.Drain(y.ctx); err != nil {
		return err
	}
	return y.store.View(y.ctx, y.org, func(tx *store.Tx) error {
		page, err := tx.Jobs(store.ListOptions{Limit: 5})
		for _, j := range page.Items {
			if j.State == wardbook.JobFailed || j.State == wardbook.JobQueued && j.Error != "" {
				return errors.Join(err, fmt.Errorf("%s: %s", j.Kind, j.Error))
			}
		}
		return err
	})
}
