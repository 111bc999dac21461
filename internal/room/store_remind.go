package room

import (
	"context"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/platform/sqldb"
)

func setReminder(ctx context.Context, tx *sqldb.Tx, room id.Room, user id.User, want bool) error {
	if !want {
		_, err := tx.Exec(ctx, "DELETE FROM room_reminder WHERE room_id = ? AND user_id = ?", room, user)
		return err
	}
	_, err := tx.InsertOnce(ctx, "INSERT INTO room_reminder (room_id, user_id, created_at) VALUES (?, ?, ?)",
		room, user, sqldb.Millis(tx.Now()))
	return err
}

func reminded(ctx context.Context, q sqldb.Querier, room id.Room, user id.User) (bool, error) {
	var n int
	err := q.QueryRow(ctx, "SELECT COUNT(*) FROM room_reminder WHERE room_id = ? AND user_id = ?", room, user).Scan(&n)
	return n > 0, err
}

func remindedAfter(ctx context.Context, q sqldb.Querier, room id.Room, after id.User, limit int) ([]id.User, error) {
	rows, err := q.Query(ctx, `SELECT user_id FROM room_reminder WHERE room_id = ? AND user_id > ?
		ORDER BY user_id LIMIT ?`, room, after, limit)
	return sqldb.Collect(rows, err, func(s sqldb.Scanner) (u id.User, err error) { return u, s.Scan(&u) })
}

const soonMax = 100

// planned are the rooms whose planned show has not begun and is not announced.
const planned = ` FROM room r WHERE r.scheduled_at > ? AND r.announced_at = 0 AND r.cancelled_at = 0 AND
	(r.mode = ? OR r.mode = ? AND r.show_id = 0)`

func nextPlanned(ctx context.Context, q sqldb.Querier, now time.Time) (time.Time, error) {
	var at int64
	err := q.QueryRow(ctx, "SELECT COALESCE(MIN(r.scheduled_at), 0)"+planned, sqldb.Millis(now), WarmUp, Open).Scan(&at)
	return sqldb.FromMillis(at), err
}

func startingSoon(ctx context.Context, q sqldb.Querier, now, before time.Time) ([]Room, error) {
	rows, err := q.Query(ctx, "SELECT "+Columns+planned+" AND r.scheduled_at <= ? LIMIT ?",
		sqldb.Millis(now), WarmUp, Open, sqldb.Millis(before), soonMax)
	return sqldb.Collect(rows, err, scan)
}

// markAnnounced leaves a room alone whose time was changed meanwhile.
func markAnnounced(ctx context.Context, tx *sqldb.Tx, r Room) error {
	_, err := tx.Exec(ctx, "UPDATE room SET announced_at = ? WHERE id = ? AND scheduled_at = ?",
		sqldb.Millis(tx.Now()), r.ID, sqldb.Millis(r.ScheduledAt))
	return err
}
