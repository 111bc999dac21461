package events

import (
	"context"
	"time"

	"hawker/internal/base/event"
	"hawker/internal/base/id"
	"hawker/internal/platform/schedule"
	"hawker/internal/platform/sqldb"
)

// noteConsumed answers false when the consumer has had the event.
func noteConsumed(ctx context.Context, tx *sqldb.Tx, consumer string, env event.Envelope) (bool, error) {
	return tx.InsertOnce(ctx, "INSERT INTO event_consumed (event_id, consumer, consumed_at) VALUES (?, ?, ?)", env.ID,
		consumer, sqldb.Millis(tx.Now()))
}

// stillRecorded answers which events are committed and not yet with the carrier.
func stillRecorded(ctx context.Context, q sqldb.Querier, facts []event.Envelope) (map[id.Event]bool, error) {
	ids := make([]id.Event, len(facts))
	for i, env := range facts {
		ids[i] = env.ID
	}
	rows, err := q.Query(ctx, "SELECT id FROM outbox WHERE id IN ("+sqldb.Marks(len(ids))+")", sqldb.Args(ids)...)
	list, err := sqldb.Collect(rows, err, func(s sqldb.Scanner) (ev id.Event, err error) {
		err = s.Scan(&ev)
		return ev, err
	})
	out := map[id.Event]bool{}
	for _, ev := range list {
		out[ev] = true
	}
	return out, err
}

// setAside keeps an event as dead that a carrier has brought too often. Its row may
// be there still, when the relay has published it and not come to take it out.
func setAside(ctx context.Context, db *sqldb.DB, d Delivery, cause error) error {
	return db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		at := sqldb.Millis(d.At)
		return tx.Put(ctx, sqldb.Row{
			Table: "outbox", Keys: []string{"id"}, Set: []string{"attempts", "dead", "last_error"},
			First: []string{"name", "event_key", "payload", "created_at", "due_at", "traceparent"},
		}, d.ID, d.Attempt, 1, sqldb.Cut(cause.Error(), errorMax), d.Name, d.Key, string(d.Payload), at, at, d.Trace)
	})
}

// consumedKeep is longer than a carrier brings an event again.
const consumedKeep = 30 * 24 * time.Hour

// Task forgets who has had what of events that a carrier brought.
func Task(db *sqldb.DB) schedule.Task {
	return schedule.Task{
		Name: "events.consumed", Next: sqldb.Oldest("event_consumed", "consumed_at", consumedKeep),
		Do: func(ctx context.Context) error {
			return sqldb.Prune(ctx, db, "event_consumed", "consumed_at", db.Clock().Now().Add(-consumedKeep))
		},
	}
}
