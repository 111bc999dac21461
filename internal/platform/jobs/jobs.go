// Package jobs does work later or at length: delayed steps, transcoding, sweeps.
// A job is a row written in the caller's transaction, claimed under a lease by
// one worker of any node, tried again with growing pauses, and set aside as dead
// when its tries are used up. A worker that dies loses its lease and another
// takes over, so a job's work must stand being done twice.
package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/platform/sqldb"
)

// Job is work to be done at or after At. A second job with the same non-empty
// Key is dropped while the first is there.
type Job struct {
	Kind    string
	Key     string
	Payload any
	At      time.Time // zero: now
}

// Enqueue writes the job with the effect that asks for it.
func Enqueue(ctx context.Context, tx *sqldb.Tx, j Job) error {
	payload, err := json.Marshal(j.Payload)
	if err != nil {
		return fmt.Errorf("enqueue %s: %w", j.Kind, err)
	}
	if j.At.IsZero() {
		j.At = tx.Now()
	}
	return insertJob(ctx, tx, j, string(payload))
}

// Run is one try at a job.
type Run struct {
	ID      id.Job
	Attempt int // from 1
	payload string
	token   string
	queue   *Queue
}

// Decode reads the payload.
func (r Run) Decode(v any) error { return json.Unmarshal([]byte(r.payload), v) }

// Progress stores how far the job is, in percent, for whoever watches.
func (r Run) Progress(ctx context.Context, percent int) error {
	return setProgress(ctx, r.queue.db, r.ID, r.token, percent)
}

// Last reports whether a failure of this try sets the job aside.
func (r Run) Last(o Options) bool { return r.Attempt >= o.Tries }

// Options of one kind of job.
type Options struct {
	Workers int           // at once on this node
	Lease   time.Duration // renewed at a third of it while the work runs
	Tries   int
}

type kind struct {
	name string
	opts Options
	work func(ctx context.Context, r Run) error
}

// Queue claims and runs jobs.
type Queue struct {
	db    *sqldb.DB
	log   *slog.Logger
	kinds []kind
}

// NewQueue makes a queue without kinds. Handle before Run.
func NewQueue(db *sqldb.DB, log *slog.Logger) *Queue { return &Queue{db: db, log: log} }

// Handle says how to do jobs of a kind.
func (q *Queue) Handle(name string, o Options, work func(ctx context.Context, r Run) error) {
	q.kinds = append(q.kinds, kind{name, o, work})
}

const (
	gather     = 50 * time.Millisecond // workers look so often at the most while this process commits
	pollOthers = time.Second           // for what other nodes committed, or what has become due
	retryFirst = 2 * time.Second
	retryMax   = 10 * time.Minute
)

// Run works until ctx ends and returns when the last job has let go.
func (q *Queue) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	for _, k := range q.kinds {
		for range k.opts.Workers {
			wg.Go(func() { q.worker(ctx, k) })
		}
	}
	wg.Wait()
	return nil
}

func (q *Queue) worker(ctx context.Context, k kind) {
	for ctx.Err() == nil {
		changed := q.db.Changed()
		worked, err := q.once(ctx, k)
		if err != nil && ctx.Err() == nil {
			q.log.Error("job", "kind", k.name, "error", err)
		}
		if !worked {
			q.db.Await(ctx, changed, gather, pollOthers)
		}
	}
}

// Drain does what is due, one after another, until nothing is; for tests.
func (q *Queue) Drain(ctx context.Context) error {
	for again := true; again; {
		again = false
		for _, k := range q.kinds {
			worked, err := q.once(ctx, k)
			if err != nil {
				return err
			}
			again = again || worked
		}
	}
	return nil
}

func (q *Queue) once(ctx context.Context, k kind) (bool, error) {
	ready, err := anyDue(ctx, q.db.Reader(), k.name, q.db.Clock().Now())
	if err != nil || !ready {
		return false, err
	}
	r, ok, err := claim(ctx, q.db, k)
	if err != nil || !ok {
		return false, err
	}
	r.queue = q
	return true, q.try(ctx, k, r)
}

func (q *Queue) try(ctx context.Context, k kind, r Run) error {
	workCtx, cancel := context.WithCancel(ctx)
	renewed := make(chan struct{})
	go func() {
		defer close(renewed)
		q.renew(workCtx, cancel, k, r)
	}()
	err := runSafely(workCtx, k, r)
	cancel()
	<-renewed
	after := context.WithoutCancel(ctx)
	switch {
	case err == nil:
		return finish(after, q.db, r)
	case ctx.Err() != nil:
		return giveBack(after, q.db, r) // stopping is not the job's fault
	}
	dead := r.Attempt >= k.opts.Tries
	q.log.Warn("job failed", "kind", k.name, "id", r.ID.String(), "attempt", r.Attempt, "dead", dead, "error", err)
	return postpone(after, q.db, r, min(retryFirst<<min(r.Attempt-1, 20), retryMax), dead, err)
}

// renew keeps the lease while the work runs and stops the work when it is lost.
func (q *Queue) renew(ctx context.Context, lost context.CancelFunc, k kind, r Run) {
	for {
		timer := q.db.Clock().NewTimer(k.opts.Lease / 3)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C():
		}
		if err := extend(ctx, q.db, r, k.opts.Lease); errors.Is(err, errLeaseLost) {
			lost()
			return
		}
	}
}

func runSafely(ctx context.Context, k kind, r Run) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic in job %s: %v", k.name, p)
		}
	}()
	return k.work(ctx, r)
}
