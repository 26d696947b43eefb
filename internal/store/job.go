package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/wardbook/wardbook"
)

// ErrLease: the job is no longer this worker's. Its lease ran out and another
// took it, or it was cancelled for good: what was done for it must not be
// committed.
var ErrLease = errors.New("the job is no longer held by this worker")

const jobColumns = `id, organization, kind, args, state, unique_text, actor, run_at, attempt, max_attempts, worker,
	lease_until, done, total, note, resume, error, cancel, created, finished, last_alive`

func scanJob(s scanner) (j wardbook.Job, err error) {
	var runAt, lease, created, finished, alive int64
	err = s.Scan(&j.ID, &j.Organization, &j.Kind, &j.Args, &j.State, &j.Unique, &j.Actor, &runAt, &j.Attempt, &j.MaxAttempts, &j.Worker,
		&lease, &j.Done, &j.Total, &j.Note, &j.Resume, &j.Error, &j.Cancel, &created, &finished, &alive)
	j.RunAt, j.LeaseUntil, j.Created = fromMicros(runAt), fromMicros(lease), fromMicros(created)
	j.Finished, j.LastAlive = fromMicros(finished), fromMicros(alive)
	return j, err
}

// Enqueue asks for a job, in the transaction of the change that needs it: the
// job is there when the change is, and not otherwise. Of j, Kind, Args, Unique,
// RunAt (zero: at once) and MaxAttempts (zero: 5) count. While a job of the
// same kind and unique text is not finished that one is returned.
func (tx *Tx) Enqueue(j wardbook.Job) (wardbook.Job, error) {
	if tx.w == nil {
		return j, ErrReadOnly
	}
	if j.Kind == "" {
		return j, errors.New("job: has no kind")
	}
	if j.Unique != "" {
		old, err := scanJob(tx.row(`SELECT `+jobColumns+` FROM jobs WHERE organization = $1 AND kind = $2 AND unique_text = $3
			AND state IN ('queued', 'running')`, j.Kind, j.Unique))
		if !errors.Is(err, sql.ErrNoRows) {
			return old, err
		}
	}
	e := tx.w.entry
	j.ID, j.Organization, j.State, j.Actor, j.Created = wardbook.NewID(), tx.org, wardbook.JobQueued, e.Actor, e.Time
	if j.RunAt.IsZero() {
		j.RunAt = e.Time
	}
	if j.MaxAttempts == 0 {
		j.MaxAttempts = 5
	}
	_, err := tx.exec(`INSERT INTO jobs (`+jobColumns+`) VALUES ($2, $1, $3, $4, 'queued', $5, $6, $7, 0, $8, '', 0, 0, $9, $10, $11, '', FALSE, $12, 0, 0)`,
		j.ID, j.Kind, notNil(j.Args), j.Unique, j.Actor, micros(j.RunAt), j.MaxAttempts, j.Total, j.Note, notNil(j.Resume), micros(j.Created))
	return j, err
}

func notNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// Claim takes a job that is due, of one of the kinds (none: any), for worker
// until the lease is over; no other worker has it until then. Of jobs that are
// due, one of the organization with the fewest running comes first. A job whose
// lease ran out is due again. It is nil when there is nothing to do.
func (s *Store) Claim(ctx context.Context, worker string, lease time.Duration, kinds ...string) (*wardbook.Job, error) {
	at := s.time()
	args := []any{micros(at), micros(at.Add(lease)), worker}
	of := ""
	if len(kinds) > 0 {
		of = " AND j.kind IN (" + placeholders(4, len(kinds)) + ")"
		args = append(args, texts(kinds)...)
	}
	row := s.write.QueryRowContext(ctx, `UPDATE jobs SET state = 'running', attempt = attempt + 1, worker = $3,
			lease_until = $2, last_alive = $1, error = ''
		WHERE id = (SELECT j.id FROM jobs j
			WHERE j.run_at <= $1 AND (j.state = 'queued' OR j.state = 'running' AND j.lease_until <= $1)`+of+`
			ORDER BY (SELECT count(*) FROM jobs r WHERE r.organization = j.organization AND r.state = 'running' AND r.lease_until > $1),
				j.run_at, j.id LIMIT 1`+s.engine.skipLocked()+`)
		RETURNING `+jobColumns, args...)
	j, err := scanJob(row)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	switch {
	case j.Cancel:
		err = s.end(ctx, &j, wardbook.JobCancelled, "")
	case j.Attempt > j.MaxAttempts:
		err = s.end(ctx, &j, wardbook.JobFailed, "the program stopped while it worked on this, as often as it may try")
	default:
		return &j, nil
	}
	if err != nil && !errors.Is(err, ErrLease) {
		return nil, err
	}
	return s.Claim(ctx, worker, lease, kinds...)
}

// held is the condition that a job is still this worker's, in this try.
const held = ` WHERE id = $1 AND worker = $2 AND attempt = $3 AND state = 'running'`

func (s *Store) jobExec(ctx context.Context, j *wardbook.Job, set string, args ...any) error {
	r, err := s.write.ExecContext(ctx, `UPDATE jobs SET `+set+held, append([]any{j.ID, j.Worker, j.Attempt}, args...)...)
	if err != nil {
		return err
	}
	if n, err := r.RowsAffected(); err != nil || n == 0 {
		return errors.Join(ErrLease, err)
	}
	return nil
}

// Progress writes down how far j is (Done, Total, Note, Resume), prolongs the
// lease, and learns in j.Cancel whether somebody wants it to stop. ErrLease
// says to stop at once.
func (s *Store) Progress(ctx context.Context, j *wardbook.Job, lease time.Duration) error {
	at := s.time()
	err := s.jobExec(ctx, j, `done = $4, total = $5, note = $6, resume = $7, lease_until = $8, last_alive = $9`,
		j.Done, j.Total, j.Note, notNil(j.Resume), micros(at.Add(lease)), micros(at))
	if err != nil {
		return err
	}
	j.LeaseUntil = at.Add(lease)
	return s.write.QueryRowContext(ctx, `SELECT cancel FROM jobs WHERE id = $1`, j.ID).Scan(&j.Cancel)
}

// Finish ends a job that wrote nothing; see Tx.Finish for one that did.
func (s *Store) Finish(ctx context.Context, j *wardbook.Job) error {
	return s.end(ctx, j, wardbook.JobDone, "")
}

// Stop ends a job that was cancelled.
func (s *Store) Stop(ctx context.Context, j *wardbook.Job) error {
	return s.end(ctx, j, wardbook.JobCancelled, "")
}

func (s *Store) end(ctx context.Context, j *wardbook.Job, state wardbook.JobState, message string) error {
	err := s.jobExec(ctx, j, `state = $4, error = $5, done = $6, total = $7, note = $8, finished = $9, lease_until = 0`,
		string(state), message, j.Done, j.Total, j.Note, micros(s.time()))
	if err == nil {
		j.State, j.Error = state, message
	}
	return err
}

// Finish ends a job in the transaction that holds what it did: both are
// committed or neither, and not when another worker has taken the job.
func (tx *Tx) Finish(j *wardbook.Job) error {
	n, err := tx.exec(`UPDATE jobs SET state = 'done', error = '', done = $5, total = $6, note = $7, finished = $8, lease_until = 0
		WHERE organization = $1 AND id = $2 AND worker = $3 AND attempt = $4 AND state = 'running'`,
		j.ID, j.Worker, j.Attempt, j.Done, j.Total, j.Note, micros(tx.Time()))
	if err == nil && n == 0 {
		err = ErrLease
	}
	return err
}

// Fail ends this try. The job is due again after a while that doubles with
// each try (15 s, 30 s, … at most an hour), until MaxAttempts are used up. With
// final it is not tried again.
func (s *Store) Fail(ctx context.Context, j *wardbook.Job, cause error, final bool) error {
	message := cause.Error()
	if final || j.Attempt >= j.MaxAttempts {
		return s.end(ctx, j, wardbook.JobFailed, message)
	}
	wait := min(15*time.Second<<min(j.Attempt-1, 20), time.Hour)
	err := s.jobExec(ctx, j, `state = 'queued', error = $4, done = $5, total = $6, note = $7, resume = $8, run_at = $9, lease_until = 0`,
		message, j.Done, j.Total, j.Note, notNil(j.Resume), micros(s.time().Add(wait)))
	if err == nil {
		j.State, j.Error = wardbook.JobQueued, message
	}
	return err
}

// Release gives a job back unfinished, to be taken up at once: the program is
// stopping. The try does not count.
func (s *Store) Release(ctx context.Context, j *wardbook.Job) error {
	return s.jobExec(ctx, j, `state = 'queued', attempt = attempt - 1, resume = $4, run_at = $5, lease_until = 0`, notNil(j.Resume), micros(s.time()))
}

// CancelJob asks a job to stop. One that waits is cancelled at once, one that
// runs learns it with its next Progress.
func (tx *Tx) CancelJob(id string) error {
	n, err := tx.exec(`UPDATE jobs SET cancel = TRUE,
		finished = CASE WHEN state = 'queued' THEN $3 ELSE finished END,
		state = CASE WHEN state = 'queued' THEN 'cancelled' ELSE state END
		WHERE organization = $1 AND id = $2 AND state IN ('queued', 'running')`, id, micros(tx.Time()))
	if err == nil && n == 0 {
		_, err = tx.Job(id)
	}
	return err
}

// Job is the job with that id.
func (tx *Tx) Job(id string) (wardbook.Job, error) {
	j, err := scanJob(tx.row(`SELECT `+jobColumns+` FROM jobs WHERE organization = $1 AND id = $2`, id))
	return j, notFound(err, "job %s", id)
}

// Jobs lists jobs, newest first: those in one of the states, or all. Of the
// options States, Limit and After count; Text is a kind of job.
func (tx *Tx) Jobs(o ListOptions) (Page[wardbook.Job], error) {
	var page Page[wardbook.Job]
	var q listQuery
	if len(o.States) > 0 {
		q.and("state IN (?"+strings.Repeat(", ?", len(o.States)-1)+")", texts(o.States)...)
	}
	if o.Text != "" {
		q.and("kind = ?", o.Text)
	}
	if o.After != "" {
		c, err := parseCursor(o.After)
		if err != nil {
			return page, err
		}
		q.and("id < ?", c.ID)
	}
	n := limit(o.Limit)
	q.args = append(q.args, n+1)
	rows, err := tx.rows(fmt.Sprintf(`SELECT %s FROM jobs WHERE organization = $1%s ORDER BY id DESC LIMIT $%d`,
		jobColumns, q.where.String(), len(q.args)+1), q.args...)
	if page.Items, err = collect(rows, err, scanJob); err == nil && len(page.Items) > n {
		page.Items = page.Items[:n]
		page.Next = cursor{ID: page.Items[n-1].ID}.String()
	}
	return page, err
}
