package distribution

import (
	"context"

	"hawker/internal/ledger"
	"hawker/internal/order"
	"hawker/internal/platform/events"
	"hawker/internal/platform/module"
	"hawker/internal/platform/schedule"
	"hawker/internal/platform/sqldb"
)

// sweepSize bounds what one look frees; the rest is due still.
const sweepSize = 200

// Module is what the module brings.
func (h API) Module() module.Module {
	d := h.Service
	return module.Module{
		Name: "distribution", Operations: []module.Operations{h},
		Subscriptions: []events.Subscription{
			events.On("distribution.completed", order.EventCompleted,
				func(ctx context.Context, tx *sqldb.Tx, e order.Completed) error {
					return d.OrderCompleted(ctx, tx, e.Order, e.At)
				}),
			events.On("distribution.closed", order.EventClosed,
				func(ctx context.Context, tx *sqldb.Tx, f order.Payload) error {
					return d.OrderClosed(ctx, tx, f.Order)
				}),
		},
		Tasks: []schedule.Task{{
			Name: "distribution.mature", Next: nextMature,
			Do: func(ctx context.Context) error {
				_, err := d.MatureDue(ctx, h.Clock.Now(), sweepSize)
				return err
			},
		}},
		Checks: Checks(),
	}
}

// Checks are doctor's.
func Checks() []module.Check {
	return []module.Check{{
		Code: "distribution_promises", Name: "distribution: promises equal the ledger, orders explain themselves (I9, I10)",
		Run: func(ctx context.Context, q sqldb.Querier) ([]string, error) { return ledger.Sentences(Check(ctx, q)) },
	}}
}
