// Package schedule does what is due when it is due. A task says when its earliest
// row becomes due; the scheduler sleeps until then and looks again when this
// process commits to the tables that told it, so that an idle program neither writes nor scans. On a database
// that other nodes share it looks once in a while besides, and a lease lets one
// node at a time do a task.
package schedule

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"hawker/internal/base/span"
	"hawker/internal/platform/lease"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/statement"
	"hawker/internal/platform/supervise"
)

// Task is work that becomes due. Do stands being done twice, and does all that is
// due or a part that leaves the rest due.
type Task struct {
	Name string
	// Next answers when the earliest row is due; the zero time when none is. It reads
	// an index, by q alone: it is asked again when those tables were written to.
	Next func(ctx context.Context, q sqldb.Querier) (time.Time, error)
	// Every is for what has no rows to look at (files, a cache): Do is called soon
	// after the start and then that often. With Next, it is how long Do waits at the
	// most while anything is there.
	Every time.Duration
	Do    func(ctx context.Context) error
}

// Scheduler runs tasks.
type Scheduler struct {
	db    *sqldb.DB
	log   *slog.Logger
	guard *supervise.Supervisor
	tasks []Task
}

// New makes a scheduler of tasks.
func New(db *sqldb.DB, log *slog.Logger, guard *supervise.Supervisor, tasks []Task) *Scheduler {
	return &Scheduler{db: db, log: log, guard: guard, tasks: tasks}
}

const (
	gather     = 100 * time.Millisecond // after a commit: what it made due is rarely due at once
	pollOthers = time.Second            // on a shared database
	leaseFor   = 15 * time.Second
	pauseFirst = 50 * time.Millisecond // after a Do that left something due
	pauseError = time.Second
	pauseMax   = 30 * time.Second
	firstMax   = 30 * time.Second // a program that is restarted often does its tasks, too
)

// Run works until ctx ends.
func (s *Scheduler) Run(ctx context.Context) error {
	var g errgroup.Group
	start := s.db.Clock().Now()
	for i, t := range s.tasks {
		// Spread, so that a start is not when all of them want the database at once.
		first := min(t.Every, firstMax*time.Duration(i+1)/time.Duration(len(s.tasks)))
		g.Go(func() error { s.keep(ctx, t, start.Add(first-t.Every)); return nil })
	}
	return g.Wait()
}

// keep does one task whenever it is due; last is when it would have been done before.
func (s *Scheduler) keep(ctx context.Context, t Task, last time.Time) {
	var pause time.Duration
	var tables []string // that told when it is due
	for ctx.Err() == nil {
		changed := s.db.Changed(tables...)
		next, read, err := s.next(ctx, t, last)
		if err == nil && !slices.Equal(read, tables) {
			tables = read
			continue // what was committed to them since is not to be missed
		}
		now := s.db.Clock().Now()
		due := err == nil && !next.IsZero() && !next.After(now)
		if due {
			last = now
			err = s.do(ctx, t)
		}
		if err != nil && ctx.Err() == nil {
			s.log.Error("task", "name", t.Name, "error", err)
		}
		switch {
		case err != nil:
			pause = min(max(2*pause, pauseError), pauseMax)
			s.sleep(ctx, pause)
		case due:
			pause = min(max(2*pause, pauseFirst), pauseError)
			s.sleep(ctx, pause)
		default:
			pause = 0
			s.await(ctx, t, changed, next.Sub(now))
		}
	}
}

// next answers when a task is due, and which tables told.
func (s *Scheduler) next(ctx context.Context, t Task, last time.Time) (next time.Time, tables []string, err error) {
	if t.Next == nil {
		return last.Add(t.Every), nil, nil
	}
	q := statement.Noting(s.db.Reader())
	err = s.guard.Call("task "+t.Name, func() error {
		next, err = t.Next(ctx, q)
		return err
	})
	if t.Every > 0 && !next.IsZero() && last.Add(t.Every).Before(next) {
		next = last.Add(t.Every)
	}
	return next, q.Tables(), err
}

// do runs the task, under its lease where other nodes are possible. The lease is
// renewed meanwhile: a task may wait for a slow provider.
func (s *Scheduler) do(ctx context.Context, t Task) error {
	run := func(ctx context.Context) error {
		ctx, step := span.Begin(ctx, span.Step{Name: "task " + t.Name})
		err := s.guard.Call("task "+t.Name, func() error { return t.Do(ctx) })
		step.End(err)
		return err
	}
	if !s.db.Shared() {
		return run(ctx)
	}
	l := lease.In(s.db, "task."+t.Name, leaseFor)
	held, err := l.While(ctx, run)
	if err == nil && !held {
		s.sleep(ctx, pollOthers)
	}
	return err
}

// await sleeps until something may be due: wait from now when that is positive, or
// after a commit.
func (s *Scheduler) await(ctx context.Context, t Task, changed <-chan struct{}, wait time.Duration) {
	if t.Next == nil {
		s.sleep(ctx, wait)
		return
	}
	if s.db.Shared() && (wait <= 0 || wait > pollOthers) {
		wait = pollOthers
	}
	var due <-chan time.Time
	if wait > 0 {
		timer := s.db.Clock().NewTimer(wait)
		defer timer.Stop()
		due = timer.C()
	}
	select {
	case <-ctx.Done():
	case <-due:
	case <-changed:
		s.sleep(ctx, gather)
	}
}

func (s *Scheduler) sleep(ctx context.Context, d time.Duration) {
	timer := s.db.Clock().NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C():
	}
}
