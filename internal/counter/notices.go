package counter

import (
	"context"

	"hawker/internal/base/id"
	"hawker/internal/order"
	"hawker/internal/platform/events"
)

// Notices writes to people's inboxes.
type Notices interface {
	Send(ctx context.Context, users []id.User, kind, ref string, payload any) error
}

// notice is what a buyer's inbox says of an order that moved without them.
type notice struct {
	Order  id.Order `json:"order_id"`
	Number string   `json:"number"`
}

// subscriptions tell buyers of what others, or the clock, did with their orders. What they
// did themselves is no news to them.
func (h API) subscriptions() []events.Subscription {
	return []events.Subscription{
		events.Tell("counter.notices", order.EventShipped, func(ctx context.Context, f order.Payload) error {
			return h.Notices.Send(ctx, []id.User{f.User}, "order.shipped", f.Order.String(), notice{f.Order, f.Number})
		}),
		events.Tell("counter.notices", order.EventClosed, func(ctx context.Context, e order.Closed) error {
			if e.Reason == order.ReasonCancelled {
				return nil
			}
			return h.Notices.Send(ctx, []id.User{e.User}, "order.closed", e.Order.String(), notice{e.Order, e.Number})
		}),
	}
}
