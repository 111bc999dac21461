package coupon

import (
	"context"
	"errors"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/order"
	"hawker/internal/platform/sqldb"
)

// Redeem takes a claim for an order, once. Fault promotion.coupon_used.
func (s *Service) Redeem(ctx context.Context, tx *sqldb.Tx, claim Claim, order id.Order) error {
	ok, err := useClaim(ctx, tx, claim.ID, order)
	if err != nil {
		return err
	}
	if !ok {
		return fault.Conflict("promotion.coupon_used")
	}
	return addUsed(ctx, tx, claim.Coupon.ID, 1)
}

// reservations are the coupons that orders used.
type reservations struct{}

// Book is where orders release and reacquire their coupons.
func Book() order.Book {
	return order.Book{Of: reservations{}, Kinds: []string{order.AdjustCoupon}}
}

// Release implements order.Reservations: a coupon is free again.
func (reservations) Release(ctx context.Context, tx *sqldb.Tx, order id.Order) error {
	claims, err := claimsOfOrder(ctx, tx, order)
	if err != nil {
		return err
	}
	for _, c := range claims {
		if c.Order != order {
			continue
		}
		if err := errors.Join(freeClaim(ctx, tx, c.ID, order), addUsed(ctx, tx, c.Coupon.ID, -1)); err != nil {
			return err
		}
	}
	return nil
}

// CanReacquire implements order.Reservations.
func (reservations) CanReacquire(ctx context.Context, q sqldb.Querier, order id.Order) (bool, error) {
	claims, err := claimsOfOrder(ctx, q, order)
	for _, c := range claims {
		if !c.Order.IsZero() {
			return false, err
		}
	}
	return err == nil, err
}

// Reacquire implements order.Reservations. A coupon that has been used otherwise since
// then stays so: the money was paid at the price it was asked for.
func (reservations) Reacquire(ctx context.Context, tx *sqldb.Tx, order id.Order) error {
	claims, err := claimsOfOrder(ctx, tx, order)
	if err != nil {
		return err
	}
	for _, c := range claims {
		ok, err := useClaim(ctx, tx, c.ID, order)
		if err == nil && ok {
			err = addUsed(ctx, tx, c.Coupon.ID, 1)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
