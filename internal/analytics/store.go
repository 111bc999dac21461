package analytics

import (
	"context"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/platform/sqldb"
)

type sale struct {
	at     time.Time
	amount int64
}

func salesBetween(ctx context.Context, q sqldb.Querier, shop id.Shop, from, until time.Time) ([]sale, error) {
	rows, err := q.Query(ctx, "SELECT paid_at, payable FROM orders WHERE shop_id = ? AND paid_at >= ? AND paid_at < ?",
		shop, sqldb.Millis(from), sqldb.Millis(until))
	return sqldb.Collect(rows, err, func(s sqldb.Scanner) (v sale, err error) {
		var at int64
		err = s.Scan(&at, &v.amount)
		v.at = sqldb.FromMillis(at)
		return v, err
	})
}

func countPlaced(ctx context.Context, q sqldb.Querier, shop id.Shop, from, until time.Time) (n int64, err error) {
	err = q.QueryRow(ctx, "SELECT COUNT(*) FROM orders WHERE shop_id = ? AND created_at >= ? AND created_at < ?", shop,
		sqldb.Millis(from), sqldb.Millis(until)).Scan(&n)
	return n, err
}

func countToShip(ctx context.Context, q sqldb.Querier, shop id.Shop) (n int64, err error) {
	err = q.QueryRow(ctx, "SELECT COUNT(*) FROM orders WHERE shop_id = ? AND status = 'paid'", shop).Scan(&n)
	return n, err
}
