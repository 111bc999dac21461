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
	"hawker/internal/base/span"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/supervise"
)

// Job is work to be done at or after At. A second job with the same non-empty
// Key is dropped while the first is there; one that was set aside is tried again
// instead.
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

// Later is what a try answers that failed by an accident: it counts as none, and the next one comes the later the
// longer the job waits. For how long that may go on is for who works to decide, by Run.Since.
func Later(cause error) error { return &later{cause} }

type later struct{ cause error }

func (l *later) Error() string { return "put off: " + l.cause.Error() }
func (l *later) Unwrap() error { return l.cause }

// Hasten has a job tried now that waits for its time; it reports whether there was one.
func Hasten(ctx context.Context, tx *sqldb.Tx, key string) (bool, error) { return hasten(ctx, tx, key) }

// Run is one try at a job.
type Run struct {
	ID      id.Job
	Since   time.Time // when it was asked for, or asked for again
	Attempt int       // from 1
	payload string
	trace   string // of the step that asked for it
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

// Kind is how jobs of one kind are done. Work must stand being done twice.
type Kind struct {
	Name string
	Options
	Work func(ctx context.Context, r Run) error
}

// Queue claims and runs jobs.
type Queue struct {
	db    *sqldb.DB
	guard *supervise.Supervisor
	kinds []Kind
}

// NewQueue makes a queue that does jobs of these kinds.
func NewQueue(db *sqldb.DB, guard *supervise.Supervisor, kinds ...Kind) *Queue {
	return &Queue{db: db, guard: guard, kinds: kinds}
}

const (
	gather     = 50 * time.Millisecond // while this process commits, each kind is looked for so often at the most
	pollOthers = time.Second           // on a shared database, for what other nodes committed
	retryFirst = 2 * time.Second
	retryMax   = 10 * time.Minute
	laterMin   = 15 * time.Second
	laterMax   = 30 * time.Minute
)

// Run works until ctx ends and returns when the last job has let go.
func (q *Queue) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	for _, k := range q.kinds {
		wg.Go(func() { q.keep(ctx, k) })
	}
	wg.Wait()
	return nil
}

// keep does jobs of one kind, as many at once as it has workers.
func (q *Queue) keep(ctx context.Context, k Kind) {
	var wg sync.WaitGroup
	defer wg.Wait()
	hands, free := make(chan struct{}, k.Workers), make(chan struct{}, 1)
	for ctx.Err() == nil {
		changed := q.db.Changed("job")
		var next time.Time
		if len(hands) < k.Workers {
			var r Run
			var ok bool
			var err error
			if r, ok, next, err = q.take(ctx, k); err != nil && ctx.Err() == nil {
				q.guard.Log().Error("job", "kind", k.Name, "error", err)
				next = q.db.Clock().Now().Add(pollOthers)
			}
			if ok {
				hands <- struct{}{}
				wg.Go(func() {
					q.do(ctx, k, r)
					<-hands
					signal(free)
				})
				continue
			}
		}
		q.await(ctx, changed, free, next)
	}
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

func (q *Queue) do(ctx context.Context, k Kind, r Run) {
	if err := q.try(ctx, k, r); err != nil && ctx.Err() == nil {
		q.guard.Log().Error("job", "kind", k.Name, "id", r.ID.String(), "error", err)
	}
}

// await sleeps until a job may be due: at next, after a commit, when a worker is
// free.
func (q *Queue) await(ctx context.Context, changed, free <-chan struct{}, next time.Time) {
	wait := time.Duration(0)
	if !next.IsZero() {
		wait = max(next.Sub(q.db.Clock().Now()), time.Millisecond)
	}
	if q.db.Shared() && (wait == 0 || wait > pollOthers) {
		wait = pollOthers
	}
	var due <-chan time.Time
	if wait > 0 {
		timer := q.db.Clock().NewTimer(wait)
		defer timer.Stop()
		due = timer.C()
	}
	select {
	case <-ctx.Done():
	case <-due:
	case <-free:
	case <-changed:
		more := q.db.Clock().NewTimer(gather)
		defer more.Stop()
		select {
		case <-more.C():
		case <-ctx.Done():
		}
	}
}

// Drain does what is due, one after another, until nothing is; for tests.
func (q *Queue) Drain(ctx context.Context) error {
	for again := true; again; {
		again = false
		for _, k := range q.kinds {
			r, ok, _, err := q.take(ctx, k)
			if err == nil && ok {
				again, err = true, q.try(ctx, k, r)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// take claims a job that is due; where none is, next is when one will be.
func (q *Queue) take(ctx context.Context, k Kind) (r Run, ok bool, next time.Time, err error) {
	next, err = nextDue(ctx, q.db.Reader(), k.Name)
	if err != nil || next.IsZero() || next.After(q.db.Clock().Now()) {
		return r, false, next, err
	}
	r, ok, err = claim(ctx, q.db, k)
	r.queue = q
	return r, ok, time.Time{}, err
}

func (q *Queue) try(ctx context.Context, k Kind, r Run) error {
	traced, step := span.Begin(ctx, span.Step{Kind: span.Consumer, Name: "job " + k.Name, Parent: r.trace})
	step.Set(slog.Int("hawker.attempt", r.Attempt))
	workCtx, cancel := context.WithCancel(traced)
	renewed := make(chan struct{})
	go func() {
		defer close(renewed)
		q.renew(workCtx, cancel, k, r)
	}()
	err := q.guard.Call("job "+k.Name, func() error { return k.Work(workCtx, r) })
	step.End(err)
	cancel()
	<-renewed
	after := context.WithoutCancel(ctx)
	switch {
	case err == nil:
		return finish(after, q.db, r)
	case ctx.Err() != nil:
		return release(after, q.db, r) // stopping is not the job's fault
	}
	if accident := (*later)(nil); errors.As(err, &accident) {
		wait := min(max(q.db.Clock().Now().Sub(r.Since)/2, laterMin), laterMax)
		q.guard.Log().Warn("job put off", "kind", k.Name, "id", r.ID.String(), "for", wait, "error", err)
		return putOff(after, q.db, r, wait, err)
	}
	dead := r.Attempt >= k.Tries
	q.guard.Log().Warn("job failed", "kind", k.Name, "id", r.ID.String(), "attempt", r.Attempt, "dead", dead, "error",
		err)
	return postpone(after, q.db, r, min(retryFirst<<min(r.Attempt-1, 20), retryMax), dead, err)
}

// renew keeps the lease while the work runs and stops the work when it is lost.
func (q *Queue) renew(ctx context.Context, lost context.CancelFunc, k Kind, r Run) {
	for {
		timer := q.db.Clock().NewTimer(k.Lease / 3)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C():
		}
		if err := extend(ctx, q.db, r, k.Lease); errors.Is(err, errLeaseLost) {
			lost()
			return
		} else if err != nil && ctx.Err() == nil {
			q.guard.Log().Warn("job's lease not renewed", "kind", k.Name, "id", r.ID.String(), "error", err)
		}
	}
}
