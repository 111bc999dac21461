package direct

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/platform/sqldb"
)

const selected = "SELECT id, owner_id, name, size, sending, done, created_at FROM direct_upload "

func scan(s sqldb.Scanner) (u Upload, err error) {
	var created int64
	err = s.Scan(&u.ID, &u.Owner, &u.Name, &u.Size, &u.sending, &u.Done, &created)
	u.CreatedAt = sqldb.FromMillis(created)
	return u, err
}

func insert(ctx context.Context, tx *sqldb.Tx, u Upload) error {
	_, err := tx.Exec(ctx, `INSERT INTO direct_upload (id, owner_id, name, size, sending, done, created_at)
		VALUES (?, ?, ?, ?, ?, 0, ?)`, u.ID, u.Owner, u.Name, u.Size, u.sending, sqldb.Millis(u.CreatedAt))
	return err
}

func byID(ctx context.Context, q sqldb.Querier, name string) (Upload, error) {
	return scan(q.QueryRow(ctx, selected+"WHERE id = ?", name))
}

// owned finds an upload of an owner; somebody else's is not there. Fault upload.not_found.
func owned(ctx context.Context, q sqldb.Querier, owner id.User, name string) (Upload, error) {
	u, err := byID(ctx, q, name)
	if errors.Is(err, sql.ErrNoRows) || err == nil && (u.Owner != owner || owner.IsZero()) {
		return Upload{}, fault.NotFound("upload.not_found")
	}
	return u, err
}

func ofOwner(ctx context.Context, q sqldb.Querier, owner id.User) ([]Upload, error) {
	rows, err := q.Query(ctx, selected+"WHERE owner_id = ?", owner)
	return sqldb.Collect(rows, err, scan)
}

func openBefore(ctx context.Context, q sqldb.Querier, at time.Time) ([]Upload, error) {
	rows, err := q.Query(ctx, selected+"WHERE done = 0 AND created_at < ?", sqldb.Millis(at))
	return sqldb.Collect(rows, err, scan)
}

func total(ctx context.Context, q sqldb.Querier) (n int, bytes int64, err error) {
	err = q.QueryRow(ctx, "SELECT COUNT(*), COALESCE(SUM(size), 0) FROM direct_upload").Scan(&n, &bytes)
	return n, bytes, err
}

// turn makes whoever else counts wait.
func turn(ctx context.Context, tx *sqldb.Tx) error {
	_, err := tx.Exec(ctx, "UPDATE direct_upload_turn SET turns = turns + 1 WHERE id = 1")
	return err
}

// finish notes that all has come; false for what is not there any more.
func finish(ctx context.Context, tx *sqldb.Tx, name string) (bool, error) {
	n, err := tx.Exec(ctx, "UPDATE direct_upload SET done = 1 WHERE id = ? AND done = 0", name)
	if err != nil || n > 0 {
		return err == nil, err
	}
	u, err := byID(ctx, tx, name) // another has noted it, or nobody
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return u.Done, err
}

func remove(ctx context.Context, tx *sqldb.Tx, name string) error {
	_, err := tx.Exec(ctx, "DELETE FROM direct_upload WHERE id = ?", name)
	return err
}
