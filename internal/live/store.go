package live

import (
	"context"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/media/record"
	"hawker/internal/platform/sqldb"
)

const roomColumns = `id, shop_id, host_id, title, cover_url, state, likes, messages, started_at, ended_at, replay_ready, recorded, created_at,
	mode, scheduled_at, part_ms, ladder, slow_seconds, followers_only, pinned_message, entries, viewers_peak, follows, external_url`

func scanRoom(s sqldb.Scanner) (r Room, err error) {
	var started, ended, created, scheduled, part, slow int64
	err = s.Scan(&r.ID, &r.Shop, &r.Host, &r.Title, &r.CoverURL, &r.State, &r.Likes, &r.Messages, &started, &ended, &r.Replay, &r.Recorded, &created,
		&r.Mode, &scheduled, &part, &r.Ladder, &slow, &r.FollowersOnly, &r.PinnedMessage, &r.Entries, &r.ViewersPeak, &r.Follows, &r.ExternalURL)
	r.StartedAt, r.EndedAt, r.CreatedAt = sqldb.FromMillis(started), sqldb.FromMillis(ended), sqldb.FromMillis(created)
	r.ScheduledAt, r.Part, r.Slow = sqldb.FromMillis(scheduled), time.Duration(part)*time.Millisecond, time.Duration(slow)*time.Second
	return r, err
}

func insertRoom(ctx context.Context, tx *sqldb.Tx, r Room, keyIndex, keySealed string) (bool, error) {
	return tx.InsertOnce(ctx, "INSERT INTO room (id, shop_id, host_id, title, cover_url, state, key_index, key_sealed, recorded, mode, scheduled_at, ladder, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		r.ID, r.Shop, r.Host, r.Title, r.CoverURL, r.State, keyIndex, keySealed, r.Recorded, r.Mode, sqldb.Millis(r.ScheduledAt), r.Ladder, sqldb.Millis(r.CreatedAt))
}

func roomByID(ctx context.Context, q sqldb.Querier, room id.Room) (Room, error) {
	return scanRoom(q.QueryRow(ctx, "SELECT "+roomColumns+" FROM room WHERE id = ?", room))
}

// keyHolder is what a publisher's key opens.
type keyHolder struct {
	room        id.Room
	recorded    bool
	state       State
	ladder      bool
	renditions  []int // as the shop wants them; nil is the installation's
	part        time.Duration
	closedUntil time.Time
}

func roomByKey(ctx context.Context, q sqldb.Querier, keyIndex string) (k keyHolder, err error) {
	var until, part int64
	var renditions string
	err = q.QueryRow(ctx, `SELECT r.id, r.state, r.recorded, r.ladder, r.part_ms, r.closed_until, COALESCE(s.renditions, '')
		FROM room r LEFT JOIN live_setting s ON s.shop_id = r.shop_id WHERE r.key_index = ?`, keyIndex).Scan(
		&k.room, &k.state, &k.recorded, &k.ladder, &part, &until, &renditions)
	k.renditions = numbersOf(renditions)
	k.closedUntil, k.part = sqldb.FromMillis(until), time.Duration(part)*time.Millisecond
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

type roomFilter struct {
	shop   id.Shop
	state  State
	before id.Room
	staff  bool // sees what is not open
}

func listRooms(ctx context.Context, q sqldb.Querier, f roomFilter, limit int) ([]Room, error) {
	query, args := "SELECT "+roomColumns+" FROM room WHERE 1 = 1", []any{}
	if !f.shop.IsZero() {
		query, args = query+" AND shop_id = ?", append(args, f.shop)
	}
	if !f.staff { // a warm-up waits in public, a rehearsal does not
		query, args = query+" AND mode <> ? AND state <> ?", append(args, Rehearsal, Cancelled)
	}
	switch f.state {
	case "":
	case Live:
		query, args = query+" AND state IN (?, ?)", append(args, Live, Paused)
	default:
		query, args = query+" AND state = ?", append(args, f.state)
	}
	if !f.before.IsZero() {
		query, args = query+" AND id < ?", append(args, f.before)
	}
	rows, err := q.Query(ctx, query+" ORDER BY id DESC LIMIT ?", append(args, limit)...)
	return sqldb.Collect(rows, err, scanRoom)
}

func liveRoomsWith(ctx context.Context, q sqldb.Querier, product id.Product) ([]id.Room, error) {
	rows, err := q.Query(ctx, "SELECT r.id FROM shelf_item i JOIN room r ON r.id = i.room_id WHERE i.product_id = ? AND r.state IN (?, ?) AND r.mode = ? ORDER BY r.started_at DESC LIMIT 20", product, Live, Paused, Open)
	return sqldb.Collect(rows, err, func(s sqldb.Scanner) (r id.Room, err error) { return r, s.Scan(&r) })
}

func updateRoom(ctx context.Context, tx *sqldb.Tx, r Room) error {
	_, err := tx.Exec(ctx, `UPDATE room SET title = ?, cover_url = ?, scheduled_at = ?, announced_at = CASE WHEN scheduled_at = ? THEN announced_at ELSE 0 END,
		slow_seconds = ?, followers_only = ?, part_ms = ?, ladder = ? WHERE id = ?`,
		r.Title, r.CoverURL, sqldb.Millis(r.ScheduledAt), sqldb.Millis(r.ScheduledAt),
		int64(r.Slow/time.Second), r.FollowersOnly, r.Part.Milliseconds(), r.Ladder, r.ID)
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
	return err
}

func cancel(ctx context.Context, tx *sqldb.Tx, room id.Room) error {
	_, err := tx.Exec(ctx, "UPDATE room SET state = ?, mode = ? WHERE id = ?", Cancelled, Open, room)
	return err
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
	known := map[id.Product]ShelfItem{}
	for _, i := range have {
		known[i.Product] = i
	}
	if _, err := tx.Exec(ctx, "DELETE FROM shelf_item WHERE room_id = ?", room); err != nil {
		return err
	}
	for i, p := range products {
		k := known[p]
		_, err := tx.Exec(ctx, "INSERT INTO shelf_item (room_id, product_id, position, sold, hidden, notes) VALUES (?, ?, ?, ?, ?, ?)",
			room, p, i+1, k.Sold, k.Hidden, k.Notes)
		if err != nil {
			return err
		}
	}
	return nil
}

func shelfItems(ctx context.Context, q sqldb.Querier, room id.Room) ([]ShelfItem, error) {
	rows, err := q.Query(ctx, "SELECT product_id, position, sold, hidden, notes FROM shelf_item WHERE room_id = ? ORDER BY position", room)
	return sqldb.Collect(rows, err, func(s sqldb.Scanner) (i ShelfItem, err error) {
		return i, s.Scan(&i.Product, &i.Position, &i.Sold, &i.Hidden, &i.Notes)
	})
}

// firstShown gives what stands first on the shelves of rooms.
func firstShown(ctx context.Context, q sqldb.Querier, rooms []id.Room) (map[id.Room]id.Product, error) {
	rows, err := q.Query(ctx, `SELECT i.room_id, i.product_id FROM shelf_item i WHERE i.room_id IN (`+sqldb.Marks(len(rooms))+`) AND i.hidden = 0
		AND i.position = (SELECT MIN(position) FROM shelf_item WHERE room_id = i.room_id AND hidden = 0)`, sqldb.Args(rooms)...)
	out := map[id.Room]id.Product{}
	_, err = sqldb.Collect(rows, err, func(s sqldb.Scanner) (struct{}, error) {
		var room id.Room
		var product id.Product
		err := s.Scan(&room, &product)
		out[room] = product
		return struct{}{}, err
	})
	return out, err
}

func editItem(ctx context.Context, tx *sqldb.Tx, room id.Room, i ShelfItem) error {
	_, err := tx.Exec(ctx, "UPDATE shelf_item SET hidden = ?, notes = ? WHERE room_id = ? AND product_id = ?", i.Hidden, i.Notes, room, i.Product)
	return err
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

func closePins(ctx context.Context, tx *sqldb.Tx, room id.Room, until time.Time) error {
	_, err := tx.Exec(ctx, "UPDATE pin SET unpinned_at = ?, stream_until = ? WHERE room_id = ? AND unpinned_at = 0", sqldb.Millis(tx.Now()), sqldb.Millis(until), room)
	return err
}

const pinColumns = "id, room_id, product_id, by_id, pinned_at, stream_at, unpinned_at, stream_until"

func scanPin(s sqldb.Scanner) (p Pin, err error) {
	var pinned, streamAt, unpinned, until int64
	err = s.Scan(&p.ID, &p.Room, &p.Product, &p.By, &pinned, &streamAt, &unpinned, &until)
	p.PinnedAt, p.StreamAt = sqldb.FromMillis(pinned), sqldb.FromMillis(streamAt)
	p.UnpinnedAt, p.StreamUntil = sqldb.FromMillis(unpinned), sqldb.FromMillis(until)
	return p, err
}

func openPin(ctx context.Context, q sqldb.Querier, room id.Room) (Pin, error) {
	return scanPin(q.QueryRow(ctx, "SELECT "+pinColumns+" FROM pin WHERE room_id = ? AND unpinned_at = 0 ORDER BY id DESC LIMIT 1", room))
}

const pinsMax = 500

func pinsSince(ctx context.Context, q sqldb.Querier, room id.Room, since time.Time) ([]Pin, error) {
	rows, err := q.Query(ctx, "SELECT "+pinColumns+" FROM pin WHERE room_id = ? AND pinned_at >= ? ORDER BY id LIMIT ?", room, sqldb.Millis(since), pinsMax)
	return sqldb.Collect(rows, err, scanPin)
}

// lastShown gives the newest stretch of each product that has a picture.
func lastShown(ctx context.Context, q sqldb.Querier, room id.Room, products []id.Product) ([]ShownAt, error) {
	rows, err := q.Query(ctx, `SELECT product_id, stream_at, stream_until FROM pin WHERE id IN (
		SELECT MAX(id) FROM pin WHERE room_id = ? AND stream_at > 0 AND product_id IN (`+sqldb.Marks(len(products))+`) GROUP BY product_id)`,
		append([]any{room}, sqldb.Args(products)...)...)
	return sqldb.Collect(rows, err, func(s sqldb.Scanner) (x ShownAt, err error) {
		var from, until int64
		err = s.Scan(&x.Product, &from, &until)
		x.From, x.Until = sqldb.FromMillis(from), sqldb.FromMillis(until)
		return x, err
	})
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
