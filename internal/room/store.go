package room

import (
	"context"
	"strings"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/platform/sqldb"
)

// Columns are those that Scan reads, of a room called r.
const Columns = `r.id, r.shop_id, r.host_id, r.title, r.cover_url, r.mode, r.show_id, r.scheduled_at, r.cancelled_at,
	r.recorded, r.part_ms, r.ladder, r.slow_seconds, r.followers_only, r.pinned_message, r.external_url, r.created_at`

// Scan reads Columns and then what more is given.
func Scan(s sqldb.Scanner, more ...any) (r Room, err error) {
	var scheduled, cancelled, part, slow, created int64
	err = s.Scan(append([]any{
		&r.ID, &r.Shop, &r.Host, &r.Title, &r.CoverURL, &r.Mode, &r.Show, &scheduled, &cancelled,
		&r.Recorded, &part, &r.Ladder, &slow, &r.FollowersOnly, &r.PinnedMessage, &r.ExternalURL, &created,
	}, more...)...)
	r.ScheduledAt, r.CancelledAt = sqldb.FromMillis(scheduled), sqldb.FromMillis(cancelled)
	r.CreatedAt = sqldb.FromMillis(created)
	r.Part, r.Slow = time.Duration(part)*time.Millisecond, time.Duration(slow)*time.Second
	return r, err
}

func scan(s sqldb.Scanner) (Room, error) { return Scan(s) }

func insertRoom(ctx context.Context, tx *sqldb.Tx, r Room, keyIndex, keySealed string) (bool, error) {
	return tx.InsertOnce(ctx,
		`INSERT INTO room (id, shop_id, host_id, title, cover_url, key_index, key_sealed, recorded,
		mode, scheduled_at, ladder, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		r.ID, r.Shop, r.Host, r.Title, r.CoverURL, keyIndex, keySealed, r.Recorded, r.Mode,
		sqldb.Millis(r.ScheduledAt), r.Ladder, sqldb.Millis(r.CreatedAt))
}

func roomByID(ctx context.Context, q sqldb.Querier, room id.Room) (Room, error) {
	return scan(q.QueryRow(ctx, "SELECT "+Columns+" FROM room r WHERE r.id = ?", room))
}

func roomByKey(ctx context.Context, q sqldb.Querier, keyIndex string) (h Holder, closed time.Time, err error) {
	var until int64
	var renditions string
	h.Room, err = Scan(q.QueryRow(ctx, "SELECT "+Columns+`, r.closed_until, COALESCE(s.renditions, '')
		FROM room r LEFT JOIN live_setting s ON s.shop_id = r.shop_id WHERE r.key_index = ?`, keyIndex), &until,
		&renditions)
	h.Renditions = numbersOf(renditions)
	return h, sqldb.FromMillis(until), err
}

func sealedKey(ctx context.Context, q sqldb.Querier, room id.Room) (sealed string, err error) {
	err = q.QueryRow(ctx, "SELECT key_sealed FROM room WHERE id = ?", room).Scan(&sealed)
	return sealed, err
}

type sealed struct{ index, text string }

func setKey(ctx context.Context, tx *sqldb.Tx, room id.Room, shop id.Shop, key sealed) (bool, error) {
	n, err := tx.Exec(ctx, "UPDATE room SET key_index = ?, key_sealed = ? WHERE id = ? AND shop_id = ?",
		key.index, key.text, room, shop)
	return n == 1, err
}

// CloseDoor lets a room refuse publishers for a while.
func CloseDoor(ctx context.Context, tx *sqldb.Tx, room id.Room, until time.Time) error {
	_, err := tx.Exec(ctx, "UPDATE room SET closed_until = ? WHERE id = ?", sqldb.Millis(until), room)
	return err
}

// updateRoom writes what is named. A show at another time is announced anew; that
// comes before the time itself, for MySQL assigns from left to right.
func updateRoom(ctx context.Context, tx *sqldb.Tx, shop id.Shop, room id.Room, c Change) (bool, error) {
	sets, args := []string{"title = title"}, []any{} // a change of nothing is one too
	set := func(column string, v any) { sets, args = append(sets, column), append(args, v) }
	if c.Title != nil {
		set("title = ?", *c.Title)
	}
	if c.CoverURL != nil {
		set("cover_url = ?", *c.CoverURL)
	}
	if c.ScheduledAt != nil {
		at := sqldb.Millis(*c.ScheduledAt)
		set("announced_at = CASE WHEN scheduled_at = ? THEN announced_at ELSE 0 END", at)
		set("scheduled_at = ?", at)
	}
	if c.Slow != nil {
		set("slow_seconds = ?", int64(*c.Slow/time.Second))
	}
	if c.FollowersOnly != nil {
		set("followers_only = ?", *c.FollowersOnly)
	}
	if c.LowLatency != nil {
		part := time.Duration(0)
		if *c.LowLatency {
			part = fastPart
		}
		set("part_ms = ?", part.Milliseconds())
	}
	if c.Ladder != nil {
		set("ladder = ?", *c.Ladder)
	}
	n, err := tx.Exec(ctx, "UPDATE room SET "+strings.Join(sets, ", ")+" WHERE id = ? AND shop_id = ?",
		append(args, room, shop)...)
	return n == 1, err
}

// setStanding is the guarded step of a room: nothing else may have moved it.
func setStanding(ctx context.Context, tx *sqldb.Tx, r Room, mode Mode, show id.Show) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE room SET mode = ?, show_id = ? WHERE id = ? AND mode = ? AND show_id = ? AND
		cancelled_at = 0`, mode, show, r.ID, r.Mode, r.Show)
	return n == 1, err
}

func cancel(ctx context.Context, tx *sqldb.Tx, r Room) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE room SET cancelled_at = ?, mode = ?, show_id = 0 WHERE id = ? AND mode = ? AND
		show_id = ? AND cancelled_at = 0`, sqldb.Millis(tx.Now()), Open, r.ID, r.Mode, r.Show)
	return n == 1, err
}

// PinMessage holds a message at the top of the room's chat; the zero id holds none.
func PinMessage(ctx context.Context, tx *sqldb.Tx, room id.Room, message id.Message) error {
	_, err := tx.Exec(ctx, "UPDATE room SET pinned_message = ? WHERE id = ?", message, room)
	return err
}

// UnpinMessage lets go of a message; false: it was not held.
func UnpinMessage(ctx context.Context, tx *sqldb.Tx, room id.Room, message id.Message) (bool, error) {
	n, err := tx.Exec(ctx, "UPDATE room SET pinned_message = 0 WHERE id = ? AND pinned_message = ?", room, message)
	return n == 1, err
}

func setExternal(ctx context.Context, tx *sqldb.Tx, room id.Room, c Connection) error {
	_, err := tx.Exec(ctx, `UPDATE room SET external_url = ?, external_id = ?, external_node = ?, external_until = ?
		WHERE id = ?`, c.URL, c.ID, tx.Node(), sqldb.Millis(tx.Now().Add(PullFor)), room)
	return err
}

func external(ctx context.Context, q sqldb.Querier, room id.Room) (Outsider, error) {
	return scanOutsider(q.QueryRow(ctx, outsiders+"WHERE id = ?", room))
}

const outsiders = "SELECT id, external_url, external_id, external_node, external_until FROM room "

func scanOutsider(s sqldb.Scanner) (o Outsider, err error) {
	var until int64
	err = s.Scan(&o.Room, &o.URL, &o.ID, &o.Node, &until)
	o.Until = sqldb.FromMillis(until)
	return o, err
}

func pulled(ctx context.Context, q sqldb.Querier) ([]Outsider, error) {
	rows, err := q.Query(ctx, outsiders+"WHERE external_id <> '' AND external_url = '' ORDER BY id")
	return sqldb.Collect(rows, err, scanOutsider)
}

func keepExternal(ctx context.Context, tx *sqldb.Tx, room id.Room, connection string) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE room SET external_until = ? WHERE id = ? AND external_id = ? AND external_node = ?
		AND external_url = ''`, sqldb.Millis(tx.Now().Add(PullFor)), room, connection, tx.Node())
	return n == 1, err
}

func takeExternal(ctx context.Context, tx *sqldb.Tx, o Outsider) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE room SET external_node = ?, external_until = ? WHERE id = ? AND external_id = ?
		AND external_node = ? AND external_until = ? AND external_url = ''`,
		tx.Node(), sqldb.Millis(tx.Now().Add(PullFor)), o.Room, o.ID, o.Node, sqldb.Millis(o.Until))
	return n == 1, err
}

func keepHere(ctx context.Context, tx *sqldb.Tx, room id.Room) (bool, error) {
	n, err := tx.Exec(ctx, "UPDATE room SET external_url = '' WHERE id = ? AND external_url = ''", room)
	return n == 1, err
}

func roomOfExternal(ctx context.Context, q sqldb.Querier, connection string) (Room, error) {
	return scan(q.QueryRow(ctx, "SELECT "+Columns+" FROM room r WHERE r.external_id = ?", connection))
}

func clearExternal(ctx context.Context, tx *sqldb.Tx, room id.Room, connection string) (bool, error) {
	n, err := tx.Exec(ctx, "UPDATE room SET external_id = '' WHERE id = ? AND external_id = ?", room, connection)
	return n == 1, err
}

func forgetExternal(ctx context.Context, tx *sqldb.Tx, room id.Room) (bool, error) {
	n, err := tx.Exec(ctx, "UPDATE room SET external_id = '' WHERE id = ? AND external_id <> ''", room)
	return n == 1, err
}
