// Package order owns the life of an order from "waiting for money" to
// "completed" or "closed". Each step is a compare-and-set on the status together
// with what must hold at that instant (stock, the time it is due), and leaves a
// line in the order's timeline. It keeps the whole calculation of its price. Who
// pays is payment's, what is sent is fulfilment's.
package order

import (
	"context"
	"fmt"
	"time"

	"hawker/internal/account"
	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/base/money"
	"hawker/internal/base/page"
	"hawker/internal/inventory"
	"hawker/internal/platform/events"
	"hawker/internal/platform/secret"
	"hawker/internal/platform/sqldb"
)

// Status is where an order is.
type Status string

// The statuses, in the order of a good life.
const (
	StatusPendingPayment Status = "pending_payment"
	StatusPaid           Status = "paid"
	StatusShipped        Status = "shipped"
	StatusDelivered      Status = "delivered"
	StatusCompleted      Status = "completed"
	StatusClosed         Status = "closed"
)

// Values lists the statuses, for descriptions.
func (Status) Values() []string {
	return []string{
		string(StatusPendingPayment), string(StatusPaid), string(StatusShipped), string(StatusDelivered),
		string(StatusCompleted), string(StatusClosed),
	}
}

// Reasons for closing.
const (
	ReasonUnpaid    = "unpaid"
	ReasonCancelled = "cancelled"
)

// Kinds of adjustment. A line has at most one that makes the price of its unit
// and one share of a coupon.
const (
	AdjustDeal      = "deal"
	AdjustRoomPrice = "room_price"
	AdjustCoupon    = "coupon"
	AdjustAuction   = "auction"
	AdjustLuckyBag  = "lucky_bag"
)

// Adjustment explains one difference between subtotal and payable of a line.
type Adjustment struct {
	Kind   string    `json:"kind"`
	Label  lang.Text `json:"label"`
	Amount int64     `json:"amount"` // negative: off
}

// Line is one SKU of an order with its price explained.
type Line struct {
	ID          id.OrderLine
	SKU         id.SKU
	Product     id.Product
	Title       lang.Text
	ChoiceText  lang.Text
	PictureURL  string
	Quantity    int64
	UnitPrice   int64
	Subtotal    int64
	Adjustments []Adjustment
	Payable     int64
	Slice       id.Slice // of the stock it is taken from; zero: what anybody may buy
}

// Shown is what a buyer could see of a product while it was explained: proof for
// both sides. From and Until are the stream's own clock; Until is zero while it
// was still being explained.
type Shown struct {
	Product id.Product `json:"product"`
	Room    id.Room    `json:"room"`
	Show    id.Show    `json:"show,omitzero"`
	From    time.Time  `json:"from"`
	Until   time.Time  `json:"until,omitzero"`
	Price   int64      `json:"price"`
}

// Order is what one shop owes one buyer. Amounts are minor units of Currency.
type Order struct {
	ID            id.Order
	Checkout      id.Checkout
	Number        string
	User          id.User
	Shop          id.Shop
	Status        Status
	CloseReason   string
	GoodsTotal    int64
	DiscountTotal int64
	ShippingTotal int64
	Payable       int64
	Currency      money.Currency
	Address       account.Address
	Note          string
	Room          id.Room
	Video         id.Video
	DueAt         time.Time // when the order moves by itself; zero: it does not
	PaidAt        time.Time
	CompletedAt   time.Time
	CreatedAt     time.Time
	Revived       int // how often late money brought it back
	Lines         []Line
	Evidence      []Shown       // filled by Find and lists for orders from a room
	PayWithin     time.Duration // shorter than the terms' for what others wait for; not kept, DueAt is
}

// Items are what the order takes from stock.
func (o Order) Items() []inventory.Item {
	items := make([]inventory.Item, len(o.Lines))
	for i, l := range o.Lines {
		items[i] = inventory.Item{SKU: l.SKU, Quantity: l.Quantity, Slice: l.Slice}
	}
	return items
}

// stockRef names the promise of stock; an order that was revived makes another.
func (o Order) stockRef() string {
	if o.Revived == 0 {
		return "order:" + o.ID.String()
	}
	return fmt.Sprintf("order:%s:%d", o.ID, o.Revived)
}

// StatusChange is one line of the timeline.
type StatusChange struct {
	Status Status
	At     time.Time
	By     string // buyer, shop, system
}

// Actor says who moved an order.
type Actor struct {
	Kind string
	User id.User
}

// Who moves orders.
const (
	byBuyer  = "buyer"
	byShop   = "shop"
	bySystem = "system"
)

// Buyer is who placed the order.
func Buyer(u id.User) Actor { return Actor{byBuyer, u} }

// Staff is somebody of the shop.
func Staff(u id.User) Actor { return Actor{byShop, u} }

// System is the program itself: a sweeper, a notification.
func System() Actor { return Actor{Kind: bySystem} }

// Terms are the times within which things must happen.
type Terms struct {
	PayWithin     time.Duration  // then the order closes
	ReceiveWithin time.Duration  // after shipping, then it counts as received
	Zone          *time.Location // whose day an order's number begins with; nil is UTC
	UnpaidMax     int            // checkouts of one buyer that wait for money; 0: any number
	UnitsMax      int64          // units of one SKU that wait so; 0: any number
}

// Reservations are what an order took besides stock: a coupon, a buyer's part of a
// deal, a prize. They are asked only for orders whose lines say that there is
// something.
type Reservations interface {
	// Release frees what an order took; it ended unpaid.
	Release(ctx context.Context, tx *sqldb.Tx, order id.Order) error
	// Reacquire takes it again for an order that late money revives, as far as it is
	// still free.
	Reacquire(ctx context.Context, tx *sqldb.Tx, order id.Order) error
	// CanReacquire reports whether all of it is still free.
	CanReacquire(ctx context.Context, q sqldb.Querier, order id.Order) (bool, error)
}

// Service is the module.
type Service struct {
	db           *sqldb.DB
	box          *secret.Box
	terms        Terms
	reservations map[string]Reservations // by the kind of adjustment that tells of them
}

// Book is who holds reservations, and the kinds of adjustment that tell of them.
type Book struct {
	Of    Reservations
	Kinds []string
}

// New makes the module.
func New(db *sqldb.DB, box *secret.Box, terms Terms, books ...Book) *Service {
	if terms.Zone == nil {
		terms.Zone = time.UTC
	}
	s := &Service{db: db, box: box, terms: terms, reservations: map[string]Reservations{}}
	for _, b := range books {
		for _, kind := range b.Kinds {
			s.reservations[kind] = b.Of
		}
	}
	return s
}

// Terms are the times in force.
func (s *Service) Terms() Terms { return s.terms }

// Create writes a new order and promises its stock, in the caller's transaction.
// Fault inventory.insufficient_stock.
func (s *Service) Create(ctx context.Context, tx *sqldb.Tx, o *Order) error {
	if err := s.Write(ctx, tx, o); err != nil {
		return err
	}
	return s.Promise(ctx, tx, *o)
}

// Write writes the rows of a new order, to which Promise belongs in the same transaction.
func (s *Service) Write(ctx context.Context, tx *sqldb.Tx, o *Order) error {
	o.ID = id.Make[id.Order](tx)
	o.Status, o.CreatedAt, o.DueAt = StatusPendingPayment, tx.Now(), tx.Now().Add(s.payWithin(*o))
	o.Number = number(tx.Now().In(s.terms.Zone), o.ID)
	if err := insertOrder(ctx, tx, s.box, *o); err != nil {
		return err
	}
	for i := range o.Lines {
		o.Lines[i].ID = id.Make[id.OrderLine](tx)
		if err := insertLine(ctx, tx, o.ID, o.Lines[i]); err != nil {
			return err
		}
	}
	if len(o.Evidence) > 0 {
		if err := insertEvidence(ctx, tx, o.ID, o.Evidence); err != nil {
			return err
		}
	}
	return insertStep(ctx, tx, o.ID, StatusPendingPayment, Buyer(o.User))
}

// Promise takes the stock of an order that was written, and tells of it. A crowd that wants
// the same thing waits for its row of stock until the transaction is over: promise last.
// Fault inventory.insufficient_stock.
func (s *Service) Promise(ctx context.Context, tx *sqldb.Tx, o Order) error {
	if err := inventory.Reserve(ctx, tx, o.stockRef(), o.Items()); err != nil {
		return err
	}
	return events.Record(ctx, tx, Placed{payloadOf(o)})
}

// MarkPaid takes the money's side effects on the order: the promise becomes a
// sale. Fault order.not_payable when the order is no longer waiting.
func (s *Service) MarkPaid(ctx context.Context, tx *sqldb.Tx, o Order) error {
	if err := s.move(ctx, tx, o, StatusPendingPayment, StatusPaid, time.Time{}, System()); err != nil {
		return err
	}
	if err := inventory.Consume(ctx, tx, o.stockRef(), o.Items()); err != nil {
		return err
	}
	return events.Record(ctx, tx, Paid{payloadOf(o)})
}

// MarkShipped is called by fulfilment when the parcel is on its way.
func (s *Service) MarkShipped(ctx context.Context, tx *sqldb.Tx, o Order, by Actor) error {
	if err := s.move(ctx, tx, o, StatusPaid, StatusShipped, tx.Now().Add(s.terms.ReceiveWithin), by); err != nil {
		return err
	}
	return events.Record(ctx, tx, Shipped{payloadOf(o)})
}

// receive ends a good life: delivered, and completed.
func (s *Service) receive(ctx context.Context, tx *sqldb.Tx, o Order, by Actor) error {
	if err := s.move(ctx, tx, o, StatusShipped, StatusDelivered, time.Time{}, by); err != nil {
		return err
	}
	if err := s.move(ctx, tx, o, StatusDelivered, StatusCompleted, time.Time{}, by); err != nil {
		return err
	}
	return events.Record(ctx, tx, Completed{payloadOf(o), tx.Now()})
}

// move is the only way a status changes.
func (s *Service) move(ctx context.Context, tx *sqldb.Tx, o Order, from, to Status, due time.Time, by Actor) error {
	ok, err := setStatus(ctx, tx, o.ID, from, to, due)
	if err != nil {
		return err
	}
	if !ok {
		return fault.Conflict("order.wrong_status", "wanted", from)
	}
	return insertStep(ctx, tx, o.ID, to, by)
}

// Find reads an order with its lines; fault order.not_found.
func (s *Service) Find(ctx context.Context, q sqldb.Querier, order id.Order) (Order, error) {
	list, err := s.withLines(ctx, q)(ordersWhere(ctx, q, s.box, "id = ?", order))
	if err == nil && len(list) == 0 {
		return Order{}, fault.NotFound("order.not_found")
	}
	if err != nil {
		return Order{}, err
	}
	return list[0], nil
}

// OfCheckout reads the orders that one payment pays, in id order.
func (s *Service) OfCheckout(ctx context.Context, q sqldb.Querier, checkout id.Checkout) ([]Order, error) {
	return s.withLines(ctx, q)(ordersWhere(ctx, q, s.box, "checkout_id = ? ORDER BY id", checkout))
}

func (s *Service) withLines(ctx context.Context, q sqldb.Querier) func([]Order, error) ([]Order, error) {
	return func(list []Order, err error) ([]Order, error) {
		if err != nil || len(list) == 0 {
			return list, err
		}
		if err := fillLines(ctx, q, list); err != nil {
			return list, err
		}
		return list, fillEvidence(ctx, q, list)
	}
}

// OfBuyer finds one of a buyer's orders; somebody else's is not found.
func (s *Service) OfBuyer(ctx context.Context, q sqldb.Querier, user id.User, order id.Order) (Order, error) {
	o, err := s.Find(ctx, q, order)
	if err == nil && o.User != user {
		return Order{}, fault.NotFound("order.not_found")
	}
	return o, err
}

// OfShop finds one of a shop's orders.
func (s *Service) OfShop(ctx context.Context, q sqldb.Querier, shop id.Shop, order id.Order) (Order, error) {
	o, err := s.Find(ctx, q, order)
	if err == nil && o.Shop != shop {
		return Order{}, fault.NotFound("order.not_found")
	}
	return o, err
}

// Filter narrows a list of orders. Exactly one of User and Shop is set.
type Filter struct {
	User   id.User
	Shop   id.Shop
	Room   id.Room // in which they were placed
	Status Status
	Query  string // an order number of the shop, or its beginning
}

// List answers one page, newest first; of a search for a number, the highest first.
func (s *Service) List(ctx context.Context, f Filter, r page.Request) (page.Page[Order], error) {
	var after position
	if err := page.Decode(r.Cursor, &after); err != nil {
		return page.Page[Order]{}, err
	}
	q := s.db.Reader()
	list, err := s.withLines(ctx, q)(listOrders(ctx, q, s.box, f, after, r.Size()+1))
	return page.Cut(list, r.Size(), func(o Order) any {
		if f.Query == "" {
			return position{ID: o.ID}
		}
		return position{o.ID, o.Number}
	}), err
}

// Timeline reads the steps of orders.
func (s *Service) Timeline(ctx context.Context, orders []id.Order) (map[id.Order][]StatusChange, error) {
	return stepsOf(ctx, s.db.Reader(), orders)
}

// SalesOfRoom counts the paid orders made while watching a room since a time, and
// their sum.
func (s *Service) SalesOfRoom(ctx context.Context, room id.Room, since time.Time) (orders, revenue int64, err error) {
	return salesOfRoom(ctx, s.db.Reader(), room, since)
}
