package analytics

import (
	"context"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/platform/sqldb"
)

// salesBetween are the paid orders of a stretch, each by itself.
func salesBetween(ctx context.Context, q sqldb.Querier, shop id.Shop, from, until time.Time) ([]trade, error) {
	rows, err := q.Query(ctx, "SELECT paid_at, payable FROM orders WHERE shop_id = ? AND paid_at >= ? AND paid_at < ?",
		shop, sqldb.Millis(from), sqldb.Millis(until))
	return sqldb.Collect(rows, err, func(s sqldb.Scanner) (t trade, err error) {
		var at int64
		err = s.Scan(&at, &t.revenue)
		t.since, t.paid = sqldb.FromMillis(at), 1
		return t, err
	})
}

// countedBetween are the buckets of a stretch.
func countedBetween(ctx context.Context, q sqldb.Querier, shop id.Shop, from, until time.Time) ([]trade, error) {
	rows, err := q.Query(ctx, "SELECT since, placed, paid, revenue FROM trade_figure WHERE shop_id = ? AND since >= ? "+
		"AND since < ?", shop, sqldb.Millis(from), sqldb.Millis(until))
	return sqldb.Collect(rows, err, scanTrade)
}

// count adds to the bucket of a moment and to the shop's whole.
func count(ctx context.Context, tx *sqldb.Tx, shop id.Shop, t trade) error {
	return tx.Put(ctx, tradeRow(), shop, sqldb.Millis(t.since.Truncate(bucket)), t.placed, t.paid, t.revenue, shop, 0,
		t.placed, t.paid, t.revenue)
}

func tradeRow() sqldb.Row {
	return sqldb.Row{
		Table: "trade_figure", Keys: []string{"shop_id", "since"}, Add: []string{"placed", "paid", "revenue"},
	}
}

// correction is by how much a bucket is not what the orders say.
type correction struct {
	shop id.Shop
	by   trade
}

// wrongBetween compares the buckets of all shops in a stretch with their orders.
func wrongBetween(ctx context.Context, q sqldb.Querier, from, until time.Time) (wrong []correction, err error) {
	rows, err := q.Query(ctx, "SELECT shop_id FROM trade_figure WHERE since = 0")
	shops, err := sqldb.Collect(rows, err, func(s sqldb.Scanner) (x id.Shop, err error) { return x, s.Scan(&x) })
	for _, shop := range shops {
		some, err := wrongOf(ctx, q, shop, from, until)
		if err != nil {
			return nil, err
		}
		wrong = append(wrong, some...)
	}
	return wrong, err
}

func wrongOf(ctx context.Context, q sqldb.Querier, shop id.Shop, from, until time.Time) (wrong []correction,
	err error,
) {
	counted, err := countedBetween(ctx, q, shop, from, until)
	if err != nil {
		return nil, err
	}
	off, err := recounted(ctx, q, shop, from, until)
	if err != nil {
		return nil, err
	}
	for _, t := range counted {
		at := sqldb.Millis(t.since)
		off[at] = trade{t.since, off[at].placed - t.placed, off[at].paid - t.paid, off[at].revenue - t.revenue}
	}
	for at, by := range off {
		if by.since = sqldb.FromMillis(at); by.placed != 0 || by.paid != 0 || by.revenue != 0 {
			wrong = append(wrong, correction{shop, by})
		}
	}
	return wrong, nil
}

// recounted are the buckets as the orders of a shop fill them, by their beginning.
func recounted(ctx context.Context, q sqldb.Querier, shop id.Shop, from, until time.Time) (map[int64]trade, error) {
	out := map[int64]trade{}
	for _, query := range []string{
		"SELECT created_at - created_at % ?, COUNT(*), 0, 0 FROM orders WHERE shop_id = ? AND created_at >= ? " +
			"AND created_at < ? GROUP BY 1",
		"SELECT paid_at - paid_at % ?, 0, COUNT(*), SUM(payable) FROM orders WHERE shop_id = ? AND paid_at >= ? " +
			"AND paid_at < ? GROUP BY 1",
	} {
		rows, err := q.Query(ctx, query, bucket.Milliseconds(), shop, sqldb.Millis(from), sqldb.Millis(until))
		part, err := sqldb.Collect(rows, err, scanTrade)
		if err != nil {
			return nil, err
		}
		for _, t := range part {
			at := sqldb.Millis(t.since)
			was := out[at]
			out[at] = trade{t.since, was.placed + t.placed, was.paid + t.paid, was.revenue + t.revenue}
		}
	}
	return out, nil
}

func scanTrade(s sqldb.Scanner) (t trade, err error) {
	var since int64
	err = s.Scan(&since, &t.placed, &t.paid, &t.revenue)
	t.since = sqldb.FromMillis(since)
	return t, err
}

func countPlaced(ctx context.Context, q sqldb.Querier, shop id.Shop, from, until time.Time) (n int64, err error) {
	err = q.QueryRow(ctx, "SELECT COUNT(*) FROM orders WHERE shop_id = ? AND created_at >= ? AND created_at < ?", shop,
		sqldb.Millis(from), sqldb.Millis(until)).Scan(&n)
	return n, err
}

// countToShip stops at CountMost: whoever has not sent so many in months still opens the page at once.
func countToShip(ctx context.Context, q sqldb.Querier, shop id.Shop) (n int64, err error) {
	err = q.QueryRow(ctx,
		"SELECT COUNT(*) FROM (SELECT id FROM orders WHERE shop_id = ? AND status = 'paid' LIMIT ?) AS few",
		shop, CountMost).Scan(&n)
	return n, err
}

const (
	onSaleByShop = "SELECT shop_id, COUNT(*) FROM product WHERE state = 'on_sale' AND shop_id IN "
	paidByShop   = "SELECT shop_id, SUM(paid) FROM trade_figure WHERE since = 0 AND shop_id IN "
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
