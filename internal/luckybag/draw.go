package luckybag

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/checkout"
	"hawker/internal/coupon"
	"hawker/internal/inventory"
	"hawker/internal/order"
	"hawker/internal/platform/events"
	"hawker/internal/platform/idem"
	"hawker/internal/platform/sqldb"
	"hawker/internal/room"
)

// Sweep draws the bags whose time has come and takes back what nobody claimed.
func (s *Service) Sweep(ctx context.Context) error {
	now := s.DB.Clock().Now()
	due, err := dueBags(ctx, s.DB.Reader(), now)
	errs := []error{err}
	for _, b := range due {
		errs = append(errs, s.draw(ctx, b.ID))
	}
	late, err := unclaimedBags(ctx, s.DB.Reader(), now)
	errs = append(errs, err)
	for _, b := range late {
		errs = append(errs, s.DB.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
			return takeBack(ctx, tx,
				b)
		}))
	}
	return errors.Join(errs...)
}

// newsEvery bounds how often a room hears how many take part.
const newsEvery = time.Second

// RunNews tells rooms how many take part, until ctx ends. Every node runs it.
func (s *Service) RunNews(ctx context.Context) error {
	s.entered.Run(ctx, s.DB.Clock(), newsEvery, s.tellEntered)
	return nil
}

// FlushNews tells at once what RunNews would tell.
func (s *Service) FlushNews(ctx context.Context) { s.entered.Flush(ctx, s.tellEntered) }

func (s *Service) tellEntered(ctx context.Context, bag id.Bag) {
	if _, err := s.told(ctx, bag); err != nil && ctx.Err() == nil {
		s.Log.Warn("bag not told", "bag", bag.String(), "error", err)
	}
}

// takeBack ends the time to claim: what is left of the units is the SKU's again.
func takeBack(ctx context.Context, tx *sqldb.Tx, b Bag) error {
	if err := closeClaims(ctx, tx, b.ID); err != nil || b.Slice.IsZero() {
		return err
	}
	_, err := inventory.Return(ctx, tx, b.Slice)
	return err
}

func (s *Service) draw(ctx context.Context, bag id.Bag) error {
	drawn := false
	err := s.DB.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) (err error) {
		drawn, err = s.drawIn(ctx, tx, bag)
		return err
	})
	if err != nil || !drawn {
		return err
	}
	_, err = s.told(ctx, bag)
	return err
}

func (s *Service) drawIn(ctx context.Context, tx *sqldb.Tx, bag id.Bag) (bool, error) {
	if err := touch(ctx, tx, bag); err != nil { // entries wait from here on
		return false, err
	}
	b, err := find(ctx, tx, bag)
	if err != nil || b.State != Open || tx.Now().Before(b.DrawsAt) {
		return false, err
	}
	aired, err := s.Rooms.Aired(ctx, tx, b.Room, b.OpenedAt)
	if err != nil {
		return false, err
	}
	if !aired {
		return true, cancel(ctx, tx, b)
	}
	seed, err := s.Box.Open(b.sealed, sealName(b.ID))
	if err != nil {
		return false, err
	}
	entrants, err := entrantsOf(ctx, tx, b.ID)
	if err != nil {
		return false, err
	}
	aliases := make([]string, len(entrants)) // sorted by the store
	users := make(map[string]id.User, len(entrants))
	for i, e := range entrants {
		aliases[i], users[e.Alias] = e.Alias, e.User
	}
	var winners []id.User
	for i, a := range Draw(b.ID.String(), seed, aliases, b.Winners) {
		if err := setPlace(ctx, tx, b.ID, users[a], int64(i)+1); err != nil {
			return false, err
		}
		winners = append(winners, users[a])
	}
	b.State, b.Seed, b.ListHash, b.DrawnAt = Drawn, hex.EncodeToString(seed), ListHash(aliases), tx.Now()
	b.ClaimBy = b.DrawnAt.Add(ClaimFor)
	if err := saveDraw(ctx, tx, b); err != nil {
		return false, err
	}
	if len(winners) > 0 {
		if err := events.Record(ctx, tx, Won{
			Bag: b.ID, Room: b.Room, Coupon: b.Coupon, ClaimBy: b.ClaimBy,
			Winners: winners,
		}); err != nil {
			return false, err
		}
	}
	if !b.Coupon.IsZero() {
		return true, errors.Join(coupon.Grant(ctx, tx, b.Coupon, b.Winners, winners), closeClaims(ctx, tx, b.ID))
	}
	if len(winners) == 0 {
		return true, takeBack(ctx, tx, b)
	}
	return true, nil
}

// Cancel ends a bag before its draw. Fault luckybag.over.
func (s *Service) Cancel(ctx context.Context, shop id.Shop, room id.Room, bag id.Bag) (Bag, error) {
	err := s.DB.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		if err := touch(ctx, tx, bag); err != nil {
			return err
		}
		b, err := find(ctx, tx, bag)
		if err == nil && (b.Shop != shop || b.Room != room) {
			err = fault.NotFound("luckybag.not_found")
		}
		if err != nil {
			return err
		}
		if b.State != Open || !tx.Now().Before(b.DrawsAt) {
			return fault.Conflict("luckybag.over")
		}
		return cancel(ctx, tx, b)
	})
	if err != nil {
		return Bag{}, err
	}
	return s.told(ctx, bag)
}

// cancel gives back what an open bag had set aside.
func cancel(ctx context.Context, tx *sqldb.Tx, b Bag) error {
	b.State, b.DrawnAt = Cancelled, tx.Now()
	if err := saveDraw(ctx, tx, b); err != nil {
		return err
	}
	if !b.Coupon.IsZero() {
		if err := coupon.Grant(ctx, tx, b.Coupon, b.Winners, nil); err != nil {
			return err
		}
	}
	return takeBack(ctx, tx, b)
}

// Claim makes the order by which a winner gets a unit: the goods cost nothing,
// shipping is paid. Who lets it close unpaid may claim again while there is time.
// Faults luckybag.not_found, luckybag.not_a_winner, luckybag.claimed,
// luckybag.claim_over, account.no_address.
func (s *Service) Claim(ctx context.Context, key idem.Key, bag id.Bag, user id.User,
	address id.Address,
) (checkout.Result, error) {
	return idem.Once(ctx, s.DB, key, func(ctx context.Context, tx *sqldb.Tx) (checkout.Result, error) {
		if err := touch(ctx, tx, bag); err != nil {
			return checkout.Result{}, err
		}
		b, err := find(ctx, tx, bag)
		if err != nil {
			return checkout.Result{}, err
		}
		e, err := entryOf(ctx, tx, bag, user)
		switch {
		case err != nil && !errors.Is(err, sql.ErrNoRows):
			return checkout.Result{}, err
		case e.Place == 0 || b.SKU.IsZero():
			return checkout.Result{}, fault.Forbidden("luckybag.not_a_winner")
		case !e.Order.IsZero():
			return checkout.Result{}, fault.Conflict("luckybag.claimed")
		case !tx.Now().Before(b.ClaimBy):
			return checkout.Result{}, fault.Conflict("luckybag.claim_over")
		}
		r, err := s.Orders.PlaceFixed(ctx, tx, checkout.Fixed{
			User: user, Address: address, Room: b.Room, SKU: b.SKU, Slice: b.Slice, Kind: order.AdjustLuckyBag,
			PayWithin: b.ClaimBy.Sub(tx.Now()),
		})
		if err != nil {
			return r, err
		}
		ok, err := setOrder(ctx, tx, bag, user, r.Orders[0])
		if err == nil && !ok {
			err = fault.Conflict("luckybag.claimed")
		}
		return r, err
	})
}

// Proof is what a drawn bag shows. Faults luckybag.not_found, luckybag.not_drawn.
func (s *Service) Proof(ctx context.Context, bag id.Bag) (Proof, error) {
	b, err := s.Find(ctx, bag)
	if err != nil {
		return Proof{}, err
	}
	if b.State != Drawn {
		return Proof{}, fault.Conflict("luckybag.not_drawn")
	}
	p := Proof{
		Bag: b.ID, SeedHash: b.SeedHash, Seed: b.Seed, ListHash: b.ListHash, Entrants: []string{},
		Winners: []string{}, Method: Method,
	}
	entrants, err := entrantsOf(ctx, s.DB.Reader(), bag)
	if err != nil {
		return Proof{}, err
	}
	for _, e := range entrants {
		p.Entrants = append(p.Entrants, e.Alias)
	}
	winners, err := winnersOf(ctx, s.DB.Reader(), bag)
	for _, e := range winners {
		p.Winners = append(p.Winners, e.Alias)
	}
	return p, err
}

// EventWon is the name of Won.
const EventWon = "luckybag.won"

// Won tells who has won. A prize of goods is claimed by ClaimBy; a coupon is
// theirs already.
type Won struct {
	Bag     id.Bag    `json:"bag"`
	Room    id.Room   `json:"room"`
	Coupon  id.Coupon `json:"coupon,omitzero"`
	ClaimBy time.Time `json:"claim_by"`
	Winners []id.User `json:"winners"`
}

// EventName implements event.Event.
func (Won) EventName() string { return EventWon }

// EventKey implements event.Event.
func (w Won) EventKey() string { return w.Room.String() }

// Kinds of notice.
const (
	noticeWon    = "luckybag.won"
	noticeCoupon = "luckybag.coupon"
)

type wonNotice struct {
	Bag  id.Bag    `json:"bag_id"`
	Room id.Room   `json:"room_id"`
	At   time.Time `json:"at"` // by when it is to be claimed
}

// tellWinners writes to those who have won: they may have left the room.
func (s *Service) tellWinners(ctx context.Context, w Won) error {
	kind := noticeWon
	if !w.Coupon.IsZero() {
		kind = noticeCoupon
	}
	return s.Notices.Send(ctx, w.Winners, kind, w.Bag.String(), wonNotice{w.Bag, w.Room, w.ClaimBy})
}

// subscriptions listen to draws, whose winners are told, and to rooms that leave a
// rehearsal.
func (s *Service) subscriptions() []events.Subscription {
	return []events.Subscription{
		events.Tell("luckybag.notice", EventWon, s.tellWinners),
		events.Tell("luckybag.rehearsal", room.EventModeChanged, s.endRehearsed),
	}
}

// reservations are prizes that orders are for.
type reservations struct{}

// Book is where orders release and reacquire the prizes that they are for.
func Book() order.Book { return order.Book{Of: reservations{}, Kinds: []string{order.AdjustLuckyBag}} }

// Release implements order.Reservations: whose order closed unpaid may claim again.
func (reservations) Release(ctx context.Context, tx *sqldb.Tx, order id.Order) error {
	_, err := setLapsed(ctx, tx, order, 0, 1)
	return err
}

// CanReacquire implements order.Reservations: a prize is handed out once.
func (reservations) CanReacquire(ctx context.Context, q sqldb.Querier, order id.Order) (bool, error) {
	return waitsFor(ctx, q, order)
}

// Reacquire implements order.Reservations. Fault luckybag.claimed when the winner has
// claimed again in between.
func (reservations) Reacquire(ctx context.Context, tx *sqldb.Tx, order id.Order) error {
	ok, err := setLapsed(ctx, tx, order, 1, 0)
	if err == nil && !ok {
		err = fault.Conflict("luckybag.claimed")
	}
	return err
}
