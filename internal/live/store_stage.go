package live

import (
	"context"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/platform/sqldb"
)

// roomsOnStage gives the rooms on air with their figures, and which rooms are
// not public.
func roomsOnStage(ctx context.Context, q sqldb.Querier) (on map[id.Room]onAir, private map[id.Room]id.Shop, err error) {
	on, private = map[id.Room]onAir{}, map[id.Room]id.Shop{}
	rows, err := q.Query(ctx, `SELECT id, shop_id, state, mode, likes, messages, viewers_peak FROM room WHERE state IN (?, ?)
		UNION SELECT id, shop_id, state, mode, likes, messages, viewers_peak FROM room WHERE mode <> ?`, Live, Paused, Open)
	_, err = sqldb.Collect(rows, err, func(s sqldb.Scanner) (struct{}, error) {
		var room id.Room
		var r onAir
		var state State
		err := s.Scan(&room, &r.shop, &state, &r.mode, &r.likes, &r.messages, &r.peak)
		if state == Live || state == Paused {
			on[room] = r
		}
		if r.mode != Open {
			private[room] = r.shop
		}
		return struct{}{}, err
	})
	return on, private, err
}

func addFigures(ctx context.Context, tx *sqldb.Tx, room id.Room, c crowd, peak int64) error {
	_, err := tx.Exec(ctx, "UPDATE room SET likes = likes + ?, entries = entries + ?, follows = follows + ?, viewers_peak = ? WHERE id = ?",
		c.likes, c.entries, c.follows, peak, room)
	return err
}

func putMinute(ctx context.Context, tx *sqldb.Tx, room id.Room, minute time.Time, viewers, likes, messages int64) error {
	return tx.Upsert(ctx, "room_minute", []string{"room_id", "at_minute"}, []string{"viewers", "likes", "messages"},
		room, sqldb.Millis(minute), viewers, likes, messages)
}

func stageRoom(ctx context.Context, tx *sqldb.Tx, room id.Room, mode Mode, state State) error {
	_, err := tx.Exec(ctx, "UPDATE room SET mode = ?, state = ? WHERE id = ?", mode, state, room)
	return err
}

// forgetShow takes away what a rehearsal left. Orders stay: they are real.
func forgetShow(ctx context.Context, tx *sqldb.Tx, room id.Room) error {
	for _, table := range []string{"DELETE FROM room_message WHERE room_id = ?", "DELETE FROM pin WHERE room_id = ?", "DELETE FROM room_minute WHERE room_id = ?"} {
		if _, err := tx.Exec(ctx, table, room); err != nil {
			return err
		}
	}
	_, err := tx.Exec(ctx, `UPDATE room SET likes = 0, messages = 0, entries = 0, viewers_peak = 0, follows = 0, pinned_message = 0,
		started_at = 0, ended_at = 0, paused_at = 0, replay_ready = 0 WHERE id = ?`, room)
	return err
}

func setReminder(ctx context.Context, tx *sqldb.Tx, room id.Room, user id.User, want bool) error {
	if !want {
		_, err := tx.Exec(ctx, "DELETE FROM room_reminder WHERE room_id = ? AND user_id = ?", room, user)
		return err
	}
	_, err := tx.InsertOnce(ctx, "INSERT INTO room_reminder (room_id, user_id, created_at) VALUES (?, ?, ?)", room, user, sqldb.Millis(tx.Now()))
	return err
}

func reminded(ctx context.Context, q sqldb.Querier, room id.Room, user id.User) (bool, error) {
	var n int
	err := q.QueryRow(ctx, "SELECT COUNT(*) FROM room_reminder WHERE room_id = ? AND user_id = ?", room, user).Scan(&n)
	return n > 0, err
}

func remindedAfter(ctx context.Context, q sqldb.Querier, room id.Room, after id.User, limit int) ([]id.User, error) {
	rows, err := q.Query(ctx, "SELECT user_id FROM room_reminder WHERE room_id = ? AND user_id > ? ORDER BY user_id LIMIT ?", room, after, limit)
	return sqldb.Collect(rows, err, func(s sqldb.Scanner) (u id.User, err error) { return u, s.Scan(&u) })
}

const soonMax = 100

func startingSoon(ctx context.Context, q sqldb.Querier, now, before time.Time) ([]Room, error) {
	rows, err := q.Query(ctx, "SELECT "+roomColumns+" FROM room WHERE state = ? AND scheduled_at > ? AND scheduled_at <= ? AND announced_at = 0 AND mode <> ? LIMIT ?",
		Scheduled, sqldb.Millis(now), sqldb.Millis(before), Rehearsal, soonMax)
	return sqldb.Collect(rows, err, scanRoom)
}

func markAnnounced(ctx context.Context, tx *sqldb.Tx, room id.Room) error {
	_, err := tx.Exec(ctx, "UPDATE room SET announced_at = ? WHERE id = ?", sqldb.Millis(tx.Now()), room)
	return err
}

func setExternal(ctx context.Context, tx *sqldb.Tx, room id.Room, url, connection string) error {
	_, err := tx.Exec(ctx, "UPDATE room SET external_url = ?, external_id = ? WHERE id = ?", url, connection, room)
	return err
}

func roomOfExternal(ctx context.Context, q sqldb.Querier, connection string) (room id.Room, err error) {
	err = q.QueryRow(ctx, "SELECT id FROM room WHERE external_id = ? AND state IN (?, ?, ?)", connection, Live, Paused, Scheduled).Scan(&room)
	return room, err
}

// clearExternal keeps the address: players go on with it when the publisher is
// back within the pause.
func clearExternal(ctx context.Context, tx *sqldb.Tx, room id.Room, connection string) (bool, error) {
	n, err := tx.Exec(ctx, "UPDATE room SET external_id = '' WHERE id = ? AND external_id = ?", room, connection)
	return n == 1, err
}
