package payment

import (
	"context"
	"slices"

	"hawker/internal/base/event"
	"hawker/internal/base/id"
	"hawker/internal/base/money"
	"hawker/internal/platform/events"
)

// Names of the events.
const (
	EventRefundStarted = "payment.refund_started"
	EventRefunded      = "payment.refunded"
)

// Payload is what both events of a refund tell; exported, since schemas leave out what is not.
type Payload struct {
	Refund   id.Refund   `json:"refund"`
	Payment  id.Payment  `json:"payment"`
	Checkout id.Checkout `json:"checkout"`
	Amount   money.Money `json:"amount"`
}

// EventKey implements event.Event.
func (f Payload) EventKey() string { return f.Payment.String() }

type (
	// RefundStarted tells that money is on its way back to who paid it.
	RefundStarted struct{ Payload }
	// Refunded tells that the provider has given it back.
	Refunded struct{ Payload }
)

var (
	_ event.Event = RefundStarted{}
	_ event.Event = Refunded{}
)

// EventName implements event.Event.
func (RefundStarted) EventName() string { return EventRefundStarted }

// EventName implements event.Event.
func (Refunded) EventName() string { return EventRefunded }

// Notices writes to people's inboxes.
type Notices interface {
	Send(ctx context.Context, users []id.User, kind, ref string, payload any) error
}

// Owners knows to whom a shop belongs.
type Owners interface {
	OwnersOf(ctx context.Context, shops []id.Shop) ([]id.User, error)
}

// refundNotice is what an inbox says of money that goes back.
type refundNotice struct {
	Order  id.Order    `json:"order_id"`
	Number string      `json:"number"`
	Amount money.Money `json:"amount"`
}

// subscriptions tell whose money goes back, and whose shop it was paid for.
func (h API) subscriptions() []events.Subscription {
	return []events.Subscription{
		events.Tell("payment.notices", EventRefundStarted, func(ctx context.Context, e RefundStarted) error {
			return h.tell(ctx, e.Payload, "refund.started")
		}),
		events.Tell("payment.notices", EventRefunded, func(ctx context.Context, e Refunded) error {
			return h.tell(ctx, e.Payload, "refund.done")
		}),
	}
}

func (h API) tell(ctx context.Context, f Payload, kind string) error {
	list, err := h.Service.orders.OfCheckout(ctx, h.Service.db.Reader(), f.Checkout)
	if err != nil || len(list) == 0 {
		return err
	}
	var shops []id.Shop
	for _, o := range list {
		if !slices.Contains(shops, o.Shop) {
			shops = append(shops, o.Shop)
		}
	}
	n := refundNotice{list[0].ID, list[0].Number, f.Amount}
	if err := h.Notices.Send(ctx, []id.User{list[0].User}, kind, f.Refund.String(), n); err != nil {
		return err
	}
	owners, err := h.Owners.OwnersOf(ctx, shops)
	if err != nil {
		return err
	}
	return h.Notices.Send(ctx, owners, kind+"_by_shop", f.Refund.String(), n)
}
