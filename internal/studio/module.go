package studio

import (
	"context"

	"hawker/internal/base/event"
	"hawker/internal/base/id"
	"hawker/internal/order"
	"hawker/internal/platform/events"
	"hawker/internal/platform/module"
)

// Module is what this part brings to the program.
func Module(viewers API, merchants MerchantAPI) module.Module {
	return module.Module{
		Name:          "studio",
		Operations:    []module.Operations{viewers, merchants},
		Subscriptions: counter(viewers.Views),
	}
}

type counterNews struct {
	Type   string       `json:"type"`
	Order  id.Order     `json:"order_id"`
	Number string       `json:"number"`
	Status order.Status `json:"status"`
}

// counter rings at a shop's counter when one of its orders moves.
func counter(v Views) (subs []events.Subscription) {
	for name, status := range map[string]order.Status{
		order.EventPlaced: order.StatusPendingPayment, order.EventPaid: order.StatusPaid,
		order.EventClosed:    order.StatusClosed,
		order.EventCompleted: order.StatusCompleted,
	} {
		subs = append(subs, events.Subscription{
			Consumer: "live.counter", Event: name,
			Notify: func(ctx context.Context, env event.Envelope) error {
				f, err := event.Decode[order.Payload](env)
				if err == nil {
					v.News.TellStaff(ctx, f.Shop, counterNews{"order", f.Order, f.Number, status})
				}
				return err
			},
		})
	}
	return subs
}
