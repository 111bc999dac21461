package lease

import (
	"context"
	"time"

	"hawker/internal/platform/sqldb"
)

// Database is the Locker in the database's table lease.
type Database struct{ DB *sqldb.DB }

// Hold implements Locker.
func (d Database) Hold(ctx context.Context, name, holder string, term time.Duration) (fence int64, err error) {
	err = d.DB.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		fence = 0
		now, until := sqldb.Millis(tx.Now()), sqldb.Millis(tx.Now().Add(term))
		// MySQL sets columns from left to right: the fence looks at the holder of before.
		n, err := tx.Exec(ctx, `UPDATE lease SET fence = CASE WHEN holder = ? THEN fence ELSE fence + 1 END,
			holder = ?, lease_until = ? WHERE name = ? AND (holder = ? OR lease_until < ?)`,
			holder, holder, until, name, holder, now)
		if err != nil {
			return err
		}
		if n == 1 {
			return tx.QueryRow(ctx, "SELECT fence FROM lease WHERE name = ?", name).Scan(&fence)
		}
		first, err := tx.InsertOnce(ctx, "INSERT INTO lease (name, holder, lease_until, fence) VALUES (?, ?, ?, 1)",
			name, holder, until)
		if first {
			fence = 1
		}
		return err
	})
	if err != nil {
		return 0, err
	}
	return fence, nil
}

// Release implements Locker.
func (d Database) Release(ctx context.Context, name, holder string) error {
	return d.DB.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE lease SET lease_until = 0 WHERE name = ? AND holder = ?", name, holder)
		return err
	})
}
