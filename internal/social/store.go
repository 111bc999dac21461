package social

import (
	"context"
	"database/sql"
	"errors"

	"hawker/internal/base/id"
	"hawker/internal/platform/sqldb"
)

// setFollow answers whether anything changed.
func setFollow(ctx context.Context, tx *sqldb.Tx, user id.User, shop id.Shop, follow bool) (bool, error) {
	if !follow {
		n, err := tx.Exec(ctx, "DELETE FROM follow WHERE user_id = ? AND shop_id = ?", user, shop)
		if err != nil || n == 0 {
			return false, err
		}
		_, err = tx.Exec(ctx, "UPDATE follow_count SET followers = followers - 1 WHERE shop_id = ?", shop)
		return true, err
	}
	fresh, err := tx.InsertOnce(ctx, "INSERT INTO follow (user_id, shop_id, created_at) VALUES (?, ?, ?)", user, shop,
		sqldb.Millis(tx.Now()))
	if err != nil || !fresh {
		return false, err
	}
	n, err := tx.Exec(ctx, "UPDATE follow_count SET followers = followers + 1 WHERE shop_id = ?", shop)
	if err != nil || n == 1 {
		return true, err
	}
	first, err := tx.InsertOnce(ctx, "INSERT INTO follow_count (shop_id, followers) VALUES (?, 1)", shop)
	if err == nil && !first { // another first follower was a moment earlier
		_, err = tx.Exec(ctx, "UPDATE follow_count SET followers = followers + 1 WHERE shop_id = ?", shop)
	}
	return true, err
}

func follows(ctx context.Context, q sqldb.Querier, user id.User, shop id.Shop) (bool, error) {
	var one int
	err := q.QueryRow(ctx, "SELECT 1 FROM follow WHERE user_id = ? AND shop_id = ?", user, shop).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

func standing(ctx context.Context, q sqldb.Querier, user id.User, shop id.Shop) (s Standing, err error) {
	if !user.IsZero() {
		if s.Following, err = follows(ctx, q, user, shop); err != nil {
			return s, err
		}
	}
	err = q.QueryRow(ctx, "SELECT COALESCE(MAX(followers), 0) FROM follow_count WHERE shop_id = ?", shop).
		Scan(&s.Followers)
	return s, err
}

func followersAfter(ctx context.Context, q sqldb.Querier, shop id.Shop, after id.User, limit int) ([]id.User, error) {
	rows, err := q.Query(ctx, "SELECT user_id FROM follow WHERE shop_id = ? AND user_id > ? ORDER BY user_id LIMIT ?",
		shop, after, limit)
	return sqldb.Collect(rows, err, func(s sqldb.Scanner) (u id.User, err error) { return u, s.Scan(&u) })
}
