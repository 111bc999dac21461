package notify

import (
	"context"
	"encoding/json"

	"hawker/internal/base/id"
	"hawker/internal/platform/sqldb"
)

func insertNotice(ctx context.Context, tx *sqldb.Tx, n Notice) (bool, error) {
	return tx.InsertOnce(ctx,
		"INSERT INTO notice (id, user_id, kind, ref, payload, created_at) VALUES (?, ?, ?, ?, ?, ?)",
		n.ID, n.User, n.Kind, n.Ref, string(n.Payload), sqldb.Millis(n.CreatedAt))
}

func noticesOf(ctx context.Context, q sqldb.Querier, user id.User, before id.Notice, limit int) ([]Notice, error) {
	query, args := "SELECT id, user_id, kind, ref, payload, read_at, created_at FROM notice"+
		sqldb.Along("ix_notice_user")+"WHERE user_id = ?", []any{user}
	if !before.IsZero() {
		query, args = query+" AND id < ?", append(args, before)
	}
	rows, err := q.Query(ctx, query+" ORDER BY id DESC LIMIT ?", append(args, limit)...)
	return sqldb.Collect(rows, err, func(s sqldb.Scanner) (n Notice, err error) {
		var payload string
		var read, created int64
		err = s.Scan(&n.ID, &n.User, &n.Kind, &n.Ref, &payload, &read, &created)
		n.Payload, n.Read, n.CreatedAt = json.RawMessage(payload), read > 0, sqldb.FromMillis(created)
		return n, err
	})
}

func countUnread(ctx context.Context, q sqldb.Querier, user id.User) (n int64, err error) {
	err = q.QueryRow(ctx, "SELECT COUNT(*) FROM notice WHERE user_id = ? AND read_at = 0", user).Scan(&n)
	return n, err
}

func readAll(ctx context.Context, tx *sqldb.Tx, user id.User) error {
	_, err := tx.Exec(ctx, "UPDATE notice SET read_at = ? WHERE user_id = ? AND read_at = 0", sqldb.Millis(tx.Now()),
		user)
	return err
}
