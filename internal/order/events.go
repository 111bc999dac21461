package order

import (
	"time"

	"hawker/internal/base/id"
	"hawker/internal/base/money"
)

// Payload is what every event of an order tells.
type Payload struct {
	Order    id.Order       `json:"order"`
	Number   string         `json:"number"`
	Checkout id.Checkout    `json:"checkout"`
	User     id.User        `json:"user"`
	Shop     id.Shop        `json:"shop"`
	Room     id.Room        `json:"room,omitzero"`
	Video    id.Video       `json:"video,omitzero"`
	Payable  int64          `json:"payable"`
	Currency money.Currency `json:"currency"`
	Lines    []PayloadLine  `json:"lines"`
}

// PayloadLine is a line of a Fact.
type PayloadLine struct {
	SKU      id.SKU     `json:"sku"`
	Product  id.Product `json:"product"`
	Quantity int64      `json:"quantity"`
	Slice    id.Slice   `json:"slice,omitzero"` // of the stock it is taken from
}

func payloadOf(o Order) Payload {
	f := Payload{
		Order: o.ID, Number: o.Number, Checkout: o.Checkout, User: o.User, Shop: o.Shop, Room: o.Room, Video: o.Video,
		Payable: o.Payable, Currency: o.Currency,
	}
	for _, l := range o.Lines {
		f.Lines = append(f.Lines, PayloadLine{l.SKU, l.Product, l.Quantity, l.Slice})
	}
	return f
}

// EventKey implements event.Event for every event of an order.
func (f Payload) EventKey() string { return f.Order.String() }

// Names of the events.
const (
	EventPlaced    = "order.placed"
	EventPaid      = "order.paid"
	EventShipped   = "order.shipped"
	EventCompleted = "order.completed"
	EventClosed    = "order.closed"
)

type (
	// Placed tells that an order waits for money and its stock is promised.
	Placed Payload
	// Paid tells that the money is there and the goods are sold.
	Paid Payload
	// Shipped tells that a parcel is on its way.
	Shipped Payload
)

// Completed tells that the buyer has the goods; the after-sales window opens At.
type Completed struct {
	Payload
	At time.Time `json:"at"`
}

// Closed tells that the order ended without money and its stock is free again.
type Closed struct {
	Payload
	Reason string `json:"reason"`
}

// EventName implements event.Event.
func (Placed) EventName() string { return EventPlaced }

// EventKey implements event.Event.
func (e Placed) EventKey() string { return e.Order.String() }

// EventName implements event.Event.
func (Paid) EventName() string { return EventPaid }

// EventKey implements event.Event.
func (e Paid) EventKey() string { return e.Order.String() }

// EventName implements event.Event.
func (Shipped) EventName() string { return EventShipped }

// EventKey implements event.Event.
func (e Shipped) EventKey() string { return e.Order.String() }

// EventName implements event.Event.
func (Completed) EventName() string { return EventCompleted }

// EventName implements event.Event.
func (Closed) EventName() string { return EventClosed }
