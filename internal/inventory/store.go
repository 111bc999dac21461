package inventory

import (
	"context"

	"hawker/internal/base/id"
	"hawker/internal/platform/sqldb"
)

func insertStock(ctx context.Context, tx *sqldb.Tx, shop id.Shop, sku id.SKU) error {
	_, err := tx.Exec(ctx, `INSERT INTO stock (sku_id, shop_id, available, reserved, sold, updated_at)
		VALUES (?, ?, 0, 0, 0, ?)`,
		sku, shop, sqldb.Millis(tx.Now()))
	return err
}

// moveStock answers false when the row has too few units or is not there.
func moveStock(ctx context.Context, tx *sqldb.Tx, m movement) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE stock SET available = available + ?, reserved = reserved + ?,
		allotted = allotted + ?, sold = sold + ?, updated_at = ?
		WHERE sku_id = ? AND available >= ? AND reserved >= ? AND allotted >= ?`,
		m.available, m.reserved, m.allotted, m.sold, sqldb.Millis(tx.Now()), m.sku, max(-m.available, 0),
		max(-m.reserved, 0), max(-m.allotted, 0))
	return n == 1, err
}

func insertMovement(ctx context.Context, tx *sqldb.Tx, m movement) error {
	_, err := tx.Exec(ctx, `INSERT INTO stock_movement (id, sku_id, kind, quantity, available_delta, reserved_delta,
		allotted_delta, sold_delta, ref, actor_id, reason, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		id.Make[id.Movement](tx), m.sku, m.kind, m.quantity, m.available, m.reserved, m.allotted, m.sold, m.ref,
		m.actor, m.reason, sqldb.Millis(tx.Now()))
	return err
}

func levelsOf(ctx context.Context, q sqldb.Querier, skus []id.SKU) (map[id.SKU]Level, error) {
	out := make(map[id.SKU]Level, len(skus))
	if len(skus) == 0 {
		return out, nil
	}
	rows, err := q.Query(ctx, "SELECT sku_id, available, reserved, allotted, sold FROM stock WHERE sku_id IN ("+
		sqldb.Marks(len(skus))+")", sqldb.Args(skus)...)
	found, err := sqldb.Collect(rows, err, func(s sqldb.Scanner) (l Level, err error) {
		return l, s.Scan(&l.SKU, &l.Available, &l.Reserved, &l.Allotted, &l.Sold)
	})
	for _, l := range found {
		out[l.SKU] = l
	}
	return out, err
}

func countLow(ctx context.Context, q sqldb.Querier, shop id.Shop, limit int64, most int) (n int, err error) {
	err = q.QueryRow(ctx,
		"SELECT COUNT(*) FROM (SELECT sku_id FROM stock WHERE shop_id = ? AND available <= ? LIMIT ?) AS few",
		shop, limit, most).Scan(&n)
	return n, err
}

func driftOf(ctx context.Context, q sqldb.Querier) ([]Drift, error) {
	rows, err := q.Query(ctx, `SELECT s.sku_id, s.available, s.reserved, s.allotted, s.sold,
			COALESCE(m.available, 0), COALESCE(m.reserved, 0), COALESCE(m.allotted, 0), COALESCE(m.sold, 0),
			COALESCE(c.unsold, 0)
		FROM stock s
		LEFT JOIN (SELECT sku_id, SUM(available_delta) AS available, SUM(reserved_delta) AS reserved,
		SUM(allotted_delta) AS allotted, SUM(sold_delta) AS sold
			FROM stock_movement GROUP BY sku_id) m ON m.sku_id = s.sku_id
		LEFT JOIN (SELECT sku_id, SUM(unsold) AS unsold FROM stock_slice GROUP BY sku_id) c ON c.sku_id = s.sku_id
		WHERE s.available <> COALESCE(m.available, 0) OR s.reserved <> COALESCE(m.reserved, 0)
		OR s.allotted <> COALESCE(m.allotted, 0)
			OR s.sold <> COALESCE(m.sold, 0) OR s.allotted <> COALESCE(c.unsold, 0)`)
	return sqldb.Collect(rows, err, func(s sqldb.Scanner) (d Drift, err error) {
		err = s.Scan(&d.SKU, &d.Row.Available, &d.Row.Reserved, &d.Row.Allotted, &d.Row.Sold,
			&d.Sums.Available, &d.Sums.Reserved, &d.Sums.Allotted, &d.Sums.Sold, &d.Slices)
		d.Row.SKU, d.Sums.SKU = d.SKU, d.SKU
		return d, err
	})
}
