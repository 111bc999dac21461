package live

import (
	"context"
	"strconv"
	"strings"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/platform/sqldb"
)

func settingsOf(ctx context.Context, q sqldb.Querier, shop id.Shop, ladder bool) (set Settings, err error) {
	var renditions string
	err = q.QueryRow(ctx, "SELECT keep_days, clips, COALESCE(ladder, ?), renditions FROM live_setting WHERE shop_id = ?", ladder, shop).Scan(
		&set.KeepDays, &set.Clips, &set.Ladder, &renditions)
	set.Renditions = numbersOf(renditions)
	return set, err
}

func saveSettings(ctx context.Context, tx *sqldb.Tx, shop id.Shop, set Settings) error {
	return tx.Upsert(ctx, "live_setting", []string{"shop_id"}, []string{"keep_days", "clips", "ladder", "renditions", "updated_at"},
		shop, set.KeepDays, set.Clips, set.Ladder, listOf(set.Renditions), sqldb.Millis(tx.Now()))
}

// listOf and numbersOf store a few numbers in one column.
func listOf(numbers []int) string {
	words := make([]string, len(numbers))
	for i, n := range numbers {
		words[i] = strconv.Itoa(n)
	}
	return strings.Join(words, ",")
}

func numbersOf(list string) (out []int) {
	for word := range strings.SplitSeq(list, ",") {
		if n, err := strconv.Atoi(word); err == nil {
			out = append(out, n)
		}
	}
	return out
}

func expired(ctx context.Context, q sqldb.Querier, now time.Time, keepDays, limit int) ([]kept, error) {
	rows, err := q.Query(ctx, `SELECT c.id, c.room_id, c.folder FROM recording c JOIN room r ON r.id = c.room_id
		LEFT JOIN live_setting s ON s.shop_id = r.shop_id
		WHERE c.created_at < ? - COALESCE(s.keep_days, ?) * ? ORDER BY c.id LIMIT ?`, sqldb.Millis(now), keepDays, day.Milliseconds(), limit)
	return sqldb.Collect(rows, err, func(s sqldb.Scanner) (k kept, err error) { return k, s.Scan(&k.id, &k.room, &k.folder) })
}

// forgetRecording also takes the replay away when it was the last.
func forgetRecording(ctx context.Context, tx *sqldb.Tx, k kept) error {
	if _, err := tx.Exec(ctx, "DELETE FROM recording WHERE id = ?", k.id); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, "UPDATE room SET replay_ready = 0 WHERE id = ? AND NOT EXISTS (SELECT 1 FROM recording WHERE room_id = ?)", k.room, k.room)
	return err
}

func insertRestream(ctx context.Context, tx *sqldb.Tx, r Restream, sealed string) error {
	_, err := tx.Exec(ctx, "INSERT INTO restream (id, room_id, name, url_sealed, enabled, created_at) VALUES (?, ?, ?, ?, ?, ?)", r.ID, r.Room, r.Name, sealed, r.Enabled, sqldb.Millis(r.At))
	return err
}

// restreamsOf gives the addresses sealed.
func restreamsOf(ctx context.Context, q sqldb.Querier, room id.Room) ([]Restream, error) {
	rows, err := q.Query(ctx, "SELECT id, room_id, name, url_sealed, enabled, created_at FROM restream WHERE room_id = ? ORDER BY id", room)
	return sqldb.Collect(rows, err, func(s sqldb.Scanner) (r Restream, err error) {
		var at int64
		err = s.Scan(&r.ID, &r.Room, &r.Name, &r.URL, &r.Enabled, &at)
		r.At = sqldb.FromMillis(at)
		return r, err
	})
}

func changeRestream(ctx context.Context, tx *sqldb.Tx, room id.Room, restream id.Restream, enabled, gone bool) (bool, error) {
	if gone {
		n, err := tx.Exec(ctx, "DELETE FROM restream WHERE id = ? AND room_id = ?", restream, room)
		return n == 1, err
	}
	n, err := tx.Exec(ctx, "UPDATE restream SET enabled = ? WHERE id = ? AND room_id = ?", enabled, restream, room)
	return n == 1, err
}

func roomsRestreamed(ctx context.Context, q sqldb.Querier) ([]id.Room, error) {
	rows, err := q.Query(ctx, "SELECT DISTINCT room_id FROM restream WHERE enabled = 1")
	return sqldb.Collect(rows, err, func(s sqldb.Scanner) (r id.Room, err error) { return r, s.Scan(&r) })
}
