package order

import (
	"context"
	"errors"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/platform/idem"
	"hawker/internal/platform/sqldb"
)

// Cancel closes a buyer's unpaid order. Fault order.wrong_status when it is paid
// or closed already.
func (s *Service) Cancel(ctx context.Context, key idem.Key, user id.User, order id.Order) error {
	_, err := idem.Once(ctx, s.db, key, func(ctx context.Context, tx *sqldb.Tx) (bool, error) {
		o, err := s.OfBuyer(ctx, tx, user, order)
		if err != nil {
			return false, err
		}
		return true, s.Close(ctx, tx, o, ReasonCancelled, Buyer(user))
	})
	return err
}

// Confirm says that the buyer has the goods.
func (s *Service) Confirm(ctx context.Context, key idem.Key, user id.User, order id.Order) error {
	_, err := idem.Once(ctx, s.db, key, func(ctx context.Context, tx *sqldb.Tx) (bool, error) {
		o, err := s.OfBuyer(ctx, tx, user, order)
		if err != nil {
			return false, err
		}
		return true, s.receive(ctx, tx, o, Buyer(user))
	})
	return err
}

// payGrace is how long after its time an unpaid order still lives: a payment
// made in the last second is on its way to us.
const payGrace = 5 * time.Second

// Sweep moves what is due: unpaid orders close, shipped ones count as received.
// It answers how many it moved. One that cannot be moved does not hold up the
// others; all errors are answered.
func (s *Service) Sweep(ctx context.Context, limit int) (moved int, err error) {
	now := s.db.Clock().Now()
	var errs []error
	for _, due := range []struct {
		status Status
		before time.Time
		step   func(ctx context.Context, tx *sqldb.Tx, o Order) error
	}{
		{StatusPendingPayment, now.Add(-payGrace), func(ctx context.Context, tx *sqldb.Tx, o Order) error {
			return s.Close(ctx, tx, o, ReasonUnpaid, System())
		}},
		{StatusShipped, now, func(ctx context.Context, tx *sqldb.Tx, o Order) error {
			return s.receive(ctx, tx, o,
				System())
		}},
	} {
		orders, err := dueOrders(ctx, s.db.Reader(), due.status, due.before, limit)
		errs = append(errs, err)
		for _, o := range orders {
			n, err := s.sweepOne(ctx, o, due.step)
			moved, errs = moved+n, append(errs, err)
		}
	}
	return moved, errors.Join(errs...)
}

// sweepOne moves one order; one that was moved by somebody else meanwhile is
// left alone.
func (s *Service) sweepOne(ctx context.Context, order id.Order, step func(ctx context.Context, tx *sqldb.Tx,
	o Order) error,
) (int, error) {
	err := s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		o, err := s.Find(ctx, tx, order)
		if err != nil {
			return err
		}
		return step(ctx, tx, o)
	})
	if errors.Is(err, fault.Conflict("order.wrong_status")) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return 1, nil
}
