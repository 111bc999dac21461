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

const (
	onSaleByShop = "SELECT shop_id, COUNT(*) FROM product WHERE state = 'on_sale' AND shop_id IN "
	paidByShop   = "SELECT shop_id, COUNT(*) FROM orders WHERE paid_at > 0 AND shop_id IN "
)

func countByShop(ctx context.Context, q sqldb.Querier, query string, shops []id.Shop) (map[id.Shop]int64, error) {
	rows, err := q.Query(ctx, query+"("+sqldb.Marks(len(shops))+") GROUP BY shop_id", sqldb.Args(shops)...)
	type count struct {
		shop id.Shop
		n    int64
	}
	list, err := sqldb.Collect(rows, err, func(s sqldb.Scanner) (c count, err error) {
		err = s.Scan(&c.shop, &c.n)
		return c, err
	})
	out := make(map[id.Shop]int64, len(list))
	for _, c := range list {
		out[c.shop] = c.n
	}
	return out, err
}
