package inventory

import (
	"context"

	"hawker/internal/base/id"
	"hawker/internal/platform/sqldb"
)

func insertSlice(ctx context.Context, tx *sqldb.Tx, c Slice, ref string) error {
	_, err := tx.Exec(ctx, `INSERT INTO stock_slice (id, sku_id, ref, total, unsold, created_at)
		VALUES (?, ?, ?, ?, ?, ?)`,
		c.ID, c.SKU, ref, c.Total, c.Total, sqldb.Millis(tx.Now()))
	return err
}

// moveSlice answers false when the slice has too few units, or is closed and had
// to be open.
func moveSlice(ctx context.Context, tx *sqldb.Tx, slice id.Slice, c sliceChange) (bool, error) {
	query := `UPDATE stock_slice SET unsold = unsold + ?, reserved = reserved + ?, sold = sold + ?,
		returned = returned + ?
		WHERE id = ? AND unsold >= ? AND reserved >= ?`
	if c.whileOpen {
		query += " AND is_open = 1"
	}
	n, err := tx.Exec(ctx, query, c.unsold, c.reserved, c.sold, c.returned, slice, max(-c.unsold, 0),
		max(-c.reserved, 0))
	return n == 1, err
}

// lockSlice makes others wait for this row; on SQLite nobody else writes anyway.
func lockSlice(ctx context.Context, tx *sqldb.Tx, slice id.Slice) error {
	_, err := tx.Exec(ctx, "UPDATE stock_slice SET total = total WHERE id = ?", slice)
	return err
}

func closeSlice(ctx context.Context, tx *sqldb.Tx, slice id.Slice) error {
	_, err := tx.Exec(ctx, "UPDATE stock_slice SET is_open = 0 WHERE id = ?", slice)
	return err
}

func slicesOf(ctx context.Context, q sqldb.Querier, slices []id.Slice) (map[id.Slice]Slice, error) {
	out := make(map[id.Slice]Slice, len(slices))
	if len(slices) == 0 {
		return out, nil
	}
	rows, err := q.Query(ctx,
		"SELECT id, sku_id, total, unsold, reserved, sold, returned, is_open FROM stock_slice WHERE id IN ("+
			sqldb.Marks(len(slices))+")",
		sqldb.Args(slices)...)
	found, err := sqldb.Collect(rows, err, func(s sqldb.Scanner) (c Slice, err error) {
		var open int
		err = s.Scan(&c.ID, &c.SKU, &c.Total, &c.Unsold, &c.Reserved, &c.Sold, &c.Returned, &open)
		c.Open = open == 1
		return c, err
	})
	for _, c := range found {
		out[c.ID] = c
	}
	return out, err
}
