package auction

import (
	"context"
	"errors"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/catalog"
	"hawker/internal/checkout"
	"hawker/internal/inventory"
	"hawker/internal/order"
	"hawker/internal/platform/events"
	"hawker/internal/platform/idem"
	"hawker/internal/platform/sqldb"
	"hawker/internal/room"
)

// Plan prepares a lot, and starts it at once if told to. Faults auction.bad_lot,
// auction.not_found for another shop's room, and those of Start.
func (s *Service) Plan(ctx context.Context, key idem.Key, l Lot, start bool) (Lot, error) {
	if len(l.Steps) == 0 {
		l.Steps = defaultSteps()
	}
	if err := l.check(); err != nil {
		return Lot{}, err
	}
	auction, err := idem.Once(ctx, s.DB, key, func(ctx context.Context, tx *sqldb.Tx) (id.Auction, error) {
		offers, err := catalog.Offers(ctx, tx, []id.SKU{l.SKU})
		if err != nil {
			return id.Auction{}, err
		}
		if o := offers[l.SKU]; o.Product.Shop != l.Shop || !o.Buyable() {
			return id.Auction{}, fault.Invalid("auction.bad_lot", "field", "sku_id").At("body.sku_id")
		}
		l.ID, l.State, l.Product = id.Make[id.Auction](tx), Planned, offers[l.SKU].Product.ID
		onAir, err := s.roomOf(ctx, tx, l)
		if err != nil {
			return id.Auction{}, err
		}
		if err := insertLot(ctx, tx, l); err != nil || !start {
			return l.ID, err
		}
		return l.ID, s.start(ctx, tx, l, onAir)
	})
	if err != nil {
		return Lot{}, err
	}
	return s.told(ctx, auction)
}

func (s *Service) roomOf(ctx context.Context, q sqldb.Querier, l Lot) (bool, error) {
	shop, onAir, err := s.Rooms.OnAir(ctx, q, l.Room)
	if err == nil && (shop.IsZero() || shop != l.Shop) {
		err = fault.NotFound("auction.not_found")
	}
	return onAir, err
}

// Start sets the unit aside and lets the clock run. Faults auction.not_found,
// auction.wrong_state, auction.one_at_a_time, promotion.room_not_on_air,
// inventory.insufficient_stock.
func (s *Service) Start(ctx context.Context, shop id.Shop, room id.Room, auction id.Auction) (Lot, error) {
	return s.step(ctx, shop, room, auction, func(ctx context.Context, tx *sqldb.Tx, l Lot) error {
		onAir, err := s.roomOf(ctx, tx, l)
		if err != nil {
			return err
		}
		return s.start(ctx, tx, l, onAir)
	})
}

func (s *Service) start(ctx context.Context, tx *sqldb.Tx, l Lot, onAir bool) error {
	if !onAir {
		return fault.Conflict("promotion.room_not_on_air")
	}
	if l.State != Planned {
		return fault.Conflict("auction.wrong_state")
	}
	slice, err := inventory.Allot(ctx, tx, l.ID.String(), l.SKU, 1)
	if err != nil {
		return err
	}
	l.State, l.Slice, l.StartsAt = Running, slice, tx.Now()
	l.EndsAt = l.StartsAt.Add(l.Run)
	l.HardEnd = l.EndsAt.Add(softMax)
	if err := startLot(ctx, tx, l); err != nil {
		return err
	}
	free, err := takeStage(ctx, tx, l)
	if err == nil && !free {
		err = fault.Conflict("auction.one_at_a_time")
	}
	return err
}

// Cancel ends a lot without a winner; its unit is free again. Fault
// auction.wrong_state when it has ended.
func (s *Service) Cancel(ctx context.Context, shop id.Shop, room id.Room, auction id.Auction) (Lot, error) {
	return s.step(ctx, shop, room, auction, func(ctx context.Context, tx *sqldb.Tx, l Lot) error {
		if l.over(tx.Now()) {
			return fault.Conflict("auction.wrong_state")
		}
		return giveUp(ctx, tx, l, Cancelled)
	})
}

func (s *Service) step(ctx context.Context, shop id.Shop, room id.Room, auction id.Auction, fn func(ctx context.Context,
	tx *sqldb.Tx, l Lot) error,
) (Lot, error) {
	err := s.DB.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		l, err := lock(ctx, tx, auction)
		if err == nil && (l.Shop != shop || l.Room != room) {
			err = fault.NotFound("auction.not_found")
		}
		if err != nil {
			return err
		}
		return fn(ctx, tx, l)
	})
	if err != nil {
		return Lot{}, err
	}
	return s.told(ctx, auction)
}

// giveUp ends a lot that nobody gets.
func giveUp(ctx context.Context, tx *sqldb.Tx, l Lot, state State) error {
	if err := endLot(ctx, tx, l.ID, state, id.Order{}); err != nil || l.Slice.IsZero() {
		return err
	}
	_, err := inventory.Return(ctx, tx, l.Slice)
	return err
}

// Sweep closes the lots whose time is over.
func (s *Service) Sweep(ctx context.Context) error {
	due, err := dueLots(ctx, s.DB.Reader(), s.DB.Clock().Now())
	errs := []error{err}
	for _, l := range due {
		errs = append(errs, s.close(ctx, l))
	}
	return errors.Join(errs...)
}

// close makes the winner's order, or frees the unit.
func (s *Service) close(ctx context.Context, due Lot) error {
	// Asked before the transaction: the book of addresses is another module's, and a
	// leader who has emptied it since cannot be sent anything.
	address, err := s.addressFor(ctx, due.Leader, due.LeaderAddress)
	if fault.Code(err) == "auction.no_address" {
		address, err = s.addressFor(ctx, due.Leader, id.Address{})
	}
	if err != nil && fault.Code(err) != "auction.no_address" {
		return err
	}
	err = s.DB.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		l, err := lock(ctx, tx, due.ID)
		if err != nil || l.State != Running || tx.Now().Before(l.EndsAt) {
			return err
		}
		if aired, err := s.Rooms.Aired(ctx, tx, l.Room, l.StartsAt); err != nil {
			return err
		} else if !aired {
			return giveUp(ctx, tx, l, Cancelled)
		}
		if !l.ReserveMet() {
			return giveUp(ctx, tx, l, Unsold)
		}
		if l.Leader != due.Leader {
			return errChanged // a bid came in between; the next sweep closes it
		}
		if address.IsZero() {
			return giveUp(ctx, tx, l, Unpaid)
		}
		return s.hammer(ctx, tx, l, address)
	})
	if errors.Is(err, errChanged) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = s.told(ctx, due.ID)
	return err
}

var errChanged = errors.New("the lot has another leader")

// hammer hands the unit from the lot to the winner's order. The slice is closed
// then: an order that closes unpaid gives the unit back to the SKU.
func (s *Service) hammer(ctx context.Context, tx *sqldb.Tx, l Lot, address id.Address) error {
	r, err := s.Orders.PlaceFixed(ctx, tx, checkout.Fixed{
		User: l.Leader, Address: address, Room: l.Room, SKU: l.SKU, Slice: l.Slice, Kind: order.AdjustAuction,
		Price: l.Price(), PayWithin: payWithin,
	})
	if err != nil {
		return err
	}
	if _, err := inventory.Return(ctx, tx, l.Slice); err != nil {
		return err
	}
	if err := endLot(ctx, tx, l.ID, Won, r.Orders[0]); err != nil {
		return err
	}
	return events.Record(ctx, tx, Sold{
		Auction: l.ID, Room: l.Room, Winner: l.Leader, Order: r.Orders[0], PayBy: r.PayBy,
	})
}

// EventWon is the name of Sold.
const EventWon = "auction.won"

// Sold tells that somebody has won a lot and has an order to pay.
type Sold struct {
	Auction id.Auction `json:"auction"`
	Room    id.Room    `json:"room"`
	Winner  id.User    `json:"winner"`
	Order   id.Order   `json:"order"`
	PayBy   time.Time  `json:"pay_by"`
}

// EventName implements event.Event.
func (Sold) EventName() string { return EventWon }

// EventKey implements event.Event.
func (h Sold) EventKey() string { return h.Room.String() }

const noticeWon = "auction.won"

type wonNotice struct {
	Order id.Order  `json:"order_id"`
	Room  id.Room   `json:"room_id"`
	At    time.Time `json:"at"` // by when it is to be paid
}

// tellWinner writes to who has won: they may have left the room.
func (s *Service) tellWinner(ctx context.Context, h Sold) error {
	return s.Notices.Send(ctx, []id.User{h.Winner}, noticeWon, h.Auction.String(), wonNotice{h.Order, h.Room, h.PayBy})
}

// subscriptions listen to lots that were won, whose winners are told, to what becomes
// of their orders, and to rooms that leave a rehearsal.
func (s *Service) subscriptions() []events.Subscription {
	out := []events.Subscription{
		events.Tell("auction.notice", EventWon, s.tellWinner),
		events.Tell("auction.rehearsal", room.EventModeChanged, s.endRehearsed),
	}
	for name, state := range map[string]State{order.EventPaid: Paid, order.EventClosed: Unpaid} {
		out = append(out,
			events.On("auction.outcome", name, func(ctx context.Context, tx *sqldb.Tx, f order.Payload) error {
				if !fromSlice(f) {
					return nil
				}
				return settle(ctx, tx, f.Order, state)
			}),
			events.Tell("auction.news", name, s.tellOutcome))
	}
	return out
}

// fromSlice spares orders that cannot be a winner's the look.
func fromSlice(f order.Payload) bool { return len(f.Lines) == 1 && !f.Lines[0].Slice.IsZero() }

func (s *Service) tellOutcome(ctx context.Context, f order.Payload) error {
	if !fromSlice(f) {
		return nil
	}
	lots, err := lotsOfOrder(ctx, s.DB.Reader(), f.Order)
	for _, l := range lots {
		if _, err := s.told(ctx, l.ID); err != nil {
			return err
		}
	}
	return err
}
