package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// pruneStep bounds what one transaction deletes: on SQLite everybody else waits for
// it, on MySQL it holds locks.
const pruneStep = 500

// Prune deletes the rows of a table whose time in column is before, a step at a
// time. The column has an index.
func Prune(ctx context.Context, db *DB, table, column string, before time.Time) error {
	for {
		cut, last := Millis(before)-1, true
		err := db.Reader().QueryRow(ctx, "SELECT "+column+" FROM "+table+" WHERE "+column+" < ? ORDER BY "+column+
			" LIMIT 1 OFFSET ?", Millis(before), pruneStep-1).Scan(&cut)
		if err == nil {
			last = false
		} else if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		var deleted int64
		err = db.Update(ctx, func(ctx context.Context, tx *Tx) (err error) {
			deleted, err = tx.Exec(ctx, "DELETE FROM "+table+" WHERE "+column+" <= ?", cut)
			return err
		})
		if err != nil || last || deleted == 0 {
			return err
		}
	}
}

// Oldest answers when the oldest row of a table has been there for keep; zero when
// the table is empty. The column has an index.
func Oldest(table, column string, keep time.Duration) func(ctx context.Context, q Querier) (time.Time, error) {
	return func(ctx context.Context, q Querier) (time.Time, error) {
		at, err := Earliest(ctx, q, "SELECT MIN("+column+") FROM "+table)
		if err != nil || at.IsZero() {
			return time.Time{}, err
		}
		return at.Add(keep + time.Millisecond), nil
	}
}
