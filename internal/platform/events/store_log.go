package events

import (
	"context"
	"time"

	"hawker/internal/base/event"
	"hawker/internal/base/id"
	"hawker/internal/platform/schedule"
	"hawker/internal/platform/sqldb"
)

// keepLog copies events that the carrier has from the outbox to the log. One that was set
// aside and published again is there already.
func keepLog(ctx context.Context, tx *sqldb.Tx, published []id.Event) error {
	_, err := tx.Exec(ctx, `INSERT INTO event_log (recorded_at, event_id, name, event_key, payload)
		SELECT created_at, id, name, event_key, payload FROM outbox WHERE id IN (`+sqldb.Marks(len(published))+`)
		AND NOT EXISTS (SELECT 1 FROM event_log l WHERE l.recorded_at = outbox.created_at AND l.event_id = outbox.id)`,
		sqldb.Args(published)...)
	return err
}

// place is one in the log: behind the event of that time (ms) and id.
type place struct{ at, id int64 }

// logged reads what was kept, the oldest first, behind a place; name "" is all.
func logged(ctx context.Context, q sqldb.Querier, after place, name string) ([]event.Envelope, error) {
	query := `SELECT recorded_at, event_id, name, event_key, payload FROM event_log
		WHERE (recorded_at > ? OR recorded_at = ? AND event_id > ?)`
	args := []any{after.at, after.at, after.id}
	if name != "" {
		query, args = query+" AND name = ?", append(args, name)
	}
	rows, err := q.Query(ctx, query+" ORDER BY recorded_at, event_id LIMIT ?", append(args, batchMax)...)
	return sqldb.Collect(rows, err, func(s sqldb.Scanner) (env event.Envelope, err error) {
		var payload string
		var at int64
		err = s.Scan(&at, &env.ID, &env.Name, &env.Key, &payload)
		env.At, env.Payload = sqldb.FromMillis(at), []byte(payload)
		return env, err
	})
}

// Kept counts what a replay would tell, and when the oldest of it was.
func Kept(ctx context.Context, q sqldb.Querier, since time.Time, name string) (n int, oldest time.Time, err error) {
	where, args := " FROM event_log WHERE recorded_at >= ?", []any{sqldb.Millis(since)}
	if name != "" {
		where, args = where+" AND name = ?", append(args, name)
	}
	if err = q.QueryRow(ctx, "SELECT COUNT(*)"+where, args...).Scan(&n); err == nil {
		oldest, err = sqldb.Earliest(ctx, q, "SELECT MIN(recorded_at)"+where, args...)
	}
	return n, oldest, err
}

// LogTask forgets what was kept for so long.
func LogTask(db *sqldb.DB, keep time.Duration) schedule.Task {
	return schedule.Task{
		Name: "events.log", Next: sqldb.Oldest("event_log", "recorded_at", keep),
		Do: func(ctx context.Context) error {
			return sqldb.Prune(ctx, db, "event_log", "recorded_at", db.Clock().Now().Add(-keep))
		},
	}
}
