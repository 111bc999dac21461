package live

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/media/record"
	"hawker/internal/platform/sqldb"
)

const roomColumns = "id, shop_id, host_id, title, cover_url, state, likes, messages, started_at, ended_at, replay_ready, recorded, created_at"

func scanRoom(s sqldb.Scanner) (r Room, err error) {
	var started, ended, created int64
	err = s.Scan(&r.ID, &r.Shop, &r.Host, &r.Title, &r.CoverURL, &r.State, &r.Likes, &r.Messages, &started, &ended, &r.Replay, &r.Recorded, &created)
	r.StartedAt, r.EndedAt, r.CreatedAt = sqldb.FromMillis(started), sqldb.FromMillis(ended), sqldb.FromMillis(created)
	return r, err
}

func insertRoom(ctx context.Context, tx *sqldb.Tx, r Room, keyIndex, keySealed string) (bool, error) {
	return tx.InsertOnce(ctx, "INSERT INTO room (id, shop_id, host_id, title, cover_url, state, key_index, key_sealed, recorded, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		r.ID, r.Shop, r.Host, r.Title, r.CoverURL, r.State, keyIndex, keySealed, r.Recorded, sqldb.Millis(r.CreatedAt))
}

func roomByID(ctx context.Context, q sqldb.Querier, room id.Room) (Room, error) {
	return scanRoom(q.QueryRow(ctx, "SELECT "+roomColumns+" FROM room WHERE id = ?", room))
}

// keyHolder is what a publisher's key opens.
type keyHolder struct {
	room        id.Room
	recorded    bool
	closedUntil time.Time
}

func roomByKey(ctx context.Context, q sqldb.Querier, keyIndex string) (k keyHolder, err error) {
	var until int64
	err = q.QueryRow(ctx, "SELECT id, recorded, closed_until FROM room WHERE key_index = ?", keyIndex).Scan(&k.room, &k.recorded, &until)
	k.closedUntil = sqldb.FromMillis(until)
	return k, err
}

func sealedKey(ctx context.Context, q sqldb.Querier, room id.Room) (sealed string, err error) {
	err = q.QueryRow(ctx, "SELECT key_sealed FROM room WHERE id = ?", room).Scan(&sealed)
	return sealed, err
}

func setKey(ctx context.Context, tx *sqldb.Tx, room id.Room, keyIndex, keySealed string) error {
	_, err := tx.Exec(ctx, "UPDATE room SET key_index = ?, key_sealed = ? WHERE id = ?", keyIndex, keySealed, room)
	return err
}

func listRooms(ctx context.Context, q sqldb.Querier, shop id.Shop, state State, before id.Room, limit int) ([]Room, error) {
	query, args := "SELECT "+roomColumns+" FROM room WHERE 1 = 1", []any{}
	if !shop.IsZero() {
		query, args = query+" AND shop_id = ?", append(args, shop)
	}
	switch state {
	case "":
	case Live:
		query, args = query+" AND state IN (?, ?)", append(args, Live, Paused)
	default:
		query, args = query+" AND state = ?", append(args, state)
	}
	if !before.IsZero() {
		query, args = query+" AND id < ?", append(args, before)
	}
	rows, err := q.Query(ctx, query+" ORDER BY id DESC LIMIT ?", append(args, limit)...)
	return sqldb.Collect(rows, err, scanRoom)
}

func liveRoomsWith(ctx context.Context, q sqldb.Querier, product id.Product) ([]id.Room, error) {
	rows, err := q.Query(ctx, "SELECT r.id FROM shelf_item i JOIN room r ON r.id = i.room_id WHERE i.product_id = ? AND r.state IN (?, ?) ORDER BY r.started_at DESC LIMIT 20", product, Live, Paused)
	return sqldb.Collect(rows, err, func(s sqldb.Scanner) (r id.Room, err error) { return r, s.Scan(&r) })
}

func setTitle(ctx context.Context, tx *sqldb.Tx, room id.Room, title string) error {
	_, err := tx.Exec(ctx, "UPDATE room SET title = ? WHERE id = ?", title, room)
	return err
}

// goLive starts a show anew, or goes on with one that was paused.
func goLive(ctx context.Context, tx *sqldb.Tx, room id.Room, anew bool) error {
	if !anew {
		_, err := tx.Exec(ctx, "UPDATE room SET state = ?, paused_at = 0 WHERE id = ?", Live, room)
		return err
	}
	_, err := tx.Exec(ctx, "UPDATE room SET state = ?, paused_at = 0, ended_at = 0, started_at = ? WHERE id = ?", Live, sqldb.Millis(tx.Now()), room)
	return err
}

func pause(ctx context.Context, tx *sqldb.Tx, room id.Room) error {
	_, err := tx.Exec(ctx, "UPDATE room SET state = ?, paused_at = ? WHERE id = ? AND state = ?", Paused, sqldb.Millis(tx.Now()), room, Live)
	return err
}

func pauseAll(ctx context.Context, tx *sqldb.Tx) error {
	_, err := tx.Exec(ctx, "UPDATE room SET state = ?, paused_at = ? WHERE state = ?", Paused, sqldb.Millis(tx.Now()), Live)
	return err
}

func end(ctx context.Context, tx *sqldb.Tx, room id.Room) error {
	_, err := tx.Exec(ctx, "UPDATE room SET state = ?, paused_at = 0, ended_at = ? WHERE id = ?", Ended, sqldb.Millis(tx.Now()), room)
	if err != nil {
		return err
	}
	return closePins(ctx, tx, room)
}

func closeDoor(ctx context.Context, tx *sqldb.Tx, room id.Room, until time.Time) error {
	_, err := tx.Exec(ctx, "UPDATE room SET closed_until = ? WHERE id = ?", sqldb.Millis(until), room)
	return err
}

func pausedBefore(ctx context.Context, q sqldb.Querier, at time.Time) ([]Room, error) {
	rows, err := q.Query(ctx, "SELECT "+roomColumns+" FROM room WHERE state = ? AND paused_at <= ?", Paused, sqldb.Millis(at))
	return sqldb.Collect(rows, err, scanRoom)
}

func putShelf(ctx context.Context, tx *sqldb.Tx, room id.Room, products []id.Product) error {
	have, err := shelfItems(ctx, tx, room)
	if err != nil {
		return err
	}
	sold := map[id.Product]int64{}
	for _, i := range have {
		sold[i.Product] = i.Sold
	}
	if _, err := tx.Exec(ctx, "DELETE FROM shelf_item WHERE room_id = ?", room); err != nil {
		return err
	}
	for i, p := range products {
		if _, err := tx.Exec(ctx, "INSERT INTO shelf_item (room_id, product_id, position, sold) VALUES (?, ?, ?, ?)", room, p, i+1, sold[p]); err != nil {
			return err
		}
	}
	return nil
}

func shelfItems(ctx context.Context, q sqldb.Querier, room id.Room) ([]ShelfItem, error) {
	rows, err := q.Query(ctx, "SELECT product_id, position, sold FROM shelf_item WHERE room_id = ? ORDER BY position", room)
	return sqldb.Collect(rows, err, func(s sqldb.Scanner) (i ShelfItem, err error) { return i, s.Scan(&i.Product, &i.Position, &i.Sold) })
}

func addShelfSold(ctx context.Context, tx *sqldb.Tx, room id.Room, product id.Product, units int64) error {
	_, err := tx.Exec(ctx, "UPDATE shelf_item SET sold = sold + ? WHERE room_id = ? AND product_id = ?", units, room, product)
	return err
}

func shelfSold(ctx context.Context, q sqldb.Querier, room id.Room, product id.Product) (n int64, err error) {
	err = q.QueryRow(ctx, "SELECT COALESCE(MAX(sold), 0) FROM shelf_item WHERE room_id = ? AND product_id = ?", room, product).Scan(&n)
	return n, err
}

func insertPin(ctx context.Context, tx *sqldb.Tx, p Pin) error {
	_, err := tx.Exec(ctx, "INSERT INTO pin (id, room_id, product_id, by_id, pinned_at, stream_at) VALUES (?, ?, ?, ?, ?, ?)",
		p.ID, p.Room, p.Product, p.By, sqldb.Millis(p.PinnedAt), sqldb.Millis(p.StreamAt))
	return err
}

func closePins(ctx context.Context, tx *sqldb.Tx, room id.Room) error {
	_, err := tx.Exec(ctx, "UPDATE pin SET unpinned_at = ? WHERE room_id = ? AND unpinned_at = 0", sqldb.Millis(tx.Now()), room)
	return err
}

func openPin(ctx context.Context, q sqldb.Querier, room id.Room) (p Pin, err error) {
	var pinned, streamAt int64
	err = q.QueryRow(ctx, "SELECT id, room_id, product_id, by_id, pinned_at, stream_at FROM pin WHERE room_id = ? AND unpinned_at = 0 ORDER BY id DESC LIMIT 1", room).
		Scan(&p.ID, &p.Room, &p.Product, &p.By, &pinned, &streamAt)
	p.PinnedAt, p.StreamAt = sqldb.FromMillis(pinned), sqldb.FromMillis(streamAt)
	return p, err
}

func countMessage(ctx context.Context, tx *sqldb.Tx, room id.Room) (bool, error) {
	n, err := tx.Exec(ctx, "UPDATE room SET messages = messages + 1 WHERE id = ?", room)
	return n == 1, err
}

// insertMessage keeps what the program says as its texts, what people say as it is.
func insertMessage(ctx context.Context, tx *sqldb.Tx, m Message) error {
	body := m.Text
	if m.Texts != nil {
		raw, err := json.Marshal(m.Texts)
		if err != nil {
			return err
		}
		body = string(raw)
	}
	_, err := tx.Exec(ctx, "INSERT INTO room_message (id, room_id, user_id, user_name, kind, body, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
		m.ID, m.Room, m.User, m.Name, m.Kind, body, sqldb.Millis(m.At))
	return err
}

func scanMessage(s sqldb.Scanner) (m Message, err error) {
	var at int64
	if err := s.Scan(&m.ID, &m.Room, &m.User, &m.Name, &m.Kind, &m.Text, &at); err != nil {
		return m, err
	}
	m.At = sqldb.FromMillis(at)
	if m.Kind == FromOrder {
		err = json.Unmarshal([]byte(m.Text), &m.Texts)
		m.Text = m.Texts.In(lang.Chinese)
	}
	return m, err
}

func recentMessages(ctx context.Context, q sqldb.Querier, room id.Room, limit int) ([]Message, error) {
	rows, err := q.Query(ctx, "SELECT id, room_id, user_id, user_name, kind, body, created_at FROM room_message WHERE room_id = ? ORDER BY id DESC LIMIT ?", room, limit)
	list, err := sqldb.Collect(rows, err, scanMessage)
	slices.Reverse(list)
	return list, err
}

func addLikes(ctx context.Context, tx *sqldb.Tx, room id.Room, count int64) (likes int64, err error) {
	n, err := tx.Exec(ctx, "UPDATE room SET likes = likes + ? WHERE id = ?", count, room)
	if err != nil {
		return 0, err
	}
	if n == 0 {
		return 0, fault.NotFound("live.not_found")
	}
	err = tx.QueryRow(ctx, "SELECT likes FROM room WHERE id = ?", room).Scan(&likes)
	return likes, err
}

func likesOfLive(ctx context.Context, q sqldb.Querier) (map[id.Room]int64, error) {
	out := map[id.Room]int64{}
	rows, err := q.Query(ctx, "SELECT id, likes FROM room WHERE state IN (?, ?)", Live, Paused)
	_, err = sqldb.Collect(rows, err, func(s sqldb.Scanner) (struct{}, error) {
		var room id.Room
		var n int64
		err := s.Scan(&room, &n)
		out[room] = n
		return struct{}{}, err
	})
	return out, err
}

func streamState(ctx context.Context, q sqldb.Querier, streamID string) (raw string, err error) {
	err = q.QueryRow(ctx, "SELECT state FROM stream_state WHERE stream_id = ?", streamID).Scan(&raw)
	return raw, err
}

func saveStreamState(ctx context.Context, tx *sqldb.Tx, streamID, raw string) error {
	return tx.Upsert(ctx, "stream_state", []string{"stream_id"}, []string{"state", "updated_at"}, streamID, raw, sqldb.Millis(tx.Now()))
}

func insertRecording(ctx context.Context, tx *sqldb.Tx, room id.Room, generation int64, folder string, info record.Info) error {
	_, err := tx.InsertOnce(ctx, "INSERT INTO recording (id, room_id, generation, folder, started_at, duration_ms, size, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
		id.Make[id.Recording](tx), room, generation, folder, sqldb.Millis(info.Start), info.Duration.Milliseconds(), info.Bytes, sqldb.Millis(tx.Now()))
	if err != nil {
		return err
	}
	return markReplay(ctx, tx, room)
}

func markReplay(ctx context.Context, tx *sqldb.Tx, room id.Room) error {
	_, err := tx.Exec(ctx, "UPDATE room SET replay_ready = 1 WHERE id = ?", room)
	return err
}

func roomsSince(ctx context.Context, q sqldb.Querier, shop id.Shop, since time.Time) ([]Room, error) {
	rows, err := q.Query(ctx, "SELECT "+roomColumns+" FROM room WHERE shop_id = ? AND started_at > 0 AND (ended_at = 0 OR ended_at >= ?) ORDER BY started_at DESC LIMIT 50", shop, sqldb.Millis(since))
	return sqldb.Collect(rows, err, scanRoom)
}
