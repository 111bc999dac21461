package video

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/platform/sqldb"
)

const videoColumns = "id, author_id, shop_id, product_id, upload_id, caption, state, failure, progress, duration_ms, " +
	"width, height, likes, shares, hidden_by, created_at, published_at, room_id, pin_id"

func scanVideo(s sqldb.Scanner) (v Video, err error) {
	var duration, created, published int64
	err = s.Scan(&v.ID, &v.Author, &v.Shop, &v.Product, &v.Upload, &v.Caption, &v.State, &v.Failure, &v.Progress,
		&duration, &v.Width, &v.Height,
		&v.Likes, &v.Shares, &v.HiddenBy, &created, &published, &v.Room, &v.Pin)
	v.Duration = time.Duration(duration) * time.Millisecond
	v.CreatedAt, v.PublishedAt = sqldb.FromMillis(created), sqldb.FromMillis(published)
	return v, err
}

func insertVideo(ctx context.Context, tx *sqldb.Tx, v Video) (bool, error) {
	return tx.InsertOnce(ctx,
		`INSERT INTO video (id, author_id, shop_id, product_id, upload_id, caption, state, created_at, room_id, pin_id)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		v.ID, v.Author, v.Shop, v.Product, v.Upload, v.Caption, v.State, sqldb.Millis(v.CreatedAt), v.Room, v.Pin)
}

func videoByID(ctx context.Context, q sqldb.Querier, video id.Video) (Video, error) {
	return scanVideo(q.QueryRow(ctx, "SELECT "+videoColumns+" FROM video WHERE id = ?", video))
}

func uploadClaimed(ctx context.Context, q sqldb.Querier, upload string) (bool, error) {
	var one int
	err := q.QueryRow(ctx, "SELECT 1 FROM video WHERE upload_id = ? AND state <> ?", upload, Failed).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// touch makes whoever else means to change the film wait.
func touch(ctx context.Context, tx *sqldb.Tx, video id.Video) error {
	_, err := tx.Exec(ctx, "UPDATE video SET likes = likes WHERE id = ?", video)
	return err
}

func setText(ctx context.Context, tx *sqldb.Tx, v Video) error {
	_, err := tx.Exec(ctx, "UPDATE video SET caption = ?, product_id = ?, shop_id = ? WHERE id = ?", v.Caption,
		v.Product, v.Shop, v.ID)
	return err
}

func setState(ctx context.Context, tx *sqldb.Tx, v Video) error {
	_, err := tx.Exec(ctx, "UPDATE video SET state = ?, hidden_by = ?, published_at = ? WHERE id = ?", v.State,
		v.HiddenBy, sqldb.Millis(v.PublishedAt), v.ID)
	return err
}

// setMeasured stores what the transcoding found.
func setMeasured(ctx context.Context, tx *sqldb.Tx, v Video) error {
	_, err := tx.Exec(ctx, `UPDATE video SET progress = 100, failure = '', duration_ms = ?, width = ?, height = ?
		WHERE id = ?`,
		v.Duration.Milliseconds(), v.Width, v.Height, v.ID)
	return err
}

func setProgress(ctx context.Context, tx *sqldb.Tx, video id.Video, percent int) error {
	_, err := tx.Exec(ctx, "UPDATE video SET progress = ?, failure = '' WHERE id = ? AND state = ?", percent, video,
		Processing)
	return err
}

// setWork has a film that is in a state be under way, and says what keeps it from being done, if anything does.
func setWork(ctx context.Context, tx *sqldb.Tx, video id.Video, from State, code string) error {
	_, err := tx.Exec(ctx, "UPDATE video SET state = ?, failure = ?, progress = 0 WHERE id = ? AND state = ?",
		Processing, code, video, from)
	return err
}

func setFailed(ctx context.Context, tx *sqldb.Tx, video id.Video, code string) error {
	_, err := tx.Exec(ctx, "UPDATE video SET state = ?, failure = ? WHERE id = ? AND state = ?", Failed, code, video,
		Processing)
	return err
}

func setLike(ctx context.Context, tx *sqldb.Tx, video id.Video, user id.User, liked bool) error {
	if liked {
		fresh, err := tx.InsertOnce(ctx, "INSERT INTO video_like (video_id, user_id, created_at) VALUES (?, ?, ?)",
			video, user, sqldb.Millis(tx.Now()))
		if err != nil || !fresh {
			return err
		}
		_, err = tx.Exec(ctx, "UPDATE video SET likes = likes + 1 WHERE id = ?", video)
		return err
	}
	n, err := tx.Exec(ctx, "DELETE FROM video_like WHERE video_id = ? AND user_id = ?", video, user)
	if err != nil || n == 0 {
		return err
	}
	_, err = tx.Exec(ctx, "UPDATE video SET likes = likes - 1 WHERE id = ?", video)
	return err
}

// likedBy answers which of the films somebody likes.
func likedBy(ctx context.Context, q sqldb.Querier, user id.User, videos []id.Video) (map[id.Video]bool, error) {
	out := map[id.Video]bool{}
	if user.IsZero() || len(videos) == 0 {
		return out, nil
	}
	args := []any{user}
	for _, v := range videos {
		args = append(args, v)
	}
	rows, err := q.Query(ctx, "SELECT video_id FROM video_like WHERE user_id = ? AND video_id IN ("+
		sqldb.Marks(len(videos))+")", args...)
	list, err := sqldb.Collect(rows, err, func(s sqldb.Scanner) (v id.Video, err error) { return v, s.Scan(&v) })
	for _, v := range list {
		out[v] = true
	}
	return out, err
}

func addShare(ctx context.Context, tx *sqldb.Tx, video id.Video) error {
	_, err := tx.Exec(ctx, "UPDATE video SET shares = shares + 1 WHERE id = ?", video)
	return err
}

func feed(ctx context.Context, q sqldb.Querier, before feedKey, limit int) ([]Video, error) {
	query, args := "SELECT "+videoColumns+" FROM video"+sqldb.Along("ix_video_feed")+"WHERE state = ?", []any{Published}
	if !before.ID.IsZero() { // a range of the index, which "later, or as late and newer" would not be
		query, args = query+" AND published_at <= ? AND (published_at < ? OR id < ?)", append(args, before.At,
			before.At, before.ID)
	}
	rows, err := q.Query(ctx, query+" ORDER BY published_at DESC, id DESC LIMIT ?", append(args, limit)...)
	return sqldb.Collect(rows, err, scanVideo)
}

func videosOf(ctx context.Context, q sqldb.Querier, by id.User, shop id.Shop, before id.Video, n int) ([]Video, error) {
	index, where, args := "ix_video_author", "author_id = ?", []any{by}
	switch {
	case by.IsZero():
		index, where, args = "ix_video_shop", "shop_id = ?", []any{shop}
	case !shop.IsZero():
		where, args = where+" AND shop_id = ?", append(args, shop)
	}
	query := "SELECT " + videoColumns + " FROM video" + sqldb.Along(index) + "WHERE " + where
	if !before.IsZero() {
		query, args = query+" AND id < ?", append(args, before)
	}
	rows, err := q.Query(ctx, query+" ORDER BY id DESC LIMIT ?", append(args, n)...)
	return sqldb.Collect(rows, err, scanVideo)
}

func videosShowing(ctx context.Context, q sqldb.Querier, product id.Product, limit int) ([]id.Video, error) {
	rows, err := q.Query(ctx, "SELECT id FROM video WHERE product_id = ? AND state = ? ORDER BY id DESC LIMIT ?",
		product, Published, limit)
	return sqldb.Collect(rows, err, func(s sqldb.Scanner) (v id.Video, err error) { return v, s.Scan(&v) })
}

func clipped(ctx context.Context, q sqldb.Querier, pin id.Pin) (bool, error) {
	var n int
	err := q.QueryRow(ctx, "SELECT COUNT(*) FROM video WHERE pin_id = ?", pin).Scan(&n)
	return n > 0, err
}

func clipsOf(ctx context.Context, q sqldb.Querier, shop id.Shop, room id.Room) ([]Video, error) {
	rows, err := q.Query(ctx, "SELECT "+videoColumns+
		" FROM video WHERE room_id = ? AND shop_id = ? AND pin_id <> 0 ORDER BY pin_id", room, shop)
	return sqldb.Collect(rows, err, scanVideo)
}
