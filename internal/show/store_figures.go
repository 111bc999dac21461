package show

import (
	"context"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/platform/sqldb"
)

func addFigures(ctx context.Context, tx *sqldb.Tx, x id.Show, more Figures) error {
	_, err := tx.Exec(ctx, `UPDATE live_show SET likes = likes + ?, entries = entries + ?, follows = follows + ?,
		messages = messages + ?, viewers_peak = CASE WHEN viewers_peak < ? THEN ? ELSE viewers_peak END WHERE id = ?`,
		more.Likes, more.Entries, more.Follows, more.Messages, more.ViewersPeak, more.ViewersPeak, x)
	return err
}

func figuresOf(ctx context.Context, q sqldb.Querier, x id.Show) (f Figures, err error) {
	err = q.QueryRow(ctx, "SELECT likes, messages, entries, viewers_peak, follows FROM live_show WHERE id = ?", x).Scan(
		&f.Likes, &f.Messages, &f.Entries, &f.ViewersPeak, &f.Follows)
	return f, err
}

func countMessage(ctx context.Context, tx *sqldb.Tx, x id.Show) (bool, error) {
	n, err := tx.Exec(ctx, "UPDATE live_show SET messages = messages + 1 WHERE id = ? AND state IN (?, ?)",
		x, Live, Paused)
	return n == 1, err
}

func putMinute(ctx context.Context, tx *sqldb.Tx, x id.Show, minute time.Time, f Figures) error {
	return tx.Upsert(ctx, "show_minute", []string{"show_id", "at_minute"}, []string{"viewers", "likes", "messages"},
		x, sqldb.Millis(minute), f.ViewersPeak, f.Likes, f.Messages)
}

func insertRecording(ctx context.Context, tx *sqldb.Tx, r Recording) error {
	made, err := tx.InsertOnce(ctx,
		`INSERT INTO recording (id, room_id, show_id, generation, folder, started_at, duration_ms,
		size, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`, id.Make[id.Recording](tx), r.Room, r.Show, r.Generation,
		r.Folder, sqldb.Millis(r.Start), r.Duration.Milliseconds(), r.Bytes, sqldb.Millis(tx.Now()))
	if err != nil || made {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE recording SET generation = ?, duration_ms = ?, size = ?
		WHERE room_id = ? AND folder = ? AND show_id = ?`,
		r.Generation, r.Duration.Milliseconds(), r.Bytes, r.Room, r.Folder, r.Show)
	return err
}

// perhapsCut reads the shows of which a crash may have cut a recording. Those that
// ended last did so before it, however long ago it was.
func perhapsCut(ctx context.Context, q sqldb.Querier, closing time.Duration) ([]Show, error) {
	rows, err := q.Query(ctx, "SELECT "+columns+` FROM live_show s WHERE s.rehearsal = 0 AND (s.state IN (?, ?)
		OR s.ended_at > 0 AND s.ended_at >= (SELECT MAX(e.ended_at) FROM live_show e WHERE e.rehearsal = 0) - ?
		OR s.replay_ready = 1 AND NOT EXISTS (SELECT 1 FROM recording c WHERE c.show_id = s.id))`,
		Live, Paused, closing.Milliseconds())
	return sqldb.Collect(rows, err, scanShow)
}

func foldersOf(ctx context.Context, q sqldb.Querier, x Show) ([]string, error) {
	rows, err := q.Query(ctx, "SELECT folder FROM recording WHERE room_id = ? AND show_id = ?", x.Room, x.ID)
	return sqldb.Collect(rows, err, func(s sqldb.Scanner) (folder string, err error) { return folder, s.Scan(&folder) })
}

func markReplay(ctx context.Context, tx *sqldb.Tx, r id.Room, x id.Show) (bool, error) {
	n, err := tx.Exec(ctx, "UPDATE live_show SET replay_ready = 1 WHERE id = ? AND room_id = ? AND rehearsal = 0", x, r)
	return n == 1, err
}

func expired(ctx context.Context, q sqldb.Querier, now time.Time, keepDays, limit int) ([]Recording, error) {
	rows, err := q.Query(ctx,
		`SELECT c.id, c.room_id, c.show_id, c.folder FROM recording c JOIN room r ON r.id = c.room_id
		LEFT JOIN live_setting s ON s.shop_id = r.shop_id
		WHERE c.created_at < ? - COALESCE(s.keep_days, ?) * ? ORDER BY c.id LIMIT ?`,
		sqldb.Millis(now), keepDays, day.Milliseconds(), limit)
	return sqldb.Collect(rows, err, func(s sqldb.Scanner) (r Recording, err error) {
		return r, s.Scan(&r.ID, &r.Room, &r.Show, &r.Folder)
	})
}

// forgetRecording also takes the replay away when it was the last of the show.
func forgetRecording(ctx context.Context, tx *sqldb.Tx, r Recording) error {
	if _, err := tx.Exec(ctx, "DELETE FROM recording WHERE id = ?", r.ID); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `UPDATE live_show SET replay_ready = 0 WHERE id = ? AND
		NOT EXISTS (SELECT 1 FROM recording WHERE show_id = ?)`, r.Show, r.Show)
	return err
}
