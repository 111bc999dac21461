package order

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/money"
	"hawker/internal/platform/sqldb"
)

// LockCheckout makes whoever asks for the checkout of the same order wait until the
// transaction is over, and answers its orders as they then stand. Somebody else's order
// is fault order.not_found.
func (s *Service) LockCheckout(ctx context.Context, tx *sqldb.Tx, buyer id.User, of id.Order) ([]Order, error) {
	checkout, err := ownCheckout(ctx, tx, buyer, of)
	if err != nil {
		return nil, err
	}
	if err := touchCheckout(ctx, tx, checkout); err != nil {
		return nil, err
	}
	return s.OfCheckout(ctx, tx, checkout)
}

// PaidTogether answers the orders of an order's checkout as they stand, which is for no
// decision that lasts. Somebody else's order is fault order.not_found.
func (s *Service) PaidTogether(ctx context.Context, q sqldb.Querier, buyer id.User, of id.Order) ([]Order, error) {
	checkout, err := ownCheckout(ctx, q, buyer, of)
	if err != nil {
		return nil, err
	}
	return s.OfCheckout(ctx, q, checkout)
}

func ownCheckout(ctx context.Context, q sqldb.Querier, buyer id.User, of id.Order) (id.Checkout, error) {
	checkout, user, err := checkoutOf(ctx, q, of)
	if errors.Is(err, sql.ErrNoRows) || err == nil && user != buyer {
		err = fault.NotFound("order.not_found")
	}
	return checkout, err
}

// NewCheckout writes the row that ties orders to one payment.
func NewCheckout(ctx context.Context, tx *sqldb.Tx, c Checkout) error {
	return insertCheckout(ctx, tx, c)
}

// Checkout is what one payment pays.
type Checkout struct {
	ID       id.Checkout
	User     id.User
	Payable  int64
	Currency money.Currency
	PayBy    time.Time
}

// FindCheckout reads a checkout; fault order.not_found.
func FindCheckout(ctx context.Context, q sqldb.Querier, checkout id.Checkout) (Checkout, error) {
	c, err := checkoutByID(ctx, q, checkout)
	if errors.Is(err, sql.ErrNoRows) {
		return c, fault.NotFound("order.not_found")
	}
	return c, err
}

// IDsOfCheckouts lists the orders of checkouts.
func (s *Service) IDsOfCheckouts(ctx context.Context, checkouts []id.Checkout) (map[id.Checkout][]id.Order, error) {
	return idsOfCheckouts(ctx, s.db.Reader(), checkouts)
}
