package promotion

import (
	"context"
	"fmt"

	"hawker/internal/base/id"
	"hawker/internal/platform/sqldb"
)

// Check proves what the module counts: of each coupon as many are used as claims
// say, no more are claimed than counted, and what each buyer took of a deal is
// what their orders took. It answers a line for each contradiction.
func Check(ctx context.Context, q sqldb.Querier) ([]string, error) {
	coupons, err := miscounted(ctx, q)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, c := range coupons {
		out = append(out, fmt.Sprintf("%s: counts %d claimed and %d used, wallets hold %d of which %d are used",
			c.coupon, c.claimed, c.used, c.held, c.spent))
	}
	buyers, err := mistaken(ctx, q)
	for _, b := range buyers {
		out = append(out, fmt.Sprintf("%s of %s: %d taken, orders say %d", b.user, b.deal, b.taken, b.ordered))
	}
	return out, err
}

type couponCount struct {
	coupon        id.Coupon
	claimed, used int64 // as the coupon counts
	held, spent   int64 // as wallets hold
}

type buyerCount struct {
	deal           id.Deal
	user           id.User
	taken, ordered int64
}
