package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/store"
)

// A Handler does the jobs of one kind. When it returns nil the job is done; an
// *wardbook.Invalid, or an error that wraps one, ends it for good, since the
// next try would find the same; any other error is tried again later. ctx ends
// when somebody cancels the job, when another worker has taken it, and when
// the program stops.
type Handler func(ctx context.Context, t *Task) error

// A Worker does the jobs of all organizations of a store, of the kinds that it
// has handlers for. Any number of workers, in any number of processes, can work
// on one database: each job is with one of them.
type Worker struct {
	Store    *store.Store
	Handlers map[string]Handler
	Log      *slog.Logger  // nil: none
	Name     string        // tells workers apart; empty: a new id
	Parallel int           // jobs at the same time; 2 where 0
	Lease    time.Duration // how long a job stays with a worker that is not heard of; 1 min where 0
	Poll     time.Duration // how often to look for jobs that other processes asked for; 2 s where 0
	// Watch is told how far a job is, whenever it says so; nil: nobody.
	Watch func(wardbook.Job)
	// Beat is told that the worker lives: whenever it looked for jobs, and while
	// it does one; nil: nobody. It is called by several goroutines.
	Beat func()
}

// errCancelled is why the context of a job ended that somebody cancelled.
var errCancelled = errors.New("cancelled")

func (w *Worker) withDefaults() Worker {
	d := *w
	if d.Beat == nil {
		d.Beat = func() {}
	}
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	if d.Name == "" {
		d.Name = wardbook.NewID()
	}
	if d.Parallel == 0 {
		d.Parallel = 2
	}
	if d.Lease == 0 {
		d.Lease = time.Minute
	}
	if d.Poll == 0 {
		d.Poll = 2 * time.Second
	}
	return d
}

// Run works until ctx ends. Jobs under way are then given back, to be taken up
// where they stand, and Run returns when all are.
func (w *Worker) Run(ctx context.Context) {
	d := w.withDefaults()
	var all sync.WaitGroup
	for i := range d.Parallel {
		all.Go(func() {
			one := d
			one.Name = fmt.Sprintf("%s/%d", d.Name, i+1)
			one.loop(ctx)
		})
	}
	all.Wait()
}

// loop takes one job after the other.
func (w *Worker) loop(ctx context.Context) {
	for ctx.Err() == nil {
		next := w.Store.Committed() // before looking, so that nothing falls between
		worked, err := w.step(ctx)
		if err != nil && ctx.Err() == nil {
			w.Log.Error("jobs", "error", err)
		}
		if err == nil {
			w.Beat()
		}
		if worked {
			continue
		}
		select {
		case <-next:
		case <-time.After(w.Poll):
		case <-ctx.Done():
		}
	}
}

// Drain does jobs until none is due that this worker can do. It is for programs
// that end with their work, such as a command without a server.
func (w *Worker) Drain(ctx context.Context) error {
	d := w.withDefaults()
	for {
		worked, err := d.step(ctx)
		if err != nil || !worked {
			return errors.Join(err, ctx.Err())
		}
	}
}

// step claims one job and does it.
func (w *Worker) step(ctx context.Context) (worked bool, err error) {
	kinds := make([]string, 0, len(w.Handlers))
	for k := range w.Handlers {
		kinds = append(kinds, k)
	}
	if len(kinds) == 0 {
		return false, nil
	}
	j, err := w.Store.Claim(ctx, w.Name, w.Lease, kinds...)
	if err != nil || j == nil {
		return false, err
	}
	return true, w.do(ctx, j)
}

// do runs one job to its end, whatever that is.
func (w *Worker) do(ctx context.Context, j *wardbook.Job) error {
	inner, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	t := &Task{worker: w, job: *j, stop: cancel}
	var beat sync.WaitGroup
	done := make(chan struct{})
	beat.Go(func() { t.prolong(inner, done) })
	start := time.Now()
	err := t.call(inner, w.Handlers[j.Kind])
	close(done)
	beat.Wait()
	cause := context.Cause(inner)
	cancel(nil)
	outcome, ended := t.end(context.WithoutCancel(ctx), err, cause)
	if ended != nil && !errors.Is(ended, store.ErrLease) {
		return fmt.Errorf("job %s (%s): %w", j.ID, j.Kind, ended)
	}
	w.Log.Info("job", "kind", j.Kind, "id", j.ID, "organization", j.Organization, "try", j.Attempt, "outcome", outcome, "ms", time.Since(start).Milliseconds())
	return nil
}

// A Task is a job that is being done. Its methods may be called by several
// goroutines.
type Task struct {
	worker *Worker
	stop   context.CancelCauseFunc

	mu       sync.Mutex
	job      wardbook.Job
	finished bool // in the transaction of its work
}

// Job is the job as it stands.
func (t *Task) Job() wardbook.Job {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.job
}

// Args decodes what the job was asked with.
func (t *Task) Args(into any) error {
	if err := json.Unmarshal(t.job.Args, into); err != nil {
		return &wardbook.Invalid{Problems: []wardbook.Problem{{Place: "job " + t.job.ID, Message: err.Error()}}}
	}
	return nil
}

// Resume decodes what an earlier try left, and reports whether one did.
func (t *Task) Resume(into any) bool {
	j := t.Job()
	return len(j.Resume) > 0 && json.Unmarshal(j.Resume, into) == nil
}

// Progress says how far the job is. It is written down with the next sign of
// life, so it costs nothing.
func (t *Task) Progress(note string, done, total int64) {
	t.mu.Lock()
	t.job.Note, t.job.Done, t.job.Total = note, done, total
	j := t.job
	t.mu.Unlock()
	if t.worker.Watch != nil {
		t.worker.Watch(j)
	}
}

// Save writes down at once how far the job is and what the next try needs to
// go on from here. Its error says to stop.
func (t *Task) Save(ctx context.Context, resume any) error {
	b, err := json.Marshal(resume)
	if err != nil {
		return err
	}
	t.mu.Lock()
	t.job.Resume = b
	t.mu.Unlock()
	return t.alive(ctx)
}

// Update writes as store.Update does, and ends the job in the same transaction
// when last is true.
func (t *Task) Update(ctx context.Context, ev wardbook.Event, last bool, fn func(*store.Tx) error) error {
	j := t.Job()
	err := t.worker.Store.Update(ctx, j.Organization, ev, func(tx *store.Tx) error {
		if err := fn(tx); err != nil || !last {
			return err
		}
		return tx.Finish(&j)
	})
	if err == nil && last {
		t.mu.Lock()
		t.finished = true
		t.mu.Unlock()
	}
	return err
}

// Finish ends the job, done, before its handler returns.
func (t *Task) Finish(ctx context.Context) error {
	j := t.Job()
	err := t.worker.Store.Finish(ctx, &j)
	if err == nil {
		t.mu.Lock()
		t.finished = true
		t.mu.Unlock()
	}
	return err
}

// alive writes progress and lease, and ends the job's context when it is to
// stop. The task is not locked meanwhile: the handler may be inside the
// transaction that this waits for.
func (t *Task) alive(ctx context.Context) error {
	t.mu.Lock()
	j, finished := t.job, t.finished
	t.mu.Unlock()
	if finished {
		return nil
	}
	err := t.worker.Store.Progress(ctx, &j, t.worker.Lease)
	switch {
	case errors.Is(err, store.ErrLease):
		t.stop(store.ErrLease)
	case err == nil && j.Cancel:
		err = errCancelled
		t.stop(errCancelled)
	}
	return err
}

// prolong gives a sign of life often enough to keep the lease, and soon enough
// for people who watch.
func (t *Task) prolong(ctx context.Context, done <-chan struct{}) {
	every := min(t.worker.Lease/4, 2*time.Second)
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		err := t.alive(ctx)
		if err == nil {
			t.worker.Beat()
		} else if ctx.Err() == nil {
			t.worker.Log.Warn("job gives no sign of life", "id", t.job.ID, "error", err)
		}
	}
}

// call runs the handler; a panic of it is an error.
func (t *Task) call(ctx context.Context, h Handler) (err error) {
	defer func() {
		if p := recover(); p != nil {
			t.worker.Log.Error("panic", "job", t.job.ID, "kind", t.job.Kind, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			err = errors.New("the program failed on this; what went wrong is in its log")
		}
	}()
	return h(ctx, t)
}

// end writes down how the try ended. cause is why the context of the job
// ended, nil when it did not.
func (t *Task) end(ctx context.Context, err, cause error) (outcome string, _ error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	t.mu.Lock()
	defer t.mu.Unlock()
	s, j := t.worker.Store, &t.job
	var invalid *wardbook.Invalid
	switch {
	case t.finished:
		return "done", err
	case errors.Is(cause, store.ErrLease) || errors.Is(err, store.ErrLease):
		return "taken by another worker", nil
	case err == nil:
		return "done", s.Finish(ctx, j)
	case errors.Is(cause, errCancelled) || errors.Is(err, errCancelled):
		return "cancelled", s.Stop(ctx, j)
	case cause != nil:
		return "given back", s.Release(ctx, j)
	case errors.As(err, &invalid):
		return "failed: " + err.Error(), s.Fail(ctx, j, err, true)
	}
	return "failed: " + err.Error(), s.Fail(ctx, j, err, false)
}
