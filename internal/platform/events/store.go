package events

import (
	"context"
	"strings"
	"time"

	"hawker/internal/base/event"
	"hawker/internal/base/id"
	"hawker/internal/platform/sqldb"
)

type dueEvent struct {
	event.Envelope
	attempts int
}

func insertOutbox(ctx context.Context, tx *sqldb.Tx, env event.Envelope) error {
	at := sqldb.Millis(env.At)
	_, err := tx.Exec(ctx, `INSERT INTO outbox (id, name, event_key, payload, created_at, due_at)
		VALUES (?, ?, ?, ?, ?, ?)`,
		env.ID, env.Name, env.Key, string(env.Payload), at, at)
	return err
}

// dueOutbox reads rows, never "everything after the last id": ids are given
// before the commit, so a later commit may carry an earlier id.
func dueOutbox(ctx context.Context, q sqldb.Querier, now time.Time, limit int) ([]dueEvent, error) {
	rows, err := q.Query(ctx,
		`SELECT id, name, event_key, payload, created_at, attempts FROM outbox WHERE dead = 0 AND due_at <= ?
			ORDER BY id LIMIT ?`,
		sqldb.Millis(now), limit)
	return sqldb.Collect(rows, err, func(s sqldb.Scanner) (d dueEvent, err error) {
		var payload string
		var at int64
		err = s.Scan(&d.ID, &d.Name, &d.Key, &payload, &at, &d.attempts)
		d.Payload, d.At = []byte(payload), sqldb.FromMillis(at)
		return d, err
	})
}

func insertInbox(ctx context.Context, tx *sqldb.Tx, consumer string, ev id.Event) (bool, error) {
	return tx.InsertOnce(ctx, "INSERT INTO inbox (consumer, event_id, done_at) VALUES (?, ?, ?)", consumer, ev,
		sqldb.Millis(tx.Now()))
}

func inInbox(ctx context.Context, q sqldb.Querier, consumer string, ev id.Event) (bool, error) {
	var n int
	err := q.QueryRow(ctx, "SELECT COUNT(*) FROM inbox WHERE consumer = ? AND event_id = ?", consumer, ev).Scan(&n)
	return n > 0, err
}

func deleteOutbox(ctx context.Context, db *sqldb.DB, ev id.Event) error {
	return db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, "DELETE FROM outbox WHERE id = ?", ev)
		return err
	})
}

func postponeOutbox(ctx context.Context, db *sqldb.DB, d dueEvent, told []string, wait time.Duration,
	cause error,
) error {
	return db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		for _, consumer := range told {
			if _, err := insertInbox(ctx, tx, consumer, d.ID); err != nil {
				return err
			}
		}
		dead := 0
		if d.attempts+1 >= triesMax {
			dead = 1
		}
		text := cause.Error()
		text = strings.ToValidUTF8(text[:min(len(text), 900)], "") // MySQL refuses half a letter
		_, err := tx.Exec(ctx, `UPDATE outbox SET attempts = attempts + 1, due_at = ?, dead = ?, last_error = ?
			WHERE id = ?`,
			sqldb.Millis(tx.Now().Add(wait)), dead, text, d.ID)
		return err
	})
}

func pruneInbox(ctx context.Context, db *sqldb.DB, before time.Time) error {
	return db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, "DELETE FROM inbox WHERE done_at < ?", sqldb.Millis(before))
		return err
	})
}

// Stuck counts events that no handler would take, and those that wait.
func Stuck(ctx context.Context, q sqldb.Querier) (dead, waiting int, err error) {
	err = q.QueryRow(ctx, "SELECT COALESCE(SUM(dead), 0), COALESCE(SUM(1 - dead), 0) FROM outbox").Scan(&dead, &waiting)
	return dead, waiting, err
}
