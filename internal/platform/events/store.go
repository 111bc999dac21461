package events

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"hawker/internal/base/event"
	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/platform/sqldb"
)

type dueEvent struct {
	event.Envelope
	attempts int
	taken    map[string]bool // by consumer
	noted    string          // taken, as it stands in the row
}

// Who has taken an event stands in its row, names apart by blanks.
func takenText(taken map[string]bool) string {
	return strings.Join(slices.Sorted(maps.Keys(taken)), " ")
}

func takenOf(text string) map[string]bool {
	out := map[string]bool{}
	for name := range strings.FieldsSeq(text) {
		out[name] = true
	}
	return out
}

func insertOutbox(ctx context.Context, tx *sqldb.Tx, env event.Envelope, taken map[string]bool) error {
	at := sqldb.Millis(env.At)
	_, err := tx.Exec(ctx, `INSERT INTO outbox (id, name, event_key, payload, created_at, due_at, taken, traceparent)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)`, env.ID, env.Name, env.Key, string(env.Payload), at, at, takenText(taken), env.Trace)
	return err
}

// dueOutbox reads rows, never "everything after the last id": ids are given
// before the commit, so a later commit may carry an earlier id. next is when the
// first of the rest is due.
func dueOutbox(ctx context.Context, q sqldb.Querier, now time.Time, limit int) (due []dueEvent, next time.Time,
	err error,
) {
	rows, err := q.Query(ctx, `SELECT id, name, event_key, payload, created_at, attempts, taken, due_at,
		traceparent FROM outbox
		WHERE dead = 0 ORDER BY due_at, id LIMIT ?`, limit)
	all, err := sqldb.Collect(rows, err, func(s sqldb.Scanner) (d dueEvent, err error) {
		var payload string
		var at, dueAt int64
		err = s.Scan(&d.ID, &d.Name, &d.Key, &payload, &at, &d.attempts, &d.noted, &dueAt, &d.Trace)
		d.Payload, d.At, d.taken = []byte(payload), sqldb.FromMillis(at), takenOf(d.noted)
		if t := sqldb.FromMillis(dueAt); t.After(now) {
			if next.IsZero() {
				next = t
			}
			d.ID = id.Event{} // not yet
		}
		return d, err
	})
	return slices.DeleteFunc(all, func(d dueEvent) bool { return d.ID.IsZero() }), next, err
}

// OldestUntold is when the oldest event was recorded that has not been taken by all; the
// zero time when every one has.
func OldestUntold(ctx context.Context, q sqldb.Querier) (time.Time, error) {
	return sqldb.Earliest(ctx, q, "SELECT MIN(created_at) FROM outbox WHERE dead = 0")
}

// errTakenElsewhere means that another relay has had the event in the meantime:
// what was done here is taken back.
var errTakenElsewhere = errors.New("another node has taken the event")

func noteTaken(ctx context.Context, tx *sqldb.Tx, d dueEvent, taken map[string]bool) error {
	n, err := tx.Exec(ctx, "UPDATE outbox SET taken = ? WHERE id = ? AND taken = ?", takenText(taken), d.ID, d.noted)
	if err == nil && n == 0 {
		err = errTakenElsewhere
	}
	return err
}

func deleteOutbox(ctx context.Context, db *sqldb.DB, done []id.Event) error {
	return db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error { return takeOut(ctx, tx, done) })
}

func takeOut(ctx context.Context, tx *sqldb.Tx, done []id.Event) error {
	_, err := tx.Exec(ctx, "DELETE FROM outbox WHERE dead = 0 AND id IN ("+sqldb.Marks(len(done))+")",
		sqldb.Args(done)...)
	return err
}

func postpone(ctx context.Context, db *sqldb.DB, d dueEvent, wait time.Duration, cause error) error {
	return db.Update(context.WithoutCancel(ctx), func(ctx context.Context, tx *sqldb.Tx) error {
		dead := 0
		if d.attempts+1 >= triesMax {
			dead = 1
		}
		n, err := tx.Exec(ctx, `UPDATE outbox SET attempts = attempts + 1, due_at = ?, dead = ?, last_error = ?,
			taken = ? WHERE id = ? AND taken = ?`, sqldb.Millis(tx.Now().Add(wait)), dead,
			sqldb.Cut(cause.Error(), errorMax), takenText(d.taken), d.ID, d.noted)
		if err == nil && n == 0 { // its note of who has taken it must not be lost
			err = errTakenElsewhere
		}
		return err
	})
}

const errorMax = 900 // bytes of last_error

// Stuck counts events that no handler would take, and those that wait.
func Stuck(ctx context.Context, q sqldb.Querier) (dead, waiting int, err error) {
	err = q.QueryRow(ctx, "SELECT COUNT(*) FROM outbox WHERE dead = 1").Scan(&dead)
	if err == nil {
		err = q.QueryRow(ctx, "SELECT COUNT(*) FROM outbox WHERE dead = 0").Scan(&waiting)
	}
	return dead, waiting, err
}

// Dead is an event that was set aside.
type Dead struct {
	ID        id.Event
	Name      string
	Key       string
	At        time.Time
	Attempts  int
	LastError string
}

// ListDead gives events that were set aside, the newest first; before continues.
func ListDead(ctx context.Context, q sqldb.Querier, before id.Event, limit int) ([]Dead, error) {
	query, args := "SELECT id, name, event_key, created_at, attempts, last_error FROM outbox WHERE dead = 1", []any{}
	if !before.IsZero() {
		query, args = query+" AND id < ?", append(args, before)
	}
	rows, err := q.Query(ctx, query+" ORDER BY id DESC LIMIT ?", append(args, limit)...)
	return sqldb.Collect(rows, err, func(s sqldb.Scanner) (d Dead, err error) {
		var at int64
		err = s.Scan(&d.ID, &d.Name, &d.Key, &at, &d.Attempts, &d.LastError)
		d.At = sqldb.FromMillis(at)
		return d, err
	})
}

// Requeue has an event that was set aside delivered again, to those who have not
// taken it. Fault events.not_dead.
func Requeue(ctx context.Context, db *sqldb.DB, ev id.Event) error {
	return change(ctx, db, "UPDATE outbox SET dead = 0, attempts = 0, due_at = 0 WHERE id = ? AND dead = 1", ev)
}

// Discard drops an event that was set aside. Fault events.not_dead.
func Discard(ctx context.Context, db *sqldb.DB, ev id.Event) error {
	return change(ctx, db, "DELETE FROM outbox WHERE id = ? AND dead = 1", ev)
}

func change(ctx context.Context, db *sqldb.DB, query string, ev id.Event) error {
	return db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		n, err := tx.Exec(ctx, query, ev)
		if err == nil && n == 0 {
			return fault.NotFound("events.not_dead")
		}
		return err
	})
}
