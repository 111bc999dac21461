package order

import (
	"time"

	"hawker/internal/base/id"
	"hawker/internal/base/money"
)

// Fact is what every event of an order tells.
type Fact struct {
	Order    id.Order       `json:"order"`
	Number   string         `json:"number"`
	Checkout id.Checkout    `json:"checkout"`
	User     id.User        `json:"user"`
	Shop     id.Shop        `json:"shop"`
	Room     id.Room        `json:"room,omitzero"`
	Video    id.Video       `json:"video,omitzero"`
	Payable  int64          `json:"payable"`
	Currency money.Currency `json:"currency"`
	Lines    []FactLine     `json:"lines"`
}

// FactLine is a line of a Fact.
type FactLine struct {
	SKU      id.SKU     `json:"sku"`
	Product  id.Product `json:"product"`
	Quantity int64      `json:"quantity"`
	Slice    id.Slice   `json:"slice,omitzero"` // of the stock it is taken from
}

func factOf(o Order) Fact {
	f := Fact{
		Order: o.ID, Number: o.Number, Checkout: o.Checkout, User: o.User, Shop: o.Shop, Room: o.Room, Video: o.Video,
		Payable: o.Payable, Currency: o.Currency,
	}
	for _, l := range o.Lines {
		f.Lines = append(f.Lines, FactLine{l.SKU, l.Product, l.Quantity, l.Slice})
	}
	return f
}

// EventKey implements event.Event for every event of an order.
func (f Fact) EventKey() string { return f.Order.String() }

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
	Placed Fact
	// PaidFor tells that the money is there and the goods are sold.
	PaidFor Fact
	// ShippedFor tells that a parcel is on its way.
	ShippedFor Fact
)

// CompletedFor tells that the buyer has the goods; the after-sales window opens At.
type CompletedFor struct {
	Fact
	At time.Time `json:"at"`
}

// ClosedFor tells that the order ended without money and its stock is free again.
type ClosedFor struct {
	Fact
	Reason string `json:"reason"`
}

// EventName implements event.Event.
func (Placed) EventName() string { return EventPlaced }

// EventKey implements event.Event.
func (e Placed) EventKey() string { return e.Order.String() }

// EventName implements event.Event.
func (PaidFor) EventName() string { return EventPaid }

// EventKey implements event.Event.
func (e PaidFor) EventKey() string { return e.Order.String() }

// EventName implements event.Event.
func (ShippedFor) EventName() string { return EventShipped }

// EventKey implements event.Event.
func (e ShippedFor) EventKey() string { return e.Order.String() }

// EventName implements event.Event.
func (CompletedFor) EventName() string { return EventCompleted }

// EventName implements event.Event.
func (ClosedFor) EventName() string { return EventClosed }
