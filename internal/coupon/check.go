package coupon

import (
	"context"
	"fmt"

	"hawker/internal/base/id"
	"hawker/internal/platform/sqldb"
)

// Check proves what coupons count: as many are used as claims say, and no more are
// in wallets than were counted. It answers a line for each contradiction.
func Check(ctx context.Context, q sqldb.Querier) (out []string, err error) {
	coupons, err := miscounted(ctx, q)
	for _, c := range coupons {
		out = append(out, fmt.Sprintf("%s: counts %d claimed and %d used, wallets hold %d of which %d are used",
			c.coupon, c.claimed, c.used, c.held, c.spent))
	}
	return out, err
}

type couponCount struct {
	coupon        id.Coupon
	claimed, used int64 // as the coupon counts
	held, spent   int64 // as wallets hold
}
