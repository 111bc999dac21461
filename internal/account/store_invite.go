package account

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/platform/sqldb"
)

func hashOfText(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func insertInvitation(ctx context.Context, tx *sqldb.Tx, i Invitation, hash string) error {
	_, err := tx.Exec(ctx, `INSERT INTO account_invitation (id, code_hash, uses_left, note, created_by, expires_at,
			created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?)`,
		i.ID, hash, i.Uses, i.Note, i.By, sqldb.Millis(i.ExpiresAt), sqldb.Millis(i.CreatedAt))
	return err
}

func invitations(ctx context.Context, q sqldb.Querier, limit int) ([]Invitation, error) {
	rows, err := q.Query(ctx, `SELECT id, note, uses_left, created_by, expires_at, created_at FROM account_invitation
		ORDER BY id DESC LIMIT ?`, limit)
	return sqldb.Collect(rows, err, func(s sqldb.Scanner) (i Invitation, err error) {
		var expires, created int64
		err = s.Scan(&i.ID, &i.Note, &i.Uses, &i.By, &expires, &created)
		i.ExpiresAt, i.CreatedAt = sqldb.FromMillis(expires), sqldb.FromMillis(created)
		return i, err
	})
}

func invitationStands(ctx context.Context, q sqldb.Querier, hash string, now time.Time) (bool, error) {
	var n int
	err := q.QueryRow(ctx,
		"SELECT COUNT(*) FROM account_invitation WHERE code_hash = ? AND uses_left > 0 AND expires_at > ?", hash,
		sqldb.Millis(now)).Scan(&n)
	return n > 0, err
}

func takeInvitation(ctx context.Context, tx *sqldb.Tx, hash string, now time.Time) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE account_invitation SET uses_left = uses_left - 1
		WHERE code_hash = ? AND uses_left > 0 AND expires_at > ?`, hash, sqldb.Millis(now))
	return n == 1, err
}

func deleteInvitation(ctx context.Context, tx *sqldb.Tx, i id.Invitation) error {
	_, err := tx.Exec(ctx, "DELETE FROM account_invitation WHERE id = ?", i)
	return err
}
