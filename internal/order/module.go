package order

import (
	"context"
	"fmt"
	"time"

	"hawker/internal/base/event"
	"hawker/internal/catalog"
	"hawker/internal/platform/events"
	"hawker/internal/platform/module"
	"hawker/internal/platform/schedule"
	"hawker/internal/platform/sqldb"
)

// sweepSize bounds what one look moves; the rest is due still.
const sweepSize = 200

// Module is what the module brings.
func (s *Service) Module() module.Module {
	return module.Module{
		Name:          "order",
		Subscriptions: []events.Subscription{events.On("catalog.sold", EventPaid, countSold)},
		Published:     []event.Event{Placed{}, Paid{}, Shipped{}, Completed{}, Closed{}},
		Tasks: []schedule.Task{{
			Name: "orders.due", Next: nextDue,
			Do: func(ctx context.Context) error { _, err := s.Sweep(ctx, sweepSize); return err },
		}},
		Checks: Checks(),
	}
}

// Checks are doctor's.
func Checks() []module.Check {
	return []module.Check{{Code: "stock_reserved", Name: "stock: what orders wait for is what is reserved", Run: checkReserved}}
}

// nextDue answers when the next order is to be moved.
func nextDue(ctx context.Context, q sqldb.Querier) (time.Time, error) {
	unpaid, err := earliestDue(ctx, q, StatusPendingPayment)
	if err != nil {
		return time.Time{}, err
	}
	if !unpaid.IsZero() {
		unpaid = unpaid.Add(payGrace)
	}
	shipped, err := earliestDue(ctx, q, StatusShipped)
	if unpaid.IsZero() || !shipped.IsZero() && shipped.Before(unpaid) {
		return shipped, err
	}
	return unpaid, err
}

// countSold adds a paid order to the figures that product lists show.
func countSold(ctx context.Context, tx *sqldb.Tx, f Payload) error {
	for _, l := range f.Lines {
		if err := catalog.CountSold(ctx, tx, l.Product, l.Quantity); err != nil {
			return err
		}
	}
	return nil
}

func checkReserved(ctx context.Context, q sqldb.Querier) (out []string, err error) {
	list, err := UnmatchedReservations(ctx, q)
	for _, u := range list {
		out = append(out, fmt.Sprintf("%s: %d reserved, orders wait for %d", u.SKU, u.Reserved, u.Awaited))
	}
	return out, err
}
