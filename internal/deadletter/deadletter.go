// Package deadletter is the way back for what nobody could do: events that no
// handler would take and jobs that used up their tries. An operator lists them,
// sees why, and has each done again or dropped, from the console or the command
// line. It keeps no rows of its own and knows no event.
package deadletter

import (
	"context"
	"errors"
	"slices"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/platform/audit"
	"hawker/internal/platform/events"
	"hawker/internal/platform/jobs"
	"hawker/internal/platform/sqldb"
)

// Kind says what a letter was.
type Kind string

// The kinds.
const (
	Event Kind = "event"
	Job   Kind = "job"
)

// Values lists the kinds, for descriptions.
func (Kind) Values() []string { return []string{string(Event), string(Job)} }

// Letter is an event or a job that was set aside.
type Letter struct {
	ID        string // evt_… or job_…
	Kind      Kind
	Name      string // of the event, or the kind of the job
	Key       string // whom it concerns; may be empty
	CreatedAt time.Time
	Attempts  int
	LastError string
}

// ListMax bounds a list: who has more than that has one cause to mend first.
const ListMax = 200

// List gives what was set aside, the newest first.
func List(ctx context.Context, q sqldb.Querier) ([]Letter, error) {
	deadEvents, err := events.ListDead(ctx, q, id.Event{}, ListMax)
	deadJobs, jobsErr := jobs.ListDead(ctx, q, id.Job{}, ListMax)
	if err := errors.Join(err, jobsErr); err != nil {
		return nil, err
	}
	out := make([]Letter, 0, len(deadEvents)+len(deadJobs))
	for _, e := range deadEvents {
		out = append(out, Letter{e.ID.String(), Event, e.Name, e.Key, e.At, e.Attempts, e.LastError})
	}
	for _, j := range deadJobs {
		out = append(out, Letter{j.ID.String(), Job, j.Kind, j.Key, j.At, j.Attempts, j.LastError})
	}
	slices.SortStableFunc(out, func(a, b Letter) int { return b.CreatedAt.Compare(a.CreatedAt) })
	return out[:min(len(out), ListMax)], nil
}

// Requeue has a letter done again. Faults: deadletter.not_found.
func Requeue(ctx context.Context, db *sqldb.DB, letter string) error {
	return told(ctx, db, "letter.requeued", letter, change(ctx, db, letter, events.Requeue, jobs.Requeue))
}

// Discard drops a letter. Faults: deadletter.not_found.
func Discard(ctx context.Context, db *sqldb.DB, letter string) error {
	return told(ctx, db, "letter.dropped", letter, change(ctx, db, letter, events.Discard, jobs.Discard))
}

func change(ctx context.Context, db *sqldb.DB, letter string,
	event func(context.Context, *sqldb.DB, id.Event) error, job func(context.Context, *sqldb.DB, id.Job) error,
) error {
	var e id.Event
	var j id.Job
	err := error(fault.NotFound("deadletter.not_found"))
	switch {
	case e.UnmarshalText([]byte(letter)) == nil:
		err = event(ctx, db, e)
	case j.UnmarshalText([]byte(letter)) == nil:
		err = job(ctx, db, j)
	}
	if f := fault.As(err); f != nil {
		return fault.NotFound("deadletter.not_found")
	}
	return err
}

// told puts what was done into the audit log. It stands beside what it tells of: the
// engines that keep letters know no log.
func told(ctx context.Context, db *sqldb.DB, a audit.Action, letter string, err error) error {
	if err != nil {
		return err
	}
	return db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		return audit.Record(ctx, tx, audit.Entry{Action: a, Subject: letter})
	})
}
