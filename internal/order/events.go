package order

import (
	"time"

	"hawker/internal/base/id"
	"hawker/internal/base/money"
)

// Payload is what every event of an order tells.
type Payload struct {
	Order    id.Order       `json:"order"`
	Number   string         `json:"number"`   // as people say it
	Checkout id.Checkout    `json:"checkout"` // orders of one payment have one
	User     id.User        `json:"user"`     // who buys
	Shop     id.Shop        `json:"shop"`
	Room     id.Room        `json:"room,omitzero"`  // in which it was bought
	Video    id.Video       `json:"video,omitzero"` // from which it was bought
	Payable  int64          `json:"payable"`        // minor units
	Currency money.Currency `json:"currency"`       // ISO 4217
	Lines    []PayloadLine  `json:"lines"`
}

// PayloadLine is a line of an order.
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
	Placed struct{ Payload }
	// Paid tells that the money is there and the goods are sold.
	Paid struct{ Payload }
	// Shipped tells that a parcel is on its way.
	Shipped struct{ Payload }
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

// EventName implements event.Event.
func (Paid) EventName() string { return EventPaid }

// EventName implements event.Event.
func (Shipped) EventName() string { return EventShipped }

// EventName implements event.Event.
func (Completed) EventName() string { return EventCompleted }

// EventName implements event.Event.
func (Closed) EventName() string { return EventClosed }
