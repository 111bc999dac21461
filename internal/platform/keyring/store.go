package keyring

import (
	"context"
	"database/sql"
	"errors"

	"hawker/internal/platform/sqldb"
)

// installation is what a database knows of its key.
type installation struct {
	KeyID  string
	Canary string
}

const only = 1 // the row's id

func known(ctx context.Context, q sqldb.Querier) (i installation, err error) {
	err = q.QueryRow(ctx, "SELECT key_id, canary FROM installation WHERE id = ?", only).Scan(&i.KeyID, &i.Canary)
	if errors.Is(err, sql.ErrNoRows) {
		return installation{}, nil
	}
	return i, err
}

// note writes the row unless another process just did, which has the same key then or
// finds out at its next start.
func note(ctx context.Context, db *sqldb.DB, i installation) error {
	return db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		now := sqldb.Millis(tx.Now())
		_, err := tx.InsertOnce(ctx, `INSERT INTO installation (id, key_id, canary, created_at, proved_at)
			VALUES (?, ?, ?, ?, ?)`, only, i.KeyID, i.Canary, now, now)
		return err
	})
}

// Prove commits: a database that answers may have become one that keeps nothing.
func Prove(ctx context.Context, db *sqldb.DB) error {
	return db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE installation SET proved_at = ? WHERE id = ?", sqldb.Millis(tx.Now()), only)
		return err
	})
}
