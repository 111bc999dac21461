package analytics

import (
	"context"
	"slices"

	"hawker/internal/platform/multiply"
	"hawker/internal/platform/sqldb"
)

// Copied counts copied orders as events count others.
func Copied() multiply.Plan { return multiply.Plan{Sums: []multiply.Sum{sumTrades}} }

func sumTrades(ctx context.Context, tx *sqldb.Tx, written map[string][]multiply.Row) error {
	type key struct{ shop, since int64 }
	sums := map[key]trade{}
	add := func(shop, at int64, t trade) {
		for _, k := range []key{{shop, at - at%bucket.Milliseconds()}, {shop, 0}} {
			s := sums[k]
			sums[k] = trade{placed: s.placed + t.placed, paid: s.paid + t.paid, revenue: s.revenue + t.revenue}
		}
	}
	for _, o := range written["orders"] {
		add(o.Int("shop_id"), o.Int("created_at"), trade{placed: 1})
		if at := o.Int("paid_at"); at > 0 {
			add(o.Int("shop_id"), at, trade{paid: 1, revenue: o.Int("payable")})
		}
	}
	var rows [][]any
	for k, s := range sums {
		rows = append(rows, []any{k.shop, k.since, s.placed, s.paid, s.revenue})
	}
	for some := range slices.Chunk(rows, rowsMax) {
		if err := tx.Put(ctx, tradeRow(), slices.Concat(some...)...); err != nil {
			return err
		}
	}
	return nil
}

const rowsMax = 100 // of one statement
