package lease

import (
	"context"
	"time"

	"hawker/internal/platform/sqldb"
)

// Database is the Locker in the database's table lease.
type Database struct{ DB *sqldb.DB }

// Hold implements Locker.
func (d Database) Hold(ctx context.Context, name, holder string, term time.Duration) (held bool, err error) {
	err = d.DB.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		now, until := sqldb.Millis(tx.Now()), sqldb.Millis(tx.Now().Add(term))
		n, err := tx.Exec(ctx, `UPDATE lease SET holder = ?, lease_until = ? WHERE name = ? AND (holder = ?
			OR lease_until < ?)`, holder, until, name, holder, now)
		if held = n == 1; held || err != nil {
			return err
		}
		held, err = tx.InsertOnce(ctx, "INSERT INTO lease (name, holder, lease_until) VALUES (?, ?, ?)", name, holder,
			until)
		return err
	})
	return held && err == nil, err
}

// Release implements Locker.
func (d Database) Release(ctx context.Context, name, holder string) error {
	return d.DB.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE lease SET lease_until = 0 WHERE name = ? AND holder = ?", name, holder)
		return err
	})
}
