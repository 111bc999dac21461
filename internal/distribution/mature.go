package distribution

import (
	"context"
	"errors"
	"fmt"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/ledger"
	"hawker/internal/platform/sqldb"
)

// Mature frees an order's money once its after-sale window is over and no after-sale is open,
// posting ledger.WindowOver. It answers whether it did; not yet and already are no errors.
func (d *Distribution) Mature(ctx context.Context, tx *sqldb.Tx, order id.Order, now time.Time) (bool, error) {
	s := store{tx}
	moved, err := s.matureOrder(ctx, order, now)
	if err != nil || !moved {
		return false, err
	}
	o, err := s.order(ctx, order)
	if err != nil {
		return false, err
	}
	lines, err := s.lines(ctx, order)
	if err != nil {
		return false, err
	}
	if err := s.moveEntries(ctx, order, StateFrozen, StateAvailable, now); err != nil {
		return false, err
	}
	kept := dues(o, lines, o.shippingKept)
	_, err = ledger.WindowOver(ctx, tx, ledger.EndedWindow{
		Order: kept.Order, Shop: kept.Shop, Currency: kept.Currency,
		ShopAmount: kept.ShopAmount, Fee: kept.Fee, Commissions: kept.Commissions,
	})
	return err == nil, err
}

// MatureDue frees up to limit orders that are due, each in its own transaction,
// and answers how many. One that fails does not stop the others. The sweeper
// calls it until it answers fewer than limit.
func (d *Distribution) MatureDue(ctx context.Context, now time.Time, limit int) (int, error) {
	due, err := dueOrders(ctx, d.db.Reader(), now, limit)
	if err != nil {
		return 0, err
	}
	n := 0
	var failed []error
	for _, order := range due {
		var matured bool
		err := d.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) (err error) {
			matured, err = d.Mature(ctx, tx, order, now)
			return err
		})
		if err != nil {
			failed = append(failed, fmt.Errorf("mature order %s: %w", order, err))
		}
		if matured {
			n++
		}
	}
	return n, errors.Join(failed...)
}
