package analytics

import (
	"context"

	"hawker/internal/base/id"
	"hawker/internal/shop"
)

// TradeOf implements shop.Trades.
func (s *Service) TradeOf(ctx context.Context, shops []id.Shop) (map[id.Shop]shop.Trade, error) {
	out := make(map[id.Shop]shop.Trade, len(shops))
	if len(shops) == 0 {
		return out, nil
	}
	for _, c := range []struct {
		count func(t *shop.Trade, n int64)
		query string
	}{
		{func(t *shop.Trade, n int64) { t.OnSale = n }, onSaleByShop},
		{func(t *shop.Trade, n int64) { t.Orders = n }, paidByShop},
	} {
		counts, err := countByShop(ctx, s.db.Reader(), c.query, shops)
		if err != nil {
			return nil, err
		}
		for of, n := range counts {
			t := out[of]
			c.count(&t, n)
			out[of] = t
		}
	}
	return out, nil
}
